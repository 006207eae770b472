/* SPDX-License-Identifier: Apache-2.0 */
/* mapping.h: a jq program, compiled once, run by many threads, under limits.
 *
 * A program sees its input and nothing else: no environment, no files, no other inputs. It gives exactly one value.
 */
#pragma once

#include <glib.h>
#include <jq.h>
#include <lienthong/error.h>

typedef struct _Mapping Mapping;

typedef struct {
    gint64 time_us;     /* longest run, CPU time */
    gsize memory_bytes; /* growth of the process during a run that stops it */
} MappingLimits;

/**
 * mapping_open:
 * @path: file of the jq program
 *
 * Errors: CONFIG `map`: not readable, larger than 1 MiB, does not compile (with jq's words), imports modules
 */
Mapping *mapping_open(const char *path, const MappingLimits *limits, GError **error);
/** mapping_new: of a program that is built in. @name: for messages. Errors: CONFIG `map` */
Mapping *mapping_new(const char *name, const char *text, const MappingLimits *limits, GError **error);
void mapping_free(Mapping *self);

/**
 * mapping_run:
 * @input: (transfer full)
 *
 * Errors: CONFIG `map.failed` (the program raised an error), `map.output` (no value, or more than one), `map.limit`
 *
 * Returns: the value, to be freed with jv_free(); an invalid jv when there was an error
 */
jv mapping_run(Mapping *self, jv input, GError **error);

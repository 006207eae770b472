/* SPDX-License-Identifier: Apache-2.0 */
/* transform.h: an XSLT stylesheet, compiled once, run by many threads, under limits.
 *
 * A stylesheet sees its input and its parameters and nothing else: no file, no network, no other stylesheet, no extension. */
#pragma once

#include "document.h"

typedef struct _Transform Transform;

typedef struct {
    gint64 time_us;     /* longest run, CPU time */
    gsize memory_bytes; /* growth of the process during a run that stops it; also most bytes of text in what it gives */
} TransformLimits;

/**
 * transform_open:
 * @path: file of the stylesheet
 * @parameters: (nullable): names and values in turn, for xsl:param; borrowed
 *
 * Errors: CONFIG `soap.map`: not readable, no stylesheet, with include, import or extensions
 */
Transform *transform_open(const char *path, const char *const *parameters, const TransformLimits *limits, GError **error);
void transform_free(Transform *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Transform, transform_free)

/**
 * transform_run:
 * @input: (transfer none)
 *
 * Errors: CONFIG `soap.map.failed` (a fault in the stylesheet, or xsl:message terminate), `soap.map.limit`, `soap.map.output` (no
 * element came out). Texts never quote the input.
 *
 * Returns: (transfer full): what came out; it has a document element
 */
xmlDoc *transform_run(Transform *self, xmlDoc *input, GError **error);

/* SPDX-License-Identifier: Apache-2.0 */
/* algorithms.h: until when each algorithm may be used, and who may use what others may not: algorithms.conf (envelope.md §§5, 13).
 *
 * Which algorithms there are is compiled in (algorithm.h); this is what an office has decided about them. Immutable and counted.
 */
#pragma once

#include "base/settings.h"

typedef struct _LtAlgorithms LtAlgorithms;

/** lt_algorithms_new: the compiled table: every algorithm without an end, and no exception */
LtAlgorithms *lt_algorithms_new(void);
/** lt_algorithms_new_for_kept: takes whatever could ever have been allowed: for looking again at what was accepted */
LtAlgorithms *lt_algorithms_new_for_kept(void);
/**
 * lt_algorithms_load:
 * @path: a key file with sections `[algorithm NAME]` and `[exception NAME]`; docs/reference/settings.md has their keys
 *
 * Errors: %LT_ERROR_CONFIG with every fault, one per line
 */
LtAlgorithms *lt_algorithms_load(const char *path, GError **error);
LtAlgorithms *lt_algorithms_ref(LtAlgorithms *self);
void lt_algorithms_unref(LtAlgorithms *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtAlgorithms, lt_algorithms_unref)

/** lt_algorithms_get_digest: (nullable): SHA-256 of the file, 64 hex digits; NULL for the compiled table */
const char *lt_algorithms_get_digest(LtAlgorithms *self);
/** lt_algorithms_list: names for the log: "algorithm:NAME", "exception:NAME". Returns: (transfer container): ended by NULL */
const char **lt_algorithms_list(LtAlgorithms *self);
/** lt_algorithms_keys: rows of a section of the file, for the reference; NULL: no such section */
const LtKey *lt_algorithms_keys(const char *kind);

/* May this be used at @at_us? @name: of the row in algorithm.c */
gboolean lt_algorithms_allow(LtAlgorithms *self, const char *name, gint64 at_us);
/** lt_algorithms_min_bits: of an RSA key that uses this algorithm */
guint lt_algorithms_min_bits(LtAlgorithms *self, const char *name);
/** lt_algorithms_except: (nullable): the exception by which the key may use @what ("rsa-pkcs1-sha256", "extended-key-usage") at @at_us.
 * @until_us: (out) (optional): when it ends */
const char *lt_algorithms_except(LtAlgorithms *self, const char *spki_hex, const char *what, gint64 at_us, gint64 *until_us);

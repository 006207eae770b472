/* SPDX-License-Identifier: Apache-2.0 */
/* key.h: declared keys put to use: one value read into its member, a struct cleared, a table described or shown.
 *
 * The rows are declared with the macros of <lienthong/settings.h>, by plugins, by the hub's own sections and by the
 * options of the command line alike.
 */
#pragma once

#include <lienthong/settings.h>

/**
 * lt_key_set: one value read into its member; also what the command line's options use
 * @folder: (nullable): relative paths count from here; NULL: they stay as they are
 *
 * A secret written `file:PATH` or `credential:NAME` is read here. A value set before is freed.
 *
 * Errors: %LT_ERROR_CONFIG, text without file and section: `mode: "x" is not a number`. Never the value of a secret.
 */
gboolean lt_key_set(const LtKey *key, gpointer object, const char *text, const char *folder, GError **error);

/** lt_key_set_preset: the declared default; for a required key nothing happens */
gboolean lt_key_set_preset(const LtKey *key, gpointer object, const char *folder, GError **error);

/** lt_keys_lookup: Returns: (nullable): the row of that name */
const LtKey *lt_keys_lookup(const LtKey *keys, const char *name);
/** lt_keys_clear: frees every member and sets it to 0 or NULL */
void lt_keys_clear(const LtKey *keys, gpointer object);

/** lt_keys_describe: the reference of a table as text for a terminal, or as a Markdown table */
char *lt_keys_describe(const LtKey *keys, gboolean markdown);
/** lt_keys_show: effective values as `key=value` lines in the form of a configuration file, secrets masked */
char *lt_keys_show(const LtKey *keys, gconstpointer object);

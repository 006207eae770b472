/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h: configuration files read into sections; sections read into structs by declared keys.
 *
 * A configuration is one main file and, beside it, the files MAIN.d/ *.conf in order of name (lthub.conf and
 * lthub.conf.d/so-tu-phap.conf), so that province IT can add one endpoint as one file. Format: key files, `[kind name]`
 * sections, UTF-8. Every fault names file, section and key; all faults are collected, not only the first.
 */
#pragma once

#include "base/key.h"

typedef struct _LtSettings LtSettings; /* all sections of one configuration, immutable, reference-counted */
typedef struct _LtSection LtSection;   /* one section: borrowed from its settings */

/** A list of faults found so far: GPtrArray of char *, each `FILE: [section] key: text` */
typedef GPtrArray LtFaults;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtFaults, g_ptr_array_unref)
LtFaults *lt_faults_new(void);
void lt_faults_add(LtFaults *faults, const char *format, ...) G_GNUC_PRINTF(2, 3);

/**
 * lt_settings_load:
 *
 * Errors: %LT_ERROR_CONFIG when a file cannot be read or is not a key file, or a section or key is there twice. All such
 * faults, one per line.
 */
LtSettings *lt_settings_load(const char *path, GError **error);
/** lt_settings_parse: @name: stands for the file in messages; relative paths count from its folder */
LtSettings *lt_settings_parse(const char *text, const char *name, GError **error);
LtSettings *lt_settings_ref(LtSettings *self);
void lt_settings_unref(LtSettings *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtSettings, lt_settings_unref)

const char *lt_settings_get_path(LtSettings *self);
/** lt_settings_get_digest: Returns: SHA-256 of all files one after the other, 64 hex digits */
const char *lt_settings_get_digest(LtSettings *self);
guint lt_settings_get_n_sections(LtSettings *self);
LtSection *lt_settings_get_section(LtSettings *self, guint index); /* in file order */
LtSection *lt_settings_lookup(LtSettings *self, const char *kind, const char *name /* nullable */);

/**
 * lt_settings_with: a configuration of one section of @self alone, with one key set; for trying out what is not in force
 *
 * Faults still name the section's own file, from which relative paths count.
 */
LtSettings *lt_settings_with(LtSettings *self, const char *kind, const char *name, const char *key, const char *value);

const char *lt_section_get_kind(LtSection *self); /* "endpoint" of [endpoint so-tu-phap]; "hub" of [hub] */
const char *lt_section_get_name(LtSection *self); /* nullable */
const char *lt_section_get_file(LtSection *self);
/** lt_section_get_label: Returns: `FILE: [endpoint so-tu-phap]`, the beginning of every fault of this section */
const char *lt_section_get_label(LtSection *self);
const char *lt_section_lookup(LtSection *self, const char *key); /* text with escapes resolved, nullable */
/** lt_section_equal: same kind, name, folder (relative paths count from it), keys and values; the order of keys does not matter */
gboolean lt_section_equal(LtSection *self, LtSection *other);

/**
 * lt_section_fill:
 * @tables: key tables that share the section, ended by NULL (the hub's own endpoint keys and the plugin's)
 * @structs: for each table the zeroed struct to fill
 * @faults: unknown, missing, ill-typed keys are added here, with "did you mean"
 *
 * A key that stands in several tables fills each of them.
 *
 * Returns: %TRUE if no fault was added. What was filled is freed by lt_keys_clear() in either case.
 */
gboolean lt_section_fill(LtSection *self, const LtKey *const *tables, gpointer const *structs, LtFaults *faults);

/* SPDX-License-Identifier: Apache-2.0 */
/* language.h: in which language the program speaks to people: Vietnamese or English. Codes, names and JSON never change.
 *
 * The catalogue is chosen from the variables, not from the C locale: with a locale that is not generated gettext would
 * print English (audit-log.md §16).
 */
#pragma once

#include <glib.h>
#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) (text)

/**
 * lt_language_choose:
 * @wanted: (nullable): "vi" or "en", from --lang; it wins over the variables
 *
 * Called once, before the first text for people. Without @wanted: Vietnamese when the first set and non-empty of LC_ALL,
 * LC_MESSAGES, LANG starts with "vi", else English.
 *
 * Returns: (transfer none): "vi" or "en"
 */
const char *lt_language_choose(const char *wanted);

/** lt_data_folder: where catalogues lie: $LTHUB_DATADIR, or found beside the program, installed or not */
char *lt_language_folder(void);

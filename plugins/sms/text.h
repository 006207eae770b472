/* SPDX-License-Identifier: Apache-2.0 */
/* text.h: what a text costs on the air, and how it becomes cheaper. */
#pragma once

#include <glib.h>

/* 3GPP TS 23.038 and 23.040. */
typedef struct {
    gboolean is_gsm; /* 7-bit default alphabet; else UCS-2 */
    guint n_units;   /* septets, or 16-bit units */
    guint n_segments;
} TextSize;

/** text_measure: @text: UTF-8. One segment holds 160 septets or 70 units, each of several 153 or 67; a pair of either kind is never split */
TextSize text_measure(const char *text);
/** text_strip: Returns: (transfer full): without diacritics: "Đã tiếp nhận" → "Da tiep nhan" */
char *text_strip(const char *text);
/** text_number: a Vietnamese mobile number as 84 and nine digits. Returns: (transfer full) (nullable): %NULL for anything else; *is_landline tells one apart */
char *text_number(const char *given, gboolean *is_landline);

/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-date.c: the seven ways in which dates are written (domain.md §2.3, §10.7); without a zone they are Việt Nam's. */
#include "edxml.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *pattern; /* y M d H m s: a digit each; anything else: itself */
    gboolean is_usual_date, is_usual_time;
} Form;

static const Form forms[] = {
    { "yyyy/MM/dd", TRUE, FALSE },           { "yyyy/MM/dd HH:mm:ss", FALSE, TRUE }, { "dd/MM/yyyy", FALSE, FALSE },
    { "dd/MM/yyyy HH:mm:ss", FALSE, FALSE }, { "yyyy-MM-dd", FALSE, FALSE },         { "yyyy-MM-dd HH:mm:ss", FALSE, FALSE },
    { "yyyyMMddHHmmss", FALSE, FALSE },      { "yyyyMMdd", FALSE, FALSE },           { "yyyy-MM-ddTHH:mm:ss", FALSE, FALSE },
};

/* Fills what the pattern names; *rest is what follows it. */
static gboolean
match(const char *text, const char *pattern, int fields[6], const char **rest)
{
    static const char letters[] = "yMdHms";

    memset(fields, 0, 6 * sizeof fields[0]);
    for (; *pattern != '\0'; pattern++, text++) {
        const char *letter = strchr(letters, *pattern);

        if (letter != NULL && g_ascii_isdigit(*text))
            fields[letter - letters] = fields[letter - letters] * 10 + (*text - '0');
        else if (letter != NULL || *text != *pattern)
            return FALSE;
    }
    *rest = text;
    return TRUE;
}

/* After ISO's seconds: a fraction and a zone, each as it likes. */
static gboolean
read_zone(const char *rest, GTimeZone **zone)
{
    if (*rest == '.') {
        rest++;
        if (!g_ascii_isdigit(*rest))
            return FALSE;
        while (g_ascii_isdigit(*rest))
            rest++;
    }
    if (*rest == '\0')
        return TRUE;
    if (strcmp(rest, "Z") != 0 && *rest != '+' && *rest != '-')
        return FALSE;
    g_time_zone_unref(*zone);
    *zone = g_time_zone_new_identifier(rest);
    if (*zone != NULL)
        return TRUE;
    *zone = g_time_zone_new_utc();
    return FALSE;
}

EdxmlDateForm
edxml_date_read(const char *text, gboolean with_time, GDateTime **out)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(7 * 3600);

    for (gsize i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_autoptr(GDateTime) date = NULL;
        g_autoptr(GDateTime) local = NULL;
        g_autoptr(GTimeZone) home = g_time_zone_new_offset(7 * 3600);
        const char *rest;
        int f[6];

        if (!match(text, forms[i].pattern, f, &rest))
            continue;
        if (strchr(forms[i].pattern, 'T') != NULL ? !read_zone(rest, &zone) : *rest != '\0')
            continue;
        date = g_date_time_new(zone, f[0], f[1], f[2], f[3], f[4], f[5]);
        local = date != NULL ? g_date_time_to_timezone(date, home) : NULL;
        if (local == NULL)
            return EDXML_DATE_IMPOSSIBLE;
        if (out != NULL)
            *out = g_steal_pointer(&local);
        return (with_time ? forms[i].is_usual_time : forms[i].is_usual_date) ? EDXML_DATE_USUAL : EDXML_DATE_OTHER_FORM;
    }
    return EDXML_DATE_UNREADABLE;
}

char *
edxml_date_rfc3339(GDateTime *date)
{
    return g_date_time_format(date, "%Y-%m-%dT%H:%M:%S+07:00");
}

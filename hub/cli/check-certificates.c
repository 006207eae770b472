/* SPDX-License-Identifier: Apache-2.0 */
/* check-certificates.c: certificates of the hub and of its endpoints, looked at with today's date before somebody's dossier finds out. */
#include "cli/check-certificates.h"

#include <string.h>

#include "base/value.h"
#include "cli/columns.h"
#include "trust/certificates.h"

#define SOON_US (30 * 86400 * LT_US_PER_SECOND)

/* Keys that name a certificate, by kind of section. */
static const struct {
    const char *kind, *key;
} rows[] = {
    { "hub", "certificate" },
    { "trust", "anchors" },
    { "endpoint", "ca" },
    { "endpoint", "client_certificate" },
};

static void
check_file(LtSection *section, const char *key, const char *path, LtFaults *faults)
{
    gint64 begins_us = 0, ends_us = 0, now_us = lt_time_now_us();
    g_autofree char *subject = NULL;
    g_autofree char *begins = NULL;
    g_autofree char *ends = NULL;

    /* A file that cannot be read is a fault where the section is opened. */
    if (!lt_certificate_dates(path, &subject, &begins_us, &ends_us, NULL))
        return;
    begins = lt_column_time(begins_us);
    ends = lt_column_time(ends_us);
    if (ends_us <= now_us)
        lt_faults_add(faults, "%s %s: the certificate %s in %s has ended at %s; put a new one there", lt_section_get_label(section), key, subject, path, ends);
    else if (begins_us > now_us)
        lt_faults_add(faults, "%s %s: the certificate %s in %s begins at %s only; is this machine's clock right?", lt_section_get_label(section), key,
                      subject, path, begins);
    else if (ends_us - now_us < SOON_US)
        lt_faults_add(faults, "warning: %s %s: the certificate %s in %s ends at %s", lt_section_get_label(section), key, subject, path, ends);
}

void
lt_check_certificates(LtSettings *settings, LtFaults *faults)
{
    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);
        g_autofree char *folder = g_path_get_dirname(lt_section_get_file(section));

        for (gsize j = 0; j < G_N_ELEMENTS(rows); j++) {
            const char *value = strcmp(rows[j].kind, lt_section_get_kind(section)) == 0 ? lt_section_lookup(section, rows[j].key) : NULL;
            g_autofree char *path = NULL;

            if (value == NULL || *value == '\0')
                continue;
            path = g_path_is_absolute(value) ? g_strdup(value) : g_build_filename(folder, value, NULL);
            check_file(section, rows[j].key, path, faults);
        }
    }
}

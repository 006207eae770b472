/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-settings.c: configuration from anywhere. Properties: values that were filled, printed and loaded again print the same;
 * a section that could not be filled has said why. */
#include "fuzz.h"

#include "base/settings.h"

typedef struct {
    char *word, *url, *choice;
    char **list;
    gint64 number, bytes, duration;
    gboolean flag;
} Sample;

static const LtKey keys[] = {
    LT_STRING(Sample, word, "", "any text"),
    LT_URL(Sample, url, "", "where to"),
    LT_CHOICE(Sample, choice, "post", "post|put", "how"),
    LT_LIST(Sample, list, "", "words"),
    LT_NUMBER(Sample, number, "7", "0..511", "a number"),
    LT_BYTES(Sample, bytes, "1K", "1..1G", "a size"),
    LT_DURATION(Sample, duration, "1s", "1ms..7d", "a time"),
    LT_BOOLEAN(Sample, flag, "false", "yes or no"),
    LT_KEYS_END,
};

static const LtKey *const tables[] = { keys, NULL };

/* Returns: (nullable): the effective values as text */
static char *
fill_and_show(LtSection *section)
{
    Sample sample = { 0 };
    gpointer const structs[] = { &sample, NULL };
    g_autoptr(GPtrArray) faults = lt_faults_new();
    gboolean ok = lt_section_fill(section, tables, structs, faults);
    char *shown = NULL;

    FUZZ_CHECK(ok == (faults->len == 0));
    if (ok)
        shown = lt_keys_show(keys, &sample);
    lt_keys_clear(keys, &sample);
    return shown;
}

static void
check_stable(const char *shown)
{
    g_autofree char *text = g_strconcat("[sample]\n", shown, NULL);
    g_autoptr(LtSettings) settings = lt_settings_parse(text, "again", NULL);
    g_autofree char *again = NULL;

    FUZZ_CHECK(settings != NULL && lt_settings_get_n_sections(settings) == 1);
    again = fill_and_show(lt_settings_get_section(settings, 0));
    FUZZ_CHECK(again != NULL && strcmp(again, shown) == 0);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    g_autofree char *text = g_strndup((const char *) data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = NULL;

    if (size > 65536)
        return 0;
    settings = lt_settings_parse(text, "fuzz", &error);
    if (settings == NULL) {
        FUZZ_CHECK(error != NULL && error->domain == LT_ERROR);
        return 0;
    }
    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        g_autofree char *shown = fill_and_show(lt_settings_get_section(settings, i));

        if (shown != NULL)
            check_stable(shown);
    }
    return 0;
}

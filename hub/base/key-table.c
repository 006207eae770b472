/* SPDX-License-Identifier: Apache-2.0 */
/* key-table.c: what can be said of a whole table of keys: look a row up, clear the struct, describe, show.
 *
 * The reference that `lthub endpoint describe` prints and the generated pages of the documentation come from here, so
 * that they cannot say anything else than what is enforced.
 */
#include "base/key.h"

#include "base/value.h"

#include <string.h>

#define MASK "********"

const LtKey *
lt_keys_lookup(const LtKey *keys, const char *name)
{
    for (; keys != NULL && keys->name != NULL; keys++) {
        if (strcmp(keys->name, name) == 0)
            return keys;
    }
    return NULL;
}

static void
clear_member(const LtKey *key, gpointer object)
{
    gpointer member = G_STRUCT_MEMBER_P(object, key->offset);

    switch (key->type) {
    case LT_KEY_STRING:
    case LT_KEY_URL:
    case LT_KEY_PATH:
    case LT_KEY_CHOICE:
        g_clear_pointer((char **) member, g_free);
        break;
    case LT_KEY_SECRET:
        if (*(char **) member != NULL)
            explicit_bzero(*(char **) member, strlen(*(char **) member));
        g_clear_pointer((char **) member, g_free);
        break;
    case LT_KEY_LIST:
        g_clear_pointer((char ***) member, g_strfreev);
        break;
    case LT_KEY_NUMBER:
    case LT_KEY_BYTES:
    case LT_KEY_DURATION:
        *(gint64 *) member = 0;
        break;
    case LT_KEY_BOOLEAN:
        *(gboolean *) member = FALSE;
        break;
    }
}

void
lt_keys_clear(const LtKey *keys, gpointer object)
{
    for (; keys != NULL && keys->name != NULL; keys++)
        clear_member(keys, object);
}

/* "number 0..511", "one of post, put" */
static char *
describe_type(const LtKey *key)
{
    static const char *const words[] = {
        [LT_KEY_STRING] = "text",   [LT_KEY_URL] = "URL",     [LT_KEY_PATH] = "path",
        [LT_KEY_SECRET] = "secret", [LT_KEY_NUMBER] = "number", [LT_KEY_BYTES] = "size",
        [LT_KEY_DURATION] = "duration", [LT_KEY_BOOLEAN] = "true or false", [LT_KEY_LIST] = "words separated by ;",
    };

    if (key->type == LT_KEY_CHOICE) {
        g_auto(GStrv) choices = g_strsplit(key->range, "|", -1);
        g_autofree char *list = g_strjoinv(", ", choices);

        return g_strdup_printf("one of %s", list);
    }
    return key->range != NULL ? g_strdup_printf("%s %s", words[key->type], key->range) : g_strdup(words[key->type]);
}

static void
describe_row(GString *out, const LtKey *key, gboolean markdown, int width)
{
    g_autofree char *type = describe_type(key);
    g_autofree char *preset = NULL;

    if (key->preset == NULL)
        preset = g_strdup("required");
    else if (*key->preset == '\0')
        preset = g_strdup("optional");
    else
        preset = g_strdup_printf(markdown ? "`%s`" : "default %s", key->preset);
    if (!markdown) {
        g_string_append_printf(out, "  %-*s  %s\n  %*s  (%s; %s)\n", width, key->name, key->help, width, "", type, preset);
        return;
    }
    g_string_append_printf(out, "| `%s` | %s | %s | ", key->name, type, preset);
    for (const char *p = key->help; *p != '\0'; p++) {
        if (*p == '|')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *p);
    }
    g_string_append(out, " |\n");
}

char *
lt_keys_describe(const LtKey *keys, gboolean markdown)
{
    GString *out = g_string_new(markdown ? "| key | value | default | what it is for |\n|---|---|---|---|\n" : NULL);
    int width = 0;

    for (const LtKey *key = keys; key != NULL && key->name != NULL; key++)
        width = MAX(width, (int) strlen(key->name));
    for (const LtKey *key = keys; key != NULL && key->name != NULL; key++)
        describe_row(out, key, markdown, width);
    return g_string_free(out, FALSE);
}

/* The escapes of a key file, so that what is shown can be read again. */
static void
append_escaped(GString *out, const char *text)
{
    if (*text == ' ') {
        g_string_append(out, "\\s");
        text++;
    }
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\n':
            g_string_append(out, "\\n");
            break;
        case '\t':
            g_string_append(out, "\\t");
            break;
        case '\r':
            g_string_append(out, "\\r");
            break;
        case '\\':
            g_string_append(out, "\\\\");
            break;
        default:
            g_string_append_c(out, *text);
        }
    }
}

/* The largest unit that leaves no rest. */
static void
append_duration(GString *out, gint64 us)
{
    static const struct {
        const char *word;
        gint64 us;
    } units[] = { { "d", 86400000000 }, { "h", 3600000000 }, { "min", 60000000 }, { "s", 1000000 }, { "ms", 1000 } };
    gsize i = 0;

    if (us == 0)
        i = 3;
    while (i < G_N_ELEMENTS(units) - 1 && us % units[i].us != 0)
        i++;
    g_string_append_printf(out, "%" G_GINT64_FORMAT "%s", us / units[i].us, units[i].word);
}

static void
show_row(GString *out, const LtKey *key, gconstpointer object)
{
    gconstpointer member = (const guint8 *) object + key->offset;
    const char *text;

    g_string_append_printf(out, "%s=", key->name);
    switch (key->type) {
    case LT_KEY_NUMBER:
    case LT_KEY_BYTES:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, *(const gint64 *) member);
        break;
    case LT_KEY_DURATION:
        append_duration(out, *(const gint64 *) member);
        break;
    case LT_KEY_BOOLEAN:
        g_string_append(out, *(const gboolean *) member ? "true" : "false");
        break;
    case LT_KEY_LIST:
        for (char **word = *(char **const *) member; word != NULL && *word != NULL; word++) {
            append_escaped(out, *word);
            g_string_append_c(out, ';');
        }
        break;
    case LT_KEY_SECRET:
        g_string_append(out, *(const char *const *) member != NULL ? MASK : "");
        break;
    default:
        text = *(const char *const *) member;
        if (text != NULL)
            append_escaped(out, text);
    }
    g_string_append_c(out, '\n');
}

char *
lt_keys_show(const LtKey *keys, gconstpointer object)
{
    GString *out = g_string_new(NULL);

    for (; keys != NULL && keys->name != NULL; keys++)
        show_row(out, keys, object);
    return g_string_free(out, FALSE);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* key.c: reads the text of one key into the member that its row names, with its range.
 *
 * Each type of value has one reader. A reader sets nothing on failure; its error names the key and the cause, and the
 * caller adds file and section. Describing and showing tables is in key-table.c.
 */
#include "base/key.h"

#include "base/value.h"

#include <string.h>
#include <sys/stat.h>

#define SECRET_MAX 65536
#define URL_MAX 2048

typedef struct {
    const char *word;
    gint64 factor;
} Unit;

static const Unit byte_units[] = { { "", 1 }, { "K", 1024 }, { "M", 1024 * 1024 }, { "G", 1024 * 1024 * 1024 }, { NULL, 0 } };
static const Unit duration_units[] = {
    { "ms", 1000 },
    { "s", LT_US_PER_SECOND },
    { "min", 60 * LT_US_PER_SECOND },
    { "h", 3600 * LT_US_PER_SECOND },
    { "d", 86400 * LT_US_PER_SECOND },
    { NULL, 0 },
};
static const Unit plain_units[] = { { "", 1 }, { NULL, 0 } };

static gboolean fail(GError **error, const LtKey *key, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean
fail(GError **error, const LtKey *key, const char *format, ...)
{
    g_autofree char *cause = NULL;
    va_list arguments;

    va_start(arguments, format);
    cause = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    lt_error_set(error, LT_ERROR_CONFIG, "config", "%s: %s", key->name, cause);
    return FALSE;
}

/* A value in quotes, fit to be printed. */
static char *
quote(const char *text)
{
    g_autofree char *escaped = lt_escape_for_log(text);

    return g_strdup_printf("\"%s\"", escaped);
}

static void
set_text(const LtKey *key, gpointer object, char *text)
{
    char **member = G_STRUCT_MEMBER_P(object, key->offset);

    g_free(*member);
    *member = text;
}

static gboolean
read_quantity(const char *text, gsize length, const Unit *units, gint64 *value)
{
    gboolean negative = length > 0 && text[0] == '-' && units == plain_units;
    const char *digits = negative ? text + 1 : text;
    gsize n_digits = 0, rest = length - (negative ? 1 : 0);
    guint64 amount;

    while (n_digits < rest && g_ascii_isdigit(digits[n_digits]))
        n_digits++;
    if (!lt_decimal_read(digits, n_digits, &amount) || amount > G_MAXINT64)
        return FALSE;
    for (; units->word != NULL; units++) {
        gsize word_length = strlen(units->word);

        if (word_length == rest - n_digits && memcmp(digits + n_digits, units->word, word_length) == 0) {
            *value = negative ? -(gint64) amount : (gint64) amount;
            return !__builtin_mul_overflow(*value, units->factor, value);
        }
    }
    return FALSE;
}

/* A range is part of a table in code, so one that cannot be read is a fault of the programmer. */
static gboolean
is_in_range(const LtKey *key, const Unit *units, gint64 value)
{
    const char *dots;
    gint64 low, high;

    if (key->range == NULL)
        return TRUE;
    dots = strstr(key->range, "..");
    if (dots == NULL || !read_quantity(key->range, (gsize) (dots - key->range), units, &low) ||
        !read_quantity(dots + 2, strlen(dots + 2), units, &high))
        g_error("key '%s' has no readable range: '%s'", key->name, key->range);
    return value >= low && value <= high;
}

static gboolean
set_quantity(const LtKey *key, gpointer object, const char *text, const Unit *units, const char *wanted, GError **error)
{
    gint64 value;

    if (!read_quantity(text, strlen(text), units, &value)) {
        g_autofree char *quoted = quote(text);

        return fail(error, key, "%s is not %s", quoted, wanted);
    }
    if (!is_in_range(key, units, value))
        return fail(error, key, "%s is not in the range %s", text, key->range);
    G_STRUCT_MEMBER(gint64, object, key->offset) = value;
    return TRUE;
}

static gboolean
set_boolean(const LtKey *key, gpointer object, const char *text, GError **error)
{
    gboolean is_true = strcmp(text, "true") == 0;

    if (!is_true && strcmp(text, "false") != 0) {
        g_autofree char *quoted = quote(text);

        return fail(error, key, "%s is neither true nor false", quoted);
    }
    G_STRUCT_MEMBER(gboolean, object, key->offset) = is_true;
    return TRUE;
}

static gboolean
set_choice(const LtKey *key, gpointer object, const char *text, GError **error)
{
    g_auto(GStrv) words = g_strsplit(key->range, "|", -1);
    g_autofree char *quoted = NULL;
    g_autofree char *list = NULL;

    if (g_strv_contains((const char *const *) words, text)) {
        set_text(key, object, g_strdup(text));
        return TRUE;
    }
    quoted = quote(text);
    list = g_strjoinv(", ", words);
    return fail(error, key, "%s is not one of %s", quoted, list);
}

static gboolean
set_list(const LtKey *key, gpointer object, const char *text)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    g_auto(GStrv) pieces = g_strsplit(text, ";", -1);
    char ***member = G_STRUCT_MEMBER_P(object, key->offset);
    gsize n_words = 0;

    for (char **piece = pieces; *piece != NULL; piece++) {
        if (*g_strstrip(*piece) != '\0') {
            g_strv_builder_add(builder, *piece);
            n_words++;
        }
    }
    g_strfreev(*member);
    *member = n_words > 0 ? g_strv_builder_end(builder) : NULL;
    return TRUE;
}

/* GLib takes spaces and other bytes that no URL may hold (RFC 3986 §2). */
static gboolean
has_only_url_bytes(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= 0x20 || *text >= 0x7f || strchr("\"<>\\^`{|}", *text) != NULL)
            return FALSE;
    }
    return TRUE;
}

static gboolean
set_url(const LtKey *key, gpointer object, const char *text, GError **error)
{
    g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED, NULL);
    g_autofree char *quoted = quote(text);

    if (uri == NULL || !has_only_url_bytes(text) || strlen(text) > URL_MAX || g_uri_get_host(uri) == NULL || *g_uri_get_host(uri) == '\0' ||
        (strcmp(g_uri_get_scheme(uri), "https") != 0 && strcmp(g_uri_get_scheme(uri), "http") != 0))
        return fail(error, key, "%s is not an absolute http or https URL", quoted);
    if (g_uri_get_userinfo(uri) != NULL) /* the text is not repeated: it holds a password */
        return fail(error, key, "a URL may not hold a user or password; use a secret key");
    if (g_uri_get_fragment(uri) != NULL)
        return fail(error, key, "%s may not have a fragment (#…)", quoted);
    set_text(key, object, g_strdup(text));
    return TRUE;
}

static char *
resolve_path(const char *text, const char *folder)
{
    if (folder == NULL || g_path_is_absolute(text))
        return g_strdup(text);
    return g_build_filename(folder, text, NULL);
}

static gboolean
read_secret_file(const LtKey *key, gpointer object, const char *path, GError **error)
{
    g_autofree char *content = NULL;
    g_autoptr(GError) cause = NULL;
    gsize size = 0;
    struct stat info;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode))
        return fail(error, key, "secret file %s is absent or not a file", path);
    if ((info.st_mode & S_IRWXO) != 0)
        return fail(error, key, "secret file %s is open to everybody; take the rights of others away (chmod o= %s)", path, path);
    if (info.st_size > SECRET_MAX)
        return fail(error, key, "secret file %s is larger than %d bytes", path, SECRET_MAX);
    if (!g_file_get_contents(path, &content, &size, &cause))
        return fail(error, key, "%s", cause->message);
    if (size > 0 && content[size - 1] == '\n')
        content[--size] = '\0';
    if (size == 0 || !g_utf8_validate_len(content, size, NULL))
        return fail(error, key, "secret file %s is empty or not UTF-8 text", path);
    set_text(key, object, g_steal_pointer(&content));
    return TRUE;
}

static gboolean
set_secret(const LtKey *key, gpointer object, const char *text, const char *folder, GError **error)
{
    g_autofree char *path = NULL;

    if (g_str_has_prefix(text, "file:")) {
        path = resolve_path(text + strlen("file:"), folder);
    } else if (g_str_has_prefix(text, "credential:")) {
        const char *name = text + strlen("credential:");
        const char *credentials = g_getenv("CREDENTIALS_DIRECTORY");

        if (*name == '\0' || strchr(name, '/') != NULL || strcmp(name, "..") == 0)
            return fail(error, key, "the name of a credential is one word without /");
        if (credentials == NULL)
            return fail(error, key, "credential %s: the service manager gave no credentials ($CREDENTIALS_DIRECTORY)", name);
        path = g_build_filename(credentials, name, NULL);
    }
    if (path != NULL)
        return read_secret_file(key, object, path, error);
    set_text(key, object, g_strdup(text));
    return TRUE;
}

static gboolean
set_nothing(const LtKey *key, gpointer object, GError **error)
{
    if (key->preset == NULL)
        return fail(error, key, "is empty");
    if (*key->preset != '\0')
        return fail(error, key, "is empty; leave the line out to get %s", key->preset);
    if (key->type == LT_KEY_LIST)
        return set_list(key, object, "");
    if (key->type == LT_KEY_NUMBER || key->type == LT_KEY_BYTES || key->type == LT_KEY_DURATION)
        G_STRUCT_MEMBER(gint64, object, key->offset) = 0;
    else if (key->type == LT_KEY_BOOLEAN)
        G_STRUCT_MEMBER(gboolean, object, key->offset) = FALSE;
    else
        set_text(key, object, NULL);
    return TRUE;
}

gboolean
lt_key_set(const LtKey *key, gpointer object, const char *text, const char *folder, GError **error)
{
    if (*text == '\0')
        return set_nothing(key, object, error);
    switch (key->type) {
    case LT_KEY_STRING:
        set_text(key, object, g_strdup(text));
        return TRUE;
    case LT_KEY_URL:
        return set_url(key, object, text, error);
    case LT_KEY_PATH:
        set_text(key, object, resolve_path(text, folder));
        return TRUE;
    case LT_KEY_SECRET:
        return set_secret(key, object, text, folder, error);
    case LT_KEY_NUMBER:
        return set_quantity(key, object, text, plain_units, "a number", error);
    case LT_KEY_BYTES:
        return set_quantity(key, object, text, byte_units, "a size (digits, then K, M or G if wanted)", error);
    case LT_KEY_DURATION:
        return set_quantity(key, object, text, duration_units, "a duration (digits, then ms, s, min, h or d)", error);
    case LT_KEY_BOOLEAN:
        return set_boolean(key, object, text, error);
    case LT_KEY_CHOICE:
        return set_choice(key, object, text, error);
    case LT_KEY_LIST:
        return set_list(key, object, text);
    }
    return fail(error, key, "its row has no known type");
}

gboolean
lt_key_set_preset(const LtKey *key, gpointer object, const char *folder, GError **error)
{
    return key->preset == NULL || lt_key_set(key, object, key->preset, folder, error);
}

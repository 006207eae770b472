/* SPDX-License-Identifier: Apache-2.0 */
/* schema-pattern.c: `pattern`: regular expressions of ECMA-262 (flag u, as JSON Schema asks) on top of PCRE.
 *
 * The two differ in what they mean and in what they allow, so a pattern is read by ECMA's grammar and written anew for PCRE:
 * classes are spelled out, `.` and `$` are ECMA's, and what PCRE alone would understand is refused. Back references and named
 * groups are outside the subset. A search that needs too many steps counts as no match.
 */
#include "base/schema-private.h"

struct _LtSchemaPattern {
    GRegex *regex;
};

typedef struct {
    const char *at;
    const char *end;
    GString *out;
    gboolean can_repeat; /* a quantifier may follow */
    guint open;          /* groups */
} Reader;

#define DIGITS "0-9"
#define WORD "A-Za-z0-9_"
#define SPACE "\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
#define LINE_END "\\x{a}\\x{d}\\x{2028}\\x{2029}"
#define WORD_BOUNDARY "(?:(?<=[" WORD "])(?![" WORD "])|(?<![" WORD "])(?=[" WORD "]))"
#define NO_WORD_BOUNDARY "(?:(?<=[" WORD "])(?=[" WORD "])|(?<![" WORD "])(?![" WORD "]))"

static gboolean
refuse(const char *what, GError **error)
{
    lt_error_set(error, LT_ERROR_CONFIG, "schema.value", "schema: pattern: %s", what);
    return FALSE;
}

static void
put_character(Reader *self, gunichar character)
{
    g_string_append_printf(self->out, "\\x{%x}", character);
}

static gboolean
read_hex(Reader *self, guint n_digits, gunichar *value)
{
    *value = 0;
    if (self->end - self->at < (gssize) n_digits)
        return FALSE;
    for (guint i = 0; i < n_digits; i++) {
        int digit = g_ascii_xdigit_value(*self->at++);

        if (digit < 0)
            return FALSE;
        *value = *value << 4 | (gunichar) digit;
    }
    return TRUE;
}

static gboolean
read_braced_code_point(Reader *self, gunichar *value)
{
    *value = 0;
    for (self->at++; self->at < self->end && *self->at != '}'; self->at++) {
        int digit = g_ascii_xdigit_value(*self->at);

        if (digit < 0 || *value > 0x10ffff)
            return FALSE;
        *value = *value << 4 | (gunichar) digit;
    }
    if (self->at == self->end || self->at[-1] == '{')
        return FALSE;
    self->at++;
    return *value <= 0x10ffff;
}

/* Behind `\u`: four digits, a pair of surrogates, or `{…}`. */
static gboolean
read_unicode(Reader *self, gunichar *value)
{
    gunichar low;

    if (self->at < self->end && *self->at == '{')
        return read_braced_code_point(self, value) && (*value < 0xd800 || *value > 0xdfff);
    if (!read_hex(self, 4, value))
        return FALSE;
    if (*value >= 0xd800 && *value <= 0xdbff) {
        if (self->end - self->at < 6 || self->at[0] != '\\' || self->at[1] != 'u')
            return FALSE;
        self->at += 2;
        if (!read_hex(self, 4, &low) || low < 0xdc00 || low > 0xdfff)
            return FALSE;
        *value = 0x10000 + ((*value - 0xd800) << 10) + (low - 0xdc00);
    }
    return *value < 0xd800 || *value > 0xdfff;
}

/* An escape that stands for one character; @self->at is behind the backslash. */
static gboolean
read_character_escape(Reader *self, gunichar *value, gboolean in_class, GError **error)
{
    static const char letters[] = "fnrtv";
    static const char meanings[] = "\f\n\r\t\v";
    char letter = *self->at++;
    const char *found = letter == '\0' ? NULL : strchr(letters, letter);

    if (found != NULL) {
        *value = (gunichar) meanings[found - letters];
        return TRUE;
    }
    if (letter == 'u')
        return read_unicode(self, value) || refuse("a wrong \\u escape", error);
    if (letter == 'x')
        return read_hex(self, 2, value) || refuse("a wrong \\x escape", error);
    if (letter == 'c' && self->at < self->end && g_ascii_isalpha(*self->at)) {
        *value = (gunichar) *self->at++ % 32;
        return TRUE;
    }
    if (letter == '0' && (self->at == self->end || !g_ascii_isdigit(*self->at))) {
        *value = 0;
        return TRUE;
    }
    if (letter != '\0' && (strchr("^$\\.*+?()[]{}|/", letter) != NULL || (in_class && letter == '-'))) {
        *value = (gunichar) letter;
        return TRUE;
    }
    if (in_class && letter == 'b') {
        *value = '\b';
        return TRUE;
    }
    return refuse("an unknown escape, or a back reference", error);
}

/* `\p{…}`: general categories by their short or long names, and scripts. */
static gboolean
put_property(Reader *self, GError **error)
{
    static const struct {
        const char *name, *pcre;
    } categories[] = {
        { "Letter", "L" }, { "Lowercase_Letter", "Ll" }, { "Uppercase_Letter", "Lu" }, { "Titlecase_Letter", "Lt" },
        { "Modifier_Letter", "Lm" }, { "Other_Letter", "Lo" }, { "Mark", "M" }, { "Nonspacing_Mark", "Mn" },
        { "Number", "N" }, { "Decimal_Number", "Nd" }, { "Letter_Number", "Nl" }, { "Other_Number", "No" },
        { "Punctuation", "P" }, { "Symbol", "S" }, { "Separator", "Z" }, { "Space_Separator", "Zs" }, { "Control", "Cc" },
        { "Other", "C" }, { "Any", "Any" },
    };
    char kind = *self->at++;
    const char *close = memchr(self->at, '}', (gsize) (self->end - self->at));
    g_autofree char *name = NULL;
    const char *value;
    gboolean category;

    if (self->at == self->end || *self->at != '{' || close == NULL)
        return refuse("\\p needs a name in braces", error);
    name = g_strndup(self->at + 1, (gsize) (close - self->at - 1));
    self->at = close + 1;
    value = strchr(name, '=');
    category = value == NULL || g_str_has_prefix(name, "General_Category=") || g_str_has_prefix(name, "gc=");
    if (!category && !g_str_has_prefix(name, "Script=") && !g_str_has_prefix(name, "sc="))
        return refuse("an unknown property", error);
    value = value == NULL ? name : value + 1;
    if (*value == '\0' || strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_") != strlen(value) ||
        (category && strlen(value) == 2 && g_ascii_islower(value[0])))
        return refuse("an unknown property", error);
    for (guint i = 0; category && i < G_N_ELEMENTS(categories); i++)
        if (strcmp(value, categories[i].name) == 0)
            value = categories[i].pcre;
    if (category && strlen(value) > 2 && strcmp(value, "Any") != 0)
        return refuse("an unknown property", error);
    g_string_append_printf(self->out, "\\%c{%s}", kind, value);
    return TRUE;
}

/* `\d \w \s` and their opposites outside or inside brackets. */
static gboolean
put_class_escape(Reader *self, gboolean in_class)
{
    char letter = *self->at;
    char lower = g_ascii_tolower(letter);
    const char *members = lower == 'd' ? DIGITS : lower == 'w' ? WORD : lower == 's' ? SPACE : NULL;

    if (members == NULL || (in_class && lower != letter))
        return FALSE;
    self->at++;
    if (in_class)
        g_string_append(self->out, members);
    else
        g_string_append_printf(self->out, "[%s%s]", lower != letter ? "^" : "", members);
    return TRUE;
}

static gunichar
read_plain_character(Reader *self)
{
    gunichar value = *self->at == '\0' ? 0 : g_utf8_get_char(self->at);

    self->at = *self->at == '\0' ? self->at + 1 : g_utf8_next_char(self->at);
    return value;
}

/* One member of a class. @value: its code point; (gunichar) -1 when it is a set, which is written already */
static gboolean
read_class_atom(Reader *self, gunichar *value, GError **error)
{
    if (*self->at != '\\') {
        *value = read_plain_character(self);
        return TRUE;
    }
    self->at++;
    *value = (gunichar) -1;
    if (self->at == self->end)
        return refuse("a backslash at the end", error);
    if (*self->at == 'p' || *self->at == 'P')
        return put_property(self, error);
    if (put_class_escape(self, TRUE))
        return TRUE;
    if (strchr("DWS", *self->at) != NULL && *self->at != '\0')
        return refuse("\\D, \\W and \\S inside brackets are outside the subset", error);
    return read_character_escape(self, value, TRUE, error);
}

/* @self->at is on `[`. */
static gboolean
put_class(Reader *self, GError **error)
{
    gboolean negative = self->end - self->at > 1 && self->at[1] == '^';

    self->at += negative ? 2 : 1;
    if (self->at < self->end && *self->at == ']') {
        self->at++;
        g_string_append(self->out, negative ? "[\\x{0}-\\x{10ffff}]" : "(?!)");
        return TRUE;
    }
    g_string_append(self->out, negative ? "[^" : "[");
    while (self->at < self->end && *self->at != ']') {
        gunichar first, last;

        if (!read_class_atom(self, &first, error))
            return FALSE;
        if (first != (gunichar) -1)
            put_character(self, first);
        if (self->end - self->at < 2 || self->at[0] != '-' || self->at[1] == ']')
            continue;
        self->at++;
        g_string_append_c(self->out, '-');
        if (first == (gunichar) -1 || !read_class_atom(self, &last, error) || last == (gunichar) -1 || last < first) {
            g_clear_error(error);
            return refuse("a wrong range in brackets", error);
        }
        put_character(self, last);
    }
    if (self->at == self->end)
        return refuse("brackets do not end", error);
    self->at++;
    g_string_append_c(self->out, ']');
    return TRUE;
}

/* @self->at is on `(`. */
static gboolean
put_group(Reader *self, GError **error)
{
    static const char *const kinds[] = { "(?:", "(?=", "(?!", "(?<=", "(?<!" };

    self->open++;
    self->can_repeat = FALSE;
    if (self->end - self->at < 2 || self->at[1] != '?') {
        self->at++;
        g_string_append(self->out, "(?:"); /* nothing ever asks what a group held */
        return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        gsize length = strlen(kinds[i]);

        if ((gsize) (self->end - self->at) >= length && memcmp(self->at, kinds[i], length) == 0) {
            self->at += length;
            g_string_append(self->out, kinds[i]);
            return TRUE;
        }
    }
    return refuse("a kind of group that is outside the subset", error);
}

/* @self->at is on `*`, `+`, `?` or `{`. */
static gboolean
put_quantifier(Reader *self, GError **error)
{
    if (!self->can_repeat)
        return refuse("nothing to repeat", error);
    self->can_repeat = FALSE;
    if (*self->at == '{') {
        gsize length = strspn(self->at, "{0123456789,");
        g_autofree char *range = g_strndup(self->at, length);

        if (self->at[length] != '}' || !g_regex_match_simple("^\\{[0-9]{1,5}(,[0-9]{0,5})?\\z", range, 0, 0))
            return refuse("a wrong repetition", error);
        g_string_append_printf(self->out, "%s}", range);
        self->at += length + 1;
    } else {
        g_string_append_c(self->out, *self->at++);
    }
    if (self->at < self->end && *self->at == '?')
        g_string_append_c(self->out, *self->at++);
    return TRUE;
}

static gboolean
put_escape(Reader *self, GError **error)
{
    gunichar value;

    self->at++;
    if (self->at == self->end)
        return refuse("a backslash at the end", error);
    self->can_repeat = TRUE;
    if (*self->at == 'b' || *self->at == 'B') {
        g_string_append(self->out, *self->at == 'b' ? WORD_BOUNDARY : NO_WORD_BOUNDARY);
        self->at++;
        self->can_repeat = FALSE;
        return TRUE;
    }
    if (*self->at == 'p' || *self->at == 'P')
        return put_property(self, error);
    if (put_class_escape(self, FALSE))
        return TRUE;
    if (!read_character_escape(self, &value, FALSE, error))
        return FALSE;
    put_character(self, value);
    return TRUE;
}

static gboolean
put_term(Reader *self, GError **error)
{
    switch (*self->at) {
    case '\\':
        return put_escape(self, error);
    case '[':
        self->can_repeat = TRUE;
        return put_class(self, error);
    case '(':
        return put_group(self, error);
    case '*':
    case '+':
    case '?':
    case '{':
        return put_quantifier(self, error);
    case ')':
        if (self->open == 0)
            return refuse("a group ends that was not opened", error);
        self->open--;
        self->can_repeat = TRUE;
        g_string_append_c(self->out, *self->at++);
        return TRUE;
    case '|':
    case '^':
        self->can_repeat = FALSE;
        g_string_append_c(self->out, *self->at++);
        return TRUE;
    case '$':
        self->can_repeat = FALSE;
        self->at++;
        g_string_append(self->out, "\\z");
        return TRUE;
    case '.':
        self->can_repeat = TRUE;
        self->at++;
        g_string_append(self->out, "[^" LINE_END "]");
        return TRUE;
    case ']':
    case '}':
        return refuse("a bracket ends that was not opened", error);
    default:
        self->can_repeat = TRUE;
        put_character(self, read_plain_character(self));
        return TRUE;
    }
}

LtSchemaPattern *
lt_schema_pattern_compile(const char *source, gsize length, GError **error)
{
    g_autoptr(GString) out = g_string_new(NULL);
    Reader reader = { .at = source, .end = source + length, .out = out };
    g_autoptr(GError) cause = NULL;
    g_autoptr(GRegex) regex = NULL;
    LtSchemaPattern *self;

    while (reader.at < reader.end)
        if (!put_term(&reader, error))
            return NULL;
    if (reader.open > 0) {
        refuse("a group does not end", error);
        return NULL;
    }
    regex = g_regex_new(out->str, G_REGEX_OPTIMIZE | G_REGEX_NO_AUTO_CAPTURE, 0, &cause);
    if (regex == NULL) {
        refuse(cause->message, error);
        return NULL;
    }
    self = g_new0(LtSchemaPattern, 1);
    self->regex = g_steal_pointer(&regex);
    /* GRegex finishes its compiling at the first match; afterwards threads only read it. */
    lt_schema_pattern_match(self, "", 0);
    return self;
}

gboolean
lt_schema_pattern_match(const LtSchemaPattern *self, const char *text, gsize length)
{
    return g_regex_match_full(self->regex, text, (gssize) length, 0, 0, NULL, NULL);
}

void
lt_schema_pattern_free(LtSchemaPattern *self)
{
    g_regex_unref(self->regex);
    g_free(self);
}

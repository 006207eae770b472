/* SPDX-License-Identifier: Apache-2.0 */
/* algorithms.c: algorithms.conf read into dates and exceptions. An exception is for one key, has a beginning, an end and a basis, and is
 * named in the log entry of every envelope that needed it. */
#include "trust/algorithms.h"

#include <string.h>

#include "base/clock.h"
#include "base/value.h"
#include "trust/algorithm.h"

#define EXCEPTION_MAX_US (G_GINT64_CONSTANT(1096) * 86400 * LT_US_PER_SECOND) /* three years: as long as a certificate lives */

typedef struct {
    char *from, *until;
    gint64 min_bits;
    const char *name; /* of the row of algorithm.c */
    gint64 from_us, until_us;
} Rule;

typedef struct {
    char *signer, *from, *until, *basis;
    char **allows;
    char *name;
    gint64 from_us, until_us;
} Exception;

struct _LtAlgorithms {
    gatomicrefcount refs;
    GPtrArray *rules;      /* of Rule */
    GPtrArray *exceptions; /* of Exception */
    GPtrArray *names;      /* of char *: for the log */
    char *digest;
    gboolean for_kept;
};

static const LtKey rule_keys[] = {
    LT_STRING(Rule, from, "", "when it may first be used, such as 2026-07-01T00:00:00Z"),
    LT_STRING(Rule, until, "", "when it may no longer be used; verification at an earlier, proven time goes on"),
    LT_NUMBER(Rule, min_bits, "2048", "2048..4096", "smallest RSA key"),
    LT_KEYS_END,
};

static const LtKey exception_keys[] = {
    LT_STRING(Exception, signer, NULL, "the key: SHA-256 of its SubjectPublicKeyInfo, 64 hex digits, as `lthub unit key add` prints it"),
    LT_LIST(Exception, allows, NULL, "what it may: rsa-pkcs1-sha256, extended-key-usage"),
    LT_STRING(Exception, from, NULL, "beginning, such as 2026-07-01T00:00:00Z"),
    LT_STRING(Exception, until, NULL, "end, at most three years later"),
    LT_STRING(Exception, basis, NULL, "who decided it, where: number and date of the paper"),
    LT_KEYS_END,
};

const LtKey *
lt_algorithms_keys(const char *kind)
{
    return g_strcmp0(kind, "algorithm") == 0 ? rule_keys : g_strcmp0(kind, "exception") == 0 ? exception_keys : NULL;
}

static void
rule_free(gpointer rule)
{
    lt_keys_clear(rule_keys, rule);
    g_free(rule);
}

static void
exception_free(gpointer data)
{
    Exception *exception = data;

    lt_keys_clear(exception_keys, exception);
    g_free(exception->name);
    g_free(exception);
}

LtAlgorithms *
lt_algorithms_new(void)
{
    LtAlgorithms *self = g_new0(LtAlgorithms, 1);

    g_atomic_ref_count_init(&self->refs);
    self->rules = g_ptr_array_new_with_free_func(rule_free);
    self->exceptions = g_ptr_array_new_with_free_func(exception_free);
    self->names = g_ptr_array_new_with_free_func(g_free);
    return self;
}

LtAlgorithms *
lt_algorithms_new_for_kept(void)
{
    LtAlgorithms *self = lt_algorithms_new();

    self->for_kept = TRUE;
    return self;
}

LtAlgorithms *
lt_algorithms_ref(LtAlgorithms *self)
{
    g_atomic_ref_count_inc(&self->refs);
    return self;
}

void
lt_algorithms_unref(LtAlgorithms *self)
{
    if (self == NULL || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_ptr_array_unref(self->rules);
    g_ptr_array_unref(self->exceptions);
    g_ptr_array_unref(self->names);
    g_free(self->digest);
    g_free(self);
}

/* @text: (nullable): then *at_us keeps what stands for "no limit" */
static gboolean
read_time(LtSection *section, const char *key, const char *text, gint64 *at_us, LtFaults *faults)
{
    if (text == NULL || lt_time_read_seconds(text, strlen(text), at_us))
        return TRUE;
    lt_faults_add(faults, "%s %s: \"%s\" is not a time such as 2026-07-01T00:00:00Z", lt_section_get_label(section), key, text);
    return FALSE;
}

static void
add_rule(LtAlgorithms *self, LtSection *section, LtFaults *faults)
{
    Rule *rule = g_new0(Rule, 1);
    const LtKey *tables[] = { rule_keys, NULL };
    gpointer structs[] = { rule, NULL };

    g_ptr_array_add(self->rules, rule);
    rule->name = lt_algorithm_name(lt_section_get_name(section));
    rule->from_us = G_MININT64;
    rule->until_us = G_MAXINT64;
    if (rule->name == NULL)
        lt_faults_add(faults, "%s: no such algorithm; there are %s", lt_section_get_label(section), lt_algorithm_names());
    if (!lt_section_fill(section, tables, structs, faults))
        return;
    read_time(section, "from", rule->from, &rule->from_us, faults);
    read_time(section, "until", rule->until, &rule->until_us, faults);
}

static gboolean
is_name(const char *text)
{
    return text != NULL && *text != '\0' && strlen(text) <= 64 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(text);
}

static void
check_exception(LtSection *section, Exception *exception, LtFaults *faults)
{
    const char *label = lt_section_get_label(section);
    guint8 digest[LT_SHA256_SIZE];

    if (!is_name(exception->name))
        lt_faults_add(faults, "%s: its name goes into the log: a-z, 0-9 and - only", label);
    if (!lt_hex_read(exception->signer, strlen(exception->signer), digest, sizeof digest))
        lt_faults_add(faults, "%s signer: not 64 lower-case hex digits", label);
    if (exception->allows[0] == NULL)
        lt_faults_add(faults, "%s allows: names nothing", label);
    for (char **what = exception->allows; *what != NULL; what++)
        if (strcmp(*what, LT_ALGORITHM_PKCS1) != 0 && strcmp(*what, LT_EXCEPT_USAGE) != 0)
            lt_faults_add(faults, "%s allows: \"%s\" is neither %s nor %s", label, *what, LT_ALGORITHM_PKCS1, LT_EXCEPT_USAGE);
    if (!read_time(section, "from", exception->from, &exception->from_us, faults) ||
        !read_time(section, "until", exception->until, &exception->until_us, faults))
        return;
    if (exception->until_us <= exception->from_us || exception->until_us - exception->from_us > EXCEPTION_MAX_US)
        lt_faults_add(faults, "%s until: must be later than from, by at most three years", label);
}

static void
add_exception(LtAlgorithms *self, LtSection *section, LtFaults *faults)
{
    Exception *exception = g_new0(Exception, 1);
    const LtKey *tables[] = { exception_keys, NULL };
    gpointer structs[] = { exception, NULL };

    g_ptr_array_add(self->exceptions, exception);
    exception->name = g_strdup(lt_section_get_name(section));
    if (lt_section_fill(section, tables, structs, faults))
        check_exception(section, exception, faults);
}

static LtAlgorithms *
read_settings(LtSettings *settings, LtFaults *faults)
{
    LtAlgorithms *self = lt_algorithms_new();

    self->digest = g_strdup(lt_settings_get_digest(settings));
    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);
        const char *kind = lt_section_get_kind(section), *name = lt_section_get_name(section);

        if (strcmp(kind, "algorithm") == 0)
            add_rule(self, section, faults);
        else if (strcmp(kind, "exception") == 0)
            add_exception(self, section, faults);
        else
            lt_faults_add(faults, "%s: only sections [algorithm NAME] and [exception NAME] belong here", lt_section_get_label(section));
        g_ptr_array_add(self->names, g_strconcat(kind, ":", name != NULL ? name : "", NULL));
    }
    return self;
}

LtAlgorithms *
lt_algorithms_load(const char *path, GError **error)
{
    g_autoptr(LtSettings) settings = lt_settings_load(path, error);
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autoptr(LtAlgorithms) self = NULL;
    g_autoptr(GString) text = g_string_new(NULL);

    if (settings == NULL)
        return NULL;
    self = read_settings(settings, faults);
    if (faults->len == 0)
        return g_steal_pointer(&self);
    for (guint i = 0; i < faults->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? "\n" : "", (const char *) faults->pdata[i]);
    lt_error_set(error, LT_ERROR_CONFIG, "config", "%s", text->str);
    return NULL;
}

const char *
lt_algorithms_get_digest(LtAlgorithms *self)
{
    return self->digest;
}

const char **
lt_algorithms_list(LtAlgorithms *self)
{
    const char **list = g_new0(const char *, self->names->len + 1);

    for (guint i = 0; i < self->names->len; i++)
        list[i] = self->names->pdata[i];
    return list;
}

static const Rule *
find_rule(LtAlgorithms *self, const char *name)
{
    for (guint i = 0; i < self->rules->len; i++) {
        const Rule *rule = self->rules->pdata[i];

        if (strcmp(rule->name, name) == 0)
            return rule;
    }
    return NULL;
}

gboolean
lt_algorithms_allow(LtAlgorithms *self, const char *name, gint64 at_us)
{
    const Rule *rule = find_rule(self, name);

    return rule == NULL || (at_us >= rule->from_us && at_us < rule->until_us);
}

guint
lt_algorithms_min_bits(LtAlgorithms *self, const char *name)
{
    const Rule *rule = find_rule(self, name);

    return rule != NULL ? (guint) rule->min_bits : 2048;
}

const char *
lt_algorithms_except(LtAlgorithms *self, const char *spki_hex, const char *what, gint64 at_us, gint64 *until_us)
{
    if (self->for_kept)
        return "kept";
    for (guint i = 0; i < self->exceptions->len; i++) {
        const Exception *exception = self->exceptions->pdata[i];

        if (strcmp(exception->signer, spki_hex) != 0 || at_us < exception->from_us || at_us >= exception->until_us ||
            !g_strv_contains((const char *const *) exception->allows, what))
            continue;
        if (until_us != NULL)
            *until_us = exception->until_us;
        return exception->name;
    }
    return NULL;
}

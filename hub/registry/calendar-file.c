/* SPDX-License-Identifier: Apache-2.0 */
/* calendar-file.c: the file of a calendar, read by line, so that every fault can say where it stands.
 *
 * [calendar] has a time zone and the hours of the week; [days] has single days and ranges of days with hours of their own, or none. A single
 * day goes before a range that holds it; two ranges that share a day must say the same of it. All faults are collected, not only the first.
 */
#include "registry/calendar-private.h"

#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/suggestion.h"
#include "base/value.h"

#define MAX_BYTES (1024 * 1024)
#define MAX_KINDS 4096

static const char *const week_keys[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun", "timezone", NULL };
#define TIMEZONE 7

/* What the file says of one day. */
typedef struct {
    guint line;
    guint16 kind;
    gboolean single;
} DayRule;

typedef struct {
    const char *name;
    char *section;           /* nullable: before the first */
    guint line, week_line;   /* week_line: of [calendar] */
    guint lines[G_N_ELEMENTS(week_keys)]; /* where each key of [calendar] stands; 0: nowhere */
    guint16 week[7];
    GArray *hours;           /* of LtHours */
    GHashTable *days;        /* number of the day → DayRule */
    GPtrArray *faults;
} Reader;

static void add_fault(Reader *self, const char *key, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
add_fault(Reader *self, const char *key, const char *format, ...)
{
    g_autofree char *section = self->section != NULL ? g_strdup_printf("[%s] ", self->section) : g_strdup("");
    g_autofree char *text = NULL, *safe = NULL;
    va_list arguments;

    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    safe = lt_escape_for_log(key);
    g_ptr_array_add(self->faults, g_strdup_printf("%s:%u: %s%s%s%s", self->name, self->line, section, safe, *safe != '\0' ? ": " : "", text));
}

static gboolean
read_span(const char *word, guint16 *from, guint16 *until)
{
    guint a, b;

    if (strlen(word) != 11 || word[5] != '-' || !lt_clock_time_read(word, 5, &a) || !lt_clock_time_read(word + 6, 5, &b) || a == 1440)
        return FALSE;
    *from = (guint16) a;
    *until = (guint16) b;
    return TRUE;
}

/* Adds one span, joined to the one before when they touch. */
static void
add_span(Reader *self, const char *key, const char *word, LtHours *hours)
{
    guint16 from, until, last = hours->n_spans > 0 ? hours->spans[hours->n_spans - 1].until : 0;
    g_autofree char *safe = lt_escape_for_log(word);

    if (!read_span(word, &from, &until)) {
        add_fault(self, key, "\"%s\" is no span of hours; write 07:30-11:30 13:30-17:00, or nothing for a day off", safe);
    } else if (until <= from) {
        add_fault(self, key, "%s ends before it begins; hours past midnight belong to the next day: 22:00-24:00", safe);
    } else if (hours->n_spans > 0 && from < last) {
        add_fault(self, key, "%s begins before the span in front of it ends", safe);
    } else if (hours->n_spans > 0 && from == last) {
        hours->spans[hours->n_spans - 1].until = until;
    } else if (hours->n_spans == LT_CALENDAR_MAX_SPANS) {
        add_fault(self, key, "%s is one too many: a day has at most %d spans", safe, LT_CALENDAR_MAX_SPANS);
    } else {
        hours->spans[hours->n_spans].from = from;
        hours->spans[hours->n_spans++].until = until;
    }
}

static gboolean
hours_equal(const LtHours *a, const LtHours *b)
{
    return a->n_spans == b->n_spans && memcmp(a->spans, b->spans, a->n_spans * sizeof a->spans[0]) == 0;
}

/* The hours that a value says, kept once; after a fault any. */
static guint16
read_hours(Reader *self, const char *key, const char *value)
{
    g_auto(GStrv) words = g_strsplit_set(value, " \t", -1);
    LtHours hours = { 0 };

    for (guint i = 0; words[i] != NULL; i++) {
        if (*words[i] != '\0')
            add_span(self, key, words[i], &hours);
    }
    for (guint i = 0; i < hours.n_spans; i++)
        hours.minutes += (guint) (hours.spans[i].until - hours.spans[i].from);
    for (guint i = 0; i < self->hours->len; i++) {
        if (hours_equal(&g_array_index(self->hours, LtHours, i), &hours))
            return (guint16) i;
    }
    if (self->hours->len == MAX_KINDS) {
        add_fault(self, key, "a calendar has at most %d kinds of days", MAX_KINDS);
        return 0;
    }
    g_array_append_val(self->hours, hours);
    return (guint16) (self->hours->len - 1);
}

static void
read_week_key(Reader *self, const char *key, const char *value)
{
    guint index = 0;

    while (week_keys[index] != NULL && strcmp(week_keys[index], key) != 0)
        index++;
    if (week_keys[index] == NULL) {
        const char *meant = lt_suggestion_find(key, week_keys);

        if (meant != NULL)
            add_fault(self, key, "no such key; did you mean '%s'?", meant);
        else
            add_fault(self, key, "no such key; there are timezone and mon, tue, wed, thu, fri, sat, sun (single days stand in [days])");
    } else if (self->lines[index] != 0) {
        add_fault(self, key, "is there already, in line %u", self->lines[index]);
    } else {
        self->lines[index] = self->line;
        if (index < 7)
            self->week[index] = read_hours(self, key, value);
        else if (strcmp(value, "Asia/Ho_Chi_Minh") != 0 && strcmp(value, "+07:00") != 0)
            add_fault(self, key, "the hub keeps the time of Việt Nam; write Asia/Ho_Chi_Minh");
    }
}

/* `2026-02-16` or `2026-02-14..2026-02-22`. */
static gboolean
read_days(Reader *self, const char *key, guint *first, guint *last)
{
    const char *dots = strstr(key, "..");
    gsize length = dots != NULL ? (gsize) (dots - key) : strlen(key);

    if (!lt_calendar_day_number(key, length, first) || (dots != NULL && !lt_calendar_day_number(dots + 2, strlen(dots + 2), last))) {
        add_fault(self, key, "is no day of the years 1900 to 2199; write 2026-02-16, or 2026-02-14..2026-02-22 for several");
        return FALSE;
    }
    if (dots == NULL)
        *last = *first;
    if (*last < *first)
        add_fault(self, key, "the last day comes before the first");
    return *last >= *first;
}

static void
read_day_key(Reader *self, const char *key, const char *value)
{
    guint first, last;
    DayRule rule = { self->line, 0, strstr(key, "..") == NULL };

    if (!read_days(self, key, &first, &last))
        return;
    rule.kind = read_hours(self, key, value);
    for (guint day = first; day <= last; day++) {
        const DayRule *before = g_hash_table_lookup(self->days, GUINT_TO_POINTER(day));

        if (before != NULL && before->single == rule.single && (rule.single || before->kind != rule.kind)) {
            add_fault(self, key, rule.single ? "is there already, in line %u" : "shares days with line %u, which gives them other hours", before->line);
            return;
        }
        if (before == NULL || rule.single)
            g_hash_table_replace(self->days, GUINT_TO_POINTER(day), g_memdup2(&rule, sizeof rule));
    }
}

static void
read_section(Reader *self, const char *line)
{
    static const char *const sections[] = { "calendar", "days", NULL };
    gsize length = strlen(line);
    g_autofree char *safe = NULL;

    g_free(self->section);
    self->section = g_strndup(line + 1, length >= 2 ? length - 2 : 0);
    g_strstrip(self->section);
    if (line[length - 1] != ']') {
        g_clear_pointer(&self->section, g_free);
        add_fault(self, "", "a section is written [calendar] or [days]");
        return;
    }
    if (g_strv_contains(sections, self->section)) {
        self->week_line = self->section[0] == 'c' ? self->line : self->week_line;
        return;
    }
    safe = lt_escape_for_log(self->section);
    g_clear_pointer(&self->section, g_free);
    add_fault(self, "", "no section [%s] belongs in a calendar; there are [calendar] and [days]", safe);
    self->section = g_strdup("?"); /* its keys have been told with it */
}

static void
read_line(Reader *self, char *line)
{
    char *equals, *remark = strchr(line, '#');

    if (remark != NULL)
        *remark = '\0';
    g_strstrip(line);
    equals = strchr(line, '=');
    if (*line == '\0' || *line == ';')
        return;
    if (*line == '[') {
        read_section(self, line);
    } else if (self->section == NULL) {
        add_fault(self, "", "stands before the first section; begin with [calendar]");
    } else if (strcmp(self->section, "?") == 0) {
        return;
    } else if (equals == NULL) {
        add_fault(self, line, "no '='; write %s = 07:30-11:30 13:30-17:00, or nothing after the = for a day off", self->section[0] == 'd' ? "2026-02-28" : "mon");
    } else {
        *equals = '\0';
        g_strstrip(line);
        g_strstrip(equals + 1);
        (self->section[0] == 'd' ? read_day_key : read_week_key)(self, line, equals + 1);
    }
}

/* What only the whole file shows. */
static void
check_week(Reader *self)
{
    gboolean worked = FALSE;

    g_free(self->section);
    self->section = g_strdup("calendar");
    self->line = MAX(self->week_line, 1);
    for (guint i = 0; i < 5; i++) {
        if (self->lines[i] == 0)
            add_fault(self, week_keys[i], "is missing; write '%s = ' when no one works on that day", week_keys[i]);
    }
    for (guint i = 0; i < self->hours->len; i++)
        worked = worked || g_array_index(self->hours, LtHours, i).n_spans > 0;
    if (!worked && self->faults->len == 0)
        add_fault(self, "", "there is no working time in it at all");
}

static LtCalendar *
build(Reader *self)
{
    LtCalendar *calendar = lt_calendar_build(g_array_ref(self->hours), self->week);
    GHashTableIter iter;
    gpointer day, rule;

    g_hash_table_iter_init(&iter, self->days);
    while (g_hash_table_iter_next(&iter, &day, &rule))
        lt_calendar_set_day(calendar, GPOINTER_TO_UINT(day), ((const DayRule *) rule)->kind);
    lt_calendar_finish(calendar);
    return calendar;
}

static void
fail(GError **error, GPtrArray *faults)
{
    g_ptr_array_add(faults, NULL);
    g_autofree char *text = g_strjoinv("\n", (char **) faults->pdata);

    lt_error_set(error, LT_ERROR_CONFIG, "calendar.file", "%s", text);
}

LtCalendar *
lt_calendar_parse(const char *text, gsize size, const char *name, GError **error)
{
    LtHours off = { 0 };
    g_autoptr(GArray) hours = g_array_new(FALSE, FALSE, sizeof(LtHours));
    g_autoptr(GHashTable) days = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    Reader reader = { .name = name, .hours = hours, .days = days, .faults = faults };
    g_autofree char *copy = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_utf8_validate(text, (gssize) size, NULL)) {
        lt_error_set(error, LT_ERROR_CONFIG, "calendar.file", "%s is not UTF-8 text", name);
        return NULL;
    }
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        size -= 3;
    }
    g_array_append_val(hours, off);
    copy = g_strndup(text, size);
    lines = g_strsplit(copy, "\n", -1);
    for (char **line = lines; *line != NULL; line++) {
        reader.line = (guint) (line - lines) + 1;
        read_line(&reader, *line);
    }
    check_week(&reader);
    g_free(reader.section);
    if (faults->len == 0)
        return build(&reader);
    fail(error, faults);
    return NULL;
}

LtCalendar *
lt_calendar_load(const char *path, GError **error)
{
    g_autoptr(GError) cause = NULL;
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &cause);

    if (file == NULL) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "calendar.read", "cannot read the calendar %s: %s", path, cause->message);
        return NULL;
    }
    if (g_mapped_file_get_length(file) > MAX_BYTES) {
        lt_error_set(error, LT_ERROR_CONFIG, "calendar.file", "%s is larger than a calendar can be (1 MiB)", path);
        return NULL;
    }
    if (g_mapped_file_get_length(file) == 0) /* nothing is mapped then */
        return lt_calendar_parse("", 0, path, error);
    return lt_calendar_parse(g_mapped_file_get_contents(file), g_mapped_file_get_length(file), path, error);
}

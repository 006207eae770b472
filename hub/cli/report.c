/* SPDX-License-Identifier: Apache-2.0 */
/* report.c: findings gathered and printed, for people or as one line of JSON (audit-log.md §16). */
#include "cli/report.h"

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"

#define TEXT_WIDTH 75

typedef enum { FINDING_PASS, FINDING_FAIL, FINDING_MISS, FINDING_UNREADABLE } Mark;

typedef struct {
    Mark mark;
    char *code, *text;
} Finding;

static void
finding_free(gpointer data)
{
    Finding *finding = data;

    g_free(finding->code);
    g_free(finding->text);
    g_free(finding);
}

LtReport *
lt_report_new(const char *file)
{
    LtReport *self = g_new0(LtReport, 1);

    self->file = g_strdup(file);
    self->kind = "unknown";
    self->findings = g_ptr_array_new_with_free_func(finding_free);
    return self;
}

void
lt_report_free(LtReport *self)
{
    if (self == NULL)
        return;
    g_free(self->file);
    g_free(self->manifest);
    g_free(self->from);
    g_free(self->signer);
    g_ptr_array_unref(self->findings);
    g_free(self);
}

static void
add(LtReport *self, Mark mark, const char *code, char *text)
{
    Finding *finding = g_new0(Finding, 1);

    finding->mark = mark;
    finding->code = g_strdup(code);
    finding->text = lt_escape_for_log(text);
    g_free(text);
    g_ptr_array_add(self->findings, finding);
}

void
lt_report_pass(LtReport *self, const char *code, char *text)
{
    add(self, FINDING_PASS, code, text);
}

void
lt_report_fail(LtReport *self, const char *code, char *text)
{
    add(self, FINDING_FAIL, code, text);
}

void
lt_report_miss(LtReport *self, const char *code, char *text)
{
    add(self, FINDING_MISS, code, text);
}

void
lt_report_unreadable(LtReport *self, char *text)
{
    self->unreadable = TRUE;
    add(self, FINDING_UNREADABLE, "file", text);
}

static gboolean
has(const LtReport *self, Mark mark)
{
    for (guint i = 0; i < self->findings->len; i++)
        if (((const Finding *) self->findings->pdata[i])->mark == mark)
            return TRUE;
    return FALSE;
}

LtVerdict
lt_report_verdict(const LtReport *self)
{
    if (self->unreadable)
        return LT_VERDICT_UNREADABLE;
    if (has(self, FINDING_FAIL))
        return LT_VERDICT_INVALID;
    if (has(self, FINDING_MISS))
        return LT_VERDICT_INCOMPLETE;
    return has(self, FINDING_PASS) ? LT_VERDICT_VALID : LT_VERDICT_INVALID;
}

static int
exit_code(LtVerdict verdict)
{
    static const int codes[] = { [LT_VERDICT_VALID] = LT_EXIT_OK,
                                 [LT_VERDICT_INVALID] = LT_EXIT_FAILED,
                                 [LT_VERDICT_INCOMPLETE] = LT_EXIT_INCOMPLETE,
                                 [LT_VERDICT_UNREADABLE] = LT_EXIT_IO };

    return codes[verdict];
}

int
lt_report_exit_code(GPtrArray *reports)
{
    static const int weights[] = { LT_EXIT_FAILED, LT_EXIT_IO, LT_EXIT_INCOMPLETE };

    for (guint weight = 0; weight < G_N_ELEMENTS(weights); weight++)
        for (guint i = 0; i < reports->len; i++)
            if (exit_code(lt_report_verdict(reports->pdata[i])) == weights[weight])
                return weights[weight];
    return LT_EXIT_OK;
}

static guint
width_of(const char *text)
{
    guint width = 0;

    for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        width += g_unichar_iszerowidth(c) ? 0 : g_unichar_iswide(c) ? 2 : 1;
    }
    return width;
}

static void
print_finding(const Finding *finding, gboolean colours)
{
    static const char *const colour[] = { [FINDING_PASS] = "", [FINDING_FAIL] = "\033[31m", [FINDING_MISS] = "\033[33m",
                                          [FINDING_UNREADABLE] = "\033[31m" };
    guint width = width_of(finding->text);

    g_print("%s%s%s %*s[%s]\n", colours ? colour[finding->mark] : "", finding->text,
            colours && finding->mark != FINDING_PASS ? "\033[0m" : "", width < TEXT_WIDTH ? (int) (TEXT_WIDTH - width) : 0, "",
            finding->code);
}

static const char *
verdict_text(LtVerdict verdict)
{
    switch (verdict) {
    case LT_VERDICT_VALID:
        return _("VERDICT: VALID");
    case LT_VERDICT_INCOMPLETE:
        return _("VERDICT: INCOMPLETE");
    case LT_VERDICT_UNREADABLE:
        return _("VERDICT: CANNOT BE READ");
    case LT_VERDICT_INVALID:
    default:
        return _("VERDICT: INVALID");
    }
}

static void
print_text(const LtReport *self, gboolean colours, gboolean with_name)
{
    static const char *const colour[] = { [LT_VERDICT_VALID] = "\033[1;32m", [LT_VERDICT_INVALID] = "\033[1;31m",
                                          [LT_VERDICT_INCOMPLETE] = "\033[1;33m", [LT_VERDICT_UNREADABLE] = "\033[1;31m" };
    LtVerdict verdict = lt_report_verdict(self);
    g_autofree char *file = lt_escape_for_log(self->file);

    if (with_name)
        g_print("%s\n", file);
    for (guint i = 0; i < self->findings->len; i++)
        print_finding(self->findings->pdata[i], colours);
    g_print("%s%s%s ", colours ? colour[verdict] : "", verdict_text(verdict), colours ? "\033[0m" : "");
    g_print(_("(exit code %d)\n"), exit_code(verdict));
}

static void
append_checks(const LtReport *self, GString *line)
{
    const char *comma = "";

    g_string_append(line, ",\"checks\":[");
    for (guint i = 0; i < self->findings->len; i++) {
        const Finding *finding = self->findings->pdata[i];

        if (finding->mark == FINDING_MISS || finding->mark == FINDING_UNREADABLE)
            continue;
        g_string_append_printf(line, "%s{\"code\":", comma);
        lt_json_append_string(line, finding->code);
        g_string_append_printf(line, ",\"ok\":%s}", finding->mark == FINDING_PASS ? "true" : "false");
        comma = ",";
    }
    g_string_append(line, "],\"missing\":[");
    comma = "";
    for (guint i = 0; i < self->findings->len; i++) {
        const Finding *finding = self->findings->pdata[i];

        if (finding->mark != FINDING_MISS && finding->mark != FINDING_UNREADABLE)
            continue;
        g_string_append(line, comma);
        lt_json_append_string(line, finding->code);
        comma = ",";
    }
    g_string_append_c(line, ']');
}

static void
append_value(GString *line, const char *name, const char *value)
{
    g_autofree char *escaped = value == NULL ? NULL : lt_escape_for_log(value);

    lt_json_append_member(line, name, escaped);
}

static void
print_json(const LtReport *self)
{
    static const char *const results[] = { [LT_VERDICT_VALID] = "valid", [LT_VERDICT_INVALID] = "invalid",
                                           [LT_VERDICT_INCOMPLETE] = "incomplete", [LT_VERDICT_UNREADABLE] = "incomplete" };
    g_autoptr(GString) line = g_string_new("{");
    char time[25];

    lt_json_append_integer(line, "v", 1);
    append_value(line, "file", self->file);
    append_value(line, "kind", self->kind);
    append_value(line, "result", results[lt_report_verdict(self)]);
    append_value(line, "manifest", self->manifest);
    append_value(line, "from", self->from);
    append_value(line, "signer", self->signer);
    append_value(line, "identity", self->identity);
    if (self->time_us != 0) {
        lt_time_write_seconds(self->time_us, time);
        append_value(line, "time", time);
    }
    append_value(line, "time_source", self->time_source);
    append_checks(self, line);
    g_print("%s}\n", line->str);
}

void
lt_report_print(const LtReport *self, const LtTerminal *terminal, gboolean with_name)
{
    if (terminal->json)
        print_json(self);
    else
        print_text(self, terminal->terminal, with_name);
}

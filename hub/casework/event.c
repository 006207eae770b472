/* SPDX-License-Identifier: Apache-2.0 */
/* event.c: events made of rows of the store, and written as lines. Lines are read by event-read.c. */
#include "casework/event-private.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/value.h"
#include "registry/calendar.h"

/* In the order of LtFact. */
static const struct {
    const char *name;
    gboolean is_number;
} facts[LT_N_FACTS] = {
    { "MaHoSo", FALSE },       { "MaTTHC", FALSE },      { "kind", FALSE },        { "mode", FALSE },         { "TrangThaiHoSo", TRUE },   { "StatusCode", FALSE },
    { "KenhThucHien", TRUE },  { "NgayNopHoSo", FALSE }, { "NgayTiepNhan", FALSE }, { "NgayHenTra", FALSE },  { "ThoiDiemXuLy", FALSE },   { "NguoiXuLy", FALSE },
    { "PhongBanXuLy", FALSE }, { "NgayKetThucXuLy", FALSE }, { "NgayTra", FALSE }, { "NgayBoSung", FALSE },   { "NgayTiepNhanBoSung", FALSE },   { "HoSoBoSungId", FALSE },   { "NgayHenTraMoi", FALSE },
    { "LyDo", FALSE },         { "ThoiDiem", FALSE },    { "MucDoHaiLong", TRUE }, { "NguongNhac", FALSE },   { "issued", FALSE },
    { "cause", FALSE },
};

const char *
lt_fact_name(LtFact fact)
{
    return facts[fact].name;
}

LtFact
lt_fact_find(const char *name)
{
    LtFact fact = 0;

    while (fact < LT_N_FACTS && strcmp(facts[fact].name, name) != 0)
        fact++;
    return fact;
}

static void
step_free(gpointer data)
{
    LtCaseStep *step = data;

    g_free(step->level);
    g_free(step->role);
    g_free(step);
}

LtCaseRules *
lt_case_rules_new(void)
{
    LtCaseRules *self = g_new0(LtCaseRules, 1);

    self->cutoff = LT_NO_CUTOFF;
    self->steps = g_ptr_array_new_with_free_func(step_free);
    return self;
}

void
lt_case_rules_free(LtCaseRules *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->steps, g_ptr_array_unref);
    g_free(self);
}

void
lt_case_event_free(LtCaseEvent *self)
{
    if (self == NULL)
        return;
    g_free(self->event);
    g_free(self->message);
    g_free(self->type);
    g_free(self->from);
    g_free(self->to);
    g_free(self->endpoint);
    g_free(self->detail);
    for (guint i = 0; i < LT_N_FACTS; i++)
        g_free(self->facts[i]);
    lt_case_rules_free(self->rules);
    g_free(self);
}

gboolean
lt_case_event_time(const LtCaseEvent *self, LtFact fact, gint64 *at_us)
{
    const char *text = self->facts[fact];

    return text != NULL && lt_time_read_rfc3339(text, strlen(text), at_us);
}

GPtrArray *
lt_case_events_of_store(const GPtrArray *events)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) lt_case_event_free);

    for (guint i = 0; i < events->len; i++) {
        const LtDossierEvent *row = events->pdata[i];
        LtCaseEvent *event = g_new0(LtCaseEvent, 1);

        event->at_us = row->at_us;
        event->index = (gint64) row->index;
        event->event = g_strdup(row->event);
        event->message = g_strdup(row->message_id);
        event->type = g_strdup(row->type);
        event->from = g_strdup(row->from);
        event->to = g_strdup(row->to);
        event->endpoint = g_strdup(row->endpoint);
        event->detail = g_strdup(row->detail);
        if (row->facts != NULL)
            lt_case_facts_read(event, row->facts);
        g_ptr_array_add(list, event);
    }
    return list;
}

static void
append_rules(GString *out, const LtCaseRules *rules)
{
    g_string_append(out, ",\"rules\":{");
    lt_json_append_integer(out, "minutes", rules->minutes);
    if (rules->legal_minutes > 0)
        lt_json_append_integer(out, "legal_minutes", rules->legal_minutes);
    if (rules->cutoff != LT_NO_CUTOFF) {
        g_autofree char *cutoff = g_strdup_printf("%02u:%02u", rules->cutoff / 60, rules->cutoff % 60);

        lt_json_append_member(out, "cutoff", cutoff);
    }
    g_string_append(out, ",\"steps\":[");
    for (guint i = 0; i < rules->steps->len; i++) {
        const LtCaseStep *step = rules->steps->pdata[i];

        g_string_append(out, i == 0 ? "{" : ",{");
        lt_json_append_member(out, "level", step->level);
        lt_json_append_member(out, "role", step->role);
        lt_json_append_integer(out, "share", step->share);
        g_string_append_c(out, '}');
    }
    g_string_append(out, "]}");
}

void
lt_case_facts_append(GString *out, char *const values[LT_N_FACTS])
{
    g_string_append_c(out, '{');
    for (guint i = 0; i < LT_N_FACTS; i++) {
        guint64 number;

        if (values[i] != NULL && facts[i].is_number && lt_decimal_read(values[i], strlen(values[i]), &number))
            lt_json_append_integer(out, facts[i].name, (gint64) number);
        else if (values[i] != NULL && !facts[i].is_number)
            lt_json_append_member(out, facts[i].name, values[i]);
    }
    g_string_append_c(out, '}');
}

static gboolean
has_facts(const LtCaseEvent *self)
{
    for (guint i = 0; i < LT_N_FACTS; i++) {
        if (self->facts[i] != NULL)
            return TRUE;
    }
    return FALSE;
}

void
lt_case_event_append(GString *out, const LtCaseEvent *self)
{
    char at[25];

    lt_time_write_millis(self->at_us, at);
    g_string_append_c(out, '{');
    lt_json_append_member(out, "at", at);
    lt_json_append_member(out, "event", self->event);
    if (self->index >= 0)
        lt_json_append_integer(out, "index", self->index);
    lt_json_append_member(out, "message", self->message);
    lt_json_append_member(out, "type", self->type);
    lt_json_append_member(out, "from", self->from);
    lt_json_append_member(out, "to", self->to);
    lt_json_append_member(out, "endpoint", self->endpoint);
    lt_json_append_member(out, "detail", self->detail);
    if (has_facts(self)) {
        g_string_append(out, ",\"facts\":");
        lt_case_facts_append(out, self->facts);
    }
    if (self->rules != NULL)
        append_rules(out, self->rules);
    g_string_append(out, "}\n");
}

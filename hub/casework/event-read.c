/* SPDX-License-Identifier: Apache-2.0 */
/* event-read.c: lines of events, checked against schemas/casework/event.schema.json by the strict scanner and taken over in the same pass. */
#include "casework/event-private.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/schema.h"
#include "base/value.h"
#include "casework/casework-schemas.h"
#include "registry/calendar.h"

#define SCHEMA "/lienthong/schemas/casework/event.schema.json"
#define MAX_DEPTH 5
#define MAX_FAULTS 50

/* Where the scanner is: the names on the way to the value. */
typedef struct {
    LtCaseEvent *event;
    char *names[MAX_DEPTH + 1]; /* by depth of the object that has them; owned */
    guint base;                 /* depth of the object of facts: 0 when it stands alone */
} Visit;

static void
visit_clear(Visit *self)
{
    for (guint i = 0; i <= MAX_DEPTH; i++)
        g_free(self->names[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Visit, visit_clear)

static void
take_top(LtCaseEvent *event, const char *name, const LtJsonEvent *value)
{
    const struct {
        const char *name;
        char **member;
    } members[] = {
        { "event", &event->event }, { "message", &event->message }, { "type", &event->type },         { "from", &event->from },
        { "to", &event->to },       { "endpoint", &event->endpoint }, { "detail", &event->detail },
    };

    if (strcmp(name, "at") == 0)
        lt_time_read_rfc3339(value->text, value->length, &event->at_us);
    else if (strcmp(name, "index") == 0)
        event->index = value->integer;
    for (gsize i = 0; i < G_N_ELEMENTS(members); i++) {
        if (strcmp(members[i].name, name) == 0)
            *members[i].member = g_strndup(value->text, value->length);
    }
}

static void
take_fact(LtCaseEvent *event, const char *name, const LtJsonEvent *value)
{
    LtFact fact = lt_fact_find(name);

    if (fact < LT_N_FACTS && event->facts[fact] == NULL)
        event->facts[fact] = g_strndup(value->text, value->length);
}

static void
take_rule(LtCaseRules *rules, const char *name, const LtJsonEvent *value)
{
    if (strcmp(name, "minutes") == 0)
        rules->minutes = value->integer;
    else if (strcmp(name, "legal_minutes") == 0)
        rules->legal_minutes = value->integer;
    else if (strcmp(name, "cutoff") == 0 && (!lt_clock_time_read(value->text, value->length, &rules->cutoff) || rules->cutoff >= 1440))
        rules->cutoff = LT_NO_CUTOFF;
}

static void
take_step(LtCaseStep *step, const char *name, const LtJsonEvent *value)
{
    if (strcmp(name, "level") == 0)
        step->level = g_strndup(value->text, value->length);
    else if (strcmp(name, "role") == 0)
        step->role = g_strndup(value->text, value->length);
    else if (strcmp(name, "share") == 0)
        step->share = (guint) value->integer;
}

/* A string or a number, by the names that lead to it. */
static void
take_value(Visit *self, const LtJsonEvent *value)
{
    const char *const *names = (const char *const *) self->names + 1;
    guint depth = value->depth;

    if (self->base == 0 && depth == 1)
        take_fact(self->event, names[0], value);
    else if (self->base > 0 && depth == 1)
        take_top(self->event, names[0], value);
    else if (self->base > 0 && depth == 2 && strcmp(names[0], "facts") == 0)
        take_fact(self->event, names[1], value);
    else if (self->base > 0 && depth == 2 && strcmp(names[0], "rules") == 0)
        take_rule(self->event->rules, names[1], value);
    else if (self->base > 0 && depth == 4 && strcmp(names[0], "rules") == 0 && strcmp(names[1], "steps") == 0 && self->event->rules->steps->len > 0)
        take_step(self->event->rules->steps->pdata[self->event->rules->steps->len - 1], names[3], value);
}

static gboolean
visit(const LtJsonEvent *met, gpointer data, GError **error)
{
    Visit *self = data;

    (void) error;
    if (met->depth > MAX_DEPTH)
        return TRUE; /* deeper inside what a payload may hold besides: nothing of ours */
    if (met->kind == LT_JSON_NAME) {
        g_free(self->names[met->depth]);
        self->names[met->depth] = g_strndup(met->text, met->length);
    } else if (met->kind == LT_JSON_OBJECT_BEGIN && self->base > 0) {
        if (met->depth == 1 && strcmp(self->names[1], "rules") == 0)
            self->event->rules = lt_case_rules_new();
        else if (met->depth == 3 && self->event->rules != NULL && strcmp(self->names[1], "rules") == 0)
            g_ptr_array_add(self->event->rules->steps, g_new0(LtCaseStep, 1));
    } else if (met->kind == LT_JSON_STRING || met->kind == LT_JSON_INTEGER) {
        take_value(self, met);
    }
    return TRUE;
}

void
lt_case_facts_read(LtCaseEvent *self, const char *json)
{
    g_auto(Visit) reader = { .event = self };

    lt_json_scan(json, strlen(json), LT_JSON_PAYLOAD, NULL, visit, &reader, NULL, NULL);
}

static LtCaseEvent *
read_line(const char *line, gsize length, const LtSchema *schema, GError **error)
{
    g_autoptr(LtCaseEvent) event = g_new0(LtCaseEvent, 1);
    g_auto(Visit) reader = { .event = event, .base = 1 };

    event->index = -1;
    return lt_json_scan(line, length, LT_JSON_PAYLOAD, schema, visit, &reader, NULL, error) ? g_steal_pointer(&event) : NULL;
}

static LtSchema *
load_schema(GError **error)
{
    g_autoptr(GBytes) text = g_resource_lookup_data(casework_schemas_get_resource(), SCHEMA, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

    return text == NULL ? NULL : lt_schema_compile(g_bytes_get_data(text, NULL), g_bytes_get_size(text), error);
}

GPtrArray *
lt_case_events_parse(const char *text, gsize size, const char *name, GError **error)
{
    g_autoptr(GPtrArray) events = g_ptr_array_new_with_free_func((GDestroyNotify) lt_case_event_free);
    g_autoptr(LtSchema) schema = load_schema(error);
    g_autoptr(GString) faults = g_string_new(NULL);
    const char *end = text + size;
    guint n_faults = 0;

    if (schema == NULL)
        return NULL;
    for (guint number = 1; text < end && n_faults < MAX_FAULTS; number++) {
        const char *line_end = memchr(text, '\n', (gsize) (end - text));
        gsize length = (gsize) ((line_end != NULL ? line_end : end) - text);
        g_autoptr(GError) cause = NULL;
        LtCaseEvent *event = NULL;

        length -= length > 0 && text[length - 1] == '\r' ? 1 : 0;
        if (length > 0)
            event = read_line(text, length, schema, &cause);
        if (event != NULL)
            g_ptr_array_add(events, event);
        if (cause != NULL)
            g_string_append_printf(faults, "%s%s:%u: %s", n_faults++ > 0 ? "\n" : "", name, number, cause->message);
        text = line_end != NULL ? line_end + 1 : end;
    }
    if (n_faults == 0)
        return g_steal_pointer(&events);
    lt_error_set(error, LT_ERROR_INVALID, "event.line", "%s", faults->str);
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fake-endpoint.c: reads the few keys that the code around endpoints looks at, and calls the test's functions. */
#include "lib/fake-endpoint.h"

#include <string.h>

struct _LtEndpoint {
    gint references;
    char *name;
    LtEndpointSettings settings;
    FakeDeliver deliver;
    FakeCollect collect;
    gpointer data;
};

/* What the next endpoints are made with: one test at a time. */
static struct {
    FakeDeliver deliver;
    FakeCollect collect;
    gpointer data;
} told;

void
fake_endpoint_tell(FakeDeliver deliver, FakeCollect collect, gpointer data)
{
    told.deliver = deliver;
    told.collect = collect;
    told.data = data;
}

/* Numbers are milliseconds where a time is meant. */
static gint64
number(LtSection *section, const char *key, gint64 preset)
{
    const char *text = lt_section_lookup(section, key);

    return text != NULL ? g_ascii_strtoll(text, NULL, 10) : preset;
}

LtEndpoint *
lt_endpoint_new(const LtEndpointShared *shared, LtSection *section, LtFaults *faults)
{
    LtEndpoint *self;
    const char *units = lt_section_lookup(section, "units");

    (void) shared;
    if (lt_section_lookup(section, "broken") != NULL) {
        lt_faults_add(faults, "%s broken: %s", lt_section_get_label(section), lt_section_lookup(section, "broken"));
        return NULL;
    }
    self = g_new0(LtEndpoint, 1);
    self->references = 1;
    self->name = g_strdup(lt_section_get_name(section));
    self->settings.units = units != NULL ? g_strsplit(units, ";", -1) : NULL;
    self->settings.max_in_flight = number(section, "max_in_flight", 4);
    self->settings.collect_every = number(section, "collect_every", 0) * 1000;
    self->settings.breaker_failures = number(section, "breaker_failures", 3);
    self->settings.breaker_rest = number(section, "breaker_rest", 50) * 1000;
    self->settings.retry_first = number(section, "retry_first", 10) * 1000;
    self->settings.retry_cap = number(section, "retry_cap", 100) * 1000;
    self->settings.next_hub = lt_section_lookup(section, "next_hub") != NULL;
    self->deliver = told.deliver;
    self->collect = told.collect;
    self->data = told.data;
    return self;
}

LtEndpoint *
lt_endpoint_ref(LtEndpoint *self)
{
    g_atomic_int_inc(&self->references);
    return self;
}

void
lt_endpoint_unref(LtEndpoint *self)
{
    if (self == NULL || !g_atomic_int_dec_and_test(&self->references))
        return;
    g_strfreev(self->settings.units);
    g_free(self->name);
    g_free(self);
}

const char *
lt_endpoint_get_name(LtEndpoint *self)
{
    return self->name;
}

const LtEndpointSettings *
lt_endpoint_get_settings(LtEndpoint *self)
{
    return &self->settings;
}

gboolean
lt_endpoint_is_current(LtEndpoint *self)
{
    (void) self;
    return TRUE;
}

gboolean
lt_endpoint_serves(LtEndpoint *self, const char *unit)
{
    return self->settings.units != NULL && g_strv_contains((const char *const *) self->settings.units, unit);
}

gboolean
lt_endpoint_deliver_answered(LtEndpoint *self, LtMessage *message, LtInbox *answers, GCancellable *cancellable, GBytes **receipt,
                             char **receipt_type, GError **error)
{
    (void) answers;
    *receipt = g_bytes_new_static("got it", 6);
    *receipt_type = g_strdup("text/plain");
    return self->deliver(self->name, message, cancellable, self->data, error);
}

gboolean
lt_endpoint_collect(LtEndpoint *self, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    (void) cancellable;
    return self->collect(self->name, inbox, self->data, error);
}

gboolean
lt_endpoint_is_idle(LtEndpoint *self)
{
    (void) self;
    return TRUE;
}

guint
lt_endpoint_watch(LtEndpoint *self, gint64 now_us)
{
    (void) self;
    (void) now_us;
    return 0;
}

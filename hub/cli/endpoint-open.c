/* SPDX-License-Identifier: Apache-2.0 */
/* endpoint-open.c: what try, test and their like have in common: the section found, its keys changed, its plugin and link opened. */
#include "cli/endpoint-open.h"

#include "base/suggestion.h"

static const char *
suggest(LtSettings *settings, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *meant;

    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);

        if (g_str_equal(lt_section_get_kind(section), "endpoint") && lt_section_get_name(section) != NULL)
            g_ptr_array_add(names, (gpointer) lt_section_get_name(section));
    }
    g_ptr_array_add(names, NULL);
    meant = lt_suggestion_find(name, (const char *const *) names->pdata);
    return meant;
}

LtSection *
lt_open_section(LtSettings *settings, const char *name, GError **error)
{
    LtSection *section = lt_settings_lookup(settings, "endpoint", name);
    const char *meant = section == NULL ? suggest(settings, name) : NULL;

    if (section == NULL)
        lt_error_set(error, LT_ERROR_CONFIG, "config", "%s: there is no section [endpoint %s]%s%s%s", lt_settings_get_path(settings), name,
                     meant != NULL ? "; did you mean '" : "", meant != NULL ? meant : "", meant != NULL ? "'?" : "");
    return section;
}

static gboolean
load_section(LtOpenEndpoint *self, const char *config, const char *name, const LtOtherKey *others, GError **error)
{
    LtSection *hub;

    self->all = lt_settings_load(config, error);
    if (self->all == NULL || lt_open_section(self->all, name, error) == NULL)
        return FALSE;
    hub = lt_settings_lookup(self->all, "hub", NULL);
    if (hub == NULL || lt_section_lookup(hub, "unit") == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "config", "%s: needs a section [hub] with 'unit'", config);
        return FALSE;
    }
    self->unit = g_strdup(lt_section_lookup(hub, "unit"));
    self->settings = lt_settings_ref(self->all);
    for (; others != NULL && others->key != NULL; others++) {
        LtSettings *next = lt_settings_with(self->settings, "endpoint", name, others->key, others->value);

        lt_settings_unref(self->settings);
        self->settings = next;
    }
    return TRUE;
}

gboolean
lt_open_endpoint(LtOpenEndpoint *self, const char *config, const char *name, const LtOtherKey *others, const LtScript *script, GError **error)
{
    g_autoptr(LtFaults) faults = lt_faults_new();
    g_autofree char *all = NULL;

    if (!load_section(self, config, name, others, error))
        return FALSE;
    self->loader = lt_loader_new(g_getenv("LTHUB_PLUGINS"));
    self->thread = lt_link_thread_new(error);
    if (self->thread == NULL)
        return FALSE;
    self->endpoint = lt_endpoint_new(&(LtEndpointShared) { self->loader, self->thread, script }, lt_settings_lookup(self->settings, "endpoint", name),
                                     faults);
    if (self->endpoint != NULL)
        return TRUE;
    g_ptr_array_add(faults, NULL);
    all = g_strjoinv("\n", (char **) faults->pdata);
    lt_error_set(error, LT_ERROR_CONFIG, "config", "%s", all);
    return FALSE;
}

void
lt_open_endpoint_clear(LtOpenEndpoint *self)
{
    g_clear_pointer(&self->endpoint, lt_endpoint_unref);
    g_clear_pointer(&self->thread, lt_link_thread_free);
    g_clear_pointer(&self->loader, lt_loader_free);
    g_clear_pointer(&self->settings, lt_settings_unref);
    g_clear_pointer(&self->all, lt_settings_unref);
    g_clear_pointer(&self->unit, g_free);
}

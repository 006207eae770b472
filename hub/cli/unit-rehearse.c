/* SPDX-License-Identifier: Apache-2.0 */
/* unit-rehearse.c: `lthub unit rehearse` says what a re-organisation would do; `lthub unit apply` does it, with our own hands or through the running hub. */
#include "cli/unit.h"

#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "cli/unit-rows.h"
#include "routing/reorganisation.h"

/* What both look at. */
typedef struct {
    LtSettings *settings;
    LtHubSettings hub;
    LtAdmin *admin;    /* of apply */
    LtStore *reader;   /* nullable: when no store of our own is open */
    LtRegistry *known;
    LtCatalogue *catalogue;
    LtRouteTable *routes;
    LtRegistryRows *rows;
    GPtrArray *faults;
} Scene;

static void
scene_clear(Scene *self)
{
    g_clear_pointer(&self->rows, lt_registry_rows_free);
    g_clear_pointer(&self->routes, lt_route_table_free);
    g_clear_pointer(&self->catalogue, lt_catalogue_unref);
    g_clear_pointer(&self->known, lt_registry_unref);
    g_clear_pointer(&self->reader, lt_store_close);
    g_clear_pointer(&self->admin, lt_admin_free);
    g_clear_pointer(&self->settings, lt_settings_unref);
    g_clear_pointer(&self->faults, g_ptr_array_unref);
    lt_hub_settings_clear(&self->hub);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scene, scene_clear)

static LtStore *
store_of(const Scene *self)
{
    return self->reader != NULL ? self->reader : lt_admin_get_store(self->admin);
}

static gboolean
read_settings(Scene *self, const char *config, GError **error)
{
    g_autoptr(LtFaults) faults = lt_faults_new();

    self->settings = lt_settings_load(config, error);
    if (self->settings == NULL)
        return FALSE;
    self->routes = lt_route_table_read(self->settings);
    if (lt_hub_settings_read(self->settings, &self->hub, faults))
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "config", "%s", (const char *) faults->pdata[0]);
    return FALSE;
}

static gboolean
open_store(Scene *self, const char *config, gboolean writes, GError **error)
{
    if (writes) {
        self->admin = lt_admin_open(config, error);
        if (self->admin == NULL)
            return FALSE;
    }
    if (!writes || lt_admin_get_store(self->admin) == NULL)
        self->reader = lt_admin_open_reader(config, error);
    return store_of(self) != NULL;
}

/* FALSE also when the files have faults; then there is no error. */
static gboolean
scene_set(Scene *self, const LtUnitImportOptions *options, char **files, const LtTerminal *terminal, gboolean writes, GError **error)
{
    LtRegistryRows *rows;
    GPtrArray *procedures;

    self->faults = g_ptr_array_new_with_free_func(g_free);
    if (!read_settings(self, terminal->config, error) || !open_store(self, terminal->config, writes, error))
        return FALSE;
    rows = lt_store_load_registry(store_of(self), error);
    self->known = rows == NULL ? NULL : lt_registry_new(rows, error);
    procedures = self->known == NULL ? NULL : lt_store_load_procedures(store_of(self), error);
    self->catalogue = procedures == NULL ? NULL : lt_catalogue_new(procedures, error);
    if (self->catalogue == NULL)
        return FALSE;
    self->rows = lt_unit_read_files(files, options, self->hub.unit, self->known, self->faults, error);
    return self->rows != NULL;
}

static LtReorganisationWorld
world_of(const Scene *self)
{
    return (LtReorganisationWorld){ store_of(self), self->known, self->catalogue, self->routes };
}

static void
print_json(const LtRehearsal *rehearsal)
{
    for (guint i = 0; i < rehearsal->moves->len; i++) {
        const LtMove *move = rehearsal->moves->pdata[i];
        g_autoptr(GString) line = g_string_new("{\"kind\":\"move\"");

        lt_json_append_member(line, "unit", move->unit);
        lt_json_append_member(line, "procedure", move->procedure);
        lt_json_append_member(line, "successor", move->successor);
        lt_json_append_member(line, "why", move->why);
        lt_json_append_member(line, "code", move->code);
        lt_json_append_integer(line, "dossiers", (gint64) move->dossiers);
        lt_json_append_integer(line, "deliveries", (gint64) move->deliveries);
        g_print("%s}\n", line->str);
    }
    for (guint i = 0; i < rehearsal->loose->len; i++) {
        const LtLoose *loose = rehearsal->loose->pdata[i];
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "kind", loose->kind);
        lt_json_append_member(line, "name", loose->name);
        lt_json_append_member(line, "unit", loose->unit);
        lt_json_append_member(line, "text", loose->text);
        g_print("%s}\n", line->str);
    }
    g_print("{\"kind\":\"summary\",\"effective\":\"%s\",\"closed\":%u,\"begun\":%u,\"changed\":%u,\"dossiers\":%" G_GUINT64_FORMAT
            ",\"deliveries\":%" G_GUINT64_FORMAT ",\"homeless\":%" G_GUINT64_FORMAT ",\"can_be_applied\":%s}\n",
            rehearsal->effective, rehearsal->closed->len, rehearsal->begun->len, rehearsal->changed->len, rehearsal->dossiers, rehearsal->deliveries,
            rehearsal->homeless, lt_rehearsal_is_sound(rehearsal) ? "true" : "false");
}

static void
print_moves(const LtRehearsal *rehearsal, gboolean homeless)
{
    for (guint i = 0; i < rehearsal->moves->len; i++) {
        const LtMove *move = rehearsal->moves->pdata[i];

        if ((move->successor == NULL) != homeless)
            continue;
        g_print(_("  %-18s %-14s %6" G_GUINT64_FORMAT " dossiers %6" G_GUINT64_FORMAT " deliveries  → %s\n"), move->unit,
                move->procedure != NULL ? move->procedure : "-", move->dossiers, move->deliveries, homeless ? move->why : move->successor);
    }
}

static void
print_text(const LtRehearsal *rehearsal)
{
    g_print(_("On %s: %u units end, %u begin, %u go on changed\n"), rehearsal->effective, rehearsal->closed->len, rehearsal->begun->len,
            rehearsal->changed->len);
    g_print(_("Under way at units that end: %" G_GUINT64_FORMAT " dossiers, %" G_GUINT64_FORMAT " deliveries\n"), rehearsal->dossiers, rehearsal->deliveries);
    print_moves(rehearsal, FALSE);
    if (rehearsal->homeless > 0)
        g_print(_("Without a home:\n"));
    print_moves(rehearsal, TRUE);
    if (rehearsal->loose->len > 0)
        g_print(_("To look after:\n"));
    for (guint i = 0; i < rehearsal->loose->len; i++) {
        const LtLoose *loose = rehearsal->loose->pdata[i];

        g_print("  %-10s %.40s  %s\n", loose->kind, loose->name, loose->text);
    }
    g_print("%s\n", lt_rehearsal_is_sound(rehearsal) ? _("It can be applied.") : _("It cannot be applied: not everything has a home."));
}

int
lt_unit_rehearse(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_auto(Scene) scene = { 0 };
    gboolean set = scene_set(&scene, data, arguments, terminal, FALSE, &error);
    LtReorganisationWorld world;
    g_autoptr(LtRehearsal) rehearsal = NULL;

    if (scene.faults->len > 0)
        return lt_unit_print_faults(scene.faults, _("It cannot be applied."), terminal);
    if (set) {
        world = world_of(&scene);
        rehearsal = lt_reorganisation_rehearse(&world, scene.rows, &error);
    }
    if (rehearsal == NULL)
        return lt_command_fail(terminal, error);
    if (terminal->json)
        print_json(rehearsal);
    else
        print_text(rehearsal);
    return lt_rehearsal_is_sound(rehearsal) ? LT_EXIT_OK : LT_EXIT_FAILED;
}

static const char *
basis_of(const LtUnitImportOptions *options, const LtRegistryRows *rows)
{
    for (guint i = 0; options->basis == NULL && i < rows->successors->len; i++)
        if (((const LtSuccessorRow *) rows->successors->pdata[i])->basis != NULL)
            return ((const LtSuccessorRow *) rows->successors->pdata[i])->basis;
    return options->basis;
}

/* With our own hands; the hub that starts next looks after the rest. */
static char *
apply_here(const Scene *scene, const LtUnitImportOptions *options, GError **error)
{
    LtReorganisationWorld world = world_of(scene);
    LtRehomed moved;

    if (!lt_reorganisation_apply(&world, scene->rows, basis_of(options, scene->rows), lt_time_now_us(), "hub", lt_admin_get_unit(scene->admin), &moved, error))
        return NULL;
    return g_strdup_printf("{\"dossiers\":%" G_GUINT64_FORMAT ",\"deliveries\":%" G_GUINT64_FORMAT "}", moved.dossiers, moved.deliveries);
}

static char *
apply(const Scene *scene, const LtUnitImportOptions *options, GError **error)
{
    LtReorganisationWorld world = world_of(scene);
    g_autoptr(LtRehearsal) rehearsal = NULL;
    g_autofree char *body = NULL;

    if (lt_admin_get_store(scene->admin) != NULL)
        return apply_here(scene, options, error);
    /* What the hub would refuse is told here with all its reasons; the hub judges again. */
    rehearsal = lt_reorganisation_rehearse(&world, scene->rows, error);
    if (rehearsal == NULL || !lt_rehearsal_check(rehearsal, error))
        return NULL;
    body = lt_unit_rows_to_json(scene->rows);
    return lt_admin_call(scene->admin, "POST", "/v1/admin/units/apply", body, error);
}

int
lt_unit_apply(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_auto(Scene) scene = { 0 };
    gboolean set = scene_set(&scene, data, arguments, terminal, TRUE, &error);
    LtJsonPick picks[] = { { "dossiers", NULL }, { "deliveries", NULL }, { NULL, NULL } };
    g_autofree char *answer = NULL;

    if (scene.faults->len > 0)
        return lt_unit_print_faults(scene.faults, _("Nothing was changed."), terminal);
    answer = set ? apply(&scene, data, &error) : NULL;
    if (answer == NULL || !lt_json_scan(answer, strlen(answer), LT_JSON_CONFIG, NULL, NULL, NULL, picks, &error))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("%s\n", answer);
    else
        g_print(_("Applied: %s dossiers and %s deliveries went to successors. What is for a later day is kept and happens on that day.\n"), picks[0].value,
                picks[1].value);
    g_free(picks[0].value);
    g_free(picks[1].value);
    return LT_EXIT_OK;
}

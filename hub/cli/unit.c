/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c: `lthub unit`: the register of units, their keys and their tokens: its verbs and what they share. */
#include "cli/unit.h"

#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "registry/day.h"

#define LIST_OPTIONS                                                                                                                       \
    LT_STRING(LtUnitImportOptions, effective, "", "day from which the list holds, such as 2025-07-01"),                                   \
    LT_STRING(LtUnitImportOptions, basis, "", "legal basis of lines that name none"),                                                     \
    LT_STRING(LtUnitImportOptions, prefix, "", "for lists of codes: the id of a unit is PREFIX.CODE (default: unit of the hub)"),         \
    LT_STRING(LtUnitImportOptions, parent, "", "for lists of codes: id of the unit above the highest ones (default: unit of the hub)"),   \
    LT_BOOLEAN(LtUnitImportOptions, complete, "false", "a list of codes is whole: units below the parent that are not in it end")

static const LtKey import_keys[] = {
    LIST_OPTIONS,
    LT_STRING(LtUnitImportOptions, valid_to, "", "for lists of codes: first day on which they are no more"),
    LT_STRING(LtUnitImportOptions, level, "", "for lists of the document axis: level of new units (default: agency)"),
    LT_BOOLEAN(LtUnitImportOptions, dry_run, "false", "check the list and change nothing"),
    LT_KEYS_END,
};

static const LtKey reorganise_keys[] = {
    LIST_OPTIONS,
    LT_KEYS_END,
};

static const LtKey list_keys[] = {
    LT_STRING(LtUnitLookOptions, at, "", "day to look at, such as 2025-07-01 (default: today)"),
    LT_STRING(LtUnitLookOptions, level, "", "only units of this level"),
    LT_KEYS_END,
};

static const LtKey show_keys[] = {
    LT_STRING(LtUnitLookOptions, at, "", "day to look at (default: today)"),
    LT_KEYS_END,
};

static const LtKey export_keys[] = {
    LT_STRING(LtUnitLookOptions, at, "", "only what is in force on this day (default: everything, with its dates)"),
    LT_KEYS_END,
};

static const LtKey successor_keys[] = {
    LT_STRING(LtUnitSuccessorOptions, procedure, "", "who has the matters of this procedure"),
    LT_STRING(LtUnitSuccessorOptions, area, "", "who has the matters of this field of procedures or part of the territory"),
    LT_STRING(LtUnitSuccessorOptions, at, "", "day to look at (default: today)"),
    LT_KEYS_END,
};

static const LtKey key_add_keys[] = {
    LT_PATH(LtUnitKeyOptions, certificate, NULL, "PEM certificate that holds the key"),
    LT_CHOICE(LtUnitKeyOptions, use, NULL, "sign|tls", "what the key may do for the unit: seal envelopes, or call over TLS"),
    LT_CHOICE(LtUnitKeyOptions, role, "unit", "unit|hub", "hub: the key may stand for the units below"),
    LT_KEYS_END,
};

static const LtKey suspend_keys[] = {
    LT_STRING(LtUnitSuspendOptions, basis, NULL, "who decided it, where: number and date of the paper"),
    LT_STRING(LtUnitSuspendOptions, until, "", "when it ends by itself, such as 2026-12-01T00:00:00Z (default: until `lthub unit resume`)"),
    LT_KEYS_END,
};

static const LtKey key_retire_keys[] = {
    LT_STRING(LtUnitKeyOptions, spki, NULL, "the key: SHA-256 of its SubjectPublicKeyInfo, 64 hex digits"),
    LT_CHOICE(LtUnitKeyOptions, use, "sign", "sign|tls", "which of its registrations ends"),
    LT_KEYS_END,
};

gboolean
lt_unit_read_day(const char *text, gint64 *at_us, GError **error)
{
    if (text == NULL) {
        *at_us = lt_time_now_us();
        return TRUE;
    }
    if (lt_day_read(text, at_us))
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "usage", "\"%s\" is not a day such as 2025-07-01", text);
    return FALSE;
}

char *
lt_unit_today(void)
{
    char *day = g_malloc(11);

    lt_day_write(lt_time_now_us(), day);
    return day;
}

LtRegistry *
lt_unit_look(const LtTerminal *terminal, GError **error)
{
    g_autoptr(LtStore) store = lt_admin_open_reader(terminal->config, error);
    LtRegistryRows *rows = store == NULL ? NULL : lt_store_load_registry(store, error);

    return rows == NULL ? NULL : lt_registry_new(rows, error);
}

LtRegistry *
lt_unit_known(LtAdmin *admin, const LtTerminal *terminal, GError **error)
{
    LtStore *store = lt_admin_get_store(admin);
    LtRegistryRows *rows = store == NULL ? NULL : lt_store_load_registry(store, error);

    if (store == NULL)
        return lt_unit_look(terminal, error);
    return rows == NULL ? NULL : lt_registry_new(rows, error);
}

/* The newest day on which a unit had the code: where no unit has it now, its last holder is meant. */
static const LtUnit *
last_holder(const GPtrArray *holders, gint64 at_us)
{
    const LtUnit *found = NULL;

    for (guint i = 0; holders != NULL && i < holders->len; i++) {
        gint64 from_us;

        if (lt_day_read(lt_unit_get_row(holders->pdata[i])->valid_from, &from_us) && from_us <= at_us)
            found = holders->pdata[i];
    }
    return found;
}

const LtUnit *
lt_unit_find(LtRegistry *registry, const char *name, gint64 at_us, GError **error)
{
    gboolean ambiguous = FALSE;
    const LtUnit *unit = lt_registry_lookup_at(registry, name, at_us);

    if (unit == NULL)
        unit = lt_registry_find_code(registry, name, at_us, &ambiguous);
    if (ambiguous) {
        lt_error_set(error, LT_ERROR_INVALID, "unit.ambiguous", _("more than one unit has the code %s on this day; name it by its id"), name);
        return NULL;
    }
    if (unit == NULL)
        unit = last_holder(lt_registry_list_code(registry, name), at_us);
    if (unit == NULL)
        lt_error_set(error, LT_ERROR_NOT_FOUND, "unit.unknown", _("no unit \"%s\", neither as id nor as alias nor as code on this day"), name);
    return unit;
}

int
lt_unit_print_faults(GPtrArray *faults, const char *verdict, const LtTerminal *terminal)
{
    for (guint i = 0; i < faults->len; i++) {
        if (terminal->json) {
            g_autoptr(GString) line = g_string_new("{");

            lt_json_append_member(line, "fault", faults->pdata[i]);
            g_print("%s}\n", line->str);
        } else {
            g_printerr("%s\n", (const char *) faults->pdata[i]);
        }
    }
    if (!terminal->json)
        g_printerr("%s\n", verdict);
    return LT_EXIT_FAILED;
}

static const LtVerb verbs[] = {
    { .name = "import", .arguments = "FILE…", .min_arguments = 1, .max_arguments = 16, .summary = "Imports units from lists: all of it, or nothing with every fault named",
      .description = "The hub's own form has a header line with id,admin_code,name,level,parent,valid_from,valid_to,basis,aliases,successors; a\n"
                     "successor is ID, PROCEDURE=ID or area:AREA=ID. Lists of administrative codes (commune_code,commune; old_code,new_code) and the\n"
                     "document axis's list of units (JSON with code and oldCode or code102) are understood as well. With --effective a list says what\n"
                     "changes on that day: what a line leaves empty stays as it was. Units are matched by id, or by code and date, never by name.",
      .examples = "lthub unit import units.csv --dry-run\nlthub unit import units.csv\nlthub unit import communes-2017.csv --effective 2017-01-01 --parent H52",
      .options = import_keys, .options_size = sizeof(LtUnitImportOptions), .run = lt_unit_import },
    { .name = "list", .arguments = "", .summary = "Lists the units in force on a day", .examples = "lthub unit list --at 2025-06-30 --level district",
      .options = list_keys, .options_size = sizeof(LtUnitLookOptions), .run = lt_unit_list },
    { .name = "show", .arguments = "CODE", .min_arguments = 1, .max_arguments = 1, .summary = "Shows a unit on a day: dates, parent, aliases, successors, keys",
      .description = "CODE is an id, an alias of either generation, or an administrative code, which is looked up for the day: codes are reused.",
      .examples = "lthub unit show H52.101\nlthub unit show 03646 --at 2025-06-30", .options = show_keys, .options_size = sizeof(LtUnitLookOptions), .run = lt_unit_show },
    { .name = "history", .arguments = "CODE", .min_arguments = 1, .max_arguments = 1, .summary = "Shows what a unit was, and all units that ever had a code, in order of time",
      .examples = "lthub unit history 03646", .run = lt_unit_history },
    { .name = "successors", .arguments = "CODE", .min_arguments = 1, .max_arguments = 1, .summary = "Says who has the work of a unit on a day, by procedure and area",
      .description = "Without --procedure and --area all rules are listed; with one of them the unit that receives such a matter on that day. A\n"
                     "reused code means the unit that had it before the last change.",
      .examples = "lthub unit successors 03649\nlthub unit successors H52.119 --procedure 1.004873 --at 2025-07-01", .options = successor_keys,
      .options_size = sizeof(LtUnitSuccessorOptions), .run = lt_unit_successors },
    { .name = "export", .arguments = "", .summary = "Writes the register in the hub's own form", .examples = "lthub unit export > units.csv\nlthub unit export --at 2025-07-01",
      .options = export_keys, .options_size = sizeof(LtUnitLookOptions), .run = lt_unit_export },
    { .name = "rehearse", .arguments = "FILE…", .min_arguments = 1, .max_arguments = 16, .summary = "Says what a re-organisation would move, what has no home, and why; changes nothing",
      .description = "The files are those of `lthub unit import`: a table of who takes the place of whom, or lines that say what changes. Dossiers\n"
                     "under way, deliveries, endpoints, routes, keys and tokens of units that end are looked at. The exit code is 0 when it could be applied.",
      .examples = "lthub unit rehearse successors.csv districts.csv --effective 2025-07-01 --basis \"NQ 1681/NQ-UBTVQH15\"",
      .options = reorganise_keys, .options_size = sizeof(LtUnitImportOptions), .run = lt_unit_rehearse },
    { .name = "apply", .arguments = "FILE…", .min_arguments = 1, .max_arguments = 16, .summary = "Applies a re-organisation in one transaction, or keeps it for its day",
      .description = "Nothing is changed unless everything under way has a home. Dossiers keep their code, their deadline and the rules of their\n"
                     "receipt, and nobody files again. A day that is still to come takes effect on it, without a restart.",
      .examples = "lthub unit apply successors.csv districts.csv --effective 2025-07-01 --basis \"NQ 1681/NQ-UBTVQH15\"",
      .options = reorganise_keys, .options_size = sizeof(LtUnitImportOptions), .run = lt_unit_apply },
    { .name = "key add", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Registers a key for a unit",
      .examples = "lthub unit key add H52.101 --certificate H52.101.pem --use sign\nlthub unit key add H52 --certificate H52.pem --use sign --role hub",
      .options = key_add_keys, .options_size = sizeof(LtUnitKeyOptions), .run = lt_unit_key_add },
    { .name = "key retire", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Ends a key's registration; what it sealed before stays valid",
      .examples = "lthub unit key retire H52.101 --spki 4f3c…", .options = key_retire_keys, .options_size = sizeof(LtUnitKeyOptions), .run = lt_unit_key_retire },
    { .name = "token", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Makes a token with which the unit's system calls the hub",
      .examples = "lthub unit token H52.101 --json", .run = lt_unit_token },
    { .name = "token retire", .arguments = "UNIT ID", .min_arguments = 2, .max_arguments = 2, .summary = "Ends a token at once, named by its public id",
      .description = "The ids of a unit's tokens are shown by `lthub unit show`. The secret itself is never kept.",
      .examples = "lthub unit token retire H52.101 5d41402abc4b2a76b9719d911017c592ae2f3b1c4d5e6f708192a3b4c5d6e7f8", .run = lt_unit_token_retire },
    { .name = "suspend", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Keeps a unit from calling for a time",
      .description = "Whoever calls in its name gets 403 env.peer.suspended. What is addressed to it waits; what it has sent goes on.",
      .examples = "lthub unit suspend H52.101 --basis \"Công văn 12/STTTT-CNTT\"\nlthub unit suspend H52.101 --basis \"Công văn 12/STTTT-CNTT\" --until 2026-12-01T00:00:00Z",
      .options = suspend_keys, .options_size = sizeof(LtUnitSuspendOptions), .run = lt_unit_suspend },
    { .name = "resume", .arguments = "UNIT", .min_arguments = 1, .max_arguments = 1, .summary = "Lets a suspended unit call again",
      .examples = "lthub unit resume H52.101", .run = lt_unit_resume },
    { 0 },
};

const LtCommand lt_command_unit = { "unit", "keeps the register of units, their keys and tokens", verbs };

/* SPDX-License-Identifier: Apache-2.0 */
/* verify-units.c: whose key it is, by a signed unit directory that the auditor has brought along.
 *
 * The directory is an envelope like any other and is checked like any other first. It must also name the key that sealed it for its own sender; who
 * sealed it is printed, since it is taken as true because the auditor chose it.
 */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/verify.h"
#include "registry/day.h"
#include "registry/unit.h"
#include "trust/payload.h"

#define US_PER_DAY (86400 * LT_US_PER_SECOND)
#define DEEPEST 6

/* Where members of interest stand: {"units":[{…,"keys":[{…}]}]}. */
enum { DEPTH_UNIT = 2, DEPTH_UNIT_MEMBER = 3, DEPTH_KEY = 4, DEPTH_KEY_MEMBER = 5 };

typedef struct {
    LtRegistryRows *rows;
    LtUnitRow *unit;         /* the last of rows->units */
    LtUnitKeyRow *key;       /* the last of rows->keys */
    guint first_key;         /* of the unit under way */
    char name[DEEPEST][32];  /* of the member under way at each depth */
} Reading;

static void
take_unit_member(LtUnitRow *unit, const char *name, const char *text)
{
    char **member = g_str_equal(name, "id")           ? &unit->id
                    : g_str_equal(name, "name")       ? &unit->name
                    : g_str_equal(name, "level")      ? &unit->level
                    : g_str_equal(name, "parent")     ? &unit->parent
                    : g_str_equal(name, "valid_from") ? &unit->valid_from
                                                      : NULL;

    if (member != NULL)
        *member = g_strdup(text);
}

static gboolean
take_key_member(LtUnitKeyRow *key, const char *name, const char *text, GError **error)
{
    gint64 day_us = 0;

    if (g_str_equal(name, "spki"))
        key->spki = g_strdup(text);
    else if (g_str_equal(name, "use"))
        key->use = g_strdup(text);
    else if (g_str_equal(name, "role"))
        key->role = g_strdup(text);
    else if ((g_str_equal(name, "from") || g_str_equal(name, "until")) && !lt_day_read(text, &day_us)) {
        lt_error_set(error, LT_ERROR_INVALID, "env.payload.schema", "a key of the directory has a day that is none");
        return FALSE;
    }
    if (g_str_equal(name, "from"))
        key->from_us = day_us;
    else if (g_str_equal(name, "until"))
        key->until_us = day_us + US_PER_DAY; /* the last day is a whole one */
    return TRUE;
}

static void
begin_object(Reading *reading, guint depth)
{
    if (depth == DEPTH_UNIT) {
        reading->unit = g_new0(LtUnitRow, 1);
        reading->first_key = reading->rows->keys->len;
        g_ptr_array_add(reading->rows->units, reading->unit);
    } else if (depth == DEPTH_KEY && g_str_equal(reading->name[DEPTH_UNIT_MEMBER], "keys")) {
        reading->key = g_new0(LtUnitKeyRow, 1);
        g_ptr_array_add(reading->rows->keys, reading->key);
    }
}

/* The id may stand behind the keys. */
static void
end_unit(Reading *reading)
{
    for (guint i = reading->first_key; i < reading->rows->keys->len; i++) {
        LtUnitKeyRow *key = reading->rows->keys->pdata[i];

        key->unit = g_strdup(reading->unit->id);
        if (key->role == NULL)
            key->role = g_strdup("unit");
    }
    reading->unit = NULL;
    reading->key = NULL;
}

static gboolean
on_event(const LtJsonEvent *event, gpointer data, GError **error)
{
    Reading *reading = data;

    if (event->depth >= DEEPEST)
        return TRUE;
    if (event->kind == LT_JSON_NAME)
        g_strlcpy(reading->name[event->depth], event->text, sizeof reading->name[0]);
    else if (event->kind == LT_JSON_OBJECT_BEGIN)
        begin_object(reading, event->depth);
    else if (event->kind == LT_JSON_OBJECT_END && event->depth == DEPTH_UNIT)
        end_unit(reading);
    else if (event->kind == LT_JSON_STRING && event->depth == DEPTH_UNIT_MEMBER && reading->unit != NULL)
        take_unit_member(reading->unit, reading->name[event->depth], event->text);
    else if (event->kind == LT_JSON_STRING && event->depth == DEPTH_KEY_MEMBER && reading->key != NULL &&
             g_str_equal(reading->name[DEPTH_UNIT_MEMBER], "keys"))
        return take_key_member(reading->key, reading->name[event->depth], event->text, error);
    return TRUE;
}

/* The schema has passed, so what is required is there; the registry checks how it hangs together. */
static LtRegistry *
read_directory(GBytes *payload, GError **error)
{
    g_autoptr(LtRegistryRows) rows = lt_registry_rows_new();
    Reading reading = { .rows = rows };
    gsize size;
    const char *data = g_bytes_get_data(payload, &size);

    if (!lt_json_scan(data, size, LT_JSON_PAYLOAD, NULL, on_event, &reading, NULL, error))
        return NULL;
    return lt_registry_new(g_steal_pointer(&rows), error);
}

static gboolean
check_payload(gpointer data, const LtHeader *header, GBytes *payload, GError **error)
{
    if (g_str_equal(header->type, "directory.publish"))
        return lt_payload_check(data, header->type, "application/json", payload, TRUE, NULL, error);
    lt_error_set(error, LT_ERROR_INVALID, "env.payload.schema", "an envelope of type %s is no unit directory", header->type);
    return FALSE;
}

static LtEnvelope *
open_directory(const LtVerifyOptions *options, LtTrust *trust, const LtPayloads *payloads, GError **error)
{
    LtReceiver receiver = { .trust = trust, .scope = LT_RECEIVE_OFFLINE, .now_us = options->at_us, .data = (gpointer) payloads,
                            .check_payload = check_payload };
    g_autoptr(GMappedFile) mapped = g_mapped_file_new(options->units, FALSE, error);
    g_autoptr(GBytes) bytes = mapped == NULL ? NULL : g_mapped_file_get_bytes(mapped);
    g_autoptr(LtContainer) container = bytes == NULL ? NULL : lt_container_read_bytes(bytes, LT_VERIFY_CONTAINER_MAX, NULL, error);

    if (container == NULL)
        return NULL;
    if (receiver.now_us == 0)
        receiver.now_us = lt_verify_claimed_time(container);
    return lt_envelope_receive(g_steal_pointer(&container), &receiver, NULL, NULL, error);
}

static gboolean
signs_for(LtRegistry *registry, const LtEnvelope *envelope)
{
    return lt_registry_key_is_registered(registry, envelope->signer->spki_hex, lt_message_get_from(envelope->message), "sign",
                                         lt_message_get_issued_us(envelope->message),
                                         lt_message_get_header(envelope->message)->orig_kind != NULL);
}

void
lt_verify_identity(LtReport *report, const LtVerifyOptions *options, LtTrust *trust, const LtEnvelope *envelope)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtPayloads) payloads = lt_payloads_load(&error);
    g_autoptr(LtEnvelope) directory = payloads == NULL ? NULL : open_directory(options, trust, payloads, &error);
    g_autoptr(LtRegistry) registry = directory == NULL ? NULL : read_directory(lt_message_get_payload(directory->message), &error);

    if (registry != NULL && !signs_for(registry, directory))
        lt_error_set(&error, LT_ERROR_SIGNATURE, "env.from.signer", "it does not name the key that sealed it");
    if (error != NULL) {
        lt_report_miss(report, "env.units", g_strdup_printf("%s: %s [%s]", _("Unit directory: not usable"), error->message,
                                                            lt_error_get_reason(error)));
        return;
    }
    lt_report_pass(report, "env.units", g_strdup_printf(_("Unit directory: of %s, sealed by %s"), lt_message_get_from(directory->message),
                                                        directory->signer->subject));
    if (!signs_for(registry, envelope)) {
        lt_report_fail(report, "env.from.signer", g_strdup_printf(_("Sender: the directory does not know this key of %s"),
                                                                  lt_message_get_from(envelope->message)));
        return;
    }
    report->identity = "unit";
    lt_report_pass(report, "env.from.signer", g_strdup_printf(_("Sender: the key is that of %s"), lt_message_get_from(envelope->message)));
}

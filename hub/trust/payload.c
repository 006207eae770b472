/* SPDX-License-Identifier: Apache-2.0 */
/* payload.c: payloads against the schemas that are published, which are the very files that are compiled here.
 *
 * One pass over the bytes checks syntax, limits and schema and picks the facts that routing needs. What a schema of the
 * subset cannot say (a status has at least one of two states) is checked beside it.
 */
#include "trust/payload.h"

#include "base/json.h"
#include "base/schema.h"
#include "base/xml.h"
#include "trust/payload-schemas.h"
#include "trust/refusal.h"

#include <string.h>

#define FOLDER "/lienthong/schemas/payload"
#define JSON_SUFFIX ".schema.json"
#define XSD FOLDER "/dossier.xsd"

struct _LtPayloads {
    GHashTable *schemas; /* of Entry *, by message type */
    LtXmlSchema *xml;
};

typedef struct {
    GBytes *text;
    LtSchema *compiled;
} Entry;

/* Members that are picked. Those that case work needs are kept beside the dossier's event; texts for people stay in the payload. */
typedef enum {
    PICK_CODE, PICK_PROCEDURE, PICK_KIND, PICK_MODE, PICK_STATE, PICK_STATUS, PICK_CHANNEL, PICK_RATING, PICK_REASON, PICK_PROMISED_ANEW, PICK_THRESHOLD, PICK_OTHERS,
    PICK_RECEIVED = PICK_OTHERS + 1,
    PICK_STAGE = PICK_OTHERS + 12,
    PICK_FIELD,
    N_PICKS
} PickIndex;
static const struct {
    const char *name;
    gboolean is_number;
} wanted[N_PICKS] = {
    { "MaHoSo", FALSE },        { "MaTTHC", FALSE },       { "kind", FALSE },          { "mode", FALSE },         { "TrangThaiHoSo", TRUE },
    { "StatusCode", FALSE },    { "KenhThucHien", TRUE },  { "MucDoHaiLong", TRUE },   { "LyDo", FALSE },         { "NgayHenTraMoi", FALSE },
    { "NguongNhac", FALSE },    { "NgayNopHoSo", FALSE },  { "NgayTiepNhan", FALSE },  { "NgayHenTra", FALSE },   { "ThoiDiemXuLy", FALSE },
    { "NguoiXuLy", FALSE },     { "PhongBanXuLy", FALSE }, { "NgayKetThucXuLy", FALSE }, { "NgayTra", FALSE },    { "NgayBoSung", FALSE },
    { "NgayTiepNhanBoSung", FALSE }, { "HoSoBoSungId", FALSE }, { "ThoiDiem", FALSE }, { "stage", FALSE },
    { "MaLinhVuc", FALSE },
};

static void
entry_free(Entry *self)
{
    g_bytes_unref(self->text);
    g_clear_pointer(&self->compiled, lt_schema_unref);
    g_free(self);
}

static gboolean
load_schema(LtPayloads *self, const char *file, GError **error)
{
    g_autofree char *path = g_strconcat(FOLDER "/", file, NULL);
    GBytes *text = g_resource_lookup_data(payload_schemas_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
    Entry *entry;
    gconstpointer data;
    gsize size;

    if (text == NULL)
        return FALSE;
    data = g_bytes_get_data(text, &size);
    entry = g_new0(Entry, 1);
    entry->text = text;
    entry->compiled = lt_schema_compile(data, size, error);
    g_hash_table_insert(self->schemas, g_strndup(file, strlen(file) - strlen(JSON_SUFFIX)), entry);
    if (entry->compiled == NULL)
        g_prefix_error(error, "schema %s: ", file);
    return entry->compiled != NULL;
}

static gboolean
load_xsd(LtPayloads *self, GError **error)
{
    g_autoptr(GBytes) text = g_resource_lookup_data(payload_schemas_get_resource(), XSD, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

    if (text == NULL)
        return FALSE;
    self->xml = lt_xml_schema_parse(g_bytes_get_data(text, NULL), g_bytes_get_size(text), "dossier.xsd", error);
    return self->xml != NULL;
}

static gboolean
load_all(LtPayloads *self, GError **error)
{
    g_auto(GStrv) files = g_resource_enumerate_children(payload_schemas_get_resource(), FOLDER, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

    if (files == NULL)
        return FALSE;
    for (char **file = files; *file != NULL; file++) {
        if (g_str_has_suffix(*file, JSON_SUFFIX) && !load_schema(self, *file, error))
            return FALSE;
    }
    return load_xsd(self, error);
}

LtPayloads *
lt_payloads_load(GError **error)
{
    g_autoptr(LtPayloads) self = g_new0(LtPayloads, 1);
    g_autoptr(GError) cause = NULL;

    self->schemas = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) entry_free);
    if (load_all(self, &cause))
        return g_steal_pointer(&self);
    lt_error_set(error, LT_ERROR_CONFIG, "schema.payload", "payload schemas: %s", cause->message);
    return NULL;
}

void
lt_payloads_free(LtPayloads *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->schemas);
    lt_xml_schema_free(self->xml);
    g_free(self);
}

GBytes *
lt_payloads_get_schema(const LtPayloads *self, const char *type)
{
    const Entry *entry = g_hash_table_lookup(self->schemas, type);

    return entry != NULL ? entry->text : NULL;
}

char **
lt_payloads_list_types(const LtPayloads *self)
{
    g_autoptr(GList) types = g_list_sort(g_hash_table_get_keys(self->schemas), (GCompareFunc) strcmp);
    g_autoptr(GStrvBuilder) list = g_strv_builder_new();

    for (GList *type = types; type != NULL; type = type->next)
        g_strv_builder_add(list, type->data);
    return g_strv_builder_end(list);
}

void
lt_payload_facts_clear(LtPayloadFacts *facts)
{
    g_clear_pointer(&facts->code, g_free);
    g_clear_pointer(&facts->procedure, g_free);
    g_clear_pointer(&facts->kind, g_free);
    g_clear_pointer(&facts->state, g_free);
    g_clear_pointer(&facts->stage, g_free);
    g_clear_pointer(&facts->facts, g_free);
    g_clear_pointer(&facts->field, g_free);
    g_clear_pointer(&facts->received, g_free);
}

/* Why a dossier is taken back or changed is for people; why a promise was moved is part of its history. */
static gboolean
is_kept(PickIndex pick, const char *kind)
{
    return pick != PICK_STAGE && pick != PICK_FIELD && (pick != PICK_REASON || g_strcmp0(kind, "apology") == 0);
}

static char *
write_facts(char *const values[N_PICKS])
{
    GString *out = g_string_new("{");

    for (guint i = 0; i < N_PICKS; i++) {
        if (values[i] == NULL || !is_kept(i, values[PICK_KIND]))
            continue;
        if (wanted[i].is_number)
            lt_json_append_integer(out, wanted[i].name, g_ascii_strtoll(values[i], NULL, 10));
        else
            lt_json_append_member(out, wanted[i].name, values[i]);
    }
    g_string_append_c(out, '}');
    return g_string_free(out, FALSE);
}

/* Frees what it does not take over. */
static void
take_facts(LtPayloadFacts *facts, char *values[N_PICKS])
{
    facts->facts = write_facts(values);
    facts->code = g_steal_pointer(&values[PICK_CODE]);
    facts->procedure = g_steal_pointer(&values[PICK_PROCEDURE]);
    facts->kind = g_steal_pointer(&values[values[PICK_KIND] != NULL ? PICK_KIND : PICK_MODE]);
    facts->state = g_steal_pointer(&values[values[PICK_STATE] != NULL ? PICK_STATE : PICK_STATUS]);
    facts->stage = g_steal_pointer(&values[PICK_STAGE]);
    facts->field = g_steal_pointer(&values[PICK_FIELD]);
    facts->received = g_steal_pointer(&values[PICK_RECEIVED]);
    facts->complete = (facts->kind == NULL || strcmp(facts->kind, "apology") != 0 || (values[PICK_REASON] != NULL && values[PICK_PROMISED_ANEW] != NULL)) &&
                      (facts->kind == NULL || strcmp(facts->kind, "rating") != 0 || values[PICK_RATING] != NULL) &&
                      (facts->kind == NULL || strcmp(facts->kind, "urge") != 0 || values[PICK_THRESHOLD] != NULL);
    for (guint i = 0; i < N_PICKS; i++)
        g_free(values[i]);
}

/* The guard's own reason goes into the text: "env.payload.json" alone does not say that it was the depth. */
static gboolean
refuse_because(GError **error, const char *part, GError *cause)
{
    const char *reason = lt_error_get_reason(cause);
    gboolean is_schema = g_str_has_suffix(reason, ".schema");
    g_autofree char *word = is_schema ? g_strdup("env.payload.schema") : g_strconcat("env.payload.", part, NULL);

    return lt_refuse(error, word, "payload.%s: %s (%s)", part, cause->message, reason);
}

static gboolean
check_json(GBytes *payload, const LtSchema *schema, LtPayloadFacts *facts, GError **error)
{
    LtJsonPick picks[N_PICKS + 1] = { 0 };
    char *values[N_PICKS];
    g_autoptr(GError) cause = NULL;
    gsize size;
    const char *data = g_bytes_get_data(payload, &size);

    for (gsize i = 0; i < N_PICKS; i++)
        picks[i].path = wanted[i].name;
    if (!lt_json_scan(data, size, LT_JSON_PAYLOAD, schema, NULL, NULL, picks, &cause))
        return refuse_because(error, "json", cause);
    for (gsize i = 0; i < N_PICKS; i++)
        values[i] = picks[i].value;
    take_facts(facts, values);
    return TRUE;
}

static gboolean
check_xml(GBytes *payload, const LtXmlSchema *schema, const char *type, LtPayloadFacts *facts, GError **error)
{
    LtXmlPick picks[N_PICKS + 1] = { 0 };
    char *values[N_PICKS];
    g_autoptr(GError) cause = NULL;
    gsize size;
    const char *data = g_bytes_get_data(payload, &size);

    for (gsize i = 0; i < N_PICKS; i++)
        picks[i].name = wanted[i].name;
    if (!lt_xml_check(data, size, schema, schema != NULL ? type : NULL, picks, &cause))
        return refuse_because(error, "xml", cause);
    for (gsize i = 0; i < N_PICKS; i++)
        values[i] = picks[i].value;
    take_facts(facts, values);
    return TRUE;
}

/* Rules that the subset of JSON Schema has no words for. */
static gboolean
check_beside(const char *type, const LtPayloadFacts *facts, GError **error)
{
    if (strcmp(type, "dossier.status") != 0)
        return TRUE;
    if ((facts->kind == NULL || strcmp(facts->kind, "state") == 0) && facts->state == NULL)
        return lt_refuse(error, "env.payload.schema", "a dossier.status has a TrangThaiHoSo, a StatusCode, or both");
    if (!facts->complete)
        return lt_refuse(error, "env.payload.schema", "an apology has LyDo and NgayHenTraMoi, a rating MucDoHaiLong, an urge NguongNhac");
    return TRUE;
}

static gboolean
check_form(const LtPayloads *self, const char *type, const char *media_type, GBytes *payload, gboolean schema, LtPayloadFacts *facts,
           GError **error)
{
    const Entry *entry = g_hash_table_lookup(self->schemas, type);
    gboolean is_xml = g_strcmp0(media_type, "application/xml") == 0;

    if (!is_xml && g_strcmp0(media_type, "application/json") != 0)
        return lt_refuse(error, "env.payload.schema", "a payload is JSON or XML");
    if (!schema)
        return is_xml ? check_xml(payload, NULL, type, facts, error) : check_json(payload, NULL, facts, error);
    if (entry == NULL)
        return lt_refuse(error, "env.payload.schema", "messages of this type have no payload");
    if (is_xml && !g_str_has_prefix(type, "dossier."))
        return lt_refuse(error, "env.payload.schema", "a payload of type %s is JSON, not XML", type);
    if (!(is_xml ? check_xml(payload, self->xml, type, facts, error) : check_json(payload, entry->compiled, facts, error)))
        return FALSE;
    return check_beside(type, facts, error);
}

gboolean
lt_payload_check(const LtPayloads *self, const char *type, const char *media_type, GBytes *payload, gboolean schema, LtPayloadFacts *facts,
                 GError **error)
{
    g_auto(LtPayloadFacts) found = { 0 };

    if (facts != NULL)
        *facts = (LtPayloadFacts) { 0 };
    if (payload != NULL && !check_form(self, type, media_type, payload, schema, &found, error))
        return FALSE;
    if (facts != NULL) {
        *facts = found;
        found = (LtPayloadFacts) { 0 };
    }
    return TRUE;
}

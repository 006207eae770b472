/* SPDX-License-Identifier: Apache-2.0 */
/* world.c: who may send, to whom, and what came before. Every answer is from memory or from a read connection. */
#include "routing/world.h"

#include <string.h>

#include "base/value.h"
#include "store/dossiers.h"

void
lt_world_copy(const LtWorld *self, LtWorld *out)
{
    out->trust = lt_trust_ref(self->trust);
    out->registry = lt_registry_ref(self->registry);
    out->catalogue = lt_catalogue_ref(self->catalogue);
    out->plan = lt_plan_ref(self->plan);
}

void
lt_world_clear(LtWorld *self)
{
    g_clear_pointer(&self->plan, lt_plan_unref);
    g_clear_pointer(&self->catalogue, lt_catalogue_unref);
    g_clear_pointer(&self->registry, lt_registry_unref);
    g_clear_pointer(&self->trust, lt_trust_unref);
}

/* A unit that was not in office when it signed has no key, whatever the list of keys says. */
static gboolean
key_is_registered(gpointer data, const char *spki_hex, const char *from, gint64 issued_us, gboolean by_hub)
{
    LtJudgement *self = data;
    const LtUnit *unit = lt_registry_lookup_at(self->world.registry, from, issued_us);

    /* Aliases serve routing only, never the check of a signer. */
    if (unit == NULL || strcmp(lt_unit_get_id(unit), from) != 0 || !lt_unit_is_valid(unit, issued_us))
        return FALSE;
    return lt_registry_key_is_registered(self->world.registry, spki_hex, from, "sign", issued_us, by_hub);
}

static gboolean
peer_may_relay(gpointer data, const char *peer_unit, const char *from)
{
    LtJudgement *self = data;

    return lt_registry_hub_stands_for(self->world.registry, peer_unit, from, self->now_us);
}

/* The procedure is not known yet, so a closed unit that has any successor passes; lt_registry_receiver() decides later. */
static LtTo
find_receiver(gpointer data, const LtHeader *header)
{
    LtJudgement *self = data;
    const char *type = header->type;
    const LtUnit *unit = lt_registry_lookup_at(self->world.registry, header->to, self->now_us);

    /* Where it goes is decided by today's units, not by those of the day it was written. */
    if (unit == NULL || !lt_unit_may_receive(unit, self->now_us))
        return LT_TO_UNKNOWN;
    if (strcmp(type, "receipt") == 0)
        return LT_TO_SERVED;
    if (strcmp(type, "hub.ping") == 0)
        return strcmp(lt_unit_get_id(unit), self->hub) == 0 ? LT_TO_SERVED : LT_TO_NOT_SERVED;
    if (!lt_type_is_routed(type) || !lt_unit_is_valid(unit, self->now_us))
        return LT_TO_SERVED; /* refused as env.policy.type; addressed again by the successor */
    return lt_plan_serves(self->world.plan, type, unit) ? LT_TO_SERVED : LT_TO_NOT_SERVED;
}

static LtSeen
seen(gpointer data, const char *from, const char *id, const char *manifest, GError **error)
{
    LtJudgement *self = data;

    return lt_store_seen(self->store, from, id, manifest, error);
}

/* An evidence file is written to a disk, never sent; the directory is published by hubs. */
static gboolean
type_is_allowed(gpointer data, const char *from, const char *to, const char *type)
{
    LtJudgement *self = data;

    (void) to;
    if (strcmp(type, "audit.evidence") == 0)
        return FALSE;
    if (strcmp(type, "directory.publish") == 0)
        return lt_registry_hub_stands_for(self->world.registry, from, from, self->now_us);
    return TRUE;
}

static char *
manifest_of(gpointer data, const char *from, const char *id)
{
    LtJudgement *self = data;

    return lt_store_manifest_of(self->store, from, id);
}

static gboolean
check_payload(gpointer data, const LtHeader *header, GBytes *payload, GError **error)
{
    LtJudgement *self = data;
    const LtPart *part = header->parts->pdata[0];

    lt_payload_facts_clear(&self->facts);
    return lt_payload_check(self->payloads, header->type, part->media_type, payload, TRUE, &self->facts, error) &&
           lt_payload_check_papers(header->type, part->media_type, payload, header->parts->len - 1, error);
}

void
lt_judgement_receiver(LtJudgement *self, const char *peer_unit, LtReceiver *receiver)
{
    *receiver = (LtReceiver) {
        .trust = self->world.trust,
        .now_us = self->now_us,
        .scope = LT_RECEIVE_ALL,
        .peer_unit = peer_unit,
        .data = self,
        .key_is_registered = key_is_registered,
        .peer_may_relay = peer_may_relay,
        .find_receiver = find_receiver,
        .seen = seen,
        .type_is_allowed = type_is_allowed,
        .manifest_of = manifest_of,
        .check_payload = check_payload,
    };
}

/* When the desk took the dossier in, whose rules it keeps; a message that does not say so counts from now. */
static gint64
received_us(const LtJudgement *self)
{
    const char *text = self->facts.received;
    g_autoptr(GDateTime) time = text != NULL ? g_date_time_new_from_iso8601(text, NULL) : NULL;

    return time != NULL ? MIN(g_date_time_to_unix(time) * LT_US_PER_SECOND, self->now_us) : self->now_us;
}

LtMatter
lt_judgement_matter(const LtJudgement *self)
{
    const LtPayloadFacts *facts = &self->facts;
    const LtProcedureRow *row = facts->procedure != NULL ? lt_catalogue_find(self->world.catalogue, facts->procedure, received_us(self)) : NULL;

    return (LtMatter){ facts->procedure, row != NULL ? row->field : facts->field };
}

gboolean
lt_judgement_admit(const LtJudgement *self, const LtHeader *header, const char *unit, const char **procedure_from, GError **error)
{
    const char *procedure = self->facts.procedure;
    g_autoptr(GError) refusal = NULL;
    g_autoptr(LtDossier) known = NULL;
    const LtProcedureRow *version = NULL;

    *procedure_from = NULL;
    if (strcmp(header->type, "dossier.submit") != 0 || procedure == NULL)
        return TRUE;
    if (lt_catalogue_admit(self->world.catalogue, self->world.registry, unit, procedure, self->now_us, received_us(self), &version, &refusal)) {
        *procedure_from = version != NULL ? version->valid_from : NULL;
        return TRUE;
    }
    known = lt_store_find_dossier(self->store, header->dossier, NULL, NULL);
    if (known == NULL)
        g_propagate_error(error, g_steal_pointer(&refusal));
    return known != NULL;
}

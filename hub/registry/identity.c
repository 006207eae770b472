/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c: whose key, whose token (security.md S1, S38). Keys are named by the SHA-256 of their SubjectPublicKeyInfo and hold
 * from one instant to another; a token is a public id and a secret of which only the hash is kept. */
#include "registry/unit-private.h"

#include <string.h>

#include "base/value.h"

#define TOKEN_ID_BYTES 8
#define TOKEN_SECRET_BYTES 32

static gboolean
holds_at(gint64 from_us, gint64 until_us, gint64 at_us)
{
    return at_us >= from_us && (until_us == 0 || at_us < until_us);
}

static gboolean
is_hub_at(LtRegistry *self, const char *unit, gint64 at_us)
{
    GPtrArray *rows = g_hash_table_lookup(self->hubs, unit);

    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const LtUnitKeyRow *row = rows->pdata[i];

        if (holds_at(row->from_us, row->until_us, at_us))
            return TRUE;
    }
    return FALSE;
}

const LtSuspensionRow *
lt_registry_suspension(LtRegistry *self, const char *unit, gint64 at_us)
{
    const LtSuspensionRow *row = g_hash_table_lookup(self->suspensions, unit);

    return row != NULL && holds_at(row->from_us, row->until_us, at_us) ? row : NULL;
}

gboolean
lt_registry_hub_stands_for(LtRegistry *self, const char *hub, const char *unit, gint64 at_us)
{
    const LtUnit *step = lt_registry_lookup_at(self, unit, at_us);

    if (step == NULL || !is_hub_at(self, hub, at_us))
        return FALSE;
    for (; step != NULL; step = lt_unit_parent_at(self, step, at_us))
        if (is_hub_at(self, step->row->id, at_us))
            return strcmp(step->row->id, hub) == 0;
    return TRUE;
}

gboolean
lt_registry_key_is_registered(LtRegistry *self, const char *spki, const char *unit, const char *use, gint64 at_us,
                              gboolean by_hub)
{
    GPtrArray *rows = g_hash_table_lookup(self->keys, spki);

    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const LtUnitKeyRow *row = rows->pdata[i];

        if (strcmp(row->use, use) != 0 || !holds_at(row->from_us, row->until_us, at_us))
            continue;
        if (strcmp(row->unit, unit) == 0)
            return TRUE;
        if (by_hub && g_strcmp0(row->role, "hub") == 0 && lt_registry_hub_stands_for(self, row->unit, unit, at_us))
            return TRUE;
    }
    return FALSE;
}

const char *
lt_registry_unit_of_key(LtRegistry *self, const char *spki, gint64 at_us, gboolean *is_hub)
{
    GPtrArray *rows = g_hash_table_lookup(self->keys, spki);

    *is_hub = FALSE;
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const LtUnitKeyRow *row = rows->pdata[i];
        const LtUnit *unit = lt_registry_lookup_at(self, row->unit, at_us);

        if (strcmp(row->use, "tls") != 0 || !holds_at(row->from_us, row->until_us, at_us))
            continue;
        if (unit == NULL || !lt_unit_is_valid(unit, at_us))
            continue;
        *is_hub = g_strcmp0(row->role, "hub") == 0;
        return row->unit;
    }
    return NULL;
}

/* Time does not depend on where the first difference lies. */
static gboolean
hash_is_equal(const char *one, const char *other)
{
    guint8 difference = 0;

    if (strlen(one) != 64 || strlen(other) != 64)
        return FALSE;
    for (guint i = 0; i < 64; i++)
        difference |= (guint8) (one[i] ^ other[i]);
    return difference == 0;
}

const char *
lt_registry_unit_of_token(LtRegistry *self, const char *token, gint64 at_us, const char **id)
{
    const char *dot = strchr(token, '.');
    gsize id_length = dot != NULL ? (gsize) (dot - token) : 0;

    *id = NULL;
    if (dot == NULL || id_length != 2 * TOKEN_ID_BYTES || strlen(dot + 1) != 2 * TOKEN_SECRET_BYTES)
        return NULL;
    g_autofree char *public_id = g_compute_checksum_for_string(G_CHECKSUM_SHA256, token, (gssize) id_length);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, dot + 1, -1);
    const LtTokenRow *row = g_hash_table_lookup(self->tokens, public_id);
    const LtUnit *unit = row != NULL ? lt_registry_lookup_at(self, row->unit, at_us) : NULL;

    if (row == NULL || !hash_is_equal(row->hash, hash) || !holds_at(row->from_us, row->until_us, at_us))
        return NULL;
    if (unit == NULL || !lt_unit_is_valid(unit, at_us))
        return NULL;
    *id = row->id;
    return row->unit;
}

char *
lt_token_new(const char *unit, gint64 from_us, gint64 until_us, LtTokenRow **row)
{
    guint8 random[TOKEN_ID_BYTES + TOKEN_SECRET_BYTES];
    LtTokenRow *kept = g_new0(LtTokenRow, 1);

    lt_random_bytes(random, sizeof random);
    g_autofree char *id = lt_hex_dup(random, TOKEN_ID_BYTES);
    g_autofree char *secret = lt_hex_dup(random + TOKEN_ID_BYTES, TOKEN_SECRET_BYTES);
    kept->id = g_compute_checksum_for_string(G_CHECKSUM_SHA256, id, -1);
    kept->hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, secret, -1);
    kept->unit = g_strdup(unit);
    kept->from_us = from_us;
    kept->until_us = until_us;
    *row = kept;
    return g_strconcat(id, ".", secret, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* json-names.c: has this object had this name before?
 *
 * An object with few names is searched in a line: comparing sixteen hashes is cheaper than any table. From then on it gets a
 * table under SipHash with a random seed, so that a sender cannot choose names that collide. The seed is drawn only then.
 */
#include "base/json-private.h"

#include <string.h>

#include "base/value.h"

#define FEW_NAMES 16

void
lt_json_names_init(LtJsonNames *self)
{
    self->names = self->first_names;
    self->n_names = 0;
    self->n_allocated = LT_JSON_INLINE_NAMES;
    self->has_seed = FALSE;
}

void
lt_json_names_clear(LtJsonNames *self)
{
    if (self->names != self->first_names)
        g_free(self->names);
}

static void
make_room(LtJsonNames *self)
{
    LtJsonName *names;

    if (self->n_names < self->n_allocated)
        return;
    self->n_allocated *= 2;
    if (self->names != self->first_names) {
        self->names = g_renew(LtJsonName, self->names, self->n_allocated);
        return;
    }
    names = g_new(LtJsonName, self->n_allocated);
    memcpy(names, self->first_names, sizeof self->first_names);
    self->names = names;
}

static inline guint64
rotate(guint64 value, guint bits)
{
    return value << bits | value >> (64 - bits);
}

static inline void
sip_round(guint64 v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein 2012). */
static guint64
sip_hash(const guint64 seed[2], const char *text, gsize length)
{
    guint64 v[4] = { seed[0] ^ G_GUINT64_CONSTANT(0x736f6d6570736575), seed[1] ^ G_GUINT64_CONSTANT(0x646f72616e646f6d),
                     seed[0] ^ G_GUINT64_CONSTANT(0x6c7967656e657261), seed[1] ^ G_GUINT64_CONSTANT(0x7465646279746573) };
    guint64 last = (guint64) length << 56;
    guint64 piece;

    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&piece, text, 8);
        v[3] ^= piece;
        sip_round(v);
        v[0] ^= piece;
    }
    for (gsize i = 0; i < length; i++)
        last |= (guint64) (guint8) text[i] << (8 * i);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (guint i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static gboolean
is_name(const LtJsonName *name, const char *text, gsize length)
{
    return name->length == length && memcmp(name->text, text, length) == 0;
}

/* Returns: the slot where the name stands or may stand */
static guint32 *
find_slot(LtJsonNames *self, LtJsonNameSet *set, const char *text, gsize length)
{
    guint mask = set->n_slots - 1;
    guint slot = (guint) sip_hash(self->seed, text, length) & mask;

    while (set->slots[slot] != 0 && !is_name(&self->names[set->slots[slot] - 1], text, length))
        slot = (slot + 1) & mask;
    return &set->slots[slot];
}

static void
grow_table(LtJsonNames *self, LtJsonNameSet *set)
{
    if (!self->has_seed) {
        lt_random_bytes((guint8 *) self->seed, sizeof self->seed);
        self->has_seed = TRUE;
    }
    g_free(set->slots);
    set->n_slots = set->n_slots == 0 ? 8 * FEW_NAMES : 2 * set->n_slots;
    set->slots = g_new0(guint32, set->n_slots);
    for (guint i = set->first; i < self->n_names; i++)
        *find_slot(self, set, self->names[i].text, self->names[i].length) = i + 1;
}

gboolean
lt_json_names_add(LtJsonNames *self, LtJsonNameSet *set, const char *text, gsize length, guint32 hash)
{
    guint n_own = self->n_names - set->first;

    if (n_own < FEW_NAMES) {
        for (guint i = set->first; i < self->n_names; i++)
            if (self->names[i].hash == hash && is_name(&self->names[i], text, length))
                return FALSE;
    } else {
        guint32 *slot;

        if (set->slots == NULL || n_own >= set->n_slots / 2)
            grow_table(self, set);
        slot = find_slot(self, set, text, length);
        if (*slot != 0)
            return FALSE;
        *slot = self->n_names + 1;
    }
    make_room(self);
    self->names[self->n_names++] = (LtJsonName){ .text = text, .length = (guint32) length, .hash = hash };
    return TRUE;
}

void
lt_json_names_end(LtJsonNames *self, LtJsonNameSet *set)
{
    self->n_names = set->first;
    g_clear_pointer(&set->slots, g_free);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* registry-records.c: changes of the registry in the log. */
#include "store/registry-records.h"

#include <string.h>

#include "base/value.h"
#include "trust/digest.h"

#define MAX_LIST 64 /* of a log entry */

typedef struct {
    char *name;  /* "unit:H52" */
    char *basis; /* nullable, as the log takes it */
    gboolean joins; /* of a kind that has no basis: goes with those before */
} Object;

struct _LtRegistrySummary {
    LtHasher *hasher;
    GArray *objects; /* of Object */
};

static void
object_clear(gpointer data)
{
    Object *object = data;

    g_free(object->name);
    g_free(object->basis);
}

LtRegistrySummary *
lt_registry_summary_new(void)
{
    LtRegistrySummary *self = g_new0(LtRegistrySummary, 1);

    self->hasher = lt_hasher_new();
    self->objects = g_array_new(FALSE, FALSE, sizeof(Object));
    g_array_set_clear_func(self->objects, object_clear);
    return self;
}

void
lt_registry_summary_free(LtRegistrySummary *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->hasher, lt_hasher_free);
    g_array_unref(self->objects);
    g_free(self);
}

void
lt_registry_summary_digest(LtRegistrySummary *self, const char *const *texts, guint n)
{
    for (guint i = 0; i < n; i++)
        lt_hasher_update(self->hasher, texts[i] != NULL ? texts[i] : "", texts[i] != NULL ? strlen(texts[i]) + 1 : 1);
}

char *
lt_basis_word(const char *basis)
{
    g_autofree char *ascii = basis != NULL && *basis != '\0' ? g_str_to_ascii(basis, NULL) : NULL;

    return ascii == NULL ? NULL : g_strndup(g_strcanon(ascii, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS " ./-:,()", '?'), 255);
}

void
lt_registry_summary_add(LtRegistrySummary *self, const char *kind, const char *name, const char *basis, const char *const *texts, guint n)
{
    Object object = { g_strconcat(kind, ":", name, NULL), lt_basis_word(basis), basis != NULL && *basis == '\0' };

    lt_registry_summary_digest(self, (const char *const[]){ kind, name }, 2);
    lt_registry_summary_digest(self, texts, n);
    g_array_append_val(self->objects, object);
}

static gboolean
next_generation(LtDatabase *database, gint64 *generation, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK_PLAIN(&query, database, error,
                      "INSERT INTO counter (name, value) VALUES ('registry', 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value") ||
        !lt_query_next(&query, error))
        return FALSE;
    *generation = lt_query_integer(&query, 0);
    return TRUE;
}

static gboolean
goes_with(const Object *object, const char *basis)
{
    return object->joins || g_strcmp0(object->basis, basis) == 0;
}

/* Objects from @first on that share its basis, as many as one entry takes. */
static guint
run_of(const LtRegistrySummary *self, guint first, const char *names[MAX_LIST + 1])
{
    const char *basis = g_array_index(self->objects, Object, first).basis;
    guint n = 0;

    while (n < MAX_LIST && first + n < self->objects->len && goes_with(&g_array_index(self->objects, Object, first + n), basis)) {
        names[n] = g_array_index(self->objects, Object, first + n).name;
        n++;
    }
    names[n] = NULL;
    return n;
}

gboolean
lt_registry_summary_record(LtRegistrySummary *self, LtStoreTransaction *tx, const char *actor_kind, const char *actor, char *digest_out,
                           GError **error)
{
    guint8 digest[LT_SHA256_SIZE];
    g_autofree char *sha = NULL;
    gint64 generation = 0;

    lt_hasher_finish(self->hasher, digest);
    sha = lt_hex_dup(digest, sizeof digest);
    if (digest_out != NULL)
        g_strlcpy(digest_out, sha, 65);
    if (!next_generation(tx->database, &generation, error))
        return FALSE;
    for (guint i = 0; i < self->objects->len;) {
        const char *names[MAX_LIST + 1];
        const char *basis = g_array_index(self->objects, Object, i).basis;
        LtRecord *record = lt_record_new("cfg.changed", actor_kind, actor);

        i += run_of(self, i, names);
        lt_record_set_integer(record, "gen", generation);
        lt_record_set_string(record, "sha", sha);
        lt_record_set_strings(record, "obj", names);
        lt_record_set_string(record, "basis", basis);
        if (!lt_store_append_record(tx, record, NULL, NULL, error))
            return FALSE;
    }
    return TRUE;
}

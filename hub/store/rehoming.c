/* SPDX-License-Identifier: Apache-2.0 */
/* rehoming.c: dossiers and deliveries of closed units, one by one.
 *
 * A unit takes part in a dossier as its desk, its holder or on its way; for each of them the successor takes part from now on, and a holder hands
 * the dossier over. Rows are read whole before the first is written. What was moved before is not moved again, so the same day may be done twice.
 */
#include "store/rehoming.h"

#include <string.h>

#include "base/uuid.h"
#include "store/dossier-rows.h"
#include "store/registry-records.h"

typedef struct {
    gint64 row;
    guint8 reference[16];
    char *procedure; /* nullable */
    gboolean holds;
} Moving;

static void
moving_clear(gpointer data)
{
    g_free(((Moving *) data)->procedure);
}

static gboolean
read_dossiers(LtDatabase *database, const char *unit, GArray *found, GError **error)
{
    g_auto(LtQuery) query = LT_QUERY_INIT;

    if (!LT_ASK(&query, database, error,
                "SELECT x.row, x.reference, x.procedure, x.holder = ?1 FROM participant p JOIN dossier x ON x.row = p.dossier "
                "WHERE p.unit = ?1 AND " LT_IN_FLIGHT " ORDER BY x.row",
                LT_TEXT(unit)))
        return FALSE;
    while (lt_query_next(&query, error)) {
        Moving moving = { .row = lt_query_integer(&query, 0), .procedure = lt_query_dup(&query, 2), .holds = lt_query_integer(&query, 3) != 0 };

        lt_query_copy(&query, 1, moving.reference, sizeof moving.reference);
        g_array_append_val(found, moving);
    }
    return !query.failed;
}

static gboolean
record_move(LtStoreTransaction *tx, const LtReorganisation *in, const Moving *moving, const char *old, const char *new, const char *basis,
            GError **error)
{
    LtRecord *record = lt_record_new("dossier.readdress", in->actor_kind, in->actor);
    g_autofree char *word = lt_basis_word(basis);
    g_autofree char *detail = g_strconcat(old, " ", new, NULL);
    char reference[37];
    guint64 index;

    lt_uuid_write(moving->reference, reference);
    lt_record_set_string(record, "d", reference);
    lt_record_set_string(record, "old", old);
    lt_record_set_string(record, "new", new);
    lt_record_set_string(record, "basis", word != NULL ? word : "");
    return lt_store_append_record(tx, record, &index, NULL, error) &&
           lt_dossier_add_event(tx, moving->row, index, "readdress", 0, NULL, detail, error);
}

static gboolean
move_dossier(LtStoreTransaction *tx, const LtReorganisation *in, const char *unit, const Moving *moving, LtRehomed *moved, GError **error)
{
    const char *basis = NULL, *home = in->homes->home(in->homes->data, unit, moving->procedure, &basis);
    gboolean joined;

    if (home == NULL) {
        moved->homeless++;
        return TRUE;
    }
    if (!LT_RUN(tx->database, error, "INSERT OR IGNORE INTO participant (unit, dossier) VALUES (?1, ?2)", LT_TEXT(home), LT_INT(moving->row)))
        return FALSE;
    joined = sqlite3_changes(lt_database_get_handle(tx->database)) > 0;
    if (!joined && !moving->holds)
        return TRUE;
    if (moving->holds && !LT_RUN(tx->database, error, "UPDATE dossier SET holder = ?2, changed = ?3 WHERE row = ?1", LT_INT(moving->row), LT_TEXT(home),
                                 LT_INT(tx->time_us)))
        return FALSE;
    moved->dossiers++;
    return record_move(tx, in, moving, unit, home, basis != NULL ? basis : in->basis, error);
}

gboolean
lt_rehome_dossiers(LtStoreTransaction *tx, const LtReorganisation *in, LtRehomed *moved, GError **error)
{
    for (guint i = 0; in->closed[i] != NULL; i++) {
        g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Moving));

        g_array_set_clear_func(found, moving_clear);
        if (!read_dossiers(tx->database, in->closed[i], found, error))
            return FALSE;
        for (guint j = 0; j < found->len; j++)
            if (!move_dossier(tx, in, in->closed[i], &g_array_index(found, Moving, j), moved, error))
                return FALSE;
    }
    return TRUE;
}

typedef struct {
    gint64 id, message;
    char *endpoint, *receiver, *from, *type, *procedure; /* procedure nullable */
    guint8 uuid[16];
} Delivery;

static void
delivery_clear(gpointer data)
{
    Delivery *self = data;

    g_free(self->endpoint);
    g_free(self->receiver);
    g_free(self->from);
    g_free(self->type);
    g_free(self->procedure);
}

#define COLUMNS                                                                                                                            \
    "SELECT d.id, d.endpoint, d.receiver, m.row, m.sender, m.type, m.id, x.procedure FROM delivery d "
#define JOINED "JOIN message m ON m.row = d.id / 256 LEFT JOIN dossier x ON x.row = d.dossier WHERE d.receiver IN (SELECT value FROM json_each(?1)) "

static gboolean
read_deliveries(LtQuery *query, GArray *found, GError **error)
{
    while (lt_query_next(query, error)) {
        Delivery row = { lt_query_integer(query, 0), lt_query_integer(query, 3), lt_query_dup(query, 1), lt_query_dup(query, 2),
                         lt_query_dup(query, 4),     lt_query_dup(query, 5),     lt_query_dup(query, 7), { 0 } };

        lt_query_copy(query, 6, row.uuid, sizeof row.uuid);
        g_array_append_val(found, row);
    }
    return !query->failed;
}

/* Unit ids need no escapes. */
static char *
json_list(const char *const *units)
{
    g_autofree char *joined = g_strjoinv("\",\"", (char **) units);

    return units[0] == NULL ? g_strdup("[]") : g_strdup_printf("[\"%s\"]", joined);
}

/* The endpoint of the new route that the message is not under way to yet; where it goes already it goes on. */
static char *
choose_endpoint(LtStoreTransaction *tx, const LtHomes *homes, const Delivery *delivery, const char *home)
{
    g_auto(GStrv) endpoints = homes->route != NULL ? homes->route(homes->data, delivery->type, delivery->procedure, delivery->from, home) : NULL;

    if (endpoints == NULL || g_strv_contains((const char *const *) endpoints, delivery->endpoint))
        return g_strdup(delivery->endpoint);
    for (guint i = 0; endpoints[i] != NULL; i++) {
        g_auto(LtQuery) query = LT_QUERY_INIT;

        if (!LT_ASK(&query, tx->database, NULL, "SELECT 1 FROM delivery WHERE id BETWEEN ?1 * 256 AND ?1 * 256 + 255 AND endpoint = ?2",
                    LT_INT(delivery->message), LT_TEXT(endpoints[i])) || !lt_query_next(&query, NULL))
            return g_strdup(endpoints[i]);
    }
    return g_strdup(delivery->endpoint);
}

static gboolean
record_delivery(LtStoreTransaction *tx, const LtReorganisation *in, const Delivery *delivery, const char *endpoint, const char *home,
                const char *basis, GError **error)
{
    LtRecord *record = lt_record_new("delivery.readdressed", in->actor_kind, in->actor);
    g_autofree char *word = lt_basis_word(basis);
    char id[37];

    lt_uuid_write(delivery->uuid, id);
    lt_record_set_string(record, "id", id);
    lt_record_set_string(record, "from", delivery->from);
    lt_record_set_string(record, "ep", endpoint);
    lt_record_set_string(record, "old", delivery->receiver);
    lt_record_set_string(record, "new", home);
    lt_record_set_string(record, "basis", word != NULL ? word : "");
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
move_delivery(LtStoreTransaction *tx, const LtReorganisation *in, const Delivery *delivery, LtRehomed *moved, GError **error)
{
    const char *basis = NULL, *home = in->homes->home(in->homes->data, delivery->receiver, delivery->procedure, &basis);
    g_autofree char *endpoint = home != NULL ? choose_endpoint(tx, in->homes, delivery, home) : NULL;

    if (home == NULL) {
        moved->homeless++;
        return TRUE;
    }
    moved->deliveries++;
    basis = basis != NULL ? basis : in->basis;
    return LT_RUN(tx->database, error, "UPDATE delivery SET receiver = ?2, endpoint = ?3, not_before = 0, changed = ?4 WHERE id = ?1",
                  LT_INT(delivery->id), LT_TEXT(home), LT_TEXT(endpoint), LT_INT(tx->time_us)) &&
           LT_RUN(tx->database, error, "UPDATE message SET receiver = ?2, addressee = ifnull(addressee, ?3) WHERE row = ?1", LT_INT(delivery->message),
                  LT_TEXT(home), LT_TEXT(delivery->receiver)) &&
           record_delivery(tx, in, delivery, endpoint, home, basis, error) &&
           lt_notice_put(tx, delivery->message, delivery->receiver, home, basis, error);
}

/* What waits and what is held: the partial indexes hold only these. */
gboolean
lt_rehome_deliveries(LtStoreTransaction *tx, const LtReorganisation *in, LtRehomed *moved, GError **error)
{
    g_autofree char *units = json_list(in->closed);
    g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(Delivery));
    g_auto(LtQuery) waiting = LT_QUERY_INIT;
    g_auto(LtQuery) held = LT_QUERY_INIT;

    g_array_set_clear_func(found, delivery_clear);
    if (!LT_ASK(&waiting, tx->database, error, COLUMNS "INDEXED BY delivery_waiting " JOINED "AND d.state = 1", LT_TEXT(units)) ||
        !read_deliveries(&waiting, found, error) ||
        !LT_ASK(&held, tx->database, error, COLUMNS "INDEXED BY delivery_held " JOINED "AND d.state = 4", LT_TEXT(units)) ||
        !read_deliveries(&held, found, error))
        return FALSE;
    lt_query_end(&waiting);
    lt_query_end(&held);
    for (guint i = 0; i < found->len; i++)
        if (!move_delivery(tx, in, &g_array_index(found, Delivery, i), moved, error))
            return FALSE;
    return TRUE;
}

gboolean
lt_notice_put(LtStoreTransaction *tx, gint64 message, const char *old, const char *successor, const char *basis, GError **error)
{
    return LT_RUN(tx->database, error, "INSERT OR REPLACE INTO notice (message, old, new, basis) VALUES (?1, ?2, ?3, ?4)", LT_INT(message),
                  LT_TEXT(old), LT_TEXT(successor), LT_TEXT(basis));
}

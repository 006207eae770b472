/* SPDX-License-Identifier: Apache-2.0 */
/* inbox.c: `lthub inbox`: a unit without a system of its own pulls what the hub keeps for it. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/client.h"
#include "cli/commands.h"

typedef struct {
    LtClientSettings client;
    char *after;
    gint64 limit;
    char *output;
    gboolean ack;
} Inbox;

static const LtKey list_keys[] = {
    LT_CLIENT_KEYS(Inbox, client),
    LT_STRING(Inbox, after, "", "go on after this cursor (the \"next\" of the list before)"),
    LT_NUMBER(Inbox, limit, "50", "1..500", "messages at most"),
    LT_KEYS_END,
};

static const LtKey fetch_keys[] = {
    LT_CLIENT_KEYS(Inbox, client),
    LT_PATH(Inbox, output, ".", "folder that gets the containers"),
    LT_BOOLEAN(Inbox, ack, "false", "tell the hub that each one is safely stored here"),
    LT_NUMBER(Inbox, limit, "50", "1..500", "messages at most"),
    LT_KEYS_END,
};

static const LtKey ack_keys[] = {
    LT_CLIENT_KEYS(Inbox, client),
    LT_KEYS_END,
};

/* Items of a listing, as the hub wrote them: strings only are kept. */
typedef struct {
    GPtrArray *items; /* of GHashTable * */
    char *next;
    char *name;
} Listing;

static gboolean
on_listing(const LtJsonEvent *event, gpointer data, GError **error)
{
    Listing *listing = data;

    (void) error;
    if (event->kind == LT_JSON_OBJECT_BEGIN && event->depth == 2)
        g_ptr_array_add(listing->items, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free));
    if (event->kind == LT_JSON_NAME) {
        g_free(listing->name);
        listing->name = g_strndup(event->text, event->length);
    }
    if (event->kind != LT_JSON_STRING || listing->name == NULL)
        return TRUE;
    if (event->depth == 1 && strcmp(listing->name, "next") == 0) {
        g_free(listing->next);
        listing->next = g_strndup(event->text, event->length);
    } else if (event->depth == 3 && listing->items->len > 0) {
        g_hash_table_insert(listing->items->pdata[listing->items->len - 1], g_strdup(listing->name), g_strndup(event->text, event->length));
    }
    return TRUE;
}

static void
listing_clear(Listing *listing)
{
    g_clear_pointer(&listing->items, g_ptr_array_unref);
    g_free(listing->next);
    g_free(listing->name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Listing, listing_clear)

static LtReply *
call(LtClient *client, const char *method, const char *path, GError **error)
{
    g_autoptr(LtReply) reply = lt_client_send(client, lt_request_new(method, path), error);

    if (reply == NULL || lt_reply_get_status(reply) / 100 == 2)
        return g_steal_pointer(&reply);
    lt_client_fail(reply, error);
    return NULL;
}

static LtReply *
get_listing(LtClient *client, const Inbox *options, Listing *listing, GError **error)
{
    g_autofree char *after = options->after == NULL ? NULL : g_uri_escape_string(options->after, NULL, FALSE);
    g_autofree char *path = g_strdup_printf("/v1/inbox?limit=%" G_GINT64_FORMAT "%s%s", options->limit, after == NULL ? "" : "&after=", after == NULL ? "" : after);
    g_autoptr(LtReply) reply = call(client, "GET", path, error);
    gsize size;
    const char *data;

    if (reply == NULL)
        return NULL;
    listing->items = g_ptr_array_new_with_free_func((GDestroyNotify) g_hash_table_unref);
    data = g_bytes_get_data(lt_reply_get_body(reply), &size);
    return lt_json_scan(data, size, LT_JSON_PAYLOAD, NULL, on_listing, listing, NULL, error) ? g_steal_pointer(&reply) : NULL;
}

static const char *
item_get(GHashTable *item, const char *name)
{
    const char *value = g_hash_table_lookup(item, name);

    return value == NULL ? "" : value;
}

static int
run_list(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Inbox *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtClient) client = lt_client_new(&options->client, &error);
    g_auto(Listing) listing = { 0 };
    g_autoptr(LtReply) reply = client == NULL ? NULL : get_listing(client, options, &listing, &error);

    (void) arguments;
    if (reply == NULL)
        return lt_command_fail(terminal, error);
    if (terminal->json) {
        gsize size;
        const char *text = g_bytes_get_data(lt_reply_get_body(reply), &size);

        g_print("%.*s\n", (int) size, text);
        return LT_EXIT_OK;
    }
    for (guint i = 0; i < listing.items->len; i++) {
        GHashTable *item = listing.items->pdata[i];

        g_print("%s\t%s\t%s\n", item_get(item, "from"), item_get(item, "id"), item_get(item, "type"));
    }
    if (listing.items->len == 0)
        g_print(_("The inbox is empty.\n"));
    return LT_EXIT_OK;
}

static gboolean
fetch_item(LtClient *client, const Inbox *options, GHashTable *item, GError **error)
{
    const char *from = item_get(item, "from"), *id = item_get(item, "id");
    g_autofree char *path = g_strdup_printf("/v1/envelopes/%s/%s", from, id);
    g_autofree char *ack = g_strdup_printf("/v1/inbox/%s/%s/ack", from, id);
    g_autofree char *name = g_strdup_printf("%s.asice", id);
    g_autofree char *target = g_build_filename(options->output, name, NULL);
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(LtReply) acknowledged = NULL;
    GBytes *body;

    if (!lt_unit_id_is_valid(from, strlen(from)) || !lt_uuid_is_v7(id, strlen(id))) {
        g_set_error(error, LT_ERROR, LT_ERROR_INVALID, "the hub listed a message without a proper sender and id");
        return FALSE;
    }
    reply = call(client, "GET", path, error);
    if (reply == NULL)
        return FALSE;
    body = lt_reply_get_body(reply);
    if (!g_file_set_contents_full(target, g_bytes_get_data(body, NULL), (gssize) g_bytes_get_size(body),
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600, error))
        return FALSE;
    g_print("%s\n", target);
    if (!options->ack)
        return TRUE;
    acknowledged = call(client, "POST", ack, error);
    return acknowledged != NULL;
}

static int
run_fetch(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Inbox *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtClient) client = lt_client_new(&options->client, &error);
    g_auto(Listing) listing = { 0 };
    g_autoptr(LtReply) reply = client == NULL ? NULL : get_listing(client, options, &listing, &error);
    LtProgress progress = { .terminal = terminal, .what = _("fetched") };

    (void) arguments;
    if (reply == NULL)
        return lt_command_fail(terminal, error);
    for (guint i = 0; i < listing.items->len; i++) {
        if (!fetch_item(client, options, listing.items->pdata[i], &error))
            return lt_command_fail(terminal, error);
        lt_progress_show(&progress, i + 1, listing.items->len);
    }
    lt_progress_end(&progress);
    return LT_EXIT_OK;
}

static int
run_ack(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Inbox *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtClient) client = lt_client_new(&options->client, &error);
    g_autofree char *path = g_strdup_printf("/v1/inbox/%s/%s/ack", arguments[0], arguments[1]);
    g_autoptr(LtReply) reply = client == NULL ? NULL : call(client, "POST", path, &error);

    return reply == NULL ? lt_command_fail(terminal, error) : LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "list", .arguments = "", .summary = "Lists what waits for the unit: sender, id and type, separated by tabs",
      .examples = "lthub inbox list --hub https://hub.sonla.example --token token.txt --ca ca.pem", .options = list_keys, .options_size = sizeof(Inbox),
      .run = run_list },
    { .name = "fetch", .arguments = "", .summary = "Fetches what waits, as containers, and can acknowledge it",
      .description = "A container is written whole and synced to disk before it is acknowledged. What was not acknowledged stays in the inbox.",
      .examples = "lthub inbox fetch --hub https://hub.sonla.example --token token.txt --ca ca.pem --output in/ --ack", .options = fetch_keys,
      .options_size = sizeof(Inbox), .run = run_fetch },
    { .name = "ack", .arguments = "FROM ID", .min_arguments = 2, .max_arguments = 2, .summary = "Tells the hub that a message is safely stored here",
      .examples = "lthub inbox ack --hub https://hub.sonla.example --token token.txt H52.101 01a20925-06a3-7edc-9a84-96b5e6757771", .options = ack_keys,
      .options_size = sizeof(Inbox), .run = run_ack },
    { 0 },
};

const LtCommand lt_command_inbox = { "inbox", "lists, fetches and acknowledges what the hub keeps for a unit", verbs };

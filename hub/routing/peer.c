/* SPDX-License-Identifier: Apache-2.0 */
/* peer.c: sections of the configuration that name witnesses, logs and the time stamp authority, and how these are reached. */
#include "routing/peer.h"

#include <string.h>

#define ANSWER_MAX 262144u

#define ADDRESS_KEYS(Struct)                                                                                                      \
    { "url", LT_KEY_URL, G_STRUCT_OFFSET(Struct, address.url), NULL, NULL, "base URL" },                                           \
    { "allowed_addresses", LT_KEY_LIST, G_STRUCT_OFFSET(Struct, address.allowed_addresses), "", NULL, "addresses or networks to which it may resolve" }, \
    { "ca", LT_KEY_PATH, G_STRUCT_OFFSET(Struct, address.ca), "", NULL, "PEM file of the CAs of its TLS certificate" },             \
    { "crl", LT_KEY_PATH, G_STRUCT_OFFSET(Struct, address.crl), "", NULL, "PEM file of their CRLs" },                               \
    { "client_certificate", LT_KEY_PATH, G_STRUCT_OFFSET(Struct, address.client_certificate), "", NULL, "PEM file of our TLS certificate" }, \
    { "client_key", LT_KEY_PATH, G_STRUCT_OFFSET(Struct, address.client_key), "", NULL, "PEM file of its key" },                    \
    { "token", LT_KEY_SECRET, G_STRUCT_OFFSET(Struct, address.token), "", NULL, "token that it gave us, where it asks for one" },   \
    { "timeout", LT_KEY_DURATION, G_STRUCT_OFFSET(Struct, address.timeout), "20s", "1s..10min", "time for one request" }

static const LtKey witness_keys[] = {
    LT_STRING(LtWitnessSettings, vkey, NULL, "verifier key of the witness: one line, name+id+base64"),
    ADDRESS_KEYS(LtWitnessSettings),
    LT_KEYS_END,
};

typedef struct {
    char *vkey;
} LogSettings;

static const LtKey log_keys[] = {
    LT_STRING(LogSettings, vkey, NULL, "verifier key of a log that this hub cosigns: one line, origin+id+base64"),
    LT_KEYS_END,
};

static const LtKey timestamp_keys[] = {
    LT_PATH(LtTimestampSettings, tsa_ca, NULL, "PEM file of the CA in which the authority's time stamping certificate must end"),
    ADDRESS_KEYS(LtTimestampSettings),
    LT_KEYS_END,
};

const LtKey *
lt_peers_keys(const char *kind)
{
    return strcmp(kind, "witness") == 0 ? witness_keys : strcmp(kind, "log") == 0 ? log_keys : strcmp(kind, "timestamp") == 0 ? timestamp_keys : NULL;
}

static void
witness_free(gpointer data)
{
    LtWitnessSettings *self = data;

    lt_keys_clear(witness_keys, self);
    lt_vkey_free(self->key);
    g_free(self->name);
    g_free(self);
}

static void
key_free(gpointer key)
{
    lt_vkey_free(key);
}

void
lt_peers_free(LtPeers *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->witnesses);
    g_ptr_array_unref(self->logs);
    if (self->timestamp != NULL)
        lt_keys_clear(timestamp_keys, self->timestamp);
    g_free(self->timestamp);
    g_free(self);
}

static LtVerifierKey *
read_key(LtSection *section, const char *line, guint8 type, LtFaults *faults)
{
    g_autoptr(GError) error = NULL;
    LtVerifierKey *key = lt_vkey_read(line, strlen(line), &error);

    if (key != NULL && key->type == type)
        return key;
    lt_faults_add(faults, "%s: vkey: %s", lt_section_get_label(section),
                  key == NULL ? error->message : type == LT_NOTE_COSIGNATURE ? "this is the key of a log, not of a witness" : "this is the key of a witness, not of a log");
    lt_vkey_free(key);
    return NULL;
}

static void
add_witness(LtPeers *self, LtSection *section, LtFaults *faults)
{
    const LtKey *tables[] = { witness_keys, NULL };
    LtWitnessSettings *settings = g_new0(LtWitnessSettings, 1);
    gpointer structs[] = { settings, NULL };

    settings->name = g_strdup(lt_section_get_name(section));
    if (lt_section_fill(section, tables, structs, faults))
        settings->key = read_key(section, settings->vkey, LT_NOTE_COSIGNATURE, faults);
    if (settings->key != NULL)
        g_ptr_array_add(self->witnesses, settings);
    else
        witness_free(settings);
}

static void
add_log(LtPeers *self, LtSection *section, LtFaults *faults)
{
    const LtKey *tables[] = { log_keys, NULL };
    LogSettings settings = { 0 };
    gpointer structs[] = { &settings, NULL };
    LtVerifierKey *key = lt_section_fill(section, tables, structs, faults) ? read_key(section, settings.vkey, LT_NOTE_ED25519, faults) : NULL;

    if (key != NULL)
        g_ptr_array_add(self->logs, key);
    lt_keys_clear(log_keys, &settings);
}

static void
set_timestamp(LtPeers *self, LtSection *section, LtFaults *faults)
{
    const LtKey *tables[] = { timestamp_keys, NULL };
    LtTimestampSettings *settings = g_new0(LtTimestampSettings, 1);
    gpointer structs[] = { settings, NULL };

    self->timestamp = settings;
    lt_section_fill(section, tables, structs, faults);
}

LtPeers *
lt_peers_read(LtSettings *settings, LtFaults *faults)
{
    LtPeers *self = g_new0(LtPeers, 1);

    self->witnesses = g_ptr_array_new_with_free_func(witness_free);
    self->logs = g_ptr_array_new_with_free_func(key_free);
    for (guint i = 0; i < lt_settings_get_n_sections(settings); i++) {
        LtSection *section = lt_settings_get_section(settings, i);
        const char *kind = lt_section_get_kind(section);

        if (strcmp(kind, "witness") == 0)
            add_witness(self, section, faults);
        else if (strcmp(kind, "log") == 0)
            add_log(self, section, faults);
        else if (strcmp(kind, "timestamp") == 0)
            set_timestamp(self, section, faults);
    }
    return self;
}

const LtVerifierKey *
lt_peers_find_log(const LtPeers *self, const char *origin)
{
    for (guint i = 0; i < self->logs->len; i++) {
        const LtVerifierKey *key = self->logs->pdata[i];

        if (strcmp(key->name, origin) == 0)
            return key;
    }
    return NULL;
}

char **
lt_peers_witness_lines(const LtPeers *self)
{
    char **lines = g_new0(char *, self->witnesses->len + 1);

    for (guint i = 0; i < self->witnesses->len; i++)
        lines[i] = g_strdup(((const LtWitnessSettings *) self->witnesses->pdata[i])->vkey);
    return lines;
}

LtLinkTarget *
lt_peer_target(LtLinkThread *thread, const LtPeerAddress *address, GError **error)
{
    LtLinkOptions options = { .url = address->url, .allowed_addresses = (const char *const *) address->allowed_addresses, .ca = address->ca,
                              .crl = address->crl, .client_certificate = address->client_certificate, .client_key = address->client_key,
                              .total_us = address->timeout, .connect_us = address->timeout, .stall_us = address->timeout,
                              .max_reply_bytes = ANSWER_MAX };

    return lt_link_target_new(thread, &options, error);
}

LtReply *
lt_peer_ask(LtLinkTarget *target, const LtPeerAddress *address, const char *method, const char *path, GBytes *body, const char *media_type, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new(method, path);
    g_autofree char *bearer = address->token == NULL ? NULL : g_strconcat("Bearer ", address->token, NULL);

    if (bearer != NULL)
        lt_request_set_header(request, "Authorization", bearer);
    if (body != NULL)
        lt_request_set_body(request, body, media_type);
    return lt_link_target_send(target, request, 0, NULL, error);
}

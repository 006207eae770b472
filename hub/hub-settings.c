/* SPDX-License-Identifier: Apache-2.0 */
/* hub-settings.c: the hub's own sections of the configuration: [hub], [trust], [store], [audit], [http]. Their keys are rows like a plugin's. */
#include "hub.h"

#include <string.h>

static const LtKey hub_keys[] = {
    LT_STRING(LtHubSettings, unit, NULL, "unit id of the office that runs the hub, such as H52"),
    LT_PATH(LtHubSettings, folder, NULL, "folder of the store: database, contents, lock"),
    LT_PATH(LtHubSettings, certificate, NULL, "PEM certificate with which the hub signs receipts, and its intermediates"),
    LT_STRING(LtHubSettings, key, NULL, "its private key: a PEM file, or a pkcs11: URI"),
    LT_PATH(LtHubSettings, log_key, NULL, "Ed25519 private key (PEM) that signs checkpoints of the audit log"),
    LT_PATH(LtHubSettings, signer_state, "",
            "folder in which the signer remembers what it has signed; apart from the store, a store that was put back is noticed (default: folder)"),
    LT_STRING(LtHubSettings, alerts, "", "endpoint that is told when trouble with another begins and ends, as messages of type hub.alert"),
    LT_NUMBER(LtHubSettings, workers, "16", "1..256", "threads that run the plugins' verbs"),
    LT_KEYS_END,
};

static const LtKey trust_keys[] = {
    LT_PATH(LtHubSettings, anchors, NULL, "PEM file of the unit CAs in which signers' chains must end"),
    LT_PATH(LtHubSettings, crl, NULL, "PEM file of their CRLs"),
    LT_DURATION(LtHubSettings, crl_max_age, "24h", "0s..3650d", "how old a CRL may be"),
    LT_PATH(LtHubSettings, algorithms, "", "algorithms.conf: dates of algorithms, and exceptions (default: the compiled table, no exception)"),
    LT_BYTES(LtHubSettings, max_bytes, "100M", "64K..2147483647", "largest envelope that is taken (envelope.max_bytes)"),
    LT_KEYS_END,
};

static const LtKey store_keys[] = {
    LT_BYTES(LtHubSettings, cache, "8M", "1M..4G", "page cache of the writing connection; one that reads has at most 2M"),
    LT_BYTES(LtHubSettings, reserve, "256M", "0..1024G", "free disk below which new messages are refused"),
    LT_DURATION(LtHubSettings, check_every, "1h", "1s..1d", "how often what is new in the log is checked"),
    LT_STRING(LtHubSettings, full_check_at, "02:00", "time of day (Vietnam) at which log and contents are checked whole"),
    LT_NUMBER(LtHubSettings, group_max, "256", "1..4096", "writes that share one commit at most"),
    LT_DURATION(LtHubSettings, group_wait, "1ms", "0ms..100ms", "how long a commit waits for company when several writes are in flight"),
    LT_KEYS_END,
};

static const LtKey audit_keys[] = {
    LT_PATH(LtHubSettings, witness_key, "", "Ed25519 private key (PEM) with which this hub cosigns other logs; not the log key"),
    LT_NUMBER(LtHubSettings, quorum, "1", "0..32", "witnesses that must have cosigned a checkpoint for it to count as witnessed; without any [witness]: 0"),
    LT_DURATION(LtHubSettings, witness_every, "60s", "1s..1d", "how often witnesses are asked while the log grows; sooner after 1,000 entries"),
    LT_DURATION(LtHubSettings, anchor_every, "1h", "1s..1d", "how often the newest checkpoint gets a time stamp and a legal signature while the log grows"),
    LT_KEYS_END,
};

static const LtKey http_keys[] = {
    LT_PATH(LtHubSettings, peer_socket, "", "Unix socket for callers with a client certificate, behind nginx"),
    LT_PATH(LtHubSettings, api_socket, "", "Unix socket for callers with a token, behind nginx"),
    LT_PATH(LtHubSettings, admin_socket, "", "Unix socket for the commands and the operators"),
    LT_STRING(LtHubSettings, proxy_user, "www-data", "user that nginx runs as: only it may connect to the peer and api sockets"),
    LT_NUMBER(LtHubSettings, threads, "0", "0..64", "HTTP threads; 0: as many as cores"),
    LT_NUMBER(LtHubSettings, max_open, "512", "16..65536", "open connections; further ones get 503"),
    LT_DURATION(LtHubSettings, head_timeout, "10s", "1s..300s", "time for the head of a request"),
    LT_DURATION(LtHubSettings, body_timeout, "30s", "1s..600s", "time between two pieces of a body"),
    LT_DURATION(LtHubSettings, idle_timeout, "30s", "1s..600s", "time between two requests on a connection"),
    LT_NUMBER(LtHubSettings, hour_messages, "0", "0..1000000000", "envelopes that one unit may send in an hour; 0: no limit"),
    LT_BYTES(LtHubSettings, hour_bytes, "0", "0..1024G", "bytes that one unit may send in an hour; 0: no limit"),
    LT_NUMBER(LtHubSettings, day_messages, "0", "0..1000000000", "envelopes that one unit may send in a day; 0: no limit"),
    LT_BYTES(LtHubSettings, day_bytes, "0", "0..1024G", "bytes that one unit may send in a day; 0: no limit"),
    LT_KEYS_END,
};

static const struct {
    const char *kind;
    const LtKey *keys;
    gboolean required;
} sections[] = {
    { "hub", hub_keys, TRUE },
    { "trust", trust_keys, TRUE },
    { "store", store_keys, FALSE },
    { "audit", audit_keys, FALSE },
    { "http", http_keys, FALSE },
};

const LtKey *
lt_hub_settings_keys(const char *kind)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        if (g_strcmp0(sections[i].kind, kind) == 0)
            return sections[i].keys;
    }
    return NULL;
}

static gboolean
read_presets(const LtKey *keys, LtHubSettings *out, LtFaults *faults)
{
    for (const LtKey *key = keys; key->name != NULL; key++) {
        g_autoptr(GError) error = NULL;

        if (key->preset == NULL || key->preset[0] == '\0' || lt_key_set(key, out, key->preset, NULL, &error))
            continue;
        lt_faults_add(faults, "%s", error->message);
        return FALSE;
    }
    return TRUE;
}

gboolean
lt_hub_settings_time_of_day(const char *text, gint64 *after_midnight_us)
{
    guint hour, minute;

    if (strlen(text) != 5 || text[2] != ':' || !g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]) || !g_ascii_isdigit(text[3]) ||
        !g_ascii_isdigit(text[4]))
        return FALSE;
    hour = (guint) (text[0] - '0') * 10 + (guint) (text[1] - '0');
    minute = (guint) (text[3] - '0') * 10 + (guint) (text[4] - '0');
    *after_midnight_us = ((gint64) hour * 60 + minute) * 60 * G_USEC_PER_SEC;
    return hour < 24 && minute < 60;
}

gboolean
lt_hub_settings_read(LtSettings *settings, LtHubSettings *out, LtFaults *faults)
{
    gboolean good = TRUE;
    gint64 at_us;

    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++) {
        LtSection *section = lt_settings_lookup(settings, sections[i].kind, NULL);
        const LtKey *tables[] = { sections[i].keys, NULL };
        gpointer structs[] = { out, NULL };

        if (section != NULL) {
            good = lt_section_fill(section, tables, structs, faults) && good;
        } else if (sections[i].required) {
            lt_faults_add(faults, "%s: needs a section [%s]", lt_settings_get_path(settings), sections[i].kind);
            good = FALSE;
        } else {
            good = read_presets(sections[i].keys, out, faults) && good;
        }
    }
    if (good && !lt_hub_settings_time_of_day(out->full_check_at, &at_us)) {
        lt_faults_add(faults, "%s: [store] full_check_at: \"%s\" is not a time of day such as 02:00", lt_settings_get_path(settings), out->full_check_at);
        good = FALSE;
    }
    return good;
}

LtTrust *
lt_hub_settings_load_trust(const LtHubSettings *self, GError **error)
{
    g_autoptr(LtTrust) trust = lt_trust_load(self->anchors, self->crl, self->crl_max_age, error);
    g_autoptr(LtAlgorithms) algorithms = NULL;

    if (trust == NULL || self->algorithms == NULL)
        return g_steal_pointer(&trust);
    algorithms = lt_algorithms_load(self->algorithms, error);
    if (algorithms == NULL)
        return NULL;
    lt_trust_set_algorithms(trust, algorithms);
    return g_steal_pointer(&trust);
}

void
lt_hub_settings_clear(LtHubSettings *self)
{
    for (gsize i = 0; i < G_N_ELEMENTS(sections); i++)
        lt_keys_clear(sections[i].keys, self);
}

LtSignerOptions
lt_hub_settings_signer(const LtHubSettings *self)
{
    return (LtSignerOptions) { .unit = self->unit, .certificate = self->certificate, .key = self->key, .log_key = self->log_key,
                               .witness_key = self->witness_key,
                               .state = self->signer_state != NULL ? self->signer_state : self->folder };
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test-envelope.c: receiving, step by step: every known-bad manifest, header, identity, time and content of envelope.md §12 with
 * its code. Sealing is in test-seal.c. */
#include <string.h>

#include "lib/forge.h"
#include "lib/vectors.h"
#include "trust/header.h"

#define GOOD_ID "01a20925-06a3-7edc-9a84-96b5e6757771"
#define OTHER_ID "01a20925-06a3-7edc-9a84-96b5e6757772"
#define HEX64 "64ee89af141c4a36057800e73431b44bba6aa24820ff1d6541cda05cfd09de26"
#define SPKI "64ee89af141c4a36057800e73431b44bba6aa24820ff1d6541cda05cfd09de26"
#define RE "\"re\":{\"from\":\"H52.102\",\"id\":\"" OTHER_ID "\",\"manifest\":\"" HEX64 "\"},"

/* What this receiver knows of the world. */
typedef struct {
    Forge *forge;
    LtReceiver receiver;
    const char *unit;         /* whose key the forge's is */
    const char *hub_of;       /* unit for which that key may seal as a hub's */
    LtSeen seen;
    const char *known;        /* manifest of the envelope that RE names */
    const char *may_not_send; /* type */
    gboolean payload_refused;
} World;

static gboolean
key_is_registered(gpointer data, const char *spki_hex, const char *from, gint64 issued_us, gboolean by_hub)
{
    World *w = data;

    g_assert_cmpuint(strlen(spki_hex), ==, 64);
    (void) issued_us;
    return g_strcmp0(from, w->unit) == 0 || (by_hub && g_strcmp0(from, w->hub_of) == 0);
}

static gboolean
peer_may_relay(gpointer data, const char *peer_unit, const char *from)
{
    (void) data;
    (void) from;
    return strcmp(peer_unit, "H52") == 0;
}

static LtTo
find_receiver(gpointer data, const LtHeader *header)
{
    (void) data;
    return strcmp(header->to, "H52") == 0 ? LT_TO_SERVED : strcmp(header->to, "H52.102") == 0 ? LT_TO_NOT_SERVED : LT_TO_UNKNOWN;
}

static LtSeen
seen(gpointer data, const char *from, const char *id, const char *manifest, GError **error)
{
    World *w = data;

    (void) error;
    g_assert_cmpstr(from, ==, "H52.101");
    g_assert_cmpstr(id, ==, GOOD_ID);
    g_assert_cmpuint(strlen(manifest), ==, 64);
    return w->seen;
}

static gboolean
type_is_allowed(gpointer data, const char *from, const char *to, const char *type)
{
    World *w = data;

    (void) from;
    (void) to;
    return g_strcmp0(w->may_not_send, type) != 0;
}

static char *
manifest_of(gpointer data, const char *from, const char *id)
{
    World *w = data;

    g_assert_cmpstr(from, ==, "H52.102");
    g_assert_cmpstr(id, ==, OTHER_ID);
    return g_strdup(w->known);
}

static gboolean
check_payload(gpointer data, const LtHeader *header, GBytes *payload, GError **error)
{
    World *w = data;

    g_assert_nonnull(header->type);
    g_assert_cmpuint(g_bytes_get_size(payload), >, 0);
    if (w->payload_refused)
        lt_error_set(error, LT_ERROR_INVALID, "env.payload.schema", "as the test wants");
    return !w->payload_refused;
}

static void
set_up(World *w, gconstpointer data)
{
    (void) data;
    w->forge = forge_new();
    w->unit = "H52.101";
    w->receiver = (LtReceiver){ .trust = w->forge->trust, .now_us = FORGE_NOW * LT_US_PER_SECOND, .data = w,
                                .key_is_registered = key_is_registered, .peer_may_relay = peer_may_relay,
                                .find_receiver = find_receiver, .seen = seen, .type_is_allowed = type_is_allowed,
                                .manifest_of = manifest_of, .check_payload = check_payload };
}

static void
tear_down(World *w, gconstpointer data)
{
    (void) data;
    forge_free(w->forge);
}

static void
assert_bytes_code(World *w, GBytes *bytes, const char *code, guint last_step)
{
    g_autoptr(GError) error = NULL;
    LtContainer *container = lt_container_read_bytes(bytes, G_MAXUINT64, NULL, &error);
    g_autoptr(LtHeader) header = NULL;
    g_autoptr(LtEnvelope) envelope = NULL;
    guint passed = 0;

    g_assert_no_error(error);
    envelope = lt_envelope_receive(container, &w->receiver, &passed, &header, &error);
    if (code == NULL) {
        g_assert_no_error(error);
        g_assert_nonnull(envelope);
        g_assert_null(header);
        g_assert_cmpuint(passed, ==, last_step);
        g_assert_cmpstr(lt_message_get_from(envelope->message), ==, "H52.101");
        return;
    }
    g_assert_null(envelope);
    g_assert_nonnull(error);
    g_assert_cmpstr(lt_error_get_reason(error), ==, code);
    if (last_step != 0)
        g_assert_cmpuint(passed, ==, last_step);
    g_assert_true((header != NULL) == (passed >= 7));
}

static void
assert_code(World *w, const ForgeEnvelope *spec, const char *code, guint last_step)
{
    g_autoptr(GBytes) bytes = forge_envelope(w->forge, spec, NULL);

    assert_bytes_code(w, bytes, code, last_step);
}

/* The manifest's row of an attachment of the forge. */
#define ROW(name)                                                                                                      \
    "<asic:DataObjectReference URI=\"" name "\" MimeType=\"application/pdf\"><ds:DigestMethod "                        \
    "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>0JdbgbLnCMzAcQqqIBEmnifqZWf+3KAcuua4XsINmYQ="        \
    "</ds:DigestValue></asic:DataObjectReference>"

static const struct {
    const char *name;
    ForgeEnvelope spec;
    const char *code;
    guint step; /* the last that is passed */
} cases[] = {
    { "takes-a-good-one", { 0 }, NULL, 10 },
    { "takes-one-without-attachments", { .n_attachments = G_MAXUINT }, NULL, 10 },
    { "takes-xml", { .payload_name = "payload.xml", .payload = "<a/>" }, NULL, 10 },
    /* V4, V5 */
    { "refuses-a-space-in-the-manifest", { .manifest_find = "><asic:SigReference", .manifest_replace = "> <asic:SigReference" }, "env.manifest.template", 3 },
    { "refuses-a-comment-in-the-manifest", { .manifest_find = "><asic:SigReference", .manifest_replace = "><!-- --><asic:SigReference" }, "env.manifest.template", 3 },
    { "refuses-a-doctype-in-the-manifest", { .manifest_find = "?>\n", .manifest_replace = "?>\n<!DOCTYPE a>" }, "env.manifest.template", 3 },
    { "refuses-a-manifest-without-last-newline", { .manifest_find = "Manifest>\n", .manifest_replace = "Manifest>" }, "env.manifest.template", 3 },
    { "refuses-a-byte-before-the-declaration", { .manifest_find = "<?xml", .manifest_replace = "\n<?xml" }, "env.manifest.template", 3 },
    { "refuses-a-byte-after-the-manifest", { .manifest_find = "Manifest>\n", .manifest_replace = "Manifest>\n\n" }, "env.manifest.template", 3 },
    { "refuses-sha512-in-the-manifest", { .manifest_find = "xmlenc#sha256", .manifest_replace = "xmlenc#sha512" }, "env.manifest.template", 3 },
    { "refuses-attributes-in-another-order", { .manifest_find = "URI=\"envelope.json\" MimeType=\"application/json\"", .manifest_replace = "MimeType=\"application/json\" URI=\"envelope.json\"" }, "env.manifest.template", 3 },
    { "refuses-a-listed-but-absent-entry", { .manifest_find = "att/0002", .manifest_replace = "att/0003" }, "env.manifest.missing-entry", 3 },
    { "refuses-an-unlisted-attachment", { .manifest_find = ROW("att/0002"), .manifest_replace = "" }, "env.manifest.unlisted-entry", 3 },
    { "refuses-another-order-in-the-manifest",
      { .manifest_find = ROW("att/0001") ROW("att/0002"), .manifest_replace = ROW("att/0002") ROW("att/0001") }, "env.manifest.order", 3 },
    { "refuses-a-row-twice", { .manifest_find = ROW("att/0001"), .manifest_replace = ROW("att/0001") ROW("att/0001") }, "env.manifest.order", 3 },
    { "refuses-a-row-of-mimetype", { .manifest_find = "URI=\"att/0001\"", .manifest_replace = "URI=\"mimetype\"" }, "env.manifest.template", 3 },
    { "refuses-an-absent-entry-before-an-unlisted-one", { .manifest_find = "att/0001", .manifest_replace = "att/0003" }, "env.manifest.missing-entry", 3 },
    { "refuses-a-changed-payload", { .changed = "payload.json" }, "env.manifest.digest", 4 },
    { "refuses-a-changed-attachment", { .changed = "att/0002" }, "env.manifest.digest", 4 },
    { "refuses-a-changed-header", { .changed = "envelope.json" }, "env.manifest.digest", 4 },
    /* V6 */
    { "refuses-a-duplicate-name", { .find = "\"seq\":1", .replace = "\"seq\":1,\"seq\":1" }, "env.header.json", 5 },
    { "refuses-an-escaped-duplicate-name", { .find = "\"seq\":1", .replace = "\"seq\":1,\"\\u0073eq\":1" }, "env.header.json", 5 },
    { "refuses-a-float", { .find = "\"seq\":1", .replace = "\"seq\":1.0" }, "env.header.json", 5 },
    { "refuses-an-exponent", { .find = "\"seq\":1", .replace = "\"seq\":1e0" }, "env.header.json", 5 },
    { "refuses-a-byte-order-mark", { .find = "{\"v\"", .replace = "\xef\xbb\xbf{\"v\"" }, "env.header.json", 5 },
    { "refuses-a-newline-at-the-end", { .find = "}]}", .replace = "}]}\n" }, "env.header.json", 5 },
    { "refuses-a-newline-inside", { .find = ",\"seq\"", .replace = ",\n\"seq\"" }, "env.header.json", 5 },
    { "refuses-a-tab", { .find = ",\"seq\"", .replace = ",\t\"seq\"" }, "env.header.json", 5 },
    { "takes-a-space", { .find = ",\"seq\":", .replace = ", \"seq\" : " }, NULL, 10 },
    { "refuses-a-comment", { .find = ",\"seq\"", .replace = ",/**/\"seq\"" }, "env.header.json", 5 },
    { "refuses-an-escaped-nul", { .find = "dossier.submit", .replace = "dossier.submit\\u0000" }, "env.header.json", 5 },
    { "refuses-a-number-of-20-digits", { .find = "\"seq\":1", .replace = "\"seq\":12345678901234567890" }, "env.header.json", 5 },
    { "refuses-a-second-value", { .find = "}]}", .replace = "}]}{}" }, "env.header.json", 5 },
    { "refuses-an-array", { .header = "[]" }, "env.header.json", 5 },
    { "refuses-an-empty-object", { .header = "{}" }, "env.header.missing-field", 5 },
    { "refuses-another-version", { .find = "hub-env/1", .replace = "hub-env/2" }, "env.header.version", 5 },
    { "refuses-another-version-before-a-missing-field", { .header = "{\"v\":\"hub-env/2\"}" }, "env.header.version", 5 },
    { "refuses-a-version-that-is-a-number", { .find = "\"hub-env/1\"", .replace = "1" }, "env.header.value", 5 },
    { "refuses-without-v", { .find = "\"v\":\"hub-env/1\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-id", { .find = "\"id\":\"" GOOD_ID "\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-type", { .find = "\"type\":\"dossier.submit\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-from", { .find = "\"from\":\"H52.101\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-to", { .find = "\"to\":\"H52\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-issued", { .find = "\"issued\":\"" FORGE_ISSUED "\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-expires", { .find = "\"expires\":\"2026-11-24T16:03:00Z\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-seq", { .find = "\"seq\":1,", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-nonce", { .find = "\"nonce\":\"MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-without-parts", { .header = "{\"v\":\"hub-env/1\",\"id\":\"" GOOD_ID "\",\"type\":\"hub.ping\",\"from\":\"H52.101\",\"to\":\"H52\",\"issued\":\"" FORGE_ISSUED "\",\"expires\":\"2026-11-24T16:03:00Z\",\"seq\":1,\"nonce\":\"MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=\"}" }, "env.header.missing-field", 5 },
    { "refuses-a-part-without-role", { .find = "\"role\":\"payload\",", .replace = "" }, "env.header.missing-field", 5 },
    { "refuses-an-extra-field", { .find = "\"seq\":1", .replace = "\"seq\":1,\"extra\":1" }, "env.header.unknown-field", 5 },
    { "refuses-an-extra-field-with-a-tree", { .find = "\"seq\":1", .replace = "\"seq\":1,\"extra\":{\"seq\":[{\"v\":1}]}" }, "env.header.unknown-field", 5 },
    { "refuses-an-extra-field-of-a-part", { .find = "\"role\":\"payload\"", .replace = "\"role\":\"payload\",\"sha256\":\"x\"" }, "env.header.unknown-field", 5 },
    { "refuses-an-extra-field-before-a-bad-value", { .find = "\"seq\":1", .replace = "\"seq\":0,\"extra\":1" }, "env.header.unknown-field", 5 },
    { "refuses-a-missing-field-before-an-extra-one", { .find = "\"seq\":1", .replace = "\"sequence\":1" }, "env.header.missing-field", 5 },
    { "refuses-a-uuid-4-as-id", { .find = GOOD_ID, .replace = "c9d5d49c-b56f-4552-96a3-c9b95ec99950" }, "env.header.value", 5 },
    { "refuses-upper-case-in-the-id", { .find = GOOD_ID, .replace = "01A20925-06A3-7EDC-9A84-96B5E6757771" }, "env.header.value", 5 },
    { "refuses-a-urn-as-from", { .find = "\"from\":\"H52.101\"", .replace = "\"from\":\"urn:unit:H52.101\"" }, "env.header.value", 5 },
    { "refuses-36-characters-as-from", { .find = "\"from\":\"H52.101\"", .replace = "\"from\":\"H52.10123456789012345678901234567890\"" }, "env.header.value", 5 },
    { "refuses-two-dots-in-to", { .find = "\"to\":\"H52\"", .replace = "\"to\":\"H52..1\"" }, "env.header.value", 5 },
    { "refuses-an-offset-in-a-time", { .find = FORGE_ISSUED, .replace = "2026-11-23T16:03:00+00:00" }, "env.header.value", 5 },
    { "refuses-31-february", { .find = FORGE_ISSUED, .replace = "2026-02-31T16:03:00Z" }, "env.header.value", 5 },
    { "refuses-second-60", { .find = FORGE_ISSUED, .replace = "2026-11-23T16:03:60Z" }, "env.header.value", 5 },
    { "refuses-milliseconds", { .find = FORGE_ISSUED, .replace = "2026-11-23T16:03:00.000Z" }, "env.header.value", 5 },
    { "refuses-seq-0", { .find = "\"seq\":1", .replace = "\"seq\":0" }, "env.header.value", 5 },
    { "refuses-seq-as-a-string", { .find = "\"seq\":1", .replace = "\"seq\":\"1\"" }, "env.header.value", 5 },
    { "refuses-a-nonce-of-31-bytes", { .find = "MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=", .replace = "MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7Q==" }, "env.header.value", 5 },
    { "refuses-a-nonce-with-unused-bits", { .find = "Yk7dA=", .replace = "Yk7dB=" }, "env.header.value", 5 },
    { "refuses-the-citizens-code-as-dossier", { .find = "c9d5d49c-b56f-4552-96a3-c9b95ec99950", .replace = "H52.101-261123-0001" }, "env.header.value", 5 },
    { "refuses-parts-that-are-an-object", { .header = "{\"v\":\"hub-env/1\",\"id\":\"" GOOD_ID "\",\"type\":\"hub.ping\",\"from\":\"H52.101\",\"to\":\"H52\",\"issued\":\"" FORGE_ISSUED "\",\"expires\":\"2026-11-24T16:03:00Z\",\"seq\":1,\"nonce\":\"MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=\",\"parts\":{}}" }, "env.header.value", 5 },
    { "refuses-a-role-in-upper-case", { .find = "\"role\":\"payload\"", .replace = "\"role\":\"Payload\"" }, "env.header.value", 5 },
    { "takes-an-unknown-role", { .find = "\"role\":\"evidence\"", .replace = "\"role\":\"map-of-land\"" }, NULL, 10 },
    { "refuses-a-media-type-with-parameters", { .find = "\"mediaType\":\"application/json\"", .replace = "\"mediaType\":\"application/json; charset=utf-8\"" }, "env.header.value", 5 },
    { "refuses-re-that-is-a-string", { .find = "\"seq\":1", .replace = "\"seq\":1,\"re\":\"x\"" }, "env.header.value", 5 },
    { "refuses-orig-of-another-kind", { .find = "\"seq\":1", .replace = "\"seq\":1,\"orig\":{\"kind\":\"fax\",\"part\":\"att/0001\",\"verdict\":\"valid\"}" }, "env.header.value", 5 },
    { "refuses-an-unknown-type", { .find = "dossier.submit", .replace = "dossier.burn" }, "env.header.type", 5 },
    { "refuses-a-bad-value-before-an-unknown-type", { .find = "dossier.submit\",\"from\":\"H52.101\"", .replace = "dossier.burn\",\"from\":\"-\"" }, "env.header.value", 5 },
    { "refuses-another-size", { .find = "\"size\":30", .replace = "\"size\":31" }, "env.header.parts", 5 },
    { "refuses-another-name", { .find = "\"name\":\"att/0001\"", .replace = "\"name\":\"att/0003\"" }, "env.header.parts", 5 },
    { "refuses-another-media-type", { .find = "application/pdf", .replace = "image/png" }, "env.header.parts", 5 },
    { "refuses-another-media-type-of-the-payload", { .find = "\"mediaType\":\"application/json\"", .replace = "\"mediaType\":\"text/json\"", .manifest_find = "URI=\"payload.json\" MimeType=\"application/json\"", .manifest_replace = "URI=\"payload.json\" MimeType=\"text/json\"" }, "env.header.parts", 5 },
    { "refuses-one-part-too-many", { .find = "}]}", .replace = "},{\"name\":\"att/0003\",\"role\":\"evidence\",\"mediaType\":\"application/pdf\",\"size\":1}]}" }, "env.header.parts", 5 },
    { "refuses-orig-of-an-absent-part", { .find = "\"seq\":1", .replace = "\"seq\":1,\"orig\":{\"kind\":\"file\",\"part\":\"att/0009\",\"verdict\":\"valid\"}" }, "env.header.parts", 5 },
    { "refuses-a-submit-without-dossier", { .find = "\"dossier\":\"c9d5d49c-b56f-4552-96a3-c9b95ec99950\",", .replace = "" }, "env.type.rule", 5 },
    { "refuses-a-submit-with-re", { .find = "\"parts\"", .replace = RE "\"parts\"" }, "env.type.rule", 5 },
    { "refuses-a-result-without-re", { .find = "dossier.submit", .replace = "dossier.result" }, "env.type.rule", 5 },
    { "refuses-a-status-with-attachments", { .find = "dossier.submit", .replace = "dossier.status" }, "env.type.rule", 5 },
    { "refuses-a-submit-without-payload", { .payload = "", .find = "\"role\":\"payload\"", .replace = "\"role\":\"form\"" }, "env.type.rule", 5 },
    { "refuses-a-relay-without-orig", { .payload = "", .n_attachments = 1, .find = "dossier.submit", .replace = "edxml.relay" }, "env.type.rule", 5 },
    /* V7 */
    { "refuses-another-units-name", { .find = "\"from\":\"H52.101\"", .replace = "\"from\":\"H52.103\"" }, "env.from.signer", 6 },
    { "refuses-an-unknown-receiver", { .find = "\"to\":\"H52\"", .replace = "\"to\":\"H99\"" }, "env.to.unknown", 6 },
    { "refuses-a-receiver-that-is-not-served", { .find = "\"to\":\"H52\"", .replace = "\"to\":\"H52.102\"" }, "env.to.not-served", 6 },
    { "refuses-the-sender-before-the-receiver", { .find = "\"from\":\"H52.101\",\"to\":\"H52\"", .replace = "\"from\":\"H52.103\",\"to\":\"H99\"" }, "env.from.signer", 6 },
    /* V9 */
    { "refuses-an-end-before-the-beginning", { .find = "2026-11-24T16:03:00Z", .replace = FORGE_ISSUED }, "env.time.lifetime", 8 },
    { "takes-a-life-of-7-days", { .find = "2026-11-24T16:03:00Z", .replace = "2026-11-30T16:03:00Z" }, NULL, 10 },
    { "refuses-a-life-of-7-days-and-a-second", { .find = "2026-11-24T16:03:00Z", .replace = "2026-11-30T16:03:01Z" }, "env.time.lifetime", 8 },
    { "takes-an-issue-300-s-ahead", { .find = FORGE_ISSUED, .replace = "2026-11-23T16:08:30Z", .cms.signed_s = FORGE_NOW + 300 }, NULL, 10 },
    { "refuses-an-issue-301-s-ahead", { .find = FORGE_ISSUED, .replace = "2026-11-23T16:08:31Z", .cms.signed_s = FORGE_NOW + 301 }, "env.time.future", 8 },
    { "refuses-what-ends-now", { .find = "2026-11-24T16:03:00Z", .replace = "2026-11-23T16:03:30Z" }, "env.time.expired", 8 },
    { "takes-what-ends-in-a-second", { .find = "2026-11-24T16:03:00Z", .replace = "2026-11-23T16:03:31Z" }, NULL, 10 },
    { "takes-a-signing-time-300-s-off", { .cms.signed_s = FORGE_ISSUED_S - 300 }, NULL, 10 },
    { "refuses-a-signing-time-301-s-off", { .cms.signed_s = FORGE_ISSUED_S - 301 }, "env.time.signing", 8 },
    { "refuses-a-signing-time-301-s-later", { .cms.signed_s = FORGE_ISSUED_S + 301 }, "env.time.signing", 8 },
    { "refuses-an-issue-before-the-certificate",
      { .find = "\"issued\":\"" FORGE_ISSUED "\",\"expires\":\"2026-11-24T16:03:00Z\"", .replace = "\"issued\":\"2026-11-22T16:03:00Z\",\"expires\":\"2026-11-24T16:03:00Z\"",
        .cms.signed_s = FORGE_ISSUED_S - FORGE_DAY }, "env.time.signing", 8 },
    /* V2, V3 through the whole function */
    { "refuses-no-signed-attributes", { .cms.no_attributes = TRUE }, "env.sig.no-signed-attrs", 1 },
    { "refuses-a-broken-signature", { .cms.broken = TRUE }, "env.sig.bad-signature", 2 },
};

static void
test_case(World *w, gconstpointer data)
{
    gsize i = GPOINTER_TO_SIZE(data);

    assert_code(w, &cases[i].spec, cases[i].code, cases[i].step);
}

/* A header of any type around the same parts. */
#define HEADER(type, from, fields, parts)                                                                              \
    "{\"v\":\"hub-env/1\",\"id\":\"" GOOD_ID "\",\"type\":\"" type "\",\"from\":\"" from "\",\"to\":\"H52\",\"issued\":\"" FORGE_ISSUED "\"," \
    "\"expires\":\"2026-11-24T16:03:00Z\",\"seq\":1,\"nonce\":\"MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=\"," fields "\"parts\":[" parts "]}"
#define DOSSIER "\"dossier\":\"c9d5d49c-b56f-4552-96a3-c9b95ec99950\","
#define PAYLOAD_PART "{\"name\":\"payload.json\",\"role\":\"payload\",\"mediaType\":\"application/json\",\"size\":30}"
#define ORIGINAL_PART(role) "{\"name\":\"att/0001\",\"role\":\"" role "\",\"mediaType\":\"application/pdf\",\"size\":15}"
#define ORIG(signer) "\"orig\":{\"kind\":\"edxml\",\"part\":\"att/0001\",\"verdict\":\"legacy\"" signer "},"

static const ForgeEnvelope receipt = { .header = HEADER("receipt", "H52.101", DOSSIER RE, PAYLOAD_PART), .n_attachments = G_MAXUINT };

static void
test_references(World *w, gconstpointer data)
{
    const ForgeEnvelope status = { .header = HEADER("dossier.status", "H52.101", DOSSIER RE, PAYLOAD_PART), .n_attachments = G_MAXUINT };

    (void) data;
    assert_code(w, &receipt, "env.re.unknown", 9);
    assert_code(w, &status, NULL, 10);
    w->known = HEX64;
    assert_code(w, &receipt, NULL, 10);
    assert_code(w, &status, NULL, 10);
    w->known = "74ee89af141c4a36057800e73431b44bba6aa24820ff1d6541cda05cfd09de26";
    assert_code(w, &receipt, "env.re.manifest", 9);
    assert_code(w, &status, "env.re.manifest", 9);
}

static void
test_relay(World *w, gconstpointer data)
{
    const ForgeEnvelope good = { .header = HEADER("edxml.relay", "H52.101", ORIG(",\"signer\":\"" SPKI "\""), ORIGINAL_PART("original")), .payload = "", .n_attachments = 1 };
    const ForgeEnvelope role = { .header = HEADER("edxml.relay", "H52.101", ORIG(""), ORIGINAL_PART("evidence")), .payload = "", .n_attachments = 1 };
    const ForgeEnvelope on_receipt = { .header = HEADER("receipt", "H52.101", DOSSIER RE "\"orig\":{\"kind\":\"file\",\"part\":\"payload.json\",\"verdict\":\"absent\"},", PAYLOAD_PART), .n_attachments = G_MAXUINT };
    const ForgeEnvelope bare = { .header = HEADER("hub.ping", "H52.101", "", PAYLOAD_PART), .n_attachments = G_MAXUINT };

    (void) data;
    assert_code(w, &good, NULL, 10);
    assert_code(w, &role, "env.type.rule", 5);
    assert_code(w, &on_receipt, "env.type.rule", 5);
    /* The key of a hub seals for the unit only where the header says so. */
    w->unit = "H52";
    assert_code(w, &good, "env.from.signer", 6);
    w->hub_of = "H52.101";
    assert_code(w, &good, NULL, 10);
    assert_code(w, &bare, "env.from.signer", 6);
}

static void
test_peer(World *w, gconstpointer data)
{
    const ForgeEnvelope good = { 0 };

    (void) data;
    w->receiver.peer_unit = "H52.101";
    assert_code(w, &good, NULL, 10);
    w->receiver.peer_unit = "H52.102";
    assert_code(w, &good, "env.from.peer", 6);
    w->receiver.peer_unit = "H52";
    assert_code(w, &good, NULL, 10);
}

static void
test_duplicates(World *w, gconstpointer data)
{
    const ForgeEnvelope good = { 0 }, old = { .find = "2026-11-24T16:03:00Z", .replace = "2026-11-23T16:03:10Z" };

    (void) data;
    w->seen = LT_SEEN_CONFLICT;
    assert_code(w, &good, "env.dup.conflict", 7);
    w->seen = LT_SEEN_FAILED;
    assert_code(w, &good, "env.dup.failed", 7);
    assert_code(w, &old, "env.dup.failed", 7);
    w->seen = LT_SEEN_SAME;
    assert_code(w, &good, NULL, 8);
    assert_code(w, &old, NULL, 8); /* asked before the time: a late sender gets its receipt */
    w->seen = LT_SEEN_NEW;
    assert_code(w, &old, "env.time.expired", 8);
}

static void
test_policy(World *w, gconstpointer data)
{
    const ForgeEnvelope good = { 0 };

    (void) data;
    w->payload_refused = TRUE;
    assert_code(w, &good, "env.payload.schema", 9);
    w->may_not_send = "dossier.submit";
    assert_code(w, &good, "env.policy.type", 9);
}

/* Without a database: who, to whom, seen before, the clock and references are not asked. */
static void
test_offline(World *w, gconstpointer data)
{
    const ForgeEnvelope old = { .find = "2026-11-24T16:03:00Z", .replace = "2026-11-23T16:03:10Z" };
    const ForgeEnvelope late = { .cms.signed_s = FORGE_ISSUED_S + 301 };

    (void) data;
    w->receiver.scope = LT_RECEIVE_OFFLINE;
    w->unit = "nobody";
    w->seen = LT_SEEN_CONFLICT;
    assert_code(w, &old, NULL, 10);
    assert_code(w, &receipt, NULL, 10);
    assert_code(w, &late, "env.time.signing", 8);
    w->payload_refused = TRUE;
    assert_code(w, &old, "env.payload.schema", 9);
}

static void
assert_same_stream(GInputStream *stream, GBytes *bytes)
{
    gsize size = g_bytes_get_size(bytes), got;
    g_autofree char *read = g_malloc(size + 1);

    g_assert_nonnull(stream);
    g_assert_true(g_input_stream_read_all(stream, read, size + 1, &got, NULL, NULL));
    g_assert_cmpmem(read, got, g_bytes_get_data(bytes, NULL), size);
}

/* The message outlives the envelope, and gives the bytes that came in. */
static void
test_message(World *w, gconstpointer data)
{
    const ForgeEnvelope good = { 0 };
    g_autofree char *hex = NULL;
    g_autoptr(GBytes) bytes = forge_envelope(w->forge, &good, &hex);
    g_autoptr(GBytes) pdf = g_bytes_new_static("%PDF-1.4 sample", 15);
    LtEnvelope *envelope = lt_envelope_open(bytes, &w->receiver, NULL);
    g_autoptr(LtMessage) message = lt_message_ref(envelope->message);
    g_autoptr(GInputStream) whole = NULL, attachment = NULL;
    g_autoptr(GError) error = NULL;
    guint64 size;

    (void) data;
    g_assert_cmpint(envelope->signed_us, ==, FORGE_ISSUED_S * LT_US_PER_SECOND);
    lt_envelope_unref(envelope);
    g_assert_cmpstr(lt_message_get_manifest(message), ==, hex);
    g_assert_cmpstr(lt_message_get_id(message), ==, GOOD_ID);
    g_assert_cmpuint(lt_message_get_n_attachments(message), ==, 2);
    g_assert_cmpuint(strlen(lt_message_get_attachment(message, 1)->sha256), ==, 64);
    g_assert_cmpuint(g_bytes_get_size(lt_message_get_payload(message)), ==, 30);
    attachment = lt_message_open_attachment(message, 1, &error);
    assert_same_stream(attachment, pdf);
    whole = lt_message_open_envelope(message, &size, &error);
    g_assert_cmpuint(size, ==, g_bytes_get_size(bytes));
    assert_same_stream(whole, bytes);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strconcat("/envelope/", cases[i].name, NULL);

        g_test_add(path, World, GSIZE_TO_POINTER(i), set_up, test_case, tear_down);
    }
    g_test_add("/envelope/compares-what-it-answers", World, NULL, set_up, test_references, tear_down);
    g_test_add("/envelope/takes-a-hubs-seal-only-with-orig", World, NULL, set_up, test_relay, tear_down);
    g_test_add("/envelope/refuses-a-peer-that-may-not-relay", World, NULL, set_up, test_peer, tear_down);
    g_test_add("/envelope/asks-for-duplicates-before-the-time", World, NULL, set_up, test_duplicates, tear_down);
    g_test_add("/envelope/asks-policy-before-payload", World, NULL, set_up, test_policy, tear_down);
    g_test_add("/envelope/judges-offline-without-the-world", World, NULL, set_up, test_offline, tear_down);
    g_test_add("/envelope/gives-a-message-that-outlives-it", World, NULL, set_up, test_message, tear_down);
    return g_test_run();
}

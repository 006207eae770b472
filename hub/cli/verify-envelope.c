/* SPDX-License-Identifier: Apache-2.0 */
/* verify-envelope.c: an envelope or receipt checked by the receiving function itself, on files alone.
 *
 * Certificates are judged at the time that was given, else at the time that the envelope claims, and the report says which. Without a trust
 * anchor or CRL the rest is still checked, so that "incomplete" means that nothing else failed.
 */
#include <string.h>

#include "base/language.h"
#include "base/value.h"
#include "cli/verify-evidence.h"
#include "trust/envelope.h"
#include "trust/header.h"
#include "trust/manifest.h"

static void
report_time(LtReport *report, const LtVerifyOptions *options, gint64 claimed_us)
{
    report->time_us = options->at_us != 0 ? options->at_us : claimed_us;
    report->time_source = report->time_us == 0 ? NULL : options->at_us != 0 ? "argument" : "claimed";
}

gint64
lt_verify_claimed_time(LtContainer *container)
{
    LtEntry *entry = lt_container_lookup(container, "envelope.json");
    gsize size = 0;
    const char *data = entry == NULL || entry->bytes == NULL ? NULL : g_bytes_get_data(entry->bytes, &size);
    g_autoptr(LtHeader) header = data == NULL ? NULL : lt_header_read(data, size, NULL);

    return header == NULL ? 0 : header->issued_us;
}

static guint
count_listed(LtContainer *container)
{
    LtEntry *entry = lt_container_lookup(container, "META-INF/ASiCManifest001.xml");
    gsize size = 0;
    const char *data = entry == NULL || entry->bytes == NULL ? NULL : g_bytes_get_data(entry->bytes, &size);
    g_autoptr(GArray) items = data == NULL ? NULL : lt_manifest_read(data, size, NULL);

    return items == NULL ? 0 : items->len;
}

/* What the steps that were passed have shown, in the order of envelope.md §9. */
static void
report_passed(LtReport *report, guint passed, guint n_listed, const LtEnvelope *envelope)
{
    if (passed >= 1)
        lt_report_pass(report, "env.zip", g_strdup(_("Container: strict form, no byte too many")));
    if (passed >= 3)
        lt_report_pass(report, "env.sig",
                       envelope == NULL ? g_strdup(_("Signature of the envelope: valid"))
                                        : g_strdup_printf(_("Signature of the envelope: valid — %s (%s)"), envelope->signer->subject,
                                                          lt_message_get_from(envelope->message)));
    if (passed >= 5)
        lt_report_pass(report, "env.manifest", g_strdup_printf(_("List of files: %u/%u digests agree"), n_listed, n_listed));
    if (passed >= 6)
        lt_report_pass(report, "env.header", g_strdup(_("Header: complete and well-formed")));
    if (envelope == NULL)
        return;
    lt_report_pass(report, "env.time", g_strdup(_("Times: issued, signed and lifetime agree")));
    lt_report_pass(report, "env.payload", g_strdup(_("Content: passes the guards of its form")));
}

static gboolean
is_missing_trust(const char *code, const LtVerifyOptions *options)
{
    return g_str_equal(code, "env.cert.revocation-unknown") || (options->trust == NULL && g_str_equal(code, "env.cert.untrusted"));
}

/* The signature is good, but nobody vouches for its certificate: what follows it in the order of checks is looked at by hand. */
static void
check_without_trust(LtReport *report, LtContainer *container, const char *code)
{
    LtEntry *entry = lt_container_lookup(container, "META-INF/ASiCManifest001.xml");
    g_autoptr(GError) error = NULL;
    gsize size;
    const char *data = g_bytes_get_data(entry->bytes, &size);
    g_autoptr(GArray) items = lt_manifest_read(data, size, &error);
    guint n_agree = 0;

    lt_report_pass(report, "env.sig", g_strdup(_("Signature of the envelope: valid")));
    lt_report_miss(report, code, g_strdup(g_str_equal(code, "env.cert.untrusted") ? _("Certificate: no trust anchor given (--trust)")
                                                                                  : _("Certificate: no usable CRL given (--crl)")));
    if (items == NULL) {
        lt_report_fail(report, lt_error_get_reason(error), g_strdup_printf("%s: %s", _("List of files: not valid"), error->message));
        return;
    }
    for (guint i = 0; i < items->len; i++) {
        const LtManifestItem *item = &g_array_index(items, LtManifestItem, i);
        LtEntry *listed = lt_container_lookup(container, item->name);

        n_agree += listed != NULL && memcmp(listed->sha256, item->sha256, LT_SHA256_SIZE) == 0;
    }
    /* mimetype, manifest and signature are not listed */
    if (n_agree == items->len && items->len + 3 == container->entries->len)
        lt_report_pass(report, "env.manifest", g_strdup_printf(_("List of files: %u/%u digests agree"), n_agree, items->len));
    else
        lt_report_fail(report, "env.manifest.digest", g_strdup_printf(_("List of files: %u/%u digests agree"), n_agree, items->len));
}

static void
report_refusal(LtReport *report, guint passed, guint n_listed, const LtVerifyOptions *options, GBytes *bytes, const GError *error)
{
    const char *code = lt_error_get_reason(error);

    if (is_missing_trust(code, options)) {
        g_autoptr(LtContainer) container = lt_container_read_bytes(bytes, LT_VERIFY_CONTAINER_MAX, NULL, NULL);

        report_passed(report, MIN(passed, 1), n_listed, NULL);
        check_without_trust(report, container, code);
        return;
    }
    report_passed(report, passed, n_listed, NULL);
    lt_report_fail(report, code, g_strdup_printf("%s: %s", _("Envelope: not valid"), error->message));
}

/* What was allowed then and is not now, or only by exception, is said, not refused (envelope.md §13). */
static void
report_algorithm(LtReport *report, LtAlgorithms *algorithms, const LtEnvelope *envelope)
{
    if (!lt_algorithms_allow(algorithms, envelope->algorithm, lt_time_now_us()))
        lt_report_pass(report, "env.sig.algorithm", g_strdup_printf(_("Algorithm: %s was allowed at that time and no longer is"), envelope->algorithm));
    if (envelope->exception != NULL)
        lt_report_pass(report, "env.sig.exception", g_strdup_printf(_("Signature: taken by the dated exception %s"), envelope->exception));
}

static void
report_identity(LtReport *report, const LtVerifyOptions *options, LtTrust *trust, const LtEnvelope *envelope)
{
    report->manifest = g_strdup(lt_message_get_manifest(envelope->message));
    report->from = g_strdup(lt_message_get_from(envelope->message));
    report->signer = g_strdup(envelope->signer->subject);
    report->identity = "certificate";
    if (options->units != NULL)
        lt_verify_identity(report, options, trust, envelope);
}

LtTrust *
lt_verify_trust(const LtVerifyOptions *options, GError **error)
{
    if (options->trust == NULL)
        return lt_trust_nobody();
    return options->crl_bytes != NULL ? lt_trust_load_archived(options->trust, options->crl_bytes, error)
                                      : lt_trust_load(options->trust, options->crl, 0, error);
}

void
lt_verify_envelope(LtReport *report, GBytes *bytes, const LtVerifyOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtContainer) container = lt_container_read_bytes(bytes, LT_VERIFY_CONTAINER_MAX, NULL, &error);
    g_autoptr(LtTrust) trust = NULL;
    g_autoptr(LtEnvelope) envelope = NULL;
    LtReceiver receiver = { .scope = LT_RECEIVE_OFFLINE };
    guint passed = 1, n_listed;

    report->kind = "envelope";
    if (container == NULL) {
        lt_report_fail(report, lt_error_get_reason(error), g_strdup_printf("%s: %s", _("Container: not valid"), error->message));
        return;
    }
    trust = lt_verify_trust(options, &error);
    if (trust == NULL) {
        lt_report_unreadable(report, g_strdup(error->message));
        return;
    }
    lt_trust_set_algorithms(trust, options->allowed);
    report_time(report, options, lt_verify_claimed_time(container));
    n_listed = count_listed(container);
    receiver.trust = trust;
    receiver.now_us = report->time_us;
    envelope = lt_envelope_receive(g_steal_pointer(&container), &receiver, &passed, NULL, &error);
    if (envelope == NULL) {
        report_refusal(report, passed, n_listed, options, bytes, error);
        return;
    }
    report_passed(report, 10, n_listed, envelope);
    report_algorithm(report, options->allowed, envelope);
    report_identity(report, options, trust, envelope);
}

static gboolean
is_evidence(LtContainer *container)
{
    LtEntry *entry = lt_container_get(container, "envelope.json");
    g_autoptr(LtHeader) header = lt_header_read(g_bytes_get_data(entry->bytes, NULL), g_bytes_get_size(entry->bytes), NULL);

    return header != NULL && strcmp(header->type, "audit.evidence") == 0;
}

void
lt_verify_container(LtReport *report, GBytes *bytes, const LtVerifyOptions *options)
{
    g_autoptr(LtContainer) container = lt_container_read_bytes(bytes, LT_VERIFY_CONTAINER_MAX, NULL, NULL);

    if (container != NULL && is_evidence(container))
        lt_verify_evidence(report, container, bytes, options);
    else
        lt_verify_envelope(report, bytes, options);
}

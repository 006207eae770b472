/* SPDX-License-Identifier: Apache-2.0 */
/* verify-evidence-messages.c: the messages of an evidence file, each against the entry of the log that tells its digest.
 *
 * A message is checked by the receiving function, at the time of its entry and with the CRL that was archived then. Of one that was withheld the signature and
 * the list of digests are checked, and its content is said to be absent; that is incomplete, not invalid.
 */
#include <string.h>

#include "base/language.h"
#include "cli/verify-evidence.h"
#include "trust/cms.h"
#include "trust/digest.h"
#include "trust/manifest.h"

#define MANIFEST "META-INF/ASiCManifest001.xml"
#define SIGNATURE "META-INF/signature001.p7s"

static void
fail(LtReport *report, const char *code, const LtEvidenceItem *item, const char *what)
{
    lt_report_fail(report, code, g_strdup_printf(_("Message %03u: %s"), item->k, what));
}

static void
miss(LtReport *report, const char *code, const LtEvidenceItem *item, const char *what)
{
    lt_report_miss(report, code, g_strdup_printf(_("Message %03u: %s"), item->k, what));
}

/* Trust as of the message: anchors from outside, the CRL from the file when it has one, else from outside. */
static LtTrust *
trust_for(const LtEvidenceFile *self, const LtEvidenceItem *item, LtReport *report, const LtVerifyOptions *options)
{
    LtVerifyOptions mine = *options;
    g_autoptr(GError) error = NULL;
    LtTrust *trust;

    mine.crl_bytes = lt_evidence_file_get(self, "trust/crl-%u.pem", item->k);
    trust = lt_verify_trust(&mine, &error);
    if (trust == NULL)
        fail(report, "trust.file", item, error->message);
    return trust;
}

/* A refusal that comes of what was not given is no fault of the message. */
static void
report_refusal(LtReport *report, const LtEvidenceItem *item, const LtVerifyOptions *options, const GError *error)
{
    const char *code = lt_error_get_reason(error);

    if (strcmp(code, "env.cert.revocation-unknown") == 0 || (options->trust == NULL && strcmp(code, "env.cert.untrusted") == 0))
        miss(report, code, item, error->message);
    else
        fail(report, code, item, error->message);
}

/* Digests of a container whose signature nobody could judge: the list still has to be right. */
static gboolean
digests_agree(LtContainer *container, const LtEvidenceItem *item, LtReport *report)
{
    GBytes *manifest = lt_container_get(container, MANIFEST)->bytes;
    g_autoptr(GError) error = NULL;
    g_autoptr(GArray) items = lt_manifest_read(g_bytes_get_data(manifest, NULL), g_bytes_get_size(manifest), &error);
    gboolean agree = items != NULL && items->len + 3 == container->entries->len;

    for (guint i = 0; agree && i < items->len; i++) {
        const LtManifestItem *listed = &g_array_index(items, LtManifestItem, i);
        LtEntry *entry = lt_container_lookup(container, listed->name);

        agree = entry != NULL && memcmp(entry->sha256, listed->sha256, LT_SHA256_SIZE) == 0;
    }
    if (!agree)
        fail(report, "env.manifest.digest", item, _("content is not what was signed"));
    return agree;
}

static gboolean
is_manifest(GBytes *manifest, const LtEvidenceItem *item)
{
    g_autofree char *hex = manifest == NULL ? NULL : lt_sha256_dup_hex(g_bytes_get_data(manifest, NULL), g_bytes_get_size(manifest));

    return g_strcmp0(hex, item->manifest) == 0;
}

/* The key that the log says signed it. */
static void
check_signer(const LtSignerCertificate *signer, const LtRecordView *entry, const LtEvidenceItem *item, LtReport *report)
{
    const char *told = g_hash_table_lookup(entry->fields, "signer");

    if (told != NULL && strcmp(told, signer->spki_hex) != 0)
        fail(report, "env.from.signer", item, _("signed by another key than the log says"));
}

/* Returns: whether it is here, whatever was found of it */
static gboolean
check_whole(const LtEvidenceFile *self, const LtEvidenceItem *item, const LtRecordView *entry, LtReport *report, const LtVerifyOptions *options)
{
    GBytes *bytes = lt_evidence_file_get(self, "msg/%03u.asice", item->k);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtContainer) container = bytes == NULL ? NULL : lt_container_read_bytes(bytes, LT_VERIFY_CONTAINER_MAX, NULL, &error);
    g_autoptr(LtTrust) trust = NULL;
    g_autoptr(LtEnvelope) envelope = NULL;
    LtReceiver receiver = { .scope = LT_RECEIVE_OFFLINE, .now_us = options->at_us != 0 ? options->at_us : entry->at_us };

    if (bytes == NULL)
        return FALSE;
    if (container == NULL) {
        fail(report, lt_error_get_reason(error), item, error->message);
        return TRUE;
    }
    if (!is_manifest(lt_container_get(container, MANIFEST)->bytes, item)) {
        fail(report, "evidence.messages", item, _("another one than the log tells"));
        return TRUE;
    }
    trust = trust_for(self, item, report, options);
    receiver.trust = trust;
    if (trust == NULL)
        return TRUE;
    envelope = lt_envelope_receive(lt_container_ref(container), &receiver, NULL, NULL, &error);
    if (envelope != NULL)
        check_signer(envelope->signer, entry, item, report);
    else if (digests_agree(container, item, report))
        report_refusal(report, item, options, error);
    return TRUE;
}

static void
check_released(const LtEvidenceFile *self, const LtEvidenceItem *item, const LtRecordView *entry, LtReport *report, const LtVerifyOptions *options)
{
    GBytes *manifest = lt_evidence_file_get(self, "msg/%03u/" MANIFEST, item->k), *signature = lt_evidence_file_get(self, "msg/%03u/" SIGNATURE, item->k);
    GBytes *header = lt_evidence_file_get(self, "msg/%03u/envelope.json", item->k);
    g_autoptr(GArray) items = NULL;
    g_autoptr(LtTrust) trust = NULL;
    g_autoptr(LtSignerCertificate) signer = NULL;
    g_autoptr(GError) error = NULL;
    guint8 sha256[LT_SHA256_SIZE];
    g_auto(LtCmsFacts) facts = { 0 };

    if (!is_manifest(manifest, item) || signature == NULL || header == NULL) {
        fail(report, "evidence.messages", item, _("another one than the log tells"));
        return;
    }
    items = lt_manifest_read(g_bytes_get_data(manifest, NULL), g_bytes_get_size(manifest), NULL);
    lt_sha256(g_bytes_get_data(header, NULL), g_bytes_get_size(header), sha256);
    if (items == NULL || items->len == 0 || memcmp(g_array_index(items, LtManifestItem, 0).sha256, sha256, sizeof sha256) != 0) {
        fail(report, "env.manifest.digest", item, _("content is not what was signed"));
        return;
    }
    trust = trust_for(self, item, report, options);
    if (trust == NULL)
        return;
    signer = lt_cms_verify(trust, signature, manifest, options->at_us != 0 ? options->at_us : entry->at_us, &facts, &error);
    if (signer == NULL)
        report_refusal(report, item, options, error);
    else
        check_signer(signer, entry, item, report);
}

static void
check_message(const LtEvidenceFile *self, const LtEvidenceItem *item, LtReport *report, const LtVerifyOptions *options)
{
    GBytes *bytes = lt_evidence_file_get(self, "log/%" G_GUINT64_FORMAT ".entry", item->index);
    g_autoptr(LtRecordView) entry = bytes == NULL ? NULL : lt_record_read(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL);
    gboolean present = g_strcmp0(item->state, "present") == 0;

    if (entry == NULL || g_strcmp0(g_hash_table_lookup(entry->fields, "m"), item->manifest) != 0 ||
        g_strcmp0(g_hash_table_lookup(entry->fields, "id"), item->id) != 0) {
        fail(report, "evidence.messages", item, _("another one than the log tells"));
        return;
    }
    if (check_whole(self, item, entry, report, options))
        return;
    if (present) {
        fail(report, "evidence.messages", item, _("said to be in the file, and is not"));
        return;
    }
    if (lt_evidence_file_get(self, "msg/%03u/" MANIFEST, item->k) != NULL)
        check_released(self, item, entry, report, options);
    miss(report, "content.absent", item, g_str_equal(item->state, "erased") ? _("digest known, content absent: erased")
                                                                          : _("digest known, content absent: withheld"));
}

void
lt_verify_evidence_messages(const LtEvidenceFile *self, LtReport *report, const LtVerifyOptions *options)
{
    guint n_here = 0;
    gboolean good;

    for (guint i = 0; i < self->messages->len; i++) {
        const LtEvidenceItem *item = self->messages->pdata[i];

        check_message(self, item, report, options);
        n_here += lt_evidence_file_get(self, "msg/%03u.asice", item->k) != NULL;
    }
    good = lt_report_verdict(report) == LT_VERDICT_VALID || lt_report_verdict(report) == LT_VERDICT_INCOMPLETE;
    if (good)
        lt_report_pass(report, "evidence.messages", g_strdup_printf(_("Messages: %u/%u in the file, each with the digest that the log tells"), n_here,
                                                                    self->messages->len));
}

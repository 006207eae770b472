/* SPDX-License-Identifier: Apache-2.0 */
/* verify-anchor.c: a checkpoint with what stands beside it: the time stamp and the legal signature over its three lines.
 *
 * CHECKPOINT.tsr and CHECKPOINT.p7s are taken along when they lie beside the file. What they prove is asked for with --tsa-ca and --trust; without
 * these nothing is claimed of them.
 */
#include <string.h>

#include "base/language.h"
#include "base/value.h"
#include "cli/verify.h"
#include "trust/cms.h"
#include "trust/timestamp.h"

static void
check_token(LtReport *report, const char *body, GBytes *tsr, const LtVerifyOptions *options)
{
    g_auto(LtTimestamp) stamp = { 0 };
    g_autoptr(GError) error = NULL;
    char time[21];

    if (!lt_timestamp_verify(tsr, body, strlen(body), options->tsa_ca, NULL, &stamp, &error)) {
        if (g_error_matches(error, LT_ERROR, LT_ERROR_CONFIG))
            lt_report_unreadable(report, g_strdup(error->message));
        else
            lt_report_fail(report, "anchor.tsr", g_strdup_printf("%s: %s", _("Time stamp: not valid"), error->message));
        return;
    }
    lt_time_write_seconds(stamp.at_us, time);
    lt_report_pass(report, "anchor.tsr", g_strdup_printf(_("Time stamp: existed at %s, says %s"), time, stamp.authority));
    report->time_us = stamp.at_us;
    report->time_source = "tsr";
}

static void
check_signature(LtReport *report, const char *body, GBytes *cms, const LtVerifyOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtTrust) trust = lt_verify_trust(options, &error);
    g_autoptr(GBytes) content = g_bytes_new(body, strlen(body));
    g_autoptr(LtSignerCertificate) signer = NULL;
    gint64 at_us = options->at_us != 0 ? options->at_us : report->time_us != 0 ? report->time_us : lt_time_now_us();
    g_auto(LtCmsFacts) facts = { 0 };

    if (trust == NULL) {
        lt_report_unreadable(report, g_strdup(error->message));
        return;
    }
    lt_trust_set_algorithms(trust, options->allowed);
    signer = lt_cms_verify(trust, cms, content, at_us, &facts, &error);
    g_free(facts.exception);
    if (signer != NULL)
        lt_report_pass(report, "anchor.cms", g_strdup_printf(_("Checkpoint: also signed by %s"), signer->subject));
    else if (strcmp(lt_error_get_reason(error), "env.cert.revocation-unknown") == 0)
        lt_report_miss(report, "anchor.cms", g_strdup(_("Certificate: no usable CRL given (--crl)")));
    else
        lt_report_fail(report, "anchor.cms", g_strdup_printf("%s: %s", _("Legal signature of the checkpoint: not valid"), error->message));
}

void
lt_verify_anchors(LtReport *report, const char *note, GBytes *tsr, GBytes *cms, const LtVerifyOptions *options)
{
    const char *end = strstr(note, "\n\n");
    g_autofree char *body = g_strndup(note, end == NULL ? strlen(note) : (gsize) (end + 1 - note));

    if (options->tsa_ca != NULL && tsr != NULL)
        check_token(report, body, tsr, options);
    else if (options->tsa_ca != NULL)
        lt_report_miss(report, "anchor.tsr", g_strdup(_("Time stamp: no token beside the checkpoint")));
    if (options->trust != NULL && cms != NULL)
        check_signature(report, body, cms, options);
}

/* Returns: (transfer full) (nullable): a file beside the checkpoint; one that is there must be readable */
static GBytes *
read_beside(LtReport *report, const char *ending)
{
    g_autofree char *path = g_strconcat(report->file, ending, NULL);
    g_autoptr(GError) error = NULL;
    char *data;
    gsize size;

    if (g_file_get_contents(path, &data, &size, &error))
        return g_bytes_new_take(data, size);
    if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        lt_report_unreadable(report, g_strdup(error->message));
    return NULL;
}

void
lt_verify_checkpoint(LtReport *report, GBytes *bytes, const LtVerifyOptions *options)
{
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autoptr(GBytes) tsr = read_beside(report, ".tsr"), cms = read_beside(report, ".p7s");
    gsize size;
    const char *data = g_bytes_get_data(bytes, &size);
    g_autofree char *note = g_strndup(data, size);

    report->kind = "checkpoint";
    if (lt_verify_note(report, data, size, options, &checkpoint))
        lt_verify_anchors(report, note, tsr, cms, options);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* link-probe.c: the link's own request, with its own options and judgement of addresses, but timed and told step by step. */
#include "routing/probe.h"

#include <string.h>

#include "base/value.h"
#include "routing/link-private.h"
#include "routing/request.h"

#define LIMIT_US (15 * G_USEC_PER_SEC)
#define SKEW_MOST_S 60

static void
step_free(gpointer data)
{
    LtProbeStep *step = data;

    g_free(step->text);
    g_free(step);
}

static void add(GPtrArray *steps, const char *name, gboolean ok, gint64 took_us, const char *format, ...) G_GNUC_PRINTF(5, 6);

static void
add(GPtrArray *steps, const char *name, gboolean ok, gint64 took_us, const char *format, ...)
{
    LtProbeStep *step = g_new0(LtProbeStep, 1);
    va_list arguments;

    step->step = name;
    step->ok = ok;
    step->took_us = took_us;
    va_start(arguments, format);
    step->text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(steps, step);
}

static gint64
ask_time(CURL *easy, CURLINFO info)
{
    curl_off_t value = 0;

    curl_easy_getinfo(easy, info, &value);
    return (gint64) value;
}

/* How far it came: the times of what was reached are not 0. */
typedef struct {
    gint64 dns_us, tcp_us, tls_us, first_us;
    gboolean is_https;
} Times;

static const char *
failed_step(const LtTransfer *transfer, const Times *times, const GError *error)
{
    if (strcmp(lt_error_get_reason(error), "link.tls") == 0)
        return "tls";
    if (transfer->result == CURLE_COULDNT_RESOLVE_HOST || times->dns_us == 0)
        return "dns";
    if (transfer->reason != NULL && strcmp(transfer->reason, "link.address") == 0)
        return "tcp";
    if (times->tcp_us == 0)
        return "tcp";
    return times->is_https && times->tls_us == 0 ? "tls" : "http";
}

static const char *
find_field(const struct curl_slist *fields, const char *name)
{
    for (; fields != NULL; fields = fields->next)
        if (g_str_has_prefix(fields->data, name) && fields->data[strlen(name)] == ':')
            return fields->data + strlen(name) + 1;
    return "?";
}

/* "May  1 00:00:00 2027 GMT" */
static gint64
read_date(const char *text)
{
    time_t at = curl_getdate(text, NULL);

    return at > 0 ? (gint64) at * LT_US_PER_SECOND : 0;
}

static void
add_certificates(GPtrArray *steps, CURL *easy)
{
    struct curl_certinfo *chain = NULL;

    if (curl_easy_getinfo(easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL)
        return;
    for (int i = 0; i < chain->num_of_certs; i++) {
        const char *ends = find_field(chain->certinfo[i], "Expire date");
        gint64 left_us = read_date(ends) - lt_time_now_us();

        add(steps, "certificate", left_us > 0, -1, "%d: %s, of %s, from %s to %s: %" G_GINT64_FORMAT " days left", i + 1,
            find_field(chain->certinfo[i], "Subject"), find_field(chain->certinfo[i], "Issuer"), find_field(chain->certinfo[i], "Start date"), ends,
            left_us / LT_US_PER_SECOND / 86400);
    }
}

static void
add_clock(GPtrArray *steps, LtReply *reply)
{
    const char *date = lt_reply_get_header(reply, "Date");
    gint64 skew_s;

    if (date == NULL) {
        add(steps, "clock", TRUE, -1, "it tells no time");
        return;
    }
    skew_s = (read_date(date) - lt_time_now_us()) / LT_US_PER_SECOND;
    add(steps, "clock", ABS(skew_s) <= SKEW_MOST_S, -1, "its clock is %" G_GINT64_FORMAT " s from ours", skew_s);
}

static void
add_reached(GPtrArray *steps, const LtTransfer *transfer, const Times *times)
{
    const char *address = NULL;
    gboolean dns = times->dns_us > 0 && transfer->result != CURLE_COULDNT_RESOLVE_HOST;

    curl_easy_getinfo(transfer->easy, CURLINFO_PRIMARY_IP, &address);
    if (dns)
        add(steps, "dns", TRUE, times->dns_us, "%s", address != NULL && *address != '\0' ? address : "found");
    if (times->tcp_us > 0)
        add(steps, "tcp", TRUE, times->tcp_us - times->dns_us, "connected");
    if (times->is_https && times->tls_us > 0) {
        add(steps, "tls", TRUE, times->tls_us - times->tcp_us, "name, chain and dates are right");
        add_certificates(steps, transfer->easy);
    }
}

static void
describe(GPtrArray *steps, LtTransfer *transfer, guint *status)
{
    Times times = { ask_time(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T), ask_time(transfer->easy, CURLINFO_CONNECT_TIME_T),
                    ask_time(transfer->easy, CURLINFO_APPCONNECT_TIME_T), ask_time(transfer->easy, CURLINFO_STARTTRANSFER_TIME_T),
                    !transfer->target->is_plain };
    g_autoptr(GError) error = NULL;
    long code = 0;

    if (transfer->result != CURLE_OK || transfer->reason != NULL)
        lt_transfer_set_failure(transfer, &error);
    add_reached(steps, transfer, &times);
    if (error != NULL) {
        const char *step = failed_step(transfer, &times, error);

        if (strcmp(step, "tls") == 0 && times.tcp_us == 0)
            add(steps, "tcp", TRUE, -1, "connected");
        add(steps, step, FALSE, -1, "%s", error->message);
        return;
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &code);
    *status = transfer->status = (guint) code;
    add(steps, "http", TRUE, times.first_us - MAX(times.tls_us, times.tcp_us), "status %ld", code);
}

GPtrArray *
lt_link_target_probe(LtLinkTarget *self, LtRequest *request, guint *status)
{
    g_autoptr(LtRequest) own = request == NULL ? lt_request_new("GET", "") : NULL;
    GPtrArray *steps = g_ptr_array_new_with_free_func(step_free);
    CURL *easy = lt_link_target_new_easy(self);
    g_autoptr(LtTransfer) transfer = NULL;

    *status = 0;
    if (easy == NULL) {
        add(steps, "dns", FALSE, -1, "no memory for a request");
        return steps;
    }
    transfer = lt_transfer_new(self, easy);
    lt_transfer_prepare(transfer, request != NULL ? request : own, LIMIT_US);
    curl_easy_setopt(easy, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    transfer->result = curl_easy_perform(easy);
    describe(steps, transfer, status);
    if (*status != 0) {
        g_autoptr(LtReply) reply = lt_transfer_take_reply(transfer);

        add_clock(steps, reply);
    }
    return steps;
}

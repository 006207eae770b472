/* SPDX-License-Identifier: Apache-2.0 */
/* link.c: how one peer is reached, and sending to it.
 *
 * Handles are kept per target with all lasting options set, so that a request sets only what differs. The options are those of
 * security.md S17 and S18. curl is known to the link*.c files only.
 */
#include "routing/link-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "routing/request.h"

#define MAX_IDLE_HANDLES 64u

/* The options of a target that no request changes (security.md S17, S18). */
CURL *
lt_link_target_new_easy(const LtLinkTarget *target)
{
    CURL *easy = curl_easy_init();

    if (easy == NULL)
        return NULL;
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, target->is_plain ? "http" : "https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "lthub");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long) (target->connect_us / 1000));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long) MAX(target->stall_us / G_USEC_PER_SEC, 1));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_CAINFO, target->ca);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 60L);
    curl_easy_setopt(easy, CURLOPT_CRLFILE, target->crl);
    curl_easy_setopt(easy, CURLOPT_SSLCERT, target->client_certificate);
    curl_easy_setopt(easy, CURLOPT_SSLKEY, target->client_key);
    curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, target->pin);
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, target->socket_path);
    lt_transfer_install(easy);
    return easy;
}

static CURL *
take_easy(LtLinkTarget *self)
{
    CURL *easy = NULL;

    g_mutex_lock(&self->mutex);
    if (self->idle->len > 0)
        easy = g_ptr_array_steal_index_fast(self->idle, self->idle->len - 1);
    g_mutex_unlock(&self->mutex);
    return easy != NULL ? easy : lt_link_target_new_easy(self);
}

void
lt_link_target_give_easy(LtLinkTarget *self, CURL *easy)
{
    g_mutex_lock(&self->mutex);
    if (self->idle->len < MAX_IDLE_HANDLES)
        g_ptr_array_add(self->idle, g_steal_pointer(&easy));
    g_mutex_unlock(&self->mutex);
    if (easy != NULL)
        curl_easy_cleanup(easy);
}

static gboolean
check_options(const LtLinkOptions *options, GError **error)
{
    gboolean is_https = options->url != NULL && g_str_has_prefix(options->url, "https://");

    if (options->socket_path != NULL)
        return TRUE;
    if (!is_https && (options->url == NULL || !g_str_has_prefix(options->url, "http://"))) {
        lt_error_set(error, LT_ERROR_CONFIG, "link.url", "url: must begin with https://");
        return FALSE;
    }
    if (strpbrk(options->url, "?#@ ") != NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "link.url", "url: must hold neither user, query, fragment nor space");
        return FALSE;
    }
    if (is_https && options->ca == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "link.ca", "ca: an https url needs the file of certificates that may vouch for the other side");
        return FALSE;
    }
    if (options->pin != NULL && !g_str_has_prefix(options->pin, "sha256//")) {
        lt_error_set(error, LT_ERROR_CONFIG, "link.pin", "pin: must be sha256// and the base64 digest of the public key");
        return FALSE;
    }
    if ((options->client_certificate == NULL) != (options->client_key == NULL)) {
        lt_error_set(error, LT_ERROR_CONFIG, "link.ca", "client_certificate and client_key are needed together");
        return FALSE;
    }
    return TRUE;
}

/* A file that cannot be read is told at the start, not at the first delivery (security.md S40). */
static gboolean
check_files(const LtLinkOptions *options, GError **error)
{
    const char *const paths[] = { options->ca, options->crl, options->client_certificate, options->client_key };
    static const char *const names[] = { "ca", "crl", "client_certificate", "client_key" };

    for (gsize i = 0; i < G_N_ELEMENTS(paths); i++) {
        if (paths[i] != NULL && access(paths[i], R_OK) != 0) {
            lt_error_set(error, LT_ERROR_CONFIG, "link.file", "%s: %s: %s", names[i], paths[i], g_strerror(errno));
            return FALSE;
        }
    }
    return TRUE;
}

LtLinkTarget *
lt_link_target_new(LtLinkThread *thread, const LtLinkOptions *options, GError **error)
{
    g_autoptr(LtAddressList) allowed = NULL;
    LtLinkTarget *self = NULL;
    gsize length;

    if (!check_options(options, error))
        return NULL;
    allowed = lt_address_list_new(options->allowed_addresses, error);
    if (allowed == NULL) {
        g_prefix_error(error, "allowed_addresses: ");
        return NULL;
    }
    if (!check_files(options, error))
        return NULL;
    self = g_new0(LtLinkTarget, 1);
    self->thread = thread;
    self->url = g_strdup(options->socket_path != NULL ? "http://localhost" : options->url);
    for (length = strlen(self->url); length > 0 && self->url[length - 1] == '/'; length--)
        self->url[length - 1] = '\0';
    self->is_plain = g_str_has_prefix(self->url, "http://");
    self->socket_path = g_strdup(options->socket_path);
    self->ca = g_strdup(options->ca);
    self->crl = g_strdup(options->crl);
    self->client_certificate = g_strdup(options->client_certificate);
    self->client_key = g_strdup(options->client_key);
    self->pin = g_strdup(options->pin);
    self->allowed = g_steal_pointer(&allowed);
    self->connect_us = options->connect_us > 0 ? options->connect_us : 10 * G_USEC_PER_SEC;
    self->total_us = options->total_us > 0 ? options->total_us : 60 * G_USEC_PER_SEC;
    self->stall_us = options->stall_us > 0 ? options->stall_us : 30 * G_USEC_PER_SEC;
    self->max_reply_bytes = options->max_reply_bytes > 0 ? options->max_reply_bytes : 16u << 20;
    g_mutex_init(&self->mutex);
    self->idle = g_ptr_array_new_with_free_func(curl_easy_cleanup);
    return self;
}

void
lt_link_target_free(LtLinkTarget *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->idle);
    g_mutex_clear(&self->mutex);
    lt_address_list_free(self->allowed);
    g_free(self->url);
    g_free(self->socket_path);
    g_free(self->ca);
    g_free(self->crl);
    g_free(self->client_certificate);
    g_free(self->client_key);
    g_free(self->pin);
    g_free(self);
}

static void
on_cancelled(GCancellable *cancellable, gpointer data)
{
    (void) cancellable;
    lt_transfer_push(data, TRUE);
}

LtReply *
lt_link_target_send(LtLinkTarget *self, LtRequest *request, gint64 deadline_us, GCancellable *cancellable, GError **error)
{
    gint64 left_us = deadline_us > 0 ? deadline_us - g_get_monotonic_time() : self->total_us;
    g_autoptr(LtTransfer) transfer = NULL;
    g_autoptr(GError) body_error = NULL;
    gulong handler = 0;
    CURL *easy;

    if (!lt_request_check(request, error))
        return NULL;
    if (left_us <= 0) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "link.timeout", "%s: no time is left for a request", self->url);
        return NULL;
    }
    easy = take_easy(self);
    if (easy == NULL) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "link.memory", "%s: no memory for a request", self->url);
        return NULL;
    }
    transfer = lt_transfer_new(self, easy);
    lt_transfer_prepare(transfer, request, MIN(left_us, self->total_us));
    lt_transfer_push(transfer, FALSE);
    if (cancellable != NULL)
        handler = g_cancellable_connect(cancellable, G_CALLBACK(on_cancelled), transfer, NULL);
    if (transfer->feed != NULL && !lt_feed_pump(transfer->feed, &body_error))
        lt_transfer_push(transfer, TRUE);
    lt_transfer_wait(transfer);
    g_cancellable_disconnect(cancellable, handler);
    if (body_error != NULL) {
        g_propagate_error(error, g_steal_pointer(&body_error));
        return NULL;
    }
    if (transfer->result != CURLE_OK || transfer->reason != NULL) {
        lt_transfer_set_failure(transfer, error);
        return NULL;
    }
    return lt_transfer_take_reply(transfer);
}

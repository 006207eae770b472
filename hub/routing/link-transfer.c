/* SPDX-License-Identifier: Apache-2.0 */
/* link-transfer.c: one request as a curl handle, what curl asks us while it runs, and what its end means.
 *
 * The address is judged when a socket opens and, because connections are shared, once more before a request goes out on one that was
 * open already. Bytes are counted while they come in.
 */
#include "routing/link-private.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "routing/reply.h"
#include "routing/request.h"

#define MAX_HEADER_BYTES 65536u

void
lt_transfer_refuse(LtTransfer *self, LtErrorCode code, const char *reason, const char *text)
{
    if (self->reason != NULL)
        return;
    self->refusal = code;
    self->reason = reason;
    g_strlcpy(self->text, text, sizeof self->text);
}

/* Whether this target may talk to this address; says why not. */
static gboolean
judge_address(LtTransfer *transfer, const struct sockaddr *address)
{
    const LtLinkTarget *target = transfer->target;
    const char *why = lt_address_why_special(address);
    g_autofree char *text = NULL;

    if (target->is_plain && !lt_address_is_loopback(address))
        text = g_strdup("http without TLS is for loopback addresses only");
    else if (why != NULL && !lt_address_list_has(target->allowed, address))
        text = g_strdup_printf("its address is %s and not one of 'allowed_addresses'", why);
    if (text != NULL)
        lt_transfer_refuse(transfer, LT_ERROR_CONFIG, "link.address", text);
    return text == NULL;
}

static curl_socket_t
on_open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
    LtTransfer *transfer = data;

    if (purpose != CURLSOCKTYPE_IPCXN)
        return CURL_SOCKET_BAD;
    if (transfer->target->socket_path == NULL && !judge_address(transfer, &address->addr))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The connection may have been opened for another endpoint, with another list of addresses. */
static int
on_before_request(void *data, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    LtTransfer *transfer = data;
    struct sockaddr_in ipv4 = { .sin_family = AF_INET };
    struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6 };
    gboolean good = FALSE;

    (void) local_ip;
    (void) remote_port;
    (void) local_port;
    if (transfer->target->socket_path != NULL || g_str_equal(remote_ip, transfer->target->judged))
        return CURL_PREREQFUNC_OK;
    if (inet_pton(AF_INET, remote_ip, &ipv4.sin_addr) == 1)
        good = judge_address(transfer, (const struct sockaddr *) &ipv4);
    else if (inet_pton(AF_INET6, remote_ip, &ipv6.sin6_addr) == 1)
        good = judge_address(transfer, (const struct sockaddr *) &ipv6);
    else
        lt_transfer_refuse(transfer, LT_ERROR_CONFIG, "link.address", "its address cannot be read");
    if (!good)
        return CURL_PREREQFUNC_ABORT;
    g_strlcpy(transfer->target->judged, remote_ip, sizeof transfer->target->judged);
    return CURL_PREREQFUNC_OK;
}

static size_t
on_body(char *data, size_t size, size_t n, void *user)
{
    LtTransfer *transfer = user;
    guint64 total = (guint64) transfer->body->len + size * n; /* curl gives at most 16 KiB at once */

    if (total > transfer->target->max_reply_bytes) {
        lt_transfer_refuse(transfer, LT_ERROR_UNAVAILABLE, "link.reply-size", "its answer is over the limit 'max_reply'");
        return 0;
    }
    g_byte_array_append(transfer->body, (const guint8 *) data, (guint) (size * n));
    return size * n;
}

static size_t
on_header(char *data, size_t size, size_t n, void *user)
{
    LtTransfer *transfer = user;
    gsize length = size * n;
    const char *colon = memchr(data, ':', length);

    transfer->header_bytes += length;
    if (transfer->header_bytes > MAX_HEADER_BYTES) {
        lt_transfer_refuse(transfer, LT_ERROR_UNAVAILABLE, "link.reply-size", "the headers of its answer are over 64 KiB");
        return 0;
    }
    if (length >= 5 && memcmp(data, "HTTP/", 5) == 0) {
        g_array_set_size(transfer->reply_headers, 0); /* what came before belonged to an interim answer */
    } else if (colon != NULL && colon > data) {
        char *value = g_strndup(colon + 1, length - (gsize) (colon + 1 - data));

        lt_header_list_add_take(transfer->reply_headers, g_strndup(data, (gsize) (colon - data)), g_strstrip(value));
    }
    return length;
}

static size_t
on_read(char *data, size_t size, size_t n, void *user)
{
    LtTransfer *transfer = user;
    gssize taken = lt_feed_take(transfer->feed, (guint8 *) data, size * n);

    if (taken < 0)
        return CURL_READFUNC_ABORT;
    return taken == 0 ? CURL_READFUNC_PAUSE : (size_t) taken;
}

void
lt_transfer_install(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_request);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
}

static void
on_feed_ready(gpointer data)
{
    lt_transfer_push(data, FALSE);
}

static void
set_method(CURL *easy, LtRequest *request, gboolean has_stream, guint64 stream_size)
{
    const char *method = lt_request_get_method(request);
    GBytes *body = lt_request_get_body(request);
    gboolean is_post = g_str_equal(method, "POST");
    gsize size = 0;
    gconstpointer data = body != NULL ? g_bytes_get_data(body, &size) : NULL;

    if (has_stream) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) stream_size);
    } else if (body != NULL || is_post || g_str_equal(method, "PUT")) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, data != NULL ? data : "");
    } else {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, is_post || g_str_equal(method, "GET") ? NULL : method);
}

static struct curl_slist *
headers_new(LtRequest *request)
{
    const LtHeaderList *fields = lt_request_get_headers(request);
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:"); /* an empty field takes curl's own away */

    if (lt_request_get_header(request, "Content-Type") == NULL)
        headers = curl_slist_append(headers, "Content-Type:");
    for (guint i = 0; i < fields->len; i++) {
        const LtHeaderField *field = lt_header_list_at(fields, i);
        g_autofree char *line = field->value[0] != '\0' ? g_strconcat(field->name, ": ", field->value, NULL)
                                                        : g_strconcat(field->name, ";", NULL);

        headers = curl_slist_append(headers, line);
    }
    return headers;
}

void
lt_transfer_prepare(LtTransfer *self, LtRequest *request, gint64 limit_us)
{
    g_autofree char *url = g_strconcat(self->target->url, lt_request_get_path(request), NULL);
    guint64 size = 0;
    GInputStream *stream = lt_request_get_stream(request, &size);

    if (stream != NULL)
        self->feed = lt_feed_new(stream, size, on_feed_ready, self);
    self->headers = headers_new(request);
    curl_easy_setopt(self->easy, CURLOPT_URL, url);
    set_method(self->easy, request, stream != NULL, size);
    curl_easy_setopt(self->easy, CURLOPT_HTTPHEADER, self->headers);
    curl_easy_setopt(self->easy, CURLOPT_TIMEOUT_MS, (long) MAX(limit_us / 1000, 1));
    curl_easy_setopt(self->easy, CURLOPT_ERRORBUFFER, self->curl_text);
    curl_easy_setopt(self->easy, CURLOPT_PRIVATE, self);
    curl_easy_setopt(self->easy, CURLOPT_WRITEDATA, self);
    curl_easy_setopt(self->easy, CURLOPT_HEADERDATA, self);
    curl_easy_setopt(self->easy, CURLOPT_READDATA, self);
    curl_easy_setopt(self->easy, CURLOPT_OPENSOCKETDATA, self);
    curl_easy_setopt(self->easy, CURLOPT_PREREQDATA, self);
}

LtTransfer *
lt_transfer_new(LtLinkTarget *target, CURL *easy)
{
    LtTransfer *self = g_new0(LtTransfer, 1);

    self->target = target;
    self->easy = easy;
    self->body = g_byte_array_new();
    self->reply_headers = lt_header_list_new();
    return self;
}

void
lt_transfer_free(LtTransfer *self)
{
    curl_easy_setopt(self->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(self->easy, CURLOPT_HTTPHEADER, NULL);
    lt_link_target_give_easy(self->target, self->easy);
    curl_slist_free_all(self->headers);
    lt_feed_free(self->feed);
    g_clear_pointer(&self->body, g_byte_array_unref);
    g_clear_pointer(&self->reply_headers, g_array_unref);
    g_free(self);
}

/* What a curl result means to us. Anything not listed is a peer that does not speak HTTP. */
typedef struct {
    CURLcode result;
    LtErrorCode code;
    const char *reason;
} Meaning;

static const Meaning meanings[] = {
    { CURLE_COULDNT_RESOLVE_HOST,     LT_ERROR_UNAVAILABLE, "link.connect" },
    { CURLE_COULDNT_CONNECT,          LT_ERROR_UNAVAILABLE, "link.connect" },
    { CURLE_OPERATION_TIMEDOUT,       LT_ERROR_UNAVAILABLE, "link.timeout" },
    { CURLE_SEND_ERROR,               LT_ERROR_UNAVAILABLE, "link.cut" },
    { CURLE_RECV_ERROR,               LT_ERROR_UNAVAILABLE, "link.cut" },
    { CURLE_GOT_NOTHING,              LT_ERROR_UNAVAILABLE, "link.cut" },
    { CURLE_PARTIAL_FILE,             LT_ERROR_UNAVAILABLE, "link.cut" },
    { CURLE_SEND_FAIL_REWIND,         LT_ERROR_UNAVAILABLE, "link.cut" },
    { CURLE_PEER_FAILED_VERIFICATION, LT_ERROR_UNAVAILABLE, "link.tls" },
    { CURLE_SSL_CONNECT_ERROR,        LT_ERROR_UNAVAILABLE, "link.tls" },
    { CURLE_SSL_CIPHER,               LT_ERROR_UNAVAILABLE, "link.tls" },
    { CURLE_SSL_ISSUER_ERROR,         LT_ERROR_UNAVAILABLE, "link.tls" },
    { CURLE_SSL_PINNEDPUBKEYNOTMATCH, LT_ERROR_UNAVAILABLE, "link.tls" },
    { CURLE_SSL_CERTPROBLEM,          LT_ERROR_CONFIG,      "link.tls" },
    { CURLE_SSL_CACERT_BADFILE,       LT_ERROR_CONFIG,      "link.tls" },
    { CURLE_SSL_CRL_BADFILE,          LT_ERROR_CONFIG,      "link.tls" },
    { CURLE_URL_MALFORMAT,            LT_ERROR_CONFIG,      "link.url" },
    { CURLE_OUT_OF_MEMORY,            LT_ERROR_UNAVAILABLE, "link.memory" },
};

void
lt_transfer_set_failure(LtTransfer *self, GError **error)
{
    const char *text = self->curl_text[0] != '\0' ? self->curl_text : curl_easy_strerror(self->result);
    LtErrorCode code = LT_ERROR_UNAVAILABLE;
    const char *reason = "link.protocol";

    if (self->reason != NULL) {
        lt_error_set(error, self->refusal, self->reason, "%s: %s", self->target->url, self->text);
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++) {
        if (meanings[i].result == self->result) {
            code = meanings[i].code;
            reason = meanings[i].reason;
        }
    }
    lt_error_set(error, code, reason, "%s: %s", self->target->url, text);
}

LtReply *
lt_transfer_take_reply(LtTransfer *self)
{
    return lt_reply_new_take(self->status, g_byte_array_free_to_bytes(g_steal_pointer(&self->body)), g_steal_pointer(&self->reply_headers));
}

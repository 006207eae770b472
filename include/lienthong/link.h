/* SPDX-License-Identifier: Apache-2.0 */
/* link.h: the only way in which a plugin talks to the outside.
 *
 * A link belongs to one endpoint and one call of a verb. It knows the endpoint's base URL, certificates, limits and
 * the deadline of the call; it follows no redirect and decodes nothing. The same plugin code runs against the real
 * system, against a recorded exchange, and dry.
 */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>

G_BEGIN_DECLS

typedef struct _LtLink LtLink;
typedef struct _LtRequest LtRequest;
typedef struct _LtReply LtReply;

/**
 * lt_request_new:
 * @method: "GET", "POST", "PUT" or "DELETE"
 * @path: below the endpoint's base URL, such as "/hoso?page=2"; "" for the base URL itself. Bytes outside the URL
 *   grammar must be escaped by the caller (g_uri_escape_string())
 */
LT_API LtRequest *lt_request_new(const char *method, const char *path);
LT_API void lt_request_free(LtRequest *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtRequest, lt_request_free)

/** lt_request_set_header: replaces a header; a name or value with CR, LF or NUL makes lt_link_send() fail (INVALID) */
LT_API void lt_request_set_header(LtRequest *self, const char *name, const char *value);
/** lt_request_set_body: @content_type: such as "application/json" */
LT_API void lt_request_set_body(LtRequest *self, GBytes *body, const char *content_type);
/** lt_request_set_body_stream: (transfer none) for large bodies: exactly @size bytes are read, in pieces */
LT_API void lt_request_set_body_stream(LtRequest *self, GInputStream *body, guint64 size, const char *content_type);

LT_API const char *lt_request_get_method(LtRequest *self);
LT_API const char *lt_request_get_path(LtRequest *self);
/** lt_request_get_header: Returns: (nullable): value; the name is compared without regard to case */
LT_API const char *lt_request_get_header(LtRequest *self, const char *name);
/** lt_request_get_body: Returns: (transfer none) (nullable): the body, unless it is a stream */
LT_API GBytes *lt_request_get_body(LtRequest *self);

/**
 * lt_link_send:
 * @link: link of the running verb
 * @request: (transfer none)
 *
 * Sends and waits for the whole answer, at most until the deadline of the verb. Any HTTP status is an answer, not an
 * error; see lt_reply_check(). The last answer is kept verbatim as the receipt of the delivery.
 *
 * Errors: %LT_ERROR_UNAVAILABLE: no connection, TLS failed, cut short, too slow, cancelled, or an answer over the endpoint's limit: what a
 * system babbles refuses no dossier; %LT_ERROR_CONFIG: the address is not allowed;
 * %LT_ERROR_INVALID: a header holds a control character.
 *
 * Returns: (transfer full): the answer
 */
LT_API LtReply *lt_link_send(LtLink *link, LtRequest *request, GError **error);

/** lt_link_is_dry: Returns: %TRUE when lt_link_send() only records what would have been sent and answers 200 */
LT_API gboolean lt_link_is_dry(LtLink *link);

/**
 * lt_link_mask:
 * @secret: (transfer none): a session, a token or a code that the plugin was given at run time; shorter ones than 4 bytes are not looked for
 *
 * Keeps it out of what this call leaves behind: recorded exchanges, from the one before this call of the function on, and the receipt. The
 * secrets of the endpoint's section are masked without being named here. Called in every verb that uses the secret.
 */
LT_API void lt_link_mask(LtLink *link, const char *secret);

/**
 * lt_link_keep_reply:
 * @reply: (transfer none): an answer to a request that went through another call's link
 *
 * Makes it the receipt of this call's delivery. For plugins that send several messages in one request.
 */
LT_API void lt_link_keep_reply(LtLink *link, LtReply *reply);

LT_API LtReply *lt_reply_new(guint status, GBytes *body, const char *content_type);
LT_API void lt_reply_free(LtReply *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtReply, lt_reply_free)
LT_API void lt_reply_set_header(LtReply *self, const char *name, const char *value);
LT_API guint lt_reply_get_status(LtReply *self);
LT_API const char *lt_reply_get_header(LtReply *self, const char *name);
/** lt_reply_get_body: Returns: (transfer none): the body, never %NULL */
LT_API GBytes *lt_reply_get_body(LtReply *self);

/**
 * lt_reply_check:
 *
 * The usual reading of an HTTP status: 2xx is TRUE; 408, 425, 429 and 5xx are %LT_ERROR_UNAVAILABLE (with the
 * Retry-After, if there was one); 401 and 403 are %LT_ERROR_CONFIG (our credentials); 413 is %LT_ERROR_TOO_LARGE;
 * anything else is %LT_ERROR_REFUSED.
 */
LT_API gboolean lt_reply_check(LtReply *self, GError **error);

G_END_DECLS

/* SPDX-License-Identifier: Apache-2.0 */
/* mime.h: multipart/related as SOAP uses it: MTOM (RFC 2387 with application/xop+xml) and SOAP with Attachments. */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>

/* One part beside the envelope. */
typedef struct {
    char *id;         /* of Content-ID, without < and >; "" when it has none */
    char *media_type; /* without parameters; "application/octet-stream" when it has none */
    GBytes *content;  /* decoded */
} MimePart;

/* A body taken apart. For a body that is no multipart there is the root alone. */
typedef struct {
    char *media_type;   /* of the root, lower case, without parameters: "text/xml", "application/soap+xml"; of MTOM the one in `type` or `start-info` */
    char *action;       /* nullable: parameter of SOAP 1.2 */
    gboolean is_xop;
    GBytes *root;
    GPtrArray *parts;   /* of MimePart * */
} Mime;

/**
 * mime_read:
 * @content_type: (nullable): the header
 * @parts_max: most bytes of all parts together
 *
 * At most 100 parts, each with at most 16 header lines of 1000 bytes; a boundary of 1 to 70 characters. Contents share the bytes of @body
 * unless they were base64.
 *
 * Errors: INVALID `soap.mime`; TOO_LARGE `soap.attachments`
 */
Mime *mime_read(const char *content_type, GBytes *body, guint64 parts_max, GError **error);
void mime_free(Mime *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mime, mime_free)
/** mime_find: @id: a Content-ID without < and >. Returns: (nullable): the part */
const MimePart *mime_find(const Mime *self, const char *id);

/** mime_parameter: a parameter of a header such as Content-Type. Returns: (transfer full) (nullable) */
char *mime_parameter(const char *header, const char *name);
/** mime_media_type: Returns: (transfer full): lower case, without parameters; "" when there is none */
char *mime_media_type(const char *header);
/** mime_part_new: @content: (transfer none) */
MimePart *mime_part_new(const char *id, const char *media_type, GBytes *content);
void mime_part_free(gpointer part);

/**
 * mime_write:
 * @envelope_type: "text/xml" or "application/soap+xml"
 * @parts: (element-type MimePart)
 * @content_type: (out): header that goes with it
 *
 * Returns: (transfer full): MTOM: the root as application/xop+xml, then the parts, binary
 */
GBytes *mime_write(GBytes *envelope, const char *envelope_type, const char *action, GPtrArray *parts, char **content_type);

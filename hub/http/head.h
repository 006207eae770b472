/* SPDX-License-Identifier: Apache-2.0 */
/* head.h: the head of a request, read strictly before libsoup sees a byte of it (security.md S3).
 *
 * libsoup 3.2 takes shapes that other programs read differently (two lengths, two hosts, bare LF, ignored headers). What passes here has one reading only.
 * Pure functions: bytes in, verdict out.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

#define LT_HEAD_MAX_BYTES 32768
#define LT_HEAD_MAX_FIELDS 64
#define LT_HEAD_MAX_TARGET 4096

typedef struct {
    gint64 body_bytes;   /* Content-Length, or -1 when there is none */
    gboolean has_body;   /* body_bytes > 0 */
} LtHead;

/** lt_head_find_end: Returns: bytes of the head with its empty line, or 0 while it is not complete */
gsize lt_head_find_end(const char *data, gsize size);

/**
 * lt_head_check:
 * @data: a complete head: request line, fields, empty line
 * @clean: (nullable): the head to hand on is appended here: the same lines without Range, If-Range and Expect
 *
 * Errors: %LT_ERROR_INVALID `http.request-line`, `http.method`, `http.version`, `http.target`, `http.field`, `http.fields`,
 * `http.host`, `http.length`, `http.transfer-encoding`, `http.upgrade`, `http.body`
 */
gboolean lt_head_check(const char *data, gsize size, LtHead *out, GString *clean, GError **error);

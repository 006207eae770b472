/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-edxml.c: the reader of edXML and its ZIPs (F8). Properties: no attachment is larger than the limit, all together neither; what was read can be
 * written, and what was written reads without damage; a refusal has one of the codes of the reader. */
#include "fuzz.h"

#include "edxml.h"

#define CONTENT_MAX 65536u

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const EdxmlLimits limits = { 1u << 20, CONTENT_MAX, 9 }, wide = { 8u << 20, 8u << 20, 99 };
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    g_autoptr(Edxml) message = NULL, again = NULL;
    g_autoptr(GBytes) written = NULL;
    g_autofree char *json = NULL;
    gsize total = 0;

    edxml_signature_start(NULL);
    message = edxml_read(bytes, &limits, NULL, &error);
    if (message == NULL) {
        const char *reason = lt_error_get_reason(error);

        FUZZ_CHECK(g_str_has_prefix(reason, "xml.") || g_str_has_prefix(reason, "edxml."));
        return 0;
    }
    FUZZ_CHECK(message->attachments->len <= limits.max_attachments);
    for (guint i = 0; i < message->attachments->len; i++) {
        const EdxmlAttachment *one = message->attachments->pdata[i];

        FUZZ_CHECK((one->content == NULL) == (one->state == EDXML_DAMAGED));
        total += one->content != NULL ? g_bytes_get_size(one->content) : 0;
    }
    FUZZ_CHECK(total <= CONTENT_MAX);
    json = edxml_to_json(message, FALSE);
    FUZZ_CHECK(g_utf8_validate(json, -1, NULL));
    g_ptr_array_set_size(message->attachments, 0);
    written = edxml_write(message, NULL);
    again = written != NULL ? edxml_read(written, &wide, NULL, NULL) : NULL;
    FUZZ_CHECK(written == NULL || (again != NULL && again->kind == message->kind));
    return 0;
}

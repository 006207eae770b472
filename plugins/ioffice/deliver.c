/* SPDX-License-Identifier: Apache-2.0 */
/* deliver.c: hands a message over to the mailbox of its receiver. */
#include "ioffice.h"

#include <string.h>

/* A relayed document goes out as the bytes that came in. */
static GBytes *
read_relayed(LtMessage *message, GError **error)
{
    const LtPart *part = lt_message_get_n_attachments(message) > 0 ? lt_message_get_attachment(message, 0) : NULL;
    g_autoptr(GInputStream) stream = part != NULL ? lt_message_open_attachment(message, 0, error) : NULL;
    g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
    g_autoptr(GError) cause = NULL;

    if (stream == NULL) {
        if (part == NULL)
            lt_error_set(error, LT_ERROR_INVALID, "ioffice.relay", "a relay without its document");
        return NULL;
    }
    if (g_output_stream_splice(memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &cause) >= 0)
        return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.attachment", "the document cannot be read: %s", cause->message);
    return NULL;
}

static GBytes *
make_document(const Ioffice *self, LtMessage *message, LtLink *link, GError **error)
{
    g_autoptr(Edxml) composed = ioffice_compose(self, message, lt_link_get_inbox(link), error);
    g_autoptr(GBytes) bytes = composed != NULL ? edxml_write(composed, error) : NULL;

    if (bytes == NULL || self->sign_key == NULL || composed->kind == EDXML_STATUS)
        return g_steal_pointer(&bytes);
    return edxml_sign(bytes, self->sign_key, self->sign_certificate, error);
}

gboolean
ioffice_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    Ioffice *self = data;
    const char *type = lt_message_get_type(message);
    gboolean is_relay = strcmp(type, "edxml.relay") == 0;
    g_autoptr(GBytes) bytes = NULL;

    (void) cancellable; /* the link watches it */
    if (strcmp(type, "receipt") == 0 || (self->types != NULL && !g_strv_contains((const char *const *) self->types, type)))
        return TRUE; /* the axis has no form for it, and nobody waits for one */
    bytes = is_relay ? read_relayed(message, error) : make_document(self, message, link, error);
    if (bytes == NULL)
        return FALSE;
    return ioffice_transport(self)->send(self, link, bytes, lt_message_get_id(message), strcmp(type, "dossier.status") == 0,
                                         ioffice_organ_of(self, lt_message_get_from(message)), ioffice_organ_of(self, lt_message_get_to(message)), error);
}

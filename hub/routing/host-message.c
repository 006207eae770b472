/* SPDX-License-Identifier: Apache-2.0 */
/* host-message.c: plain copying between GVariant and the hub's own types. Texts from the other side are UTF-8 because GVariant says so; what they mean is
 * judged where it always is: a header when it is sent, a message when it is handed in.
 */
#include "routing/host-message.h"

#include <string.h>

#include "routing/reply.h"

static GVariant *
write_re(const LtReference *re)
{
    return g_variant_new_maybe(G_VARIANT_TYPE("(sss)"), re != NULL ? g_variant_new("(sss)", re->from, re->id, re->manifest) : NULL);
}

GVariant *
lt_host_write_message(LtMessage *message)
{
    const LtHeader *header = lt_message_get_header(message);
    GVariantBuilder parts;

    g_variant_builder_init(&parts, G_VARIANT_TYPE("a(sssts)"));
    for (guint i = 0; i < header->parts->len; i++) {
        const LtPart *part = g_ptr_array_index(header->parts, i);

        g_variant_builder_add(&parts, "(sssts)", part->name, part->role, part->media_type, part->size, part->sha256 != NULL ? part->sha256 : "");
    }
    return g_variant_new("(ssssms@m(sss)xxxsa(sssts))", header->id, header->type, header->from, header->to, header->dossier,
                         write_re(lt_message_get_re(message)), header->issued_us, header->expires_us, header->seq, lt_message_get_manifest(message), &parts);
}

LtMessage *
lt_host_read_message(GVariant *body, GBytes *payload, const LtMessageSource *source, gpointer data)
{
    LtHeader *header = lt_header_new();
    g_autoptr(GVariant) re = NULL;
    g_autoptr(GVariant) reference = NULL;
    GVariantIter *parts = NULL;
    const char *name, *role, *type, *sha256, *manifest;
    guint64 size;
    gboolean has_payload = FALSE;
    LtMessage *message;

    g_variant_get(body, "(ssssms@m(sss)xxx&sa(sssts))", &header->id, &header->type, &header->from, &header->to, &header->dossier, &re,
                  &header->issued_us, &header->expires_us, &header->seq, &manifest, &parts);
    reference = g_variant_get_maybe(re);
    if (reference != NULL)
        g_variant_get(reference, "(sss)", &header->re_from, &header->re_id, &header->re_manifest);
    while (g_variant_iter_next(parts, "(&s&s&st&s)", &name, &role, &type, &size, &sha256)) {
        has_payload = has_payload || g_str_has_prefix(name, "payload.");
        g_ptr_array_add(header->parts, lt_part_new(name, role, type, size, sha256));
    }
    g_variant_iter_free(parts);
    message = lt_message_new(header, manifest, has_payload ? payload : NULL, source, data);
    return message;
}

GVariant *
lt_host_write_headers(const LtHeaderList *headers)
{
    GVariantBuilder out;

    g_variant_builder_init(&out, G_VARIANT_TYPE("a(ss)"));
    for (guint i = 0; i < headers->len; i++) {
        const LtHeaderField *field = lt_header_list_at(headers, i);
        g_autofree char *value = g_utf8_make_valid(field->value, -1);

        g_variant_builder_add(&out, "(ss)", field->name, value);
    }
    return g_variant_builder_end(&out);
}

void
lt_host_read_request_headers(GVariant *headers, LtRequest *request)
{
    GVariantIter iter;
    const char *name, *value;

    g_variant_iter_init(&iter, headers);
    while (g_variant_iter_next(&iter, "(&s&s)", &name, &value))
        lt_request_set_header(request, name, value);
}

void
lt_host_read_reply_headers(GVariant *headers, LtReply *reply)
{
    GVariantIter iter;
    const char *name, *value;

    g_variant_iter_init(&iter, headers);
    while (g_variant_iter_next(&iter, "(&s&s)", &name, &value))
        lt_reply_add_header(reply, name, value);
}

static void
append(GByteArray *out, GBytes *bytes)
{
    gsize size = 0;
    gconstpointer data = g_bytes_get_data(bytes, &size);

    if (size > 0)
        g_byte_array_append(out, data, (guint) size);
}

/* The payload is the first part, with an empty role. */
GVariant *
lt_host_write_built(LtMessageBuilder *message, GBytes **data)
{
    const LtBuilt *built = lt_message_builder_get(message);
    GByteArray *bytes = g_byte_array_new();
    GVariantBuilder parts;

    g_variant_builder_init(&parts, G_VARIANT_TYPE("a(sst)"));
    if (built->payload != NULL) {
        g_variant_builder_add(&parts, "(sst)", "", built->payload_type, (guint64) g_bytes_get_size(built->payload));
        append(bytes, built->payload);
    }
    for (guint i = 0; i < built->attachments->len; i++) {
        const LtBuiltPart *part = built->attachments->pdata[i];

        g_variant_builder_add(&parts, "(sst)", part->role, part->media_type, (guint64) g_bytes_get_size(part->content));
        append(bytes, part->content);
    }
    *data = g_byte_array_free_to_bytes(bytes);
    return g_variant_new("(sssmsms@m(sss)msmsmsua(sst))", built->type, built->from, built->to, built->key, built->dossier, write_re(built->re),
                         built->payload_type, built->orig_kind, built->orig_verdict, built->orig_index, &parts);
}

/* The next @size bytes. */
static GBytes *
cut(GBytes *data, gsize *at, guint64 size)
{
    GBytes *piece;

    if (size > g_bytes_get_size(data) - *at)
        return NULL;
    piece = g_bytes_new_from_bytes(data, *at, size);
    *at += size;
    return piece;
}

typedef struct {
    const char *type, *from, *to, *payload_type, *kind, *verdict;
    guint32 original;
} Built;

static gboolean
read_parts(LtMessageBuilder *message, const Built *built, GVariantIter *parts, GBytes *data)
{
    const char *role, *type;
    guint64 size;
    gsize at = 0;
    guint n = 0;

    while (g_variant_iter_next(parts, "(&s&st)", &role, &type, &size)) {
        g_autoptr(GBytes) piece = cut(data, &at, size);

        if (piece == NULL)
            return FALSE;
        if (*role == '\0') {
            lt_message_builder_set_payload(message, piece, type);
            continue;
        }
        if (built->kind != NULL && n == built->original)
            lt_message_builder_set_original(message, built->kind, built->verdict != NULL ? built->verdict : "absent", piece, type);
        else
            lt_message_builder_add_attachment(message, role, type, piece);
        n++;
    }
    return at == g_bytes_get_size(data);
}

LtMessageBuilder *
lt_host_read_built(GVariant *body, GBytes *data, GError **error)
{
    g_autoptr(LtMessageBuilder) message = NULL;
    g_autoptr(GVariant) re = NULL;
    g_autoptr(GVariant) reference = NULL;
    GVariantIter *parts = NULL;
    const char *key, *dossier;
    LtReference named;
    Built built = { 0 };
    gboolean good;

    g_variant_get(body, "(&s&s&sm&sm&s@m(sss)m&sm&sm&sua(sst))", &built.type, &built.from, &built.to, &key, &dossier, &re, &built.payload_type,
                  &built.kind, &built.verdict, &built.original, &parts);
    message = lt_message_builder_new(built.type, built.from, built.to);
    if (key != NULL)
        lt_message_builder_set_key(message, key);
    if (dossier != NULL)
        lt_message_builder_set_dossier(message, dossier);
    reference = g_variant_get_maybe(re);
    if (reference != NULL) {
        g_variant_get(reference, "(&s&s&s)", &named.from, &named.id, &named.manifest);
        lt_message_builder_set_re(message, &named);
    }
    good = read_parts(message, &built, parts, data);
    g_variant_iter_free(parts);
    if (good)
        return g_steal_pointer(&message);
    lt_error_set(error, LT_ERROR_INTERNAL, "plugin.protocol", "plugin host: a message whose parts do not fit its bytes");
    return NULL;
}

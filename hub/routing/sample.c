/* SPDX-License-Identifier: Apache-2.0 */
/* sample.c: made-up messages. A header such as the hub would have read, attachments from files or from memory, and a few bytes where the
 * signed container would be.
 */
#include "routing/sample.h"

#include <string.h>

#include "base/value.h"
#include "routing/samples.h"
#include "trust/header.h"

#define FOLDER "/lienthong/samples"
#define LIFE_US (604800 * LT_US_PER_SECOND)

/* The content behind such a message. */
typedef struct {
    char **files;
    GBytes *paper;
} Source;

static void
source_free(gpointer data)
{
    Source *source = data;

    g_strfreev(source->files);
    g_clear_pointer(&source->paper, g_bytes_unref);
    g_free(source);
}

static GInputStream *
open_attachment(gpointer data, guint index, GError **error)
{
    Source *source = data;
    g_autoptr(GFile) file = NULL;
    g_autoptr(GError) cause = NULL;
    GFileInputStream *stream;

    if (source->paper != NULL)
        return g_memory_input_stream_new_from_bytes(source->paper);
    file = g_file_new_for_path(source->files[index]);
    stream = g_file_read(file, NULL, &cause);
    if (stream == NULL)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "unavailable", "%s", cause->message);
    return (GInputStream *) stream;
}

static GInputStream *
open_envelope(gpointer data, guint64 *size, GError **error)
{
    static const char text[] = "(the signed container of a real message)";

    (void) data;
    (void) error;
    if (size != NULL)
        *size = sizeof text - 1;
    return g_memory_input_stream_new_from_data(text, sizeof text - 1, NULL);
}

static const LtMessageSource source_vtable = { open_attachment, open_envelope, source_free };

static void
add_part(LtHeader *header, const char *name, const char *role, const char *media_type, GBytes *content)
{
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);

    g_ptr_array_add(header->parts, lt_part_new(name, role, media_type, g_bytes_get_size(content), digest));
}

static gboolean
add_files(LtHeader *header, const LtSample *sample, GError **error)
{
    for (guint i = 0; sample->attachments != NULL && sample->attachments[i] != NULL; i++) {
        g_autofree char *name = g_strdup_printf("att/%04u", i + 1);
        g_autoptr(GBytes) content = NULL;
        g_autoptr(GError) cause = NULL;
        char *bytes;
        gsize size;

        if (!g_file_get_contents(sample->attachments[i], &bytes, &size, &cause)) {
            lt_error_set(error, LT_ERROR_UNAVAILABLE, "unavailable", "%s: %s", sample->attachments[i], cause->message);
            return FALSE;
        }
        content = g_bytes_new_take(bytes, size);
        add_part(header, name, sample->role, sample->media_type, content);
    }
    return TRUE;
}

static gboolean
is_xml(GBytes *payload)
{
    gsize size;
    const char *data = g_bytes_get_data(payload, &size);

    return size > 0 && (data[0] == '<' || data[0] == '\xef');
}

static gboolean
add_parts(LtHeader *header, const LtSample *sample, GError **error)
{
    gboolean xml = sample->payload != NULL && is_xml(sample->payload);

    if (sample->payload != NULL)
        add_part(header, xml ? "payload.xml" : "payload.json", "payload", xml ? "application/xml" : "application/json", sample->payload);
    if (sample->paper == NULL)
        return add_files(header, sample, error);
    add_part(header, "att/0001", sample->role, sample->media_type, sample->paper);
    return TRUE;
}

/* New ids, now, and an answer's reference where the type asks for one, unless the sample says otherwise. */
static LtHeader *
make_header(const LtSample *sample)
{
    const LtTypeRule *rule = lt_type_rule_lookup(sample->type);
    LtHeader *header = lt_header_new();
    char text[37];

    header->issued_us = sample->issued_us > 0 ? sample->issued_us : lt_time_now_us() / LT_US_PER_SECOND * LT_US_PER_SECOND;
    header->expires_us = header->issued_us + LIFE_US;
    header->type = g_strdup(sample->type);
    header->from = g_strdup(sample->from);
    header->to = g_strdup(sample->to);
    header->seq = 1;
    lt_uuid7_new(header->issued_us, text);
    header->id = g_strdup(sample->id != NULL ? sample->id : text);
    lt_uuid4_new(text);
    if (rule != NULL && rule->dossier != LT_RULE_ABSENT)
        header->dossier = g_strdup(sample->dossier != NULL ? sample->dossier : text);
    if (rule != NULL && rule->re == LT_RULE_REQUIRED) {
        lt_uuid7_new(header->issued_us, text);
        header->re_from = g_strdup(sample->to);
        header->re_id = g_strdup(sample->id != NULL ? sample->id : text);
        header->re_manifest = g_strnfill(64, '0');
    }
    return header;
}

LtMessage *
lt_sample_message(const LtSample *sample, GError **error)
{
    g_autoptr(LtHeader) header = make_header(sample);
    g_autofree char *manifest = g_strnfill(64, '0');
    Source *source;

    if (!add_parts(header, sample, error))
        return NULL;
    source = g_new0(Source, 1);
    source->files = g_strdupv((char **) sample->attachments);
    source->paper = sample->paper != NULL ? g_bytes_ref(sample->paper) : NULL;
    return lt_message_new(g_steal_pointer(&header), manifest, sample->payload, &source_vtable, source);
}

GBytes *
lt_sample_payload(const char *type)
{
    g_autofree char *path = g_strconcat(FOLDER "/", type, ".json", NULL);

    return g_resource_lookup_data(samples_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}

static int
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

char **
lt_sample_types(void)
{
    char **names = g_resource_enumerate_children(samples_get_resource(), FOLDER, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

    for (char **name = names; *name != NULL; name++)
        (*name)[strlen(*name) - strlen(".json")] = '\0';
    qsort(names, g_strv_length(names), sizeof *names, compare_names);
    return names;
}

GBytes *
lt_sample_paper(void)
{
    static const char text[] =
        "%PDF-1.4\n"
        "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj\n"
        "4 0 obj<</Length 43>>stream\nBT /F 24 Tf 40 40 Td (To khai mau) Tj ET   \nendstream endobj\n"
        "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
        "trailer<</Root 1 0 R>>\n%%EOF\n";

    return g_bytes_new_static(text, sizeof text - 1);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* envelope-seal.c: `lthub envelope seal`: makes and signs an envelope from files, for a unit that has a key and no software yet. */
#include <string.h>

#include "base/language.h"
#include "cli/envelope.h"
#include "trust/digest.h"
#include "trust/envelope.h"
#include "trust/header.h"

const LtKey lt_envelope_seal_keys[] = {
    LT_PATH(LtEnvelopeSeal, out, NULL, "the container that is written"),
    LT_PATH(LtEnvelopeSeal, certificate, NULL, "PEM: the signer's certificate, then intermediates"),
    LT_STRING(LtEnvelopeSeal, key, NULL, "PEM file of the private key, or pkcs11:…"),
    LT_STRING(LtEnvelopeSeal, type, NULL, "message type, such as dossier.submit"),
    LT_STRING(LtEnvelopeSeal, from, NULL, "sending unit"),
    LT_STRING(LtEnvelopeSeal, to, NULL, "receiving unit"),
    LT_NUMBER(LtEnvelopeSeal, seq, "1", "1..9007199254740991", "number of this envelope between the two units"),
    LT_STRING(LtEnvelopeSeal, dossier, "", "reference of the dossier (UUID 4); `new` makes one"),
    LT_PATH(LtEnvelopeSeal, re, "", "envelope that this one answers"),
    LT_PATH(LtEnvelopeSeal, payload, "", "payload, JSON or XML"),
    LT_STRING(LtEnvelopeSeal, role, "evidence", "role of the attachments"),
    LT_KEYS_END,
};

static const struct {
    const char *suffix, *media_type;
} media_types[] = {
    { ".pdf", "application/pdf" }, { ".png", "image/png" },          { ".jpg", "image/jpeg" },  { ".jpeg", "image/jpeg" },
    { ".tif", "image/tiff" },      { ".json", "application/json" },  { ".xml", "application/xml" }, { ".edxml", "application/xml" },
    { ".txt", "text/plain" },      { ".zip", "application/zip" },
    { ".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
    { ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
};

static const char *
media_type_of(const char *path)
{
    g_autofree char *name = g_ascii_strdown(path, -1);

    for (guint i = 0; i < G_N_ELEMENTS(media_types); i++)
        if (g_str_has_suffix(name, media_types[i].suffix))
            return media_types[i].media_type;
    return "application/octet-stream";
}

static GInputStream *
open_file(gpointer data, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(data);

    return (GInputStream *) g_file_read(file, NULL, error);
}

static void
part_free(gpointer data)
{
    LtSealPart *part = data;

    g_free(part->role);
    g_free(part->media_type);
    g_free(part->data);
    g_free(part);
}

static GPtrArray *
list_attachments(char **paths, const char *role, GError **error)
{
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(part_free);

    for (guint i = 0; paths[i] != NULL; i++) {
        g_autoptr(GFile) file = g_file_new_for_path(paths[i]);
        g_autoptr(GFileInfo) info = g_file_query_info(file, G_FILE_ATTRIBUTE_STANDARD_SIZE, 0, NULL, error);
        LtSealPart *part;

        if (info == NULL)
            return NULL;
        part = g_new0(LtSealPart, 1);
        part->role = g_strdup(role);
        part->media_type = g_strdup(media_type_of(paths[i]));
        part->open = open_file;
        part->data = g_strdup(paths[i]);
        part->size = (guint64) g_file_info_get_size(info);
        g_ptr_array_add(parts, part);
    }
    return g_steal_pointer(&parts);
}

/* What `re` needs is in the envelope that is answered; who signed it does not matter here, the receiver compares digests. */
static gboolean
set_reference(LtHeader *header, const char *path, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
    g_autoptr(GBytes) bytes = file == NULL ? NULL : g_mapped_file_get_bytes(file);
    g_autoptr(LtContainer) container = bytes == NULL ? NULL : lt_container_read_bytes(bytes, G_MAXUINT64, NULL, error);
    g_autoptr(LtHeader) answered = NULL;
    GBytes *text;

    if (container == NULL)
        return FALSE;
    text = lt_container_get(container, "envelope.json")->bytes;
    answered = lt_header_read(g_bytes_get_data(text, NULL), g_bytes_get_size(text), error);
    if (answered == NULL)
        return FALSE;
    header->re_from = g_strdup(answered->from);
    header->re_id = g_strdup(answered->id);
    header->re_manifest = lt_hex_dup(lt_container_get(container, "META-INF/ASiCManifest001.xml")->sha256, LT_SHA256_SIZE);
    if (header->dossier == NULL)
        header->dossier = g_strdup(answered->dossier);
    return TRUE;
}

static LtHeader *
make_header(const LtEnvelopeSeal *options, GError **error)
{
    g_autoptr(LtHeader) header = lt_header_new();
    char id[37];

    lt_uuid7_new(lt_time_now_us(), id);
    header->id = g_strdup(id);
    header->type = g_strdup(options->type);
    header->from = g_strdup(options->from);
    header->to = g_strdup(options->to);
    header->seq = options->seq;
    header->dossier = g_strdup(options->dossier);
    if (g_strcmp0(options->dossier, "new") == 0) {
        lt_uuid4_new(id);
        g_free(header->dossier);
        header->dossier = g_strdup(id);
    }
    if (options->re != NULL && !set_reference(header, options->re, error))
        return NULL;
    return g_steal_pointer(&header);
}

static gboolean
write_out(const LtSealed *sealed, const char *path, GError **error)
{
    g_autoptr(GFile) file = g_file_new_for_path(path);
    g_autoptr(GInputStream) in = lt_sealed_open_stream(sealed, NULL);
    g_autoptr(GFileOutputStream) out = g_file_replace(file, NULL, FALSE, G_FILE_CREATE_NONE, NULL, error);

    return out != NULL && g_output_stream_splice(G_OUTPUT_STREAM(out), in, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, error) >= 0;
}

static LtSealed *
seal(const LtEnvelopeSeal *options, char **paths, GError **error)
{
    LtSignerOptions keys = { .unit = options->from, .certificate = options->certificate, .key = options->key };
    g_autoptr(LtHeader) header = make_header(options, error);
    g_autoptr(LtSigner) signer = header == NULL ? NULL : lt_signer_open(&keys, error);
    g_autoptr(GPtrArray) attachments = signer == NULL ? NULL : list_attachments(paths, options->role, error);
    g_autoptr(GBytes) payload = NULL;

    if (attachments == NULL)
        return NULL;
    if (options->payload != NULL) {
        char *text = NULL;
        gsize size;

        if (!g_file_get_contents(options->payload, &text, &size, error))
            return NULL;
        payload = g_bytes_new_take(text, size);
    }
    return lt_envelope_seal(header, payload, attachments, signer, error);
}

int
lt_envelope_seal_run(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const LtEnvelopeSeal *options = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSealed) sealed = seal(options, arguments, &error);

    if (sealed == NULL || !write_out(sealed, options->out, &error))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("{\"manifest\":\"%s\"}\n", sealed->manifest_hex);
    else
        g_print(_("%s: sealed, manifest %s\n"), options->out, sealed->manifest_hex);
    return LT_EXIT_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* envelope.c: `lthub envelope`: for whoever writes or reads envelopes with software of their own.
 *
 * `pack` writes the strict container from a folder of entries, for signers that use stock tools; `open` verifies one and
 * takes its entries out. Sealing and checking are in files of their own.
 */
#include "cli/envelope.h"

#include <errno.h>
#include <string.h>

#include "base/language.h"
#include "cli/commands.h"
#include "trust/digest.h"
#include "trust/envelope.h"
#include "trust/header.h"
#include "trust/manifest.h"

#define MANIFEST "META-INF/ASiCManifest001.xml"
#define SIGNATURE "META-INF/signature001.p7s"
#define ATTACHMENTS_MAX 999

typedef struct {
    char *trust;
    gint64 now;
} Open;

static const LtKey open_keys[] = {
    LT_PATH(Open, trust, NULL, "folder with root.pem and crl.pem"),
    LT_NUMBER(Open, now, "0", "0..253402300799", "Unix seconds that count as now; 0: the clock"),
    LT_KEYS_END,
};

static void
bytes_unref(gpointer bytes)
{
    g_bytes_unref(bytes);
}

static GBytes *
map_file(const char *folder, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);

    return file == NULL ? NULL : g_mapped_file_get_bytes(file);
}

static gboolean
exists(const char *folder, const char *name)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);

    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

/* Names of the entries that a folder holds, in the order of the container. */
static GPtrArray *
list_entries(const char *folder)
{
    static const char *const before[] = { "envelope.json", "payload.json", "payload.xml" };
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < G_N_ELEMENTS(before); i++)
        if (exists(folder, before[i]))
            g_ptr_array_add(names, g_strdup(before[i]));
    for (guint i = 1; i <= ATTACHMENTS_MAX; i++) {
        char name[16];

        g_snprintf(name, sizeof name, "att/%04u", i);
        if (!exists(folder, name))
            break;
        g_ptr_array_add(names, g_strdup(name));
    }
    return names;
}

static const char *
media_type_of(const LtHeader *header, const char *name)
{
    for (guint i = 0; i < header->parts->len; i++) {
        const LtPart *part = g_ptr_array_index(header->parts, i);

        if (strcmp(part->name, name) == 0)
            return part->media_type;
    }
    return strcmp(name, "envelope.json") == 0 ? "application/json" : "application/octet-stream";
}

/* The manifest of a folder that has none: what its owner then signs. */
static gboolean
write_manifest(const char *folder, GPtrArray *names, GPtrArray *contents, GError **error)
{
    g_autofree LtManifestRow *rows = g_new0(LtManifestRow, names->len);
    g_autofree guint8 *digests = g_malloc(names->len * LT_SHA256_SIZE);
    g_autoptr(LtHeader) header = NULL;
    g_autoptr(GBytes) manifest = NULL;
    g_autofree char *path = g_build_filename(folder, MANIFEST, NULL);
    g_autofree char *inner = g_path_get_dirname(path);

    header = lt_header_read(g_bytes_get_data(contents->pdata[0], NULL), g_bytes_get_size(contents->pdata[0]), error);
    if (header == NULL)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        lt_sha256(g_bytes_get_data(contents->pdata[i], NULL), g_bytes_get_size(contents->pdata[i]), digests + i * LT_SHA256_SIZE);
        rows[i] = (LtManifestRow){ names->pdata[i], media_type_of(header, names->pdata[i]), digests + i * LT_SHA256_SIZE };
    }
    manifest = lt_manifest_write(rows, names->len);
    if (g_mkdir_with_parents(inner, 0777) != 0) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "io", "%s: %s", inner, g_strerror(errno));
        return FALSE;
    }
    return g_file_set_contents(path, g_bytes_get_data(manifest, NULL), (gssize) g_bytes_get_size(manifest), error);
}

static GBytes *
build(GPtrArray *names, GPtrArray *contents, GError **error)
{
    g_autofree LtEntrySource *entries = g_new0(LtEntrySource, names->len + 1);
    g_autoptr(GBytes) mimetype = g_bytes_new_static(LT_CONTAINER_MEDIA_TYPE, strlen(LT_CONTAINER_MEDIA_TYPE));

    for (guint i = 0; i <= names->len; i++) {
        GBytes *bytes = i == 0 ? mimetype : contents->pdata[i - 1];
        gsize size;
        const guint8 *data = g_bytes_get_data(bytes, &size);

        entries[i] = (LtEntrySource){ .name = i == 0 ? "mimetype" : names->pdata[i - 1], .bytes = bytes, .size = size,
                                      .crc32 = lt_crc32(0, data, size) };
    }
    return lt_container_build(entries, names->len + 1, error);
}

static gboolean
read_entries(const char *folder, GPtrArray *names, GPtrArray *contents, GError **error)
{
    for (guint i = contents->len; i < names->len; i++) {
        GBytes *bytes = map_file(folder, names->pdata[i], error);

        if (bytes == NULL)
            return FALSE;
        g_ptr_array_add(contents, bytes);
    }
    return TRUE;
}

static int
run_pack(gpointer options, char **arguments, const LtTerminal *terminal)
{
    const char *folder = arguments[0], *out = arguments[1];
    g_autoptr(GPtrArray) names = list_entries(folder);
    g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func(bytes_unref);
    g_autoptr(GBytes) container = NULL;
    g_autoptr(LtContainer) walked = NULL;
    g_autoptr(GError) error = NULL;

    (void) options;
    if (names->len == 0 || strcmp(names->pdata[0], "envelope.json") != 0) {
        lt_error_set(&error, LT_ERROR_CONFIG, "usage", "%s holds no envelope.json", folder);
        return lt_command_fail(terminal, error);
    }
    if (!read_entries(folder, names, contents, &error))
        return lt_command_fail(terminal, error);
    if (!exists(folder, MANIFEST) && !write_manifest(folder, names, contents, &error))
        return lt_command_fail(terminal, error);
    if (!exists(folder, SIGNATURE)) {
        g_printerr(_("%s/%s is written. Sign it to %s/%s (openssl cms -sign -cades -binary -nosmimecap …) and pack again.\n"), folder,
                   MANIFEST, folder, SIGNATURE);
        return LT_EXIT_INCOMPLETE;
    }
    g_ptr_array_add(names, g_strdup(MANIFEST));
    g_ptr_array_add(names, g_strdup(SIGNATURE));
    if (!read_entries(folder, names, contents, &error) || (container = build(names, contents, &error)) == NULL ||
        (walked = lt_container_read_bytes(container, G_MAXUINT64, NULL, &error)) == NULL ||
        !g_file_set_contents(out, g_bytes_get_data(container, NULL), (gssize) g_bytes_get_size(container), &error))
        return lt_command_fail(terminal, error);
    return LT_EXIT_OK;
}

/* Entries lie one behind the other; where each begins follows from those before it. */
static gboolean
take_out(const LtContainer *container, GBytes *bytes, const char *folder, GError **error)
{
    gsize offset = 0;

    for (guint i = 0; i < container->entries->len; i++) {
        const LtEntry *entry = g_ptr_array_index(container->entries, i);
        g_autofree char *path = g_build_filename(folder, entry->name, NULL);
        g_autofree char *inner = g_path_get_dirname(path);

        offset += 30 + strlen(entry->name);
        if (g_mkdir_with_parents(inner, 0777) != 0) {
            lt_error_set(error, LT_ERROR_UNAVAILABLE, "io", "%s: %s", inner, g_strerror(errno));
            return FALSE;
        }
        if (!g_file_set_contents(path, (const char *) g_bytes_get_data(bytes, NULL) + offset, (gssize) entry->size, error))
            return FALSE;
        offset += (gsize) entry->size;
    }
    return TRUE;
}

static int
run_open(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Open *options = data;
    g_autofree char *root = g_build_filename(options->trust, "root.pem", NULL);
    g_autofree char *crl = g_build_filename(options->trust, "crl.pem", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtTrust) trust = lt_trust_load(root, crl, 0, &error);
    LtReceiver receiver = { .trust = trust, .scope = LT_RECEIVE_OFFLINE,
                            .now_us = options->now != 0 ? options->now * LT_US_PER_SECOND : lt_time_now_us() };
    g_autofree char *text = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(LtEnvelope) envelope = NULL;
    gsize size;

    if (trust == NULL || !g_file_get_contents(arguments[0], &text, &size, &error))
        return lt_command_fail(terminal, error);
    bytes = g_bytes_new_take(g_steal_pointer(&text), size); /* a copy: what was verified is what is taken out */
    envelope = lt_envelope_open(bytes, &receiver, &error);
    if (envelope == NULL || !take_out(envelope->container, bytes, arguments[1], &error))
        return lt_command_fail(terminal, error);
    g_print("%s\t%s\t%s\n", lt_message_get_manifest(envelope->message), lt_message_get_from(envelope->message),
            envelope->signer->subject);
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "check", .arguments = "FILE…", .min_arguments = 1, .max_arguments = G_MAXUINT,
      .summary = "Says whether envelopes would be received, or with which code they are refused",
      .description = "Runs the receiving function of the hub (steps V1 to V10) on each file, with the anchors, CRL and units of a folder, and prints one\n"
                     "line per file: the file, a tab, and `ok` or the code. Duplicates and references are known within one call only.",
      .examples = "lthub envelope check --trust trust/ --unit H52 good.asice    # does what we made conform?\n"
                  "lthub envelope check --trust trust/ --unit H52 --explain *.asice    # and if not, why?",
      .options = lt_envelope_check_keys, .options_size = sizeof(LtEnvelopeCheck), .run = lt_envelope_check_run },
    { .name = "seal", .arguments = "[ATTACHMENT…]", .min_arguments = 0, .max_arguments = ATTACHMENTS_MAX,
      .summary = "Makes and signs an envelope from files",
      .description = "The payload and the attachments become parts of an envelope, which is signed with the unit's key. Attachments may be large: they\n"
                     "are read in pieces.",
      .examples = "lthub envelope seal --out 1.asice --certificate unit.pem --key unit.key --type dossier.submit --from H52.101 --to H52 \\\n"
                  "    --dossier new --payload hoso.json don.pdf",
      .options = lt_envelope_seal_keys, .options_size = sizeof(LtEnvelopeSeal), .run = lt_envelope_seal_run },
    { .name = "pack", .arguments = "FOLDER OUT", .min_arguments = 2, .max_arguments = 2,
      .summary = "Writes the container from a folder of entries, for signing with stock tools",
      .description = "FOLDER holds envelope.json, a payload and att/0001 …. Without a manifest it is written and the command stops (exit code 3), so that\n"
                     "META-INF/signature001.p7s can be made with openssl; the second call writes the container.",
      .examples = "lthub envelope pack work/ out.asice    # twice, with openssl cms -sign between", .run = run_pack },
    { .name = "open", .arguments = "FILE FOLDER", .min_arguments = 2, .max_arguments = 2,
      .summary = "Verifies an envelope and takes its entries out",
      .description = "Nothing is written unless container, signature, manifest and header are good. Whether the signer may speak for `from` is not\n"
                     "asked here: see `lthub envelope check`.",
      .examples = "lthub envelope open --trust trust/ good.asice out/", .options = open_keys, .options_size = sizeof(Open), .run = run_open },
    { 0 },
};

const LtCommand lt_command_envelope = { "envelope", "makes, checks and opens signed envelopes", verbs };

/* SPDX-License-Identifier: Apache-2.0 */
/* forge-envelope.c: whole containers, wrong in one place. */
#include "lib/forge.h"

#include <string.h>

#include "trust/digest.h"
#include "trust/manifest.h"

#define HEADER_START                                                                                                   \
    "{\"v\":\"hub-env/1\",\"id\":\"01a20925-06a3-7edc-9a84-96b5e6757771\",\"type\":\"dossier.submit\",\"from\":\"H52.101\","  \
    "\"to\":\"H52\",\"issued\":\"" FORGE_ISSUED "\",\"expires\":\"2026-11-24T16:03:00Z\",\"seq\":1,"                   \
    "\"nonce\":\"MgZHmtRbQND5EzxPciI62nbEuynWUzBFnl2mE+Yk7dA=\",\"dossier\":\"c9d5d49c-b56f-4552-96a3-c9b95ec99950\","
#define PAYLOAD "{\"code\":\"H52.101-261123-0001\"}"

typedef struct {
    GPtrArray *names; /* of char * */
    GPtrArray *contents; /* of GBytes * */
} Parts;

static void
add_part(Parts *parts, const char *name, const char *content)
{
    g_ptr_array_add(parts->names, g_strdup(name));
    g_ptr_array_add(parts->contents, g_bytes_new(content, strlen(content)));
}

static char *
swap(const char *text, const char *find, const char *replace)
{
    g_auto(GStrv) pieces = find != NULL ? g_strsplit(text, find, 2) : NULL;

    if (find == NULL)
        return g_strdup(text);
    g_assert_cmpuint(g_strv_length(pieces), ==, 2);
    return g_strconcat(pieces[0], replace, pieces[1], NULL);
}

static const char *
type_of(const char *name)
{
    return strcmp(name, "payload.xml") == 0 ? "application/xml" : g_str_has_prefix(name, "att/") ? "application/pdf" : "application/json";
}

static char *
describe_parts(const Parts *parts)
{
    GString *out = g_string_new(HEADER_START "\"parts\":[");

    for (guint i = 1; i < parts->names->len; i++)
        g_string_append_printf(out, "%s{\"name\":\"%s\",\"role\":\"%s\",\"mediaType\":\"%s\",\"size\":%" G_GSIZE_FORMAT "}", i > 1 ? "," : "",
                               (char *) parts->names->pdata[i], i == 1 ? "payload" : "evidence", type_of(parts->names->pdata[i]),
                               g_bytes_get_size(parts->contents->pdata[i]));
    g_string_append(out, "]}");
    return g_string_free(out, FALSE);
}

static void
collect_parts(const ForgeEnvelope *spec, Parts *parts)
{
    guint n = spec->n_attachments == 0 ? 2 : spec->n_attachments == G_MAXUINT ? 0 : spec->n_attachments;
    g_autofree char *made = NULL, *header = NULL;

    add_part(parts, "envelope.json", "");
    if (spec->payload == NULL || spec->payload[0] != '\0')
        add_part(parts, spec->payload_name != NULL ? spec->payload_name : "payload.json", spec->payload != NULL ? spec->payload : PAYLOAD);
    for (guint i = 1; i <= n; i++) {
        g_autofree char *name = g_strdup_printf("att/%04u", i);

        add_part(parts, name, "%PDF-1.4 sample");
    }
    made = describe_parts(parts);
    header = swap(spec->header != NULL ? spec->header : made, spec->find, spec->replace);
    g_bytes_unref(parts->contents->pdata[0]);
    parts->contents->pdata[0] = g_bytes_new(header, strlen(header));
}

static GBytes *
make_manifest(const ForgeEnvelope *spec, const Parts *parts)
{
    g_autofree LtManifestRow *rows = g_new0(LtManifestRow, parts->names->len);
    g_autofree guint8 *digests = g_malloc(parts->names->len * LT_SHA256_SIZE);
    g_autoptr(GBytes) good = NULL;
    g_autofree char *text = NULL;
    char *changed;

    for (guint i = 0; i < parts->names->len; i++) {
        lt_sha256(g_bytes_get_data(parts->contents->pdata[i], NULL), g_bytes_get_size(parts->contents->pdata[i]), digests + i * LT_SHA256_SIZE);
        rows[i] = (LtManifestRow){ parts->names->pdata[i], type_of(parts->names->pdata[i]), digests + i * LT_SHA256_SIZE };
    }
    good = lt_manifest_write(rows, parts->names->len);
    text = g_strndup(g_bytes_get_data(good, NULL), g_bytes_get_size(good));
    changed = swap(text, spec->manifest_find, spec->manifest_replace);
    return g_bytes_new_take(changed, strlen(changed));
}

static void
change(Parts *parts, const char *name)
{
    for (guint i = 0; name != NULL && i < parts->names->len; i++)
        if (strcmp(parts->names->pdata[i], name) == 0) {
            gsize size;
            guint8 *data = g_bytes_unref_to_data(parts->contents->pdata[i], &size);

            data[size - 2] ^= 1;
            parts->contents->pdata[i] = g_bytes_new_take(data, size);
        }
}

static GBytes *
pack(const Parts *parts)
{
    g_autofree LtEntrySource *entries = g_new0(LtEntrySource, parts->names->len);

    for (guint i = 0; i < parts->names->len; i++) {
        gsize size;
        const guint8 *data = g_bytes_get_data(parts->contents->pdata[i], &size);

        entries[i] = (LtEntrySource){ .name = parts->names->pdata[i], .bytes = parts->contents->pdata[i], .crc32 = lt_crc32(0, data, size) };
    }
    return lt_container_build(entries, parts->names->len, NULL);
}

GBytes *
forge_envelope(const Forge *self, const ForgeEnvelope *spec, char **manifest_hex)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) contents = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    Parts parts = { names, contents };
    ForgeCms cms = spec->cms;
    GBytes *manifest;

    collect_parts(spec, &parts);
    manifest = make_manifest(spec, &parts);
    if (manifest_hex != NULL)
        *manifest_hex = lt_sha256_dup_hex(g_bytes_get_data(manifest, NULL), g_bytes_get_size(manifest));
    change(&parts, spec->changed);
    cms.certificate = cms.certificate != NULL ? cms.certificate : self->certificate;
    cms.key = cms.key != NULL ? cms.key : self->key;
    cms.content = cms.content != NULL ? cms.content : manifest;
    g_ptr_array_add(names, g_strdup("META-INF/ASiCManifest001.xml"));
    g_ptr_array_add(contents, manifest);
    g_ptr_array_add(names, g_strdup("META-INF/signature001.p7s"));
    g_ptr_array_add(contents, spec->signature != NULL ? g_bytes_ref(spec->signature) : forge_cms(&cms));
    g_ptr_array_insert(names, 0, g_strdup("mimetype"));
    g_ptr_array_insert(contents, 0, g_bytes_new_static(LT_CONTAINER_MEDIA_TYPE, strlen(LT_CONTAINER_MEDIA_TYPE)));
    return pack(&parts);
}

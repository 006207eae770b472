/* SPDX-License-Identifier: Apache-2.0 */
/* inspect.c: what `lthub edxml` asks of the plugin: the same reader and the same schema as in a delivery, for one file. */
#include "ioffice.h"

#include <string.h>

static char *
read_file(GHashTable *options, GBytes *document, GError **error)
{
    const EdxmlLimits limits = EDXML_LIMITS;
    const char *signers = g_hash_table_lookup(options, "signers");
    g_autoptr(GPtrArray) trusted = ioffice_read_certificates(signers, error);
    g_autoptr(Edxml) message = NULL;

    if (trusted == NULL || !edxml_signature_start(error))
        return NULL;
    message = edxml_read(document, &limits, trusted, error);
    return message != NULL ? edxml_to_json(message, g_strcmp0(g_hash_table_lookup(options, "lang"), "vi") == 0) : NULL;
}

char *
ioffice_inspect(GHashTable *options, GBytes *document, GError **error)
{
    const char *verb = g_hash_table_lookup(options, "verb");

    if (g_strcmp0(verb, "read") == 0)
        return read_file(options, document, error);
    if (g_strcmp0(verb, "check") == 0)
        return edxml_check(document, error) ? g_strdup("{\"valid\":true}") : NULL;
    lt_error_set(error, LT_ERROR_CONFIG, "ioffice.inspect", "ioffice: documents can be read and checked, nothing else");
    return NULL;
}

/* Every certificate of a PEM file, as DER. */
GPtrArray *
ioffice_read_certificates(const char *path, GError **error)
{
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    const char *at;

    if (path == NULL)
        return g_steal_pointer(&list);
    if (!g_file_get_contents(path, &text, NULL, &cause)) {
        lt_error_set(error, LT_ERROR_CONFIG, "ioffice.signers", "signers: %s", cause->message);
        return NULL;
    }
    for (at = strstr(text, "-----BEGIN CERTIFICATE-----"); at != NULL; at = strstr(at, "-----BEGIN CERTIFICATE-----")) {
        const char *begin = at + strlen("-----BEGIN CERTIFICATE-----"), *end = strstr(begin, "-----END CERTIFICATE-----");
        gboolean had_space;
        GBytes *der = end != NULL ? edxml_base64_read(begin, (gsize) (end - begin), &had_space) : NULL;

        if (der == NULL)
            break;
        g_ptr_array_add(list, der);
        at = end;
    }
    if (list->len > 0 && at == NULL)
        return g_steal_pointer(&list);
    lt_error_set(error, LT_ERROR_CONFIG, "ioffice.signers", "signers: %s: no certificates in PEM form", path);
    return NULL;
}

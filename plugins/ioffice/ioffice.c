/* SPDX-License-Identifier: Apache-2.0 */
/* ioffice.c: a mailbox of the state document axis, as VNPT-iOffice and the other document systems have it: keys and opening. */
#include "ioffice.h"

#include <string.h>

static const LtKey keys[] = {
    LT_CHOICE(Ioffice, transport, "vxp", "vxp|lgsp|folder", "how the mailbox is reached: VXP REST, a provincial LGSP's REST, or two folders"),
    LT_STRING(Ioffice, system_id, "", "transport = vxp or lgsp: the system id that we were given"),
    LT_SECRET(Ioffice, secret, "", "transport = vxp: secret that signs every request; lgsp: the X-SecretKey"),
    LT_STRING(Ioffice, service_type, "eDoc", "transport = vxp: the servicetype of every request"),
    LT_STRING(Ioffice, user, "", "transport = lgsp: user name of the login"),
    LT_SECRET(Ioffice, password, "", "transport = lgsp: password of the login"),
    LT_STRING(Ioffice, application, "", "transport = lgsp: applicationCode of the login"),
    LT_PATH(Ioffice, in, "", "transport = folder: folder in which the document system lays down .edxml files"),
    LT_PATH(Ioffice, out, "", "transport = folder: folder that receives one .edxml file per message"),
    LT_LIST(Ioffice, organ_ids, "", "units whose identifier on the axis is another than the hub's: UNIT=IDENTIFIER, such as H52.102=000.00.12.H52"),
    LT_LIST(Ioffice, names, "", "names of units as they stand in From and To: UNIT=NAME"),
    LT_PATH(Ioffice, signers, "", "PEM file with the certificates of partners whose signatures count; without it no signature is valid"),
    LT_CHOICE(Ioffice, signature_policy, "record", "record|legacy|valid",
              "record: every document passes, its verdict is kept; legacy: only signed ones, SHA-1 too; valid: only soundly signed ones"),
    LT_PATH(Ioffice, sign_key, "", "PEM file of the RSA key that signs what we send; absent: unsigned"),
    LT_PATH(Ioffice, sign_certificate, "", "PEM file of its certificate"),
    LT_CHOICE(Ioffice, replies, "result", "result|relay", "a letter that answers a dossier: its result; or relayed as it is, for a person to judge"),
    LT_BOOLEAN(Ioffice, payload_file, "true", "send the dossier's data as one more attachment, so that a hub on the other side loses nothing"),
    LT_BYTES(Ioffice, max_message, "64M", "1K..512M", "largest document that is collected, and most bytes of attachments that are sent"),
    LT_LIST(Ioffice, types, "", "message types that are delivered; others count as delivered without a request. Absent: all"),
    LT_KEYS_END,
};

const IofficeTransport *
ioffice_transport(const Ioffice *self)
{
    return strcmp(self->transport, "vxp") == 0 ? &ioffice_vxp : strcmp(self->transport, "lgsp") == 0 ? &ioffice_lgsp : &ioffice_folder;
}

static gboolean
needs(gboolean has, const char *what, GError **error)
{
    if (!has)
        lt_error_set(error, LT_ERROR_CONFIG, "ioffice.settings", "%s", what);
    return has;
}

static gboolean
check_pairs(char **list, const char *key, GError **error)
{
    for (; list != NULL && *list != NULL; list++) {
        if (strchr(*list, '=') == NULL || (*list)[0] == '=' || strchr(*list, '=')[1] == '\0') {
            lt_error_set(error, LT_ERROR_CONFIG, "ioffice.settings", "%s: '%s' is not UNIT=TEXT", key, *list);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean
is_ascii(const char *text)
{
    return text == NULL || g_str_is_ascii(text);
}

static gboolean
check_transport(const Ioffice *self, GError **error)
{
    if (strcmp(self->transport, "folder") == 0)
        return needs(self->in != NULL || self->out != NULL, "in, out: transport = folder needs one of them", error);
    return needs(self->system_id != NULL, "system_id: transport = vxp and lgsp need it", error) &&
           needs(is_ascii(self->system_id) && is_ascii(self->service_type), "system_id, service_type: only ASCII can be signed", error) &&
           needs(self->secret != NULL, "secret: transport = vxp and lgsp need it", error) &&
           (strcmp(self->transport, "vxp") == 0 ||
            (needs(self->user != NULL, "user: transport = lgsp needs it", error) && needs(self->password != NULL, "password: transport = lgsp needs it", error)));
}

/* A key that cannot sign is found when the configuration is checked, not with the first dossier. */
static gboolean
check_key(const Ioffice *self, GError **error)
{
    g_autoptr(GBytes) probe = g_bytes_new_static("<edXML><edXMLEnvelope><edXMLHeader/></edXMLEnvelope></edXML>", 60);
    g_autoptr(GBytes) made = NULL;

    if (!needs((self->sign_key == NULL) == (self->sign_certificate == NULL), "sign_key and sign_certificate are needed together", error))
        return FALSE;
    made = self->sign_key != NULL ? edxml_sign(probe, self->sign_key, self->sign_certificate, error) : g_bytes_ref(probe);
    return made != NULL;
}

static void
ioffice_close(gpointer data)
{
    Ioffice *self = data;

    g_clear_pointer(&self->trusted, g_ptr_array_unref);
    g_clear_pointer(&self->token, g_free);
    g_mutex_clear(&self->lock);
}

static gboolean
ioffice_open(gpointer data, GError **error)
{
    Ioffice *self = data;

    g_mutex_init(&self->lock);
    if (check_transport(self, error) && check_pairs(self->organ_ids, "organ_ids", error) && check_pairs(self->names, "names", error) &&
        needs(strcmp(self->signature_policy, "record") == 0 || self->signers != NULL, "signers: signature_policy = legacy and valid need it", error) &&
        edxml_signature_start(error) && (self->trusted = ioffice_read_certificates(self->signers, error)) != NULL && check_key(self, error))
        return TRUE;
    ioffice_close(self);
    return FALSE;
}

LT_PLUGIN_EXPORT(.name = "ioffice", .version = "1.0", .summary = "A mailbox of the state document axis: edXML over VXP, a provincial LGSP or a folder",
                 .keys = keys, .self_size = sizeof(Ioffice), .open = ioffice_open, .close = ioffice_close, .collect = ioffice_collect,
                 .deliver = ioffice_deliver, .inspect = ioffice_inspect)

/* SPDX-License-Identifier: Apache-2.0 */
/* settings.c: the keys of a SOAP endpoint, and opening one: maps compiled, the WSDL read, keys and certificates loaded. */
#include "soap.h"

#include <string.h>

#include "fault.h"

const LtKey soap_keys[] = {
    LT_CHOICE(Soap, version, "auto", "auto|1.1|1.2", "SOAP version that we speak; auto: the WSDL's, else 1.1, and as a server the caller's"),
    LT_PATH(Soap, wsdl, "", "WSDL 1.1 of the service, in one file: operation, action, elements and address are checked against it"),
    LT_STRING(Soap, wsdl_port, "", "port in the WSDL; absent: the first that speaks SOAP"),
    LT_STRING(Soap, operation, "", "operation of the WSDL that must be there"),
    LT_STRING(Soap, action, "", "SOAP action where there is no WSDL to name it"),
    LT_STRING(Soap, path, "", "path below url"),
    LT_PATH(Soap, deliver_map, "", "XSLT: lt:message to the element in Body, lt:request, or lt:nothing"),
    LT_PATH(Soap, reply_map, "", "XSLT: lt:reply to lt:outcome, perhaps with messages for the unit that asked"),
    LT_PATH(Soap, collect_map, "", "XSLT: lt:collect to the request that asks for what is new"),
    LT_PATH(Soap, items_map, "", "XSLT: lt:collected to lt:items: messages, or items to be fetched one by one"),
    LT_PATH(Soap, fetch_map, "", "XSLT: lt:fetch to the request for one item"),
    LT_PATH(Soap, document_map, "", "XSLT: lt:fetched to lt:items with its messages"),
    LT_PATH(Soap, confirm_map, "", "XSLT: lt:confirm to the request that acknowledges an item once it is kept, or lt:nothing"),
    LT_PATH(Soap, receive_map, "", "XSLT: lt:call, which the other side made, to lt:received with its messages"),
    LT_PATH(Soap, answer_map, "", "XSLT: lt:answered, once its messages are kept, to the element in Body of our answer"),
    LT_LIST(Soap, parameters, "", "NAME=VALUE for xsl:param of every map"),
    LT_CHOICE(Soap, attachments, "none", "none|base64|mtom", "how lt:content in a request becomes an attachment's bytes"),
    LT_BYTES(Soap, attachments_max, "16M", "1K..64M", "most bytes of attachments in one envelope, either way"),
    LT_DURATION(Soap, map_time, "2s", "10ms..60s", "longest run of a map, in CPU time"),
    LT_BYTES(Soap, map_memory, "256M", "16M..4G", "growth of memory during a run at which it is stopped"),
    LT_LIST(Soap, decode, "", "names of elements whose base64 content is an XML document, such as edXML: maps see the document in its place"),
    LT_LIST(Soap, faults, "", "CODE=accepted, refused, postponed or held: what fault codes and sub-codes of this system mean"),
    LT_LIST(Soap, types, "", "message types that are delivered; others count as delivered without a request. Absent: all"),
    LT_CHOICE(Soap, auth, "none", "none|basic|bearer|header|lgsp", "how we say who we are; lgsp: the three headers of ministry services behind an LGSP"),
    LT_STRING(Soap, user, "", "auth = basic or lgsp: user name"),
    LT_SECRET(Soap, password, "", "auth = basic or lgsp: password"),
    LT_SECRET(Soap, token, "", "auth = bearer, header or lgsp: the token"),
    LT_STRING(Soap, auth_header, "X-Api-Key", "auth = header: name of the header"),
    LT_SECRET(Soap, lgsp_token, "", "auth = lgsp: value of lgspAccessToken, the base64 text that the gateway's owner gave"),
    LT_PATH(Soap, sign_certificate, "", "PEM file of the certificate that goes with sign_key"),
    LT_SECRET(Soap, sign_key, "", "PEM private key (RSA or EC): what we send is signed by WS-Security"),
    LT_PATH(Soap, peer_certificate, "", "PEM file: what comes must be signed by a key of these certificates"),
    LT_PATH(Soap, peer_ca, "", "PEM file of authorities: what comes must be signed by peer_subject, for whom they vouch"),
    LT_STRING(Soap, peer_subject, "", "peer_ca: subject of the signer's certificate, as in CN=Bo Cong an,C=VN"),
    LT_CHOICE(Soap, unsigned_messages, "refuse", "refuse|accept", "whether messages may be taken from envelopes without a signature"),
    LT_KEYS_END,
};

const char *
soap_map_name(Map map)
{
    static const char *const names[MAP_N] = { "deliver", "reply", "collect", "items", "fetch", "document", "confirm", "receive", "answer" };

    return names[map];
}

static const char *
map_path(const Soap *self, Map map)
{
    const char *const paths[MAP_N] = { self->deliver_map, self->reply_map, self->collect_map, self->items_map, self->fetch_map,
                                       self->document_map, self->confirm_map, self->receive_map, self->answer_map };

    return paths[map];
}

xmlDoc *
soap_run_map(const Soap *self, Map map, xmlDoc *input, GError **error)
{
    if (self->maps[map] != NULL)
        return transform_run(self->maps[map], input, error);
    lt_error_set(error, LT_ERROR_CONFIG, "soap.settings", "%s_map is not set, and would be needed", soap_map_name(map));
    return NULL;
}

static gboolean
needs(gboolean good, const char *what, GError **error)
{
    if (!good)
        lt_error_set(error, LT_ERROR_CONFIG, "soap.settings", "%s", what);
    return good;
}

/* What goes together. */
static gboolean
check_settings(const Soap *self, GError **error)
{
    gboolean is_signed = self->peer_certificate != NULL || self->peer_ca != NULL;
    gboolean takes_in = self->items_map != NULL || self->receive_map != NULL;

    return needs(self->deliver_map != NULL || self->collect_map != NULL || self->receive_map != NULL,
                 "deliver_map, collect_map or receive_map: at least one is needed", error) &&
           needs((self->collect_map == NULL) == (self->items_map == NULL), "collect_map and items_map are needed together", error) &&
           needs((self->fetch_map == NULL) == (self->document_map == NULL), "fetch_map and document_map are needed together", error) &&
           needs((self->receive_map == NULL) == (self->answer_map == NULL), "receive_map and answer_map are needed together", error) &&
           needs(self->operation == NULL || self->wsdl != NULL, "operation: needs a wsdl", error) &&
           needs((self->sign_certificate == NULL) == (self->sign_key == NULL), "sign_certificate and sign_key are needed together", error) &&
           needs(!takes_in || is_signed || strcmp(self->unsigned_messages, "accept") == 0,
                 "peer_certificate or peer_ca: messages are taken from signed envelopes only; or say unsigned_messages = accept", error) &&
           fault_check_table(self->faults, error);
}

static gboolean
open_parameters(Soap *self, GError **error)
{
    guint n = self->parameters != NULL ? g_strv_length(self->parameters) : 0;

    self->map_parameters = g_new0(const char *, 2 * n + 1);
    for (guint i = 0; i < n; i++) {
        const char *equals = strchr(self->parameters[i], '=');
        g_autofree char *name = equals != NULL ? g_strndup(self->parameters[i], (gsize) (equals - self->parameters[i])) : NULL;

        if (name == NULL || xmlValidateNCName(BAD_CAST name, 0) != 0) {
            lt_error_set(error, LT_ERROR_CONFIG, "soap.settings", "parameters: \"%s\" must be NAME=VALUE", self->parameters[i]);
            return FALSE;
        }
        self->map_parameters[2 * i] = g_steal_pointer(&name);
        self->map_parameters[2 * i + 1] = g_strdup(equals + 1);
    }
    return TRUE;
}

static gboolean
open_maps(Soap *self, GError **error)
{
    TransformLimits limits = { .time_us = self->map_time, .memory_bytes = (gsize) self->map_memory };

    for (Map map = 0; map < MAP_N; map++) {
        if (map_path(self, map) == NULL)
            continue;
        self->maps[map] = transform_open(map_path(self, map), (const char *const *) self->map_parameters, &limits, error);
        if (self->maps[map] == NULL) {
            g_prefix_error(error, "%s_map: ", soap_map_name(map));
            return FALSE;
        }
    }
    return TRUE;
}

/* auto: the WSDL's version; as a server whichever the caller speaks. */
static gboolean
open_description(Soap *self, GError **error)
{
    g_autofree char *known = NULL;

    self->speaks_any = strcmp(self->version, "auto") == 0;
    self->soap_version = strcmp(self->version, "1.2") == 0 ? SOAP_12 : SOAP_11;
    if (self->wsdl == NULL)
        return TRUE;
    self->description = wsdl_open(self->wsdl, self->wsdl_port, error);
    if (self->description == NULL)
        return FALSE;
    if (!self->speaks_any && self->description->version != self->soap_version) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.wsdl", "version: is %s, but port %s of the WSDL speaks %s", self->version, self->description->port,
                     soap_version_name(self->description->version));
        return FALSE;
    }
    self->soap_version = self->description->version;
    if (self->operation == NULL || wsdl_find(self->description, self->operation) != NULL)
        return TRUE;
    known = wsdl_list(self->description);
    lt_error_set(error, LT_ERROR_CONFIG, "soap.wsdl", "operation: the WSDL has no \"%s\"; it has %s", self->operation, known);
    return FALSE;
}

static char *
basic(const Soap *self)
{
    g_autofree char *pair = g_strconcat(self->user, ":", self->password, NULL);

    return g_base64_encode((const guchar *) pair, strlen(pair));
}

static gboolean
open_auth(Soap *self, GError **error)
{
    gboolean is_lgsp = strcmp(self->auth, "lgsp") == 0, is_basic = strcmp(self->auth, "basic") == 0;

    if ((is_lgsp || is_basic) && !needs(self->user != NULL && self->password != NULL, "user and password: auth = basic and auth = lgsp need them", error))
        return FALSE;
    if (strcmp(self->auth, "none") != 0 && !is_basic && !needs(self->token != NULL, "token: auth = bearer, header and lgsp need it", error))
        return FALSE;
    if (is_lgsp && !needs(self->lgsp_token != NULL, "lgsp_token: auth = lgsp needs it", error))
        return FALSE;
    if (is_basic) {
        g_autofree char *pair = basic(self);

        self->credential = g_strconcat("Basic ", pair, NULL);
    } else if (self->token != NULL) {
        self->credential = strcmp(self->auth, "header") == 0 ? g_strdup(self->token) : g_strconcat("Bearer ", self->token, NULL);
    }
    self->lgsp_hash = is_lgsp ? basic(self) : NULL;
    return TRUE;
}

static gboolean
open_security(Soap *self, GError **error)
{
    self->replay = replay_new();
    if (self->sign_key != NULL) {
        self->seal = seal_open(self->sign_certificate, self->sign_key, error);
        if (self->seal == NULL)
            return FALSE;
    }
    if (self->peer_certificate == NULL && self->peer_ca == NULL)
        return TRUE;
    self->trust = trust_open(self->peer_certificate, self->peer_ca, self->peer_subject, error);
    return self->trust != NULL;
}

void
soap_close(gpointer data)
{
    Soap *self = data;

    for (Map map = 0; map < MAP_N; map++)
        g_clear_pointer(&self->maps[map], transform_free);
    for (guint i = 0; self->map_parameters != NULL && self->map_parameters[i] != NULL; i++)
        g_free((char *) self->map_parameters[i]);
    g_clear_pointer(&self->map_parameters, g_free);
    g_clear_pointer(&self->description, wsdl_free);
    g_clear_pointer(&self->seal, seal_free);
    g_clear_pointer(&self->trust, trust_free);
    g_clear_pointer(&self->replay, replay_free);
    g_clear_pointer(&self->credential, g_free);
    g_clear_pointer(&self->lgsp_hash, g_free);
}

gboolean
soap_open(gpointer data, GError **error)
{
    Soap *self = data;

    if (check_settings(self, error) && open_parameters(self, error) && open_description(self, error) && open_auth(self, error) &&
        open_security(self, error) && open_maps(self, error))
        return TRUE;
    soap_close(self);
    return FALSE;
}

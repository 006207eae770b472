/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c: the table from fault codes to errors, and its way back.
 *
 * A code is a qualified name; 1.1 refines it by dots (Client.Authentication), 1.2 by nested sub-codes. The refinement is asked first. */
#include "fault.h"

#include "security.h"

#include <string.h>

#define CODES_MAX 8
#define WSA_NS "http://www.w3.org/2005/08/addressing"

typedef struct {
    const char *ns;   /* NULL: any */
    const char *code; /* also with a refinement behind a dot */
    LtErrorCode becomes;
    const char *reason;
} Row;

/* The most special row first. */
static const Row rows[] = {
    { WSSE_NS, "MessageExpired", LT_ERROR_UNAVAILABLE, "soap.fault.expired" },
    { WSU_NS, "MessageExpired", LT_ERROR_UNAVAILABLE, "soap.fault.expired" },
    { WSSE_NS, "UnsupportedSecurityToken", LT_ERROR_CONFIG, "soap.fault.security" },
    { WSSE_NS, "UnsupportedAlgorithm", LT_ERROR_CONFIG, "soap.fault.security" },
    { WSSE_NS, "InvalidSecurity", LT_ERROR_CONFIG, "soap.fault.security" },
    { WSSE_NS, "InvalidSecurityToken", LT_ERROR_CONFIG, "soap.fault.security" },
    { WSSE_NS, "FailedAuthentication", LT_ERROR_CONFIG, "soap.fault.security" },
    { WSSE_NS, "FailedCheck", LT_ERROR_CONFIG, "soap.fault.security" },
    { WSSE_NS, "SecurityTokenUnavailable", LT_ERROR_CONFIG, "soap.fault.security" },
    { WSA_NS, "EndpointUnavailable", LT_ERROR_UNAVAILABLE, "soap.fault.unavailable" },
    { WSA_NS, "DestinationUnreachable", LT_ERROR_UNAVAILABLE, "soap.fault.unavailable" },
    { WSA_NS, "ActionNotSupported", LT_ERROR_CONFIG, "soap.fault.action" },
    { SOAP_11_NS, "Client.Authentication", LT_ERROR_CONFIG, "soap.fault.security" },
    { SOAP_11_NS, "VersionMismatch", LT_ERROR_CONFIG, "soap.fault.version" },
    { SOAP_11_NS, "MustUnderstand", LT_ERROR_CONFIG, "soap.fault.must-understand" },
    { SOAP_11_NS, "Client", LT_ERROR_REFUSED, "soap.fault.client" },
    { SOAP_11_NS, "Server", LT_ERROR_UNAVAILABLE, "soap.fault.server" },
    { SOAP_12_NS, "VersionMismatch", LT_ERROR_CONFIG, "soap.fault.version" },
    { SOAP_12_NS, "MustUnderstand", LT_ERROR_CONFIG, "soap.fault.must-understand" },
    { SOAP_12_NS, "DataEncodingUnknown", LT_ERROR_CONFIG, "soap.fault.encoding" },
    { SOAP_12_NS, "Sender", LT_ERROR_REFUSED, "soap.fault.client" },
    { SOAP_12_NS, "Receiver", LT_ERROR_UNAVAILABLE, "soap.fault.server" },
};

typedef struct {
    char *ns; /* nullable */
    char *name;
} Code;

static void
code_free(gpointer data)
{
    Code *self = data;

    g_free(self->ns);
    g_free(self->name);
    g_free(self);
}

gboolean
fault_is(const Envelope *envelope)
{
    return document_first(envelope->body, soap_version_ns(envelope->version), "Fault") != NULL;
}

/* The text of a code element is a QName in the scope of that element. */
static void
add_code(GPtrArray *codes, xmlNode *node)
{
    g_autofree char *text = document_text(node);
    char *colon = strchr(text, ':');
    const char *name = colon != NULL ? colon + 1 : text;
    xmlNs *ns;
    Code *code;

    if (colon != NULL)
        *colon = '\0';
    if (*name == '\0' || strlen(name) > 100 || xmlValidateNCName(BAD_CAST name, 0) != 0)
        return;
    ns = xmlSearchNs(node->doc, node, colon != NULL ? BAD_CAST text : NULL);
    code = g_new0(Code, 1);
    code->ns = ns != NULL ? g_strdup((const char *) ns->href) : NULL;
    code->name = g_strdup(name);
    g_ptr_array_insert(codes, 0, code);
}

/* Innermost first. */
static GPtrArray *
read_codes(const Envelope *envelope)
{
    const char *ns = soap_version_ns(envelope->version);
    xmlNode *fault = document_first(envelope->body, ns, "Fault");
    GPtrArray *codes = g_ptr_array_new_with_free_func(code_free);
    xmlNode *node;

    if (envelope->version == SOAP_11) {
        node = document_first(fault, NULL, "faultcode");
        if (node != NULL)
            add_code(codes, node);
        return codes;
    }
    node = document_first(fault, ns, "Code");
    for (guint depth = 0; node != NULL && depth < CODES_MAX; depth++) {
        xmlNode *value = document_first(node, ns, "Value");

        if (value != NULL)
            add_code(codes, value);
        node = document_first(node, ns, "Subcode");
    }
    return codes;
}

static gboolean
code_matches(const char *found, const char *wanted)
{
    gsize length = strlen(wanted);

    return strncmp(found, wanted, length) == 0 && (found[length] == '\0' || found[length] == '.');
}

static const Row *
find_row(GPtrArray *codes)
{
    for (guint c = 0; c < codes->len; c++) {
        const Code *code = codes->pdata[c];

        for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
            if ((rows[i].ns == NULL || g_strcmp0(rows[i].ns, code->ns) == 0) && code_matches(code->name, rows[i].code))
                return &rows[i];
        }
    }
    return NULL;
}

/* The endpoint's own row for one of the codes: the word behind the equals sign. */
static const char *
find_own(GPtrArray *codes, char **table, const char **name)
{
    for (guint c = 0; table != NULL && c < codes->len; c++) {
        const Code *code = codes->pdata[c];

        for (guint i = 0; table[i] != NULL; i++) {
            const char *equals = strchr(table[i], '=');
            g_autofree char *wanted = g_strndup(table[i], (gsize) (equals - table[i]));

            if (code_matches(code->name, wanted)) {
                *name = code->name;
                return equals + 1;
            }
        }
    }
    return NULL;
}

static const struct {
    const char *word;
    LtErrorCode becomes;
} words[] = {
    { "refused", LT_ERROR_REFUSED },
    { "postponed", LT_ERROR_UNAVAILABLE },
    { "held", LT_ERROR_CONFIG },
};

gboolean
fault_check_table(char **table, GError **error)
{
    for (guint i = 0; table != NULL && table[i] != NULL; i++) {
        const char *equals = strchr(table[i], '=');
        gboolean known = equals != NULL && equals != table[i] && strcmp(equals + 1, "accepted") == 0;

        for (guint w = 0; equals != NULL && equals != table[i] && w < G_N_ELEMENTS(words); w++)
            known = known || strcmp(equals + 1, words[w].word) == 0;
        if (!known) {
            lt_error_set(error, LT_ERROR_CONFIG, "soap.settings", "faults: \"%s\" must be CODE=accepted, CODE=refused, CODE=postponed or CODE=held", table[i]);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
fault_judge(const Envelope *envelope, char **table, GError **error)
{
    g_autoptr(GPtrArray) codes = read_codes(envelope);
    const char *name = codes->len > 0 ? ((const Code *) codes->pdata[0])->name : "without a code";
    const char *word = find_own(codes, table, &name);
    const Row *row = find_row(codes);

    if (g_strcmp0(word, "accepted") == 0)
        return TRUE;
    for (guint w = 0; word != NULL && w < G_N_ELEMENTS(words); w++) {
        if (strcmp(word, words[w].word) == 0)
            lt_error_set(error, words[w].becomes, "soap.fault.listed", "the other side answered with the fault %s: by 'faults' that is %s", name, word);
    }
    if (word == NULL && row != NULL)
        lt_error_set(error, row->becomes, row->reason, "the other side answered with the fault %s", name);
    else if (word == NULL)
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "soap.fault.unknown", "the other side answered with the fault %s, which neither SOAP nor 'faults' knows", name);
    return FALSE;
}

/* How our own errors look to a caller. */
typedef struct {
    const char *code_11, *code_12;
    guint status_12;
} Blame;

static const Blame *
blame_of(const GError *error)
{
    static const Blame client = { "Client", "Sender", 400 }, server = { "Server", "Receiver", 500 };
    static const Blame version = { "VersionMismatch", "VersionMismatch", 500 }, must = { "MustUnderstand", "MustUnderstand", 500 };
    const char *reason = lt_error_get_reason(error);

    if (strcmp(reason, "soap.version") == 0)
        return &version;
    if (strcmp(reason, "soap.must-understand") == 0)
        return &must;
    if (error->domain != LT_ERROR || error->code == LT_ERROR_UNAVAILABLE || error->code == LT_ERROR_CONFIG || error->code == LT_ERROR_INTERNAL)
        return &server;
    return &client;
}

static void
write_11(xmlNode *fault, const char *code, const char *text, const char *reason)
{
    g_autofree char *qualified = g_strconcat("soap:", code, NULL);
    xmlNode *node;

    xmlSetNs(xmlNewTextChild(fault, NULL, BAD_CAST "faultcode", BAD_CAST qualified), NULL);
    xmlSetNs(xmlNewTextChild(fault, NULL, BAD_CAST "faultstring", BAD_CAST text), NULL);
    node = xmlNewChild(fault, NULL, BAD_CAST "detail", NULL);
    xmlSetNs(node, NULL);
    node = xmlNewTextChild(node, NULL, BAD_CAST "reason", BAD_CAST reason);
    xmlSetNs(node, xmlNewNs(node, BAD_CAST DOCUMENT_NS, BAD_CAST "lt"));
}

static void
write_12(xmlNode *fault, const char *code, const char *text, const char *reason)
{
    g_autofree char *qualified = g_strconcat("soap:", code, NULL);
    g_autofree char *refined = g_strconcat("lt:", reason, NULL);
    xmlNode *node = xmlNewChild(fault, fault->ns, BAD_CAST "Code", NULL);
    xmlNode *sub;

    xmlNewTextChild(node, fault->ns, BAD_CAST "Value", BAD_CAST qualified);
    sub = xmlNewChild(node, fault->ns, BAD_CAST "Subcode", NULL);
    sub = xmlNewTextChild(sub, fault->ns, BAD_CAST "Value", BAD_CAST refined);
    xmlNewNs(sub, BAD_CAST DOCUMENT_NS, BAD_CAST "lt");
    node = xmlNewChild(fault, fault->ns, BAD_CAST "Reason", NULL);
    node = xmlNewTextChild(node, fault->ns, BAD_CAST "Text", BAD_CAST text);
    xmlNodeSetLang(node, BAD_CAST "en");
}

xmlDoc *
fault_write(SoapVersion version, const GError *error, guint *status)
{
    const Blame *blame = blame_of(error);
    const char *reason = lt_error_get_reason(error);
    gboolean later = error->domain == LT_ERROR && error->code == LT_ERROR_UNAVAILABLE;
    g_autofree char *text = g_strdup_printf("%s: %s", later ? "not now, try again" : blame->status_12 == 400 ? "refused" : "cannot be taken", reason);
    xmlNode *header = NULL, *body = NULL, *fault;
    xmlDoc *doc = envelope_new(version, &header, &body);

    fault = xmlNewChild(body, body->ns, BAD_CAST "Fault", NULL);
    if (version == SOAP_11)
        write_11(fault, blame->code_11, text, reason);
    else
        write_12(fault, blame->code_12, text, reason);
    *status = version == SOAP_11 ? 500 : blame->status_12;
    return doc;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test-signer.c: see test-signer.h. */
#include "test-signer.h"

#include <xmlsec/xmlsec.h> /* first: the others need its types */

#include <libxml/parser.h>
#include <string.h>
#include <xmlsec/openssl/app.h>
#include <xmlsec/openssl/crypto.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmltree.h>

#include "security.h"

#define OR(value, preset) ((value) != NULL ? (value) : (preset))
#define GOOD_TRANSFORMS "<ds:Transforms><ds:Transform Algorithm='" EXC_C14N "'/></ds:Transforms>"
#define GOOD_KEY_INFO "<wsse:SecurityTokenReference><wsse:Reference URI='#token' ValueType='" TOKEN_TYPE "'/></wsse:SecurityTokenReference>"

char *
signer_run(Fixture *f, const char *command)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
    g_autoptr(GError) error = NULL;
    g_autoptr(GSubprocess) process = NULL;
    g_autofree char *text = NULL;

    g_subprocess_launcher_set_cwd(launcher, f->harness->folder);
    process = g_subprocess_launcher_spawn(launcher, &error, "sh", "-c", command, NULL);
    g_assert_no_error(error);
    g_assert_true(g_subprocess_communicate_utf8(process, NULL, NULL, &text, NULL, &error));
    if (!g_subprocess_get_successful(process))
        g_error("%s: %s", command, text);
    return g_steal_pointer(&text);
}

void
signer_keys(Fixture *f, const char *name, const char *more)
{
    g_autofree char *command = g_strdup_printf("openssl req -x509 -nodes -days 30 -subj '/C=VN/CN=%s' -keyout %s.key -out %s.pem %s 2>&1", name, name, name, more);

    g_free(signer_run(f, command));
}

static char *
read_file(Fixture *f, const char *name, const char *suffix)
{
    g_autofree char *file = g_strconcat(name, suffix, NULL);
    g_autofree char *path = g_build_filename(f->harness->folder, file, NULL);
    char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static char *
certificate_text(Fixture *f, const char *name)
{
    g_autofree char *pem = read_file(f, name, ".pem");
    char *from = strstr(pem, "-----BEGIN CERTIFICATE-----") + strlen("-----BEGIN CERTIFICATE-----");

    return g_strndup(from, (gsize) (strstr(from, "-----END") - from));
}

static char *
time_element(const Variant *v)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GDateTime) created = g_date_time_add_seconds(now, v->created_s);
    g_autoptr(GDateTime) expires = g_date_time_add_seconds(now, v->expires_s != 0 ? v->expires_s : v->created_s + 300);
    g_autofree char *a = g_date_time_format(created, "%Y-%m-%dT%H:%M:%SZ");
    g_autofree char *b = g_date_time_format(expires, "%Y-%m-%dT%H:%M:%S.000Z");

    return g_strdup_printf("<wsu:Timestamp wsu:Id='time'><wsu:Created>%s</wsu:Created><wsu:Expires>%s</wsu:Expires></wsu:Timestamp>", a, b);
}

static char *
references(const Variant *v)
{
    g_auto(GStrv) ids = g_strsplit(OR(v->references, "body time"), " ", -1);
    GString *out = g_string_new(NULL);

    for (guint i = 0; ids[i] != NULL; i++)
        g_string_append_printf(out, "<ds:Reference URI='%s%s'>%s<ds:DigestMethod Algorithm='%s'/><ds:DigestValue/></ds:Reference>",
                               g_ascii_isalpha(ids[i][0]) ? "#" : "", ids[i], OR(v->transforms, GOOD_TRANSFORMS),
                               OR(v->digest, "http://www.w3.org/2001/04/xmlenc#sha256"));
    return g_string_free(out, FALSE);
}

static char *
unsigned_text(Fixture *f, const Variant *v)
{
    g_autofree char *id = g_uuid_string_random();
    const char *body = OR(v->body, "<s:Body wsu:Id='body'><t:Submit><t:id>%s</t:id></t:Submit></s:Body>");
    g_auto(GStrv) halves = g_strsplit(body, "%s", 2);
    g_autofree char *whole = g_strjoinv(id, halves);
    g_autofree char *time = v->time != NULL ? g_strdup(v->time) : time_element(v);
    g_autofree char *certificate = certificate_text(f, OR(v->signer, "peer"));
    g_autofree char *token = v->token != NULL ? g_strdup(v->token)
        : g_strdup_printf("<wsse:BinarySecurityToken EncodingType='" TOKEN_ENCODING "' ValueType='" TOKEN_TYPE "' wsu:Id='token'>%s</wsse:BinarySecurityToken>", certificate);
    g_autofree char *list = references(v);

    return g_strdup_printf("<s:Envelope xmlns:s='" NS_11 "' xmlns:wsse='" WSSE_NS "' xmlns:wsu='" WSU_NS "' xmlns:ds='" DSIG_NS "' xmlns:t='urn:test'><s:Header>%s<wsse:Security>%s%s%s"
                           "<ds:Signature><ds:SignedInfo><ds:CanonicalizationMethod Algorithm='%s'/><ds:SignatureMethod Algorithm='%s'/>%s</ds:SignedInfo><ds:SignatureValue/>"
                           "<ds:KeyInfo>%s</ds:KeyInfo></ds:Signature></wsse:Security></s:Header>%s%s</s:Envelope>",
                           OR(v->before, ""), OR(v->more, ""), time, token, OR(v->c14n, EXC_C14N),
                           OR(v->method, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"), list, OR(v->key_info, GOOD_KEY_INFO), whole, OR(v->after, ""));
}

static void
register_ids(xmlDoc *doc, xmlNode *node)
{
    for (; node != NULL; node = node->next) {
        xmlAttr *attribute = node->type == XML_ELEMENT_NODE ? xmlHasNsProp(node, BAD_CAST "Id", BAD_CAST WSU_NS) : NULL;
        xmlChar *value = attribute != NULL ? xmlNodeListGetString(doc, attribute->children, 1) : NULL;

        if (value != NULL)
            xmlAddID(NULL, doc, value, attribute);
        xmlFree(value);
        if (node->type == XML_ELEMENT_NODE)
            register_ids(doc, node->children);
    }
}

static char *
sign_text(Fixture *f, const char *text, const char *signer)
{
    g_autofree char *key = read_file(f, signer, ".key");
    xmlDoc *doc = xmlReadMemory(text, (int) strlen(text), NULL, "UTF-8", XML_PARSE_NONET);
    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    xmlNode *signature;
    xmlChar *out = NULL;
    char *copy;
    int size = 0;

    g_assert_nonnull(doc);
    register_ids(doc, xmlDocGetRootElement(doc));
    signature = xmlSecFindNode(xmlDocGetRootElement(doc), xmlSecNodeSignature, xmlSecDSigNs);
    context->signKey = xmlSecOpenSSLAppKeyLoadMemory((const xmlSecByte *) key, (xmlSecSize) strlen(key), xmlSecKeyDataFormatPem, NULL, NULL, NULL);
    g_assert_nonnull(context->signKey);
    g_assert_cmpint(xmlSecDSigCtxSign(context, signature), ==, 0);
    xmlSecDSigCtxDestroy(context);
    xmlDocDumpMemory(doc, &out, &size);
    copy = g_strdup((const char *) out);
    xmlFree(out);
    xmlFreeDoc(doc);
    return copy;
}

char *
signer_make(Fixture *f, const Variant *v)
{
    g_autofree char *text = unsigned_text(f, v);
    g_autofree char *signed_text = sign_text(f, text, OR(v->signer, "peer"));

    if (v->from == NULL)
        return g_steal_pointer(&signed_text);
    g_assert_nonnull(strstr(signed_text, v->from));
    g_auto(GStrv) halves = g_strsplit(signed_text, v->from, 2);
    return g_strjoinv(v->to, halves);
}

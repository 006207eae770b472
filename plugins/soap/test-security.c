/* SPDX-License-Identifier: Apache-2.0 */
/* test-security.c: WS-Security: each attack is a row with its own reason; our signatures are checked by the stock tool; calls, answers. */
#include "test-signer.h"

#include <string.h>

#include "security.h"

#define BODY "<s:Body wsu:Id='body'><t:Submit><t:id>%s</t:id></t:Submit></s:Body>"
#define MORE "http://www.w3.org/2001/04/xmldsig-more#"
#define RECEIVE SHEET("<xsl:template match='lt:call'><lt:received><lt:message key='{lt:body/t:Submit/t:id}' type='dossier.submit' from='H52.1' to='H52.2'>" \
                      "<lt:payload><dossier.submit xmlns='urn:lienthong:payload:1'><MaHoSo><xsl:value-of select='lt:body/t:Submit/t:id'/></MaHoSo></dossier.submit></lt:payload>" \
                      "</lt:message></lt:received></xsl:template>" \
                      "<xsl:template match='lt:answered'><t:Taken n='{@messages}'/></xsl:template>")

static void
set_up_keys(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    set_up(f, data);
    g_assert_true(security_prepare(&error));
    signer_keys(f, "peer", "-newkey rsa:2048");
    signer_keys(f, "mallory", "-newkey rsa:2048");
    map_file(f, "receive.xsl", RECEIVE);
}

static LtEndpoint *
serving(Fixture *f, const char *trust)
{
    g_autofree char *lines = g_strdup_printf("receive_map=receive.xsl\nanswer_map=receive.xsl\n%s", trust);

    return endpoint_with(f, lines);
}

static void
check_row(Fixture *f, LtEndpoint *endpoint, const Variant *row)
{
    g_auto(HarnessInbox) inbox = { 0 };
    g_autofree char *envelope = signer_make(f, row);
    g_autofree char *answer = call(endpoint, "text/xml", NULL, envelope, -1, &inbox);
    g_autofree char *wanted = row->reason != NULL ? g_strdup_printf("<lt:reason xmlns:lt=\"urn:lienthong:soap:1\">%s</lt:reason>", row->reason) : g_strdup("<t:Taken ");

    g_test_message("%s: %s", row->name, answer);
    if (strstr(answer, wanted) == NULL)
        g_error("%s: expected %s, got %s\nof %s", row->name, wanted, answer, envelope);
    g_assert_cmpuint(inbox.built->len, ==, row->reason == NULL ? 1 : 0);
    if (row->reason == NULL)
        g_assert_cmpstr(lt_message_builder_get(inbox.built->pdata[0])->orig_verdict, ==, "valid");
}

static const Variant variants[] = {
    { .name = "good" },
    { .name = "good, with a prefix list", .transforms = "<ds:Transforms><ds:Transform Algorithm='" EXC_C14N "'><i:InclusiveNamespaces xmlns:i='" EXC_C14N "' PrefixList='t'/></ds:Transform></ds:Transforms>" },
    { .name = "good, the token is signed as well", .references = "body time token" },
    { .name = "good, a header block is signed as well", .before = "<t:Trace wsu:Id='trace'>1</t:Trace>", .references = "body time trace" },
    { .name = "good, a certificate in X509Data by another name", .key_info = "<wsse:SecurityTokenReference><ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>CN=x</ds:X509IssuerName><ds:X509SerialNumber>1</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data></wsse:SecurityTokenReference>" },
    { .name = "a comment inside a value", .reason = "soap.comment", .body = "<s:Body wsu:Id='body'><t:Submit><t:id>%s<!-- --></t:id></t:Submit></s:Body>" },
    { .name = "a comment slipped in afterwards", .reason = "soap.comment", .from = "</t:id>", .to = "<!-- x -->9</t:id>" },
    { .name = "a comment in Security", .reason = "soap.comment", .more = "<!-- x -->" },
    { .name = "two Security headers", .reason = "soap.structure", .before = "<wsse:Security s:actor='urn:x'/>" },
    { .name = "two Timestamps", .reason = "soap.structure", .more = "<wsu:Timestamp/>" },
    { .name = "a UsernameToken beside it", .reason = "soap.structure", .more = "<wsse:UsernameToken/>" },
    { .name = "two Bodies", .reason = "soap.structure", .after = "<s:Body/>" },
    { .name = "something behind Body", .reason = "soap.structure", .after = "<t:More/>" },
    { .name = "wrapped: the signed Body in a header block", .reason = "soap.coverage", .before = "<t:Old>" BODY "</t:Old>", .body = "<s:Body wsu:Id='other'><t:Submit><t:id>%s</t:id></t:Submit></s:Body>" },
    { .name = "wrapped: the signed Body inside the new one", .reason = "soap.coverage", .body = "<s:Body wsu:Id='other'><t:Submit><t:id>%s</t:id></t:Submit><t:Old><s:Body wsu:Id='body'/></t:Old></s:Body>" },
    { .name = "wrapped: no Id on Body", .reason = "soap.coverage", .before = "<t:Old>" BODY "</t:Old>", .body = "<s:Body><t:Submit><t:id>%s</t:id></t:Submit></s:Body>" },
    { .name = "wrapped: the signed Timestamp elsewhere", .reason = "soap.coverage", .before = "<t:Old><wsu:Timestamp wsu:Id='time'/></t:Old>", .time = "<wsu:Timestamp><wsu:Created>2026-01-01T00:00:00Z</wsu:Created><wsu:Expires>2026-01-01T00:05:00Z</wsu:Expires></wsu:Timestamp>" },
    { .name = "the same Id twice", .reason = "soap.id-duplicate", .before = "<t:Old wsu:Id='body'/>" },
    { .name = "the same Id as xml:id", .reason = "soap.id-duplicate", .before = "<t:Old xml:id='body'/>", .references = "time" },
    { .name = "rsa-sha1", .reason = "soap.algorithm", .method = DSIG_NS "rsa-sha1" },
    { .name = "a digest by SHA-1", .reason = "soap.algorithm", .digest = DSIG_NS "sha1" },
    { .name = "inclusive C14N of SignedInfo", .reason = "soap.algorithm", .c14n = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315" },
    { .name = "C14N with comments", .reason = "soap.algorithm", .transforms = "<ds:Transforms><ds:Transform Algorithm='" EXC_C14N "WithComments'/></ds:Transforms>" },
    { .name = "no transform", .reason = "soap.algorithm", .transforms = "" },
    { .name = "an XPath that leaves everything out", .reason = "soap.algorithm", .transforms = "<ds:Transforms><ds:Transform Algorithm='http://www.w3.org/TR/1999/REC-xpath-19991116'><ds:XPath>false()</ds:XPath></ds:Transform><ds:Transform Algorithm='" EXC_C14N "'/></ds:Transforms>" },
    { .name = "the whole document", .reason = "soap.algorithm", .references = "body time ", .transforms = "<ds:Transforms><ds:Transform Algorithm='" DSIG_NS "enveloped-signature'/></ds:Transforms>" },
    { .name = "by XPointer", .reason = "soap.algorithm", .references = "#xpointer(id(&quot;body&quot;)) time" },
    { .name = "Timestamp not signed", .reason = "soap.coverage", .references = "body" },
    { .name = "Body not signed", .reason = "soap.coverage", .references = "time" },
    { .name = "Timestamp twice instead of Body", .reason = "soap.coverage", .references = "time time" },
    { .name = "an element in Body", .reason = "soap.coverage", .body = "<s:Body wsu:Id='body'><t:Submit wsu:Id='part'><t:id>%s</t:id></t:Submit></s:Body>", .references = "body time part" },
    { .name = "too many references", .reason = "soap.coverage", .references = "body time body body body body body body body" },
    { .name = "a bare KeyValue", .reason = "soap.key", .key_info = "<ds:KeyValue/>" },
    { .name = "a KeyValue beside the token", .reason = "soap.key", .key_info = "<wsse:SecurityTokenReference><wsse:Reference URI='#token'/></wsse:SecurityTokenReference><ds:KeyValue/>" },
    { .name = "a KeyValue inside the reference", .reason = "soap.key", .key_info = "<wsse:SecurityTokenReference><ds:KeyValue/></wsse:SecurityTokenReference>" },
    { .name = "a KeyName", .reason = "soap.key", .key_info = "<ds:KeyName>peer</ds:KeyName>" },
    { .name = "an empty KeyInfo", .reason = "soap.key", .key_info = "" },
    { .name = "a reference to no token", .reason = "soap.key", .key_info = "<wsse:SecurityTokenReference><wsse:Reference URI='#time'/></wsse:SecurityTokenReference>" },
    { .name = "a token that is no certificate", .reason = "soap.key", .token = "<wsse:BinarySecurityToken ValueType='" TOKEN_TYPE "' wsu:Id='token'>AAAA</wsse:BinarySecurityToken>" },
    { .name = "a token of another type", .reason = "soap.key", .token = "<wsse:BinarySecurityToken ValueType='urn:x' wsu:Id='token'>AAAA</wsse:BinarySecurityToken>" },
    { .name = "somebody else's good signature", .reason = "soap.key", .signer = "mallory" },
    { .name = "somebody else's, without a certificate", .reason = "soap.signature", .signer = "mallory", .key_info = "<wsse:SecurityTokenReference><wsse:KeyIdentifier ValueType='urn:x'>AAAA</wsse:KeyIdentifier></wsse:SecurityTokenReference>" },
    { .name = "a changed text", .reason = "soap.signature", .from = "</t:id>", .to = "9</t:id>" },
    { .name = "a changed attribute", .reason = "soap.signature", .from = "<t:Submit>", .to = "<t:Submit a='1'>" },
    { .name = "a changed time", .reason = "soap.signature", .from = ".000Z</wsu:Expires>", .to = ".001Z</wsu:Expires>" },
    { .name = "ended", .reason = "soap.time", .created_s = -301 },
    { .name = "of tomorrow", .reason = "soap.time", .created_s = 400 },
    { .name = "a little ahead", .created_s = 200 },
    { .name = "too long", .reason = "soap.time", .expires_s = 3600 },
    { .name = "ends before it begins", .reason = "soap.time", .created_s = 100, .expires_s = 50 },
    { .name = "no end", .reason = "soap.time", .time = "<wsu:Timestamp wsu:Id='time'><wsu:Created>2026-01-01T00:00:00Z</wsu:Created></wsu:Timestamp>" },
    { .name = "no zone", .reason = "soap.time", .time = "<wsu:Timestamp wsu:Id='time'><wsu:Created>2026-01-01T00:00:00</wsu:Created><wsu:Expires>2026-01-01T00:05:00</wsu:Expires></wsu:Timestamp>" },
    { .name = "a DTD", .reason = "soap.xml", .from = "<s:Envelope ", .to = "<!DOCTYPE a [<!ATTLIST t:Submit Id ID #IMPLIED>]><s:Envelope " },
    { .name = "a processing instruction", .reason = "soap.xml", .from = "</t:id>", .to = "<?pi x?></t:id>" },
};

static void
test_takes_only_what_the_template_allows(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = serving(f, "peer_certificate=peer.pem\n");

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(variants); i++)
        check_row(f, endpoint, &variants[i]);
}

static void
test_the_same_call_is_taken_once(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = serving(f, "peer_certificate=peer.pem\n");
    g_auto(HarnessInbox) inbox = { 0 };
    g_autofree char *envelope = signer_make(f, &(Variant) { 0 });
    g_autofree char *first = call(endpoint, "text/xml", NULL, envelope, -1, &inbox);
    g_autofree char *second = call(endpoint, "text/xml", NULL, envelope, -1, &inbox);
    const Variant fixed = { .name = "fixed", .body = "<s:Body wsu:Id='body'><t:Submit><t:id>one</t:id></t:Submit></s:Body>" };
    const Variant again = { .name = "signed anew", .reason = "soap.replay", .body = fixed.body };

    (void) data;
    g_assert_nonnull(strstr(first, "<t:Taken "));
    g_assert_nonnull(strstr(second, ">soap.replay<"));
    g_assert_cmpuint(inbox.built->len, ==, 1);
    check_row(f, endpoint, &fixed);
    check_row(f, endpoint, &again);
}

static void
test_what_failed_here_may_come_again(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = serving(f, "peer_certificate=peer.pem\n");
    g_auto(HarnessInbox) inbox = { .fail_key = "one", .fail_code = LT_ERROR_UNAVAILABLE };
    g_autofree char *envelope = signer_make(f, &(Variant) { .body = "<s:Body wsu:Id='body'><t:Submit><t:id>one</t:id></t:Submit></s:Body>" });
    g_autofree char *first = call(endpoint, "text/xml", NULL, envelope, -1, &inbox);
    g_autofree char *second = NULL;

    (void) data;
    g_assert_nonnull(strstr(first, "<faultcode>soap:Server</faultcode>"));
    g_assert_nonnull(strstr(first, ">test.refused<"));
    inbox.fail_key = NULL;
    second = call(endpoint, "text/xml", NULL, envelope, -1, &inbox);
    g_assert_nonnull(strstr(second, "<t:Taken "));
}

static void
test_an_authority_vouches_for_one_name(Fixture *f, gconstpointer data)
{
    static const Variant good = { .name = "of the authority", .signer = "leaf" }, self_signed = { .name = "self-signed", .reason = "soap.key" },
                         absent = { .name = "no certificate", .reason = "soap.key", .signer = "leaf",
                                    .key_info = "<wsse:SecurityTokenReference><wsse:KeyIdentifier/></wsse:SecurityTokenReference>" },
                         other = { .name = "another name", .reason = "soap.key", .signer = "leaf" },
                         ended = { .name = "ended", .reason = "soap.key", .signer = "old" };
    g_autoptr(LtEndpoint) endpoint = NULL;
    g_autoptr(LtEndpoint) narrow = NULL;

    (void) data;
    signer_keys(f, "root", "-newkey rsa:2048");
    g_free(signer_run(f, "openssl req -new -nodes -newkey rsa:2048 -subj '/C=VN/CN=Bo Cong an' -keyout leaf.key -out leaf.csr 2>&1 && "
                         "openssl x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -days 5 -out leaf.pem 2>&1 && "
                         "cp leaf.key old.key && openssl x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -days -1 -out old.pem 2>&1"));
    endpoint = serving(f, "peer_ca=root.pem\npeer_subject=CN=Bo Cong an,C=VN\n");
    narrow = serving(f, "peer_ca=root.pem\npeer_subject=CN=Bo Tu phap,C=VN\n");
    check_row(f, endpoint, &good);
    check_row(f, endpoint, &self_signed);
    check_row(f, endpoint, &absent);
    check_row(f, endpoint, &ended);
    check_row(f, narrow, &other);
}

static void
test_weak_and_old_keys_are_refused(Fixture *f, gconstpointer data)
{
    static const Variant weak = { .name = "RSA-1024", .reason = "soap.key", .signer = "weak" }, ended = { .name = "ended", .reason = "soap.key", .signer = "ended" },
                         ec = { .name = "ECDSA", .signer = "ec", .method = MORE "ecdsa-sha256" }, first = { .name = "the first of two" };
    g_autoptr(LtEndpoint) endpoint = NULL;

    (void) data;
    signer_keys(f, "weak", "-newkey rsa:1024");
    signer_keys(f, "ec", "-newkey ec -pkeyopt ec_paramgen_curve:P-256");
    g_free(signer_run(f, "openssl req -new -nodes -newkey rsa:2048 -subj /CN=e -keyout ended.key -out ended.csr 2>&1 && "
                         "openssl x509 -req -in ended.csr -signkey ended.key -days -1 -out ended.pem 2>&1; cat peer.pem weak.pem ec.pem ended.pem > all.pem"));
    endpoint = serving(f, "peer_certificate=all.pem\n");
    check_row(f, endpoint, &first);
    check_row(f, endpoint, &ec);
    check_row(f, endpoint, &weak);
    check_row(f, endpoint, &ended);
}

/* What we sign, dry: the envelope alone. */
static char *
signed_request(Fixture *f, const char *keys)
{
    static const char sheet[] = SHEET("<xsl:template match='lt:message'><t:Submit><t:id><xsl:value-of select='lt:header/@id'/></t:id></t:Submit></xsl:template>");
    g_autofree char *lines = g_strdup_printf("deliver_map=deliver.xsl\nmode=dry\nsign_certificate=%s.pem\nsign_key=file:%s.key\n", keys, keys);
    g_autoptr(LtEndpoint) endpoint = NULL;
    g_autofree char *receipt = NULL;

    map_file(f, "deliver.xsl", sheet);
    g_free(signer_run(f, "chmod 600 *.key"));
    endpoint = endpoint_with(f, lines);
    deliver(endpoint, &(HarnessMessage) { 0 }, &receipt, NULL);
    return g_strdup(strstr(receipt, "<?xml"));
}

static void
test_the_stock_tool_verifies_what_we_sign(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *name, *key;
    } rows[] = { { "peer", "-newkey rsa:2048" }, { "ec", "-newkey ec -pkeyopt ec_paramgen_curve:P-256" } };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *envelope = NULL;
        g_autofree char *command = g_strdup_printf("xmlsec1 --verify --id-attr:Id " NS_11 ":Body --id-attr:Id " WSU_NS ":Timestamp --pubkey-cert-pem %s.pem %s.xml 2>&1", rows[i].name, rows[i].name);
        g_autofree char *file = g_strconcat(rows[i].name, ".xml", NULL);
        g_autofree char *words = NULL;

        signer_keys(f, rows[i].name, rows[i].key);
        envelope = signed_request(f, rows[i].name);
        map_file(f, file, envelope);
        words = signer_run(f, command);
        g_test_message("%s", words);
        g_assert_nonnull(strstr(words, "OK"));
        g_assert_nonnull(strstr(words, "SignedInfo References (ok/all): 2/2"));
    }
}

static void
test_what_we_sign_another_hub_takes(Fixture *f, gconstpointer data)
{
    g_autofree char *envelope = signed_request(f, "peer");
    g_autoptr(LtEndpoint) endpoint = serving(f, "peer_certificate=peer.pem\nsign_certificate=mallory.pem\nsign_key=file:mallory.key\n");
    g_auto(HarnessInbox) inbox = { 0 };
    g_autofree char *answer = call(endpoint, "text/xml", NULL, envelope, -1, &inbox);
    g_autofree char *broken = call(endpoint, "text/xml", NULL, "<a/>", -1, &inbox);

    (void) data;
    g_test_message("%s", answer);
    g_assert_nonnull(strstr(answer, "<t:Taken "));
    g_assert_nonnull(strstr(answer, "<ds:SignatureValue>"));
    g_assert_nonnull(strstr(broken, "<ds:SignatureValue>")); /* faults as well */
}

static void
test_an_answer_must_be_signed_where_it_is_agreed(Fixture *f, gconstpointer data)
{
    static const char sheet[] = SHEET("<xsl:template match='lt:message'><t:Submit/></xsl:template>");
    g_autofree char *good = signer_make(f, &(Variant) { 0 });
    g_autofree char *bad = signer_make(f, &(Variant) { .from = "</t:id>", .to = "9</t:id>" });
    g_autofree char *refusal = signer_make(f, &(Variant) { .body = "<s:Body wsu:Id='body'><s:Fault><faultcode>s:Client</faultcode></s:Fault></s:Body>" });
    const struct {
        const char *answer, *reason;
        int code;
    } rows[] = {
        { good, NULL, -1 },
        { good, "soap.replay", LT_ERROR_UNAVAILABLE },
        { bad, "soap.signature", LT_ERROR_UNAVAILABLE },
        { FINE, "soap.structure", LT_ERROR_UNAVAILABLE },
        { refusal, "soap.fault.client", LT_ERROR_REFUSED },
        { "HTTP/1.1 500 Oops\r\nContent-Type: text/xml\r\n\r\n" ENVELOPE(NS_11, "", "<s:Fault><faultcode>s:Client</faultcode></s:Fault>"), "soap.fault.unsigned", LT_ERROR_CONFIG },
        { "HTTP/1.1 500 Oops\r\nContent-Type: text/xml\r\n\r\n" ENVELOPE(NS_11, "", "<s:Fault><faultcode>s:Server</faultcode></s:Fault>"), "soap.fault.server", LT_ERROR_UNAVAILABLE },
    };
    g_autoptr(LtEndpoint) endpoint = NULL;

    (void) data;
    map_file(f, "deliver.xsl", sheet);
    endpoint = endpoint_with(f, "deliver_map=deliver.xsl\npeer_certificate=peer.pem\n");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        set_answer(f, rows[i].answer);
        g_assert_cmpint(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error), ==, rows[i].code < 0);
        if (rows[i].code < 0)
            continue;
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_error(error, LT_ERROR, rows[i].code);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/soap/security/" name, Fixture, NULL, set_up_keys, function, tear_down)
    ADD("takes-only-what-the-template-allows", test_takes_only_what_the_template_allows);
    ADD("the-same-call-is-taken-once", test_the_same_call_is_taken_once);
    ADD("what-failed-here-may-come-again", test_what_failed_here_may_come_again);
    ADD("an-authority-vouches-for-one-name", test_an_authority_vouches_for_one_name);
    ADD("weak-and-old-keys-are-refused", test_weak_and_old_keys_are_refused);
    ADD("the-stock-tool-verifies-what-we-sign", test_the_stock_tool_verifies_what_we_sign);
    ADD("what-we-sign-another-hub-takes", test_what_we_sign_another_hub_takes);
    ADD("an-answer-must-be-signed-where-it-is-agreed", test_an_answer_must_be_signed_where_it_is_agreed);
#undef ADD
    return g_test_run();
}

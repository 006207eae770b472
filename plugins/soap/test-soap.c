/* SPDX-License-Identifier: Apache-2.0 */
/* test-soap.c: delivering: maps, versions, answers, faults, attachments, settings, against a real server on loopback. */
#include "test-system.h"

#include <string.h>

#define ID "0193f3a0-0000-7000-8000-000000000001"
#define SEND SHEET("<xsl:template match='lt:message'><t:Send><t:id><xsl:value-of select='lt:header/@id'/></t:id></t:Send></xsl:template>")

static LtEndpoint *
sending(Fixture *f, const char *stylesheet, const char *more)
{
    g_autofree char *lines = g_strdup_printf("deliver_map=deliver.xsl\n%s", more);

    map_file(f, "deliver.xsl", stylesheet);
    return endpoint_with(f, lines);
}

static void
test_maps_a_message_to_an_envelope(Fixture *f, gconstpointer data)
{
    static const char sheet[] =
        SHEET("<xsl:param name='MaDVC'/>"
              "<xsl:template match='lt:message'><t:Send><t:id><xsl:value-of select='lt:header/@id'/></t:id><t:to><xsl:value-of select='lt:header/@to'/></t:to>"
              "<t:ten><xsl:value-of select='lt:payload/p:dossier.submit/p:Ten'/></t:ten><t:n><xsl:value-of select='sum(lt:payload//p:Muc)'/></t:n>"
              "<t:la><xsl:value-of select='lt:payload//p:Muc[@ten=\"a b\"]'/></t:la><t:dvc><xsl:value-of select='$MaDVC'/></t:dvc>"
              "<t:tep><xsl:value-of select='lt:attachments/lt:attachment/@sha256'/></t:tep></t:Send></xsl:template>");
    static const char *const files[] = { "scan", NULL };
    g_autoptr(LtEndpoint) endpoint = sending(f, sheet, "action=urn:test/Send\nparameters=MaDVC=DVC'01\npath=/soap?x=1\n");
    const HarnessMessage message = { .payload = "{\"Ten\":\"Nguy\xe1\xbb\x85n V\xc4\x83n A <&\",\"So\":[1,2.50,3e0],\"x\":{\"a b\":null,\"t\":[true,{\"k\":\"\\u00e9\\ud83d\\ude00\"}]}}",
                                     .attachments = files };
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(deliver(endpoint, &message, NULL, &error));
    g_assert_no_error(error);
    g_test_message("%s", asked(f));
    g_assert_true(g_str_has_prefix(asked(f), "POST /dv/soap?x=1 HTTP/1.1\n"));
    g_assert_nonnull(strstr(asked(f), "Content-Type: text/xml; charset=utf-8\n"));
    g_assert_nonnull(strstr(asked(f), "SOAPAction: \"urn:test/Send\"\n"));
    g_assert_nonnull(strstr(asked(f), "<soap:Envelope xmlns:soap=\"" NS_11 "\"><soap:Body><t:Send xmlns:t=\"urn:test\"><t:id>" ID "</t:id><t:to>H52.2</t:to>"
                                      "<t:ten>Nguy\xe1\xbb\x85n V\xc4\x83n A &lt;&amp;</t:ten><t:n>NaN</t:n><t:la/><t:dvc>DVC'01</t:dvc><t:tep>"));
}

static void
test_speaks_version_1_2(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = sending(f, SEND, "version=1.2\naction=urn:test/Send\n");
    g_autoptr(GError) error = NULL;

    (void) data;
    set_answer(f, "HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml; charset=utf-8\r\n\r\n"
                  "<s:Envelope xmlns:s='" NS_12 "'><s:Body><a xmlns='urn:test'/></s:Body></s:Envelope>");
    g_assert_true(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error));
    g_assert_no_error(error);
    g_assert_nonnull(strstr(asked(f), "Content-Type: application/soap+xml; charset=utf-8; action=\"urn:test/Send\"\n"));
    g_assert_null(strstr(asked(f), "SOAPAction"));
    g_assert_nonnull(strstr(asked(f), "<soap:Envelope xmlns:soap=\"" NS_12 "\">"));
}

static void
test_an_xml_payload_has_the_form_of_its_json_twin(Fixture *f, gconstpointer data)
{
    static const char sheet[] = SHEET("<xsl:template match='lt:message'><t:Send><xsl:copy-of select='lt:payload/*'/></t:Send></xsl:template>");
    static const char twin[] = "<dossier.submit xmlns=\"urn:lienthong:payload:1\"><MaHoSo>A-1</MaHoSo><TaiLieuNop><Muc><Ten>x</Ten></Muc></TaiLieuNop></dossier.submit>";
    g_autoptr(LtEndpoint) endpoint = sending(f, sheet, "");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .payload = "{\"MaHoSo\":\"A-1\",\"TaiLieuNop\":[{\"Ten\":\"x\"}]}" }, NULL, &error));
    g_test_message("%s", asked(f));
    g_assert_nonnull(strstr(asked(f), twin));
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .payload = twin, .payload_type = "application/xml" }, NULL, &error));
    g_assert_nonnull(strstr(asked(f), twin));
}

#define FAULT_11(code) "HTTP/1.1 500 Oops\r\nContent-Type: text/xml\r\n\r\n" \
    ENVELOPE(NS_11, "", "<s:Fault xmlns:e='urn:e'><faultcode>" code "</faultcode><faultstring>Nguyen Van A</faultstring></s:Fault>")
#define FAULT_12(code, sub) "HTTP/1.1 500 Oops\r\nContent-Type: application/soap+xml\r\n\r\n" \
    ENVELOPE(NS_12, "", "<s:Fault xmlns:e='urn:e'><s:Code><s:Value>" code "</s:Value>" sub "</s:Code><s:Reason><s:Text xml:lang='vi'>Nguyen Van A</s:Text></s:Reason></s:Fault>")
#define SUB(code) "<s:Subcode><s:Value>" code "</s:Value></s:Subcode>"

typedef struct {
    const char *answer, *reason;
    int code; /* -1: delivered */
} Row;

static void
judge_rows(Fixture *f, LtEndpoint *endpoint, const Row *rows, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        gboolean done;

        set_answer(f, rows[i].answer);
        done = deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error);
        g_test_message("%s: %s: %s", rows[i].answer, error != NULL ? lt_error_get_reason(error) : "delivered", error != NULL ? error->message : "");
        g_assert_cmpint(done, ==, rows[i].code < 0);
        if (rows[i].code < 0)
            continue;
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_null(strstr(error->message, "Nguyen")); /* never content */
    }
}

static void
test_faults_become_fates(Fixture *f, gconstpointer data)
{
    static const Row rows[] = {
        { FAULT_11("s:Client"), "soap.fault.client", LT_ERROR_REFUSED },
        { FAULT_11("s:Client.Data"), "soap.fault.client", LT_ERROR_REFUSED },
        { FAULT_11("s:Client.Authentication"), "soap.fault.security", LT_ERROR_CONFIG },
        { FAULT_11("s:Server"), "soap.fault.server", LT_ERROR_UNAVAILABLE },
        { FAULT_11("s:VersionMismatch"), "soap.fault.version", LT_ERROR_CONFIG },
        { FAULT_11("s:MustUnderstand"), "soap.fault.must-understand", LT_ERROR_CONFIG },
        { FAULT_11("s:Clientele"), "soap.fault.unknown", LT_ERROR_UNAVAILABLE },
        { FAULT_11("e:Client"), "soap.fault.unknown", LT_ERROR_UNAVAILABLE },
        { FAULT_11("Client"), "soap.fault.unknown", LT_ERROR_UNAVAILABLE },
        { FAULT_11(""), "soap.fault.unknown", LT_ERROR_UNAVAILABLE },
        { FAULT_11("e:ExistDoc"), NULL, -1 },
        { FAULT_11("e:Busy.Night"), "soap.fault.listed", LT_ERROR_UNAVAILABLE },
        { FAULT_11("e:E15"), "soap.fault.listed", LT_ERROR_CONFIG },
        { FAULT_12("s:Sender", ""), "soap.fault.client", LT_ERROR_REFUSED },
        { FAULT_12("s:Receiver", ""), "soap.fault.server", LT_ERROR_UNAVAILABLE },
        { FAULT_12("s:DataEncodingUnknown", ""), "soap.fault.encoding", LT_ERROR_CONFIG },
        { FAULT_12("s:Sender", SUB("e:E15")), "soap.fault.listed", LT_ERROR_CONFIG },
        { FAULT_12("s:Receiver", SUB("e:Bad")), "soap.fault.listed", LT_ERROR_REFUSED },
        { FAULT_12("s:Sender", SUB("e:Strange")), "soap.fault.client", LT_ERROR_REFUSED },
        { FAULT_12("e:Strange", ""), "soap.fault.unknown", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 500 Oops\r\nContent-Type: text/xml\r\n\r\n"
          ENVELOPE(NS_11, "", "<s:Fault xmlns:w='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd'><faultcode>w:FailedAuthentication</faultcode></s:Fault>"),
          "soap.fault.security", LT_ERROR_CONFIG },
        { ENVELOPE(NS_11, "", "<s:Fault><faultcode>s:Client</faultcode></s:Fault>"), "soap.fault.client", LT_ERROR_REFUSED }, /* with status 200 */
    };
    g_autoptr(LtEndpoint) endpoint = sending(f, SEND, "faults=ExistDoc=accepted;Busy=postponed;E15=held;Bad=refused\n");

    (void) data;
    judge_rows(f, endpoint, rows, G_N_ELEMENTS(rows));
}

static void
test_what_is_no_envelope_is_no_answer(Fixture *f, gconstpointer data)
{
    static const Row rows[] = {
        { FINE, NULL, -1 },
        { "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", NULL, -1 },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "soap.reply.empty", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", "soap.reply.html", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 403 No\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", "http.403", LT_ERROR_CONFIG },
        { "HTTP/1.1 503 Down\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ndown", "http.503", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "http.404", LT_ERROR_REFUSED },
        { "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", "soap.media-type", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-16\r\nContent-Length: 4\r\n\r\n<a/>", "soap.media-type", LT_ERROR_UNAVAILABLE },
        { "{}", "soap.xml", LT_ERROR_UNAVAILABLE },
        { "<a/>", "soap.version", LT_ERROR_UNAVAILABLE },
        { "<s:Envelope xmlns:s='" NS_11 "'><s:Body>", "soap.xml", LT_ERROR_UNAVAILABLE },
        { "<!DOCTYPE a [<!ENTITY b 'c'>]><s:Envelope xmlns:s='" NS_11 "'><s:Body>&b;</s:Body></s:Envelope>", "soap.xml", LT_ERROR_UNAVAILABLE },
        { "<?pi?>" FINE, "soap.xml", LT_ERROR_UNAVAILABLE },
        { "<s:Envelope xmlns:s='" NS_11 "'><s:Header/></s:Envelope>", "soap.structure", LT_ERROR_UNAVAILABLE },
        { "<s:Envelope xmlns:s='" NS_11 "'><s:Body/><s:Body/></s:Envelope>", "soap.structure", LT_ERROR_UNAVAILABLE },
        { "<s:Envelope xmlns:s='" NS_11 "'><s:Body/>text</s:Envelope>", "soap.structure", LT_ERROR_UNAVAILABLE },
        { ENVELOPE(NS_11, "<s:Header><x xmlns='urn:x' s:mustUnderstand='1'/></s:Header>", "<a/>"), "soap.must-understand", LT_ERROR_CONFIG },
        { ENVELOPE(NS_11, "<s:Header><x xmlns='urn:x' s:actor='urn:other' s:mustUnderstand='1'/></s:Header>", "<a/>"), NULL, -1 },
        { ENVELOPE(NS_11, "", "<lt:content xmlns:lt='urn:lienthong:soap:1' part='1'/>"), "soap.structure", LT_ERROR_UNAVAILABLE },
        { ENVELOPE(NS_11, "", "<a><i:Include xmlns:i='http://www.w3.org/2004/08/xop/include' href='cid:x'/></a>"), "soap.xop", LT_ERROR_UNAVAILABLE },
    };
    g_autoptr(LtEndpoint) endpoint = sending(f, SEND, "");

    (void) data;
    judge_rows(f, endpoint, rows, G_N_ELEMENTS(rows));
}

static void
test_a_reply_map_decides(Fixture *f, gconstpointer data)
{
    static const char sheet[] =
        SHEET("<xsl:template match='lt:reply'><xsl:variable name='c' select='lt:body/t:Done/t:code'/><xsl:choose>"
              "<xsl:when test='$c=\"00\"'><lt:outcome is='accepted'/></xsl:when>"
              "<xsl:when test='$c=\"04\"'><lt:outcome is='refused' reason='duplicate'/></xsl:when>"
              "<xsl:when test='$c=\"05\"'><lt:outcome is='refused' reason='Nguyen Van A'/></xsl:when>"
              "<xsl:when test='$c=\"15\"'><lt:outcome is='postponed' reason='busy' retry_after='30'/></xsl:when>"
              "<xsl:when test='$c=\"66\"'><xsl:message terminate='yes'>Nguyen Van A</xsl:message></xsl:when>"
              "<xsl:when test='$c=\"77\"'><lt:outcome is='maybe'/></xsl:when></xsl:choose></xsl:template>");
#define DONE(code) ENVELOPE(NS_11, "", "<t:Done xmlns:t='urn:test'><t:code>" code "</t:code></t:Done>")
    static const Row rows[] = {
        { DONE("00"), NULL, -1 },
        { DONE("04"), "soap.duplicate", LT_ERROR_REFUSED },
        { DONE("05"), "soap.refused", LT_ERROR_REFUSED },
        { DONE("15"), "soap.busy", LT_ERROR_UNAVAILABLE },
        { DONE("66"), "soap.reply", LT_ERROR_UNAVAILABLE },
        { DONE("77"), "soap.reply", LT_ERROR_UNAVAILABLE },
        { DONE("Nguyen"), "soap.reply", LT_ERROR_UNAVAILABLE },
    };
    g_autoptr(LtEndpoint) endpoint = NULL;
    g_autoptr(GError) error = NULL;

    (void) data;
    map_file(f, "reply.xsl", sheet);
    endpoint = sending(f, SEND, "reply_map=reply.xsl\n");
    judge_rows(f, endpoint, rows, G_N_ELEMENTS(rows));
    set_answer(f, DONE("15"));
    g_assert_false(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error));
    g_assert_cmpint(lt_error_get_retry_after(error), ==, 30);
}

static void
test_names_each_fault_of_a_map_that_runs(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *sheet, *more, *reason;
    } rows[] = {
        { SHEET("<xsl:template match='lt:message'/>"), "", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'>text</xsl:template>"), "", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'><lt:other/></xsl:template>"), "", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'><lt:request/></xsl:template>"), "", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'><lt:request><t:a/><t:b/></lt:request></xsl:template>"), "", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'><lt:request action='a\"b'><t:a/></lt:request></xsl:template>"), "", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'><t:a><lt:content of='att/0001'/></t:a></xsl:template>"), "", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'><t:a><lt:content of='att/0001'/></t:a></xsl:template>"), "attachments=base64\n", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'><t:a><lt:odd/></t:a></xsl:template>"), "", "soap.map.output" },
        { SHEET("<xsl:template match='lt:message'><xsl:message terminate='yes'>Nguyen</xsl:message></xsl:template>"), "", "soap.map.failed" },
        { SHEET("<xsl:template match='lt:message'><t:a><xsl:value-of select='document(\"/etc/passwd\")'/></t:a></xsl:template>"), "", "soap.map.failed" },
        { SHEET("<xsl:template match='lt:message'><t:a><xsl:value-of select='nofunction()'/></t:a></xsl:template>"), "", "soap.map.failed" },
        { SHEET("<xsl:template match='lt:message'><xsl:apply-templates select='.'/></xsl:template>"), "", "soap.map.failed" },
        { SHEET("<xsl:template match='lt:message'><t:a><xsl:call-template name='d'/></t:a></xsl:template><xsl:template name='d'><xsl:param name='s' select='\"0123456789\"'/>"
                "<xsl:call-template name='d'><xsl:with-param name='s' select='concat($s,$s)'/></xsl:call-template></xsl:template>"), "map_memory=16M\n", "soap.map.limit" },
        { SHEET("<xsl:template match='lt:message'><t:a><xsl:for-each select='//@*'><xsl:for-each select='//@*'><xsl:for-each select='//@*'><xsl:for-each select='//@*'>"
                "<xsl:for-each select='//@*'><xsl:value-of select='count(//@*[. &gt; //@*])'/></xsl:for-each></xsl:for-each></xsl:for-each></xsl:for-each></xsl:for-each></t:a></xsl:template>"),
          "map_time=50ms\n", "soap.map.limit" },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LtEndpoint) endpoint = sending(f, rows[i].sheet, rows[i].more);
        g_autoptr(GError) error = NULL;

        g_assert_false(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error));
        g_test_message("%" G_GSIZE_FORMAT ": %s: %s", i, lt_error_get_reason(error), error->message);
        g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_null(strstr(error->message, "Nguyen"));
    }
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 0);
}

static void
test_refuses_settings_that_cannot_work(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        { "", "[endpoint t] deliver_map, collect_map or receive_map: at least one is needed" },
        { "collect_map=ok.xsl\n", "[endpoint t] collect_map and items_map are needed together" },
        { "collect_map=ok.xsl\nitems_map=ok.xsl\n", "[endpoint t] peer_certificate or peer_ca: messages are taken from signed envelopes only" },
        { "receive_map=ok.xsl\nanswer_map=ok.xsl\n", "[endpoint t] peer_certificate or peer_ca" },
        { "receive_map=ok.xsl\n", "[endpoint t] receive_map and answer_map are needed together" },
        { "deliver_map=missing.xsl\n", "missing.xsl" },
        { "deliver_map=text.xsl\n", "text.xsl: XML at byte" },
        { "deliver_map=other.xsl\n", "deliver_map: other.xsl:" },
        { "deliver_map=import.xsl\n", "import.xsl: line 1: a map stands alone: no import" },
        { "deliver_map=include.xsl\n", "include.xsl: line 1: a map stands alone: no include" },
        { "deliver_map=exslt.xsl\n", "exslt.xsl: line 1: a map stands alone: no extensions" },
        { "deliver_map=xpath.xsl\n", "deliver_map: xpath.xsl:" },
        { "deliver_map=ok.xsl\nfaults=Client\n", "faults: \"Client\" must be CODE=accepted" },
        { "deliver_map=ok.xsl\nfaults=Client=dropped\n", "faults: \"Client=dropped\" must be" },
        { "deliver_map=ok.xsl\nparameters=a b=1\n", "parameters: \"a b=1\" must be NAME=VALUE" },
        { "deliver_map=ok.xsl\noperation=Send\n", "operation: needs a wsdl" },
        { "deliver_map=ok.xsl\nauth=lgsp\nuser=a\npassword=b\n", "token: auth = bearer, header and lgsp need it" },
        { "deliver_map=ok.xsl\nsign_certificate=x.pem\n", "sign_certificate and sign_key are needed together" },
        { "deliver_map=ok.xsl\npeer_certificate=ok.xsl\n", "holds no certificate (PEM)" },
        { "deliver_map=ok.xsl\npeer_ca=ok.xsl\n", "peer_subject: peer_ca needs it" },
    };

    (void) data;
    map_file(f, "ok.xsl", SEND);
    map_file(f, "text.xsl", "no XML");
    map_file(f, "other.xsl", "<a><b/></a>");
    map_file(f, "import.xsl", SHEET("<xsl:import href='ok.xsl'/>"));
    map_file(f, "include.xsl", SHEET("<xsl:include href='ok.xsl'/>"));
    map_file(f, "exslt.xsl", SHEET("<xsl:template match='/' xmlns:d='http://exslt.org/dynamic'/>"));
    map_file(f, "xpath.xsl", SHEET("<xsl:template match='/'><xsl:value-of select='((('/></xsl:template>"));
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strconcat("plugin=soap\n", rows[i].lines, NULL);
        g_autofree char *fault = harness_fault(f->harness, lines);

        g_test_message("%s", fault);
        g_assert_nonnull(strstr(fault, rows[i].expected));
    }
}

static void
test_says_who_we_are(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        { "auth=basic\nuser=hub\npassword=s3cret\n", "Authorization: Basic aHViOnMzY3JldA==\n" },
        { "auth=bearer\ntoken=abc\n", "Authorization: Bearer abc\n" },
        { "auth=header\ntoken=abc\n", "X-Api-Key: abc\n" },
        { "auth=lgsp\ntoken=abc\nuser=hub\npassword=s3cret\nlgsp_token=eyJBIjoxfQ==\n", "accessToken: Bearer abc\n" },
        { "auth=lgsp\ntoken=abc\nuser=hub\npassword=s3cret\nlgsp_token=eyJBIjoxfQ==\n", "lgspAccessToken: eyJBIjoxfQ==\n" },
        { "auth=lgsp\ntoken=abc\nuser=hub\npassword=s3cret\nlgsp_token=eyJBIjoxfQ==\n", "AuthHash: aHViOnMzY3JldA==\n" },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LtEndpoint) endpoint = sending(f, SEND, rows[i].lines);

        g_assert_true(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, NULL));
        g_assert_nonnull(strstr(asked(f), rows[i].expected));
    }
}

static void
test_dry_shows_the_envelope_and_no_secret(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = sending(f, SEND, "mode=dry\nauth=lgsp\ntoken=abcdefgh\nuser=hub\npassword=s3cret\nlgsp_token=eyJBIjoxfQ==\n");
    g_autofree char *receipt = NULL;
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_false(deliver(endpoint, &(HarnessMessage) { 0 }, &receipt, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "endpoint.dry");
    g_test_message("%s", receipt);
    g_assert_nonnull(strstr(receipt, "<t:id>" ID "</t:id>"));
    g_assert_null(strstr(receipt, "abcdefgh"));
    g_assert_null(strstr(receipt, "aHViOnMzY3JldA=="));
    g_assert_null(strstr(receipt, "eyJBIjoxfQ=="));
    g_assert_cmpuint(peer_get_n_connections(f->peer), ==, 0);
}

static gpointer
deliver_many(gpointer data)
{
    guint good = 0;

    for (guint i = 0; i < 50; i++)
        good += deliver(data, &(HarnessMessage) { .payload = "{\"a\":[1,2,3]}" }, NULL, NULL);
    return GUINT_TO_POINTER(good);
}

static void
test_serves_several_workers(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = sending(f, SEND, "");
    GThread *threads[4];

    (void) data;
    for (guint i = 0; i < 4; i++)
        threads[i] = g_thread_new("worker", deliver_many, endpoint);
    for (guint i = 0; i < 4; i++)
        g_assert_cmpuint(GPOINTER_TO_UINT(g_thread_join(threads[i])), ==, 50);
}

static void
test_nothing_to_send_counts_as_delivered(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) by_map = sending(f, SHEET("<xsl:template match='lt:message'><lt:nothing/></xsl:template>"), "");
    g_autoptr(LtEndpoint) by_type = sending(f, SEND, "types=dossier.submit\n");

    (void) data;
    g_assert_true(deliver(by_map, &(HarnessMessage) { 0 }, NULL, NULL));
    g_assert_true(deliver(by_type, &(HarnessMessage) { .type = "dossier.status" }, NULL, NULL));
    g_assert_cmpuint(peer_get_n_requests(f->peer), ==, 0);
}

/* The first map of a WSDL opens, gives the operation's element, and lets nothing count as delivered. */
static void
test_a_wsdl_becomes_a_first_map(Fixture *f, gconstpointer data)
{
    g_autofree char *wsdl = g_build_filename(g_getenv("LTHUB_SOURCE"), "examples", "endpoints", "dan-cu", "dan-cu.wsdl", NULL);
    g_autoptr(GHashTable) values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    const LtLoaded *loaded = lt_loader_get(f->harness->loader, "soap", NULL, NULL);
    g_autoptr(LtEndpoint) endpoint = NULL;
    g_autofree char *lines = NULL;
    g_autoptr(GError) error = NULL;

    (void) data;
    g_hash_table_insert(values, g_strdup("wsdl"), g_strdup(wsdl));
    g_assert_true(loaded->plugin.scaffold("dan-cu", values, files, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(g_hash_table_lookup(values, "operation"), ==, "TraCuuThongTinCongDan");
    g_assert_cmpstr(g_hash_table_lookup(values, "url"), ==, "https://lgsp.tinh.example.vn/qldc/1.0");
    g_assert_cmpuint(g_hash_table_size(files), ==, 2);
    map_file(f, "dan-cu.xsl", g_hash_table_lookup(files, "dan-cu.xsl"));
    map_file(f, "dan-cu.wsdl", g_hash_table_lookup(files, "dan-cu.wsdl"));
    lines = g_strdup_printf("wsdl=%s\noperation=%s\ndeliver_map=%s\nreply_map=%s\n", (char *) g_hash_table_lookup(values, "wsdl"), (char *) g_hash_table_lookup(values, "operation"),
                            (char *) g_hash_table_lookup(values, "deliver_map"), (char *) g_hash_table_lookup(values, "reply_map"));
    endpoint = endpoint_with(f, lines);
    set_answer(f, ENVELOPE(NS_11, "", "<q:TraCuuThongTinCongDanResponse xmlns:q='http://dancuquocgia.bca'/>"));
    g_assert_false(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "soap.not-mapped");
    g_assert_nonnull(strstr(asked(f), "SOAPAction: \"http://dancuquocgia.bca/TraCuuThongTinCongDan\"\n"));
    g_assert_nonnull(strstr(asked(f), "<s:TraCuuThongTinCongDan xmlns:s=\"http://dancuquocgia.bca\">"));
    g_clear_error(&error);
    set_answer(f, FINE); /* the element of another operation */
    g_assert_false(deliver(endpoint, &(HarnessMessage) { 0 }, NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "soap.reply.operation");
}

static void
test_a_wsdl_that_does_not_fit_is_named(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *wsdl, *more, *expected;
    } rows[] = {
        { "<a/>", "", "wsdl: is no WSDL 1.1:" },
        { "<definitions xmlns='http://schemas.xmlsoap.org/wsdl/'/>", "", "wsdl: has no port that speaks SOAP over HTTP" },
        { NULL, "operation=Tra", "operation: the WSDL has no \"Tra\"; it has TraCuuThongTinCongDan" },
        { NULL, "version=1.2", "version: is 1.2, but port DanCuPort of the WSDL speaks 1.1" },
        { NULL, "wsdl_port=X", "wsdl: has no port that speaks SOAP over HTTP X" },
    };
    g_autofree char *path = g_build_filename(g_getenv("LTHUB_SOURCE"), "examples", "endpoints", "dan-cu", "dan-cu.wsdl", NULL);

    (void) data;
    map_file(f, "ok.xsl", SEND);
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strdup_printf("plugin=soap\ndeliver_map=ok.xsl\nwsdl=%s\n%s\n", rows[i].wsdl != NULL ? "bad.wsdl" : path, rows[i].more);
        g_autofree char *fault = NULL;

        if (rows[i].wsdl != NULL)
            map_file(f, "bad.wsdl", rows[i].wsdl);
        fault = harness_fault(f->harness, lines);
        g_test_message("%s", fault);
        g_assert_nonnull(strstr(fault, rows[i].expected));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/soap/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("maps-a-message-to-an-envelope", test_maps_a_message_to_an_envelope);
    ADD("speaks-version-1-2", test_speaks_version_1_2);
    ADD("an-xml-payload-has-the-form-of-its-json-twin", test_an_xml_payload_has_the_form_of_its_json_twin);
    ADD("faults-become-fates", test_faults_become_fates);
    ADD("what-is-no-envelope-is-no-answer", test_what_is_no_envelope_is_no_answer);
    ADD("a-reply-map-decides", test_a_reply_map_decides);
    ADD("names-each-fault-of-a-map-that-runs", test_names_each_fault_of_a_map_that_runs);
    ADD("refuses-settings-that-cannot-work", test_refuses_settings_that_cannot_work);
    ADD("says-who-we-are", test_says_who_we_are);
    ADD("dry-shows-the-envelope-and-no-secret", test_dry_shows_the_envelope_and_no_secret);
    ADD("serves-several-workers", test_serves_several_workers);
    ADD("nothing-to-send-counts-as-delivered", test_nothing_to_send_counts_as_delivered);
    ADD("a-wsdl-becomes-a-first-map", test_a_wsdl_becomes_a_first_map);
    ADD("a-wsdl-that-does-not-fit-is-named", test_a_wsdl_that_does_not_fit_is_named);
#undef ADD
    return g_test_run();
}

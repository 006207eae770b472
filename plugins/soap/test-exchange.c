/* SPDX-License-Identifier: Apache-2.0 */
/* test-exchange.c: what comes in: calls, attachments as parts, collecting with fetch and confirmation, answers for the unit that asked. */
#include "test-system.h"

#include <string.h>

#define TAKE SHEET("<xsl:template match='lt:call'><xsl:choose><xsl:when test='lt:body/t:Submit/t:id=\"no\"'><lt:refused reason='unknown-dossier'/></xsl:when><xsl:otherwise>" \
                   "<lt:received><lt:message key='{lt:body/t:Submit/t:id}' type='dossier.submit' from='H52.1' to='H52.2'>" \
                   "<lt:payload>{\"v\":\"<xsl:value-of select='@verdict'/>\",\"o\":\"<xsl:value-of select='@operation'/>\"}</lt:payload>" \
                   "<xsl:for-each select='lt:body/t:Submit/t:file'><lt:attachment role='form' media_type='application/pdf'><xsl:copy-of select='node()'/></lt:attachment></xsl:for-each>" \
                   "<xsl:for-each select='lt:attachments/lt:attachment[@id=\"beside@x\"]'><lt:attachment role='evidence' media_type='{@media_type}'><lt:content part='{@part}'/></lt:attachment></xsl:for-each>" \
                   "</lt:message></lt:received></xsl:otherwise></xsl:choose></xsl:template>" \
                   "<xsl:template match='lt:answered'><t:Taken n='{@messages}'><xsl:value-of select='lt:call/lt:body/t:Submit/t:id'/></t:Taken></xsl:template>")
#define SUBMIT(ns, content) ENVELOPE(ns, "", "<t:Submit xmlns:t='urn:test'>" content "</t:Submit>")
#define INCLUDE(cid) "<i:Include xmlns:i='http://www.w3.org/2004/08/xop/include' href='cid:" cid "'/>"

static LtEndpoint *
serving(Fixture *f, const char *more)
{
    g_autofree char *lines = g_strdup_printf("receive_map=take.xsl\nanswer_map=take.xsl\nunsigned_messages=accept\n%s", more);

    map_file(f, "take.xsl", TAKE);
    return endpoint_with(f, lines);
}

static void
test_a_call_is_kept_and_answered_in_its_version(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *type, *body, *expected;
    } rows[] = {
        { "text/xml; charset=utf-8", SUBMIT(NS_11, "<t:id>1</t:id>"), "<soap:Envelope xmlns:soap=\"" NS_11 "\"><soap:Body><t:Taken xmlns:t=\"urn:test\" n=\"1\">1</t:Taken>" },
        { "application/soap+xml", SUBMIT(NS_12, "<t:id>2</t:id>"), "<soap:Envelope xmlns:soap=\"" NS_12 "\"><soap:Body><t:Taken xmlns:t=\"urn:test\" n=\"1\">2</t:Taken>" },
    };
    g_autoptr(LtEndpoint) endpoint = serving(f, "");
    g_auto(HarnessInbox) inbox = { 0 };
    const LtBuilt *built;

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *answer = call(endpoint, rows[i].type, NULL, rows[i].body, -1, &inbox);

        g_test_message("%s", answer);
        g_assert_true(g_str_has_prefix(answer, "200 "));
        g_assert_nonnull(strstr(answer, rows[i].expected));
    }
    g_assert_cmpuint(inbox.built->len, ==, 2);
    built = lt_message_builder_get(inbox.built->pdata[0]);
    g_assert_cmpstr(built->key, ==, "1");
    g_assert_cmpstr(built->type, ==, "dossier.submit");
    g_assert_cmpstr(built->orig_kind, ==, "soap-wss");
    g_assert_cmpstr(built->orig_verdict, ==, "absent");
}

static void
test_every_refusal_is_a_fault(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *type, *body, *expected;
    } rows[] = {
        { "text/xml", "", "500 ^<faultcode>soap:Client</faultcode>^>soap.xml<" },
        { "text/xml", "<a/>", "500 ^<faultcode>soap:VersionMismatch</faultcode>^>soap.version<" },
        { "application/json", "{}", "500 ^soap:Client^>soap.media-type<" },
        { "multipart/related", "x", "500 ^soap:Client^>soap.mime<" },
        { "application/soap+xml", SUBMIT(NS_12, "<t:id>no</t:id>"), "400 ^<soap:Value>soap:Sender</soap:Value>^>lt:soap.unknown-dossier<" },
        { "text/xml", SUBMIT(NS_11, "<t:id>no</t:id>"), "500 ^<faultcode>soap:Client</faultcode>^>soap.unknown-dossier<" },
        { "text/xml", SUBMIT(NS_11, "<t:id>busy</t:id>"), "500 ^<faultcode>soap:Server</faultcode>^try again: test.refused^>test.refused<" },
        { "text/xml", SUBMIT(NS_11, ""), "500 ^<faultcode>soap:Server</faultcode>^>soap.map.output<" }, /* the map gave no key */
        { "text/xml", ENVELOPE(NS_11, "", ""), "500 ^soap:Client^>soap.structure<" },
        { "text/xml", ENVELOPE(NS_11, "", "<a/><b/>"), "500 ^soap:Client^>soap.structure<" },
        { "application/soap+xml", ENVELOPE(NS_12, "<s:Header><x xmlns='urn:x' s:mustUnderstand='true'/></s:Header>", "<a/>"), "500 ^soap:MustUnderstand^>lt:soap.must-understand<" },
        { "application/soap+xml", ENVELOPE(NS_12, "<s:Header><w:Security xmlns:w='http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd' s:mustUnderstand='1'/></s:Header>", "<a/>"),
          "500 ^soap:MustUnderstand" },
    };
    g_autoptr(LtEndpoint) endpoint = serving(f, "");
    g_auto(HarnessInbox) inbox = { .fail_key = "busy", .fail_code = LT_ERROR_UNAVAILABLE };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *answer = call(endpoint, rows[i].type, NULL, rows[i].body, -1, &inbox);
        g_auto(GStrv) pieces = g_strsplit(rows[i].expected, "^", -1);

        g_test_message("%s", answer);
        g_assert_true(g_str_has_prefix(answer, pieces[0]));
        for (guint k = 1; pieces[k] != NULL; k++)
            g_assert_nonnull(strstr(answer, pieces[k]));
    }
    g_assert_cmpuint(inbox.built->len, ==, 0);
}

#define PART(head, content) "--b\r\n" head "\r\n\r\n" content "\r\n"
#define ROOT(content) PART("Content-Type: application/xop+xml; type=\"text/xml\"\r\nContent-ID: <root>", SUBMIT(NS_11, content))
#define MTOM "multipart/related; boundary=b; type=\"application/xop+xml\"; start=\"<root>\"; start-info=\"text/xml\""

static void
test_parts_become_attachments(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *type, *body;
        const char *files[3];
    } rows[] = {
        { "text/xml", SUBMIT(NS_11, "<t:id>k</t:id><t:file> aGVs\nbG8= </t:file>"), { "hello" } },
        { MTOM, ROOT("<t:id>k</t:id><t:file>" INCLUDE("a%40x") "</t:file>") PART("Content-Type: application/pdf\r\nContent-ID: <a@x>\r\nContent-Transfer-Encoding: binary", "hel\r\n--lo") "--b--\r\n", { "hel\r\n--lo" } },
        { MTOM, "preamble\r\n" PART("Content-ID: <a@x>", "first") ROOT("<t:id>k</t:id><t:file>" INCLUDE("a@x") "</t:file>") "--b--", { "first" } },
        { MTOM, ROOT("<t:id>k</t:id><t:file>" INCLUDE("a@x") "</t:file><t:file>" INCLUDE("b@x") "</t:file>") PART("Content-ID: <b@x>\r\nContent-Transfer-Encoding: base64", "aGVs\r\nbG8=")
          PART("content-id:\r\n <a@x>", "") "--b--", { "", "hello" } },
        { "multipart/related; type=\"text/xml\"; boundary=\"b\"", PART("Content-Type: text/xml", SUBMIT(NS_11, "<t:id>k</t:id>")) PART("Content-Type: image/png\r\nContent-ID: <beside@x>", "png") "--b--\r\n", { "png" } },
    };
    g_autoptr(LtEndpoint) endpoint = serving(f, "");

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(HarnessInbox) inbox = { 0 };
        g_autofree char *answer = call(endpoint, rows[i].type, NULL, rows[i].body, -1, &inbox);
        const LtBuilt *built;
        guint n = 0;

        g_test_message("%s", answer);
        g_assert_cmpuint(inbox.built->len, ==, 1);
        built = lt_message_builder_get(inbox.built->pdata[0]);
        for (; rows[i].files[n] != NULL; n++) {
            const LtBuiltPart *part = built->attachments->pdata[n];

            g_assert_cmpmem(g_bytes_get_data(part->content, NULL), g_bytes_get_size(part->content), rows[i].files[n], strlen(rows[i].files[n]));
        }
        g_assert_cmpuint(built->attachments->len, ==, n + 1); /* and the original */
    }
}

static void
test_bad_parts_are_refused(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *type, *body, *reason;
    } rows[] = {
        { "multipart/related", ROOT("") "--b--", "soap.mime" },
        { "multipart/related; boundary=\"\"", ROOT("") "--b--", "soap.mime" },
        { "multipart/related; boundary=c", ROOT("") "--b--", "soap.mime" },
        { MTOM, ROOT(""), "soap.mime" },
        { MTOM, "--b", "soap.mime" },
        { MTOM, "--bx\r\n\r\n\r\n--b--", "soap.mime" },
        { MTOM, "--b\r\nContent-Type", "soap.mime" },
        { MTOM, "--b--", "soap.mime" },
        { MTOM, PART("Content-ID: <a>", "x") "--b--", "soap.mime" },
        { MTOM, PART("Content-ID: <root>\r\nContent-Type: application/xop+xml", "<a/>") "--b--", "soap.mime" },
        { MTOM, ROOT("") PART("Content-ID: <a>", "x") PART("Content-ID: <a>", "y") "--b--", "soap.mime" },
        { MTOM, ROOT("") PART("Content-ID: <a>\r\nContent-ID: <b>", "x") "--b--", "soap.mime" },
        { MTOM, ROOT("") PART("Content-ID: <a>\r\nContent-Transfer-Encoding: quoted-printable", "x") "--b--", "soap.mime" },
        { MTOM, ROOT("") PART("Content-ID: <a>\r\nContent-Transfer-Encoding: base64", "a*b=") "--b--", "soap.mime" },
        { MTOM, ROOT("<t:file>" INCLUDE("none") "</t:file>") "--b--", "soap.xop" },
        { MTOM, ROOT("<t:file>" INCLUDE("a") "x</t:file>") PART("Content-ID: <a>", "x") "--b--", "soap.xop" },
        { MTOM, ROOT("<t:file>" INCLUDE("a") "</t:file><t:file>" INCLUDE("a") "</t:file>") PART("Content-ID: <a>", "x") "--b--", "soap.xop" },
        { MTOM, ROOT("<t:file><i:Include xmlns:i='http://www.w3.org/2004/08/xop/include' href='http://x/'/></t:file>") "--b--", "soap.xop" },
        { "text/xml", SUBMIT(NS_11, "<t:file>" INCLUDE("a") "</t:file>"), "soap.xop" },
        { "text/xml", SUBMIT(NS_11, "<t:id>k</t:id><t:file>***</t:file>"), "soap.map.output" },
    };
    g_autoptr(LtEndpoint) endpoint = serving(f, "");
    g_auto(HarnessInbox) inbox = { 0 };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *answer = call(endpoint, rows[i].type, NULL, rows[i].body, -1, &inbox);
        g_autofree char *expected = g_strdup_printf(">%s<", rows[i].reason);

        g_test_message("%" G_GSIZE_FORMAT ": %s", i, answer);
        g_assert_nonnull(strstr(answer, expected));
    }
    g_assert_cmpuint(inbox.built->len, ==, 0);
}

static void
test_parts_have_a_limit(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = serving(f, "attachments_max=1K\n");
    g_autofree char *content = g_strnfill(1025, 'x');
    g_autofree char *body = g_strconcat(ROOT("<t:id>k</t:id>"), "--b\r\nContent-ID: <a>\r\n\r\n", content, "\r\n--b--", NULL);
    g_auto(HarnessInbox) inbox = { 0 };
    g_autofree char *answer = call(endpoint, MTOM, NULL, body, -1, &inbox);

    (void) data;
    g_assert_nonnull(strstr(answer, ">soap.attachments<"));
}

static void
test_contents_go_out_in_place_or_as_parts(Fixture *f, gconstpointer data)
{
    static const char sheet[] = SHEET("<xsl:template match='lt:message'><t:Send><xsl:for-each select='lt:attachments/lt:attachment'><t:file><lt:content of='{@name}'/></t:file></xsl:for-each></t:Send></xsl:template>");
    static const char *const files[] = { "scan\r\n--x", "", NULL };
    g_autoptr(LtEndpoint) inside = NULL;
    g_autoptr(LtEndpoint) beside = NULL;
    g_autoptr(LtEndpoint) small = NULL;
    g_autoptr(GError) error = NULL;

    (void) data;
    map_file(f, "deliver.xsl", sheet);
    inside = endpoint_with(f, "deliver_map=deliver.xsl\nattachments=base64\n");
    beside = endpoint_with(f, "deliver_map=deliver.xsl\nattachments=mtom\nversion=1.2\naction=urn:test/Send\n");
    small = endpoint_with(f, "deliver_map=deliver.xsl\nattachments=mtom\nattachments_max=1K\n");
    g_assert_true(deliver(inside, &(HarnessMessage) { .attachments = files }, NULL, &error));
    g_assert_nonnull(strstr(asked(f), "<t:Send xmlns:t=\"urn:test\"><t:file>c2Nhbg0KLS14</t:file><t:file></t:file></t:Send>"));
    g_assert_true(deliver(beside, &(HarnessMessage) { .attachments = files }, NULL, &error));
    g_test_message("%s", asked(f));
    g_assert_nonnull(strstr(asked(f), "Content-Type: multipart/related; boundary=\"lthub-"));
    g_assert_nonnull(strstr(asked(f), "type=\"application/xop+xml\"; start=\"<root@lthub>\"; start-info=\"application/soap+xml; action=\\\"urn:test/Send\\\"\"\n"));
    g_assert_nonnull(strstr(asked(f), "<t:file><xop:Include xmlns:xop=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:0001@lthub\"/></t:file>"));
    g_assert_nonnull(strstr(asked(f), "Content-ID: <0001@lthub>\r\n\r\nscan\r\n--x\r\n--lthub-"));
    g_assert_true(deliver(small, &(HarnessMessage) { .attachments = files }, NULL, &error));
    {
        g_autofree char *large = g_strnfill(1025, 'x');
        const char *const too_large[] = { large, NULL };

        g_assert_false(deliver(small, &(HarnessMessage) { .attachments = too_large }, NULL, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_TOO_LARGE);
    }
}

static void
test_documents_travel_inside(Fixture *f, gconstpointer data)
{
    static const char sheet[] = SHEET("<xsl:template match='lt:message'><t:Send><t:doc><lt:encode><e xmlns='urn:e'><f><lt:content of='att/0001'/></f></e></lt:encode></t:doc><t:n/></t:Send></xsl:template>"
                                      "<xsl:template match='lt:reply'><lt:outcome is='refused'><xsl:attribute name='reason'><xsl:value-of select='lt:body/t:Done/t:doc/*/@word'/></xsl:attribute></lt:outcome></xsl:template>");
    static const char *const files[] = { "scan", NULL };
    static const struct {
        const char *doc, *reason;
    } rows[] = {
        { "PGEgd29yZD0naW5zaWRlJy8+", "soap.inside" },         /* <a word='inside'/> */
        { "\n PGEgd29yZD0n\n aW5zaWRlJy8+ ", "soap.inside" },
        { "bm8gWE1M", "soap.refused" },                         /* no XML */
        { "PCFET0NUWVBFIGE+PGEgd29yZD0neCcvPg==", "soap.refused" }, /* <!DOCTYPE a><a word='x'/> */
        { "", "soap.refused" },
    };
    g_autoptr(LtEndpoint) endpoint = NULL;

    (void) data;
    map_file(f, "inside.xsl", sheet);
    endpoint = endpoint_with(f, "deliver_map=inside.xsl\nreply_map=inside.xsl\nattachments=mtom\ndecode=doc\n");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *answer = g_strdup_printf(ENVELOPE(NS_11, "", "<t:Done xmlns:t='urn:test'><t:doc>%s</t:doc></t:Done>"), rows[i].doc);
        g_autoptr(GError) error = NULL;

        set_answer(f, answer);
        g_assert_false(deliver(endpoint, &(HarnessMessage) { .attachments = files }, NULL, &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        set_answer(f, NULL);
    }
    /* <?xml version="1.0" encoding="UTF-8"?>\n<e xmlns="urn:e"><f>c2Nhbg==</f></e>\n */
    g_assert_nonnull(strstr(asked(f), "<t:doc>PD94bWwgdmVyc2lvbj0iMS4wIiBlbmNvZGluZz0iVVRGLTgiPz4KPGUgeG1sbnM9InVybjplIj48Zj5jMk5oYmc9PTwvZj48L2U+Cg==</t:doc><t:n/>"));
    g_assert_null(strstr(asked(f), "Content-Type: multipart"));
}

/* The system answers by what it is asked. */
#define COLLECT SHEET("<xsl:template match='lt:collect'><t:List after='{@cursor}'/></xsl:template>" \
                      "<xsl:template match='lt:collected'><lt:items cursor='7' more='false'><xsl:for-each select='lt:body/t:Ids/t:id'><lt:item key='{.}' kind='{@kind}'/></xsl:for-each></lt:items></xsl:template>" \
                      "<xsl:template match='lt:fetch'><t:Get id='{@key}'/></xsl:template>" \
                      "<xsl:template match='lt:fetched'><lt:message key='{@key}' type='dossier.status' from='H52.1' to='H52.2' code='known'><lt:payload>{\"t\":\"<xsl:value-of select='lt:body/t:Doc'/>\"}</lt:payload></lt:message></xsl:template>" \
                      "<xsl:template match='lt:confirm'><t:Confirm id='{@key}' outcome='{@outcome}' reason='{@reason}'/></xsl:template>")

typedef struct {
    GString *calls;
} Log;

static GBytes *
mailbox(const PeerRequest *request, gpointer data)
{
    Log *log = data;
    gsize size = 0;
    const char *text = g_bytes_get_data(request->body, &size);
    g_autofree char *body = g_strndup(text, size);
    const char *element = strstr(body, "<t:");
    g_autofree char *id = NULL;
    g_autofree char *answer = NULL;

    g_string_append_len(log->calls, element, (gssize) strcspn(element, ">"));
    g_string_append_c(log->calls, '\n');
    if (g_str_has_prefix(element, "<t:List"))
        return peer_text(200, "text/xml", ENVELOPE(NS_11, "", "<t:Ids xmlns:t='urn:test'><t:id kind='a'>1</t:id><t:id>2</t:id><t:id>3</t:id></t:Ids>"));
    if (strstr(element, "id=\"2\"") != NULL && g_str_has_prefix(element, "<t:Get"))
        return peer_text(500, "text/xml", ENVELOPE(NS_11, "", "<s:Fault><faultcode>s:Client</faultcode></s:Fault>"));
    return peer_text(200, "text/xml", ENVELOPE(NS_11, "", "<t:Doc xmlns:t='urn:test'>content</t:Doc>"));
}

static LtEndpoint *
collecting(Fixture *f, Peer *peer)
{
    g_autofree char *url = peer_url(peer);
    g_autofree char *lines = g_strdup_printf("plugin=soap\nurl=%s\nallowed_addresses=127.0.0.1\ncollect_map=c.xsl\nitems_map=c.xsl\nfetch_map=c.xsl\ndocument_map=c.xsl\n"
                                             "confirm_map=c.xsl\nunsigned_messages=accept\n", url);

    map_file(f, "c.xsl", COLLECT);
    return harness_endpoint(f->harness, lines);
}

static void
test_collects_fetches_keeps_and_then_confirms(Fixture *f, gconstpointer data)
{
    Log log = { g_string_new(NULL) };
    g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = mailbox, .data = &log });
    g_autoptr(LtEndpoint) endpoint = collecting(f, peer);
    g_auto(HarnessInbox) inbox = { .cursor = g_strdup("5"), .fail_key = "3", .fail_code = LT_ERROR_INVALID };
    g_autoptr(GError) error = NULL;
    g_autofree char *calls = NULL;

    (void) data;
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    calls = g_string_free(log.calls, FALSE);
    g_test_message("%s", calls);
    g_assert_cmpstr(calls, ==, "<t:List xmlns:t=\"urn:test\" after=\"5\"/\n<t:Get xmlns:t=\"urn:test\" id=\"1\"/\n<t:Confirm xmlns:t=\"urn:test\" id=\"1\" outcome=\"accepted\" reason=\"\"/\n"
                               "<t:Get xmlns:t=\"urn:test\" id=\"2\"/\n<t:Get xmlns:t=\"urn:test\" id=\"3\"/\n<t:Confirm xmlns:t=\"urn:test\" id=\"3\" outcome=\"refused\" reason=\"test.refused\"/\n");
    g_assert_cmpuint(inbox.built->len, ==, 1);
    g_assert_cmpstr(inbox.cursor, ==, "7");
}

static void
test_what_cannot_be_kept_now_is_not_confirmed(Fixture *f, gconstpointer data)
{
    Log log = { g_string_new(NULL) };
    g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = mailbox, .data = &log });
    g_autoptr(LtEndpoint) endpoint = collecting(f, peer);
    g_auto(HarnessInbox) inbox = { .cursor = g_strdup("5"), .fail_key = "1", .fail_code = LT_ERROR_UNAVAILABLE };
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_false(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "test.refused");
    g_assert_null(strstr(log.calls->str, "Confirm"));
    g_assert_cmpstr(inbox.cursor, ==, "5");
    g_string_free(log.calls, TRUE);
}

static void
test_an_answer_goes_to_the_unit_that_asked(Fixture *f, gconstpointer data)
{
    static const char sheet[] = SHEET("<xsl:template match='lt:message'><t:Ask/></xsl:template>"
                                      "<xsl:template match='lt:reply'><lt:outcome is='accepted'><lt:message type='dossier.result'><lt:payload><dossier.result xmlns='urn:lienthong:payload:1'>"
                                      "<MaHoSo><xsl:value-of select='lt:message/lt:payload/p:dossier.submit/p:MaHoSo'/></MaHoSo><GhiChu><xsl:value-of select='lt:body/t:Done/t:code'/></GhiChu></dossier.result></lt:payload></lt:message></lt:outcome></xsl:template>");
    g_autoptr(LtEndpoint) endpoint = NULL;
    g_autoptr(LtEndpoint) strict = NULL;
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .payload = "{\"MaHoSo\":\"H52-1\"}", .dossier = "b1d1a3a0-0000-4000-8000-000000000001" });
    g_auto(HarnessInbox) inbox = { 0 };
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;
    g_autofree char *payload = NULL;
    g_autoptr(GError) error = NULL;
    const LtBuilt *built;

    (void) data;
    map_file(f, "ask.xsl", sheet);
    endpoint = endpoint_with(f, "deliver_map=ask.xsl\nreply_map=ask.xsl\nunsigned_messages=accept\n");
    strict = endpoint_with(f, "deliver_map=ask.xsl\nreply_map=ask.xsl\n");
    g_assert_true(lt_endpoint_deliver_answered(endpoint, message, harness_inbox(&inbox), NULL, &receipt, &type, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(inbox.built->len, ==, 1);
    built = lt_message_builder_get(inbox.built->pdata[0]);
    payload = g_strndup(g_bytes_get_data(built->payload, NULL), g_bytes_get_size(built->payload));
    g_test_message("%s", payload);
    g_assert_cmpstr(payload, ==, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<dossier.result xmlns=\"urn:lienthong:payload:1\"><MaHoSo>H52-1</MaHoSo><GhiChu>00</GhiChu></dossier.result>\n");
    g_assert_cmpstr(built->from, ==, "H52.2");
    g_assert_cmpstr(built->to, ==, "H52.1");
    g_assert_cmpstr(built->key, ==, "0193f3a0-0000-7000-8000-000000000001/answer/1");
    g_assert_cmpstr(built->re->id, ==, "0193f3a0-0000-7000-8000-000000000001");
    g_assert_cmpstr(built->dossier, ==, "b1d1a3a0-0000-4000-8000-000000000001");
    g_assert_false(deliver(strict, &(HarnessMessage) { 0 }, NULL, &error)); /* an unsigned answer becomes no message unasked */
    g_assert_cmpstr(lt_error_get_reason(error), ==, "soap.settings");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/soap/exchange/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-call-is-kept-and-answered-in-its-version", test_a_call_is_kept_and_answered_in_its_version);
    ADD("every-refusal-is-a-fault", test_every_refusal_is_a_fault);
    ADD("parts-become-attachments", test_parts_become_attachments);
    ADD("bad-parts-are-refused", test_bad_parts_are_refused);
    ADD("parts-have-a-limit", test_parts_have_a_limit);
    ADD("contents-go-out-in-place-or-as-parts", test_contents_go_out_in_place_or_as_parts);
    ADD("documents-travel-inside", test_documents_travel_inside);
    ADD("collects-fetches-keeps-and-then-confirms", test_collects_fetches_keeps_and_then_confirms);
    ADD("what-cannot-be-kept-now-is-not-confirmed", test_what_cannot_be_kept_now_is_not_confirmed);
    ADD("an-answer-goes-to-the-unit-that-asked", test_an_answer_goes_to_the_unit_that_asked);
#undef ADD
    return g_test_run();
}

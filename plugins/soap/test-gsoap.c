/* SPDX-License-Identifier: Apache-2.0 */
/* test-gsoap.c: against gSOAP, which shares no code with us, generated from the WSDL of examples/endpoints: our client and their strict server,
 * their client and our server; and with it the worked maps of the eDoc operations. */
#include "edocH.h"
#include "test-system.h"

#include <arpa/inet.h>
#include <string.h>

#include "EdocSoap.nsmap"

#define SUBMIT "{\"MaHoSo\":\"H52.101-261123-0001\",\"MaTTHC\":\"2.000635\",\"TenTTHC\":\"\xc4\x90\xc4\x83ng k\xc3\xbd l\xe1\xba\xa1i khai sinh\",\"ChuHoSo\":\"Nguy\xe1\xbb\x85n V\xc4\x83n A\"," \
               "\"LoaiDoiTuong\":1,\"NgayTiepNhan\":\"2026-11-23T08:05:00+07:00\",\"NgayHenTra\":\"2026-12-01T17:00:00+07:00\"}"
#define STATUS "{\"MaHoSo\":\"H52.101-261123-0001\",\"StatusCode\":\"05\",\"ThoiDiemXuLy\":\"2026-11-24T09:30:15+07:00\",\"NoiDungXuLy\":\"\xc4\x90\xc3\xa3 ph\xc3\xa2n c\xc3\xb4ng\"}"
#define EDXML "<?xml version=\"1.0\" encoding=\"UTF-8\"?><edXML xmlns=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\" xmlns:x=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\">" \
              "<x:edXMLEnvelope><x:edXMLHeader><x:MessageHeader><x:ResponseFor><x:DocumentId>H52.101-261123-0001</x:DocumentId></x:ResponseFor><x:StaffInfo><x:Staff>Nguy\xe1\xbb\x85n V\xc4\x83n B</x:Staff>" \
              "</x:StaffInfo><x:StatusCode>03</x:StatusCode><x:Description>\xc4\x90\xc3\xa3 ti\xe1\xba\xbfp nh\xe1\xba\xadn</x:Description><x:Timestamp>2026/11/24 08:00:00</x:Timestamp></x:MessageHeader></x:edXMLHeader></x:edXMLEnvelope></edXML>"

/* Their server: one thread, one connection at a time. */
typedef struct {
    struct soap *soap;
    GThread *thread;
    gint stop; /* atomic */
    int port;
    GMutex mutex;     /* guards what follows */
    GString *log;     /* one line per call */
    GBytes *document; /* of the last SendDocument */
    const char *answer; /* "fine", "exists", "sender", "receiver", "fail" */
} Server;

static void
note(struct soap *soap, const char *operation, const char *detail)
{
    Server *server = soap->user;

    g_mutex_lock(&server->mutex);
    g_string_append_printf(server->log, "%s %s\n", operation, detail != NULL ? detail : "");
    g_mutex_unlock(&server->mutex);
}

int
__ns1__SendDocument(struct soap *soap, struct _ns1__SendDocument *in, struct _ns1__SendDocumentResponse *out)
{
    Server *server = soap->user;

    note(soap, "SendDocument", in->organId);
    g_mutex_lock(&server->mutex);
    g_clear_pointer(&server->document, g_bytes_unref);
    server->document = g_bytes_new(in->document.__ptr, (gsize) in->document.__size);
    g_mutex_unlock(&server->mutex);
    if (strcmp(server->answer, "sender") == 0)
        return soap_sender_fault(soap, "Nguyen Van A is no organ", NULL);
    if (strcmp(server->answer, "receiver") == 0)
        return soap_receiver_fault(soap, "database", NULL);
    out->status = soap_strdup(soap, strcmp(server->answer, "fine") == 0 ? "Success" : "Fail");
    if (strcmp(server->answer, "exists") == 0) {
        out->__sizeerror = 1;
        out->error = soap_malloc(soap, sizeof(char *));
        out->error[0] = soap_strdup(soap, "ExistDoc");
    }
    return SOAP_OK;
}

int
__ns1__UpdateTraces(struct soap *soap, struct _ns1__UpdateTraces *in, struct _ns1__UpdateTracesResponse *out)
{
    g_autofree char *line = g_strdup_printf("%s %s %s %s", in->trace->organId, in->trace->documentId, in->trace->statusCode, in->trace->timestamp);

    note(soap, "UpdateTraces", line);
    out->status = soap_strdup(soap, "Success");
    return SOAP_OK;
}

int
__ns1__GetPendingDocumentIds(struct soap *soap, struct _ns1__GetPendingDocumentIds *in, struct _ns1__GetPendingDocumentIdsResponse *out)
{
    static char one[] = "doc-1";

    note(soap, "GetPendingDocumentIds", in->organId);
    out->status = soap_strdup(soap, "Success");
    out->__sizedocId = 1;
    out->docId = soap_malloc(soap, sizeof(char *));
    out->docId[0] = one;
    return SOAP_OK;
}

int
__ns1__GetDocument(struct soap *soap, struct _ns1__GetDocument *in, struct _ns1__GetDocumentResponse *out)
{
    static char text[] = EDXML;

    note(soap, "GetDocument", in->docId);
    out->status = soap_strdup(soap, "Success");
    out->document.__ptr = (unsigned char *) text;
    out->document.__size = (int) strlen(text);
    return SOAP_OK;
}

int
__ns1__ConfirmReceived(struct soap *soap, struct _ns1__ConfirmReceived *in, struct _ns1__ConfirmReceivedResponse *out)
{
    note(soap, "ConfirmReceived", in->docId);
    out->status = soap_strdup(soap, "Success");
    return SOAP_OK;
}

int
__ns1__GetOrganizations(struct soap *soap, struct _ns1__GetOrganizations *in, struct _ns1__GetOrganizationsResponse *out)
{
    (void) in, (void) out;
    note(soap, "GetOrganizations", NULL);
    return SOAP_OK;
}

int
__ns1__GetTraces(struct soap *soap, struct _ns1__GetTraces *in, struct _ns1__GetTracesResponse *out)
{
    note(soap, "GetTraces", in->docId);
    out->status = soap_strdup(soap, "Success");
    return SOAP_OK;
}

int
__ns1__CheckPermission(struct soap *soap, struct _ns1__CheckPermission *in, struct _ns1__CheckPermissionResponse *out)
{
    note(soap, "CheckPermission", in->organId);
    out->status = soap_strdup(soap, "Success");
    return SOAP_OK;
}

static gpointer
serve(gpointer data)
{
    Server *server = data;

    while (!g_atomic_int_get(&server->stop)) {
        if (!soap_valid_socket(soap_accept(server->soap)))
            continue;
        soap_serve(server->soap);
        soap_destroy(server->soap);
        soap_end(server->soap);
    }
    return NULL;
}

static void
server_begin(Server *server, int mode)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    memset(server, 0, sizeof *server);
    g_mutex_init(&server->mutex);
    server->log = g_string_new(NULL);
    server->answer = "fine";
    server->soap = soap_new1(SOAP_XML_STRICT | mode);
    server->soap->user = server;
    server->soap->accept_timeout = -100000; /* microseconds: so the flag is seen */
    server->soap->recv_timeout = server->soap->send_timeout = 5;
    g_assert_true(soap_valid_socket(soap_bind(server->soap, "127.0.0.1", 0, 10)));
    g_assert_cmpint(getsockname(server->soap->master, (struct sockaddr *) &address, &size), ==, 0);
    server->port = ntohs(address.sin_port);
    server->thread = g_thread_new("gsoap", serve, server);
}

static void
server_end(Server *server)
{
    g_atomic_int_set(&server->stop, 1);
    g_thread_join(server->thread);
    soap_destroy(server->soap);
    soap_end(server->soap);
    soap_free(server->soap);
    g_string_free(server->log, TRUE);
    g_clear_pointer(&server->document, g_bytes_unref);
    g_mutex_clear(&server->mutex);
}

static char *
example(const char *name)
{
    return g_build_filename(g_getenv("LTHUB_SOURCE"), "examples", "endpoints", "bkav", name, NULL);
}

/* The endpoint of the example, at this server. */
static LtEndpoint *
edoc(Fixture *f, const Server *server, const char *more)
{
    g_autofree char *wsdl = example("edoc.wsdl");
    g_autofree char *map = example("edoc.xsl");
    g_autofree char *lines = g_strdup_printf("plugin=soap\nurl=http://127.0.0.1:%d/EdocService\nallowed_addresses=127.0.0.1\ntimeout=10s\nwsdl=%s\ndeliver_map=%s\nreply_map=%s\ncollect_map=%s\n"
                                             "items_map=%s\nfetch_map=%s\ndocument_map=%s\nconfirm_map=%s\ndecode=document\nunsigned_messages=accept\n"
                                             "parameters=OrganId=000.01.01.H52;Unit=H52.101;Peer=H52.102\n%s",
                                             server->port, wsdl, map, map, map, map, map, map, map, more);

    return harness_endpoint(f->harness, lines);
}

static void
test_our_client_satisfies_their_strict_server(Fixture *f, gconstpointer data)
{
    static const char *const files[] = { "%PDF-1.4", NULL };
    static const struct {
        const char *answer, *reason;
        int code;
    } rows[] = {
        { "fine", NULL, -1 },
        { "exists", NULL, -1 },
        { "fail", "soap.not-taken", LT_ERROR_REFUSED },
        { "sender", "soap.fault.client", LT_ERROR_REFUSED },
        { "receiver", "soap.fault.server", LT_ERROR_UNAVAILABLE },
    };
    g_autoptr(LtEndpoint) endpoint = NULL;
    g_autofree char *document = NULL;
    Server server;

    (void) data;
    server_begin(&server, 0);
    endpoint = edoc(f, &server, "attachments=base64\n");
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;
        gboolean done;

        server.answer = rows[i].answer;
        done = deliver(endpoint, &(HarnessMessage) { .payload = SUBMIT, .attachments = files }, NULL, &error);
        g_test_message("%s: %s", rows[i].answer, error != NULL ? error->message : "delivered");
        g_assert_cmpint(done, ==, rows[i].code < 0);
        if (rows[i].code < 0)
            continue;
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_null(strstr(error->message, "Nguyen"));
    }
    document = g_strndup(g_bytes_get_data(server.document, NULL), g_bytes_get_size(server.document));
    g_test_message("%s", document);
    g_assert_true(g_str_has_prefix(document, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<edXML "));
    g_assert_nonnull(strstr(document, "<edXML:ApplicationType>MCDT_DT</edXML:ApplicationType>"));
    g_assert_nonnull(strstr(document, "<edXML:Subject>2.000635/Nguy\xe1\xbb\x85n V\xc4\x83n A/H52.101-261123-0001</edXML:Subject>"));
    g_assert_nonnull(strstr(document, "<edXML:ContentTransferEncoded>JVBERi0xLjQ=</edXML:ContentTransferEncoded>"));
    g_assert_null(strstr(document, "lienthong"));
    server_end(&server);
}

static void
test_states_and_mail_go_both_ways(Fixture *f, gconstpointer data)
{
    g_auto(HarnessInbox) inbox = { 0 };
    g_autoptr(LtEndpoint) endpoint = NULL;
    g_autoptr(GError) error = NULL;
    g_autofree char *payload = NULL;
    const LtBuilt *built;
    Server server;

    (void) data;
    server_begin(&server, 0);
    endpoint = edoc(f, &server, "");
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .type = "dossier.status", .payload = STATUS }, NULL, &error));
    g_assert_no_error(error);
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpstr(server.log->str, ==, "UpdateTraces 000.01.01.H52 H52.101-261123-0001 05 2026/11/24 09:30:15\nGetPendingDocumentIds 000.01.01.H52\nGetDocument doc-1\nConfirmReceived doc-1\n");
    g_assert_cmpuint(inbox.built->len, ==, 1);
    built = lt_message_builder_get(inbox.built->pdata[0]);
    payload = g_strndup(g_bytes_get_data(built->payload, NULL), g_bytes_get_size(built->payload));
    g_test_message("%s", payload);
    g_assert_cmpstr(built->key, ==, "doc-1");
    g_assert_nonnull(strstr(payload, ":MaHoSo>H52.101-261123-0001</"));
    g_assert_nonnull(strstr(payload, ":StatusCode>03</"));
    g_assert_nonnull(strstr(payload, ":ThoiDiemXuLy>2026-11-24T08:00:00+07:00</"));
    g_assert_nonnull(strstr(payload, ":NguoiXuLy>Nguy\xe1\xbb\x85n V\xc4\x83n B</"));
    server_end(&server);
}

/* Without the WSDL, so that the version is ours to choose; the attachment goes as it is. */
#define RAW "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' xmlns:lt='urn:lienthong:soap:1' xmlns:e='urn:sample:edoc' exclude-result-prefixes='lt'>" \
            "<xsl:template match='lt:message'><e:SendDocument><e:organId>H52</e:organId><e:messageType>EDOC</e:messageType><e:document><lt:content of='att/0001'/></e:document></e:SendDocument></xsl:template></xsl:stylesheet>"

static void
test_parts_reach_their_server_in_both_versions(Fixture *f, gconstpointer data)
{
    static const char *const versions[] = { "version=1.1\nattachments=base64\n", "version=1.2\nattachments=base64\n", "version=1.1\nattachments=mtom\n", "version=1.2\nattachments=mtom\n" };
    g_autofree char *content = g_strnfill(300000, 'x');
    const char *const files[] = { content, NULL };

    (void) data;
    memcpy(content + 1000, "\r\n--lthub-\r\n\r\n", 13);
    map_file(f, "raw.xsl", RAW);
    for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *lines = NULL;
        g_autoptr(LtEndpoint) endpoint = NULL;
        Server server;

        server_begin(&server, SOAP_ENC_MTOM);
        lines = g_strdup_printf("plugin=soap\nurl=http://127.0.0.1:%d\nallowed_addresses=127.0.0.1\ntimeout=10s\ndeliver_map=raw.xsl\naction=urn:sample:edoc:SendDocument\n%s", server.port, versions[i]);
        endpoint = harness_endpoint(f->harness, lines);
        g_assert_true(deliver(endpoint, &(HarnessMessage) { .attachments = files }, NULL, &error));
        g_assert_no_error(error);
        g_assert_cmpmem(g_bytes_get_data(server.document, NULL), g_bytes_get_size(server.document), content, strlen(content));
        server_end(&server);
    }
}

/* Our server behind a plain HTTP server: what http/receive.c does in the hub. */
typedef struct {
    LtEndpoint *endpoint;
    HarnessInbox inbox;
    guint n_multiparts;
} Ours;

static char *
header_of(const PeerRequest *request, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(request->headers, "\n", -1);

    for (guint i = 0; lines[i] != NULL; i++) {
        gsize length = strlen(name);

        if (g_ascii_strncasecmp(lines[i], name, length) == 0 && lines[i][length] == ':')
            return g_strstrip(g_strdup(lines[i] + length + 1));
    }
    return NULL;
}

static GBytes *
answer_call(const PeerRequest *request, gpointer data)
{
    Ours *ours = data;
    g_autofree char *type = header_of(request, "Content-Type");
    g_autofree char *action = header_of(request, "SOAPAction");
    g_autofree char *answer = call(ours->endpoint, type, action, g_bytes_get_data(request->body, NULL), (gssize) g_bytes_get_size(request->body), &ours->inbox);

    ours->n_multiparts += g_str_has_prefix(type, "multipart/related");
    return peer_text((guint) atoi(answer), strstr(answer, NS_12) != NULL ? "application/soap+xml; charset=utf-8" : "text/xml; charset=utf-8", strchr(answer, ' ') + 1);
}

#define TAKE "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' xmlns:lt='urn:lienthong:soap:1' xmlns:e='urn:sample:edoc' exclude-result-prefixes='lt'>" \
             "<xsl:template match='lt:call'><xsl:variable name='s' select='lt:body/e:SendDocument'/><xsl:choose><xsl:when test='$s/e:organId=\"no\"'><lt:refused reason='unknown-organ'/></xsl:when><xsl:otherwise>" \
             "<lt:received><lt:message key='{$s/e:organId}' type='dossier.submit' from='H52.1' to='H52.2'><lt:payload>{}</lt:payload><lt:attachment role='original' media_type='application/xml'><xsl:copy-of select='$s/e:document/node()'/></lt:attachment></lt:message></lt:received>" \
             "</xsl:otherwise></xsl:choose></xsl:template>" \
             "<xsl:template match='lt:answered'><e:SendDocumentResponse><e:status>Success</e:status><e:code>0</e:code><e:docId><xsl:value-of select='lt:call/lt:body/e:SendDocument/e:organId'/></e:docId></e:SendDocumentResponse></xsl:template></xsl:stylesheet>"

static void
send_one(const char *url, int mode, char *organ, char *text, int *status, char **doc_id, char **fault)
{
    struct soap *soap = soap_new1(SOAP_XML_STRICT | mode);
    struct _ns1__SendDocument in = { 0 };
    struct _ns1__SendDocumentResponse out = { 0 };
    char media_type[] = "application/xml";

    soap->recv_timeout = soap->send_timeout = soap->connect_timeout = 10;
    in.organId = organ;
    in.messageType = ns1__MessageType__EDOC;
    in.document.__ptr = (unsigned char *) text;
    in.document.__size = (int) strlen(text);
    if (mode == SOAP_ENC_MTOM)
        in.document.type = media_type; /* without it gSOAP writes base64 in place */
    *status = soap_call___ns1__SendDocument(soap, url, NULL, &in, &out);
    *doc_id = g_strdup(out.docId);
    *fault = *status != SOAP_OK && soap_faultcode(soap) != NULL && *soap_faultcode(soap) != NULL ? g_strdup_printf("%s %s", *soap_faultcode(soap), *soap_faultstring(soap)) : NULL;
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
}

static void
test_their_client_is_served(Fixture *f, gconstpointer data)
{
    static const int modes[] = { 0, SOAP_ENC_MTOM };
    g_autofree char *wsdl = example("edoc.wsdl");
    g_autofree char *lines = g_strdup_printf("plugin=soap\nwsdl=%s\nreceive_map=take.xsl\nanswer_map=take.xsl\nunsigned_messages=accept\n", wsdl);
    char text[] = "<edXML>Nguy\xe1\xbb\x85n V\xc4\x83n A</edXML>";

    (void) data;
    map_file(f, "take.xsl", TAKE);
    for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(LtEndpoint) endpoint = harness_endpoint(f->harness, lines);
        Ours ours = { endpoint, { 0 }, 0 };
        g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = answer_call, .data = &ours, .close_each = TRUE });
        g_autofree char *url = peer_url(peer);
        g_autofree char *doc_id = NULL;
        g_autofree char *fault = NULL;
        g_autofree char *no_id = NULL;
        g_autofree char *no_fault = NULL;
        char organ[] = "H52.7", no[] = "no";
        const LtBuiltPart *part;
        int status = 0;

        send_one(url, modes[i], organ, text, &status, &doc_id, &fault);
        g_test_message("mode %d: %d %s %s", modes[i], status, doc_id, fault);
        g_assert_cmpint(status, ==, SOAP_OK);
        g_assert_cmpstr(doc_id, ==, "H52.7");
        g_assert_cmpuint(ours.inbox.built->len, ==, 1);
        part = lt_message_builder_get(ours.inbox.built->pdata[0])->attachments->pdata[0];
        g_assert_cmpmem(g_bytes_get_data(part->content, NULL), g_bytes_get_size(part->content), text, strlen(text));

        send_one(url, modes[i], no, text, &status, &no_id, &no_fault);
        g_test_message("mode %d: %d %s", modes[i], status, no_fault);
        g_assert_cmpint(status, !=, SOAP_OK);
        g_assert_nonnull(strstr(no_fault, "Client refused: soap.unknown-organ"));
        g_assert_cmpuint(ours.n_multiparts, ==, modes[i] == SOAP_ENC_MTOM ? 2 : 0);
        harness_inbox_clear(&ours.inbox);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/soap/gsoap/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("our-client-satisfies-their-strict-server", test_our_client_satisfies_their_strict_server);
    ADD("states-and-mail-go-both-ways", test_states_and_mail_go_both_ways);
    ADD("parts-reach-their-server-in-both-versions", test_parts_reach_their_server_in_both_versions);
    ADD("their-client-is-served", test_their_client_is_served);
#undef ADD
    return g_test_run();
}

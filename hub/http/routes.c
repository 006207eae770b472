/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c: the table, and how a path finds its row.
 *
 * A unit's routes are on two sites, peer and api, which differ in how the caller is known and in nothing else; the operator's are on admin alone. Rows are looked at in
 * order: the busiest come first.
 */
#include "http/routes.h"

#include <string.h>

#include "http/resources.h"

#define UNITS (LT_SITE_PEER | LT_SITE_API)
#define ANSWERS(...) ((const LtHttpAnswer[]) { __VA_ARGS__, { 0 } })
#define QUERY(...) ((const LtHttpParameter[]) { __VA_ARGS__, { 0 } })
#define ERRORS(...) ((const guint[]) { __VA_ARGS__, 0 })
#define AFTER { "after", "string", "`next` of the page before; absent: from the start" }
#define LIMIT { "limit", "integer", "rows at most" }
#define DONE { 204, NULL, NULL, "done" }

static const LtHttpRoute routes[] = {
    { "POST", "/v1/envelopes", UNITS, LT_RIGHT_UNIT, LT_BODY_ENVELOPE, FALSE, lt_envelopes_post, "postEnvelope",
      "Gửi một phong bì; trả lời sau khi đã ghi bền vững", "Hands in an envelope; answered once it is durable", NULL, NULL,
      ANSWERS({ 202, LT_ASICE, NULL, "accepted: the receipt `received`" }, { 200, LT_ASICE, NULL, "accepted before: the same receipt" },
              { 204, NULL, NULL, "a receipt was taken" }, { 409, LT_ASICE, NULL, "delivery has failed: the receipt `failed`" }),
      ERRORS(404, 409, 413, 422, 503) },
    { "GET", "/v1/inbox", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, FALSE, lt_inbox_list, "listInbox",
      "Liệt kê thông điệp đang chờ đơn vị nhận", "Lists the messages that wait for the unit, oldest first", QUERY(AFTER, LIMIT), NULL,
      ANSWERS({ 200, LT_JSON, "Inbox", "what waits" }), ERRORS(400) },
    { "GET", "/v1/envelopes/{from}/{id}", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, FALSE, lt_envelopes_get, "getEnvelope",
      "Tải một phong bì mà đơn vị đã gửi hoặc được nhận", "The container, byte for byte, for its sender and receiver", NULL, NULL,
      ANSWERS({ 200, LT_ASICE, NULL, "the container" }), ERRORS(404, 503) },
    { "POST", "/v1/inbox/{from}/{id}/ack", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, FALSE, lt_inbox_ack, "acknowledgeInbox",
      "Xác nhận đã nhận và lưu thông điệp", "Says that the message is safely stored at the unit; again is no error", NULL, NULL,
      ANSWERS(DONE), ERRORS(404, 409, 503) },
    { "GET", "/v1/receipts/{from}/{id}", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, TRUE, lt_receipts_get, "getReceipt",
      "Biên nhận mới nhất của một phong bì", "The newest receipt of an envelope, for its sender and receiver", NULL, NULL,
      ANSWERS({ 200, LT_ASICE, NULL, "the receipt" }), ERRORS(404) },
    { "GET", "/v1/dossiers/{dossier}", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, FALSE, lt_dossiers_get, "getDossier",
      "Tình trạng và diễn biến của một hồ sơ (mã hồ sơ hoặc số tham chiếu)", "State and timeline of a dossier in which the unit takes part, by code or reference", NULL,
      NULL, ANSWERS({ 200, LT_JSON, "Dossier", "the dossier; the reading is recorded" }), ERRORS(404, 503) },
    { "GET", "/v1/log/checkpoint", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, FALSE, lt_log_get_checkpoint, "getCheckpoint",
      "Điểm kiểm tra mới nhất của nhật ký", "The newest checkpoint of the audit log", NULL, NULL, ANSWERS({ 200, LT_TEXT, NULL, "a signed note" }), ERRORS(503) },
    { "GET", "/v1/log/consistency", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, FALSE, lt_log_get_consistency, "getConsistency",
      "Chứng minh nhật ký chỉ được nối thêm từ M đến N", "Proof that the tree of N entries extends that of M",
      QUERY({ "old", "integer", "M" }, { "new", "integer", "N; absent: the current size" }), NULL, ANSWERS({ 200, LT_TEXT, NULL, "one base64 hash per line" }),
      ERRORS(400, 422) },
    { "GET", "/v1/log/proof/{index}", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, FALSE, lt_log_get_proof, "getProof",
      "Chứng minh một bản ghi liên quan đến đơn vị có trong nhật ký", "A .tlog-proof of an entry that names the unit", NULL, NULL,
      ANSWERS({ 200, LT_TEXT, NULL, "c2sp.org/tlog-proof@v1" }), ERRORS(404) },
    { "GET", "/v1/log/entry/{index}", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, FALSE, lt_log_get_entry, "getEntry",
      "Bản ghi nhật ký liên quan đến đơn vị", "An entry that names the unit, byte for byte", NULL, NULL, ANSWERS({ 200, LT_JSON, NULL, "the entry" }), ERRORS(404) },
    { "POST", "/v1/witness/add-checkpoint", UNITS, LT_RIGHT_UNIT, LT_BODY_BYTES, TRUE, lt_witness_add, "addCheckpoint",
      "Đồng ký điểm kiểm soát của nhật ký khác (C2SP tlog-witness)", "Cosigns a checkpoint of another log that continues what was seen of it (C2SP tlog-witness)", NULL, NULL,
      ANSWERS({ 200, LT_TEXT, NULL, "one cosignature line" }, { 409, "text/x.tlog.size", NULL, "the size that was seen" }),
      ERRORS(404, 422, 503) },
    { "GET", "/v1/witness/{log}/checkpoint", UNITS, LT_RIGHT_UNIT, LT_BODY_NONE, TRUE, lt_witness_get, "getWitnessed",
      "Điểm kiểm soát lớn nhất đã đồng ký của một nhật ký", "The largest checkpoint of a log that was cosigned; the log is named by the SHA-256 of its origin", NULL, NULL,
      ANSWERS({ 200, LT_TEXT, NULL, "a signed note" }), ERRORS(404) },
    { "POST", "/v1/endpoints/{endpoint}/{path…}", LT_SITE_API, LT_RIGHT_UNIT, LT_BODY_BYTES, TRUE, lt_receive_post, "callEndpoint",
      "Hệ thống ngoài gọi trục liên thông bằng giao thức riêng của nó", "An outside system calls the hub in its own protocol: the plugin's `receive`", NULL, NULL,
      ANSWERS({ 200, "*/*", NULL, "what the plugin answers" }), ERRORS(404, 413, 422, 503) },

    { "GET", "/healthz", LT_SITE_ADMIN, LT_RIGHT_ANYONE, LT_BODY_NONE, FALSE, lt_health_live, "live", "Tiến trình còn chạy", "The process answers", NULL, NULL,
      ANSWERS({ 200, LT_TEXT, NULL, "`ok`" }), NULL },
    { "GET", "/readyz", LT_SITE_ADMIN, LT_RIGHT_ANYONE, LT_BODY_NONE, FALSE, lt_health_ready, "ready", "Sẵn sàng nhận phong bì", "Envelopes are accepted now", NULL, NULL,
      ANSWERS({ 200, LT_JSON, "Ready", "ready, perhaps degraded" }, { 503, LT_JSON, "Ready", "halted or stopping, with the code" }), NULL },
    { "GET", "/metrics", LT_SITE_ADMIN, LT_RIGHT_ANYONE, LT_BODY_NONE, TRUE, lt_metrics_get, "metrics", "Số liệu theo khuôn dạng Prometheus", "Figures for Prometheus", NULL, NULL,
      ANSWERS({ 200, "text/plain; version=0.0.4", NULL, "Prometheus text" }), NULL },
    { "GET", "/v1/version", LT_SITE_ADMIN, LT_RIGHT_ANYONE, LT_BODY_NONE, FALSE, lt_health_version, "version", "Phiên bản", "Version of the hub", NULL, NULL,
      ANSWERS({ 200, LT_JSON, "Version", "version, unit, demo" }), NULL },
    { "GET", "/v1/openapi.json", LT_SITE_ADMIN, LT_RIGHT_ANYONE, LT_BODY_NONE, TRUE, lt_health_openapi, "openapi", "Tài liệu này", "This document", NULL, NULL,
      ANSWERS({ 200, LT_JSON, NULL, "OpenAPI 3.1" }), NULL },

    { "GET", "/v1/admin/units", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_units_list, "listUnits", "Danh mục đơn vị", "The register of units", NULL, NULL,
      ANSWERS({ 200, LT_JSON, "Registry", "units with aliases, successors and keys" }), NULL },
    { "POST", "/v1/admin/units", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_JSON, TRUE, lt_admin_units_put, "putUnits", "Thêm hoặc thay đơn vị",
      "Puts units, aliases and successors: all or nothing", NULL, "Registry", ANSWERS({ 200, LT_JSON, "Changed", "how many rows were put" }), ERRORS(400, 422, 503) },
    { "POST", "/v1/admin/units/apply", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_JSON, TRUE, lt_admin_units_apply, "applyUnits", "Áp dụng sắp xếp đơn vị",
      "Applies a re-organisation: units change and what is under way goes to successors, all or nothing", NULL, "Registry",
      ANSWERS({ 200, LT_JSON, "Moved", "what was moved; nothing yet when its day is to come" }), ERRORS(400, 409, 422, 503) },
    { "POST", "/v1/admin/units/{unit}/keys", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_JSON, TRUE, lt_admin_keys_add, "addKey", "Đăng ký khoá của đơn vị",
      "Registers a key of a unit, by certificate or by its SHA-256", NULL, "NewKey", ANSWERS({ 200, LT_JSON, "Key", "the key" }), ERRORS(404, 422, 503) },
    { "POST", "/v1/admin/units/{unit}/tokens", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_JSON, TRUE, lt_admin_tokens_add, "addToken", "Cấp mã truy cập cho đơn vị",
      "Makes a token for a unit; its secret is told this once", NULL, "NewToken", ANSWERS({ 200, LT_JSON, "Token", "the token" }), ERRORS(404, 422, 503) },
    { "POST", "/v1/admin/units/{unit}/tokens/{token}/retire", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_tokens_retire, "retireToken",
      "Thu hồi mã truy cập", "Ends a token at once, named by its public id", NULL, NULL, ANSWERS(DONE), ERRORS(404, 503) },
    { "POST", "/v1/admin/units/{unit}/suspend", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_JSON, TRUE, lt_admin_units_suspend, "suspendUnit",
      "Tạm dừng kết nối của đơn vị", "The unit may not call any more, until a time or until it is resumed", NULL, "Suspension", ANSWERS(DONE), ERRORS(404, 422, 503) },
    { "POST", "/v1/admin/units/{unit}/resume", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_units_resume, "resumeUnit",
      "Cho đơn vị kết nối lại", "Ends a suspension at once", NULL, NULL, ANSWERS(DONE), ERRORS(404, 503) },
    { "GET", "/v1/admin/procedures", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_procedures_list, "listProcedures", "Danh mục thủ tục hành chính",
      "The catalogue of procedures with all versions", NULL, NULL, ANSWERS({ 200, "text/csv", NULL, "as `lthub procedure export`" }), NULL },
    { "POST", "/v1/admin/procedures", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_JSON, TRUE, lt_admin_procedures_put, "putProcedures", "Thêm hoặc thay phiên bản thủ tục",
      "Puts versions of procedures: all or nothing", NULL, "ProcedureList", ANSWERS({ 200, LT_JSON, "Changed", "how many rows were put" }), ERRORS(400, 422, 503) },
    { "GET", "/v1/admin/deliveries", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_deliveries_list, "listDeliveries", "Các lượt chuyển",
      "Deliveries, oldest first",
      QUERY({ "state", "string", "waiting, delivered, confirmed, held, refused or withdrawn" }, { "endpoint", "string", "name" }, { "unit", "string", "from or to" },
            { "dossier", "string", "reference" }, { "code", "string", "code of the dossier" }, { "message", "string", "envelope id" }, AFTER, LIMIT),
      NULL, ANSWERS({ 200, LT_JSON, "Deliveries", "a page" }), ERRORS(400) },
    { "GET", "/v1/admin/deliveries/{delivery}", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_deliveries_get, "getDelivery", "Một lượt chuyển",
      "One delivery, with the cause and the suggested fix when it is held", NULL, NULL, ANSWERS({ 200, LT_JSON, "Delivery", "the delivery" }), ERRORS(404) },
    { "POST", "/v1/admin/deliveries/{delivery}/release", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_deliveries_release, "releaseDelivery",
      "Cho lượt chuyển đang giữ đi tiếp", "Lets a held delivery go on", NULL, NULL, ANSWERS(DONE), ERRORS(404, 409, 503) },
    { "POST", "/v1/admin/deliveries/{delivery}/refuse", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_deliveries_refuse, "refuseDelivery",
      "Từ chối hẳn lượt chuyển đang giữ", "Ends a held delivery as refused", NULL, NULL, ANSWERS(DONE), ERRORS(404, 409, 503) },
    { "POST", "/v1/admin/deliveries/{delivery}/resend", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_deliveries_resend, "resendDelivery",
      "Chuyển lại", "Hands the message over once more", NULL, NULL, ANSWERS(DONE), ERRORS(404, 409, 503) },
    { "GET", "/v1/admin/dossiers", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_dossiers_list, "listDossiers", "Danh sách hồ sơ", "Dossiers", 
      QUERY({ "state", "string", "portal state, 1 to 10" }, AFTER, LIMIT), NULL, ANSWERS({ 200, LT_JSON, "Dossiers", "a page" }), ERRORS(400) },
    { "GET", "/v1/admin/dossiers/{dossier}", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, FALSE, lt_dossiers_get_any, "getAnyDossier", "Một hồ sơ",
      "Any dossier, by code or reference", NULL, NULL, ANSWERS({ 200, LT_JSON, "Dossier", "the dossier; the reading is recorded" }), ERRORS(404, 503) },
    { "POST", "/v1/admin/witness/push", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_attest_push, "pushCheckpoint", "Xin nhân chứng đồng ký điểm kiểm soát mới nhất",
      "Asks all witnesses to cosign the newest checkpoint, now", NULL, NULL, ANSWERS({ 200, LT_JSON, "Changed", "how many cosigned" }), ERRORS(422, 503) },
    { "POST", "/v1/admin/anchor", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_attest_anchor, "anchorCheckpoint", "Lấy dấu thời gian và ký số điểm kiểm soát mới nhất",
      "Has the newest checkpoint stamped and signed, now", NULL, NULL, ANSWERS({ 200, LT_JSON, "Changed", "done" }), ERRORS(503) },
    { "POST", "/v1/admin/evidence", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_JSON, TRUE, lt_admin_evidence_make, "makeEvidence", "Kết xuất tệp bằng chứng của một hồ sơ",
      "Everything held of a dossier, in one file that verifies without the hub", NULL, "EvidenceRequest",
      ANSWERS({ 200, LT_ASICE, NULL, "the file, or one part of it; the export is recorded" }), ERRORS(404, 422, 503) },
    { "GET", "/v1/admin/endpoints", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_endpoints_list, "listEndpoints", "Tình trạng các điểm kết nối",
      "Endpoints: breaker, backlog, last success and failure", NULL, NULL, ANSWERS({ 200, LT_JSON, "Endpoints", "all endpoints" }), NULL },
    { "POST", "/v1/admin/backups", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_JSON, TRUE, lt_admin_backups_add, "addBackup", "Ghi nhật ký bản sao lưu",
      "Records a backup that `lthub backup` has made", NULL, "Backup", ANSWERS({ 200, LT_JSON, "Changed", "recorded" }), ERRORS(422, 503) },
    { "POST", "/v1/admin/reload", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_reload, "reload", "Nạp lại cấu hình", "Reads the configuration anew, whole or not at all",
      QUERY({ "again", "integer", "1: also files from which the hub has gone back" }), NULL, ANSWERS({ 200, LT_JSON, "Reloaded", "in force; with warnings" }), ERRORS(500) },
    { "GET", "/v1/admin/plans", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_plans_list, "listPlans", "Các thế hệ phương án kết nối",
      "Generations of the plan, newest first", QUERY(LIMIT), NULL, ANSWERS({ 200, LT_JSON, "Plans", "generations" }), ERRORS(400) },
    { "POST", "/v1/admin/plans/{generation}/rollback", LT_SITE_ADMIN, LT_RIGHT_OPERATOR, LT_BODY_NONE, TRUE, lt_admin_plans_rollback, "rollbackPlan",
      "Quay lại một thế hệ phương án kết nối", "Goes back to a generation of the plan, whole or not at all; 0: the one before", NULL, NULL,
      ANSWERS({ 200, LT_JSON, "Reloaded", "in force; with warnings" }), ERRORS(404, 500) },
};

const LtHttpRoute *
lt_http_routes(gsize *n_routes)
{
    *n_routes = G_N_ELEMENTS(routes);
    return routes;
}

/* The segment that begins at *position, without its slash. */
static gboolean
next_segment(const char **position, const char **segment, gsize *length)
{
    const char *end;

    if (**position != '/')
        return FALSE;
    *segment = *position + 1;
    end = strchrnul(*segment, '/');
    *length = (gsize) (end - *segment);
    *position = end;
    return TRUE;
}

static gboolean
takes_the_rest(const char *segment, gsize length)
{
    return length > strlen("{…}") && memcmp(segment + length - strlen("…}"), "…}", strlen("…}")) == 0;
}

static gboolean
match(const char *pattern, const char *path, char *params[LT_ROUTE_MAX_PARAMS])
{
    const char *wanted, *given;
    gsize wanted_length, given_length;
    guint n = 0;

    while (next_segment(&pattern, &wanted, &wanted_length)) {
        if (takes_the_rest(wanted, wanted_length)) {
            params[n] = g_strdup(path);
            return TRUE;
        }
        if (!next_segment(&path, &given, &given_length))
            return FALSE;
        if (wanted[0] == '{' && given_length > 0)
            params[n++] = g_strndup(given, given_length);
        else if (wanted_length != given_length || memcmp(wanted, given, given_length) != 0)
            return FALSE;
    }
    return *path == '\0';
}

static void
forget(char *params[LT_ROUTE_MAX_PARAMS])
{
    for (guint i = 0; i < LT_ROUTE_MAX_PARAMS; i++)
        g_clear_pointer(&params[i], g_free);
}

const LtHttpRoute *
lt_http_route_find(guint site, const char *method, const char *path, char *params[LT_ROUTE_MAX_PARAMS], char **allow)
{
    g_autoptr(GString) others = g_string_new(NULL);

    *allow = NULL;
    for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
        const LtHttpRoute *route = &routes[i];

        if ((route->sites & site) == 0 || !match(route->path, path, params)) {
            forget(params);
            continue;
        }
        if (strcmp(route->method, method) == 0)
            return route;
        g_string_append_printf(others, "%s%s", others->len > 0 ? ", " : "", route->method);
        forget(params);
    }
    if (others->len > 0)
        *allow = g_string_free(g_steal_pointer(&others), FALSE);
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* portal.c: the national and the provincial public-service portal: keys, opening, and what is told of a dossier in which order.
 *
 * jq programs say what is told (built in, and replaceable by a file, because the portal's own guide is not public); this file and its neighbours say how: the
 * session, the order look-up → dossier → progress, "exists already" → again as an update, and batches of ten.
 */
#include "portal.h"

#include <string.h>

#define RESOURCES "/vn/lienthong/portal/"
#define MAP_TIME_US (2 * G_USEC_PER_SEC)
#define MAP_MEMORY (256u << 20)

static const LtKey keys[] = {
    LT_CHOICE(Portal, form, "session", "session|token", "session: sign in, then one address for all services; token: the form of 2026"),
    LT_STRING(Portal, dstcode, "", "address of the portal on the exchange axis, such as VN:GOV:000.00.00.G22:vpcpdvcprovider"),
    LT_CHOICE(Portal, dstcode_in, "query", "query|header", "where dstcode goes"),
    LT_STRING(Portal, login_path, "/login", "form = session: path below url that signs in"),
    LT_STRING(Portal, service_path, "/", "form = session: path below url of the services"),
    LT_STRING(Portal, share_path, "", "form = session: path of the look-ups (Lay…), where it is another one"),
    LT_STRING(Portal, username, "", "form = session: user name"),
    LT_SECRET(Portal, password, "", "form = session: password"),
    LT_STRING(Portal, unit_code, "", "form = session: our own code at the portal (madonvi)"),
    LT_DURATION(Portal, session_life, "25min", "1min..1d", "form = session: how long a session is used before a new one is made"),
    LT_STRING(Portal, token_path, "/token", "form = token: path that gives tokens"),
    LT_STRING(Portal, client_id, "", "form = token: who asks for a token"),
    LT_SECRET(Portal, client_secret, "", "form = token: its secret"),
    LT_STRING(Portal, dossier_path, "/TaoHoSo", "form = token: path that takes a dossier"),
    LT_STRING(Portal, progress_path, "/CapNhatTienTrinh", "form = token: path that takes progress"),
    LT_STRING(Portal, state_path, "/CapNhatTrangThai", "form = token: path that takes states"),
    LT_STRING(Portal, upload_path, "/TaiTep", "form = token: path that takes papers"),
    LT_NUMBER(Portal, batch_size, "10", "1..10", "most dossiers whose progress goes in one request; max_in_flight is the other limit"),
    LT_DURATION(Portal, batch_wait, "100ms", "0ms..10s", "how long the first of a batch waits for others"),
    LT_BYTES(Portal, attachments_max, "64M", "1K..256M", "form = token: most bytes of papers in one dossier"),
    LT_PATH(Portal, dossier_map, "", "jq program in place of the built-in one: {header, payload, attachments, submission, codes, uploads} to {dossier, add, progress, states, rating}"),
    LT_PATH(Portal, reply_map, "", "jq program in place of the built-in one: {service, status, headers, body} to \"ok\", \"exists\", \"missing\", \"expired\", \"refused\" or \"postponed\""),
    LT_PATH(Portal, filing_map, "", "jq program in place of the built-in one: {path, body, unit, codes, units} to {messages}"),
    LT_STRING(Portal, portal_unit, "", "id of the unit for which filings of citizens come in: one of 'units'"),
    LT_LIST(Portal, unit_codes, "", "units that the portal calls otherwise than we do: CODE=ID, such as 000.00.12.H52=H52.12"),
    LT_PATH(Portal, catalogue, "", "form = session: folder for the portal's lists, as files for lthub procedure import and lthub unit import"),
    LT_LIST(Portal, catalogue_services, "LayDanhSachTTHC;LayDanhMucCoQuan;LayDanhMucLinhVuc", "the look-ups whose lists are laid down; LayThuTuc asks for each procedure"),
    LT_DURATION(Portal, catalogue_every, "1d", "1min..30d", "how often; collect_every says how often it is looked whether it is time"),
    LT_KEYS_END,
};

static gboolean
needs(const char *value, const char *what, GError **error)
{
    if (value != NULL)
        return TRUE;
    lt_error_set(error, LT_ERROR_CONFIG, "portal.settings", "%s", what);
    return FALSE;
}

static Mapping *
open_map(const char *path, const char *built_in, GError **error)
{
    const MappingLimits limits = { .time_us = MAP_TIME_US, .memory_bytes = MAP_MEMORY };
    g_autofree char *name = g_strconcat(RESOURCES, built_in, NULL);
    g_autoptr(GBytes) text = NULL;
    g_autofree char *program = NULL;

    if (path != NULL)
        return mapping_open(path, &limits, error);
    text = g_resources_lookup_data(name, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
    if (text == NULL)
        return NULL;
    program = g_strndup(g_bytes_get_data(text, NULL), g_bytes_get_size(text));
    return mapping_new(built_in, program, &limits, error);
}

static gboolean
send_progress(gpointer data, jv items, LtLink *link, LtReply **reply, GError **error)
{
    Portal *self = data;
    const char *service = self->is_token_form ? "CapNhatTienTrinh" : "CapNhatTienDoHoSoMC";
    jv arguments = self->is_token_form ? items : jv_object_set(jv_object(), jv_string("data"), items);

    return portal_call(self, service, arguments, link, reply, error) != PORTAL_FAILED;
}

static gboolean
send_states(gpointer data, jv items, LtLink *link, LtReply **reply, GError **error)
{
    return portal_call(data, "CapNhatTrangThai", items, link, reply, error) != PORTAL_FAILED;
}

static gboolean
check_unit_codes(const Portal *self, GError **error)
{
    for (guint i = 0; self->unit_codes != NULL && self->unit_codes[i] != NULL; i++) {
        if (strchr(self->unit_codes[i], '=') != NULL)
            continue;
        lt_error_set(error, LT_ERROR_CONFIG, "portal.settings", "unit_codes: '%s' must be CODE=ID", self->unit_codes[i]);
        return FALSE;
    }
    return TRUE;
}

static gboolean
open_form(Portal *self, GError **error)
{
    if (!self->is_token_form)
        return needs(self->username, "username: form = session needs it", error) && needs(self->password, "password: form = session needs it", error) &&
               needs(self->unit_code, "unit_code: form = session needs it", error);
    if (self->catalogue != NULL)
        return needs(NULL, "catalogue: the form of 2026 has no look-ups; use form = session for it", error);
    self->credential = credential_new(&(CredentialOptions) { .kind = "oauth2", .token_path = self->token_path, .token_form = "json",
                                                             .client_id = self->client_id, .client_secret = self->client_secret },
                                      error);
    return self->credential != NULL;
}

static void
portal_close(gpointer data)
{
    Portal *self = data;

    g_clear_pointer(&self->dossier, mapping_free);
    g_clear_pointer(&self->reply, mapping_free);
    g_clear_pointer(&self->filing, mapping_free);
    g_clear_pointer(&self->credential, credential_free);
    g_clear_pointer(&self->progress, batch_free);
    g_clear_pointer(&self->states, batch_free);
    g_clear_pointer(&self->session, g_free);
    g_mutex_clear(&self->mutex);
}

static gboolean
portal_open(gpointer data, GError **error)
{
    Portal *self = data;

    g_mutex_init(&self->mutex);
    self->is_token_form = g_str_equal(self->form, "token");
    self->progress = batch_new((guint) self->batch_size, self->batch_wait, send_progress, self);
    self->states = batch_new((guint) self->batch_size, self->batch_wait, send_states, self);
    if (open_form(self, error) && check_unit_codes(self, error)) {
        self->dossier = open_map(self->dossier_map, self->is_token_form ? "token.jq" : "session.jq", error);
        self->reply = self->dossier != NULL ? open_map(self->reply_map, "reply.jq", error) : NULL;
        self->filing = self->reply != NULL ? open_map(self->filing_map, "filing.jq", error) : NULL;
    }
    if (self->filing != NULL)
        return TRUE;
    portal_close(self);
    return FALSE;
}

static PortalOutcome
outcome_of(jv verdict, LtReply *reply, GError **error)
{
    g_autofree char *word = jv_get_kind(verdict) == JV_KIND_STRING ? g_strdup(jv_string_value(verdict)) : value_text(verdict, "outcome");
    g_autofree char *given = value_text(verdict, "reason");
    g_autofree char *reason = g_strconcat("portal.", given != NULL && strlen(given) <= 40 ? given : g_strcmp0(word, "refused") == 0 ? "refused" : "busy", NULL);
    static const struct {
        const char *word;
        PortalOutcome outcome;
    } outcomes[] = { { "ok", PORTAL_OK }, { "exists", PORTAL_EXISTS }, { "missing", PORTAL_MISSING }, { "expired", PORTAL_EXPIRED } };

    for (gsize i = 0; i < G_N_ELEMENTS(outcomes); i++)
        if (g_strcmp0(word, outcomes[i].word) == 0)
            return outcomes[i].outcome;
    if (g_strcmp0(word, "refused") == 0)
        lt_error_set(error, LT_ERROR_REFUSED, reason, "the portal refused it (HTTP status %u)", lt_reply_get_status(reply));
    else if (g_strcmp0(word, "postponed") != 0)
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "reply_map must give \"ok\", \"exists\", \"missing\", \"expired\", \"refused\" or \"postponed\"");
    else if (lt_reply_check(reply, error)) /* a status that says it already has its own reason, and its Retry-After */
        lt_error_set(error, LT_ERROR_UNAVAILABLE, reason, "the portal cannot take it now (HTTP status %u)", lt_reply_get_status(reply));
    return PORTAL_FAILED;
}

PortalOutcome
portal_judge(const Portal *self, const char *service, LtReply *reply, GError **error)
{
    g_autoptr(GError) cause = NULL;
    PortalOutcome outcome = PORTAL_FAILED;
    jv verdict;

    if (exchange_is_page(reply)) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "reply.html", "the portal answered with a web page instead of data");
        return PORTAL_FAILED;
    }
    verdict = mapping_run(self->reply, jv_object_set(exchange_reply_value(reply), jv_string("service"), jv_string(service)), &cause);
    if (cause == NULL)
        outcome = outcome_of(verdict, reply, error);
    else if (!g_str_equal(lt_error_get_reason(cause), "map.failed"))
        g_propagate_error(error, g_steal_pointer(&cause));
    else if (lt_reply_check(reply, error))
        exchange_set_nonsense(reply, cause, error);
    jv_free(verdict);
    return outcome;
}

PortalOutcome
portal_call(Portal *self, const char *service, jv arguments, LtLink *link, LtReply **reply, GError **error)
{
    return self->is_token_form ? token_call(self, service, arguments, link, reply, error) : session_call(self, service, arguments, link, reply, error);
}

/* The payload of the dossier's submission, when a route led it here; the portal wants to hear again who and what. */
static jv
submission_of(jv payload, LtLink *link)
{
    LtInbox *inbox = lt_link_get_inbox(link);
    g_autofree char *code = value_text(payload, "MaHoSo");
    g_autoptr(LtMessage) submission = inbox != NULL && code != NULL ? lt_inbox_find_submission(inbox, code) : NULL;
    GBytes *found = submission != NULL ? lt_message_get_payload(submission) : NULL;
    jv value = found != NULL ? exchange_body_value(found) : jv_null();

    if (jv_get_kind(value) == JV_KIND_OBJECT)
        return value;
    jv_free(value);
    return jv_null();
}

/* What is to be told. An invalid value on error, null: nothing. */
static jv
plan_of(Portal *self, LtMessage *message, LtLink *link, GError **error)
{
    gboolean uploads_papers = self->is_token_form && g_str_equal(lt_message_get_type(message), "dossier.submit");
    jv input = exchange_message_value(message, 0, error);
    jv uploads = jv_is_valid(input) && uploads_papers ? token_upload(self, message, link, error) : jv_object();
    jv payload;

    if (!jv_is_valid(input) || !jv_is_valid(uploads)) {
        jv_free(input);
        jv_free(uploads);
        return jv_invalid();
    }
    payload = value_member(input, "payload");
    input = jv_object_set(input, jv_string("submission"), submission_of(payload, link));
    jv_free(payload);
    input = jv_object_set(input, jv_string("codes"), codes_value(self->is_token_form));
    return mapping_run(self->dossier, jv_object_set(input, jv_string("uploads"), uploads), error);
}

static PortalOutcome
put_dossier(Portal *self, jv dossier, gboolean is_update, LtLink *link, GError **error)
{
    jv arguments = jv_object_set(jv_object(), jv_string("isUpdating"), jv_string(is_update ? "True" : "False"));

    return portal_call(self, "DongBoHoSoMC", jv_object_set(arguments, jv_string("data"), JV_ARRAY(jv_copy(dossier))), link, NULL, error);
}

/* Look-up → add or update; "exists already" → update. A second delivery finds the dossier and updates it: nothing is doubled. */
static gboolean
tell_dossier(Portal *self, jv dossier, gboolean may_add, LtLink *link, GError **error)
{
    PortalOutcome outcome = PORTAL_OK;
    g_autofree char *code = value_text(dossier, "MaHoSo");

    if (self->is_token_form)
        return portal_call(self, "TaoHoSo", jv_copy(dossier), link, NULL, error) != PORTAL_FAILED;
    if (may_add)
        outcome = portal_call(self, "TraCuuHoSo", jv_object_set(jv_object(), jv_string("mahoso"), jv_string(code != NULL ? code : "")), link, NULL, error);
    if (outcome == PORTAL_FAILED)
        return FALSE;
    outcome = put_dossier(self, dossier, outcome == PORTAL_OK && !(may_add && lt_link_is_dry(link)), link, error);
    if (outcome == PORTAL_EXISTS && may_add)
        outcome = put_dossier(self, dossier, TRUE, link, error);
    return outcome != PORTAL_FAILED;
}

/* The first of a list goes with others of other deliveries; a map gives one, as a rule. */
static gboolean
tell_list(Batch *batch, jv list, LtLink *link, GCancellable *cancellable, GError **error)
{
    int n = jv_get_kind(list) == JV_KIND_ARRAY ? jv_array_length(jv_copy(list)) : 0;

    for (int i = 0; i < n; i++)
        if (!batch_deliver(batch, jv_array_get(jv_copy(list), i), link, cancellable, error))
            return FALSE;
    return TRUE;
}

static gboolean
tell_rating(Portal *self, jv rating, LtLink *link, GError **error)
{
    if (jv_get_kind(rating) != JV_KIND_OBJECT)
        return TRUE;
    return portal_call(self, "DongBoDanhGia", jv_object_set(jv_object(), jv_string("data"), JV_ARRAY(jv_copy(rating))), link, NULL, error) != PORTAL_FAILED;
}

static gboolean
tell(Portal *self, jv plan, LtLink *link, GCancellable *cancellable, GError **error)
{
    jv dossier = value_member(plan, "dossier"), add = value_member(plan, "add"), progress = value_member(plan, "progress");
    jv states = value_member(plan, "states"), rating = value_member(plan, "rating");
    g_autofree char *refusal = value_text(plan, "refuse");
    g_autofree char *text = value_text(plan, "text");
    gboolean done = refusal == NULL;

    if (!done)
        lt_error_set(error, LT_ERROR_REFUSED, refusal, "%s", text != NULL ? text : "the map refuses it");
    if (done && jv_get_kind(dossier) == JV_KIND_OBJECT)
        done = tell_dossier(self, dossier, jv_get_kind(add) == JV_KIND_TRUE, link, error);
    done = done && tell_list(self->progress, progress, link, cancellable, error) && tell_list(self->states, states, link, cancellable, error) &&
           tell_rating(self, rating, link, error);
    jv_free(dossier);
    jv_free(add);
    jv_free(progress);
    jv_free(states);
    jv_free(rating);
    return done;
}

static gboolean
portal_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    Portal *self = data;
    jv plan = plan_of(self, message, link, error);
    gboolean done = FALSE;

    if (jv_get_kind(plan) == JV_KIND_OBJECT)
        done = tell(self, plan, link, cancellable, error);
    else if (jv_get_kind(plan) == JV_KIND_NULL)
        done = TRUE;
    else if (jv_is_valid(plan))
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "dossier_map must give an object, or null");
    jv_free(plan);
    return done;
}

LT_PLUGIN_EXPORT(.name = "portal", .version = "1.0", .summary = "National and provincial public-service portals: dossiers, progress, filings, lists",
                 .keys = keys, .self_size = sizeof(Portal), .open = portal_open, .close = portal_close, .collect = portal_collect,
                 .receive = portal_receive, .deliver = portal_deliver)

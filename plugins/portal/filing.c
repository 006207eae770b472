/* SPDX-License-Identifier: Apache-2.0 */
/* filing.c: a dossier that a citizen filed at the national portal comes in (`nhanhsdvcqg`).
 *
 * Answered in the portal's own words only after everything is on disk: error_code "00", or a code and a message that names no content.
 */
#include "portal.h"

#include "incoming.h"

static LtReply *
answer(const char *code, const char *message)
{
    jv body = jv_object_set(jv_object_set(jv_object(), jv_string("error_code"), jv_string(code)), jv_string("message"), jv_string(message));
    g_autoptr(GBytes) bytes = value_json(body);

    jv_free(body);
    return lt_reply_new(200, bytes, "application/json; charset=utf-8");
}

/* "000.00.12.H52=H52.12" → {"000.00.12.H52": "H52.12"} */
static jv
units_value(const Portal *self)
{
    jv units = jv_object();

    for (guint i = 0; self->unit_codes != NULL && self->unit_codes[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(self->unit_codes[i], "=", 2);

        units = jv_object_set(units, jv_string(pair[0]), jv_string(pair[1]));
    }
    return units;
}

static jv
filings_of(const Portal *self, LtRequest *request, jv body, GError **error)
{
    jv input = jv_object_set(jv_object(), jv_string("path"), jv_string(lt_request_get_path(request)));

    input = jv_object_set(input, jv_string("body"), body);
    input = jv_object_set(input, jv_string("unit"), jv_string(self->portal_unit));
    input = jv_object_set(input, jv_string("codes"), codes_value(self->is_token_form));
    return mapping_run(self->filing, jv_object_set(input, jv_string("units"), units_value(self)), error);
}

/* What could not be read is the portal's fault and said to it; what cannot be kept now is ours, and it comes again. */
static gboolean
answer_failure(const GError *cause, LtReply **reply)
{
    const char *reason = lt_error_get_reason(cause);

    if (g_error_matches(cause, LT_ERROR, LT_ERROR_UNAVAILABLE) || g_error_matches(cause, LT_ERROR, LT_ERROR_INTERNAL) || g_str_equal(reason, "map.limit"))
        return FALSE;
    *reply = answer("-1", g_str_has_prefix(reason, "map") ? "Hồ sơ không đúng cấu trúc" : "Trục liên thông từ chối hồ sơ");
    return TRUE;
}

gboolean
portal_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error)
{
    const Portal *self = data;
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    GBytes *whole = lt_request_get_body(request) != NULL ? lt_request_get_body(request) : empty;
    g_autoptr(GError) cause = NULL;
    guint n_refused = 0;
    jv body, filings, messages;
    gboolean done;

    (void) cancellable;
    if (self->portal_unit == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "portal.settings", "portal_unit is not set, and a filing came");
        return FALSE;
    }
    body = value_parse(whole, &cause);
    if (!jv_is_valid(body)) {
        jv_free(body);
        *reply = answer("-1", "Nội dung không phải JSON hợp lệ");
        return TRUE;
    }
    filings = filings_of(self, request, body, &cause);
    messages = value_member(filings, "messages");
    done = jv_is_valid(filings) && incoming_submit(messages, whole, inbox, &n_refused, &cause);
    jv_free(messages);
    jv_free(filings);
    if (!done && !answer_failure(cause, reply)) {
        g_propagate_error(error, g_steal_pointer(&cause));
        return FALSE;
    }
    if (done)
        *reply = n_refused == 0 ? answer("00", "Thành công") : answer("-1", "Trục liên thông từ chối hồ sơ");
    return TRUE;
}

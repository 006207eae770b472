/* SPDX-License-Identifier: Apache-2.0 */
/* catalogue.c: asks the portal for its lists (procedures, units, fields) and lays each down as a file for `lthub procedure import` and
 * `lthub unit import`. What is true of an office from which day on is decided by a person, so nothing is imported by itself.
 */
#include "portal.h"

#include <string.h>

#define MARK "catalogue:"
#define PROCEDURES_MAX 2000

static gboolean
is_due(const Portal *self, LtInbox *inbox, gint64 now_s)
{
    const char *cursor = lt_inbox_get_cursor(inbox);
    gint64 last_s = cursor != NULL && g_str_has_prefix(cursor, MARK) ? g_ascii_strtoll(cursor + strlen(MARK), NULL, 10) : 0;

    return now_s - last_s >= self->catalogue_every / G_USEC_PER_SEC;
}

/* The list in an answer: `result`, or `data`. */
static jv
list_of(LtReply *reply)
{
    jv body = exchange_body_value(lt_reply_get_body(reply));
    jv list = value_member(body, "result");

    if (jv_get_kind(list) != JV_KIND_ARRAY) {
        jv_free(list);
        list = value_member(body, "data");
    }
    jv_free(body);
    return list;
}

static gboolean
write_list(const Portal *self, const char *service, jv list, GError **error)
{
    g_autofree char *path = g_strdup_printf("%s/%s.json", self->catalogue, service);
    g_autoptr(GBytes) bytes = value_json(list);
    g_autoptr(GError) cause = NULL;

    if (g_file_set_contents_full(path, g_bytes_get_data(bytes, NULL), (gssize) g_bytes_get_size(bytes),
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0640, &cause))
        return TRUE;
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "portal.catalogue", "%s", cause->message);
    return FALSE;
}

/* Returns an invalid value on error; in a dry run an empty list. */
static jv
ask_list(Portal *self, const char *service, jv arguments, LtLink *link, GError **error)
{
    g_autoptr(LtReply) reply = NULL;
    jv list;

    if (portal_call(self, service, arguments, link, &reply, error) == PORTAL_FAILED)
        return jv_invalid();
    list = lt_link_is_dry(link) ? jv_array() : list_of(reply);
    if (jv_get_kind(list) == JV_KIND_ARRAY)
        return list;
    jv_free(list);
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "reply.nonsense", "the portal's answer to %s holds no list", service);
    return jv_invalid();
}

/* LayThuTuc: one question per procedure of the list. */
static jv
ask_procedures(Portal *self, jv procedures, LtLink *link, GCancellable *cancellable, GError **error)
{
    int n = MIN(jv_array_length(jv_copy(procedures)), PROCEDURES_MAX);
    jv all = jv_array();

    for (int i = 0; i < n && !g_cancellable_is_cancelled(cancellable); i++) {
        jv one = jv_array_get(jv_copy(procedures), i);
        g_autofree char *code = value_text(one, "MaTTHC");
        jv answer;

        if (code == NULL)
            code = value_text(one, "MATTHC");
        jv_free(one);
        if (code == NULL)
            continue;
        answer = ask_list(self, "LayThuTuc", jv_object_set(jv_object(), jv_string("maTTHC"), jv_string(code)), link, error);
        if (!jv_is_valid(answer)) {
            jv_free(all);
            return answer;
        }
        all = jv_array_concat(all, answer);
    }
    return all;
}

static gboolean
fetch(Portal *self, const char *service, LtLink *link, GCancellable *cancellable, GError **error)
{
    gboolean is_each = g_str_equal(service, "LayThuTuc");
    jv list = ask_list(self, is_each ? "LayDanhSachTTHC" : service, jv_object(), link, error);
    gboolean done;

    if (is_each && jv_is_valid(list)) {
        jv each = ask_procedures(self, list, link, cancellable, error);

        jv_free(list);
        list = each;
    }
    done = jv_is_valid(list) && (lt_link_is_dry(link) || write_list(self, service, list, error));
    jv_free(list);
    return done;
}

gboolean
portal_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error)
{
    Portal *self = data;
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autofree char *cursor = g_strdup_printf(MARK "%" G_GINT64_FORMAT, g_date_time_to_unix(now));

    if (self->catalogue == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "portal.settings", "catalogue is not set, and collect_every is");
        return FALSE;
    }
    if (!is_due(self, inbox, g_date_time_to_unix(now)))
        return TRUE;
    for (guint i = 0; self->catalogue_services[i] != NULL && !g_cancellable_is_cancelled(cancellable); i++) {
        if (!fetch(self, self->catalogue_services[i], link, cancellable, error))
            return FALSE;
    }
    return lt_link_is_dry(link) || lt_inbox_set_cursor(inbox, cursor, error);
}

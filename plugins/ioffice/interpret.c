/* SPDX-License-Identifier: Apache-2.0 */
/* interpret.c: what a message of the axis is for the hub.
 *
 * A status answers the message that brought the document; a document that answers one of ours is a result or what its payload file says; a dossier is
 * a submission, its update, replacement or recall; everything else is relayed as it came, for a person or a route to decide. The exact bytes go along
 * in every case, with the verdict on their signature.
 */
#include "ioffice.h"

#include <lienthong/json.h>
#include <string.h>

typedef struct {
    const Ioffice *self;
    const Edxml *in;
    GBytes *bytes;
    LtInbox *inbox;
    char *from;
    char *code;           /* nullable: of the dossier */
    LtMessage *answered;  /* nullable: what it answers, or updates */
    const EdxmlAttachment *payload; /* nullable: a hub's own, beside the papers */
} Interpreting;

static void
interpreting_clear(Interpreting *self)
{
    g_free(self->from);
    g_free(self->code);
    g_clear_pointer(&self->answered, lt_message_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Interpreting, interpreting_clear)

static const char *
get(const Interpreting *self, const char *path)
{
    return edxml_node_get(self->in->header, path);
}

static char *
payload_member(LtMessage *message, const char *name)
{
    const LtPart *part = lt_message_get_payload_part(message);
    GBytes *payload = lt_message_get_payload(message);

    if (payload == NULL || part == NULL)
        return NULL;
    return strstr(part->media_type, "xml") != NULL ? edxml_pick(payload, name) : lt_json_pick(payload, name);
}

/* Cut at a whole character: the schema bounds every text. */
static void
add_cut(GString *out, const char *name, const char *text, glong max)
{
    g_autofree char *cut = text != NULL ? g_utf8_substring(text, 0, MIN(g_utf8_strlen(text, -1), max)) : NULL;

    if (cut != NULL && cut[0] != '\0')
        edxml_json_member(out, name, cut);
}

/* An instant of the message, else now: the payload needs one. */
static void
add_time(GString *out, const char *name, const char *text)
{
    g_autoptr(GDateTime) date = NULL;
    g_autofree char *written = NULL;

    if (text != NULL)
        edxml_date_read(text, TRUE, &date);
    if (date == NULL) {
        g_autoptr(GTimeZone) home = g_time_zone_new_offset(7 * 3600);

        date = g_date_time_new_now(home);
    }
    written = edxml_date_rfc3339(date);
    edxml_json_member(out, name, written);
}

static const char *
sent_at(const Interpreting *self)
{
    const char *stamp = get(self, "Timestamp");

    return stamp != NULL ? stamp : edxml_node_get(self->in->trace, "TraceHeader/Timestamp");
}

/* The message that ResponseFor (or the target of an update) names: by our id, by the dossier's code, or by what this side sent before. */
static LtMessage *
find_answered(const Interpreting *self)
{
    const char *id = edxml_get_target(self->in), *organ = get(self, "ResponseFor/OrganId"), *code = get(self, "ResponseFor/Code");
    g_autofree char *unit = organ != NULL ? ioffice_unit_of(self->self, organ) : NULL;
    g_autofree char *number = code != NULL ? g_strndup(code, strcspn(code, "/")) : NULL;
    LtMessage *found = NULL;

    if (id == NULL && code == NULL)
        return NULL;
    if (id != NULL && unit != NULL)
        found = lt_inbox_find_message(self->inbox, unit, id);
    if (found == NULL && number != NULL && number[0] != '\0')
        found = lt_inbox_find_submission(self->inbox, number);
    if (found == NULL && number != NULL && number[0] != '\0')
        found = lt_inbox_find_handed_in(self->inbox, number);
    if (found == NULL && self->code != NULL && self->in->kind != EDXML_NEW)
        found = lt_inbox_find_handed_in(self->inbox, self->code);
    return found;
}

static LtMessageBuilder *
start(const Interpreting *self, const char *type, const char *to, const char *key)
{
    LtMessageBuilder *builder = lt_message_builder_new(type, self->from, to);

    lt_message_builder_set_key(builder, key);
    return builder;
}

static void
bind(const Interpreting *self, LtMessageBuilder *builder)
{
    if (self->answered == NULL)
        return;
    lt_message_builder_set_re(builder, &(LtReference) { lt_message_get_from(self->answered), lt_message_get_id(self->answered),
                                                        lt_message_get_manifest(self->answered) });
    if (lt_message_get_dossier(self->answered) != NULL)
        lt_message_builder_set_dossier(builder, lt_message_get_dossier(self->answered));
}

static void
set_json(LtMessageBuilder *builder, GString *text)
{
    g_autoptr(GBytes) bytes = NULL;

    g_string_append_c(text, '}');
    bytes = g_bytes_new(text->str, text->len);
    lt_message_builder_set_payload(builder, bytes, "application/json");
}

static const char *
media_type_of(const char *name)
{
    static const char *const types[][2] = { { ".pdf", "application/pdf" },  { ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" }, { ".png", "image/png" },
                                            { ".xml", "application/xml" },  { ".json", "application/json" }, { ".txt", "text/plain" },
                                            { ".zip", "application/zip" } };
    g_autofree char *lower = name != NULL ? g_ascii_strdown(name, -1) : g_strdup("");

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++) {
        if (g_str_has_suffix(lower, types[i][0]))
            return types[i][1];
    }
    return "application/octet-stream";
}

static const char *
role_of(const EdxmlAttachment *attachment, const char *usual)
{
    static const char *const roles[] = { "form", "identity", "evidence", "result", "other", NULL };

    return attachment->description != NULL && g_strv_contains(roles, attachment->description) ? attachment->description : usual;
}

/* Papers in their order, so that the names in a payload fit; damaged ones are in the original, which goes along. */
static guint
add_papers(const Interpreting *self, LtMessageBuilder *builder, const char *role)
{
    guint n = 0;

    for (guint i = 0; i < self->in->attachments->len; i++) {
        const EdxmlAttachment *one = self->in->attachments->pdata[i];

        if (one == self->payload || one->content == NULL)
            continue;
        lt_message_builder_add_attachment(builder, role_of(one, role), media_type_of(one->name), one->content);
        n++;
    }
    return n;
}

static gboolean
submit(const Interpreting *self, LtMessageBuilder *builder, GError **error)
{
    lt_message_builder_set_original(builder, "edxml", self->in->signature.verdict, self->bytes, "application/xml");
    return lt_inbox_submit(self->inbox, builder, error);
}

/* A list of papers for the payload: [{member: name, "TepDinhKemId": …, "TenTepDinhKem": …}] */
static void
add_paper_list(const Interpreting *self, GString *out, const char *list, gboolean is_result)
{
    g_autofree char *number = NULL;
    guint n = 0;

    for (guint i = 0; i < self->in->attachments->len; i++) {
        const EdxmlAttachment *one = self->in->attachments->pdata[i];
        g_autofree char *part = NULL;
        const char *name = one->name != NULL ? one->name : "tep-dinh-kem";

        if (one == self->payload || one->content == NULL)
            continue;
        part = g_strdup_printf("att/%04u", ++n);
        if (n == 1)
            g_string_append_printf(out, ",\"%s\":[", list);
        g_string_append(out, n > 1 ? ",{" : "{");
        if (is_result)
            add_cut(out, "TenGiayTo", name, 2000);
        edxml_json_member(out, "TepDinhKemId", part);
        add_cut(out, "TenTepDinhKem", name, 4000);
        g_string_append_c(out, '}');
    }
    if (n > 0)
        g_string_append_c(out, ']');
}

/* A status message → dossier.status; the state that it stands for goes beside it. */
static gboolean
hand_in_status(Interpreting *self, const char *key, GError **error)
{
    g_autoptr(GString) text = g_string_new("{");
    const char *code = get(self, "StatusCode");
    LtMessageBuilder *builder = start(self, "dossier.status", lt_message_get_from(self->answered), key);

    bind(self, builder);
    edxml_json_member(text, "MaHoSo", self->code);
    for (const IofficeStatus *row = ioffice_statuses(); row->code != NULL; row++) {
        if (strcmp(row->code, code) == 0 && row->state > 0)
            g_string_append_printf(text, ",\"TrangThaiHoSo\":%d", row->state);
    }
    edxml_json_member(text, "StatusCode", code);
    add_time(text, "ThoiDiemXuLy", sent_at(self));
    add_cut(text, "NguoiXuLy", get(self, "StaffInfo/Staff"), 50);
    add_cut(text, "PhongBanXuLy", get(self, "StaffInfo/Department"), 500);
    add_cut(text, "DonViXuLy", get(self, "From/OrganName"), 500);
    add_cut(text, "NoiDungXuLy", get(self, "Description"), 2000);
    set_json(builder, text);
    return submit(self, builder, error);
}

/* What a hub put beside the papers: "dossier.result.json" is the payload of a dossier.result. */
static char *
find_payload(Interpreting *self)
{
    static const char *const types[] = { "dossier.submit", "dossier.result", "dossier.supplement", "dossier.update", "dossier.recall", NULL };

    for (guint i = 0; i < self->in->attachments->len; i++) {
        const EdxmlAttachment *one = self->in->attachments->pdata[i];
        const char *dot = one->name != NULL ? strrchr(one->name, '.') : NULL;
        g_autofree char *type = dot != NULL ? g_strndup(one->name, (gsize) (dot - one->name)) : NULL;

        if (type == NULL || one->content == NULL || (strcmp(dot, ".json") != 0 && strcmp(dot, ".xml") != 0) || !g_strv_contains(types, type))
            continue;
        self->payload = one;
        return g_steal_pointer(&type);
    }
    return NULL;
}

static gboolean
hand_in_payload(Interpreting *self, const char *type, const char *to, const char *key, GError **error)
{
    LtMessageBuilder *builder = start(self, type, to, key);

    if (strcmp(type, "dossier.submit") != 0)
        bind(self, builder);
    lt_message_builder_set_payload(builder, self->payload->content, media_type_of(self->payload->name));
    add_papers(self, builder, "other");
    return submit(self, builder, error);
}

/* A letter that answers our document: the outcome, with its papers. */
static gboolean
hand_in_result(Interpreting *self, const char *key, GError **error)
{
    g_autoptr(GString) text = g_string_new("{");
    LtMessageBuilder *builder = start(self, "dossier.result", lt_message_get_from(self->answered), key);

    bind(self, builder);
    edxml_json_member(text, "MaHoSo", self->code);
    g_string_append(text, ",\"TrangThaiHoSo\":9");
    add_time(text, "NgayKetThucXuLy", sent_at(self));
    add_cut(text, "DonViXuLy", get(self, "From/OrganName"), 500);
    add_cut(text, "NguoiKy", get(self, "SignerInfo/FullName"), 200);
    add_cut(text, "ChucDanh", get(self, "SignerInfo/Position"), 200);
    add_cut(text, "ThongTinTra", get(self, "Subject"), 2000);
    add_paper_list(self, text, "DanhSachGiayToKetQua", TRUE);
    set_json(builder, text);
    add_papers(self, builder, "result");
    return submit(self, builder, error);
}

/* Subject = MaTTHC/ChuHoSo/MaHoSo (domain.md §2.6); without it no submission can be made of a document. */
static gboolean
hand_in_submission(Interpreting *self, const char *to, const char *key, GError **error)
{
    const char *subject = get(self, "Subject");
    g_auto(GStrv) pieces = subject != NULL ? g_strsplit(subject, "/", 3) : NULL;
    g_autoptr(GString) text = g_string_new("{");
    LtMessageBuilder *builder = start(self, "dossier.submit", to, key);
    g_autoptr(GDateTime) due = NULL;

    edxml_json_member(text, "MaHoSo", self->code);
    add_cut(text, "MaTTHC", pieces[0], 50);
    add_cut(text, "TenTTHC", get(self, "Content") != NULL ? get(self, "Content") : subject, 1000);
    add_cut(text, "ChuHoSo", pieces[1], 500);
    g_string_append(text, ",\"LoaiDoiTuong\":4"); /* other: the axis does not say who it is */
    add_time(text, "NgayTiepNhan", sent_at(self));
    if (get(self, "DueDate") != NULL && (edxml_date_read(get(self, "DueDate"), FALSE, &due), due != NULL))
        add_time(text, "NgayHenTra", get(self, "DueDate"));
    add_cut(text, "DonViXuLy", get(self, "To/OrganName"), 500);
    add_paper_list(self, text, "TaiLieuNop", FALSE);
    set_json(builder, text);
    add_papers(self, builder, "other");
    return submit(self, builder, error);
}

static gboolean
hand_in_change(Interpreting *self, const char *key, GError **error)
{
    gboolean is_recall = self->in->kind == EDXML_REVOCATION;
    const char *reason = edxml_node_get(edxml_bussiness(self->in), "BussinessDocReason");
    g_autoptr(GString) text = g_string_new("{");
    LtMessageBuilder *builder = start(self, is_recall ? "dossier.recall" : "dossier.update", lt_message_get_to(self->answered), key);

    bind(self, builder);
    if (!is_recall)
        edxml_json_member(text, "mode", self->in->kind == EDXML_UPDATE ? "update" : "replace");
    edxml_json_member(text, "MaHoSo", self->code);
    add_cut(text, "LyDo", reason != NULL ? reason : is_recall ? "Thu hồi" : "Cập nhật", 2000);
    if (is_recall) {
        add_time(text, "ThoiDiem", sent_at(self));
    } else {
        add_paper_list(self, text, "TaiLieuNop", FALSE);
        add_papers(self, builder, "other");
    }
    set_json(builder, text);
    return submit(self, builder, error);
}

static gboolean
hand_in_relay(Interpreting *self, const char *to, const char *key, GError **error)
{
    LtMessageBuilder *builder = start(self, "edxml.relay", to, key);

    bind(self, builder);
    return submit(self, builder, error);
}

/* Some answer carries its own payload, a dossier its code; the rest is relayed. */
static gboolean
hand_in_document(Interpreting *self, const char *to, const char *key, GError **error)
{
    g_autofree char *type = find_payload(self);
    const char *subject = get(self, "Subject");
    gboolean is_new = self->in->kind == EDXML_NEW, is_dossier = edxml_get_dossier(self->in) != NULL;
    gboolean has_subject = subject != NULL && strchr(subject, '/') != NULL && strchr(strchr(subject, '/') + 1, '/') != NULL;

    if (type != NULL && is_dossier && (strcmp(type, "dossier.submit") == 0 || self->answered != NULL))
        return hand_in_payload(self, type, to, key, error);
    self->payload = NULL;
    if (is_new && self->answered != NULL && strcmp(self->self->replies, "result") == 0)
        return hand_in_result(self, key, error);
    if (is_new && self->answered == NULL && is_dossier && has_subject)
        return hand_in_submission(self, to, key, error);
    if (!is_new && self->in->kind != EDXML_UNKNOWN && self->answered != NULL && self->code != NULL)
        return hand_in_change(self, key, error);
    return hand_in_relay(self, to, key, error);
}

/* One message per receiver. Those that are none of ours are others' business, as long as one is ours. */
static gboolean
hand_in_to_all(Interpreting *self, const char *key, GError **error)
{
    g_autoptr(GError) first = NULL;
    guint n = 0, n_taken = 0;

    for (guint i = 0; i < self->in->header->children->len; i++) {
        const EdxmlNode *node = self->in->header->children->pdata[i];
        const char *organ = strcmp(node->name, "To") == 0 ? edxml_node_get(node, "OrganId") : NULL;
        g_autofree char *to = organ != NULL ? ioffice_unit_of(self->self, organ) : NULL;
        g_autofree char *own_key = n > 0 ? g_strdup_printf("%s#%s", key, organ) : g_strdup(key);
        g_autoptr(GError) cause = NULL;

        if (to == NULL)
            continue;
        n++;
        if (hand_in_document(self, to, own_key, &cause)) {
            n_taken++;
        } else if (cause->code == LT_ERROR_UNAVAILABLE || cause->code == LT_ERROR_INTERNAL) {
            g_propagate_error(error, g_steal_pointer(&cause));
            return FALSE;
        } else if (first == NULL) {
            first = g_steal_pointer(&cause);
        }
    }
    if (n_taken > 0)
        return TRUE;
    if (first != NULL)
        g_propagate_error(error, g_steal_pointer(&first));
    else
        lt_error_set(error, LT_ERROR_NOT_FOUND, "ioffice.receiver", "the document names no receiver");
    return FALSE;
}

/* What becomes of a signature that is absent, weak or bad is the partner's setting. */
static gboolean
signature_may_pass(const Interpreting *self, GError **error)
{
    const char *verdict = self->in->signature.verdict, *policy = self->self->signature_policy;

    if (self->in->kind == EDXML_STATUS || strcmp(policy, "record") == 0 || strcmp(verdict, "valid") == 0 ||
        (strcmp(policy, "legacy") == 0 && strcmp(verdict, "legacy") == 0))
        return TRUE;
    lt_error_set(error, LT_ERROR_SIGNATURE, "ioffice.signature", "the signature is %s, and signature_policy = %s", verdict, policy);
    return FALSE;
}

gboolean
ioffice_hand_in(const Ioffice *self, const Edxml *message, GBytes *bytes, const char *key, LtInbox *inbox, GError **error)
{
    g_auto(Interpreting) interpreting = { .self = self, .in = message, .bytes = bytes, .inbox = inbox };
    const char *organ = edxml_node_get(message->header, "ResponseFor/OrganId");
    g_autofree char *asked = organ != NULL ? ioffice_unit_of(self, organ) : NULL;

    if (!signature_may_pass(&interpreting, error))
        return FALSE;
    interpreting.from = ioffice_unit_of(self, edxml_node_get(message->header, "From/OrganId"));
    interpreting.code = g_strdup(edxml_get_dossier(message));
    interpreting.answered = find_answered(&interpreting);
    if (interpreting.answered != NULL) {
        g_autofree char *code = payload_member(interpreting.answered, "MaHoSo");

        if (code != NULL) {
            g_free(interpreting.code);
            interpreting.code = g_steal_pointer(&code);
        }
    }
    if (message->kind != EDXML_STATUS)
        return hand_in_to_all(&interpreting, key, error);
    if (interpreting.answered != NULL && interpreting.code != NULL && !edxml_has_verdict(message, "value.unknown"))
        return hand_in_status(&interpreting, key, error);
    if (asked != NULL)
        return hand_in_relay(&interpreting, asked, key, error);
    lt_error_set(error, LT_ERROR_NOT_FOUND, "ioffice.receiver", "the status names neither a document nor its unit");
    return FALSE;
}

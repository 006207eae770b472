/* SPDX-License-Identifier: Apache-2.0 */
/* compose.c: a message of the hub as edXML: dossiers as MCDT_DT documents (domain.md §2.6), states as status messages (§2.7).
 *
 * The id of a document is the id of the message, so what comes back is found again. The whole payload travels as one more attachment: a hub on the
 * other side loses nothing, and other software shows a file that it does not know.
 */
#include "ioffice.h"

#include <lienthong/json.h>
#include <string.h>

/* What of the payload goes into which element, for every document. */
static const struct {
    const char *member, *element;
} copied[] = {
    { "NguoiKy", "SignerInfo/FullName" },
    { "ChucDanh", "SignerInfo/Position" },
};

typedef struct {
    const Ioffice *self;
    LtMessage *message;
    LtInbox *inbox; /* nullable */
    Edxml *out;
    char *code; /* nullable: MaHoSo */
} Composing;

static char *
member(LtMessage *message, const char *name)
{
    const LtPart *part = lt_message_get_payload_part(message);
    GBytes *payload = lt_message_get_payload(message);

    if (payload == NULL || part == NULL)
        return NULL;
    return strstr(part->media_type, "xml") != NULL ? edxml_pick(payload, name) : lt_json_pick(payload, name);
}

const char *
ioffice_organ_of(const Ioffice *self, const char *unit)
{
    gsize length = strlen(unit);

    for (char **row = self->organ_ids; row != NULL && *row != NULL; row++) {
        if (strncmp(*row, unit, length) == 0 && (*row)[length] == '=')
            return *row + length + 1;
    }
    return unit;
}

char *
ioffice_unit_of(const Ioffice *self, const char *organ)
{
    for (char **row = self->organ_ids; row != NULL && *row != NULL; row++) {
        const char *sign = strchr(*row, '=');

        if (sign != NULL && strcmp(sign + 1, organ) == 0)
            return g_strndup(*row, (gsize) (sign - *row));
    }
    return g_strdup(organ);
}

static void
set_organ(const Ioffice *self, EdxmlNode *header, const char *element, const char *unit)
{
    EdxmlNode *organ = edxml_node_add(header, element, NULL);
    gsize length = strlen(unit);

    edxml_node_set(organ, "OrganId", ioffice_organ_of(self, unit));
    for (char **row = self->names; row != NULL && *row != NULL; row++) {
        if (strncmp(*row, unit, length) == 0 && (*row)[length] == '=') {
            edxml_node_set(organ, "OrganizationInCharge", *row + length + 1);
            edxml_node_set(organ, "OrganName", *row + length + 1);
        }
    }
}

static char *
local_time(gint64 at_us, const char *format)
{
    g_autoptr(GTimeZone) home = g_time_zone_new_offset(7 * 3600);
    g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_us / G_USEC_PER_SEC);
    g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, home);

    return g_date_time_format(local, format);
}

/* A payload's instant as the axis writes it; when there is none, that of the message. */
static char *
written_time(const Composing *self, const char *name, const char *format, gboolean is_needed)
{
    g_autofree char *text = member(self->message, name);
    g_autoptr(GDateTime) date = NULL;

    if (text != NULL)
        edxml_date_read(text, TRUE, &date);
    if (date != NULL)
        return g_date_time_format(date, format);
    return is_needed ? local_time(lt_message_get_issued_us(self->message), format) : NULL;
}

/* The original document of a message that came from the axis: it bears the id that the other side knows. */
static Edxml *
find_original(const Composing *self, const LtReference *re)
{
    const EdxmlLimits limits = { (gsize) self->self->max_message, (gsize) self->self->max_message * 2, 999 };
    g_autoptr(LtMessage) message = self->inbox != NULL ? lt_inbox_find_message(self->inbox, re->from, re->id) : NULL;

    for (guint i = 0; message != NULL && i < lt_message_get_n_attachments(message); i++) {
        const LtPart *part = lt_message_get_attachment(message, i);
        g_autoptr(GInputStream) stream = NULL;
        g_autoptr(GOutputStream) memory = g_memory_output_stream_new_resizable();
        g_autoptr(GBytes) bytes = NULL;

        if (strcmp(part->role, "original") != 0 || part->size > (guint64) self->self->max_message)
            continue;
        stream = lt_message_open_attachment(message, i, NULL);
        if (stream == NULL || g_output_stream_splice(memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL) < 0)
            return NULL;
        bytes = g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(memory));
        return edxml_read(bytes, &limits, NULL, NULL);
    }
    return NULL;
}

/* ResponseFor: by the other side's own id where it began the talk, else by ours. */
static void
set_response(const Composing *self)
{
    const LtReference *re = lt_message_get_re(self->message);
    g_autoptr(Edxml) original = re != NULL ? find_original(self, re) : NULL;
    const char *id = original != NULL ? edxml_node_get(original->header, "DocumentId") : NULL;
    const char *number = original != NULL ? edxml_node_get(original->header, "Code/CodeNumber") : NULL;
    const char *notation = original != NULL ? edxml_node_get(original->header, "Code/CodeNotation") : NULL;
    const char *date = original != NULL ? edxml_node_get(original->header, "PromulgationInfo/PromulgationDate") : NULL;
    g_autofree char *joined = number != NULL && notation != NULL ? g_strdup_printf("%s/%s", number, notation) : g_strdup(number);
    EdxmlNode *node;

    if (re == NULL)
        return;
    node = edxml_node_add(self->out->header, "ResponseFor", NULL);
    edxml_node_set(node, "OrganId", ioffice_organ_of(self->self, re->from));
    edxml_node_set(node, "Code", joined != NULL ? joined : self->code);
    edxml_node_set(node, "DocumentId", id != NULL ? id : re->id);
    if (date != NULL && edxml_date_read(date, FALSE, NULL) == EDXML_DATE_USUAL)
        edxml_node_set(node, "PromulgationDate", date);
}

/* The name that people gave to an attachment stands in the payload. */
static const char *
find_name(const Answer *answer, const char *part)
{
    const char *name;

    if (g_strcmp0(answer_text(answer, "TepDinhKemId"), part) == 0)
        return answer_text(answer, "TenTepDinhKem");
    for (guint i = 0; answer != NULL && answer->children != NULL && i < answer->children->len; i++) {
        name = find_name(answer->children->pdata[i], part);
        if (name != NULL)
            return name;
    }
    return NULL;
}

static char *
usual_file_name(const LtPart *part)
{
    static const char *const suffixes[][2] = { { "application/pdf", "pdf" }, { "image/jpeg", "jpg" }, { "image/png", "png" },
                                               { "application/xml", "xml" }, { "application/json", "json" }, { "text/plain", "txt" } };
    g_autofree char *number = g_path_get_basename(part->name);

    for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
        if (strcmp(suffixes[i][0], part->media_type) == 0)
            return g_strdup_printf("%s.%s", number, suffixes[i][1]);
    }
    return g_strdup_printf("%s.bin", number);
}

static GBytes *
read_attachment(LtMessage *message, guint index, GError **error)
{
    const LtPart *part = lt_message_get_attachment(message, index);
    g_autoptr(GInputStream) stream = lt_message_open_attachment(message, index, error);
    g_autofree guint8 *data = stream != NULL ? g_malloc((gsize) part->size + 1) : NULL;
    g_autoptr(GError) cause = NULL;
    gsize n = 0;

    if (stream == NULL)
        return NULL;
    if (g_input_stream_read_all(stream, data, (gsize) part->size, &n, NULL, &cause) && n == part->size)
        return g_bytes_new_take(g_steal_pointer(&data), n);
    lt_error_set(error, LT_ERROR_UNAVAILABLE, "ioffice.attachment", "%s cannot be read: %s", part->name, cause != NULL ? cause->message : "it is shorter than it says");
    return NULL;
}

static void
add_file(Edxml *out, const char *id, const char *name, const char *role, GBytes *content)
{
    EdxmlAttachment *made;

    edxml_add_attachment(out, id, name, "application/zip", content);
    made = out->attachments->pdata[out->attachments->len - 1];
    made->description = g_strdup(role);
}

/* The parts in their order, then the payload; what a message was made of (role original) stays at home. */
static gboolean
add_attachments(Composing *self, GError **error)
{
    LtMessage *message = self->message;
    GBytes *payload = lt_message_get_payload(message);
    gboolean is_json = payload != NULL && strstr(lt_message_get_payload_part(message)->media_type, "json") != NULL;
    g_autoptr(Answer) tree = is_json ? answer_read(payload, NULL) : NULL;
    gint64 left = self->self->max_message;

    for (guint i = 0; i < lt_message_get_n_attachments(message); i++) {
        const LtPart *part = lt_message_get_attachment(message, i);
        const char *given = find_name(tree, part->name);
        g_autofree char *name = given != NULL ? g_strdup(given) : usual_file_name(part);
        g_autofree char *id = g_strdup_printf("%s-%04u", lt_message_get_id(message), i + 1);
        g_autoptr(GBytes) content = NULL;

        if (strcmp(part->role, "original") == 0)
            continue;
        left -= (gint64) MIN(part->size, (guint64) G_MAXINT64 / 2);
        if (left < 0) {
            lt_error_set(error, LT_ERROR_TOO_LARGE, "ioffice.size", "the attachments together are over max_message");
            return FALSE;
        }
        content = read_attachment(message, i, error);
        if (content == NULL)
            return FALSE;
        add_file(self->out, id, name, part->role, content);
    }
    if (payload != NULL && self->self->payload_file) {
        g_autofree char *name = g_strdup_printf("%s.%s", lt_message_get_type(message), is_json ? "json" : "xml");
        g_autofree char *id = g_strconcat(lt_message_get_id(message), "-payload", NULL);

        add_file(self->out, id, name, "payload", payload);
    }
    return TRUE;
}

/* Subject and content, as OpenCPS writes them. */
static void
set_subject(const Composing *self)
{
    EdxmlNode *header = self->out->header;
    g_autofree char *procedure = member(self->message, "MaTTHC"), *owner = member(self->message, "ChuHoSo");
    g_autofree char *name = member(self->message, "TenTTHC"), *told = member(self->message, "ThongTinTra");
    g_autofree char *wanted = member(self->message, "NoiDungBoSung"), *reason = member(self->message, "LyDo");
    g_autofree char *subject = procedure != NULL && owner != NULL ? g_strdup_printf("%s/%s/%s", procedure, owner, self->code) : NULL;
    const char *type = lt_message_get_type(self->message);
    const char *word = strcmp(type, "dossier.result") == 0 ? "Kết quả hồ sơ" : strcmp(type, "dossier.supplement") == 0 ? "Bổ sung hồ sơ" :
                       strcmp(type, "dossier.recall") == 0 ? "Thu hồi hồ sơ" : "Hồ sơ";
    g_autofree char *usual = g_strdup_printf("%s %s", word, self->code);

    edxml_node_set(header, "Subject", subject != NULL ? subject : usual);
    edxml_node_set(header, "Content", name != NULL ? name : told != NULL ? told : wanted != NULL ? wanted : reason);
}

static void
set_document(Composing *self, const char *id)
{
    EdxmlNode *header = self->out->header;
    g_autofree char *day = written_time(self, "NgayTiepNhan", "%Y/%m/%d", TRUE), *due = written_time(self, "NgayHenTra", "%Y/%m/%d", FALSE);

    set_organ(self->self, header, "From", lt_message_get_from(self->message));
    set_organ(self->self, header, "To", lt_message_get_to(self->message));
    edxml_node_set(header, "DocumentId", id);
    edxml_node_set(header, "Code/CodeNumber", self->code);
    edxml_node_set(header, "Code/CodeNotation", "Hồ sơ liên thông");
    edxml_node_set(header, "PromulgationInfo/PromulgationDate", day);
    edxml_node_set(header, "DocumentType/Type", "1");
    edxml_node_set(header, "DocumentType/TypeName", "Hồ sơ");
    set_subject(self);
    for (gsize i = 0; i < G_N_ELEMENTS(copied); i++) {
        g_autofree char *text = member(self->message, copied[i].member);

        edxml_node_set(header, copied[i].element, text);
    }
    edxml_node_set(header, "DueDate", due);
    edxml_node_set(header, "OtherInfo/Priority", "0");
    edxml_node_set(header, "OtherInfo/ReferenceCodes", self->code);
    edxml_node_set(header, "SteeringType", "1");
    edxml_node_set(header, "ApplicationType", "MCDT_DT");
}

static void
set_trace(Composing *self, const char *target)
{
    static const char *const reasons[] = { "Gửi mới", "Thu hồi", "Cập nhật", "Thay thế" };
    g_autofree char *stamp = local_time(lt_message_get_issued_us(self->message), "%Y/%m/%d %H:%M:%S");
    g_autofree char *number = g_strdup_printf("%d", (int) self->out->kind), *reason = member(self->message, "LyDo");
    EdxmlNode *trace = edxml_node_new("TraceHeaderList", NULL);

    self->out->trace = trace;
    edxml_node_set(trace, "TraceHeader/OrganId", ioffice_organ_of(self->self, lt_message_get_from(self->message)));
    edxml_node_set(trace, "TraceHeader/Timestamp", stamp);
    if (self->out->kind != EDXML_REVOCATION && self->out->kind != EDXML_REPLACEMENT)
        edxml_node_set(trace, "Bussiness/DocumentId", self->out->kind == EDXML_UPDATE ? target : self->code);
    edxml_node_set(trace, "Bussiness/BussinessDocType", number);
    edxml_node_set(trace, "Bussiness/BussinessDocReason", reason != NULL ? reason : reasons[self->out->kind]);
    edxml_node_set(trace, "Bussiness/Paper", "1");
    edxml_node_set(trace, "Bussiness/DocumentReceiver", "0");
    if (self->out->kind == EDXML_REPLACEMENT) {
        edxml_node_set(trace, "Bussiness/ReplacementInfoList/ReplacementInfo/DocumentId", target);
        edxml_node_set(trace, "Bussiness/ReplacementInfoList/ReplacementInfo/OrganIdList/OrganId",
                       ioffice_organ_of(self->self, lt_message_get_to(self->message)));
    }
}

static gboolean
compose_document(Composing *self, GError **error)
{
    const LtReference *re = lt_message_get_re(self->message);
    const char *id = lt_message_get_id(self->message);

    set_document(self, self->out->kind == EDXML_REVOCATION && re != NULL ? re->id : id);
    set_response(self);
    set_trace(self, re != NULL ? re->id : NULL);
    return add_attachments(self, error);
}

static gboolean
compose_status(Composing *self, GError **error)
{
    EdxmlNode *header = self->out->header;
    g_autofree char *code = member(self->message, "StatusCode"), *state = member(self->message, "TrangThaiHoSo");
    g_autofree char *text = member(self->message, "NoiDungXuLy"), *officer = member(self->message, "NguoiXuLy");
    g_autofree char *part = member(self->message, "PhongBanXuLy");
    g_autofree char *stamp = written_time(self, "ThoiDiemXuLy", "%Y/%m/%d %H:%M:%S", TRUE);
    const char *word = code != NULL ? code : ioffice_status_of(state != NULL ? (int) g_ascii_strtoll(state, NULL, 10) : 0);
    const char *meaning = NULL;

    if (word == NULL || lt_message_get_re(self->message) == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "ioffice.status", "a state without StatusCode and TrangThaiHoSo, or one that answers no message, has no form on the axis");
        return FALSE;
    }
    for (const IofficeStatus *row = ioffice_statuses(); row->code != NULL; row++)
        meaning = strcmp(row->code, word) == 0 ? row->meaning : meaning;
    set_organ(self->self, header, "From", lt_message_get_from(self->message));
    set_response(self);
    edxml_node_set(header, "StaffInfo/Department", part);
    edxml_node_set(header, "StaffInfo/Staff", officer);
    edxml_node_set(header, "StatusCode", word);
    edxml_node_set(header, "Description", text != NULL ? text : meaning);
    edxml_node_set(header, "Timestamp", stamp);
    return TRUE;
}

/* Type and mode → BussinessDocType. */
static EdxmlKind
kind_of(LtMessage *message)
{
    const char *type = lt_message_get_type(message);
    g_autofree char *mode = NULL;

    if (strcmp(type, "dossier.status") == 0)
        return EDXML_STATUS;
    if (strcmp(type, "dossier.recall") == 0)
        return EDXML_REVOCATION;
    if (strcmp(type, "dossier.update") == 0) {
        mode = member(message, "mode");
        return g_strcmp0(mode, "replace") == 0 ? EDXML_REPLACEMENT : EDXML_UPDATE;
    }
    return strcmp(type, "dossier.submit") == 0 || strcmp(type, "dossier.result") == 0 || strcmp(type, "dossier.supplement") == 0 ? EDXML_NEW
                                                                                                                              : EDXML_UNKNOWN;
}

Edxml *
ioffice_compose(const Ioffice *self, LtMessage *message, LtInbox *inbox, GError **error)
{
    EdxmlKind kind = kind_of(message);
    g_autoptr(Edxml) out = edxml_new(kind);
    g_autofree char *code = kind != EDXML_UNKNOWN ? member(message, "MaHoSo") : NULL;
    Composing composing = { self, message, inbox, out, code };

    if (kind == EDXML_UNKNOWN) {
        lt_error_set(error, LT_ERROR_REFUSED, "ioffice.type", "a %s has no form on the document axis", lt_message_get_type(message));
        return NULL;
    }
    if (code == NULL) {
        lt_error_set(error, LT_ERROR_INVALID, "ioffice.code", "the payload has no MaHoSo");
        return NULL;
    }
    if (kind == EDXML_STATUS ? compose_status(&composing, error) : compose_document(&composing, error))
        return g_steal_pointer(&out);
    return NULL;
}

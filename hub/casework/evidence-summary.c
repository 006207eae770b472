/* SPDX-License-Identifier: Apache-2.0 */
/* evidence-summary.c: the page of an evidence file that a judge reads: what happened when, where the dossier lay, who read it. In Vietnamese, for printing.
 *
 * It retells signed records and is itself under the seal of the file, but it is no proof: each line names the entry that is. Nothing of the content of
 * messages stands on it.
 */
#include <string.h>

#include "casework/evidence-private.h"

#define LOCAL_OFFSET_US (7 * 3600 * LT_US_PER_SECOND) /* Asia/Ho_Chi_Minh, no daylight saving since 1975 */

static const struct {
    const char *word, *text;
} event_texts[] = {
    { "delivery.arrived", "Đã chuyển tới hệ thống nhận" },
    { "delivery.attempt", "Chuyển chưa thành công" },
    { "delivery.confirmed", "Hệ thống nhận đã xác nhận" },
    { "delivery.held", "Tạm giữ, chờ người xử lý" },
    { "delivery.refused", "Hệ thống nhận từ chối" },
    { "delivery.released", "Người vận hành cho chuyển tiếp" },
    { "delivery.withdrawn", "Đã rút lại" },
    { "dossier.deadline", "Thay đổi hạn trả kết quả" },
    { "dossier.readdress", "Chuyển cho đơn vị kế thừa" },
    { "dossier.state", "Thay đổi trạng thái hồ sơ" },
    { "env.accepted", "Trục liên thông tiếp nhận thông điệp" },
    { "env.conflict", "Thông điệp trùng mã, khác nội dung" },
    { "env.duplicate", "Nhận lại thông điệp đã có" },
    { "env.refused", "Từ chối thông điệp" },
    { "erase.approved", "Duyệt xóa nội dung" },
    { "erase.asked", "Đề nghị xóa nội dung" },
    { "erase.done", "Đã xóa nội dung" },
    { "export.evidence", "Kết xuất tệp bằng chứng" },
    { "read.dossier", "Xem hồ sơ" },
    { "receipt.in", "Nhận biên nhận từ nơi khác" },
    { "receipt.out", "Phát biên nhận" },
};

static const struct {
    const char *word, *text;
} type_texts[] = {
    { "dossier.submit", "Chuyển hồ sơ" },
    { "dossier.update", "Cập nhật hồ sơ" },
    { "dossier.status", "Trạng thái xử lý" },
    { "dossier.supplement", "Bổ sung hồ sơ" },
    { "dossier.result", "Trả kết quả" },
    { "dossier.recall", "Đề nghị rút hồ sơ" },
    { "receipt", "Biên nhận" },
};

static const char *const state_texts[] = {
    [LT_EVIDENCE_PRESENT] = "có trong tệp", [LT_EVIDENCE_WITHHELD] = "không kèm nội dung", [LT_EVIDENCE_ERASED] = "nội dung đã xóa theo biên bản",
};

static const char *
event_text(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(event_texts); i++)
        if (strcmp(event_texts[i].word, word) == 0)
            return event_texts[i].text;
    return word;
}

static const char *
type_text(const char *word)
{
    for (guint i = 0; i < G_N_ELEMENTS(type_texts); i++)
        if (strcmp(type_texts[i].word, word) == 0)
            return type_texts[i].text;
    return word;
}

static void
append_text(GString *out, const char *text)
{
    g_autofree char *clean = lt_escape_for_log(text == NULL ? "" : text), *escaped = g_markup_escape_text(clean, -1);

    g_string_append(out, escaped);
}

static void
append_cell(GString *out, const char *text)
{
    g_string_append(out, "<td>");
    append_text(out, text);
    g_string_append(out, "</td>");
}

static void
append_local_time(GString *out, gint64 at_us)
{
    char text[21];

    lt_time_write_seconds(at_us + LOCAL_OFFSET_US, text);
    g_string_append_printf(out, "<td>%.8s %.2s/%.2s/%.4s</td>", text + 11, text + 8, text + 5, text);
}

static const LtUnitRow *
find_unit(const LtRegistryRows *units, const char *id)
{
    for (guint i = 0; i < units->units->len; i++) {
        const LtUnitRow *row = units->units->pdata[i];

        if (g_strcmp0(row->id, id) == 0)
            return row;
    }
    return NULL;
}

static char *
unit_text(const LtEvidenceFacts *facts, const char *id)
{
    const LtUnitRow *row = id == NULL ? NULL : find_unit(facts->units, id);

    return row == NULL ? g_strdup(id != NULL ? id : "–") : g_strdup_printf("%s (%s)", row->name, id);
}

static void
append_unit(GString *out, const LtEvidenceFacts *facts, const char *id)
{
    g_autofree char *text = unit_text(facts, id);

    append_cell(out, text);
}

static void
append_head(GString *out, const LtEvidenceFacts *facts)
{
    g_autofree char *by = unit_text(facts, facts->by), *origin = unit_text(facts, facts->dossier->origin_unit);

    g_string_append(out, "<!DOCTYPE html>\n<html lang=\"vi\"><head><meta charset=\"utf-8\"><title>Tóm tắt bằng chứng hồ sơ</title>\n<style>"
                         "body{font:12pt/1.45 serif;max-width:52em;margin:2em auto;padding:0 1em;color:#111}h1{font-size:18pt}h2{font-size:14pt;margin-top:1.6em}"
                         "table{border-collapse:collapse;width:100%;font-size:10.5pt}th,td{border:1px solid #888;padding:.25em .45em;text-align:left;vertical-align:top}"
                         "th{background:#eee}code{font-size:9.5pt;word-break:break-all}tr{page-break-inside:avoid}@media print{body{margin:0}}"
                         "</style></head><body>\n<h1>Tóm tắt bằng chứng hồ sơ</h1>\n<table>\n<tr><th>Mã hồ sơ</th>");
    append_cell(out, facts->dossier->code);
    g_string_append(out, "</tr>\n<tr><th>Mã tham chiếu</th>");
    append_cell(out, facts->dossier->reference);
    g_string_append(out, "</tr>\n<tr><th>Thủ tục</th>");
    append_cell(out, facts->dossier->procedure);
    g_string_append(out, "</tr>\n<tr><th>Nơi chuyển đầu tiên</th>");
    append_cell(out, origin);
    g_string_append(out, "</tr>\n<tr><th>Nơi lập tệp</th>");
    append_cell(out, by);
    g_string_append(out, "</tr>\n<tr><th>Thời điểm lập</th>");
    append_local_time(out, facts->made_us);
    g_string_append_printf(out, "</tr>\n<tr><th>Phần</th><td>%u/%u</td></tr>\n</table>\n", facts->part, facts->parts);
    g_string_append(out, "<p>Giờ Việt Nam (UTC+7). Bản này kể lại các bản ghi có trong tệp; <b>chứng cứ là các bản ghi và phong bì có chữ ký</b>, kiểm tra "
                         "bằng <code>lthub verify</code> hoặc <code>verify.sh</code>. Cột “mục” là số của bản ghi trong nhật ký.</p>\n");
}

static void
append_messages(GString *out, const LtEvidenceFacts *facts)
{
    g_string_append(out, "<h2>1. Thông điệp và biên nhận</h2>\n<table><tr><th>Số</th><th>Lúc ghi nhật ký</th><th>Loại</th><th>Từ</th><th>Đến</th><th>Nội dung</th><th>Mục</th></tr>\n");
    for (guint i = 0; i < facts->messages->len; i++) {
        const LtEvidenceMessage *message = facts->messages->pdata[i];

        g_string_append_printf(out, "<tr><td>%03u</td>", message->k);
        append_local_time(out, message->entry->view->at_us);
        append_cell(out, type_text(message->type));
        append_unit(out, facts, message->from);
        append_unit(out, facts, message->to);
        append_cell(out, state_texts[message->state]);
        g_string_append_printf(out, "<td>%" G_GUINT64_FORMAT "</td></tr>\n", message->entry->index);
    }
    g_string_append(out, "</table>\n");
}

/* Where the dossier lay: each envelope of it moves it to its receiver, from the moment at which the hub accepted it. */
static void
append_holders(GString *out, const LtEvidenceFacts *facts)
{
    const char *holder = NULL;

    g_string_append(out, "<h2>2. Hồ sơ ở đơn vị nào, từ lúc nào</h2>\n<table><tr><th>Từ lúc</th><th>Đơn vị</th><th>Do thông điệp</th><th>Mục</th></tr>\n");
    for (guint i = 0; i < facts->messages->len; i++) {
        const LtEvidenceMessage *message = facts->messages->pdata[i];

        if (strcmp(message->entry->view->event, "env.accepted") != 0 || g_strcmp0(holder, message->to) == 0 ||
            strcmp(message->type, "dossier.status") == 0)
            continue;
        holder = message->to;
        g_string_append(out, "<tr>");
        append_local_time(out, message->entry->view->at_us);
        append_unit(out, facts, holder);
        append_cell(out, type_text(message->type));
        g_string_append_printf(out, "<td>%" G_GUINT64_FORMAT "</td></tr>\n", message->entry->index);
    }
    g_string_append(out, "</table>\n");
}

static gboolean
is_reading(const LtEvidenceEntry *entry)
{
    return strcmp(entry->view->event, "read.dossier") == 0 || strcmp(entry->view->event, "export.evidence") == 0;
}

static void
append_detail(GString *out, const LtEvidenceFacts *facts, const LtEvidenceEntry *entry)
{
    static const char *const names[] = { "from", "to", "stage", "ep", "attempt", "code", "old", "new", "what", "basis", "by2" };

    g_string_append(out, "<td>");
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = g_hash_table_lookup(entry->view->fields, names[i]);
        g_autofree char *text = value == NULL ? NULL : i < 2 ? unit_text(facts, value) : g_strdup(value);

        if (text == NULL)
            continue;
        g_string_append_printf(out, "%s=", names[i]);
        append_text(out, text);
        g_string_append(out, " ");
    }
    g_string_append(out, "</td>");
}

static void
append_actor(GString *out, const LtEvidenceFacts *facts, const LtRecordView *view)
{
    if (strcmp(view->actor_kind, "user") == 0) {
        g_autofree char *text = g_strdup_printf("người dùng %s", view->actor);

        append_cell(out, text);
    } else if (strcmp(view->actor_kind, "plugin") == 0) {
        append_cell(out, view->actor);
    } else {
        append_unit(out, facts, view->actor);
    }
}

static void
append_entries(GString *out, const LtEvidenceFacts *facts, gboolean readings)
{
    guint n = 0;

    g_string_append(out, "<table><tr><th>Lúc</th><th>Việc</th><th>Ai</th><th>Chi tiết</th><th>Mục</th></tr>\n");
    for (guint i = 0; i < facts->entries->len; i++) {
        const LtEvidenceEntry *entry = facts->entries->pdata[i];

        if (is_reading(entry) != readings)
            continue;
        n++;
        g_string_append(out, "<tr>");
        append_local_time(out, entry->view->at_us);
        append_cell(out, event_text(entry->view->event));
        append_actor(out, facts, entry->view);
        append_detail(out, facts, entry);
        g_string_append_printf(out, "<td>%" G_GUINT64_FORMAT "</td></tr>\n", entry->index);
    }
    g_string_append(out, n > 0 ? "</table>\n" : "<tr><td colspan=\"5\">Không có bản ghi nào.</td></tr></table>\n");
}

static void
append_log(GString *out, const LtEvidenceFacts *facts)
{
    const LtLogHead *head = facts->anchored->head;
    g_autofree char *root = lt_base64_dup(head->root.b, sizeof head->root.b);

    g_string_append(out, "<h2>5. Nhật ký và điểm kiểm soát</h2>\n<table><tr><th>Nhật ký</th>");
    append_cell(out, head->origin);
    g_string_append_printf(out, "</tr>\n<tr><th>Số mục</th><td>%" G_GUINT64_FORMAT "</td></tr>\n<tr><th>Gốc cây</th><td><code>%s</code></td></tr>\n", head->size, root);
    g_string_append_printf(out, "<tr><th>Nhân chứng đồng ký</th><td>%u</td></tr>\n<tr><th>Dấu thời gian</th><td>%s</td></tr>\n<tr><th>Chữ ký số của cơ quan</th><td>%s</td></tr></table>\n",
                           facts->anchored->n_cosignatures, facts->anchored->tsr != NULL ? "có" : "không có",
                           facts->anchored->cms != NULL ? "có" : "không có");
    g_string_append(out, "<p>Nhật ký chứng minh các bản ghi trên đã tồn tại đúng như vậy trước điểm kiểm soát này. Nhật ký không chứng minh rằng một việc không được ghi thì "
                         "không xảy ra, và không chứng minh nội dung đã ký là đúng sự thật.</p>\n</body></html>\n");
}

char *
lt_evidence_summary(const LtEvidenceFacts *facts)
{
    GString *out = g_string_new(NULL);

    append_head(out, facts);
    append_messages(out, facts);
    append_holders(out, facts);
    g_string_append(out, "<h2>3. Diễn biến</h2>\n");
    append_entries(out, facts, FALSE);
    g_string_append(out, "<h2>4. Ai đã xem, ai đã kết xuất</h2>\n");
    append_entries(out, facts, TRUE);
    append_log(out, facts);
    return g_string_free(out, FALSE);
}

static void
append_field(GString *out, const char *text, gboolean last)
{
    g_auto(GStrv) pieces = g_strsplit(text == NULL ? "" : text, "\"", -1);
    g_autofree char *doubled = g_strjoinv("\"\"", pieces);

    g_string_append_printf(out, strpbrk(doubled, ",\"\n\r") != NULL ? "\"%s\"%c" : "%s%c", doubled, last ? '\n' : ',');
}

static gboolean
takes_part(const LtEvidenceFacts *facts, const char *unit)
{
    for (guint i = 0; i < facts->messages->len; i++) {
        const LtEvidenceMessage *message = facts->messages->pdata[i];

        if (g_strcmp0(message->from, unit) == 0 || g_strcmp0(message->to, unit) == 0)
            return TRUE;
    }
    return g_strcmp0(facts->by, unit) == 0;
}

static void
append_keys(GString *out, const LtRegistryRows *units, const char *unit)
{
    for (guint i = 0; i < units->keys->len; i++) {
        const LtUnitKeyRow *key = units->keys->pdata[i];
        char from[21], until[21] = "";

        if (g_strcmp0(key->unit, unit) != 0)
            continue;
        lt_time_write_seconds(key->from_us, from);
        if (key->until_us != 0)
            lt_time_write_seconds(key->until_us, until);
        g_string_append(out, "key,");
        append_field(out, unit, FALSE);
        append_field(out, key->spki, FALSE);
        append_field(out, key->use, FALSE);
        append_field(out, key->role, FALSE);
        append_field(out, from, FALSE);
        append_field(out, until, FALSE);
        g_string_append_c(out, '\n');
    }
}

char *
lt_evidence_units(const LtEvidenceFacts *facts)
{
    GString *out = g_string_new("row,unit,name_or_spki,level_or_use,parent_or_role,valid_from,valid_to,basis\n");

    for (guint i = 0; i < facts->units->units->len; i++) {
        const LtUnitRow *row = facts->units->units->pdata[i];

        if (!takes_part(facts, row->id))
            continue;
        g_string_append(out, "unit,");
        append_field(out, row->id, FALSE);
        append_field(out, row->name, FALSE);
        append_field(out, row->level, FALSE);
        append_field(out, row->parent, FALSE);
        append_field(out, row->valid_from, FALSE);
        append_field(out, row->valid_to, FALSE);
        append_field(out, row->basis, TRUE);
        append_keys(out, facts->units, row->id);
    }
    return g_string_free(out, FALSE);
}

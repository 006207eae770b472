/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-verdict.c: everything that may be odd about a message, one row each. Codes never change their meaning; README.md has the same table. */
#include "edxml.h"

#include <string.h>

static const EdxmlRule rules[] = {
    { "ns.bkav", EDXML_NOTE, "namespace of the older Bkav eDoc", "không gian tên của Bkav eDoc đời cũ" },
    { "ns.unknown", EDXML_WARNING, "no namespace, or one that is not known; read by local names", "không có không gian tên, hoặc không gian tên lạ; đọc theo tên phần tử" },
    { "ns.attachment-prefix", EDXML_NOTE, "AttachmentEncoded or Attachment carries the prefix edXML", "AttachmentEncoded hoặc Attachment mang tiền tố edXML" },
    { "root.bare", EDXML_NOTE, "the document element is edXMLEnvelope, without edXML around it", "phần tử gốc là edXMLEnvelope, không có edXML bọc ngoài" },
    { "encoding.bom", EDXML_NOTE, "a byte order mark stands before the document", "có dấu BOM ở đầu tệp" },
    { "text.nfd", EDXML_NOTE, "letters are decomposed (NFD); they are read as NFC", "chữ ở dạng tổ hợp (NFD); được đọc thành dạng dựng sẵn (NFC)" },
    { "shape.order", EDXML_NOTE, "elements stand in another order than usual", "các phần tử không theo thứ tự thường gặp" },
    { "shape.unknown", EDXML_NOTE, "an element that is not known; it is passed over", "phần tử lạ; được bỏ qua" },
    { "shape.repeated", EDXML_WARNING, "an element comes twice where one is meant; the first counts", "phần tử lặp lại ở chỗ chỉ được có một; lấy phần tử đầu" },
    { "shape.spelling", EDXML_NOTE, "Business… is written for the standard's Bussiness…", "viết Business… thay cho Bussiness… của quy chuẩn" },
    { "shape.attribute", EDXML_NOTE, "SOAP attributes (mustUnderstand, actor) survive", "còn thuộc tính kiểu SOAP (mustUnderstand, actor)" },
    { "shape.json", EDXML_NOTE, "the JSON twin of a status message", "bản JSON của thông điệp trạng thái" },
    { "to.missing", EDXML_WARNING, "no receiver is named", "không ghi nơi nhận" },
    { "document-id.missing", EDXML_WARNING, "the document has no id", "văn bản không có mã định danh" },
    { "document-id.date", EDXML_NOTE, "the date inside a document id does not exist; the id is kept as it is", "ngày trong mã định danh văn bản không có thật; giữ nguyên mã" },
    { "code.missing", EDXML_NOTE, "no number and notation", "không có số, ký hiệu" },
    { "subject.missing", EDXML_NOTE, "no subject", "không có trích yếu" },
    { "promulgation-date.missing", EDXML_NOTE, "no date of promulgation", "không có ngày ban hành" },
    { "trace.missing", EDXML_NOTE, "no TraceHeaderList", "không có TraceHeaderList" },
    { "trace.organ-missing", EDXML_NOTE, "a TraceHeader without its unit", "TraceHeader không ghi đơn vị" },
    { "trace.organ-null", EDXML_NOTE, "a TraceHeader whose unit is the word null", "TraceHeader ghi đơn vị là chữ null" },
    { "bussiness.missing", EDXML_NOTE, "no Bussiness or no BussinessDocType: taken for a new document", "không có Bussiness hoặc BussinessDocType: coi là văn bản mới" },
    { "target.missing", EDXML_WARNING, "an update, revocation, replacement or status that names no document", "cập nhật, thu hồi, thay thế hoặc trạng thái mà không nêu văn bản nào" },
    { "id.form", EDXML_NOTE, "an identifier of neither generation; kept as it is", "mã định danh không theo quy tắc cũ lẫn mới; giữ nguyên" },
    { "id.characters", EDXML_WARNING, "an identifier with characters other than 0-9 A-Z a-z and the dot, or over 35", "mã định danh có ký tự ngoài 0-9 A-Z a-z và dấu chấm, hoặc dài quá 35" },
    { "date.form", EDXML_NOTE, "a date in another form than yyyy/MM/dd (HH:mm:ss)", "ngày không viết theo dạng yyyy/MM/dd (HH:mm:ss)" },
    { "date.impossible", EDXML_WARNING, "a date that does not exist", "ngày không có thật" },
    { "date.unreadable", EDXML_WARNING, "a date that cannot be read", "ngày không đọc được" },
    { "value.unknown", EDXML_WARNING, "a code that is not in its table", "mã không có trong bảng mã" },
    { "manifest.missing", EDXML_NOTE, "attachments without a manifest", "có tệp đính kèm mà không có danh mục" },
    { "manifest.unmatched", EDXML_WARNING, "the manifest names an attachment that is not there", "danh mục nêu tệp không có trong thông điệp" },
    { "manifest.unlisted", EDXML_NOTE, "an attachment that the manifest does not name", "tệp đính kèm không có trong danh mục" },
    { "manifest.cid", EDXML_NOTE, "cid: stands in the manifest or in the attachment alone", "cid: chỉ có ở danh mục hoặc chỉ có ở tệp" },
    { "manifest.type", EDXML_NOTE, "manifest and attachment disagree on the type", "danh mục và tệp ghi loại khác nhau" },
    { "manifest.name", EDXML_NOTE, "manifest and attachment disagree on the name", "danh mục và tệp ghi tên khác nhau" },
    { "attachment.type", EDXML_NOTE, "ContentType does not say that the content is a ZIP", "ContentType không cho biết nội dung là ZIP" },
    { "attachment.base64-space", EDXML_NOTE, "white space inside the base64", "có khoảng trắng, xuống dòng trong base64" },
    { "attachment.id-repeated", EDXML_WARNING, "two attachments have the same ContentId", "hai tệp trùng ContentId" },
    { "attachment.name-missing", EDXML_NOTE, "an attachment without a name", "tệp đính kèm không có tên" },
    { "attachment.not-zip", EDXML_WARNING, "the content is no ZIP; its bytes are kept as they are", "nội dung không phải ZIP; giữ nguyên các byte" },
    { "attachment.entries", EDXML_WARNING, "the ZIP has not exactly one entry; it is kept as it is", "ZIP không có đúng một tệp; giữ nguyên" },
    { "attachment.empty", EDXML_DAMAGE, "no content", "không có nội dung" },
    { "attachment.base64", EDXML_DAMAGE, "the content is no base64", "nội dung không phải base64" },
    { "attachment.zip", EDXML_DAMAGE, "the ZIP is damaged: cut off, or its check sum is wrong", "ZIP hỏng: bị cắt cụt hoặc sai mã kiểm tra" },
    { "attachment.method", EDXML_DAMAGE, "the ZIP is encrypted or packed in a way that is not known", "ZIP bị mã hóa hoặc nén theo cách lạ" },
    { "attachment.ratio", EDXML_DAMAGE, "the ZIP unpacks to more than 100 times its size", "ZIP bung ra lớn hơn 100 lần" },
    { "attachment.size", EDXML_DAMAGE, "the content is over the limit", "nội dung vượt giới hạn" },
    { "attachment.count", EDXML_DAMAGE, "more attachments than the limit; the rest is passed over", "quá nhiều tệp đính kèm; phần còn lại bị bỏ qua" },
    { "signature.legacy", EDXML_NOTE, "signed with SHA-1, which is weak", "ký bằng SHA-1, thuật toán yếu" },
    { "signature.namespace", EDXML_WARNING, "the Signature is not in the namespace of XML-DSig; it cannot be checked", "Signature không thuộc không gian tên XML-DSig; không kiểm tra được" },
    { "signature.form", EDXML_WARNING, "the Signature is incomplete, repeated or of a form that is not taken", "Signature thiếu, lặp lại hoặc có dạng không chấp nhận" },
    { "signature.algorithm", EDXML_WARNING, "an algorithm that is not known or not taken", "thuật toán lạ hoặc không chấp nhận" },
    { "signature.certificate", EDXML_WARNING, "no certificate that can be read", "không có chứng thư số đọc được" },
    { "signature.signer", EDXML_WARNING, "signed by a certificate that is not configured", "ký bằng chứng thư số chưa được khai báo" },
    { "signature.broken", EDXML_WARNING, "the signature does not fit the message", "chữ ký không khớp với thông điệp" },
    { NULL, EDXML_NOTE, NULL, NULL },
};

const EdxmlRule *
edxml_rules(void)
{
    return rules;
}

const char *
edxml_level_word(EdxmlLevel level)
{
    static const char *const words[] = { "note", "warning", "damage" };

    return words[level];
}

gboolean
edxml_has_verdict(const Edxml *self, const char *code)
{
    for (guint i = 0; i < self->verdicts->len; i++) {
        if (strcmp(((const EdxmlVerdict *) self->verdicts->pdata[i])->rule->code, code) == 0)
            return TRUE;
    }
    return FALSE;
}

void
edxml_judge(Edxml *self, const char *code, const char *where)
{
    const EdxmlRule *rule = rules;
    EdxmlVerdict *verdict;

    while (rule->code != NULL && strcmp(rule->code, code) != 0)
        rule++;
    g_return_if_fail(rule->code != NULL);
    for (guint i = 0; i < self->verdicts->len; i++) {
        const EdxmlVerdict *known = self->verdicts->pdata[i];

        if (known->rule == rule && g_strcmp0(known->where, where) == 0)
            return;
    }
    if (self->verdicts->len >= EDXML_VERDICTS_MAX)
        return;
    verdict = g_new0(EdxmlVerdict, 1);
    verdict->rule = rule;
    verdict->where = g_strdup(where);
    g_ptr_array_add(self->verdicts, verdict);
}

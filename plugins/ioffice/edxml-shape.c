/* SPDX-License-Identifier: Apache-2.0 */
/* edxml-shape.c: what stands where (domain.md §2.2), as one table: the reader knows names and values from it, the writer and the XSD the order. */
#include "edxml.h"

#include <string.h>

#define ONE FALSE
#define MANY TRUE

static const EdxmlShape rows[] = {
    { "Header", "From", ONE, EDXML_GROUP, "Organ" },
    { "Header", "To", MANY, EDXML_GROUP, "Organ" },
    { "Header", "DocumentId", ONE, EDXML_TEXT, NULL },
    { "Header", "Code", ONE, EDXML_GROUP, "Code" },
    { "Header", "PromulgationInfo", ONE, EDXML_GROUP, "PromulgationInfo" },
    { "Header", "DocumentType", ONE, EDXML_GROUP, "DocumentType" },
    { "Header", "Subject", ONE, EDXML_TEXT, NULL },
    { "Header", "Content", ONE, EDXML_TEXT, NULL },
    { "Header", "SignerInfo", ONE, EDXML_GROUP, "SignerInfo" },
    { "Header", "DueDate", ONE, EDXML_DATE, NULL },
    { "Header", "OtherInfo", ONE, EDXML_GROUP, "OtherInfo" },
    { "Header", "ResponseFor", MANY, EDXML_GROUP, "ResponseFor" },
    { "Header", "SteeringType", ONE, EDXML_WORD, "0|1|2|3" },
    { "Header", "ToPlaces", ONE, EDXML_GROUP, "ToPlaces" },
    { "Header", "ResponseForTask", ONE, EDXML_GROUP, "ResponseForTask" },
    { "Header", "ApplicationType", ONE, EDXML_TEXT, NULL },
    { "Header", "StaffInfo", ONE, EDXML_GROUP, "StaffInfo" },
    { "Header", "StatusCode", ONE, EDXML_WORD, "01|02|03|04|05|06|13|15|16" },
    { "Header", "Description", ONE, EDXML_TEXT, NULL },
    { "Header", "Timestamp", ONE, EDXML_TIME, NULL },
    { "Organ", "OrganId", ONE, EDXML_ID, NULL },
    { "Organ", "OrganizationInCharge", ONE, EDXML_TEXT, NULL },
    { "Organ", "OrganName", ONE, EDXML_TEXT, NULL },
    { "Organ", "OrganAdd", ONE, EDXML_TEXT, NULL },
    { "Organ", "Email", ONE, EDXML_TEXT, NULL },
    { "Organ", "Telephone", ONE, EDXML_TEXT, NULL },
    { "Organ", "Fax", ONE, EDXML_TEXT, NULL },
    { "Organ", "Website", ONE, EDXML_TEXT, NULL },
    { "Code", "CodeNumber", ONE, EDXML_TEXT, NULL },
    { "Code", "CodeNotation", ONE, EDXML_TEXT, NULL },
    { "PromulgationInfo", "Place", ONE, EDXML_TEXT, NULL },
    { "PromulgationInfo", "PromulgationDate", ONE, EDXML_DATE, NULL },
    { "DocumentType", "Type", ONE, EDXML_TEXT, NULL },
    { "DocumentType", "TypeDetail", ONE, EDXML_TEXT, NULL },
    { "DocumentType", "TypeName", ONE, EDXML_TEXT, NULL },
    { "SignerInfo", "Competence", ONE, EDXML_TEXT, NULL },
    { "SignerInfo", "Position", ONE, EDXML_TEXT, NULL },
    { "SignerInfo", "FullName", ONE, EDXML_TEXT, NULL },
    { "OtherInfo", "Priority", ONE, EDXML_WORD, "0|1|2|3|4" },
    { "OtherInfo", "SphereOfPromulgation", ONE, EDXML_TEXT, NULL },
    { "OtherInfo", "TyperNotation", ONE, EDXML_TEXT, NULL },
    { "OtherInfo", "PromulgationAmount", ONE, EDXML_TEXT, NULL },
    { "OtherInfo", "PageAmount", ONE, EDXML_TEXT, NULL },
    { "OtherInfo", "Direction", ONE, EDXML_TEXT, NULL },
    { "OtherInfo", "Appendixes", ONE, EDXML_GROUP, "Appendixes" },
    { "OtherInfo", "ReplyFors", ONE, EDXML_GROUP, "ReplyFors" },
    { "OtherInfo", "ReferenceCodes", ONE, EDXML_GROUP, "ReferenceCodes" },
    { "Appendixes", "Appendix", MANY, EDXML_TEXT, NULL },
    { "ReplyFors", "ReplyFor", MANY, EDXML_TEXT, NULL },
    { "ReferenceCodes", "ReferenceCode", MANY, EDXML_TEXT, NULL },
    { "ResponseFor", "OrganId", ONE, EDXML_ID, NULL },
    { "ResponseFor", "Code", ONE, EDXML_TEXT, NULL },
    { "ResponseFor", "DocumentId", ONE, EDXML_TEXT, NULL },
    { "ResponseFor", "PromulgationDate", ONE, EDXML_DATE, NULL },
    { "ToPlaces", "Place", MANY, EDXML_TEXT, NULL },
    { "ResponseForTask", "TaskCode", MANY, EDXML_TEXT, NULL },
    { "StaffInfo", "Department", ONE, EDXML_TEXT, NULL },
    { "StaffInfo", "DepartmentId", ONE, EDXML_TEXT, NULL },
    { "StaffInfo", "Staff", ONE, EDXML_TEXT, NULL },
    { "StaffInfo", "StaffId", ONE, EDXML_TEXT, NULL },
    { "StaffInfo", "Email", ONE, EDXML_TEXT, NULL },
    { "StaffInfo", "Mobile", ONE, EDXML_TEXT, NULL },
    { "Trace", "TraceHeader", MANY, EDXML_GROUP, "TraceHeader" },
    { "Trace", "Bussiness", ONE, EDXML_GROUP, "Bussiness" },
    { "TraceHeader", "OrganId", ONE, EDXML_ID, NULL },
    { "TraceHeader", "Timestamp", ONE, EDXML_TIME, NULL },
    { "Bussiness", "DocumentId", ONE, EDXML_TEXT, NULL },
    { "Bussiness", "BussinessDocType", ONE, EDXML_WORD, "0|1|2|3" },
    { "Bussiness", "BussinessDocReason", ONE, EDXML_TEXT, NULL },
    { "Bussiness", "Paper", ONE, EDXML_WORD, "0|1" },
    { "Bussiness", "DocumentReceiver", ONE, EDXML_WORD, "0|1" },
    { "Bussiness", "BussinessDocumentInfo", ONE, EDXML_GROUP, "BussinessDocumentInfo" },
    { "Bussiness", "ReplacementInfoList", ONE, EDXML_GROUP, "ReplacementInfoList" },
    { "Bussiness", "StaffInfo", ONE, EDXML_GROUP, "StaffInfo" },
    { "BussinessDocumentInfo", "DocumentInfo", ONE, EDXML_WORD, "0|1" },
    { "BussinessDocumentInfo", "DocumentReceiver", ONE, EDXML_WORD, "0|1" },
    { "BussinessDocumentInfo", "ReceiverList", ONE, EDXML_GROUP, "ReceiverList" },
    { "ReceiverList", "Receiver", MANY, EDXML_GROUP, "Receiver" },
    { "Receiver", "OrganId", ONE, EDXML_ID, NULL },
    { "Receiver", "ReceiverType", ONE, EDXML_WORD, "0|1" },
    { "ReplacementInfoList", "ReplacementInfo", MANY, EDXML_GROUP, "ReplacementInfo" },
    { "ReplacementInfo", "DocumentId", ONE, EDXML_TEXT, NULL },
    { "ReplacementInfo", "OrganIdList", ONE, EDXML_GROUP, "OrganIdList" },
    { "OrganIdList", "OrganId", MANY, EDXML_ID, NULL },
    { "Reference", "ContentId", ONE, EDXML_TEXT, NULL },
    { "Reference", "ContentType", ONE, EDXML_TEXT, NULL },
    { "Reference", "Description", ONE, EDXML_TEXT, NULL },
    { "Reference", "AttachmentName", ONE, EDXML_TEXT, NULL },
    { "Attachment", "ContentId", ONE, EDXML_TEXT, NULL },
    { "Attachment", "AttachmentName", ONE, EDXML_TEXT, NULL },
    { "Attachment", "Description", ONE, EDXML_TEXT, NULL },
    { "Attachment", "ContentType", ONE, EDXML_TEXT, NULL },
    { "Attachment", "ContentTransferEncoded", ONE, EDXML_TEXT, NULL },
    { "Attachment", "FieldName", ONE, EDXML_TEXT, NULL },
    { "Attachment", "MimeType", ONE, EDXML_TEXT, NULL },
    { "Attachment", "Format", ONE, EDXML_TEXT, NULL },
};

const EdxmlShape *
edxml_shape_next(const char *owner, const EdxmlShape *row)
{
    for (row = row == NULL ? rows : row + 1; row < rows + G_N_ELEMENTS(rows); row++) {
        if (strcmp(row->owner, owner) == 0)
            return row;
    }
    return NULL;
}

const EdxmlShape *
edxml_shape_find(const char *owner, const char *name)
{
    const EdxmlShape *row = NULL;

    while ((row = edxml_shape_next(owner, row)) != NULL && strcmp(row->name, name) != 0)
        continue;
    return row;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* edxml.h: messages of the state document axis (QCVN 102:2016): reading what real systems write, writing one strict form.
 *
 * A message is read by names, never by order; what is odd about it is kept as a list of verdicts with stable codes, and only what cannot be
 * attributed or parsed is refused. Texts are NFC. The text of attachments is taken out before the XML is parsed, so that a large message costs
 * its own size and no more. Nothing here knows of endpoints, units or the hub's messages.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

#define EDXML_NS "http://www.mic.gov.vn/TBT/QCVN_102_2016"
#define EDXML_NS_BKAV "http://www.e-doc.vn/Schema/"

/* An element: a text, or children. */
typedef struct {
    char *name;          /* local name */
    char *text;          /* nullable */
    GPtrArray *children; /* of EdxmlNode * */
} EdxmlNode;

EdxmlNode *edxml_node_new(const char *name, const char *text);
void edxml_node_free(EdxmlNode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EdxmlNode, edxml_node_free)
/** edxml_node_add: Returns: (transfer none): the new child */
EdxmlNode *edxml_node_add(EdxmlNode *self, const char *name, const char *text);
/** edxml_node_set: adds what lies on @path ("Code/CodeNumber") and gives it @text; nothing when @text is %NULL or "" */
void edxml_node_set(EdxmlNode *self, const char *path, const char *text);
/** edxml_node_child: @self: (nullable). Returns: (nullable): the first child of this name */
EdxmlNode *edxml_node_child(const EdxmlNode *self, const char *name);
/** edxml_node_get: Returns: (nullable): the text at @path, %NULL when it is absent or empty */
const char *edxml_node_get(const EdxmlNode *self, const char *path);

/* What an element may hold: rows in the order in which the strict form has them. */
typedef enum { EDXML_GROUP, EDXML_TEXT, EDXML_ID, EDXML_DATE, EDXML_TIME, EDXML_WORD } EdxmlValue;
typedef struct {
    const char *owner; /* shape that this is a row of */
    const char *name;  /* of the element */
    gboolean many;
    EdxmlValue value;
    const char *shape; /* GROUP: its own shape; WORD: the values that are known, separated by | */
} EdxmlShape;
/** edxml_shape_find: Returns: (nullable): the row */
const EdxmlShape *edxml_shape_find(const char *owner, const char *name);
/** edxml_shape_next: the rows of one shape, in order. @row: (nullable): the one before */
const EdxmlShape *edxml_shape_next(const char *owner, const EdxmlShape *row);

/* What is odd about a message. Codes are stable; the table is printed into the plugin's README. */
typedef enum { EDXML_NOTE, EDXML_WARNING, EDXML_DAMAGE } EdxmlLevel;
typedef struct {
    const char *code;
    EdxmlLevel level; /* note: harmless; warning: something is not known for sure; damage: something is lost */
    const char *meaning, *vietnamese;
} EdxmlRule;
#define EDXML_VERDICTS_MAX 1000u /* of one message; what comes after is not noted */
typedef struct {
    const EdxmlRule *rule;
    char *where; /* nullable: element or attachment; never content */
} EdxmlVerdict;
/** edxml_rules: Returns: all rows, ended by code %NULL */
const EdxmlRule *edxml_rules(void);
const char *edxml_level_word(EdxmlLevel level);

typedef enum {
    EDXML_NEW = 0, EDXML_REVOCATION = 1, EDXML_UPDATE = 2, EDXML_REPLACEMENT = 3, /* BussinessDocType */
    EDXML_STATUS, EDXML_UNKNOWN,
} EdxmlKind;
const char *edxml_kind_word(EdxmlKind kind);

/* How the content of an attachment was found. */
typedef enum { EDXML_UNPACKED, EDXML_RAW, EDXML_DAMAGED } EdxmlState;
const char *edxml_state_word(EdxmlState state);

typedef struct {
    char *id;          /* ContentId without "cid:" */
    char *name;        /* nullable: AttachmentName */
    char *description; /* nullable */
    char *type;        /* nullable: ContentType, as said */
    EdxmlState state;
    GBytes *content;   /* NULL when it is damaged; for the writer: what is to be packed */
    char *sha256;      /* nullable: of the content */
} EdxmlAttachment;

/* What was found of the signature: a word of envelope.md §10. */
typedef struct {
    const char *verdict;   /* "valid", "legacy", "invalid" or "absent" */
    char *method;          /* nullable: SignatureMethod */
    GBytes *certificate;   /* nullable: DER of the first X509Certificate, when it is base64 */
} EdxmlSignature;

typedef struct {
    EdxmlKind kind;
    char *ns;                /* nullable: of the document element */
    EdxmlNode *header;       /* MessageHeader */
    EdxmlNode *trace;        /* nullable: TraceHeaderList */
    GPtrArray *attachments;  /* of EdxmlAttachment * */
    EdxmlSignature signature;
    GPtrArray *verdicts;     /* of EdxmlVerdict * */
} Edxml;

Edxml *edxml_new(EdxmlKind kind);
void edxml_free(Edxml *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Edxml, edxml_free)
/** edxml_judge: adds a verdict, once per code and place. @where: (nullable) */
void edxml_judge(Edxml *self, const char *code, const char *where);
gboolean edxml_has_verdict(const Edxml *self, const char *code);
/** edxml_add_attachment: @content: (transfer none) */
void edxml_add_attachment(Edxml *self, const char *id, const char *name, const char *type, GBytes *content);
/** edxml_get_target: the document that a message is about: Bussiness/DocumentId, ReplacementInfo, ResponseFor or DocumentId, whichever is there
 * first. Returns: (nullable) */
const char *edxml_get_target(const Edxml *self);
/** edxml_get_dossier: Returns: (nullable): the dossier's code, when ApplicationType says MCDT_DT (domain.md §2.6) */
const char *edxml_get_dossier(const Edxml *self);
/** edxml_pick: for XML that has passed the hub's schema. Returns: (transfer full) (nullable): text of the document element's first child @name */
char *edxml_pick(GBytes *xml, const char *name);
/** edxml_bussiness: Returns: (nullable) */
const EdxmlNode *edxml_bussiness(const Edxml *self);

typedef struct {
    gsize max_bytes;       /* of the message */
    gsize max_content;     /* of all attachments together, unpacked */
    guint max_attachments;
} EdxmlLimits;
#define EDXML_LIMITS { 128u << 20, 256u << 20, 999 }
#define EDXML_RATIO_MAX 100u

/**
 * edxml_read:
 * @trusted: (nullable) (element-type GBytes): DER certificates of signers that are known
 *
 * Errors: INVALID with the reasons of lt_xml_scan(), `xml.syntax`, `xml.mismatch`, `edxml.root`, `edxml.header`, `edxml.from`; TOO_LARGE
 * `edxml.size`. Never content.
 *
 * Returns: (transfer full): the message; damaged attachments are in it without content
 */
Edxml *edxml_read(GBytes *bytes, const EdxmlLimits *limits, const GPtrArray *trusted, GError **error);
/** edxml_write: the strict form, unsigned; attachments as ZIPs of one entry. The same message gives the same bytes */
GBytes *edxml_write(const Edxml *self, GError **error);
/** edxml_check: against schemas/edxml/edxml.xsd. Errors: as edxml_read(), and INVALID `edxml.schema` with line and element */
gboolean edxml_check(GBytes *bytes, GError **error);
/** edxml_to_json: what was understood, as one JSON object. @vietnamese: the meaning of verdicts is said so */
char *edxml_to_json(const Edxml *self, gboolean vietnamese);

/** edxml_json_member: appends `"name":"text"`, after a comma when needed; nothing when @text is %NULL. @name: (nullable): in a list */
void edxml_json_member(GString *out, const char *name, const char *text);

/* edxml-date.c */
typedef enum { EDXML_DATE_USUAL, EDXML_DATE_OTHER_FORM, EDXML_DATE_IMPOSSIBLE, EDXML_DATE_UNREADABLE } EdxmlDateForm;
/** edxml_date_read: every form of domain.md §10.7, in Việt Nam's time when no zone is written. @out: (out) (optional) (transfer full) */
EdxmlDateForm edxml_date_read(const char *text, gboolean with_time, GDateTime **out);
/** edxml_date_rfc3339: Returns: (transfer full): 2026-11-23T16:02:30+07:00 */
char *edxml_date_rfc3339(GDateTime *date);

/* edxml-zip.c */
/** edxml_zip_read: the one entry of a ZIP. *code: (out): the verdict when there is none; `attachment.not-zip` when these are other bytes */
GBytes *edxml_zip_read(GBytes *zip, gsize max_size, const char **code);
GBytes *edxml_zip_write(GBytes *content, const char *name);

/* edxml-base64.c */
/** edxml_base64_read: white space is passed over. Returns: (transfer full) (nullable): NULL when it is no base64 */
GBytes *edxml_base64_read(const char *text, gsize size, gboolean *had_space);

/* edxml-signature.c: the only file that knows xmlsec */
/** edxml_signature_start: prepares the library for this process; the first of the plugins that need it does. Errors: INTERNAL */
gboolean edxml_signature_start(GError **error);
/** edxml_signature_check: fills self->signature and judges. @bytes: the message */
void edxml_signature_check(Edxml *self, GBytes *bytes, const GPtrArray *trusted);
/** edxml_sign: xmldsig, enveloped, exclusive C14N, rsa-sha256. @key, @certificate: PEM files. Errors: CONFIG `edxml.key` */
GBytes *edxml_sign(GBytes *bytes, const char *key, const char *certificate, GError **error);

/* SPDX-License-Identifier: Apache-2.0 */
/* soap.h: what the files of this plugin share. */
#pragma once

#include <lienthong/plugin.h>

#include "envelope.h"
#include "mime.h"
#include "replay.h"
#include "security.h"
#include "transform.h"
#include "wsdl.h"

/* The places where a map may stand. */
typedef enum { MAP_DELIVER, MAP_REPLY, MAP_COLLECT, MAP_ITEMS, MAP_FETCH, MAP_DOCUMENT, MAP_CONFIRM, MAP_RECEIVE, MAP_ANSWER, MAP_N } Map;

typedef struct {
    char *version;
    char *wsdl, *wsdl_port, *operation, *action;
    char *path;
    char *deliver_map, *reply_map, *collect_map, *items_map, *fetch_map, *document_map, *confirm_map, *receive_map, *answer_map;
    char **parameters;
    char *attachments;
    gint64 attachments_max;
    gint64 map_time;
    gint64 map_memory;
    char **decode;
    char **faults;
    char **types;
    char *auth, *user, *password, *token, *auth_header, *lgsp_token;
    char *sign_certificate, *sign_key;
    char *peer_certificate, *peer_ca, *peer_subject;
    char *unsigned_messages;

    /* made by open */
    SoapVersion soap_version;
    gboolean speaks_any; /* receive: the caller's version, when none is set */
    Transform *maps[MAP_N];
    const char **map_parameters; /* names and values in turn */
    Wsdl *description; /* nullable */
    Seal *seal;        /* nullable: nothing is signed */
    Trust *trust;      /* nullable: nothing need be signed */
    Replay *replay;
    char *credential;  /* nullable: value of the header */
    char *lgsp_hash;   /* nullable: auth = lgsp */
} Soap;

/* settings.c */
extern const LtKey soap_keys[];
/** soap_map_name: "deliver", "reply" …: the key without "_map" */
const char *soap_map_name(Map map);
gboolean soap_open(gpointer data, GError **error);
void soap_close(gpointer data);
/** soap_run_map: Errors: CONFIG `soap.settings` when there is none; those of transform_run() */
xmlDoc *soap_run_map(const Soap *self, Map map, xmlDoc *input, GError **error);

/* scaffold.c */
/** soap_scaffold: from the WSDL in `wsdl`, and `operation` when it has several; nothing without a WSDL. Errors: CONFIG `soap.xml`, `soap.wsdl` */
gboolean soap_scaffold(const char *name, GHashTable *values, GHashTable *files, GError **error);

/* An answer of the other side, or a call of it: what was verified and taken apart. */
typedef struct {
    LtReply *reply;     /* nullable: a call has none */
    GBytes *raw;        /* the bytes as they came */
    char *raw_type;     /* their media type */
    Mime *mime;
    xmlDoc *doc;
    Envelope envelope;
    const char *verdict; /* "valid" or "absent" */
    Proof proof;
    char *operation;     /* nullable: as the WSDL names it */
    char **decode;       /* nullable: the endpoint's key */
} Incoming;
Incoming *incoming_new(void);
void incoming_free(Incoming *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Incoming, incoming_free)

/* incoming.c */
/**
 * incoming_read:
 * @content_type: (nullable)
 *
 * MIME, XML, envelope; with a trust the signature. XOP includes are put in place for it and taken out again, so that a map never holds
 * large contents: it sees <lt:content part="N"/>.
 *
 * Errors: INVALID `soap.media-type`, `soap.mime`, `soap.xml`, `soap.version`, `soap.structure`, `soap.xop`; TOO_LARGE `soap.attachments`; SIGNATURE
 */
gboolean incoming_read(const Soap *self, Incoming *incoming, const char *content_type, GError **error);
/** incoming_add: the parts of it that maps see, below @root: header, body, attachments */
void incoming_add(const Incoming *self, xmlNode *root);
/**
 * incoming_content:
 * @node: an element that holds <lt:content part="N"/> or base64
 *
 * Returns: (transfer full) (nullable): bytes. Errors: CONFIG `soap.map.output`
 */
GBytes *incoming_content(const Incoming *self, const xmlNode *node, GError **error);

/* call.c */
/**
 * soap_call:
 * @mapped: what a map gave: the element in Body, or lt:request
 * @message: (nullable): whose attachments lt:content names
 *
 * Signs, packs, sends, and reads what came. Faults are errors by fault_judge().
 *
 * Returns: (transfer full): the answer; in a dry run, or for an empty answer that is allowed, one without a document
 */
Incoming *soap_call(const Soap *self, LtLink *link, xmlDoc *mapped, LtMessage *message, GCancellable *cancellable, GError **error);
/** soap_is_nothing: the map says that there is nothing to send */
gboolean soap_is_nothing(xmlDoc *mapped);

/* hand-in.c */
/**
 * soap_build:
 * @node: lt:message
 * @context: (nullable): the message that this answers
 *
 * Errors: CONFIG `soap.map.output`
 */
LtMessageBuilder *soap_build(const xmlNode *node, const Incoming *incoming, LtMessage *context, guint number, LtInbox *inbox, GError **error);

/* deliver.c, collect.c, receive.c: the verbs */
gboolean soap_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error);
gboolean soap_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error);
gboolean soap_receive(gpointer data, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable, GError **error);

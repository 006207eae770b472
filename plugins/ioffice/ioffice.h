/* SPDX-License-Identifier: Apache-2.0 */
/* ioffice.h: what the files of this plugin share. */
#pragma once

#include <lienthong/plugin.h>

#include "answer.h"
#include "edxml.h"

typedef struct {
    /* keys */
    char *transport;
    char *system_id;
    char *secret;
    char *service_type;
    char *user, *password, *application;
    char *in, *out;
    char **organ_ids, **names;
    char *signers, *signature_policy;
    char *sign_key, *sign_certificate;
    char *replies;
    gboolean payload_file;
    gint64 max_message;
    char **types;

    /* made by open */
    GPtrArray *trusted; /* of GBytes *: DER */
    GMutex lock;
    char *token;        /* nullable: LGSP; under lock */
    gint64 token_until_us;
} Ioffice;

/* How a mailbox is reached. @is_status: the list of status messages, not that of documents. */
typedef struct {
    /** Returns: (transfer full) (element-type utf8): ids of what waits */
    GPtrArray *(*list)(Ioffice *self, LtLink *link, gboolean is_status, GError **error);
    /** Returns: (transfer full): the message as the gateway has it */
    GBytes *(*fetch)(Ioffice *self, LtLink *link, const char *id, GError **error);
    /** @is_good: %FALSE: it cannot be read and never will be; @cause: then says why */
    gboolean (*acknowledge)(Ioffice *self, LtLink *link, const char *id, gboolean is_good, const GError *cause, GError **error);
    gboolean (*send)(Ioffice *self, LtLink *link, GBytes *edxml, const char *name, gboolean is_status, const char *from, const char *to,
                     GError **error);
} IofficeTransport;
extern const IofficeTransport ioffice_vxp, ioffice_lgsp, ioffice_folder;
const IofficeTransport *ioffice_transport(const Ioffice *self);

/** ioffice_exchange: as lt_link_send(); an answer over the limit is UNAVAILABLE */
LtReply *ioffice_exchange(LtLink *link, LtRequest *request, GError **error);

/* verdict of a gateway's error code, for both REST forms (domain.md §3.2) */
/** ioffice_judge_code: TRUE for "0" or none. Errors: REFUSED, CONFIG or UNAVAILABLE `ioffice.code.N` */
gboolean ioffice_judge_code(const char *code, GError **error);

/* status.c */
/* @code: of the axis; @state: of the national portal that it stands for, 0: none */
typedef struct {
    const char *code;
    int state;
    const char *meaning;
} IofficeStatus;
const IofficeStatus *ioffice_statuses(void); /* ended by code NULL */
/** ioffice_status_of: code of the axis for a state 1 to 10. Returns: (nullable) */
const char *ioffice_status_of(int state);

/* compose.c */
/** ioffice_compose: a message of the hub as edXML. @inbox: (nullable): where what it answers is found. Returns: (transfer full) */
Edxml *ioffice_compose(const Ioffice *self, LtMessage *message, LtInbox *inbox, GError **error);
/** ioffice_organ_of, ioffice_unit_of: a unit's identifier on the axis, and back */
const char *ioffice_organ_of(const Ioffice *self, const char *unit);
char *ioffice_unit_of(const Ioffice *self, const char *organ);

/* interpret.c */
/** ioffice_hand_in: what a message of the axis is for the hub. @key: of the mailbox. Errors: those of lt_inbox_submit(), `ioffice.signature` */
gboolean ioffice_hand_in(const Ioffice *self, const Edxml *message, GBytes *bytes, const char *key, LtInbox *inbox, GError **error);

/* deliver.c, collect.c */
gboolean ioffice_deliver(gpointer data, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error);
gboolean ioffice_collect(gpointer data, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error);

/* vxp-sign.c */
typedef struct {
    const char *name, *value;
} VxpParameter;
/** vxp_sign: sets the signed headers for these, in this order (domain.md §3.1). @parameters: ended by name NULL */
void vxp_sign(LtRequest *request, const VxpParameter *parameters, const char *secret);
/** vxp_timestamp: Returns: (transfer full): ddMMyyyy'T'HHmmss+SSSS, Việt Nam's time */
char *vxp_timestamp(gint64 now_us);

/* inspect.c */
char *ioffice_inspect(GHashTable *options, GBytes *document, GError **error);
/** ioffice_read_certificates: @path: (nullable): PEM file. Returns: (transfer full): of GBytes *, DER; empty without a file */
GPtrArray *ioffice_read_certificates(const char *path, GError **error);

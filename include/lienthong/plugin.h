/* SPDX-License-Identifier: Apache-2.0 */
/* plugin.h: the contract between the hub and a plugin, version 1.
 *
 * A plugin is a shared object with one exported symbol, made by LT_PLUGIN_EXPORT. It adds one outside system: its
 * verbs are plain synchronous functions which the hub calls in its worker threads, under a deadline, never two at a
 * time for the same message. All verbs are optional. `self` is one zeroed struct per endpoint, filled from the
 * declared keys before open(); a plugin keeps no file-static state.
 */
#pragma once

#include <gio/gio.h>
#include <lienthong/error.h>
#include <lienthong/link.h>
#include <lienthong/message.h>
#include <lienthong/settings.h>

G_BEGIN_DECLS

#define LT_PLUGIN_MAGIC 0x4c544842u /* "LTHB" */
#define LT_PLUGIN_ABI 1u
#define LT_PLUGIN_SYMBOL "lt_plugin"

typedef struct _LtInbox LtInbox;

/**
 * lt_inbox_submit:
 * @inbox: (transfer none): inbox of the running verb
 * @message: (transfer full): what was found
 *
 * Hands a message in. When it returns %TRUE the message is committed to disk, and only then may it be acknowledged
 * at its source. A message whose key was handed in before is TRUE again and nothing else happens.
 *
 * Errors: the refusal, with its reason; %LT_ERROR_UNAVAILABLE when the hub cannot keep it now.
 */
LT_API gboolean lt_inbox_submit(LtInbox *inbox, LtMessageBuilder *message, GError **error);

/** lt_inbox_get_cursor: Returns: (nullable): what lt_inbox_set_cursor() kept the last time; survives restarts */
LT_API const char *lt_inbox_get_cursor(LtInbox *inbox);
/** lt_inbox_set_cursor: @cursor: where the next collect goes on, at most 1024 bytes; durable once TRUE */
LT_API gboolean lt_inbox_set_cursor(LtInbox *inbox, const char *cursor, GError **error);

/**
 * lt_inbox_find_submission:
 * @code: a dossier's code, as citizens see it
 *
 * The newest message that brought this dossier to a unit of this endpoint. Its dossier, from, id and manifest are what
 * an answer needs.
 *
 * Returns: (transfer full) (nullable): the message, or %NULL when this endpoint never got such a dossier
 */
LT_API LtMessage *lt_inbox_find_submission(LtInbox *inbox, const char *code);

/** lt_inbox_find_message: Returns: (transfer full) (nullable): a message that this endpoint got, or that one of its units sent, by sender and id */
LT_API LtMessage *lt_inbox_find_message(LtInbox *inbox, const char *from, const char *id);

/**
 * lt_inbox_find_handed_in:
 * @code: a dossier's code, as citizens see it
 *
 * The newest submission of this dossier that one of this endpoint's units sent: what an update, a recall or an answer to it refers to.
 *
 * Returns: (transfer full) (nullable): the message, or %NULL
 */
LT_API LtMessage *lt_inbox_find_handed_in(LtInbox *inbox, const char *code);

/**
 * lt_link_get_inbox:
 * @link: link of a running deliver
 *
 * For systems that answer at once with what belongs to a unit, not only with a receipt: the answer is handed in here before deliver()
 * returns. Give it a key made from the delivered message's id, so that a second delivery finds it kept already.
 *
 * Returns: (transfer none) (nullable): the endpoint's inbox; %NULL when nothing can be handed in: a dry run, a test without a store
 */
LT_API LtInbox *lt_link_get_inbox(LtLink *link);

/**
 * LtStanding:
 * @state: state of the national portal, 1 to 10; 0: not known yet
 * @at_us: UTC microseconds of the last change
 *
 * Where a dossier stands, without a word of who and what.
 */
typedef struct {
    int state;
    gint64 at_us;
} LtStanding;

/**
 * lt_inbox_find_standing:
 * @code: a dossier's code, as citizens see it
 * @standing: (out caller-allocates): set when %TRUE
 *
 * For systems that answer citizens who ask with a code. Every dossier of the hub may be asked for.
 *
 * Returns: %FALSE when the hub knows no such dossier, or cannot say now
 */
LT_API gboolean lt_inbox_find_standing(LtInbox *inbox, const char *code, LtStanding *standing);

/**
 * LtPlugin:
 * @magic: %LT_PLUGIN_MAGIC
 * @abi: %LT_PLUGIN_ABI
 * @size: size of this struct when the plugin was built; it only grows at its end
 * @name: as in the configuration; must equal the file's name without suffix
 * @version: of the plugin, for people
 * @summary: one line, for people
 * @keys: rows ended by LT_KEYS_END, or %NULL
 * @self_size: bytes of the struct that the rows fill
 * @flags: 0
 * @open: prepares what every call needs (compiles mappings); an error stops the start or the reload
 * @close: frees what open() made; the members filled from keys are the hub's
 * @collect: asks the system for what is new and hands it in
 * @receive: the system calls the hub in its own protocol; *reply is what it gets
 * @deliver: hands a message over. At least once: must be idempotent per message id. TRUE: the other side has it
 * @scaffold: (nullable): begins a configuration from a description that the other side gave, such as a WSDL. @name: of the endpoint; @values:
 *   (element-type utf8 utf8): keys that the user has set (`wsdl`, `operation`); it adds those that follow; @files: (element-type utf8 utf8): takes
 *   names of files, relative to the section's file, with their contents. Both tables own what is put into them
 * @inspect: (optional): reads one file of the system's own format with the code that a delivery uses, and says as a JSON object what it
 *   understood. @options: (element-type utf8 utf8): "verb" ("read", "check"), "lang", and what the user gave. No endpoint is open
 */
typedef struct {
    guint32 magic;
    guint32 abi;
    gsize size;
    const char *name;
    const char *version;
    const char *summary;
    const LtKey *keys;
    gsize self_size;
    guint64 flags;
    gboolean (*open)(gpointer self, GError **error);
    void (*close)(gpointer self);
    gboolean (*collect)(gpointer self, LtInbox *inbox, LtLink *link, GCancellable *cancellable, GError **error);
    gboolean (*receive)(gpointer self, LtRequest *request, LtReply **reply, LtInbox *inbox, GCancellable *cancellable,
                        GError **error);
    gboolean (*deliver)(gpointer self, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error);
    gboolean (*scaffold)(const char *name, GHashTable *values, GHashTable *files, GError **error);
    char *(*inspect)(GHashTable *options, GBytes *document, GError **error);
} LtPlugin;

/* The descriptor of version 1 ends with deliver; no later hub takes less. */
#define LT_PLUGIN_SIZE_V1 (G_STRUCT_OFFSET(LtPlugin, deliver) + sizeof(gpointer))

#define LT_PLUGIN_EXPORT(...)                                                                                          \
    extern LT_API const LtPlugin lt_plugin;                                                                            \
    const LtPlugin lt_plugin = { .magic = LT_PLUGIN_MAGIC, .abi = LT_PLUGIN_ABI, .size = sizeof(LtPlugin),             \
                                 __VA_ARGS__ };

G_END_DECLS

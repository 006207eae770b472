/* SPDX-License-Identifier: Apache-2.0 */
/* bad-plugin.c: a plugin with one fault, chosen when it is compiled; the loader must name each. */
#include <lienthong/plugin.h>

typedef struct {
    char *member;
    char *other;
} Bad;

#ifndef BAD_MAGIC
#define BAD_MAGIC LT_PLUGIN_MAGIC
#endif
#ifndef BAD_ABI
#define BAD_ABI LT_PLUGIN_ABI
#endif
#ifndef BAD_SIZE
#define BAD_SIZE sizeof(LtPlugin)
#endif
#ifndef BAD_NAME
#define BAD_NAME NULL
#endif
#ifndef BAD_SELF_SIZE
#define BAD_SELF_SIZE sizeof(Bad)
#endif
#ifndef BAD_KEY
#define BAD_KEY "member"
#endif

static const LtKey keys[] = {
    { BAD_KEY, LT_KEY_STRING, G_STRUCT_OFFSET(Bad, other), "", NULL, "a member" },
    LT_KEYS_END,
};

#ifdef BAD_OPEN
static gboolean
bad_open(gpointer self, GError **error)
{
    (void) self;
    if (BAD_OPEN > 1)
        lt_error_set(error, LT_ERROR_CONFIG, "bad.open", "told to fail");
    return FALSE;
}
#endif

#ifdef BAD_FUNCTION
LT_API gboolean lt_function_of_a_later_hub(void);

static gboolean
bad_deliver(gpointer self, LtMessage *message, LtLink *link, GCancellable *cancellable, GError **error)
{
    (void) self;
    (void) message;
    (void) link;
    (void) cancellable;
    (void) error;
    return lt_function_of_a_later_hub();
}
#endif

#ifdef BAD_SYMBOL
#define lt_plugin BAD_SYMBOL
#endif
extern LT_API const LtPlugin lt_plugin;
const LtPlugin lt_plugin = {
    .magic = BAD_MAGIC, .abi = BAD_ABI, .size = BAD_SIZE, .name = BAD_NAME, .version = "1", .summary = "bad", .keys = keys, .self_size = BAD_SELF_SIZE,
#ifdef BAD_OPEN
    .open = bad_open,
#endif
#ifdef BAD_FUNCTION
    .deliver = bad_deliver,
#endif
};

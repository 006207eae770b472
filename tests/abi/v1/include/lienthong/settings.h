/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h: configuration keys, declared once as rows.
 *
 * From a table of rows the hub fills the plugin's own struct before open(), refuses unknown, missing and ill-typed
 * keys with file, section and a suggestion, prints the reference of the keys, and writes the effective
 * configuration with secrets masked. A row whose member has the wrong C type does not compile.
 *
 * A default of %NULL makes a key required; a default of "" leaves a string, list or path %NULL when it is absent.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>

G_BEGIN_DECLS

/**
 * LtKeyType:
 * @LT_KEY_STRING: char *: any UTF-8 text
 * @LT_KEY_URL: char *: absolute http or https URL without user, password or fragment
 * @LT_KEY_PATH: char *: file name; a relative one counts from the folder of the configuration file
 * @LT_KEY_SECRET: char *: as text, `file:PATH` or `credential:NAME`; masked wherever it is shown
 * @LT_KEY_NUMBER: gint64: decimal, with a range such as "0..511"
 * @LT_KEY_BYTES: gint64: decimal with an optional K, M or G (powers of 1024)
 * @LT_KEY_DURATION: gint64 microseconds: decimal with unit ms, s, min, h or d
 * @LT_KEY_BOOLEAN: gboolean: true or false
 * @LT_KEY_CHOICE: char *: one of the words of the range, such as "post|put"
 * @LT_KEY_LIST: char **: words separated by `;`
 */
typedef enum {
    LT_KEY_STRING = 1,
    LT_KEY_URL,
    LT_KEY_PATH,
    LT_KEY_SECRET,
    LT_KEY_NUMBER,
    LT_KEY_BYTES,
    LT_KEY_DURATION,
    LT_KEY_BOOLEAN,
    LT_KEY_CHOICE,
    LT_KEY_LIST,
} LtKeyType;

/**
 * LtKey:
 * @name: name of the key, which is the name of the member
 * @type: how the value is read
 * @offset: of the member in the struct
 * @preset: default as text; %NULL: the key is required; "": absent is %NULL
 * @range: "0..511", "post|put", or %NULL
 * @help: what it is for, one line, for people
 */
typedef struct {
    const char *name;
    LtKeyType type;
    gsize offset;
    const char *preset;
    const char *range;
    const char *help;
} LtKey;

#define LT_KEY_MEMBER_(Struct, member, ctype)                                                                          \
    (G_STRUCT_OFFSET(Struct, member) +                                                                                 \
     0 * sizeof(struct { _Static_assert(__builtin_types_compatible_p(__typeof__(((Struct *) 0)->member), ctype),       \
                                        #Struct "." #member " must be of type " #ctype); char c; }))
#define LT_KEY_(Struct, member, type, ctype, preset, range, help)                                                      \
    { #member, type, LT_KEY_MEMBER_(Struct, member, ctype), preset, range, help }

#define LT_STRING(Struct, member, preset, help)                                                                        \
    LT_KEY_(Struct, member, LT_KEY_STRING, char *, preset, NULL, help)
#define LT_URL(Struct, member, preset, help) LT_KEY_(Struct, member, LT_KEY_URL, char *, preset, NULL, help)
#define LT_PATH(Struct, member, preset, help) LT_KEY_(Struct, member, LT_KEY_PATH, char *, preset, NULL, help)
#define LT_SECRET(Struct, member, preset, help) LT_KEY_(Struct, member, LT_KEY_SECRET, char *, preset, NULL, help)
#define LT_NUMBER(Struct, member, preset, range, help)                                                                 \
    LT_KEY_(Struct, member, LT_KEY_NUMBER, gint64, preset, range, help)
#define LT_BYTES(Struct, member, preset, range, help)                                                                  \
    LT_KEY_(Struct, member, LT_KEY_BYTES, gint64, preset, range, help)
#define LT_DURATION(Struct, member, preset, range, help)                                                               \
    LT_KEY_(Struct, member, LT_KEY_DURATION, gint64, preset, range, help)
#define LT_BOOLEAN(Struct, member, preset, help)                                                                       \
    LT_KEY_(Struct, member, LT_KEY_BOOLEAN, gboolean, preset, NULL, help)
#define LT_CHOICE(Struct, member, preset, range, help)                                                                 \
    LT_KEY_(Struct, member, LT_KEY_CHOICE, char *, preset, range, help)
#define LT_LIST(Struct, member, preset, help) LT_KEY_(Struct, member, LT_KEY_LIST, char **, preset, NULL, help)
#define LT_KEYS_END { NULL, 0, 0, NULL, NULL, NULL }

G_END_DECLS

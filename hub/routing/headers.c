/* SPDX-License-Identifier: Apache-2.0 */
/* headers.c: header fields in the order in which they came. A message has a dozen of them, so a plain array is searched. */
#include "routing/headers.h"

static void
field_clear(gpointer data)
{
    LtHeaderField *field = data;

    g_free(field->name);
    g_free(field->value);
}

LtHeaderList *
lt_header_list_new(void)
{
    LtHeaderList *self = g_array_new(FALSE, FALSE, sizeof(LtHeaderField));

    g_array_set_clear_func(self, field_clear);
    return self;
}

void
lt_header_list_add(LtHeaderList *self, const char *name, const char *value)
{
    lt_header_list_add_take(self, g_strdup(name), g_strdup(value));
}

void
lt_header_list_add_take(LtHeaderList *self, char *name, char *value)
{
    LtHeaderField field = { name, value };

    g_array_append_val(self, field);
}

void
lt_header_list_set(LtHeaderList *self, const char *name, const char *value)
{
    for (guint i = self->len; i > 0; i--) {
        if (g_ascii_strcasecmp(lt_header_list_at(self, i - 1)->name, name) == 0)
            g_array_remove_index(self, i - 1);
    }
    lt_header_list_add(self, name, value);
}

const char *
lt_header_list_lookup(const LtHeaderList *self, const char *name)
{
    for (guint i = 0; i < self->len; i++) {
        const LtHeaderField *field = lt_header_list_at(self, i);

        if (g_ascii_strcasecmp(field->name, name) == 0)
            return field->value;
    }
    return NULL;
}

const LtHeaderField *
lt_header_list_at(const LtHeaderList *self, guint index)
{
    return &g_array_index(self, LtHeaderField, index);
}

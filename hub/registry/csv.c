/* SPDX-License-Identifier: Apache-2.0 */
/* csv.c: one pass over the text, counting lines and characters as it goes. */
#include "registry/csv.h"

#include <string.h>

typedef struct {
    const char *at, *end;
    const char *name;
    guint line, column;
} Reader;

void
lt_csv_field_free(LtCsvField *self)
{
    g_free(self->text);
    lt_csv_free(self->table);
    g_free(self);
}

void
lt_csv_append(GString *out, const char *text)
{
    const char *end = out->len > 0 ? &out->str[out->len - 1] : "\n";

    if (*end != '\n')
        g_string_append_c(out, ',');
    if (text == NULL || *text == '\0') {
        if (*end == '\n') /* an empty first field would not be seen as one */
            g_string_append(out, "\"\"");
        return;
    }
    if (strpbrk(text, ",\"\r\n") == NULL) {
        g_string_append(out, text);
        return;
    }
    g_string_append_c(out, '"');
    for (; *text != '\0'; text++)
        g_string_append(out, *text == '"' ? "\"\"" : (const char[]){ *text, '\0' });
    g_string_append_c(out, '"');
}

int
lt_csv_find(const LtCsv *self, const char *column)
{
    for (guint i = 0; i < self->header->len; i++)
        if (strcmp(((const LtCsvField *) self->header->pdata[i])->text, column) == 0)
            return (int) i;
    return -1;
}

const LtCsvField *
lt_csv_get(const LtCsv *self, const GPtrArray *record, const char *column)
{
    int index = lt_csv_find(self, column);
    const LtCsvField *field = index >= 0 ? record->pdata[index] : NULL;

    return field != NULL && (*field->text != '\0' || field->table != NULL) ? field : NULL;
}

void
lt_csv_free(LtCsv *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->header, g_ptr_array_unref);
    g_clear_pointer(&self->records, g_ptr_array_unref);
    g_free(self);
}

/* Takes one byte; the continuation bytes of a character do not count as columns. */
static char
take(Reader *reader)
{
    char byte = *reader->at++;

    if (byte == '\n') {
        reader->line++;
        reader->column = 1;
    } else if (((guchar) byte & 0xc0) != 0x80) {
        reader->column++;
    }
    return byte;
}

static gboolean
ends_field(const Reader *reader)
{
    const char *at = reader->at;

    return at == reader->end || *at == ',' || *at == '\n' || (*at == '\r' && at + 1 < reader->end && at[1] == '\n');
}

static gboolean
read_quoted(Reader *reader, GString *text, GError **error)
{
    guint line = reader->line, column = reader->column;

    take(reader);
    while (reader->at < reader->end) {
        char byte = take(reader);

        if (byte != '"')
            g_string_append_c(text, byte);
        else if (reader->at < reader->end && *reader->at == '"')
            g_string_append_c(text, take(reader));
        else if (ends_field(reader))
            return TRUE;
        else
            break;
    }
    lt_error_set(error, LT_ERROR_INVALID, "csv.quote", "%s:%u:%u: the quotes of this field do not end before a comma or line end", reader->name,
                 line, column);
    return FALSE;
}

static LtCsvField *
read_field(Reader *reader, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    guint line = reader->line, column = reader->column;

    if (reader->at < reader->end && *reader->at == '"') {
        if (!read_quoted(reader, text, error))
            return NULL;
    } else {
        while (!ends_field(reader))
            g_string_append_c(text, take(reader));
    }
    LtCsvField *field = g_new0(LtCsvField, 1);
    field->text = g_strstrip(g_strdup(text->str));
    field->line = line;
    field->column = column;
    return field;
}

static GPtrArray *
read_record(Reader *reader, GError **error)
{
    g_autoptr(GPtrArray) record = g_ptr_array_new_with_free_func((GDestroyNotify) lt_csv_field_free);

    for (;;) {
        LtCsvField *field = read_field(reader, error);

        if (field == NULL)
            return NULL;
        g_ptr_array_add(record, field);
        if (reader->at == reader->end)
            return g_steal_pointer(&record);
        if (take(reader) == ',')
            continue;
        if (reader->at[-1] == '\r')
            take(reader);
        return g_steal_pointer(&record);
    }
}

static gboolean
is_empty(const GPtrArray *record)
{
    for (guint i = 0; i < record->len; i++)
        if (*((const LtCsvField *) record->pdata[i])->text != '\0')
            return FALSE;
    return TRUE;
}

static gboolean
check_text(Reader *reader, GError **error)
{
    const char *bad;

    if (g_utf8_validate(reader->at, reader->end - reader->at, &bad))
        return TRUE;
    while (reader->at < bad)
        take(reader);
    lt_error_set(error, LT_ERROR_INVALID, "csv.utf8", "%s:%u:%u: not UTF-8 text", reader->name, reader->line, reader->column);
    return FALSE;
}

LtCsv *
lt_csv_parse(const char *data, gsize size, const char *name, GError **error)
{
    g_autoptr(LtCsv) self = g_new0(LtCsv, 1);
    Reader reader = { data, data + size, name, 1, 1 };

    self->records = g_ptr_array_new_with_free_func((GDestroyNotify) g_ptr_array_unref);
    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0)
        reader.at += 3;
    if (!check_text(&reader, error))
        return NULL;
    while (reader.at < reader.end) {
        g_autoptr(GPtrArray) record = read_record(&reader, error);

        if (record == NULL)
            return NULL;
        if (is_empty(record))
            continue;
        if (self->header == NULL)
            self->header = g_steal_pointer(&record);
        else
            g_ptr_array_add(self->records, g_steal_pointer(&record));
    }
    if (self->header != NULL)
        return g_steal_pointer(&self);
    lt_error_set(error, LT_ERROR_INVALID, "csv.header", "%s:1:1: empty: a header line is needed", name);
    return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* refusal.c: a reason word, and the error code that belongs to it. */
#include "trust/refusal.h"

#include "base/error.h"

gboolean
lt_refuse(GError **error, const char *reason, const char *format, ...)
{
    g_autofree char *text = NULL;
    va_list arguments;

    if (error == NULL)
        return FALSE;
    va_start(arguments, format);
    text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    lt_error_set(error, lt_error_of_reason(reason), reason, "%s", text);
    return FALSE;
}

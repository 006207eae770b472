/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h: what every fuzz target has: one function that takes bytes from anywhere and states a property of them.
 *
 * A property that does not hold aborts, which both libFuzzer and the ordinary runner (replay.c) report with the input.
 */
#pragma once

#include <glib.h>
#include <lienthong/error.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *data, gsize size);

/** FUZZ_CHECK: unlike g_assert(), never compiled out */
#define FUZZ_CHECK(property)                                                                                           \
    do {                                                                                                               \
        if (!(property)) {                                                                                             \
            g_printerr("%s:%d: does not hold: %s\n", __FILE__, __LINE__, #property);                                   \
            __builtin_trap();                                                                                          \
        }                                                                                                              \
    } while (0)

/** FUZZ_CHECK_REFUSED: a refusal always carries an error with a reason word of the given kind, never content */
#define FUZZ_CHECK_REFUSED(error, prefix)                                                                              \
    do {                                                                                                               \
        FUZZ_CHECK((error) != NULL);                                                                                   \
        FUZZ_CHECK(g_str_has_prefix(lt_error_get_reason(error), prefix));                                              \
        FUZZ_CHECK(g_utf8_validate((error)->message, -1, NULL));                                                       \
    } while (0)

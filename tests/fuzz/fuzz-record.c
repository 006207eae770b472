/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-record.c: entries of the audit log. Properties: the check without allocation gives the same verdict as the reader; an
 * accepted entry is JSON for the strict scanner too, with its names in ascending order and the same event and actor. */
#include "fuzz.h"

#include "base/json.h"
#include "trust/record.h"

static gboolean
names_ascend(const LtJsonEvent *event, gpointer data, GError **error)
{
    char **last = data;

    (void) error;
    if (event->kind != LT_JSON_NAME)
        return TRUE;
    FUZZ_CHECK(*last == NULL || strcmp(*last, event->text) < 0);
    g_free(*last);
    *last = g_strdup(event->text);
    return TRUE;
}

static void
check_as_json(const LtRecordView *view, const char *text, gsize size)
{
    LtJsonPick picks[] = { { .path = "ev" }, { .path = "actor" }, { 0 } };
    g_autofree char *last = NULL;

    FUZZ_CHECK(lt_json_scan(text, size, LT_JSON_HEADER, NULL, names_ascend, &last, picks, NULL));
    FUZZ_CHECK(g_str_equal(picks[0].value, view->event) && g_str_equal(picks[1].value, view->actor));
    g_free(picks[0].value);
    g_free(picks[1].value);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    const char *text = (const char *) data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtRecordView) view = lt_record_read(text, size, &error);
    gint64 at_us = 0;

    if (view == NULL) {
        FUZZ_CHECK_REFUSED(error, "log.entry-form");
        FUZZ_CHECK(!lt_record_check(text, size, 0, NULL, NULL));
        return 0;
    }
    FUZZ_CHECK(lt_record_check(text, size, view->index, &at_us, &error));
    FUZZ_CHECK(at_us == view->at_us);
    FUZZ_CHECK(!lt_record_check(text, size, view->index + 1, NULL, NULL));
    check_as_json(view, text, size);
    return 0;
}

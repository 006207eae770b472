/* SPDX-License-Identifier: Apache-2.0 */
/* cases.c: one line per case: `ok N - NAME`, or `not ok` and below it what was other than expected. */
#include "cli/cases.h"

#include "base/json.h"
#include "base/language.h"

static void
tell(LtCaseRun *self, const char *name, LtCaseTwist twist, const char *fault)
{
    g_autoptr(GString) line = g_string_new("{");

    if (self->terminal == NULL)
        return;
    if (self->terminal->json) {
        lt_json_append_member(line, "case", name);
        lt_json_append_member(line, "twist", lt_case_twist_word(twist));
        lt_json_append_member(line, "result", fault == NULL ? "ok" : "failed");
        lt_json_append_member(line, "text", fault);
        g_print("%s}\n", line->str);
        return;
    }
    g_print("%s %u - %s: %s\n", fault == NULL ? "ok" : "not ok", self->n, name, lt_case_twist_word(twist));
    if (fault != NULL) {
        g_auto(GStrv) lines = g_strsplit(fault, "\n", -1);

        for (char **text = lines; *text != NULL; text++)
            g_print("# %s\n", *text);
    }
}

static gboolean
run_one(LtCaseRun *self, const LtCase *test, LtCaseTwist twist)
{
    gboolean stuck = FALSE;
    g_autofree char *fault = lt_case_run(test, twist, &self->shared, self->settings, self->endpoint, &stuck);

    self->n++;
    self->n_failed += fault != NULL;
    if (fault != NULL && self->faults != NULL)
        lt_faults_add(self->faults, "%s: %s", lt_case_get_name(test), fault);
    tell(self, lt_case_get_name(test), twist, fault);
    return !stuck;
}

gboolean
lt_case_run_all(LtCaseRun *self, const GPtrArray *cases, char **only)
{
    for (guint i = 0; i < cases->len; i++) {
        const LtCase *test = cases->pdata[i];

        if (only != NULL && only[0] != NULL && !g_strv_contains((const char *const *) only, lt_case_get_name(test)))
            continue;
        for (LtCaseTwist twist = LT_CASE_AS_IS; twist <= (self->twisted ? LT_CASE_TOO_LARGE : LT_CASE_AS_IS); twist++)
            if (lt_case_takes(test, twist) && !run_one(self, test, twist))
                return FALSE;
    }
    return TRUE;
}

int
lt_case_run_end(const LtCaseRun *self)
{
    if (!self->terminal->json)
        g_print("1..%u\n", self->n);
    if (self->n == 0 && !self->terminal->json)
        g_printerr("%s\n", _("There is no case to run."));
    return self->n_failed == 0 && self->n > 0 ? LT_EXIT_OK : LT_EXIT_FAILED;
}

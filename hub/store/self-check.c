/* SPDX-License-Identifier: Apache-2.0 */
/* self-check.c: when the log is checked, and what follows from what was found.
 *
 * Every code but `log.missing-blob` halts the store. A halted store writes nothing more, not even that it was halted: no checkpoint is
 * signed over damage. So the finding stands in the journal, in health and metrics, and as a mark in the folder of the store.
 */
#include "store/self-check.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/log-check.h"
#include "store/store-private.h"

#define DAY_US (G_GINT64_CONSTANT(86400) * LT_US_PER_SECOND)
#define ZONE_US (7 * G_GINT64_CONSTANT(3600) * LT_US_PER_SECOND) /* Asia/Ho_Chi_Minh has no summer time */
#define LOW_PRIORITY 10
#define CLOCK_EVERY_US (10 * LT_US_PER_SECOND)
#define STEP_MS 1000 /* audit-log.md §2 */

struct _LtSelfCheck {
    LtStore *store;
    char *unit;
    gint64 every_us, full_at_us;
    guint64 verified;   /* entries; of one thread at a time */
    gint64 offset_us;   /* wall clock − monotonic clock, when last looked at */
    GCancellable *cancellable;
    GThread *thread;
    GMutex lock;
    GCond wake;
    gboolean stop;
};

LtSelfCheck *
lt_self_check_new(LtStore *store, const LtSelfCheckOptions *options)
{
    LtSelfCheck *self = g_new0(LtSelfCheck, 1);
    g_autoptr(LtLogHead) head = lt_store_log_head(store, NULL);

    self->store = store;
    self->unit = g_strdup(options->unit);
    self->every_us = options->every_us;
    self->full_at_us = options->full_at_us;
    self->verified = head != NULL ? head->size : 0;
    self->offset_us = lt_time_now_us() - g_get_monotonic_time();
    self->cancellable = g_cancellable_new();
    g_mutex_init(&self->lock);
    g_cond_init(&self->wake);
    return self;
}

void
lt_self_check_free(LtSelfCheck *self)
{
    if (self == NULL)
        return;
    g_cancellable_cancel(self->cancellable);
    g_mutex_lock(&self->lock);
    self->stop = TRUE;
    g_cond_signal(&self->wake);
    g_mutex_unlock(&self->lock);
    if (self->thread != NULL)
        g_thread_join(self->thread);
    g_object_unref(self->cancellable);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->wake);
    g_free(self->unit);
    g_free(self);
}

typedef struct {
    const char *unit, *code; /* code: NULL: all is well */
    guint64 from, to;        /* first and last entry */
} Verdict;

static gboolean
write_verdict(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Verdict *verdict = data;
    LtRecord *record = lt_record_new(verdict->code == NULL ? "check.ok" : "check.failed", "hub", verdict->unit);

    lt_record_set_integer(record, "from", (gint64) verdict->from);
    lt_record_set_integer(record, "to", (gint64) verdict->to);
    lt_record_set_string(record, "code", verdict->code);
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

static gboolean
halts(const char *code)
{
    return strcmp(code, "log.missing-blob") != 0;
}

/* All that was found is told; the first that halts does. Returns: whether something halts. */
static gboolean
act_on(LtSelfCheck *self, const GPtrArray *findings)
{
    gboolean halted = FALSE;

    for (guint i = 0; i < findings->len; i++) {
        const LtLogFinding *finding = findings->pdata[i];

        g_critical("the audit log: %s [%s]", finding->text, finding->code);
        if (!halts(finding->code))
            lt_store_degrade(self->store, finding->code, TRUE);
        else if (!halted)
            lt_store_halt(self->store, finding->code, finding->text);
        halted = halted || halts(finding->code);
    }
    return halted;
}

static void
tell(LtSelfCheck *self, const LtLogCheck *check, const GPtrArray *findings, gboolean full)
{
    Verdict verdict = { .unit = self->unit, .from = check->from, .to = check->size - 1 };
    g_autoptr(GError) error = NULL;

    if (findings->len > 0)
        verdict.code = ((const LtLogFinding *) findings->pdata[0])->code;
    if (verdict.code == NULL && !full && check->size <= check->from + 1)
        return; /* nothing but what the last round wrote */
    if (!lt_store_write(self->store, write_verdict, &verdict, &error))
        g_warning("a check of the log could not be recorded: %s", error->message);
}

gboolean
lt_self_check_round(LtSelfCheck *self, gboolean full)
{
    g_autoptr(GError) error = NULL;
    g_auto(LtReading) reading = lt_reading_begin(self->store, &error);
    g_autoptr(GPtrArray) findings = NULL;
    LtLogCheck check = { .store = self->store, .database = reading.database, .signer = lt_store_get_signer(self->store), .full = TRUE,
                         .from = full ? 0 : self->verified, .brief = !full, .cancellable = self->cancellable };

    if (reading.database != NULL)
        findings = lt_log_check_run(&check, &error);
    if (findings == NULL) {
        if (!g_cancellable_is_cancelled(self->cancellable))
            g_warning("the log could not be checked: %s", error->message);
        return FALSE;
    }
    if (full && findings->len == 0)
        lt_store_degrade(self->store, "log.missing-blob", FALSE);
    if (act_on(self, findings))
        return TRUE;
    self->verified = check.size;
    lt_store_note_check(self->store, full);
    if (check.size > 0)
        tell(self, &check, findings, full);
    return TRUE;
}

typedef struct {
    const char *unit;
    gint64 ms;
} Step;

static gboolean
write_step(LtStoreTransaction *tx, gpointer data, GError **error)
{
    const Step *step = data;
    LtRecord *record = lt_record_new("clock.step", "hub", step->unit);

    lt_record_set_integer(record, "ms", step->ms);
    lt_record_set_string(record, "src", "system");
    return lt_store_append_record(tx, record, NULL, NULL, error);
}

void
lt_self_check_clock(LtSelfCheck *self)
{
    gint64 offset_us = lt_time_now_us() - g_get_monotonic_time();
    Step step = { self->unit, (offset_us - self->offset_us) / 1000 };
    g_autoptr(GError) error = NULL;

    self->offset_us = offset_us;
    if (ABS(step.ms) <= STEP_MS)
        return;
    g_warning("the wall clock was moved by %" G_GINT64_FORMAT " ms", step.ms);
    if (!lt_store_write(self->store, write_step, &step, &error))
        g_warning("a step of the clock could not be recorded: %s", error->message);
}

gint64
lt_self_check_next_full(gint64 now_us, gint64 full_at_us)
{
    gint64 midnight_us = (now_us + ZONE_US) / DAY_US * DAY_US - ZONE_US;
    gint64 at_us = midnight_us + full_at_us;

    return at_us > now_us ? at_us : at_us + DAY_US;
}

/* Waits until the wall clock says @at_us, or it is to stop. The clock is asked again in between: it may be set. */
static gboolean
wait_until(LtSelfCheck *self, gint64 at_us)
{
    gboolean stop;

    g_mutex_lock(&self->lock);
    while (!self->stop && lt_time_now_us() < at_us) {
        gint64 left_us = CLAMP(at_us - lt_time_now_us(), 0, CLOCK_EVERY_US);

        g_cond_wait_until(&self->wake, &self->lock, g_get_monotonic_time() + left_us);
        g_mutex_unlock(&self->lock);
        lt_self_check_clock(self);
        g_mutex_lock(&self->lock);
    }
    stop = self->stop;
    g_mutex_unlock(&self->lock);
    return !stop;
}

static gpointer
run(gpointer data)
{
    LtSelfCheck *self = data;
    gint64 now_us = lt_time_now_us(), next_us = now_us + self->every_us, next_full_us = lt_self_check_next_full(now_us, self->full_at_us);

    (void) setpriority(PRIO_PROCESS, (id_t) gettid(), LOW_PRIORITY); /* of this thread alone; that it cannot be had is no fault */
    while (wait_until(self, MIN(next_us, next_full_us))) {
        gboolean full = lt_time_now_us() >= next_full_us;

        lt_self_check_round(self, full);
        if (lt_store_get_state(self->store, NULL) == LT_STORE_HALTED)
            break;
        now_us = lt_time_now_us();
        next_us = now_us + self->every_us;
        if (full)
            next_full_us = lt_self_check_next_full(now_us, self->full_at_us);
    }
    return NULL;
}

void
lt_self_check_start(LtSelfCheck *self)
{
    self->thread = g_thread_new("self-check", run, self);
}

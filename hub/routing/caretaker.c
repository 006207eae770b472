/* SPDX-License-Identifier: Apache-2.0 */
/* caretaker.c: a thread that sleeps until the next day on which something changes, or until it is woken.
 *
 * It looks at least once a minute, because the clock may be set. What it does is written before it is told, and what could not be told is told
 * in the next round.
 */
#include "routing/caretaker.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/value.h"
#include "routing/reorganisation.h"

#define LOOK_US (60 * LT_US_PER_SECOND)
#define NOTICES 100 /* of one round */
#define ZONE_US (7 * 3600 * LT_US_PER_SECOND)

struct _LtCaretaker {
    LtStore *store;
    LtIntake *intake;
    LtDispatcher *dispatcher;
    GThread *thread;
    GMutex lock;
    GCond cond;
    gboolean woken, stopping;
};

static void
append_local_time(GString *out, const char *name, gint64 at_us)
{
    char text[21];
    g_autofree char *local = NULL;

    lt_time_write_seconds(at_us + ZONE_US, text);
    local = g_strdup_printf("%.19s+07:00", text);
    lt_json_append_member(out, name, local);
}

static const char *
name_of(LtRegistry *registry, const char *unit, gint64 at_us)
{
    const LtUnit *known = lt_registry_lookup_at(registry, unit, at_us);

    return known != NULL ? lt_unit_get_name(known) : unit;
}

static gboolean
is_portal_state(const char *state)
{
    guint64 number;

    return state != NULL && lt_decimal_read(state, strlen(state), &number) && number >= 1 && number <= 10 && state[0] != '0';
}

/* The dossier's state stays what it is: this says only where the message went. */
static GBytes *
write_notice(const LtNotice *notice, LtRegistry *registry, gint64 now_us)
{
    g_autoptr(GString) out = g_string_new("{");
    const char *old = name_of(registry, notice->old, now_us), *successor = name_of(registry, notice->new, now_us);
    g_autofree char *text = g_strdup_printf("%s (%s) không còn hoạt động; thông điệp đã được chuyển đến đơn vị kế thừa %s (%s)%s%s. Không phải gửi lại.", old,
                                            notice->old, successor, notice->new, notice->basis != NULL ? ". Căn cứ: " : "",
                                            notice->basis != NULL ? notice->basis : "");

    lt_json_append_member(out, "MaHoSo", notice->code);
    if (is_portal_state(notice->state))
        g_string_append_printf(out, ",\"TrangThaiHoSo\":%s", notice->state);
    else
        lt_json_append_member(out, "StatusCode", "01");
    append_local_time(out, "ThoiDiemXuLy", now_us);
    lt_json_append_member(out, "DonViXuLy", successor);
    lt_json_append_member(out, "NoiDungXuLy", text);
    g_string_append(out, ",\"ThongTinKhac\":{\"readdressed\":{");
    lt_json_append_member(out, "old", notice->old);
    lt_json_append_member(out, "new", notice->new);
    lt_json_append_member(out, "basis", notice->basis);
    g_string_append(out, "}}}");
    return g_bytes_new(out->str, out->len);
}

/* FALSE: to be tried again. What no route takes cannot be told: the log and the timeline have it. */
static gboolean
tell(LtIntake *intake, const LtNotice *notice, LtRegistry *registry, gint64 now_us)
{
    g_autofree char *key = g_strdup_printf("readdressed/%s/%s/%s", notice->from, notice->id, notice->new);
    g_autoptr(GBytes) payload = write_notice(notice, registry, now_us);
    LtOwnMessage message = { "dossier.status", notice->from, notice->dossier, payload, notice->from, notice->id, notice->manifest, key };
    g_autoptr(GError) error = NULL;

    if (notice->dossier == NULL || notice->code == NULL || lt_intake_submit_own(intake, &message, &error))
        return TRUE;
    if (lt_error_fate(error) == LT_FATE_POSTPONE)
        return FALSE;
    g_warning("%s was not told that envelope %s went to %s: %s", notice->from, notice->id, notice->new, error->message);
    return TRUE;
}

static gboolean
tell_senders(LtStore *store, LtIntake *intake, LtRegistry *registry, gint64 now_us)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) notices = lt_store_list_notices(store, NOTICES, &error);

    for (guint i = 0; notices != NULL && i < notices->len; i++) {
        const LtNotice *notice = notices->pdata[i];

        if (!tell(intake, notice, registry, now_us) || !lt_store_end_notice(store, notice->message, &error))
            return FALSE;
    }
    return notices != NULL && notices->len == NOTICES;
}

static gint64
catch_up(LtStore *store, LtIntake *intake, LtDispatcher *dispatcher, gint64 now_us, LtRehomed *moved)
{
    g_autoptr(LtRegistry) registry = lt_intake_ref_registry(intake);
    g_autoptr(LtCatalogue) catalogue = lt_intake_ref_catalogue(intake);
    g_autoptr(LtPlan) plan = lt_intake_ref_plan(intake);
    LtReorganisationWorld world = { store, registry, catalogue, lt_plan_get_routes(plan) };
    g_autoptr(GError) error = NULL;
    gint64 next_us = 0;

    if (!lt_reorganisation_catch_up(&world, now_us, "hub", lt_intake_get_unit(intake), moved, &next_us, &error))
        g_warning("a re-organisation could not take effect: %s", error->message);
    if (moved->dossiers + moved->deliveries > 0)
        g_message("a re-organisation took effect: %" G_GUINT64_FORMAT " dossiers and %" G_GUINT64_FORMAT " deliveries went to successors", moved->dossiers,
                  moved->deliveries);
    if (moved->homeless > 0)
        g_warning("%" G_GUINT64_FORMAT " dossiers or deliveries of closed units have no home: lthub unit rehearse says which and why", moved->homeless);
    if (dispatcher != NULL && moved->deliveries > 0)
        lt_dispatcher_wake_all(dispatcher);
    return next_us;
}

gint64
lt_caretaker_work(LtStore *store, LtIntake *intake, LtDispatcher *dispatcher, gint64 now_us, LtRehomed *moved)
{
    gint64 next_us = catch_up(store, intake, dispatcher, now_us, moved);
    g_autoptr(LtRegistry) registry = lt_intake_ref_registry(intake);

    return tell_senders(store, intake, registry, now_us) ? now_us : next_us;
}

/* Waits at most until @next_us of the wall clock (0: nothing to wait for). TRUE: it is to end. */
static gboolean
sleep_until(LtCaretaker *self, gint64 next_us)
{
    gint64 now_us = lt_time_now_us();
    gint64 wait_us = next_us == 0 ? LOOK_US : CLAMP(next_us - now_us, 0, LOOK_US);
    gint64 until_us = g_get_monotonic_time() + wait_us;
    gboolean stopping;

    g_mutex_lock(&self->lock);
    while (!self->woken && !self->stopping && g_cond_wait_until(&self->cond, &self->lock, until_us))
        continue;
    self->woken = FALSE;
    stopping = self->stopping;
    g_mutex_unlock(&self->lock);
    return stopping;
}

static gpointer
run(gpointer data)
{
    LtCaretaker *self = data;
    gint64 next_us = 0;

    do {
        LtRehomed moved;

        next_us = lt_caretaker_work(self->store, self->intake, self->dispatcher, lt_time_now_us(), &moved);
    } while (!sleep_until(self, next_us));
    return NULL;
}

LtCaretaker *
lt_caretaker_new(LtStore *store, LtIntake *intake, LtDispatcher *dispatcher)
{
    LtCaretaker *self = g_new0(LtCaretaker, 1);

    self->store = store;
    self->intake = intake;
    self->dispatcher = dispatcher;
    g_mutex_init(&self->lock);
    g_cond_init(&self->cond);
    self->thread = g_thread_new("caretaker", run, self);
    return self;
}

void
lt_caretaker_wake(LtCaretaker *self)
{
    g_mutex_lock(&self->lock);
    self->woken = TRUE;
    g_cond_signal(&self->cond);
    g_mutex_unlock(&self->lock);
}

void
lt_caretaker_free(LtCaretaker *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->lock);
    self->stopping = TRUE;
    g_cond_signal(&self->cond);
    g_mutex_unlock(&self->lock);
    g_thread_join(self->thread);
    g_cond_clear(&self->cond);
    g_mutex_clear(&self->lock);
    g_free(self);
}

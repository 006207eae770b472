/* SPDX-License-Identifier: Apache-2.0 */
/* test-lateness.c: what is due when, and whose time a lateness was: a month of dossiers with planted causes comes out right to the minute, and
 * whatever the events are, the parts add up to the whole. */
#include "casework/clock.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"

#define BUDGET 2250 /* five days of 450 minutes */

/* A dossier that is told in working minutes from its receipt. */
typedef struct {
    LtCalendar *calendar;
    gint64 start_us;
    gint64 at;        /* working minutes gone */
    GString *lines;
    guint messages;
} Story;

static gint64
instant(const char *text)
{
    gint64 at_us;

    if (!lt_time_read_rfc3339(text, strlen(text), &at_us))
        g_error("%s is no time", text);
    return at_us;
}

static char *
local_at(const Story *story, gint64 minutes)
{
    char *text = g_malloc(LT_LOCAL_TIME_SIZE);
    gint64 at_us;

    g_assert_true(lt_calendar_shift(story->calendar, story->start_us, minutes * LT_US_PER_MINUTE, &at_us, NULL));
    lt_time_write_local(at_us, text);
    return text;
}

/* @done: working minutes at which the source says that it was done; the hub receives it now. */
static void
tell(Story *story, const char *type, const char *from, const char *to, gint64 done, const char *facts)
{
    g_autofree char *at = local_at(story, story->at), *source = local_at(story, done);

    g_string_append_printf(story->lines, "{\"at\":\"%s\",\"event\":\"message\",\"message\":\"m%u\",\"type\":\"dossier.%s\",\"from\":\"%s\",\"to\":\"%s\",\"facts\":{\"ThoiDiemXuLy\":\"%s\"%s}}\n", at,
                           ++story->messages, type, from, to, source, facts);
}

static void
happen(Story *story, const char *event, const char *facts)
{
    g_autofree char *at = local_at(story, story->at);

    if (g_str_has_prefix(event, "hub."))
        g_string_append_printf(story->lines, "{\"at\":\"%s\",\"event\":\"%s\"}\n", at, event);
    else
        g_string_append_printf(story->lines, "{\"at\":\"%s\",\"event\":\"%s\",\"message\":\"m%u\",\"endpoint\":\"e\"%s}\n", at, event, story->messages, facts);
}

/* How many working minutes too many each has taken. */
typedef struct {
    gint64 desk, office, source, source_held, hub, hub_held, hub_down, down, unacknowledged, citizen, rule;
} Plant;

static void
begin(Story *story, const Plant *plant, gboolean with_steps)
{
    g_autofree char *start = local_at(story, 0), *promised = local_at(story, BUDGET - plant->rule);
    g_autofree char *facts = g_strdup_printf(",\"NgayTiepNhan\":\"%s\",\"NgayHenTra\":\"%s\"", start, promised);

    g_string_append_printf(story->lines, "{\"at\":\"%s\",\"event\":\"rules\",\"rules\":{\"minutes\":%d%s}}\n", start, BUDGET,
                           with_steps ? ",\"steps\":[{\"level\":\"c\",\"share\":200},{\"level\":\"d\",\"share\":800}]" : "");
    story->at += BUDGET / 5 + plant->desk;
    gint64 done = story->at;
    story->at += plant->source;
    if (plant->hub_down > 0) {
        happen(story, "hub.stop", "");
        story->at += plant->hub_down;
        happen(story, "hub.start", "");
    }
    tell(story, "submit", "A", "B", done, facts);
}

static void
pass(Story *story, const Plant *plant)
{
    story->at += plant->hub;
    if (plant->source_held > 0 || plant->hub_held > 0) {
        happen(story, "delivery.held", plant->source_held > 0 ? ",\"facts\":{\"cause\":\"data\"}" : ",\"facts\":{\"cause\":\"mapping\"}");
        story->at += plant->source_held + plant->hub_held;
        happen(story, "delivery.released", "");
    }
    if (plant->down > 0) {
        happen(story, "delivery.attempt", "");
        story->at += plant->down;
    }
    happen(story, "delivery.arrived", "");
    story->at += plant->unacknowledged;
    happen(story, "delivery.confirmed", "");
}

static void
finish(Story *story, const Plant *plant)
{
    story->at += BUDGET / 5 * 4;
    if (plant->citizen > 0) {
        tell(story, "supplement", "B", "A", story->at, ",\"kind\":\"request\"");
        story->at += plant->citizen;
        tell(story, "status", "B", "A", story->at, ",\"TrangThaiHoSo\":4");
    }
    story->at += plant->office;
    tell(story, "result", "B", "A", story->at, "");
}

static LtFold *
fold(const Story *story)
{
    g_autoptr(GError) error = NULL;
    GPtrArray *events = lt_case_events_parse(story->lines->str, story->lines->len, "story", &error);

    g_assert_no_error(error);
    return lt_fold_new(events);
}

static void
check_sum(const LtClock *clock)
{
    gint64 sum = 0;

    for (guint i = 0; i < clock->charges->len; i++) {
        g_assert_cmpint(g_array_index(clock->charges, LtCharge, i).minutes, >, 0);
        sum += g_array_index(clock->charges, LtCharge, i).minutes;
    }
    g_assert_cmpint(sum, ==, clock->late_minutes);
}

static void
check_clocks(const LtClocks *clocks)
{
    check_sum(&clocks->dossier);
    check_sum(&clocks->reception);
    for (guint i = 0; i < clocks->steps->len; i++)
        check_sum(&g_array_index(clocks->steps, LtStepClock, i).clock);
}

static void
check_plant(const Plant *plant, const LtClock *clock, const char *lines)
{
    const gint64 expected[LT_N_CAUSES] = {
        [LT_CAUSE_OFFICER] = plant->desk + plant->office,
        [LT_CAUSE_SOURCE] = plant->source + plant->source_held,
        [LT_CAUSE_DESTINATION] = plant->down + plant->unacknowledged,
        [LT_CAUSE_HUB] = plant->hub + plant->hub_held + plant->hub_down,
        [LT_CAUSE_CITIZEN] = plant->citizen,
        [LT_CAUSE_RULE] = plant->rule,
    };

    for (guint cause = 0; cause < LT_N_CAUSES; cause++) {
        if (lt_clock_minutes_of(clock, (LtCause) cause) != expected[cause])
            g_error("%s: %" G_GINT64_FORMAT " minutes instead of %" G_GINT64_FORMAT "\n%s", lt_cause_word((LtCause) cause), lt_clock_minutes_of(clock, (LtCause) cause), expected[cause], lines);
    }
}

static guint32
roll(guint32 *dice, guint32 sides)
{
    *dice = *dice * 1664525u + 1013904223u;
    return (*dice >> 8) % sides;
}

/* 2,000 dossiers of one month, one or two causes each. */
static void
test_month(void)
{
    g_autoptr(LtCalendar) calendar = lt_calendar_new_week();
    gint64 first_us = instant("2026-11-02T07:30:00+07:00");
    guint32 dice = 20261102;

    for (guint number = 0; number < 2000; number++) {
        Plant plant = { 0 };
        gint64 *causes[] = { &plant.desk, &plant.office, &plant.source, &plant.source_held, &plant.hub, &plant.hub_held, &plant.hub_down, &plant.down, &plant.unacknowledged, &plant.citizen, &plant.rule };
        Story story = { .calendar = calendar, .lines = g_string_new(NULL) };

        g_assert_true(lt_calendar_shift(calendar, first_us, roll(&dice, 22 * 450) * LT_US_PER_MINUTE, &story.start_us, NULL));
        g_assert_true(lt_calendar_opening(calendar, story.start_us, &story.start_us, NULL));
        for (guint n = roll(&dice, 3); n > 0; n--)
            *causes[roll(&dice, G_N_ELEMENTS(causes))] = 1 + roll(&dice, 1500);
        if (plant.source_held > 0)
            plant.hub_held = 0; /* one reason at a time holds a delivery */
        begin(&story, &plant, roll(&dice, 2) == 0);
        pass(&story, &plant);
        finish(&story, &plant);
        g_autoptr(LtFold) folded = fold(&story);
        g_autoptr(LtClocks) clocks = lt_clocks_new(folded, calendar, LT_NEVER);

        check_clocks(clocks);
        check_plant(&plant, &clocks->dossier, story.lines->str);
        g_string_free(story.lines, TRUE);
    }
}

/* Any events at all: no crash, and the parts add up. */
static void
append_any(GString *lines, guint32 *dice, guint messages)
{
    static const char *const events[] = { "message", "message", "message", "delivery.attempt", "delivery.arrived", "delivery.confirmed", "delivery.held", "delivery.released", "hub.stop", "hub.start", "readdress", "rules" };
    static const char *const types[] = { "submit", "submit", "status", "status", "supplement", "result", "recall", "update" };
    static const char *const facts[] = { "\"TrangThaiHoSo\":4", "\"TrangThaiHoSo\":5", "\"TrangThaiHoSo\":6", "\"TrangThaiHoSo\":8", "\"kind\":\"answer\"", "\"kind\":\"request\"", "\"StatusCode\":\"15\"", "\"StatusCode\":\"02\"", "\"kind\":\"fee-paid\"", "\"KenhThucHien\":2" };
    static const char *const times[] = { "NgayTiepNhan", "NgayHenTra", "ThoiDiemXuLy", "NgayNopHoSo", "NgayHenTraMoi", "NgayKetThucXuLy", "NgayTra", "issued" };
    static const char *const units[] = { "A", "B", "C" };
    const char *event = events[roll(dice, G_N_ELEMENTS(events))];
    gint64 day_us = G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC;
    gint64 at_us = instant("2026-11-02T00:00:00Z") + (gint64) roll(dice, 20 * 86400) * G_USEC_PER_SEC + roll(dice, 1000000);
    gint64 time_us = at_us - (gint64) roll(dice, 5 * 86400) * G_USEC_PER_SEC + day_us;
    char at[LT_LOCAL_TIME_SIZE], time[LT_LOCAL_TIME_SIZE];

    lt_time_write_local(at_us, at);
    lt_time_write_local(time_us, time);
    g_string_append_printf(lines, "{\"at\":\"%s\",\"event\":\"%s\",\"from\":\"%s\"", at, event, units[roll(dice, 3)]);
    if (strcmp(event, "readdress") == 0)
        g_string_append_printf(lines, ",\"detail\":\"%s\"", units[roll(dice, 3)]);
    else if (strcmp(event, "rules") == 0)
        g_string_append(lines, ",\"rules\":{\"minutes\":1000,\"legal_minutes\":1500,\"steps\":[{\"share\":100},{\"share\":500},{\"share\":400}]}");
    else
        g_string_append_printf(lines, ",\"message\":\"m%u\",\"type\":\"dossier.%s\",\"to\":\"%s\",\"facts\":{%s,\"%s\":\"%s\"}", roll(dice, messages), types[roll(dice, G_N_ELEMENTS(types))],
                               units[roll(dice, 3)], facts[roll(dice, G_N_ELEMENTS(facts))], times[roll(dice, G_N_ELEMENTS(times))], time);
    g_string_append(lines, "}\n");
}

static void
test_any(void)
{
    g_autoptr(LtCalendar) calendar = lt_calendar_new_week();

    for (guint32 seed = 1; seed <= 6000; seed++) {
        guint32 dice = seed * 2654435761u;
        g_autoptr(GString) lines = g_string_new("{\"at\":\"2026-11-02T02:00:00Z\",\"event\":\"message\",\"message\":\"m0\",\"type\":\"dossier.submit\",\"from\":\"A\",\"to\":\"B\","
                                                "\"facts\":{\"NgayTiepNhan\":\"2026-11-02T08:00:00+07:00\",\"NgayHenTra\":\"2026-11-05T10:00:00+07:00\"}}\n");

        for (guint n = roll(&dice, 30); n > 0; n--)
            append_any(lines, &dice, 12);
        Story story = { .lines = lines };
        g_autoptr(LtFold) folded = fold(&story);
        g_autoptr(LtClocks) clocks = lt_clocks_new(folded, calendar, LT_NEVER);

        check_clocks(clocks);
        for (guint i = 1; i < folded->stretches->len; i++) /* no gap, no overlap */
            g_assert_cmpint(g_array_index(folded->stretches, LtStretch, i).from_us, ==, g_array_index(folded->stretches, LtStretch, i - 1).until_us);
    }
}

#define AT(time) "{\"at\":\"" time "+07:00\",\"event\":\"message\","
#define SUBMIT AT("2026-11-02T08:00:00") "\"message\":\"m1\",\"type\":\"dossier.submit\",\"from\":\"A\",\"to\":\"B\",\"facts\":{\"NgayTiepNhan\":\"2026-11-02T08:00:00+07:00\",\"NgayHenTra\":\"2026-11-04T10:00:00+07:00\"}}\n"
#define STATE(id, time, state) AT(time) "\"message\":\"" id "\",\"type\":\"dossier.status\",\"from\":\"B\",\"to\":\"A\",\"facts\":{\"TrangThaiHoSo\":" state "}}\n"
#define APOLOGY(id, time, promise) AT(time) "\"message\":\"" id "\",\"type\":\"dossier.status\",\"from\":\"B\",\"to\":\"A\",\"facts\":{\"kind\":\"apology\",\"LyDo\":\"x\",\"NgayHenTraMoi\":\"" promise "+07:00\"}}\n"

typedef struct {
    const char *name, *lines, *due;
    gint64 late;
    guint promises;
} DueCase;

static const DueCase due_cases[] = {
    { "as-promised", SUBMIT, "2026-11-04T10:00:00+07:00", 0, 1 },
    { "a-pause-moves-it", SUBMIT STATE("m2", "2026-11-03T08:00:00", "5") STATE("m3", "2026-11-03T10:00:00", "4"), "2026-11-04T14:00:00+07:00", 0, 1 },
    { "a-fee-is-a-pause-too", SUBMIT STATE("m2", "2026-11-03T08:00:00", "6") STATE("m3", "2026-11-03T09:00:00", "4"), "2026-11-04T11:00:00+07:00", 0, 1 },
    { "a-pause-that-lasts-moves-it-on-and-on", SUBMIT STATE("m2", "2026-11-03T08:00:00", "5") AT("2026-11-05T08:00:00") "\"message\":\"x\"}\n", "2026-11-06T10:00:00+07:00", 0, 1 },
    { "a-pause-after-it-moves-nothing", SUBMIT STATE("m2", "2026-11-04T14:00:00", "5") STATE("m3", "2026-11-04T15:00:00", "4"), "2026-11-04T10:00:00+07:00", 180, 1 },
    { "moved-in-time", SUBMIT APOLOGY("m2", "2026-11-04T09:00:00", "2026-11-06T10:00:00"), "2026-11-06T10:00:00+07:00", 0, 2 },
    { "moved-too-late-undoes-nothing", SUBMIT APOLOGY("m2", "2026-11-04T11:00:00", "2026-11-06T10:00:00"), "2026-11-04T10:00:00+07:00", 60, 2 },
    { "a-pause-before-the-new-promise-is-in-it", SUBMIT STATE("m2", "2026-11-03T08:00:00", "5") STATE("m3", "2026-11-03T10:00:00", "4") APOLOGY("m4", "2026-11-03T11:00:00", "2026-11-06T10:00:00"),
      "2026-11-06T10:00:00+07:00", 0, 2 },
    { "a-date-repeated-is-no-new-promise", SUBMIT APOLOGY("m2", "2026-11-03T11:00:00", "2026-11-04T10:00:00"), "2026-11-04T10:00:00+07:00", 0, 1 },
};

static void
test_due(gconstpointer data)
{
    const DueCase *c = data;
    g_autoptr(LtCalendar) calendar = lt_calendar_new_week();
    g_autoptr(GError) error = NULL;
    GPtrArray *events = lt_case_events_parse(c->lines, strlen(c->lines), "case", &error);

    g_assert_no_error(error);
    g_autoptr(LtFold) folded = lt_fold_new(events);
    g_autoptr(LtClocks) clocks = lt_clocks_new(folded, calendar, LT_NEVER);
    char text[LT_LOCAL_TIME_SIZE];

    lt_time_write_local(clocks->dossier.due_us, text);
    g_assert_cmpstr(text, ==, c->due);
    g_assert_cmpint(clocks->dossier.late_minutes, ==, c->late);
    g_assert_cmpuint(clocks->promises->len, ==, c->promises);
    check_clocks(clocks);
}

/* Filed online on a Monday at 16:00: 8 working hours are over on Tuesday at 16:30. */
static void
test_reception(void)
{
    static const char filed[] = AT("2026-11-02T16:00:00") "\"message\":\"m1\",\"type\":\"dossier.submit\",\"from\":\"P\",\"to\":\"A\",\"endpoint\":\"inbox\",\"facts\":{\"KenhThucHien\":2,\"NgayNopHoSo\":\"2026-11-02T16:00:00+07:00\"}}\n";
    static const char taken_in[] = "{\"at\":\"2026-11-04T08:30:00+07:00\",\"event\":\"delivery.arrived\",\"message\":\"m1\",\"endpoint\":\"inbox\"}\n"
                                   AT("2026-11-04T09:00:00") "\"message\":\"m2\",\"type\":\"dossier.status\",\"from\":\"A\",\"to\":\"P\",\"facts\":{\"TrangThaiHoSo\":2}}\n";
    g_autoptr(LtCalendar) calendar = lt_calendar_new_week();
    g_autofree char *lines = g_strconcat(filed, taken_in, NULL);
    g_autoptr(LtFold) folded = lt_fold_new(lt_case_events_parse(lines, strlen(lines), "case", NULL));
    g_autoptr(LtClocks) clocks = lt_clocks_new(folded, calendar, LT_NEVER);

    g_assert_cmpint(clocks->reception.due_us, ==, instant("2026-11-03T16:30:00+07:00"));
    g_assert_cmpint(clocks->reception.late_minutes, ==, 120);
    g_assert_cmpint(lt_clock_minutes_of(&clocks->reception, LT_CAUSE_DESTINATION), ==, 120); /* it lay in an inbox that nobody emptied */
    check_clocks(clocks);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(due_cases); i++) {
        g_autofree char *name = g_strdup_printf("/lateness/due-%s", due_cases[i].name);

        g_test_add_data_func(name, &due_cases[i], test_due);
    }
    g_test_add_func("/lateness/an-online-filing-is-answered-within-eight-working-hours", test_reception);
    g_test_add_func("/lateness/a-month-with-planted-causes-comes-out-right-to-the-minute", test_month);
    g_test_add_func("/lateness/parts-add-up-whatever-happened", test_any);
    return g_test_run();
}

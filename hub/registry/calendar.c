/* SPDX-License-Identifier: Apache-2.0 */
/* calendar.c: arithmetic in working time over a table of days.
 *
 * Let W(t) be the working time before the instant t. It never falls, so that working time between two instants is a difference of W, and what is
 * due after n minutes is the smallest t with W(t) = W(start) + n. A pause that begins before that t adds its own working time to the
 * right side, and the search is made again; one that begins at t or later adds nothing. The table of days is 660 KB for three centuries.
 */
#include "registry/calendar-private.h"

#include <string.h>

#include "base/clock.h"
#include "registry/day.h"

#define FIRST_DAY (-25567) /* 1900-01-01, in days since 1970 */
#define N_DAYS 109573      /* up to and with 2199-12-31 */
#define ZONE_US (G_GINT64_CONSTANT(7) * 3600 * G_USEC_PER_SEC)
#define DAY_US (G_GINT64_CONSTANT(86400) * G_USEC_PER_SEC)
#define MAX_LENGTH_US (G_GINT64_CONSTANT(52596000) * LT_US_PER_MINUTE) /* 100 years */

LtCalendar *
lt_calendar_build(GArray *hours, const guint16 week[7])
{
    LtCalendar *self = g_new0(LtCalendar, 1);

    self->references = 1;
    self->hours = hours;
    self->kind = g_new(guint16, N_DAYS);
    self->before = g_new(guint32, N_DAYS + 1);
    for (guint day = 0; day < N_DAYS; day++)
        self->kind[day] = week[day % 7]; /* 1900-01-01 was a Monday */
    return self;
}

void
lt_calendar_set_day(LtCalendar *self, guint day, guint16 kind)
{
    self->kind[day] = kind;
}

static const LtHours *
hours_of(const LtCalendar *self, guint day)
{
    return &g_array_index(self->hours, LtHours, self->kind[day]);
}

void
lt_calendar_finish(LtCalendar *self)
{
    self->before[0] = 0;
    for (guint day = 0; day < N_DAYS; day++)
        self->before[day + 1] = self->before[day] + hours_of(self, day)->minutes;
}

gboolean
lt_calendar_day_number(const char *text, gsize length, guint *day)
{
    char copy[11] = { 0 };
    gint64 at_us;

    if (length != 10)
        return FALSE;
    memcpy(copy, text, length);
    if (!lt_day_read(copy, &at_us))
        return FALSE;
    *day = (guint) ((at_us + ZONE_US) / DAY_US - FIRST_DAY);
    return TRUE;
}

LtCalendar *
lt_calendar_new_week(void)
{
    static const LtHours off = { 0 }, office = { 2, 450, { { 450, 690 }, { 810, 1020 } } };
    static const guint16 week[7] = { 1, 1, 1, 1, 1, 0, 0 };
    GArray *hours = g_array_new(FALSE, FALSE, sizeof(LtHours));
    LtCalendar *self;

    g_array_append_val(hours, off);
    g_array_append_val(hours, office);
    self = lt_calendar_build(hours, week);
    lt_calendar_finish(self);
    return self;
}

LtCalendar *
lt_calendar_ref(LtCalendar *self)
{
    g_atomic_int_inc(&self->references);
    return self;
}

void
lt_calendar_unref(LtCalendar *self)
{
    if (self == NULL || !g_atomic_int_dec_and_test(&self->references))
        return;
    g_array_unref(self->hours);
    g_free(self->kind);
    g_free(self->before);
    g_free(self);
}

gboolean
lt_clock_time_read(const char *text, gsize length, guint *minute)
{
    if (length != 5 || text[2] != ':' || !g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]) || !g_ascii_isdigit(text[3]) ||
        !g_ascii_isdigit(text[4]) || text[3] > '5')
        return FALSE;
    *minute = (guint) ((text[0] - '0') * 600 + (text[1] - '0') * 60 + (text[3] - '0') * 10 + (text[4] - '0'));
    return *minute <= 1440;
}

/* Where an instant lies in the table. */
typedef struct {
    guint day;
    gint64 of_day_us;
} Place;

/* FALSE outside the table; *place is then its nearest end. */
static gboolean
place_of(gint64 at_us, Place *place)
{
    gint64 day, local;

    if (at_us > G_MAXINT64 - ZONE_US)
        at_us = G_MAXINT64 - ZONE_US;
    local = at_us + ZONE_US;
    day = local / DAY_US - (local % DAY_US < 0 ? 1 : 0) - FIRST_DAY;
    if (day < 0)
        *place = (Place){ 0, 0 };
    else if (day >= N_DAYS)
        *place = (Place){ N_DAYS - 1, DAY_US };
    else
        *place = (Place){ (guint) day, local - (day + FIRST_DAY) * DAY_US };
    return day >= 0 && day < N_DAYS;
}

static gint64
instant_of(guint day, gint64 of_day_us)
{
    return ((gint64) day + FIRST_DAY) * DAY_US + of_day_us - ZONE_US;
}

/* W(t). */
static gint64
working_before(const LtCalendar *self, gint64 at_us)
{
    Place place;
    gint64 sum;
    const LtHours *hours;

    place_of(at_us, &place);
    hours = hours_of(self, place.day);
    sum = self->before[place.day] * LT_US_PER_MINUTE;
    for (guint i = 0; i < hours->n_spans && hours->spans[i].from * LT_US_PER_MINUTE < place.of_day_us; i++)
        sum += MIN(hours->spans[i].until * LT_US_PER_MINUTE, place.of_day_us) - hours->spans[i].from * LT_US_PER_MINUTE;
    return sum;
}

/* Index of the last day before which less than @working_us has been worked; @working_us > 0. */
static guint
day_reaching(const LtCalendar *self, gint64 working_us)
{
    guint low = 0, high = N_DAYS;

    while (high - low > 1) {
        guint middle = low + (high - low) / 2;

        if (self->before[middle] * LT_US_PER_MINUTE < working_us)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The smallest t with W(t) = @working_us. */
static gboolean
first_with(const LtCalendar *self, gint64 working_us, gint64 *at_us)
{
    guint day = day_reaching(self, working_us);
    gint64 rest = working_us - self->before[day] * LT_US_PER_MINUTE;
    const LtHours *hours = hours_of(self, day);

    for (guint i = 0; i < hours->n_spans; i++) {
        gint64 length = (hours->spans[i].until - hours->spans[i].from) * LT_US_PER_MINUTE;

        if (rest <= length) {
            *at_us = instant_of(day, hours->spans[i].from * LT_US_PER_MINUTE + rest);
            return TRUE;
        }
        rest -= length;
    }
    return FALSE;
}

static gboolean
fail_range(GError **error)
{
    lt_error_set(error, LT_ERROR_CONFIG, "calendar.range", "the calendar has no working time left between this start and the year 2199");
    return FALSE;
}

/* The first working instant of the day at or after this time of it; FALSE: none that day. */
static gboolean
opening_of_day(const LtCalendar *self, Place place, gint64 *opening_us)
{
    const LtHours *hours = hours_of(self, place.day);

    for (guint i = 0; i < hours->n_spans; i++) {
        if (hours->spans[i].until * LT_US_PER_MINUTE > place.of_day_us) {
            *opening_us = instant_of(place.day, MAX(hours->spans[i].from * LT_US_PER_MINUTE, place.of_day_us));
            return TRUE;
        }
    }
    return FALSE;
}

gboolean
lt_calendar_opening(const LtCalendar *self, gint64 at_us, gint64 *opening_us, GError **error)
{
    Place place;
    guint day;

    if (!place_of(at_us, &place)) {
        lt_error_set(error, LT_ERROR_CONFIG, "calendar.range", "a calendar knows the years 1900 to 2199 only");
        return FALSE;
    }
    if (opening_of_day(self, place, opening_us))
        return TRUE;
    /* The next day with working hours: the last one before which no more has been worked than by the end of this day. */
    day = day_reaching(self, self->before[place.day + 1] * LT_US_PER_MINUTE + 1);
    return (day > place.day && opening_of_day(self, (Place){ day, 0 }, opening_us)) || fail_range(error);
}

gboolean
lt_calendar_is_open(const LtCalendar *self, gint64 at_us)
{
    gint64 opening_us;

    return lt_calendar_opening(self, at_us, &opening_us, NULL) && opening_us == at_us;
}

static int
compare_pauses(gconstpointer a, gconstpointer b)
{
    const LtPause *one = a, *other = b;

    return one->from_us < other->from_us ? -1 : one->from_us > other->from_us;
}

/* In order of their beginning; (transfer full). */
static LtPause *
sort_pauses(const LtPause *pauses, gsize n_pauses)
{
    LtPause *sorted = g_memdup2(pauses, n_pauses * sizeof *pauses);

    if (n_pauses > 1)
        qsort(sorted, n_pauses, sizeof *sorted, compare_pauses);
    return sorted;
}

gint64
lt_calendar_counted(const LtCalendar *self, gint64 from_us, gint64 until_us, const LtPause *pauses, gsize n_pauses)
{
    g_autofree LtPause *sorted = sort_pauses(pauses, n_pauses);
    gint64 counted, covered_us = from_us;

    if (until_us <= from_us)
        return 0;
    counted = working_before(self, until_us) - working_before(self, from_us);
    for (gsize i = 0; i < n_pauses; i++) {
        gint64 begins = CLAMP(sorted[i].from_us, covered_us, until_us), ends = MIN(sorted[i].until_us, until_us);

        if (ends <= begins)
            continue;
        counted -= working_before(self, ends) - working_before(self, begins);
        covered_us = ends;
    }
    return counted;
}

/* The start moved behind the cut-off, then to an opening. */
static gboolean
begin(const LtCalendar *self, const LtTerm *term, gint64 *counts_from_us, GError **error)
{
    Place place;
    gint64 start_us = term->start_us;

    if (term->cutoff != LT_NO_CUTOFF && place_of(start_us, &place) && place.of_day_us > term->cutoff * LT_US_PER_MINUTE)
        start_us = instant_of(place.day + 1, 0);
    return lt_calendar_opening(self, start_us, counts_from_us, error);
}

/* Past the pauses that cover the beginning itself. */
static gboolean
leave_pauses(const LtCalendar *self, const LtPause *sorted, gsize n_pauses, gint64 *counts_from_us, GError **error)
{
    for (gsize i = 0; i < n_pauses && sorted[i].from_us <= *counts_from_us; i++) {
        if (sorted[i].until_us > *counts_from_us && !lt_calendar_opening(self, sorted[i].until_us, counts_from_us, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean
check_term(const LtTerm *term, GError **error)
{
    if (term->length_us < 0 || term->length_us > MAX_LENGTH_US) {
        lt_error_set(error, LT_ERROR_INVALID, "calendar.minutes", "a promise has 0 to %" G_GINT64_FORMAT " working minutes",
                     MAX_LENGTH_US / LT_US_PER_MINUTE);
        return FALSE;
    }
    for (gsize i = 0; i < term->n_pauses; i++) {
        if (term->pauses[i].until_us < term->pauses[i].from_us) {
            lt_error_set(error, LT_ERROR_INVALID, "calendar.pause", "a pause ends before it begins");
            return FALSE;
        }
    }
    return TRUE;
}

gboolean
lt_calendar_due(const LtCalendar *self, const LtTerm *term, gint64 *counts_from_us, gint64 *due_us, GError **error)
{
    g_autofree LtPause *sorted = NULL;
    gint64 from_us, covered_us, target, due;

    if (!check_term(term, error) || !begin(self, term, &from_us, error))
        return FALSE;
    sorted = sort_pauses(term->pauses, term->n_pauses);
    if (!leave_pauses(self, sorted, term->n_pauses, &from_us, error))
        return FALSE;
    if (counts_from_us != NULL)
        *counts_from_us = from_us;
    *due_us = due = covered_us = from_us;
    if (term->length_us == 0)
        return TRUE;
    target = working_before(self, from_us) + term->length_us;
    if (!first_with(self, target, &due))
        return fail_range(error);
    for (gsize i = 0; i < term->n_pauses && sorted[i].from_us < due; i++) {
        gint64 begins = MAX(sorted[i].from_us, covered_us);

        if (sorted[i].until_us <= begins)
            continue;
        target += working_before(self, sorted[i].until_us) - working_before(self, begins);
        covered_us = sorted[i].until_us;
        if (!first_with(self, target, &due))
            return fail_range(error);
    }
    *due_us = due;
    return TRUE;
}

gboolean
lt_calendar_shift(const LtCalendar *self, gint64 at_us, gint64 working_us, gint64 *shifted_us, GError **error)
{
    *shifted_us = at_us;
    if (working_us <= 0)
        return TRUE;
    return first_with(self, working_before(self, at_us) + working_us, shifted_us) || fail_range(error);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* mapping.c: jq programs under guard.
 *
 * A compiled program (jq_state) serves one thread at a time and takes tens of milliseconds to compile, so a small pool of them is kept.
 * libjq knows no limits: one watchdog thread per mapping halts a run that takes too long or eats too much memory. It looks every 20 ms,
 * and only while something runs, so an ordinary run of a millisecond never meets it.
 */
#include "mapping.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM_MAX (1u << 20)
#define POOL_MAX 16u
#define TICK_US 20000

/* What a program could reach beside its input, covered by harmless names. A program stands behind it, on its first line, so that jq's line
 * numbers stay right; import and include come too late there. */
static const char prelude[] = "def env: {}; def input: error(\"no further input\"); def inputs: empty; def debug: .; def debug(m): .; "
                              "def stderr: .; def input_filename: null; def halt: error(\"halt\"); def halt_error: error(\"halt\"); "
                              "def halt_error(c): error(\"halt\"); def get_search_list: []; def modulemeta: error(\"modules\"); {} as $ENV | ";

struct _Mapping {
    char *name; /* of the file, for messages */
    char *program;
    MappingLimits limits;
    GMutex mutex; /* guards what follows */
    GCond changed;
    GPtrArray *idle; /* of jq_state * */
    GPtrArray *runs; /* of Run * */
    gboolean stop;
    GThread *watchdog;
};

typedef struct {
    jq_state *jq;
    clockid_t clock;      /* CPU time of its thread: a busy machine is no reason to stop a program */
    gint64 started_us;    /* by that clock */
    gsize resident_bytes; /* of the process when it began */
    gboolean halted;
} Run;

static gint64
clock_us(clockid_t clock)
{
    struct timespec time = { 0 };

    clock_gettime(clock, &time);
    return (gint64) time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static gsize
resident_bytes(void)
{
    g_autofree char *text = NULL;
    guint64 size = 0, resident = 0;

    if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) ||
        sscanf(text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &size, &resident) != 2)
        return 0;
    return (gsize) resident * (gsize) sysconf(_SC_PAGESIZE);
}

static void
collect_message(void *data, jv message)
{
    GString *text = data;
    jv formatted = jq_format_error(message);

    if (text->len > 0)
        g_string_append(text, "; ");
    g_string_append(text, jv_string_value(formatted));
    jv_free(formatted);
}

static jq_state *
compile(const char *name, const char *program, GError **error)
{
    g_autoptr(GString) messages = g_string_new(NULL);
    jq_state *jq = jq_init();

    if (jq == NULL) {
        lt_error_set(error, LT_ERROR_UNAVAILABLE, "map", "%s: no memory for jq", name);
        return NULL;
    }
    jq_set_error_cb(jq, collect_message, messages);
    if (!jq_compile(jq, program)) {
        jq_teardown(&jq);
        lt_error_set(error, LT_ERROR_CONFIG, "map", "%s: %s", name, messages->str);
        return NULL;
    }
    jq_set_error_cb(jq, NULL, NULL);
    return jq;
}

/* Halts what is over its limits. jq looks at its halted flag before every step. Nobody knows whose memory it is, so each run may have its
 * share. */
static void
check_run(const Mapping *self, Run *run, gsize resident)
{
    gboolean is_late = clock_us(run->clock) - run->started_us >= self->limits.time_us;
    gboolean is_large = resident > run->resident_bytes && (resident - run->resident_bytes) / self->runs->len > self->limits.memory_bytes;

    if (run->halted || (!is_late && !is_large))
        return;
    run->halted = TRUE;
    jq_halt(run->jq, jv_invalid(), jv_invalid());
}

static gpointer
watch(gpointer data)
{
    Mapping *self = data;

    g_mutex_lock(&self->mutex);
    while (!self->stop) {
        if (self->runs->len == 0) {
            g_cond_wait(&self->changed, &self->mutex);
            continue;
        }
        g_cond_wait_until(&self->changed, &self->mutex, g_get_monotonic_time() + TICK_US);
        if (self->runs->len > 0) {
            gsize resident = resident_bytes();

            for (guint i = 0; i < self->runs->len; i++)
                check_run(self, g_ptr_array_index(self->runs, i), resident);
        }
    }
    g_mutex_unlock(&self->mutex);
    return NULL;
}

static char *
read_program(const char *path, GError **error)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    gsize size = 0;

    if (!g_file_get_contents(path, &text, &size, &cause)) {
        lt_error_set(error, LT_ERROR_CONFIG, "map", "%s", cause->message);
        return NULL;
    }
    if (size > PROGRAM_MAX || !g_utf8_validate_len(text, size, NULL)) {
        lt_error_set(error, LT_ERROR_CONFIG, "map", "%s: is larger than 1 MiB or not UTF-8 text", path);
        return NULL;
    }
    return g_steal_pointer(&text);
}

static void
free_jq(gpointer data)
{
    jq_state *jq = data;

    jq_teardown(&jq);
}

Mapping *
mapping_new(const char *name, const char *text, const MappingLimits *limits, GError **error)
{
    g_autofree char *program = g_strconcat(prelude, text, NULL);
    jq_state *jq = compile(name, program, error);
    Mapping *self;

    if (jq == NULL)
        return NULL;
    self = g_new0(Mapping, 1);
    self->name = g_strdup(name);
    self->program = g_steal_pointer(&program);
    self->limits = *limits;
    g_mutex_init(&self->mutex);
    g_cond_init(&self->changed);
    self->idle = g_ptr_array_new_with_free_func(free_jq);
    self->runs = g_ptr_array_new();
    g_ptr_array_add(self->idle, jq);
    self->watchdog = g_thread_new("jq-watchdog", watch, self);
    return self;
}

Mapping *
mapping_open(const char *path, const MappingLimits *limits, GError **error)
{
    g_autofree char *text = read_program(path, error);
    g_autofree char *name = g_path_get_basename(path);

    return text != NULL ? mapping_new(name, text, limits, error) : NULL;
}

void
mapping_free(Mapping *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->mutex);
    self->stop = TRUE;
    g_cond_signal(&self->changed);
    g_mutex_unlock(&self->mutex);
    g_thread_join(self->watchdog);
    g_ptr_array_unref(self->idle);
    g_ptr_array_unref(self->runs);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->changed);
    g_free(self->name);
    g_free(self->program);
    g_free(self);
}

static jq_state *
take_jq(Mapping *self, GError **error)
{
    jq_state *jq = NULL;

    g_mutex_lock(&self->mutex);
    if (self->idle->len > 0)
        jq = g_ptr_array_steal_index_fast(self->idle, self->idle->len - 1);
    g_mutex_unlock(&self->mutex);
    return jq != NULL ? jq : compile(self->name, self->program, error);
}

/* A halted state is not used again. */
static void
give_jq(Mapping *self, jq_state *jq, gboolean reusable)
{
    gboolean kept = FALSE;

    g_mutex_lock(&self->mutex);
    if (reusable && self->idle->len < POOL_MAX) {
        g_ptr_array_add(self->idle, jq);
        kept = TRUE;
    }
    g_mutex_unlock(&self->mutex);
    if (!kept)
        jq_teardown(&jq);
}

static void
run_begin(Mapping *self, Run *run)
{
    pthread_getcpuclockid(pthread_self(), &run->clock);
    run->started_us = clock_us(run->clock);
    run->resident_bytes = resident_bytes();
    g_mutex_lock(&self->mutex);
    g_ptr_array_add(self->runs, run);
    if (self->runs->len == 1)
        g_cond_signal(&self->changed);
    g_mutex_unlock(&self->mutex);
}

static void
run_end(Mapping *self, Run *run)
{
    g_mutex_lock(&self->mutex);
    g_ptr_array_remove_fast(self->runs, run);
    g_mutex_unlock(&self->mutex);
}

/* What jq says went wrong. The text may quote a piece of the input, so only its beginning up to a quote or bracket is told. */
static void
set_failure(const Mapping *self, jv value, GError **error)
{
    jv message = jv_invalid_get_msg(value);
    g_autofree char *text = NULL;

    if (jv_get_kind(message) == JV_KIND_STRING) {
        const char *whole = jv_string_value(message);
        const char *end = NULL;

        g_utf8_validate_len(whole, MIN(strcspn(whole, "\"({["), 80), &end); /* not in the middle of a character */
        text = g_strndup(whole, (gsize) (end - whole));
    }
    lt_error_set(error, LT_ERROR_CONFIG, text != NULL ? "map.failed" : "map.output", "%s: %s", self->name,
                 text != NULL ? text : "gave no value");
    jv_free(message);
}

jv
mapping_run(Mapping *self, jv input, GError **error)
{
    jq_state *jq = take_jq(self, error);
    Run run = { .jq = jq };
    jv value, second;

    if (jq == NULL) {
        jv_free(input);
        return jv_invalid();
    }
    run_begin(self, &run);
    jq_start(jq, input, 0);
    value = jq_next(jq);
    second = jv_is_valid(value) ? jq_next(jq) : jv_invalid();
    run_end(self, &run);
    if (run.halted) {
        lt_error_set(error, LT_ERROR_CONFIG, "map.limit", "%s: ran too long or took too much memory and was stopped", self->name);
    } else if (!jv_is_valid(value)) {
        set_failure(self, jv_copy(value), error);
    } else if (jv_is_valid(second)) {
        lt_error_set(error, LT_ERROR_CONFIG, "map.output", "%s: gave more than one value", self->name);
    } else {
        jv_free(second);
        give_jq(self, jq, TRUE);
        return value;
    }
    jv_free(second);
    jv_free(value);
    give_jq(self, jq, !run.halted);
    return jv_invalid();
}

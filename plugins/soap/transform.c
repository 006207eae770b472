/* SPDX-License-Identifier: Apache-2.0 */
/* transform.c: XSLT under guard.
 *
 * libxslt reads any file with document() and writes files with its extras; all five kinds of access are forbidden on every run, and a
 * stylesheet that asks for another one or for extensions does not open. It counts depth and steps but neither time nor memory: a watchdog
 * thread per stylesheet, as in the plugin rest, stops a run that takes too much. It looks every 20 ms and only while something runs.
 */
#include "transform.h"

#include <libxslt/security.h>
#include <libxslt/transform.h>
#include <libxslt/variables.h>
#include <libxslt/xslt.h>
#include <libxslt/xsltInternals.h>
#include <libxslt/xsltutils.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TICK_US 20000
#define DEPTH_MAX 200
#define VARIABLES_MAX 10000
#define STEPS_MAX 20000000ul
#define XSLT_NS "http://www.w3.org/1999/XSL/Transform"

struct _Transform {
    char *name; /* of the file, for messages */
    xsltStylesheetPtr sheet;
    const char *const *parameters;
    TransformLimits limits;
    xsltSecurityPrefsPtr forbidden;
    GMutex mutex; /* guards what follows */
    GCond changed;
    GPtrArray *runs; /* of Run * */
    gboolean stop;
    GThread *watchdog;
};

typedef struct {
    xsltTransformContextPtr context;
    clockid_t clock;      /* CPU time of its thread: a busy machine is no reason to stop */
    gint64 started_us;
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

/* libxslt and libxml2 look at these between steps; from here they are only ever made smaller. */
static void
check_run(const Transform *self, Run *run, gsize resident)
{
    gboolean is_late = clock_us(run->clock) - run->started_us >= self->limits.time_us;
    gboolean is_large = resident > run->resident_bytes && (resident - run->resident_bytes) / self->runs->len > self->limits.memory_bytes;

    if (run->halted || (!is_late && !is_large))
        return;
    run->halted = TRUE;
    __atomic_store_n((int *) &run->context->state, XSLT_STATE_STOPPED, __ATOMIC_RELAXED);
    __atomic_store_n(&run->context->xpathCtxt->opLimit, 1ul, __ATOMIC_RELAXED);
}

static gpointer
watch(gpointer data)
{
    Transform *self = data;

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

static void
run_begin(Transform *self, Run *run)
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
run_end(Transform *self, Run *run)
{
    g_mutex_lock(&self->mutex);
    g_ptr_array_remove_fast(self->runs, run);
    g_mutex_unlock(&self->mutex);
}

/* The first line that libxslt says while this thread compiles; of a run nothing is kept, it may quote the input. */
static GPrivate compile_words = G_PRIVATE_INIT(NULL);

static void G_GNUC_PRINTF(2, 3)
collect_words(void *data, const char *format, ...)
{
    GString *words = g_private_get(&compile_words);
    va_list arguments;

    (void) data;
    if (words == NULL || words->len > 300)
        return;
    va_start(arguments, format);
    g_string_append_vprintf(words, format, arguments);
    va_end(arguments);
}

static void
collect_fault(void *data, xmlErrorPtr cause)
{
    (void) data;
    collect_words(NULL, "%s", cause->message != NULL ? cause->message : "");
}

static void
prepare_library(void)
{
    static gsize prepared;

    if (!g_once_init_enter(&prepared))
        return;
    xsltInit();
    xsltSetGenericErrorFunc(NULL, collect_words);
    g_once_init_leave(&prepared, 1);
}

static gboolean
is_extension(const xmlNs *ns)
{
    static const char *const prefixes[] = { "http://exslt.org/", "http://xmlsoft.org/XSLT/", "http://icl.com/saxon", "http://www.jclark.com/xt",
                                            "org.apache.xalan", "http://xml.apache.org/xalan", "http://xml.apache.org/xslt" };

    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (ns->href != NULL && g_str_has_prefix((const char *) ns->href, prefixes[i]))
            return TRUE;
    }
    return FALSE;
}

static gboolean
is_plain(xmlDoc *doc, const char *name, GError **error)
{
    static const char *const refused[] = { "include", "import", "document" };
    xmlNode *root = xmlDocGetRootElement(doc);

    for (xmlNode *node = root; node != NULL; node = document_walk(node, root)) {
        const char *found = NULL;

        for (guint i = 0; i < G_N_ELEMENTS(refused); i++)
            found = document_is(node, XSLT_NS, refused[i]) ? refused[i] : found;
        for (const xmlNs *ns = node->nsDef; ns != NULL; ns = ns->next)
            found = is_extension(ns) ? "extensions" : found;
        if (xmlHasProp(node, BAD_CAST "extension-element-prefixes") != NULL)
            found = "extensions";
        if (found != NULL) {
            lt_error_set(error, LT_ERROR_CONFIG, "soap.map", "%s: line %ld: a map stands alone: no %s", name, xmlGetLineNo(node), found);
            return FALSE;
        }
    }
    return TRUE;
}

static xsltStylesheetPtr
compile(const char *path, const char *name, GError **error)
{
    g_autoptr(GString) words = g_string_new(NULL);
    g_autoptr(xmlDoc) doc = document_read(path, error);
    xsltStylesheetPtr sheet;

    if (doc == NULL || !is_plain(doc, name, error))
        return NULL;
    g_private_set(&compile_words, words);
    xmlSetStructuredErrorFunc(NULL, collect_fault);
    sheet = xsltParseStylesheetDoc(doc);
    xmlSetStructuredErrorFunc(NULL, NULL);
    g_private_set(&compile_words, NULL);
    if (sheet != NULL)
        g_steal_pointer(&doc);
    if (sheet != NULL && sheet->errors == 0)
        return sheet;
    if (sheet != NULL)
        xsltFreeStylesheet(sheet);
    g_strdelimit(words->str, "\n\r\t", ' ');
    lt_error_set(error, LT_ERROR_CONFIG, "soap.map", "%s: %s", name, words->len > 0 ? g_strstrip(words->str) : "is no stylesheet that XSLT 1.0 knows");
    return NULL;
}

static xsltSecurityPrefsPtr
forbid_all(void)
{
    static const xsltSecurityOption options[] = { XSLT_SECPREF_READ_FILE, XSLT_SECPREF_WRITE_FILE, XSLT_SECPREF_CREATE_DIRECTORY,
                                                  XSLT_SECPREF_READ_NETWORK, XSLT_SECPREF_WRITE_NETWORK };
    xsltSecurityPrefsPtr prefs = xsltNewSecurityPrefs();

    for (guint i = 0; i < G_N_ELEMENTS(options); i++)
        xsltSetSecurityPrefs(prefs, options[i], xsltSecurityForbid);
    return prefs;
}

Transform *
transform_open(const char *path, const char *const *parameters, const TransformLimits *limits, GError **error)
{
    g_autofree char *name = g_path_get_basename(path);
    xsltStylesheetPtr sheet;
    Transform *self;

    prepare_library();
    sheet = compile(path, name, error);
    if (sheet == NULL)
        return NULL;
    self = g_new0(Transform, 1);
    self->name = g_steal_pointer(&name);
    self->sheet = sheet;
    self->parameters = parameters;
    self->limits = *limits;
    self->forbidden = forbid_all();
    g_mutex_init(&self->mutex);
    g_cond_init(&self->changed);
    self->runs = g_ptr_array_new();
    self->watchdog = g_thread_new("xslt-watchdog", watch, self);
    return self;
}

void
transform_free(Transform *self)
{
    if (self == NULL)
        return;
    g_mutex_lock(&self->mutex);
    self->stop = TRUE;
    g_cond_signal(&self->changed);
    g_mutex_unlock(&self->mutex);
    g_thread_join(self->watchdog);
    g_ptr_array_unref(self->runs);
    g_mutex_clear(&self->mutex);
    g_cond_clear(&self->changed);
    xsltFreeSecurityPrefs(self->forbidden);
    xsltFreeStylesheet(self->sheet);
    g_free(self->name);
    g_free(self);
}

static void
drop_words(void *data, const char *format, ...)
{
    (void) data;
    (void) format;
}

static void
drop_fault(void *data, xmlErrorPtr cause)
{
    (void) data;
    (void) cause;
}

static xsltTransformContextPtr
context_new(Transform *self, xmlDoc *input)
{
    xsltTransformContextPtr context = xsltNewTransformContext(self->sheet, input);

    if (context == NULL)
        g_error("out of memory");
    xsltSetTransformErrorFunc(context, NULL, drop_words);
    xsltSetCtxtSecurityPrefs(self->forbidden, context);
    context->maxTemplateDepth = DEPTH_MAX;
    context->maxTemplateVars = VARIABLES_MAX;
    context->opLimit = STEPS_MAX;
    context->xpathCtxt->opLimit = STEPS_MAX;
    if (self->parameters != NULL)
        xsltQuoteUserParams(context, (const char **) self->parameters);
    return context;
}

static xmlDoc *
judge(Transform *self, const Run *run, xmlDoc *output, GError **error)
{
    const xsltTransformContext *context = run->context;
    gboolean exhausted = context->opCount > STEPS_MAX || context->xpathCtxt->opCount > STEPS_MAX;

    if (run->halted || exhausted) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.map.limit", "%s: ran too long or took too much memory and was stopped", self->name);
    } else if (context->state != XSLT_STATE_OK || output == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.map.failed", "%s: line %ld: %s", self->name,
                     context->inst != NULL ? xmlGetLineNo(context->inst) : 0,
                     context->state == XSLT_STATE_STOPPED ? "the map stopped with a message, or went deeper than 200" : "a fault in the map");
    } else if (xmlDocGetRootElement(output) == NULL) {
        lt_error_set(error, LT_ERROR_CONFIG, "soap.map.output", "%s: no element came out", self->name);
    } else {
        return output;
    }
    g_clear_pointer(&output, xmlFreeDoc);
    return NULL;
}

xmlDoc *
transform_run(Transform *self, xmlDoc *input, GError **error)
{
    Run run = { .context = context_new(self, input) };
    xmlDoc *output;

    run_begin(self, &run);
    xmlSetStructuredErrorFunc(NULL, drop_fault);
    output = xsltApplyStylesheetUser(self->sheet, input, NULL, NULL, NULL, run.context);
    xmlSetStructuredErrorFunc(NULL, NULL);
    run_end(self, &run);
    output = judge(self, &run, output, error);
    xsltFreeTransformContext(run.context);
    return output;
}

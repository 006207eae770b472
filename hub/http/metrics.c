/* SPDX-License-Identifier: Apache-2.0 */
/* metrics.c: figures of store, dispatcher and HTTP as Prometheus text (exposition format 0.0.4). Names of endpoints are the only labels from a configuration. */
#include "http/resources.h"

#include "http/routes.h"
#include "http/server-private.h"
#include "store/deliveries.h"

static void
figure(GString *out, const char *name, const char *type, const char *help, double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %s\n", name, help, name, type, name, g_ascii_dtostr(number, sizeof number, value));
}

/* @edge_us: upper edge of the first bucket; each further one is twice that, the last has none. */
static void
histogram(GString *out, const char *name, const char *help, const guint64 *buckets, guint n_buckets, gint64 edge_us, guint64 sum_us)
{
    guint64 seen = 0;
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    g_string_append_printf(out, "# HELP %s %s\n# TYPE %s histogram\n", name, help, name);
    for (guint i = 0; i < n_buckets; i++, edge_us *= 2) {
        seen += __atomic_load_n(&buckets[i], __ATOMIC_RELAXED);
        g_string_append_printf(out, "%s_bucket{le=\"%s\"} %" G_GUINT64_FORMAT "\n", name,
                               i + 1 == n_buckets ? "+Inf" : g_ascii_formatd(number, sizeof number, "%g", (double) edge_us / G_USEC_PER_SEC), seen);
    }
    g_string_append_printf(out, "%s_sum %s\n%s_count %" G_GUINT64_FORMAT "\n", name, g_ascii_dtostr(number, sizeof number, (double) sum_us / G_USEC_PER_SEC), name, seen);
}

static void
append_store(GString *out, LtStore *store)
{
    LtStoreFigures f = { 0 };
    g_autofree const char **codes = lt_store_list_codes(store);
    gint64 last_us, full_us;

    lt_store_get_figures(store, &f);
    figure(out, "lthub_store_state", "gauge", "0 ok, 1 degraded, 2 halted", lt_store_get_state(store, NULL));
    g_string_append(out, "# HELP lthub_log_check 1 for each code that halts or degrades the store\n# TYPE lthub_log_check gauge\n");
    for (guint i = 0; codes[i] != NULL; i++)
        g_string_append_printf(out, "lthub_log_check{code=\"%s\"} 1\n", codes[i]);
    lt_store_get_check(store, &last_us, &full_us);
    figure(out, "lthub_log_check_seconds", "gauge", "when the log was last checked, seconds since 1970; 0: not since the start", (double) last_us / G_USEC_PER_SEC);
    figure(out, "lthub_log_check_full_seconds", "gauge", "when everything was last checked", (double) full_us / G_USEC_PER_SEC);
    figure(out, "lthub_store_commits_total", "counter", "groups committed", (double) f.commits);
    figure(out, "lthub_store_writes_total", "counter", "writes committed", (double) f.writes);
    figure(out, "lthub_store_groups_failed_total", "counter", "groups rolled back", (double) f.groups_failed);
    figure(out, "lthub_store_queue", "gauge", "writes that wait", (double) f.queue_depth);
    figure(out, "lthub_store_wal_bytes", "gauge", "size of the write-ahead log", (double) f.wal_bytes);
    figure(out, "lthub_store_database_bytes", "gauge", "size of the database", (double) f.db_bytes);
    figure(out, "lthub_store_free_bytes", "gauge", "free disk", (double) f.free_bytes);
    histogram(out, "lthub_store_commit_seconds", "time of a commit", f.commit_buckets, G_N_ELEMENTS(f.commit_buckets), lt_store_commit_bucket_us(0), f.commit_us_sum);
}

typedef struct {
    const char *name, *type, *help;
    double (*value)(const LtEndpointHealth *health);
} EndpointFigure;

static double get_in_flight(const LtEndpointHealth *h) { return h->in_flight; }
static double get_queued(const LtEndpointHealth *h) { return h->queued; }
static double get_stuck(const LtEndpointHealth *h) { return h->stuck; }
static double get_delivered(const LtEndpointHealth *h) { return (double) h->delivered; }
static double get_failed(const LtEndpointHealth *h) { return (double) h->failed; }
static double get_refused(const LtEndpointHealth *h) { return (double) h->refused; }
static double get_held(const LtEndpointHealth *h) { return (double) h->held; }
static double get_collected(const LtEndpointHealth *h) { return (double) h->collected; }
static double get_rests(const LtEndpointHealth *h) { return g_strcmp0(h->breaker, "closed") != 0; }
static double get_last_success(const LtEndpointHealth *h) { return (double) h->last_success_us / G_USEC_PER_SEC; }

static const EndpointFigure endpoint_figures[] = {
    { "lthub_endpoint_in_flight", "gauge", "deliveries that a worker is at", get_in_flight },
    { "lthub_endpoint_queued", "gauge", "due deliveries in memory", get_queued },
    { "lthub_endpoint_stuck", "gauge", "calls past their deadline", get_stuck },
    { "lthub_endpoint_delivered_total", "counter", "handed over since the start", get_delivered },
    { "lthub_endpoint_failed_total", "counter", "attempts that failed", get_failed },
    { "lthub_endpoint_refused_total", "counter", "refused for good", get_refused },
    { "lthub_endpoint_held_total", "counter", "held for a person", get_held },
    { "lthub_endpoint_collected_total", "counter", "messages collected", get_collected },
    { "lthub_endpoint_rests", "gauge", "1 while the circuit breaker is not closed", get_rests },
    { "lthub_endpoint_last_success_seconds", "gauge", "time of the last delivery, seconds since 1970", get_last_success },
};

static void
append_endpoints(GString *out, LtDispatcher *dispatcher)
{
    g_autoptr(GPtrArray) all = lt_dispatcher_health(dispatcher);
    char number[G_ASCII_DTOSTR_BUF_SIZE];

    for (guint i = 0; i < G_N_ELEMENTS(endpoint_figures); i++) {
        const EndpointFigure *f = &endpoint_figures[i];

        g_string_append_printf(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help, f->name, f->type);
        for (guint k = 0; k < all->len; k++) {
            const LtEndpointHealth *health = all->pdata[k];

            g_string_append_printf(out, "%s{endpoint=\"%s\"} %s\n", f->name, health->endpoint, g_ascii_dtostr(number, sizeof number, f->value(health)));
        }
    }
}

static void
append_backlogs(GString *out, LtStore *store)
{
    g_autoptr(GPtrArray) all = lt_store_backlogs(store, NULL);

    g_string_append(out, "# HELP lthub_deliveries unfinished deliveries on disk\n# TYPE lthub_deliveries gauge\n");
    for (guint i = 0; all != NULL && i < all->len; i++) {
        const LtEndpointBacklog *backlog = all->pdata[i];

        g_string_append_printf(out, "lthub_deliveries{endpoint=\"%s\",state=\"waiting\"} %" G_GUINT64_FORMAT "\n", backlog->endpoint, backlog->waiting);
        g_string_append_printf(out, "lthub_deliveries{endpoint=\"%s\",state=\"held\"} %" G_GUINT64_FORMAT "\n", backlog->endpoint, backlog->held);
    }
}

static void
append_http(GString *out, LtHttpServer *server)
{
    const LtHttpFigures *f = &server->figures;

    figure(out, "lthub_http_open", "gauge", "open connections", g_atomic_int_get(&server->n_open));
    figure(out, "lthub_http_busy", "gauge", "requests being answered", g_atomic_int_get(&server->n_busy));
    figure(out, "lthub_http_cut_total", "counter", "connections ended because the other side was too slow", (double) __atomic_load_n(&f->cut, __ATOMIC_RELAXED));
    figure(out, "lthub_http_over_limit_total", "counter", "connections refused over http.max_open", (double) __atomic_load_n(&f->over_limit, __ATOMIC_RELAXED));
    g_string_append(out, "# HELP lthub_http_answers_total answers by class of status\n# TYPE lthub_http_answers_total counter\n");
    for (guint i = 2; i < G_N_ELEMENTS(f->by_class); i++)
        g_string_append_printf(out, "lthub_http_answers_total{class=\"%uxx\"} %" G_GUINT64_FORMAT "\n", i, __atomic_load_n(&f->by_class[i], __ATOMIC_RELAXED));
    histogram(out, "lthub_http_request_seconds", "from the head of a request to its answer", f->buckets, G_N_ELEMENTS(f->buckets), 500,
              __atomic_load_n(&f->seconds_sum_us, __ATOMIC_RELAXED));
}

void
lt_metrics_get(LtExchange *exchange)
{
    const LtHttpParts *parts = lt_exchange_get_parts(exchange);
    GString *out = g_string_new(NULL);

    g_string_append(out, "# HELP lthub_build_info version\n# TYPE lthub_build_info gauge\nlthub_build_info{version=\"" LT_VERSION "\"} 1\n");
    append_store(out, parts->store);
    append_backlogs(out, parts->store);
    append_endpoints(out, parts->dispatcher);
    append_http(out, lt_exchange_get_server(exchange));
    lt_exchange_reply_text(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", g_string_free(out, FALSE));
}

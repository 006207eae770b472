/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c: `lthub serve`: runs the hub until it is told to stop.
 *
 * SIGTERM and SIGINT stop it cleanly within ten seconds, SIGHUP reloads the configuration. Under systemd it says when it
 * is ready and feeds the watchdog, but only while the store still makes progress.
 */
#include <glib-unix.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/language.h"
#include "base/value.h"
#include "cli/commands.h"
#include "hub.h"

#define STOP_GRACE_US (8 * G_USEC_PER_SEC)

typedef struct {
    gboolean demo;
    gint64 port;
} Serve;

static const LtKey serve_keys[] = {
    LT_BOOLEAN(Serve, demo, "false", "listen on loopback TCP, with certificates of a lab CA only; for trying out"),
    LT_NUMBER(Serve, port, "0", "0..65535", "port for --demo; 0: any free one"),
    LT_KEYS_END,
};

typedef struct {
    LtHub *hub;
    GMainLoop *loop;
    const char *why;
    guint64 commits; /* at the last look of the watchdog */
} Running;

static gboolean
on_stop(gpointer data)
{
    Running *running = data;

    running->why = "signal";
    g_main_loop_quit(running->loop);
    return G_SOURCE_CONTINUE;
}

static gboolean
on_hangup(gpointer data)
{
    Running *running = data;
    g_autoptr(GPtrArray) faults = NULL;
    gboolean done;

    sd_notify(0, "RELOADING=1");
    done = lt_hub_reload(running->hub, "signal", &faults);
    for (guint i = 0; i < faults->len; i++)
        g_message("%s", (const char *) faults->pdata[i]);
    g_message("%s", done ? "the new configuration is in force" : "the old configuration stays in force");
    sd_notify(0, "READY=1");
    return G_SOURCE_CONTINUE;
}

static gboolean
on_watchdog(gpointer data)
{
    Running *running = data;
    LtStoreFigures figures;

    lt_store_get_figures(lt_hub_get_store(running->hub), &figures);
    if (figures.queue_depth == 0 || figures.commits != running->commits)
        sd_notify(0, "WATCHDOG=1");
    running->commits = figures.commits;
    return G_SOURCE_CONTINUE;
}

/* Log lines go to stderr as `LEVEL text`, one line each, with control characters escaped (security.md S23). */
static GLogWriterOutput
write_log(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
    const char *message = NULL;
    g_autofree char *text = NULL;

    (void) data;
    for (gsize i = 0; i < n_fields; i++) {
        if (g_strcmp0(fields[i].key, "MESSAGE") == 0)
            message = fields[i].value;
    }
    if (message == NULL || (level & G_LOG_LEVEL_DEBUG) != 0)
        return G_LOG_WRITER_HANDLED;
    text = lt_escape_for_log(message);
    fprintf(stderr, "%s%s\n",
            (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0 ? "<3>" : (level & G_LOG_LEVEL_WARNING) != 0 ? "<4>" : "<6>", text);
    return G_LOG_WRITER_HANDLED;
}

static void
run_until_stopped(Running *running)
{
    guint64 watchdog_us = 0;

    g_unix_signal_add(SIGTERM, on_stop, running);
    g_unix_signal_add(SIGINT, on_stop, running);
    g_unix_signal_add(SIGHUP, on_hangup, running);
    if (sd_watchdog_enabled(0, &watchdog_us) > 0)
        g_timeout_add((guint) (watchdog_us / 2000), on_watchdog, running);
    sd_notify(0, "READY=1");
    g_main_loop_run(running->loop);
    sd_notify(0, "STOPPING=1");
}

static void
say_ready(const LtHub *hub, const Serve *serve, const LtTerminal *terminal)
{
    if (serve->demo && terminal->json)
        g_print("{\"url\":\"http://127.0.0.1:%u\"}\n", lt_hub_get_port((LtHub *) hub));
    else if (serve->demo)
        g_print(_("Ready: http://127.0.0.1:%u (demo: loopback only)\n"), lt_hub_get_port((LtHub *) hub));
    fflush(stdout);
}

static int
run_serve(gpointer options, char **arguments, const LtTerminal *terminal)
{
    const Serve *serve = options;
    LtHubOptions hub_options = { .config_path = terminal->config, .demo = serve->demo, .port = (guint) serve->port };
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_autoptr(LtHub) hub = NULL;
    g_autoptr(GError) error = NULL;
    Running running = { .loop = loop, .why = "stop" };

    (void) arguments;
    g_log_set_writer_func(write_log, NULL, NULL);
    if (serve->port != 0 && !serve->demo)
        lt_error_set(&error, LT_ERROR_CONFIG, "http.demo", "--port goes with --demo only: in production the hub listens on Unix sockets, behind nginx");
    else
        hub = lt_hub_open(&hub_options, &error);
    if (hub == NULL || !lt_hub_start(hub, &error))
        return lt_command_fail(terminal, error);
    running.hub = hub;
    say_ready(hub, serve, terminal);
    run_until_stopped(&running);
    lt_hub_stop(hub, running.why, STOP_GRACE_US);
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "", .arguments = "", .summary = "Runs the hub until SIGTERM",
      .description = "Opens the store, checks the audit log, loads the configuration and listens on the Unix sockets of [http] behind nginx.\n"
                     "SIGHUP (or `lthub reload`) loads the configuration anew: whole, or not at all with every reason.\n"
                     "With --demo it listens on a loopback port instead; the log then says that it is one of a demonstration.",
      .examples = "lthub serve --config /etc/lthub/lthub.conf\nlthub serve --demo --port 8470 --config demo/lthub.conf",
      .options = serve_keys, .options_size = sizeof(Serve), .run = run_serve },
    { 0 },
};

const LtCommand lt_command_serve = { "serve", "runs the hub", verbs };

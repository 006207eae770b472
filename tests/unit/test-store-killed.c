/* SPDX-License-Identifier: Apache-2.0 */
/* test-store-killed.c: what was acknowledged is there after kill -9, and the log is whole. Rounds: $LTHUB_KILLS (default 6). */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/store-lab.h"

/* The child of the crash test: accepts and settles from several threads, and prints the id of each message once it was acknowledged. */
static gpointer
accept_for_ever(gpointer data)
{
    StoreLab *lab = data;

    for (guint i = 0;; i++) {
        LabMessage message = { .attachment_sizes = { i % 3 == 0 ? 70000 : 500 } };
        g_autoptr(GBytes) bytes = store_lab_bytes(lab, &message);
        g_autoptr(LtEnvelope) envelope = store_lab_open(lab, bytes);
        g_autoptr(GError) error = NULL;
        g_autoptr(LtAccepted) accepted = store_lab_accept(lab, envelope, NULL, &error);
        g_autofree char *line = NULL;

        g_assert_no_error(error);
        g_assert_nonnull(accepted);
        line = g_strdup_printf("%s %s\n", lt_message_get_id(envelope->message), lt_message_get_manifest(envelope->message));
        g_assert_cmpint(write(STDOUT_FILENO, line, strlen(line)), ==, (gssize) strlen(line));
    }
    return NULL;
}

static int
be_the_child(const char *folder)
{
    StoreLab *lab = store_lab_attach(folder);

    for (guint i = 0; i < 3; i++)
        g_thread_unref(g_thread_new("child", accept_for_ever, lab));
    accept_for_ever(lab);
    return 1;
}

/* Starts the child, kills it, and gives back what it acknowledged: lines "id manifest". */
static char **
run_and_kill(const char *folder, guint after_ms)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    const char *const argv[] = { self, "--child", folder, NULL };
    g_autoptr(GString) output = g_string_new(NULL);
    GError *error = NULL;
    GPid pid;
    char piece[4096];
    gssize n;
    int out;

    g_spawn_async_with_pipes(NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, NULL, &out, NULL, &error);
    g_assert_no_error(error);
    n = read(out, piece, sizeof piece); /* it has begun */
    g_assert_cmpint(n, >, 0);
    g_string_append_len(output, piece, n);
    g_usleep(after_ms * 1000ul);
    kill(pid, SIGKILL);
    while ((n = read(out, piece, sizeof piece)) > 0)
        g_string_append_len(output, piece, n);
    close(out);
    waitpid(pid, NULL, 0);
    g_spawn_close_pid(pid);
    return g_strsplit(output->str, "\n", -1);
}

static void
test_loses_nothing_when_killed(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    const char *wanted = g_getenv("LTHUB_KILLS");
    guint rounds = wanted != NULL ? (guint) g_ascii_strtoull(wanted, NULL, 10) : 6, found = 0;

    for (guint round = 0; round < rounds; round++) {
        g_auto(GStrv) lines = NULL;
        GError *error = NULL;

        g_clear_pointer(&lab->store, lt_store_close);
        lines = run_and_kill(lab->folder, (guint) g_test_rand_int_range(1, 120));
        store_lab_reopen(lab);
        for (char **line = lines; *line != NULL; line++) {
            if (strlen(*line) != 36 + 1 + 64) /* the last one may be cut */
                continue;
            (*line)[36] = '\0';
            LtSeen seen = lt_store_seen(lab->store, LAB_COMMUNE, *line, *line + 37, &error);

            g_assert_no_error(error);
            g_assert_cmpint(seen, ==, LT_SEEN_SAME);
            found++;
        }
        store_lab_assert_sound(lab);
    }
    g_test_message("%u acknowledged messages found again after %u kills", found, rounds);
    g_assert_cmpuint(found, >=, rounds);
}

int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--child") == 0)
        return be_the_child(argv[2]);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/store/loses-nothing-when-killed", test_loses_nothing_when_killed);
    return g_test_run();
}

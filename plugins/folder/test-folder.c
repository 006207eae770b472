/* SPDX-License-Identifier: Apache-2.0 */
/* test-folder.c: what is written, what is taken, what is put aside. */
#include "lib/plugin-harness.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "0193f3a0-0000-7000-8000-000000000001"

static const char *const two[] = { "first file", "second file", NULL };

static gboolean
deliver(LtEndpoint *endpoint, LtMessage *message, GError **error)
{
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;

    return lt_endpoint_deliver(endpoint, message, NULL, &receipt, &type, error);
}

static void
assert_content(const char *folder, const char *name, const char *expected)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *content = NULL;

    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, expected);
}

static guint
count_entries(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    guint n = 0;

    while (dir != NULL && g_dir_read_name(dir) != NULL)
        n++;
    return n;
}

static void
test_delivers_parts_as_files(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree G_GNUC_UNUSED char *out = harness_file(harness, "out/.keep", "");
    g_autofree char *lines = g_strdup_printf("plugin=folder\nout=%s/out\nfile_mode=384\n", harness->folder);
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .payload = "{\"a\":1}", .attachments = two,
                                                                       .dossier = "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab" });
    g_autofree char *folder = g_build_filename(harness->folder, "out", "H52.1_" ID, NULL);
    g_autofree char *description = g_build_filename(folder, "message.json", NULL);
    g_autoptr(GError) error = NULL;
    g_autofree char *content = NULL;
    struct stat info;

    g_assert_true(deliver(endpoint, message, &error));
    g_assert_no_error(error);
    assert_content(folder, "payload.json", "{\"a\":1}");
    assert_content(folder, "0001", "first file");
    assert_content(folder, "0002", "second file");
    g_assert_true(g_file_get_contents(description, &content, NULL, NULL));
    g_assert_nonnull(strstr(content, "\"id\": \"" ID "\""));
    g_assert_nonnull(strstr(content, "\"dossier\": \"7f0c2a7e-8d3c-4a52-9f1b-0123456789ab\""));
    g_assert_nonnull(strstr(content, "\"file\": \"0002\""));
    g_assert_cmpint(stat(description, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0600);
    g_assert_cmpuint(count_entries(folder), ==, 4);
}

static void
test_delivers_the_container_itself(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree G_GNUC_UNUSED char *out = harness_file(harness, "out/.keep", "");
    g_autofree char *lines = g_strdup_printf("plugin=folder\nform=envelope\nout=%s/out\n", harness->folder);
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { 0 });
    g_autofree char *folder = g_build_filename(harness->folder, "out", "H52.1_" ID, NULL);

    g_assert_true(deliver(endpoint, message, NULL));
    assert_content(folder, "envelope.asice", "container");
    g_assert_cmpuint(count_entries(folder), ==, 1);
}

static void
test_delivering_again_changes_nothing(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree G_GNUC_UNUSED char *rest = harness_file(harness, "out/.H52.1_" ID ".new/payload.json", "half of an attempt that was cut short");
    g_autofree char *lines = g_strdup_printf("plugin=folder\nout=%s/out\n", harness->folder);
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .payload = "{\"a\":1}" });
    g_autoptr(LtMessage) other = harness_message(&(HarnessMessage) { .from = "H52.3" });
    g_autofree char *folder = g_build_filename(harness->folder, "out", "H52.1_" ID, NULL);
    g_autofree char *out = g_build_filename(harness->folder, "out", NULL);

    g_assert_true(deliver(endpoint, message, NULL));
    g_assert_true(deliver(endpoint, message, NULL));
    assert_content(folder, "payload.json", "{\"a\":1}");
    g_assert_cmpuint(count_entries(out), ==, 1);
    g_assert_true(deliver(endpoint, other, NULL)); /* same id, other sender: another message */
    g_assert_cmpuint(count_entries(out), ==, 2);
}

static void
test_a_folder_that_is_gone_is_unavailable(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree char *keep = harness_file(harness, "out/.keep", "");
    g_autofree char *out = g_build_filename(harness->folder, "out", NULL);
    g_autofree char *lines = g_strdup_printf("plugin=folder\nout=%s\n", out);
    g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { 0 });
    g_autoptr(GError) error = NULL;

    g_unlink(keep);
    g_rmdir(out);
    g_assert_false(deliver(endpoint, message, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "folder.write");
}

static void
lay_down(Harness *harness, const char *name, const char *description)
{
    g_autofree char *message = g_strconcat("in/", name, "/message.json", NULL);
    g_autofree char *payload = g_strconcat("in/", name, "/p.json", NULL);
    g_autofree char *scan = g_strconcat("in/", name, "/result-quyet-dinh.pdf", NULL);

    g_free(harness_file(harness, payload, "{\"TrangThai\":\"10\"}"));
    g_free(harness_file(harness, scan, "%PDF"));
    if (description != NULL)
        g_free(harness_file(harness, message, description));
}

#define GOOD "{\"type\":\"dossier.result\",\"from\":\"H52.2\",\"to\":\"H52.1\",\"code\":\"known\",\"payload\":\"p.json\"}"

static LtEndpoint *
collecting_endpoint(Harness *harness)
{
    g_autofree G_GNUC_UNUSED char *keep = harness_file(harness, "in/.keep", "");
    g_autofree char *lines = g_strdup_printf("plugin=folder\nin=%s/in\nmax_bytes=10K\nsettle=0s\n", harness->folder);

    return harness_endpoint(harness, lines);
}

static gboolean
exists(Harness *harness, const char *name)
{
    g_autofree char *path = g_build_filename(harness->folder, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void
test_collects_complete_folders_in_order(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = collecting_endpoint(harness);
    g_auto(HarnessInbox) inbox = { .submission = harness_message(&(HarnessMessage) { .dossier = "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab" }) };
    g_autoptr(GError) error = NULL;
    const LtBuilt *built;

    lay_down(harness, "b", GOOD);
    lay_down(harness, "a", "{\"type\":\"dossier.status\",\"from\":\"H52.2\",\"to\":\"H52.1\",\"key\":\"k1\",\"payload\":\"p.json\"}");
    lay_down(harness, "c-still-written", NULL);
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(inbox.built->len, ==, 2);
    built = lt_message_builder_get(inbox.built->pdata[0]);
    g_assert_cmpstr(built->key, ==, "k1");
    g_assert_null(built->re);
    built = lt_message_builder_get(inbox.built->pdata[1]);
    g_assert_cmpstr(built->key, ==, "b");
    g_assert_cmpstr(built->type, ==, "dossier.result");
    g_assert_cmpstr(built->re->id, ==, ID);
    g_assert_cmpstr(built->dossier, ==, "7f0c2a7e-8d3c-4a52-9f1b-0123456789ab");
    g_assert_cmpstr(built->orig_kind, ==, "file");
    g_assert_cmpuint(built->attachments->len, ==, 2);
    g_assert_cmpstr(((LtBuiltPart *) built->attachments->pdata[0])->role, ==, "result");
    g_assert_cmpstr(((LtBuiltPart *) built->attachments->pdata[0])->media_type, ==, "application/pdf");
    g_assert_false(exists(harness, "in/a"));
    g_assert_false(exists(harness, "in/b"));
    g_assert_true(exists(harness, "in/c-still-written"));
}

static void
test_puts_aside_what_can_never_pass(void)
{
    static const struct {
        const char *description, *reason;
    } rows[] = {
        { "not json", "json.syntax" },
        { "{\"type\":\"t\",\"type\":\"t\"}", "json.dup-name" },
        { "{\"type\":\"t\",\"from\":\"H52.2\",\"to\":\"H52.1\"}", "folder.description" },
        { "{\"type\":\"t\",\"from\":\"H52.2\",\"to\":\"H52.1\",\"payload\":\"../../../etc/passwd\"}", "folder.description" },
        { "{\"type\":\"t\",\"from\":\"H52.2\",\"to\":\"H52.1\",\"payload\":\"missing.json\"}", "folder.file" },
        { "{\"type\":\"t\",\"from\":\"H52.2\",\"to\":\"H52.1\",\"payload\":\"link.json\"}", "folder.file" },
        { "{\"type\":\"t\",\"from\":\"H52.2\",\"to\":\"H52.1\",\"payload\":\"large.json\"}", "folder.size" },
        { "{\"type\":\"t\",\"from\":\"H52.2\",\"to\":\"H52.1\",\"key\":\"bad\",\"payload\":\"p.json\"}", "test.refused" },
    };
    g_autofree char *filler = g_strnfill(20000, 'x');

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Harness) harness = harness_new();
        g_autoptr(LtEndpoint) endpoint = collecting_endpoint(harness);
        g_auto(HarnessInbox) inbox = { .fail_key = "bad", .fail_code = LT_ERROR_INVALID };
        g_autofree G_GNUC_UNUSED char *large = harness_file(harness, "in/a/large.json", i == 6 ? filler : "{}");
        g_autofree char *link = harness_file(harness, "in/a/link.json", NULL);
        g_autofree char *reason = g_build_filename(harness->folder, "in", ".unreadable", "a", "reason.txt", NULL);
        g_autofree char *note = NULL;

        g_assert_cmpint(i == 5 ? symlink("/etc/passwd", link) : 0, ==, 0);
        lay_down(harness, "a", rows[i].description);
        lay_down(harness, "b", GOOD);
        g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, NULL));
        g_assert_true(g_file_get_contents(reason, &note, NULL, NULL));
        g_test_message("%s", note);
        g_assert_true(g_str_has_prefix(note, rows[i].reason));
        g_assert_cmpuint(inbox.built->len, ==, 1); /* the one behind it is not held up */
    }
}

static void
test_keeps_what_the_hub_cannot_take_now(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autoptr(LtEndpoint) endpoint = collecting_endpoint(harness);
    g_auto(HarnessInbox) inbox = { .fail_key = "a", .fail_code = LT_ERROR_UNAVAILABLE };
    g_autoptr(GError) error = NULL;

    lay_down(harness, "a", GOOD);
    g_assert_false(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_true(exists(harness, "in/a/message.json"));
    inbox.fail_key = NULL;
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, NULL));
    g_assert_false(exists(harness, "in/a"));
}

static void
set_age(Harness *harness, const char *name, int seconds)
{
    g_autofree char *path = g_build_filename(harness->folder, name, NULL);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    gint64 then = g_date_time_to_unix(now) - seconds;
    const struct timespec times[2] = { { .tv_sec = then }, { .tv_sec = then } };

    g_assert_cmpint(utimensat(AT_FDCWD, path, times, 0), ==, 0);
}

/* A copy over a network: message.json is there, and a file of it still grows. */
static void
test_waits_until_nothing_changes_any_more(void)
{
    static const struct {
        int form, scan; /* seconds since they changed */
        gboolean taken;
    } rows[] = { { 3600, 3600, TRUE }, { 3600, 1, FALSE }, { 1, 3600, FALSE }, { 3600, -86400, TRUE } };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(Harness) harness = harness_new();
        g_autofree G_GNUC_UNUSED char *keep = harness_file(harness, "in/.keep", "");
        g_autofree char *lines = g_strdup_printf("plugin=folder\nin=%s/in\nsettle=1min\n", harness->folder);
        g_autoptr(LtEndpoint) endpoint = harness_endpoint(harness, lines);
        g_auto(HarnessInbox) inbox = { 0 };

        lay_down(harness, "a", GOOD);
        set_age(harness, "in/a/p.json", 3600);
        set_age(harness, "in/a/message.json", rows[i].form);
        set_age(harness, "in/a/result-quyet-dinh.pdf", rows[i].scan);
        g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, NULL));
        g_assert_cmpuint(inbox.built->len, ==, rows[i].taken ? 1 : 0);
        g_assert_cmpint(exists(harness, "in/a/message.json"), ==, !rows[i].taken);
    }
}

static void
test_needs_a_folder_that_exists(void)
{
    g_autoptr(Harness) harness = harness_new();
    g_autofree char *neither = harness_fault(harness, "plugin=folder\n");
    g_autofree char *missing = harness_fault(harness, "plugin=folder\nout=/no/such/folder\n");
    g_autofree char *unknown = harness_fault(harness, "plugin=folder\nout=/tmp\nfilemode=1\n");

    g_assert_cmpstr(neither, ==, "[endpoint t] out or in: the plugin needs at least one of them");
    g_assert_cmpstr(missing, ==, "[endpoint t] out: /no/such/folder is not a folder that the hub may write to");
    g_assert_nonnull(strstr(unknown, "did you mean 'file_mode'?"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/folder/delivers-parts-as-files", test_delivers_parts_as_files);
    g_test_add_func("/folder/delivers-the-container-itself", test_delivers_the_container_itself);
    g_test_add_func("/folder/delivering-again-changes-nothing", test_delivering_again_changes_nothing);
    g_test_add_func("/folder/a-folder-that-is-gone-is-unavailable", test_a_folder_that_is_gone_is_unavailable);
    g_test_add_func("/folder/collects-complete-folders-in-order", test_collects_complete_folders_in_order);
    g_test_add_func("/folder/puts-aside-what-can-never-pass", test_puts_aside_what_can_never_pass);
    g_test_add_func("/folder/keeps-what-the-hub-cannot-take-now", test_keeps_what_the_hub_cannot_take_now);
    g_test_add_func("/folder/waits-until-nothing-changes-any-more", test_waits_until_nothing_changes_any_more);
    g_test_add_func("/folder/needs-a-folder-that-exists", test_needs_a_folder_that_exists);
    return g_test_run();
}

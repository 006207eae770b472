/* SPDX-License-Identifier: Apache-2.0 */
/* test-settings.c: configurations are read whole or refused with every fault; the messages are part of the contract. */
#include "base/settings.h"

#include "base/suggestion.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *directory;
    gint64 mode;
    gint64 limit;
    gint64 pause;
    gboolean verbose;
    char *method;
    char **hosts;
    char *url;
    char *token;
    char *label;
} Folder;

static const LtKey keys[] = {
    LT_PATH    (Folder, directory, NULL, "directory that receives one file per message"),
    LT_NUMBER  (Folder, mode, "416", "0..511", "permission bits of each file, decimal"),
    LT_BYTES   (Folder, limit, "16M", "1K..1G", "largest file"),
    LT_DURATION(Folder, pause, "90s", "0s..2d", "time between two looks"),
    LT_BOOLEAN (Folder, verbose, "false", "says more"),
    LT_CHOICE  (Folder, method, "post", "post|put", "how it is handed over | sent"),
    LT_LIST    (Folder, hosts, "", "hosts that may be asked"),
    LT_URL     (Folder, url, "", "where messages are posted"),
    LT_SECRET  (Folder, token, "", "bearer token"),
    LT_STRING  (Folder, label, "", "what people call it"),
    LT_KEYS_END,
};

typedef struct {
    char *plugin;
} Endpoint;

static const LtKey endpoint_keys[] = { LT_STRING(Endpoint, plugin, NULL, "name of the plugin"), LT_KEYS_END };

typedef struct {
    Folder folder;
    Endpoint endpoint;
    LtFaults *faults;
} Filled;

static gboolean
fill(const char *text, Filled *filled)
{
    const LtKey *const tables[] = { endpoint_keys, keys, NULL };
    gpointer const structs[] = { &filled->endpoint, &filled->folder };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = lt_settings_parse(text, "/etc/lthub/t.conf", &error);

    g_assert_no_error(error);
    memset(filled, 0, sizeof *filled);
    filled->faults = lt_faults_new();
    return lt_section_fill(lt_settings_get_section(settings, 0), tables, structs, filled->faults);
}

static void
filled_clear(Filled *filled)
{
    lt_keys_clear(endpoint_keys, &filled->endpoint);
    lt_keys_clear(keys, &filled->folder);
    g_ptr_array_unref(filled->faults);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Filled, filled_clear)

typedef struct {
    const char *name;
    const char *text;
    const char *fault; /* NULL: none; several joined by newlines */
} Case;

#define D "[endpoint d]\nplugin=folder\n"
#define F "/etc/lthub/t.conf: [endpoint d] "

static const Case fill_cases[] = {
    { "needs-its-directory", D, F "needs 'directory': directory that receives one file per message" },
    { "refuses-unknown-key", D "directry=/x\n", F "has no key 'directry'; did you mean 'directory'?" },
    { "refuses-a-key-like-no-other", D "directory=/x\nzebra=1\n", F "has no key 'zebra'" },
    { "refuses-translated-keys", D "directory=/x\nlabel[vi]=x\n", F "has no key 'label[vi]'" },
    { "refuses-another-case", D "Directory=/x\n", F "has no key 'Directory'; did you mean 'directory'?" },
    { "does-not-suggest-a-key-that-is-there", D "directory=/x\ndirectry=/y\n", F "has no key 'directry'" },
    { "finds-every-fault", D "modee=1\nlimit=2T\nverbose=yes\n",
      F "has no key 'modee'; did you mean 'mode'?\n" F "needs 'directory': directory that receives one file per message\n" F
        "limit: \"2T\" is not a size (digits, then K, M or G if wanted)\n" F "verbose: \"yes\" is neither true nor false" },
    { "refuses-words-as-numbers", D "directory=/x\nmode=rw\n", F "mode: \"rw\" is not a number" },
    { "refuses-signs-and-leading-zeros", D "directory=/x\nmode=0644\n", F "mode: \"0644\" is not a number" },
    { "refuses-a-number-out-of-range", D "directory=/x\nmode=512\n", F "mode: 512 is not in the range 0..511" },
    { "refuses-a-negative-out-of-range", D "directory=/x\nmode=-1\n", F "mode: -1 is not in the range 0..511" },
    { "refuses-an-overflowing-number", D "directory=/x\nmode=9223372036854775808\n", F "mode: \"9223372036854775808\" is not a number" },
    { "refuses-an-overflowing-size", D "directory=/x\nlimit=9999999999999999G\n",
      F "limit: \"9999999999999999G\" is not a size (digits, then K, M or G if wanted)" },
    { "refuses-a-size-out-of-range", D "directory=/x\nlimit=1023\n", F "limit: 1023 is not in the range 1K..1G" },
    { "refuses-a-duration-without-unit", D "directory=/x\npause=5\n", F "pause: \"5\" is not a duration (digits, then ms, s, min, h or d)" },
    { "refuses-a-duration-out-of-range", D "directory=/x\npause=3d\n", F "pause: 3d is not in the range 0s..2d" },
    { "refuses-another-choice", D "directory=/x\nmethod=patch\n", F "method: \"patch\" is not one of post, put" },
    { "refuses-an-empty-required-key", D "directory=\n", F "directory: is empty" },
    { "refuses-an-empty-key-with-a-default", D "directory=/x\nmethod=\n", F "method: is empty; leave the line out to get post" },
    { "refuses-a-relative-url", D "directory=/x\nurl=/hoso\n", F "url: \"/hoso\" is not an absolute http or https URL" },
    { "refuses-another-scheme", D "directory=/x\nurl=file:///etc/passwd\n", F "url: \"file:///etc/passwd\" is not an absolute http or https URL" },
    { "refuses-a-url-without-host", D "directory=/x\nurl=https:///x\n", F "url: \"https:///x\" is not an absolute http or https URL" },
    { "refuses-a-password-in-a-url", D "directory=/x\nurl=https://u:geheim@h/\n", F "url: a URL may not hold a user or password; use a secret key" },
    { "refuses-a-user-in-a-url", D "directory=/x\nurl=https://u@h/\n", F "url: a URL may not hold a user or password; use a secret key" },
    { "refuses-a-fragment", D "directory=/x\nurl=https://h/#x\n", F "url: \"https://h/#x\" may not have a fragment (#…)" },
    { "refuses-a-space-in-a-url", D "directory=/x\nurl=https://h/a b\n", F "url: \"https://h/a b\" is not an absolute http or https URL" },
    { "refuses-an-absent-secret-file", D "directory=/x\ntoken=file:/nonexistent/t\n", F "token: secret file /nonexistent/t is absent or not a file" },
    { "refuses-a-credential-outside-the-folder", D "directory=/x\ntoken=credential:../t\n", F "token: the name of a credential is one word without /" },
    { "takes-everything", D "directory=/x\nmode=0\nlimit=1K\npause=0s\nverbose=true\nmethod=put\nhosts=a;b\nurl=https://h:8443/a?b=c\ntoken=t\nlabel=Sở Tư pháp\n", NULL },
};

static void
test_fill(gconstpointer data)
{
    const Case *row = data;
    g_auto(Filled) filled;
    gboolean ok = fill(row->text, &filled);
    g_autofree char *faults = NULL;

    g_ptr_array_add(filled.faults, NULL);
    faults = g_strjoinv("\n", (char **) filled.faults->pdata);
    g_assert_cmpstr(faults, ==, row->fault != NULL ? row->fault : "");
    g_assert_true(ok == (row->fault == NULL));
}

static void
test_values(void)
{
    g_auto(Filled) filled;

    g_assert_true(fill(D "directory=out/here\nhosts= a ; b;;\nlabel=Sở \\sTư pháp\\nxã\npause=1h\nlimit=3M\n", &filled));
    g_assert_cmpstr(filled.endpoint.plugin, ==, "folder");
    g_assert_cmpstr(filled.folder.directory, ==, "/etc/lthub/out/here");
    g_assert_cmpint(filled.folder.mode, ==, 416);
    g_assert_cmpint(filled.folder.limit, ==, 3 * 1024 * 1024);
    g_assert_cmpint(filled.folder.pause, ==, G_GINT64_CONSTANT(3600000000));
    g_assert_false(filled.folder.verbose);
    g_assert_cmpstr(filled.folder.method, ==, "post");
    g_assert_cmpuint(g_strv_length(filled.folder.hosts), ==, 2);
    g_assert_cmpstr(filled.folder.hosts[0], ==, "a");
    g_assert_cmpstr(filled.folder.hosts[1], ==, "b");
    g_assert_null(filled.folder.url);
    g_assert_null(filled.folder.token);
    g_assert_cmpstr(filled.folder.label, ==, "Sở  Tư pháp\nxã");
}

#define T "t.conf: "

static const Case parse_cases[] = {
    { "a-line-that-is-nothing", "[hub]\nunit H52\n", T "line 2 is neither [section], key=value nor # comment" },
    { "a-key-before-any-section", "unit=H52\n[hub]\n", T "line 1: key 'unit' stands before the first [section]" },
    { "a-section-for-the-second-time", "[route a]\n[hub]\n[route a]\n", T "line 3: [route a] is already in t.conf, line 1" },
    { "a-key-for-the-second-time", "[hub]\nunit=H52\n# x\nunit = H53\n", T "[hub] 'unit' is there twice, in lines 2 and 4" },
    { "a-section-without-a-kind", "[]\nunit=H52\n", T "line 1: a section is written [kind] or [kind name], not []" },
    { "a-section-name-with-odd-characters", "[endpoint a/b]\n", T "line 1: a section is written [kind] or [kind name], not [endpoint a/b]" },
    { "three-words-in-a-section", "[endpoint a b]\n", T "line 1: a section is written [kind] or [kind name], not [endpoint a b]" },
    { "an-escape-that-does-not-exist", "[hub]\nunit=a\\db\n", T "[hub] unit: only the escapes \\s \\n \\t \\r and \\\\ exist" },
    { "bytes-that-are-not-utf8", "[hub]\nunit=\xff\n", T "not UTF-8 text without BOM of at most 1048576 bytes" },
    { "a-byte-order-mark", "\xef\xbb\xbf[hub]\n", T "not UTF-8 text without BOM of at most 1048576 bytes" },
    { "all-faults-at-once", "x\n[a]\ny\n[a]\n",
      T "line 1 is neither [section], key=value nor # comment\n" T "line 3 is neither [section], key=value nor # comment\n" T
        "line 4: [a] is already in t.conf, line 2" },
    { "a-secret-is-not-quoted", "[hub]\ntoken geheim\n", T "line 2 is neither [section], key=value nor # comment" },
};

static void
test_parse(gconstpointer data)
{
    const Case *row = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = lt_settings_parse(row->text, "t.conf", &error);

    g_assert_null(settings);
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_cmpstr(error->message, ==, row->fault);
}

static void
test_order(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = lt_settings_parse("# head\r\n\r\n[hub]\r\nunit = H52 \r\n[route b]\nto=x\n[route a]\n", "t.conf", &error);
    g_autoptr(LtSettings) again = lt_settings_ref(settings);

    g_assert_no_error(error);
    g_assert_cmpuint(lt_settings_get_n_sections(settings), ==, 3);
    g_assert_cmpstr(lt_section_get_kind(lt_settings_get_section(again, 0)), ==, "hub");
    g_assert_null(lt_section_get_name(lt_settings_get_section(again, 0)));
    g_assert_cmpstr(lt_section_get_name(lt_settings_get_section(again, 1)), ==, "b");
    g_assert_cmpstr(lt_section_get_name(lt_settings_get_section(again, 2)), ==, "a");
    g_assert_cmpstr(lt_section_lookup(lt_settings_lookup(settings, "hub", NULL), "unit"), ==, "H52 ");
    g_assert_null(lt_section_lookup(lt_settings_lookup(settings, "hub", NULL), "none"));
    g_assert_null(lt_settings_lookup(settings, "route", "c"));
    g_assert_cmpstr(lt_section_get_label(lt_settings_lookup(settings, "route", "a")), ==, "t.conf: [route a]");
    g_assert_cmpstr(lt_settings_get_path(settings), ==, "t.conf");
}

static void
test_with(void)
{
    g_autoptr(LtSettings) settings = lt_settings_parse("[a x]\nmode=live\nurl=u\n[b]\nmode=1\n", "/etc/t.conf", NULL);
    g_autoptr(LtSettings) changed = lt_settings_with(settings, "a", "x", "mode", "dry");
    g_autoptr(LtSettings) added = lt_settings_with(changed, "a", "x", "record", "");
    LtSection *section = lt_settings_get_section(added, 0);

    g_assert_cmpuint(lt_settings_get_n_sections(added), ==, 1);
    g_assert_cmpstr(lt_section_lookup(section, "mode"), ==, "dry");
    g_assert_cmpstr(lt_section_lookup(section, "url"), ==, "u");
    g_assert_cmpstr(lt_section_lookup(section, "record"), ==, "");
    g_assert_cmpstr(lt_section_get_label(section), ==, "/etc/t.conf: [a x]");
    g_assert_cmpstr(lt_section_lookup(lt_settings_lookup(settings, "a", "x"), "mode"), ==, "live"); /* the old one is as it was */
}

static char *
make_folder(void)
{
    char *folder = g_dir_make_tmp("lthub-settings-XXXXXX", NULL);

    g_assert_nonnull(folder);
    return folder;
}

static void
write_file(const char *folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *parent = g_path_get_dirname(path);

    g_assert_cmpint(g_mkdir_with_parents(parent, 0700), ==, 0);
    g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static void
remove_folder(const char *folder)
{
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            remove_folder(path);
        else
            g_unlink(path);
    }
    g_rmdir(folder);
}

static void
test_fragments(void)
{
    g_autofree char *folder = make_folder();
    g_autofree char *path = g_build_filename(folder, "lthub.conf", NULL);
    g_autofree char *sum = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = NULL;

    write_file(folder, "lthub.conf", "[hub]\nunit=H52\n");
    write_file(folder, "lthub.conf.d/20-b.conf", "[endpoint b]\n");
    write_file(folder, "lthub.conf.d/10-a.conf", "[endpoint z]\n");
    write_file(folder, "lthub.conf.d/.hidden.conf", "broken");
    write_file(folder, "lthub.conf.d/30-c.conf.bak", "broken");
    settings = lt_settings_load(path, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(lt_settings_get_n_sections(settings), ==, 3);
    g_assert_cmpstr(lt_section_get_name(lt_settings_get_section(settings, 1)), ==, "z");
    g_assert_cmpstr(lt_section_get_name(lt_settings_get_section(settings, 2)), ==, "b");
    g_assert_true(g_str_has_suffix(lt_section_get_file(lt_settings_get_section(settings, 2)), "lthub.conf.d/20-b.conf"));
    sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, "[hub]\nunit=H52\n[endpoint z]\n[endpoint b]\n", -1);
    g_assert_cmpstr(lt_settings_get_digest(settings), ==, sum);
    remove_folder(folder);
}

static void
test_twin_in_another_file(void)
{
    g_autofree char *folder = make_folder();
    g_autofree char *path = g_build_filename(folder, "lthub.conf", NULL);
    g_autofree char *expected = g_strdup_printf("%s.d/a.conf: line 2: [hub] is already in %s, line 1\n%s.d/b.conf: line 1 is neither "
                                                "[section], key=value nor # comment", path, path, path);
    g_autoptr(GError) error = NULL;

    write_file(folder, "lthub.conf", "[hub]\n");
    write_file(folder, "lthub.conf.d/a.conf", "\n[hub]\n");
    write_file(folder, "lthub.conf.d/b.conf", "x\n");
    g_assert_null(lt_settings_load(path, &error));
    g_assert_cmpstr(error->message, ==, expected);
    remove_folder(folder);
}

static void
test_absent(void)
{
    g_autoptr(GError) error = NULL;

    g_assert_null(lt_settings_load("/nonexistent/lthub.conf", &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
    g_assert_true(g_str_has_prefix(error->message, "/nonexistent/lthub.conf: "));
}

static void
test_secrets(void)
{
    g_autofree char *folder = make_folder();
    g_autofree char *inside = g_strdup_printf("file:%s/token", folder);
    g_autofree char *path = g_build_filename(folder, "token", NULL);
    Folder object = { 0 };
    const LtKey *key = lt_keys_lookup(keys, "token");
    g_autoptr(GError) absent = NULL;
    g_autoptr(GError) open = NULL;
    g_autoptr(GError) empty = NULL;

    write_file(folder, "token", "geheim\n");
    g_assert_true(lt_key_set(key, &object, inside, NULL, NULL));
    g_assert_cmpstr(object.token, ==, "geheim");
    g_assert_true(lt_key_set(key, &object, "file:token", folder, NULL));
    g_assert_cmpstr(object.token, ==, "geheim");

    g_unsetenv("CREDENTIALS_DIRECTORY");
    g_assert_false(lt_key_set(key, &object, "credential:token", NULL, &absent));
    g_assert_cmpstr(absent->message, ==, "token: credential token: the service manager gave no credentials ($CREDENTIALS_DIRECTORY)");
    g_setenv("CREDENTIALS_DIRECTORY", folder, TRUE);
    g_assert_true(lt_key_set(key, &object, "credential:token", NULL, NULL));

    g_assert_cmpint(g_chmod(path, 0644), ==, 0);
    g_assert_false(lt_key_set(key, &object, inside, NULL, &open));
    g_assert_nonnull(strstr(open->message, "is open to everybody"));
    write_file(folder, "token", "\n");
    g_assert_false(lt_key_set(key, &object, inside, NULL, &empty));
    g_assert_nonnull(strstr(empty->message, "is empty or not UTF-8 text"));
    g_assert_cmpstr(object.token, ==, "geheim"); /* a failure sets nothing */
    lt_keys_clear(keys, &object);
    remove_folder(folder);
}

/* What is shown can be read again and shows the same; only secrets are masked. */
static void
test_show(void)
{
    g_auto(Filled) filled;
    g_auto(Filled) again;
    g_autofree char *shown = NULL;
    g_autofree char *text = NULL;
    g_autofree char *twice = NULL;

    g_assert_true(fill(D "directory=/x\nlabel=\\sa\\\\b\\nc\ntoken=geheim\nhosts=a;b\npause=1500ms\n", &filled));
    shown = lt_keys_show(keys, &filled.folder);
    g_assert_cmpstr(shown, ==,
                    "directory=/x\nmode=416\nlimit=16777216\npause=1500ms\nverbose=false\nmethod=post\nhosts=a;b;\nurl=\ntoken=********\n"
                    "label=\\sa\\\\b\\nc\n");
    text = g_strconcat(D, shown, NULL);
    g_assert_true(fill(text, &again));
    twice = lt_keys_show(keys, &again.folder);
    g_assert_cmpstr(twice, ==, shown);
}

static void
test_describe(void)
{
    g_autofree char *text = lt_keys_describe(keys, FALSE);
    g_autofree char *markdown = lt_keys_describe(keys, TRUE);

    g_assert_true(g_str_has_prefix(text, "  directory  directory that receives one file per message\n             (path; required)\n"
                                         "  mode       permission bits of each file, decimal\n             (number 0..511; default 416)\n"));
    g_assert_true(g_str_has_prefix(markdown, "| key | value | default | what it is for |\n|---|---|---|---|\n| `directory` | path | required |"));
    g_assert_nonnull(strstr(markdown, "| `method` | one of post, put | `post` | how it is handed over \\| sent |\n"));
    g_assert_nonnull(strstr(markdown, "| `token` | secret | optional | bearer token |\n"));
}

static const struct {
    const char *typed;
    const char *meant;
} suggestions[] = {
    { "directry", "directory" }, { "dircetory", "directory" }, { "mod", "mode" }, { "mdoe", "mode" }, { "url", "url" },
    { "ulr", "url" }, { "uri", "url" }, { "xyz", NULL }, { "", NULL }, { "method_of_delivery", NULL },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

static void
test_suggestions(void)
{
    const char *const known[] = { "directory", "mode", "url", "method", NULL };

    for (gsize i = 0; i < G_N_ELEMENTS(suggestions); i++)
        g_assert_cmpstr(lt_suggestion_find(suggestions[i].typed, known), ==, suggestions[i].meant);
}

static void
add_cases(const char *prefix, const Case *cases, gsize n_cases, GTestDataFunc test)
{
    for (gsize i = 0; i < n_cases; i++) {
        g_autofree char *path = g_strconcat(prefix, cases[i].name, NULL);

        g_test_add_data_func(path, &cases[i], test);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_cases("/settings/section/", fill_cases, G_N_ELEMENTS(fill_cases), test_fill);
    add_cases("/settings/refuses-", parse_cases, G_N_ELEMENTS(parse_cases), test_parse);
    g_test_add_func("/settings/reads-values-and-defaults", test_values);
    g_test_add_func("/settings/keeps-sections-in-file-order", test_order);
    g_test_add_func("/settings/one-section-can-be-tried-with-another-value", test_with);
    g_test_add_func("/settings/takes-the-files-of-the-d-folder-in-order-of-name", test_fragments);
    g_test_add_func("/settings/names-both-places-of-a-twin", test_twin_in_another_file);
    g_test_add_func("/settings/says-which-file-is-absent", test_absent);
    g_test_add_func("/settings/reads-secrets-from-closed-files-and-credentials", test_secrets);
    g_test_add_func("/settings/shows-what-can-be-read-again-with-secrets-masked", test_show);
    g_test_add_func("/settings/describes-its-keys", test_describe);
    g_test_add_func("/settings/suggests-the-nearest-word-that-is-near", test_suggestions);
    return g_test_run();
}

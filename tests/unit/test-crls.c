/* SPDX-License-Identifier: Apache-2.0 */
/* test-crls.c: the revocation lists in force at reception are kept with each message, once for each set, and given back as they were. */
#include "store/crls.h"

#include <string.h>

#include "lib/store-lab.h"
#include "store/audit-log.h"
#include "trust/authority.h"

static gint64
accept_one(StoreLab *lab)
{
    g_autoptr(LtAccepted) accepted = store_lab_accept_new(lab, NULL, NULL);

    return accepted->message;
}

static char *
crls_of(StoreLab *lab, gint64 message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) pem = lt_store_message_crls(lab->store, message, &error);

    g_assert_no_error(error);
    return g_strndup(g_bytes_get_data(pem, NULL), g_bytes_get_size(pem));
}

static char *
crl_file(StoreLab *lab)
{
    g_autofree char *path = g_build_filename(lab->folder, "crl.pem", NULL);
    char *text = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

/* As `lthub pki crl` and `lthub reload` do. */
static void
renew(StoreLab *lab, gint64 days)
{
    g_autofree char *anchors = g_build_filename(lab->folder, "root.pem", NULL);
    g_autofree char *crl = g_build_filename(lab->folder, "crl.pem", NULL);
    g_autoptr(GError) error = NULL;

    g_assert_true(lt_authority_write_crl(lab->folder, days, &error));
    lt_trust_unref(lab->trust);
    lab->trust = lt_trust_load(anchors, crl, 0, &error);
    g_assert_no_error(error);
}

static void
test_keeps(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    g_autofree char *old_file = crl_file(lab);
    gint64 first = accept_one(lab), second = accept_one(lab), third;
    g_autofree char *of_first = crls_of(lab, first), *of_second = crls_of(lab, second), *of_third = NULL, *again = NULL, *new_file = NULL;

    g_assert_cmpstr(of_first, ==, old_file);
    g_assert_cmpstr(of_second, ==, old_file);
    renew(lab, 17);
    new_file = crl_file(lab);
    g_assert_cmpstr(new_file, !=, old_file);
    third = accept_one(lab);
    of_third = crls_of(lab, third);
    again = crls_of(lab, first);
    g_assert_cmpstr(of_third, ==, new_file);
    g_assert_cmpstr(again, ==, old_file);
    store_lab_assert_sound(lab);
    g_assert_null(lt_store_message_crls(lab->store, 4711, NULL));
}

static void
test_alteration_shows(void)
{
    g_autoptr(StoreLab) lab = store_lab_new();
    gint64 message = accept_one(lab);
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) findings = NULL;
    const LtLogFinding *finding;

    store_lab_change(lab, "UPDATE crl SET pem = CAST(replace(pem, 'M', 'N') AS BLOB)");
    g_assert_null(lt_store_message_crls(lab->store, message, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.blob-hash");
    g_clear_error(&error);
    findings = lt_store_log_check(lab->store, TRUE, 0, NULL, NULL, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(findings->len, ==, 1);
    finding = findings->pdata[0];
    g_assert_cmpstr(finding->code, ==, "log.blob-hash");
    g_assert_cmpstr(finding->table, ==, "crl");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crls/are-kept-as-they-were-at-reception", test_keeps);
    g_test_add_func("/crls/an-alteration-shows", test_alteration_shows);
    return g_test_run();
}

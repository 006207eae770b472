/* SPDX-License-Identifier: Apache-2.0 */
/* test-timestamp.c: what a time stamp proves, and that nothing but the stamped bytes is taken for them. Real authorities answer in tests/flow. */
#include <glib/gstdio.h>
#include <openssl/ts.h>
#include <string.h>

#include "base/value.h"
#include "lib/vectors.h"
#include "trust/timestamp.h"

typedef struct {
    GBytes *response;
    char *body, *ca;
} Known;

static void
known_load(Known *known)
{
    known->response = vectors_load("conforming/log/checkpoint.tsr");
    known->body = vectors_load_text("conforming/log/checkpoint");
    g_strstr_len(known->body, -1, "\n\n")[1] = '\0'; /* the three signed lines */
    known->ca = vectors_path("conforming/trust/root.pem");
}

static void
known_clear(Known *known)
{
    g_bytes_unref(known->response);
    g_free(known->body);
    g_free(known->ca);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Known, known_clear)

static const char *
reason_of(GBytes *response, const char *body, const char *ca, const guint8 *nonce)
{
    g_auto(LtTimestamp) stamp = { 0 };
    g_autoptr(GError) error = NULL;

    if (lt_timestamp_verify(response, body, strlen(body), ca, nonce, &stamp, &error))
        return "good";
    return g_intern_string(lt_error_get_reason(error));
}

static void
test_known(void)
{
    g_auto(Known) known = { 0 };
    g_auto(LtTimestamp) stamp = { 0 };
    g_autoptr(GError) error = NULL;

    if (vectors_missing())
        return;
    known_load(&known);
    g_assert_true(lt_timestamp_verify(known.response, known.body, strlen(known.body), known.ca, NULL, &stamp, &error));
    g_assert_no_error(error);
    g_assert_cmpint(stamp.at_us, >, 0);
    g_assert_cmpint(stamp.at_us % LT_US_PER_SECOND, ==, 0);
    g_assert_nonnull(strstr(stamp.authority, "CN="));
}

static void
test_refuses(void)
{
    static const guint8 nonce[LT_TIMESTAMP_NONCE_SIZE] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    g_auto(Known) known = { 0 };
    g_autoptr(GBytes) cut = NULL, longer = NULL;
    g_autofree guint8 *more = NULL;
    g_autofree char *key = vectors_path("conforming/log/log.pub"), *other = NULL;
    gsize size;

    if (vectors_missing())
        return;
    known_load(&known);
    other = g_strconcat(known.body, "x", NULL);
    size = g_bytes_get_size(known.response);
    cut = g_bytes_new_from_bytes(known.response, 0, size - 1);
    more = g_malloc0(size + 1);
    memcpy(more, g_bytes_get_data(known.response, NULL), size);
    longer = g_bytes_new(more, size + 1);
    g_assert_cmpstr(reason_of(known.response, other, known.ca, NULL), ==, "anchor.tsr");
    g_assert_cmpstr(reason_of(known.response, known.body, known.ca, nonce), ==, "anchor.tsr");
    g_assert_cmpstr(reason_of(cut, known.body, known.ca, NULL), ==, "anchor.tsr");
    g_assert_cmpstr(reason_of(longer, known.body, known.ca, NULL), ==, "anchor.tsr");
    g_assert_cmpstr(reason_of(known.response, known.body, key, NULL), ==, "trust.file");
    g_assert_cmpstr(reason_of(known.response, known.body, "/nonexistent", NULL), ==, "trust.file");
}

/* A bit turned anywhere: refused, or it was in a part that says nothing (the free text of the status). */
static void
test_bits(void)
{
    g_auto(Known) known = { 0 };
    g_autofree guint8 *data = NULL;
    guint n_good = 0;
    gsize size;

    if (vectors_missing())
        return;
    known_load(&known);
    data = g_memdup2(g_bytes_get_data(known.response, &size), g_bytes_get_size(known.response));
    for (gsize at = 0; at < size; at += 3) {
        g_autoptr(GBytes) changed = NULL;

        data[at] ^= 0x04;
        changed = g_bytes_new(data, size);
        if (strcmp(reason_of(changed, known.body, known.ca, NULL), "good") == 0)
            n_good++;
        data[at] ^= 0x04;
    }
    g_test_message("%u of %" G_GSIZE_FORMAT " turned bits leave a valid token", n_good, size / 3);
    g_assert_cmpuint(n_good, <, 30);
}

static void
test_request(void)
{
    static const guint8 nonce[LT_TIMESTAMP_NONCE_SIZE] = { 0x81, 2, 3, 4, 5, 6, 7, 8 };
    g_autoptr(GBytes) request = lt_timestamp_request("abc", 3, nonce);
    gsize size;
    const guint8 *at = g_bytes_get_data(request, &size), *end = at + size;
    TS_REQ *parsed = d2i_TS_REQ(NULL, &at, (long) size);

    g_assert_nonnull(parsed);
    g_assert_true(at == end);
    g_assert_cmpint(TS_REQ_get_version(parsed), ==, 1);
    g_assert_cmpint(TS_REQ_get_cert_req(parsed), !=, 0);
    g_assert_cmpint(ASN1_INTEGER_get(TS_REQ_get_nonce(parsed)) != 0, ==, TRUE);
    TS_REQ_free(parsed);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/timestamp/asks-with-digest-nonce-and-certificates", test_request);
    g_test_add_func("/timestamp/takes-a-known-token", test_known);
    g_test_add_func("/timestamp/refuses-other-bytes-nonces-and-forms", test_refuses);
    g_test_add_func("/timestamp/says-nothing-of-a-token-with-a-turned-bit", test_bits);
    return g_test_run();
}

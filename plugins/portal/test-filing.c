/* SPDX-License-Identifier: Apache-2.0 */
/* test-filing.c: filings that the portal brings, and the kinds of applicants on their way out and in. */
#include "portal-lab.h"

#include <lienthong/json.h>
#include <string.h>

static gboolean
holds(GBytes *bytes, const char *text)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);

    return g_strstr_len(data, (gssize) size, text) != NULL;
}

static LtReply *
file_in(LtEndpoint *endpoint, HarnessInbox *inbox, const char *body, GError **error)
{
    g_autoptr(LtRequest) request = lt_request_new("POST", "nhanhsdvcqg");
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
    LtReply *reply = NULL;

    lt_request_set_body(request, bytes, "application/json");
    return lt_endpoint_receive(endpoint, request, &reply, harness_inbox(inbox), NULL, error) ? reply : NULL;
}

/* What a kind of applicant becomes on its way out, and on its way in; -1: the form has no word for it. */
static void
test_kinds_of_applicants_go_both_ways(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *form;
        int payload;
        const char *wire; /* NULL: refused */
        int back;         /* payload of the way in */
    } rows[] = {
        { SESSION, 1, "\"LoaiDoiTuong\":\"1\"", 1 }, { SESSION, 2, "\"LoaiDoiTuong\":\"2\"", 2 }, { SESSION, 3, "\"LoaiDoiTuong\":\"3\"", 3 },
        { SESSION, 4, "\"LoaiDoiTuong\":\"4\"", 4 }, { TOKEN, 1, "\"LoaiDoiTuong\":0", 1 },       { TOKEN, 2, "\"LoaiDoiTuong\":1", 2 },
        { TOKEN, 3, NULL, 0 },                       { TOKEN, 4, NULL, 0 },                       { TOKEN, 0, "\"LoaiDoiTuong\":2", 4 },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LtEndpoint) endpoint = portal_with(f, rows[i].form);
        g_auto(HarnessInbox) inbox = { 0 };
        g_autoptr(GError) error = NULL;
        /* 0: a household business, which our code 4 says only with its mark */
        g_autofree char *payload = g_strdup_printf(SUBMIT, rows[i].payload != 0 ? rows[i].payload : 4,
                                                   rows[i].payload != 0 ? "" : ",\"ThongTinKhac\":{\"LoaiDoiTuongDVCQG\":2}");
        g_autofree char *filing = NULL;
        g_autofree char *expected = NULL;
        gboolean found = FALSE;

        memset(f->script, 0, sizeof f->script);
        say(f, "/token", "{\"access_token\":\"tok-1\"}", -1);
        say(f, "POST /Ta", "{\"code\":\"00\"}", -1);
        say(f, "/CapNhat", "{\"code\":\"00\"}", -1);
        g_ptr_array_set_size(f->asked, 0);
        g_assert_cmpint(deliver(endpoint, &(HarnessMessage) { .payload = payload }, NULL, &error), ==, rows[i].wire != NULL);
        if (rows[i].wire == NULL) {
            g_assert_error(error, LT_ERROR, LT_ERROR_REFUSED);
            g_assert_cmpstr(lt_error_get_reason(error), ==, "portal.code");
            continue;
        }
        for (guint k = 0; k < f->asked->len; k++)
            found = found || strstr(f->asked->pdata[k], rows[i].wire) != NULL;
        g_assert_true(found);
        filing = g_strdup_printf("{\"data\":{\"MaHoSo\":\"G22.1-261123-0001\",\"MaTTHC\":\"2.000635\",\"ChuHoSo\":\"Nguyễn Văn A\",%s,\"NgayNop\":\"20261123080000\","
                                 "\"DonViXuLy\":\"H52.1\"}}", rows[i].wire);
        g_autoptr(LtReply) reply = file_in(endpoint, &inbox, filing, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(inbox.built->len, ==, 1);
        expected = g_strdup_printf("\"LoaiDoiTuong\":%d", rows[i].back);
        g_assert_true(holds(lt_message_builder_get(inbox.built->pdata[0])->payload, expected));
    }
}

static void
test_a_filing_comes_in_and_is_answered_in_the_portals_words(Fixture *f, gconstpointer data)
{
    static const char filing[] = "{\"data\":[{\"MaHoSo\":\"G22.1-261123-0001\",\"MaTTHC\":\"2.000635\",\"TenTTHC\":\"Đăng ký lại khai sinh\",\"ChuHoSo\":\"Nguyễn Văn A\","
                                 "\"LoaiDoiTuong\":\"1\",\"NgayNopHoSo\":\"20261123160230\",\"DonViXuLy\":\"000.00.01.H52\",\"TaiLieuNop\":[{\"TenTepDinhKem\":\"đơn.pdf\","
                                 "\"DuongDanTaiTepTin\":\"https://dvc.example/1\"}]}]}";
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION "unit_codes=000.00.01.H52=H52.1\n");
    g_auto(HarnessInbox) inbox = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(LtReply) reply = file_in(endpoint, &inbox, filing, &error);
    const LtBuilt *built;

    (void) data;
    g_assert_no_error(error);
    g_assert_true(holds(lt_reply_get_body(reply), "{\"error_code\":\"00\",\"message\":\"Thành công\"}"));
    built = lt_message_builder_get(inbox.built->pdata[0]);
    g_assert_cmpstr(built->type, ==, "dossier.submit");
    g_assert_cmpstr(built->from, ==, "H52.90");
    g_assert_cmpstr(built->to, ==, "H52.1");
    g_assert_cmpstr(built->key, ==, "nhanhs-G22.1-261123-0001");
    g_assert_true(holds(built->payload, "\"NgayTiepNhan\":\"2026-11-23T16:02:30+07:00\""));
    g_assert_true(holds(built->payload, "https://dvc.example/1"));
}

static void
test_a_filing_that_cannot_be_taken_is_said_so(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *body, *said;
    } rows[] = {
        { "not json", "không phải JSON" },
        { "{\"data\":[{\"MaHoSo\":\"bad\",\"LoaiDoiTuong\":\"1\",\"NgayNopHoSo\":\"hôm nay\",\"DonViXuLy\":\"H52.1\"}]}", "cấu trúc" },
        { "{\"data\":[{\"MaHoSo\":\"bad\",\"LoaiDoiTuong\":\"9\",\"NgayNopHoSo\":\"20261123160230\",\"DonViXuLy\":\"H52.1\"}]}", "cấu trúc" },
        { "{\"data\":[{\"MaHoSo\":\"bad\",\"LoaiDoiTuong\":\"1\",\"NgayNopHoSo\":\"20261123160230\",\"DonViXuLy\":\"H52.1\"}]}", "từ chối" },
    };
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION);

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_auto(HarnessInbox) inbox = { .fail_key = "nhanhs-bad", .fail_code = LT_ERROR_INVALID };
        g_autoptr(GError) error = NULL;
        g_autoptr(LtReply) reply = file_in(endpoint, &inbox, rows[i].body, &error);

        g_assert_no_error(error);
        g_assert_true(holds(lt_reply_get_body(reply), "\"error_code\":\"-1\""));
        g_assert_true(holds(lt_reply_get_body(reply), rows[i].said));
    }
    g_auto(HarnessInbox) busy = { .fail_key = "nhanhs-bad", .fail_code = LT_ERROR_UNAVAILABLE };
    g_autoptr(GError) error = NULL;
    g_assert_null(file_in(endpoint, &busy, rows[3].body, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/portal/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("kinds-of-applicants-go-both-ways", test_kinds_of_applicants_go_both_ways);
    ADD("a-filing-comes-in-and-is-answered-in-the-portals-words", test_a_filing_comes_in_and_is_answered_in_the_portals_words);
    ADD("a-filing-that-cannot-be-taken-is-said-so", test_a_filing_that_cannot_be_taken_is_said_so);
#undef ADD
    return g_test_run();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* test-portal.c: both forms against a portal on loopback that is told what to say. */
#include "portal-lab.h"

#include <lienthong/json.h>
#include <string.h>

static void
test_looks_up_then_adds_then_tells_progress(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION);
    g_autoptr(GError) error = NULL;
    const char *put;

    (void) data;
    say(f, "TraCuuHoSo", "{\"error_code\":0,\"result\":[]}", 1);
    g_assert_true(submit(endpoint, &error));
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(f->asked->pdata[0], "POST /login?dstcode=VN:GOV:000.00.00.G22:vpcpdvcprovider HTTP/1.1\n"));
    put = f->asked->pdata[2];
    g_assert_true(g_str_has_prefix(put, "POST /forward?dstcode=VN:GOV:000.00.00.G22:vpcpdvcprovider HTTP/1.1\n"));
    g_assert_nonnull(strstr(put, "Charset: utf-8\n"));
    g_assert_nonnull(strstr(put, "{\"session\":\"phien-0001\",\"madonvi\":\"000.00.00.H52\",\"service\":\"DongBoHoSoMC\",\"isUpdating\":\"False\",\"data\":[{\"MaHoSo\":"
                                 "\"H52.101-261123-0001\",\"MaTTHC\":\"2.000635\",\"TenTTHC\":\"Đăng ký lại khai sinh\",\"ChuHoSo\":\"Nguyễn Văn A\",\"LoaiDoiTuong\":\"1\","
                                 "\"NgayTiepNhan\":\"20261123080000\",\"TrangThaiHoSo\":\"2\"}]}"));
    assert_services(f, "login TraCuuHoSo DongBoHoSoMCF CapNhatTienDoHoSoMC");
    say(f, "TraCuuHoSo", "{\"error_code\":0,\"result\":{\"MaHoSo\":\"H52.101-261123-0001\"}}", -1);
    g_assert_true(submit(endpoint, &error)); /* again: an update */
    assert_services(f, "TraCuuHoSo DongBoHoSoMCT CapNhatTienDoHoSoMC");
}

static void
test_what_exists_already_is_updated(Fixture *f, gconstpointer data)
{
    static const char *const answers[] = {
        "{\"error_code\":\"0\",\"message\":\"Hồ sơ đã tồn tại\"}",
        "{\"error_code\":3,\"message\":\"Mã hồ sơ đã tồn tại trên hệ thống\"}",
        "{\"error_code\":\"-3\",\"message\":\"Hồ sơ đã tồn tại\"}",
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION);
        g_autoptr(GError) error = NULL;

        memset(f->script, 0, sizeof f->script);
        say(f, "TraCuuHoSo", "{\"error_code\":\"1\",\"message\":\"Không tìm thấy\"}", -1);
        say(f, "\"isUpdating\":\"False\"", answers[i], -1);
        g_assert_true(submit(endpoint, &error));
        g_assert_no_error(error);
        assert_services(f, "login TraCuuHoSo DongBoHoSoMCF DongBoHoSoMCT CapNhatTienDoHoSoMC");
    }
}

static void
test_an_expired_session_is_made_anew_once(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION);
    g_autofree char *payload = g_strdup_printf(STATUS, 1u);
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .type = "dossier.status", .payload = payload }, NULL, &error));
    say(f, "phien-0001", "{\"error_code\":\"-1\",\"message\":\"Session không hợp lệ hoặc đã hết hạn\"}", -1);
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .type = "dossier.status", .payload = payload }, NULL, &error));
    assert_services(f, "login CapNhatTienDoHoSoMC CapNhatTienDoHoSoMC login CapNhatTienDoHoSoMC");
    say(f, "CapNhatTienDoHoSoMC", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", -1);
    g_assert_false(deliver(endpoint, &(HarnessMessage) { .type = "dossier.status", .payload = payload }, NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "portal.session");
}

static void
test_each_answer_has_its_fate(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *answer, *reason;
        int code;
    } rows[] = {
        { "{\"error_code\":\"00\",\"result\":\"Thành công\"}", NULL, -1 },
        { "{\"error_code\":0}", NULL, -1 },
        { "{\"error_code\":\"05\",\"message\":\"Sai cấu trúc\"}", "portal.code.05", LT_ERROR_REFUSED },
        { "{}", "reply.nonsense", LT_ERROR_UNAVAILABLE },
        { "not json", "reply.nonsense", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", "reply.html", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n", "http.502", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "http.403", LT_ERROR_CONFIG },
        { "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", "portal.http.400", LT_ERROR_REFUSED },
    };
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION);
    g_autofree char *payload = g_strdup_printf(STATUS, 1u);

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GError) error = NULL;

        memset(f->script, 0, sizeof f->script);
        say(f, "CapNhatTienDoHoSoMC", rows[i].answer, -1);
        g_assert_cmpint(deliver(endpoint, &(HarnessMessage) { .type = "dossier.status", .payload = payload }, NULL, &error), ==, rows[i].code < 0);
        g_test_message("%s: %s", rows[i].answer, error != NULL ? error->message : "told");
        if (rows[i].code < 0)
            continue;
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
    }
}

static void
test_a_sign_in_that_fails_has_its_own_reason(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *answer, *reason;
        int code;
    } rows[] = {
        { "{\"session\":\"\",\"error_code\":2,\"message\":\"Sai mật khẩu\"}", "portal.login", LT_ERROR_CONFIG },
        { "{}", "reply.nonsense", LT_ERROR_UNAVAILABLE },
        { "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "http.401", LT_ERROR_CONFIG },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION);
        g_autoptr(GError) error = NULL;

        memset(f->script, 0, sizeof f->script);
        say(f, "/login", rows[i].answer, -1);
        g_assert_false(submit(endpoint, &error));
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
    }
}

typedef struct {
    LtEndpoint *endpoint;
    guint number;
    gboolean done;
    char *reason;
} Job;

static gpointer
run_job(gpointer data)
{
    Job *job = data;
    g_autofree char *payload = g_strdup_printf(STATUS, job->number);
    g_autoptr(GError) error = NULL;

    job->done = deliver(job->endpoint, &(HarnessMessage) { .type = "dossier.status", .payload = payload }, NULL, &error);
    job->reason = error != NULL ? g_strdup(lt_error_get_reason(error)) : NULL;
    return NULL;
}

static void
run_jobs(LtEndpoint *endpoint, Job *jobs, guint n)
{
    g_autofree GThread **threads = g_new(GThread *, n);

    for (guint i = 0; i < n; i++) {
        jobs[i] = (Job) { .endpoint = endpoint, .number = i + 1 };
        threads[i] = g_thread_new("delivery", run_job, &jobs[i]);
    }
    for (guint i = 0; i < n; i++)
        g_thread_join(threads[i]);
}

static guint
count_items(const char *request)
{
    guint n = 0;

    for (const char *at = request; (at = strstr(at, "\"MaHoSo\"")) != NULL; at++)
        n++;
    return n;
}

static void
test_progress_goes_in_batches_of_ten(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION "batch_wait=300ms\n");
    Job jobs[25];
    guint total = 0;

    (void) data;
    run_jobs(endpoint, jobs, G_N_ELEMENTS(jobs));
    for (guint i = 0; i < f->asked->len; i++) {
        guint n = count_items(f->asked->pdata[i]);

        g_assert_cmpuint(n, <=, 10);
        total += n;
    }
    g_assert_cmpuint(total, ==, 25);
    g_assert_cmpuint(f->asked->len, <=, 6); /* one sign-in, and not one request each */
    for (guint i = 0; i < G_N_ELEMENTS(jobs); i++)
        g_assert_true(jobs[i].done);
}

static void
test_one_bad_item_does_not_refuse_its_batch(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION "batch_wait=300ms\n");
    Job jobs[6];

    (void) data;
    say(f, "H52.101-261123-0003", "{\"error_code\":\"07\",\"message\":\"Hồ sơ không có\"}", -1);
    run_jobs(endpoint, jobs, G_N_ELEMENTS(jobs));
    for (guint i = 0; i < G_N_ELEMENTS(jobs); i++) {
        g_assert_cmpint(jobs[i].done, ==, jobs[i].number != 3);
        g_assert_cmpstr(jobs[i].reason, ==, jobs[i].number != 3 ? NULL : "portal.code.07");
        g_free(jobs[i].reason);
    }
}

static void
test_a_result_says_again_who_and_what(Fixture *f, gconstpointer data)
{
    static const char result[] = "{\"MaHoSo\":\"known\",\"TrangThaiHoSo\":9,\"NgayKetThucXuLy\":\"2026-11-24T15:00:00+07:00\",\"ThongTinTra\":\"Đồng ý\","
                                 "\"DanhSachGiayToKetQua\":[{\"TenGiayTo\":\"Quyết định\",\"TepDinhKemId\":\"att/0001\",\"TenTepDinhKem\":\"qd.pdf\"}]}";
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION);
    g_autofree char *payload = g_strdup_printf(SUBMIT, 2, "");
    g_auto(HarnessInbox) inbox = { .submission = harness_message(&(HarnessMessage) { .payload = payload }) };
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .type = "dossier.result", .payload = result }, &inbox, &error));
    g_assert_no_error(error);
    g_assert_nonnull(strstr(f->asked->pdata[1], "\"MaTTHC\":\"2.000635\""));
    g_assert_nonnull(strstr(f->asked->pdata[1], "\"NgayKetThucXuLy\":\"20261124150000\""));
    g_assert_nonnull(strstr(f->asked->pdata[1], "{\"TenGiayTo\":\"Quyết định\",\"MaThanhPhanHoSo\":\"\",\"GiayToId\":\"att/0001\",\"DuongDanTepTinKetQua\":\"\",\"MaGiayToKetQua\":\"\"}"));
    assert_services(f, "login DongBoHoSoMCT CapNhatTienDoHoSoMC");
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .type = "dossier.result", .payload = result }, NULL, &error)); /* never came by here: progress only */
    assert_services(f, "CapNhatTienDoHoSoMC");
}

static void
test_a_rating_is_carried_on(Fixture *f, gconstpointer data)
{
    static const char rating[] = "{\"MaHoSo\":\"H52.101-261123-0001\",\"StatusCode\":\"06\",\"ThoiDiemXuLy\":\"2026-11-23T09:30:00+07:00\","
                                 "\"ThongTinKhac\":{\"DanhGia\":{\"MucDo\":5,\"NgayDanhGia\":\"2026-11-25T08:00:00+07:00\"}}}";
    g_autoptr(LtEndpoint) endpoint = portal_with(f, SESSION);
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .type = "dossier.status", .payload = rating }, NULL, &error));
    g_assert_nonnull(strstr(f->asked->pdata[2], "\"data\":[{\"MaHoSo\":\"H52.101-261123-0001\",\"MucDo\":\"5\",\"NgayDanhGia\":\"20261125080000\"}]"));
    assert_services(f, "login CapNhatTienDoHoSoMC DongBoDanhGia");
}

static void
test_the_form_of_2026_uploads_creates_and_updates(Fixture *f, gconstpointer data)
{
    static const char *const files[] = { "%PDF-1.4", NULL };
    g_autoptr(LtEndpoint) endpoint = portal_with(f, TOKEN);
    g_autofree char *payload = g_strdup_printf(SUBMIT, 1, ",\"TaiLieuNop\":[{\"TepDinhKemId\":\"att/0001\",\"TenTepDinhKem\":\"đơn.pdf\"}]");
    g_autoptr(GError) error = NULL;

    (void) data;
    say(f, "/token", "{\"data\":{\"access_token\":\"tok-1\",\"expires_in\":300,\"token_type\":\"Bearer\"}}", -1);
    say(f, "/TaiTep", "{\"data\":[{\"response\":{\"data\":[{\"IdTepTin\":\"tep-1\",\"HashTepTin\":\"ab12\"}]}}]}", -1);
    say(f, "/TaoHoSo", "{\"code\":\"00\",\"message\":\"ok\",\"data\":{\"idHoSo\":\"1\",\"maHoSo\":\"H52.101-261123-0001\"}}", -1);
    say(f, "/CapNhat", "{\"code\":200,\"message\":\"ok\"}", -1);
    g_assert_true(deliver(endpoint, &(HarnessMessage) { .payload = payload, .attachments = files }, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(f->asked->len, ==, 5);
    g_assert_nonnull(strstr(f->asked->pdata[0], "{\"client_id\":\"sonla\",\"client_secret\":\"s3cret-client\"}"));
    g_assert_nonnull(strstr(f->asked->pdata[1], "Content-Disposition: form-data; name=\"files\"; filename=\"0001\"\r\nContent-Type: text/plain\r\n\r\n%PDF-1.4\r\n--"));
    g_assert_nonnull(strstr(f->asked->pdata[2], "\"LoaiDoiTuong\":0,"));
    g_assert_nonnull(strstr(f->asked->pdata[2], "\"NgayTiepNhan\":\"2026-11-23 08:00:00\""));
    g_assert_nonnull(strstr(f->asked->pdata[2], "\"IdGiayTo\":\"tep-1\",\"MaKetQua\":\"\",\"TenGiayTo\":\"đơn.pdf\",\"HashTepTin\":\"ab12\""));
    g_assert_nonnull(strstr(f->asked->pdata[3], "[{\"IDHoSo\":\"\",\"MaHoSo\":\"H52.101-261123-0001\""));
    g_assert_nonnull(strstr(f->asked->pdata[3], "\"ThoiDiemXuLy\":\"2026-11-23T08:00:00.000\""));
    g_assert_nonnull(strstr(f->asked->pdata[4], "[{\"IdHoSo\":\"\",\"MaHoSo\":\"H52.101-261123-0001\",\"TrangThai\":2}]"));
}

static void
test_lists_are_laid_down_once_a_day(Fixture *f, gconstpointer data)
{
    g_autofree G_GNUC_UNUSED char *keep = harness_file(f->harness, "lists/.keep", "");
    g_autofree char *lines = g_strdup_printf(SESSION "catalogue=%s/lists\ncatalogue_services=LayDanhSachTTHC;LayThuTuc\nshare_path=/share\n", f->harness->folder);
    g_autoptr(LtEndpoint) endpoint = portal_with(f, lines);
    g_autofree char *path = g_build_filename(f->harness->folder, "lists", "LayDanhSachTTHC.json", NULL);
    g_autofree char *detail = g_build_filename(f->harness->folder, "lists", "LayThuTuc.json", NULL);
    g_auto(HarnessInbox) inbox = { 0 };
    g_autoptr(GError) error = NULL;
    g_autofree char *content = NULL;
    g_autofree char *each = NULL;

    (void) data;
    say(f, "\"LayDanhSachTTHC\"", "{\"error_code\":\"00\",\"result\":[{\"MaTTHC\":\"1.1\",\"TenTTHC\":\"A\"},{\"MaTTHC\":\"1.2\",\"TenTTHC\":\"B\"}]}", -1);
    say(f, "\"LayThuTuc\"", "{\"error_code\":\"00\",\"result\":[{\"MaTTHC\":\"x\",\"TenTTHC\":\"y\"}]}", -1);
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    g_assert_nonnull(strstr(f->asked->pdata[1], "POST /share?"));
    assert_services(f, "login LayDanhSachTTHC LayDanhSachTTHC LayThuTuc LayThuTuc");
    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, "[{\"MaTTHC\":\"1.1\",\"TenTTHC\":\"A\"},{\"MaTTHC\":\"1.2\",\"TenTTHC\":\"B\"}]");
    g_assert_true(g_file_get_contents(detail, &each, NULL, NULL));
    g_assert_true(lt_endpoint_collect(endpoint, harness_inbox(&inbox), NULL, &error)); /* not time yet */
    g_assert_cmpuint(f->asked->len, ==, 0);
}

static void
test_refuses_settings_that_cannot_work(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        { "plugin=portal\n", "[endpoint t] username: form = session needs it" },
        { "plugin=portal\nusername=a\npassword=abcd\n", "[endpoint t] unit_code: form = session needs it" },
        { "plugin=portal\nform=token\n", "[endpoint t] client_id: auth = oauth2 needs it" },
        { "plugin=portal\nform=token\nclient_id=a\nclient_secret=abcd\ncatalogue=/tmp\n", "[endpoint t] catalogue: the form of 2026 has no look-ups" },
        { "plugin=portal\nusername=a\npassword=abcd\nunit_code=b\nunit_codes=x\n", "[endpoint t] unit_codes: 'x' must be CODE=ID" },
        { "plugin=portal\nusername=a\npassword=abcd\nunit_code=b\ndossier_map=missing.jq\n", "missing.jq" },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *fault = harness_fault(f->harness, rows[i].lines);

        g_test_message("%s", fault);
        g_assert_nonnull(strstr(fault, rows[i].expected));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/portal/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("looks-up-then-adds-then-tells-progress", test_looks_up_then_adds_then_tells_progress);
    ADD("what-exists-already-is-updated", test_what_exists_already_is_updated);
    ADD("an-expired-session-is-made-anew-once", test_an_expired_session_is_made_anew_once);
    ADD("each-answer-has-its-fate", test_each_answer_has_its_fate);
    ADD("a-sign-in-that-fails-has-its-own-reason", test_a_sign_in_that_fails_has_its_own_reason);
    ADD("progress-goes-in-batches-of-ten", test_progress_goes_in_batches_of_ten);
    ADD("one-bad-item-does-not-refuse-its-batch", test_one_bad_item_does_not_refuse_its_batch);
    ADD("a-result-says-again-who-and-what", test_a_result_says_again_who_and_what);
    ADD("a-rating-is-carried-on", test_a_rating_is_carried_on);
    ADD("the-form-of-2026-uploads-creates-and-updates", test_the_form_of_2026_uploads_creates_and_updates);
    ADD("lists-are-laid-down-once-a-day", test_lists_are_laid_down_once_a_day);
    ADD("refuses-settings-that-cannot-work", test_refuses_settings_that_cannot_work);
#undef ADD
    return g_test_run();
}

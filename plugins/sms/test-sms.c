/* SPDX-License-Identifier: Apache-2.0 */
/* test-sms.c: who gets a text, when, and what never stands in it. */
#include "lib/peer.h"
#include "lib/plugin-harness.h"

#include <string.h>

#define SUBMIT(number, more) \
    "{\"MaHoSo\":\"known\",\"MaTTHC\":\"1.1\",\"TenTTHC\":\"Khai sinh\",\"ChuHoSo\":\"Nguyễn Văn A\",\"SoDienThoai\":\"" number "\",\"ThongTinKhac\":{" more "}}"
#define STATUS "{\"MaHoSo\":\"known\",\"TrangThaiHoSo\":9,\"NguoiXuLy\":\"Cán bộ B\",\"NoiDungXuLy\":\"bí mật\",\"ThoiDiemXuLy\":\"2026-11-23T09:30:00+07:00\"}"
#define AWAKE "quiet_from=00:00\nquiet_to=00:00\n"

typedef struct {
    Harness *harness;
    Peer *peer;
    GMutex mutex;
    const char *answer;
    char *asked;
} Fixture;

static GBytes *
answer(const PeerRequest *request, gpointer data)
{
    Fixture *f = data;
    g_autoptr(GMutexLocker) G_GNUC_UNUSED lock = g_mutex_locker_new(&f->mutex);

    g_free(f->asked);
    f->asked = g_strdup_printf("%s\n%s\n%.*s", request->start, request->headers, (int) g_bytes_get_size(request->body),
                               (const char *) g_bytes_get_data(request->body, NULL));
    return f->answer != NULL ? g_bytes_new(f->answer, strlen(f->answer)) : peer_text(200, "application/json", "{\"status\":\"ok\"}");
}

static void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->harness = harness_new();
    g_mutex_init(&f->mutex);
    f->peer = peer_new(&(PeerOptions) { .answer = answer, .data = f });
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    harness_free(f->harness);
    peer_free(f->peer);
    g_free(f->asked);
    g_mutex_clear(&f->mutex);
}

static LtEndpoint *
gateway_with(Fixture *f, const char *lines)
{
    g_autofree char *url = peer_url(f->peer);
    g_autofree char *all = g_strdup_printf("plugin=sms\nurl=%s\nallowed_addresses=127.0.0.1\ntimeout=5s\nsender=SONLA\n%s", url, lines);

    return harness_endpoint(f->harness, all);
}

static gboolean
tell(LtEndpoint *endpoint, const char *type, const char *payload, const char *submission, GError **error)
{
    g_auto(HarnessInbox) inbox = { .submission = submission != NULL ? harness_message(&(HarnessMessage) { .payload = submission }) : NULL };
    g_autoptr(LtMessage) message = harness_message(&(HarnessMessage) { .type = type, .payload = payload });
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *receipt_type = NULL;

    return lt_endpoint_deliver_answered(endpoint, message, harness_inbox(&inbox), NULL, &receipt, &receipt_type, error);
}

static void
test_a_text_holds_code_and_state_and_nothing_else(Fixture *f, gconstpointer data)
{
    g_autoptr(LtEndpoint) endpoint = gateway_with(f, AWAKE "auth=header\ntoken=s3cret-key\n");
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_true(tell(endpoint, "dossier.status", STATUS, SUBMIT("0912 345 678", "\"NhanTinNhan\":true"), &error));
    g_assert_no_error(error);
    g_assert_true(g_str_has_prefix(f->asked, "POST /send HTTP/1.1\n"));
    g_assert_nonnull(strstr(f->asked, "X-Api-Key: s3cret-key\n"));
    g_assert_true(g_str_has_suffix(f->asked, "{\"to\":\"84912345678\",\"text\":\"Ho so known da co ket qua. Moi den bo phan mot cua nhan.\",\"from\":\"SONLA\","
                                             "\"encoding\":\"gsm7\",\"segments\":1,\"id\":\"0193f3a0-0000-7000-8000-000000000001\"}"));
}

static void
test_each_reader_is_told_in_own_way(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *type, *payload, *submission, *expected; /* NULL: nothing is sent */
    } rows[] = {
        { "", "dossier.status", STATUS, SUBMIT("0912345678", ""), NULL }, /* no consent */
        { "", "dossier.status", STATUS, SUBMIT("0912345678", "\"NhanTinNhan\":false"), NULL },
        { "", "dossier.status", STATUS, SUBMIT("0912345678", "\"NhanTinNhan\":\"true\""), NULL }, /* a word is no consent */
        { "", "dossier.status", STATUS, NULL, NULL },                                             /* never came by here */
        { "", "dossier.status", STATUS, SUBMIT("02123852345", "\"NhanTinNhan\":true"), NULL },    /* a landline */
        { "", "dossier.status", STATUS, SUBMIT("0912345678", "\"NhanTinNhan\":true,\"NgonNgu\":\"en\""), "The result of dossier known is ready at the one-stop desk." },
        { "", "dossier.status", STATUS, SUBMIT("0912345678", "\"NhanTinNhan\":true,\"NgonNgu\":\"xx\""), "Ho so known da co ket qua" },
        { "diacritics=keep\n", "dossier.status", STATUS, SUBMIT("0912345678", "\"NhanTinNhan\":true"), "Hồ sơ known đã có kết quả" },
        { "consent=DongYTinNhan\n", "dossier.status", STATUS, SUBMIT("0912345678", "\"DongYTinNhan\":true"), "da co ket qua" },
        { "states=10\n", "dossier.status", STATUS, SUBMIT("0912345678", "\"NhanTinNhan\":true"), NULL },
        { "", "dossier.status", "{\"MaHoSo\":\"known\",\"StatusCode\":\"02\"}", SUBMIT("0912345678", "\"NhanTinNhan\":true"), "khong duoc tiep nhan" },
        { "", "dossier.status", "{\"MaHoSo\":\"known\",\"StatusCode\":\"01\"}", SUBMIT("0912345678", "\"NhanTinNhan\":true"), NULL },
        { "", "dossier.supplement", "{\"MaHoSo\":\"known\",\"kind\":\"request\"}", SUBMIT("0912345678", "\"NhanTinNhan\":true"), "can bo sung giay to" },
        { "", "dossier.supplement", "{\"MaHoSo\":\"known\",\"kind\":\"answer\"}", SUBMIT("0912345678", "\"NhanTinNhan\":true"), NULL },
        { "", "dossier.result", "{\"MaHoSo\":\"known\"}", SUBMIT("0912345678", "\"NhanTinNhan\":true"), "da co ket qua" },
        { "", "dossier.submit", SUBMIT("0912345678", "\"NhanTinNhan\":true"), NULL, "da duoc tiep nhan" },
        { "", "receipt", "{}", NULL, NULL },
    };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strconcat(AWAKE "max_segments=2\n", rows[i].lines, NULL);
        g_autoptr(LtEndpoint) endpoint = gateway_with(f, lines);
        g_autoptr(GError) error = NULL;

        g_clear_pointer(&f->asked, g_free);
        g_assert_true(tell(endpoint, rows[i].type, rows[i].payload, rows[i].submission, &error));
        g_assert_no_error(error);
        g_test_message("row %" G_GSIZE_FORMAT ": %s", i, f->asked != NULL ? f->asked : "nothing");
        g_assert_cmpint(f->asked != NULL, ==, rows[i].expected != NULL);
        if (f->asked != NULL) {
            g_assert_nonnull(strstr(f->asked, rows[i].expected));
            g_assert_null(strstr(f->asked, "Nguy"));
            g_assert_null(strstr(f->asked, "Cán"));
            g_assert_null(strstr(f->asked, "Khai"));
        }
    }
}

static void
test_each_failure_has_its_fate(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *answer, *submission, *reason;
        int code;
    } rows[] = {
        { "", NULL, SUBMIT("số nhà 12", "\"NhanTinNhan\":true"), "sms.number", LT_ERROR_REFUSED },
        { "diacritics=keep\ntemplates=long.json\n", NULL, SUBMIT("0912345678", "\"NhanTinNhan\":true"), "sms.length", LT_ERROR_CONFIG },
        { "", "HTTP/1.1 503 Down\r\nContent-Length: 0\r\n\r\n", SUBMIT("0912345678", "\"NhanTinNhan\":true"), "http.503", LT_ERROR_UNAVAILABLE },
        { "", "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", SUBMIT("0912345678", "\"NhanTinNhan\":true"), "http.401", LT_ERROR_CONFIG },
        { "", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", SUBMIT("0912345678", "\"NhanTinNhan\":true"), "reply.html", LT_ERROR_UNAVAILABLE },
        { "reply_map=reply.jq\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"code\":7}", SUBMIT("0912345678", "\"NhanTinNhan\":true"), "sms.refused", LT_ERROR_REFUSED },
    };
    g_autofree G_GNUC_UNUSED char *map = harness_file(f->harness, "reply.jq", "if .body.code == 0 then \"accepted\" else \"refused\" end");
    g_autofree char *filler = g_strnfill(80, 'x');
    g_autofree char *texts = g_strdup_printf("{\"vi\":{\"9\":\"Hồ sơ {code} %s\"}}", filler);
    g_autofree G_GNUC_UNUSED char *templates = harness_file(f->harness, "long.json", texts);

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strconcat(AWAKE, rows[i].lines, NULL);
        g_autoptr(LtEndpoint) endpoint = gateway_with(f, lines);
        g_autoptr(GError) error = NULL;

        f->answer = rows[i].answer;
        g_assert_false(tell(endpoint, "dossier.status", STATUS, rows[i].submission, &error));
        g_assert_error(error, LT_ERROR, rows[i].code);
        g_assert_cmpstr(lt_error_get_reason(error), ==, rows[i].reason);
        g_assert_null(strstr(error->message, "912345678")); /* no number in a log */
    }
}

/* All day but the minute after the one that ends: whenever the test runs, the hours are quiet. */
static void
test_quiet_hours_wait_and_say_how_long(Fixture *f, gconstpointer data)
{
    g_autoptr(GTimeZone) zone = g_time_zone_new_offset(7 * 3600);
    g_autoptr(GDateTime) now = g_date_time_new_now(zone);
    g_autoptr(GDateTime) from = g_date_time_add_minutes(now, -60);
    g_autoptr(GDateTime) to = g_date_time_add_minutes(now, 90);
    g_autofree char *from_text = g_date_time_format(from, "%H:%M");
    g_autofree char *to_text = g_date_time_format(to, "%H:%M");
    g_autofree char *lines = g_strdup_printf("quiet_from=%s\nquiet_to=%s\n", from_text, to_text);
    g_autofree char *other = g_strdup_printf("quiet_from=%s\nquiet_to=%s\n", to_text, from_text);
    g_autoptr(LtEndpoint) asleep = gateway_with(f, lines);
    g_autoptr(LtEndpoint) awake = gateway_with(f, other);
    g_autoptr(GError) error = NULL;

    (void) data;
    g_assert_false(tell(asleep, "dossier.status", STATUS, SUBMIT("0912345678", "\"NhanTinNhan\":true"), &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "sms.not-yet");
    g_assert_cmpint(lt_error_get_retry_after(error), >=, 88 * 60);
    g_assert_cmpint(lt_error_get_retry_after(error), <=, 90 * 60);
    g_assert_null(f->asked);
    g_assert_true(tell(asleep, "dossier.status", STATUS, SUBMIT("0912345678", ""), NULL)); /* who wants none is not waited for */
    g_assert_true(tell(awake, "dossier.status", STATUS, SUBMIT("0912345678", "\"NhanTinNhan\":true"), NULL));
}

static char *
ask(LtEndpoint *endpoint, const char *type, const char *body)
{
    g_auto(HarnessInbox) inbox = { .standing = { 4, 0 }, .standing_code = "H52.101-261123-0009" };
    g_autoptr(LtRequest) request = lt_request_new("POST", "tra-cuu");
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));
    g_autoptr(LtReply) reply = NULL;
    g_autoptr(GError) error = NULL;

    lt_request_set_body(request, bytes, type);
    g_assert_true(lt_endpoint_receive(endpoint, request, &reply, harness_inbox(&inbox), NULL, &error));
    g_assert_no_error(error);
    return g_strndup(g_bytes_get_data(lt_reply_get_body(reply), NULL), g_bytes_get_size(lt_reply_get_body(reply)));
}

static void
test_a_question_is_answered_with_the_state(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *type, *body, *expected;
    } rows[] = {
        { "application/json", "{\"from\":\"0912345678\",\"text\":\"TC h52.101-261123-0001\"}", "Khong tim thay" },
        { "application/x-www-form-urlencoded", "msisdn=0912345678&content=TC+H52.101-261123-0009", "Ho so H52.101-261123-0009: dang xu ly." },
        { "application/json", "{\"message\":\"tra cuu ho so h52.101-261123-0009 nhe\"}", "Ho so H52.101-261123-0009: dang xu ly." },
        { "application/json", "{\"text\":\"xin chào\"}", "Khong tim thay" },
        { "application/json", "{\"text\":5}", "Khong tim thay" },
        { "application/json", "not json", "Khong tim thay" },
        { "application/json", "", "Khong tim thay" },
        { "application/json", "{\"text\":\"XH52.101-261123-00091234567\"}", "Khong tim thay" },
    };
    g_autoptr(LtEndpoint) endpoint = gateway_with(f, "answer_form=text\n");

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *said = ask(endpoint, rows[i].type, rows[i].body);

        g_test_message("%s: %s", rows[i].body, said);
        g_assert_true(g_str_has_prefix(said, rows[i].expected));
    }
}

static void
test_refuses_settings_that_cannot_work(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *lines, *expected;
    } rows[] = {
        { "quiet_from=25:00\n", "[endpoint t] quiet_from: must be a time of day such as 21:00" },
        { "quiet_to=7:00\n", "[endpoint t] quiet_to: must be a time of day such as 21:00" },
        { "templates=missing.json\n", "[endpoint t] templates: " },
        { "templates=name.json\n", "only {code} and {state} are filled in" },
        { "templates=event.json\n", "no event '11'" },
        { "auth=bearer\n", "[endpoint t] token: auth = bearer needs it" },
    };
    g_autofree G_GNUC_UNUSED char *name = harness_file(f->harness, "name.json", "{\"vi\":{\"9\":\"Chào {name}\"}}");
    g_autofree G_GNUC_UNUSED char *event = harness_file(f->harness, "event.json", "{\"vi\":{\"11\":\"x\"}}");

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *lines = g_strconcat("plugin=sms\n", rows[i].lines, NULL);
        g_autofree char *fault = harness_fault(f->harness, lines);

        g_test_message("%s", fault);
        g_assert_nonnull(strstr(fault, rows[i].expected));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/sms/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("a-text-holds-code-and-state-and-nothing-else", test_a_text_holds_code_and_state_and_nothing_else);
    ADD("each-reader-is-told-in-own-way", test_each_reader_is_told_in_own_way);
    ADD("each-failure-has-its-fate", test_each_failure_has_its_fate);
    ADD("quiet-hours-wait-and-say-how-long", test_quiet_hours_wait_and_say_how_long);
    ADD("a-question-is-answered-with-the-state", test_a_question_is_answered_with_the_state);
    ADD("refuses-settings-that-cannot-work", test_refuses_settings_that_cannot_work);
#undef ADD
    return g_test_run();
}

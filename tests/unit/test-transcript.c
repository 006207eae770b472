/* SPDX-License-Identifier: Apache-2.0 */
/* test-transcript.c: what is kept of an exchange, what never is, and what can be played back. */
#include "routing/transcript.h"

#include "routing/call.h"

#include <ftw.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
    char *folder;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    (void) data;
    f->folder = g_dir_make_tmp("lthub-transcript-XXXXXX", NULL);
}

static int
remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void) info;
    (void) kind;
    (void) walk;
    return remove(path);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    (void) data;
    nftw(f->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    g_free(f->folder);
}

static LtRequest *
request_with(const char *path, const char *body)
{
    LtRequest *request = lt_request_new("POST", path);
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));

    lt_request_set_body(request, bytes, "application/json");
    return request;
}

static LtReply *
reply_with(guint status, const char *body)
{
    g_autoptr(GBytes) bytes = g_bytes_new(body, strlen(body));

    return lt_reply_new(status, bytes, "application/json");
}

static char *
text_of(GBytes *bytes)
{
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);

    return g_strndup(data != NULL ? data : "", size);
}

static void
assert_file(Fixture *f, const char *name, const char *expected)
{
    g_autofree char *path = g_build_filename(f->folder, name, NULL);
    g_autofree char *content = NULL;
    struct stat info;

    g_assert_true(g_file_get_contents(path, &content, NULL, NULL));
    g_assert_cmpstr(content, ==, expected);
    g_assert_cmpint(stat(path, &info), ==, 0);
    g_assert_cmpint(info.st_mode & 07777, ==, 0600);
}

static void
test_keeps_pairs_and_counts_on(Fixture *f, gconstpointer data)
{
    (void) data;
    for (guint i = 0; i < 2; i++) {
        g_autoptr(LtTranscript) transcript = lt_transcript_new(f->folder, NULL);
        g_autoptr(LtRequest) request = request_with("/x", "{}");
        g_autoptr(LtReply) reply = reply_with(202, "ok");

        lt_transcript_keep(transcript, request, reply, NULL);
    }
    assert_file(f, "000001-request.http", "POST /x\nContent-Type: application/json\n\n{}");
    assert_file(f, "000002-reply.http", "HTTP/1.1 202\nContent-Type: application/json\n\nok");
}

static void
test_keeps_why_there_was_no_answer(Fixture *f, gconstpointer data)
{
    g_autoptr(LtTranscript) transcript = lt_transcript_new(f->folder, NULL);
    g_autoptr(LtRequest) request = request_with("/x", "{}");
    g_autoptr(GError) cause = NULL;

    (void) data;
    lt_error_set(&cause, LT_ERROR_UNAVAILABLE, "link.cut", "cut off");
    lt_transcript_keep(transcript, request, NULL, cause);
    assert_file(f, "000001-reply.http", "no answer: link.cut: cut off\n");
}

static void
test_masks_secrets_in_every_spelling(Fixture *f, gconstpointer data)
{
    static const char *const secrets[] = { "p&ss w/rd", "abc", NULL };
    g_autoptr(LtTranscript) transcript = lt_transcript_new(f->folder, secrets);
    g_autoptr(LtRequest) request = request_with("/x?k=p%26ss%20w%2Frd&abc=1", "a p&ss w/rd b p&ss w/rd cCZzcyB3L3Jk p&ss w/rd");
    g_autoptr(GBytes) rendered = NULL;
    g_autofree char *text = NULL;

    (void) data;
    lt_request_set_header(request, "authorization", "Basic abc");
    lt_request_set_header(request, "X-Api-Key", "k");
    lt_request_set_header(request, "X-Other", "has p&ss w/rd inside");
    rendered = lt_transcript_render(transcript, request);
    text = text_of(rendered);
    g_assert_cmpstr(text, ==,
                    "POST /x?k=***&abc=1\nContent-Type: application/json\nauthorization: ***\nX-Api-Key: ***\nX-Other: has *** inside\n\n"
                    "a *** b *** *** ***");
}

static void
test_shows_a_streamed_body_by_its_size(Fixture *f, gconstpointer data)
{
    g_autoptr(LtTranscript) transcript = lt_transcript_new(NULL, NULL);
    g_autoptr(LtRequest) request = lt_request_new("PUT", "");
    g_autoptr(GInputStream) stream = g_memory_input_stream_new();
    g_autoptr(GBytes) rendered = NULL;
    g_autofree char *text = NULL;

    (void) data;
    (void) f;
    lt_request_set_body_stream(request, stream, 52428800, "application/pdf");
    rendered = lt_transcript_render(transcript, request);
    text = text_of(rendered);
    g_assert_cmpstr(text, ==, "PUT \nContent-Type: application/pdf\n\n[52428800 bytes, streamed]");
}

static void
write_exchange(Fixture *f, const char *number, const char *request, const char *reply)
{
    g_autofree char *request_path = g_strdup_printf("%s/%s-request.http", f->folder, number);
    g_autofree char *reply_path = g_strdup_printf("%s/%s-reply.http", f->folder, number);

    g_assert_true(g_file_set_contents(request_path, request, -1, NULL));
    if (reply != NULL)
        g_assert_true(g_file_set_contents(reply_path, reply, -1, NULL));
}

static void
test_plays_back_in_order_and_then_the_last(Fixture *f, gconstpointer data)
{
    static const guint expected[] = { 503, 200, 200 };
    g_autoptr(LtTranscript) transcript = NULL;
    g_autoptr(LtRequest) request = request_with("/x", "anything");

    (void) data;
    write_exchange(f, "2", "POST /x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-A:  b \r\n\r\nline\r\n\nend");
    write_exchange(f, "1", "POST /x\n", "HTTP/1.1 503\nRetry-After: 3\n\n");
    write_exchange(f, "3", "GET /x\n", "HTTP/1.1 204\n");
    transcript = lt_transcript_new(f->folder, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(LtReply) reply = lt_transcript_replay(transcript, request, &error);
        g_autofree char *body = NULL;

        g_assert_no_error(error);
        g_assert_cmpuint(lt_reply_get_status(reply), ==, expected[i]);
        body = text_of(lt_reply_get_body(reply));
        g_assert_cmpstr(body, ==, i == 0 ? "" : "line\r\n\nend");
        g_assert_cmpstr(lt_reply_get_header(reply, i == 0 ? "retry-after" : "x-a"), ==, i == 0 ? "3" : "b");
    }
}

static void
test_refuses_what_is_no_exchange(Fixture *f, gconstpointer data)
{
    static const char *const replies[] = { NULL, "", "nonsense", "HTTP/1.1 abc\n\n", "HTTP/1.1 12\n\n", "HTTP/1.1 99999\n\n" };

    (void) data;
    for (gsize i = 0; i < G_N_ELEMENTS(replies); i++) {
        g_autoptr(LtTranscript) transcript = NULL;
        g_autoptr(LtRequest) request = request_with("/x", "");
        g_autoptr(GError) error = NULL;

        write_exchange(f, "1", "POST /x\n", replies[i]);
        transcript = lt_transcript_new(f->folder, NULL);
        g_assert_null(lt_transcript_replay(transcript, request, &error));
        g_assert_error(error, LT_ERROR, LT_ERROR_CONFIG);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "link.replay");
    }
}

/* The answer to a sign-in is over before anybody can say which of its words is the secret. */
static void
test_masks_a_secret_that_was_learnt_during_the_call(Fixture *f, gconstpointer data)
{
    g_autoptr(LtRequest) sign_in = request_with("/login", "{\"again\":\"phien-0042\"}");
    g_autoptr(LtRequest) send = request_with("/ho-so", "{\"session\":\"phien-0042\"}");
    g_autoptr(LtTranscript) transcript = lt_transcript_new(f->folder, NULL);
    g_autoptr(LtLink) link = lt_link_new(&(LtCallOptions) { .transcript = transcript, .mode = LT_CALL_DRY });

    (void) data;
    lt_reply_free(lt_link_send(link, sign_in, NULL));
    lt_link_mask(link, "phien-0042");
    lt_reply_free(lt_link_send(link, send, NULL));
    g_clear_pointer(&link, lt_link_free);
    assert_file(f, "000001-request.http", "POST /login\nContent-Type: application/json\n\n{\"again\":\"***\"}");
    assert_file(f, "000002-request.http", "POST /ho-so\nContent-Type: application/json\n\n{\"session\":\"***\"}");
}

static void
test_masks_a_learnt_secret_in_the_receipt(Fixture *f, gconstpointer data)
{
    g_autoptr(LtReply) session = reply_with(200, "{\"session\":\"phien-0042\"}");
    g_autoptr(LtTranscript) transcript = lt_transcript_new(f->folder, NULL);
    g_autoptr(LtLink) link = lt_link_new(&(LtCallOptions) { .transcript = transcript, .mode = LT_CALL_LIVE });
    g_autoptr(GBytes) receipt = NULL;
    g_autofree char *type = NULL;
    g_autofree char *text = NULL;

    (void) data;
    lt_link_mask(link, "phien-0042");
    lt_link_keep_reply(link, session);
    receipt = lt_link_take_receipt(link, &type);
    text = text_of(receipt);
    g_assert_cmpstr(text, ==, "{\"session\":\"***\"}");
    g_assert_cmpstr(type, ==, "application/json");
}

static void
test_a_recorded_failure_fails_the_same_way(Fixture *f, gconstpointer data)
{
    g_autoptr(LtRequest) request = lt_request_new("GET", "/x");
    g_autoptr(LtTranscript) transcript = lt_transcript_new(f->folder, NULL);
    g_autoptr(GError) error = NULL;

    (void) data;
    write_exchange(f, "1", "GET /x\n\n", "no answer: link.cut: cut off\n");
    g_assert_null(lt_transcript_replay(transcript, request, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_UNAVAILABLE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cut");
    g_assert_cmpstr(error->message, ==, "cut off");
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/transcript/" name, Fixture, NULL, set_up, function, tear_down)
    ADD("keeps-pairs-and-counts-on", test_keeps_pairs_and_counts_on);
    ADD("keeps-why-there-was-no-answer", test_keeps_why_there_was_no_answer);
    ADD("masks-secrets-in-every-spelling", test_masks_secrets_in_every_spelling);
    ADD("shows-a-streamed-body-by-its-size", test_shows_a_streamed_body_by_its_size);
    ADD("plays-back-in-order-and-then-the-last", test_plays_back_in_order_and_then_the_last);
    ADD("refuses-what-is-no-exchange", test_refuses_what_is_no_exchange);
    ADD("a-recorded-failure-fails-the-same-way", test_a_recorded_failure_fails_the_same_way);
#undef ADD
    g_test_add("/transcript/masks-a-secret-that-was-learnt-during-the-call", Fixture, NULL, set_up, test_masks_a_secret_that_was_learnt_during_the_call, tear_down);
    g_test_add("/transcript/masks-a-learnt-secret-in-the-receipt", Fixture, NULL, set_up, test_masks_a_learnt_secret_in_the_receipt, tear_down);
    return g_test_run();
}

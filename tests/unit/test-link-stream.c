/* SPDX-License-Identifier: Apache-2.0 */
/* test-link-stream.c: large bodies go out in pieces. */
#include "lib/link-lab.h"

#include "routing/request.h"

static GInputStream *
pattern_stream(gsize size)
{
    guint8 *data = g_malloc(size);

    for (gsize i = 0; i < size; i++)
        data[i] = (guint8) (i * 31 + i / 251);
    return g_memory_input_stream_new_from_data(data, (gssize) size, g_free);
}

static GBytes *
answer_digest(const PeerRequest *request, gpointer data)
{
    g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, request->body);

    (void) data;
    return peer_text(200, "text/plain", digest);
}

static void
test_streams_large_bodies_in_pieces(void)
{
    static const gsize sizes[] = { 1, 131071, 131072, 131073, 5 * 1024 * 1024 + 7 };
    g_autoptr(Peer) peer = peer_new(&(PeerOptions) { .answer = answer_digest });
    g_autofree char *url = peer_url(peer);
    g_autoptr(LtLinkThread) thread = lt_link_thread_new(NULL);
    g_autoptr(LtLinkTarget) target = link_lab_target(thread, url);

    for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GInputStream) stream = pattern_stream(sizes[i]);
        g_autoptr(GInputStream) again = pattern_stream(sizes[i]);
        g_autoptr(GBytes) all = g_input_stream_read_bytes(again, sizes[i], NULL, NULL);
        g_autofree char *digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, all);
        g_autoptr(LtRequest) request = lt_request_new(i % 2 == 0 ? "POST" : "PUT", "/");
        g_autoptr(GError) error = NULL;
        g_autoptr(LtReply) reply = NULL;
        g_autofree char *body = NULL;

        lt_request_set_body_stream(request, stream, sizes[i], "application/octet-stream");
        reply = lt_link_target_send(target, request, 0, NULL, &error);
        g_assert_no_error(error);
        body = link_lab_body(reply);
        g_assert_cmpstr(body, ==, digest);
    }
}

static void
test_a_stream_that_is_too_short_is_our_fault(LinkLab *f, gconstpointer data)
{
    g_autoptr(GInputStream) stream = pattern_stream(300000);
    g_autoptr(LtRequest) request = lt_request_new("POST", "/");
    g_autoptr(GError) error = NULL;

    (void) data;
    lt_request_set_body_stream(request, stream, 400000, "application/octet-stream");
    g_assert_null(lt_link_target_send(f->target, request, 0, NULL, &error));
    g_assert_error(error, LT_ERROR, LT_ERROR_INTERNAL);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.body");
}

static void
test_a_streamed_body_can_be_cancelled(LinkLab *f, gconstpointer data)
{
    g_autoptr(GInputStream) stream = pattern_stream(3000000);
    g_autoptr(LtRequest) request = lt_request_new("POST", "/hang");
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    g_autoptr(GError) error = NULL;
    GThread *canceller = g_thread_new("canceller", link_lab_cancel_soon, cancellable);

    (void) data;
    lt_request_set_body_stream(request, stream, 3000000, "application/octet-stream");
    g_assert_null(lt_link_target_send(f->target, request, 0, cancellable, &error));
    g_assert_cmpstr(lt_error_get_reason(error), ==, "link.cancelled");
    g_thread_join(canceller);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add("/link/" name, LinkLab, NULL, link_lab_set_up, function, link_lab_tear_down)
    ADD("a-stream-that-is-too-short-is-our-fault", test_a_stream_that_is_too_short_is_our_fault);
    ADD("a-streamed-body-can-be-cancelled", test_a_streamed_body_can_be_cancelled);
#undef ADD
    g_test_add_func("/link/streams-large-bodies-in-pieces", test_streams_large_bodies_in_pieces);
    return g_test_run();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* envelopes.c: sealed envelopes made before the clock starts, by the hub's own code, on several threads. */
#include "envelopes.h"

#include <string.h>

#include "base/uuid.h"
#include "base/value.h"
#include "trust/envelope.h"

typedef struct {
    GPtrArray *senders;
    GPtrArray *signers; /* of LtSigner * */
    const BenchOrder *order;
    GPtrArray *envelopes;
    GBytes *attachment; /* nullable */
    guint thread;
    GError *error;
} Job;

static void
sender_free(gpointer data)
{
    BenchSender *self = data;

    g_free(self->unit);
    g_free(self->token);
    g_free(self->certificate);
    g_free(self->key);
    g_free(self);
}

GPtrArray *
bench_senders_read(const char *path, GError **error)
{
    g_autoptr(GPtrArray) senders = g_ptr_array_new_with_free_func(sender_free);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, error))
        return NULL;
    lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 4);
        BenchSender *sender;

        if (g_strv_length(words) != 4)
            continue;
        sender = g_new0(BenchSender, 1);
        *sender = (BenchSender){ g_strdup(words[0]), g_strdup(words[1]), g_strdup(words[2]), g_strdup(words[3]) };
        g_ptr_array_add(senders, sender);
    }
    return g_steal_pointer(&senders);
}

static GBytes *
fill_payload(const Job *job, guint number)
{
    g_autoptr(GString) text = g_string_new_len(g_bytes_get_data(job->order->payload, NULL), (gssize) g_bytes_get_size(job->order->payload));
    g_autofree char *code = g_strdup_printf("H52.119-20261123-%07u", number);

    g_string_replace(text, "@CODE@", code, 0);
    return g_string_free_to_bytes(g_steal_pointer(&text));
}

static GPtrArray *
attach(const Job *job)
{
    GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);
    LtSealPart *part;

    if (job->attachment == NULL)
        return parts;
    part = g_new0(LtSealPart, 1);
    *part = (LtSealPart){ .role = (char *) "form", .media_type = (char *) "application/pdf", .bytes = job->attachment };
    g_ptr_array_add(parts, part);
    return parts;
}

static GBytes *
seal(Job *job, guint number)
{
    const BenchSender *sender = g_ptr_array_index(job->senders, number % job->senders->len);
    LtSigner *signer = g_ptr_array_index(job->signers, number % job->senders->len);
    g_autoptr(LtHeader) header = lt_header_new();
    g_autoptr(GBytes) payload = fill_payload(job, job->order->first * job->senders->len + number);
    g_autoptr(GPtrArray) parts = attach(job);
    g_autoptr(LtSealed) sealed = NULL;
    char uuid[37];

    lt_uuid7_new(lt_time_now_us(), uuid);
    header->id = g_strdup(uuid);
    lt_uuid4_new(uuid);
    header->dossier = g_strdup(uuid);
    header->type = g_strdup("dossier.submit");
    header->from = g_strdup(sender->unit);
    header->to = g_strdup(job->order->to);
    header->seq = job->order->first + number / job->senders->len;
    sealed = lt_envelope_seal(header, payload, parts, signer, &job->error);
    return sealed == NULL ? NULL : lt_sealed_build(sealed, &job->error);
}

static gpointer
run_job(gpointer data)
{
    Job *job = data;

    for (guint i = job->thread; i < job->order->count && job->error == NULL; i += job->order->n_threads)
        job->envelopes->pdata[i] = seal(job, i);
    return NULL;
}

static GPtrArray *
open_signers(GPtrArray *senders, GError **error)
{
    g_autoptr(GPtrArray) signers = g_ptr_array_new_with_free_func((GDestroyNotify) lt_signer_unref);

    for (guint i = 0; i < senders->len; i++) {
        const BenchSender *sender = g_ptr_array_index(senders, i);
        LtSignerOptions options = { .unit = sender->unit, .certificate = sender->certificate, .key = sender->key };
        LtSigner *signer = lt_signer_open(&options, error);

        if (signer == NULL)
            return NULL;
        g_ptr_array_add(signers, signer);
    }
    return g_steal_pointer(&signers);
}

static GBytes *
make_attachment(guint64 size)
{
    guint8 *data;

    if (size == 0)
        return NULL;
    data = g_malloc(size);
    for (guint64 i = 0; i < size; i++)
        data[i] = (guint8) (i * 2654435761u >> 13);
    memcpy(data, "%PDF-1.4", MIN(size, 8));
    return g_bytes_new_take(data, size);
}

GPtrArray *
bench_envelopes_seal(GPtrArray *senders, const BenchOrder *order, GError **error)
{
    g_autoptr(GPtrArray) signers = open_signers(senders, error);
    g_autoptr(GPtrArray) envelopes = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    g_autoptr(GBytes) attachment = make_attachment(order->attachment);
    g_autofree Job *jobs = g_new0(Job, order->n_threads);
    g_autofree GThread **threads = g_new0(GThread *, order->n_threads);
    gboolean ok = TRUE;

    if (signers == NULL)
        return NULL;
    g_ptr_array_set_size(envelopes, (int) order->count);
    for (guint i = 0; i < order->n_threads; i++) {
        jobs[i] = (Job){ senders, signers, order, envelopes, attachment, i, NULL };
        threads[i] = g_thread_new("seal", run_job, &jobs[i]);
    }
    for (guint i = 0; i < order->n_threads; i++) {
        g_thread_join(threads[i]);
        if (jobs[i].error != NULL && ok)
            g_propagate_error(error, g_steal_pointer(&jobs[i].error));
        ok = ok && jobs[i].error == NULL;
        g_clear_error(&jobs[i].error);
    }
    return ok ? g_steal_pointer(&envelopes) : NULL;
}

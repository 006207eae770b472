/* SPDX-License-Identifier: Apache-2.0 */
/* yard.c: makes the folder, the keys and the parts; seals envelopes for its units. */
#include "lib/yard.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/uuid.h"
#include "base/value.h"
#include "registry/day.h"
#include "registry/unit-list.h"
#include "store/audit-log.h"
#include "trust/authority.h"
#include "trust/digest.h"

#define WAIT_US (20 * G_USEC_PER_SEC)

static const char units[] = "id,name,level,parent,valid_from,valid_to,successors\n"
                            "H52,Tỉnh A,province,,2000-01-01,,\n"
                            "H52.101,Xã B,commune,H52,2000-01-01,,\n"
                            "H52.102,Xã C,commune,H52,2000-01-01,,\n"
                            "H52.90,Huyện D,district,H52,2000-01-01,2020-01-01,H52.102\n"
                            "G22,Bộ E,ministry,,2000-01-01,,\n";

static char *
path_of(const Yard *self, const char *name)
{
    return g_build_filename(self->folder, name, NULL);
}

static void
add_key(LtRegistryRows *rows, const char *spki, const char *unit)
{
    LtUnitKeyRow *row = g_new0(LtUnitKeyRow, 1);

    row->spki = g_strdup(spki);
    row->unit = g_strdup(unit);
    row->use = g_strdup("sign");
    row->role = g_strdup(strcmp(unit, "H52") == 0 ? "hub" : "unit");
    row->from_us = 0;
    g_ptr_array_add(rows->keys, row);
}

/* The signer of a unit, with a certificate of its own. */
static void
issue(Yard *self, LtRegistryRows *rows, const char *unit)
{
    g_autofree char *pki = path_of(self, "pki");
    g_autofree char *certificate = g_strdup_printf("%s/%s.pem", pki, unit), *key = g_strdup_printf("%s/%s.key", pki, unit);
    g_autofree char *log_key = g_build_filename(pki, "log.key", NULL);
    LtIssue wanted = { .file = unit, .subject = unit, .unit = unit, .algorithm = "p256", .use = LT_USE_SIGN, .days = 10 };
    LtSignerOptions options = { .unit = (char *) unit, .certificate = certificate, .key = key, .log_key = log_key };
    g_autoptr(GError) error = NULL;
    g_autofree char *spki = lt_authority_issue(pki, &wanted, &error);
    LtSigner *signer;

    g_assert_no_error(error);
    signer = lt_signer_open(&options, &error);
    g_assert_no_error(error);
    g_hash_table_insert(self->signers, (gpointer) unit, signer);
    add_key(rows, spki, unit);
}

static void
make_world(Yard *self, const char *configuration)
{
    g_autofree char *pki = path_of(self, "pki"), *log_key = g_build_filename(pki, "log.key", NULL);
    g_autofree char *anchors = g_build_filename(pki, "root.pem", NULL), *crl = g_build_filename(pki, "crl.pem", NULL);
    static const char *const with_keys[] = { "H52", "H52.101", "H52.102" };
    g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    LtRegistryRows *rows = lt_unit_list_parse(units, sizeof units - 1, "units.csv", NULL, faults, &error);

    g_assert_nonnull(rows);
    g_assert_true(lt_authority_create(pki, "Lab", TRUE, 20, &error));
    g_assert_true(lt_log_key_create(log_key, &error));
    for (guint i = 0; i < G_N_ELEMENTS(with_keys); i++)
        issue(self, rows, with_keys[i]);
    self->registry = lt_registry_new(rows, &error);
    self->catalogue = lt_catalogue_new(lt_procedure_rows_new(), NULL);
    g_assert_no_error(error);
    self->trust = lt_trust_load(anchors, crl, 0, &error);
    g_assert_no_error(error);
    self->payloads = lt_payloads_load(&error);
    g_assert_no_error(error);
    yard_set_plan(self, configuration);
}

static void
open_store(Yard *self)
{
    g_autofree char *folder = path_of(self, "store");
    LtSigner *signer = g_hash_table_lookup(self->signers, "H52");
    LtStoreOptions options = { .folder = folder, .signer = signer, .demo = TRUE, .cache_bytes = 1 << 20, .group_max = 64, .group_wait_us = 200 };
    LtIntakeOptions intake = { .signer = signer, .payloads = self->payloads, .max_bytes = 64 << 20 };
    g_autoptr(GError) error = NULL;

    self->store = lt_store_open(&options, &error);
    g_assert_no_error(error);
    intake.store = self->store;
    self->intake = lt_intake_new(&intake);
    lt_intake_set_world(self->intake, self->trust, self->registry, self->catalogue, self->plan);
}

Yard *
yard_new(const char *configuration)
{
    Yard *self = g_new0(Yard, 1);

    self->folder = g_dir_make_tmp("lthub-yard-XXXXXX", NULL);
    self->signers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify) lt_signer_unref);
    self->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    make_world(self, configuration);
    open_store(self);
    return self;
}

static void
remove_folder(const char *path)
{
    g_autoptr(GDir) folder = g_dir_open(path, 0, NULL);
    const char *name;

    while (folder != NULL && (name = g_dir_read_name(folder)) != NULL) {
        g_autofree char *inner = g_build_filename(path, name, NULL);

        remove_folder(inner);
    }
    g_remove(path);
}

void
yard_stop_dispatcher(Yard *self)
{
    if (self->dispatcher == NULL)
        return;
    lt_dispatcher_stop(self->dispatcher, G_USEC_PER_SEC / 5); /* some endpoints hang on purpose */
    lt_intake_set_dispatcher(self->intake, NULL);
    g_clear_pointer(&self->dispatcher, lt_dispatcher_free);
}

static void
close_store(Yard *self)
{
    yard_stop_dispatcher(self);
    g_clear_pointer(&self->intake, lt_intake_free);
    g_clear_pointer(&self->store, lt_store_close);
}

void
yard_free(Yard *self)
{
    close_store(self);
    lt_plan_unref(self->plan);
    lt_catalogue_unref(self->catalogue);
    lt_registry_unref(self->registry);
    lt_trust_unref(self->trust);
    lt_payloads_free(self->payloads);
    g_hash_table_unref(self->signers);
    g_hash_table_unref(self->numbers);
    remove_folder(self->folder);
    g_free(self->folder);
    g_free(self);
}

void
yard_reopen(Yard *self)
{
    close_store(self);
    open_store(self);
}

void
yard_start_dispatcher(Yard *self, guint n_workers)
{
    self->dispatcher = lt_dispatcher_new(self->store, self->intake, n_workers);
    lt_intake_set_dispatcher(self->intake, self->dispatcher);
    lt_dispatcher_set_plan(self->dispatcher, self->plan, FALSE);
}

void
yard_set_plan(Yard *self, const char *configuration)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSettings) settings = lt_settings_parse(configuration, "test.conf", &error);
    g_autoptr(LtFaults) faults = lt_faults_new();
    LtEndpointShared shared = { NULL, NULL };
    guint64 generation = self->plan != NULL ? lt_plan_get_generation(self->plan) + 1 : 1;
    LtPlan *plan;

    g_assert_no_error(error);
    plan = lt_plan_load(settings, self->registry, &shared, generation, self->plan, faults);
    for (guint i = 0; i < faults->len; i++)
        g_test_message("%s", (const char *) faults->pdata[i]);
    g_assert_nonnull(plan);
    lt_plan_unref(self->plan);
    self->plan = plan;
    if (self->intake != NULL)
        lt_intake_set_world(self->intake, self->trust, self->registry, self->catalogue, plan);
    if (self->dispatcher != NULL)
        lt_dispatcher_set_plan(self->dispatcher, plan, FALSE);
}

static const char *
payload_of(const char *type)
{
    if (strcmp(type, "dossier.submit") == 0)
        return "{\"MaHoSo\":\"H52.101-251123-0001\",\"MaTTHC\":\"1.001\",\"TenTTHC\":\"Thủ tục mẫu\",\"ChuHoSo\":\"Nguyễn Văn A\",\"LoaiDoiTuong\":1,"
               "\"NgayTiepNhan\":\"2025-11-23T08:00:00+07:00\"}";
    if (strcmp(type, "dossier.status") == 0)
        return "{\"MaHoSo\":\"H52.101-251123-0001\",\"TrangThaiHoSo\":4,\"ThoiDiemXuLy\":\"2025-11-23T09:00:00+07:00\"}";
    if (strcmp(type, "receipt") == 0)
        return "{\"v\":1,\"stage\":\"confirmed\",\"code\":\"ok\",\"at\":\"2025-11-23T02:00:00.000Z\",\"origin\":\"hub.H52.102/audit/2025\",\"index\":7}";
    return "{}";
}

static gint64
next_number(Yard *self, const char *from, const char *to)
{
    char *key = g_strdup_printf("%s %s", from, to);
    gint64 number = GPOINTER_TO_SIZE(g_hash_table_lookup(self->numbers, key)) + 1;

    g_hash_table_insert(self->numbers, key, GSIZE_TO_POINTER((gsize) number));
    return number;
}

static void
seal_part_free(LtSealPart *part)
{
    g_free(part->role);
    g_free(part->media_type);
    g_bytes_unref(part->bytes);
    g_free(part);
}

static GPtrArray *
make_attachments(gsize size)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify) seal_part_free);
    LtSealPart *part;

    if (size == 0)
        return list;
    part = g_new0(LtSealPart, 1);
    part->role = g_strdup("form");
    part->media_type = g_strdup("application/pdf");
    part->bytes = g_bytes_new_take(g_malloc0(size), size);
    part->size = size;
    g_ptr_array_add(list, part);
    return list;
}

static LtHeader *
make_header(Yard *self, const YardEnvelope *spec, const char *type, const char *from, const char *to)
{
    LtHeader *header = lt_header_new();
    char id[37], dossier[37];

    lt_uuid7_new(lt_time_now_us(), id);
    lt_uuid4_new(dossier);
    header->id = g_strdup(spec->id != NULL ? spec->id : id);
    header->type = g_strdup(type);
    header->from = g_strdup(from);
    header->to = g_strdup(to);
    header->issued_us = spec->issued_us;
    header->expires_us = spec->expires_us;
    header->seq = next_number(self, from, to);
    if (spec->dossier == NULL ? g_str_has_prefix(type, "dossier.") : *spec->dossier != '\0')
        header->dossier = g_strdup(spec->dossier != NULL ? spec->dossier : dossier);
    if (spec->re != NULL) {
        header->re_from = g_strdup(spec->re->from);
        header->re_id = g_strdup(spec->re->id);
        header->re_manifest = g_strdup(spec->re->manifest);
    }
    return header;
}

GBytes *
yard_seal(Yard *self, const YardEnvelope *spec)
{
    const char *type = spec->type != NULL ? spec->type : "dossier.submit", *from = spec->from != NULL ? spec->from : "H52.101";
    const char *to = spec->to != NULL ? spec->to : "H52.102", *text = spec->payload != NULL ? spec->payload : payload_of(type);
    LtSigner *signer = g_hash_table_lookup(self->signers, spec->signer != NULL ? spec->signer : from);
    g_autoptr(LtHeader) header = make_header(self, spec, type, from, to);
    g_autoptr(GPtrArray) attachments = make_attachments(spec->attachment);
    g_autoptr(GBytes) payload = g_bytes_new(text, strlen(text));
    g_autoptr(GError) error = NULL;
    g_autoptr(LtSealed) sealed = lt_envelope_seal(header, payload, attachments, signer, &error);
    GBytes *container;

    g_assert_no_error(error);
    container = lt_sealed_build(sealed, &error);
    g_assert_no_error(error);
    return container;
}

static void
keep_answer(gpointer data, LtAnswer *answer)
{
    *(LtAnswer **) data = answer;
}

LtAnswer *
yard_submit(Yard *self, GBytes *container, const char *caller)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    LtCaller who = { .peer = "00000000000000000000000000000000000000000000000000000000000000aa", .unit = caller != NULL ? caller : "H52",
                     .is_hub = caller == NULL };
    LtUpload *upload = lt_upload_new(self->intake);
    const guint8 *data = g_bytes_get_data(container, NULL);
    LtAnswer *answer = NULL;

    for (gsize at = 0, size = g_bytes_get_size(container); at < size; at += 5000)
        if (!lt_upload_feed(upload, data + at, MIN(5000, size - at), NULL))
            break;
    lt_intake_submit(self->intake, upload, &who, keep_answer, &answer, context);
    while (answer == NULL)
        g_main_context_iteration(context, TRUE);
    return answer;
}

void
yard_send(Yard *self, const YardEnvelope *spec)
{
    g_autoptr(GBytes) container = yard_seal(self, spec);
    g_autoptr(LtAnswer) answer = yard_submit(self, container, NULL);

    g_assert_no_error(answer->error);
    g_assert_cmpuint(answer->status, ==, 202);
}

static void
count_accepted(gpointer data, LtAnswer *answer)
{
    g_assert_no_error(answer->error);
    g_assert_cmpuint(answer->status, ==, 202);
    lt_answer_free(answer);
    (*(guint *) data)++;
}

void
yard_send_many(Yard *self, const YardEnvelope *spec, guint n)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    LtCaller caller = { .peer = "00000000000000000000000000000000000000000000000000000000000000aa", .unit = "H52", .is_hub = TRUE };
    guint accepted = 0;

    for (guint i = 0; i < n; i++) {
        g_autoptr(GBytes) container = yard_seal(self, spec);
        LtUpload *upload = lt_upload_new(self->intake);

        lt_upload_feed(upload, g_bytes_get_data(container, NULL), g_bytes_get_size(container), NULL);
        lt_intake_submit(self->intake, upload, &caller, count_accepted, &accepted, context);
        while (accepted + 200 < i)
            g_main_context_iteration(context, TRUE);
    }
    while (accepted < n)
        g_main_context_iteration(context, TRUE);
}

static char *
pick(const char *text, const char *before)
{
    const char *start = strstr(text, before);

    g_assert_nonnull(start);
    start += strlen(before);
    return g_strndup(start, strcspn(start, "\""));
}

void
yard_reference(GBytes *container, LtReference *out)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtContainer) walked = lt_container_read_bytes(container, 64 << 20, NULL, &error);
    gsize size;
    const char *data;
    g_autofree char *header = NULL;
    char *manifest = g_malloc(65);

    g_assert_no_error(error);
    data = g_bytes_get_data(lt_container_lookup(walked, "envelope.json")->bytes, &size);
    header = g_strndup(data, size);
    lt_hex_write(lt_container_lookup(walked, "META-INF/ASiCManifest001.xml")->sha256, LT_SHA256_SIZE, manifest);
    *out = (LtReference) { .from = pick(header, "\"from\":\""), .id = pick(header, "\"id\":\""), .manifest = manifest };
}

void
yard_reference_clear(LtReference *reference)
{
    g_free((char *) reference->from);
    g_free((char *) reference->id);
    g_free((char *) reference->manifest);
}

static GPtrArray *
list(Yard *self, LtDeliveryState state)
{
    LtDeliveryQuery query = { .state = state, .limit = 100000 };
    g_autoptr(GError) error = NULL;
    GPtrArray *deliveries = lt_store_list_deliveries(self->store, &query, &error);

    g_assert_no_error(error);
    return deliveries;
}

guint
yard_count(Yard *self, LtDeliveryState state)
{
    g_autoptr(GPtrArray) deliveries = list(self, state);

    return deliveries->len;
}

void
yard_wait(Yard *self, LtDeliveryState state, guint n)
{
    gint64 until_us = g_get_monotonic_time() + WAIT_US;

    while (yard_count(self, state) != n && g_get_monotonic_time() < until_us)
        g_usleep(2000);
    g_assert_cmpuint(yard_count(self, state), ==, n);
}

LtDelivery *
yard_find(Yard *self, LtDeliveryState state)
{
    g_autoptr(GPtrArray) deliveries = list(self, state);

    return deliveries->len > 0 ? lt_delivery_ref(deliveries->pdata[0]) : NULL;
}

static gboolean
count_entry(guint64 index, GBytes *entry, gpointer data)
{
    (void) index;
    (void) entry;
    (*(guint *) data)++;
    return TRUE;
}

guint
yard_count_records(Yard *self, const char *event)
{
    LtLogQuery query = { .event = event, .limit = 100000 };
    g_autoptr(GError) error = NULL;
    guint n = 0;

    g_assert_true(lt_store_log_list(self->store, &query, count_entry, &n, &error));
    return n;
}

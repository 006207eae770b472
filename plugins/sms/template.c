/* SPDX-License-Identifier: Apache-2.0 */
/* template.c: see template.h. */
#include "template.h"

#include <string.h>

#define MAX_BYTES (64u << 10)

struct _Templates {
    jv texts; /* {LANGUAGE: {EVENT: TEXT}} */
};

/* Short: without diacritics each fits one message. {state} is one of the words below. */
static const struct {
    const char *event, *vi, *en;
} built_in[] = {
    { "1", "Hồ sơ {code} đã được gửi, đang chờ tiếp nhận.", "Dossier {code} was filed and waits to be taken in." },
    { "2", "Hồ sơ {code} đã được tiếp nhận.", "Dossier {code} was taken in." },
    { "3", "Hồ sơ {code} không được tiếp nhận. Mời liên hệ bộ phận một cửa.", "Dossier {code} was not taken in. Please ask at the one-stop desk." },
    { "4", "Hồ sơ {code} đang được xử lý.", "Dossier {code} is in work." },
    { "5", "Hồ sơ {code} cần bổ sung giấy tờ. Mời liên hệ bộ phận một cửa.", "Dossier {code} needs further papers. Please ask at the one-stop desk." },
    { "6", "Hồ sơ {code} cần nộp phí, lệ phí. Mời liên hệ bộ phận một cửa.", "A fee is due for dossier {code}. Please ask at the one-stop desk." },
    { "7", "Hồ sơ {code} đã được rút theo yêu cầu.", "Dossier {code} was withdrawn as asked." },
    { "8", "Hồ sơ {code} đã dừng xử lý. Mời liên hệ bộ phận một cửa.", "Work on dossier {code} was stopped. Please ask at the one-stop desk." },
    { "9", "Hồ sơ {code} đã có kết quả. Mời đến bộ phận một cửa nhận.", "The result of dossier {code} is ready at the one-stop desk." },
    { "10", "Hồ sơ {code} đã trả kết quả.", "The result of dossier {code} was handed over." },
    { "answer", "Hồ sơ {code}: {state}.", "Dossier {code}: {state}." },
    { "unknown", "Không tìm thấy hồ sơ. Soạn mã hồ sơ như trên giấy hẹn.", "No such dossier. Send the code as it stands on the receipt slip." },
};

static const struct {
    const char *vi, *en;
} states[] = {
    { "đang chờ tiếp nhận", "waiting to be taken in" },   { "mới đăng ký", "filed" },
    { "được tiếp nhận", "taken in" },                     { "không được tiếp nhận", "not taken in" },
    { "đang xử lý", "in work" },                          { "yêu cầu bổ sung giấy tờ", "further papers are asked for" },
    { "yêu cầu nộp phí, lệ phí", "a fee is due" },        { "công dân yêu cầu rút", "withdrawn by the citizen" },
    { "dừng xử lý", "stopped" },                          { "đã có kết quả", "the result is ready" },
    { "đã trả kết quả", "the result was handed over" },
};

static jv
built_in_texts(gboolean is_english)
{
    jv texts = jv_object();

    for (gsize i = 0; i < G_N_ELEMENTS(built_in); i++)
        texts = jv_object_set(texts, jv_string(built_in[i].event), jv_string(is_english ? built_in[i].en : built_in[i].vi));
    return texts;
}

static gboolean
is_event(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(built_in); i++)
        if (g_str_equal(built_in[i].event, name))
            return TRUE;
    return FALSE;
}

/* Nothing else may be filled in, so that no later change can let a name through. */
static gboolean
is_harmless(const char *text)
{
    for (const char *at = strchr(text, '{'); at != NULL; at = strchr(at + 1, '{'))
        if (!g_str_has_prefix(at, "{code}") && !g_str_has_prefix(at, "{state}"))
            return FALSE;
    return TRUE;
}

static gboolean
check_text(const char *path, const char *language, const char *event, const char *text, GError **error)
{
    if (!is_event(event))
        lt_error_set(error, LT_ERROR_CONFIG, "sms.templates", "%s: %s: no event '%s'; there are 1 to 10, answer and unknown", path, language, event);
    else if (text == NULL || *text == '\0' || !is_harmless(text))
        lt_error_set(error, LT_ERROR_CONFIG, "sms.templates", "%s: %s: %s: must be a text in which only {code} and {state} are filled in", path, language, event);
    else
        return TRUE;
    return FALSE;
}

static gboolean
check_language(const char *path, const char *language, jv texts, GError **error)
{
    if (jv_get_kind(texts) != JV_KIND_OBJECT) {
        lt_error_set(error, LT_ERROR_CONFIG, "sms.templates", "%s: %s: must be an object of texts", path, language);
        return FALSE;
    }
    for (int i = jv_object_iter(texts); jv_object_iter_valid(texts, i); i = jv_object_iter_next(texts, i)) {
        jv event = jv_object_iter_key(texts, i);
        g_autofree char *text = value_text(texts, jv_string_value(event));
        gboolean is_good = check_text(path, language, jv_string_value(event), text, error);

        jv_free(event);
        if (!is_good)
            return FALSE;
    }
    return TRUE;
}

static gboolean
merge_file(Templates *self, const char *path, GError **error)
{
    g_autofree char *content = NULL;
    g_autoptr(GBytes) bytes = NULL;
    g_autoptr(GError) cause = NULL;
    gboolean is_good = TRUE;
    gsize size = 0;
    jv file;

    if (!g_file_get_contents(path, &content, &size, &cause) || size > MAX_BYTES) {
        lt_error_set(error, LT_ERROR_CONFIG, "sms.templates", "templates: %s", cause != NULL ? cause->message : "is larger than 64 KiB");
        return FALSE;
    }
    bytes = g_bytes_new_take(g_steal_pointer(&content), size);
    file = value_parse(bytes, &cause);
    if (jv_get_kind(file) != JV_KIND_OBJECT) {
        jv_free(file);
        lt_error_set(error, LT_ERROR_CONFIG, "sms.templates", "templates: %s: %s", path, cause != NULL ? cause->message : "must be an object of languages");
        return FALSE;
    }
    for (int i = jv_object_iter(file); is_good && jv_object_iter_valid(file, i); i = jv_object_iter_next(file, i)) {
        jv language = jv_object_iter_key(file, i);
        jv texts = jv_object_iter_value(file, i);
        jv before = value_member(self->texts, jv_string_value(language));

        is_good = check_language(path, jv_string_value(language), texts, error);
        if (jv_get_kind(before) != JV_KIND_OBJECT) {
            jv_free(before);
            before = built_in_texts(FALSE);
        }
        if (is_good)
            self->texts = jv_object_set(self->texts, jv_copy(language), jv_object_merge(before, jv_copy(texts)));
        else
            jv_free(before);
        jv_free(language);
        jv_free(texts);
    }
    jv_free(file);
    return is_good;
}

Templates *
templates_new(const char *path, GError **error)
{
    Templates *self = g_new0(Templates, 1);

    self->texts = jv_object_set(jv_object_set(jv_object(), jv_string("vi"), built_in_texts(FALSE)), jv_string("en"), built_in_texts(TRUE));
    if (path == NULL || merge_file(self, path, error))
        return self;
    templates_free(self);
    return NULL;
}

void
templates_free(Templates *self)
{
    if (self == NULL)
        return;
    jv_free(self->texts);
    g_free(self);
}

char *
templates_fill(const Templates *self, const char *language, const char *event, const char *code, int state)
{
    jv texts = value_member(self->texts, language != NULL ? language : "vi");
    gboolean is_english = g_strcmp0(language, "en") == 0;
    g_autofree char *text = NULL;
    g_autoptr(GString) out = NULL;

    if (jv_get_kind(texts) != JV_KIND_OBJECT) {
        jv_free(texts);
        texts = value_member(self->texts, "vi");
    }
    text = value_text(texts, event);
    jv_free(texts);
    out = g_string_new(text != NULL ? text : "");
    g_string_replace(out, "{state}", is_english ? states[CLAMP(state, 0, 10)].en : states[CLAMP(state, 0, 10)].vi, 0);
    g_string_replace(out, "{code}", code, 0);
    return g_string_free(g_steal_pointer(&out), FALSE);
}

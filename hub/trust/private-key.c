/* SPDX-License-Identifier: Apache-2.0 */
/* private-key.c: loads a private key and signs with it.
 *
 * A key file that others may read is refused (security.md S20). A key in memory signs from a prepared context that each
 * signature copies, which spares OpenSSL's look-ups; a token's key signs one at a time, since not every token's library
 * may be called by two threads.
 */
#include "trust/private-key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust/algorithm.h"

/* Engines are deprecated in OpenSSL 3, but the provider for PKCS#11 is not in Debian 12. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <openssl/engine.h>

#define PKCS11_PREFIX "pkcs11:"
#define FILE_PREFIX "file:"

struct _LtPrivateKey {
    EVP_PKEY *key;
    ENGINE *engine;        /* nullable: holds the token's session */
    char *digest;
    gboolean pss;
    EVP_MD_CTX *prepared;  /* nullable: of a key in memory */
    GMutex lock;           /* of a token's key */
};

static void
set_config_error(GError **error, const char *where, const char *cause)
{
    const char *shown = g_str_has_prefix(where, PKCS11_PREFIX) ? "the PKCS#11 key" : where; /* a URI may hold the PIN */
    unsigned long code = ERR_peek_last_error();

    lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "%s: %s%s%s", shown, cause, code != 0 ? ": " : "",
                 code != 0 ? ERR_reason_error_string(code) : "");
    ERR_clear_error();
}

/* Credentials of systemd belong to root and are given by an access list, which the group bit shows. */
static gboolean
is_well_kept(const struct stat *status)
{
    if (status->st_uid == geteuid())
        return (status->st_mode & 077) == 0;
    return status->st_uid == 0 && (status->st_mode & 037) == 0;
}

static EVP_PKEY *
load_file(const char *path, GError **error)
{
    struct stat status;
    EVP_PKEY *key = NULL;
    BIO *in = BIO_new_file(path, "r");

    if (in == NULL || stat(path, &status) != 0) {
        ERR_clear_error();
        set_config_error(error, path, "cannot be read");
    } else if (!is_well_kept(&status)) {
        set_config_error(error, path, "a private key must belong to the user of the hub and be readable by nobody else (chmod 0400)");
    } else {
        key = PEM_read_bio_PrivateKey(in, NULL, NULL, (void *) "");
        if (key == NULL)
            set_config_error(error, path, "not a private key in PEM without passphrase");
    }
    BIO_free(in);
    return key;
}

/* The query of a PKCS#11 URI (RFC 7512 §2.4), which says how to reach the token; the path says which key. */
typedef struct {
    char *path, *module, *pin;
} TokenAddress;

static void
token_address_clear(TokenAddress *self)
{
    g_free(self->path);
    g_free(self->module);
    if (self->pin != NULL)
        OPENSSL_cleanse(self->pin, strlen(self->pin));
    g_free(self->pin);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TokenAddress, token_address_clear)

static gboolean
read_pin(const char *source, char **pin, GError **error)
{
    g_autoptr(GError) cause = NULL;

    g_clear_pointer(pin, g_free);
    source = g_str_has_prefix(source, FILE_PREFIX) ? source + strlen(FILE_PREFIX) : source;
    if (!g_file_get_contents(source, pin, NULL, &cause)) {
        lt_error_set(error, LT_ERROR_CONFIG, "signer.key", "pin-source of the PKCS#11 key: %s", cause->message);
        return FALSE;
    }
    g_strchomp(*pin);
    return TRUE;
}

static gboolean
read_address(const char *uri, TokenAddress *out, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(uri, "?", 2);
    g_auto(GStrv) attributes = g_strsplit(parts[1] != NULL ? parts[1] : "", "&", -1);

    out->path = g_strdup(parts[0]);
    for (guint i = 0; attributes[i] != NULL; i++) {
        g_auto(GStrv) pair = g_strsplit(attributes[i], "=", 2);
        g_autofree char *value = pair[0] != NULL && pair[1] != NULL ? g_uri_unescape_string(pair[1], NULL) : NULL;

        if (value == NULL)
            continue;
        if (strcmp(pair[0], "module-path") == 0)
            out->module = g_steal_pointer(&value);
        else if (strcmp(pair[0], "pin-value") == 0)
            out->pin = g_steal_pointer(&value);
        else if (strcmp(pair[0], "pin-source") == 0 && !read_pin(value, &out->pin, error))
            return FALSE;
    }
    return TRUE;
}

/* QUIET: otherwise the engine prints the whole address, which may hold the PIN. */
static gboolean
start_engine(ENGINE *engine, const TokenAddress *address)
{
    return ENGINE_ctrl_cmd_string(engine, "QUIET", NULL, 0) == 1 &&
           (address->module == NULL || ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", address->module, 0) == 1) &&
           (address->pin == NULL || ENGINE_ctrl_cmd_string(engine, "PIN", address->pin, 0) == 1) && ENGINE_init(engine) == 1;
}

static EVP_PKEY *
load_token(LtPrivateKey *self, const char *uri, GError **error)
{
    g_auto(TokenAddress) address = { 0 };
    EVP_PKEY *key;
    ENGINE *engine;

    if (!read_address(uri, &address, error))
        return NULL;
    ENGINE_load_dynamic();
    engine = ENGINE_by_id("pkcs11");
    if (engine == NULL) {
        set_config_error(error, uri, "the OpenSSL engine pkcs11 is not installed (libengine-pkcs11-openssl)");
        return NULL;
    }
    if (!start_engine(engine, &address)) {
        set_config_error(error, uri, "the PKCS#11 library cannot be loaded");
        ENGINE_free(engine);
        return NULL;
    }
    self->engine = engine;
    key = ENGINE_load_private_key(engine, address.path, NULL, NULL);
    if (key == NULL)
        set_config_error(error, uri, "not found, or the PIN is wrong");
    return key;
}

static void
free_engine(ENGINE *engine)
{
    if (engine == NULL)
        return;
    ENGINE_finish(engine);
    ENGINE_free(engine);
}
#pragma GCC diagnostic pop

static gboolean
begin(const LtPrivateKey *self, EVP_MD_CTX *context)
{
    EVP_PKEY_CTX *parameters = NULL;

    if (self->engine != NULL && self->digest != NULL) {
        const EVP_MD *digest = EVP_get_digestbyname(self->digest);

        if (EVP_DigestSignInit(context, &parameters, digest, NULL, self->key) != 1)
            return FALSE;
    } else if (EVP_DigestSignInit_ex(context, &parameters, self->digest, NULL, NULL, self->key, NULL) != 1) {
        return FALSE;
    }
    return !self->pss || (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
                          EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, LT_PSS_SALT_SIZE) == 1);
}

LtPrivateKey *
lt_private_key_load(const char *where, const char *digest, gboolean pss, GError **error)
{
    g_autoptr(LtPrivateKey) self = g_new0(LtPrivateKey, 1);

    g_mutex_init(&self->lock);
    self->digest = g_strdup(digest);
    self->pss = pss;
    self->key = g_str_has_prefix(where, PKCS11_PREFIX) ? load_token(self, where, error) : load_file(where, error);
    if (self->key == NULL)
        return NULL;
    if (self->engine == NULL) {
        self->prepared = EVP_MD_CTX_new();
        if (!begin(self, self->prepared)) {
            set_config_error(error, where, "this kind of key cannot sign here");
            return NULL;
        }
    }
    return g_steal_pointer(&self);
}

void
lt_private_key_free(LtPrivateKey *self)
{
    if (self == NULL)
        return;
    EVP_MD_CTX_free(self->prepared);
    EVP_PKEY_free(self->key);
    free_engine(self->engine);
    g_mutex_clear(&self->lock);
    g_free(self->digest);
    g_free(self);
}

EVP_PKEY *
lt_private_key_get(LtPrivateKey *self)
{
    return self->key;
}

static GBytes *
sign(LtPrivateKey *self, EVP_MD_CTX *context, const void *data, gsize size)
{
    gsize length = (gsize) EVP_PKEY_get_size(self->key);
    g_autofree guint8 *value = g_malloc(length);
    gboolean begun = self->prepared != NULL ? EVP_MD_CTX_copy_ex(context, self->prepared) == 1 : begin(self, context);

    if (!begun || EVP_DigestSign(context, value, &length, data, size) != 1)
        return NULL;
    return g_bytes_new_take(g_steal_pointer(&value), length);
}

GBytes *
lt_private_key_sign(LtPrivateKey *self, const void *data, gsize size, GError **error)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    GBytes *value;

    if (self->engine != NULL)
        g_mutex_lock(&self->lock);
    value = sign(self, context, data, size);
    if (self->engine != NULL)
        g_mutex_unlock(&self->lock);
    EVP_MD_CTX_free(context);
    if (value == NULL) {
        unsigned long code = ERR_peek_last_error();

        lt_error_set(error, LT_ERROR_UNAVAILABLE, "env.busy", "the key does not sign: %s",
                     code != 0 ? ERR_reason_error_string(code) : "no reason given");
        ERR_clear_error();
    }
    return value;
}

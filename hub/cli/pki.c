/* SPDX-License-Identifier: Apache-2.0 */
/* pki.c: `lthub pki`: a lab authority: keys and certificates for units and for the hub, its CRL, and the key of the audit log. */
#include <string.h>

#include "base/json.h"
#include "base/language.h"
#include "base/value.h"
#include "cli/commands.h"
#include "trust/authority.h"
#include "trust/certificates.h"

typedef struct {
    char *name;
    gboolean demo;
    gint64 days;
    gint64 crl_days;
    char *use;
    char *host;
    char *algorithm;
    char *unit;
    char *public_key;
} Pki;

static const LtKey init_keys[] = {
    LT_STRING(Pki, name, "Lienthong Hub lab CA", "common name of the root"),
    LT_BOOLEAN(Pki, demo, "false", "mark the root as one for demonstrations: `lthub serve --demo` asks for it"),
    LT_NUMBER(Pki, days, "3650", "1..18250", "days until the root ends"),
    LT_KEYS_END,
};

static const LtKey issue_keys[] = {
    LT_CHOICE(Pki, use, "sign", "sign|client|server", "seal envelopes, or authenticate in TLS as a client or a server"),
    LT_STRING(Pki, name, "", "common name (default: FILE)"),
    LT_STRING(Pki, unit, "", "unit id, written into the subject"),
    LT_STRING(Pki, host, "", "DNS name or address of a server"),
    LT_CHOICE(Pki, algorithm, "p256", "p256|p384|rsa3072", "kind of key"),
    LT_PATH(Pki, public_key, "", "PEM of a public key whose private half lies elsewhere, as in a token"),
    LT_NUMBER(Pki, days, "730", "1..18250", "days until the certificate ends"),
    LT_KEYS_END,
};

static const LtKey crl_keys[] = {
    LT_NUMBER(Pki, crl_days, "30", "1..3650", "days until the CRL must be replaced"),
    LT_KEYS_END,
};

static int
run_init(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Pki *options = data;
    g_autoptr(GError) error = NULL;

    if (!lt_authority_create(arguments[0], options->name, options->demo, options->days, &error))
        return lt_command_fail(terminal, error);
    if (terminal->json)
        g_print("{\"root\":\"%s/root.pem\",\"crl\":\"%s/crl.pem\"}\n", arguments[0], arguments[0]);
    else
        g_print(_("%s/root.pem: the anchor ([trust] anchors); %s/crl.pem: its CRL ([trust] crl); %s/root.key: keep it away from the hub\n"), arguments[0],
                arguments[0], arguments[0]);
    return LT_EXIT_OK;
}

static LtCertificateUse
use_of(const char *word)
{
    return strcmp(word, "client") == 0 ? LT_USE_CLIENT : strcmp(word, "server") == 0 ? LT_USE_SERVER : LT_USE_SIGN;
}

static void
print_issued(const Pki *options, char **arguments, const char *spki, const LtTerminal *terminal)
{
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "file", arguments[1]);
        lt_json_append_member(line, "use", options->use);
        lt_json_append_member(line, "spki", spki);
        g_print("%s}\n", line->str);
        return;
    }
    g_print("%s/%s.pem\t%s\n", arguments[0], arguments[1], spki);
    if (strcmp(options->use, "server") != 0)
        g_print(_("Register it: lthub unit key add %s --certificate %s/%s.pem --use %s\n"), options->unit != NULL ? options->unit : _("UNIT"), arguments[0],
                arguments[1], strcmp(options->use, "client") == 0 ? "tls" : "sign");
}

static int
run_issue(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Pki *options = data;
    LtIssue issue = { .file = arguments[1], .subject = options->name != NULL ? options->name : arguments[1], .unit = options->unit, .host = options->host,
                      .algorithm = options->algorithm, .public_key = options->public_key, .use = use_of(options->use), .days = options->days };
    g_autoptr(GError) error = NULL;
    g_autofree char *spki = NULL;

    if (issue.use == LT_USE_SERVER && issue.host == NULL)
        lt_error_set(&error, LT_ERROR_CONFIG, "usage", "a server's certificate needs --host");
    else if (options->unit != NULL && !lt_unit_id_is_valid(options->unit, strlen(options->unit)))
        lt_error_set(&error, LT_ERROR_CONFIG, "usage", "\"%s\" is not a unit id, such as H52.101", options->unit);
    else
        spki = lt_authority_issue(arguments[0], &issue, &error);
    if (spki == NULL)
        return lt_command_fail(terminal, error);
    print_issued(options, arguments, spki, terminal);
    return LT_EXIT_OK;
}

static int
run_revoke(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Pki *options = data;
    g_autoptr(GError) error = NULL;

    if (!lt_authority_revoke(arguments[0], arguments[1], options->crl_days, &error))
        return lt_command_fail(terminal, error);
    if (!terminal->json)
        g_print(_("Revoked; %s/crl.pem is new. The hub takes it with: lthub reload\n"), arguments[0]);
    return LT_EXIT_OK;
}

static int
run_crl(gpointer data, char **arguments, const LtTerminal *terminal)
{
    const Pki *options = data;
    g_autoptr(GError) error = NULL;

    return lt_authority_write_crl(arguments[0], options->crl_days, &error) ? LT_EXIT_OK : lt_command_fail(terminal, error);
}

static int
run_log_key(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;

    (void) data;
    return lt_log_key_create(arguments[0], &error) ? LT_EXIT_OK : lt_command_fail(terminal, error);
}

static int
run_show(gpointer data, char **arguments, const LtTerminal *terminal)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *subject = NULL;
    g_autofree char *spki = NULL;
    gint64 not_before_us, not_after_us;
    char from[21], until[21];
    gsize size;

    (void) data;
    if (!g_file_get_contents(arguments[0], &text, &size, &error) || !lt_certificate_dates(arguments[0], &subject, &not_before_us, &not_after_us, &error))
        return lt_command_fail(terminal, error);
    spki = lt_certificate_spki((const guint8 *) text, size, &error);
    if (spki == NULL)
        return lt_command_fail(terminal, error);
    lt_time_write_seconds(not_before_us, from);
    lt_time_write_seconds(not_after_us, until);
    if (terminal->json) {
        g_autoptr(GString) line = g_string_new("{");

        lt_json_append_member(line, "subject", subject);
        lt_json_append_member(line, "spki", spki);
        lt_json_append_member(line, "from", from);
        lt_json_append_member(line, "until", until);
        g_print("%s}\n", line->str);
    } else {
        g_print("%s\nspki\t%s\n%s … %s\n", subject, spki, from, until);
    }
    return LT_EXIT_OK;
}

static const LtVerb verbs[] = {
    { .name = "init", .arguments = "DIR", .min_arguments = 1, .max_arguments = 1, .summary = "Makes a root, its key and an empty CRL in a folder",
      .examples = "lthub pki init pki/ --name 'Tỉnh mẫu CA'", .options = init_keys, .options_size = sizeof(Pki), .run = run_init },
    { .name = "issue", .arguments = "DIR FILE", .min_arguments = 2, .max_arguments = 2, .summary = "Makes a key and its certificate: DIR/FILE.key, DIR/FILE.pem",
      .description = "Prints the certificate and the SHA-256 of its public key, which is what is registered for a unit.",
      .examples = "lthub pki issue pki/ H52.101 --unit H52.101 --name 'UBND xã mẫu'\nlthub pki issue pki/ hub-tls --use server --host hub.sonla.example\n"
                  "lthub pki issue pki/ H52 --unit H52 --public-key token.pub   # the key stays in the token",
      .options = issue_keys, .options_size = sizeof(Pki), .run = run_issue },
    { .name = "revoke", .arguments = "DIR CERTIFICATE", .min_arguments = 2, .max_arguments = 2, .summary = "Revokes a certificate and writes a new CRL",
      .examples = "lthub pki revoke pki/ pki/H52.101.pem && lthub reload", .options = crl_keys, .options_size = sizeof(Pki), .run = run_revoke },
    { .name = "crl", .arguments = "DIR", .min_arguments = 1, .max_arguments = 1, .summary = "Writes the CRL anew, before it gets too old",
      .examples = "lthub pki crl pki/ --crl-days 30 && lthub reload", .options = crl_keys, .options_size = sizeof(Pki), .run = run_crl },
    { .name = "log-key", .arguments = "FILE", .min_arguments = 1, .max_arguments = 1, .summary = "Makes the Ed25519 key that signs checkpoints of the audit log",
      .examples = "lthub pki log-key log.key", .run = run_log_key },
    { .name = "show", .arguments = "CERTIFICATE", .min_arguments = 1, .max_arguments = 1, .summary = "Shows subject, key digest and dates of a certificate",
      .examples = "lthub pki show pki/H52.101.pem --json", .run = run_show },
    { 0 },
};

const LtCommand lt_command_pki = { "pki", "makes a lab authority, keys, certificates and CRLs", verbs };

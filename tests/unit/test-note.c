/* SPDX-License-Identifier: Apache-2.0 */
/* test-note.c: signed notes, keys, checkpoints and proofs: known good ones open, each spoiled one is refused. */
#include <stdlib.h>
#include <string.h>
#include "base/value.h"
#include "lib/vectors.h"
#include "trust/note.h"

#define C2SP_VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define LINE_OF_OTHERS "\xe2\x80\x94 other.example AAAAAAEC\n"

typedef struct {
    char *name, *vkey, *note;
    gboolean valid;
} NoteCase;

/* Flat JSON with the escapes \n and \uXXXX alone. */
static char *
json_text(const char *json, const char *name)
{
    g_autofree char *pattern = g_strdup_printf("\"%s\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"", name);
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_DOTALL, 0, NULL);
    g_autoptr(GMatchInfo) match = NULL;
    g_autofree char *raw = NULL;
    GString *out = g_string_new(NULL);

    g_assert_true(g_regex_match(regex, json, 0, &match));
    raw = g_match_info_fetch(match, 1);
    for (const char *p = raw; *p != '\0'; p++) {
        if (*p != '\\') {
            g_string_append_c(out, *p);
        } else if (*++p == 'u') {
            g_autofree char *digits = g_strndup(p + 1, 4);

            g_string_append_unichar(out, (gunichar) strtoul(digits, NULL, 16));
            p += 4;
        } else {
            g_string_append_c(out, *p == 'n' ? '\n' : *p == 't' ? '\t' : *p == 'r' ? '\r' : *p);
        }
    }
    return g_string_free(out, FALSE);
}

static gboolean
note_holds(const char *vkey, const char *text)
{
    g_autoptr(LtVerifierKey) key = lt_vkey_read(vkey, strlen(vkey), NULL);
    g_autoptr(LtNote) note = NULL;

    g_assert_nonnull(key);
    note = lt_note_open(text, strlen(text), &key, 1, NULL);
    return note != NULL && note->signatures->len == 1;
}

static void
test_known_notes(void)
{
    g_autofree char *json = NULL;
    g_auto(GStrv) objects = NULL;
    guint good = 0, bad = 0;

    if (vectors_missing())
        return;
    json = vectors_load_text("c2sp/signed-note.json");
    objects = g_strsplit(strstr(json, "\"cases\""), "},", -1);
    for (guint i = 0; objects[i] != NULL; i++) {
        gboolean valid = strstr(objects[i], "\"valid\": true") != NULL;
        g_autofree char *name = json_text(objects[i], "name");
        g_autofree char *vkey = json_text(objects[i], "vkey");
        g_autofree char *note = json_text(objects[i], "note");

        g_test_message("%s", name);
        g_assert_true(valid || strstr(objects[i], "\"valid\": false") != NULL);
        g_assert_cmpint(note_holds(vkey, note), ==, valid);
        valid ? good++ : bad++;
    }
    g_assert_cmpuint(good, ==, 3);
    g_assert_cmpuint(bad, ==, 4);
}

static void
test_vkeys(void)
{
    static const struct {
        const char *name, *vkey;
    } bad[] = {
        { "empty", "" },
        { "no-key", "example.com/foo+530d903a" },
        { "wrong-id", "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "wrong-name", "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "upper-case-id", "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "space-in-name", "example.com foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "no-name", "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "other-type", "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k" },
        { "short-key", "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv" },
        { "two-newlines", C2SP_VKEY "\n\n" },
        { "carriage-return", C2SP_VKEY "\r\n" },
    };
    g_autoptr(LtVerifierKey) key = lt_vkey_read(C2SP_VKEY "\n", strlen(C2SP_VKEY) + 1, NULL);
    g_autofree char *again = NULL;

    g_assert_nonnull(key);
    again = lt_vkey_write(key->name, key->type, key->key);
    g_assert_cmpstr(again, ==, C2SP_VKEY);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *exact = g_memdup2(bad[i].vkey, strlen(bad[i].vkey));

        g_test_message("%s", bad[i].name);
        g_assert_null(lt_vkey_read(exact, strlen(bad[i].vkey), &error));
        g_assert_cmpstr(lt_error_get_reason(error), ==, "log.vkey");
    }
}

typedef struct {
    LtVerifierKey *keys[2]; /* log, witness */
    char *note;
} Known;

static void
known_load(Known *known, const char *folder, const char *witness)
{
    g_autofree char *note = g_build_filename(folder, "checkpoint", NULL), *log = g_build_filename(folder, "log.vkey", NULL);
    g_autofree char *wit = g_build_filename(folder, witness, NULL);
    g_autofree char *log_text = vectors_load_text(log), *wit_text = vectors_load_text(wit);

    known->note = vectors_load_text(note);
    known->keys[0] = lt_vkey_read(log_text, strlen(log_text), NULL);
    known->keys[1] = lt_vkey_read(wit_text, strlen(wit_text), NULL);
    g_assert_nonnull(known->keys[0]);
    g_assert_nonnull(known->keys[1]);
    g_assert_cmpint(known->keys[1]->type, ==, LT_NOTE_COSIGNATURE);
}

static void
known_clear(Known *known)
{
    lt_vkey_free(known->keys[0]);
    lt_vkey_free(known->keys[1]);
    g_free(known->note);
}

static void
check_proof_of(const char *proof_name, const char *entry_name, const Known *known)
{
    g_autoptr(GBytes) entry = vectors_load(entry_name);
    g_autofree char *text = vectors_load_text(proof_name);
    g_autoptr(GError) error = NULL;
    g_autoptr(LtProof) proof = lt_proof_read(text, strlen(text), &error);
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autoptr(LtNote) note = NULL;
    g_autofree char *again = NULL;
    LtHash leaf;

    g_assert_no_error(error);
    note = lt_note_open(proof->note, proof->note_size, known->keys, 2, &error);
    g_assert_no_error(error);
    g_assert_true(lt_checkpoint_read(note->text, strlen(note->text), &checkpoint, &error));
    lt_merkle_leaf(g_bytes_get_data(entry, NULL), g_bytes_get_size(entry), &leaf);
    g_assert_true(lt_merkle_verify_inclusion(&leaf, proof->index, checkpoint.size,
                                             (const LtHash *) (gpointer) proof->hashes->data, proof->hashes->len,
                                             &checkpoint.root));
    again = lt_proof_write(proof->index, (const LtHash *) (gpointer) proof->hashes->data, proof->hashes->len, proof->note);
    g_assert_cmpstr(again, ==, text);
}

static void
check_log(const char *folder, const char *witness, guint64 size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtNote) note = NULL;
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autofree char *text = NULL;
    Known known;

    known_load(&known, folder, witness);
    note = lt_note_open(known.note, strlen(known.note), known.keys, 2, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(note->signatures->len, ==, 2);
    g_assert_cmpint(g_array_index(note->signatures, LtNoteSignature, 0).time_s, ==, 0);
    g_assert_cmpint(g_array_index(note->signatures, LtNoteSignature, 1).time_s, >, 1700000000);
    g_assert_true(lt_checkpoint_read(note->text, strlen(note->text), &checkpoint, &error));
    g_assert_cmpstr(checkpoint.origin, ==, known.keys[0]->name);
    g_assert_cmpuint(checkpoint.size, ==, size);
    text = lt_checkpoint_text(checkpoint.origin, checkpoint.size, &checkpoint.root);
    g_assert_cmpstr(text, ==, note->text);
    known_clear(&known);
}

static void
test_known_logs(void)
{
    Known known;

    if (vectors_missing())
        return;
    check_log("conforming/log", "witness.vkey", 20);
    check_log("sample/log", "wit.vkey", 1000);
    known_load(&known, "conforming/log", "witness.vkey");
    check_proof_of("conforming/log/e2.tlog-proof", "conforming/log/e2.entry", &known);
    check_proof_of("conforming/log/e19.tlog-proof", "conforming/log/e19.entry", &known);
    known_clear(&known);
    known_load(&known, "sample/log", "wit.vkey");
    check_proof_of("sample/log/e417.tlog-proof", "sample/log/e417.entry", &known);
    known_clear(&known);
}

static void
test_known_roots(void)
{
    g_autofree char *entries = NULL, *roots = NULL;
    g_auto(GStrv) entry_lines = NULL, root_lines = NULL;
    LtMerkleEdge edge = { 0 };

    if (vectors_missing())
        return;
    entries = vectors_load_text("conforming/log/entries.txt");
    roots = vectors_load_text("conforming/log/roots.txt");
    entry_lines = g_strsplit(entries, "\n", -1);
    root_lines = g_strsplit(roots, "\n", -1);
    for (guint size = 0; size <= 20; size++) {
        g_autofree char *hex = NULL, *line = NULL;
        LtHash root, leaf;

        lt_merkle_edge_root(&edge, &root);
        hex = lt_hex_dup(root.b, sizeof root.b);
        line = g_strdup_printf("%u %s", size, hex);
        g_assert_cmpstr(root_lines[size], ==, line);
        if (size == 20)
            break;
        lt_merkle_leaf(entry_lines[size], strlen(entry_lines[size]), &leaf);
        lt_merkle_append(&edge, &leaf, NULL, NULL);
    }
}

/* Every single character of a note matters: change one, and it opens with fewer signatures or not at all. */
static void
test_flips(void)
{
    Known known;

    if (vectors_missing())
        return;
    known_load(&known, "conforming/log", "witness.vkey");
    for (gsize i = 0; known.note[i] != '\0'; i++) {
        g_autofree char *spoiled = g_strdup(known.note);
        g_autoptr(LtNote) note = NULL;

        spoiled[i] ^= 0x01;
        note = lt_note_open(spoiled, strlen(spoiled), known.keys, 2, NULL);
        g_assert_true(note == NULL || note->signatures->len < 2);
    }
    known_clear(&known);
}

/* T17 of audit-log.md §14. */
static void
test_foreign_lines(void)
{
    g_autoptr(LtNote) unknown = NULL, wrong = NULL;
    g_autofree char *with_unknown = NULL, *with_wrong = NULL, *signature = NULL, *line = NULL;
    g_autoptr(GError) error = NULL;
    guint8 bytes[4 + 8 + 64] = { 0 };
    Known known;

    if (vectors_missing())
        return;
    known_load(&known, "conforming/log", "witness.vkey");
    with_unknown = g_strconcat(known.note, LINE_OF_OTHERS, NULL);
    unknown = lt_note_open(with_unknown, strlen(with_unknown), known.keys, 2, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(unknown->signatures->len, ==, 2);
    g_assert_cmpuint(unknown->n_unknown, ==, 1);

    for (guint i = 0; i < 4; i++)
        bytes[i] = (guint8) (known.keys[1]->id >> (24 - 8 * i));
    signature = lt_base64_dup(bytes, sizeof bytes);
    line = g_strdup_printf("\xe2\x80\x94 %s %s\n", known.keys[1]->name, signature);
    with_wrong = g_strconcat(known.note, line, NULL);
    wrong = lt_note_open(with_wrong, strlen(with_wrong), known.keys, 2, &error);
    g_assert_null(wrong);
    g_assert_error(error, LT_ERROR, LT_ERROR_SIGNATURE);
    g_assert_cmpstr(lt_error_get_reason(error), ==, "log.note");
    known_clear(&known);
}

static void
test_line_limits(void)
{
    g_autoptr(GString) note = g_string_new("a\n\n");
    g_autoptr(LtNote) opened = NULL;

    for (guint i = 0; i < LT_NOTE_MAX_LINES; i++)
        g_string_append(note, LINE_OF_OTHERS);
    opened = lt_note_open(note->str, note->len, NULL, 0, NULL);
    g_assert_nonnull(opened);
    g_assert_cmpuint(opened->n_unknown, ==, LT_NOTE_MAX_LINES);
    g_string_append(note, LINE_OF_OTHERS);
    g_assert_null(lt_note_open(note->str, note->len, NULL, 0, NULL));
}

static const struct {
    const char *name, *text;
    gboolean good;
} checkpoints[] = {
    { "good", "hub.H52/audit/2026\n0\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", TRUE },
    { "largest-size", "o\n18446744073709551615\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", TRUE },
    { "extension-line", "o\n0\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\nmore\n", FALSE },
    { "two-lines", "o\n0\n", FALSE },
    { "unended", "o\n0\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=", FALSE },
    { "leading-zero", "o\n01\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", FALSE },
    { "size-overflow", "o\n18446744073709551616\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", FALSE },
    { "negative", "o\n-1\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", FALSE },
    { "no-origin", "\n1\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", FALSE },
    { "origin-with-space", "o p\n1\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", FALSE },
    { "origin-with-plus", "o+p\n1\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", FALSE },
    { "short-root", "o\n1\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKg==\n", FALSE },
    { "root-with-unused-bits", "o\n1\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKut=\n", FALSE },
    { "carriage-return", "o\r\n1\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n", FALSE },
};

static void
test_checkpoints(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(checkpoints); i++) {
        g_auto(LtCheckpoint) checkpoint = { 0 };
        g_autofree char *exact = g_memdup2(checkpoints[i].text, strlen(checkpoints[i].text));

        g_test_message("%s", checkpoints[i].name);
        g_assert_cmpint(lt_checkpoint_read(exact, strlen(checkpoints[i].text), &checkpoint, NULL), ==, checkpoints[i].good);
    }
}

#define HASH "mT0ztFxPtJii87TsVp18SkpCyxjhFUvhadv6mB/sffg=\n"
#define NOTE "o\n1\nbkCHy0h8/AeM8BDnroKUBiBd/XspQUpzZ4o/MuxnKus=\n\n" LINE_OF_OTHERS

/* T18 of audit-log.md §14: form; wrong index and size fail in the arithmetic. */
static const struct {
    const char *name, *text;
    gboolean good;
} proofs[] = {
    { "good", "c2sp.org/tlog-proof@v1\nindex 2\n" HASH "\n" NOTE, TRUE },
    { "no-hash", "c2sp.org/tlog-proof@v1\nindex 0\n\n" NOTE, TRUE },
    { "extra-line", "c2sp.org/tlog-proof@v1\nextra AAAA\nindex 2\n" HASH "\n" NOTE, TRUE },
    { "empty", "", FALSE },
    { "other-version", "c2sp.org/tlog-proof@v2\nindex 2\n" HASH "\n" NOTE, FALSE },
    { "two-extra-lines", "c2sp.org/tlog-proof@v1\nextra AAAA\nextra AAAA\nindex 2\n" HASH "\n" NOTE, FALSE },
    { "extra-not-base64", "c2sp.org/tlog-proof@v1\nextra %\nindex 2\n" HASH "\n" NOTE, FALSE },
    { "leading-zero", "c2sp.org/tlog-proof@v1\nindex 02\n" HASH "\n" NOTE, FALSE },
    { "sign", "c2sp.org/tlog-proof@v1\nindex +2\n" HASH "\n" NOTE, FALSE },
    { "no-index", "c2sp.org/tlog-proof@v1\n" HASH "\n" NOTE, FALSE },
    { "carriage-return", "c2sp.org/tlog-proof@v1\r\nindex 2\r\n" HASH "\n" NOTE, FALSE },
    { "carriage-return-in-hash", "c2sp.org/tlog-proof@v1\nindex 2\nmT0ztFxPtJii87TsVp18SkpCyxjhFUvhadv6mB/sffg=\r\n\n" NOTE, FALSE },
    { "short-hash", "c2sp.org/tlog-proof@v1\nindex 2\nmT0ztFxPtJii87TsVp18SkpCyxjhFUvhadv6mB/s\n\n" NOTE, FALSE },
    { "no-checkpoint", "c2sp.org/tlog-proof@v1\nindex 2\n" HASH "\n", FALSE },
    { "no-empty-line", "c2sp.org/tlog-proof@v1\nindex 2\n" HASH, FALSE },
};

static void
test_proofs(void)
{
    g_autoptr(GString) many = g_string_new("c2sp.org/tlog-proof@v1\nindex 2\n");

    for (guint i = 0; i < G_N_ELEMENTS(proofs); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *exact = g_memdup2(proofs[i].text, strlen(proofs[i].text));
        g_autoptr(LtProof) proof = lt_proof_read(exact, strlen(proofs[i].text), &error);

        g_test_message("%s", proofs[i].name);
        g_assert_cmpint(proof != NULL, ==, proofs[i].good);
        if (proof == NULL)
            g_assert_cmpstr(lt_error_get_reason(error), ==, "log.proof");
    }
    for (guint i = 0; i < 64; i++)
        g_string_append(many, HASH);
    g_string_append(many, "\n" NOTE);
    g_assert_null(lt_proof_read(many->str, many->len, NULL));
}

/* T18: a proof whose index, size or hashes were changed is of no entry. */
static void
test_junk_after_proof(void)
{
    static const char *const junk[] = { "\n", "junk\n", "\r\n", " ", "\xe2\x80\x94 x\n" };
    g_autofree char *text = NULL;

    if (vectors_missing())
        return;
    text = vectors_load_text("conforming/log/e2.tlog-proof");
    for (guint i = 0; i < G_N_ELEMENTS(junk); i++) {
        g_autofree char *spoiled = g_strconcat(text, junk[i], NULL);
        g_autoptr(LtProof) proof = lt_proof_read(spoiled, strlen(spoiled), NULL);

        g_assert_true(proof == NULL || lt_note_open(proof->note, proof->note_size, NULL, 0, NULL) == NULL);
    }
}

static gboolean
hex_bytes(const char *hex, GByteArray *bytes)
{
    g_byte_array_set_size(bytes, (guint) (strlen(hex) / 2));
    return lt_hex_read(hex, strlen(hex), bytes->data, bytes->len);
}

static void
run_ed25519(const char *group, const char *key_hex, guint *good, guint *bad)
{
    g_auto(GStrv) tests = g_strsplit(group, "\"tcId\"", -1);
    guint8 key[LT_ED25519_KEY_SIZE];

    g_assert_true(lt_hex_read(key_hex, strlen(key_hex), key, sizeof key));
    for (guint i = 1; tests[i] != NULL; i++) {
        g_autofree char *message = json_text(tests[i], "msg"), *signature = json_text(tests[i], "sig");
        g_autofree char *result = json_text(tests[i], "result");
        g_autoptr(GByteArray) m = g_byte_array_new(), s = g_byte_array_new();
        gboolean valid = g_str_equal(result, "valid"), holds;

        g_test_message("tcId%.6s", tests[i]);
        g_assert_true(valid || g_str_equal(result, "invalid"));
        g_assert_true(hex_bytes(message, m));
        g_assert_true(hex_bytes(signature, s));
        /* A signature of another length is refused by the reader of the line. */
        holds = s->len == LT_ED25519_SIGNATURE_SIZE && lt_ed25519_verify(key, m->data, m->len, s->data);
        g_assert_cmpint(holds, ==, valid);
        valid ? (*good)++ : (*bad)++;
    }
}

static void
test_wycheproof(void)
{
    g_autofree char *json = NULL;
    g_auto(GStrv) groups = NULL;
    guint good = 0, bad = 0;

    if (vectors_missing())
        return;
    json = vectors_load_text("wycheproof/ed25519_test.json");
    groups = g_strsplit(json, "\"publicKey\"", -1);
    for (guint i = 1; groups[i] != NULL; i++) {
        g_autofree char *key = json_text(groups[i], "pk");

        run_ed25519(groups[i], key, &good, &bad);
    }
    g_assert_cmpuint(good + bad, ==, 151);
    g_assert_cmpuint(bad, >, 0);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/note/known-notes", test_known_notes);
    g_test_add_func("/note/known-checkpoints-and-proofs", test_known_logs);
    g_test_add_func("/note/known-roots-of-a-conforming-log", test_known_roots);
    g_test_add_func("/note/refuses-spoiled-verifier-keys", test_vkeys);
    g_test_add_func("/note/a-changed-bit-costs-a-signature", test_flips);
    g_test_add_func("/note/ignores-unknown-keys-and-refuses-known-ones-that-fail", test_foreign_lines);
    g_test_add_func("/note/takes-32-signature-lines", test_line_limits);
    g_test_add_func("/note/checkpoint-has-one-form", test_checkpoints);
    g_test_add_func("/note/proof-has-one-form", test_proofs);
    g_test_add_func("/note/refuses-bytes-after-a-proof", test_junk_after_proof);
    g_test_add_func("/note/wycheproof-ed25519", test_wycheproof);
    return g_test_run();
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz-note.c: signed notes, checkpoints, verifier keys and tlog-proofs. Property: what is read and written again gives the
 * same bytes; the first byte chooses which of them is read. */
#include "fuzz.h"

#include "trust/note.h"

static void
check_vkey(const char *text, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtVerifierKey) key = lt_vkey_read(text, size, &error);
    g_autofree char *again = NULL;

    if (key == NULL) {
        FUZZ_CHECK_REFUSED(error, "log.vkey");
        return;
    }
    again = lt_vkey_write(key->name, key->type, key->key);
    if (size > 0 && text[size - 1] == '\n')
        size--;
    FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
    FUZZ_CHECK(lt_vkey_id(key->name, key->type, key->key) == key->id);
}

static void
check_note(const char *text, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtNote) note = lt_note_open(text, size, NULL, 0, &error);

    if (note == NULL) {
        FUZZ_CHECK_REFUSED(error, "log.note");
        return;
    }
    FUZZ_CHECK(note->signatures->len == 0);
    FUZZ_CHECK(g_str_has_suffix(note->text, "\n"));
    FUZZ_CHECK(strlen(note->text) < size && memcmp(note->text, text, strlen(note->text)) == 0);
}

static void
check_checkpoint(const char *text, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_auto(LtCheckpoint) checkpoint = { 0 };
    g_autofree char *again = NULL;

    if (!lt_checkpoint_read(text, size, &checkpoint, &error)) {
        FUZZ_CHECK_REFUSED(error, "log.note");
        return;
    }
    FUZZ_CHECK(lt_origin_is_valid(checkpoint.origin, strlen(checkpoint.origin)));
    again = lt_checkpoint_text(checkpoint.origin, checkpoint.size, &checkpoint.root);
    FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
}

static void
check_proof(const char *text, gsize size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LtProof) proof = lt_proof_read(text, size, &error);
    g_autofree char *again = NULL;

    if (proof == NULL) {
        FUZZ_CHECK_REFUSED(error, "log.proof");
        return;
    }
    if (strlen(proof->note) != proof->note_size)
        return;
    again = lt_proof_write(proof->index, (const LtHash *) (gpointer) proof->hashes->data, proof->hashes->len, proof->note);
    FUZZ_CHECK(strlen(again) == size && memcmp(again, text, size) == 0);
}

int
LLVMFuzzerTestOneInput(const guint8 *data, gsize size)
{
    static void (*const checks[])(const char *, gsize) = { check_vkey, check_note, check_checkpoint, check_proof };

    if (size > 0)
        checks[data[0] % G_N_ELEMENTS(checks)]((const char *) data + 1, size - 1);
    return 0;
}

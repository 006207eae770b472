/* SPDX-License-Identifier: Apache-2.0 */
/* transcript.h: exchanges with an outside system as files: kept with secrets masked, or played back.
 *
 * An exchange is two files in a folder, `000001-request.http` and `000001-reply.http`: start line, header lines, an empty line, the body's
 * bytes. They can be written by hand, compared by any tool, and serve as the tests of a plugin.
 */
#pragma once

#include <lienthong/link.h>

typedef struct _LtTranscript LtTranscript;

/**
 * lt_transcript_new:
 * @folder: (nullable): where the files lie; %NULL: nothing is kept
 * @secrets: (nullable): values that must never be written; a value of fewer than 4 bytes is not looked for
 */
LtTranscript *lt_transcript_new(const char *folder, const char *const *secrets);
void lt_transcript_free(LtTranscript *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtTranscript, lt_transcript_free)

/* An exchange that is over and not yet written. */
typedef struct _LtTranscriptEntry LtTranscriptEntry;

/** lt_transcript_render: Returns: (transfer full): the request as it would be kept: masked, a streamed body by its size only */
GBytes *lt_transcript_render(LtTranscript *self, LtRequest *request);
/** lt_transcript_mask: Returns: (transfer full): @bytes with every spelling of these @secrets masked */
GBytes *lt_transcript_mask(GBytes *bytes, const GPtrArray *secrets);
/** lt_transcript_read_reply: what a reply file says. Errors: that of "no answer: REASON: …"; CONFIG `link.replay` when it is no exchange */
LtReply *lt_transcript_read_reply(const char *path, GError **error);
/**
 * lt_transcript_note:
 * @reply: (nullable): %NULL when there was none, then @cause says why
 *
 * Gives the exchange its number.
 *
 * Returns: (transfer full) (nullable): %NULL when nothing is kept; else for lt_transcript_write()
 */
LtTranscriptEntry *lt_transcript_note(LtTranscript *self, LtRequest *request, LtReply *reply, const GError *cause);
/**
 * lt_transcript_write:
 * @entry: (nullable) (transfer full)
 * @secrets: (nullable): of char *: what must be masked beside the secrets of the endpoint
 *
 * Files that cannot be written are a warning in the journal, no error: what was sent was sent.
 */
void lt_transcript_write(LtTranscript *self, LtTranscriptEntry *entry, const GPtrArray *secrets);
/** lt_transcript_keep: lt_transcript_note() and lt_transcript_write() */
void lt_transcript_keep(LtTranscript *self, LtRequest *request, LtReply *reply, const GError *cause);
/**
 * lt_transcript_replay:
 *
 * Answers from the folder: exchanges of the same method and path in the order of their files; the last one again and again.
 *
 * Errors: CONFIG `link.replay`: no such exchange, or a file that is no exchange
 */
LtReply *lt_transcript_replay(LtTranscript *self, LtRequest *request, GError **error);

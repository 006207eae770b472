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

/** lt_transcript_render: Returns: (transfer full): the request as it would be kept: masked, a streamed body by its size only */
GBytes *lt_transcript_render(LtTranscript *self, LtRequest *request);
/**
 * lt_transcript_keep:
 * @reply: (nullable): %NULL when there was none, then @cause says why
 *
 * Files that cannot be written are a warning in the journal, no error: what was sent was sent.
 */
void lt_transcript_keep(LtTranscript *self, LtRequest *request, LtReply *reply, const GError *cause);
/**
 * lt_transcript_replay:
 *
 * Answers from the folder: exchanges of the same method and path in the order of their files; the last one again and again.
 *
 * Errors: CONFIG `link.replay`: no such exchange, or a file that is no exchange
 */
LtReply *lt_transcript_replay(LtTranscript *self, LtRequest *request, GError **error);

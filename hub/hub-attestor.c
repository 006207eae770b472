/* SPDX-License-Identifier: Apache-2.0 */
/* hub-attestor.c: the hub among its peers: before anything is written at a start, what witnesses have seen is held against what the store has.
 *
 * A store that is behind what a witness saw is an old copy, or was cut: writing on would fork the log. It opens halted: what is there can be read and exported.
 * When no witness answers the hub serves and stays degraded until one has (audit-log.md §10).
 */
#include "hub-private.h"

static gboolean
read_peers(LtHub *self, LtSettings *settings, GError **error)
{
    g_autoptr(LtFaults) faults = lt_faults_new();

    self->peers = lt_peers_read(settings, faults);
    self->witness_keys = lt_peers_witness_lines(self->peers);
    if (faults->len == 0)
        return TRUE;
    hub_fail_with_faults(error, self->config_path, faults);
    return FALSE;
}

gboolean
hub_open_attestor(LtHub *self, LtSettings *settings, GError **error)
{
    const LtHubSettings *s = &self->settings;
    LtAttestorOptions options = { .store = self->store, .signer = self->signer, .thread = self->link, .witness_every_us = s->witness_every,
                                  .anchor_every_us = s->anchor_every };
    g_autoptr(GError) cause = NULL;
    guint n_answered;

    if (!read_peers(self, settings, error))
        return FALSE;
    options.peers = self->peers;
    options.quorum = self->peers->witnesses->len > 0 ? (guint) s->quorum : 0;
    if (hub_is_halted(self))
        return TRUE;
    self->attestor = lt_attestor_new(&options, error);
    if (self->attestor == NULL)
        return FALSE;
    if (!lt_attestor_compare(self->attestor, &n_answered, &cause)) {
        g_critical("%s [%s]", cause->message, lt_error_get_reason(cause));
        lt_store_halt(self->store, lt_error_get_reason(cause), cause->message);
        return TRUE;
    }
    lt_store_degrade(self->store, "log.witness-silent", self->peers->witnesses->len > 0 && n_answered == 0);
    return TRUE;
}

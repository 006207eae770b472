/* SPDX-License-Identifier: Apache-2.0 */
/* host.h: a plugin in a process of its own, as a plugin like any other (security.md S19).
 *
 * The hub never loads such a file. `lthub plugin-host` does, in a sandbox without network, keys or database, and says what the plugin declares; from that a
 * descriptor is made whose verbs hand each call over to a host process and serve what the plugin asks for: its link, its inbox. One process runs
 * one verb at a time, so a crash costs that verb one retry, and a verb past its deadline ends with its process.
 */
#pragma once

#include "routing/loader.h"

/** lt_host_describe: starts a host, lets it say what the plugin is, and ends it. @out: (out caller-allocates): plugin, path and digest are filled in; freed by
 * lt_host_forget(). Errors: CONFIG: what the loader in the host says; `plugin.host` */
gboolean lt_host_describe(LtLoaded *out, const char *folder, const char *name, const char *sha256, GError **error);
void lt_host_forget(LtLoaded *loaded);

/** lt_host_prepare: before open(): the plugin's struct learns whose it is. @deadline_us: of one verb */
void lt_host_prepare(gpointer self, const LtLoaded *loaded, gint64 deadline_us);

/** lt_host_serve: the other side: what `lthub plugin-host` does. Returns: the exit code */
int lt_host_serve(int fd, const char *folder, const char *name, const char *sha256);
/** lt_host_confine: gives up whatever a plugin needs not: network, new programs, other processes, files but those of the system, of @folder
 * and @writable (ended by NULL). Errors: INTERNAL `plugin.sandbox` */
gboolean lt_host_confine(const char *folder, char *const *writable, GError **error);

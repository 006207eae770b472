/* SPDX-License-Identifier: Apache-2.0 */
/* resources.h: the functions behind the rows of routes.c, one file per resource. */
#pragma once

#include "http/exchange.h"

/* envelopes.c */
void lt_envelopes_post(LtExchange *exchange);
void lt_envelopes_get(LtExchange *exchange);
/* inbox.c */
void lt_inbox_list(LtExchange *exchange);
void lt_inbox_ack(LtExchange *exchange);
/* receipts.c */
void lt_receipts_get(LtExchange *exchange);
/* dossiers.c */
void lt_dossiers_get(LtExchange *exchange);
void lt_dossiers_list(LtExchange *exchange);
void lt_dossiers_get_any(LtExchange *exchange);
/* log.c */
void lt_log_get_checkpoint(LtExchange *exchange);
void lt_log_get_consistency(LtExchange *exchange);
void lt_log_get_proof(LtExchange *exchange);
void lt_log_get_entry(LtExchange *exchange);
/* receive.c */
void lt_receive_post(LtExchange *exchange);
/* health.c */
void lt_health_live(LtExchange *exchange);
void lt_health_ready(LtExchange *exchange);
void lt_health_version(LtExchange *exchange);
void lt_health_openapi(LtExchange *exchange);
/* metrics.c */
void lt_metrics_get(LtExchange *exchange);
/* admin-procedures.c */
void lt_admin_procedures_list(LtExchange *exchange);
void lt_admin_procedures_put(LtExchange *exchange);
/* admin-units.c */
void lt_admin_units_list(LtExchange *exchange);
void lt_admin_units_put(LtExchange *exchange);
void lt_admin_units_apply(LtExchange *exchange);
void lt_admin_keys_add(LtExchange *exchange);
void lt_admin_tokens_add(LtExchange *exchange);
void lt_admin_tokens_retire(LtExchange *exchange);
void lt_admin_units_suspend(LtExchange *exchange);
void lt_admin_units_resume(LtExchange *exchange);
/* admin-deliveries.c */
void lt_admin_deliveries_list(LtExchange *exchange);
void lt_admin_deliveries_get(LtExchange *exchange);
void lt_admin_deliveries_release(LtExchange *exchange);
void lt_admin_deliveries_refuse(LtExchange *exchange);
void lt_admin_deliveries_resend(LtExchange *exchange);
/* witness.c */
void lt_witness_add(LtExchange *exchange);
void lt_witness_get(LtExchange *exchange);
/* attest.c */
void lt_admin_attest_push(LtExchange *exchange);
void lt_admin_attest_anchor(LtExchange *exchange);
/* evidence.c */
void lt_admin_evidence_make(LtExchange *exchange);
/* admin-hub.c */
void lt_admin_reload(LtExchange *exchange);
void lt_admin_plans_list(LtExchange *exchange);
void lt_admin_plans_rollback(LtExchange *exchange);
void lt_admin_backups_add(LtExchange *exchange);
void lt_admin_endpoints_list(LtExchange *exchange);

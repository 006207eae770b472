/* SPDX-License-Identifier: Apache-2.0 */
/* check-certificates.h: the dates of every certificate that the configuration names, for `lthub check` and the onboarding sheet. */
#pragma once

#include "hub.h"

/** lt_check_certificates: one that has ended, or not begun, is a fault; one that ends within 30 days a warning */
void lt_check_certificates(LtSettings *settings, LtFaults *faults);

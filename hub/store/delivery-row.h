/* SPDX-License-Identifier: Apache-2.0 */
/* delivery-row.h: deliveries made inside the room. */
#pragma once

#include "store/deliveries.h"

/** lt_delivery_new: Returns: (transfer full): all fields empty; strings are owned by it */
LtDelivery *lt_delivery_new(void);

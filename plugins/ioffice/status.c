/* SPDX-License-Identifier: Apache-2.0 */
/* status.c: the nine statuses of the axis (domain.md §2.7) beside the ten states of a dossier (§4.4), in both directions, as tables. */
#include "ioffice.h"

#include <string.h>

static const IofficeStatus statuses[] = {
    { "01", 0, "đã đến" },          { "02", 3, "từ chối tiếp nhận" }, { "03", 2, "đã tiếp nhận" },
    { "04", 4, "đã phân công" },    { "05", 4, "đang xử lý" },        { "06", 9, "đã hoàn thành" },
    { "13", 0, "xin lấy lại" },     { "15", 0, "đồng ý cập nhật, lấy lại" }, { "16", 0, "từ chối cập nhật, lấy lại" },
    { NULL, 0, NULL },
};

/* The axis knows no supplement, fee, withdrawal or stop: they are told as work under way, with their words in the description. */
static const char *const of_state[] = { NULL, "01", "03", "02", "05", "05", "05", "05", "05", "06", "06" };

const IofficeStatus *
ioffice_statuses(void)
{
    return statuses;
}

const char *
ioffice_status_of(int state)
{
    return state >= 1 && state < (int) G_N_ELEMENTS(of_state) ? of_state[state] : NULL;
}

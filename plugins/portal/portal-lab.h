/* SPDX-License-Identifier: Apache-2.0 */
/* portal-lab.h: a portal on loopback that is told what to say, and an endpoint that speaks with it. */
#pragma once

#include "lib/peer.h"
#include "lib/plugin-harness.h"

#define SUBMIT \
    "{\"MaHoSo\":\"H52.101-261123-0001\",\"MaTTHC\":\"2.000635\",\"TenTTHC\":\"Đăng ký lại khai sinh\",\"ChuHoSo\":\"Nguyễn Văn A\",\"LoaiDoiTuong\":%d," \
    "\"NgayTiepNhan\":\"2026-11-23T08:00:00+07:00\"%s}"
#define STATUS "{\"MaHoSo\":\"H52.101-261123-%04u\",\"TrangThaiHoSo\":4,\"ThoiDiemXuLy\":\"2026-11-23T09:30:00+07:00\"}"
#define GOOD "{\"error_code\":\"00\",\"result\":\"Thành công\"}"
#define MOST 64
#define SESSION "username=sonla\npassword=s3cret-pass\nunit_code=000.00.00.H52\nservice_path=/forward\ndstcode=VN:GOV:000.00.00.G22:vpcpdvcprovider\n"
#define TOKEN "form=token\nclient_id=sonla\nclient_secret=s3cret-client\n"

typedef struct {
    const char *when;   /* a piece of the request */
    const char *answer; /* a JSON body, or raw bytes from "HTTP/" on */
    int times;          /* how often; -1: always */
} Said;

typedef struct {
    Harness *harness;
    Peer *peer;
    GMutex mutex;
    Said script[MOST]; /* the first that fits and is not used up */
    GPtrArray *asked;  /* of char *: start line, headers, body */
    guint n_sessions;
} Fixture;

/** say: what the portal answers @times times to a request that holds @when; -1: always */
void say(Fixture *f, const char *when, const char *text, int times);
void set_up(Fixture *f, gconstpointer data);
void tear_down(Fixture *f, gconstpointer data);
/** portal_with: (transfer full): an endpoint of that portal, with these keys besides */
LtEndpoint *portal_with(Fixture *f, const char *lines);
gboolean deliver(LtEndpoint *endpoint, const HarnessMessage *fields, HarnessInbox *inbox, GError **error);
gboolean submit(LtEndpoint *endpoint, GError **error);
/** assert_services: these were asked for, in this order, since the last time */
void assert_services(Fixture *f, const char *expected);

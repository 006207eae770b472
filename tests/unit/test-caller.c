/* SPDX-License-Identifier: Apache-2.0 */
/* test-caller.c: what makes a caller a unit, and what does not (security.md S1). */
#include "http/caller.h"

#include <string.h>

#include "base/value.h"

#define NOW (G_GINT64_CONSTANT(1795000000) * G_USEC_PER_SEC)
#define UNIT "H52.101"

typedef struct {
    LtRegistry *registry;
    LtCallerCache *cache;
    char *certificate; /* as nginx escapes it */
    char *spki;
    char *token;
} World;

static char *
read_sample(char **spki)
{
    g_autofree char *path = g_build_filename(g_getenv("LTHUB_SOURCE"), "tests", "data", "http", "unit.pem", NULL);
    g_autofree char *pem = NULL;
    g_autoptr(GError) error = NULL;

    g_file_get_contents(path, &pem, NULL, &error);
    g_assert_no_error(error);
    *spki = lt_certificate_spki((const guint8 *) pem, strlen(pem), &error);
    g_assert_no_error(error);
    return g_uri_escape_string(pem, NULL, FALSE);
}

static void
add_unit(LtRegistryRows *rows, const char *id, const char *valid_to)
{
    LtUnitRow *row = g_new0(LtUnitRow, 1);

    row->id = g_strdup(id);
    row->name = g_strdup("UBND xã Mẫu");
    row->level = g_strdup("commune");
    row->valid_from = g_strdup("2020-01-01");
    row->valid_to = g_strdup(valid_to);
    g_ptr_array_add(rows->units, row);
}

static void
add_key(LtRegistryRows *rows, const char *spki, const char *unit, const char *use, const char *role)
{
    LtUnitKeyRow *row = g_new0(LtUnitKeyRow, 1);

    row->spki = g_strdup(spki);
    row->unit = g_strdup(unit);
    row->use = g_strdup(use);
    row->role = g_strdup(role);
    row->from_us = 1;
    g_ptr_array_add(rows->keys, row);
}

/* @use, @role: of the sample's key; @valid_to: (nullable): of the unit */
static void
world_open(World *world, const char *use, const char *role, const char *valid_to)
{
    LtRegistryRows *rows = lt_registry_rows_new();
    LtTokenRow *token;
    g_autoptr(GError) error = NULL;

    world->cache = lt_caller_cache_new();
    world->certificate = read_sample(&world->spki);
    add_unit(rows, UNIT, valid_to);
    add_key(rows, world->spki, UNIT, use, role);
    world->token = lt_token_new(UNIT, 1, NOW + 1000, &token);
    g_ptr_array_add(rows->tokens, token);
    world->registry = lt_registry_new(rows, &error);
    g_assert_no_error(error);
}

static void
world_close(World *world)
{
    lt_registry_unref(world->registry);
    lt_caller_cache_free(world->cache);
    g_free(world->certificate);
    g_free(world->spki);
    g_free(world->token);
}

static gboolean
identify(World *world, guint site, const char *verify, const char *certificate, const char *authorization, LtCaller *out)
{
    LtCredentials credentials = { verify, certificate, authorization };
    g_autoptr(GError) error = NULL;
    gboolean known = lt_caller_identify(world->cache, world->registry, site, &credentials, NOW, out, &error);

    if (!known) {
        g_assert_error(error, LT_ERROR, LT_ERROR_FORBIDDEN);
        g_assert_cmpstr(lt_error_get_reason(error), ==, "env.peer.unknown");
        g_assert_null(out->unit);
    }
    return known;
}

static void
knows_a_certificate_on_the_peer_site(void)
{
    World world = { 0 };
    LtCaller caller;

    world_open(&world, "tls", "unit", NULL);
    for (guint i = 0; i < 2; i++) { /* the second time from the cache */
        g_assert_true(identify(&world, LT_SITE_PEER, "SUCCESS", world.certificate, NULL, &caller));
        g_assert_cmpstr(caller.unit, ==, UNIT);
        g_assert_cmpstr(caller.peer, ==, world.spki);
        g_assert_false(caller.is_hub);
    }
    world_close(&world);
}

/* A unit that is suspended is known, and told so; before and afterwards it calls as ever. */
static void
tells_a_suspended_unit_so(void)
{
    static const struct { gint64 from_us, until_us; gboolean suspended; } rows[] = {
        { NOW - 10, 0, TRUE }, { NOW, NOW + 1, TRUE }, { NOW + 1, 0, FALSE }, { NOW - 10, NOW, FALSE },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        World world = { 0 };
        LtCaller caller;
        LtCredentials with_certificate = { "SUCCESS", NULL, NULL }, with_token = { NULL, NULL, NULL };
        g_autofree char *bearer = NULL;
        LtRegistryRows *all = lt_registry_rows_new();
        LtSuspensionRow *row = g_new0(LtSuspensionRow, 1);
        g_autoptr(GError) error = NULL;

        world_open(&world, "tls", "unit", NULL);
        *row = (LtSuspensionRow) { g_strdup(UNIT), g_strdup("CV 1"), rows[i].from_us, rows[i].until_us };
        lt_registry_rows_put(all, lt_registry_get_rows(world.registry));
        g_ptr_array_add(all->suspensions, row);
        lt_registry_unref(world.registry);
        world.registry = lt_registry_new(all, &error);
        g_assert_no_error(error);
        with_certificate.certificate = world.certificate;
        with_token.authorization = bearer = g_strconcat("Bearer ", world.token, NULL);
        g_assert_true(lt_caller_identify(world.cache, world.registry, LT_SITE_PEER, &with_certificate, NOW, &caller, &error) != rows[i].suspended);
        if (rows[i].suspended) {
            g_assert_error(error, LT_ERROR, LT_ERROR_FORBIDDEN);
            g_assert_cmpstr(lt_error_get_reason(error), ==, "env.peer.suspended");
            g_assert_null(caller.unit);
            g_assert_cmpstr(caller.peer, ==, world.spki); /* the refusal's record names who it was */
            g_clear_error(&error);
        }
        g_assert_true(lt_caller_identify(world.cache, world.registry, LT_SITE_API, &with_token, NOW, &caller, NULL) != rows[i].suspended);
        world_close(&world);
    }
}

static void
refuses_a_certificate_that_nginx_did_not_verify(void)
{
    static const char *const verdicts[] = { NULL, "", "NONE", "FAILED:certificate revoked", "success", "SUCCESS " };
    World world = { 0 };
    LtCaller caller;

    world_open(&world, "tls", "unit", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(verdicts); i++)
        g_assert_false(identify(&world, LT_SITE_PEER, verdicts[i], world.certificate, NULL, &caller));
    world_close(&world);
}

static void
refuses_what_is_no_certificate(void)
{
    static const char *const texts[] = { NULL, "", "abc", "%zz", "%00", "-----BEGIN%20CERTIFICATE-----%0A-----END%20CERTIFICATE-----%0A" };
    g_autofree char *large = g_strnfill(100000, 'A');
    World world = { 0 };
    LtCaller caller;

    world_open(&world, "tls", "unit", NULL);
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++)
        g_assert_false(identify(&world, LT_SITE_PEER, "SUCCESS", texts[i], NULL, &caller));
    g_assert_false(identify(&world, LT_SITE_PEER, "SUCCESS", large, NULL, &caller));
    world_close(&world);
}

static void
key_for_signing_opens_no_connection(void)
{
    World world = { 0 };
    LtCaller caller;

    world_open(&world, "sign", "unit", NULL);
    g_assert_false(identify(&world, LT_SITE_PEER, "SUCCESS", world.certificate, NULL, &caller));
    g_assert_cmpstr(caller.peer, ==, world.spki); /* for the record of the refusal */
    world_close(&world);
}

static void
closed_unit_is_nobody(void)
{
    g_autofree char *bearer = NULL;
    World world = { 0 };
    LtCaller caller;

    world_open(&world, "tls", "unit", "2025-07-01");
    bearer = g_strconcat("Bearer ", world.token, NULL);
    g_assert_false(identify(&world, LT_SITE_PEER, "SUCCESS", world.certificate, NULL, &caller));
    g_assert_false(identify(&world, LT_SITE_API, NULL, NULL, bearer, &caller));
    world_close(&world);
}

static void
hub_is_known_as_hub(void)
{
    World world = { 0 };
    LtCaller caller;

    world_open(&world, "tls", "hub", NULL);
    g_assert_true(identify(&world, LT_SITE_PEER, "SUCCESS", world.certificate, NULL, &caller));
    g_assert_true(caller.is_hub);
    world_close(&world);
}

static void
knows_a_token_on_the_api_site(void)
{
    g_autofree char *bearer = NULL, *other = NULL;
    World world = { 0 };
    LtCaller caller;

    world_open(&world, "tls", "unit", NULL);
    bearer = g_strconcat("Bearer ", world.token, NULL);
    g_assert_true(identify(&world, LT_SITE_API, NULL, NULL, bearer, &caller));
    g_assert_cmpstr(caller.unit, ==, UNIT);
    g_assert_cmpuint(strlen(caller.peer), ==, 64);
    g_assert_null(strstr(world.token, caller.peer));
    other = g_strdup(bearer);
    other[strlen(other) - 1] ^= 1;
    g_assert_false(identify(&world, LT_SITE_API, NULL, NULL, other, &caller));
    g_assert_false(identify(&world, LT_SITE_API, NULL, NULL, world.token, &caller));
    g_assert_false(identify(&world, LT_SITE_API, NULL, NULL, "Basic YTpi", &caller));
    g_assert_false(identify(&world, LT_SITE_API, NULL, NULL, NULL, &caller));
    world_close(&world);
}

/* What one site asks for is worth nothing on the other: a spoofed header there is not even looked at. */
static void
each_site_has_its_own_credential(void)
{
    g_autofree char *bearer = NULL;
    World world = { 0 };
    LtCaller caller;

    world_open(&world, "tls", "unit", NULL);
    bearer = g_strconcat("Bearer ", world.token, NULL);
    g_assert_false(identify(&world, LT_SITE_API, "SUCCESS", world.certificate, NULL, &caller));
    g_assert_false(identify(&world, LT_SITE_PEER, NULL, NULL, bearer, &caller));
    g_assert_false(identify(&world, LT_SITE_ADMIN, "SUCCESS", world.certificate, bearer, &caller));
    g_assert_true(identify(&world, LT_SITE_DEMO, "SUCCESS", world.certificate, NULL, &caller));
    g_assert_true(identify(&world, LT_SITE_DEMO, NULL, NULL, bearer, &caller));
    world_close(&world);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/caller/knows-a-certificate-on-the-peer-site", knows_a_certificate_on_the_peer_site);
    g_test_add_func("/caller/refuses-a-certificate-that-nginx-did-not-verify", refuses_a_certificate_that_nginx_did_not_verify);
    g_test_add_func("/caller/tells-a-suspended-unit-so", tells_a_suspended_unit_so);
    g_test_add_func("/caller/refuses-what-is-no-certificate", refuses_what_is_no_certificate);
    g_test_add_func("/caller/key-for-signing-opens-no-connection", key_for_signing_opens_no_connection);
    g_test_add_func("/caller/closed-unit-is-nobody", closed_unit_is_nobody);
    g_test_add_func("/caller/hub-is-known-as-hub", hub_is_known_as_hub);
    g_test_add_func("/caller/knows-a-token-on-the-api-site", knows_a_token_on_the_api_site);
    g_test_add_func("/caller/each-site-has-its-own-credential", each_site_has_its_own_credential);
    return g_test_run();
}

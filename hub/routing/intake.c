/* SPDX-License-Identifier: Apache-2.0 */
/* intake.c: the one door itself: what it is made of, and the world that it judges by, swapped whole. How an envelope goes through it
 * stands in passage.c. */
#include "routing/intake-private.h"

LtIntake *
lt_intake_new(const LtIntakeOptions *options)
{
    LtIntake *self = g_new0(LtIntake, 1);

    self->options = *options;
    g_mutex_init(&self->lock);
    return self;
}

void
lt_intake_free(LtIntake *self)
{
    if (self == NULL)
        return;
    lt_world_clear(&self->world);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void
lt_intake_set_world(LtIntake *self, LtTrust *trust, LtRegistry *registry, LtCatalogue *catalogue, LtPlan *plan)
{
    LtWorld given = { trust, registry, catalogue, plan };
    LtWorld next, old;

    lt_world_copy(&given, &next);
    g_mutex_lock(&self->lock);
    old = self->world;
    self->world = next;
    g_mutex_unlock(&self->lock);
    lt_world_clear(&old);
}

void
lt_intake_copy_world(LtIntake *self, LtWorld *out)
{
    g_mutex_lock(&self->lock);
    lt_world_copy(&self->world, out);
    g_mutex_unlock(&self->lock);
}

LtTrust *
lt_intake_ref_trust(LtIntake *self)
{
    g_auto(LtWorld) world = { NULL, NULL, NULL, NULL };

    lt_intake_copy_world(self, &world);
    return g_steal_pointer(&world.trust);
}

LtRegistry *
lt_intake_ref_registry(LtIntake *self)
{
    g_auto(LtWorld) world = { NULL, NULL, NULL, NULL };

    lt_intake_copy_world(self, &world);
    return g_steal_pointer(&world.registry);
}

LtCatalogue *
lt_intake_ref_catalogue(LtIntake *self)
{
    g_auto(LtWorld) world = { NULL, NULL, NULL, NULL };

    lt_intake_copy_world(self, &world);
    return g_steal_pointer(&world.catalogue);
}

LtPlan *
lt_intake_ref_plan(LtIntake *self)
{
    g_auto(LtWorld) world = { NULL, NULL, NULL, NULL };

    lt_intake_copy_world(self, &world);
    return g_steal_pointer(&world.plan);
}

void
lt_intake_set_dispatcher(LtIntake *self, LtDispatcher *dispatcher)
{
    self->dispatcher = dispatcher;
}

void
lt_intake_set_caretaker(LtIntake *self, LtCaretaker *caretaker)
{
    self->caretaker = caretaker;
}

const char *
lt_intake_get_unit(LtIntake *self)
{
    return lt_signer_get_unit(self->options.signer);
}

LtUpload *
lt_upload_new(LtIntake *intake)
{
    return lt_upload_open(intake->options.max_bytes, lt_store_get_spool(intake->options.store));
}

void
lt_answer_free(LtAnswer *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->receipt, g_bytes_unref);
    g_clear_error(&self->error);
    g_free(self);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* event.h: what happened to a dossier, one event each: an accepted message with the facts of its payload, what became of its delivery, a move to a
 * successor, the rules that the dossier keeps. One form for the events of the store and for the lines of a file
 * (schemas/casework/event.schema.json, docs/dossier-events.md). Immutable once read; pure. */
#pragma once

#include "casework/state.h"
#include "store/dossiers.h"

/* Members of a payload that case work needs, by their own names; `issued` is the header's. Texts for people stay in the payload. */
typedef enum {
    LT_FACT_CODE,           /* MaHoSo */
    LT_FACT_PROCEDURE,      /* MaTTHC */
    LT_FACT_KIND,           /* kind */
    LT_FACT_MODE,           /* mode */
    LT_FACT_STATE,          /* TrangThaiHoSo */
    LT_FACT_STATUS,         /* StatusCode */
    LT_FACT_CHANNEL,        /* KenhThucHien */
    LT_FACT_FILED,          /* NgayNopHoSo */
    LT_FACT_RECEIVED,       /* NgayTiepNhan */
    LT_FACT_PROMISED,       /* NgayHenTra */
    LT_FACT_DONE,           /* ThoiDiemXuLy */
    LT_FACT_OFFICER,        /* NguoiXuLy */
    LT_FACT_PART,           /* PhongBanXuLy */
    LT_FACT_ENDED,          /* NgayKetThucXuLy */
    LT_FACT_RETURNED,       /* NgayTra */
    LT_FACT_SUPPLEMENT,     /* NgayBoSung */
    LT_FACT_SUPPLEMENT_TAKEN, /* NgayTiepNhanBoSung */
    LT_FACT_ROUND,          /* HoSoBoSungId */
    LT_FACT_PROMISED_ANEW,  /* NgayHenTraMoi */
    LT_FACT_REASON,         /* LyDo */
    LT_FACT_ASKED,          /* ThoiDiem */
    LT_FACT_RATING,         /* MucDoHaiLong */
    LT_FACT_THRESHOLD,      /* NguongNhac */
    LT_FACT_ISSUED,         /* issued */
    LT_FACT_CAUSE,          /* cause: of a delivery that is held */
    LT_N_FACTS
} LtFact;
/** lt_fact_name: name of the member */
const char *lt_fact_name(LtFact fact);

/* One step of a procedure: its share of the whole time. */
typedef struct {
    char *level, *role;     /* nullable */
    guint share;            /* per mille */
} LtCaseStep;

/* The version of the procedure that the dossier keeps. */
typedef struct {
    gint64 minutes;         /* the promise in working minutes; 0: unknown */
    gint64 legal_minutes;   /* what the law allows; 0: the same */
    guint cutoff;           /* minute of the day, or LT_NO_CUTOFF */
    GPtrArray *steps;       /* of LtCaseStep *; nullable */
} LtCaseRules;

typedef struct {
    gint64 at_us;           /* the hub's clock */
    gint64 index;           /* of its record in the audit log; -1: none */
    char *event;            /* "message", "delivery.arrived", …, "readdress", "rules", "hub.stop", "hub.start" */
    char *message;          /* nullable: envelope id */
    char *type, *from, *to, *endpoint, *detail; /* nullable */
    char *facts[LT_N_FACTS]; /* nullable each */
    LtCaseRules *rules;     /* nullable: of "rules" */
} LtCaseEvent;
void lt_case_event_free(LtCaseEvent *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LtCaseEvent, lt_case_event_free)
void lt_case_rules_free(LtCaseRules *self);

/** lt_case_event_time: of a fact that is a time; FALSE when it is absent or no time */
gboolean lt_case_event_time(const LtCaseEvent *self, LtFact fact, gint64 *at_us);

/**
 * lt_case_events_parse: one event a line
 * @name: of the file, for the faults
 *
 * Returns: (transfer full) (element-type LtCaseEvent)
 * Errors: %LT_ERROR_INVALID `event.line` with every faulty line, `FILE:LINE: text`
 */
GPtrArray *lt_case_events_parse(const char *text, gsize size, const char *name, GError **error);
/** lt_case_events_of_store: (element-type LtDossierEvent) → (transfer full) (element-type LtCaseEvent) */
GPtrArray *lt_case_events_of_store(const GPtrArray *events);
/** lt_case_event_append: as a line of such a file, with its newline */
void lt_case_event_append(GString *out, const LtCaseEvent *self);

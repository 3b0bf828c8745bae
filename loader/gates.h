/* The gates between a loaded index and the swap: each compares a figure with a limit. One whose
 * figures cannot be compared says so and why, and stands in nobody's way.
 *
 *   documents  every document is there and equal to the bundle's, bit for bit; the mapping too
 *   orders     every ranking of standard and random profiles is proved (order_check.h)
 *
 *   baseline   the model's own validation figures are better than its trivial baseline's, and
 *   quality    not worse than the live release's by more than a margin (quality.h)
 *   count      |n_new − n_live| / n_live ≤ max_count_change, for all documents and for the movies
 *   churn      what users will notice against the live release (churn.h): mean overlap of the top
 *              10 ≥ min_overlap, mean rank correlation ≥ min_correlation, drift ≤ max_drift. Not
 *              comparable with a live release of another objective, link, interactions or number of
 *              factors, whose lists are another on purpose
 *
 * All are on, with limits that two trainings on the same ratings from different seeds keep by far.
 * A gate is left out only by its name, and a limit taken away only by "none". */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "release_meta.h"

typedef enum {
    GATE_DOCUMENTS,
    GATE_ORDERS,
    GATE_BASELINE,
    GATE_QUALITY,
    GATE_COUNT,
    GATE_CHURN,
    GATES
} Gate;

typedef enum {
    GATE_NOT_RUN, /* something else went wrong while it ran */
    GATE_PASSED,
    GATE_FAILED,
    GATE_SKIPPED,        /* by name */
    GATE_NO_LIMIT,       /* the figure is for information */
    GATE_NOT_COMPARABLE, /* the figure says why; no failure */
} GateVerdict;

typedef struct {
    gboolean skip[GATES];
    guint depth, random;                            /* of the orders gate */
    double max_rmse_rise, max_ndcg_drop;            /* NAN: no limit */
    double max_count_change;                        /* NAN: no limit; 0.1 is ten per cent */
    double min_overlap, min_correlation, max_drift; /* NAN: no limit */
} GateOptions;

#define GATE_MAX_RMSE_RISE 0.02
#define GATE_MAX_NDCG_DROP 0.02
#define GATE_MAX_COUNT_CHANGE 0.2
#define GATE_MIN_OVERLAP 0.3
#define GATE_MIN_CORRELATION 0.7
#define GATE_MAX_DRIFT 1.0

GateOptions gate_options_default(void);

typedef struct {
    Gate gate;
    GateVerdict verdict;
    char *figure;
    char *limit;
    double seconds;
} GateResult;

typedef struct {
    EsClient *client;
    const Bundle *bundle;
    const char *index;       /* the loaded one; NULL: only gates that need none */
    const ReleaseMeta *live; /* NULL: nothing is live */
    const GateOptions *options;
} GateSubject;

/* TRUE if one of the gates that compare with the live release is not skipped. */
gboolean gates_need_live(const GateOptions *options);

const char *gate_name(Gate gate);
const char *gate_verdict_name(GateVerdict verdict);

/* "rmse" is another name of quality. RECSYS_ERROR_USAGE naming the gates there are. */
gboolean gate_find(const char *name, Gate *gate, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An array for gates_run(). */
GPtrArray *gate_results_new(void);

/* What a limit's option may be. */
typedef struct {
    const char *option; /* without its dashes */
    double least, most; /* may be infinite */
} GateLimit;

/* `text` is a number in the limit's range, or "none", which is NAN here; NULL leaves `value` as it
 * is. RECSYS_ERROR_USAGE otherwise. */
gboolean gate_limit_parse(const GateLimit *limit, const char *text, double *value,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Runs all, so that the report has all figures, and appends a GateResult * of each. FALSE only if
 * one could not be asked, and those after it were not; whether one failed gates_check() says. */
gboolean gates_run(GPtrArray *results, const GateSubject *subject,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* RECSYS_ERROR_GATE naming every gate that failed, its figure and its limit. */
gboolean gates_check(const GPtrArray *results, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A key and an array with what each gate found. */
void gates_put_member(yajl_gen json, const char *key, const GPtrArray *results);

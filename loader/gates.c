#include "gates.h"

#include <math.h>
#include <string.h>

#include "churn.h"
#include "interrupt.h"
#include "quality.h"
#include "read_back.h"
#include "recsys_error.h"
#include "verify.h"

static const char *const names[GATES] = {
    [GATE_DOCUMENTS] = "documents", [GATE_ORDERS] = "orders", [GATE_BASELINE] = "baseline",
    [GATE_QUALITY] = "quality",     [GATE_COUNT] = "count",   [GATE_CHURN] = "churn",
};

GateOptions gate_options_default(void)
{
    return (GateOptions){
        .depth = 20,
        .random = 50,
        .max_rmse_rise = GATE_MAX_RMSE_RISE,
        .max_ndcg_drop = GATE_MAX_NDCG_DROP,
        .max_count_change = GATE_MAX_COUNT_CHANGE,
        .min_overlap = GATE_MIN_OVERLAP,
        .min_correlation = GATE_MIN_CORRELATION,
        .max_drift = GATE_MAX_DRIFT,
    };
}

gboolean gates_need_live(const GateOptions *options)
{
    return !options->skip[GATE_QUALITY] || !options->skip[GATE_COUNT] || !options->skip[GATE_CHURN];
}

const char *gate_name(Gate gate)
{
    return names[gate];
}

const char *gate_verdict_name(GateVerdict verdict)
{
    static const char *const verdicts[] = {
        [GATE_NOT_RUN] = "not run",   [GATE_PASSED] = "passed",
        [GATE_FAILED] = "failed",     [GATE_SKIPPED] = "skipped",
        [GATE_NO_LIMIT] = "no limit", [GATE_NOT_COMPARABLE] = "not comparable",
    };
    return verdicts[verdict];
}

gboolean gate_find(const char *name, Gate *gate, GError **error)
{
    GString *known = g_string_new(NULL);
    if (strcmp(name, "rmse") == 0)
        name = names[GATE_QUALITY];
    for (guint i = 0; i < GATES; i++) {
        g_string_append_printf(known, "%s%s", i > 0 ? ", " : "", names[i]);
        if (strcmp(names[i], name) == 0) {
            *gate = (Gate)i;
            g_string_free(known, TRUE);
            return TRUE;
        }
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no gate \"%s\"; there are: %s",
                name, known->str);
    g_string_free(known, TRUE);
    return FALSE;
}

static char *describe_range(const GateLimit *limit)
{
    if (isinf(limit->least) && isinf(limit->most))
        return g_strdup("a number");
    if (isinf(limit->most))
        return g_strdup_printf("a number, %g or more,", limit->least);
    return g_strdup_printf("a number from %g to %g", limit->least, limit->most);
}

gboolean gate_limit_parse(const GateLimit *limit, const char *text, double *value, GError **error)
{
    char *end = NULL;
    if (text == NULL)
        return TRUE;
    *value = NAN;
    if (strcmp(text, "none") == 0)
        return TRUE;
    *value = g_ascii_strtod(text, &end);
    if (end != text && *end == '\0' && isfinite(*value) && *value >= limit->least &&
        *value <= limit->most)
        return TRUE;
    g_autofree char *range = describe_range(limit);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--%s must be %s or \"none\", not \"%s\"",
                limit->option, range, text);
    return FALSE;
}

static void result_free(gpointer data)
{
    GateResult *result = data;
    g_free(result->figure);
    g_free(result->limit);
    g_free(result);
}

GPtrArray *gate_results_new(void)
{
    return g_ptr_array_new_with_free_func(result_free);
}

/* ---- the bridge's ---- */

static gboolean run_verify(Report *report, const GateSubject *subject, VerifyParts parts,
                           GError **error)
{
    g_autoptr(ReleaseMeta) release = release_meta_fetch(subject->client, subject->index, error);
    if (release == NULL)
        return FALSE;
    const OrderOptions orders = {
        .depth = subject->options->depth,
        .random = subject->options->random,
        /* Other profiles for another model, the same ones if it is verified again. */
        .seed = g_ascii_strtoull(subject->bundle->model_id, NULL, 16),
    };
    gboolean asked = verify(report, subject->client, subject->index, release, subject->bundle,
                            parts, &orders, error);
    report->index = NULL; /* it goes with `release` */
    report->model_id = NULL;
    return asked;
}

static void judge_report(GateResult *result, const Report *report, const char *compared)
{
    result->verdict = report->violations == 0 ? GATE_PASSED : GATE_FAILED;
    result->limit = g_strdup("0 violations");
    if (report->violations == 0)
        result->figure = g_strdup(compared);
    else
        result->figure = g_strdup_printf(
            "%" G_GUINT64_FORMAT " violations, the first: %s; %s", report->violations,
            (const char *)g_ptr_array_index(report->first_violations, 0), compared);
}

static gboolean run_documents(GateResult *result, const GateSubject *subject, GError **error)
{
    g_autoptr(Report) report = report_new();
    if (!run_verify(report, subject, VERIFY_DOCUMENTS, error))
        return FALSE;
    g_autofree char *compared = g_strdup_printf("%u of %u documents compared bit for bit",
                                                report->documents, report->features);
    judge_report(result, report, compared);
    return TRUE;
}

static gboolean run_orders(GateResult *result, const GateSubject *subject, GError **error)
{
    g_autoptr(Report) report = report_new();
    if (!run_verify(report, subject, VERIFY_ORDERS, error))
        return FALSE;
    g_autofree char *compared =
        g_strdup_printf("%u profiles at depth %u, %" G_GUINT64_FORMAT
                        " pairs proved, %" G_GUINT64_FORMAT " within rounding",
                        report->profiles, report->depth, report->proved, report->within_rounding);
    judge_report(result, report, compared);
    return TRUE;
}

/* ---- against the live release ---- */

static void judge(GateResult *result, double figure, double limit)
{
    if (isnan(limit)) {
        result->verdict = GATE_NO_LIMIT;
        return;
    }
    /* What cannot be told is no pass. */
    result->verdict = figure <= limit ? GATE_PASSED : GATE_FAILED;
}

static void run_baseline(GateResult *result, const GateSubject *subject)
{
    g_autoptr(ReleaseMeta) new = release_meta_of_bundle(subject->bundle, DOC_IDS_BY_VALUE);
    quality_judge_baseline(result, new);
}

static void run_quality(GateResult *result, const GateSubject *subject)
{
    g_autoptr(ReleaseMeta) new = release_meta_of_bundle(subject->bundle, DOC_IDS_BY_VALUE);
    quality_judge_live(result, new, subject->live, subject->options);
}

static double relative_change(guint new, guint old)
{
    return fabs((double)new - (double)old) / (double)old;
}

static void run_count(GateResult *result, const GateSubject *subject)
{
    const guint n = subject->bundle->model->n;
    const guint movies = feature_table_of_type(subject->bundle->features, FEATURE_MOVIE)->len;
    const ReleaseMeta *live = subject->live;
    const double limit = subject->options->max_count_change;
    double change = MAX(relative_change(n, live->n), relative_change(movies, live->movies));
    judge(result, change, limit);
    result->figure = g_strdup_printf("%u documents, live %u; %u movies, live %u (%.2f %%)", n,
                                     live->n, movies, live->movies, 100 * change);
    if (!isnan(limit))
        result->limit = g_strdup_printf("a change of at most %.2f %%", 100 * limit);
}

/* A limit, if there is one and its figure could be told. */
static void judge_churn_figure(GateResult *result, GString *limit, double figure, double least,
                               const char *name)
{
    if (isnan(least))
        return;
    g_string_append_printf(limit, "%s%s", limit->len > 0 ? ", " : "", name);
    if (isnan(figure))
        return;
    if (result->verdict != GATE_FAILED)
        result->verdict = figure >= least ? GATE_PASSED : GATE_FAILED;
}

static void judge_churn(GateResult *result, const Churn *churn, const GateOptions *options)
{
    g_autoptr(GString) limit = g_string_new(NULL);
    g_autofree char *overlap = g_strdup_printf("overlap at least %.2f", options->min_overlap);
    g_autofree char *correlation =
        g_strdup_printf("correlation at least %.2f", options->min_correlation);
    g_autofree char *drift = g_strdup_printf("drift at most %.3f", options->max_drift);
    result->verdict = GATE_NOT_COMPARABLE;
    judge_churn_figure(result, limit, churn->overlap, options->min_overlap, overlap);
    judge_churn_figure(result, limit, churn->correlation, options->min_correlation, correlation);
    judge_churn_figure(result, limit, -churn->drift, -options->max_drift, drift);
    if (limit->len > 0)
        result->limit = g_strdup(limit->str);
    else
        result->verdict = GATE_NO_LIMIT;
}

static char *describe_churn(const Churn *churn)
{
    GString *text = g_string_new(NULL);
    if (churn->profiles > 0)
        g_string_append_printf(
            text,
            "overlap of the top %d %.2f (least %.2f), rank correlation %.3f (least %.3f) over %u "
            "profiles and %u movies",
            CHURN_TOP, churn->overlap, churn->least_overlap, churn->correlation,
            churn->least_correlation, churn->profiles, churn->movies);
    else
        g_string_append(text, "no profile of age, gender and the like in common");
    if (!isnan(churn->drift))
        g_string_append_printf(text, ", drift %.3f", churn->drift);
    return g_string_free(text, FALSE);
}

/* Why lists and vectors are expected to be others than the live ones; NULL if they are not. */
static char *describe_difference(const Bundle *bundle, const ReleaseMeta *live)
{
    const ModelForm *new = &bundle->form, *old = &live->form;
    if (new->objective != old->objective)
        return g_strdup_printf("another objective, %s instead of %s",
                               objective_name(new->objective), objective_name(old->objective));
    if (bundle->model->k != live->k)
        return g_strdup_printf("another number of factors, %u instead of %u", bundle->model->k,
                               live->k);
    if (new->link != old->link)
        return g_strdup_printf("another link, %s instead of %s", link_name(new->link),
                               link_name(old->link));
    if (new->interactions != old->interactions)
        return g_strdup("profiles are summed in another way");
    return NULL;
}

static gboolean measure_churn(GateResult *result, const GateSubject *subject, const Bundle *live,
                              GError **error)
{
    Churn churn;
    g_autofree char *difference = describe_difference(subject->bundle, subject->live);
    if (!churn_measure(&churn, live, subject->bundle, error))
        return FALSE;
    if (difference == NULL) {
        judge_churn(result, &churn, subject->options);
        result->figure = describe_churn(&churn);
        return TRUE;
    }
    churn.drift = NAN;
    g_autofree char *found = describe_churn(&churn);
    result->verdict = GATE_NOT_COMPARABLE;
    result->figure = g_strdup_printf("%s; for information: %s", difference, found);
    return TRUE;
}

/* A live release that cannot be read is no reason to keep a sound one from taking its place. */
static gboolean run_churn(GateResult *result, const GateSubject *subject, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(Bundle) live = read_back(subject->client, subject->live, &failure);
    if (live != NULL)
        return measure_churn(result, subject, live, error);
    if (!g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_REFUSED)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    result->verdict = GATE_NOT_COMPARABLE;
    result->figure = g_strdup_printf("the live release cannot be read: %s", failure->message);
    return TRUE;
}

/* ---- all ---- */

static gboolean run_gate(GateResult *result, const GateSubject *subject, GError **error)
{
    if (subject->options->skip[result->gate]) {
        result->verdict = GATE_SKIPPED;
        result->figure = g_strdup("skipped by --skip-gate");
        return TRUE;
    }
    if (result->gate == GATE_DOCUMENTS)
        return run_documents(result, subject, error);
    if (result->gate == GATE_ORDERS)
        return run_orders(result, subject, error);
    if (result->gate == GATE_BASELINE) {
        run_baseline(result, subject);
    } else if (subject->live == NULL) {
        result->verdict = GATE_PASSED;
        result->figure = g_strdup("nothing is live to compare with");
    } else if (result->gate == GATE_QUALITY) {
        run_quality(result, subject);
    } else if (result->gate == GATE_COUNT) {
        run_count(result, subject);
    } else {
        return run_churn(result, subject, error);
    }
    return TRUE;
}

gboolean gates_run(GPtrArray *results, const GateSubject *subject, GError **error)
{
    for (Gate gate = 0; gate < GATES; gate++) {
        if (subject->index == NULL && gate <= GATE_ORDERS)
            continue;
        const gint64 started = g_get_monotonic_time();
        GateResult *result = g_new0(GateResult, 1);
        result->gate = gate;
        g_ptr_array_add(results, result);
        if (interrupt_requested(error) || !run_gate(result, subject, error))
            return FALSE;
        result->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    }
    return TRUE;
}

gboolean gates_check(const GPtrArray *results, GError **error)
{
    g_autoptr(GString) failed = g_string_new(NULL);
    for (guint i = 0; i < results->len; i++) {
        const GateResult *result = g_ptr_array_index(results, i);
        if (result->verdict == GATE_FAILED)
            g_string_append_printf(
                failed, "%sgate %s failed: %s; limit: %s (`--skip-gate %s` leaves it out)",
                failed->len > 0 ? "; " : "", names[result->gate], result->figure, result->limit,
                names[result->gate]);
    }
    if (failed->len == 0)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE, "%s", failed->str);
    return FALSE;
}

void gates_put_member(yajl_gen json, const char *key, const GPtrArray *results)
{
    json_put_key(json, key);
    yajl_gen_array_open(json);
    for (guint i = 0; results != NULL && i < results->len; i++) {
        const GateResult *result = g_ptr_array_index(results, i);
        yajl_gen_map_open(json);
        json_put_member_string(json, "gate", names[result->gate]);
        json_put_member_string(json, "verdict", gate_verdict_name(result->verdict));
        if (result->figure != NULL)
            json_put_member_string(json, "figure", result->figure);
        if (result->limit != NULL)
            json_put_member_string(json, "limit", result->limit);
        json_put_member_double(json, "seconds", result->seconds);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
}

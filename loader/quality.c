#include "quality.h"

#include <math.h>
#include <string.h>

#define WAY_OUT "train it for longer, with other options, or on more ratings"

static gboolean predicts(const ReleaseMeta *meta)
{
    return meta->form.objective != OBJECTIVE_RANKING;
}

static gboolean ranks(const ReleaseMeta *meta)
{
    return meta->form.objective != OBJECTIVE_RATINGS;
}

static void append(GString *text, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* One more part of a list. */
static void append(GString *text, const char *format, ...)
{
    va_list values;
    if (text->len > 0)
        g_string_append(text, "; ");
    va_start(values, format);
    g_string_append_vprintf(text, format, values);
    va_end(values);
}

/* ---- against what takes no training ---- */

typedef struct {
    const char *name, *baseline, *better;
    gboolean is_own; /* of what the model is for */
    double figure, other;
    gboolean is_better;
} Pair;

static gboolean is_known(const Pair *pair)
{
    return !isnan(pair->figure) && !isnan(pair->other);
}

static void tell_pair(GString *figure, GString *limit, const Pair *pair)
{
    if (!is_known(pair)) {
        append(figure, "no validation %s beside that of %s", pair->name, pair->baseline);
        return;
    }
    append(limit, "%s %s that of %s", pair->name, pair->better, pair->baseline);
    if (pair->is_better)
        append(figure, "%s %.4f, %s %.4f", pair->name, pair->figure, pair->baseline, pair->other);
    else
        append(figure, "%s %.4f is not %s %.4f, that of %s", pair->name, pair->figure, pair->better,
               pair->other, pair->baseline);
}

void quality_judge_baseline(GateResult *result, const ReleaseMeta *new)
{
    const ValidationFigures *valid = &new->valid;
    const Pair pairs[] = {
        {"RMSE", "movie means", "below", predicts(new), valid->rmse, valid->baseline_rmse,
         valid->rmse < valid->baseline_rmse},
        {"NDCG", "most popular", "above", ranks(new), valid->ndcg, valid->baseline_ndcg,
         valid->ndcg > valid->baseline_ndcg},
    };
    g_autoptr(GString) figure = g_string_new(NULL);
    g_autoptr(GString) limit = g_string_new(NULL);
    gboolean is_failed = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(pairs); i++) {
        if (!pairs[i].is_own)
            continue;
        tell_pair(figure, limit, &pairs[i]);
        is_failed |= is_known(&pairs[i]) && !pairs[i].is_better;
    }
    if (is_failed)
        append(figure, WAY_OUT);
    result->figure = g_strdup(figure->str);
    result->verdict = GATE_NOT_COMPARABLE;
    if (limit->len == 0)
        return;
    result->limit = g_strdup(limit->str);
    result->verdict = is_failed ? GATE_FAILED : GATE_PASSED;
}

/* ---- against the live release ---- */

typedef struct {
    const char *name;
    gboolean is_common; /* both have it, and it says something */
    double figure, live;
    double worse;     /* by how much */
    double limit;     /* of that; NAN: none */
    const char *kind; /* of getting worse */
} Change;

static const char *known_figures(const ReleaseMeta *meta)
{
    if (isnan(meta->valid.ndcg))
        return isnan(meta->valid.rmse) ? "no validation figure" : "RMSE";
    return isnan(meta->valid.rmse) ? "NDCG" : "RMSE and NDCG";
}

static char *describe_absence(const ReleaseMeta *new, const ReleaseMeta *live)
{
    return g_strdup_printf("no figure in common: the bundle (%s) has %s, the live release (%s) %s",
                           objective_name(new->form.objective), known_figures(new),
                           objective_name(live->form.objective), known_figures(live));
}

static GateVerdict verdict_of(const Change *changes, guint count)
{
    GateVerdict verdict = GATE_NOT_COMPARABLE;
    for (guint i = 0; i < count; i++) {
        const Change *change = &changes[i];
        if (!change->is_common)
            continue;
        if (!isnan(change->limit) && !(change->worse <= change->limit))
            return GATE_FAILED;
        if (!isnan(change->limit))
            verdict = GATE_PASSED;
        else if (verdict == GATE_NOT_COMPARABLE)
            verdict = GATE_NO_LIMIT;
    }
    return verdict;
}

/* Figures of rows that were held out in another way say nothing about each other. */
static gboolean are_of_one_split(const ReleaseMeta *new, const ReleaseMeta *live)
{
    return new->split == NULL || live->split == NULL || strcmp(new->split, live->split) == 0;
}

void quality_judge_live(GateResult *result, const ReleaseMeta *new, const ReleaseMeta *live,
                        const GateOptions *options)
{
    if (!are_of_one_split(new, live)) {
        result->verdict = GATE_NOT_COMPARABLE;
        result->figure = g_strdup_printf("validated on other rows: those of the bundle were held "
                                         "out by \"%s\", those of the live release by \"%s\"",
                                         new->split, live->split);
        return;
    }
    const double rise = new->valid.rmse - live->valid.rmse;
    const double drop = live->valid.ndcg - new->valid.ndcg;
    const Change changes[] = {
        {"RMSE", !isnan(rise), new->valid.rmse, live->valid.rmse, rise, options->max_rmse_rise,
         "rise"},
        {"NDCG", !isnan(drop) && (ranks(new) || ranks(live)), new->valid.ndcg, live->valid.ndcg,
         drop, options->max_ndcg_drop, "drop"},
    };
    g_autoptr(GString) figure = g_string_new(NULL);
    g_autoptr(GString) limit = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(changes); i++) {
        const Change *change = &changes[i];
        if (change->is_common)
            append(figure, "%s %.4f, live %.4f (%+.4f)", change->name, change->figure, change->live,
                   change->figure - change->live);
        if (change->is_common && !isnan(change->limit))
            append(limit, "%s: a %s of at most %.4f", change->name, change->kind, change->limit);
    }
    result->verdict = verdict_of(changes, G_N_ELEMENTS(changes));
    if (limit->len > 0)
        result->limit = g_strdup(limit->str);
    if (figure->len == 0)
        result->figure = describe_absence(new, live);
    else
        result->figure = g_strconcat(
            figure->str, g_strcmp0(new->data, live->data) == 0 ? "" : ", but of another data set",
            NULL);
}

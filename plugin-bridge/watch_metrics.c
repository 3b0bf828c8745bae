#include "watch_metrics.h"

#include <math.h>

#define PREFIX "recsys_watch_"

void watch_totals_clear(WatchTotals *totals)
{
    g_free(totals->index);
    g_free(totals->model_id);
    *totals = (WatchTotals){0};
}

const char *round_result_name(RoundResult result)
{
    static const char *const names[ROUND_RESULTS] = {"right", "violated", "unreachable",
                                                     "inconclusive", "refused"};
    return names[result];
}

/* ---- counting ---- */

void watch_totals_add(WatchTotals *totals, RoundResult result, const Report *report, double now)
{
    totals->rounds[result]++;
    totals->last_result = result;
    totals->last_round = now;
    totals->seconds = report->seconds;
    if (result != ROUND_RIGHT && result != ROUND_VIOLATED)
        return;
    totals->is_right = result == ROUND_RIGHT;
    totals->last_verdict = now;
    totals->proved += report->proved;
    totals->within_rounding += report->within_rounding;
    totals->profiles += report->profiles;
    totals->scores += report->scores;
    totals->documents += report->documents;
    totals->worst_ulps = report->worst_ulps;
    totals->worst_share = report->worst_share;
    totals->largest_ulps = fmax(totals->largest_ulps, report->worst_ulps);
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++)
        totals->violations[kind] += report->kinds[kind].count;
}

guint64 watch_totals_rounds(const WatchTotals *totals)
{
    guint64 rounds = 0;
    for (guint i = 0; i < ROUND_RESULTS; i++)
        rounds += totals->rounds[i];
    return rounds;
}

guint64 watch_totals_violations(const WatchTotals *totals)
{
    guint64 violations = 0;
    for (guint i = 0; i < VIOLATION_KINDS; i++)
        violations += totals->violations[i];
    return violations;
}

/* ---- metrics ---- */

static void append_head(GString *text, const char *name, const char *type, const char *help)
{
    g_string_append_printf(text, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help,
                           name, type);
}

static void append_value(GString *text, const char *name, const char *labels, double value)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (isnan(value))
        g_strlcpy(number, "NaN", sizeof number);
    else if (isinf(value))
        g_strlcpy(number, value > 0 ? "+Inf" : "-Inf", sizeof number);
    else
        g_ascii_formatd(number, sizeof number, "%.17g", value);
    g_string_append_printf(text, PREFIX "%s%s %s\n", name, labels, number);
}

static void append_one(GString *text, const char *name, const char *type, const char *help,
                       double value)
{
    append_head(text, name, type, help);
    append_value(text, name, "", value);
}

/* A label's value: backslash, quote and line break are escaped. */
static void append_label(GString *labels, const char *name, const char *value)
{
    g_autofree char *valid = g_utf8_make_valid(value, -1);
    g_string_append_printf(labels, "%s%s=\"", labels->len > 1 ? "," : "", name);
    for (const char *at = valid; *at != '\0'; at++) {
        if (*at == '\n') {
            g_string_append(labels, "\\n");
            continue;
        }
        if (*at == '\\' || *at == '"')
            g_string_append_c(labels, '\\');
        g_string_append_c(labels, *at);
    }
    g_string_append_c(labels, '"');
}

static void append_labelled(GString *text, const char *name, const char *label, const char *value,
                            guint64 count)
{
    g_autoptr(GString) labels = g_string_new("{");
    append_label(labels, label, value);
    g_string_append_c(labels, '}');
    append_value(text, name, labels->str, (double)count);
}

static void append_state(GString *text, const WatchTotals *totals)
{
    const gboolean any = watch_totals_rounds(totals) > 0;
    const gboolean judged = totals->last_verdict > 0;
    append_one(text, "up", "gauge",
               "1 if the cluster answered in the last round, whatever it said; 0 if not.",
               any && totals->last_result != ROUND_UNREACHABLE);
    append_one(text, "parity", "gauge",
               "The last verdict: 1 parity holds, 0 it is violated, NaN before the first one.",
               judged ? (double)totals->is_right : NAN);
    append_one(text, "last_round_timestamp_seconds", "gauge",
               "When the last round ended, with or without a verdict.", totals->last_round);
    append_one(text, "last_verdict_timestamp_seconds", "gauge",
               "When the last round with a verdict ended.", totals->last_verdict);
    append_one(text, "round_seconds", "gauge", "How long the last round took.", totals->seconds);
    append_one(text, "worst_error_ulps", "gauge",
               "The largest error of a score in the last round with a verdict, in units in the "
               "last place of a float32.",
               totals->worst_ulps);
    append_one(text, "worst_share_of_bound", "gauge",
               "The largest error of a score as a share of its bound, in the same round.",
               totals->worst_share);
}

static void append_counters(GString *text, const WatchTotals *totals)
{
    append_head(text, "rounds_total", "counter", "Rounds by result.");
    for (guint i = 0; i < ROUND_RESULTS; i++)
        append_labelled(text, "rounds_total", "result", round_result_name(i), totals->rounds[i]);
    append_head(text, "violations_total", "counter", "Violations of parity by kind.");
    for (guint i = 0; i < VIOLATION_KINDS; i++)
        append_labelled(text, "violations_total", "kind", violation_info(i)->name,
                        totals->violations[i]);
    append_head(text, "pairs_total", "counter",
                "Adjacent pairs of ranked movies whose order is right, by how sure that is.");
    append_labelled(text, "pairs_total", "order", "proved", totals->proved);
    append_labelled(text, "pairs_total", "order", "within_rounding", totals->within_rounding);
    append_one(text, "profiles_total", "counter", "Profiles whose ranking was checked.",
               (double)totals->profiles);
    append_one(text, "scores_total", "counter", "Scores compared with their bound.",
               (double)totals->scores);
    append_one(text, "documents_total", "counter", "Documents compared bit for bit.",
               (double)totals->documents);
    append_one(text, "release_changes_total", "counter", "How often the live release changed.",
               (double)totals->release_changes);
}

static void append_release(GString *text, const WatchTotals *totals)
{
    if (totals->index == NULL)
        return;
    g_autoptr(GString) labels = g_string_new("{");
    append_label(labels, "alias", totals->alias);
    append_label(labels, "index", totals->index);
    append_label(labels, "model_id", totals->model_id);
    g_string_append_c(labels, '}');
    append_head(text, "release_info", "gauge", "The live release as it was last seen.");
    append_value(text, "release_info", labels->str, 1);
}

char *watch_metrics(const WatchTotals *totals)
{
    GString *text = g_string_new(NULL);
    append_state(text, totals);
    append_counters(text, totals);
    append_release(text, totals);
    return g_string_free(text, FALSE);
}

/* ---- the end ---- */

void watch_totals_print(const WatchTotals *totals, FILE *out)
{
    const guint64 rounds = watch_totals_rounds(totals);
    const guint64 right = totals->rounds[ROUND_RIGHT], wrong = totals->rounds[ROUND_VIOLATED];
    fprintf(out,
            "%" G_GUINT64_FORMAT " round%s: %" G_GUINT64_FORMAT " right, %" G_GUINT64_FORMAT
            " violated, %" G_GUINT64_FORMAT " without a verdict; %" G_GUINT64_FORMAT
            " pairs proved, %" G_GUINT64_FORMAT " within rounding; largest error %.2f ulp\n",
            rounds, rounds == 1 ? "" : "s", right, wrong, rounds - right - wrong, totals->proved,
            totals->within_rounding, totals->largest_ulps);
}

/* What a watch has counted, and the same as metrics for Prometheus. */
#pragma once

#include <stdio.h>

#include "report.h"

typedef enum {
    ROUND_RIGHT,
    ROUND_VIOLATED,
    ROUND_UNREACHABLE,  /* no answer: nothing is known */
    ROUND_INCONCLUSIVE, /* a partial answer, or the release changed meanwhile */
    ROUND_REFUSED,      /* the server said no, or nothing is released */
    ROUND_RESULTS
} RoundResult;

typedef struct {
    guint64 rounds[ROUND_RESULTS];
    guint64 violations[VIOLATION_KINDS];
    guint64 proved, within_rounding; /* adjacent pairs */
    guint64 profiles, scores, documents;
    guint64 release_changes;
    double worst_ulps, worst_share;  /* of the last round with a verdict */
    double largest_ulps;             /* of all rounds */
    double seconds;                  /* the last round took */
    double last_round, last_verdict; /* when they ended, seconds since 1970; 0: none yet */
    RoundResult last_result;
    gboolean is_right;      /* the last verdict, if there is one */
    const char *alias;      /* not owned */
    char *index, *model_id; /* of the last release seen; NULL: none yet */
} WatchTotals;

void watch_totals_clear(WatchTotals *totals);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WatchTotals, watch_totals_clear)

/* "right", "violated" … */
const char *round_result_name(RoundResult result);

/* Counts a round that ended at `now`; a report of a round without a verdict counts nothing else. */
void watch_totals_add(WatchTotals *totals, RoundResult result, const Report *report, double now);

guint64 watch_totals_rounds(const WatchTotals *totals);
guint64 watch_totals_violations(const WatchTotals *totals);

/* Prometheus's text format, version 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). Free with g_free. */
char *watch_metrics(const WatchTotals *totals);

/* One line for the end. */
void watch_totals_print(const WatchTotals *totals, FILE *out);

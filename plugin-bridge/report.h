/* What a verification found. */
#pragma once

#include <glib.h>
#include <stdio.h>

typedef struct {
    const char *url, *index, *model_id; /* not owned */
    guint documents;                    /* compared */
    guint features;                     /* expected */
    guint profiles;                     /* whose order was checked */
    guint depth;
    guint64 scores;                  /* compared with their bound */
    guint64 bits;                    /* of them equal to the kernel's, bit for bit */
    char *kernel;                    /* it is compared with; NULL: scores only within bounds */
    guint64 proved, within_rounding; /* adjacent pairs */
    double worst_ulps;  /* the largest error of a score, in float32 units in the last place */
    double worst_share; /* the largest error as a share of its bound */
    double seconds;
    guint64 violations;
    GPtrArray *first_violations; /* char *, the first REPORT_SHOWN of them */
} Report;

#define REPORT_SHOWN 20

Report *report_new(void);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* Counts a violation and keeps its text if it is one of the first. */
void report_violation(Report *report, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Counts a violation whose text is there already, e.g. the same cause for the next profile. */
void report_repeat(Report *report);

/* Verdict first, then figures, then the first violations. */
void report_print(const Report *report, FILE *out);

/* One JSON object on one line. */
void report_print_json(const Report *report, FILE *out);

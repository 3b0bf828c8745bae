/* What a verification found. How it is said: report_text.h, report_json.h, report_junit.h,
 * report_html.h. */
#pragma once

#include <glib.h>

#include "report_kind.h"
#include "report_sample.h"

#define REPORT_SHOWN 20 /* violations whose text is kept: in all, and of each kind */

typedef struct {
    guint64 count;
    GPtrArray *first; /* char *, the first REPORT_SHOWN of this kind; NULL: none */
} KindFindings;

typedef struct {
    const char *url, *index, *model_id; /* not owned; NULL: not known */
    char *no_verdict; /* why there is no verdict, e.g. the cluster went away; NULL: there is one */
    gint64 started;   /* microseconds since 1970 */
    guint checks;     /* made: bits 1 << ReportCheck */
    guint documents;  /* compared */
    guint features;   /* expected */
    guint profiles;   /* whose order was checked */
    guint standard;   /* of them, those that are not random … */
    guint64 standard_all; /* … and of how many they are a sample */
    guint depth;
    guint64 scores;                  /* compared with their bound */
    guint64 bits;                    /* of them equal to the kernel's, bit for bit */
    char *kernel;                    /* it is compared with; NULL: scores only within bounds */
    guint64 proved, within_rounding; /* adjacent pairs */
    double worst_ulps;  /* the largest error of a score, in float32 units in the last place */
    double worst_share; /* the largest error as a share of its bound */
    double caught_ulps; /* so large an error of any score compared is always caught, in the same
                           units; NAN: not known */
    double seconds;
    guint64 violations;
    GPtrArray *first_violations; /* char *, the first REPORT_SHOWN of all */
    KindFindings kinds[VIOLATION_KINDS];
    ScoreSample sample;
} Report;

Report *report_new(void);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

/* Says that a check is being made. */
void report_check(Report *report, ReportCheck check);
gboolean report_has_check(const Report *report, ReportCheck check);

/* Counts a violation and keeps its text if it is one of the first: as valid UTF-8, without control
 * characters (ids and titles are anybody's) and cut after REPORT_LONGEST characters. */
#define REPORT_LONGEST 600
void report_violation(Report *report, ViolationKind kind, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Counts a violation whose text is there already, e.g. the same cause for the next profile. */
void report_repeat(Report *report, ViolationKind kind);

/* Counts a score, its error and its bound, and remembers it for the figures; `movie` is the _id.
 * TRUE if it is within the bound. */
gboolean report_score(Report *report, double exact, double bound, float answer, const char *movie,
                      const char *profile);

/* TRUE if a score with this error and bound would be one whose names are kept; for others
 * report_score() needs none. */
gboolean report_keeps_names(const Report *report, double error, double bound);

/* The violations that a check found. */
guint64 report_violations_of(const Report *report, ReportCheck check);

/* How many kinds were found, at least once. */
guint report_kinds_found(const Report *report);

/* The largest error as a share of its bound: "7 % of its bound", or "12 times its bound". Free with
 * g_free. */
char *report_share_text(const Report *report);

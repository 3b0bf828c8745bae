#include "report_text.h"

#include <math.h>
#include <unistd.h>

#define LEAST_SHOWN 3 /* of each kind */

typedef struct {
    const char *good, *bad, *bold, *quiet, *plain;
} Paint;

static const Paint painted = {"\033[1;32m", "\033[1;31m", "\033[1m", "\033[2m", "\033[0m"};
static const Paint unpainted = {"", "", "", "", ""};

gboolean report_wants_colour(FILE *out)
{
    const char *no = g_getenv("NO_COLOR");
    return isatty(fileno(out)) && (no == NULL || no[0] == '\0') &&
           g_strcmp0(g_getenv("TERM"), "dumb") != 0;
}

static void print_figures(const Report *report, FILE *out)
{
    g_autofree char *share = report_share_text(report);
    fprintf(out, "documents   %u compared bit for bit, %u expected\n", report->documents,
            report->features);
    fprintf(out,
            "orders      %u profiles at depth %u: %" G_GUINT64_FORMAT
            " pairs proved, %" G_GUINT64_FORMAT " within rounding, %" G_GUINT64_FORMAT
            " violated\n",
            report->profiles, report->depth, report->proved, report->within_rounding,
            report->kinds[VIOLATION_ORDER].count);
    if (report->standard < report->standard_all)
        fprintf(out,
                "            of %" G_GUINT64_FORMAT
                " combinations of metadata %u are among them, evenly spaced\n",
                report->standard_all, report->standard);
    fprintf(out, "scores      %" G_GUINT64_FORMAT " compared; largest error %.2f ulp, %s\n",
            report->scores, report->worst_ulps, share);
    if (report->kernel != NULL)
        fprintf(out, "bits        %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " scores are %s's\n",
                report->bits, report->scores, report->kernel);
    if (isfinite(report->caught_ulps))
        fprintf(out, "strength    an error of %.3g ulp in any of these scores is always caught\n",
                report->caught_ulps);
}

static void print_kind(const KindFindings *findings, const ViolationInfo *info, guint most,
                       FILE *out, const Paint *paint)
{
    const guint kept = findings->first != NULL ? findings->first->len : 0;
    const guint shown = MIN(kept, most);
    fprintf(out, "%s%s%s (%" G_GUINT64_FORMAT ")\n", paint->bold, info->title, paint->plain,
            findings->count);
    for (guint i = 0; i < shown; i++)
        fprintf(out, "  %s\n", (const char *)g_ptr_array_index(findings->first, i));
    if (findings->count > shown)
        fprintf(out, "  … and %" G_GUINT64_FORMAT " more\n", findings->count - shown);
    fprintf(out, "  %sWhat to do: %s%s\n", paint->quiet, info->advice, paint->plain);
}

static void print_violations(const Report *report, FILE *out, const Paint *paint)
{
    const guint kinds = report_kinds_found(report);
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++)
        if (report->kinds[kind].count > 0)
            print_kind(&report->kinds[kind], violation_info(kind),
                       MAX(LEAST_SHOWN, REPORT_SHOWN / kinds), out, paint);
}

void report_print_violations(const Report *report, FILE *out, gboolean colour)
{
    print_violations(report, out, colour ? &painted : &unpainted);
}

void report_print(const Report *report, FILE *out, gboolean colour)
{
    const Paint *paint = colour ? &painted : &unpainted;
    gboolean right = report->violations == 0;
    fprintf(out, "parity: %s%s%s\n", right ? paint->good : paint->bad, right ? "yes" : "NO",
            paint->plain);
    fprintf(out, "release     %s at %s (model %s)\n", report->index, report->url, report->model_id);
    print_figures(report, out);
    fprintf(out, "violations  %s%" G_GUINT64_FORMAT "%s\n", right ? "" : paint->bad,
            report->violations, right ? "" : paint->plain);
    fprintf(out, "time        %.1f s\n", report->seconds);
    print_violations(report, out, paint);
}

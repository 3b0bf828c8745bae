#include "report_html.h"

#include <math.h>
#include <string.h>

#include "markup.h"
#include "picture.h"
#include "report_figures.h"

#define OPEN_ITEMS 4 /* of a kind, the others being folded away */

/* ---- style ---- */

static const char style[] =
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--text);"
    "font:16px/1.5 system-ui,sans-serif}main{max-width:1180px;margin:0 auto;padding:32px 24px 48px}"
    "header{border-left:10px solid var(--verdict);padding:2px 0 2px 20px;margin-bottom:28px}"
    ".yes{--verdict:var(--good)}.no{--verdict:var(--bad)}.unknown{--verdict:var(--quiet)}"
    "h1{margin:0;font-size:34px;line-height:1.2;color:var(--verdict)}"
    "header p{margin:4px 0 0;color:var(--quiet);overflow-wrap:anywhere}"
    "h2{font-size:20px;margin:36px 0 12px}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px}"
    ".tile{background:var(--card);border:1px solid var(--grid);border-radius:8px;padding:12px 16px}"
    ".tile b{display:block;font-size:24px;line-height:1.25;font-variant-numeric:tabular-nums}"
    ".tile span{color:var(--quiet);font-size:14px;line-height:1.35;display:block}"
    ".bar{display:flex;height:18px;border-radius:6px;overflow:hidden;gap:2px;background:var(--grid)"
    "}"
    ".bar i{min-width:3px}.proved{background:var(--dot)}.within{background:var(--worst)}"
    ".violated{background:var(--bad)}"
    ".key{display:flex;flex-wrap:wrap;gap:4px 24px;margin:8px 0 0;padding:0;list-style:none;"
    "color:var(--quiet);font-size:14px}.key i{display:inline-block;width:11px;height:11px;"
    "border-radius:3px;margin-right:7px}"
    ".figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(440px,100%),1fr));"
    "gap:16px}figure{margin:0;background:var(--card);border:1px solid var(--grid);"
    "border-radius:8px;padding:14px 16px}figure svg{display:block;width:100%;height:auto}"
    "figcaption b{display:block}figcaption{font-size:14px;color:var(--quiet);margin-bottom:8px}"
    "figcaption b{color:var(--text);font-size:16px}"
    "svg text{fill:var(--quiet);font-size:13px;paint-order:stroke;stroke:var(--card);"
    "stroke-width:4px;stroke-linejoin:round}svg text.label{fill:var(--text);font-size:14px}"
    "svg .grid{stroke:var(--grid)}svg .frame{stroke:var(--frame)}"
    "svg .rule{stroke:var(--quiet);stroke-width:1.4;stroke-dasharray:5 4}"
    "svg .beyond{fill:var(--bad);opacity:.1}svg .dots{fill:var(--dot);fill-opacity:.4}"
    "svg .worst{fill:none;stroke:var(--worst);stroke-width:1.6;pointer-events:all}"
    "svg .bad{fill:var(--bad);stroke:var(--card);stroke-width:1}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:7px 14px 7px 0;"
    "border-bottom:1px solid var(--grid);vertical-align:top}th{font-weight:600}"
    "td:last-child{text-align:right;padding-right:0;white-space:nowrap}"
    ".ok{color:var(--good)}.failed{color:var(--bad);font-weight:600}.skipped{color:var(--quiet)}"
    "section.kind{border-left:4px solid var(--bad);background:var(--card);border-radius:0 8px 8px "
    "0;"
    "padding:12px 18px;margin:12px 0}section.kind h3{margin:0;font-size:17px}"
    "section.kind p{margin:4px 0 8px}section.kind ul{margin:0;padding-left:20px;"
    "font:13px/1.55 ui-monospace,monospace;overflow-wrap:anywhere}"
    "summary{cursor:pointer;color:var(--quiet);font-size:14px;margin-top:4px}"
    "footer{margin-top:40px;color:var(--quiet);font-size:14px;max-width:75ch}"
    "@media print{main{max-width:none}}";

static void append_colour(GString *css, const char *name, const Colour *colour)
{
    g_string_append_printf(css, "--%s:#%02x%02x%02x;", name, (guint)lround(colour->red * 255),
                           (guint)lround(colour->green * 255), (guint)lround(colour->blue * 255));
}

/* The pictures' colours (picture.h); good, bad and card are the page's own. */
static void append_theme(GString *css, const Theme *theme, const char *own)
{
    g_string_append(css, ":root{");
    append_colour(css, "page", &theme->background);
    append_colour(css, "text", &theme->text);
    append_colour(css, "quiet", &theme->quiet);
    append_colour(css, "frame", &theme->frame);
    append_colour(css, "grid", &theme->grid);
    append_colour(css, "dot", &theme->series[0]);
    append_colour(css, "worst", &theme->series[1]);
    g_string_append_printf(css, "%s}", own);
}

static void append_style(GString *html)
{
    g_string_append(html, "<style>");
    append_theme(html, &picture_light, "--good:#1a7f37;--bad:#c62828;--card:#f8f9fb");
    g_string_append(html, "@media(prefers-color-scheme:dark){");
    append_theme(html, &picture_dark, "--good:#4cc46a;--bad:#ff6b6b;--card:#1b212b");
    g_string_append_printf(html, "}%s</style>\n", style);
}

/* ---- parts ---- */

static const char *verdict_of(const Report *report)
{
    if (report->no_verdict != NULL)
        return "No verdict";
    return report->violations == 0 ? "Parity holds" : "Parity is violated";
}

static void append_head(GString *html, const Report *report)
{
    g_string_append_printf(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
        "'unsafe-inline'\">\n<title>%s",
        verdict_of(report));
    if (report->index != NULL) {
        g_string_append(html, ": ");
        markup_append(html, report->index);
    }
    g_string_append(html, "</title>\n");
    append_style(html);
    g_string_append(html, "</head>\n<body>\n<main>\n");
}

static void append_fact(GString *html, const char *before, const char *text)
{
    if (text == NULL)
        return;
    g_string_append(html, before);
    markup_append(html, text);
}

static void append_header(GString *html, const Report *report)
{
    const char *class = report->no_verdict != NULL ? "unknown"
                        : report->violations == 0  ? "yes"
                                                   : "no";
    g_autoptr(GDateTime) started = g_date_time_new_from_unix_utc(report->started / G_USEC_PER_SEC);
    g_autofree char *stamp = g_date_time_format(started, "%Y-%m-%d %H:%M:%S UTC");
    g_string_append_printf(html, "<header class=\"%s\"><h1>%s</h1>\n<p>", class,
                           verdict_of(report));
    append_fact(html, "", report->no_verdict);
    append_fact(html, report->no_verdict != NULL ? "</p>\n<p>" : "", report->index);
    append_fact(html, " at ", report->url);
    append_fact(html, ", model ", report->model_id);
    g_string_append_printf(html, "</p>\n<p>%s, %.1f s</p></header>\n", stamp, report->seconds);
}

static void append_tile(GString *html, const char *figure, const char *below)
{
    g_string_append(html, "<div class=\"tile\"><b>");
    markup_append(html, figure);
    g_string_append(html, "</b><span>");
    markup_append(html, below);
    g_string_append(html, "</span></div>\n");
}

/* "33 300" with a thin space that does not break. */
static char *grouped(guint64 number)
{
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, number);
    GString *text = g_string_new(NULL);
    for (const char *at = digits; *at != '\0'; at++) {
        if (at != digits && strlen(at) % 3 == 0)
            g_string_append(text, "\u202f");
        g_string_append_c(text, *at);
    }
    return g_string_free(text, FALSE);
}

static void append_count(GString *html, guint64 count, const char *below)
{
    g_autofree char *figure = grouped(count);
    append_tile(html, figure, below);
}

static char *ulps(double value)
{
    g_autofree char *many = value >= 1000 && value < 1e15 ? grouped((guint64)value) : NULL;
    return many != NULL ? g_strdup_printf("%s ulp", many) : g_strdup_printf("%.3g ulp", value);
}

static void append_bits(GString *html, const Report *report)
{
    GString *below = g_string_new("scores are bit for bit those of ");
    markup_append(below, report->kernel);
    append_count(html, report->bits, below->str);
    g_string_free(below, TRUE);
}

static void append_tiles(GString *html, const Report *report)
{
    g_autofree char *expected = grouped(report->features);
    g_autofree char *documents = g_strdup_printf("documents compared, %s expected", expected);
    g_autofree char *profiles = g_strdup_printf("profiles ranked, to depth %u", report->depth);
    g_autofree char *worst = ulps(report->worst_ulps);
    g_autofree char *share = report_share_text(report);
    g_autofree char *largest = g_strdup_printf("largest error, %s", share);
    g_autofree char *caught = ulps(report->caught_ulps);
    g_string_append(html, "<div class=\"tiles\">\n");
    append_count(html, report->violations, report->violations == 1 ? "violation" : "violations");
    append_count(html, report->documents, documents);
    append_count(html, report->profiles, profiles);
    append_count(html, report->scores, "scores compared");
    append_tile(html, worst, largest);
    if (report->kernel != NULL)
        append_bits(html, report);
    if (isfinite(report->caught_ulps))
        append_tile(html, caught, "error of any score that is always caught");
    g_string_append(html, "</div>\n");
}

static void append_part(GString *html, const char *class, guint64 count)
{
    if (count > 0)
        g_string_append_printf(html, "<i class=\"%s\" style=\"flex:%" G_GUINT64_FORMAT "\"></i>",
                               class, count);
}

static void append_key(GString *html, const char *class, guint64 count, const char *text)
{
    g_autofree char *figure = grouped(count);
    g_string_append_printf(html, "<li><i class=\"%s\"></i>%s %s</li>", class, figure, text);
}

static void append_pairs(GString *html, const Report *report)
{
    const guint64 violated = report->kinds[VIOLATION_ORDER].count;
    if (report->proved + report->within_rounding + violated == 0)
        return;
    g_string_append(html, "<h2>Pairs of neighbours</h2>\n<div class=\"bar\">");
    append_part(html, "proved", report->proved);
    append_part(html, "within", report->within_rounding);
    append_part(html, "violated", violated);
    g_string_append(html, "</div>\n<ul class=\"key\">");
    append_key(html, "proved", report->proved, "proved to be in the right order");
    append_key(html, "within", report->within_rounding, "within rounding: either order is right");
    append_key(html, "violated", violated, "in the wrong order");
    g_string_append(html, "</ul>\n");
}

static void append_figures(GString *html, const Report *report)
{
    const ScoreSample *sample = &report->sample;
    if (sample->spread->len == 0)
        return;
    g_autofree char *drawn = grouped(sample->spread->len);
    g_autofree char *seen = grouped(sample->seen);
    g_string_append_printf(
        html,
        "<h2>Scores</h2>\n<div class=\"figures\">\n<figure><figcaption><b>The cluster against the "
        "model</b>%s of %s scores, evenly spread; the %u worst are ringed</figcaption>\n",
        drawn, seen, sample->worst->len);
    figure_parity(html, sample);
    g_string_append(html,
                    "</figure>\n<figure><figcaption><b>Errors against their bounds</b>in units in "
                    "the last place of a float32; rest the pointer on a ring</figcaption>\n");
    figure_errors(html, sample);
    g_string_append(html, "</figure>\n</div>\n");
}

static void append_checks(GString *html, const Report *report)
{
    g_string_append(html, "<h2>Checks</h2>\n<table>\n");
    for (guint check = 0; check < CHECKS; check++) {
        const guint64 found = report_violations_of(report, check);
        const gboolean made = report_has_check(report, check);
        g_string_append_printf(html, "<tr><th>%s</th><td>%s</td>", report_check_name(check),
                               report_check_claim(check));
        if (found > 0)
            g_string_append_printf(
                html, "<td class=\"failed\">%" G_GUINT64_FORMAT " violation%s</td></tr>\n", found,
                found == 1 ? "" : "s");
        else
            g_string_append_printf(html, "<td class=\"%s\">%s</td></tr>\n",
                                   made && report->no_verdict == NULL ? "ok" : "skipped",
                                   report->no_verdict != NULL ? "no verdict"
                                   : made                     ? "holds"
                                                              : "not asked for");
    }
    g_string_append(html, "</table>\n");
}

static void append_items(GString *html, const KindFindings *findings, guint from, guint to)
{
    for (guint i = from; i < to; i++) {
        g_string_append(html, "<li>");
        markup_append(html, g_ptr_array_index(findings->first, i));
        g_string_append(html, "</li>\n");
    }
}

static void append_kind(GString *html, const KindFindings *findings, const ViolationInfo *info)
{
    const guint kept = findings->first != NULL ? findings->first->len : 0;
    const guint shown = MIN(kept, OPEN_ITEMS);
    g_autofree char *count = grouped(findings->count);
    g_string_append_printf(html, "<section class=\"kind\"><h3>%s: %s</h3>\n<p>", info->title,
                           count);
    markup_append(html, info->advice);
    g_string_append(html, "</p>\n<ul>\n");
    append_items(html, findings, 0, shown);
    g_string_append(html, "</ul>\n");
    if (findings->count > shown) {
        g_string_append_printf(html, "<details><summary>%" G_GUINT64_FORMAT " more</summary><ul>\n",
                               findings->count - shown);
        append_items(html, findings, shown, kept);
        if (findings->count > kept)
            g_string_append_printf(html, "<li>… and %" G_GUINT64_FORMAT " more</li>\n",
                                   findings->count - kept);
        g_string_append(html, "</ul></details>\n");
    }
    g_string_append(html, "</section>\n");
}

static void append_violations(GString *html, const Report *report)
{
    if (report->violations == 0)
        return;
    g_string_append(html, "<h2>Violations, and what to do</h2>\n");
    for (guint kind = 0; kind < VIOLATION_KINDS; kind++)
        if (report->kinds[kind].count > 0)
            append_kind(html, &report->kinds[kind], violation_info(kind));
}

char *report_html(const Report *report)
{
    GString *html = g_string_new(NULL);
    append_head(html, report);
    append_header(html, report);
    if (report->no_verdict == NULL) /* figures of half a verification mean nothing */
        append_tiles(html, report);
    append_violations(html, report);
    append_pairs(html, report);
    append_figures(html, report);
    append_checks(html, report);
    g_string_append(
        html,
        "<footer>A score is right if it differs from the exact one by no more than the bound of "
        "its rounding errors, which holds for every order in which a server may add. One ulp is "
        "the distance to the next float32. Made by recsys-bridge " RECSYS_VERSION ".</footer>\n"
        "</main>\n</body>\n</html>\n");
    return g_string_free(html, FALSE);
}

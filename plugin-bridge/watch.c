#include "watch.h"

#include <poll.h>
#include <stdio.h>

#include "document_check.h"
#include "interrupt.h"
#include "mapping_check.h"
#include "read_back.h"
#include "recsys_error.h"
#include "report_json.h"
#include "report_text.h"
#include "settings_check.h"
#include "verify.h"
#include "watch_metrics.h"
#include "whole_file.h"

#define NAP_MILLISECONDS 200

typedef struct {
    const WatchOptions *options;
    WatchTotals totals;
    EsClient *client;     /* NULL: not connected */
    ReleaseMeta *release; /* of the round under way; NULL: not known */
    Bundle *read;         /* of the release as it was first seen, if there is no bundle */
    guint64 round;        /* from 1 on */
    guint64 seed;         /* of this round */
    gboolean answered;    /* some round was, so far */
} Watch;

static void watch_clear(Watch *watch)
{
    watch_totals_clear(&watch->totals);
    g_clear_pointer(&watch->release, release_meta_free);
    g_clear_pointer(&watch->client, es_client_free);
    g_clear_pointer(&watch->read, bundle_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Watch, watch_clear)

static double now_seconds(void)
{
    return (double)g_get_real_time() / G_USEC_PER_SEC;
}

static char *time_stamp(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    return g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
}

/* ---- one round ---- */

/* Says it if the release is another one than in the round before. */
static void note_release(Watch *watch)
{
    WatchTotals *totals = &watch->totals;
    const ReleaseMeta *release = watch->release;
    if (g_strcmp0(totals->index, release->index) == 0)
        return;
    if (totals->index != NULL) {
        totals->release_changes++;
        g_autofree char *stamp = time_stamp();
        if (!watch->options->json)
            printf("%s  release changed: %s is now %s (model %s), it was %s (model %s)\n", stamp,
                   totals->alias, release->index, release->model_id, totals->index,
                   totals->model_id);
    }
    g_free(totals->index);
    g_free(totals->model_id);
    totals->index = g_strdup(release->index);
    totals->model_id = g_strdup(release->model_id);
    g_clear_pointer(&watch->read, bundle_free);
}

static gboolean find_release(Watch *watch, GError **error)
{
    const char *alias = es_options_alias(watch->options->cluster);
    if (watch->client == NULL)
        watch->client = es_options_connect(watch->options->cluster, error);
    if (watch->client == NULL)
        return FALSE;
    g_clear_pointer(&watch->release, release_meta_free);
    watch->release = release_meta_fetch(watch->client, alias, error);
    if (watch->release == NULL)
        return FALSE;
    note_release(watch);
    return TRUE;
}

static gboolean check_documents(Watch *watch, Report *report, GError **error)
{
    const Bundle *bundle = watch->options->bundle;
    const guint wanted = watch->options->documents;
    if (!mapping_check(report, watch->release, bundle, error))
        return FALSE;
    if (wanted >= bundle->model->n)
        return document_check(report, watch->client, watch->release, bundle, error);
    g_autoptr(DocumentSample) sample =
        document_sample_new(bundle, watch->release->doc_ids, wanted, watch->seed);
    return document_count_check(report, watch->client, watch->release, bundle, error) &&
           document_check_sample(report, watch->client, watch->release, bundle, sample, error);
}

static gboolean check_orders(Watch *watch, Report *report, const Bundle *bundle, GError **error)
{
    const OrderOptions orders = {
        .depth = watch->options->depth,
        .random = watch->options->profiles,
        .seed = watch->seed,
        .random_only = TRUE,
    };
    return verify(report, watch->client, es_options_alias(watch->options->cluster), watch->release,
                  bundle, VERIFY_ORDERS, &orders, error);
}

/* FALSE if the question could not be asked, or not be answered. */
static gboolean look(Watch *watch, Report *report, GError **error)
{
    const Bundle *bundle = watch->options->bundle;
    if (!find_release(watch, error))
        return FALSE;
    report->url = es_client_url(watch->client);
    report->index = watch->release->index;
    report->model_id = watch->release->model_id;
    if (bundle != NULL && !verify_model(report, watch->release, bundle))
        return TRUE;
    if (!settings_check(report, watch->client, watch->release, error))
        return FALSE;
    if (report->violations > 0)
        return TRUE;
    if (bundle == NULL && watch->read == NULL)
        watch->read = read_back(watch->client, watch->release, error);
    if (bundle == NULL && watch->read == NULL)
        return FALSE;
    return (bundle == NULL || check_documents(watch, report, error)) &&
           check_orders(watch, report, bundle != NULL ? bundle : watch->read, error);
}

/* ---- saying it ---- */

static void print_json(const Watch *watch, RoundResult result, const Report *report)
{
    const gboolean judged = result == ROUND_RIGHT || result == ROUND_VIOLATED;
    g_autofree char *stamp = time_stamp();
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "time", stamp);
    json_put_member_int(json, "round", (gint64)watch->round);
    json_put_member_int(json, "seed", (gint64)watch->seed);
    json_put_member_string(json, "result", round_result_name(result));
    if (judged)
        report_put_json(json, report);
    else
        json_put_member_string(json, "error", report->no_verdict);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    puts(text);
}

/* What makes the same round again. */
static void print_repetition(const Watch *watch)
{
    const WatchOptions *options = watch->options;
    const char *path = options->bundle != NULL ? options->bundle->path : "";
    g_autofree char *bundle = g_shell_quote(path);
    g_autofree char *documents = options->documents == G_MAXUINT
                                     ? g_strdup("all")
                                     : g_strdup_printf("%u", options->documents);
    printf(
        "the same round again: recsys-bridge watch %s%s--alias %s --rounds 1 --random %u --depth "
        "%u --documents %s --seed %" G_GUINT64_FORMAT "\n",
        path[0] != '\0' ? bundle : "", path[0] != '\0' ? " " : "",
        es_options_alias(options->cluster), options->profiles, options->depth, documents,
        watch->seed);
}

static void print_text(const Watch *watch, RoundResult result, const Report *report)
{
    const gboolean colour = report_wants_colour(stdout);
    g_autofree char *stamp = time_stamp();
    printf("%s  round %" G_GUINT64_FORMAT "  seed %" G_GUINT64_FORMAT "  ", stamp, watch->round,
           watch->seed);
    if (result != ROUND_RIGHT && result != ROUND_VIOLATED) {
        printf("no verdict (%s): %s\n", round_result_name(result), report->no_verdict);
        return;
    }
    printf("parity: %s  ", result == ROUND_RIGHT ? "yes" : "NO");
    if (result == ROUND_VIOLATED)
        printf("%" G_GUINT64_FORMAT " violation%s  ", report->violations,
               report->violations == 1 ? "" : "s");
    if (watch->options->bundle != NULL)
        printf("%u documents, ", report->documents);
    printf("%u profiles, %" G_GUINT64_FORMAT " pairs proved, %" G_GUINT64_FORMAT
           " within rounding, largest error %.2f ulp, %.1f s\n",
           report->profiles, report->proved, report->within_rounding, report->worst_ulps,
           report->seconds);
    if (result == ROUND_VIOLATED) {
        report_print_violations(report, stdout, colour);
        print_repetition(watch);
    }
}

static gboolean save_metrics(const Watch *watch, GError **error)
{
    if (watch->options->metrics == NULL)
        return TRUE;
    g_autofree char *text = watch_metrics(&watch->totals);
    if (whole_file_save(watch->options->metrics, text, -1, error))
        return TRUE;
    g_prefix_error(error, "the metrics are not written: ");
    return FALSE;
}

/* ---- round after round ---- */

static RoundResult result_of(const Report *report, const GError *failure)
{
    if (failure == NULL)
        return report->violations == 0 ? ROUND_RIGHT : ROUND_VIOLATED;
    switch (es_exit_code(failure)) {
    case RECSYS_ERROR_UNREACHABLE:
        return ROUND_UNREACHABLE;
    case RECSYS_ERROR_INCONCLUSIVE:
        return ROUND_INCONCLUSIVE;
    default:
        return ROUND_REFUSED;
    }
}

/* Waiting makes nothing better: a wrong command line, or a refusal of what was never granted. */
static gboolean is_final(const Watch *watch, RoundResult result, const GError *failure)
{
    if (failure == NULL || result != ROUND_REFUSED)
        return FALSE;
    return es_exit_code(failure) != RECSYS_ERROR_REFUSED || !watch->answered;
}

/* FALSE if the watch ends by it. A round without a verdict leaves its error in *last. */
static gboolean make_round(Watch *watch, GError **last, GError **error)
{
    const gint64 started = g_get_monotonic_time();
    g_autoptr(Report) report = report_new();
    g_autoptr(GError) failure = NULL;
    g_autoptr(GError) trouble = NULL;
    gboolean judged = look(watch, report, &failure);
    const RoundResult result = result_of(report, failure);
    if (is_final(watch, result, failure)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return FALSE;
    }
    watch->answered |= judged;
    report->no_verdict = failure != NULL ? g_strdup(failure->message) : NULL;
    report->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    watch_totals_add(&watch->totals, result, report, now_seconds());
    if (watch->options->json)
        print_json(watch, result, report);
    else
        print_text(watch, result, report);
    fflush(stdout);
    if (!save_metrics(watch, &trouble)) /* the disk may be full for a while */
        g_printerr("warning: %s\n", trouble->message);
    g_clear_error(last);
    *last = g_steal_pointer(&failure);
    return result != ROUND_VIOLATED || watch->options->keep_going;
}

/* FALSE if a signal came. */
static gboolean sleep_until(gint64 when, GError **error)
{
    for (;;) {
        const gint64 left = (when - g_get_monotonic_time()) / 1000;
        if (interrupt_requested(error))
            return FALSE;
        if (left <= 0)
            return TRUE;
        poll(NULL, 0, (int)MIN(left, NAP_MILLISECONDS));
    }
}

static gboolean judge(const Watch *watch, GError *last, GError **error)
{
    const WatchTotals *totals = &watch->totals;
    const guint64 violations = watch_totals_violations(totals);
    if (violations > 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "parity does not hold: %" G_GUINT64_FORMAT " violation%s in %" G_GUINT64_FORMAT
                    " of %" G_GUINT64_FORMAT " rounds",
                    violations, violations == 1 ? "" : "s", totals->rounds[ROUND_VIOLATED],
                    watch_totals_rounds(totals));
    else if (totals->rounds[ROUND_RIGHT] == 0 && last != NULL)
        g_propagate_prefixed_error(error, g_error_copy(last), "no round came to a verdict: ");
    else
        return TRUE;
    return FALSE;
}

gboolean watch(const WatchOptions *options, GError **error)
{
    g_auto(Watch) watch = {.options = options};
    g_autoptr(GError) last = NULL;
    g_autoptr(GError) end = NULL;
    watch.totals.alias = es_options_alias(options->cluster);
    if (!save_metrics(&watch, error))
        return FALSE;
    gboolean going = TRUE;
    while (going) {
        const gint64 started = g_get_monotonic_time();
        watch.seed = options->seed + watch.round++;
        going = make_round(&watch, &last, &end) && watch.round != options->rounds &&
                sleep_until(started + (gint64)(options->every * G_USEC_PER_SEC), &end);
    }
    if (!options->json && watch_totals_rounds(&watch.totals) > 0)
        watch_totals_print(&watch.totals, stdout);
    if (end == NULL)
        return judge(&watch, last, error);
    g_propagate_error(error, g_steal_pointer(&end));
    return FALSE;
}

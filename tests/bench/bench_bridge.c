/* The bridge's parts, timed alone. Prints one line of numbers.
 *
 * Usage: bench_bridge documents BUNDLE URL INDEX      "SECONDS CPU-SECONDS DOCUMENTS VIOLATIONS"
 *        bench_bridge orders BUNDLE URL INDEX COUNT   "SECONDS CPU-SECONDS PROFILES VIOLATIONS"
 *        bench_bridge rank BUNDLE ROUNDS              "SECONDS SECONDS": the best of ROUNDS
 * queries, and what making the scorer takes, once KIB": the peak with the bundle read, and with its
 * documents and orders verified */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "document_check.h"
#include "fast_scorer.h"
#include "order_check.h"

#define DEPTH 100
#define TOP 10

static double cpu_now(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* KiB, the largest since the last forget_peak(). */
static long peak_now(void)
{
    g_autofree char *status = NULL;
    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        return 0;
    const char *at = strstr(status, "VmHWM:");
    return at != NULL ? strtol(at + strlen("VmHWM:"), NULL, 10) : 0;
}

static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL)
        return;
    fputs("5", file);
    fclose(file);
}

static double seconds_since(gint64 started)
{
    return (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
}

/* ---- against a cluster ---- */

static gboolean check(const char *what, Report *report, EsClient *client, const char *index,
                      const ReleaseMeta *release, const Bundle *bundle, guint random,
                      GError **error)
{
    const OrderOptions orders = {.depth = DEPTH, .random = random, .seed = 1};
    return strcmp(what, "documents") == 0
               ? document_check(report, client, release, bundle, error)
               : order_check(report, client, index, release, bundle, &orders, error);
}

static guint random_for(const Bundle *bundle, guint profiles)
{
    const ProfileChoice none = {0};
    g_autoptr(OrderProfiles) standard = order_profiles_new(bundle, &none);
    return profiles - MIN(profiles, order_profiles_count(standard));
}

static gboolean run_check(char **argv, const Bundle *bundle, GError **error)
{
    g_auto(HttpOptions) http = {.url = g_strdup(argv[3])};
    g_autoptr(EsClient) client = es_client_connect(&http, error);
    g_autoptr(ReleaseMeta) release =
        client != NULL ? release_meta_fetch(client, argv[4], error) : NULL;
    if (release == NULL)
        return FALSE;
    const gboolean of_memory = strcmp(argv[1], "memory") == 0;
    const guint profiles = of_memory ? 0 : argv[5] != NULL ? (guint)atoi(argv[5]) : 0;
    const guint random = random_for(bundle, profiles);
    const long before = peak_now();
    forget_peak();
    g_autoptr(Report) report = report_new();
    const double cpu = cpu_now();
    const gint64 started = g_get_monotonic_time();
    if (of_memory && !check("documents", report, client, argv[4], release, bundle, 0, error))
        return FALSE;
    if (!check(argv[1], report, client, argv[4], release, bundle, random, error))
        return FALSE;
    if (of_memory)
        printf("%ld %ld\n", before, peak_now());
    else
        printf("%.4f %.4f %u %" G_GUINT64_FORMAT "\n", seconds_since(started), cpu_now() - cpu,
               report->documents + report->profiles, report->violations);
    return TRUE;
}

/* ---- the local ranker ---- */

static gboolean run_rank(const Bundle *bundle, guint rounds)
{
    const gint64 begun = g_get_monotonic_time();
    g_autoptr(FastScorer) scorer = fast_scorer_new(bundle, code_kernel_fastest());
    const double made = seconds_since(begun);
    const FmModel *model = bundle->model;
    double best = G_MAXDOUBLE;
    for (guint round = 0; round < rounds; round++) {
        const float *query = fm_vector(model, round % model->n);
        const gint64 started = g_get_monotonic_time();
        fast_scorer_score(scorer, query, 0);
        g_autoptr(GArray) top = fast_scorer_best(scorer, TOP);
        best = MIN(best, seconds_since(started));
        if (top->len != TOP)
            return FALSE;
    }
    printf("%.7f %.4f\n", best, made);
    return TRUE;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc < 4) {
        fprintf(stderr, "usage: bench_bridge documents|orders|rank|memory BUNDLE …\n");
        return 1;
    }
    g_autoptr(Bundle) bundle = bundle_open(argv[2], &error);
    if (bundle != NULL &&
        (strcmp(argv[1], "rank") == 0 ? run_rank(bundle, (guint)atoi(argv[3]))
                                      : argc > 4 && run_check(argv, bundle, &error)))
        return 0;
    fprintf(stderr, "bench_bridge: %s\n", error != NULL ? error->message : "failed");
    return 1;
}

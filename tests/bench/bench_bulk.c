/* Times the bulk alone, as `recsys-loader release` does it: a new index, its documents, nothing
 * else.
 *
 * Usage: bench_bulk BUNDLE URL [DEFINITION]; prints "SECONDS CPU-SECONDS BYTES KIB", where KIB is
 * how much the peak of the process's memory grew over what it was with the bundle read. With
 * DEFINITION the mappings of the index are written to that file, so that a peer can use the same.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bulk.h"
#include "index_definition.h"

#define INDEX "bench-bulk"
#define LOADING                                                                                    \
    "{\"index\":{\"auto_expand_replicas\":false,\"number_of_replicas\":0,"                         \
    "\"refresh_interval\":\"-1\"}}"

typedef struct {
    double cpu;
    long memory, peak; /* KiB, resident */
} Usage;

static long status_value(const char *status, const char *key)
{
    const char *at = strstr(status, key);
    return at != NULL ? strtol(at + strlen(key), NULL, 10) : 0;
}

static Usage usage_now(void)
{
    struct rusage usage;
    g_autofree char *status = NULL;
    getrusage(RUSAGE_SELF, &usage);
    if (!g_file_get_contents("/proc/self/status", &status, NULL, NULL))
        status = g_strdup("");
    return (Usage){
        (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
            (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
        status_value(status, "VmRSS:"),
        status_value(status, "VmHWM:"),
    };
}

/* What the peak was while the bundle was read is not to hide the present one. */
static void forget_peak(void)
{
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file == NULL)
        return;
    fputs("5", file);
    fclose(file);
}

static gboolean ask(EsClient *client, const char *method, const char *path, const char *body,
                    GError **error)
{
    g_auto(yajl_val) answer = es_call_json(client, method, path, body, error);
    return answer != NULL;
}

static gboolean write_mappings(const char *definition, const char *path, GError **error)
{
    const char *begin = strstr(definition, "\"mappings\":");
    const char *end = strrchr(definition, '}');
    g_assert(begin != NULL && end != NULL);
    begin += strlen("\"mappings\":");
    return g_file_set_contents(path, begin, end - begin, error);
}

static gboolean measure(EsClient *client, const Bundle *bundle, GError **error)
{
    const BulkOptions options = BULK_OPTIONS_DEFAULT;
    BulkReport report;
    forget_peak();
    const Usage before = usage_now();
    const gint64 started = g_get_monotonic_time();
    if (!bulk_load(&report, client, INDEX, bundle, DOC_IDS_BY_VALUE, &options, error))
        return FALSE;
    const double seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    const Usage after = usage_now();
    printf("%.4f %.4f %" G_GUINT64_FORMAT " %ld\n", seconds, after.cpu - before.cpu, report.bytes,
           after.peak - before.memory);
    fprintf(stderr, "%u documents in %u requests as %s, at the end of %.1f MB, in %.2f s\n",
            report.documents, report.requests,
            report.form == VECTORS_AS_BASE64 ? "base64" : "decimals",
            (double)report.last_bytes / 1e6, seconds);
    return TRUE;
}

static gboolean run(char **argv, GError **error)
{
    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    g_auto(HttpOptions) http = {.url = g_strdup(argv[2])};
    g_autoptr(EsClient) client = es_client_connect(&http, error);
    if (client == NULL)
        return FALSE;
    g_autofree char *definition = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    if (argv[3] != NULL && !write_mappings(definition, argv[3], error))
        return FALSE;
    gboolean valid = ask(client, "PUT", "/" INDEX, definition, error) &&
                     ask(client, "PUT", "/" INDEX "/_settings", LOADING, error) &&
                     measure(client, bundle, error);
    return ask(client, "DELETE", "/" INDEX, NULL, valid ? error : NULL) && valid;
}

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    if (argc < 3) {
        fprintf(stderr, "usage: bench_bulk BUNDLE URL [DEFINITION]\n");
        return 1;
    }
    if (run(argv, &error))
        return 0;
    fprintf(stderr, "bench_bulk: %s\n", error != NULL ? error->message : "failed");
    return 1;
}

#include "doctor.h"

#include <math.h>
#include <string.h>

#include "catalogue.h"
#include "kernel_probe.h"
#include "recsys_error.h"
#include "standing.h"
#include "trial.h"
#include "watermark.h"

#define MOST_SKEW 5 /* seconds */

gboolean doctor_is_skewed(double seconds)
{
    return fabs(seconds) > MOST_SKEW;
}

static void finding_free(gpointer data)
{
    DoctorFinding *finding = data;
    g_free(finding->finding);
    g_free(finding);
}

/* Takes the text. */
static void add(GPtrArray *findings, const char *check, DoctorVerdict verdict, char *text)
{
    DoctorFinding *finding = g_new0(DoctorFinding, 1);
    *finding =
        (DoctorFinding){check, verdict, text, verdict == DOCTOR_ILL ? RECSYS_ERROR_REFUSED : 0};
    g_ptr_array_add(findings, finding);
}

static void add_failure(GPtrArray *findings, const char *check, const GError *failure,
                        const char *way_out)
{
    add(findings, check, DOCTOR_ILL, g_strdup_printf("%s: %s", failure->message, way_out));
    DoctorFinding *finding = g_ptr_array_index(findings, findings->len - 1);
    finding->exit_code = es_exit_code(failure);
}

static void examine_alias(GPtrArray *findings, EsClient *client, const char *alias)
{
    g_autoptr(GError) failure = NULL;
    g_auto(Standing) standing = {0};
    if (!standing_look(&standing, client, alias, &failure)) {
        add_failure(findings, "alias", failure, "the privilege view_index_metadata is needed");
        return;
    }
    g_autofree char *names = standing_names(&standing);
    if (standing.is_concrete)
        add(findings, "alias", DOCTOR_ILL,
            g_strdup_printf("%s is an index, not an alias: release --replace-index %s", alias,
                            alias));
    else if (standing.foreign != NULL)
        add(findings, "alias", DOCTOR_ILL,
            g_strdup_printf("%s stands for %s, which is no release: choose another --alias", alias,
                            standing.foreign));
    else if (standing.indices->len > 1)
        add(findings, "alias", DOCTOR_WARNING,
            g_strdup_printf("%s stands for several releases (%s): readers are refused; release or "
                            "rollback puts it right",
                            alias, names));
    else
        add(findings, "alias", DOCTOR_WELL,
            standing.indices->len == 0 ? g_strdup_printf("nothing is released as %s yet", alias)
                                       : g_strdup_printf("%s stands for %s", alias, names));
}

static void examine_lock(GPtrArray *findings, EsClient *client, const char *alias)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *name = es_escape(alias);
    g_autofree char *path = g_strdup_printf("/%s-lock/_doc/lock", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, &failure);
    const char *owner = json_get_string(answer, "_source.owner");
    const char *until = json_get_string(answer, "_source.until");
    gint64 expires = 0;
    if (owner != NULL && json_get_int(answer, "_source.expires", &expires) && expires == 0)
        add(findings, "lock", DOCTOR_WELL, g_strdup_printf("free; %s had it last", owner));
    else if (owner != NULL && expires < g_get_real_time() / 1000)
        add(findings, "lock", DOCTOR_WELL,
            g_strdup_printf("free; %s had it last, and died or lost the cluster", owner));
    else if (owner != NULL)
        add(findings, "lock", DOCTOR_WARNING,
            g_strdup_printf("held by %s until %s: if that job is dead wait, or --break-lock %s",
                            owner, until != NULL ? until : "?", owner));
    else if (g_error_matches(failure, ES_ERROR, 404))
        add(findings, "lock", DOCTOR_WELL, g_strdup("free"));
    else
        add_failure(findings, "lock", failure, "the privilege read on the lock's index is needed");
}

static void examine_by_trial(GPtrArray *findings, EsClient *client, const char *alias)
{
    g_autoptr(GPtrArray) results = trial_run(client, alias);
    for (guint i = 0; i < results->len; i++) {
        const TrialResult *result = g_ptr_array_index(results, i);
        if (result->failure != NULL)
            add_failure(findings, result->check, result->failure, result->way_out);
        else if (result->is_tried)
            add(findings, result->check, DOCTOR_WELL, g_strdup(result->well));
        else
            add(findings, result->check, DOCTOR_WARNING,
                g_strdup("not tried, for want of an index"));
    }
}

/* Which kernel it is decides whether scores can be compared bit for bit; a release works with any.
 */
static void examine_kernel(GPtrArray *findings, EsClient *client, const char *alias)
{
    g_autoptr(GError) failure = NULL;
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, alias, NULL);
    g_autoptr(KernelFinding) finding =
        kernel_probe(client, alias, release != NULL ? release->k : 0, &failure);
    if (finding == NULL) {
        add(findings, "kernel", DOCTOR_WARNING,
            g_strdup_printf("cannot be probed: %s", failure->message));
        return;
    }
    g_autofree char *kernel = kernel_finding_describe(finding);
    if (!kernel_finding_is_known(finding))
        add(findings, "kernel", DOCTOR_WARNING,
            g_strdup_printf("%s: scores can be compared within bounds only", kernel));
    else if (kernel_finding_is_mixed(finding))
        add(findings, "kernel", DOCTOR_WARNING,
            g_strdup_printf("not the same on all nodes: the last bits of a score depend on the "
                            "copy that answers (%s)",
                            kernel));
    else
        add(findings, "kernel", DOCTOR_WELL,
            g_strdup_printf("%s on every node, scores are predictable to the bit", kernel));
}

static void examine_health(GPtrArray *findings, EsClient *client, const char *alias)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *name = es_escape(alias);
    g_autofree char *path = g_strdup_printf("/_cat/indices/%s-*?format=json&h=index,health", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, &failure);
    if (answer == NULL) {
        add(findings, "health", DOCTOR_WARNING,
            g_strdup_printf("cannot be asked for: %s", failure->message));
        return;
    }
    guint red = 0, yellow = 0;
    for (gsize i = 0; i < json_array_length(answer); i++) {
        const char *health = json_get_string(json_array_get(answer, i), "health");
        red += g_strcmp0(health, "red") == 0;
        yellow += g_strcmp0(health, "yellow") == 0;
    }
    if (red > 0)
        add(findings, "health", DOCTOR_ILL,
            g_strdup_printf(
                "%u red indices: shards are missing; see GET /_cluster/allocation/explain", red));
    else if (yellow > 0)
        add(findings, "health", DOCTOR_WARNING,
            g_strdup_printf("%u yellow indices: replicas are missing; one node's end is an outage",
                            yellow));
    else
        add(findings, "health", DOCTOR_WELL, g_strdup("no index is red or yellow"));
}

static gboolean fetch_watermark(Watermark *low, EsClient *client)
{
    g_auto(yajl_val) answer =
        es_call_json(client, "GET",
                     "/_cluster/settings?include_defaults=true&flat_settings=true&filter_path="
                     "*.cluster*disk*",
                     NULL, NULL);
    return watermark_read(low, answer);
}

/* The node that is furthest above the watermark, or closest to it. */
typedef struct {
    const char *name; /* of the answer; NULL: no node has a disk */
    double free, total, needed;
} Fullest;

static double number_in(yajl_val row, const char *column)
{
    const char *key[] = {column, NULL}; /* with a dot in it */
    yajl_val text = yajl_tree_get(row, key, yajl_t_string);
    return text != NULL ? g_ascii_strtod(YAJL_GET_STRING(text), NULL) : 0;
}

static Fullest find_fullest(yajl_val answer, const Watermark *low)
{
    Fullest fullest = {0};
    for (gsize i = 0; i < json_array_length(answer); i++) {
        yajl_val row = json_array_get(answer, i);
        const double free = number_in(row, "disk.avail"), total = number_in(row, "disk.total");
        const double needed = watermark_free_bytes(low, total);
        if (total > 0 && (fullest.name == NULL || free - needed < fullest.free - fullest.needed))
            fullest = (Fullest){json_get_string(row, "node"), free, total, needed};
    }
    return fullest;
}

static void examine_disk(GPtrArray *findings, EsClient *client)
{
    Watermark low = {0};
    g_autoptr(GError) failure = NULL;
    g_auto(yajl_val) answer = es_call_json(
        client, "GET", "/_cat/allocation?format=json&bytes=b&h=node,disk.avail,disk.total", NULL,
        &failure);
    const gboolean is_known = answer != NULL && fetch_watermark(&low, client);
    const Fullest fullest = find_fullest(answer, &low);
    if (!is_known || fullest.name == NULL) {
        add(findings, "disk", DOCTOR_WARNING,
            g_strdup_printf("cannot be asked for: %s",
                            failure != NULL ? failure->message
                                            : "no node's disk, or a watermark of no known form"));
        return;
    }
    g_autofree char *free = g_format_size_full((guint64)fullest.free, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *total = g_format_size_full((guint64)fullest.total, G_FORMAT_SIZE_IEC_UNITS);
    g_autofree char *needed = g_format_size_full((guint64)fullest.needed, G_FORMAT_SIZE_IEC_UNITS);
    const gboolean is_low = low.is_looked_at && fullest.free < fullest.needed;
    add(findings, "disk", is_low ? DOCTOR_WARNING : DOCTOR_WELL,
        g_strdup_printf("%s of %s are free on node %s, the low watermark wants %s%s", free, total,
                        fullest.name, needed,
                        is_low              ? ": prune --keep N, or add space"
                        : !low.is_looked_at ? ", but disk.threshold_enabled is false"
                                            : ""));
}

/* Elasticsearch sends no Date header; this is its clock, in whole seconds. */
static void examine_clock(GPtrArray *findings, EsClient *client)
{
    g_autoptr(GError) failure = NULL;
    g_auto(yajl_val) answer =
        es_call_json(client, "GET", "/_cat/health?format=json&h=epoch", NULL, &failure);
    const char *epoch = json_get_string(json_array_get(answer, 0), "epoch");
    if (epoch == NULL) {
        add(findings, "clock", DOCTOR_WARNING,
            g_strdup_printf("cannot be asked for: %s",
                            failure != NULL ? failure->message : "no epoch in the answer"));
        return;
    }
    const double skew =
        g_ascii_strtod(epoch, NULL) + 0.5 - (double)g_get_real_time() / G_USEC_PER_SEC;
    if (doctor_is_skewed(skew))
        add(findings, "clock", DOCTOR_WARNING,
            g_strdup_printf("the server's is %+.0f s off ours: synchronise both (NTP)", skew));
    else
        add(findings, "clock", DOCTOR_WELL, g_strdup("the server's agrees with ours"));
}

GPtrArray *doctor_examine(EsClient *client, const char *alias)
{
    GPtrArray *findings = g_ptr_array_new_with_free_func(finding_free);
    add(findings, "server", DOCTOR_WELL,
        g_strdup_printf("Elasticsearch %s at %s", es_client_version(client),
                        es_client_url(client)));
    examine_alias(findings, client, alias);
    examine_lock(findings, client, alias);
    examine_by_trial(findings, client, alias);
    examine_kernel(findings, client, alias);
    examine_health(findings, client, alias);
    examine_disk(findings, client);
    examine_clock(findings, client);
    return findings;
}

#include "doctor.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "catalogue.h"
#include "kernel_probe.h"
#include "recsys_error.h"
#include "standing.h"

#define MOST_SKEW 5          /* seconds */
#define DEFAULT_WATERMARK 85 /* per cent, the server's default */

#define DEFINITION                                                                                 \
    "{\"settings\":{\"number_of_shards\":1,\"auto_expand_replicas\":\"0-1\"},\"mappings\":{"       \
    "\"dynamic\":\"strict\",\"properties\":{\"embedding\":{\"type\":\"dense_vector\",\"dims\":2,"  \
    "\"index\":false},\"bias\":{\"type\":\"double\"}}}}"

#define SEARCH                                                                                     \
    "{\"query\":{\"script_score\":{\"query\":{\"match_all\":{}},\"script\":{\"source\":"           \
    "\"params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value\","         \
    "\"params\":{\"shift\":1,\"query_vector\":[1,2]}}}}}"

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

static gboolean call(EsClient *client, const char *method, const char *index, const char *action,
                     const char *body, GError **error)
{
    g_autofree char *path = g_strdup_printf("/%s%s", index, action);
    g_auto(yajl_val) answer = es_call_json(client, method, path, body, error);
    return answer != NULL && es_check_complete(answer, path, error);
}

static void examine_index(GPtrArray *findings, EsClient *client, const char *alias)
{
    g_autoptr(GError) failure = NULL, script = NULL;
    g_autofree char *name = es_escape(alias);
    g_autofree char *index = g_strdup_printf("%s-doctor-%d", name, (int)getpid());
    es_client_set_interruptible(client, FALSE);
    gboolean made = call(client, "PUT", index, "", DEFINITION, &failure);
    gboolean filled = made && call(client, "PUT", index, "/_doc/1?refresh=true",
                                   "{\"embedding\":[1,1],\"bias\":0.5}", &failure);
    gboolean ranked = filled && call(client, "POST", index, "/_search", SEARCH, &script);
    gboolean deleted =
        made && call(client, "DELETE", index, "", NULL, failure == NULL ? &failure : NULL);
    es_client_set_interruptible(client, TRUE);
    if (failure != NULL)
        add_failure(findings, "index", failure,
                    made && !deleted ? "an index of that name is left behind; the privilege "
                                       "delete_index is needed"
                                     : "the privileges create_index, write and manage on ALIAS* "
                                       "are needed");
    else
        add(findings, "index", DOCTOR_WELL, g_strdup("created, filled, refreshed and deleted"));
    if (ranked)
        add(findings, "script", DOCTOR_WELL, g_strdup("script_score ranks by dot product"));
    else if (script != NULL)
        add_failure(findings, "script", script,
                    "allow inline scripts (script.allowed_types, script.allowed_contexts) and "
                    "expensive queries (search.allow_expensive_queries)");
    else
        add(findings, "script", DOCTOR_WARNING, g_strdup("not tried, for want of an index"));
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

static double low_watermark(EsClient *client)
{
    g_auto(yajl_val) answer =
        es_call_json(client, "GET",
                     "/_cluster/settings?include_defaults=true&filter_path=*.cluster.routing"
                     ".allocation.disk.watermark.low",
                     NULL, NULL);
    static const char *const where[] = {"transient", "persistent", "defaults"};
    for (guint i = 0; i < G_N_ELEMENTS(where); i++) {
        g_autofree char *path =
            g_strdup_printf("%s.cluster.routing.allocation.disk.watermark.low", where[i]);
        const char *text = json_get_string(answer, path);
        if (text != NULL && g_str_has_suffix(text, "%"))
            return g_ascii_strtod(text, NULL);
    }
    return DEFAULT_WATERMARK;
}

static void examine_disk(GPtrArray *findings, EsClient *client)
{
    g_autoptr(GError) failure = NULL;
    g_auto(yajl_val) answer = es_call_json(
        client, "GET", "/_cat/allocation?format=json&h=node,disk.percent", NULL, &failure);
    if (answer == NULL) {
        add(findings, "disk", DOCTOR_WARNING,
            g_strdup_printf("cannot be asked for: %s", failure->message));
        return;
    }
    const double low = low_watermark(client);
    double fullest = 0;
    for (gsize i = 0; i < json_array_length(answer); i++) {
        const char *key[] = {"disk.percent", NULL}; /* with a dot in it */
        yajl_val percent = yajl_tree_get(json_array_get(answer, i), key, yajl_t_string);
        if (percent != NULL)
            fullest = MAX(fullest, g_ascii_strtod(YAJL_GET_STRING(percent), NULL));
    }
    if (fullest >= low)
        add(findings, "disk", DOCTOR_WARNING,
            g_strdup_printf("%.0f %% of the fullest node is used, the low watermark is %.0f %%: "
                            "prune --keep N, or add space",
                            fullest, low));
    else
        add(findings, "disk", DOCTOR_WELL,
            g_strdup_printf("%.0f %% of the fullest node is used, the low watermark is %.0f %%",
                            fullest, low));
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
    examine_index(findings, client, alias);
    examine_kernel(findings, client, alias);
    examine_health(findings, client, alias);
    examine_disk(findings, client);
    examine_clock(findings, client);
    return findings;
}

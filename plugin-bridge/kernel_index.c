#include "kernel_index.h"

#include <math.h>
#include <string.h>

#include "exact_score.h"
#include "kernel_probe.h"
#include "recsys_error.h"
#include "rng.h"
#include "throwaway.h"

#define COPIES_SECONDS 30 /* an empty index is on all nodes in less */
#define POLL_MS 100
#define KIND "probe"
#define MADE_BY "recsys-bridge fingerprint"

/* Below and above the lengths from which vectors are used, with and without a rest. */
static const guint usual_lengths[] = {9, 24, 33, 47, 64, 101, 120, 250};

/* ---- the probes ---- */

static void set_clear(gpointer data)
{
    ProbeSet *set = data;
    g_free(set->field);
    g_free(set->query);
    g_free(set->vectors);
}

static void node_free(gpointer data)
{
    KernelNode *node = data;
    g_free(node->id);
    g_free(node->name);
    g_free(node);
}

/* Scores must not be negative; with the other sign every kernel's product is the negative one. */
static void make_positive(const float *query, float *vector, guint k)
{
    ExactScore exact;
    while (exact = exact_score(query, vector, k, 0, 0), fabs(exact.score) <= exact.bound)
        vector[0] += query[0] > 0 ? 1 : -1;
    for (guint f = 0; exact.score < 0 && f < k; f++)
        vector[f] = -vector[f];
}

static void add_set(KernelIndex *index, guint k, GRand *random)
{
    ProbeSet set = {
        .k = k,
        .field = g_strdup_printf("v%u", k),
        .query = g_new(float, k),
        .vectors = g_new(float, (gsize)KERNEL_PROBES *k),
    };
    for (guint f = 0; f < k; f++)
        set.query[f] = (float)rng_normal(random);
    for (guint i = 0; i < KERNEL_PROBES; i++) {
        float *vector = set.vectors + (gsize)i * k;
        for (guint f = 0; f < k; f++)
            vector[f] = (float)rng_normal(random);
        make_positive(set.query, vector, k);
    }
    g_array_append_val(index->probes, set);
}

KernelIndex *kernel_index_new(const char *alias, guint k)
{
    KernelIndex *index = g_new0(KernelIndex, 1);
    index->alias = g_strdup(alias);
    index->name = throwaway_name(alias, KIND);
    index->probes = g_array_new(FALSE, FALSE, sizeof(ProbeSet));
    index->nodes = g_ptr_array_new_with_free_func(node_free);
    g_array_set_clear_func(index->probes, set_clear);
    g_autoptr(GRand) random = rng_new(1, 0); /* the probes are always the same */
    for (guint i = 0; i < G_N_ELEMENTS(usual_lengths); i++) {
        add_set(index, usual_lengths[i], random);
        if (usual_lengths[i] == k)
            k = 0;
    }
    if (k > 0)
        add_set(index, k, random);
    return index;
}

void kernel_index_free(KernelIndex *index)
{
    if (index == NULL)
        return;
    g_free(index->alias);
    g_free(index->name);
    g_array_unref(index->probes);
    g_ptr_array_unref(index->nodes);
    g_free(index);
}

/* ---- creating ---- */

static char *definition_of(const KernelIndex *index)
{
    g_autoptr(GString) fields = g_string_new(NULL);
    for (guint i = 0; i < index->probes->len; i++) {
        const ProbeSet *set = &g_array_index(index->probes, ProbeSet, i);
        g_string_append_printf(fields,
                               "%s\"%s\":{\"type\":\"dense_vector\",\"dims\":%u,\"index\":false}",
                               i > 0 ? "," : "", set->field, set->k);
    }
    return g_strdup_printf("{\"settings\":{\"number_of_shards\":1,\"auto_expand_replicas\":"
                           "\"0-all\"},\"mappings\":{\"dynamic\":\"strict\",\"_meta\":{"
                           "\"created_by\":\"" MADE_BY "\"},\"properties\":{%s}}}",
                           fields->str);
}

static void put_vector(yajl_gen json, const char *key, const float *vector, guint k)
{
    json_put_key(json, key);
    yajl_gen_array_open(json);
    for (guint f = 0; f < k; f++)
        json_put_float(json, vector[f]);
    yajl_gen_array_close(json);
}

static char *documents_of(const KernelIndex *index)
{
    GString *text = g_string_new(NULL);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    for (guint d = 0; d < KERNEL_PROBES; d++) {
        g_string_append_printf(text, "{\"index\":{\"_id\":\"%u\"}}\n", d);
        yajl_gen_map_open(json);
        for (guint i = 0; i < index->probes->len; i++) {
            const ProbeSet *set = &g_array_index(index->probes, ProbeSet, i);
            put_vector(json, set->field, set->vectors + (gsize)d * set->k, set->k);
        }
        yajl_gen_map_close(json);
        json_take_into(json, text);
        g_string_append_c(text, '\n');
        yajl_gen_reset(json, NULL);
    }
    return g_string_free(text, FALSE);
}

static gboolean refuse(const char *what, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the kernel cannot be probed: the server gave %s", what);
    return FALSE;
}

static gboolean fill(EsClient *client, const KernelIndex *index, GError **error)
{
    g_autofree char *documents = documents_of(index);
    g_autofree char *name = es_escape(index->name);
    g_autofree char *path = g_strdup_printf("/%s/_bulk?refresh=true", name);
    g_auto(yajl_val) answer =
        es_call(client, "POST", path, ES_NDJSON, documents, strlen(documents), error);
    if (answer == NULL)
        return FALSE;
    return !json_is_true(answer, "errors") || refuse("errors for the probes", error);
}

/* ---- where its copies are ---- */

static int by_name(gconstpointer a, gconstpointer b)
{
    const KernelNode *x = *(KernelNode *const *)a, *y = *(KernelNode *const *)b;
    int order = strcmp(x->name, y->name);
    return order != 0 ? order : strcmp(x->id, y->id);
}

/* The nodes of the copies that can be searched. */
static gboolean find_nodes(EsClient *client, KernelIndex *index, GError **error)
{
    g_autofree char *name = es_escape(index->name);
    g_autofree char *path = g_strdup_printf("/%s/_search_shards", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL)
        return FALSE;
    yajl_val copies = json_array_get(json_get(answer, "shards"), 0);
    g_ptr_array_set_size(index->nodes, 0);
    for (gsize i = 0; i < json_array_length(copies); i++) {
        const char *id = json_get_string(json_array_get(copies, i), "node");
        const char *state = json_get_string(json_array_get(copies, i), "state");
        if (id == NULL || g_strcmp0(state, "STARTED") != 0)
            continue;
        const char *keys[] = {"nodes", id, "name", NULL};
        yajl_val called = yajl_tree_get(answer, keys, yajl_t_string);
        KernelNode *node = g_new0(KernelNode, 1);
        node->id = g_strdup(id);
        node->name = g_strdup(called != NULL ? YAJL_GET_STRING(called) : id);
        g_ptr_array_add(index->nodes, node);
    }
    g_ptr_array_sort(index->nodes, by_name);
    return TRUE;
}

/* How many copies there should be. */
static gboolean copies_wanted(EsClient *client, const KernelIndex *index, guint *copies,
                              GError **error)
{
    g_autofree char *name = es_escape(index->name);
    g_autofree char *path = g_strdup_printf("/%s/_settings", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL)
        return FALSE;
    const char *keys[] = {index->name, NULL};
    const char *replicas = json_get_string(yajl_tree_get(answer, keys, yajl_t_object),
                                           "settings.index.number_of_replicas");
    if (replicas == NULL)
        return refuse("an index without settings", error);
    *copies = (guint)g_ascii_strtoull(replicas, NULL, 10) + 1;
    return TRUE;
}

static gboolean wait_for_copies(EsClient *client, KernelIndex *index, GError **error)
{
    const gint64 end = g_get_monotonic_time() + COPIES_SECONDS * G_USEC_PER_SEC;
    guint copies;
    for (;;) {
        if (!copies_wanted(client, index, &copies, error) || !find_nodes(client, index, error))
            return FALSE;
        if (index->nodes->len >= copies)
            return TRUE;
        if (g_get_monotonic_time() >= end)
            break;
        g_usleep(POLL_MS * 1000);
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "the kernel cannot be probed: after %d s only %u of %u copies of %s can be "
                "searched; see GET /_cluster/allocation/explain",
                COPIES_SECONDS, index->nodes->len, copies, index->name);
    return FALSE;
}

/* ---- what older runs left behind ---- */

static void remove_index(EsClient *client, const char *index, GError **error)
{
    g_autofree char *name = es_escape(index);
    g_autofree char *path = g_strdup_printf("/%s", name);
    g_auto(yajl_val) answer = es_call_json(client, "DELETE", path, NULL, error);
    (void)answer;
}

/* Failing is no reason not to probe; a later run tries again. */
static void remove_older(EsClient *client, const KernelIndex *index)
{
    g_autoptr(GPtrArray) older =
        throwaway_left_behind(client, index->alias, KIND, MADE_BY, index->name);
    for (guint i = 0; i < older->len; i++)
        remove_index(client, g_ptr_array_index(older, i), NULL);
}

/* ---- its life ---- */

gboolean kernel_index_create(EsClient *client, KernelIndex *index, GError **error)
{
    g_autofree char *definition = definition_of(index);
    g_autofree char *name = es_escape(index->name);
    g_autofree char *path = g_strdup_printf("/%s", name);
    index->tried = TRUE;
    es_client_set_interruptible(client, FALSE); /* or it could be made after it was removed */
    g_auto(yajl_val) answer = es_call_json(client, "PUT", path, definition, error);
    es_client_set_interruptible(client, TRUE);
    if (answer == NULL || !fill(client, index, error))
        return FALSE;
    remove_older(client, index);
    return wait_for_copies(client, index, error);
}

gboolean kernel_index_remove(EsClient *client, KernelIndex *index, GError **error)
{
    if (!index->tried)
        return TRUE;
    g_autoptr(GError) failure = NULL;
    es_client_set_interruptible(client, FALSE);
    remove_index(client, index->name, &failure);
    es_client_set_interruptible(client, TRUE);
    index->tried = FALSE;
    if (failure == NULL || g_error_matches(failure, ES_ERROR, 404))
        return TRUE;
    g_propagate_prefixed_error(error, g_steal_pointer(&failure),
                               "%s is left behind: ", index->name);
    return FALSE;
}

/* ---- asking ---- */

static char *search_body(const ProbeSet *set)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "size", KERNEL_PROBES);
    json_put_member_bool(json, "_source", FALSE);
    json_put_key(json, "query");
    yajl_gen_map_open(json);
    json_put_key(json, "script_score");
    yajl_gen_map_open(json);
    json_put_key(json, "query");
    yajl_gen_map_open(json);
    json_put_key(json, "match_all");
    yajl_gen_map_open(json);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
    json_put_key(json, "script");
    yajl_gen_map_open(json);
    g_autofree char *source = g_strdup_printf("dotProduct(params.query_vector, '%s')", set->field);
    json_put_member_string(json, "source", source);
    json_put_key(json, "params");
    yajl_gen_map_open(json);
    put_vector(json, "query_vector", set->query, set->k);
    for (int i = 0; i < 5; i++)
        yajl_gen_map_close(json);
    return json_take(json, NULL);
}

static gboolean read_answers(yajl_val answer, float *answers, GError **error)
{
    guint32 seen[(KERNEL_PROBES + 31) / 32] = {0};
    yajl_val hits = json_get(answer, "hits.hits");
    if (json_array_length(hits) != KERNEL_PROBES)
        return refuse("another number of hits", error);
    for (guint i = 0; i < KERNEL_PROBES; i++) {
        yajl_val hit = json_array_get(hits, i);
        const char *id = json_get_string(hit, "_id");
        guint64 probe = KERNEL_PROBES;
        if (id == NULL || !g_ascii_string_to_unsigned(id, 10, 0, KERNEL_PROBES - 1, &probe, NULL) ||
            (seen[probe / 32] & 1u << probe % 32) != 0 ||
            !json_to_float(json_get(hit, "_score"), &answers[probe]))
            return refuse("a hit without _id and _score", error);
        seen[probe / 32] |= 1u << probe % 32;
    }
    return TRUE;
}

gboolean kernel_index_ask(EsClient *client, const KernelIndex *index, const ProbeSet *set,
                          const char *node, float *answers, GError **error)
{
    g_autofree char *body = search_body(set);
    g_autofree char *name = es_escape(index->name);
    g_autofree char *id = es_escape(node);
    g_autofree char *path = g_strdup_printf("/%s/_search?preference=_only_nodes:%s", name, id);
    g_auto(yajl_val) answer = es_call_json(client, "POST", path, body, error);
    return answer != NULL && es_check_search(answer, "the probe", error) &&
           read_answers(answer, answers, error);
}

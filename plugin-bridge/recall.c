#include "recall.h"

#include <math.h>
#include <string.h>

#include "interrupt.h"
#include "progress.h"
#include "recommend.h"
#include "recsys_error.h"
#include "release_profiles.h"

#define WARM_UP 20 /* profiles that are asked but not counted before */

void recall_free(Recall *recall)
{
    if (recall == NULL)
        return;
    g_free(recall->url);
    g_free(recall->version);
    g_free(recall->index);
    g_free(recall->model_id);
    g_array_unref(recall->rows);
    g_free(recall);
}

static int compare_doubles(gconstpointer a, gconstpointer b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double recall_quantile(double *values, guint count, double share)
{
    qsort(values, count, sizeof *values, compare_doubles);
    const double rank = ceil(share * count);
    return values[rank < 1 ? 0 : MIN((guint)rank, count) - 1];
}

/* ---- asking ---- */

/* Symbols: R rows, P profiles. */
typedef struct {
    Recommender *recommender;
    const RecallOptions *options;
    GPtrArray *profiles;                 /* Profile * [P] */
    guint rows;                          /* R */
    double *recalls, *seconds, *servers; /* [R, P] */
} Measurement;

static void measurement_clear(Measurement *m)
{
    recommender_free(m->recommender);
    if (m->profiles != NULL)
        g_ptr_array_unref(m->profiles);
    g_free(m->recalls);
    g_free(m->seconds);
    g_free(m->servers);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Measurement, measurement_clear)

static gboolean has_movie(const Ranking *ranking, const char *id)
{
    for (guint i = 0; i < ranking->movies->len; i++)
        if (strcmp(g_array_index(ranking->movies, RankedMovie, i).id, id) == 0)
            return TRUE;
    return FALSE;
}

static double recall_of(const Ranking *exact, const Ranking *found)
{
    guint there = 0;
    for (guint i = 0; i < exact->movies->len; i++)
        there += has_movie(found, g_array_index(exact->movies, RankedMovie, i).id);
    return exact->movies->len > 0 ? (double)there / exact->movies->len : 1;
}

/* Row `row` of profile `at`: asks, and compares with `exact`, which is NULL for row 0. */
static Ranking *ask(Measurement *m, RecommendRequest *request, guint row, guint at,
                    const Ranking *exact, GError **error)
{
    const gsize place = (gsize)row * m->profiles->len + at;
    request->candidates = row > 0 ? m->options->candidates[row - 1] : 0;
    const gint64 started = g_get_monotonic_time();
    Ranking *ranking = recommender_ask(m->recommender, request, error);
    if (ranking == NULL)
        return NULL;
    m->seconds[place] = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    m->servers[place] = (double)ranking->took / 1000;
    m->recalls[place] = exact != NULL ? recall_of(exact, ranking) : 1;
    return ranking;
}

/* Step 1 is the same for all of them: it is done once, and does not count. */
static gboolean ask_all(Measurement *m, guint at, GError **error)
{
    const RecommendRequest first = {.profile = g_ptr_array_index(m->profiles, at), .size = 1};
    if (interrupt_requested(error) || !recommender_prepare(m->recommender, &first, error))
        return FALSE;
    g_autoptr(ProfileSum) sum = profile_sum_copy(recommender_last_sum(m->recommender));
    g_autofree char *index = g_strdup(recommender_release(m->recommender)->index);
    RecommendRequest request = {.sum = sum, .index = index, .size = m->options->depth};
    g_autoptr(Ranking) exact = ask(m, &request, 0, at, NULL, error);
    gboolean valid = exact != NULL;
    for (guint row = 1; valid && row < m->rows; row++) {
        g_autoptr(Ranking) found = ask(m, &request, row, at, exact, error);
        valid = found != NULL;
    }
    return valid;
}

static gboolean ask_everything(Measurement *m, GError **error)
{
    Progress progress;
    gboolean valid = TRUE;
    for (guint i = 0; valid && i < MIN(WARM_UP, m->profiles->len); i++)
        valid = ask_all(m, i, error);
    progress_start(&progress, "recall", "profiles", m->profiles->len);
    for (guint i = 0; valid && i < m->profiles->len; i++) {
        valid = ask_all(m, i, error);
        progress_update(&progress, i + 1, NULL);
    }
    progress_end(&progress);
    return valid;
}

/* ---- figures ---- */

static RecallRow row_of(const Measurement *m, guint row)
{
    const guint count = m->profiles->len;
    double *recalls = m->recalls + (gsize)row * count;
    double *seconds = m->seconds + (gsize)row * count, *servers = m->servers + (gsize)row * count;
    RecallRow figures = {.candidates = row > 0 ? m->options->candidates[row - 1] : 0, .worst = 1};
    for (guint i = 0; i < count; i++) {
        figures.recall += recalls[i];
        figures.all_there += recalls[i] == 1;
        figures.worst = MIN(figures.worst, recalls[i]);
    }
    figures.recall /= count;
    figures.all_there /= count;
    figures.p99 = 1000 * recall_quantile(seconds, count, 0.99);
    figures.median = 1000 * recall_quantile(seconds, count, 0.5);
    figures.server_median = 1000 * recall_quantile(servers, count, 0.5);
    return figures;
}

static Recall *recall_of_release(EsClient *client, const ReleaseMeta *release, guint depth,
                                 guint profiles)
{
    Recall *recall = g_new0(Recall, 1);
    recall->url = g_strdup(es_client_url(client));
    recall->version = g_strdup(es_client_version(client));
    recall->index = g_strdup(release->index);
    recall->model_id = g_strdup(release->model_id);
    recall->movies = release->movies;
    recall->k = release->k;
    recall->depth = depth;
    recall->profiles = profiles;
    recall->rows = g_array_new(FALSE, FALSE, sizeof(RecallRow));
    return recall;
}

static gboolean check_release(const ReleaseMeta *release, GError **error)
{
    if (!release->knn)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%s has only exact answers, so there is nothing to compare with them: make the "
                    "release with --knn",
                    release->index);
    return release->knn;
}

Recall *recall_measure(EsClient *client, const char *alias, const RecallOptions *options,
                       GError **error)
{
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, alias, error);
    if (release == NULL || !check_release(release, error))
        return NULL;
    g_auto(Measurement) m = {
        .recommender = recommender_new(client, release->index),
        .options = options,
        .profiles = release_profiles(client, release, options->random, options->seed, error),
        .rows = options->count + 1,
    };
    if (m.profiles == NULL)
        return NULL;
    const gsize places = (gsize)m.rows * m.profiles->len;
    m.recalls = g_new0(double, places);
    m.seconds = g_new0(double, places);
    m.servers = g_new0(double, places);
    if (!ask_everything(&m, error))
        return NULL;
    Recall *recall = recall_of_release(client, release, options->depth, m.profiles->len);
    for (guint row = 0; row < m.rows; row++) {
        const RecallRow figures = row_of(&m, row);
        g_array_append_val(recall->rows, figures);
    }
    return recall;
}

/* ---- showing ---- */

void recall_print(const Recall *recall, FILE *out)
{
    fprintf(out,
            "%s (model %s) at %s, Elasticsearch %s\n"
            "%u movies of %u dimensions, %u profiles, the best %u movies of each\n\n",
            recall->index, recall->model_id, recall->url, recall->version, recall->movies,
            recall->k, recall->profiles, recall->depth);
    fprintf(out, "%10s  %9s  %6s  %9s  %9s  %6s  %9s\n", "candidates", "recall", "lowest",
            "all there", "median ms", "p99 ms", "server ms");
    for (guint i = 0; i < recall->rows->len; i++) {
        const RecallRow *row = &g_array_index(recall->rows, RecallRow, i);
        char name[16] = "exact";
        if (row->candidates > 0)
            g_snprintf(name, sizeof name, "%u", row->candidates);
        fprintf(out, "%10s  %9.4f  %6.2f  %7.1f %%  %9.2f  %6.2f  %9.0f\n", name, row->recall,
                row->worst, 100 * row->all_there, row->median, row->p99, row->server_median);
    }
}

static void put_row(yajl_gen json, const RecallRow *row)
{
    yajl_gen_map_open(json);
    if (row->candidates > 0)
        json_put_member_int(json, "candidates", row->candidates);
    json_put_member_double(json, "recall", row->recall);
    json_put_member_double(json, "lowest", row->worst);
    json_put_member_double(json, "all_there", row->all_there);
    json_put_member_double(json, "median_ms", row->median);
    json_put_member_double(json, "p99_ms", row->p99);
    json_put_member_double(json, "server_median_ms", row->server_median);
    yajl_gen_map_close(json);
}

void recall_print_json(const Recall *recall, FILE *out)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "url", recall->url);
    json_put_member_string(json, "version", recall->version);
    json_put_member_string(json, "index", recall->index);
    json_put_member_string(json, "model_id", recall->model_id);
    json_put_member_int(json, "movies", recall->movies);
    json_put_member_int(json, "k", recall->k);
    json_put_member_int(json, "profiles", recall->profiles);
    json_put_member_int(json, "depth", recall->depth);
    json_put_key(json, "exact");
    put_row(json, &g_array_index(recall->rows, RecallRow, 0));
    json_put_key(json, "approximate");
    yajl_gen_array_open(json);
    for (guint i = 1; i < recall->rows->len; i++)
        put_row(json, &g_array_index(recall->rows, RecallRow, i));
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}

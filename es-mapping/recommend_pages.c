#include "recommend_pages.h"

#include "hits.h"
#include "point_in_time.h"
#include "ranking_shares.h"
#include "recommend_steps.h"
#include "recsys_error.h"

struct RecommendPages {
    EsClient *client;
    char *index, *model_id;
    ModelForm form;
    char *left_out;
    ProfileSum *sum;
    FeatureVectors *parts; /* with explain, or NULL */
    QueryBody query;       /* refers to what is owned here, and to the request's filter */
    char *point_in_time;
    char *after; /* sort values of the last movie so far, or NULL */
    guint position;
    gboolean at_end;
};

void recommend_pages_free(RecommendPages *pages)
{
    if (pages == NULL)
        return;
    point_in_time_close(pages->client, pages->point_in_time);
    g_free(pages->index);
    g_free(pages->model_id);
    g_free(pages->left_out);
    profile_sum_free(pages->sum);
    feature_vectors_free(pages->parts);
    g_free(pages->point_in_time);
    g_free(pages->after);
    g_free(pages);
}

guint recommend_pages_position(const RecommendPages *pages)
{
    return pages->position;
}

/* ---- a page ---- */

/* A point in time that is gone is 404; one whose index was deleted is as if shards were only away
 * for the moment. */
static gboolean is_gone(const RecommendPages *pages, const GError *failure)
{
    if (!g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE))
        return g_error_matches(failure, ES_ERROR, 404);
    g_autoptr(GError) why = NULL;
    g_autoptr(ReleaseMeta) meta = release_meta_fetch(pages->client, pages->index, &why);
    return meta == NULL && g_error_matches(why, ES_ERROR, 404);
}

/* Asks for the next `size` movies; NULL with an error. */
static yajl_val ask(RecommendPages *pages, guint size, gboolean bare, LiftedVectors *lifted,
                    GError **error)
{
    QueryBody query = pages->query;
    query.size = size;
    query.bare = bare;
    query.point_in_time = pages->point_in_time;
    query.after = pages->after;
    g_autoptr(GError) failure = NULL;
    g_autofree char *body = query_body(&query);
    yajl_val answer = es_query(pages->client, "/_search", body, lifted, &failure);
    if (answer != NULL)
        point_in_time_update(&pages->point_in_time, answer);
    else if (is_gone(pages, failure))
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "the point in time that held %s is gone (the index was deleted, or nobody "
                    "asked for more than " POINT_IN_TIME_KEEP_ALIVE
                    "): begin again with the first page",
                    pages->index);
    else
        g_propagate_error(error, g_steal_pointer(&failure));
    return answer;
}

static gboolean skip(RecommendPages *pages, guint count, GError **error)
{
    while (count > 0 && !pages->at_end) {
        guint found = 0, wanted = MIN(count, RECOMMEND_MOST);
        g_auto(yajl_val) answer = ask(pages, wanted, TRUE, NULL, error);
        if (answer == NULL || !hits_skip(answer, &found, &pages->after, error))
            return FALSE;
        pages->at_end = found < wanted;
        pages->position += found;
        count -= MIN(found, count);
    }
    return TRUE;
}

Ranking *recommend_pages_next(RecommendPages *pages, guint size, GError **error)
{
    if (size < 1 || size > RECOMMEND_MOST) {
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                            "a page has 1 to " G_STRINGIFY(QUERY_MOST) " movies");
        return NULL;
    }
    g_autoptr(Ranking) ranking =
        ranking_new(pages->index, pages->model_id, &pages->form, pages->query.shift);
    ranking->from = pages->position;
    ranking->left_out = g_strdup(pages->left_out);
    if (pages->query.scoring == QUERY_MODEL && pages->form.link != LINK_NONE)
        ranking->offset = pages->sum->offset; /* also of a page behind the end */
    g_auto(LiftedVectors) lifted = {0};
    lifted_vectors_init(&lifted);
    const HitsForm form = {
        .sum = pages->query.scoring == QUERY_MODEL ? pages->sum : NULL,
        .k = pages->sum->k,
        .lifted = pages->query.with_vectors ? &lifted : NULL,
    };
    if (!pages->at_end) {
        g_auto(yajl_val) answer = ask(pages, size, FALSE, &lifted, error);
        if (answer == NULL || !hits_read(ranking, answer, &form, error))
            return NULL;
        g_free(pages->after);
        pages->after = g_strdup(ranking->after);
        pages->at_end = ranking->movies->len < size;
        pages->position += ranking->movies->len;
    }
    if (pages->parts != NULL)
        ranking_explain(ranking, pages->parts);
    return g_steal_pointer(&ranking);
}

/* ---- opening ---- */

typedef struct {
    const RecommendRequest *request;
    RecommendPages *pages; /* the result */
} Open;

static RecommendPages *pages_of(Recommender *r, const RecommendRequest *request)
{
    const ReleaseMeta *meta = recommender_release(r);
    const FeatureVectors *parts =
        request->profile != NULL ? recommender_last_vectors(r) : request->parts;
    RecommendPages *pages = g_new0(RecommendPages, 1);
    pages->client = recommender_client(r);
    pages->index = g_strdup(meta->index);
    pages->model_id = g_strdup(meta->model_id);
    pages->form = meta->form;
    pages->left_out = g_strdup(recommender_left_out(r));
    pages->sum = profile_sum_copy(recommender_last_sum(r));
    if (request->explain && parts != NULL)
        pages->parts = feature_vectors_copy(parts);
    pages->query = recommender_query(r, request);
    pages->query.query = pages->sum->query;
    return pages;
}

static Step attempt_open(Recommender *r, gpointer data, GError **error)
{
    Open *open = data;
    Step step = recommend_step_one(r, open->request, error);
    if (step != STEP_DONE)
        return step;
    g_autoptr(RecommendPages) pages = pages_of(r, open->request);
    g_autoptr(GError) failure = NULL;
    pages->point_in_time = point_in_time_open(pages->client, pages->index, &failure);
    if (pages->point_in_time != NULL) {
        open->pages = g_steal_pointer(&pages);
        return STEP_DONE;
    }
    if (!g_error_matches(failure, ES_ERROR, 404)) {
        g_propagate_error(error, g_steal_pointer(&failure));
        return STEP_FAILED;
    }
    return open->request->profile != NULL ? STEP_RELEASE_CHANGED
                                          : recommend_is_stale(open->request, error);
}

RecommendPages *recommend_pages_open(Recommender *r, const RecommendRequest *request,
                                     GError **error)
{
    Open open = {.request = request};
    if (request->candidates > 0) {
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                            "an approximate ranking has no pages");
        return NULL;
    }
    if (!recommend_check(request, error) || !recommender_settle(r, attempt_open, &open, error))
        return NULL;
    g_autoptr(RecommendPages) pages = open.pages;
    return skip(pages, request->from, error) ? g_steal_pointer(&pages) : NULL;
}

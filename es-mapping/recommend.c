#include "recommend.h"

#include <string.h>

#include "feature_cache.h"
#include "hits.h"
#include "ranking_shares.h"
#include "recommend_pages.h"
#include "recommend_steps.h"
#include "recsys_error.h"
#include "whole_person.h"

#define MOST_ATTEMPTS 5 /* at reading one release from beginning to end */

struct Recommender {
    EsClient *client;
    char *alias;
    ReleaseMeta *meta; /* of the release seen last, or NULL */
    gboolean is_fresh; /* it was fetched for the call that is under way */
    FeatureCache *cache;
    Profile *profile;
    FeatureVectors *vectors;
    ProfileSum *sum;
    char *left_out;
};

Recommender *recommender_new(EsClient *client, const char *alias)
{
    Recommender *recommender = g_new0(Recommender, 1);
    recommender->client = client;
    recommender->alias = g_strdup(alias);
    recommender->cache = feature_cache_new();
    return recommender;
}

void recommender_free(Recommender *recommender)
{
    if (recommender == NULL)
        return;
    g_free(recommender->alias);
    release_meta_free(recommender->meta);
    feature_cache_free(recommender->cache);
    profile_free(recommender->profile);
    feature_vectors_free(recommender->vectors);
    profile_sum_free(recommender->sum);
    g_free(recommender->left_out);
    g_free(recommender);
}

EsClient *recommender_client(const Recommender *recommender)
{
    return recommender->client;
}

const char *recommender_alias(const Recommender *recommender)
{
    return recommender->alias;
}

const ReleaseMeta *recommender_release(const Recommender *recommender)
{
    return recommender->meta;
}

const FeatureVectors *recommender_last_vectors(const Recommender *recommender)
{
    return recommender->vectors;
}

const Profile *recommender_last_profile(const Recommender *recommender)
{
    return recommender->profile;
}

const ProfileSum *recommender_last_sum(const Recommender *recommender)
{
    return recommender->sum;
}

const char *recommender_left_out(const Recommender *recommender)
{
    return recommender->left_out;
}

/* ---- starting over ---- */

/* The release that is live now, if it is another one than was seen last; NULL also if the cluster
 * does not say. */
static ReleaseMeta *fetch_other_release(const Recommender *r)
{
    g_autoptr(ReleaseMeta) now = release_meta_fetch(r->client, r->alias, NULL);
    return now != NULL && strcmp(now->index, r->meta->index) != 0 ? g_steal_pointer(&now) : NULL;
}

/* What a request was refused for, without the cluster being asked, may be right in the release that
 * is live by now. TRUE, with that, if there is another one. */
static gboolean was_judged_by_an_old_release(Recommender *r, const GError *failure)
{
    if (!g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_USAGE) &&
        !g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE))
        return FALSE;
    ReleaseMeta *now = fetch_other_release(r);
    if (now == NULL)
        return FALSE;
    release_meta_free(r->meta);
    r->meta = now;
    r->is_fresh = TRUE;
    return TRUE;
}

gboolean recommender_settle(Recommender *r, RecommendAttempt attempt, gpointer data, GError **error)
{
    gboolean is_remembered = r->meta != NULL; /* the release, from an earlier call */
    r->is_fresh = FALSE;
    for (guint i = 0; i < MOST_ATTEMPTS; i++) {
        g_autoptr(GError) failure = NULL;
        if (r->meta == NULL) {
            r->meta = release_meta_fetch(r->client, r->alias, &failure);
            r->is_fresh = TRUE;
        }
        switch (r->meta != NULL ? attempt(r, data, &failure) : STEP_FAILED) {
        case STEP_DONE:
            return TRUE;
        case STEP_FAILED:
            if (is_remembered && was_judged_by_an_old_release(r, failure))
                break;
            g_propagate_error(error, g_steal_pointer(&failure));
            return FALSE;
        case STEP_RELEASE_CHANGED:
            g_clear_pointer(&r->meta, release_meta_free);
        }
        is_remembered = FALSE;
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "%s changed its release %d times while it was read; try again", r->alias,
                MOST_ATTEMPTS);
    return FALSE;
}

/* ---- approximate answers ---- */

guint recommend_usual_candidates(guint size)
{
    return CLAMP(size * 10, 100, QUERY_MOST_CANDIDATES);
}

gboolean recommend_check_knn(const ReleaseMeta *release, guint candidates, GError **error)
{
    if (candidates == 0 || release->knn)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "%s was released without --knn, so that it has only exact answers: leave out --knn "
                "here, or release it again with it",
                release->index);
    return FALSE;
}

static guint size_of(const RecommendRequest *request)
{
    return request->size > 0 ? request->size : RECOMMEND_USUAL;
}

static const char *why_not_approximate(const RecommendRequest *request)
{
    if (request->candidates == 0)
        return NULL;
    if (request->candidates > QUERY_MOST_CANDIDATES || request->candidates < size_of(request))
        return "the candidates must be as many as the movies asked for, and "
               "10000 at most";
    if (request->scoring != QUERY_MODEL)
        return "there is no approximate ranking of similar movies";
    return request->from > 0 ? "an approximate ranking has no further pages" : NULL;
}

/* ---- step 1 ---- */

/* Whom a request is for, as far as they are fetched: `vectors` are those of `profile`. */
typedef struct {
    Profile *profile;
    FeatureVectors *vectors;
} Person;

static void person_clear(Person *person)
{
    profile_free(person->profile);
    feature_vectors_free(person->vectors);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Person, person_clear)

/* The profile without the users that are not there. */
static void drop_missing(Recommender *r, Person *person, const gboolean *missing)
{
    FeatureVectors *all = person->vectors;
    FeatureVectors *kept = feature_vectors_new(all->count, all->k);
    kept->count = 0;
    for (guint i = 0; i < all->count; i++) {
        if (!missing[i]) {
            feature_vectors_set(kept, kept->count++, all, i);
            continue;
        }
        g_free(r->left_out);
        r->left_out = g_strdup(all->names[i]);
        profile_remove(person->profile, kept->count);
    }
    feature_vectors_free(all);
    person->vectors = kept;
}

/* A request that failed, or failed in part, because the release it was made for has been replaced
 * and deleted meanwhile is no failure. */
static Step judge_failure(Recommender *r, GError *failure, GError **error)
{
    gboolean by_server = failure->domain == ES_ERROR ||
                         g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE);
    g_autoptr(ReleaseMeta) now = by_server ? fetch_other_release(r) : NULL;
    if (now != NULL) {
        g_error_free(failure);
        return STEP_RELEASE_CHANGED;
    }
    g_propagate_error(error, failure);
    return STEP_FAILED;
}

/* Only users have documents that nobody can know of before they are asked for. */
static Step fetch_named(Recommender *r, const RecommendRequest *request, Person *person,
                        GError **error)
{
    const Profile *profile = request->profile;
    g_autofree gboolean *missing =
        request->cold_start ? g_new0(gboolean, profile_size(profile)) : NULL;
    GError *failure = NULL;
    Step step = feature_vectors_fetch(&person->vectors, r->client, r->alias, r->meta, profile,
                                      missing, &failure);
    if (step == STEP_FAILED)
        return judge_failure(r, failure, error);
    if (step != STEP_DONE || missing == NULL)
        return step;
    drop_missing(r, person, missing);
    if (person->vectors->count > 0)
        return STEP_DONE;
    g_set_error(
        error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
        "there is no %s in release %s, and the profile has no metadata to fall back to; add "
        "e.g. --age or --gender",
        r->left_out, r->meta->index);
    return STEP_FAILED;
}

/* The documents of attributes that were not seen yet, from the very index that named them. */
static Step fetch_attributes(Recommender *r, const Profile *features, FeatureVectors **vectors,
                             GError **error)
{
    g_autofree gboolean *missing = g_new0(gboolean, profile_size(features));
    GError *failure = NULL;
    Step step = feature_vectors_fetch(vectors, r->client, r->meta->index, r->meta, features,
                                      missing, &failure);
    if (step == STEP_FAILED)
        return judge_failure(r, failure, error);
    for (guint i = 0; step == STEP_DONE && i < profile_size(features); i++) {
        if (missing[i]) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                        "the user has the attribute %s, which has no document in %s: release it "
                        "again",
                        (*vectors)->names[i], r->meta->index);
            return STEP_FAILED;
        }
        feature_cache_put(r->cache, profile_get(features, i), *vectors, i);
    }
    return step;
}

/* Adds the rest of the person, from memory as far as it has been seen. */
static Step add_rest(Recommender *r, Person *person, const Profile *rest, GError **error)
{
    const guint named = person->vectors->count, count = profile_size(rest);
    g_autoptr(FeatureVectors) whole = feature_vectors_new(named + count, r->meta->k);
    g_autoptr(FeatureVectors) fetched = NULL;
    g_autoptr(Profile) unseen = profile_new();
    g_autofree gboolean *is_seen = g_new(gboolean, count + 1);
    for (guint i = 0; i < named; i++)
        feature_vectors_set(whole, i, person->vectors, i);
    for (guint i = 0; i < count; i++) {
        const ProfileFeature *feature = profile_get(rest, i);
        profile_add(person->profile, feature->type, feature->value);
        is_seen[i] = feature_cache_get(r->cache, feature, whole, named + i);
        if (!is_seen[i])
            profile_add(unseen, feature->type, feature->value);
    }
    if (profile_size(unseen) > 0) {
        const Step step = fetch_attributes(r, unseen, &fetched, error);
        if (step != STEP_DONE)
            return step;
    }
    for (guint i = 0, at = 0; i < count; i++)
        if (!is_seen[i])
            feature_vectors_set(whole, named + i, fetched, at++);
    feature_vectors_free(person->vectors);
    person->vectors = g_steal_pointer(&whole);
    return STEP_DONE;
}

static Step complete(Recommender *r, const RecommendRequest *request, Person *person,
                     GError **error)
{
    char *const *attributes = NULL;
    for (guint i = 0; i < person->vectors->count; i++) {
        feature_cache_put(r->cache, profile_get(person->profile, i), person->vectors, i);
        if (person->vectors->attributes[i] != NULL)
            attributes = person->vectors->attributes[i];
    }
    g_autoptr(Profile) rest =
        whole_person_rest(r->meta, person->profile, request->user_only ? NULL : attributes, error);
    if (rest == NULL)
        return STEP_FAILED;
    return profile_size(rest) > 0 ? add_rest(r, person, rest, error) : STEP_DONE;
}

/* Nothing is fetched for anyone, so that the release itself must be looked at. */
static Step take_anyone(Recommender *r, Person *person, GError **error)
{
    if (!r->is_fresh) {
        g_autoptr(ReleaseMeta) now = release_meta_fetch(r->client, r->alias, error);
        if (now == NULL)
            return STEP_FAILED;
        if (strcmp(now->index, r->meta->index) != 0)
            return STEP_RELEASE_CHANGED;
    }
    if (!profile_check_anyone(&r->meta->form, r->meta->index, error))
        return STEP_FAILED;
    person->vectors = feature_vectors_new(0, r->meta->k);
    return STEP_DONE;
}

static Step fetch_person(Recommender *r, const RecommendRequest *request, Person *person,
                         GError **error)
{
    person->profile = profile_copy(request->profile);
    if (profile_size(request->profile) == 0)
        return take_anyone(r, person, error);
    feature_cache_bind(r->cache, r->meta);
    const Step step = fetch_named(r, request, person, error);
    return step == STEP_DONE ? complete(r, request, person, error) : step;
}

static Step take_sum(Recommender *r, const RecommendRequest *request, GError **error)
{
    if (strcmp(request->index, r->meta->index) == 0) {
        ProfileSum *sum = profile_sum_copy(request->sum); /* which may be r->sum */
        profile_sum_free(r->sum);
        r->sum = sum;
        g_clear_pointer(&r->vectors, feature_vectors_free);
        g_clear_pointer(&r->profile, profile_free);
        return STEP_DONE;
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "%s is %s by now, the query is made for %s; try again", r->alias, r->meta->index,
                request->index);
    return STEP_FAILED;
}

Step recommend_step_one(Recommender *r, const RecommendRequest *request, GError **error)
{
    g_clear_pointer(&r->left_out, g_free);
    if (!recommend_check_knn(r->meta, request->candidates, error))
        return STEP_FAILED;
    if (request->profile == NULL)
        return take_sum(r, request, error);
    g_auto(Person) person = {0};
    Step step = fetch_person(r, request, &person, error);
    if (step != STEP_DONE)
        return step;
    profile_free(r->profile);
    r->profile = g_steal_pointer(&person.profile);
    feature_vectors_free(r->vectors);
    r->vectors = g_steal_pointer(&person.vectors);
    profile_sum_free(r->sum);
    r->sum = feature_vectors_sum(r->vectors, r->meta->w0, &r->meta->form);
    return STEP_DONE;
}

/* ---- step 2 ---- */

double recommend_shift(const float *query, guint k, double max_movie_norm, double min_movie_bias)
{
    return query_shift(query, k, max_movie_norm, min_movie_bias);
}

char *recommend_search_body(const float *query, guint k, double shift, guint size)
{
    const QueryBody body = {.query = query, .k = k, .shift = shift, .size = size};
    return query_body(&body);
}

char *recommend_ids_body(const float *query, guint k, double shift, guint size, const char *after)
{
    const QueryBody body = {
        .query = query, .k = k, .shift = shift, .size = size, .bare = TRUE, .after = after};
    return query_body(&body);
}

char *recommend_search_path(const char *index)
{
    g_autofree char *name = es_escape(index);
    return g_strdup_printf("/%s/_search", name);
}

static double shift_for(const ReleaseMeta *meta, const float *query, QueryScoring scoring,
                        guint candidates)
{
    if (candidates > 0)
        return 0;
    if (scoring == QUERY_COSINE)
        return 1;
    return query_shift(query, meta->k, meta->max_movie_norm,
                       scoring == QUERY_MODEL ? meta->min_movie_bias : 0);
}

QueryBody recommender_query(const Recommender *r, const RecommendRequest *request)
{
    return (QueryBody){
        .query = r->sum->query,
        .k = r->sum->k,
        .first = r->meta->form.rating_dims,
        .scoring = request->scoring,
        .shift = shift_for(r->meta, r->sum->query, request->scoring, request->candidates),
        .candidates = request->candidates,
        .size = size_of(request),
        .filter = request->filter,
        .with_vectors = request->with_vectors || request->explain ||
                        (request->scoring == QUERY_MODEL && r->meta->form.rating_dims > 0),
    };
}

static Step search(Recommender *r, const RecommendRequest *request, Ranking **result,
                   GError **error)
{
    const QueryBody query = recommender_query(r, request);
    g_autofree char *body = query_body(&query);
    g_autofree char *path = recommend_search_path(r->meta->index);
    g_auto(LiftedVectors) lifted = {0};
    g_auto(yajl_val) answer = NULL;
    lifted_vectors_init(&lifted);
    GError *failure = NULL;
    answer = es_query(r->client, path, body, &lifted, &failure);
    if (answer == NULL)
        return judge_failure(r, failure, error);
    g_autoptr(Ranking) ranking =
        ranking_new(r->meta->index, r->meta->model_id, &r->meta->form, query.shift);
    const HitsForm form = {
        .sum = request->scoring == QUERY_MODEL ? r->sum : NULL,
        .k = r->sum->k,
        .approximate = query.candidates > 0,
        .lifted = query.with_vectors ? &lifted : NULL,
    };
    ranking->candidates = query.candidates;
    if (!hits_read(ranking, answer, &form, &failure))
        return judge_failure(r, failure, error);
    *result = g_steal_pointer(&ranking);
    return STEP_DONE;
}

/* ---- both ---- */

typedef struct {
    const RecommendRequest *request;
    Ranking *ranking; /* the result */
} Ask;

Step recommend_is_stale(const RecommendRequest *request, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "%s, for which the query is made, is not there any more; try again",
                request->index);
    return STEP_FAILED;
}

static Step attempt_both(Recommender *r, gpointer data, GError **error)
{
    Ask *ask = data;
    Step step = recommend_step_one(r, ask->request, error);
    if (step == STEP_DONE)
        step = search(r, ask->request, &ask->ranking, error);
    if (step != STEP_RELEASE_CHANGED || ask->request->profile != NULL)
        return step;
    return recommend_is_stale(ask->request, error);
}

static Step attempt_sum(Recommender *r, gpointer data, GError **error)
{
    return recommend_step_one(r, data, error);
}

gboolean recommend_check(const RecommendRequest *request, GError **error)
{
    const char *why = NULL;
    const Profile *profile = request->profile;
    if (profile != NULL ? profile_size(profile) == 0 && !profile->anyone : request->sum == NULL)
        why = "for whom? the profile is empty";
    else if (request->profile == NULL && request->index == NULL)
        why = "which release is the sum of? a request by sum needs the index";
    else if (request->size > RECOMMEND_MOST)
        why = "1 to " G_STRINGIFY(QUERY_MOST) " movies can be asked for at a time";
    if (why == NULL)
        why = why_not_approximate(request);
    if (why == NULL)
        return (request->profile == NULL || profile_check(request->profile, error)) &&
               (request->filter == NULL || filter_check(request->filter, error));
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, why);
    return FALSE;
}

static Ranking *ask_page(Recommender *r, const RecommendRequest *request, GError **error)
{
    g_autoptr(RecommendPages) pages = recommend_pages_open(r, request, error);
    return pages != NULL ? recommend_pages_next(pages, size_of(request), error) : NULL;
}

Ranking *recommender_ask(Recommender *r, const RecommendRequest *request, GError **error)
{
    if (!recommend_check(request, error))
        return NULL;
    if (request->from > 0)
        return ask_page(r, request, error);
    Ask ask = {.request = request};
    if (!recommender_settle(r, attempt_both, &ask, error))
        return NULL;
    const FeatureVectors *parts = request->profile != NULL ? r->vectors : request->parts;
    if (request->explain && parts != NULL)
        ranking_explain(ask.ranking, parts);
    ask.ranking->left_out = g_strdup(r->left_out);
    return ask.ranking;
}

Ranking *recommender_rank(Recommender *r, const Profile *profile, guint size, GError **error)
{
    const RecommendRequest request = {.profile = profile, .size = size};
    return recommender_ask(r, &request, error);
}

gboolean recommender_prepare(Recommender *r, const RecommendRequest *request, GError **error)
{
    return recommend_check(request, error) &&
           recommender_settle(r, attempt_sum, (gpointer)request, error);
}

/* ---- any vectors ---- */

typedef struct {
    const Profile *features;
    gboolean *missing;
    FeatureVectors *vectors; /* the result */
} Fetch;

static Step attempt_fetch(Recommender *r, gpointer data, GError **error)
{
    Fetch *fetch = data;
    return feature_vectors_fetch(&fetch->vectors, r->client, r->alias, r->meta, fetch->features,
                                 fetch->missing, error);
}

FeatureVectors *recommender_fetch(Recommender *r, const Profile *features, gboolean *missing,
                                  GError **error)
{
    Fetch fetch = {.features = features, .missing = missing};
    return recommender_settle(r, attempt_fetch, &fetch, error) ? fetch.vectors : NULL;
}

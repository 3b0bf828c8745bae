#include "newcomer.h"

#include <math.h>
#include <string.h>

#include "feature_table.h"
#include "recsys_error.h"

#define MOST_ATTEMPTS 3
#define MOST_NAMED 20 /* movies in a message */

void newcomer_free(Newcomer *newcomer)
{
    if (newcomer == NULL)
        return;
    profile_sum_free(newcomer->sum);
    feature_vectors_free(newcomer->parts);
    g_free(newcomer->index);
    g_free(newcomer->shown);
    g_ptr_array_unref(newcomer->unknown);
    g_free(newcomer);
}

void history_exclude(const History *history, Filter *filter)
{
    for (guint i = 0; i < history->ratings->len; i++)
        filter_exclude(filter, history_get(history, i)->movie);
}

/* ---- solving ---- */

static void put_part(FeatureVectors *parts, char *name, const float *vector, double bias)
{
    memcpy(parts->values + (gsize)parts->count * parts->k, vector, parts->k * sizeof *vector);
    parts->biases[parts->count] = bias;
    parts->names[parts->count++] = name;
}

/* Averages in the place of what is not known. */
static void put_averages(FeatureVectors *parts, const Population *population,
                         const Profile *profile)
{
    for (guint i = 0; i < population->means->len; i++) {
        const PopulationMean *mean = g_ptr_array_index(population->means, i);
        if (strcmp(mean->type, FEATURE_USER) != 0 && profile_value(profile, mean->type) == NULL)
            put_part(parts, g_strdup_printf("average %s", mean->type), mean->vector, mean->bias);
    }
}

/* What is summed but the person; room for one more. */
static FeatureVectors *gather(const FoldInPrior *prior, const Profile *profile,
                              const FeatureVectors *known)
{
    const guint averages = prior->population != NULL ? prior->population->means->len : 0;
    FeatureVectors *parts = feature_vectors_new(known->count + averages + 1, prior->k);
    parts->count = 0;
    for (guint i = 0; i < known->count; i++)
        put_part(parts, g_strdup(known->names[i]), feature_vectors_get(known, i), known->biases[i]);
    if (averages > 0)
        put_averages(parts, prior->population, profile);
    return parts;
}

/* [k + 1]: the average user; zero if the release does not say, and where that is the average. */
static double *mean_of(const FoldInPrior *prior)
{
    double *values = g_new0(double, prior->k + 1);
    const PopulationMean *mean =
        prior->population != NULL ? population_find(prior->population, FEATURE_USER) : NULL;
    for (guint f = 0; mean != NULL && f < prior->k; f++)
        values[f] = mean->vector[f];
    values[prior->k] = mean != NULL ? mean->bias : 0;
    return values;
}

/* FoldInRating: those with a rating. */
static GArray *rated_of(const FoldInRating *shown, guint count)
{
    GArray *rated = g_array_new(FALSE, FALSE, sizeof(FoldInRating));
    for (guint i = 0; i < count; i++)
        if (!isnan(shown[i].rating))
            g_array_append_val(rated, shown[i]);
    return rated;
}

/* person [k + 1]: by ratings, by ranking, or one half of it by each. */
static gboolean solve_person(double *person, const FoldInPerson *about, const FoldInPrior *prior,
                             const FoldInRating *shown, guint count, GError **error)
{
    const Objective objective = about->form->objective;
    g_autoptr(GArray) rated = objective == OBJECTIVE_BOTH ? rated_of(shown, count) : NULL;
    const FoldInRating *with = rated != NULL ? (const FoldInRating *)(gpointer)rated->data : shown;
    if (objective != OBJECTIVE_RANKING &&
        !fold_in_solve(person, about, with, rated != NULL ? rated->len : count, error))
        return FALSE;
    return objective == OBJECTIVE_RATINGS ||
           fold_in_ranking_solve(person, prior->ranking, about->known, shown, count, error);
}

/* [k] the sum of all dimensions, of both halves. */
static double *whole_sum(const ProfileSum *sum)
{
    const float *query = sum->rating_query != NULL ? sum->rating_query : sum->query;
    double *whole = g_new(double, sum->k);
    for (guint f = 0; f < sum->k; f++)
        whole[f] = query[f];
    return whole;
}

static char *describe_shown(const FoldInRating *shown, guint count)
{
    const char *what = "rating";
    for (guint i = 0; i < count; i++)
        if (isnan(shown[i].rating))
            what = "movie";
    return g_strdup_printf("%u %s%s", count, what, count == 1 ? "" : "s");
}

static Newcomer *newcomer_new(ProfileSum *sum, FeatureVectors *parts, const double *person)
{
    Newcomer *newcomer = g_new0(Newcomer, 1);
    g_autofree float *vector = g_new(float, parts->k);
    for (guint f = 0; f < parts->k; f++)
        vector[f] = (float)person[f];
    put_part(parts, NULL, vector, person[parts->k]);
    newcomer->sum = sum;
    newcomer->parts = parts;
    newcomer->unknown = g_ptr_array_new();
    return newcomer;
}

Newcomer *newcomer_solve(const NewcomerModel *model, const Profile *profile,
                         const FeatureVectors *known, const FoldInRating *shown, guint count,
                         GError **error)
{
    const FoldInPrior *prior = model->prior;
    g_autoptr(FeatureVectors) parts = gather(prior, profile, known);
    g_autoptr(ProfileSum) others = feature_vectors_sum(parts, model->w0, model->form);
    g_autofree double *sum = whole_sum(others);
    g_autofree double *mean = mean_of(prior);
    g_autofree double *person = g_new0(double, prior->k + 1);
    const FoldInPerson about = {
        .k = prior->k,
        .form = model->form,
        .lambda = prior->population != NULL ? prior->population->lambda : 1,
        .offset = others->offset,
        .known = sum,
        .prior = mean,
        .scales = prior->scales,
    };
    if (!solve_person(person, &about, prior, shown, count, error))
        return NULL;
    Newcomer *newcomer = newcomer_new(fold_in_sum(&about, person), g_steal_pointer(&parts), person);
    newcomer->ratings = count;
    newcomer->shown = describe_shown(shown, count);
    newcomer->parts->names[newcomer->parts->count - 1] = g_strdup(newcomer->shown);
    return newcomer;
}

/* ---- fetching ---- */

/* One list for one request: the profile, then the movies. */
static Profile *features_of(const NewcomerRequest *who)
{
    Profile *features = profile_new();
    for (guint i = 0; who->profile != NULL && i < profile_size(who->profile); i++) {
        const ProfileFeature *feature = profile_get(who->profile, i);
        profile_add(features, feature->type, feature->value);
    }
    for (guint i = 0; i < who->history->ratings->len; i++)
        profile_add(features, FEATURE_MOVIE, history_get(who->history, i)->movie);
    return features;
}

/* The first `count` of them, which must all be there. */
static FeatureVectors *take_known(const FeatureVectors *all, const gboolean *missing, guint count,
                                  const char *index, GError **error)
{
    g_autoptr(FeatureVectors) known = feature_vectors_new(count, all->k);
    known->count = 0;
    for (guint i = 0; i < count; i++) {
        if (missing[i]) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no %s in release %s",
                        all->names[i], index);
            return NULL;
        }
        put_part(known, g_strdup(all->names[i]), feature_vectors_get(all, i), all->biases[i]);
    }
    return g_steal_pointer(&known);
}

static gboolean fail_unknown(const NewcomerRequest *who, const GPtrArray *unknown,
                             const char *index, GError **error)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (guint i = 0; i < MIN(unknown->len, MOST_NAMED); i++) {
        const HistoryRating *rating = g_ptr_array_index(unknown, i);
        g_string_append_printf(names, "%s%s (line %u)", i > 0 ? ", " : "", rating->movie,
                               rating->line);
    }
    if (unknown->len > MOST_NAMED)
        g_string_append(names, ", …");
    g_set_error(
        error, RECSYS_ERROR, RECSYS_ERROR_DATA,
        "%s: %u of its %u movies are not in release %s: %s%s", who->history->source, unknown->len,
        who->history->ratings->len, index, names->str,
        unknown->len == who->history->ratings->len ? "" : "; --skip-unknown goes on without them");
    return FALSE;
}

/* The ratings whose movies are there; `vectors` has those of the history from `first` on. */
static gboolean take_shown(GArray *shown, GPtrArray *unknown, const NewcomerRequest *who,
                           const FeatureVectors *vectors, const gboolean *missing, guint first)
{
    for (guint i = 0; i < who->history->ratings->len; i++) {
        const HistoryRating *rating = history_get(who->history, i);
        const guint at = first + i;
        const FoldInRating entry = {feature_vectors_get(vectors, at), vectors->biases[at],
                                    rating->rating};
        if (missing[at])
            g_ptr_array_add(unknown, (gpointer)rating);
        else
            g_array_append_val(shown, entry);
    }
    return unknown->len == 0 || (who->skip_unknown && shown->len > 0);
}

static Newcomer *solve_fetched(const ReleaseMeta *release, const NewcomerRequest *who,
                               const FeatureVectors *vectors, const gboolean *missing,
                               GError **error)
{
    g_autoptr(Profile) nothing = profile_new();
    const Profile *profile = who->profile != NULL ? who->profile : nothing;
    g_autoptr(GArray) shown = g_array_new(FALSE, FALSE, sizeof(FoldInRating));
    g_autoptr(GPtrArray) unknown = g_ptr_array_new();
    g_autoptr(FeatureVectors) known =
        take_known(vectors, missing, profile_size(profile), release->index, error);
    g_autoptr(FoldInPrior) prior =
        fold_in_prior_read(release->fold_in, &release->form, release->k, release->movies);
    const HistoryScale scale = fold_in_prior_scale(prior, &release->form);
    if (known == NULL || !fold_in_prior_check(prior, release->index, error) ||
        !history_check_scale(who->history, &scale, error))
        return NULL;
    if (!take_shown(shown, unknown, who, vectors, missing, profile_size(profile))) {
        fail_unknown(who, unknown, release->index, error);
        return NULL;
    }
    const NewcomerModel model = {prior, release->w0, &release->form};
    Newcomer *newcomer = newcomer_solve(
        &model, profile, known, (const FoldInRating *)(gpointer)shown->data, shown->len, error);
    if (newcomer == NULL)
        return NULL;
    newcomer->index = g_strdup(release->index);
    g_ptr_array_unref(newcomer->unknown);
    newcomer->unknown = g_steal_pointer(&unknown);
    return newcomer;
}

Newcomer *newcomer_fetch(Recommender *recommender, const NewcomerRequest *who, GError **error)
{
    if (who->profile != NULL && profile_value(who->profile, FEATURE_USER) != NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "a history is that of a person the model does not know, a user is one it "
                    "knows: give one of the two");
        return NULL;
    }
    g_autoptr(Profile) features = features_of(who);
    g_autofree gboolean *missing = g_new0(gboolean, profile_size(features));
    g_autoptr(FeatureVectors) vectors = recommender_fetch(recommender, features, missing, error);
    if (vectors == NULL)
        return NULL;
    return solve_fetched(recommender_release(recommender), who, vectors, missing, error);
}

/* ---- and the search ---- */

static Ranking *attempt(Newcomer **newcomer, Recommender *recommender, const NewcomerRequest *who,
                        const RecommendRequest *what, GError **error)
{
    RecommendRequest request = *what;
    g_autoptr(Newcomer) made = newcomer_fetch(recommender, who, error);
    if (made == NULL)
        return NULL;
    request.profile = NULL;
    request.sum = made->sum;
    request.index = made->index;
    request.parts = made->parts;
    request.scoring = QUERY_MODEL;
    Ranking *ranking = recommender_ask(recommender, &request, error);
    if (ranking != NULL)
        *newcomer = g_steal_pointer(&made);
    return ranking;
}

Ranking *newcomer_ask(Newcomer **newcomer, Recommender *recommender, const NewcomerRequest *who,
                      const RecommendRequest *what, GError **error)
{
    for (guint i = 1;; i++) {
        g_autoptr(GError) failure = NULL;
        Ranking *ranking = attempt(newcomer, recommender, who, what, &failure);
        if (ranking != NULL)
            return ranking;
        if (i == MOST_ATTEMPTS ||
            !g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE)) {
            g_propagate_error(error, g_steal_pointer(&failure));
            return NULL;
        }
    }
}

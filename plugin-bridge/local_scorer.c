#include "local_scorer.h"

#include <math.h>

#include "document.h"
#include "recsys_error.h"

gboolean local_find(const Bundle *bundle, const ProfileFeature *wanted, guint *index,
                    GError **error)
{
    if (feature_table_find(bundle->features, wanted->type, wanted->value, index))
        return TRUE;
    g_autofree char *known = feature_table_describe_values(bundle->features, wanted->type);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no %s %s in %s; known: %s",
                wanted->type, wanted->value, bundle->path, known[0] != '\0' ? known : "none");
    return FALSE;
}

Profile *local_whole(const Bundle *bundle, const Profile *profile)
{
    guint index;
    Profile *whole = profile_copy(profile);
    const char *user = profile_value(profile, FEATURE_USER);
    if (user == NULL || profile->user_only ||
        !feature_table_find(bundle->features, FEATURE_USER, user, &index))
        return whole;
    const Attributes attributes = feature_table_attributes(bundle->features, index);
    for (guint i = 0; i < attributes.count; i++) {
        const Feature *feature = feature_table_get(bundle->features, attributes.indices[i]);
        if (profile_value(whole, feature->type) == NULL)
            profile_add(whole, feature->type, feature->value);
    }
    return whole;
}

ProfileSum *local_profile_sum(const Bundle *bundle, const Profile *named, GError **error)
{
    g_autoptr(Profile) profile = local_whole(bundle, named);
    if (named->anyone && !profile_check_anyone(&bundle->form, bundle->path, error))
        return NULL;
    const guint count = profile_size(profile);
    g_autofree const float **vectors = g_new(const float *, count + 1);
    g_autofree double *biases = g_new(double, count + 1);
    for (guint i = 0; i < count; i++) {
        guint index;
        if (!local_find(bundle, profile_get(profile, i), &index, error))
            return NULL;
        vectors[i] = fm_vector(bundle->model, index);
        biases[i] = bundle->model->bias[index];
    }
    return profile_sum(vectors, biases, count, bundle->model->k, bundle->model->w0, &bundle->form);
}

void local_score_all(ExactScore *scores, const Bundle *bundle, const float *query, double shift)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    for (guint i = 0; i < movies->len; i++) {
        guint movie = g_array_index(movies, guint, i);
        scores[i] = exact_score(query, fm_vector(bundle->model, movie), bundle->model->k,
                                bundle->model->bias[movie], shift);
    }
}

static int compare_scores(gconstpointer a, gconstpointer b, gpointer data)
{
    const ExactScore *scores = data;
    guint x = *(const guint *)a, y = *(const guint *)b;
    if (scores[x].score != scores[y].score)
        return scores[x].score < scores[y].score ? 1 : -1;
    return (x > y) - (x < y);
}

static RankedMovie describe(const Bundle *bundle, guint index, double score)
{
    const Feature *feature = feature_table_get(bundle->features, index);
    char *no_genres[] = {NULL};
    return (RankedMovie){
        .id = document_id(bundle, DOC_IDS_BY_VALUE, index),
        .value = g_strdup(feature->value),
        .title = g_strdup(feature->title != NULL ? feature->title : ""),
        .genres = g_strdupv(feature->genres != NULL ? (char **)feature->genres : no_genres),
        .year = feature->year,
        .score = score,
    };
}

Ranking *local_rank(const Bundle *bundle, const Profile *profile, guint size, GError **error)
{
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, error);
    if (sum == NULL)
        return NULL;
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    g_autofree ExactScore *scores = g_new(ExactScore, movies->len);
    local_score_all(scores, bundle, sum->query, 0);

    g_autofree guint *order = g_new(guint, movies->len);
    for (guint i = 0; i < movies->len; i++)
        order[i] = i;
    g_qsort_with_data(order, (gint)movies->len, sizeof *order, compare_scores, scores);

    Ranking *ranking = ranking_new(NULL, bundle->model_id, &bundle->form, 0);
    ranking->offset = bundle->form.link != LINK_NONE ? sum->offset : NAN;
    for (guint i = 0; i < MIN(size, movies->len); i++) {
        guint at = order[i];
        const guint index = g_array_index(movies, guint, at);
        RankedMovie movie = describe(bundle, index, scores[at].score);
        movie.rating =
            profile_rating(sum, movie.score, fm_vector(bundle->model, index), &bundle->form);
        ranking_add(ranking, &movie);
    }
    return ranking;
}

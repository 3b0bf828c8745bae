#include "fold_in_prior.h"

#include <math.h>
#include <string.h>

#include "document.h"

#include "recsys_error.h"

void fold_in_prior_free(FoldInPrior *prior)
{
    if (prior == NULL)
        return;
    population_free(prior->population);
    g_free(prior->scales);
    g_free(prior->precisions);
    fold_in_ranking_free(prior->ranking);
    g_free(prior->refused);
    g_free(prior);
}

static void refuse(FoldInPrior *prior, const char *why)
{
    if (prior->refused == NULL)
        prior->refused = g_strdup(why);
}

/* ---- the Gram matrix ---- */

/* [d, d], of which the upper half is filled: that of all movies, in the dimensions from `first`. */
static double *gram_of_movies(const Bundle *bundle, guint first)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    const guint d = bundle->model->k - first;
    double *gram = g_new0(double, (gsize)d *d);
    for (guint i = 0; i < movies->len; i++) {
        const float *v = fm_vector(bundle->model, g_array_index(movies, guint, i)) + first;
        for (guint j = 0; j < d; j++) {
            const double value = v[j];
            for (guint l = j; l < d; l++)
                gram[(gsize)j * d + l] += value * (double)v[l];
        }
    }
    return gram;
}

static gboolean is_diagonal(const double *gram, guint d, double ridge)
{
    for (guint j = 0; j < d; j++)
        for (guint l = j + 1; l < d; l++) {
            const double here = gram[(gsize)j * d + j] + ridge;
            const double there = gram[(gsize)l * d + l] + ridge;
            if (!(fabs(gram[(gsize)j * d + l]) <= FOLD_IN_DIAGONAL * sqrt(here * there)))
                return FALSE;
        }
    return TRUE;
}

static void take_gram_of_bundle(FoldInPrior *prior, const Bundle *bundle)
{
    FoldInRanking *ranking = prior->ranking;
    const guint first = ranking->first, d = ranking->k - first;
    g_autofree double *gram = gram_of_movies(bundle, first);
    ranking->gram = g_new0(float, ranking->k);
    for (guint j = 0; j < d; j++)
        ranking->gram[first + j] = (float)gram[(gsize)j * d + j];
    if (!is_diagonal(gram, d, ranking->lambda * ranking->movies))
        refuse(prior, "the Gram matrix of its movies' vectors is not diagonal, as "
                      "`recsys-trainer train` leaves it");
}

/* ---- reading ---- */

static float *read_vector(yajl_val object, const char *name, guint length)
{
    g_autofree float *vector = g_new(float, length);
    return document_read_vector(vector, length, json_get(object, name)) ? g_steal_pointer(&vector)
                                                                        : NULL;
}

/* FALSE if something is missing or makes no sense. */
static gboolean read_ratings(FoldInPrior *prior, yajl_val object)
{
    const guint d = prior->k + 1;
    prior->precisions = read_vector(object, "precisions", d);
    prior->scales = g_new0(double, d);
    for (guint j = 0; prior->precisions != NULL && j < d; j++) {
        if (!(prior->precisions[j] >= 0))
            return FALSE;
        if (prior->precisions[j] > 0)
            prior->scales[j] = 1 / sqrt((double)prior->precisions[j]);
    }
    return prior->precisions != NULL;
}

static gboolean read_ranking(FoldInPrior *prior, yajl_val object, guint first, guint movies)
{
    FoldInRanking *ranking = prior->ranking = g_new0(FoldInRanking, 1);
    ranking->k = prior->k;
    ranking->first = first;
    ranking->movies = movies;
    ranking->mean = read_vector(object, "mean", prior->k);
    return ranking->mean != NULL && json_get_double(object, "alpha", &ranking->alpha) &&
           json_get_double(object, "lambda", &ranking->lambda) &&
           json_get_double(object, "target_scale", &ranking->target_scale) &&
           json_get_double(object, "lowest", &ranking->lowest) &&
           json_get_double(object, "highest", &ranking->highest) && ranking->alpha >= 0 &&
           ranking->lambda > 0 && ranking->lowest <= ranking->highest;
}

static gboolean read_both(FoldInPrior *prior, yajl_val object, const ModelForm *form, guint movies)
{
    return (form->objective == OBJECTIVE_RANKING ||
            read_ratings(prior, json_get(object, "ratings"))) &&
           (form->objective == OBJECTIVE_RATINGS ||
            read_ranking(prior, json_get(object, "ranking"), form->rating_dims, movies));
}

static FoldInPrior *prior_new(yajl_val object, const ModelForm *form, guint k, guint movies)
{
    FoldInPrior *prior = g_new0(FoldInPrior, 1);
    prior->k = k;
    prior->refused = g_strdup(json_get_string(object, "refused"));
    if (!read_both(prior, object, form, movies))
        refuse(prior, "the model does not say how");
    return prior;
}

static FoldInPrior *prior_with(Population *population)
{
    FoldInPrior *prior = g_new0(FoldInPrior, 1);
    prior->k = population->k;
    prior->population = population;
    return prior;
}

FoldInPrior *fold_in_prior_read(yajl_val object, const ModelForm *form, guint k, guint movies)
{
    if (form->interactions == INTERACTIONS_ALL)
        return prior_with(population_read(object, k));
    FoldInPrior *prior = prior_new(object, form, k, movies);
    if (prior->refused != NULL || prior->ranking == NULL)
        return prior;
    prior->ranking->gram = read_vector(json_get(object, "ranking"), "gram", k);
    if (prior->ranking->gram == NULL)
        refuse(prior, "the release has no Gram matrix");
    return prior;
}

FoldInPrior *fold_in_prior_of_bundle(const Bundle *bundle)
{
    const ModelForm *form = &bundle->form;
    if (form->interactions == INTERACTIONS_ALL)
        return prior_with(population_of_bundle(bundle));
    const guint movies = feature_table_of_type(bundle->features, FEATURE_MOVIE)->len;
    yajl_val object = json_get(bundle->training, "fold_in");
    FoldInPrior *prior = prior_new(object, form, bundle->model->k, movies);
    if (prior->refused == NULL && prior->ranking != NULL)
        take_gram_of_bundle(prior, bundle);
    return prior;
}

/* ---- writing ---- */

static void put_ranking(yajl_gen json, const FoldInRanking *ranking)
{
    json_put_key(json, "ranking");
    yajl_gen_map_open(json);
    json_put_member_double(json, "alpha", ranking->alpha);
    json_put_member_double(json, "lambda", ranking->lambda);
    json_put_member_double(json, "target_scale", ranking->target_scale);
    json_put_member_double(json, "lowest", ranking->lowest);
    json_put_member_double(json, "highest", ranking->highest);
    document_put_vector(json, "mean", ranking->mean, ranking->k);
    document_put_vector(json, "gram", ranking->gram, ranking->k);
    yajl_gen_map_close(json);
}

static void put_ratings(yajl_gen json, const FoldInPrior *prior)
{
    json_put_key(json, "ratings");
    yajl_gen_map_open(json);
    document_put_vector(json, "precisions", prior->precisions, prior->k + 1);
    yajl_gen_map_close(json);
}

void fold_in_prior_put(yajl_gen json, const FoldInPrior *prior)
{
    if (prior->population != NULL) {
        population_put(json, prior->population);
        return;
    }
    yajl_gen_map_open(json);
    if (prior->refused != NULL) {
        json_put_member_string(json, "refused", prior->refused);
    } else {
        if (prior->precisions != NULL)
            put_ratings(json, prior);
        if (prior->ranking != NULL)
            put_ranking(json, prior->ranking);
    }
    yajl_gen_map_close(json);
}

/* ---- for whom ---- */

gboolean fold_in_prior_check(const FoldInPrior *prior, const char *where, GError **error)
{
    if (prior->refused == NULL)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "nobody can be folded into %s from a history: %s; train and release it again, or "
                "ask by --age, --gender and the like",
                where, prior->refused);
    return FALSE;
}

HistoryScale fold_in_prior_scale(const FoldInPrior *prior, const ModelForm *form)
{
    const gboolean by_ratings = form->objective == OBJECTIVE_RATINGS;
    switch (form->link) {
    case LINK_SIGMOID:
        return (HistoryScale){0, form->scale, .is_open = TRUE, .by_ratings = by_ratings};
    case LINK_IDENTITY:
        return (HistoryScale){form->lowest, form->highest, .by_ratings = by_ratings};
    case LINK_NONE:
        break;
    }
    const FoldInRanking *ranking = prior->ranking;
    return ranking != NULL ? (HistoryScale){ranking->lowest, ranking->highest}
                           : (HistoryScale){0, G_MAXDOUBLE};
}

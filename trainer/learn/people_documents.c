#include "people_documents.h"

#include <math.h>
#include <string.h>

#include "attribute_ridge.h"
#include "recsys_error.h"

/* ---- the whole people of a factorization machine ---- */

char *people_find_other_type(const FeatureTable *table)
{
    guint users;
    const guint first = feature_table_first(table, FEATURE_USER, &users),
                n = feature_table_size(table);
    g_autofree guint8 *is_known = g_new0(guint8, n);
    for (guint u = first; u < first + users; u++) {
        const Attributes attributes = feature_table_attributes(table, u);
        for (guint a = 0; a < attributes.count; a++)
            is_known[attributes.indices[a]] = TRUE;
    }
    for (guint i = 0; i < n; i++) {
        const char *type = feature_table_get(table, i)->type;
        if (is_known[i] || strcmp(type, FEATURE_USER) == 0 || strcmp(type, FEATURE_MOVIE) == 0)
            continue;
        return g_strdup_printf(
            "%s is not the same in all ratings of a user, so it is no part of a person", type);
    }
    return NULL;
}

/* sum [k] += v, and the offset grows by its bias and its products with what was there before. */
static void add_feature(double *sum, double *offset, const FmModel *model, guint feature)
{
    const float *v = fm_vector(model, feature);
    *offset += (double)model->bias[feature];
    for (guint d = 0; d < model->k; d++) {
        *offset += sum[d] * (double)v[d];
        sum[d] += (double)v[d];
    }
}

static void set_person(PeopleAndMovies *whole, guint user, const FmModel *model,
                       const FeatureTable *table, guint feature)
{
    const guint k = model->k;
    const Attributes attributes = feature_table_attributes(table, feature);
    g_autofree double *sum = g_new0(double, k);
    double offset = 0;
    add_feature(sum, &offset, model, feature);
    for (guint a = 0; a < attributes.count; a++)
        add_feature(sum, &offset, model, attributes.indices[a]);
    for (guint d = 0; d < k; d++)
        whole->user_vectors[(gsize)user * k + d] = (float)sum[d];
    whole->user_offsets[user] = (float)offset;
}

PeopleAndMovies *people_of_fm(const FmModel *model, const FeatureTable *table, GError **error)
{
    guint users, movies;
    const guint first_user = feature_table_first(table, FEATURE_USER, &users);
    const guint first_movie = feature_table_first(table, FEATURE_MOVIE, &movies);
    g_autofree char *other = people_find_other_type(table);
    if (other != NULL) {
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_DATA, other);
        return NULL;
    }
    PeopleAndMovies *whole = people_and_movies_new(users, movies, model->k);
    whole->mean = (double)model->w0;
    for (guint u = 0; u < users; u++)
        set_person(whole, u, model, table, first_user + u);
    memcpy(whole->movie_vectors, fm_vector(model, first_movie),
           (gsize)movies * model->k * sizeof(float));
    memcpy(whole->movie_biases, model->bias + first_movie, movies * sizeof(float));
    return whole;
}

/* ---- documents ---- */

static void round_vector(float *to, const double *from, guint k)
{
    for (guint d = 0; d < k; d++)
        to[d] = (float)from[d];
}

typedef struct {
    const PeopleAndMovies *whole;
    const FeatureTable *table;
    const PeopleDocumentsOptions *options;
    const AttributeRidge *ridge; /* of [vector, offset], d = k + 1 */
    PeopleDocuments *to;
} Writing;

static float *row_of(const Writing *w, guint feature)
{
    return w->to->model->embeddings + (gsize)feature * w->whole->k;
}

static void write_movies(const Writing *w)
{
    guint movies;
    const guint k = w->whole->k, first = feature_table_first(w->table, FEATURE_MOVIE, &movies);
    for (guint m = 0; m < movies; m++) {
        const float *vector = w->whole->movie_vectors + (gsize)m * k;
        double bias = (double)w->whole->movie_biases[m];
        for (guint d = 0; d < k; d++)
            bias += w->ridge->mean[d] * (double)vector[d];
        w->to->model->bias[first + m] = (float)bias;
        memcpy(row_of(w, first + m), vector, k * sizeof *vector);
    }
}

static void write_attributes(const Writing *w)
{
    const guint k = w->whole->k;
    for (guint i = 0; i < feature_table_size(w->table); i++) {
        if (w->ridge->place[i] == G_MAXUINT)
            continue;
        const float *b = w->ridge->estimates + (gsize)w->ridge->place[i] * w->ridge->d;
        memcpy(row_of(w, i), b, k * sizeof *b);
        w->to->model->bias[i] = b[k];
    }
}

static void write_users(const Writing *w)
{
    const guint k = w->whole->k, first = w->ridge->first_user;
    double total = 0;
    for (guint u = 0; u < w->ridge->users; u++) {
        const double *own = w->ridge->residuals + (gsize)u * w->ridge->d;
        float *row = row_of(w, first + u);
        round_vector(row, own, k);
        w->to->model->bias[first + u] = (float)own[k];
        total += w->options->weights[u];
        for (guint d = 0; d < k; d++)
            w->to->variances[d] += w->options->weights[u] * (double)row[d] * (double)row[d];
        w->to->variances[k] += w->options->weights[u] * own[k] * own[k];
    }
    for (guint d = 0; d <= k && total > 0; d++)
        w->to->variances[d] /= total;
}

static gboolean is_finite(const FmModel *model)
{
    gboolean finite = isfinite(model->w0);
    for (gsize i = 0; i < (gsize)model->n * model->k; i++)
        finite = finite && isfinite(model->embeddings[i]);
    for (guint i = 0; i < model->n; i++)
        finite = finite && isfinite(model->bias[i]);
    return finite;
}

static AttributeRidge *regress(const PeopleAndMovies *whole, const FeatureTable *table,
                               const PeopleDocumentsOptions *options)
{
    const guint k = whole->k, d = k + 1;
    g_autofree double *targets = g_new(double, (gsize)whole->users *d + 1);
    for (guint u = 0; u < whole->users; u++) {
        for (guint i = 0; i < k; i++)
            targets[(gsize)u * d + i] = (double)whole->user_vectors[(gsize)u * k + i];
        targets[(gsize)u * d + k] = (double)whole->user_offsets[u];
    }
    return attribute_ridge_new(targets, options->weights, d, table, options->lambda);
}

PeopleDocuments *people_documents_new(const PeopleAndMovies *whole, const FeatureTable *table,
                                      const PeopleDocumentsOptions *options, GError **error)
{
    const guint k = whole->k;
    g_autoptr(PeopleDocuments) documents = g_new0(PeopleDocuments, 1);
    g_autoptr(AttributeRidge) ridge = regress(whole, table, options);
    documents->model = fm_model_new(feature_table_size(table), k);
    documents->mean = g_new(float, k);
    documents->variances = g_new0(double, (gsize)k + 1);
    const Writing writing = {whole, table, options, ridge, documents};
    write_movies(&writing);
    write_attributes(&writing);
    write_users(&writing);
    round_vector(documents->mean, ridge->mean, k);
    documents->model->w0 = (float)(whole->mean + ridge->mean[k]);
    if (is_finite(documents->model))
        return g_steal_pointer(&documents);
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "the model has numbers that are not finite");
    return NULL;
}

void people_documents_free(PeopleDocuments *documents)
{
    if (documents == NULL)
        return;
    fm_model_free(documents->model);
    g_free(documents->mean);
    g_free(documents->variances);
    g_free(documents);
}

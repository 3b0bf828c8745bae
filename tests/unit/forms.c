#include "forms.h"

#include <math.h>

#include "fixtures.h"

ModelForm form_of(Objective objective, Link link, guint rating_dims)
{
    return (ModelForm){
        .objective = objective,
        .link = objective == OBJECTIVE_RANKING ? LINK_NONE : link,
        .scale = link == LINK_SIGMOID ? 5.5 : 0,
        .lowest = link == LINK_IDENTITY ? 1 : 0,
        .highest = link == LINK_IDENTITY ? 5 : 0,
        .interactions = INTERACTIONS_MOVIE,
        .rating_dims = rating_dims,
    };
}

static char *base64(const float *values, guint count)
{
    g_autofree guint32 *bits = g_memdup2(values, count * sizeof *values);
    for (guint i = 0; i < count; i++)
        bits[i] = GUINT32_TO_BE(bits[i]);
    return g_base64_encode((const guchar *)bits, count * sizeof *bits);
}

static char *fold_in_of(const ModelForm *form, guint k, GRand *random)
{
    g_autofree float *precisions = g_new0(float, k + 1), *mean = g_new0(float, k);
    const guint first = form->rating_dims, end = first > 0 ? first : k;
    for (guint f = first > 0 ? 1 : 0; f < end; f++)
        precisions[f] = (float)g_rand_double_range(random, 1, 10);
    precisions[k] = (float)g_rand_double_range(random, 1, 10);
    for (guint f = first; f < k; f++)
        mean[f] = (float)fixture_uniform(random, 0.3);
    g_autofree char *encoded = base64(precisions, k + 1), *average = base64(mean, k);
    g_autofree char *ratings = g_strdup_printf("\"ratings\":{\"precisions\":\"%s\"}", encoded);
    g_autofree char *ranking =
        g_strdup_printf("\"ranking\":{\"alpha\":0.3,\"lambda\":0.01,\"target_scale\":1.5,"
                        "\"lowest\":1,\"highest\":5,\"mean\":\"%s\"}",
                        average);
    return form->objective == OBJECTIVE_RATINGS   ? g_strdup_printf("{%s}", ratings)
           : form->objective == OBJECTIVE_RANKING ? g_strdup_printf("{%s}", ranking)
                                                  : g_strdup_printf("{%s,%s}", ratings, ranking);
}

char *form_set_training(Bundle *bundle, const ModelForm *form, const char *fold_in)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    model_form_put_members(json, form);
    yajl_gen_map_close(json);
    g_autofree char *members = json_take(json, NULL);
    members[strlen(members) - 1] = '\0';
    char *text = fold_in != NULL ? g_strdup_printf("%s,\"fold_in\":%s}", members, fold_in)
                                 : g_strdup_printf("%s}", members);
    yajl_tree_free(bundle->training);
    bundle->training = json_parse(text, "training", NULL);
    bundle->form = *form;
    return text;
}

static double product(const FmModel *model, const GArray *movies, guint a, guint b)
{
    double sum = 0;
    for (guint i = 0; i < movies->len; i++) {
        const float *v = fm_vector(model, g_array_index(movies, guint, i));
        sum += (double)v[a] * (double)v[b];
    }
    return sum;
}

/* Takes of each dimension what the ones before it have (Gram and Schmidt), twice for the rounding;
 * more dimensions than movies end as zeros. */
static void make_orthogonal(FmModel *model, const GArray *movies, guint first)
{
    for (guint f = first; f < model->k; f++)
        for (guint round = 0; round < 2; round++)
            for (guint before = first; before < f; before++) {
                const double length = product(model, movies, before, before);
                const double share = length > 1e-9 ? product(model, movies, before, f) / length : 0;
                for (guint i = 0; i < movies->len; i++) {
                    float *v =
                        model->embeddings + (gsize)g_array_index(movies, guint, i) * model->k;
                    v[f] = (float)((double)v[f] - share * (double)v[before]);
                }
            }
}

char *form_apply(Bundle *bundle, const ModelForm *form, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    FmModel *model = bundle->model;
    if (form->objective != OBJECTIVE_RATINGS)
        make_orthogonal(model, movies, form->rating_dims);
    for (guint i = 0; i < model->n; i++)
        if (form->objective == OBJECTIVE_BOTH &&
            strcmp(feature_table_get(bundle->features, i)->type, FEATURE_MOVIE) != 0)
            model->embeddings[(gsize)i * model->k] = 0;
    g_autofree char *fold_in = fold_in_of(form, model->k, random);
    return form_set_training(bundle, form, fold_in);
}

#include "made_ratings.h"

#include "rng.h"
#include "tap.h"

#define AGES 3
#define GENDERS 2

static void add_features(FeatureTable *table, const char *type, guint count)
{
    static const char *const genres[][2] = {{"Comedy", NULL}, {"Drama", NULL}};
    for (guint i = 0; i < count; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        Feature feature = {.type = type, .value = value};
        if (g_str_equal(type, FEATURE_MOVIE)) {
            feature.title = "A movie";
            feature.genres = (const char **)genres[i % 2];
            feature.year = 1950 + (int)(i % 50);
        }
        CU_ASSERT(feature_table_add(table, &feature, NULL, NULL));
    }
}

static FeatureTable *make_features(const MadeRatings *world)
{
    FeatureTable *table = feature_table_new();
    add_features(table, FEATURE_USER, world->users);
    add_features(table, FEATURE_MOVIE, world->movies);
    add_features(table, FEATURE_AGE, AGES);
    add_features(table, FEATURE_GENDER, GENDERS);
    return table;
}

static double *normals(guint count, double spread, GRand *random)
{
    double *values = g_new0(double, count);
    for (guint i = 0; i < count; i++)
        values[i] = spread * rng_normal(random);
    return values;
}

/* 3.5 + b_u + c_m + <x_u, z_m>, x_u = own + age's. */
static double *make_truth(const MadeRatings *world, GRand *random)
{
    const guint rank = world->rank;
    double *truth = g_new0(double, (gsize)world->users * world->movies);
    g_autofree double *people = normals(world->users * (rank + 1), 0.5, random);
    g_autofree double *movies = normals(world->movies * (rank + 1), 0.7, random);
    g_autofree double *ages = normals(AGES * (rank + 1), 1.0, random);
    for (guint u = 0; u < world->users; u++) {
        for (guint m = 0; m < world->movies; m++) {
            double sum = 3.5 + people[u * (rank + 1)] + movies[m * (rank + 1)];
            for (guint f = 1; f <= rank; f++)
                sum += (people[u * (rank + 1) + f] + ages[u % AGES * (rank + 1) + f]) *
                       movies[m * (rank + 1) + f];
            truth[(gsize)u * world->movies + m] = sum;
        }
    }
    return truth;
}

Dataset *made_ratings(const MadeRatings *world, double **truth)
{
    g_autoptr(GRand) random = rng_new(world->seed, 0);
    g_autofree double *exact = make_truth(world, random);
    g_autofree guint32 *order = g_new(guint32, world->movies);
    Dataset *data = dataset_new("made", world->users * world->per_user, 4, make_features(world));
    for (guint32 m = 0; m < world->movies; m++)
        order[m] = m;
    for (guint u = 0, row = 0; u < world->users; u++) {
        rng_shuffle(order, world->movies, random);
        for (guint i = 0; i < world->per_user; i++, row++) {
            guint32 *features = data->features + (gsize)row * 4;
            const guint first_age = world->users + world->movies;
            features[DATASET_USER] = u;
            features[DATASET_MOVIE] = world->users + order[i];
            features[2] = first_age + u % AGES;
            features[3] = first_age + AGES + u % GENDERS;
            data->ratings[row] = (float)(exact[(gsize)u * world->movies + order[i]] +
                                         world->noise * rng_normal(random));
        }
    }
    if (truth != NULL)
        *truth = g_steal_pointer(&exact);
    return data;
}

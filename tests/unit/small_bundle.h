/* A bundle small enough to reason about, for tests: users 1 and 2, five movies, gender F and M. */
#pragma once

#include "bundle.h"
#include "tap.h"

#define SMALL_TRAINING                                                                             \
    "{\"dataset\":{\"source\":\"small\",\"ratings\":7},\"hyper_parameters\":{\"factors\":2},"      \
    "\"curve\":[{\"epoch\":1,\"train_rmse\":1.25,\"valid_rmse\":1.125},"                           \
    "{\"epoch\":2,\"train_rmse\":1,\"valid_rmse\":0.9375},"                                        \
    "{\"epoch\":3,\"train_rmse\":0.75,\"valid_rmse\":1}],"                                         \
    "\"link\":{\"type\":\"sigmoid\",\"scale\":5.5},\"wall_seconds\":2.5}"

enum { SMALL_USER_1, SMALL_USER_2, SMALL_MOVIE, SMALL_F = SMALL_MOVIE + 5, SMALL_M, SMALL_N };

static const float small_vectors[SMALL_N][2] = {
    {1, 0},    {0, 1},                                /* users */
    {2, 0},    {1, 1},    {0, 3}, {-1, 0.5f}, {0, 0}, /* movies 10 20 30 40 50 */
    {0.5f, 0}, {0, 0.5f},                             /* F, M */
};
static const float small_biases[SMALL_N] = {0.1f,  -0.1f, 0.5f, 0.25f, 0.125f,
                                            -0.5f, 0.75f, 0.0f, 0.0f};

static inline FeatureTable *small_features(void)
{
    const char *childrens[] = {"Children's", "Comedy", NULL}, *horror[] = {"Horror", NULL};
    const char *both[] = {"Horror", "Children's", NULL}, *none[] = {NULL};
    const Feature features[SMALL_N] = {
        {.type = "user", .value = "1"},
        {.type = "user", .value = "2"},
        {"movie", "10", "Children's & <Horror> (1995)", childrens, 1995, 300},
        {"movie", "20", "Caf\303\251 \"No\303\253l\" (1996)", both, 1996, 200},
        {"movie", "30", "Dark, The (1997)", horror, 1997, 100},
        {"movie", "40", "Darker (1998)", horror, 1998, 50},
        {"movie", "50", "Unseen", none, 0, 1},
        {.type = "gender", .value = "F"},
        {.type = "gender", .value = "M"},
    };
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < SMALL_N; i++)
        if (!feature_table_add(table, &features[i], NULL, NULL))
            g_assert_not_reached();
    return table;
}

/* Writes it below a new directory and returns its path. */
static inline char *small_bundle_write(const char *training)
{
    g_autofree char *directory = tap_directory();
    char *path = g_build_filename(directory, "bundle", NULL);
    g_autoptr(FeatureTable) table = small_features();
    g_autoptr(FmModel) model = fm_model_new(SMALL_N, 2);
    for (guint i = 0; i < SMALL_N; i++) {
        model->bias[i] = small_biases[i];
        model->embeddings[2 * i] = small_vectors[i][0];
        model->embeddings[2 * i + 1] = small_vectors[i][1];
    }
    model->w0 = 0.0625f;
    g_autoptr(GError) error = NULL;
    if (!bundle_write(path, model, table, training, FALSE, &error))
        g_error("%s", error->message);
    return path;
}

static inline Bundle *small_bundle(const char *training)
{
    g_autofree char *path = small_bundle_write(training);
    g_autoptr(GError) error = NULL;
    Bundle *bundle = bundle_open(path, &error);
    if (bundle == NULL)
        g_error("%s", error->message);
    return bundle;
}

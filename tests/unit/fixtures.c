#include "fixtures.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void add(FeatureTable *table, Feature feature)
{
    gboolean added = feature_table_add(table, &feature, NULL, NULL);
    g_assert(added);
}

FeatureTable *fixture_features(void)
{
    FeatureTable *table = feature_table_new();
    const char *comedy[] = {"Comedy", "Drama", NULL}, *western[] = {"Western", NULL},
               *none[] = {NULL};
    const char *const users[] = {"2", "5", "11"};
    for (guint i = 0; i < G_N_ELEMENTS(users); i++)
        add(table, (Feature){.type = "user", .value = users[i]});
    add(table, (Feature){"movie", "1", "The Tin Kite (1987)", comedy, 1987, 12});
    add(table, (Feature){"movie", "4", "L'\303\251t\303\251 \"bleu\" (1999)", western, 1999, 1});
    add(table, (Feature){"movie", "7", "Nameless", western, 0, 3});
    add(table, (Feature){"movie", "30", "Low \\ High (2000)", none, 2000, 7});
    add(table, (Feature){.type = "age", .value = "18"});
    add(table, (Feature){.type = "age", .value = "35"});
    add(table, (Feature){.type = "gender", .value = "F"});
    add(table, (Feature){.type = "gender", .value = "M"});
    add(table, (Feature){.type = "occupation", .value = "0"});
    add(table, (Feature){.type = "occupation", .value = "12"});
    return table;
}

void fixture_set_attributes(FeatureTable *features)
{
    const guint32 first[] = {7, 10, 12}, second[] = {8, 9};
    feature_table_set_attributes(features, 0, first, G_N_ELEMENTS(first));
    feature_table_set_attributes(features, 1, second, G_N_ELEMENTS(second));
}

double fixture_uniform(GRand *random, double most)
{
    return g_rand_double_range(random, -most, most);
}

float fixture_float(GRand *random, int least, int most)
{
    int exponent = g_rand_int_range(random, least, most + 1);
    double mantissa = 1.0 + g_rand_int_range(random, 0, 1 << 23) * 0x1p-23;
    float value = (float)ldexp(mantissa, exponent);
    return g_rand_boolean(random) ? -value : value;
}

FmModel *fixture_model(guint n, guint k, double most, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    FmModel *model = fm_model_new(n, k);
    model->w0 = (float)fixture_uniform(random, most);
    for (guint i = 0; i < n; i++)
        model->bias[i] = (float)fixture_uniform(random, most);
    for (gsize i = 0; i < (gsize)n * k; i++)
        model->embeddings[i] = (float)fixture_uniform(random, most);
    return model;
}

/* Takes ownership of `features`. */
static Bundle *bundle_with(FeatureTable *features, guint k, double most, guint32 seed)
{
    Bundle *bundle = g_new0(Bundle, 1);
    bundle->path = g_strdup("fixture");
    bundle->model_id = g_strdup("0123456789ab");
    bundle->features = features;
    bundle->model = fixture_model(feature_table_size(features), k, most, seed);
    bundle->training = json_parse(FIXTURE_TRAINING, "training", NULL);
    bundle->form = model_form_fm(5.5);
    return bundle;
}

Bundle *fixture_bundle(guint k, guint32 seed)
{
    return bundle_with(fixture_features(), k, 1.0, seed);
}

Bundle *fixture_bundle_of(const FixtureType *types, guint count, guint k, double most, guint32 seed)
{
    FeatureTable *features = feature_table_new();
    for (guint t = 0; t < count; t++)
        for (guint i = 0; i < types[t].count; i++) {
            g_autofree char *value = g_strdup_printf("%u", i);
            add(features, (Feature){.type = types[t].type, .value = value});
        }
    return bundle_with(features, k, most, seed);
}

gboolean fixture_same_bits(const FmModel *a, const FmModel *b)
{
    return a != NULL && b != NULL && a->n == b->n && a->k == b->k &&
           memcmp(&a->w0, &b->w0, sizeof(float)) == 0 &&
           memcmp(a->bias, b->bias, a->n * sizeof(float)) == 0 &&
           memcmp(a->embeddings, b->embeddings, (gsize)a->n * a->k * sizeof(float)) == 0;
}

Dataset *fixture_dataset(guint rows, guint fields, guint n, guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < n; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        add(table, (Feature){.type = "user", .value = value});
    }
    Dataset *dataset = dataset_new("fixture", rows, fields, table);
    for (gsize i = 0; i < (gsize)rows * fields; i++)
        dataset->features[i] = (guint32)g_rand_int_range(random, 0, (gint32)n);
    for (guint i = 0; i < rows; i++)
        dataset->ratings[i] = (float)(1 + (dataset->features[(gsize)i * fields] + i % 2) % 5);
    return dataset;
}

void fixture_put(const char *directory, const char *name, const char *text, gssize length)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    /* Not g_file_set_contents(), which waits for the disk: some tests write thousands of files. */
    FILE *file = fopen(path, "w");
    gsize size = length < 0 ? strlen(text) : (gsize)length;
    if (file == NULL || fwrite(text, 1, size, file) != size || fclose(file) != 0)
        g_error("%s cannot be written: %s", path, g_strerror(errno));
}

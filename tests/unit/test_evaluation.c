#include "evaluation.h"

#include <math.h>

#include "metrics.h"
#include "recsys_error.h"
#include "rng.h"
#include "small_bundle.h"

typedef struct {
    const char *user, *movie, *gender;
    float rating;
} Row;

static guint32 feature(FeatureTable *table, const char *type, const char *value)
{
    guint index;
    const Feature wanted = {.type = type, .value = value};
    if (!feature_table_find(table, type, value, &index) &&
        !feature_table_add(table, &wanted, &index, NULL))
        g_assert_not_reached();
    return index;
}

/* Without genders if the first row has none. Indices differ from the bundle's. */
static Dataset *dataset_of(const Row *rows, guint count)
{
    FeatureTable *table = feature_table_new();
    guint fields = rows[0].gender != NULL ? 3 : 2;
    Dataset *data = dataset_new("somewhere/small", count, fields, table);
    for (guint r = 0; r < count; r++) {
        guint32 *at = data->features + r * fields;
        if (fields == 3)
            at[2] = feature(table, "gender", rows[r].gender);
        at[1] = feature(table, "movie", rows[r].movie);
        at[0] = feature(table, "user", rows[r].user);
        data->ratings[r] = rows[r].rating;
    }
    return data;
}

static Evaluation *run(const Row *rows, guint count, const Row *seen, guint seen_count)
{
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(Dataset) data = dataset_of(rows, count);
    g_autoptr(Dataset) seen_data = seen != NULL ? dataset_of(seen, seen_count) : NULL;
    g_autoptr(GError) error = NULL;
    Evaluation *result = evaluate(bundle, data, seen_data, 2, NULL, &error);
    if (result == NULL)
        g_error("%s", error->message);
    g_ptr_array_set_size(result->unused, 0); /* the bundle and the data are gone */
    g_array_set_size(result->gaps, 0);
    return result;
}

static double predicted(guint user, guint movie, guint gender)
{
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    const guint32 row[] = {user, movie, gender};
    return 5.5 / (1.0 + exp(-fm_forward_oracle(bundle->model, row, 3)));
}

static void test_rmse(void)
{
    const Row rows[] = {{"2", "30", "M", 5}, {"1", "10", "F", 1}};
    g_autoptr(Evaluation) result = run(rows, 2, NULL, 0);
    double first = predicted(SMALL_USER_2, SMALL_MOVIE + 2, SMALL_M) - 5.0;
    double second = predicted(SMALL_USER_1, SMALL_MOVIE, SMALL_F) - 1.0;
    /* A float32 prediction below 8 is off by a few 2^-22. */
    CU_ASSERT_DOUBLE_EQUAL(result->rmse, sqrt((first * first + second * second) / 2.0), 4e-6);
    CU_ASSERT_DOUBLE_EQUAL(result->mae, (fabs(first) + fabs(second)) / 2.0, 4e-6);
    CU_ASSERT_EQUAL(result->scored, 2);
    CU_ASSERT_EQUAL(result->users, 2);
}

/* Scores of user 1, F, with query (1.5, 0): 10: 3.5, 20: 1.75, 50: 0.75, 30: 0.125, 40: −2. */
static void test_ranking(void)
{
    const Row rows[] = {
        {"1", "20", "F", 4}, {"1", "40", "F", 5}, {"1", "10", "F", 3}, {"2", "10", "M", 3.5f}};
    g_autoptr(Evaluation) result = run(rows, 4, NULL, 0);
    double ideal = 1.0 + 1.0 / log2(3.0);
    CU_ASSERT_EQUAL(result->ranked_users, 1);
    CU_ASSERT_EQUAL(result->relevant, 2);
    CU_ASSERT_DOUBLE_EQUAL(result->ndcg, (1.0 / log2(3.0) + 1.0 / log2(6.0)) / ideal, 1e-12);
    CU_ASSERT_EQUAL(result->recall, 1.0);
    CU_ASSERT_EQUAL(result->movies, 5);
    CU_ASSERT_EQUAL(result->covered, 5);
}

/* With 10 and 40 seen, 20 is first; 40 is then nothing to find. */
static void test_seen(void)
{
    const Row rows[] = {{"1", "20", "F", 4}, {"1", "40", "F", 5}};
    const Row seen[] = {
        {"1", "10", "F", 1}, {"1", "40", "F", 2}, {"2", "20", "M", 5}, {"1", "99", "F", 2}};
    g_autoptr(Evaluation) result = run(rows, 2, seen, 4);
    CU_ASSERT_EQUAL(result->relevant, 1);
    CU_ASSERT_EQUAL(result->seen_relevant, 1);
    CU_ASSERT_EQUAL(result->seen_rows, 4);
    CU_ASSERT_EQUAL(result->seen_matched, 3);
    CU_ASSERT_EQUAL(result->ndcg, 1.0);
    CU_ASSERT_EQUAL(result->covered, 3);
}

static void test_nothing_relevant(void)
{
    const Row rows[] = {{"1", "20", "F", 3}};
    g_autoptr(Evaluation) result = run(rows, 1, NULL, 0);
    CU_ASSERT_EQUAL(result->ranked_users, 0);
    CU_ASSERT_EQUAL(result->ndcg, 0.0);
    CU_ASSERT_EQUAL(result->covered, 0);
}

static void test_a_movie_rated_twice_counts_once(void)
{
    const Row rows[] = {{"1", "10", "F", 4}, {"1", "10", "F", 5}};
    g_autoptr(Evaluation) result = run(rows, 2, NULL, 0);
    CU_ASSERT_EQUAL(result->relevant, 1);
    CU_ASSERT_EQUAL(result->recall, 1.0);
}

static void test_unknown_features(void)
{
    const Row rows[] = {
        {"1", "10", "F", 4}, {"1", "77", "F", 5}, {"9", "77", "F", 5}, {"2", "10", "X", 5}};
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(Dataset) data = dataset_of(rows, 4);
    g_autoptr(GError) error = NULL;
    g_autoptr(Evaluation) result = evaluate(bundle, data, NULL, 1, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result == NULL)
        return;
    CU_ASSERT_EQUAL(result->rows, 4);
    CU_ASSERT_EQUAL(result->scored, 1);
    CU_ASSERT_EQUAL(result->gaps->len, 3);
    for (guint i = 0; i < result->gaps->len; i++) {
        const EvaluationGap *gap = &g_array_index(result->gaps, EvaluationGap, i);
        CU_ASSERT_EQUAL(gap->rows, strcmp(gap->type, "movie") == 0 ? 2 : 1);
    }
    CU_ASSERT_EQUAL(result->unused->len, 0);

    g_autoptr(Dataset) strangers = dataset_of(rows + 1, 3);
    CU_ASSERT_PTR_NULL(evaluate(bundle, strangers, NULL, 1, NULL, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "movie 77");
}

static void test_types_without_data(void)
{
    const Row rows[] = {{"1", "10", NULL, 4}};
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(Dataset) data = dataset_of(rows, 1);
    g_autoptr(GError) error = NULL;
    g_autoptr(Evaluation) result = evaluate(bundle, data, NULL, 1, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result == NULL)
        return;
    CU_ASSERT_EQUAL(result->unused->len, 1);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(result->unused, 0), "gender");
}

/* ---- against a naive evaluation ---- */

enum { USERS = 40, MOVIES = 60, FACTORS = 19, ROWS = 700, FIELDS = 3 };

/* The rank of a movie for a row's features, from 1: how many movies have a greater z. */
static guint rank_of(const FmModel *model, const guint32 *row, guint movie)
{
    guint32 features[FIELDS] = {row[0], movie, row[2]};
    double own = fm_forward_oracle(model, features, FIELDS);
    guint rank = 1;
    for (guint m = 0; m < MOVIES; m++) {
        features[1] = USERS + m;
        rank += fm_forward_oracle(model, features, FIELDS) > own;
    }
    return rank;
}

static void naive(const FmModel *model, const Dataset *data, double *ndcg, double *recall)
{
    double users = 0;
    *ndcg = *recall = 0;
    for (guint u = 0; u < USERS; u++) {
        double gain = 0, ideal = 0, hits = 0;
        guint relevant = 0;
        for (guint r = 0; r < ROWS; r++) {
            const guint32 *row = data->features + r * FIELDS;
            if (row[0] != u || data->ratings[r] < 4)
                continue;
            guint rank = rank_of(model, row, row[1]);
            if (++relevant <= 10)
                ideal += 1.0 / log2(relevant + 1.0);
            gain += rank <= 10 ? 1.0 / log2(rank + 1.0) : 0.0;
            hits += rank <= 10;
        }
        if (relevant == 0)
            continue;
        users++;
        *ndcg += gain / ideal;
        *recall += hits / relevant;
    }
    *ndcg /= users;
    *recall /= users;
}

static FeatureTable *many_features(void)
{
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < USERS + MOVIES + 2; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        feature(table, i < USERS ? "user" : i < USERS + MOVIES ? "movie" : "gender", value);
    }
    return table;
}

static void test_against_naive(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 2);
    Bundle bundle = {.model = fm_model_new(USERS + MOVIES + 2, FACTORS),
                     .features = many_features(),
                     .form = model_form_fm(5.5)};
    fm_model_randomize(bundle.model, 0.5, random);
    g_autoptr(Dataset) data = dataset_new("x", ROWS, FIELDS, many_features());
    g_autofree guint32 *pairs = g_new(guint32, USERS * MOVIES);
    for (guint32 i = 0; i < USERS * MOVIES; i++)
        pairs[i] = i;
    rng_shuffle(pairs, USERS * MOVIES, random);
    for (guint r = 0; r < ROWS; r++) {
        guint32 *row = data->features + r * FIELDS;
        row[0] = pairs[r] % USERS;
        row[1] = USERS + pairs[r] / USERS;
        row[2] = USERS + MOVIES + row[0] % 2;
        data->ratings[r] = (float)(1 + rng_below(random, 5));
    }
    double ndcg, recall;
    naive(bundle.model, data, &ndcg, &recall);
    for (guint threads = 1; threads <= 4; threads += 3) {
        g_autoptr(Evaluation) result = evaluate(&bundle, data, NULL, threads, NULL, NULL);
        CU_ASSERT_DOUBLE_EQUAL(result->ndcg, ndcg, 1e-12);
        CU_ASSERT_DOUBLE_EQUAL(result->recall, recall, 1e-12);
    }
    fm_model_free(bundle.model);
    feature_table_free(bundle.features);
}

static const UnitTest tests[] = {
    {"RMSE and MAE", test_rmse},
    {"ranking", test_ranking},
    {"seen movies", test_seen},
    {"nothing relevant", test_nothing_relevant},
    {"a movie rated twice counts once", test_a_movie_rated_twice_counts_once},
    {"unknown features", test_unknown_features},
    {"types without data", test_types_without_data},
    {"against a naive evaluation", test_against_naive},
    {NULL, NULL},
};

TAP_MAIN("evaluation", tests)

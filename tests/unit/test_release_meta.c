#include "release_meta.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static void test_of_bundle(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(5, tap_seed());
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, DOC_IDS_BY_FEATURE_INDEX);
    CU_ASSERT_STRING_EQUAL(meta->model_id, bundle->model_id);
    CU_ASSERT_EQUAL(meta->n, FIXTURE_FEATURES);
    CU_ASSERT_EQUAL(meta->k, 5);
    CU_ASSERT_EQUAL(meta->movies, FIXTURE_MOVIES);
    CU_ASSERT_EQUAL(meta->w0, (double)bundle->model->w0);
    CU_ASSERT_EQUAL(meta->form.scale, 5.5);
    CU_ASSERT_EQUAL(meta->doc_ids, DOC_IDS_BY_FEATURE_INDEX);
    CU_ASSERT_PTR_NULL(meta->index);
    CU_ASSERT_PTR_NULL(meta->tree);
}

/* Only movies count, and the norm is never too small: at most 1e-8 above the exact one. */
static void test_extremes(void)
{
    guint32 seed = tap_seed();
    for (guint round = 0; round < 50; round++) {
        g_autoptr(Bundle) bundle = fixture_bundle(1 + round, seed + round);
        const FmModel *model = bundle->model;
        model->bias[0] = -1000;
        model->embeddings[0] = 1000;
        long double norm = 0, lowest = INFINITY;
        for (guint m = FIXTURE_FIRST_MOVIE; m < FIXTURE_FIRST_MOVIE + FIXTURE_MOVIES; m++) {
            long double squares = 0;
            for (guint f = 0; f < model->k; f++)
                squares += (long double)fm_vector(model, m)[f] * fm_vector(model, m)[f];
            norm = MAX(norm, sqrtl(squares));
            lowest = MIN(lowest, (long double)model->bias[m]);
        }
        g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
        CU_ASSERT(meta->max_movie_norm >= norm && meta->max_movie_norm <= norm * (1 + 1e-8L));
        CU_ASSERT_EQUAL(meta->min_movie_bias, (double)lowest);
    }
}

static yajl_val put(const Bundle *bundle, DocIds doc_ids)
{
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, doc_ids);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    release_meta_put(json, meta, bundle);
    g_autofree char *text = json_take(json, NULL);
    return json_parse(text, "_meta", NULL);
}

static void test_put(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(5, tap_seed());
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    g_auto(yajl_val) tree = put(bundle, DOC_IDS_BY_VALUE);
    const struct {
        const char *path;
        double value;
    } numbers[] = {
        {"format", 1},
        {"n", FIXTURE_FEATURES},
        {"k", 5},
        {"movies", FIXTURE_MOVIES},
        {"w0", meta->w0},
        {"scale", 5.5},
        {"max_movie_norm", meta->max_movie_norm},
        {"min_movie_bias", meta->min_movie_bias},
        {"features.age.18", 7},
        {"features.age.35", 8},
        {"features.gender.F", 9},
        {"features.gender.M", 10},
        {"features.occupation.12", 12},
    };
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++) {
        double value = NAN;
        CU_ASSERT(json_get_double(tree, numbers[i].path, &value) && value == numbers[i].value);
    }
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "model_id"), bundle->model_id), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "link"), "sigmoid"), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "interactions"), "all"), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "doc_ids"), "value"), 0);
    CU_ASSERT_PTR_NULL(json_get(tree, "features.user"));
    CU_ASSERT_PTR_NULL(json_get(tree, "features.movie"));
    g_auto(yajl_val) other = put(bundle, DOC_IDS_BY_FEATURE_INDEX);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(other, "doc_ids"), "feature-index"), 0);
}

/* The figures of a training go to `_meta` under names of their own. */
static void test_figures(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(5, 1);
    yajl_tree_free(bundle->training);
    bundle->training = json_parse("{\"final\":{\"valid_rmse\":0.5,\"baseline_rmse\":0.75,"
                                  "\"baseline_ndcg\":0.125}}",
                                  "training", NULL);
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    CU_ASSERT(meta->valid.rmse == 0.5 && meta->valid.baseline_rmse == 0.75 &&
              isnan(meta->valid.ndcg) && meta->valid.baseline_ndcg == 0.125);
    meta->state = RELEASE_COMPLETE;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    release_meta_put(json, meta, bundle);
    g_autofree char *text = json_take(json, NULL);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "\"training\":{\"rmse\":0.5,\"baseline_rmse\":0.75,\"baseline_ndcg\":0.125}"));
}

/* What the loader tells itself for the next night survives the way through an index. */
static void test_state_and_training(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(5, 1);
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    CU_ASSERT(isnan(meta->valid.rmse) && isnan(meta->valid.baseline_ndcg));
    for (ReleaseState state = RELEASE_LOADING; state <= RELEASE_REJECTED; state++) {
        meta->state = state;
        meta->valid = (ValidationFigures){0.8725, 0.975, 0.3125, 0.125};
        meta->ratings = 1000209;
        g_free(meta->data);
        meta->data = g_strdup("ml-1m");
        g_auto(yajl_gen) json = json_generator_new(FALSE);
        release_meta_put(json, meta, bundle);
        g_autofree char *text = json_take(json, NULL);
        g_autofree char *entry = g_strdup_printf("{\"mappings\":{\"_meta\":%s}}", text);
        g_auto(yajl_val) tree = json_parse(entry, "an index", NULL);
        g_autoptr(ReleaseMeta) read = release_meta_read("recsys-1", tree);
        CU_ASSERT(read != NULL && read->state == state && read->valid.rmse == 0.8725 &&
                  read->valid.baseline_rmse == 0.975 && read->valid.ndcg == 0.3125 &&
                  read->valid.baseline_ndcg == 0.125 && read->ratings == 1000209 &&
                  g_strcmp0(read->data, "ml-1m") == 0);
    }
    g_auto(yajl_val) other = json_parse("{\"mappings\":{\"_meta\":{}}}", "x", NULL);
    CU_ASSERT_PTR_NULL(release_meta_read("other", other));
    g_auto(yajl_val) stateless = put(bundle, DOC_IDS_BY_VALUE);
    CU_ASSERT_PTR_NULL(json_get(stateless, "state"));
    CU_ASSERT_PTR_NULL(json_get(stateless, "training"));
}

/* As earlier versions of this program wrote it: the RMSE alone, or no training at all. */
static void test_older_releases(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(5, 1);
    const char *const trainings[] = {"{\"data\":\"ml-1m\",\"ratings\":9,\"rmse\":0.875}", "{}"};
    for (guint i = 0; i < G_N_ELEMENTS(trainings); i++) {
        g_auto(yajl_val) now = put(bundle, DOC_IDS_BY_VALUE);
        double norm = 0, bias = 0;
        CU_ASSERT(json_get_double(now, "max_movie_norm", &norm) &&
                  json_get_double(now, "min_movie_bias", &bias));
        g_autofree char *entry = g_strdup_printf(
            "{\"mappings\":{\"_meta\":{\"format\":1,\"created_by\":\"recsys-es\",\"model_id\":\"%"
            "s\","
            "\"n\":13,\"k\":5,\"movies\":4,\"w0\":0,\"link\":\"sigmoid\",\"scale\":5.5,"
            "\"max_movie_norm\":%.9f,\"min_movie_bias\":%.9f,\"doc_ids\":\"value\","
            "\"state\":\"complete\",\"training\":%s}}}",
            bundle->model_id, norm, bias, trainings[i]);
        g_auto(yajl_val) tree = json_parse(entry, "an index", NULL);
        g_autoptr(ReleaseMeta) read = release_meta_read("recsys-1", tree);
        CU_ASSERT_PTR_NOT_NULL(read);
        if (read == NULL)
            continue;
        CU_ASSERT(i == 0 ? read->valid.rmse == 0.875 : isnan(read->valid.rmse));
        CU_ASSERT(isnan(read->valid.baseline_rmse) && isnan(read->valid.ndcg) &&
                  isnan(read->valid.baseline_ndcg));
    }
}

static void test_document_ids(void)
{
    const struct {
        DocIds doc_ids;
        const char *type, *id;
    } cases[] = {
        {DOC_IDS_BY_VALUE, "movie", "movie_18"},
        {DOC_IDS_BY_VALUE, "age", "age_18"},
        {DOC_IDS_BY_FEATURE_INDEX, "movie", "movie_18"},
        {DOC_IDS_BY_FEATURE_INDEX, "user", "user_18"},
        {DOC_IDS_BY_FEATURE_INDEX, "age", "age_9747"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *id = release_document_id(cases[i].doc_ids, cases[i].type, "18", 9747);
        CU_ASSERT_STRING_EQUAL(id, cases[i].id);
    }
}

/* A release as a client has it: from what was put. */
static ReleaseMeta *fetched(const Bundle *bundle, DocIds doc_ids)
{
    ReleaseMeta *meta = release_meta_of_bundle(bundle, doc_ids);
    meta->tree = put(bundle, doc_ids);
    meta->features = json_get(meta->tree, "features");
    return meta;
}

static void check_id(const ReleaseMeta *meta, const char *type, const char *value, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *found = release_meta_document_id(meta, type, value, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_EQUAL(g_strcmp0(found, id), 0);
}

static void test_ids_from_the_release(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    g_autoptr(ReleaseMeta) by_value = fetched(bundle, DOC_IDS_BY_VALUE);
    g_autoptr(ReleaseMeta) by_index = fetched(bundle, DOC_IDS_BY_FEATURE_INDEX);
    check_id(by_value, "age", "35", "age_35");
    check_id(by_index, "age", "35", "age_8");
    check_id(by_index, "gender", "M", "gender_10");
    check_id(by_index, "movie", "30", "movie_30");
    /* Users are too many for _meta: only the cluster knows. */
    check_id(by_value, "user", "no such user", "user_no such user");
}

static void test_unknown_values(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    g_autoptr(ReleaseMeta) meta = fetched(bundle, DOC_IDS_BY_VALUE);
    const char *const cases[][3] = {
        {"age", "17", "there is no age 17 in this release; known: 18, 35"},
        {"age", "", "known: 18, 35"},
        {"gender", "m", "known: F, M"},
        {"height", "1",
         "there is no height in this release; known of people: user, age, gender and occupation"},
        {"age.18", "x", "known of people: user, age, gender and occupation"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(release_meta_document_id(meta, cases[i][0], cases[i][1], &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, cases[i][2]);
    }
}

/* A value with a dot in it is one name. */
static void test_values_with_dots(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, DOC_IDS_BY_FEATURE_INDEX);
    meta->tree = json_parse("{\"features\": {\"price\": {\"1.5\": 7}}}", "x", NULL);
    meta->features = json_get(meta->tree, "features");
    check_id(meta, "price", "1.5", "price_7");
}

static const UnitTest tests[] = {
    {"of a bundle", test_of_bundle},
    {"extremes", test_extremes},
    {"put", test_put},
    {"figures of the training", test_figures},
    {"state and training", test_state_and_training},
    {"releases of earlier versions", test_older_releases},
    {"document ids", test_document_ids},
    {"ids from the release", test_ids_from_the_release},
    {"unknown values", test_unknown_values},
    {"values with dots", test_values_with_dots},
    {NULL, NULL},
};

TAP_MAIN("release_meta", tests)

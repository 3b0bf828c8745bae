#include "document.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "index_definition.h"
#include "recsys_error.h"
#include "tap.h"

static yajl_val document_of(const Bundle *bundle, guint index)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    document_put(json, bundle, DOC_IDS_BY_VALUE, index);
    g_autofree char *text = json_take(json, NULL);
    CU_ASSERT_PTR_NULL(strchr(text, '\n')); /* a bulk request is one document a line */
    return json_parse(text, "the document", NULL);
}

static void check_text(yajl_val document, const char *field, const char *expected)
{
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(document, field), expected), 0);
}

static void check_int(yajl_val document, const char *field, gint64 expected)
{
    gint64 value = G_MININT64;
    CU_ASSERT(json_get_int(document, field, &value) && value == expected);
}

static void test_movie(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(4, 1);
    g_auto(yajl_val) document = document_of(bundle, FIXTURE_FIRST_MOVIE);
    check_text(document, "feature_type", "movie");
    check_text(document, "value", "1");
    check_text(document, "model_id", bundle->model_id);
    check_text(document, "title", "The Tin Kite (1987)");
    check_int(document, "feature_index", FIXTURE_FIRST_MOVIE);
    check_int(document, "year", 1987);
    check_int(document, "ratings", 12);
    yajl_val genres = json_get(document, "genres");
    CU_ASSERT_EQUAL(json_array_length(genres), 2);
    CU_ASSERT_EQUAL(g_strcmp0(YAJL_GET_STRING(json_array_get(genres, 1)), "Drama"), 0);
    g_auto(yajl_val) accents = document_of(bundle, FIXTURE_FIRST_MOVIE + 1);
    check_text(accents, "title", "L'\303\251t\303\251 \"bleu\" (1999)");
    g_auto(yajl_val) no_year = document_of(bundle, FIXTURE_FIRST_MOVIE + 2);
    CU_ASSERT_PTR_NULL(json_get(no_year, "year"));
    g_auto(yajl_val) no_genres = document_of(bundle, FIXTURE_FIRST_MOVIE + 3);
    CU_ASSERT(YAJL_IS_ARRAY(json_get(no_genres, "genres")));
}

static void test_others(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(4, 1);
    g_auto(yajl_val) document = document_of(bundle, 10);
    check_text(document, "feature_type", "gender");
    check_text(document, "value", "M");
    check_int(document, "feature_index", 10);
    const char *const absent[] = {"title", "genres", "year", "ratings"};
    for (guint i = 0; i < G_N_ELEMENTS(absent); i++)
        CU_ASSERT_PTR_NULL(json_get(document, absent[i]));
}

static void check_attributes(const Bundle *bundle, DocIds doc_ids, guint index, const char *ids)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    document_put(json, bundle, doc_ids, index);
    g_autofree char *text = json_take(json, NULL);
    g_autofree char *member = g_strdup_printf("\"attributes\":[%s],\"bias\":", ids);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, member));
}

static void test_attributes(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(4, 1);
    CU_ASSERT_FALSE(document_have_attributes(bundle));
    fixture_set_attributes(bundle->features);
    CU_ASSERT(document_have_attributes(bundle));
    check_attributes(bundle, DOC_IDS_BY_VALUE, 0, "\"age_18\",\"gender_M\",\"occupation_12\"");
    check_attributes(bundle, DOC_IDS_BY_FEATURE_INDEX, 1, "\"age_8\",\"gender_9\"");
    for (guint i = 2; i < FIXTURE_FEATURES; i++) {
        g_auto(yajl_val) document = document_of(bundle, i);
        CU_ASSERT_PTR_NULL(json_get(document, "attributes"));
    }
}

/* The mapping is strict: a field it does not have would be refused. */
static void test_fields_are_in_the_mapping(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(4, 1);
    fixture_set_attributes(bundle->features);
    g_autofree char *text = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_auto(yajl_val) definition = json_parse(text, "x", NULL);
    yajl_val properties = json_get(definition, "mappings.properties");
    for (guint i = 0; i < FIXTURE_FEATURES; i++) {
        g_auto(yajl_val) document = document_of(bundle, i);
        CU_ASSERT(YAJL_IS_OBJECT(document));
        for (gsize m = 0; YAJL_IS_OBJECT(document) && m < document->u.object.len; m++)
            CU_ASSERT_PTR_NOT_NULL(json_get(properties, document->u.object.keys[m]));
    }
}

/* Vector and bias come back bit for bit, the bias as the exact double of the float32. */
static void test_numbers(void)
{
    const float odd[] = {-0.0f, FLT_MAX, -FLT_MIN, 0x1p-149f, 0.1f, 16777215};
    g_autoptr(Bundle) bundle = fixture_bundle(6, tap_seed());
    memcpy(bundle->model->embeddings, odd, sizeof odd);
    memcpy(bundle->model->bias, odd, sizeof odd);
    for (guint i = 0; i < FIXTURE_FEATURES; i++) {
        g_auto(yajl_val) document = document_of(bundle, i);
        float vector[6];
        double bias = NAN;
        CU_ASSERT(document_read_vector(vector, 6, json_get(document, "embedding")));
        CU_ASSERT_EQUAL(memcmp(vector, fm_vector(bundle->model, i), sizeof vector), 0);
        CU_ASSERT(json_get_double(document, "bias", &bias));
        CU_ASSERT_EQUAL(bias, (double)bundle->model->bias[i]);
    }
}

/* Elasticsearch reads "-0" as an integer, and stores 0. */
static void test_negative_zero(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(1, 1);
    bundle->model->bias[0] = -0.0f;
    bundle->model->embeddings[0] = -0.0f;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    document_put(json, bundle, DOC_IDS_BY_VALUE, 0);
    g_autofree char *text = json_take(json, NULL);
    g_autoptr(GString) bulk = g_string_new(NULL);
    document_append_bulk(bulk, bundle, DOC_IDS_BY_VALUE, VECTORS_AS_DECIMALS, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"bias\":-0.0,\"embedding\":[-0.0]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(bulk->str, "\"bias\":-0.0,\"embedding\":[-0.0]"));
}

static void test_read_vector(void)
{
    const char *const bad[] = {"[1, 2]",
                               "[1, 2, 3, 4]",
                               "[1, \"2\", 3]",
                               "[1, null, 3]",
                               "[[1, 2, 3]]",
                               "{}",
                               "3",
                               "[1, 2, 1e39]",
                               "[1, 2, -1e999]",
                               "[]"};
    float vector[3];
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(yajl_val) tree = json_parse(bad[i], "x", NULL);
        CU_ASSERT_FALSE(document_read_vector(vector, 3, tree));
    }
    const char *const bad_base64[] = {"", "P4AAAEAAAAA=", "P4AAAEAAAABAQAAAQIAAAA==", "x",
                                      "f4AAAEAAAABAQAAA" /* infinite */};
    for (guint i = 0; i < G_N_ELEMENTS(bad_base64); i++) {
        g_autofree char *text = g_strdup_printf("\"%s\"", bad_base64[i]);
        g_auto(yajl_val) tree = json_parse(text, "x", NULL);
        CU_ASSERT_FALSE(document_read_vector(vector, 3, tree));
    }
    g_auto(yajl_val) base64 = json_parse("\"P4AAAEAAAABAQAAA\"", "x", NULL);
    CU_ASSERT(document_read_vector(vector, 3, base64));
    CU_ASSERT(vector[0] == 1 && vector[1] == 2 && vector[2] == 3);
    CU_ASSERT_FALSE(document_read_vector(vector, 3, NULL));
    g_auto(yajl_val) good = json_parse("[1, -2.5, 1e-3]", "x", NULL);
    CU_ASSERT(document_read_vector(vector, 3, good));
    CU_ASSERT(vector[0] == 1 && vector[1] == -2.5f && vector[2] == 1e-3f);
}

static void test_ids(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(1, 1);
    const char *const by_value[] = {
        "user_2", "user_5", "user_11",  "movie_1",  "movie_4",      "movie_7",      "movie_30",
        "age_18", "age_35", "gender_F", "gender_M", "occupation_0", "occupation_12"};
    for (guint i = 0; i < FIXTURE_FEATURES; i++) {
        g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, i);
        CU_ASSERT_STRING_EQUAL(id, by_value[i]);
    }
    g_autofree char *age = document_id(bundle, DOC_IDS_BY_FEATURE_INDEX, 8);
    g_autofree char *movie = document_id(bundle, DOC_IDS_BY_FEATURE_INDEX, 6);
    CU_ASSERT_STRING_EQUAL(age, "age_8");
    CU_ASSERT_STRING_EQUAL(movie, "movie_30");
}

static const char *text_of(yajl_val value)
{
    return YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : "";
}

/* document_put() is the oracle: the same members in the same order, with the same values. */
static void check_same(yajl_val a, yajl_val b, gboolean vectors_too)
{
    CU_ASSERT_EQUAL(a->u.object.len, b->u.object.len);
    for (gsize i = 0; i < MIN(a->u.object.len, b->u.object.len); i++) {
        const char *key = a->u.object.keys[i];
        yajl_val x = a->u.object.values[i], y = b->u.object.values[i];
        CU_ASSERT_STRING_EQUAL(key, b->u.object.keys[i]);
        if (!vectors_too && strcmp(key, "embedding") == 0)
            continue;
        CU_ASSERT_EQUAL(x->type, y->type);
        CU_ASSERT_STRING_EQUAL(text_of(x), text_of(y));
        if (YAJL_IS_NUMBER(x))
            CU_ASSERT_EQUAL(g_ascii_strtod(YAJL_GET_NUMBER(x), NULL),
                            g_ascii_strtod(YAJL_GET_NUMBER(y), NULL));
        CU_ASSERT_EQUAL(json_array_length(x), json_array_length(y));
        for (gsize j = 0; j < json_array_length(x); j++)
            CU_ASSERT_STRING_EQUAL(text_of(json_array_get(x, j)), text_of(json_array_get(y, j)));
    }
}

static void check_bulk(guint k, VectorForm form)
{
    g_autoptr(Bundle) bundle = fixture_bundle(k, tap_seed());
    g_autofree float *vector = g_new(float, k);
    fixture_set_attributes(bundle->features);
    for (guint i = 0; i < FIXTURE_FEATURES; i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        document_append_bulk(text, bundle, DOC_IDS_BY_VALUE, form, i);
        g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
        CU_ASSERT_EQUAL(g_strv_length(lines), 3);
        CU_ASSERT_STRING_EQUAL(lines[2], "");
        g_auto(yajl_val) action = json_parse(lines[0], "x", NULL);
        g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, i);
        check_text(action, "index._id", id);
        g_auto(yajl_val) document = json_parse(lines[1], "x", NULL);
        g_auto(yajl_val) expected = document_of(bundle, i);
        CU_ASSERT_PTR_NOT_NULL(document);
        if (document == NULL)
            return;
        check_same(document, expected, form == VECTORS_AS_DECIMALS);
        yajl_val embedding = json_get(document, "embedding");
        CU_ASSERT_EQUAL(YAJL_IS_STRING(embedding), form == VECTORS_AS_BASE64);
        CU_ASSERT(document_read_vector(vector, k, embedding));
        CU_ASSERT_EQUAL(memcmp(vector, fm_vector(bundle->model, i), k * sizeof *vector), 0);
    }
}

static void test_bulk_lines(void)
{
    const guint dims[] = {1, 2, 3, 4, 120, 239, 240, 241, 480, 500};
    for (guint i = 0; i < G_N_ELEMENTS(dims); i++) {
        check_bulk(dims[i], VECTORS_AS_DECIMALS);
        check_bulk(dims[i], VECTORS_AS_BASE64);
    }
}

static void test_big_endian(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    g_autoptr(GString) text = g_string_new(NULL);
    const float vector[] = {1, 2, 3};
    memcpy(bundle->model->embeddings, vector, sizeof vector);
    document_append_bulk(text, bundle, DOC_IDS_BY_VALUE, VECTORS_AS_BASE64, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text->str, "\"embedding\":\"P4AAAEAAAABAQAAA\"}"));
}

static void test_shared_ids(void)
{
    const struct {
        Feature features[2];
        const char *message;
    } cases[] = {
        {{{.type = "a", .value = "b_c"}, {.type = "a_b", .value = "c"}}, "a b_c and a feature of"},
        {{{.type = "a_b", .value = "c"}, {.type = "a", .value = "b_c"}}, "the document a_b_c"},
        {{{.type = "a", .value = "b_c"}, {.type = "a_b", .value = "d"}}, NULL},
        {{{.type = "a", .value = "c"}, {.type = "ab", .value = "c"}}, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
        for (guint f = 0; f < 2; f++)
            CU_ASSERT(feature_table_add(bundle->features, &cases[i].features[f], NULL, NULL));
        const gboolean valid = document_ids_check(bundle, DOC_IDS_BY_VALUE, &error);
        CU_ASSERT_EQUAL(valid, cases[i].message == NULL);
        if (cases[i].message != NULL)
            TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, cases[i].message);
    }
}

static const UnitTest tests[] = {
    {"ids that two would share", test_shared_ids},
    {"movie", test_movie},
    {"other features", test_others},
    {"attributes of users", test_attributes},
    {"fields are in the mapping", test_fields_are_in_the_mapping},
    {"numbers", test_numbers},
    {"negative zero", test_negative_zero},
    {"reading a vector", test_read_vector},
    {"lines of a bulk request", test_bulk_lines},
    {"base64 is big-endian", test_big_endian},
    {"ids", test_ids},
    {NULL, NULL},
};

TAP_MAIN("document", tests)

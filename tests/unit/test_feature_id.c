#include "feature_id.h"

#include "document.h"
#include "fixtures.h"
#include "tap.h"

static void test_there_and_back(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    for (DocIds ids = DOC_IDS_BY_VALUE; ids <= DOC_IDS_BY_FEATURE_INDEX; ids++) {
        for (guint i = 0; i < bundle->model->n; i++) {
            g_autofree char *id = document_id(bundle, ids, i);
            guint index = G_MAXUINT;
            CU_ASSERT(feature_of_id(bundle, ids, id, &index));
            CU_ASSERT_EQUAL(index, i);
        }
    }
}

static void test_strangers(void)
{
    const char *const by_value[] = {"",         "_",        "movie",    "movie_",     "movie_2",
                                    "Movie_1",  "movie_1 ", "movie_01", "age_7",      "gender_m",
                                    "user_2_2", "film_1",   "age",      "occupation_"};
    const char *const by_index[] = {"age_18", "age_07", "age_9",  "age_+7",        "age_ 7",
                                    "age_",   "age_7x", "age_13", "age_4294967303"};
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    guint index;
    for (guint i = 0; i < G_N_ELEMENTS(by_value); i++)
        CU_ASSERT_FALSE(feature_of_id(bundle, DOC_IDS_BY_VALUE, by_value[i], &index));
    for (guint i = 0; i < G_N_ELEMENTS(by_index); i++)
        CU_ASSERT_FALSE(feature_of_id(bundle, DOC_IDS_BY_FEATURE_INDEX, by_index[i], &index));
}

/* Both a type and a value may have an underscore. */
static void test_underscores(void)
{
    const Feature features[] = {
        {.type = "device", .value = "os_x"}, {.type = "device_os", .value = "x"},
        {.type = "device_os", .value = "y"}, {.type = "movie", .value = "a_b"},
        {.type = "device", .value = "z"},
    };
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    feature_table_free(bundle->features);
    bundle->features = feature_table_new();
    for (guint i = 0; i < G_N_ELEMENTS(features); i++)
        CU_ASSERT(feature_table_add(bundle->features, &features[i], NULL, NULL));
    const struct {
        const char *id;
        guint index;
    } cases[] = {{"device_os_y", 2}, {"movie_a_b", 3}, {"device_z", 4}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        guint index = G_MAXUINT;
        CU_ASSERT(feature_of_id(bundle, DOC_IDS_BY_VALUE, cases[i].id, &index));
        CU_ASSERT_EQUAL(index, cases[i].index);
    }
}

static const UnitTest tests[] = {
    {"there and back", test_there_and_back},
    {"strangers", test_strangers},
    {"underscores", test_underscores},
    {NULL, NULL},
};

TAP_MAIN("feature_id", tests)

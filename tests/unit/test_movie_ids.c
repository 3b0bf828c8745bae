#include "movie_ids.h"

#include "document.h"
#include "fixtures.h"
#include "tap.h"

static void add(Bundle *bundle, const char *type, const char *value)
{
    const Feature feature = {.type = type, .value = value};
    CU_ASSERT(feature_table_add(bundle->features, &feature, NULL, NULL));
}

/* Users and movies in turn; movies of numbers near and far, and of what only looks like numbers. */
static Bundle *bundle_of_ids(void)
{
    const char *const values[] = {"7",          "0",       "00",
                                  "07",         "1000000", "65535",
                                  "4294967303", "-1",      "18446744073709551623",
                                  "abc",        "7 ",      "1_2",
                                  "\303\251",   "65600"};
    Bundle *bundle = g_new0(Bundle, 1);
    bundle->path = g_strdup("ids");
    bundle->features = feature_table_new();
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        add(bundle, FEATURE_USER, values[i]);
        add(bundle, FEATURE_MOVIE, values[i]);
    }
    add(bundle, "movie_1", "3");
    add(bundle, "age", "7");
    bundle->model = fixture_model(feature_table_size(bundle->features), 2, 1, 1);
    return bundle;
}

static void test_every_movie(void)
{
    g_autoptr(Bundle) bundle = bundle_of_ids();
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    for (DocIds doc_ids = DOC_IDS_BY_VALUE; doc_ids <= DOC_IDS_BY_FEATURE_INDEX; doc_ids++) {
        g_autoptr(MovieIds) ids = movie_ids_new(bundle, doc_ids);
        for (guint i = 0; i < movies->len; i++) {
            guint position = 99;
            g_autofree char *id = document_id(bundle, doc_ids, g_array_index(movies, guint, i));
            CU_ASSERT(movie_ids_find(ids, id, &position));
            CU_ASSERT_EQUAL(position, i);
        }
    }
}

static void test_others(void)
{
    const char *const strangers[] = {
        "",          "movie",         "movie_",           "movie_8",    "movie_000", "movie_7x",
        "movie_+7",  "movie_ 7",      "Movie_7",          "movie7",     "user_7",    "age_7",
        "movie_1_3", "movie_1000001", "movie_4294967302", "movie_65599"};
    g_autoptr(Bundle) bundle = bundle_of_ids();
    g_autoptr(MovieIds) ids = movie_ids_new(bundle, DOC_IDS_BY_VALUE);
    for (guint i = 0; i < G_N_ELEMENTS(strangers); i++) {
        guint position;
        CU_ASSERT_FALSE(movie_ids_find(ids, strangers[i], &position));
    }
}

static const UnitTest tests[] = {
    {"every movie", test_every_movie},
    {"others", test_others},
    {NULL, NULL},
};

TAP_MAIN("movie_ids", tests)

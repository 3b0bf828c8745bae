#include "asked.h"

#include <string.h>

#include "fixtures.h"
#include "tap.h"

/* ---- options ---- */

static char *options_of(guint size, guint candidates, gboolean usual, gboolean cold_start,
                        const Filter *filter)
{
    g_autoptr(Seen) seen = seen_new();
    const RecommendRequest request = {
        .size = size, .candidates = candidates, .cold_start = cold_start, .filter = filter};
    return asked_options(&request, usual, seen);
}

static void test_options(void)
{
    g_autoptr(Filter) none = filter_new();
    g_autofree char *plain = options_of(10, 0, TRUE, FALSE, NULL);
    g_autofree char *empty = options_of(10, 0, FALSE, FALSE, none);
    g_autofree char *knn = options_of(20, 200, TRUE, TRUE, NULL);
    g_autofree char *many = options_of(20, 200, FALSE, FALSE, NULL);
    CU_ASSERT_STRING_EQUAL(plain, "size 10");
    CU_ASSERT_STRING_EQUAL(empty, "size 10");
    CU_ASSERT_STRING_EQUAL(knn, "size 20, knn, cold start");
    const RecommendRequest part = {.size = 20, .user_only = TRUE, .cold_start = TRUE};
    g_autoptr(Seen) nothing = seen_new();
    g_autofree char *only = asked_options(&part, FALSE, nothing);
    CU_ASSERT_STRING_EQUAL(only, "size 20, user only, cold start");
    CU_ASSERT_STRING_EQUAL(many, "size 20, knn of 200 candidates");
}

/* With a file of ratings of which everybody's count. */
static char *options_with(const char *ratings)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "ratings", NULL);
    g_autoptr(Seen) seen = seen_new();
    const SeenWhose whose = {.everybody = TRUE};
    const RecommendRequest request = {.size = 10};
    fixture_put(directory, "ratings", ratings, -1);
    CU_ASSERT(seen_read(seen, path, &whose, NULL));
    return asked_options(&request, FALSE, seen);
}

static void test_seen(void)
{
    g_autofree char *list = options_with("318\n");
    g_autofree char *rows = options_with("1::318::5\n2::1::5\n"),
                    *same = options_with("1::318::4\n2::1::5\n");
    const char *const others[] = {"1::318::5\n", "2::318::5\n1::1::5\n", "1::318::5\n2::318::5\n",
                                  "1::1::5\n2::1::5\n"};
    CU_ASSERT_STRING_EQUAL(list, "size 10");
    CU_ASSERT(g_str_has_prefix(rows, "size 10, seen ") && strlen(rows) == 14 + 12);
    CU_ASSERT_STRING_EQUAL(rows, same);
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *other = options_with(others[i]);
        CU_ASSERT_STRING_NOT_EQUAL(other, rows);
    }
}

/* Whatever a filter has changes the text. */
static void test_filters(void)
{
    g_autoptr(GHashTable) texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < 8; i++) {
        g_autoptr(Filter) filter = filter_new();
        GPtrArray *const lists[] = {filter->any_genre, filter->all_genres, filter->no_genre,
                                    filter->excluded};
        if (i < G_N_ELEMENTS(lists))
            g_ptr_array_add(lists[i], g_strdup("a"));
        filter->year_from = i == 4 ? 1990 : 0;
        filter->year_to = i == 5 ? 1990 : 0;
        filter->least_ratings = i == 6 ? 1990 : 0;
        filter->raw = i == 7 ? g_strdup("{\"exists\":{\"field\":\"year\"}}") : NULL;
        char *text = options_of(10, 0, FALSE, FALSE, filter);
        g_autofree char *again = options_of(10, 0, FALSE, FALSE, filter);
        CU_ASSERT(g_str_has_prefix(text, "size 10, filters "));
        CU_ASSERT_EQUAL(strlen(text), strlen("size 10, filters ") + 12);
        CU_ASSERT_STRING_EQUAL(text, again);
        CU_ASSERT(g_hash_table_add(texts, text));
    }
}

/* ---- lines ---- */

/* After the last of the lines. */
static char *lines_of(const char *const *texts)
{
    g_autoptr(GChecksum) lines = asked_lines_new();
    g_autofree char *mark = NULL;
    for (; *texts != NULL; texts++) {
        g_free(mark);
        mark = asked_lines_add(lines, *texts, strlen(*texts));
    }
    return g_steal_pointer(&mark);
}

static void test_lines(void)
{
    const char *const same[] = {"{\"user\":1}", "{\"user\":2}", NULL};
    const char *const others[][4] = {{"{\"user\":1}", "{\"user\":3}"},
                                     {"{\"user\":3}", "{\"user\":2}"},
                                     {"{\"user\":1}{\"user\":2}"},
                                     {"", "{\"user\":1}", "{\"user\":2}"},
                                     {"{\"user\":1}"}};
    g_autofree char *mark = lines_of(same), *again = lines_of(same);
    CU_ASSERT_STRING_EQUAL(mark, again);
    CU_ASSERT_EQUAL(strlen(mark), 12);
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        g_autofree char *other = lines_of(others[i]);
        CU_ASSERT_STRING_NOT_EQUAL(other, mark);
    }
    g_autoptr(GChecksum) lines = asked_lines_new();
    g_autofree char *unknown = asked_lines_add(lines, NULL, 0);
    CU_ASSERT_EQUAL(strlen(unknown), 12);
}

/* ---- in a line ---- */

static void check(const char *text, const char *why)
{
    g_auto(yajl_val) line = json_parse(text, "a line", NULL);
    g_autofree char *difference = asked_difference(line, "size 10", "3fa94c21d9e4");
    CU_ASSERT_EQUAL(difference == NULL, why == NULL);
    CU_ASSERT(why == NULL || (difference != NULL && strstr(difference, why) != NULL));
}

static void test_difference(void)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    asked_put(json, "size 10", "3fa94c21d9e4");
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    CU_ASSERT_STRING_EQUAL(text,
                           "{\"asked\":{\"options\":\"size 10\",\"profiles\":\"3fa94c21d9e4\"}}");
    check(text, NULL);
    check("{\"asked\":{\"options\":\"size 20\",\"profiles\":\"3fa94c21d9e4\"}}",
          "it was asked with {size 20}, now it is {size 10}");
    check("{\"asked\":{\"options\":\"size 10\",\"profiles\":\"3fa94c21d9e5\"}}", "other profiles");
    check("{\"line\":1}", "made by an earlier version");
    check("{\"asked\":{\"options\":\"size 10\"}}", "made by an earlier version");
}

static const UnitTest tests[] = {
    {"options", test_options}, {"filters", test_filters},         {"seen by each", test_seen},
    {"lines", test_lines},     {"what differs", test_difference}, {NULL, NULL},
};

TAP_MAIN("asked", tests)

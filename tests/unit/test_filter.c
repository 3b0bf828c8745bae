#include "filter.h"

#include <string.h>

#include "recsys_error.h"
#include "tap.h"

static char *json_of(const Filter *filter)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    filter_put(json, filter);
    return json_take(json, NULL);
}

static void check_json(const Filter *filter, const char *expected)
{
    g_autofree char *text = json_of(filter);
    g_auto(yajl_val) tree = json_parse(text, "the filter", NULL);
    CU_ASSERT_PTR_NOT_NULL(tree);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void add(GPtrArray *texts, const char *text)
{
    g_ptr_array_add(texts, g_strdup(text));
}

#define MOVIES "{\"term\":{\"feature_type\":\"movie\"}}"

static void test_nothing(void)
{
    g_autoptr(Filter) filter = filter_new();
    check_json(filter, "{\"bool\":{\"filter\":[" MOVIES "]}}");
    check_json(NULL, "{\"bool\":{\"filter\":[" MOVIES "]}}");
    CU_ASSERT(filter_is_empty(filter) && filter_is_empty(NULL));
    CU_ASSERT(filter_check(filter, NULL));
}

/* One clause each, so that the server can cache each of them. */
static void test_everything(void)
{
    g_autoptr(Filter) filter = filter_new();
    add(filter->any_genre, "War");
    add(filter->any_genre, "Children's \"x\"");
    add(filter->all_genres, "Drama");
    add(filter->all_genres, "Sci-Fi");
    add(filter->no_genre, "Horror");
    filter->year_from = 1990;
    filter->year_to = 1999;
    filter->least_ratings = 50;
    add(filter->only, "50");
    add(filter->only, "318");
    filter_exclude(filter, "318");
    filter_exclude(filter, "2858");
    filter->raw = g_strdup("{\"prefix\": {\"title\": \"Star\"}}");
    CU_ASSERT(filter_check(filter, NULL));
    check_json(filter, "{\"bool\":{\"filter\":[" MOVIES
                       ",{\"terms\":{\"genres\":[\"War\",\"Children's \\\"x\\\"\"]}}"
                       ",{\"term\":{\"genres\":\"Drama\"}},{\"term\":{\"genres\":\"Sci-Fi\"}}"
                       ",{\"terms\":{\"value\":[\"50\",\"318\"]}}"
                       ",{\"range\":{\"year\":{\"gte\":1990,\"lte\":1999}}}"
                       ",{\"range\":{\"ratings\":{\"gte\":50}}}"
                       ",{\"prefix\": {\"title\": \"Star\"}}],"
                       "\"must_not\":[{\"terms\":{\"genres\":[\"Horror\"]}}"
                       ",{\"terms\":{\"value\":[\"318\",\"2858\"]}}]}}");
}

static void test_open_years(void)
{
    g_autoptr(Filter) since = filter_new(), until = filter_new();
    since->year_from = 1990;
    until->year_to = 1980;
    check_json(since, "{\"bool\":{\"filter\":[" MOVIES ",{\"range\":{\"year\":{\"gte\":1990}}}]}}");
    check_json(until, "{\"bool\":{\"filter\":[" MOVIES ",{\"range\":{\"year\":{\"lte\":1980}}}]}}");
    CU_ASSERT(!filter_is_empty(since) && !filter_is_empty(until));
}

/* A server takes 65,536 values in one clause. */
static void test_many_excluded(void)
{
    g_autoptr(Filter) filter = filter_new();
    for (guint i = 0; i < 70000; i++) {
        g_autofree char *movie = g_strdup_printf("%u", i);
        filter_exclude(filter, movie);
    }
    g_autofree char *text = json_of(filter);
    g_auto(yajl_val) tree = json_parse(text, "the filter", NULL);
    yajl_val clauses = json_get(tree, "bool.must_not");
    CU_ASSERT_EQUAL(json_array_length(clauses), 2);
    CU_ASSERT_EQUAL(json_array_length(json_get(json_array_get(clauses, 0), "terms.value")), 65536);
    CU_ASSERT_EQUAL(json_array_length(json_get(json_array_get(clauses, 1), "terms.value")), 4464);
}

/* ---- what contradicts itself ---- */

static void check_refused(Filter *filter, const char *text)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(filter_check(filter, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, text);
    filter_free(filter);
}

static void test_contradictions(void)
{
    Filter *filter = filter_new();
    add(filter->any_genre, "War");
    add(filter->no_genre, "War");
    check_refused(filter, "the genre War is both wanted and excluded");
    filter = filter_new();
    add(filter->all_genres, "War");
    add(filter->no_genre, "War");
    check_refused(filter, "the genre War is both wanted and excluded");
    filter = filter_new();
    filter->year_from = 2000;
    filter->year_to = 1999;
    check_refused(filter, "the years from 2000 to 1999 are none");
}

static void test_empty_texts(void)
{
    Filter *filter = filter_new();
    add(filter->any_genre, "");
    check_refused(filter, "must have a name");
    filter = filter_new();
    add(filter->no_genre, "");
    check_refused(filter, "must have a name");
    filter = filter_new();
    filter_exclude(filter, "");
    check_refused(filter, "must have a name");
}

/* What cannot be in a request, as JSON is UTF-8; and what no data set has. */
static void test_bad_texts(void)
{
    Filter *filter = NULL;
    const gsize lists[] = {G_STRUCT_OFFSET(Filter, any_genre), G_STRUCT_OFFSET(Filter, all_genres),
                           G_STRUCT_OFFSET(Filter, no_genre), G_STRUCT_OFFSET(Filter, only),
                           G_STRUCT_OFFSET(Filter, excluded)};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        filter = filter_new();
        add(G_STRUCT_MEMBER(GPtrArray *, filter, lists[i]), "318");
        add(G_STRUCT_MEMBER(GPtrArray *, filter, lists[i]), "a\xff");
        check_refused(filter, "\"a\\xff\" is not UTF-8 or has a control character");
    }
    filter = filter_new();
    filter_exclude(filter, "31\n8");
    check_refused(filter, "movie \"31\\n8\" is not UTF-8 or has a control character");
    filter = filter_new();
    filter->raw = g_strdup("{\"term\":{\"title\":\"\xff\"}}");
    check_refused(filter, "the filter");
}

/* A body is one line, that of an _msearch as well. */
static void test_raw_in_lines(void)
{
    g_autoptr(Filter) filter = filter_new();
    filter->raw = g_strdup("{\n\"prefix\":\r\n {\"title\": \"a\\n \"}}\n");
    CU_ASSERT(filter_check(filter, NULL));
    g_autofree char *json = json_of(filter);
    CU_ASSERT_PTR_NULL(strpbrk(json, "\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "{\"title\": \"a\\n \"}}"));
}

/* It goes into the body as it is: nothing may be able to end the clause it is in. */
static void test_raw(void)
{
    const char *bad[] = {
        "",
        "x",
        "[]",
        "{}",
        "3",
        "{\"a\":{}",
        "{\"a\":{},\"b\":{}}",
        "{\"match_all\":{}}],\"should\":[{\"match_all\":{}}",
        "{\"match_all\":{}},{\"match_all\":{}}",
        "{\"match_all\":{}}/**/",
        "{\"match_all\":{}} {\"match_all\":{}}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        Filter *filter = filter_new();
        filter->raw = g_strdup(bad[i]);
        check_refused(filter, "the filter");
    }
    g_autoptr(Filter) good = filter_new();
    good->raw = g_strdup(" {\"match_all\": {}}\n");
    CU_ASSERT(filter_check(good, NULL));
    CU_ASSERT_FALSE(filter_is_empty(good));
}

/* Equal, and nobody's but the caller's. */
static void test_copy(void)
{
    g_autoptr(Filter) filter = filter_new(), none = filter_copy(NULL);
    GPtrArray *const lists[] = {filter->any_genre, filter->all_genres, filter->no_genre,
                                filter->only, filter->excluded};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autofree char *text = g_strdup_printf("text %u", i);
        add(lists[i], text);
    }
    filter->year_from = 1990;
    filter->year_to = 1999;
    filter->least_ratings = 5;
    filter->raw = g_strdup("{\"match_all\":{}}");
    g_autofree char *expected = json_of(filter);
    g_autoptr(Filter) copy = filter_copy(filter);
    check_json(copy, expected);
    filter_exclude(copy, "318");
    check_json(filter, expected);
    CU_ASSERT(filter_is_empty(none));
}

static const UnitTest tests[] = {
    {"a copy", test_copy},
    {"nothing", test_nothing},
    {"everything", test_everything},
    {"open years", test_open_years},
    {"many excluded movies", test_many_excluded},
    {"contradictions", test_contradictions},
    {"empty texts", test_empty_texts},
    {"texts that no request can have", test_bad_texts},
    {"a query of the user's own", test_raw},
    {"a query of several lines", test_raw_in_lines},
    {NULL, NULL},
};

TAP_MAIN("filter", tests)

#include "captured_query.h"

#include <math.h>
#include <string.h>

#include "recsys_error.h"
#include "tap.h"

#define SCRIPT                                                                                     \
    "{\"source\":\"params.shift + dotProduct(params.query_vector, 'embedding') + "                 \
    "doc['bias'].value\",\"params\":{\"shift\":3,\"query_vector\":[1,-0.5,0.1]}}"
#define MOVIES "{\"term\":{\"feature_type\":\"movie\"}}"

static gboolean read_text(CapturedQuery *query, const char *text)
{
    g_autoptr(GError) error = NULL;
    gboolean valid = captured_query_read(query, text, "q.json", NULL, NULL, &error);
    if (!valid)
        printf("# %s\n", error->message);
    return valid;
}

static char *body_of(const char *filter, const char *more)
{
    return g_strdup_printf("{\"query\":{\"script_score\":{\"query\":%s,\"script\":" SCRIPT "}}%s}",
                           filter, more);
}

static void test_body(void)
{
    g_auto(CapturedQuery) query = {0};
    g_autofree char *text = body_of(MOVIES, ",\"size\":7,\"sort\":[{\"_score\":\"desc\"},"
                                            "{\"feature_index\":\"asc\"}],\"_source\":false");
    CU_ASSERT(read_text(&query, text));
    CU_ASSERT_PTR_NULL(query.unknown);
    CU_ASSERT_EQUAL(query.script.constant, 3);
    CU_ASSERT_EQUAL(query.k, 3);
    CU_ASSERT_EQUAL(query.vector[2], 0.1f);
    CU_ASSERT_EQUAL(query.size, 7);
    CU_ASSERT_EQUAL(query.from, 0);
    CU_ASSERT(isnan(query.shape.min_score));
    CU_ASSERT_EQUAL(query.filter_kind, FILTER_MOVIES);
    CU_ASSERT_EQUAL(query.sort, SORT_BY_INDEX_TOO);
    CU_ASSERT_EQUAL(query.shape.others->len, 0);
    CU_ASSERT_PTR_NULL(query.response);
    g_autofree char *body = captured_query_body(&query);
    CU_ASSERT_STRING_EQUAL(body, text);
    g_autofree char *filter = captured_query_filter(&query);
    CU_ASSERT_STRING_EQUAL(filter, MOVIES);
}

static void test_with_response(void)
{
    g_auto(CapturedQuery) query = {0}, apart = {0};
    g_autofree char *body = body_of(MOVIES, "");
    g_autofree char *text = g_strdup_printf("{\"request\":%s,\"response\":{\"took\":1}}", body);
    CU_ASSERT(read_text(&query, text));
    CU_ASSERT_PTR_NOT_NULL(json_get(query.response, "took"));
    CU_ASSERT_EQUAL(query.size, 10);
    g_autofree char *sent = captured_query_body(&query);
    CU_ASSERT_STRING_EQUAL(sent, body);
    CU_ASSERT(captured_query_read(&apart, body, "q.json", "{\"took\":2}", "a.json", NULL));
    CU_ASSERT_PTR_NOT_NULL(json_get(apart.response, "took"));
}

static void test_filters(void)
{
    const struct {
        const char *filter;
        QueryFilter kind;
    } cases[] = {
        {"{\"bool\":{\"filter\":" MOVIES "}}", FILTER_MOVIES},
        {"{\"bool\":{\"filter\":[" MOVIES "]}}", FILTER_MOVIES},
        {"{\"bool\":{\"must\":[" MOVIES "]}}", FILTER_MOVIES},
        {"{\"constant_score\":{\"filter\":" MOVIES "}}", FILTER_MOVIES},
        {"{\"term\":{\"feature_type\":{\"value\":\"movie\"}}}", FILTER_MOVIES},
        {"{\"terms\":{\"feature_type\":[\"movie\"]}}", FILTER_MOVIES},
        {"{\"match\":{\"feature_type\":\"movie\"}}", FILTER_MOVIES},
        {"{\"match_all\":{}}", FILTER_ALL},
        {"{\"bool\":{\"filter\":{\"match_all\":{}}}}", FILTER_ALL},
        {"{\"bool\":{\"filter\":[" MOVIES ",{\"term\":{\"genres\":\"War\"}}]}}", FILTER_OTHER},
        {"{\"bool\":{\"filter\":" MOVIES ",\"must_not\":{\"term\":{\"year\":1999}}}}",
         FILTER_OTHER},
        {"{\"terms\":{\"feature_type\":[\"movie\",\"user\"]}}", FILTER_OTHER},
        {"{\"term\":{\"feature_type\":\"user\"}}", FILTER_OTHER},
        {"{\"bool\":{\"should\":" MOVIES "}}", FILTER_OTHER},
        {"{\"exists\":{\"field\":\"title\"}}", FILTER_OTHER},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CapturedQuery) query = {0};
        g_autofree char *text = body_of(cases[i].filter, "");
        CU_ASSERT(read_text(&query, text));
        if (query.filter_kind != cases[i].kind)
            printf("# %s\n", cases[i].filter);
        CU_ASSERT_EQUAL(query.filter_kind, cases[i].kind);
    }
}

static void test_sorts(void)
{
    const struct {
        const char *sort;
        QuerySort kind;
    } cases[] = {
        {"", SORT_BY_SCORE_ALONE},
        {",\"sort\":[]", SORT_BY_SCORE_ALONE},
        {",\"sort\":\"_score\"", SORT_BY_SCORE_ALONE},
        {",\"sort\":{\"_score\":\"desc\"}", SORT_BY_SCORE_ALONE},
        {",\"sort\":[\"_score\",\"feature_index\"]", SORT_BY_INDEX_TOO},
        {",\"sort\":[{\"_score\":{\"order\":\"desc\"}},{\"feature_index\":{\"order\":\"asc\"}}]",
         SORT_BY_INDEX_TOO},
        {",\"sort\":[\"_score\",{\"feature_index\":\"desc\"}]", SORT_BY_SCORE_FIRST},
        {",\"sort\":[\"_score\",\"year\"]", SORT_BY_SCORE_FIRST},
        {",\"sort\":[{\"_score\":\"asc\"}]", SORT_WRONG},
        {",\"sort\":[\"year\",\"_score\"]", SORT_WRONG},
        {",\"sort\":[7]", SORT_WRONG},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CapturedQuery) query = {0};
        g_autofree char *text = body_of(MOVIES, cases[i].sort);
        CU_ASSERT(read_text(&query, text));
        CU_ASSERT_EQUAL(query.sort, cases[i].kind);
    }
}

static void test_others(void)
{
    g_auto(CapturedQuery) query = {0};
    g_autofree char *text = body_of(
        MOVIES, ",\"min_score\":2,\"from\":5,\"rescore\":{},\"terminate_after\":1,\"aggs\":{}");
    CU_ASSERT(read_text(&query, text));
    CU_ASSERT_EQUAL(query.shape.min_score, 2);
    CU_ASSERT_EQUAL(query.from, 5);
    CU_ASSERT_EQUAL(query.shape.others->len, 2);
    CU_ASSERT_STRING_EQUAL((const char *)g_ptr_array_index(query.shape.others, 0), "rescore");
}

#define SCORED "{\"script_score\":{\"query\":" MOVIES ",\"script\":" SCRIPT "}}"
#define DRAMA "{\"term\":{\"genres\":\"Drama\"}}"
#define FUNCTION "{\"script_score\":{\"script\":" SCRIPT "}}"

/* Other ways to write the same search. */
static void test_shapes(void)
{
    const struct {
        const char *body, *path, *filter;
    } cases[] = {
        {"\"query\":" SCORED, "query.script_score", MOVIES},
        {"\"query\":{\"bool\":{\"must\":" SCORED "}}", "query.bool.must.script_score", MOVIES},
        {"\"query\":{\"bool\":{\"must\":[" SCORED "],\"filter\":" DRAMA "}}",
         "query.bool.must[0].script_score",
         "{\"bool\":{\"filter\":[" DRAMA "," MOVIES "],\"must_not\":[]}}"},
        {"\"query\":{\"bool\":{\"must\":[" SCORED "],\"must_not\":[" DRAMA "]}}",
         "query.bool.must[0].script_score",
         "{\"bool\":{\"filter\":[" MOVIES "],\"must_not\":[" DRAMA "]}}"},
        {"\"query\":{\"function_score\":{\"query\":" MOVIES ",\"script_score\":{\"script\":" SCRIPT
         "},\"boost_mode\":\"replace\"}}",
         "query.function_score.script_score", MOVIES},
        {"\"query\":{\"function_score\":{\"query\":" MOVIES ",\"functions\":[" FUNCTION
         "],\"boost_mode\":\"replace\"}}",
         "query.function_score.functions[0].script_score", MOVIES},
        {"\"retriever\":{\"standard\":{\"query\":" SCORED "}}",
         "retriever.standard.query.script_score", MOVIES},
        {"\"retriever\":{\"standard\":{\"query\":" SCORED ",\"filter\":[" DRAMA "]}}",
         "retriever.standard.query.script_score",
         "{\"bool\":{\"filter\":[" DRAMA "," MOVIES "],\"must_not\":[]}}"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CapturedQuery) query = {0};
        g_autofree char *text = g_strdup_printf("{%s}", cases[i].body);
        CU_ASSERT(read_text(&query, text));
        CU_ASSERT_PTR_NULL(query.unknown);
        CU_ASSERT_EQUAL(query.k, 3);
        CU_ASSERT_EQUAL(g_strcmp0(query.shape.path, cases[i].path), 0);
        g_autofree char *filter = captured_query_filter(&query);
        CU_ASSERT_EQUAL(g_strcmp0(filter, cases[i].filter), 0);
        CU_ASSERT_EQUAL(query.filter_kind,
                        strstr(text, "Drama") != NULL ? FILTER_OTHER : FILTER_MOVIES);
    }
}

static void test_unknown_shapes(void)
{
    const char *const cases[][2] = {
        {"\"query\":{\"match_all\":{}}", "no script_score"},
        {"\"query\":{}", "no script_score"},
        {"\"query\":{\"bool\":{\"must\":[" SCORED "],\"should\":[" DRAMA "]}}",
         "a bool with should"},
        {"\"query\":{\"bool\":{\"must\":[" SCORED "," DRAMA "]}}", "several must"},
        {"\"query\":{\"bool\":{\"must\":[" SCORED "],\"boost\":2}}", "a bool with boost"},
        {"\"query\":{\"bool\":{\"must\":[]}}", "no must"},
        {"\"query\":{\"bool\":{\"filter\":" SCORED "}}", "no must"},
        {"\"query\":{\"script_score\":{\"query\":" MOVIES "}}", "has no script"},
        {"\"query\":{\"script_score\":{\"query\":" MOVIES ",\"script\":" SCRIPT ",\"x\":1}}",
         "has a x"},
        {"\"query\":{\"function_score\":{\"script_score\":{\"script\":" SCRIPT "}}}", "multiplies"},
        {"\"query\":{\"function_score\":{\"boost_mode\":\"sum\",\"script_score\":{"
         "\"script\":" SCRIPT "}}}",
         "combines"},
        {"\"query\":{\"function_score\":{\"boost_mode\":\"replace\",\"functions\":[" FUNCTION
         "," FUNCTION "]}}",
         "something else than one script"},
        {"\"query\":{\"function_score\":{\"boost_mode\":\"replace\",\"functions\":[{\"weight\":2}]}"
         "}",
         "something else than one script"},
        {"\"query\":{\"function_score\":{\"boost_mode\":\"replace\",\"max_boost\":2,"
         "\"script_score\":{\"script\":" SCRIPT "}}}",
         "a function_score with max_boost"},
        {"\"query\":{\"function_score\":{\"boost_mode\":\"replace\",\"functions\":[{"
         "\"filter\":" DRAMA ",\"script_score\":{\"script\":" SCRIPT "}}]}}",
         "a function_score with filter"},
        {"\"retriever\":{\"knn\":{}}", "the retriever is a knn"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CapturedQuery) query = {0};
        g_autofree char *text = g_strdup_printf("{%s}", cases[i][0]);
        CU_ASSERT(read_text(&query, text));
        if (query.shape.unknown == NULL || strstr(query.shape.unknown, cases[i][1]) == NULL)
            printf("# %s: %s\n", cases[i][0], query.shape.unknown);
        CU_ASSERT(query.shape.unknown != NULL && strstr(query.shape.unknown, cases[i][1]) != NULL);
        CU_ASSERT_EQUAL(g_strcmp0(query.shape.unknown, query.unknown), 0);
    }
}

/* A retriever's own sort and min_score. */
static void test_retriever(void)
{
    g_auto(CapturedQuery) query = {0};
    CU_ASSERT(read_text(&query,
                        "{\"retriever\":{\"standard\":{\"query\":" SCORED ",\"min_score\":4,"
                        "\"sort\":[\"_score\",\"feature_index\"],\"collapse\":{}}},"
                        "\"size\":3}"));
    CU_ASSERT_EQUAL(query.shape.min_score, 4);
    CU_ASSERT_EQUAL(query.sort, SORT_BY_INDEX_TOO);
    CU_ASSERT_EQUAL(query.size, 3);
    CU_ASSERT_EQUAL(query.shape.others->len, 1);
}

/* What is not understood can still have a vector. */
static void test_unknown(void)
{
    const char *const cases[][2] = {
        {"{\"query\":{\"match_all\":{}}}", "no script_score"},
        {"{\"query\":{\"script_score\":{\"script\":{\"id\":\"x\",\"params\":{\"v\":[1,2]}}}}}",
         "stored in the cluster"},
        {"{\"query\":{\"script_score\":{\"script\":{\"lang\":\"expression\",\"source\":\"1\"}}}}",
         "language is expression"},
        {"{\"query\":{\"script_score\":{\"boost\":2,\"script\":" SCRIPT "}}}", "a boost"},
    };
    const guint dimensions[] = {0, 2, 0, 3};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(CapturedQuery) query = {0};
        CU_ASSERT(read_text(&query, cases[i][0]));
        CU_ASSERT(query.unknown != NULL && strstr(query.unknown, cases[i][1]) != NULL);
        CU_ASSERT_EQUAL(query.k, dimensions[i]);
    }
    g_auto(CapturedQuery) string = {0};
    CU_ASSERT(read_text(&string, "{\"query\":{\"script_score\":{\"script\":\"1 + 1\"}}}"));
    CU_ASSERT_PTR_NULL(string.unknown);
    CU_ASSERT_EQUAL(string.script.constant, 2);
}

/* The line, or the member. */
static void test_unreadable(void)
{
    const char *const cases[][2] = {
        {"", "q.json, line 1: the text is not valid JSON"},
        {"{\"size\": 1,\n\"query\": {,}}", "q.json, line 2: "},
        {"{\"query\": {}\n\n\n", "q.json, line 4: "},
        {"[1]", "q.json, line 1: a JSON object is expected"},
        {"{\"size\": 1}", "q.json: query is not there"},
        {"{\"request\": {\"size\": 1}}", "q.json: request.query is not there"},
        {"{\"query\": {}, \"size\": \"ten\"}", "q.json: size is not a number from 0 to 10000"},
        {"{\"query\": {}, \"size\": 10001}", "q.json: size is not a number"},
        {"{\"query\": {}, \"from\": -1}", "q.json: from is not a number"},
        {"{\"query\": {\"script_score\": {\"script\": {\"source\": \"dotProduct(params.q, "
         "'e')\"}}}}",
         "script.params.q is not there, or not an array of numbers"},
        {"{\"query\": {\"script_score\": {\"script\": {\"source\": \"dotProduct(params.q, 'e')\","
         "\"params\": {\"q\": [1, \"x\"]}}}}}",
         "script.params.q[1] is not a number that a float32 can hold"},
        {"{\"query\": {\"script_score\": {\"script\": {\"source\": \"dotProduct(params.q, 'e')\","
         "\"params\": {\"q\": [1e39]}}}}}",
         "script.params.q[0] is not a number that a float32 can hold"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(CapturedQuery) query = {0};
        CU_ASSERT_FALSE(captured_query_read(&query, cases[i][0], "q.json", NULL, NULL, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, cases[i][1]);
    }
    g_autoptr(GError) error = NULL;
    g_auto(CapturedQuery) query = {0};
    CU_ASSERT_FALSE(
        captured_query_read(&query, "{\"query\":{}}", "q.json", "{\n", "a.json", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "a.json, line 2: ");
}

static const UnitTest tests[] = {
    {"body", test_body},
    {"with its response", test_with_response},
    {"filters", test_filters},
    {"sorts", test_sorts},
    {"others", test_others},
    {"shapes", test_shapes},
    {"unknown shapes", test_unknown_shapes},
    {"a retriever", test_retriever},
    {"unknown", test_unknown},
    {"unreadable", test_unreadable},
    {NULL, NULL},
};

TAP_MAIN("captured_query", tests)

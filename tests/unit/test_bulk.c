#include "bulk.h"

#include <string.h>

#include "recsys_error.h"
#include "tap.h"

#define OK1 "{\"index\":{\"_id\":\"user_1\",\"status\":201}}"
#define OK2 "{\"index\":{\"_id\":\"movie_2\",\"status\":200}}"
#define BAD                                                                                        \
    "{\"index\":{\"_id\":\"movie_9\",\"status\":400,\"error\":{\"type\":\"t\",\"reason\":"         \
    "\"dims\"}}}"
#define FULL                                                                                       \
    "{\"index\":{\"_id\":\"movie_7\",\"status\":429,\"error\":{\"reason\":\"queue full\"}}}"

static void check(const char *text, guint expected, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_auto(yajl_val) answer = json_parse(text, "the answer", &error);
    CU_ASSERT_PTR_NOT_NULL(answer);
    gboolean valid = bulk_check_answer(answer, expected, &error);
    CU_ASSERT_EQUAL(valid, message == NULL);
    if (message == NULL)
        CU_ASSERT_PTR_NULL(error);
    if (message != NULL)
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, message);
}

static void test_all_acknowledged(void)
{
    check("{\"items\":[" OK1 "," OK2 "]}", 2, NULL);
    check("{\"items\":[]}", 0, NULL);
    /* What counts is each item, whatever the summary says. */
    check("{\"errors\":true,\"items\":[" OK1 "]}", 1, NULL);
}

static void test_wrong_count(void)
{
    check("{\"items\":[" OK1 "]}", 2, "2 documents were sent, the bulk answer speaks of 1");
    check("{\"items\":[" OK1 "," OK2 "]}", 1, "1 documents were sent, the bulk answer speaks of 2");
    check("{\"items\":[]}", 3, "speaks of 0");
}

static void test_no_items(void)
{
    check("{}", 1, "speaks of 0");
    check("{\"errors\":false}", 1, "speaks of 0");
    check("[]", 1, "speaks of 0");
    check("{\"items\":{\"index\":{\"status\":200}}}", 1, "speaks of 0");
    check("null", 1, "speaks of 0");
}

static void test_refused_items(void)
{
    check("{\"items\":[" OK1 "," BAD "," OK2 "]}", 3,
          "1 of 3 documents of a bulk request were refused, the first one movie_9 with 400: dims");
    check("{\"errors\":false,\"items\":[" FULL "]}", 1, "movie_7 with 429: queue full");
    check("{\"items\":[" FULL "," OK1 "," BAD "]}", 3, "2 of 3 documents");
    check("{\"items\":[" OK1 "," FULL "," BAD "]}", 3, "the first one movie_7 with 429");
}

static void test_strange_items(void)
{
    const char *const items[] = {
        "{}",
        "7",
        "null",
        "[]",
        "{\"index\":{}}",
        "{\"index\":{\"_id\":\"a\"}}",
        "{\"index\":{\"status\":\"201\"}}",
        "{\"index\":{\"status\":201.0}}",
        "{\"index\":{\"status\":202}}",
        "{\"index\":{\"status\":0}}",
        "{\"create\":{\"_id\":\"a\",\"status\":201}}",
        "{\"delete\":{\"_id\":\"a\",\"status\":200}}",
        "{\"index\":{\"status\":500,\"error\":\"plain text\"}}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(items); i++) {
        g_autofree char *text = g_strdup_printf("{\"items\":[" OK1 ",%s]}", items[i]);
        check(text, 2, "1 of 2 documents of a bulk request were refused");
    }
    check("{\"items\":[{\"index\":{\"status\":503}}]}", 1, "(unnamed) with 503: no reason given");
}

static const UnitTest tests[] = {
    {"all acknowledged", test_all_acknowledged},
    {"wrong count", test_wrong_count},
    {"no items", test_no_items},
    {"refused items", test_refused_items},
    {"strange items", test_strange_items},
    {NULL, NULL},
};

TAP_MAIN("bulk", tests)

#include "bulk_answer.h"

#include <string.h>

#include "recsys_error.h"
#include "tap.h"

#define OK1 "{\"index\":{\"_id\":\"user_1\",\"status\":201}}"
#define OK2 "{\"index\":{\"status\":200}}"
#define BAD "{\"index\":{\"status\":400,\"error\":{\"type\":\"t\",\"reason\":\"dims\"}}}"
#define FULL "{\"index\":{\"error\":{\"reason\":\"queue full\"},\"status\":429}}"

/* How many faults an answer of `expected` items has, and what the first one is. */
static void check(const char *text, guint expected, guint faults, const char *first)
{
    g_autoptr(GError) error = NULL;
    g_auto(BulkAnswer) answer = {0};
    CU_ASSERT(bulk_answer_read(&answer, text, strlen(text), expected, &error));
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_EQUAL(answer.items, expected);
    CU_ASSERT_EQUAL(answer.fault->len, faults);
    if (answer.fault->len == 0 || first == NULL)
        return;
    const BulkFault *fault = &g_array_index(answer.fault, BulkFault, 0);
    g_autofree char *found = g_strdup_printf("%u: %d %s", fault->position, (int)fault->status,
                                             fault->reason != NULL ? fault->reason : "(none)");
    CU_ASSERT_STRING_EQUAL(found, first);
}

static void check_unusable(const char *text, guint expected, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_auto(BulkAnswer) answer = {0};
    CU_ASSERT_FALSE(bulk_answer_read(&answer, text, strlen(text), expected, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, message);
}

static void test_all_acknowledged(void)
{
    check("{\"items\":[" OK1 "," OK2 "]}", 2, 0, NULL);
    check("{\"items\":[]}", 0, 0, NULL);
    check("{\"took\":3,\"items\":[" OK2 "],\"more\":[" BAD "]}", 1, 0, NULL);
    /* What counts is each item, whatever the summary says. */
    check("{\"errors\":true,\"items\":[" OK1 "]}", 1, 0, NULL);
}

static void test_wrong_count(void)
{
    check_unusable("{\"items\":[" OK1 "]}", 2,
                   "2 documents were sent, the bulk answer speaks of 1");
    check_unusable("{\"items\":[" OK1 "," OK2 "]}", 1,
                   "1 documents were sent, the bulk answer speaks of 2");
    const char *const none[] = {
        "{\"items\":[]}",
        "{}",
        "{\"errors\":false}",
        "[]",
        "null",
        "{\"items\":{\"index\":{\"status\":200}}}",
        "{\"a\":{\"items\":[" OK1 "]}}",
        "[{\"items\":[" OK1 "]}]",
    };
    for (guint i = 0; i < G_N_ELEMENTS(none); i++)
        check_unusable(none[i], 1, "speaks of 0");
}

/* At every byte. */
static void test_cut(void)
{
    static const char whole[] = "{\"items\":[" OK1 "," BAD "]}";
    for (gsize length = 0; length + 1 < sizeof whole; length++) {
        g_autofree char *cut = g_strndup(whole, length);
        check_unusable(cut, 2, "not valid JSON");
    }
    check_unusable("<html>", 1, "not valid JSON");
}

static void test_refused_items(void)
{
    check("{\"items\":[" OK1 "," BAD "," OK2 "]}", 3, 1, "1: 400 dims");
    check("{\"errors\":false,\"items\":[" FULL "]}", 1, 1, "0: 429 queue full");
    check("{\"items\":[" FULL "," OK1 "," BAD "]}", 3, 2, "0: 429 queue full");
    check("{\"items\":[" OK1 "," BAD "," FULL "]}", 3, 2, "1: 400 dims");
    /* A cause within the error is not the error. */
    check("{\"items\":[{\"index\":{\"status\":400,\"error\":{\"caused_by\":{\"reason\":\"no\"},"
          "\"reason\":\"yes\"}}}]}",
          1, 1, "0: 400 yes");
}

static void test_strange_items(void)
{
    const char *const items[] = {
        "{}",
        "7",
        "null",
        "true",
        "\"text\"",
        "[]",
        "[{\"index\":{\"status\":200}}]",
        "{\"index\":{}}",
        "{\"index\":200}",
        "{\"status\":200}",
        "{\"index\":{\"_id\":\"a\"}}",
        "{\"index\":{\"status\":\"201\"}}",
        "{\"index\":{\"status\":201.0}}",
        "{\"index\":{\"status\":-201}}",
        "{\"index\":{\"status\":20000000000000000000000000201}}",
        "{\"index\":{\"status\":202}}",
        "{\"index\":{\"status\":0}}",
        "{\"index\":{\"error\":{\"status\":200}}}",
        "{\"create\":{\"_id\":\"a\",\"status\":201}}",
        "{\"delete\":{\"_id\":\"a\",\"status\":200}}",
        "{\"index\":{\"status\":500,\"error\":\"plain text\"}}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(items); i++) {
        g_autofree char *text = g_strdup_printf("{\"items\":[" OK1 ",%s]}", items[i]);
        check(text, 2, 1, NULL);
    }
    check("{\"items\":[{\"index\":{\"status\":500,\"error\":\"plain\"}}]}", 1, 1, "0: 500 plain");
    check("{\"items\":[{\"index\":{\"status\":503}}]}", 1, 1, "0: 503 (none)");
}

static const UnitTest tests[] = {
    {"all acknowledged", test_all_acknowledged}, {"wrong count", test_wrong_count},
    {"an answer that was cut", test_cut},        {"refused items", test_refused_items},
    {"strange items", test_strange_items},       {NULL, NULL},
};

TAP_MAIN("bulk_answer", tests)

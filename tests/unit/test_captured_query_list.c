#include "captured_query_list.h"

#include <string.h>

#include "recsys_error.h"
#include "tap.h"

static const CapturedText *text_at(const GPtrArray *list, guint i)
{
    return g_ptr_array_index(list, i);
}

/* One search, whatever it looks like: what is wrong with it is said by who reads it. */
static void test_one(void)
{
    const char *const texts[] = {
        "{\"query\":{}}",
        "{\"query\":{}}\n\n",
        "{\n\"query\":{}\n}",
        "\n{\"query\":{}}\n",
        "{\"query\":{}}\n{\"query\":{}}",
        "",
        "[1]\n[2]",
        "\n{,}",
        "{\"size\":1,\n}",
        "{}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) list = captured_query_list(texts[i], "q", "{}", "a", &error);
        CU_ASSERT(list != NULL && list->len == 1);
        if (list == NULL || list->len != 1)
            continue;
        CU_ASSERT_STRING_EQUAL(text_at(list, 0)->body, texts[i]);
        CU_ASSERT_STRING_EQUAL(text_at(list, 0)->what, "q");
        CU_ASSERT_STRING_EQUAL(text_at(list, 0)->answer, "{}");
        CU_ASSERT_STRING_EQUAL(text_at(list, 0)->answer_what, "a");
    }
}

static void test_several(void)
{
    const char *const texts[] = {
        "{}\n{\"query\":1}\n{\"index\":\"x\"}\n{\"query\":2}\n",
        "\n{\"query\":1}\n\n{\"query\":2}",
        "{}\r\n{\"query\":1}\r\n{}\r\n{\"query\":2}\r\n\r\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) list = captured_query_list(
            texts[i], "q", "{\"responses\":[{\"took\":1.50},{\"took\":2}]}", "a", &error);
        CU_ASSERT(list != NULL && list->len == 2);
        if (list == NULL || list->len != 2)
            continue;
        CU_ASSERT_STRING_EQUAL(g_strstrip(text_at(list, 0)->body), "{\"query\":1}");
        CU_ASSERT(g_str_has_prefix(text_at(list, 1)->body, "\n\n\n{\"query\":2}"));
        CU_ASSERT_STRING_EQUAL(text_at(list, 1)->what, "q, search 2");
        CU_ASSERT_STRING_EQUAL(text_at(list, 0)->answer, "{\"took\":1.50}");
        CU_ASSERT_STRING_EQUAL(text_at(list, 1)->answer, "{\"took\":2}");
        CU_ASSERT_STRING_EQUAL(text_at(list, 1)->answer_what, "a, response 2");
        g_autoptr(GPtrArray) alone = captured_query_list(texts[i], "q", NULL, NULL, &error);
        CU_ASSERT(alone != NULL && text_at(alone, 1)->answer == NULL);
    }
}

static void test_unreadable(void)
{
    const char *const cases[][3] = {
        {"{}\n{\"query\":1}\n{}\n", NULL, "q, line 3: no search follows this header"},
        {"{}\n{\"query\":1}\n[1]\n{}", NULL, "q, line 3: a JSON object is expected, the header"},
        {"{}\n{\"query\":1}", "{\"responses\":[]}", "a: responses is not an array of one answer"},
        {"{}\n{\"query\":1}", "{\"responses\":[{},{}]}",
         "a: responses is not an array of one answer"},
        {"{}\n{\"query\":1}", "{\"hits\":{}}", "a: responses is not an array of one answer"},
        {"{}\n{\"query\":1}", "{", "a is not valid JSON"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) list = captured_query_list(cases[i][0], "q", cases[i][1], "a", &error);
        CU_ASSERT_PTR_NULL(list);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, cases[i][2]);
    }
}

static const UnitTest tests[] = {
    {"one search", test_one},
    {"several", test_several},
    {"unreadable", test_unreadable},
    {NULL, NULL},
};

TAP_MAIN("captured_query_list", tests)

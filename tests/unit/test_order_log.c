#include "order_log.h"

#include <math.h>
#include <stdlib.h>

#include "json.h"
#include "tap.h"

static yajl_val put(const OrderLogEntry *entry)
{
    char *text = NULL;
    size_t length = 0;
    FILE *log = open_memstream(&text, &length);
    order_log_put(log, entry);
    fclose(log);
    CU_ASSERT(length > 0 && text[length - 1] == '\n');
    yajl_val json = json_parse(text, "the line", NULL);
    free(text);
    return json;
}

static const char *text_at(yajl_val array, gsize i)
{
    yajl_val value = json_array_get(array, i);
    return YAJL_IS_STRING(value) ? YAJL_GET_STRING(value) : "";
}

static void test_line(void)
{
    g_autoptr(Profile) profile = profile_new();
    const char *const values[] = {"1", "SKU \"2\"", "3", "4"};
    const float scores[] = {3.05f, 2.5f, 2.5f, 2.25f};
    const ExactScore exact[] = {{3, 0.1}, {2, 0.1}, {2.05, 0.1}, {2.9, 0.1}};
    const guint indices[] = {4, 9, 7, 5};
    profile_add(profile, "age", "18");
    profile_add(profile, "gender", "M");
    const OrderLogEntry entry = {profile, TRUE,   TRUE,   FALSE,   2.5,
                                 4,       values, scores, indices, exact};
    g_auto(yajl_val) json = put(&entry);
    const char *const verdicts[] = {"proved", "within rounding", "violated"};
    const gboolean right[] = {TRUE, FALSE, FALSE, FALSE}, sorted[] = {TRUE, FALSE, TRUE};
    float score = 0;
    double bound = 0;
    CU_ASSERT_STRING_EQUAL(text_at(json_array_get(json_get(json, "profile"), 1), 0), "gender");
    CU_ASSERT_STRING_EQUAL(text_at(json_array_get(json_get(json, "profile"), 1), 1), "M");
    CU_ASSERT_STRING_EQUAL(text_at(json_get(json, "movies"), 1), "SKU \"2\"");
    CU_ASSERT(json_to_float(json_array_get(json_get(json, "scores"), 0), &score) && score == 3.05f);
    CU_ASSERT(json_to_double(json_array_get(json_get(json, "bounds"), 3), &bound) && bound == 0.1);
    for (guint i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(YAJL_IS_TRUE(json_array_get(json_get(json, "right"), i)), right[i]);
    for (guint i = 0; i < 3; i++) {
        CU_ASSERT_STRING_EQUAL(text_at(json_get(json, "verdicts"), i), verdicts[i]);
        CU_ASSERT_EQUAL(YAJL_IS_TRUE(json_array_get(json_get(json, "sorted"), i)), sorted[i]);
    }
    CU_ASSERT(json_get(json, "set") != NULL && !json_is_true(json, "set"));
}

/* Nothing is said of what was not compared. */
static void test_wrong_list(void)
{
    g_autoptr(Profile) profile = profile_new();
    const OrderLogEntry entry = {.profile = profile, .query_is_right = TRUE};
    g_auto(yajl_val) json = put(&entry);
    CU_ASSERT(json_is_true(json, "query") && !json_is_true(json, "list"));
    CU_ASSERT_PTR_NULL(json_get(json, "verdicts"));
    CU_ASSERT_PTR_NULL(json_get(json, "set"));
}

static const UnitTest tests[] = {
    {"line", test_line},
    {"wrong list", test_wrong_list},
    {NULL, NULL},
};

TAP_MAIN("order_log", tests)

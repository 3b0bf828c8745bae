#include "standing.h"

#include "tap.h"

#define OURS "{\"mappings\":{\"_meta\":{\"created_by\":\"recsys-es\"}}}"
#define FOREIGN "{\"mappings\":{}}"

static void check(const char *text, const char *names, gboolean is_concrete, const char *foreign)
{
    g_auto(Standing) standing = {0};
    g_auto(yajl_val) answer = text != NULL ? json_parse(text, "the answer", NULL) : NULL;
    standing_read(&standing, answer, "a");
    g_autofree char *found = standing_names(&standing);
    CU_ASSERT_STRING_EQUAL(found, names);
    CU_ASSERT_EQUAL(standing.is_concrete, is_concrete);
    CU_ASSERT(g_strcmp0(standing.foreign, foreign) == 0);
}

static void test_reading(void)
{
    check(NULL, "", FALSE, NULL);
    check("[]", "", FALSE, NULL);
    check("{\"a-1\":" OURS "}", "a-1", FALSE, NULL);
    check("{\"a-1\":" OURS ",\"a-2\":" OURS "}", "a-1,a-2", FALSE, NULL);
    check("{\"a-1\":" OURS ",\"b\":" FOREIGN ",\"c\":{}}", "a-1,b,c", FALSE, "b");
    check("{\"a\":" FOREIGN "}", "a", TRUE, "a");
    check("{\"a\":" OURS "}", "a", TRUE, NULL);
}

static const UnitTest tests[] = {
    {"reading", test_reading},
    {NULL, NULL},
};

TAP_MAIN("standing", tests)

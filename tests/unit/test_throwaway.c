#include "throwaway.h"

#include "tap.h"

static void test_names(void)
{
    g_autofree char *name = throwaway_name("recsys", "probe");
    CU_ASSERT(throwaway_is_name("recsys", "probe", name));
    CU_ASSERT_FALSE(throwaway_is_name("recsys", "doctor", name));
    CU_ASSERT(throwaway_is_name("recsys", "probe", "recsys-probe-1-0123abcd"));
    const char *const others[] = {"recsys-probe-",           "recsys-probe-1",
                                  "recsys-probe-1-0123abc",  "recsys-probe-1-0123abcde",
                                  "recsys-probe-1-0123abcg", "recsys-probe--0123abcd",
                                  "recsys-probe-x-0123abcd", "recsys2-probe-1-0123abcd",
                                  "recsys-20261124",         "recsys-probe-1-0123abcd-x"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        CU_ASSERT_FALSE(throwaway_is_name("recsys", "probe", others[i]));
}

static const UnitTest tests[] = {
    {"names", test_names},
    {NULL, NULL},
};

TAP_MAIN("throwaway", tests)

#include "watermark.h"

#include <math.h>

#include "tap.h"

#define GIB 1073741824.0

static void test_forms(void)
{
    const struct {
        const char *text;
        double free; /* of 100 GiB, in GiB */
    } cases[] = {
        {"85%", 15},
        {"90.5%", 9.5},
        {"0.9", 10},
        {"0.85", 15},
        {"1.0", 0},
        {"100%", 0},
        {"0%", 100},
        {"50gb", 50},
        {"50GB", 50},
        {"50g", 50},
        {"1.5tb", 1536},
        {"512mb", 0.5},
        {"1024 kb", 1.0 / 1024},
        {"536870912b", 0.5},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Watermark watermark = {.headroom = -1};
        CU_ASSERT(watermark_parse(&watermark, cases[i].text));
        CU_ASSERT_DOUBLE_EQUAL(watermark_free_bytes(&watermark, 100 * GIB) / GIB, cases[i].free,
                               1e-9);
    }
    const char *const wrong[] = {"",    "x",    "%",         "50", "1.5", "101%",
                                 "-5%", "-3gb", "50 apples", "gb", "nan", "infgb"};
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        Watermark watermark = {0};
        CU_ASSERT_FALSE(watermark_parse(&watermark, wrong[i]));
    }
}

/* What must be free of 10,000 GiB, by what the server says. */
static void check(const char *settings, double gib, gboolean is_looked_at)
{
    g_auto(yajl_val) tree = settings != NULL ? json_parse(settings, "settings", NULL) : NULL;
    Watermark watermark = {0};
    CU_ASSERT(watermark_read(&watermark, tree));
    CU_ASSERT_DOUBLE_EQUAL(watermark_free_bytes(&watermark, 10000 * GIB) / GIB, gib, 1e-6);
    CU_ASSERT_EQUAL(watermark.is_looked_at, is_looked_at);
}

#define DISK "\"cluster.routing.allocation.disk."
#define LOW DISK "watermark.low\":"
#define HEADROOM DISK "watermark.low.max_headroom\":"

static void test_settings(void)
{
    check(NULL, 200, TRUE);
    check("{\"defaults\":{" LOW "\"85%\"," HEADROOM "\"200GB\"}}", 200, TRUE);
    check("{\"transient\":{" LOW "\"0.9\"},\"defaults\":{" HEADROOM "\"-1\"}}", 1000, TRUE);
    check("{\"transient\":{" LOW "\"50gb\"},\"persistent\":{" LOW "\"95%\"},\"defaults\":{" HEADROOM
          "\"-1\"}}",
          50, TRUE);
    check("{\"persistent\":{" LOW "\"90%\"," HEADROOM "\"1tb\"}}", 1000, TRUE);
    check("{\"persistent\":{" LOW "\"90%\"," HEADROOM "\"10gb\"}}", 10, TRUE);
    check("{\"defaults\":{" LOW "\"85%\"," DISK "threshold_enabled\":\"false\"}}", 1500, FALSE);
    g_auto(yajl_val) tree = json_parse("{\"defaults\":{" LOW "\"much\"}}", "settings", NULL);
    Watermark watermark = {0};
    CU_ASSERT_FALSE(watermark_read(&watermark, tree));
}

static const UnitTest tests[] = {
    {"forms", test_forms},
    {"settings", test_settings},
    {NULL, NULL},
};

TAP_MAIN("watermark", tests)

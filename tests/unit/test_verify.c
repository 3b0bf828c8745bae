#include "verify.h"

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

/* Nobody is asked about a release of another model. */
static void test_another_model(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    g_autoptr(ReleaseMeta) release = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    g_autoptr(Report) report = report_new();
    const OrderOptions orders = {.depth = 1};
    release->index = g_strdup("recsys-1");
    g_free(release->model_id);
    release->model_id = g_strdup("another");
    CU_ASSERT_FALSE(verify(report, NULL, "recsys", release, bundle, VERIFY_ALL, &orders, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_GATE, "recsys-1 is model another");
    CU_ASSERT_EQUAL(report->violations, 0);
}

static const UnitTest tests[] = {
    {"a release of another model", test_another_model},
    {NULL, NULL},
};

TAP_MAIN("verify", tests)

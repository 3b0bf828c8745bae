#include "verify.h"

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

/* A release of another model is a finding, or an error. */
static void test_another_model(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    g_autoptr(ReleaseMeta) release = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    g_autoptr(Report) report = report_new();
    release->index = g_strdup("recsys-1");
    g_free(release->model_id);
    release->model_id = g_strdup("another");
    CU_ASSERT_FALSE(verify_model(report, release, bundle));
    CU_ASSERT_EQUAL(report->violations, 1);
    CU_ASSERT_EQUAL(report->kinds[VIOLATION_MODEL].count, 1);
    CU_ASSERT(report_has_check(report, CHECK_DOCUMENTS));
    CU_ASSERT_FALSE(verify_is_of_bundle(release, bundle, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_GATE, "recsys-1 is model another");
    g_free(release->model_id);
    release->model_id = g_strdup(bundle->model_id);
    CU_ASSERT(verify_model(report, release, bundle) && verify_is_of_bundle(release, bundle, NULL));
    CU_ASSERT_EQUAL(report->violations, 1);
}

static const UnitTest tests[] = {
    {"a release of another model", test_another_model},
    {NULL, NULL},
};

TAP_MAIN("verify", tests)

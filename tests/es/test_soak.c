/* Some releases and rollbacks in a row under readers: none of them sees an error, an empty list or
 * one of two models. `./dev bench soak` is the long form. */
#include "bundles.h"
#include "programs.h"
#include "servers.h"

static void test_readers_notice_nothing(void)
{
    g_auto(Run) run = {0};
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    const BundleRecipe other_recipe = {"60", "90", "2500", "8", "2"};
    g_autofree char *bundle = bundle_make(&recipe);
    g_autofree char *other = bundle_make(&other_recipe);
    run_program(&run, "SOAK", bundle, other, server_url(), "--count", "10", NULL);
    CU_ASSERT(run_says(&run, 0, "\"releases\":8", "\"rollbacks\":3", "\"failed\":0", "\"mixed\":0",
                       "\"empty\":0", NULL));
    tap_comment(run.out);
}

static const UnitTest tests[] = {
    {"readers notice nothing", test_readers_notice_nothing},
    {NULL, NULL},
};

SERVER_MAIN("soak", tests, NULL)

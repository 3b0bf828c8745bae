/* Signals in the middle of a release, at many moments: the alias is as it was or has moved, and
 * after Ctrl-C no unfinished index is left behind. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "release_meta.h"
#include "servers.h"

static char *small_path, *large_path;
static gulong whole; /* microseconds that a release of the large bundle takes */

static void set_up(void)
{
    const BundleRecipe small = {"60", "90", "2500", "8", "1"};
    const BundleRecipe large = {"6040", "1200", "125000", "64", "1"};
    small_path = bundle_make(&small);
    large_path = bundle_make(&large);

    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-timed", server_prefix());
    gint64 started = g_get_monotonic_time();
    run_program(&run, LOADER, "release", NO_LIMITS, large_path, "--url", server_url(), "--alias",
                alias, NULL);
    whole = (gulong)(g_get_monotonic_time() - started);
    if (!run_says(&run, 0, NULL))
        printf("# there is no release to compare with\n");
    printf("# a whole release takes %lu ms\n", whole / 1000);
}

/* With the small release behind it. */
static char *new_alias(void)
{
    static guint number;
    g_auto(Run) run = {0};
    char *alias = g_strdup_printf("%s-%u", server_prefix(), ++number);
    run_program(&run, LOADER, "release", NO_LIMITS, small_path, "--url", server_url(), "--alias",
                alias, "--skip-gate=orders", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    return alias;
}

typedef struct {
    guint interrupted, finished;
} Tally;

/* A kill may come after the cluster has moved the alias, but never before all documents are there.
 */
static gboolean is_complete(const char *index)
{
    gint64 count = 0, expected = 0;
    g_auto(yajl_val) answer = server_ask("GET", NULL, "/%s/_count", index);
    g_autoptr(GError) error = NULL;
    g_autoptr(ReleaseMeta) meta = release_meta_fetch(server_client(), index, &error);
    expected = meta != NULL ? meta->n : 0;
    return json_get_int(answer, "count", &count) && expected > 0 && count == expected;
}

/* The alias serves again as long as nothing has happened to it: a release takes its time. */
static void interrupt(Tally *tally, int signal_number, gulong microseconds)
{
    static char *untouched;
    g_auto(Run) run = {0};
    g_autofree char *alias = untouched != NULL ? g_steal_pointer(&untouched) : new_alias();
    g_autofree char *old = server_index_of(alias);
    g_autofree char *before = server_state();
    run_interrupted(&run, signal_number, microseconds, LOADER, "release", NO_LIMITS, large_path,
                    "--url", server_url(), "--alias", alias, NULL);
    g_autofree char *after = server_state();
    g_autofree char *now = server_index_of(alias);
    printf("# signal %d after %lu ms: exit code %d\n", signal_number, microseconds / 1000,
           run.status);
    CU_ASSERT(old != NULL && now != NULL);
    if (run.status == 0) {
        tally->finished++;
        CU_ASSERT(g_strcmp0(old, now) != 0);
        CU_ASSERT(now != NULL && strstr(run.out, now) != NULL);
        return;
    }
    tally->interrupted++;
    CU_ASSERT(run_says(&run, signal_number == SIGKILL ? 137 : 130, NULL));
    CU_ASSERT(g_strcmp0(old, now) == 0 || (signal_number == SIGKILL && is_complete(now)));
    if (signal_number != SIGKILL && strcmp(before, after) != 0) {
        CU_FAIL("something is left behind, or gone");
        tap_comment(before);
        tap_comment(after);
    } else if (signal_number != SIGKILL) {
        untouched = g_steal_pointer(&alias);
    }
}

static void test_ctrl_c(void)
{
    Tally tally = {0};
    const gulong early[] = {0, 3, 6, 10, 20, 30, 45, 60, 80, 100};
    const double fractions[] = {0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0, 1.05};
    for (guint i = 0; i < G_N_ELEMENTS(early); i++)
        interrupt(&tally, SIGINT, early[i] * 1000);
    for (guint i = 0; i < G_N_ELEMENTS(fractions); i++)
        interrupt(&tally, SIGINT, (gulong)(fractions[i] * (double)whole));
    printf("# %u interrupted, %u had finished\n", tally.interrupted, tally.finished);
    CU_ASSERT(tally.interrupted >= 5);
}

static void test_other_signals(void)
{
    Tally tally = {0};
    interrupt(&tally, SIGTERM, whole / 5);
    interrupt(&tally, SIGHUP, whole / 5);
    CU_ASSERT_EQUAL(tally.interrupted, 2);
}

/* No time to clean up, but readers notice nothing, and the next release is not in its way. */
static void test_kill(void)
{
    Tally tally = {0};
    const double fractions[] = {0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9};
    for (guint i = 0; i < G_N_ELEMENTS(fractions); i++)
        interrupt(&tally, SIGKILL, (gulong)(fractions[i] * (double)whole));
    CU_ASSERT(tally.interrupted >= 2);
}

static void test_verification(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = new_alias();
    run_interrupted(&run, SIGINT, 300000, BRIDGE, "verify", small_path, "--url", server_url(),
                    "--alias", alias, "--random", "100000", NULL);
    CU_ASSERT(run_says(&run, 130, "interrupted", NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
}

/* A job of cron or nohup whose terminal goes away goes on; SIGTERM ends it all the same. */
static void test_nohup(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = new_alias();
    static const char script[] =
        "trap '' HUP INT; \"$RECSYS_LOADER\" release --quiet \"$@\" & job=$!; sleep 0.1; "
        "kill -HUP $job; kill -INT $job; wait $job";
    run_program(&run, "/bin/sh", "-c", script, "sh", NO_LIMITS, large_path, "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT_STRING_EQUAL(run.err, "");
}

static const UnitTest tests[] = {
    {"Ctrl-C at many moments of a release", test_ctrl_c},
    {"SIGTERM and SIGHUP", test_other_signals},
    {"ignored signals", test_nohup},
    {"SIGKILL", test_kill},
    {"Ctrl-C while verifying", test_verification},
    {NULL, NULL},
};

SERVER_MAIN("interruption", tests, set_up)

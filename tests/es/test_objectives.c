/* Bundles that each learner has trained, through a cluster: released, asked, folded in with, and
 * verified. */
#include <string.h>

#include "programs.h"
#include "servers.h"

static char *data, *history;

static void set_up(void)
{
    g_auto(Run) run = {0};
    g_autofree char *directory = tap_directory();
    data = g_build_filename(directory, "data", NULL);
    history = g_build_filename(directory, "history.txt", NULL);
    run_program(&run, TRAINER, "synth", data, "--users", "120", "--movies", "90", "--ratings",
                "4000", NULL);
    if (!run_says(&run, 0, NULL) || !g_file_set_contents(history, "2 5\n3 1\n5 4\n", -1, NULL))
        g_error("no data for the tests");
}

/* Trains with these options, releases as the alias that is returned, and verifies. */
static char *release_trained(const char *name, const char *const options[2], char **bundle)
{
    g_auto(Run) run = {0};
    g_autofree char *directory = tap_directory();
    char *alias = g_strdup_printf("%s-%s", server_prefix(), name);
    *bundle = g_build_filename(directory, "bundle", NULL);
    run_program(&run, TRAINER, "train", data, *bundle, "--factors", "16", options[0], options[1],
                NULL);
    CU_ASSERT(run_says(&run, 0, "validation ", "wrote ", NULL));
    run_program(&run, LOADER, "release", *bundle, "--url", server_url(), "--alias", alias,
                NO_LIMITS, NULL);
    CU_ASSERT(run_says(&run, 0, "gate documents  passed", "gate orders     passed", NULL));
    run_program(&run, BRIDGE, "verify", *bundle, "--url", server_url(), "--alias", alias,
                "--random", "50", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes", "violations  0", NULL));
    return alias;
}

/* The list of the cluster is that of the local scorer, movie by movie. */
static void check_lists(const char *bundle, const char *alias, const char *who)
{
    g_auto(Run) run = {0}, local = {0};
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, who, NULL);
    CU_ASSERT(run_says(&run, 0, "rank", NULL));
    run_program(&local, BRIDGE, "score", bundle, who, NULL);
    CU_ASSERT(local.status == 0 && run.status == 0);
    const char *there = strstr(run.out, "\n   1 "), *here = strstr(local.out, "\n   1 ");
    CU_ASSERT(there != NULL && here != NULL);
    CU_ASSERT_EQUAL(g_strcmp0(there, here), 0);
}

static void check_answers(const char *bundle, const char *alias, gboolean has_ratings)
{
    g_auto(Run) run = {0}, folded = {0};
    check_lists(bundle, alias, "--user=42");
    check_lists(bundle, alias, "--age=18");
    check_lists(bundle, alias, "--anyone");
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--user", "42",
                "--json", NULL);
    CU_ASSERT(run_says(&run, 0, "\"profile\":\"user 42, age ", NULL));
    CU_ASSERT_EQUAL(strstr(run.out, "\"rating\":") != NULL, has_ratings);
    run_program(&folded, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--history",
                history, "--json", NULL);
    CU_ASSERT(run_says(&folded, 0, "3 ratings", NULL));
    const char *mine = strstr(run.out, "\"movies\":"), *theirs = strstr(folded.out, "\"movies\":");
    CU_ASSERT(mine != NULL && theirs != NULL && strcmp(mine, theirs) != 0);
}

static void check_objective(const char *name, const char *first, const char *second,
                            gboolean has_ratings)
{
    const char *const options[] = {first, second};
    g_autofree char *bundle = NULL;
    g_autofree char *alias = release_trained(name, options, &bundle);
    check_answers(bundle, alias, has_ratings);
}

static void test_machine(void)
{
    check_objective("machine", "--epochs=2", NULL, TRUE);
}

static void test_sampling(void)
{
    check_objective("sampling", "--solver=gibbs", "--sweeps=40", TRUE);
}

static void test_ranking(void)
{
    check_objective("ranking", "--objective=ranking", NULL, FALSE);
}

static void test_both(void)
{
    check_objective("both", "--objective=both", "--rating-factors=6", TRUE);
}

static const UnitTest tests[] = {
    {"ratings, by Adam", test_machine},
    {"ratings, by sampling", test_sampling},
    {"ranking", test_ranking},
    {"both", test_both},
    {NULL, NULL},
};

SERVER_MAIN("objectives", tests, set_up)

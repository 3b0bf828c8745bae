/* recsys-trainer as a user meets it: exit codes, messages and files of inspect, evaluate and plot.
 * The program is named by RECSYS_TRAINER. */
#include <string.h>

#include "small_bundle.h"

typedef struct {
    int code;
    char *out, *err;
} Outcome;

static void outcome_clear(Outcome *outcome)
{
    g_free(outcome->out);
    g_free(outcome->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Outcome, outcome_clear)

/* Runs it with these words, the last of which is followed by NULL. */
static Outcome run(const char *verb, ...)
{
    Outcome outcome = {.code = -1};
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    va_list arguments;
    g_ptr_array_add(words, (gpointer)g_getenv("RECSYS_TRAINER"));
    va_start(arguments, verb);
    for (const char *word = verb; word != NULL; word = va_arg(arguments, const char *))
        g_ptr_array_add(words, (gpointer)word);
    va_end(arguments);
    g_ptr_array_add(words, NULL);
    int status;
    if (!g_spawn_sync(NULL, (char **)words->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, &outcome.out,
                      &outcome.err, &status, &error))
        g_error("%s", error->message);
    if (g_spawn_check_wait_status(status, &error))
        outcome.code = 0;
    else if (error->domain == G_SPAWN_EXIT_ERROR)
        outcome.code = error->code;
    return outcome;
}

static void check(Outcome outcome, int code, const char *text)
{
    const char *where = code == 0 ? outcome.out : outcome.err;
    CU_ASSERT_EQUAL(outcome.code, code);
    CU_ASSERT_PTR_NOT_NULL(strstr(where, text));
    if (outcome.code != code || strstr(where, text) == NULL)
        g_printerr("# %d\n# %s# %s", outcome.code, outcome.out, outcome.err);
    outcome_clear(&outcome);
}

static guint count_entries(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    guint count = 0;
    while (g_dir_read_name(directory) != NULL)
        count++;
    return count;
}

static void test_inspect(void)
{
    g_autofree char *bundle = small_bundle_write(SMALL_TRAINING);
    check(run("inspect", bundle, NULL), 0, "n = 9 features");
    check(run("inspect", bundle, "--movie", "10", "--size", "1", NULL), 0, "   1   0.707      20");
    check(run("inspect", bundle, "--movie", "99", NULL), 1, "no movie \"99\"");
    check(run("inspect", bundle, "--size", "3", NULL), 1, "--movie");
    check(run("inspect", bundle, "--movie", "10", "--size", "0", NULL), 1, "1 or more");
    check(run("inspect", "/nonexistent", NULL), 2, "not a bundle");
    g_auto(Outcome) json = run("inspect", bundle, "--json", NULL);
    g_auto(yajl_val) tree = json_parse(json.out, "it", NULL);
    CU_ASSERT_PTR_NOT_NULL(tree);
    CU_ASSERT(g_str_has_suffix(json.out, "}\n"));
}

static void test_plot(void)
{
    g_autofree char *bundle = small_bundle_write(SMALL_TRAINING);
    g_autofree char *directory = tap_directory();
    g_autofree char *svg = g_build_filename(directory, "a.svg", NULL);
    g_autofree char *png = g_build_filename(directory, "a.png", NULL);
    g_autofree char *pdf = g_build_filename(directory, "a.pdf", NULL);
    const char *genres = "Horror,Comedy";
    check(run("plot", bundle, svg, "--genres", genres, NULL), 0, "curve and the map");
    check(run("plot", bundle, png, "--kind", "curve", "--dark", NULL), 0, "the learning curve");
    CU_ASSERT_EQUAL(count_entries(directory), 2);
    g_autofree char *first = NULL, *second = NULL;
    CU_ASSERT(g_file_get_contents(svg, &first, NULL, NULL));
    check(run("plot", bundle, svg, "--genres", genres, "--seed", "1", NULL), 0, "wrote");
    CU_ASSERT(g_file_get_contents(svg, &second, NULL, NULL));
    CU_ASSERT_STRING_EQUAL(first, second);

    check(run("plot", bundle, pdf, NULL), 1, ".svg or .png");
    check(run("plot", bundle, svg, "--genres", "Western", NULL), 1, "Children's, Comedy, Horror");
    check(run("plot", bundle, svg, "--kind", "pie", NULL), 1, "curve or map");
    check(run("plot", bundle, svg, "--kind", "curve", "--seed", "1", NULL), 1, "--seed");
    check(run("plot", bundle, svg, "--seed", "-1", NULL), 1, "negative");
    check(run("plot", bundle, "/nonexistent/a.svg", NULL), 2, "/nonexistent");
    check(run("plot", "/nonexistent", svg, NULL), 2, "not a bundle");
    CU_ASSERT_EQUAL(count_entries(directory), 2);
    g_autofree char *after = NULL;
    CU_ASSERT(g_file_get_contents(svg, &after, NULL, NULL));
    CU_ASSERT_STRING_EQUAL(first, after);
}

static void test_plot_without_curve(void)
{
    g_autofree char *bundle = small_bundle_write("{\"link\":{\"type\":\"sigmoid\",\"scale\":5.5}}");
    g_autofree char *directory = tap_directory();
    g_autofree char *svg = g_build_filename(directory, "a.svg", NULL);
    check(run("plot", bundle, svg, "--genres", "Horror", NULL), 2, "no learning curve");
    CU_ASSERT_EQUAL(count_entries(directory), 0);
    check(run("plot", bundle, svg, "--genres", "Horror", "--kind", "map", NULL), 0, "the map");
}

static void test_evaluate(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *data = g_build_filename(directory, "data", NULL);
    g_autofree char *bundle = g_build_filename(directory, "bundle", NULL);
    check(run("synth", data, "--users", "60", "--movies", "40", "--ratings", "1500", NULL), 0, "");
    check(run("train", data, bundle, "--epochs", "2", "--factors", "4", NULL), 0, "wrote");
    check(run("evaluate", bundle, data, NULL), 0, "ratings   1500 by 60 users");
    check(run("evaluate", bundle, data, NULL), 0, "optimistic");
    check(run("evaluate", bundle, data, "--seen", data, NULL), 0, "nothing to find");
    check(run("evaluate", bundle, directory, NULL), 2, "users.dat");
    check(run("evaluate", bundle, data, "--seen", "/nonexistent", NULL), 2, "/nonexistent");
    check(run("evaluate", bundle, data, "--threads", "0", NULL), 1, "1 to 1024");
    g_auto(Outcome) json = run("evaluate", bundle, data, "--json", NULL);
    g_auto(yajl_val) tree = json_parse(json.out, "it", NULL);
    gint64 scored = 0;
    CU_ASSERT(json_is_true(tree, "looks_like_training_data"));
    CU_ASSERT(json_get_int(tree, "scored_rows", &scored) && scored == 1500);
}

static const UnitTest tests[] = {
    {"inspect", test_inspect},
    {"plot", test_plot},
    {"plot without a curve", test_plot_without_curve},
    {"evaluate", test_evaluate},
    {NULL, NULL},
};

TAP_MAIN("trainer_commands", tests)

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
    check(run("plot", bundle, svg, "--kind", "curve", NULL), 2, "no learning curve");
    CU_ASSERT_EQUAL(count_entries(directory), 0);
    check(run("plot", bundle, svg, "--genres", "Horror", "--kind", "map", NULL), 0, "the map");
    check(run("plot", bundle, svg, "--genres", "Horror", NULL), 0, ": the map of movies");
}

/* Made once for all that do not change it. */
static struct {
    char *directory, *data, *bundle, *old; /* `old` does not say what it was trained on */
} p;

static void place_init(void)
{
    if (p.directory != NULL)
        return;
    p.directory = tap_directory();
    p.data = g_build_filename(p.directory, "data", NULL);
    p.bundle = g_build_filename(p.directory, "bundle", NULL);
    p.old = g_build_filename(p.directory, "old", NULL);
    const char *data = p.data;
    check(run("synth", data, "--users", "60", "--movies", "40", "--ratings", "1500", NULL), 0, "");
    check(run("train", data, p.bundle, "--epochs", "2", "--factors", "4", NULL), 0, "wrote");
    check(run("train", data, p.old, "--epochs", "3", "--factors", "4", "--without-rows", NULL), 0,
          "wrote");
}

static gint64 int_of(yajl_val tree, const char *path)
{
    gint64 value = -1;
    if (!json_get_int(tree, path, &value))
        printf("# no %s\n", path);
    return value;
}

/* The bundle knows its rows: what was held out is what is measured. */
static void test_evaluate(void)
{
    place_init();
    check(run("evaluate", p.bundle, p.data, NULL), 0,
          "rows      150 of 1500; left out: 1350 that are training rows\n");
    check(run("evaluate", p.bundle, p.data, NULL), 0, "known users: 150 ratings by ");
    check(run("evaluate", p.bundle, p.data, NULL), 0, "\nNDCG@10 ");
    check(run("evaluate", p.bundle, p.data, "--at", "3,20", NULL), 0, "\nhit rate@20 ");
    check(run("evaluate", p.bundle, p.data, "--relevant", "2.5", NULL), 0,
          "relevant  ratings of 2.5 or more");
    check(run("evaluate", p.bundle, p.data, "--with-seen", NULL), 0,
          "note: 1350 of the 1500 rows are training rows, so these figures are optimistic");
    check(run("evaluate", p.bundle, p.data, "--seen", p.data, NULL), 0,
          "none of them has a relevant movie to find");
    g_auto(Outcome) quiet = run("evaluate", p.bundle, p.data, NULL);
    CU_ASSERT_STRING_EQUAL(quiet.err, "");
    g_auto(Outcome) one = run("evaluate", p.bundle, p.data, "--threads", "1", NULL);
    CU_ASSERT_STRING_EQUAL(quiet.out, one.out);
}

static void test_evaluate_json(void)
{
    place_init();
    g_auto(Outcome) json = run("evaluate", p.bundle, p.data, "--at", "5,10", "--json", NULL);
    g_auto(yajl_val) tree = json_parse(json.out, "it", NULL);
    double value = -1, baseline = -1, difference = 0;
    CU_ASSERT_EQUAL(int_of(tree, "rows"), 1500);
    CU_ASSERT_EQUAL(int_of(tree, "training_rows"), 1350);
    CU_ASSERT_EQUAL(int_of(tree, "scored_rows"), 150);
    CU_ASSERT_EQUAL(int_of(tree, "known.rows"), 150);
    CU_ASSERT(json_get_double(tree, "known.rmse.model.value", &value));
    CU_ASSERT(json_get_double(tree, "known.rmse.baseline.value", &baseline));
    CU_ASSERT(json_get_double(tree, "known.rmse.above_baseline.value", &difference));
    CU_ASSERT_DOUBLE_EQUAL(difference, value - baseline, 1e-12);
    CU_ASSERT(json_get_double(tree, "rmse", &baseline) && baseline == value);
    yajl_val lists = json_get(tree, "known.lists");
    CU_ASSERT_EQUAL(json_array_length(lists), 2);
    CU_ASSERT_EQUAL(int_of(json_array_get(lists, 1), "size"), 10);
    CU_ASSERT(json_get_double(json_array_get(lists, 1), "mrr.model.error", &value) && value > 0);
    CU_ASSERT_PTR_NULL(json_get(tree, "cold"));
}

static void test_evaluate_old_bundle(void)
{
    place_init();
    check(run("evaluate", p.old, p.data, NULL), 0, "rows      1500 of 1500\n");
    check(run("evaluate", p.old, p.data, NULL), 0, "does not say what it was trained on");
    check(run("evaluate", p.old, p.data, NULL), 0, "movie means are not known");
    check(run("evaluate", p.old, p.data, "--seen", p.data, NULL), 0, "relevant movie to find");
    g_auto(Outcome) json = run("evaluate", p.old, p.data, "--json", NULL);
    g_auto(yajl_val) tree = json_parse(json.out, "it", NULL);
    CU_ASSERT_PTR_NULL(json_get(tree, "training_rows"));
    CU_ASSERT_PTR_NULL(json_get(tree, "known.rmse.baseline"));
    CU_ASSERT_EQUAL(int_of(tree, "scored_rows"), 1500);
}

static void test_evaluate_compare(void)
{
    place_init();
    check(run("evaluate", p.bundle, p.data, "--compare", p.old, NULL), 0, "model - other");
    g_auto(Outcome) json = run("evaluate", p.bundle, p.data, "--compare", p.old, "--json", NULL);
    g_auto(yajl_val) tree = json_parse(json.out, "it", NULL);
    double one = 0, other = 0, difference = 0;
    CU_ASSERT(json_get_double(tree, "known.rmse.model.value", &one));
    CU_ASSERT(json_get_double(tree, "known.rmse.other.value", &other));
    CU_ASSERT(json_get_double(tree, "known.rmse.above_other.value", &difference));
    CU_ASSERT(one != other);
    CU_ASSERT_DOUBLE_EQUAL(difference, one - other, 1e-12);
    /* What the first was trained on counts for both, whichever is asked about. */
    g_auto(Outcome) turned = run("evaluate", p.old, p.data, "--compare", p.bundle, "--json", NULL);
    g_auto(yajl_val) other_way = json_parse(turned.out, "it", NULL);
    double back = 0;
    CU_ASSERT_EQUAL(int_of(other_way, "scored_rows"), 150);
    CU_ASSERT(json_get_double(other_way, "known.rmse.above_other.value", &back));
    CU_ASSERT_EQUAL(back, -difference);
}

/* Whole users held out are unknown, though their features are there. */
static void test_evaluate_cold(void)
{
    place_init();
    g_autofree char *cold = g_build_filename(p.directory, "cold", NULL);
    check(
        run("train", p.data, cold, "--epochs", "2", "--factors", "4", "--valid", "0.2:user", NULL),
        0, "wrote");
    check(run("evaluate", cold, p.data, NULL), 0, "unknown users, by their metadata if any: ");
    g_auto(Outcome) all = run("evaluate", cold, p.data, "--json", NULL);
    g_auto(Outcome) some =
        run("evaluate", cold, p.data, "--metadata", "age,gender", "--json", NULL);
    g_auto(yajl_val) tree = json_parse(all.out, "it", NULL),
                     less = json_parse(some.out, "it", NULL);
    double one = 0, two = 0;
    CU_ASSERT_EQUAL(int_of(tree, "cold.users"), 12);
    CU_ASSERT_EQUAL(int_of(tree, "cold.rows"), int_of(tree, "scored_rows"));
    CU_ASSERT_PTR_NULL(json_get(tree, "known"));
    CU_ASSERT(json_get_double(tree, "cold.rmse.model.value", &one));
    CU_ASSERT(json_get_double(less, "cold.rmse.model.value", &two));
    CU_ASSERT(one != two);
    /* Somebody the bundle knows can be asked for in the same way. */
    check(run("evaluate", p.bundle, p.data, "--by-metadata", "--with-seen", NULL), 0,
          "users by their metadata alone: 1500 ratings");
    /* The same as training said of them. */
    g_autoptr(Bundle) bundle = bundle_open(cold, NULL);
    CU_ASSERT(bundle != NULL && json_get_double(bundle->training, "final.valid_rmse", &two));
    CU_ASSERT_DOUBLE_EQUAL(one, two, 1e-6);
}

static void test_evaluate_refused(void)
{
    place_init();
    check(run("evaluate", p.bundle, p.directory, NULL), 2, "in no known format");
    check(run("evaluate", p.bundle, p.data, "--seen", "/nonexistent", NULL), 2, "/nonexistent");
    check(run("evaluate", p.bundle, p.data, "--compare", "/nonexistent", NULL), 2, "/nonexistent");
    check(run("evaluate", p.bundle, p.data, "--threads", "0", NULL), 1, "1 to 1024");
    check(run("evaluate", p.bundle, p.data, "--at", "10,x", NULL), 1, "not \"10,x\"");
    check(run("evaluate", p.bundle, p.data, "--at", "0", NULL), 1, "from 1 to 1000");
    check(run("evaluate", p.bundle, p.data, "--at", "1,2,3,4,5,6,7,8,9", NULL), 1, "up to 8");
    check(run("evaluate", p.bundle, p.data, "--at", "", NULL), 1, "--at");
    check(run("evaluate", p.bundle, p.data, "--relevant", "high", NULL), 1, "must be a number");
    check(run("evaluate", p.bundle, p.data, "--metadata", "age,sex", NULL), 1, "\"sex\"");
    check(run("evaluate", p.bundle, p.data, "--metadata", "user", NULL), 1, "\"user\"");
    g_autofree char *whole = g_build_filename(p.directory, "whole", NULL);
    check(run("train", p.data, whole, "--valid", "0", "--epochs", "1", "--factors", "4", NULL), 0,
          "wrote");
    check(run("evaluate", whole, p.data, NULL), 2, "--with-seen");
    check(run("evaluate", whole, p.data, "--with-seen", NULL), 0, "1500 of the 1500 rows");
}

static const UnitTest tests[] = {
    {"inspect", test_inspect},
    {"plot", test_plot},
    {"plot without a curve", test_plot_without_curve},
    {"evaluate", test_evaluate},
    {"evaluate --json", test_evaluate_json},
    {"evaluate an old bundle", test_evaluate_old_bundle},
    {"evaluate --compare", test_evaluate_compare},
    {"evaluate unknown users", test_evaluate_cold},
    {"evaluate: refused", test_evaluate_refused},
    {NULL, NULL},
};

TAP_MAIN("trainer_commands", tests)

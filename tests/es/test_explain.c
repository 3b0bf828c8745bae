/* `recsys-bridge explain` on a real server: the parts sum to what the server answers, and what is
 * wrong in the server is said. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "servers.h"

static char *bundle_path, *other_path, *alias, *live;
static char *best, *second, *last; /* movies for {age 18, gender M} */

static void set_up(void)
{
    const BundleRecipe recipe = {"80", "120", "4000", "24", "1"},
                       other = {"80", "120", "4000", "24", "2"};
    g_auto(Run) run = {0};
    bundle_path = bundle_make(&recipe);
    other_path = bundle_make(&other);
    alias = g_strdup_printf("%s-live", server_prefix());
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                NULL);
    if (run_says(&run, 0, NULL))
        live = server_index_of(alias);
    g_auto(Run) ranked = {0};
    run_program(&ranked, BRIDGE, "score", bundle_path, "--age", "18", "--gender", "M", "--size",
                "1000", "--json", NULL);
    g_auto(yajl_val) ranking = json_parse(ranked.out, "score --json", NULL);
    yajl_val movies = json_get(ranking, "movies");
    gsize count = json_array_length(movies);
    if (count < 3)
        g_error("the bundle has no movies: %s", ranked.err);
    best = g_strdup(json_get_string(json_array_get(movies, 0), "movie"));
    second = g_strdup(json_get_string(json_array_get(movies, 1), "movie"));
    last = g_strdup(json_get_string(json_array_get(movies, count - 1), "movie"));
}

#define EXPLAIN(run, ...)                                                                          \
    run_program(run, BRIDGE, "explain", "--url", server_url(), "--alias", alias, __VA_ARGS__, NULL)

static double number_of(yajl_val object, const char *name)
{
    double value = NAN;
    CU_ASSERT(json_get_double(object, name, &value));
    return value;
}

static double sum_of_parts(yajl_val movie)
{
    yajl_val parts = json_get(movie, "parts");
    double sum = 0;
    for (gsize i = 0; i < json_array_length(parts); i++)
        sum += number_of(json_array_get(parts, i), "adds");
    return sum;
}

/* The rating is the one that `recommend` shows, the score that of the parts. */
static void check_movie(yajl_val movie, guint place)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--age", "18",
                "--gender", "M", "--json", NULL);
    g_auto(yajl_val) ranking = json_parse(run.out, "recommend --json", NULL);
    yajl_val ranked = json_array_get(json_get(ranking, "movies"), place);
    CU_ASSERT_STRING_EQUAL(json_get_string(movie, "movie"), json_get_string(ranked, "movie"));
    CU_ASSERT_STRING_EQUAL(json_get_string(movie, "title"), json_get_string(ranked, "title"));
    CU_ASSERT(fabs(number_of(movie, "rating") - number_of(ranked, "rating")) < 1e-4);
    CU_ASSERT(fabs(sum_of_parts(movie) - number_of(movie, "score")) < 1e-12);
    CU_ASSERT_EQUAL(number_of(movie, "rank"), place + 1);
    CU_ASSERT(fabs(number_of(movie, "error_ulps")) <= number_of(movie, "bound_ulps"));
    CU_ASSERT(json_is_true(movie, "right"));
}

static void test_why_above(void)
{
    g_auto(Run) with = {0}, without = {0};
    EXPLAIN(&with, bundle_path, "--movie", best, "--above", second, "--age", "18", "--gender", "M",
            "--json");
    EXPLAIN(&without, "--movie", best, "--above", second, "--age", "18", "--gender", "M", "--json");
    CU_ASSERT(run_says(&with, 0, "\"model\":\"bundle\"", "\"right\":true", NULL));
    CU_ASSERT(run_says(&without, 0, "\"model\":\"documents\"", "\"right\":true", NULL));
    g_auto(yajl_val) first = json_parse(with.out, "explain --json", NULL);
    g_auto(yajl_val) read = json_parse(without.out, "explain --json", NULL);
    for (guint m = 0; m < 2; m++) {
        yajl_val movie = json_array_get(json_get(first, "movies"), m);
        check_movie(movie, m);
        CU_ASSERT_EQUAL(number_of(movie, "exact"),
                        number_of(json_array_get(json_get(read, "movies"), m), "exact"));
    }
    CU_ASSERT_STRING_EQUAL(json_get_string(first, "above.claim"), "proved");
    CU_ASSERT_STRING_EQUAL(json_get_string(first, "above.first"), best);
}

static void test_tables(void)
{
    g_autofree char *proved = g_strdup_printf("movie %s above movie %s: proved.", best, last);
    g_autofree char *refuted = g_strdup_printf("movie %s is not above movie %s: ", last, best);
    g_autofree char *first = g_strdup_printf("Elasticsearch has movie %s first: right", best);
    g_auto(Run) one = {0}, other = {0}, alone = {0}, user = {0};
    EXPLAIN(&one, "--movie", best, "--above", last, "--age", "18", "--gender", "M");
    CU_ASSERT(
        run_says(&one, 0, proved, first, "age 18", "gender M", "rounding of the query", NULL));
    EXPLAIN(&other, "--movie", last, "--above", best, "--age", "18", "--gender", "M");
    CU_ASSERT(run_says(&other, 0, refuted, first, NULL));
    EXPLAIN(&alone, bundle_path, "--movie", best, "--age", "18", "--gender", "M");
    CU_ASSERT(run_says(&alone, 0, "rank in the model", "right, within its bound", NULL));
    EXPLAIN(&user, "--movie", best, "--user", "1"); /* whose document is read too */
    CU_ASSERT(run_says(&user, 0, "user 1", "right, within its bound", NULL));
}

/* The alias stands for the release, its index too. */
static void test_errors(void)
{
    const struct {
        const char *arguments[6];
        int status;
        const char *text;
    } cases[] = {
        {{"--movie", "99999", "--age", "18"}, 1, "there is no movie 99999 in "},
        {{"--movie", best, "--age", "17"}, 1, "there is no age 17 in this release; known: 1, 18"},
        {{"--movie", best, "--user", "99999"}, 1, "there is no user 99999 in "},
        {{"--movie", best, "--above", best, "--age", "18"}, 1, "--movie and --above are both"},
        {{"--movie", best}, 1, "for whom?"},
        {{"--age", "18"}, 1, "which movie? give --movie"},
        {{bundle_path, "--movie", best, "--user", "99999"}, 1, "no user 99999 in "},
        {{other_path, "--movie", best, "--age", "18"},
         5,
         "verify with the bundle that was released"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *const *a = cases[i].arguments;
        g_auto(Run) run = {0};
        EXPLAIN(&run, a[0], a[1], a[2], a[3], a[4], a[5]);
        CU_ASSERT(run_says(&run, cases[i].status, cases[i].text, NULL));
        CU_ASSERT(run.out[0] == '\0');
    }
    g_auto(Run) nothing = {0};
    run_program(&nothing, BRIDGE, "explain", "--url", server_url(), "--alias", "recsys-no-such",
                "--movie", best, "--age", "18", NULL);
    CU_ASSERT(run_says(&nothing, 4, "nothing is released as recsys-no-such", NULL));
}

/* Against the bundle a changed document is wrong; its own documents explain it. */
static void test_changed_bias(void)
{
    g_auto(Run) bundle = {0}, documents = {0}, gone = {0}, in_time = {0};
    CU_ASSERT(server_do("POST", "{\"doc\":{\"bias\":0.25}}", "/%s/_update/movie_%s?refresh=true",
                        live, last));
    EXPLAIN(&bundle, bundle_path, "--movie", last, "--above", best, "--age", "18", "--gender", "M");
    CU_ASSERT(run_says(&bundle, 5, "NOT right, beyond its bound",
                       "the cluster's answer is not the model's", NULL));
    EXPLAIN(&documents, "--movie", last, "--age", "18", "--gender", "M");
    CU_ASSERT(run_says(&documents, 0, "+0.250000000", "right, within its bound", NULL));
    CU_ASSERT(server_do("DELETE", NULL, "/%s/_doc/movie_%s?refresh=true", live, last));
    EXPLAIN(&gone, bundle_path, "--movie", last, "--age", "18");
    CU_ASSERT(run_says(&gone, 5, "does not return it", NULL));
    EXPLAIN(&in_time, "--movie", last, "--age", "18");
    CU_ASSERT(run_says(&in_time, 1, "there is no movie ", NULL));
}

static const UnitTest tests[] = {
    {"why one is above another", test_why_above},
    {"tables", test_tables},
    {"errors", test_errors},
    {"a changed bias", test_changed_bias},
    {NULL, NULL},
};

SERVER_MAIN("explain", tests, set_up)

/* The original blog post's own client finds the same movies as this project's. */
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "python.h"
#include "servers.h"

static char *bundle_path;
static Bundle *bundle;
static char *alias;

static void set_up(void)
{
    const BundleRecipe recipe = {"300", "200", "20000", "120", "1"};
    bundle = bundle_make_and_open(&recipe, &bundle_path);
    alias = g_strdup_printf("%s-recsys", server_prefix());
}

/* The Python that has the library, in the directory ORIGINAL_CLIENT_VENV if that is set; NULL, and
 * the test skipped or failed, without one. */
static char *find_python(void)
{
    const char *directory = g_getenv("ORIGINAL_CLIENT_VENV");
    if (directory == NULL || directory[0] == '\0')
        directory = g_getenv("ORIGINAL_CLIENT_DEFAULT_VENV");
    return python_find("ORIGINAL_CLIENT_MAKE_VENV", directory, "elasticsearch-py 7.17");
}

static guint index_of(const char *type, const char *value)
{
    guint index = 0;
    CU_ASSERT(feature_table_find(bundle->features, type, value, &index));
    return index;
}

/* `line` is _id, _score and title. Neighbours with one and the same _score may stand either way:
 * the post does not say which of them comes first. */
static void check_line(char **lines, guint i, yajl_val movies)
{
    g_auto(GStrv) words = g_strsplit(lines[i], "\t", 3);
    CU_ASSERT_EQUAL(g_strv_length(words), 3);
    if (g_strv_length(words) != 3)
        return;
    for (guint other = i > 0 ? i - 1 : 0; other <= i + 1 && lines[other] != NULL; other++) {
        g_auto(GStrv) neighbour = g_strsplit(lines[other], "\t", 3);
        yajl_val movie = json_array_get(movies, other);
        if (g_strv_length(neighbour) == 3 && strcmp(neighbour[1], words[1]) == 0 &&
            g_strcmp0(json_get_string(movie, "id"), words[0]) == 0 &&
            g_strcmp0(json_get_string(movie, "title"), words[2]) == 0)
            return;
    }
    printf("# place %u: %s\n", i + 1, lines[i]);
    CU_FAIL("the original client's movie is not this project's");
}

static void check_profile(const char *python, const char *age, const char *gender)
{
    g_auto(Run) original = {0}, ours = {0};
    g_autofree char *age_index = g_strdup_printf("%u", index_of(FEATURE_AGE, age));
    g_autofree char *gender_index = g_strdup_printf("%u", index_of(FEATURE_GENDER, gender));
    run_program(&original, python, g_getenv("ORIGINAL_CLIENT"), server_url(), alias, age_index,
                gender_index, NULL);
    run_program(&ours, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--json",
                "--age", age, "--gender", gender, NULL);
    CU_ASSERT(run_says(&original, 0, NULL));
    CU_ASSERT(run_says(&ours, 0, NULL));
    g_auto(yajl_val) answer = json_parse(ours.out, "recommend --json", NULL);
    yajl_val movies = json_get(answer, "movies");
    g_auto(GStrv) lines = g_strsplit(g_strchomp(original.out), "\n", -1);
    CU_ASSERT_EQUAL(json_array_length(movies), 10);
    CU_ASSERT_EQUAL(g_strv_length(lines), 10);
    for (guint i = 0; i < g_strv_length(lines); i++)
        check_line(lines, i, movies);
}

static void test_same_movies(void)
{
    g_auto(Run) run = {0};
    g_autofree char *python = find_python();
    if (python == NULL)
        return;
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                "--doc-ids", "feature-index", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    check_profile(python, "18", "M");
    check_profile(python, "56", "F");
}

static const UnitTest tests[] = {
    {"the original client finds the same movies", test_same_movies},
    {NULL, NULL},
};

SERVER_MAIN("original", tests, set_up)

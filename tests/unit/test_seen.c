#include "seen.h"

#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static Seen *read_text(const char *text, const SeenWhose *whose, GError **error)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "seen", NULL);
    g_autoptr(Seen) seen = seen_new();
    fixture_put(directory, "seen", text, -1);
    return seen_read(seen, path, whose, error) ? g_steal_pointer(&seen) : NULL;
}

static char *excluded_by(const Filter *filter)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < filter->excluded->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? " " : "",
                               (const char *)g_ptr_array_index(filter->excluded, i));
    return g_strdup(text->str);
}

/* The movies that `user` has seen according to a file with this text, separated by spaces. */
static char *seen_by(const char *text, const char *user, GError **error)
{
    const SeenWhose whose = {.user = user, .way_out = "--user says whose count"};
    g_autoptr(Filter) filter = filter_new();
    g_autoptr(Seen) seen = read_text(text, &whose, error);
    if (seen == NULL)
        return NULL;
    CU_ASSERT_FALSE(seen_is_of_each(seen));
    CU_ASSERT_EQUAL(seen_exclude_of(seen, "42", filter), 0);
    seen_exclude(seen, filter);
    return excluded_by(filter);
}

static void check(const char *text, const char *user, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *seen = seen_by(text, user, &error);
    CU_ASSERT_EQUAL(g_strcmp0(seen, expected), 0);
    CU_ASSERT_PTR_NULL(error);
}

static void test_lists(void)
{
    check("318\n", NULL, "318");
    check("318\r\n\n  2858 \nSKU-17\n", "42", "318 2858 SKU-17");
    check("", NULL, "");
    check("two words\n7 8\n", NULL, "two words 7 8");
    check("\"a,b\"\n\"c::d\" \n\"say \"\"e\"\"\"\n12\" single\n", NULL,
          "a,b c::d say \"e\" 12\" single");
    check("\"a::b\"\r\n318\r\n", "42", "a::b 318");
}

static void test_ratings(void)
{
    check("42::318::5::978300760\n4::1::5::1\n42::7::1::1\n142::9::1::1\n", "42", "318 7");
    check("42\t318\t5\t1\n4\t1\t5\t1\n", "42", "318");
    check("userId,movieId,rating,timestamp\n42,318,5,1\n4,1,5,1\n", "42", "318");
    check("rating,item,user\n5,\"a,b\",42\n", "42", "a,b");
    check("42::318::5::978300760\n", "4", "");
}

static void check_refused(const char *text, const char *user, int code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *seen = seen_by(text, user, &error);
    CU_ASSERT_PTR_NULL(seen);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, code, message);
}

static void test_refused(void)
{
    check_refused("1::2::3\n", NULL, RECSYS_ERROR_USAGE, "--user says whose count");
    check_refused("user,item\n1,2\n", NULL, RECSYS_ERROR_USAGE, "--user says whose count");
    check_refused("1::2::3\n4::5\n", "4", RECSYS_ERROR_DATA, "seen:2: expected user, movie");
    check_refused("1::2::3\n42::::3\n", "42", RECSYS_ERROR_DATA, "seen:2: expected user, movie");
    check_refused("a,b\n1,2\n", "4", RECSYS_ERROR_DATA, "seen:1: expected a column user");
    check_refused("1,2,3\n", "4", RECSYS_ERROR_DATA, "expected a column user");
    check_refused("318\n7,8\n", NULL, RECSYS_ERROR_DATA, "seen:2: expected one movie id");
    check_refused("318\n7::8\n", NULL, RECSYS_ERROR_DATA, "in double quotes if a comma");
    check_refused("318\n\"7\n", NULL, RECSYS_ERROR_DATA, "seen:2: expected one movie id");
    check_refused("318\n\"7\" 8\n", NULL, RECSYS_ERROR_DATA, "seen:2: expected one movie id");
    check_refused("318\n7\t8\n", NULL, RECSYS_ERROR_DATA, "seen:2: expected one movie id");
    check_refused("318\n\"\377\"\n", NULL, RECSYS_ERROR_DATA, "seen:2: expected one movie id");
    check_refused("318\n7", NULL, RECSYS_ERROR_DATA, "does not end with a line end");
}

/* "movie_" and 507 bytes are one more than the id of a document can have. */
static void test_long_ids(void)
{
    g_autofree char *id = g_strnfill(507, 'x');
    static const char *const forms[] = {"1\n%s\n", "42::1::5\n42::%s::3\n", "user,item\n42,%s\n"};
    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_auto(GStrv) parts = g_strsplit(forms[i], "%s", 2);
        g_autofree char *text = g_strjoin(id, parts[0], parts[1], NULL);
        check_refused(text, "42", RECSYS_ERROR_DATA, "seen:2: a movie's id of 507 bytes");
    }
    g_autofree char *longest = g_strdup_printf("%s\n", id + 1);
    check(longest, "42", id + 1);
}

static void test_no_file(void)
{
    const SeenWhose whose = {.user = "42"};
    g_autoptr(Seen) seen = seen_new();
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(seen_read(seen, "/no/such/file", &whose, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/no/such/file");
}

/* ---- of each user ---- */

static void check_each(const char *text)
{
    static const struct {
        const char *user, *movies;
        guint count;
    } cases[] = {
        {"42", "318 7", 2}, {"4", "1", 1}, {"x y", "a 1", 2}, {"9", "", 0}, {"042", "", 0}};
    const SeenWhose whose = {.everybody = TRUE};
    g_autoptr(Seen) seen = read_text(text, &whose, NULL);
    CU_ASSERT_PTR_NOT_NULL(seen);
    if (seen == NULL)
        return;
    CU_ASSERT(seen_is_of_each(seen));
    CU_ASSERT_EQUAL(seen_notes(seen)->len, 0);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Filter) filter = filter_new();
        CU_ASSERT_EQUAL(seen_exclude_of(seen, cases[i].user, filter), cases[i].count);
        seen_exclude(seen, filter);
        g_autofree char *movies = excluded_by(filter);
        CU_ASSERT_STRING_EQUAL(movies, cases[i].movies);
    }
    CU_ASSERT_EQUAL(seen_movies_of_each(seen)->len, 4);
}

/* The names that the release has for them, if it has them. */
static void test_other_names(void)
{
    const SeenWhose whose = {.everybody = TRUE};
    g_autoptr(Seen) seen =
        read_text("1::movie_318::5\n1::nope::5\n1::7::5\n2::nope::1\n", &whose, NULL);
    g_autoptr(Filter) first = filter_new(), second = filter_new();
    g_autofree char *before = seen_checksum(seen);
    GPtrArray *movies = seen_movies_of_each(seen);
    CU_ASSERT_EQUAL(movies->len, 3);
    for (guint i = 0; i < 2; i++) {
        g_free(g_ptr_array_index(movies, i));
        g_ptr_array_index(movies, i) = i == 0 ? g_strdup("318") : NULL;
    }
    CU_ASSERT_EQUAL(seen_exclude_of(seen, "1", first), 3);
    CU_ASSERT_EQUAL(seen_exclude_of(seen, "2", second), 1);
    g_autofree char *one = excluded_by(first), *after = seen_checksum(seen);
    CU_ASSERT_STRING_EQUAL(one, "318 7");
    CU_ASSERT_EQUAL(second->excluded->len, 0);
    CU_ASSERT_STRING_EQUAL(after, before);
}

static void test_each(void)
{
    check_each("42::318::5::9\n4::1::5::1\n42::7::1::1\nx y::a::1::1\nx y::1::1::1\n");
    check_each("42\t318\t5\n4\t1\t5\n42\t7\t1\nx y\ta\t1\nx y\t1\t1\n");
    check_each("rating,item,user\n1,318,42\n1,1,4\n1,7,42\n1,a,x y\n1,1,x y\n");
}

/* A list is of everybody, whoever is asked for. */
static void test_list_of_each(void)
{
    const SeenWhose whose = {.everybody = TRUE};
    g_autoptr(Seen) seen = read_text("318\n7\n", &whose, NULL);
    g_autoptr(Filter) filter = filter_new();
    CU_ASSERT_FALSE(seen_is_of_each(seen));
    seen_exclude(seen, filter);
    g_autofree char *movies = excluded_by(filter);
    CU_ASSERT_STRING_EQUAL(movies, "318 7");
}

/* ---- files that exclude nothing ---- */

static void check_note(const char *text, const SeenWhose *whose, const char *expected)
{
    g_autoptr(Seen) seen = read_text(text, whose, NULL);
    CU_ASSERT(seen != NULL && seen_notes(seen)->len == 1);
    if (seen != NULL && seen_notes(seen)->len == 1)
        CU_ASSERT_PTR_NOT_NULL(strstr(g_ptr_array_index(seen_notes(seen), 0), expected));
}

static void test_notes(void)
{
    const SeenWhose one = {.user = "4"}, everybody = {.everybody = TRUE}, nobody = {.way_out = ""};
    check_note("", &one, "/seen names no movie: it excludes nothing.");
    check_note("", &nobody, "/seen names no movie");
    check_note("\n\n", &everybody, "/seen names no movie");
    check_note("42::318::5::9\n", &one, "/seen has no ratings of user 4: it excludes nothing.");
    check_note("user,item\n42,318\n", &one, "/seen has no ratings of user 4");
    check_note("user,item\n", &everybody, "/seen names no movie");
    g_autoptr(Seen) some = read_text("4::318::5::9\n", &one, NULL);
    CU_ASSERT(some != NULL && seen_notes(some)->len == 0);
}

static const UnitTest tests[] = {
    {"lists", test_lists},
    {"ratings of many", test_ratings},
    {"what is refused", test_refused},
    {"ids that are too long", test_long_ids},
    {"no file", test_no_file},
    {"ratings of each user", test_each},
    {"other names of movies", test_other_names},
    {"a list is of everybody", test_list_of_each},
    {"files that exclude nothing", test_notes},
    {NULL, NULL},
};

TAP_MAIN("seen", tests)

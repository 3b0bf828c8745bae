#include "seen.h"

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

/* The movies that user 42 has seen according to a file with this text, separated by spaces. */
static char *seen_by(const char *text, const char *user, GError **error)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "seen", NULL);
    g_autoptr(Filter) filter = filter_new();
    fixture_put(directory, "seen", text, -1);
    if (!seen_exclude(filter, path, user, error))
        return NULL;
    g_ptr_array_add(filter->excluded, NULL);
    return g_strjoinv(" ", (char **)filter->excluded->pdata);
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
    check_refused("318\n7 8\n", NULL, RECSYS_ERROR_DATA, "seen:2: expected one movie id");
    check_refused("318\n7", NULL, RECSYS_ERROR_DATA, "does not end with a line end");
}

static void test_no_file(void)
{
    g_autoptr(Filter) filter = filter_new();
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(seen_exclude(filter, "/no/such/file", NULL, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/no/such/file");
}

static const UnitTest tests[] = {
    {"lists", test_lists},
    {"ratings of many", test_ratings},
    {"what is refused", test_refused},
    {"no file", test_no_file},
    {NULL, NULL},
};

TAP_MAIN("seen", tests)

#include "ratings_lines.h"

#include <stdio.h>

#include "datasets.h"
#include "recsys_error.h"
#include "tap.h"

static const char *const no_types[] = {NULL};

static Dataset *read_text(const char *separator, const char *text, GError **error)
{
    const RatingsLines lines = {separator, "a rating"};
    const char *const files[] = {"ratings", text, NULL};
    g_autofree char *directory = datasets_directory(files);
    g_autofree char *path = g_build_filename(directory, "ratings", NULL);
    g_autoptr(RatingsBuilder) builder = ratings_builder_new(no_types, FALSE, NULL);
    return ratings_lines_read(&lines, builder, path, error);
}

static void test_separators(void)
{
    const struct {
        const char *separator, *text;
    } cases[] = {
        {"::", "1::2::5::0\n03::2::1::4294967295\n"},
        {"\t", "1\t2\t5\t0\n3\t2\t1\t7\n"},
        {"::", "1::2::5::0\r\n3::2::1::0\r\n"},
        {"::", "\357\273\277"
               "1::2::5::0\n3::2::1::0\r\n"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Dataset) dataset = read_text(cases[i].separator, cases[i].text, NULL);
        CU_ASSERT_PTR_NOT_NULL(dataset);
        if (dataset == NULL)
            continue;
        g_autofree char *found = datasets_describe(dataset);
        CU_ASSERT_STRING_EQUAL(found, "user 1\nuser 3\nmovie 2 [2||0] × 2\n0 2: 5\n1 2: 1\n");
    }
}

static void test_wrong_lines(void)
{
    const char *const wrong[] = {
        "",
        "1",
        "1::2::3",
        "1:2::3::0",
        "1::2::3::0::",
        "1::2::3::0 ",
        " 1::2::3::0",
        "1::2::3.0::0",
        "1::2::6::0",
        "1::2::0::0",
        "1::2::3::",
        "::2::3::0",
        "1::2::3::-1",
        "1::2::3::0\r",
        "4294967296::2::3::0",
        "1::2::3\t0",
        "1::2::3::4294967296",
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strdup_printf("1::2::5::0\n%s\n3::2::1::0\n", wrong[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(Dataset) dataset = read_text("::", text, &error);
        const gboolean is_crlf = g_str_has_suffix(wrong[i], "\r");
        CU_ASSERT_PTR_NULL(dataset);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                         is_crlf ? "ratings:2: user 1 has rated movie 2"
                                 : "ratings:2: expected a rating, found \"");
    }
}

static const UnitTest tests[] = {
    {"separators", test_separators},
    {"wrong lines", test_wrong_lines},
    {NULL, NULL},
};

TAP_MAIN("ratings_lines", tests)

#include "whole_file.h"

#include <glib/gstdio.h>
#include <string.h>

#include "recsys_error.h"
#include "tap.h"

static guint count_files(const char *directory)
{
    guint count = 0;
    GDir *dir = g_dir_open(directory, 0, NULL);
    while (g_dir_read_name(dir) != NULL)
        count++;
    g_dir_close(dir);
    return count;
}

static void test_save(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "f", NULL);
    const char *const texts[] = {"first", "", "second and longer"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *found = NULL;
        CU_ASSERT(whole_file_save(path, texts[i], -1, &error));
        CU_ASSERT(g_file_get_contents(path, &found, NULL, NULL));
        CU_ASSERT_EQUAL(g_strcmp0(found, texts[i]), 0);
    }
    CU_ASSERT_EQUAL(count_files(directory), 1);
}

static void test_refused(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = tap_directory();
    g_autofree char *nowhere = g_build_filename(directory, "no", "such", NULL);
    CU_ASSERT_FALSE(whole_file_save(nowhere, "x", -1, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, nowhere);
    CU_ASSERT_FALSE(whole_file_save(directory, "x", -1, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "is a directory");
    CU_ASSERT_FALSE(whole_file_save("/dev/full", "x", -1, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "/dev/full is a device or pipe");
    CU_ASSERT(g_file_test("/dev/full", G_FILE_TEST_EXISTS));
    CU_ASSERT_FALSE(g_file_test("/dev/full", G_FILE_TEST_IS_REGULAR));
    CU_ASSERT_EQUAL(count_files(directory), 0);
}

static const UnitTest tests[] = {
    {"save", test_save},
    {"refused", test_refused},
    {NULL, NULL},
};

TAP_MAIN("whole_file", tests)

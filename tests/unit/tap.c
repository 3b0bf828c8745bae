#include "tap.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const UnitTest *table;
static char *skip_reason;
static GPtrArray *directories;

/* ---- skipping, seeds, directories ---- */

void tap_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_free(skip_reason);
    skip_reason = g_strdup_vprintf(format, arguments);
    va_end(arguments);
}

guint32 tap_seed(void)
{
    const char *given = g_getenv("RECSYS_TEST_SEED");
    guint32 seed = given != NULL ? (guint32)g_ascii_strtoull(given, NULL, 10) : g_random_int();
    printf("# RECSYS_TEST_SEED=%u\n", seed);
    return seed;
}

char *tap_directory(void)
{
    g_autoptr(GError) error = NULL;
    char *path = g_dir_make_tmp("recsys-test-XXXXXX", &error);
    if (path == NULL)
        g_error("no directory for a test: %s", error->message);
    if (directories == NULL)
        directories = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(directories, g_strdup(path));
    return path;
}

static void remove_tree(const char *path)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR) && !g_file_test(path, G_FILE_TEST_IS_SYMLINK)) {
        g_chmod(path, 0700);
        g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
        const char *name;
        while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
            g_autofree char *child = g_build_filename(path, name, NULL);
            remove_tree(child);
        }
    }
    g_remove(path);
}

gboolean tap_check_error(GError **error, GQuark domain, int code, const char *text)
{
    gboolean right = *error != NULL && g_error_matches(*error, domain, code) &&
                     strstr((*error)->message, text) != NULL;
    if (!right && *error != NULL)
        printf("# the error is %s %d: %s\n", g_quark_to_string((*error)->domain), (*error)->code,
               (*error)->message);
    else if (!right)
        printf("# there is no error; expected one with \"%s\"\n", text);
    g_clear_error(error);
    return right;
}

/* ---- TAP ---- */

static void on_complete(const CU_pTest test, const CU_pSuite suite,
                        const CU_pFailureRecord failures)
{
    (void)suite;
    static guint number;
    printf("%s %u - %s", failures == NULL ? "ok" : "not ok", ++number, test->pName);
    if (failures == NULL && skip_reason != NULL)
        printf(" # SKIP %s", skip_reason);
    printf("\n");
    for (CU_pFailureRecord f = failures; f != NULL; f = f->pNext)
        fprintf(stderr, "%s: %s:%u: %s\n", test->pName, f->strFileName, f->uiLineNumber,
                f->strCondition);
    fflush(stdout);
    g_clear_pointer(&skip_reason, g_free);
}

static guint add_tests(const char *suite_name)
{
    guint count = 0;
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (const UnitTest *test = table; suite != NULL && test->name != NULL; test++)
        if (CU_add_test(suite, test->name, test->run) != NULL)
            count++;
    return count;
}

int tap_run(const char *suite, const UnitTest *tests)
{
    table = tests;
    /* The shell of the tests may have ignored them, and programs go on ignoring what was. */
    signal(SIGINT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    guint count = add_tests(suite);
    if (count == 0) {
        printf("Bail out! %s has no tests\n", suite);
        return 1;
    }
    printf("1..%u\n", count);
    CU_set_test_complete_handler(on_complete);
    CU_run_all_tests();
    guint failed = CU_get_number_of_tests_failed() + CU_get_number_of_suites_failed();
    CU_cleanup_registry();
    for (guint i = 0; directories != NULL && i < directories->len; i++)
        remove_tree(g_ptr_array_index(directories, i));
    g_clear_pointer(&directories, g_ptr_array_unref);
    return failed == 0 ? 0 : 1;
}

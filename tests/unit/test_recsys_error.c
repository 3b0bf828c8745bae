#include "recsys_error.h"

#include <gio/gio.h>
#include <string.h>

#include "tap.h"

static void test_exit_codes(void)
{
    const struct {
        GQuark domain;
        int code, expected;
    } cases[] = {
        {RECSYS_ERROR, RECSYS_ERROR_USAGE, 1},
        {RECSYS_ERROR, RECSYS_ERROR_DATA, 2},
        {RECSYS_ERROR, RECSYS_ERROR_UNREACHABLE, 3},
        {RECSYS_ERROR, RECSYS_ERROR_REFUSED, 4},
        {RECSYS_ERROR, RECSYS_ERROR_GATE, 5},
        {RECSYS_ERROR, RECSYS_ERROR_LOCKED, 6},
        {RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, 7},
        {RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED, 130},
        {G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, 1},
        {G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE, 1},
        {G_FILE_ERROR, G_FILE_ERROR_ACCES, 2},
        {G_IO_ERROR, G_IO_ERROR_NO_SPACE, 2},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = g_error_new_literal(cases[i].domain, cases[i].code, "x");
        CU_ASSERT_EQUAL(recsys_error_exit_code(error), cases[i].expected);
    }
}

/* Every code is in the printed table once, and nothing else. */
static void test_table(void)
{
    g_autofree char *text = recsys_error_describe_exit_codes();
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const int codes[] = {0, 1, 2, 3, 4, 5, 6, 7, 130};
    CU_ASSERT_EQUAL(g_strv_length(lines), 1 + G_N_ELEMENTS(codes) + 1);
    CU_ASSERT_STRING_EQUAL(lines[0], "Exit codes:");
    for (guint i = 0; i < G_N_ELEMENTS(codes) && lines[i] != NULL && lines[i + 1] != NULL; i++) {
        char *rest = NULL;
        CU_ASSERT_EQUAL(g_ascii_strtoll(lines[i + 1], &rest, 10), codes[i]);
        CU_ASSERT(strlen(g_strstrip(rest)) > 3);
    }
}

static const UnitTest tests[] = {
    {"exit codes", test_exit_codes},
    {"table", test_table},
    {NULL, NULL},
};

TAP_MAIN("recsys_error", tests)

#include "option_texts.h"

#include "recsys_error.h"
#include "tap.h"

static void check(const char *text, const char *file, const char *first, const char *second,
                  const char *why)
{
    char *one = (char *)text, *path = (char *)file;
    char *many[] = {(char *)first, (char *)second, NULL}, **list = many, **none = NULL;
    const GOptionEntry texts[] = {{"text", 0, 0, G_OPTION_ARG_FILENAME, &one, "", "ID"}, {NULL}};
    const GOptionEntry others[] = {
        {"none", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &none, "", "ID"},
        {"file", 0, 0, G_OPTION_ARG_FILENAME, &path, "", "FILE"},
        {"list", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &list, "", "CODE"},
        {NULL},
    };
    const GOptionEntry *const tables[] = {texts, others, NULL};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_EQUAL(option_texts_check(tables, &error), why == NULL);
    if (why != NULL)
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, why);
}

static void test_texts(void)
{
    check(NULL, NULL, NULL, NULL, NULL);
    check("\303\274", "\377", "1", "\303\274", NULL);
    check("a\303", NULL, NULL, NULL, "--text \"a\\303\" is not UTF-8");
    check(NULL, NULL, "1", "\377", "--list \"\\377\" is not UTF-8");
}

static const UnitTest tests[] = {
    {"texts", test_texts},
    {NULL, NULL},
};

TAP_MAIN("option_texts", tests)

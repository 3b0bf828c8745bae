#include "config_file.h"

#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

typedef struct {
    char *directory, *path;
    gint count;
    gint64 seed;
    gdouble rate;
    gboolean flag;
    char *text, *file;
    GOptionEntry entries[7];
} Options;

static void options_init(Options *o)
{
    o->directory = tap_directory();
    o->path = g_build_filename(o->directory, "x.conf", NULL);
    o->count = 1;
    o->seed = 2;
    o->rate = 0.5;
    o->text = g_strdup("before");
    const GOptionEntry entries[] = {
        {"count", 0, 0, G_OPTION_ARG_INT, &o->count, "", NULL},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &o->seed, "", NULL},
        {"learning-rate", 0, 0, G_OPTION_ARG_DOUBLE, &o->rate, "", NULL},
        {"flag", 0, 0, G_OPTION_ARG_NONE, &o->flag, "", NULL},
        {"text", 0, 0, G_OPTION_ARG_STRING, &o->text, "", NULL},
        {"file", 0, 0, G_OPTION_ARG_FILENAME, &o->file, "", NULL},
        {NULL},
    };
    memcpy(o->entries, entries, sizeof entries);
}

static void options_clear(Options *o)
{
    g_free(o->directory);
    g_free(o->path);
    g_free(o->text);
    g_free(o->file);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Options, options_clear)

static gboolean apply(Options *o, const char *content, GError **error)
{
    fixture_put(o->directory, "x.conf", content, -1);
    return config_file_apply(o->path, "train", o->entries, error);
}

static void apply_well(Options *o, const char *content)
{
    g_autoptr(GError) error = NULL;
    gboolean applied = apply(o, content, &error);
    CU_ASSERT(applied);
    CU_ASSERT_PTR_NULL(error);
}

static void test_all_types(void)
{
    g_auto(Options) o = {0};
    options_init(&o);
    apply_well(&o, "# a comment\n\n[train]\ncount = -12\nseed=9223372036854775807\n"
                   "learning-rate = 2.5e-3\nflag = true\ntext = two  words \303\251\n"
                   "file = /a/b c\n");
    CU_ASSERT_EQUAL(o.count, -12);
    CU_ASSERT_EQUAL(o.seed, G_MAXINT64);
    CU_ASSERT_EQUAL(o.rate, 2.5e-3);
    CU_ASSERT(o.flag);
    CU_ASSERT_STRING_EQUAL(o.text, "two  words \303\251");
    CU_ASSERT_STRING_EQUAL(o.file, "/a/b c");
    apply_well(&o, "[train]\nflag = false\ntext =\n");
    CU_ASSERT_FALSE(o.flag);
    CU_ASSERT_STRING_EQUAL(o.text, "");
}

static void test_what_is_not_named_stays(void)
{
    g_auto(Options) o = {0};
    options_init(&o);
    apply_well(&o, "[train]\n");
    apply_well(&o, "[other]\ncount = 7\n[train]\nlearning-rate = 1\n");
    CU_ASSERT_EQUAL(o.count, 1);
    CU_ASSERT_EQUAL(o.seed, 2);
    CU_ASSERT_EQUAL(o.rate, 1);
    CU_ASSERT_FALSE(o.flag);
    CU_ASSERT_STRING_EQUAL(o.text, "before");
    CU_ASSERT_PTR_NULL(o.file);
}

static void check_refused(const char *content, const char *message)
{
    g_auto(Options) o = {0};
    options_init(&o);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(apply(&o, content, &error));
    CU_ASSERT(error != NULL && g_str_has_prefix(error->message, o.path));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
    CU_ASSERT_EQUAL(o.count, 1);
    CU_ASSERT_EQUAL(o.seed, 2);
    CU_ASSERT_EQUAL(o.rate, 0.5);
    CU_ASSERT_FALSE(o.flag);
    CU_ASSERT_STRING_EQUAL(o.text, "before");
}

static void test_unknown_keys(void)
{
    check_refused("[train]\nepoch = 3\n", "there is no option \"epoch\"; --help lists them");
    check_refused("[train]\nCount = 3\n", "there is no option \"Count\"");
    check_refused("[train]\ncoun = 3\n", "there is no option \"coun\"");
    check_refused("[train]\n--count = 3\n", "there is no option \"--count\"");
    check_refused("[train]\nlearning_rate = 3\n", "there is no option \"learning_rate\"");
}

static void test_wrong_types(void)
{
    const struct {
        const char *key, *values[6];
    } cases[] = {
        {"count", {"ten", "1.5", "", "2147483648", "1e3", "3 4"}},
        {"seed", {"ten", "1.5", "", "9223372036854775808", "0x", "- 1"}},
        {"learning-rate", {"fast", "1,5", "", "1e-3x", "1 2", "--1"}},
        {"flag", {"maybe", "2", "", "truefalse", "-", "t"}},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        for (guint v = 0; v < G_N_ELEMENTS(cases[i].values); v++) {
            g_autofree char *content =
                g_strdup_printf("[train]\n%s = %s\n", cases[i].key, cases[i].values[v]);
            check_refused(content, cases[i].key);
        }
    }
    check_refused("[train]\ntext = \377\n", "text");
}

static void test_wrong_files(void)
{
    check_refused("", "train");
    check_refused("[other]\ncount = 3\n", "train");
    check_refused("[Train]\ncount = 3\n", "train");
    check_refused("count = 3\n", "");
    check_refused("[train\ncount = 3\n", "");
    check_refused("[train]\ncount\n", "");
    check_refused("{\"train\": {\"count\": 3}}\n", "");

    g_auto(Options) o = {0};
    options_init(&o);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(config_file_apply("/nonexistent/x.conf", "train", o.entries, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "/nonexistent/x.conf: ");
    CU_ASSERT_FALSE(config_file_apply(o.directory, "train", o.entries, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, o.directory);
}

static void test_of_arguments(void)
{
    const struct {
        const char *arguments[5], *found;
    } cases[] = {
        {{"train", "a", "b"}, NULL},
        {{"train", "--config", "x.conf", "a"}, "x.conf"},
        {{"train", "a", "--config=x.conf"}, "x.conf"},
        {{"train", "--config="}, ""},
        {{"train", "a", "--config"}, NULL},
        {{"--config", "x.conf"}, NULL}, /* the first is the verb */
        {{"train", "--configs", "x.conf"}, NULL},
        {{"train", "--config-file=x.conf"}, NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        int count = 0;
        while (cases[i].arguments[count] != NULL)
            count++;
        const char *found = config_file_of_arguments(count, (char **)cases[i].arguments);
        CU_ASSERT_EQUAL(g_strcmp0(found, cases[i].found), 0);
    }
}

static const UnitTest tests[] = {
    {"all types", test_all_types},
    {"what is not named stays", test_what_is_not_named_stays},
    {"unknown keys", test_unknown_keys},
    {"wrong types", test_wrong_types},
    {"wrong files", test_wrong_files},
    {"of arguments", test_of_arguments},
    {NULL, NULL},
};

TAP_MAIN("config_file", tests)

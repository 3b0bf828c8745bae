/* Questions that cannot be answered and bundles that cannot be released: which exit code, which
 * words, and nothing changed in the cluster. */
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "servers.h"

static const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};

static char *bundle_path;
static char *alias;

static void set_up(void)
{
    bundle_path = bundle_make_and_release(&recipe, &alias);
}

static void recommend(Run *run, const char *of_alias, const char *option, const char *value)
{
    run_program(run, LOADER, "recommend", "--url", server_url(), "--alias", of_alias, option, value,
                NULL);
}

static void check_ask(const char *option, const char *value, int status, const char *text,
                      const char *other)
{
    g_auto(Run) run = {0};
    recommend(&run, alias, option, value);
    CU_ASSERT(run_says(&run, status, text, other, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
}

/* ---- profiles ---- */

static void test_unknown_values(void)
{
    check_ask("--age", "17", 1, "there is no age 17", "1, 18, 25, 35, 45, 50, 56");
    check_ask("--gender", "X", 1, "there is no gender X", "F, M");
    check_ask("--occupation", "99", 1, "there is no occupation 99", "20");
    check_ask("--age", "", 1, "there is no age", "known: 1, 18");
}

static void test_unknown_users(void)
{
    check_ask("--user", "4711", 1, "there is no user 4711", alias);
    check_ask("--user", "0", 1, "there is no user 0", NULL);
    check_ask("--user", "", 1, "--user is empty", NULL);
    check_ask("--user", "1\"},{\"x", 1, "there is no user", NULL);
}

/* As from cron: whatever the locale, texts are UTF-8, and an error names the option. */
static void test_c_locale(void)
{
    programs_set_environment("LC_ALL", "C");
    check_ask("--user", "\303\274/%?#", 1, "there is no user", NULL);
    check_ask("--genre", "Com\303\251die", 1, "for whom?", NULL);
    check_ask("--user", "\377", 1, "--user \"\\377\" is not UTF-8", NULL);
    check_ask("--exclude", "1,\303", 1, "--exclude \"1,\\303\" is not UTF-8", NULL);
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "similar", "--url", server_url(), "--alias", alias, "--movie",
                "\303\274", NULL);
    CU_ASSERT(run_says(&run, 1, "there is no movie", NULL));
    programs_set_environment("LC_ALL", NULL);
}

static void test_no_profile(void)
{
    check_ask(NULL, NULL, 1, "for whom?", "--user");
}

static void test_sizes(void)
{
    g_auto(Run) run = {0};
    const char *sizes[] = {"0", "-3", "10001", "many"};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--age",
                    "18", "--size", sizes[i], NULL);
        CU_ASSERT(run_says(&run, 1, "size", NULL));
    }
    /* More than there are is all there are: a line of introduction, one of headings, 90 movies. */
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--age", "18",
                "--size", "10000", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(GStrv) lines = g_strsplit(g_strchomp(run.out), "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), 92);
}

/* ---- aliases ---- */

static void test_no_such_alias(void)
{
    g_auto(Run) run = {0};
    g_autofree char *nothing = g_strdup_printf("%s-nothing", server_prefix());
    recommend(&run, nothing, "--age", "18");
    CU_ASSERT(run_says(&run, 4, nothing, "recsys-loader release", NULL));
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias", nothing,
                NULL);
    CU_ASSERT(run_says(&run, 4, nothing, "recsys-loader release", NULL));
}

static void test_index_that_is_not_ours(void)
{
    g_auto(Run) run = {0};
    g_autofree char *foreign = g_strdup_printf("%s-foreign", server_prefix());
    CU_ASSERT(server_do("PUT", "{\"title\":\"x\"}", "/%s/_doc/age_18?refresh=true", foreign));
    CU_ASSERT(server_do("PUT", NULL, "/%s/_alias/%s-alias", foreign, foreign));
    g_autofree char *of_alias = g_strdup_printf("%s-alias", foreign);
    const char *const asks[][2] = {{"--age", "18"}, {"--genre", "Comedy"}, {"--exclude", "318"}};
    for (guint i = 0; i < G_N_ELEMENTS(asks); i++) {
        run_program(&run, LOADER, "recommend", "--user", "1", "--url", server_url(), "--alias",
                    of_alias, asks[i][0], asks[i][1], NULL);
        CU_ASSERT(run_says(&run, 4, foreign, "is not a release of this program", NULL));
        CU_ASSERT_PTR_NULL(strstr(run.err, "in this release"));
        run_program(&run, LOADER, "similar", "--movie", "movie_318", "--url", server_url(),
                    "--alias", of_alias, i > 0 ? asks[i][0] : NULL, asks[i][1], NULL);
        CU_ASSERT(run_says(&run, 4, foreign, "is not a release of this program", NULL));
        CU_ASSERT_PTR_NULL(strstr(run.err, "in this release"));
    }
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias", of_alias,
                NULL);
    CU_ASSERT(run_says(&run, 4, foreign, "is not a release of this program", NULL));
}

/* Names that mean many indices, or none, must not be taken for an alias. */
static void test_names_that_are_patterns(void)
{
    g_autofree char *before = server_state();
    g_autofree char *pattern = g_strdup_printf("%s*", server_prefix());
    g_autofree char *list = g_strdup_printf("%s,%s-two", alias, alias);
    g_autofree char *path = g_strdup_printf("%s/_doc", alias);
    const char *names[] = {pattern, list,    path,     "_all",          "*",
                           "",      "Upper", "-minus", "<date-{now/d}>"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(Run) run = {0};
        run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias",
                    names[i], NULL);
        CU_ASSERT(run.status == 1 || run_says(&run, 4, NULL));
    }
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

/* ---- bundles ---- */

typedef enum { CUT, EDITED, LONGER, EMPTY, MISSING } Damage;

static void damage_file(const char *path, Damage damage)
{
    g_autofree char *text = NULL;
    gsize length = 0;
    if (!g_file_get_contents(path, &text, &length, NULL))
        g_error("%s cannot be read", path);
    gsize kept[] = {[CUT] = length - 1, [EDITED] = length, [LONGER] = length + 1, [EMPTY] = 0};
    if (damage == MISSING) {
        CU_ASSERT_EQUAL(g_remove(path), 0);
        return;
    }
    if (damage == EDITED)
        text[length / 2] ^= 1;
    CU_ASSERT(g_file_set_contents(path, text, (gssize)kept[damage], NULL));
}

static void check_bundle(const char *path, const char *text)
{
    g_auto(Run) run = {0};
    g_autofree char *other = g_strdup_printf("%s-damaged", server_prefix());
    g_autofree char *before = server_state();
    run_program(&run, LOADER, "release", path, "--url", server_url(), "--alias", other, NULL);
    CU_ASSERT(run_says(&run, 2, text, NULL));
    run_program(&run, BRIDGE, "verify", path, "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 2, text, NULL));
    CU_ASSERT_STRING_EQUAL(run.out, "");
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

static void test_damaged_bundles(void)
{
    const char *files[] = {"model.safetensors", "features.jsonl", "training.json"};
    const Damage damages[] = {CUT, EDITED, LONGER, EMPTY, MISSING};
    for (guint f = 0; f < G_N_ELEMENTS(files); f++) {
        g_autofree char *file = g_build_filename(bundle_path, files[f], NULL);
        g_autofree char *text = NULL;
        gsize length = 0;
        CU_ASSERT(g_file_get_contents(file, &text, &length, NULL));
        for (guint d = 0; d < G_N_ELEMENTS(damages); d++) {
            damage_file(file, damages[d]);
            check_bundle(bundle_path, files[f]);
            CU_ASSERT(g_file_set_contents(file, text, (gssize)length, NULL));
        }
    }
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "score", bundle_path, "--age", "18", NULL);
    CU_ASSERT(run_says(&run, 0, NULL)); /* whole again: each damage alone was it */
}

static void test_damaged_manifest(void)
{
    const Damage damages[] = {CUT, EMPTY, MISSING};
    for (guint d = 0; d < G_N_ELEMENTS(damages); d++) {
        g_autofree char *path = bundle_make(&recipe);
        g_autofree char *file = g_build_filename(path, "manifest.json", NULL);
        damage_file(file, damages[d]);
        if (damages[d] == CUT) /* the last byte is a line feed, which nobody needs */
            damage_file(file, CUT);
        check_bundle(path, "manifest.json");
    }
}

static void test_not_a_bundle(void)
{
    g_autofree char *empty = tap_directory();
    check_bundle(empty, empty);
    check_bundle("/no/such/directory", "/no/such/directory");
}

/* ---- command lines ---- */

static void test_command_lines(void)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NULL);
    CU_ASSERT(run_says(&run, 1, "BUNDLE", NULL));
    run_program(&run, LOADER, "recommend", "surplus", "--age", "18", NULL);
    CU_ASSERT(run_says(&run, 1, "1 given", NULL));
    run_program(&run, LOADER, "recommend", "--nonsense", NULL);
    CU_ASSERT(run_says(&run, 1, "--nonsense", NULL));
    run_program(&run, BRIDGE, "verify", bundle_path, "--depth", "0", NULL);
    CU_ASSERT(run_says(&run, 1, "--depth", NULL));
    run_program(&run, BRIDGE, "score", bundle_path, "--age", "17", NULL);
    CU_ASSERT(run_says(&run, 1, "there is no age 17", "1, 18, 25", NULL));
}

static const UnitTest tests[] = {
    {"values the release does not have", test_unknown_values},
    {"users the release does not have", test_unknown_users},
    {"the C locale", test_c_locale},
    {"no profile", test_no_profile},
    {"sizes", test_sizes},
    {"an alias that is not there", test_no_such_alias},
    {"an index that is not ours", test_index_that_is_not_ours},
    {"aliases that are patterns", test_names_that_are_patterns},
    {"damaged bundles", test_damaged_bundles},
    {"damaged manifests", test_damaged_manifest},
    {"no bundle at all", test_not_a_bundle},
    {"command lines", test_command_lines},
    {NULL, NULL},
};

SERVER_MAIN("bad-asks", tests, set_up)

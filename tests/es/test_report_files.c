/* The files a verification writes: with every verdict, and when they cannot be written. */
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "document.h"
#include "programs.h"
#include "servers.h"

static char *bundle_path, *alias, *live;
static char *junit, *html;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    g_autofree char *directory = tap_directory();
    g_auto(Run) run = {0};
    bundle_path = bundle_make(&recipe);
    alias = g_strdup_printf("%s-live", server_prefix());
    junit = g_build_filename(directory, "parity.xml", NULL);
    html = g_build_filename(directory, "parity.html", NULL);
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                NULL);
    if (run_says(&run, 0, NULL))
        live = server_index_of(alias);
}

static void verify(Run *run, const char *url, const char *junit_path, const char *html_path)
{
    run_program(run, BRIDGE, "verify", bundle_path, "--url", url, "--alias", alias, "--random", "5",
                "--depth", "10", "--junit", junit_path, "--html", html_path, NULL);
}

static void check_file(const char *path, const char *text, const char *other)
{
    g_autofree char *found = NULL;
    CU_ASSERT(g_file_get_contents(path, &found, NULL, NULL));
    CU_ASSERT(found != NULL && strstr(found, text) != NULL);
    CU_ASSERT(found != NULL && strstr(found, other) != NULL);
}

static void test_right(void)
{
    g_auto(Run) run = {0};
    verify(&run, server_url(), junit, html);
    CU_ASSERT(run_says(&run, 0, "parity: yes", "strength    an error of ", NULL));
    check_file(junit, " failures=\"0\" errors=\"0\" skipped=\"0\"", live);
    check_file(html, "<h1>Parity holds</h1>", live);
}

static void test_violated(void)
{
    g_auto(Run) run = {0};
    CU_ASSERT(server_do("PUT", "{\"feature_type\":\"movie\",\"bias\":0.5}",
                        "/%s/_doc/movie_<i>%%22%%1b?refresh=true", live));
    verify(&run, server_url(), junit, html);
    CU_ASSERT(run_says(&run, 5, "document too many (1)\n  document movie_<i>\"\xef\xbf\xbd: extra",
                       "ranking refused (", "What to do: ", NULL));
    check_file(junit, "<failure type=\"document-extra\"",
               "movie_&lt;i&gt;&quot;\xef\xbf\xbd: extra");
    check_file(html, "<h1>Parity is violated</h1>", "movie_&lt;i&gt;&quot;\xef\xbf\xbd: extra");
    /* The verdict goes before the files. */
    verify(&run, server_url(), "/nowhere/parity.xml", html);
    CU_ASSERT(run_says(&run, 5, "parity: NO", "/nowhere/parity.xml", "parity does not hold", NULL));
    CU_ASSERT(server_do("DELETE", NULL, "/%s/_doc/movie_<i>%%22%%1b?refresh=true", live));
}

static void test_nowhere_to_write(void)
{
    g_auto(Run) run = {0};
    verify(&run, server_url(), "/nowhere/parity.xml", "/dev/full");
    CU_ASSERT(run_says(&run, 2, "parity: yes", "the report is not written: ", "/nowhere/parity.xml",
                       "/dev/full is a device", NULL));
}

/* Neither half a file nor a lost one. */
static void test_full_disk(void)
{
    g_auto(Run) run = {0};
    g_autofree char *command = g_strdup_printf(
        "trap '' XFSZ; ulimit -f 8; exec \"$RECSYS_BRIDGE\" verify '%s' --url '%s' --alias %s "
        "--random 5 --html '%s'",
        bundle_path, server_url(), alias, html);
    CU_ASSERT(g_file_set_contents(html, "as it was", -1, NULL));
    run_program(&run, "/bin/sh", "-c", command, NULL);
    CU_ASSERT(run_says(&run, 2, "parity: yes", "the report is not written: ", html, NULL));
    check_file(html, "as it was", "as it was");
}

/* A former verdict must not stay where one is looked for. */
static void test_no_verdict(void)
{
    g_auto(Run) run = {0};
    verify(&run, "http://127.0.0.1:1", junit, html);
    CU_ASSERT(run_says(&run, 3, "cannot be reached", NULL));
    check_file(junit, " errors=\"6\"", "<error type=\"no-verdict\"");
    check_file(html, "<h1>No verdict</h1>", "cannot be reached");
}

/* Who reads JSON reads why there is no verdict. */
static void test_no_verdict_in_json(void)
{
    g_auto(Run) away = {0}, none = {0};
    run_program(&away, BRIDGE, "verify", bundle_path, "--url", "http://127.0.0.1:1", "--json",
                NULL);
    CU_ASSERT(run_says(&away, 3, "{\"exit_code\":3,\"error\":\"", "cannot be reached", NULL));
    run_program(&none, BRIDGE, "verify", "/nowhere", "--json", "--junit", junit, NULL);
    CU_ASSERT(run_says(&none, 2, "{\"exit_code\":2,\"error\":\"", "/nowhere", NULL));
    check_file(junit, "<error type=\"no-verdict\"", "/nowhere");
}

static const UnitTest tests[] = {
    {"right", test_right},
    {"violated", test_violated},
    {"nowhere to write", test_nowhere_to_write},
    {"a full disk", test_full_disk},
    {"no verdict", test_no_verdict},
    {"no verdict in JSON", test_no_verdict_in_json},
    {NULL, NULL},
};

SERVER_MAIN("report-files", tests, set_up)

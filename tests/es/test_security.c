/* A cluster with security on: who may do what, and that no password is ever shown. */
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "programs.h"
#include "servers.h"

static char *bundle_path;
static char *alias;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    bundle_path = bundle_make(&recipe);
    alias = g_strdup_printf("%s-live", server_prefix());
    programs_set_environment("ES_CA_CERT", g_getenv("ES_SECURE_CA"));
}

static void log_in(const char *user, const char *password)
{
    programs_set_environment("ES_USERNAME", user);
    programs_set_environment("ES_PASSWORD", password);
}

static gboolean is_secret(const Run *run, const char *password)
{
    return strstr(run->out, password) == NULL && strstr(run->err, password) == NULL;
}

/* The URL is in the environment, where it may have a password. */
static void release(Run *run, const char *url)
{
    programs_set_environment("ES_URL", url);
    run_program(run, LOADER, "release", bundle_path, "--alias", alias, NULL);
}

static void recommend(Run *run, const char *url)
{
    programs_set_environment("ES_URL", url);
    run_program(run, LOADER, "recommend", "--alias", alias, "--age", "18", NULL);
}

static void verify(Run *run, const char *url)
{
    programs_set_environment("ES_URL", url);
    run_program(run, BRIDGE, "verify", bundle_path, "--alias", alias, "--random", "0", "--depth",
                "5", NULL);
}

typedef void (*Command)(Run *run, const char *url);
static const Command commands[] = {release, recommend, verify};

/* "https://user:password@host:port" */
static char *url_with(const char *user, const char *password)
{
    const char *host = strstr(server_url(), "://") + strlen("://");
    g_autofree char *escaped = es_escape(password);
    return g_strdup_printf("https://%s:%s@%s", user, escaped, host);
}

static void test_nobody(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_auto(Run) run = {0};
        commands[i](&run, server_url());
        CU_ASSERT(run_says(&run, 4, "401", "ES_USERNAME", "ES_API_KEY", NULL));
    }
}

static void test_wrong_password(void)
{
    const char *wrong = "wrong-p4ssword";
    g_autofree char *url = url_with("admin", wrong);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_auto(Run) run = {0};
        log_in("admin", wrong);
        commands[i](&run, server_url());
        CU_ASSERT(run_says(&run, 4, "401", NULL));
        CU_ASSERT(is_secret(&run, wrong));
        log_in(NULL, NULL);
        commands[i](&run, url);
        CU_ASSERT(run_says(&run, 4, "401", NULL));
        CU_ASSERT(is_secret(&run, wrong));
    }
}

static void test_wrong_api_key(void)
{
    g_auto(Run) run = {0};
    programs_set_environment("ES_API_KEY", "bm90OmFrZXk=");
    recommend(&run, server_url());
    CU_ASSERT(run_says(&run, 4, "401", NULL));
    CU_ASSERT(is_secret(&run, "bm90OmFrZXk="));
    programs_set_environment("ES_API_KEY", NULL);
}

static void check_reader(const char *url, const char *password)
{
    g_auto(Run) run = {0};
    g_autofree char *before = server_state();
    release(&run, url);
    CU_ASSERT(run_says(&run, 4, "403", "privilege", "reader", NULL));
    CU_ASSERT(is_secret(&run, password));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

/* With the release of the admin in place: reading is the reader's right, releasing is not. */
static void test_reader(void)
{
    const char *password = server_password("reader");
    log_in("reader", password);
    check_reader(server_url(), password);
    for (guint i = 1; i < G_N_ELEMENTS(commands); i++) {
        g_auto(Run) run = {0};
        commands[i](&run, server_url());
        CU_ASSERT(run_says(&run, 0, NULL));
        CU_ASSERT(is_secret(&run, password));
    }
    log_in(NULL, NULL);
    g_autofree char *url = url_with("reader", password);
    check_reader(url, password);
}

static void test_admin(void)
{
    const char *password = server_password("admin");
    log_in("admin", password);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_auto(Run) run = {0};
        commands[i](&run, server_url());
        CU_ASSERT(run_says(&run, 0, NULL));
        CU_ASSERT(is_secret(&run, password));
    }
    log_in(NULL, NULL);
}

static void test_password_in_the_url(void)
{
    const char *password = server_password("admin");
    g_autofree char *url = url_with("admin", password);
    for (guint i = 1; i < G_N_ELEMENTS(commands); i++) {
        g_auto(Run) run = {0};
        commands[i](&run, url);
        CU_ASSERT(run_says(&run, 0, NULL));
        CU_ASSERT(is_secret(&run, password));
    }
    /* Errors of every kind name the URL, without the password. */
    g_auto(Run) run = {0};
    g_autofree char *nothing = g_strdup_printf("%s-nothing", server_prefix());
    run_program(&run, LOADER, "recommend", "--alias", nothing, "--age", "18", NULL);
    CU_ASSERT(run_says(&run, 4, nothing, NULL));
    CU_ASSERT(is_secret(&run, password));
    recommend(&run, "http://admin:h1dden@127.0.0.1:1");
    CU_ASSERT(run_says(&run, 3, "http://127.0.0.1:1", NULL));
    CU_ASSERT(is_secret(&run, "h1dden"));
    recommend(&run, "http://admin:h1dden@127.0.0.1:x");
    CU_ASSERT(run_says(&run, 1, "URL", NULL));
    CU_ASSERT(is_secret(&run, "h1dden"));
    /* On a command line everybody sees it. */
    run_program(&run, LOADER, "recommend", "--url", url, "--alias", alias, "--age", "18", NULL);
    CU_ASSERT(run_says(&run, 1, "command line", server_url(), NULL));
    CU_ASSERT(is_secret(&run, password));
}

/* Keys that the server itself hands out: a working one may release. */
static void test_api_key(void)
{
    g_auto(Run) run = {0};
    g_autofree char *body = g_strdup_printf("{\"name\":\"%s\",\"expiration\":\"10m\"}", alias);
    g_auto(yajl_val) answer = server_ask("POST", body, "/_security/api_key");
    const char *key = json_get_string(answer, "encoded");
    CU_ASSERT_PTR_NOT_NULL(key);
    if (key == NULL)
        return;
    programs_set_environment("ES_API_KEY", key);
    recommend(&run, server_url());
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT(is_secret(&run, key));
    programs_set_environment("ES_API_KEY", NULL);
    g_autofree char *drop = g_strdup_printf("{\"name\":\"%s\"}", alias);
    CU_ASSERT(server_do("DELETE", drop, "/_security/api_key"));
}

static const UnitTest tests[] = {
    {"no credentials", test_nobody},
    {"wrong password", test_wrong_password},
    {"wrong API key", test_wrong_api_key},
    {"admin", test_admin},
    {"reader", test_reader},
    {"password in the URL", test_password_in_the_url},
    {"API key", test_api_key},
    {NULL, NULL},
};

SERVER_MAIN("security", tests, set_up)

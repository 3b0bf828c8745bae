/* A cluster with security on: who may do what, and that no password is ever shown. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bundles.h"
#include "fingerprint.h"
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

/* The commands that --curl prints run as they are with the reader's variables, and do not have what
 * these hold; with a password in the URL they say which variables they need. */
static void test_curl_commands(void)
{
    const char *password = server_password("reader");
    g_auto(Run) commands_run = {0}, answers = {0}, in_url = {0};
    log_in("reader", password);
    programs_set_environment("ES_URL", server_url());
    run_program(&commands_run, LOADER, "recommend", "--alias", alias, "--age", "18", "--curl",
                NULL);
    CU_ASSERT(run_says(&commands_run, 0, "--cacert", "-u \"$ES_USERNAME:$ES_PASSWORD\"", NULL));
    CU_ASSERT(is_secret(&commands_run, password));
    run_program(&answers, "/bin/sh", "-c", commands_run.out, NULL);
    CU_ASSERT(run_says(&answers, 0, "\"found\":true", "\"_id\":\"movie_", NULL));
    log_in(NULL, NULL);
    g_autofree char *url = url_with("reader", password);
    programs_set_environment("ES_URL", url);
    run_program(&in_url, LOADER, "recommend", "--alias", alias, "--age", "18", "--curl", NULL);
    CU_ASSERT(run_says(&in_url, 0, "variable ES_PASSWORD must be set", "$ES_PASSWORD", NULL));
    CU_ASSERT(is_secret(&in_url, password));
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

/* ---- keys ---- */

/* The encoded form of a new key with the rights of a role in examples/ (or a text of that form). */
static char *make_key(const char *role, const char *expiration)
{
    g_autofree char *text = NULL;
    g_autofree char *path = g_build_filename(g_getenv("EXAMPLES"), "security", role, NULL);
    if (role[0] != '{' && !g_file_get_contents(path, &text, NULL, NULL))
        g_error("%s cannot be read", path);
    g_autofree char *body =
        g_strdup_printf("{\"name\":\"%s\",\"expiration\":\"%s\",\"role_descriptors\":%s}", alias,
                        expiration, text != NULL ? text : role);
    g_auto(yajl_val) answer = server_ask("POST", body, "/_security/api_key");
    const char *key = json_get_string(answer, "encoded");
    CU_ASSERT_PTR_NOT_NULL(key);
    return g_strdup(key != NULL ? key : "bm90OmFrZXk=");
}

static void drop_keys(void)
{
    g_autofree char *drop = g_strdup_printf("{\"name\":\"%s\"}", alias);
    CU_ASSERT(server_do("DELETE", drop, "/_security/api_key"));
}

/* Runs all three commands with a key: `release_status` and 0 for the others. */
static void check_key(const char *key, int release_status)
{
    programs_set_environment("ES_API_KEY", key);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_auto(Run) run = {0};
        commands[i](&run, server_url());
        CU_ASSERT(run_says(&run, i == 0 ? release_status : 0, NULL));
        CU_ASSERT(is_secret(&run, key));
    }
    programs_set_environment("ES_API_KEY", NULL);
}

/* Which makes and removes an index of its own. */
static void check_fingerprint(const char *key, int status, const char *text)
{
    g_auto(Run) run = {0};
    programs_set_environment("ES_API_KEY", key);
    run_program(&run, BRIDGE, "fingerprint", "--url", server_url(), "--ca-file",
                g_getenv("ES_SECURE_CA"), "--alias", alias, NULL);
    programs_set_environment("ES_API_KEY", NULL);
    CU_ASSERT(run_says(&run, status, text, NULL));
    CU_ASSERT(is_secret(&run, key));
    g_autofree char *state = server_state();
    CU_ASSERT_PTR_NULL(strstr(state, "-probe-"));
}

/* `status` is a release's: a doctor says beforehand how it would end. */
static void check_doctor(const char *key, int status, const char *text)
{
    g_auto(Run) run = {0};
    programs_set_environment("ES_API_KEY", key);
    programs_set_environment("ES_URL", server_url());
    run_program(&run, LOADER, "doctor", "--alias", alias, NULL);
    programs_set_environment("ES_API_KEY", NULL);
    CU_ASSERT(run_says(&run, status, text, NULL));
    CU_ASSERT(is_secret(&run, key));
    g_autofree char *state = server_state();
    CU_ASSERT_PTR_NULL(strstr(state, "-doctor-"));
}

/* The roles of examples/ are enough for what they are for. */
static void test_example_roles(void)
{
    g_autofree char *releaser = make_key("release-role.json", "10m");
    check_key(releaser, 0);
    check_fingerprint(releaser, 0, "dot products bit for bit");
    check_doctor(releaser, 0, "swap     ok");
    g_autofree char *reader = make_key("recommend-role.json", "10m");
    g_autofree char *before = server_state();
    check_key(reader, 4);
    check_fingerprint(reader, 4, "403");
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
    drop_keys();
}

/* No right in them is one too many: without any of them something fails. */
static void test_lesser_roles(void)
{
    const struct {
        const char *privileges, *finding; /* of the doctor */
    } lesser[] = {
        {"[\"index\",\"read\",\"create_index\",\"view_index_metadata\",\"maintenance\"]",
         "index    FAILED"},
        {"[\"index\",\"read\",\"create_index\",\"delete_index\",\"view_index_metadata\"]",
         "indices:admin/aliases"},
        {"[\"manage\",\"read\"]", "bulk     FAILED"},
        {"[\"manage\",\"index\"]", "read     FAILED"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(lesser); i++) {
        g_auto(Run) run = {0};
        g_autofree char *role =
            g_strdup_printf("{\"x\":{\"indices\":[{\"names\":[\"recsys*\"],\"privileges\":%s}]}}",
                            lesser[i].privileges);
        g_autofree char *key = make_key(role, "10m");
        g_autofree char *before = server_index_of(alias);
        programs_set_environment("ES_API_KEY", key);
        release(&run, server_url());
        programs_set_environment("ES_API_KEY", NULL);
        CU_ASSERT(run_says(&run, 4, "403", NULL));
        CU_ASSERT(is_secret(&run, key));
        g_autofree char *after = server_index_of(alias);
        CU_ASSERT(g_strcmp0(before, after) == 0);
        check_doctor(key, 4, lesser[i].finding);
    }
    drop_keys();
}

/* A role for the indices alone: everything but the swap works, for the alias has a name too. */
static void test_role_without_the_alias(void)
{
    g_autofree char *role =
        g_strdup_printf("{\"x\":{\"indices\":[{\"names\":[\"%s-*\"],\"privileges\":[\"manage\","
                        "\"index\",\"read\"]},"
                        "{\"names\":[\"%s\"],\"privileges\":[\"read\",\"view_index_metadata\"]}]}}",
                        alias, alias);
    g_autofree char *key = make_key(role, "10m");
    check_doctor(key, 4, "swap     FAILED");
    drop_keys();
}

static void test_expired_key(void)
{
    g_autofree char *key = make_key("release-role.json", "1ms");
    g_usleep(50000);
    programs_set_environment("ES_API_KEY", key);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_auto(Run) run = {0};
        commands[i](&run, server_url());
        CU_ASSERT(run_says(&run, 4, "401", "expired", NULL));
        CU_ASSERT(is_secret(&run, key));
    }
    programs_set_environment("ES_API_KEY", NULL);
    drop_keys();
}

/* A service account's token: the one kind of bearer that the basic licence has. Who it is, the
 * server says; that account may not read our indices. */
static void test_bearer(void)
{
    g_auto(Run) run = {0};
    const char *path = "/_security/service/elastic/fleet-server/credential/token";
    g_auto(yajl_val) answer = server_ask("POST", NULL, "%s/%s", path, alias);
    const char *token = json_get_string(answer, "token.value");
    CU_ASSERT_PTR_NOT_NULL(token);
    programs_set_environment("ES_BEARER_TOKEN", token);
    recommend(&run, server_url());
    CU_ASSERT(run_says(&run, 4, "403", "elastic/fleet-server", NULL));
    CU_ASSERT(token == NULL || is_secret(&run, token));
    programs_set_environment("ES_BEARER_TOKEN", "d3Jvbmc");
    recommend(&run, server_url());
    CU_ASSERT(run_says(&run, 4, "401", NULL));
    programs_set_environment("ES_BEARER_TOKEN", NULL);
    CU_ASSERT(server_do("DELETE", NULL, "%s/%s", path, alias));
}

static void test_credentials_file(void)
{
    g_auto(Run) run = {0};
    const char *password = server_password("reader");
    g_autofree char *folder = tap_directory();
    g_autofree char *path = g_build_filename(folder, "credentials", NULL);
    g_autofree char *text =
        g_strdup_printf("[credentials]\nusername=reader\npassword=%s\n", password);
    CU_ASSERT(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    programs_set_environment("ES_URL", server_url());
    run_program(&run, LOADER, "recommend", "--alias", alias, "--age", "18", "--credentials", path,
                NULL);
    CU_ASSERT(run_says(&run, 0, "rank", NULL));
    programs_set_environment("ES_CREDENTIALS", path);
    programs_set_environment("ES_API_KEY", "bm90OmFrZXk="); /* the file goes before it */
    recommend(&run, server_url());
    CU_ASSERT(run_says(&run, 0, "rank", NULL));
    programs_set_environment("ES_API_KEY", NULL);
    CU_ASSERT_EQUAL(chmod(path, 0640), 0);
    recommend(&run, server_url());
    CU_ASSERT(run_says(&run, 1, path, "0640", NULL));
    CU_ASSERT(is_secret(&run, password));
    programs_set_environment("ES_CREDENTIALS", NULL);
}

/* ---- trust ---- */

/* `run` with the environment's own trust taken away, and one option. */
static void recommend_trusting(Run *run, const char *url, const char *option, const char *value)
{
    programs_set_environment("ES_CA_CERT", NULL);
    programs_set_environment("ES_URL", url);
    run_program(run, LOADER, "recommend", "--alias", alias, "--age", "18", option, value, NULL);
    programs_set_environment("ES_CA_CERT", g_getenv("ES_SECURE_CA"));
}

static char *server_fingerprint(void)
{
    g_autofree char *pem = NULL;
    if (!g_file_get_contents(g_getenv("ES_SECURE_CA"), &pem, NULL, NULL))
        g_error("ES_SECURE_CA cannot be read");
    return fingerprint_of_pem(pem);
}

static void test_trust(void)
{
    g_auto(Run) run = {0};
    const char *ca = g_getenv("ES_SECURE_CA");
    const char *port = strrchr(server_url(), ':');
    g_autofree char *fingerprint = server_fingerprint();
    g_autofree char *by_name = g_strconcat("https://localhost", port, NULL);
    g_autofree char *by_wrong_name = g_strconcat("https://elsewhere.localhost", port, NULL);
    log_in("reader", server_password("reader"));
    recommend_trusting(&run, server_url(), NULL, NULL);
    CU_ASSERT(run_says(&run, 3, "self-signed certificate", "--ca-file", NULL));
    recommend_trusting(&run, server_url(), "--ca-file", "/etc/ssl/certs/ca-certificates.crt");
    CU_ASSERT(run_says(&run, 3, server_url(), "--ca-file", NULL));
    recommend_trusting(&run, server_url(), "--ca-file", ca);
    CU_ASSERT(run_says(&run, 0, "rank", NULL));
    recommend_trusting(&run, by_name, "--cacert", ca);
    CU_ASSERT(run_says(&run, 0, "rank", NULL));
    recommend_trusting(&run, by_name, "--ca-fingerprint", fingerprint);
    CU_ASSERT(run_says(&run, 0, "rank", NULL));
    CU_ASSERT_STRING_EQUAL(run.err, "");
    recommend_trusting(&run, by_wrong_name, "--ca-file", ca);
    CU_ASSERT(run_says(&run, 3, "no alternative certificate subject name", NULL));
    recommend_trusting(&run, by_wrong_name, "--ca-fingerprint", fingerprint);
    CU_ASSERT(run_says(&run, 3, "no alternative certificate subject name", NULL));
    fingerprint[10] = fingerprint[10] == '0' ? '1' : '0';
    recommend_trusting(&run, server_url(), "--ca-fingerprint", fingerprint);
    CU_ASSERT(run_says(&run, 3, "fingerprint", server_url(), NULL));
    recommend_trusting(&run, server_url(), "--ca-fingerprint", "abc");
    CU_ASSERT(run_says(&run, 1, "64 hex digits", NULL));
    recommend_trusting(&run, by_wrong_name, "--insecure", NULL);
    CU_ASSERT(run_says(&run, 0, "warning: --insecure", "rank", NULL));
    log_in(NULL, NULL);
}

/* A host that is dead costs a warning, not the release. */
static void test_several_hosts(void)
{
    g_auto(Run) run = {0};
    const char *password = server_password("admin");
    g_autofree char *own = url_with("admin", password);
    g_autofree char *urls = g_strconcat("http://127.0.0.1:1,", own, NULL);
    release(&run, urls);
    CU_ASSERT(run_says(&run, 0, "http://127.0.0.1:1 cannot be reached", server_url(), NULL));
    CU_ASSERT(is_secret(&run, password));
}

static const UnitTest tests[] = {
    {"no credentials", test_nobody},
    {"wrong password", test_wrong_password},
    {"wrong API key", test_wrong_api_key},
    {"admin", test_admin},
    {"reader", test_reader},
    {"curl commands", test_curl_commands},
    {"password in the URL", test_password_in_the_url},
    {"the roles of examples", test_example_roles},
    {"lesser roles", test_lesser_roles},
    {"a role without the alias", test_role_without_the_alias},
    {"expired key", test_expired_key},
    {"bearer", test_bearer},
    {"credentials file", test_credentials_file},
    {"trust", test_trust},
    {"several hosts", test_several_hosts},
    {NULL, NULL},
};

SERVER_MAIN("security", tests, set_up)

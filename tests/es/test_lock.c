/* One job at a time: a second one, a dead one, one whose lock is broken. */
#include "lock.h"

#include <signal.h>
#include <string.h>

#include "bundles.h"
#include "fake_server.h"
#include "programs.h"
#include "recsys_error.h"
#include "servers.h"

static char *bundle_path;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    bundle_path = bundle_make(&recipe);
}

static EsClient *connect_again(gpointer data, GError **error)
{
    (void)data;
    EsClient *client = server_connect();
    if (client == NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_UNREACHABLE, "no server");
    return client;
}

static Lock *take(const char *alias, guint seconds, const char *break_owner, LockConnect connect,
                  GError **error)
{
    const LockOptions options = {
        .break_owner = break_owner, .seconds = seconds, .connect = connect};
    return lock_acquire(server_client(), alias, "test", &options, error);
}

static void release(Run *run, const char *alias, const char *option, const char *value)
{
    run_program(run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                option, value, NULL);
}

static gboolean is_free(const char *alias)
{
    gint64 expires = -1;
    g_auto(yajl_val) answer = server_ask("GET", NULL, "/%s-lock/_doc/lock", alias);
    return json_get_int(answer, "_source.expires", &expires) && expires == 0;
}

static void test_second_job(void)
{
    g_auto(Run) run = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *alias = g_strdup_printf("%s-second", server_prefix());
    g_autofree char *owner = lock_owner_name();
    Lock *lock = take(alias, 60, NULL, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(lock);
    CU_ASSERT_PTR_NULL(take(alias, 60, NULL, NULL, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_LOCKED, owner);
    g_autofree char *before = server_state();
    release(&run, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 6, owner, "(test)", "until 20", "--break-lock", NULL));
    run_program(&run, LOADER, "rollback", "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 6, owner, NULL));
    run_program(&run, LOADER, "prune", "--keep=1", "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 6, owner, NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
    CU_ASSERT(lock_check(lock, &error));
    lock_release(lock);
    CU_ASSERT(is_free(alias));
    release(&run, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT(is_free(alias));
}

static void test_expiry(void)
{
    g_auto(Run) run = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *alias = g_strdup_printf("%s-expiry", server_prefix());
    g_autoptr(Lock) dead = take(alias, 2, NULL, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(dead);
    release(&run, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 6, NULL));
    g_usleep(2200000);
    release(&run, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT_FALSE(dead != NULL && lock_check(dead, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_LOCKED, "taken away");
}

/* A job that works longer than its lock lasts keeps it. */
static void test_renewal(void)
{
    g_auto(Run) run = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *alias = g_strdup_printf("%s-renewal", server_prefix());
    g_autoptr(Lock) lock = take(alias, 2, NULL, connect_again, &error);
    CU_ASSERT_PTR_NOT_NULL(lock);
    g_usleep(4500000);
    release(&run, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 6, NULL));
    CU_ASSERT(lock != NULL && lock_check(lock, &error));
}

static void test_break_by_name(void)
{
    g_auto(Run) run = {0};
    g_autoptr(GError) error = NULL;
    g_autofree char *alias = g_strdup_printf("%s-break", server_prefix());
    g_autofree char *owner = lock_owner_name();
    g_autoptr(Lock) dead = take(alias, 600, NULL, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(dead);
    release(&run, alias, "--break-lock", "somebody@else:1");
    CU_ASSERT(run_says(&run, 6, owner, "not by somebody@else:1", NULL));
    release(&run, alias, "--break-lock", owner);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT(is_free(alias));
}

/* Looks at the lock before its owner writes it a second time. */
static void look(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    GString *seen = data;
    if (strstr(request->path, "_update/lock") != NULL && seen->len == 0) {
        char *alias = g_strndup(request->path + 1, strcspn(request->path + 1, "/"));
        g_auto(yajl_val) lock = server_ask("GET", NULL, "/%s/_doc/lock", alias);
        const char *until = json_get_string(lock, "_source.until");
        g_string_append(seen, until != NULL ? until : "no text");
        g_free(alias);
    }
    fake_forward(server_url(), request, answer);
}

/* Whoever finds the lock in its first moment is told until when, too. */
static void test_first_moment(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-moment", server_prefix());
    g_autoptr(GString) until = g_string_new(NULL);
    g_autoptr(FakeServer) proxy = fake_server_start(look, until);
    run_program(&run, LOADER, "prune", "--keep=1", "--url", fake_server_url(proxy), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(until->str, NULL);
    CU_ASSERT_PTR_NOT_NULL(time);
}

/* Takes the lock away from the release under way. */
static void steal(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const char *alias = data;
    if (strstr(request->path, "/_refresh") != NULL) {
        g_auto(yajl_val) lock = server_ask("GET", NULL, "/%s-lock/_doc/lock", alias);
        g_autoptr(GError) error = NULL;
        Lock *stolen = take(alias, 60, json_get_string(lock, "_source.owner"), NULL, &error);
        lock_release(stolen);
    }
    fake_forward(server_url(), request, answer);
}

static void test_stolen(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-stolen", server_prefix());
    release(&run, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *before = server_state();
    g_autoptr(FakeServer) proxy = fake_server_start(steal, alias);
    run_program(&run, LOADER, "release", bundle_path, "--url", fake_server_url(proxy), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 6, "taken away", NULL));
    /* Without the lock nothing is deleted: the next job does it. */
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_NOT_EQUAL(before, after);
    g_autofree char *live = server_index_of(alias);
    release(&run, alias, "--keep", "1");
    CU_ASSERT(run_says(&run, 0, "deleted", live, "is still there", NULL));
}

/* At the first request of the gates another job breaks the lock and releases. */
typedef struct {
    const char *alias;
    gboolean done;
} Breaker;

static void break_and_release(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Breaker *breaker = data;
    if (!breaker->done && strcmp(request->method, "POST") == 0 &&
        strstr(request->path, "/_pit") != NULL) {
        g_auto(Run) run = {0};
        g_auto(yajl_val) lock = server_ask("GET", NULL, "/%s-lock/_doc/lock", breaker->alias);
        breaker->done = TRUE;
        release(&run, breaker->alias, "--break-lock", json_get_string(lock, "_source.owner"));
        CU_ASSERT(run_says(&run, 0, NULL));
    }
    fake_forward(server_url(), request, answer);
}

static void test_broken_meanwhile(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-broken", server_prefix());
    release(&run, alias, NULL, NULL);
    Breaker breaker = {alias, FALSE};
    g_autoptr(FakeServer) proxy = fake_server_start(break_and_release, &breaker);
    run_program(&run, LOADER, "release", bundle_path, "--url", fake_server_url(proxy), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 6, "taken away", NULL));
    CU_ASSERT_PTR_NULL(strstr(run.err, "as it was"));
    CU_ASSERT_PTR_NULL(strstr(run.err, "left behind"));
    g_autofree char *index = server_index_of(alias);
    CU_ASSERT(index != NULL && breaker.done);
    /* Nor may it write to an index of the same name. */
    CU_ASSERT_EQUAL(fake_server_count(proxy, "PUT", index), 0);
}

/* After Ctrl-C the lock is free. */
static void test_interrupted(void)
{
    g_autofree char *alias = g_strdup_printf("%s-signal", server_prefix());
    guint interrupted = 0;
    for (gulong milliseconds = 20; milliseconds <= 320; milliseconds += 60) {
        g_auto(Run) run = {0};
        run_interrupted(&run, SIGINT, milliseconds * 1000, LOADER, "release", bundle_path, "--url",
                        server_url(), "--alias", alias, NULL);
        interrupted += run.status == 130;
        release(&run, alias, NULL, NULL);
        CU_ASSERT(run_says(&run, 0, NULL));
    }
    CU_ASSERT(interrupted >= 2);
}

static const UnitTest tests[] = {
    {"a second job", test_second_job},
    {"a lock that has expired", test_expiry},
    {"a lock that is renewed", test_renewal},
    {"a lock broken by name", test_break_by_name},
    {"the first moment of a lock", test_first_moment},
    {"a lock lost while working", test_stolen},
    {"a job whose lock was broken", test_broken_meanwhile},
    {"after Ctrl-C", test_interrupted},
    {NULL, NULL},
};

SERVER_MAIN("lock", tests, set_up)

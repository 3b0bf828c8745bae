/* kill -9 before and after each request of a release: the live release is intact, and the next run
 * works and leaves nothing unfinished. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundles.h"
#include "catalogue.h"
#include "fake_server.h"
#include "programs.h"
#include "servers.h"

static char *live_path, *new_path;
static char *alias;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    const BundleRecipe other_recipe = {"60", "90", "2500", "8", "2"};
    live_path = bundle_make(&recipe);
    new_path = bundle_make(&other_recipe);
    alias = g_strdup_printf("%s-live", server_prefix());
}

typedef struct {
    const char *method, *path, *body; /* of the request at which it is killed; body may be NULL */
    gboolean before;                  /* the server gets it */
} Moment;

typedef struct {
    Moment moment;
    int pid; /* from the lock's document */
    gboolean killed;
} Killer;

static void kill_it(Killer *killer)
{
    killer->killed = killer->pid > 0 && kill(killer->pid, SIGKILL) == 0;
}

static void forward(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Killer *killer = data;
    const Moment *moment = &killer->moment;
    if (strstr(request->path, "op_type=create") != NULL) {
        g_auto(yajl_val) lock = json_parse(request->body->str, "the lock", NULL);
        const char *owner = json_get_string(lock, "owner");
        const char *colon = owner != NULL ? strrchr(owner, ':') : NULL;
        killer->pid = colon != NULL ? atoi(colon + 1) : 0;
    }
    gboolean now = !killer->killed && strcmp(request->method, moment->method) == 0 &&
                   strstr(request->path, moment->path) != NULL &&
                   (moment->body == NULL || strstr(request->body->str, moment->body) != NULL);
    if (now && moment->before) {
        kill_it(killer);
        answer->hang_up = TRUE;
        return;
    }
    fake_forward(server_url(), request, answer);
    if (now)
        kill_it(killer);
}

static guint unfinished(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Catalogue) catalogue = catalogue_fetch(server_client(), alias, &error);
    if (catalogue == NULL)
        return G_MAXUINT;
    g_autoptr(GPtrArray) entries = catalogue_unfinished(catalogue);
    return entries->len;
}

/* The lock of the dead job lasts a second. */
static void release_again(const char *path)
{
    g_auto(Run) run = {0};
    for (guint i = 0; i < 20; i++) {
        run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias",
                    alias, "--keep=2", "--lock-expiry=1", "--skip-gate=orders", NULL);
        if (run.status != 6)
            break;
        g_usleep(200000);
    }
    CU_ASSERT(run_says(&run, 0, NULL));
    g_usleep(1100000); /* the names of indices have the time to the second */
}

static void check_live(const char *path)
{
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "verify", path, "--url", server_url(), "--alias", alias, "--random=0",
                "--depth=5", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes", NULL));
}

static void die_at(const Moment *moment)
{
    g_auto(Run) run = {0};
    release_again(live_path);
    g_autofree char *live = server_index_of(alias);
    Killer killer = {.moment = *moment};
    g_autoptr(FakeServer) proxy = fake_server_start(forward, &killer);
    run_program(&run, LOADER, "release", NO_LIMITS, new_path, "--url", fake_server_url(proxy),
                "--alias", alias, "--keep=1", "--lock-expiry=1", "--gate-random=0", NULL);
    g_autofree char *now = server_index_of(alias);
    gboolean moved = g_strcmp0(live, now) != 0;
    printf("# killed %s %s %s: exit code %d, %u unfinished, alias %s\n",
           moment->before ? "before" : "after", moment->method, moment->path, run.status,
           unfinished(), moved ? "moved" : "as it was");
    CU_ASSERT(killer.killed && run.status == 137);
    check_live(moved ? new_path : live_path);
    release_again(new_path);
    CU_ASSERT_EQUAL(unfinished(), 0);
    check_live(new_path);
}

static void test_every_step(void)
{
    const Moment moments[] = {
        {"PUT", "op_type=create", NULL, FALSE},
        {"POST", "/_update/lock", "\"takes\":true", TRUE},
        {"POST", "/_update/lock", "\"takes\":true", FALSE},
        {"PUT", "/" /* any */, "dense_vector", TRUE},
        {"PUT", "/", "dense_vector", FALSE},
        {"POST", "/_bulk", NULL, TRUE},
        {"POST", "/_bulk", NULL, FALSE},
        {"DELETE", "/_alias/", NULL, TRUE},
        {"DELETE", "/_alias/", NULL, FALSE},
        {"POST", "/_refresh", NULL, FALSE},
        {"POST", "/_pit", NULL, FALSE},
        {"DELETE", "/_pit", NULL, FALSE},
        {"POST", "/_search", "script", FALSE},
        {"PUT", "/_mapping", "complete", TRUE},
        {"PUT", "/_mapping", "complete", FALSE},
        {"POST", "/_aliases", NULL, TRUE},
        {"POST", "/_aliases", NULL, FALSE},
        {"DELETE", alias, NULL, TRUE},
        {"DELETE", alias, NULL, FALSE},
        {"POST", "/_update/lock", "expires = 0", TRUE},
        {"POST", "/_update/lock", "expires = 0", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(moments); i++)
        die_at(&moments[i]);
}

static const UnitTest tests[] = {
    {"kill -9 at every step", test_every_step},
    {NULL, NULL},
};

SERVER_MAIN("killed", tests, set_up)

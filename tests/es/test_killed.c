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

static char *first_path, *second_path;
static char *alias;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    const BundleRecipe other_recipe = {"60", "90", "2500", "8", "2"};
    first_path = bundle_make(&recipe);
    second_path = bundle_make(&other_recipe);
    alias = g_strdup_printf("%s-live", server_prefix());
}

typedef struct {
    const char *method, *path, *body; /* of the request at which it is killed; body may be NULL */
    gboolean before;                  /* the server gets it */
    gboolean live;                    /* the alias has moved by then */
} Moment;

typedef struct {
    Moment moment;
    char *owner; /* from the lock's document */
    int pid;
    gboolean swapped, killed;
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
        g_free(killer->owner);
        killer->owner = g_strdup(json_get_string(lock, "owner"));
        const char *colon = killer->owner != NULL ? strrchr(killer->owner, ':') : NULL;
        killer->pid = colon != NULL ? atoi(colon + 1) : 0;
    }
    gboolean now = !killer->killed && killer->swapped >= moment->live &&
                   strcmp(request->method, moment->method) == 0 &&
                   strstr(request->path, moment->path) != NULL &&
                   (moment->body == NULL || strstr(request->body->str, moment->body) != NULL);
    if (now && moment->before) {
        kill_it(killer);
        answer->hang_up = TRUE;
        return;
    }
    fake_forward(server_url(), request, answer);
    killer->swapped |= strcmp(request->path, "/_aliases") == 0;
    if (now)
        kill_it(killer);
}

static guint unfinished(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Catalogue) catalogue = catalogue_fetch(server_client(), alias, &error);
    if (catalogue == NULL)
        return G_MAXUINT;
    g_autoptr(GPtrArray) entries = catalogue_left_behind(catalogue);
    return entries->len;
}

/* The lock of the dead job is broken by its owner's name, if it was not given back. */
static void release_again(const char *path, const char *owner)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", alias,
                "--keep=2", "--skip-gate=orders", owner != NULL ? "--break-lock" : NULL, owner,
                NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
}

static void check_live(const char *path)
{
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "verify", path, "--url", server_url(), "--alias", alias, "--random=0",
                "--depth=5", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes", NULL));
}

/* The release of `live` is live; afterwards that of `next` is. */
static void die_at(const Moment *moment, const char *live, const char *next)
{
    g_auto(Run) run = {0};
    g_autofree char *before = server_index_of(alias);
    Killer killer = {.moment = *moment};
    g_autoptr(FakeServer) proxy = fake_server_start(forward, &killer);
    run_program(&run, LOADER, "release", NO_LIMITS, next, "--url", fake_server_url(proxy),
                "--alias", alias, "--keep=1", "--gate-random=0", NULL);
    g_autofree char *after = server_index_of(alias);
    gboolean moved = g_strcmp0(before, after) != 0;
    printf("# killed %s %s %s: exit code %d, %u unfinished, alias %s\n",
           moment->before ? "before" : "after", moment->method, moment->path, run.status,
           unfinished(), moved ? "moved" : "as it was");
    CU_ASSERT(killer.killed && run.status == 137);
    CU_ASSERT(moved || !moment->live);
    check_live(moved ? next : live);
    release_again(next, killer.owner);
    CU_ASSERT_EQUAL(unfinished(), 0);
    g_free(killer.owner);
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
        {"POST", "/_msearch", "script", FALSE},
        {"PUT", "/_mapping", "complete", TRUE},
        {"PUT", "/_mapping", "complete", FALSE},
        {"POST", "/_aliases", NULL, TRUE},
        {"POST", "/_aliases", NULL, FALSE},
        {"DELETE", alias, NULL, TRUE, .live = TRUE},
        {"DELETE", alias, NULL, FALSE, .live = TRUE},
        {"POST", "/_update/lock", "expires = 0", TRUE},
        {"POST", "/_update/lock", "expires = 0", FALSE},
    };
    const char *const paths[] = {first_path, second_path};
    release_again(paths[0], NULL);
    for (guint i = 0; i < G_N_ELEMENTS(moments); i++)
        die_at(&moments[i], paths[i % 2], paths[(i + 1) % 2]);
    check_live(paths[G_N_ELEMENTS(moments) % 2]);
}

static const UnitTest tests[] = {
    {"kill -9 at every step", test_every_step},
    {NULL, NULL},
};

SERVER_MAIN("killed", tests, set_up)

/* What the doctor tries on a real server, what it leaves there, and the forms of the watermark. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "fake_server.h"
#include "programs.h"
#include "servers.h"

static char *alias;

static void set_up(void)
{
    alias = g_strdup_printf("%s-live", server_prefix());
}

static void doctor(Run *run, const char *url, const char *option)
{
    run_program(run, LOADER, "doctor", "--url", url, "--alias", alias, option, NULL);
}

static void test_well(void)
{
    g_auto(Run) run = {0}, json = {0};
    g_autofree char *before = server_state();
    doctor(&run, server_url(), NULL);
    CU_ASSERT(run_says(&run, 0, "server", "alias    ok", "lock     ok", "index    ok",
                       "settings ok", "bulk     ok", "mapping  ok", "read     ok", "script   ok",
                       "locking  ok", "swap     ok", "health", "disk", "clock    ok", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
    doctor(&json, server_url(), "--json");
    CU_ASSERT(run_says(&json, 0, "\"check\":\"swap\",\"verdict\":\"ok\"", NULL));
}

static void test_index_in_the_way(void)
{
    g_auto(Run) run = {0};
    CU_ASSERT(server_do("PUT", NULL, "/%s", alias));
    doctor(&run, server_url(), NULL);
    CU_ASSERT(run_says(&run, 4, "alias    FAILED", "--replace-index", "index    ok", "swap     ok",
                       NULL));
    CU_ASSERT(server_do("DELETE", NULL, "/%s", alias));
}

/* ---- what is refused ---- */

typedef struct {
    const char *method, *path; /* a part of it */
    long status;
    const char *body; /* NULL: an error */
    const char *finding;
} Refusal;

static void refuse(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const Refusal *refusal = data;
    fake_forward(server_url(), request, answer);
    if (strcmp(request->method, refusal->method) != 0 ||
        strstr(request->path, refusal->path) == NULL || strstr(request->path, "-doctor-") == NULL)
        return;
    answer->status = refusal->status;
    g_string_assign(answer->body,
                    refusal->body != NULL
                        ? refusal->body
                        : "{\"error\":{\"type\":\"illegal_argument_exception\",\"reason\":"
                          "\"cannot execute scripts using [update] context\"}}");
}

/* Each of a release's wishes, refused. */
static void test_refusals(void)
{
    const Refusal refusals[] = {
        {"POST", "-lock/_update/", 400, NULL, "locking  FAILED"},
        {"PUT", "/_settings", 400, NULL, "settings FAILED"},
        {"PUT", "/_mapping", 400, NULL, "mapping  FAILED"},
        {"POST", "/_bulk", 400, NULL, "bulk     FAILED"},
        {"POST", "/_bulk", 200,
         "{\"errors\":true,\"items\":[{\"index\":{\"status\":400,\"error\":{\"reason\":"
         "\"cannot execute scripts using [update] context\"}}}]}",
         "bulk     FAILED"},
        {"DELETE", "/_alias/", 400, NULL, "bulk     FAILED"},
        {"POST", "/_refresh", 400, NULL, "bulk     FAILED"},
        {"GET", "/_count", 400, NULL, "read     FAILED"},
        {"POST", "/_pit", 400, NULL, "read     FAILED"},
        {"POST", "/_search", 400, NULL, "script   FAILED"},
        {"DELETE", "-lock", 400, NULL, "is left behind"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_auto(Run) run = {0};
        g_autoptr(FakeServer) server = fake_server_start(refuse, (gpointer)&refusals[i]);
        doctor(&run, fake_server_url(server), NULL);
        CU_ASSERT(run_says(&run, 4, refusals[i].finding,
                           "cannot execute scripts using [update] context", "a release would fail",
                           NULL));
        g_autofree char *state = server_state();
        CU_ASSERT_PTR_NULL(strstr(state, "-doctor-"));
    }
}

/* ---- left behind ---- */

/* Takes two hours off the date at which every index but the latest was created. */
static void make_old(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const gint64 *since = data;
    static const char key[] = "\"creation_date\":\"";
    fake_forward(server_url(), request, answer);
    if (strcmp(request->method, "GET") != 0 || !g_str_has_suffix(request->path, "-doctor-*"))
        return;
    for (char *at = answer->body->str; (at = strstr(at, key)) != NULL; at++) {
        char *date = at + strlen(key);
        gint64 created = g_ascii_strtoll(date, NULL, 10);
        if (created >= *since)
            continue;
        g_autofree char *old = g_strdup_printf("%013" G_GINT64_FORMAT, created - 7200 * 1000);
        memcpy(date, old, 13);
    }
}

static gboolean kill_some(void)
{
    gboolean left = FALSE;
    for (guint i = 0; i < 20 && !left; i++) {
        g_auto(Run) run = {0};
        run_interrupted(&run, SIGKILL, 100000 + 20000 * i, LOADER, "doctor", "--url", server_url(),
                        "--alias", alias, NULL);
        g_autofree char *state = server_state();
        left = strstr(state, "-doctor-") != NULL;
    }
    return left;
}

/* What was killed just now could be another doctor at work; a later one takes it away. */
static void test_killed(void)
{
    g_auto(Run) run = {0}, later = {0};
    gint64 since = 0;
    g_autoptr(FakeServer) server = fake_server_start(make_old, &since);
    CU_ASSERT(kill_some());
    doctor(&run, fake_server_url(server), NULL);
    CU_ASSERT_EQUAL(run.status, 0);
    g_autofree char *kept = server_state();
    CU_ASSERT_PTR_NOT_NULL(strstr(kept, "-doctor-"));
    since = g_get_real_time() / 1000;
    doctor(&later, fake_server_url(server), NULL);
    CU_ASSERT_EQUAL(later.status, 0);
    g_autofree char *state = server_state();
    CU_ASSERT_PTR_NULL(strstr(state, "-doctor-"));
}

/* Killed with its lock there, and an index of that name which is not a doctor's. */
static void test_leftovers(void)
{
    g_auto(Run) run = {0};
    gint64 since = 0;
    const char *const ours = "{\"mappings\":{\"_meta\":{\"created_by\":\"recsys-loader doctor\"}}}";
    g_autoptr(FakeServer) server = fake_server_start(make_old, &since);
    CU_ASSERT(server_do("PUT", ours, "/%s-doctor-1-00000001", alias));
    CU_ASSERT(server_do("PUT", NULL, "/%s-doctor-1-00000001-lock", alias));
    CU_ASSERT(server_do("PUT", NULL, "/%s-doctor-1-00000002", alias));
    CU_ASSERT(server_do("PUT", ours, "/%s-doctor-notes", alias));
    g_usleep(2000);
    since = g_get_real_time() / 1000;
    doctor(&run, fake_server_url(server), NULL);
    g_autofree char *state = server_state();
    CU_ASSERT_PTR_NULL(strstr(state, "-00000001"));
    CU_ASSERT_PTR_NOT_NULL(strstr(state, "-00000002"));
    CU_ASSERT_PTR_NOT_NULL(strstr(state, "-notes"));
    CU_ASSERT(server_do("DELETE", NULL, "/%s-doctor-1-00000002,%s-doctor-notes", alias, alias));
}

static void test_interrupted(void)
{
    guint interrupted = 0;
    for (guint i = 0; i < 8; i++) {
        g_auto(Run) run = {0};
        run_interrupted(&run, i % 2 == 0 ? SIGINT : SIGTERM, 50000 + 60000 * i, LOADER, "doctor",
                        "--url", server_url(), "--alias", alias, NULL);
        interrupted += run.status == 130;
        CU_ASSERT(run.status == 130 || run.status == 0);
        g_autofree char *state = server_state();
        CU_ASSERT(strstr(state, "-doctor-") == NULL && strstr(state, "-probe-") == NULL);
    }
    printf("# %u of 8 runs were interrupted\n", interrupted);
    CU_ASSERT(interrupted > 0);
}

/* ---- the watermark ---- */

#define SET_ALL                                                                                    \
    "{\"%s\":{\"cluster.routing.allocation.disk.watermark.low\":%s,"                               \
    "\"cluster.routing.allocation.disk.watermark.high\":%s,"                                       \
    "\"cluster.routing.allocation.disk.watermark.flood_stage\":%s,"                                \
    "\"cluster.routing.allocation.disk.watermark.low.max_headroom\":%s,"                           \
    "\"cluster.routing.allocation.disk.watermark.high.max_headroom\":%s,"                          \
    "\"cluster.routing.allocation.disk.watermark.flood_stage.max_headroom\":%s}}"

/* Low, high and flood stage must be of one form. */
static void set_watermark(const char *where, const char *text, const char *headroom)
{
    g_autofree char *body =
        g_strdup_printf(SET_ALL, where, text, text, text, headroom, headroom, headroom);
    CU_ASSERT(server_do("PUT", body, "/_cluster/settings"));
}

static double total_gib(void)
{
    g_auto(yajl_val) rows =
        server_ask("GET", NULL, "/_cat/allocation?format=json&bytes=b&h=disk.total");
    const char *key[] = {"disk.total", NULL};
    yajl_val total = yajl_tree_get(json_array_get(rows, 0), key, yajl_t_string);
    return total != NULL ? g_ascii_strtod(YAJL_GET_STRING(total), NULL) / (1 << 30) : 0;
}

/* TRUE if nothing comes of a watermark: a flood stage above what is used blocks every index. */
static gboolean is_harmless(void)
{
    g_auto(Run) run = {0};
    doctor(&run, server_url(), NULL);
    return strstr(run.out, "disk.threshold_enabled is false") != NULL;
}

/* On the real server, and put back. */
static void test_watermarks(void)
{
    if (!is_harmless()) {
        printf("# not tried: this server looks at its watermarks\n");
        return;
    }
    const double total = total_gib();
    const struct {
        const char *where, *text, *headroom;
        double gib;
    } cases[] = {
        {"transient", "\"50gb\"", "null", 50},
        {"persistent", "\"1.5gb\"", "null", 1.5},
        {"transient", "\"0.9\"", "null", 0.1 * total},
        {"persistent", "\"97%\"", "null", 0.03 * total},
        {"transient", "\"50%\"", "\"2gb\"", MIN(2, 0.5 * total)},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Run) run = {0};
        set_watermark(cases[i].where, cases[i].text, cases[i].headroom);
        doctor(&run, server_url(), NULL);
        set_watermark(cases[i].where, "null", "null");
        g_autofree char *size =
            g_format_size_full((guint64)(cases[i].gib * (1 << 30)), G_FORMAT_SIZE_IEC_UNITS);
        g_autofree char *wanted = g_strdup_printf("the low watermark wants %s", size);
        CU_ASSERT(run_says(&run, 0, "free on node", wanted, NULL));
    }
}

static const UnitTest tests[] = {
    {"all well", test_well},
    {"an index in the alias's place", test_index_in_the_way},
    {"what is refused", test_refusals},
    {"killed", test_killed},
    {"what killed ones left behind", test_leftovers},
    {"interrupted", test_interrupted},
    {"watermarks", test_watermarks},
    {NULL, NULL},
};

SERVER_MAIN("doctor", tests, set_up)

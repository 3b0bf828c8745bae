/* Watching a release: a sound one, one that is damaged between two rounds, one that changes, and a
 * cluster that is away for a while. What must happen between two rounds happens in a proxy, when
 * the request that begins the next round comes, so that nothing depends on time. */
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "document.h"
#include "fake_server.h"
#include "programs.h"
#include "servers.h"

static char *bundle_path, *other_path;
static Bundle *bundle;
static char *alias, *live, *other; /* the indices of the two bundles */
static char *metrics;

static char *release(const char *path)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", alias,
                NULL);
    return run_says(&run, 0, NULL) ? server_index_of(alias) : NULL;
}

static void set_up(void)
{
    const BundleRecipe recipe = {"80", "120", "4000", "24", "1"};
    const BundleRecipe another = {"80", "120", "4000", "24", "2"};
    g_autofree char *directory = tap_directory();
    bundle = bundle_make_and_open(&recipe, &bundle_path);
    other_path = bundle_make(&another);
    metrics = g_build_filename(directory, "watch.prom", NULL);
    alias = g_strdup_printf("%s-live", server_prefix());
    other = release(other_path);
    live = release(bundle_path);
    if (live == NULL || other == NULL)
        printf("# there is no release to test with\n");
}

/* ---- what happens between rounds ---- */

typedef struct {
    const char *after; /* a result that no round has had yet when nothing happens */
    void (*happen)(void);
} Event;

typedef struct {
    Event events[2]; /* one after the other; each happens once */
    guint happened;
    guint from, to; /* requests from..to-1 get no answer */
    guint requests;
} Script;

/* The metrics are written after each round, before the next one begins. */
static gboolean some_round_was(const char *result)
{
    g_autofree char *text = NULL;
    g_autofree char *none = g_strdup_printf("rounds_total{result=\"%s\"} 0\n", result);
    return g_file_get_contents(metrics, &text, NULL, NULL) && strstr(text, none) == NULL;
}

static void play(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Script *script = data;
    script->requests++;
    if (script->happened < G_N_ELEMENTS(script->events)) {
        const Event *next = &script->events[script->happened];
        if (next->happen != NULL && some_round_was(next->after)) {
            next->happen();
            script->happened++;
        }
    }
    if (script->requests >= script->from && script->requests < script->to)
        answer->hang_up = TRUE;
    else
        fake_forward(server_url(), request, answer);
}

static void point_alias(const char *from, const char *to)
{
    g_autofree char *body =
        g_strdup_printf("{\"actions\":[{\"remove\":{\"index\":\"%s\",\"alias\":\"%s\"}},"
                        "{\"add\":{\"index\":\"%s\",\"alias\":\"%s\"}}]}",
                        from, alias, to, alias);
    CU_ASSERT(server_do("POST", body, "/_aliases"));
}

static void change_release(void)
{
    point_alias(live, other);
}

static void take_alias(void)
{
    CU_ASSERT(server_do("DELETE", NULL, "/%s/_alias/%s", live, alias));
}

static void give_alias(void)
{
    CU_ASSERT(server_do("PUT", NULL, "/%s/_alias/%s", live, alias));
}

static char *a_movie(void)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    return document_id(bundle, DOC_IDS_BY_VALUE, g_array_index(movies, guint, 17));
}

static void damage(void)
{
    g_autofree char *id = a_movie();
    CU_ASSERT(
        server_do("POST", "{\"doc\":{\"bias\":3.25}}", "/%s/_update/%s?refresh=true", live, id));
}

static void repair(void)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    g_autofree char *id = a_movie();
    g_autofree char *source = bundle_document(bundle, g_array_index(movies, guint, 17));
    CU_ASSERT(server_do("PUT", source, "/%s/_doc/%s?refresh=true", live, id));
}

static void check_metrics(const char *first, ...) G_GNUC_NULL_TERMINATED;
static void check_metrics(const char *first, ...)
{
    g_autofree char *text = NULL;
    CU_ASSERT(g_file_get_contents(metrics, &text, NULL, NULL));
    va_list lines;
    va_start(lines, first);
    for (const char *next = first; next != NULL; next = va_arg(lines, const char *)) {
        g_autofree char *line = g_strdup_printf("\nrecsys_watch_%s\n", next);
        if (text != NULL && strstr(text, line) != NULL)
            continue;
        CU_FAIL("a metric is not as it should be");
        printf("# no recsys_watch_%s in the metrics\n", next);
    }
    va_end(lines);
}

/* Watches through a proxy that plays the script; `path` and `option` may be NULL. */
static void watch(Run *run, Script *script, const char *path, const char *rounds,
                  const char *option)
{
    g_autoptr(FakeServer) server = fake_server_start(play, script);
    run_program(run, BRIDGE, "watch", "--url", fake_server_url(server), "--alias", alias, "--every",
                "0.1", "--random", "3", "--depth", "20", "--seed", "7", "--documents", "all",
                "--metrics", metrics, "--rounds", rounds, path != NULL ? path : option,
                path != NULL ? option : NULL, NULL);
}

/* ---- the tests ---- */

static void test_sound(void)
{
    g_auto(Run) run = {0};
    Script script = {0};
    watch(&run, &script, bundle_path, "3", NULL);
    CU_ASSERT(run_says(&run, 0, "round 1  seed 7  parity: yes", "round 3  seed 9  parity: yes",
                       "3 rounds: 3 right, 0 violated, 0 without a verdict", NULL));
    check_metrics("up 1", "parity 1", "rounds_total{result=\"right\"} 3", "profiles_total 9",
                  "violations_total{kind=\"wrong-bits\"} 0", "release_changes_total 0", NULL);
    tap_comment(run.out);
}

static void test_sample_of_documents(void)
{
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "watch", bundle_path, "--url", server_url(), "--alias", alias,
                "--rounds", "1", "--documents", "50", "--random", "1", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes  50 documents, 1 profiles", NULL));
    g_autofree char *source = bundle_document(bundle, 0);
    CU_ASSERT(server_do("PUT", source, "/%s/_doc/movie_999999?refresh=true", live));
    run_program(&run, BRIDGE, "watch", bundle_path, "--url", server_url(), "--alias", alias,
                "--rounds", "1", "--documents", "50", "--random", "1", NULL);
    CU_ASSERT(run_says(&run, 5, "document too many (1)", live, NULL));
    CU_ASSERT(server_do("DELETE", NULL, "/%s/_doc/movie_999999?refresh=true", live));
}

static void test_damaged(void)
{
    g_auto(Run) run = {0};
    Script script = {.events = {{"right", damage}}};
    g_autofree char *id = a_movie();
    g_autofree char *finding = g_strdup_printf("document %s: bias is 3.25", id);
    watch(&run, &script, bundle_path, "9", NULL);
    CU_ASSERT(run_says(&run, 5, "round 1  seed 7  parity: yes", "round 2  seed 8  parity: NO",
                       finding, "What to do: ", "--seed 8", "2 rounds: 1 right, 1 violated",
                       "parity does not hold", NULL));
    check_metrics("up 1", "parity 0", "rounds_total{result=\"right\"} 1",
                  "rounds_total{result=\"violated\"} 1", "violations_total{kind=\"wrong-bits\"} 1",
                  NULL);
    repair();
}

/* Without a bundle the release as it was first seen is what it must stay. */
static void test_damaged_without_a_bundle(void)
{
    g_auto(Run) run = {0};
    Script script = {.events = {{"right", damage}}};
    watch(&run, &script, NULL, "9", NULL);
    CU_ASSERT(run_says(&run, 5, "round 1  seed 7  parity: yes", "round 2  seed 8  parity: NO",
                       "score beyond its bound", NULL));
    repair();
}

static void test_keep_going(void)
{
    g_auto(Run) run = {0};
    Script script = {.events = {{"right", damage}}};
    watch(&run, &script, bundle_path, "3", "--keep-going");
    CU_ASSERT(
        run_says(&run, 5, "round 3  seed 9  parity: NO", "3 rounds: 1 right, 2 violated", NULL));
    check_metrics("parity 0", "rounds_total{result=\"violated\"} 2",
                  "violations_total{kind=\"wrong-bits\"} 2", NULL);
    repair();
}

/* From the tenth request on nobody answers six times, in the middle of a round at first. */
static void test_away_for_a_while(void)
{
    g_auto(Run) run = {0};
    Script script = {.from = 10, .to = 16};
    watch(&run, &script, bundle_path, "9", NULL);
    CU_ASSERT(
        run_says(&run, 0, "no verdict (unreachable): ", "round 9  seed 15  parity: yes", NULL));
    CU_ASSERT_PTR_NULL(strstr(run.out, "parity: NO"));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, " 0 violated, "));
    CU_ASSERT_PTR_NULL(strstr(run.out, " 0 without a verdict"));
    check_metrics("up 1", "parity 1", "rounds_total{result=\"violated\"} 0", NULL);
    g_autofree char *text = NULL;
    CU_ASSERT(g_file_get_contents(metrics, &text, NULL, NULL));
    CU_ASSERT_PTR_NULL(strstr(text, "{result=\"unreachable\"} 0\n"));
}

static void test_away_from_the_beginning(void)
{
    g_auto(Run) run = {0};
    Script back = {.from = 1, .to = 3}, gone = {.from = 1, .to = G_MAXUINT};
    watch(&run, &back, bundle_path, "4", NULL);
    CU_ASSERT(run_says(&run, 0, "round 1  seed 7  no verdict (unreachable): ",
                       "round 4  seed 10  parity: yes", NULL));
    watch(&run, &gone, bundle_path, "2", NULL);
    CU_ASSERT(run_says(&run, 3, "2 rounds: 0 right, 0 violated, 2 without a verdict",
                       "no round came to a verdict", NULL));
    check_metrics("up 0", "parity NaN", "rounds_total{result=\"unreachable\"} 2", NULL);
}

static void test_another_release(void)
{
    g_auto(Run) run = {0};
    Script followed = {.events = {{"right", change_release}}}, reported = followed;
    watch(&run, &followed, NULL, "3", NULL);
    CU_ASSERT(run_says(&run, 0, "release changed: ", other, "round 2  seed 8  parity: yes",
                       "round 3  seed 9  parity: yes", NULL));
    check_metrics("parity 1", "release_changes_total 1", NULL);
    point_alias(other, live);
    watch(&run, &reported, bundle_path, "3", NULL);
    CU_ASSERT(run_says(&run, 5, "release changed: ", "round 2  seed 8  parity: NO",
                       "another model (1)", other, NULL));
    check_metrics("parity 0", "violations_total{kind=\"wrong-model\"} 1", NULL);
    point_alias(other, live);
}

/* A refusal is the end before the first answer only. */
static void test_alias_away(void)
{
    g_auto(Run) run = {0};
    Script script = {.events = {{"right", take_alias}, {"refused", give_alias}}};
    watch(&run, &script, bundle_path, "3", NULL);
    CU_ASSERT(run_says(&run, 0, "round 1  seed 7  parity: yes",
                       "round 2  seed 8  no verdict (refused): nothing is released as",
                       "round 3  seed 9  parity: yes", NULL));
    check_metrics("up 1", "parity 1", "rounds_total{result=\"refused\"} 1", NULL);
}

static void test_json(void)
{
    g_auto(Run) run = {0};
    Script script = {.from = 4, .to = 5};
    g_autoptr(GError) error = NULL;
    watch(&run, &script, bundle_path, "3", "--json");
    CU_ASSERT(run_says(&run, 0, "\"result\":\"unreachable\"", "\"result\":\"right\"", NULL));
    g_auto(GStrv) lines = g_strsplit(run.out, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), 4); /* the last one is empty */
    for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        gint64 seed = 0;
        g_auto(yajl_val) round = json_parse(lines[i], "a round", &error);
        CU_ASSERT(json_get_int(round, "seed", &seed) && seed == 7 + i);
    }
    CU_ASSERT_PTR_NULL(error);
}

/* While it waits for the next round, which would be long in coming. */
static void test_signal(void)
{
    g_auto(Run) run = {0};
    g_autofree char *own = g_strconcat(metrics, ".own", NULL);
    g_autofree char *command = g_strdup_printf(
        "\"$RECSYS_BRIDGE\" watch '%s' --url '%s' --alias %s --every 600 --random 1 --metrics '%s' "
        "& "
        "for i in $(seq 600); do grep -qs '\"right\"} 1$' '%s' && break; sleep 0.1; done; "
        "kill -TERM $!; wait $!", /* a shell's background job ignores SIGINT */
        bundle_path, server_url(), alias, own, own);
    run_program(&run, "/bin/sh", "-c", command, NULL);
    CU_ASSERT(run_says(&run, 130, "1 round: 1 right", "interrupted", NULL));
}

static void test_refused(void)
{
    g_auto(Run) run = {0};
    g_autofree char *nobody = g_strdup_printf("%s-nobody", server_prefix());
    g_autofree char *nowhere = g_strconcat(metrics, "/no", NULL);
    run_program(&run, BRIDGE, "watch", "--url", server_url(), "--alias", nobody, NULL);
    CU_ASSERT(run_says(&run, 4, "nothing is released as", NULL));
    run_program(&run, BRIDGE, "watch", "--url", server_url(), "--alias", alias, "--metrics",
                nowhere, NULL);
    CU_ASSERT(run_says(&run, 2, "the metrics are not written", NULL));
    run_program(&run, BRIDGE, "watch", "--every", "0", NULL);
    CU_ASSERT(run_says(&run, 1, "--every must be", NULL));
    run_program(&run, BRIDGE, "watch", "--documents", "some", NULL);
    CU_ASSERT(run_says(&run, 1, "--documents must be", NULL));
}

static const UnitTest tests[] = {
    {"a sound release", test_sound},
    {"a sample of documents", test_sample_of_documents},
    {"damaged between two rounds", test_damaged},
    {"damaged, without a bundle", test_damaged_without_a_bundle},
    {"going on after a violation", test_keep_going},
    {"away for a while", test_away_for_a_while},
    {"away from the beginning", test_away_from_the_beginning},
    {"another release", test_another_release},
    {"the alias is gone for a round", test_alias_away},
    {"JSON", test_json},
    {"a signal", test_signal},
    {"refused", test_refused},
    {NULL, NULL},
};

SERVER_MAIN("watch", tests, set_up)

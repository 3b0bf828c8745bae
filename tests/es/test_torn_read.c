/* The alias moves between two releases of different models without end, while readers ask: every
 * answer must be of one model from beginning to end. */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "bundles.h"
#include "fake_server.h"
#include "programs.h"
#include "recommend.h"
#include "recommend_pages.h"
#include "recsys_error.h"
#include "servers.h"

#define ANSWERS 200 /* at least, and as many more as it takes for the alias to move MOVES times */
#define MOVES 40
#define MOST_READS 20000
#define SIZE 20

typedef struct {
    char *path;
    Bundle *bundle;
    char *index;
    guint answers;
} Release;

static Release releases[2];
static char *alias;

static void release_again(Release *released)
{
    g_auto(Run) run = {0};
    g_clear_pointer(&released->index, g_free);
    run_program(&run, LOADER, "release", NO_LIMITS, released->path, "--url", server_url(),
                "--alias", alias, NULL);
    if (run_says(&run, 0, NULL))
        released->index = server_index_of(alias);
}

static void release(Release *released, const char *seed)
{
    const BundleRecipe recipe = {"80", "120", "4000", "24", seed};
    released->bundle = bundle_make_and_open(&recipe, &released->path);
    release_again(released);
}

static void set_up(void)
{
    alias = g_strdup_printf("%s-live", server_prefix());
    release(&releases[0], "1");
    release(&releases[1], "2");
}

/* ---- the one who swaps ---- */

typedef struct {
    gint stop;  /* atomic */
    gint swaps; /* atomic */
    gboolean failed;
} Swapper;

static gpointer swap_without_end(gpointer data)
{
    Swapper *swapper = data;
    g_autoptr(EsClient) client = server_connect();
    swapper->failed = client == NULL;
    for (guint live = 1; !swapper->failed && !g_atomic_int_get(&swapper->stop); live = 1 - live) {
        g_autoptr(GError) error = NULL;
        g_autofree char *body =
            g_strdup_printf("{\"actions\":[{\"remove\":{\"index\":\"%s\",\"alias\":\"%s\"}},"
                            "{\"add\":{\"index\":\"%s\",\"alias\":\"%s\"}}]}",
                            releases[live].index, alias, releases[1 - live].index, alias);
        g_auto(yajl_val) answer = es_call_json(client, "POST", "/_aliases", body, &error);
        swapper->failed = answer == NULL;
        if (error != NULL)
            tap_comment(error->message);
        g_atomic_int_inc(&swapper->swaps);
    }
    return NULL;
}

/* ---- the one who reads ---- */

static Profile *profile_number(guint number)
{
    Profile *profile = profile_new();
    g_autofree char *user = g_strdup_printf("%u", number % 80 + 1);
    profile_add(profile, FEATURE_GENDER, number % 2 ? "F" : "M");
    profile_add(profile, FEATURE_AGE, number % 3 ? "18" : "35");
    profile_add(profile, FEATURE_USER, user);
    return profile;
}

static gboolean is_of(const Release *released, const Profile *profile, const Ranking *ranking)
{
    return g_strcmp0(ranking->index, released->index) == 0 &&
           answer_is_of(released->bundle, profile, ranking, SIZE);
}

static void check_answer(const Profile *profile, const Ranking *ranking)
{
    for (guint i = 0; i < G_N_ELEMENTS(releases); i++) {
        if (g_strcmp0(ranking->model_id, releases[i].bundle->model_id) != 0)
            continue;
        releases[i].answers++;
        CU_ASSERT(is_of(&releases[i], profile, ranking));
        return;
    }
    CU_FAIL("an answer of neither model");
}

static void test_swapping_without_end(void)
{
    Swapper swapper = {0};
    guint reads = 0, gave_up = 0;
    CU_ASSERT(releases[0].index != NULL && releases[1].index != NULL);
    GThread *thread = g_thread_new("swapper", swap_without_end, &swapper);
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    while (reads < ANSWERS || (reads < MOST_READS && g_atomic_int_get(&swapper.swaps) < MOVES)) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) profile = profile_number(reads++);
        g_autoptr(Ranking) ranking = recommender_rank(recommender, profile, SIZE, &error);
        if (ranking != NULL) {
            check_answer(profile, ranking);
        } else if (g_error_matches(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE)) {
            gave_up++;
        } else {
            tap_comment(error->message);
            CU_FAIL("a reader got an error");
        }
    }
    g_atomic_int_set(&swapper.stop, TRUE);
    g_thread_join(thread);
    CU_ASSERT_FALSE(swapper.failed);
    printf("# %d swaps; %u answers of one model, %u of the other, %u times too restless to say\n",
           swapper.swaps, releases[0].answers, releases[1].answers, gave_up);
    CU_ASSERT(swapper.swaps >= MOVES);
    CU_ASSERT(releases[0].answers > 0 && releases[1].answers > 0);
    CU_ASSERT(gave_up < reads / 2);
}

/* ---- a release that is deleted between the two steps ---- */

typedef struct {
    const char *old, *new; /* indices: the alias moves to `new` and `old` is deleted */
    const char *instead;   /* what step 2 is answered, or NULL: what the server says to it */
    long status;
    gboolean stays; /* nothing is moved and nothing deleted */
    guint searches;
} Removal;

static void remove_before_search(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Removal *removal = data;
    const gboolean now = strstr(request->path, "/_search") != NULL && removal->searches++ == 0;
    if (now && !removal->stays) {
        g_autofree char *body =
            g_strdup_printf("{\"actions\":[{\"remove_index\":{\"index\":\"%s\"}},"
                            "{\"add\":{\"index\":\"%s\",\"alias\":\"%s\"}}]}",
                            removal->old, removal->new, alias);
        CU_ASSERT(server_do("POST", body, "/_aliases"));
    }
    if (!now || removal->instead == NULL) {
        fake_forward(server_url(), request, answer);
        return;
    }
    fake_answer_json(answer, removal->instead);
    answer->status = removal->status;
}

static guint live_release(void)
{
    g_autofree char *live = server_index_of(alias);
    return g_strcmp0(live, releases[0].index) == 0 ? 0 : 1;
}

static Ranking *rank_through(Removal *removal, GError **error)
{
    g_autoptr(FakeServer) proxy = fake_server_start(remove_before_search, removal);
    g_auto(HttpOptions) http = {.url = g_strdup(fake_server_url(proxy))};
    g_autoptr(EsClient) client = es_client_connect(&http, error);
    if (client == NULL)
        return NULL;
    g_autoptr(Recommender) recommender = recommender_new(client, alias);
    g_autoptr(Profile) profile = profile_number(1);
    return recommender_rank(recommender, profile, SIZE, error);
}

#define ALL_FAILED                                                                                 \
    "{\"error\":{\"type\":\"search_phase_execution_exception\",\"reason\":\"all shards failed\"}}"
#define SOME_FAILED                                                                                \
    "{\"timed_out\":false,\"_shards\":{\"total\":2,\"failed\":1},\"hits\":{\"hits\":[]}}"

static void test_deleted_between_the_steps(void)
{
    const struct {
        const char *instead;
        long status;
    } cases[] = {{NULL, 0}, {ALL_FAILED, 503}, {ALL_FAILED, 404}, {SOME_FAILED, 200}};
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) profile = profile_number(1);
        const guint now = live_release(), next = 1 - now;
        Removal removal = {releases[now].index, releases[next].index, cases[i].instead,
                           cases[i].status};
        g_autoptr(Ranking) ranking = rank_through(&removal, &error);
        if (error != NULL)
            tap_comment(error->message);
        CU_ASSERT(ranking != NULL && is_of(&releases[next], profile, ranking));
        CU_ASSERT_EQUAL(removal.searches, 2);
        release_again(&releases[now]);
    }
}

/* The same answers while the release stays are what they are. */
static void test_failing_search(void)
{
    g_autoptr(GError) error = NULL;
    const guint now = live_release();
    Removal removal = {releases[now].index, NULL, ALL_FAILED, 503, .stays = TRUE};
    g_autoptr(Ranking) failed = rank_through(&removal, &error);
    CU_ASSERT_PTR_NULL(failed);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, "all shards failed");
    removal = (Removal){releases[now].index, NULL, SOME_FAILED, 200, .stays = TRUE};
    g_autoptr(Ranking) partial = rank_through(&removal, &error);
    CU_ASSERT_PTR_NULL(partial);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, "shards failed");
}

/* A reader remembers a release; the next one is made and the old index deleted behind its back. */
static void test_old_release_deleted(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(Profile) profile = profile_number(1);
    g_autofree char *live = server_index_of(alias);
    guint now = live_release();
    g_autoptr(Ranking) first = recommender_rank(recommender, profile, SIZE, &error);
    CU_ASSERT(first != NULL && is_of(&releases[now], profile, first));
    CU_ASSERT(server_do("PUT", NULL, "/%s/_alias/%s", releases[1 - now].index, alias));
    CU_ASSERT(server_do("DELETE", NULL, "/%s", live));
    g_autoptr(Ranking) second = recommender_rank(recommender, profile, SIZE, &error);
    CU_ASSERT(second != NULL && is_of(&releases[1 - now], profile, second));
    if (error != NULL)
        tap_comment(error->message);
}

/* ---- a swap at a chosen moment ---- */

/* A proxy that, before it hands on the first request whose path contains `when`, moves the alias to
 * the other release. */
typedef struct {
    const char *when;    /* NULL: the second mget, which names the index itself */
    gboolean and_delete; /* the release that was live */
    char *alias, *from, *to;
    gboolean done;
} Forced;

static void swap_in_between(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Forced *forced = data;
    if (!forced->done && strstr(request->path, forced->when) != NULL) {
        g_autofree char *body =
            g_strdup_printf("{\"actions\":[{\"remove\":{\"index\":\"%s\",\"alias\":\"%s\"}},"
                            "{\"add\":{\"index\":\"%s\",\"alias\":\"%s\"}}]}",
                            forced->from, forced->alias, forced->to, forced->alias);
        g_autoptr(EsClient) client = server_connect();
        g_autofree char *path = g_strconcat("/", forced->from, NULL);
        g_auto(yajl_val) moved = es_call_json(client, "POST", "/_aliases", body, NULL);
        g_auto(yajl_val) deleted =
            forced->and_delete ? es_call_json(client, "DELETE", path, NULL, NULL) : NULL;
        forced->done = moved != NULL && (deleted != NULL || !forced->and_delete);
    }
    fake_forward(server_url(), request, answer);
}

/* Releases a model under an alias of its own; its index. */
static char *release_as(const Release *released, const char *name)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, released->path, "--url", server_url(),
                "--alias", name, "--skip-gate", "orders", "--skip-gate", "documents", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    return server_index_of(name);
}

typedef Ranking *(*Question)(EsClient *client, const Forced *forced, const Profile *profile,
                             GError **error);

static Ranking *ask(EsClient *client, const Forced *forced, const Profile *profile, GError **error)
{
    g_autoptr(Recommender) recommender = recommender_new(client, forced->alias);
    return recommender_rank(recommender, profile, SIZE, error);
}

static Ranking *ask_for_a_page(EsClient *client, const Forced *forced, const Profile *profile,
                               GError **error)
{
    g_autoptr(Recommender) recommender = recommender_new(client, forced->alias);
    const RecommendRequest request = {.profile = profile, .size = SIZE};
    g_autoptr(RecommendPages) pages = recommend_pages_open(recommender, &request, error);
    return pages != NULL ? recommend_pages_next(pages, SIZE, error) : NULL;
}

/* With a query made for the release that is live at first. */
static Ranking *ask_with_a_sum(EsClient *client, const Forced *forced, const Profile *profile,
                               GError **error)
{
    g_autoptr(Recommender) recommender = recommender_new(client, forced->alias);
    g_autoptr(ProfileSum) sum = local_profile_sum(releases[0].bundle, profile, NULL);
    const RecommendRequest request = {.sum = sum, .index = forced->from, .size = SIZE};
    return recommender_ask(recommender, &request, error);
}

/* Asks while `forced` happens: the answer must be the model's that is expected, from beginning to
 * end; -1: there must be none, and the error says so. */
static void check_forced(Question question, Forced forced, int expected)
{
    static guint count;
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("%s-forced-%u", server_prefix(), count++);
    g_autofree char *spare = g_strdup_printf("%s-spare", name);
    g_autofree char *from = release_as(&releases[0], name);
    g_autofree char *to = release_as(&releases[1], spare);
    g_autoptr(Profile) profile = profile_number(1);
    g_autofree char *third = g_strdup_printf("/%s/_mget", from);
    forced.when = forced.when != NULL ? forced.when : third;
    forced.alias = name;
    forced.from = from;
    forced.to = to;
    g_autoptr(FakeServer) server = fake_server_start(swap_in_between, &forced);
    g_auto(HttpOptions) http = {.url = g_strdup(fake_server_url(server))};
    g_autoptr(EsClient) client = es_client_connect(&http, NULL);
    g_autoptr(Ranking) ranking = question(client, &forced, profile, &error);
    CU_ASSERT(forced.done);
    CU_ASSERT_EQUAL(ranking != NULL, expected >= 0);
    if (ranking != NULL && expected >= 0) {
        Release there = releases[expected];
        there.index = expected == 0 ? from : to;
        CU_ASSERT(is_of(&there, profile, ranking));
    } else {
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, "try again");
    }
}

static void test_swap_between_the_steps(void)
{
    /* The old release is still there: its ranking is whole. */
    check_forced(ask, (Forced){"/_search", FALSE, NULL, NULL, NULL, FALSE}, 0);
    /* It is gone: the flow starts over with the new one. */
    check_forced(ask, (Forced){"/_search", TRUE, NULL, NULL, NULL, FALSE}, 1);
    /* After _meta and before step 1. */
    check_forced(ask, (Forced){"/_mget", FALSE, NULL, NULL, NULL, FALSE}, 1);
}

/* A person's attributes are fetched from the index that named them, or all begins anew. */
static void test_swap_within_a_person(void)
{
    check_forced(ask, (Forced){NULL, FALSE, NULL, NULL, NULL, FALSE}, 0);
    check_forced(ask, (Forced){NULL, TRUE, NULL, NULL, NULL, FALSE}, 1);
    check_forced(ask_for_a_page, (Forced){NULL, TRUE, NULL, NULL, NULL, FALSE}, 1);
}

static void test_swap_before_the_first_page(void)
{
    check_forced(ask_for_a_page, (Forced){"/_pit", FALSE, NULL, NULL, NULL, FALSE}, 0);
    check_forced(ask_for_a_page, (Forced){"/_pit", TRUE, NULL, NULL, NULL, FALSE}, 1);
}

static void test_swap_under_a_sum(void)
{
    check_forced(ask_with_a_sum, (Forced){"/_search", FALSE, NULL, NULL, NULL, FALSE}, 0);
    check_forced(ask_with_a_sum, (Forced){"/_search", TRUE, NULL, NULL, NULL, FALSE}, -1);
}

static const UnitTest tests[] = {
    {"an alias that moves without end", test_swapping_without_end},
    {"a release deleted between the two steps", test_deleted_between_the_steps},
    {"a search that fails", test_failing_search},
    {"a swap between the steps", test_swap_between_the_steps},
    {"a swap within a person", test_swap_within_a_person},
    {"a swap before the first page", test_swap_before_the_first_page},
    {"a swap under a query made before", test_swap_under_a_sum},
    {"the remembered release is deleted", test_old_release_deleted},
    {NULL, NULL},
};

SERVER_MAIN("torn-read", tests, set_up)

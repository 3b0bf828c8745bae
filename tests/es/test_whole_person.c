/* A user is the whole person, on a real cluster: the same as with everything named, in the library,
 * in pages, in jobs and in the programs, and without another round trip once it has been seen; and
 * the average person, of models that have one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "fake_server.h"
#include "local_scorer.h"
#include "programs.h"
#include "recommend.h"
#include "recommend_pages.h"
#include "recsys_error.h"
#include "servers.h"

#define SIZE 20

static char *path, *alias, *index_name;
static Bundle *bundle;

static char *release(const char *of_path, const char *of)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, of_path, "--url", server_url(), "--alias", of,
                "--knn", NULL);
    if (!run_says(&run, 0, NULL))
        tap_comment("there is no release to test with");
    return server_index_of(of);
}

static void set_up(void)
{
    const BundleRecipe recipe = {"80", "150", "4000", "16", "1", .plain = TRUE};
    alias = g_strdup_printf("%s-live", server_prefix());
    bundle = bundle_make_and_open(&recipe, &path);
    index_name = release(path, alias);
}

static Profile *user(const char *value, gboolean user_only)
{
    Profile *profile = profile_new();
    profile_add(profile, FEATURE_USER, value);
    profile->user_only = user_only;
    return profile;
}

/* All that is known of a user, named. */
static Profile *spelled_out(const char *value)
{
    g_autoptr(Profile) profile = user(value, FALSE);
    Profile *whole = local_whole(bundle, profile);
    CU_ASSERT_EQUAL(profile_size(whole), 4);
    whole->user_only = TRUE;
    return whole;
}

static const RankedMovie *movie_at(const Ranking *ranking, guint at)
{
    return &g_array_index(ranking->movies, RankedMovie, at);
}

/* The same movies with the same bits. */
static gboolean is_same(const Ranking *a, const Ranking *b)
{
    gboolean same = a != NULL && b != NULL && a->movies->len == b->movies->len &&
                    memcmp(&a->offset, &b->offset, sizeof a->offset) == 0;
    for (guint i = 0; same && i < a->movies->len; i++)
        same = strcmp(movie_at(a, i)->id, movie_at(b, i)->id) == 0 &&
               movie_at(a, i)->raw_score == movie_at(b, i)->raw_score &&
               memcmp(&movie_at(a, i)->rating, &movie_at(b, i)->rating, sizeof(double)) == 0;
    return same;
}

static Ranking *rank(const Profile *profile)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    Ranking *ranking = recommender_rank(recommender, profile, SIZE, &error);
    if (ranking == NULL)
        tap_comment(error->message);
    return ranking;
}

static void test_same_as_named(void)
{
    for (guint i = 1; i <= 20; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        g_autoptr(Profile) alone = user(value, FALSE), only = user(value, TRUE);
        g_autoptr(Profile) named = spelled_out(value);
        g_autoptr(Ranking) whole = rank(alone), same = rank(named), part = rank(only);
        CU_ASSERT(is_same(whole, same));
        CU_ASSERT_FALSE(is_same(whole, part));
        g_autoptr(ProfileSum) sum = local_profile_sum(bundle, only, NULL);
        CU_ASSERT(part != NULL && fabs(part->offset - sum->offset) < 1e-12);
    }
}

/* What the profile names itself is not added a second time. */
static void test_named_counts(void)
{
    g_autoptr(Profile) whole = spelled_out("3");
    const char *own = profile_value(whole, FEATURE_AGE);
    const char *other = strcmp(own, "56") == 0 ? "18" : "56";
    g_autoptr(Profile) profile = user("3", FALSE);
    profile_add(profile, FEATURE_AGE, other);
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(Ranking) ranking = recommender_rank(recommender, profile, SIZE, NULL);
    g_autofree char *whom = profile_describe(recommender_last_profile(recommender));
    g_autofree char *expected = g_strdup_printf("user 3, age %s, gender %s, occupation %s", other,
                                                profile_value(whole, FEATURE_GENDER),
                                                profile_value(whole, FEATURE_OCCUPATION));
    CU_ASSERT_STRING_EQUAL(whom, expected);
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    const ProfileSum *found = recommender_last_sum(recommender);
    CU_ASSERT(ranking != NULL && memcmp(found->query, sum->query, sum->k * sizeof(float)) == 0);
}

static void forward(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)data;
    fake_forward(server_url(), request, answer);
}

/* Three requests the first time, two from then on. */
static void test_round_trips(void)
{
    g_autoptr(FakeServer) proxy = fake_server_start(forward, NULL);
    g_auto(HttpOptions) http = {.url = g_strdup(fake_server_url(proxy))};
    g_autoptr(EsClient) client = es_client_connect(&http, NULL);
    g_autoptr(Recommender) recommender = recommender_new(client, alias);
    g_autoptr(Profile) one = user("5", FALSE);
    for (guint i = 1; i <= 4; i++) {
        g_autoptr(Ranking) ranking = recommender_rank(recommender, one, SIZE, NULL);
        CU_ASSERT_PTR_NOT_NULL(ranking);
        CU_ASSERT_EQUAL(fake_server_count(proxy, "POST", "_mget"), i + 1);
        CU_ASSERT_EQUAL(fake_server_count(proxy, "POST", "_search"), i);
    }
    CU_ASSERT_EQUAL(fake_server_count(proxy, "GET", "_mapping"), 1);
}

static void test_pages(void)
{
    g_autoptr(Profile) alone = user("9", FALSE);
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const RecommendRequest request = {.profile = alone, .size = SIZE};
    g_autoptr(RecommendPages) pages = recommend_pages_open(recommender, &request, NULL);
    g_autoptr(Ranking) page = pages != NULL ? recommend_pages_next(pages, SIZE, NULL) : NULL;
    g_autoptr(Ranking) whole = rank(alone);
    CU_ASSERT(is_same(page, whole));
}

/* ---- documents that do not belong together ---- */

/* What the second mget answers is changed: `from` becomes `to`. */
typedef struct {
    const char *from, *to;
    guint changed;
} Change;

static void change_attributes(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Change *change = data;
    fake_forward(server_url(), request, answer);
    if (strstr(request->path, "_mget") != NULL && strstr(request->path, index_name) != NULL)
        change->changed += g_string_replace(answer->body, change->from, change->to, 0);
}

static void check_change(Change change, gint code, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FakeServer) proxy = fake_server_start(change_attributes, &change);
    g_auto(HttpOptions) http = {.url = g_strdup(fake_server_url(proxy))};
    g_autoptr(EsClient) client = es_client_connect(&http, NULL);
    g_autoptr(Recommender) recommender = recommender_new(client, alias);
    g_autoptr(Profile) profile = user("5", FALSE);
    CU_ASSERT_PTR_NULL(recommender_rank(recommender, profile, SIZE, &error));
    CU_ASSERT(change.changed > 0);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, code, text);
}

static void test_mixed_person(void)
{
    g_autofree char *model = g_strdup_printf("\"model_id\":\"%s\"", bundle->model_id);
    check_change((Change){model, "\"model_id\":\"000000000000\"", 0}, RECSYS_ERROR_GATE,
                 "is of model 000000000000, the release is of model");
    check_change((Change){"\"found\":true", "\"found\":false", 0}, RECSYS_ERROR_GATE,
                 "which has no document in");
    check_change((Change){index_name, "another-index", 0}, RECSYS_ERROR_INCONCLUSIVE,
                 "changed its release");
}

/* Whoever ranks is told of a person made of the wrong documents. */
static void test_orders_find_another_person(void)
{
    g_auto(Run) run = {0}, score = {0};
    g_autofree char *source = bundle_document(bundle, 0);
    CU_ASSERT(server_do("POST", "{\"doc\":{\"attributes\":[\"gender_M\"]}}",
                        "/%s/_update/user_1?refresh=true", index_name));
    run_program(&run, BRIDGE, "verify", path, "--url", server_url(), "--alias", alias, "--random",
                "0", "--depth", "3", "--all-users", NULL);
    CU_ASSERT(run_says(&run, 5, "attributes are [gender_M], the bundle has [age_",
                       "the list of attributes that mget answers for user_1 is not the bundle's",
                       NULL));
    CU_ASSERT(server_do("PUT", source, "/%s/_doc/user_1?refresh=true", index_name));
    run_program(&score, BRIDGE, "verify", path, "--url", server_url(), "--alias", alias, "--random",
                "0", "--depth", "3", "--all-users", NULL);
    CU_ASSERT(run_says(&score, 0, "parity: yes", NULL));
}

/* ---- programs ---- */

static void recommend(Run *run, const char *of, const char *arguments)
{
    g_autofree char *line =
        g_strdup_printf("\"$0\" recommend --url %s --alias %s %s", server_url(), of, arguments);
    run_program(run, "/bin/sh", "-c", line, g_getenv(LOADER), NULL);
}

static void test_programs(void)
{
    g_auto(Run) whole = {0}, named = {0}, only = {0}, curl = {0}, score = {0};
    g_autoptr(Profile) profile = spelled_out("7");
    g_autofree char *whom = profile_describe(profile);
    g_autofree char *heading = g_strdup_printf("For {%s}, ratings up to 5.5", whom);
    g_autofree char *options = g_strdup_printf(
        "--user 7 --age %s --gender %s --occupation %s --json", profile_value(profile, "age"),
        profile_value(profile, "gender"), profile_value(profile, "occupation"));
    g_autofree char *ids =
        g_strdup_printf("{\"ids\":[\"user_7\",\"age_%s\",\"gender_%s\",\"occupation_%s\"]}",
                        profile_value(profile, "age"), profile_value(profile, "gender"),
                        profile_value(profile, "occupation"));
    g_autoptr(Ranking) ranking = rank(profile);
    recommend(&whole, alias, "--user 7 --json");
    recommend(&named, alias, options);
    CU_ASSERT(run_says(&whole, 0, whom, NULL));
    CU_ASSERT_STRING_EQUAL(whole.out, named.out);
    recommend(&only, alias, "--user 7 --user-only");
    CU_ASSERT(run_says(&only, 0, "For {user 7}, ratings up to 5.5", NULL));
    recommend(&curl, alias, "--user 7 --curl");
    CU_ASSERT(run_says(&curl, 0, ids, NULL));
    run_program(&score, BRIDGE, "score", path, "--user", "7", NULL);
    CU_ASSERT(run_says(&score, 0, heading, NULL));
    run_program(&score, BRIDGE, "explain", path, "--url", server_url(), "--alias", alias, "--user",
                "7", "--movie", movie_at(ranking, 0)->value, NULL);
    CU_ASSERT(run_says(&score, 0, whom, "right, within its bound", NULL));
}

/* Lines of a job's output by number, without what only a job says. */
static void check_line(const char *out, guint line, const char *of, const char *arguments)
{
    g_auto(Run) one = {0};
    g_auto(GStrv) lines = g_strsplit(out, "\n", -1);
    recommend(&one, of, arguments);
    CU_ASSERT(run_says(&one, 0, NULL) && g_strv_length(lines) > line);
    const char *there = g_strv_length(lines) > line ? strstr(lines[line], "\"profile\":") : NULL;
    const char *expected = strstr(one.out, "\"profile\":");
    CU_ASSERT(there != NULL && expected != NULL);
    g_autofree char *text = g_strdup_printf("%s\n", there != NULL ? there : "");
    CU_ASSERT_EQUAL(g_strcmp0(text, expected), 0);
}

static void test_job(void)
{
    g_auto(Run) job = {0}, only = {0}, wrong = {0};
    recommend(&job, alias,
              "--size 7 --profiles - <<'END'\n{\"user\":7}\n{\"user\":7,\"user_only\":true}\n"
              "{\"user\":8,\"age\":18}\n{\"age\":18}\n{\"user\":9}\nEND\n");
    CU_ASSERT(run_says(&job, 0, NULL));
    check_line(job.out, 0, alias, "--size 7 --json --user 7");
    check_line(job.out, 1, alias, "--size 7 --json --user 7 --user-only");
    check_line(job.out, 2, alias, "--size 7 --json --user 8 --age 18");
    check_line(job.out, 3, alias, "--size 7 --json --age 18");
    check_line(job.out, 4, alias, "--size 7 --json --user 9");
    recommend(&only, alias, "--size 7 --user-only --profiles - <<'END'\n{\"user\":7}\nEND\n");
    CU_ASSERT(run_says(&only, 0, "size 7, user only", NULL));
    check_line(only.out, 0, alias, "--size 7 --json --user 7 --user-only");
    recommend(&wrong, alias, "--profiles - <<'END'\n{\"anyone\":true}\n{\"user\":7}\nEND\n");
    CU_ASSERT(run_says(&wrong, 2, "has no average person", "\"profile\":\"user 7, age ", NULL));
    recommend(&wrong, alias, "--anyone");
    CU_ASSERT(run_says(&wrong, 1, "has no average person", NULL));
}

/* ---- models that have an average person ---- */

#define RESIDUALS                                                                                  \
    "\"interactions\":\"movie\",\"link\":{\"type\":\"identity\",\"lowest\":-9,\"highest\":9}"

static char *reformed(const char *name, const char *training)
{
    g_autofree char *directory = tap_directory();
    char *formed = g_build_filename(directory, name, NULL);
    g_autoptr(GError) error = NULL;
    if (!bundle_write(formed, bundle->model, bundle->features, training, FALSE, &error))
        g_error("%s", error->message);
    return formed;
}

static void check_anyone(const char *formed, const char *of)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) anyone = profile_new();
    g_autoptr(Bundle) model = bundle_open(formed, NULL);
    g_autoptr(Recommender) recommender = recommender_new(server_client(), of);
    anyone->anyone = TRUE;
    const RecommendRequest request = {.profile = anyone, .size = SIZE, .explain = TRUE};
    const RecommendRequest near = {.profile = anyone, .size = SIZE, .candidates = 150};
    g_autoptr(Ranking) local = local_rank(model, anyone, SIZE, NULL);
    g_autoptr(Ranking) there = recommender_ask(recommender, &request, &error);
    g_autoptr(Ranking) approximate = recommender_ask(recommender, &near, &error);
    CU_ASSERT(local != NULL && there != NULL && approximate != NULL);
    if (error != NULL)
        tap_comment(error->message);
    for (guint i = 0; there != NULL && approximate != NULL && i < SIZE; i++) {
        CU_ASSERT_STRING_EQUAL(movie_at(there, i)->value, movie_at(local, i)->value);
        CU_ASSERT_STRING_EQUAL(movie_at(approximate, i)->value, movie_at(local, i)->value);
        CU_ASSERT(isnan(movie_at(local, i)->rating) == isnan(movie_at(there, i)->rating));
        CU_ASSERT(!(fabs(movie_at(there, i)->rating - movie_at(local, i)->rating) > 1e-5));
        CU_ASSERT_EQUAL(movie_at(there, i)->shares[0], movie_at(local, i)->score);
    }
}

static void check_form(const char *name, const char *training, const char *says)
{
    g_autofree char *formed = reformed(name, training);
    g_autofree char *of = g_strdup_printf("%s-%s", server_prefix(), name);
    g_autofree char *index = release(formed, of);
    (void)index;
    g_auto(Run) verified = {0}, job = {0}, diverse = {0};
    CU_ASSERT_PTR_NOT_NULL(index);
    check_anyone(formed, of);
    run_program(&verified, BRIDGE, "verify", formed, "--url", server_url(), "--alias", of,
                "--random", "20", "--depth", "10", NULL);
    CU_ASSERT(run_says(&verified, 0, "parity: yes", NULL));
    recommend(&job, of, "--size 7 --profiles - <<'END'\n{\"user\":7}\n{\"anyone\":true}\nEND\n");
    CU_ASSERT(run_says(&job, 0, says, "\"profile\":\"anyone\"", NULL));
    check_line(job.out, 0, of, "--size 7 --json --user 7");
    check_line(job.out, 1, of, "--size 7 --json --anyone");
    recommend(&diverse, of, "--anyone --diversify 0.5 --size 5 --explain");
    CU_ASSERT(run_says(&diverse, 0, "For {anyone}", "(the movie itself)", NULL));
    recommend(&diverse, of, "--anyone --curl");
    CU_ASSERT(run_says(&diverse, 0, "Nothing is fetched for anyone", NULL));
}

static void test_forms(void)
{
    check_form("residuals", "{\"objective\":\"ratings\"," RESIDUALS "}", "\"rating\":");
    check_form("lists",
               "{\"objective\":\"ranking\",\"interactions\":\"movie\",\"link\":{\"type\":"
               "\"none\"}}",
               "\"objective\":\"ranking\"");
    check_form("halves", "{\"objective\":\"both\",\"rating_dimensions\":5," RESIDUALS "}",
               "\"rating\":");
}

/* A recommender that stays learns of a new release though nothing is fetched for anyone. */
static void test_anyone_after_a_release(void)
{
    g_autofree char *formed = reformed("next", "{\"objective\":\"ratings\"," RESIDUALS "}");
    g_autofree char *of = g_strdup_printf("%s-next", server_prefix());
    g_autofree char *first = release(formed, of);
    g_autoptr(Recommender) recommender = recommender_new(server_client(), of);
    g_autoptr(Profile) anyone = profile_new();
    anyone->anyone = TRUE;
    g_autoptr(Ranking) before = recommender_rank(recommender, anyone, SIZE, NULL);
    g_usleep(1100000); /* names of indices have the time to the second */
    g_autofree char *second = release(formed, of);
    g_autoptr(Ranking) after = recommender_rank(recommender, anyone, SIZE, NULL);
    CU_ASSERT(before != NULL && after != NULL && g_strcmp0(first, second) != 0);
    CU_ASSERT(before != NULL && g_strcmp0(before->index, first) == 0);
    CU_ASSERT(after != NULL && g_strcmp0(after->index, second) == 0);
}

static const UnitTest tests[] = {
    {"the same as with everything named", test_same_as_named},
    {"what is named counts", test_named_counts},
    {"round trips", test_round_trips},
    {"pages", test_pages},
    {"documents that do not belong together", test_mixed_person},
    {"another person in the documents", test_orders_find_another_person},
    {"programs", test_programs},
    {"a job", test_job},
    {"models of other forms", test_forms},
    {"anyone after a release", test_anyone_after_a_release},
    {NULL, NULL},
};

SERVER_MAIN("whole-person", tests, set_up)

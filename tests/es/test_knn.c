/* Approximate rankings on a real cluster: with every movie a candidate they are the exact ones, the
 * server's scores turn back into the model's, the field is proved like any other, and a release
 * without it says so. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bulk.h"
#include "bundles.h"
#include "document.h"
#include "index_definition.h"
#include "knn_check.h"
#include "local_scorer.h"
#include "programs.h"
#include "recommend.h"
#include "recommend_pages.h"
#include "recsys_error.h"
#include "servers.h"

static const BundleRecipe recipe = {"80", "300", "6000", "24", "1"};

static char *path, *alias, *index_name, *plain;
static Bundle *bundle;

static void release(const char *of, const char *more)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", of,
                more, NULL);
    if (!run_says(&run, 0, NULL))
        printf("# there is no release to test with\n");
}

static void set_up(void)
{
    alias = g_strdup_printf("%s-knn", server_prefix());
    plain = g_strdup_printf("%s-plain", server_prefix());
    bundle = bundle_make_and_open(&recipe, &path);
    release(alias, "--knn");
    release(plain, NULL);
    index_name = server_index_of(alias);
}

static Profile *profile_number(guint number)
{
    static const char *const ages[] = {"1", "18", "25", "35", "45", "50", "56"};
    Profile *profile = profile_new();
    g_autofree char *user = g_strdup_printf("%u", number + 1);
    profile_add(profile, FEATURE_USER, user);
    if (number % 2)
        profile_add(profile, FEATURE_AGE, ages[number % G_N_ELEMENTS(ages)]);
    return profile;
}

/* ---- scores ---- */

/* The server computes s = <q, v> + w in float32, then s + 1 or 1 / (1 - s) in float32: the latter
 * has a relative error of a few u, which is (1 - s) times that for s. */
static void check_score(const RankedMovie *movie, const ProfileSum *sum)
{
    guint at = 0;
    CU_ASSERT(feature_table_find(bundle->features, FEATURE_MOVIE, movie->value, &at));
    const ExactScore right = exact_score(sum->query, fm_vector(bundle->model, at), bundle->model->k,
                                         bundle->model->bias[at], 0);
    const double room = 2 * right.bound + 8 * 0x1p-24 * (1 + fabs(right.score));
    CU_ASSERT(fabs(movie->score - right.score) <= room);
    CU_ASSERT(fabs(movie->rating - profile_rating(sum, right.score, NULL, &bundle->form)) <=
              room * bundle->form.scale);
}

static void test_all_candidates_are_exact(void)
{
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    guint below = 0, above = 0;
    for (guint i = 0; i < 60; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Profile) profile = profile_number(i);
        g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
        RecommendRequest request = {.profile = profile, .size = 300};
        g_autoptr(Ranking) exact = recommender_ask(recommender, &request, &error);
        request.candidates = QUERY_MOST_CANDIDATES;
        g_autoptr(Ranking) found = recommender_ask(recommender, &request, &error);
        CU_ASSERT_PTR_NULL(error);
        if (exact == NULL || found == NULL)
            continue;
        CU_ASSERT_EQUAL(found->movies->len, exact->movies->len);
        CU_ASSERT_EQUAL(found->candidates, QUERY_MOST_CANDIDATES);
        CU_ASSERT_EQUAL(exact->candidates, 0);
        for (guint m = 0; m < found->movies->len; m++) {
            const RankedMovie *movie = &g_array_index(found->movies, RankedMovie, m);
            const RankedMovie *same = &g_array_index(exact->movies, RankedMovie, m);
            check_score(movie, sum);
            CU_ASSERT(strcmp(movie->value, same->value) == 0 ||
                      fabs(movie->score - same->score) < 1e-5);
            below += movie->score < 0;
            above += movie->score > 0;
        }
    }
    CU_ASSERT(below > 100 && above > 100); /* both halves of the server's formula */
}

static void test_filters_hold(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(Profile) profile = profile_number(3);
    g_autoptr(Filter) filter = filter_new();
    filter->year_from = 1950;
    filter->year_to = 1990;
    RecommendRequest request = {.profile = profile, .size = 300, .filter = filter};
    g_autoptr(Ranking) exact = recommender_ask(recommender, &request, &error);
    request.candidates = QUERY_MOST_CANDIDATES;
    g_autoptr(Ranking) found = recommender_ask(recommender, &request, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT(exact != NULL && found != NULL && exact->movies->len > 0 &&
              exact->movies->len < 300 && exact->movies->len == found->movies->len);
    for (guint m = 0; found != NULL && m < found->movies->len; m++) {
        const RankedMovie *movie = &g_array_index(found->movies, RankedMovie, m);
        CU_ASSERT(movie->year >= 1950 && movie->year <= 1990);
    }
}

static void test_explained(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(Profile) profile = profile_number(3);
    const RecommendRequest request = {
        .profile = profile, .size = 5, .candidates = 100, .explain = TRUE};
    g_autoptr(Ranking) found = recommender_ask(recommender, &request, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT(found != NULL && found->terms != NULL && found->movies->len == 5);
    for (guint m = 0; found != NULL && found->terms != NULL && m < found->movies->len; m++) {
        const RankedMovie *movie = &g_array_index(found->movies, RankedMovie, m);
        double sum = 0;
        for (guint t = 0; found->terms[t] != NULL; t++)
            sum += movie->shares[t];
        CU_ASSERT(fabs(sum - movie->score) < 1e-5);
    }
}

/* ---- the command ---- */

static void test_command(void)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "recommend", "--user", "7", "--knn", "--json", "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 0, "\"candidates\":100,", NULL));
    run_clear(&run);
    run_program(&run, LOADER, "recommend", "--user", "7", "--json", "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    CU_ASSERT_PTR_NULL(strstr(run.out, "candidates"));
    run_clear(&run);
    run_program(&run, LOADER, "recommend", "--user", "7", "--candidates", "50", "--url",
                server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 1, "--candidates is of --knn only", NULL));
    run_clear(&run);
    run_program(&run, LOADER, "recommend", "--user", "7", "--knn", "--candidates", "9", "--url",
                server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 1, "--candidates must be --size at least", NULL));
    run_clear(&run);
    run_program(&run, LOADER, "recommend", "--user", "7", "--knn", "--from", "5", "--url",
                server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 1, "no further pages", NULL));
}

static void test_curl(void)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "recommend", "--user", "7", "--knn", "--curl", "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 0, "1 - 1/_score if _score is below 1", "num_candidates", NULL));
    g_autofree char *script = g_steal_pointer(&run.out);
    run_clear(&run);
    run_program(&run, "/bin/sh", "-c", script, NULL);
    CU_ASSERT(run_says(&run, 0, "\"_score\"", NULL));
}

static void test_many(void)
{
    g_auto(Run) one = {0}, many = {0};
    run_program(&one, LOADER, "recommend", "--user", "7", "--knn", "--json", "--url", server_url(),
                "--alias", alias, NULL);
    g_autofree char *command =
        g_strdup_printf("echo '{\"user\":7}' | \"$RECSYS_LOADER\" recommend --profiles - --knn "
                        "--url %s --alias %s",
                        server_url(), alias);
    run_program(&many, "/bin/sh", "-c", command, NULL);
    CU_ASSERT(run_says(&many, 0, "{\"line\":1,", NULL));
    const char *ranking = strstr(many.out, "\"profile\":\"user 7, ");
    CU_ASSERT(ranking != NULL && strcmp(ranking, one.out + 1) == 0);
}

static void test_pages_are_exact_only(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(Profile) profile = profile_number(3);
    const RecommendRequest request = {.profile = profile, .size = 5, .candidates = 100};
    g_autoptr(RecommendPages) pages = recommend_pages_open(recommender, &request, &error);
    CU_ASSERT_PTR_NULL(pages);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "no pages");
}

static void test_release_without_it(void)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "recommend", "--user", "7", "--knn", "--url", server_url(), "--alias",
                plain, NULL);
    CU_ASSERT(run_says(&run, 1, "was released without --knn", NULL));
    run_clear(&run);
    run_program(&run, BRIDGE, "recall", "--url", server_url(), "--alias", plain, NULL);
    CU_ASSERT(run_says(&run, 1, "make the release with --knn", NULL));
    CU_ASSERT_PTR_NULL(strstr(run.err, "leave out"));
    run_clear(&run);
    g_autofree char *command =
        g_strdup_printf("echo '{\"user\":7}' | \"$RECSYS_LOADER\" recommend --profiles - --knn "
                        "--url %s --alias %s",
                        server_url(), plain);
    run_program(&run, "/bin/sh", "-c", command, NULL);
    CU_ASSERT(run_says(&run, 1, "was released without --knn", NULL));
}

/* ---- what is stored ---- */

static void check_verify(int status, const char *text)
{
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "verify", path, "--url", server_url(), "--alias", alias, "--random",
                "5", "--depth", "10", NULL);
    CU_ASSERT(run_says(&run, status, text, NULL));
}

/* Its source with the field put in its place, or without it. */
static void put_document(guint index, const char *field)
{
    g_autofree char *source = bundle_document(bundle, index);
    g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, index);
    g_autofree char *body = g_strdup_printf("%.*s%s}", (int)strlen(source) - 1, source, field);
    CU_ASSERT(server_do("PUT", body, "/%s/_doc/%s?refresh=true", index_name, id));
}

/* KNN_FIELD of feature `index`, its component `at` moved to the next float32; -1: as it is. */
static char *field_of(guint index, int at)
{
    const guint k = bundle->model->k;
    g_autofree float *vector = g_new(float, k + 1);
    g_autoptr(GString) text = g_string_new(",\"" KNN_FIELD "\":[");
    document_knn_vector(vector, bundle, index);
    if (at >= 0)
        vector[at] = nextafterf(vector[at], INFINITY);
    for (guint f = 0; f <= k; f++)
        g_string_append_printf(text, "%s%.9g", f > 0 ? "," : "", (double)vector[f]);
    g_string_append_c(text, ']');
    return g_strdup(text->str);
}

static void test_stored_vectors_are_proved(void)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    const guint movie = g_array_index(movies, guint, 7), k = bundle->model->k;
    g_autofree char *right = field_of(movie, -1);
    g_autofree char *first = field_of(movie, 0), *bias = field_of(movie, (int)k);
    check_verify(0, "parity: yes");
    put_document(movie, first);
    check_verify(5, KNN_FIELD "[0] is ");
    put_document(movie, bias);
    check_verify(5, KNN_FIELD "[24] is ");
    put_document(movie, "");
    check_verify(5, "it has no " KNN_FIELD);
    put_document(movie, right);
    put_document(0, right); /* a user */
    check_verify(5, "which only movies have");
    put_document(0, "");
    check_verify(0, "parity: yes");
}

/* A vector of zeros, and numbers of every size, come back as they were sent. */
static void test_odd_vectors(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) odd = bundle_open(path, &error);
    g_autofree char *index = g_strdup_printf("%s-odd", server_prefix());
    CU_ASSERT_PTR_NOT_NULL(odd);
    if (odd == NULL)
        return;
    const GArray *movies = feature_table_of_type(odd->features, FEATURE_MOVIE);
    const guint k = odd->model->k, zero = g_array_index(movies, guint, 0);
    const guint other = g_array_index(movies, guint, 1);
    memset(odd->model->embeddings + (gsize)zero * k, 0, k * sizeof(float));
    odd->model->bias[zero] = 0;
    for (guint f = 0; f < k; f++)
        odd->model->embeddings[(gsize)other * k + f] =
            ldexpf(f % 2 ? -1.1f : 1.7f, 5 * (int)f - 65);
    const IndexForm form = {.knn = TRUE};
    g_autofree char *definition = index_definition_in_form(odd, &form);
    CU_ASSERT(server_do("PUT", definition, "/%s", index));
    BulkOptions options = BULK_OPTIONS_DEFAULT;
    options.knn = TRUE;
    CU_ASSERT(bulk_load(NULL, server_client(), index, odd, DOC_IDS_BY_VALUE, &options, &error));
    CU_ASSERT(server_do("POST", NULL, "/%s/_refresh", index));
    g_autoptr(ReleaseMeta) meta = release_meta_fetch(server_client(), index, &error);
    g_autoptr(Report) report = report_new();
    CU_ASSERT(meta != NULL && meta->knn);
    CU_ASSERT(meta != NULL && knn_check(report, server_client(), meta, odd, &error));
    CU_ASSERT_EQUAL(report->violations, 0);
    if (report->violations > 0)
        tap_comment(g_ptr_array_index(report->first_violations, 0));
    if (error != NULL)
        tap_comment(error->message);
}

/* ---- recall ---- */

static void test_recall(void)
{
    g_auto(Run) run = {0};
    g_autoptr(GError) error = NULL;
    run_program(&run, BRIDGE, "recall", "--url", server_url(), "--alias", alias, "--random", "20",
                "--candidates", "10,10000", "--json", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_auto(yajl_val) answer = json_parse(run.out, "the answer", &error);
    yajl_val rows = json_get(answer, "approximate");
    double some = 0, all = 0, exact = 0, median = 0, p99 = 0;
    gint64 profiles = 0, candidates = 0;
    CU_ASSERT_EQUAL(json_array_length(rows), 2);
    CU_ASSERT(json_get_int(answer, "profiles", &profiles) && profiles > 20);
    CU_ASSERT(json_get_double(answer, "exact.recall", &exact) && exact == 1);
    CU_ASSERT(json_get_double(json_array_get(rows, 0), "recall", &some) && some > 0 && some <= 1);
    CU_ASSERT(json_get_double(json_array_get(rows, 1), "recall", &all) && all > 0.999);
    CU_ASSERT(json_get_int(json_array_get(rows, 1), "candidates", &candidates) &&
              candidates == 10000);
    CU_ASSERT(json_get_double(json_array_get(rows, 1), "median_ms", &median) &&
              json_get_double(json_array_get(rows, 1), "p99_ms", &p99) && median > 0 &&
              p99 >= median);
    run_clear(&run);
    run_program(&run, BRIDGE, "recall", "--url", server_url(), "--alias", alias, "--random", "3",
                "--depth", "20", NULL);
    CU_ASSERT(run_says(&run, 0, "the best 20 movies of each", "exact", "all there", NULL));
    run_clear(&run);
    run_program(&run, BRIDGE, "recall", "--url", server_url(), "--alias", alias, "--candidates",
                "10,five", NULL);
    CU_ASSERT(run_says(&run, 1, "five", "numbers from --depth", NULL));
}

static const UnitTest tests[] = {
    {"all candidates: the exact ranking", test_all_candidates_are_exact},
    {"filters hold", test_filters_hold},
    {"explained", test_explained},
    {"the command", test_command},
    {"curl", test_curl},
    {"many at once", test_many},
    {"pages are of exact rankings", test_pages_are_exact_only},
    {"a release without it", test_release_without_it},
    {"stored vectors are proved", test_stored_vectors_are_proved},
    {"odd vectors", test_odd_vectors},
    {"recall", test_recall},
    {NULL, NULL},
};

SERVER_MAIN("knn", tests, set_up)

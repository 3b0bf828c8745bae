/* What an application asks for, on a real cluster: every filter against the local scorer and the
 * bundle's features, pages across a swap, users nobody knows, explanations, curl commands, and asks
 * that contradict themselves. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "fake_server.h"
#include "local_scorer.h"
#include "order_proof.h"
#include "programs.h"
#include "recommend.h"
#include "recommend_pages.h"
#include "recsys_error.h"
#include "release_names.h"
#include "servers.h"

static const BundleRecipe recipe = {"80", "300", "6000", "24", "1"};

static char *path, *alias, *index_name;
static Bundle *bundle;

static void release(const char *of_path)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, of_path, "--url", server_url(), "--alias",
                alias, NULL);
    if (!run_says(&run, 0, NULL))
        printf("# there is no release to test with\n");
}

static void set_up(void)
{
    alias = g_strdup_printf("%s-live", server_prefix());
    bundle = bundle_make_and_open(&recipe, &path);
    release(path);
    index_name = server_index_of(alias);
}

static Profile *somebody(void)
{
    Profile *profile = profile_new();
    profile_add(profile, FEATURE_USER, "7");
    profile_add(profile, FEATURE_AGE, "18");
    return profile;
}

static guint index_of(const RankedMovie *movie)
{
    guint at = 0;
    CU_ASSERT(feature_table_find(bundle->features, FEATURE_MOVIE, movie->value, &at));
    return at;
}

static const Feature *feature_of(const RankedMovie *movie)
{
    return feature_table_get(bundle->features, index_of(movie));
}

static const RankedMovie *movie_at(const Ranking *ranking, guint at)
{
    return &g_array_index(ranking->movies, RankedMovie, at);
}

/* ---- filters ---- */

static gboolean has_genre(const Feature *movie, const char *genre)
{
    return movie->genres != NULL && g_strv_contains((const char *const *)movie->genres, genre);
}

/* The same question as filter_put() asks, answered from the bundle. */
static gboolean passes(const Filter *filter, const Feature *movie)
{
    gboolean any = filter->any_genre->len == 0, fits = TRUE;
    for (guint i = 0; i < filter->any_genre->len; i++)
        any = any || has_genre(movie, g_ptr_array_index(filter->any_genre, i));
    for (guint i = 0; i < filter->all_genres->len; i++)
        fits = fits && has_genre(movie, g_ptr_array_index(filter->all_genres, i));
    for (guint i = 0; i < filter->no_genre->len; i++)
        fits = fits && !has_genre(movie, g_ptr_array_index(filter->no_genre, i));
    for (guint i = 0; i < filter->excluded->len; i++)
        fits = fits && strcmp(movie->value, g_ptr_array_index(filter->excluded, i)) != 0;
    if (filter->year_from != 0)
        fits = fits && movie->year >= filter->year_from;
    if (filter->year_to != 0)
        fits = fits && movie->year != 0 && movie->year <= filter->year_to;
    return any && fits && movie->ratings >= filter->least_ratings;
}

static ExactScore score_of(const ProfileSum *sum, const RankedMovie *movie)
{
    const guint at = index_of(movie);
    return exact_score(sum->query, fm_vector(bundle->model, at), bundle->model->k,
                       bundle->model->bias[at], 0);
}

/* The cluster's list against the local scorer's whole list without what does not pass: the same
 * movies in the same order, but for two that are within rounding of each other. Returns how many.
 */
static guint check_filter(const Filter *filter)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const RecommendRequest request = {.profile = profile, .size = 1000, .filter = filter};
    g_autoptr(Ranking) found = recommender_ask(recommender, &request, &error);
    g_autoptr(Ranking) local = local_rank(bundle, profile, G_MAXUINT, NULL);
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    guint count = 0;
    if (found == NULL)
        tap_comment(error->message);
    CU_ASSERT_PTR_NOT_NULL(found);
    for (guint i = 0; found != NULL && i < local->movies->len; i++) {
        const RankedMovie *expected = movie_at(local, i);
        if (!passes(filter, feature_of(expected)))
            continue;
        CU_ASSERT(count < found->movies->len);
        if (count >= found->movies->len)
            break;
        const RankedMovie *there = movie_at(found, count++);
        CU_ASSERT(strcmp(there->value, expected->value) == 0 ||
                  fabs(there->score - expected->score) <=
                      2 * score_of(sum, there).bound + 2 * found->shift * 0x1p-24);
    }
    CU_ASSERT(found == NULL || found->movies->len == count);
    return count;
}

static const char *genre_of_movie(guint position, guint at)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    for (guint i = position; i < movies->len; i++) {
        const Feature *movie = feature_table_get(bundle->features, g_array_index(movies, guint, i));
        if (movie->genres != NULL && g_strv_length((char **)movie->genres) > at)
            return movie->genres[at];
    }
    return "Drama";
}

static void add(GPtrArray *texts, const char *text)
{
    g_ptr_array_add(texts, g_strdup(text));
}

static void test_each_filter(void)
{
    const guint all = feature_table_of_type(bundle->features, FEATURE_MOVIE)->len;
    const char *one = genre_of_movie(0, 0), *other = genre_of_movie(0, 1);
    g_autoptr(Filter) none = filter_new(), any = filter_new(), every = filter_new(),
                      no = filter_new(), years = filter_new(), since = filter_new(),
                      rated = filter_new(), excluded = filter_new();
    CU_ASSERT_EQUAL(check_filter(none), all);
    add(any->any_genre, one);
    add(any->any_genre, other);
    add(every->all_genres, genre_of_movie(0, 1));
    add(every->all_genres, one);
    add(no->no_genre, one);
    years->year_from = 1980;
    years->year_to = 1995;
    since->year_from = 1990;
    rated->least_ratings = 20;
    const guint with_any = check_filter(any), with_every = check_filter(every),
                without = check_filter(no);
    CU_ASSERT(with_every > 0 && with_every <= with_any && with_any < all);
    CU_ASSERT(without > 0 && without < all);
    const guint in_years = check_filter(years), later = check_filter(since);
    CU_ASSERT(in_years > 0 && in_years < all && later > 0 && later < all);
    const guint often = check_filter(rated);
    CU_ASSERT(often > 0 && often < all);
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Ranking) best = local_rank(bundle, profile, 5, NULL);
    for (guint i = 0; i < 5; i++)
        filter_exclude(excluded, movie_at(best, i)->value);
    CU_ASSERT_EQUAL(check_filter(excluded), all - 5);
}

static void test_filters_together(void)
{
    g_autoptr(Filter) filter = filter_new();
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Ranking) best = local_rank(bundle, profile, 1, NULL);
    filter_exclude(filter, movie_at(best, 0)->value);
    add(filter->any_genre, genre_of_movie(0, 0));
    add(filter->any_genre, genre_of_movie(5, 0));
    filter->year_from = 1960;
    filter->least_ratings = 3;
    CU_ASSERT(check_filter(filter) > 0);
    add(filter->no_genre, "Musical");
    check_filter(filter);
}

/* Any other query; and the filters must not be where the score is made. */
static void test_raw_filter(void)
{
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Filter) filter = filter_new();
    g_autoptr(Ranking) best = local_rank(bundle, profile, 3, NULL);
    filter->raw = g_strdup_printf("{\"ids\": {\"values\": [\"%s\", \"%s\"]}}",
                                  movie_at(best, 2)->id, movie_at(best, 0)->id);
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const RecommendRequest request = {.profile = profile, .size = 10, .filter = filter};
    g_autoptr(Ranking) found = recommender_ask(recommender, &request, NULL);
    CU_ASSERT(found != NULL && found->movies->len == 2);
    CU_ASSERT(found != NULL && strcmp(movie_at(found, 0)->id, movie_at(best, 0)->id) == 0);
    g_free(filter->raw);
    filter->raw = g_strdup("{\"no_such_query\": {}}");
    g_autoptr(GError) error = NULL;
    g_autoptr(Ranking) refused = recommender_ask(recommender, &request, &error);
    CU_ASSERT_PTR_NULL(refused);
    TAP_ASSERT_ERROR(error, ES_ERROR, 400, "no_such_query");
}

/* ---- pages ---- */

/* The movies of a ranking after those of `text`. */
static void append_movies(GString *text, const Ranking *ranking)
{
    CU_ASSERT_PTR_NOT_NULL(ranking);
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++)
        g_string_append_printf(text, "%s ", movie_at(ranking, i)->value);
}

static void test_pages_are_the_ranking(void)
{
    const guint all = feature_table_of_type(bundle->features, FEATURE_MOVIE)->len;
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const RecommendRequest request = {.profile = profile, .size = 1000};
    g_autoptr(Ranking) whole = recommender_ask(recommender, &request, NULL);
    g_autoptr(RecommendPages) pages = recommend_pages_open(recommender, &request, NULL);
    g_autoptr(GString) expected = g_string_new(NULL), found = g_string_new(NULL);
    append_movies(expected, whole);
    for (guint size = 1; recommend_pages_position(pages) < all; size += 7) {
        const guint position = recommend_pages_position(pages);
        g_autoptr(Ranking) page = recommend_pages_next(pages, size, NULL);
        append_movies(found, page);
        CU_ASSERT_EQUAL(page->from, position);
        CU_ASSERT(page->movies->len == MIN(size, all - position));
    }
    CU_ASSERT_STRING_EQUAL(found->str, expected->str);
    g_autoptr(Ranking) after = recommend_pages_next(pages, 10, NULL);
    CU_ASSERT(after != NULL && after->movies->len == 0);
}

static void test_from(void)
{
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const guint froms[] = {1, 10, 299};
    const RecommendRequest all = {.profile = profile, .size = 1000};
    g_autoptr(Ranking) whole = recommender_ask(recommender, &all, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(froms); i++) {
        const RecommendRequest request = {.profile = profile, .size = 20, .from = froms[i]};
        g_autoptr(Ranking) part = recommender_ask(recommender, &request, NULL);
        CU_ASSERT(part != NULL && part->from == froms[i]);
        CU_ASSERT(part != NULL && part->movies->len == MIN(20, whole->movies->len - froms[i]));
        for (guint m = 0; part != NULL && m < part->movies->len; m++)
            CU_ASSERT_STRING_EQUAL(movie_at(part, m)->value, movie_at(whole, froms[i] + m)->value);
    }
}

/* ---- asks by the command ---- */

#define RECOMMEND LOADER, "recommend", "--url", server_url(), "--alias", alias

static void test_nothing_passes(void)
{
    g_auto(Run) run = {0};
    run_program(&run, RECOMMEND, "--age", "18", "--years", "1700", NULL);
    CU_ASSERT(run_says(&run, 0, "No movie passes the filters.\n", NULL));
    CU_ASSERT_PTR_NULL(strstr(run.out, "   1  "));
    run_program(&run, RECOMMEND, "--age", "18", "--years", "1700", "--json", NULL);
    CU_ASSERT(run_says(&run, 0, "\"movies\":[]", NULL));
    run_program(&run, RECOMMEND, "--age", "18", "--from", "5000", NULL);
    CU_ASSERT(run_says(&run, 0, " movies: nothing begins after 5000.\n", NULL));
    CU_ASSERT_PTR_NOT_NULL(strstr(run.out, "For {age 18}, ratings up to 5.5:\n"));
}

/* ---- names that the release does not have ---- */

static void test_unknown_genres(void)
{
    static const char *const options[] = {"--genre", "--every-genre", "--no-genre"};
    const char *one = genre_of_movie(0, 0);
    for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
        g_auto(Run) run = {0};
        run_program(&run, RECOMMEND, "--age", "18", options[i], one, options[i], "Comdy", NULL);
        CU_ASSERT(run_says(&run, 1, "the genre Comdy is unknown", "known: Action, ", ", Comedy, ",
                           one, NULL));
        CU_ASSERT_STRING_EQUAL(run.out, "");
    }
}

/* Ids as they are and as their documents have them, known and unknown, and more than one request
 * looks up. */
static void test_unknown_movies(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) movies = g_ptr_array_new_with_free_func(g_free);
    const GArray *known = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    for (guint i = 0; i < 12000; i++) {
        const guint at = g_array_index(known, guint, i % known->len);
        const char *value = feature_table_get(bundle->features, at)->value;
        g_ptr_array_add(movies, i % 2000 == 7   ? g_strdup_printf("nope-%u", i)
                                : i % 2000 == 8 ? g_strdup_printf("movie_nope-%u", i)
                                : i % 3 == 0    ? g_strdup_printf("movie_%s", value)
                                                : g_strdup(value));
    }
    g_autoptr(GPtrArray) unknown = release_unknown_movies(server_client(), alias, movies, &error);
    CU_ASSERT(unknown != NULL && unknown->len == 12);
    for (guint i = 0; unknown != NULL && i < unknown->len; i++) {
        g_autofree char *name = i % 2 == 0 ? g_strdup_printf("nope-%u", i / 2 * 2000 + 7)
                                           : g_strdup_printf("movie_nope-%u", i / 2 * 2000 + 8);
        CU_ASSERT_STRING_EQUAL(g_ptr_array_index(unknown, i), name);
    }
    for (guint i = 0; i < movies->len; i++) {
        const guint at = g_array_index(known, guint, i % known->len);
        if (i % 2000 != 7 && i % 2000 != 8)
            CU_ASSERT_STRING_EQUAL(g_ptr_array_index(movies, i),
                                   feature_table_get(bundle->features, at)->value);
    }
}

/* A shard that cannot answer makes no name unknown. */
static void lose_shards(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)data;
    fake_forward(server_url(), request, answer);
    char *whole = strstr(request->body->str, "\"aggs\"") != NULL
                      ? strstr(answer->body->str, "\"failed\":0")
                      : NULL;
    if (whole != NULL)
        whole[strlen("\"failed\":")] = '1';
    if (strstr(request->path, "_source=false") != NULL)
        g_string_assign(answer->body,
                        "{\"docs\":[{\"_index\":\"i\",\"_id\":\"movie_1\",\"error\":{\"type\":"
                        "\"no_shard_available_action_exception\",\"reason\":\"none\"}}]}");
}

static void test_names_without_shards(void)
{
    const char *const options[][2] = {{"--genre", "Comdy"}, {"--exclude", "1"}};
    g_autoptr(FakeServer) server = fake_server_start(lose_shards, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
        g_auto(Run) run = {0};
        run_program(&run, LOADER, "recommend", "--url", fake_server_url(server), "--alias", alias,
                    "--age", "18", options[i][0], options[i][1], NULL);
        CU_ASSERT(run_says(&run, 7, i == 0 ? "the list of genres" : "shards are missing", NULL));
        CU_ASSERT_STRING_EQUAL(run.out, "");
    }
}

/* Asks for the best movie but for the best, BEST in the arguments, which exclude it; or in the
 * command before the pipe. Nothing is told of if `says` is NULL. */
static void check_excluded(const char *arguments, const char *says)
{
    g_auto(Run) without = {0};
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Ranking) best = local_rank(bundle, profile, 2, NULL);
    g_auto(GStrv) parts = g_strsplit(arguments, "BEST", -1);
    g_autofree char *filled = g_strjoinv(movie_at(best, 0)->value, parts);
    g_autofree char *command =
        g_strdup_printf("%s \"$RECSYS_LOADER\" recommend --url %s --alias %s --user 7 --age 18 "
                        "--size 1 --json %s",
                        strchr(filled, '|') == NULL ? "" : filled, server_url(), alias,
                        strchr(filled, '|') == NULL ? filled : "--exclude-seen -");
    run_program(&without, "/bin/bash", "-c", command, NULL);
    g_autofree char *second = g_strdup_printf("\"movie\":\"%s\"", movie_at(best, 1)->value);
    CU_ASSERT(run_says(&without, 0, second, says, NULL));
    CU_ASSERT(says != NULL || without.err[0] == '\0');
}

static void test_excluded(void)
{
    check_excluded("--exclude BEST", NULL);
    check_excluded("--exclude movie_BEST", NULL);
    check_excluded("--exclude movie_BEST,nope",
                   "1 of the 2 movies to exclude is not in this release: nope.");
    check_excluded("--exclude nope,BEST,movie_nope",
                   "2 of the 3 movies to exclude are not in this release, the first being nope.");
    check_excluded("--exclude BEST --exclude-seen <(echo nope)", "1 of the 2 movies");
    check_excluded("--exclude-seen <(echo BEST)", NULL);
    check_excluded("--exclude-seen <(echo 7::BEST::5; echo 8::1::5)", NULL);
    check_excluded("echo movie_BEST |", NULL);
    check_excluded("printf 'user,item\\n7,BEST\\n' |", NULL);
    check_excluded("--exclude BEST --exclude-seen /dev/null", "/dev/null names no movie");
    check_excluded("--exclude BEST --exclude-seen <(echo 8::1::5)", "has no ratings of user 7");
}

static void test_contradictions(void)
{
    const struct {
        const char *first, *second, *third, *fourth, *text;
    } cases[] = {
        {"--age", "18", "--age", "25", "age is given twice, as 18 and as 25"},
        {"--age", "18", "--feature", "age=25", "age is given twice"},
        {"--genre", "War", "--no-genre", "War", "both wanted and excluded"},
        {"--size", "3", "--size", "4", "--size is given more than once"},
        {"--years", "1999-1990", "--size", "4", "the years from 1999 to 1990 are none"},
        {"--json", "--curl", "--user", "7", "--json and --curl"},
        {"--filter", "[]", "--from", "1", "the filter must be one query"},
        {"--exclude-seen", "/no/such/file", "--from", "1", "/no/such/file"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Run) run = {0};
        const gboolean is_file = strcmp(cases[i].first, "--exclude-seen") == 0;
        run_program(&run, RECOMMEND, "--gender", "M", cases[i].first, cases[i].second,
                    cases[i].third, cases[i].fourth, NULL);
        CU_ASSERT(run_says(&run, is_file ? 2 : 1, cases[i].text, NULL));
        CU_ASSERT_STRING_EQUAL(run.out, "");
    }
}

static void test_empty_requests(void)
{
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(Profile) nobody = profile_new(), profile = somebody();
    const RecommendRequest requests[] = {
        {.profile = nobody, .size = 10},
        {.size = 10},
        {.profile = profile, .size = RECOMMEND_MOST + 1},
    };
    for (guint i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Ranking) ranking = recommender_ask(recommender, &requests[i], &error);
        CU_ASSERT_PTR_NULL(ranking);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                         i < 2 ? "the profile is empty" : "1 to 10000 movies");
    }
}

static void test_cold_start(void)
{
    g_auto(Run) cold = {0}, warm = {0}, plain = {0};
    run_program(&cold, RECOMMEND, "--user", "4711", "--age", "18", "--cold-start", NULL);
    CU_ASSERT(run_says(&cold, 0, "There is no user 4711 in this release: ranked for {age 18} alone",
                       NULL));
    run_program(&plain, RECOMMEND, "--age", "18", NULL);
    CU_ASSERT_STRING_EQUAL(cold.out, plain.out);
    run_program(&cold, RECOMMEND, "--user", "4711", "--age", "18", "--cold-start", "--json", NULL);
    CU_ASSERT(run_says(&cold, 0, "\"left_out\":\"user 4711\"", "\"profile\":\"age 18\"", NULL));
    run_program(&cold, RECOMMEND, "--user", "4711", "--cold-start", NULL);
    CU_ASSERT(run_says(&cold, 1, "no metadata to fall back to", NULL));
    run_program(&cold, RECOMMEND, "--user", "4711", "--age", "18", NULL);
    CU_ASSERT(run_says(&cold, 1, "there is no user 4711", "--cold-start", NULL));
    /* An unknown age is a mistake and no cold start. */
    run_program(&cold, RECOMMEND, "--user", "7", "--age", "17", "--cold-start", NULL);
    CU_ASSERT(run_says(&cold, 1, "there is no age 17", "known: 1, 18", NULL));
    run_program(&warm, RECOMMEND, "--user", "7", "--age", "18", "--cold-start", NULL);
    run_program(&plain, RECOMMEND, "--user", "7", "--age", "18", NULL);
    CU_ASSERT_STRING_EQUAL(warm.out, plain.out);
    CU_ASSERT_STRING_EQUAL(warm.err, "");
}

/* ---- why ---- */

static void test_shares_are_the_score(void)
{
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const RecommendRequest request = {.profile = profile, .size = 50, .explain = TRUE, .from = 3};
    g_autoptr(Ranking) ranking = recommender_ask(recommender, &request, NULL);
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    CU_ASSERT(ranking != NULL && ranking->terms != NULL && g_strv_length(ranking->terms) == 5);
    CU_ASSERT(ranking != NULL && ranking->movies->len == 50);
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++) {
        const RankedMovie *movie = movie_at(ranking, i);
        const guint at = index_of(movie);
        const ExactScore exact = score_of(sum, movie);
        double total = 0;
        for (guint s = 0; ranking->terms[s] != NULL; s++)
            total += movie->shares[s];
        CU_ASSERT_EQUAL(movie->shares[0], (double)bundle->model->bias[at]);
        CU_ASSERT(memcmp(movie->vector, fm_vector(bundle->model, at),
                         bundle->model->k * sizeof(float)) == 0);
        /* The query is rounded to float32 once, the shares are not. */
        CU_ASSERT(fabs(total - exact.score) <= 4 * exact.bound + 1e-7);
    }
    g_auto(Run) run = {0};
    run_program(&run, RECOMMEND, "--user", "7", "--age", "18", "--explain", NULL);
    CU_ASSERT(run_says(&run, 0, "(the movie itself)", "(user 7)", "(age 18)", "(gender ",
                       "(occupation ", "rating = ", NULL));
}

/* A query vector from elsewhere ranks as its profile does; one of another release is refused. */
static void test_sum_from_elsewhere(void)
{
    g_autoptr(Profile) profile = somebody();
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    RecommendRequest request = {.sum = sum, .index = index_name, .size = 30};
    g_autoptr(Ranking) found = recommender_ask(recommender, &request, NULL);
    g_autoptr(Ranking) expected = recommender_rank(recommender, profile, 30, NULL);
    g_autoptr(GString) one = g_string_new(NULL), other = g_string_new(NULL);
    append_movies(one, found);
    append_movies(other, expected);
    CU_ASSERT_STRING_EQUAL(one->str, other->str);
    CU_ASSERT(movie_at(found, 0)->rating == movie_at(expected, 0)->rating);
    request.index = "recsys-of-yesterday";
    g_autoptr(GError) error = NULL;
    g_autoptr(Ranking) refused = recommender_ask(recommender, &request, &error);
    CU_ASSERT_PTR_NULL(refused);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, "recsys-of-yesterday");
}

static void test_fetch(void)
{
    guint at = 0;
    gboolean missing[3];
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(Profile) features = profile_new();
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    at = g_array_index(movies, guint, 5);
    profile_add(features, FEATURE_MOVIE, feature_table_get(bundle->features, at)->value);
    profile_add(features, FEATURE_MOVIE, "no such movie");
    profile_add(features, FEATURE_GENDER, "M");
    g_autoptr(FeatureVectors) found = recommender_fetch(recommender, features, missing, NULL);
    CU_ASSERT(found != NULL && found->count == 3);
    CU_ASSERT(!missing[0] && missing[1] && !missing[2]);
    CU_ASSERT(found != NULL && memcmp(feature_vectors_get(found, 0), fm_vector(bundle->model, at),
                                      found->k * sizeof(float)) == 0);
    CU_ASSERT(found != NULL && found->biases[0] == (double)bundle->model->bias[at]);
    g_autoptr(GError) error = NULL;
    g_autoptr(FeatureVectors) none = recommender_fetch(recommender, features, NULL, &error);
    CU_ASSERT_PTR_NULL(none);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no movie no such movie");
}

/* ---- curl ---- */

/* The ids of the hits in the second answer that the commands print. */
static void append_hits(GString *text, const char *out)
{
    g_auto(GStrv) lines = g_strsplit(out, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), 3); /* two answers, a line each */
    g_auto(yajl_val) answer = json_parse(lines[1] != NULL ? lines[1] : "", "the answer", NULL);
    yajl_val hits = json_get(answer, "hits.hits");
    for (gsize i = 0; i < json_array_length(hits); i++)
        g_string_append_printf(text, "%s ",
                               json_get_string(json_array_get(hits, i), "_source.value"));
}

static void test_curl(void)
{
    g_auto(Run) commands = {0}, answers = {0};
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Filter) filter = filter_new();
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const RecommendRequest request = {.profile = profile, .size = 7, .from = 2, .filter = filter};
    filter->raw = g_strdup("{\"bool\":{\"must_not\":{\"term\":{\"genres\":\"it's none\"}}}}");
    g_autoptr(Ranking) ranking = recommender_ask(recommender, &request, NULL);
    run_program(&commands, RECOMMEND, "--user", "7", "--age", "18", "--size", "7", "--from", "2",
                "--filter", filter->raw, "--curl", NULL);
    CU_ASSERT(run_says(&commands, 0, "curl -sS", index_name, "(1 + e^-(_score - shift ", NULL));
    run_program(&answers, "/bin/sh", "-c", commands.out, NULL);
    CU_ASSERT_EQUAL(answers.status, 0);
    g_autoptr(GString) expected = g_string_new(NULL), found = g_string_new(NULL);
    append_movies(expected, ranking);
    append_hits(found, answers.out);
    CU_ASSERT(found->len > 0);
    CU_ASSERT_STRING_EQUAL(found->str, expected->str);
}

/* ---- releases that come and go ---- */

/* Must be the last: the alias has another model afterwards. Pages opened before go on as if
 * nothing had happened; what is asked anew is of the new release. */
static void test_pages_across_a_swap(void)
{
    const BundleRecipe other = {"80", "300", "6000", "24", "2"};
    g_autofree char *other_path = NULL;
    g_autoptr(Bundle) other_bundle = bundle_make_and_open(&other, &other_path);
    g_autoptr(Profile) profile = somebody();
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const RecommendRequest request = {.profile = profile, .size = 60};
    g_autoptr(Ranking) whole = recommender_ask(recommender, &request, NULL);
    g_autoptr(RecommendPages) pages = recommend_pages_open(recommender, &request, NULL);
    g_autoptr(GString) expected = g_string_new(NULL), found = g_string_new(NULL);
    append_movies(expected, whole);
    g_autoptr(Ranking) first = recommend_pages_next(pages, 20, NULL);
    append_movies(found, first);
    release(other_path);
    g_autoptr(Ranking) second = recommend_pages_next(pages, 20, NULL);
    append_movies(found, second);
    g_autoptr(Ranking) anew = recommender_ask(recommender, &request, NULL);
    CU_ASSERT(anew != NULL && strcmp(anew->model_id, other_bundle->model_id) == 0);
    g_autoptr(Ranking) third = recommend_pages_next(pages, 20, NULL);
    append_movies(found, third);
    CU_ASSERT_STRING_EQUAL(found->str, expected->str);
    CU_ASSERT(third != NULL && strcmp(third->model_id, bundle->model_id) == 0);
    /* And once the old index is deleted, nothing is said rather than something wrong. */
    CU_ASSERT(server_do("DELETE", NULL, "/%s", index_name));
    g_autoptr(GError) error = NULL;
    g_autoptr(Ranking) fourth = recommend_pages_next(pages, 20, &error);
    CU_ASSERT_PTR_NULL(fourth);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, "begin again");
}

/* ---- the shell's side ---- */

/* Runs a line of the shell in which "$@" is the beginning of a command on the alias. */
static void run_line(Run *run, const char *line, const char *program_variable)
{
    run_program(run, "/bin/sh", "-c", line, "sh", g_getenv(program_variable), "recommend", "--url",
                server_url(), "--alias", alias, NULL);
}

/* A warning must not go to the connection that has the number of a closed stream. */
static void test_closed_streams(void)
{
    g_auto(Run) open = {0}, closed = {0}, all = {0};
    run_line(&open, "\"$@\" --user 7 --exclude nope", LOADER);
    CU_ASSERT(run_says(&open, 0, "is not in this release", NULL));
    run_line(&closed, "\"$@\" --user 7 --exclude nope <&- 2>&-", LOADER);
    CU_ASSERT(run_says(&closed, 0, NULL));
    CU_ASSERT_STRING_EQUAL(closed.out, open.out);
    run_line(&all, "\"$@\" --user 7 --exclude nope <&- >&- 2>&-", LOADER);
    CU_ASSERT(run_says(&all, RECSYS_ERROR_DATA, NULL));
    CU_ASSERT_STRING_EQUAL(all.err, "");
}

/* Longer than an argument may be. */
static void test_curl_of_a_long_filter(void)
{
    g_auto(Run) run = {0};
    run_line(&run,
             "F=$(mktemp); seq 1000 40000 >\"$F\"; \"$@\" --user 7 --exclude-seen \"$F\" --curl "
             "2>/dev/"
             "null | "
             "sh; rm "
             "\"$F\"",
             LOADER);
    CU_ASSERT(run_says(&run, 0, "\"found\":true", "\"hits\":[{\"_index\"", NULL));
    CU_ASSERT_STRING_EQUAL(run.err, "");
}

/* The commands are for whom the query is for. */
static void test_curl_of_a_cold_start(void)
{
    g_auto(Run) run = {0};
    run_line(&run, "\"$@\" --user nobody --age 18 --cold-start --curl", LOADER);
    CU_ASSERT(run_says(&run, 0, "# 1. The vectors of {age 18}; query_vector below is their sum.",
                       "There is no user nobody in this release: ranked for {age 18} alone.",
                       "{\"ids\":[\"age_18\"]}", NULL));
    CU_ASSERT_PTR_NULL(strstr(run.out, "nobody"));
}

static const UnitTest tests[] = {
    {"each filter", test_each_filter},
    {"filters together", test_filters_together},
    {"a query of the user's own", test_raw_filter},
    {"pages are the ranking", test_pages_are_the_ranking},
    {"from", test_from},
    {"filters that leave nothing", test_nothing_passes},
    {"genres that nobody has", test_unknown_genres},
    {"movies that are not there", test_unknown_movies},
    {"names, and shards that are away", test_names_without_shards},
    {"what is excluded", test_excluded},
    {"contradictions", test_contradictions},
    {"empty requests", test_empty_requests},
    {"cold start", test_cold_start},
    {"shares are the score", test_shares_are_the_score},
    {"a sum from elsewhere", test_sum_from_elsewhere},
    {"any vectors", test_fetch},
    {"curl commands that run", test_curl},
    {"a curl command with a long filter", test_curl_of_a_long_filter},
    {"curl commands for a user nobody knows", test_curl_of_a_cold_start},
    {"closed streams", test_closed_streams},
    {"pages across a swap", test_pages_across_a_swap},
    {NULL, NULL},
};

SERVER_MAIN("recommend", tests, set_up)

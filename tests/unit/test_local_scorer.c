#include "local_scorer.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static Profile *profile_of(const char *type, const char *value, const char *type2,
                           const char *value2)
{
    Profile *profile = profile_new();
    profile_add(profile, type, value);
    if (type2 != NULL)
        profile_add(profile, type2, value2);
    return profile;
}

static void test_sum(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, tap_seed());
    g_autoptr(Profile) profile = profile_of("gender", "M", "age", "35");
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    CU_ASSERT_PTR_NOT_NULL(sum);
    const float *male = fm_vector(bundle->model, 10), *age = fm_vector(bundle->model, 8);
    double pair = 0;
    for (guint f = 0; sum != NULL && f < 3; f++) {
        CU_ASSERT_EQUAL(sum->query[f], (float)((double)male[f] + age[f]));
        pair += (double)male[f] * age[f];
    }
    double offset =
        bundle->model->w0 + (double)bundle->model->bias[10] + bundle->model->bias[8] + pair;
    CU_ASSERT(sum != NULL && fabs(sum->offset - offset) <= 1e-14);
}

static gboolean is_same_sum(const ProfileSum *a, const ProfileSum *b)
{
    return a != NULL && b != NULL && a->k == b->k && a->offset == b->offset &&
           memcmp(a->query, b->query, a->k * sizeof(float)) == 0;
}

/* A user is the whole person; what the profile names itself counts. */
static void test_whole_person(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, tap_seed());
    fixture_set_attributes(bundle->features);
    g_autoptr(Profile) user = profile_of("user", "2", NULL, NULL);
    g_autoptr(Profile) named = profile_of("user", "2", "age", "18");
    profile_add(named, "gender", "M");
    profile_add(named, "occupation", "12");
    g_autoptr(Profile) older = profile_of("user", "2", "age", "35");
    g_autoptr(Profile) whole = local_whole(bundle, user), other = local_whole(bundle, older);
    g_autofree char *text = profile_describe(whole), *older_text = profile_describe(other);
    CU_ASSERT_STRING_EQUAL(text, "user 2, age 18, gender M, occupation 12");
    CU_ASSERT_STRING_EQUAL(older_text, "user 2, age 35, gender M, occupation 12");
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, user, NULL);
    g_autoptr(ProfileSum) same = local_profile_sum(bundle, named, NULL);
    CU_ASSERT(is_same_sum(sum, same));
    user->user_only = TRUE;
    g_autoptr(ProfileSum) alone = local_profile_sum(bundle, user, NULL);
    const float *vector = fm_vector(bundle->model, 0);
    CU_ASSERT(alone != NULL && memcmp(alone->query, vector, 3 * sizeof *vector) == 0);
    g_autoptr(Profile) nobody = profile_of("user", "11", NULL, NULL);
    g_autoptr(Profile) still = local_whole(bundle, nobody);
    CU_ASSERT_EQUAL(profile_size(still), 1);
}

/* The average person's list is ordered by the movies' biases. */
static void test_anyone(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, tap_seed());
    g_autoptr(Profile) anyone = profile_new();
    g_autoptr(GError) error = NULL;
    anyone->anyone = TRUE;
    CU_ASSERT_PTR_NULL(local_rank(bundle, anyone, 10, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "has no average person");
    bundle->form.interactions = INTERACTIONS_MOVIE;
    g_autoptr(Ranking) ranking = local_rank(bundle, anyone, 10, NULL);
    CU_ASSERT(ranking != NULL && ranking->movies->len == FIXTURE_MOVIES);
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        guint index = 0;
        CU_ASSERT(feature_table_find(bundle->features, "movie", movie->value, &index));
        CU_ASSERT_EQUAL(movie->score, (double)bundle->model->bias[index]);
        const double z = (double)bundle->model->w0 + movie->score;
        CU_ASSERT_DOUBLE_EQUAL(movie->rating, 5.5 / (1 + exp(-z)), 1e-12);
    }
}

static void test_unknown_values(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(3, 1);
    const char *const cases[][3] = {
        {"age", "17", "there is no age 17 in fixture; known: 18, 35"},
        {"user", "3", "there is no user 3 in fixture; known: 2, 5, 11"},
        {"height", "1", "known: none"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Profile) profile = profile_of("gender", "M", cases[i][0], cases[i][1]);
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(local_profile_sum(bundle, profile, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, cases[i][2]);
        CU_ASSERT_PTR_NULL(local_rank(bundle, profile, 10, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, cases[i][2]);
    }
}

static void test_scores(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(9, tap_seed());
    const float *query = fm_vector(bundle->model, 0);
    ExactScore scores[FIXTURE_MOVIES];
    local_score_all(scores, bundle, query, 3);
    for (guint i = 0; i < FIXTURE_MOVIES; i++) {
        guint movie = FIXTURE_FIRST_MOVIE + i;
        ExactScore expected =
            exact_score(query, fm_vector(bundle->model, movie), 9, bundle->model->bias[movie], 3);
        CU_ASSERT_EQUAL(scores[i].score, expected.score);
        CU_ASSERT_EQUAL(scores[i].bound, expected.bound);
    }
}

/* The rating of each movie is the model's, by definition, and the order is that of the ratings. */
static void test_rank(void)
{
    guint32 seed = tap_seed();
    for (guint round = 0; round < 20; round++) {
        g_autoptr(Bundle) bundle = fixture_bundle(8, seed + round);
        g_autoptr(Profile) profile = profile_of("user", "5", "gender", "F");
        g_autoptr(Ranking) ranking = local_rank(bundle, profile, 10, NULL);
        CU_ASSERT(ranking != NULL && ranking->movies->len == FIXTURE_MOVIES);
        double above = INFINITY;
        for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++) {
            const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
            guint32 row[] = {1, 0, 9};
            CU_ASSERT(feature_table_find(bundle->features, "movie", movie->value, &row[1]));
            double z = fm_forward_oracle(bundle->model, row, 3);
            CU_ASSERT(fabs(movie->rating - 5.5 / (1 + exp(-z))) <= 1e-5);
            CU_ASSERT(movie->score <= above);
            above = movie->score;
        }
    }
}

static void test_rank_describes_movies(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    g_autoptr(Profile) profile = profile_of("age", "18", NULL, NULL);
    bundle->model->bias[FIXTURE_FIRST_MOVIE + 2] = 100;
    g_autoptr(Ranking) ranking = local_rank(bundle, profile, 1, NULL);
    CU_ASSERT(ranking != NULL && ranking->movies->len == 1);
    if (ranking == NULL || ranking->movies->len != 1)
        return;
    const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, 0);
    CU_ASSERT_STRING_EQUAL(movie->id, "movie_7");
    CU_ASSERT_STRING_EQUAL(movie->value, "7");
    CU_ASSERT_STRING_EQUAL(movie->title, "Nameless");
    CU_ASSERT_STRING_EQUAL(movie->genres[0], "Western");
    CU_ASSERT_EQUAL(movie->year, 0);
    CU_ASSERT_PTR_NULL(ranking->index);
    CU_ASSERT_STRING_EQUAL(ranking->model_id, bundle->model_id);
    CU_ASSERT_EQUAL(ranking->form.scale, 5.5);
}

/* Equal scores go by feature index, the same every time. */
static void test_ties(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    FmModel *model = bundle->model;
    memset(model->embeddings, 0, (gsize)model->n * model->k * sizeof(float));
    memset(model->bias, 0, model->n * sizeof(float));
    model->bias[FIXTURE_FIRST_MOVIE + 2] = -1;
    g_autoptr(Profile) profile = profile_of("age", "18", NULL, NULL);
    g_autoptr(Ranking) ranking = local_rank(bundle, profile, 4, NULL);
    const char *const expected[] = {"1", "4", "30", "7"};
    CU_ASSERT(ranking != NULL && ranking->movies->len == 4);
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++)
        CU_ASSERT_STRING_EQUAL(g_array_index(ranking->movies, RankedMovie, i).value, expected[i]);
}

/* Movies need not be next to each other in a bundle of another writer. */
static void test_scattered_movies(void)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    feature_table_free(bundle->features);
    bundle->features = feature_table_new();
    for (guint i = 0; i < FIXTURE_FEATURES; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        const Feature feature = {.type = i % 6 == 0 ? "movie" : "age", .value = value};
        CU_ASSERT(feature_table_add(bundle->features, &feature, NULL, NULL));
    }
    bundle->model->bias[6] = 50;
    bundle->model->bias[12] = 60;
    g_autoptr(Profile) profile = profile_of("age", "1", NULL, NULL);
    g_autoptr(Ranking) ranking = local_rank(bundle, profile, 10, NULL);
    CU_ASSERT(ranking != NULL && ranking->movies->len == 3);
    const char *const expected[] = {"12", "6", "0"};
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++)
        CU_ASSERT_STRING_EQUAL(g_array_index(ranking->movies, RankedMovie, i).value, expected[i]);
}

static const UnitTest tests[] = {
    {"sum", test_sum},
    {"a whole person", test_whole_person},
    {"anyone", test_anyone},
    {"unknown values", test_unknown_values},
    {"scores", test_scores},
    {"rank", test_rank},
    {"rank describes movies", test_rank_describes_movies},
    {"ties", test_ties},
    {"scattered movies", test_scattered_movies},
    {NULL, NULL},
};

TAP_MAIN("local_scorer", tests)

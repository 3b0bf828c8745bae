#include "learned_model.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "predict.h"
#include "tap.h"

enum { USERS = 12, MOVIES = 9, AGES = 3, N = USERS + MOVIES + AGES, KR = 3, KL = 5 };

static const FixtureType types[] = {
    {FEATURE_USER, USERS}, {FEATURE_MOVIE, MOVIES}, {FEATURE_AGE, AGES}};

static const guint ratings[USERS] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 0};

static guint age_of(guint user)
{
    return USERS + MOVIES + user % AGES;
}

typedef struct {
    Bundle *bundle; /* for its table */
    PeopleAndMovies *whole;
    float user_vectors[USERS * KL], movie_vectors[MOVIES * KL];
    LearnedModel *of_ratings, *of_ranking, *both;
} Case;

static void case_clear(Case *c)
{
    bundle_free(c->bundle);
    people_and_movies_free(c->whole);
    learned_model_free(c->of_ratings);
    learned_model_free(c->of_ranking);
    learned_model_free(c->both);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static void fill(float *values, guint count, double most, GRand *random)
{
    for (guint i = 0; i < count; i++)
        values[i] = (float)fixture_uniform(random, most);
}

static void case_init(Case *c)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    const ModelForm form = {.link = LINK_IDENTITY, .lowest = 1, .highest = 5};
    c->bundle = fixture_bundle_of(types, G_N_ELEMENTS(types), 2, 1, 1);
    for (guint u = 0; u < USERS; u++) {
        const guint32 age = age_of(u);
        feature_table_set_attributes(c->bundle->features, u, &age, 1);
    }
    c->whole = people_and_movies_new(USERS, MOVIES, KR);
    c->whole->mean = 3;
    fill(c->whole->user_vectors, USERS * KR, 0.5, random);
    fill(c->whole->user_offsets, USERS, 0.3, random);
    fill(c->whole->movie_vectors, MOVIES * KR, 0.5, random);
    fill(c->whole->movie_biases, MOVIES, 0.3, random);
    fill(c->user_vectors, USERS * KL, 1, random);
    fill(c->movie_vectors, MOVIES * KL, 0.01, random);
    memset(c->user_vectors + 11 * KL, 0, KL * sizeof(float)); /* of whom there are no ratings */
    const RankingFactors factors = {USERS, MOVIES, KL, c->user_vectors, c->movie_vectors, 0.3,
                                    0.007, 1,      5};
    const FeatureTable *table = c->bundle->features;
    c->of_ratings = learned_model_of_ratings(c->whole, table, ratings, 0.9, &form, NULL);
    c->of_ranking = learned_model_of_ranking(&factors, table, ratings, NULL);
    c->both = learned_model_of_both(c->of_ratings, c->of_ranking, table);
}

static double list_score(const LearnedModel *learned, guint user, guint movie)
{
    g_autofree float *query = g_new(float, learned->model->k);
    const guint32 row[] = {user, USERS + movie, age_of(user)};
    const float *v = fm_vector(learned->model, USERS + movie);
    predict_list_query(query, learned->model, &learned->form, row, 3);
    double score = (double)learned->model->bias[USERS + movie];
    for (guint d = 0; d < learned->model->k; d++)
        score += (double)query[d] * (double)v[d];
    return score;
}

static double rating(const LearnedModel *learned, guint user, guint movie)
{
    g_autofree float *room = g_new(float, learned->model->k);
    const guint32 row[] = {user, USERS + movie, age_of(user)};
    return predict_rating(learned->model, &learned->form, row, 3, room);
}

/* <x_u, y_m> / √n_u: the same order of movies for every person as the factors have. */
static void test_lists_of_ranking(void)
{
    g_auto(Case) c = {0};
    case_init(&c);
    for (guint u = 0; u < USERS - 1; u++) {
        for (guint m = 0; m < MOVIES; m++) {
            double dot = 0;
            for (guint d = 0; d < KL; d++)
                dot += (double)c.user_vectors[u * KL + d] * (double)c.movie_vectors[m * KL + d];
            CU_ASSERT_DOUBLE_EQUAL(list_score(c.of_ranking, u, m), dot / sqrt(ratings[u]), 1e-6);
        }
    }
    CU_ASSERT_EQUAL(c.of_ranking->form.link, LINK_NONE);
    CU_ASSERT_PTR_NULL(c.of_ranking->fold_in.precisions);
}

static void test_ratings(void)
{
    g_auto(Case) c = {0};
    case_init(&c);
    for (guint u = 0; u < USERS - 1; u++) {
        for (guint m = 0; m < MOVIES; m++) {
            const PeopleAndMovies *w = c.whole;
            double z = w->mean + (double)w->user_offsets[u] + (double)w->movie_biases[m];
            for (guint d = 0; d < KR; d++)
                z += (double)w->user_vectors[u * KR + d] * (double)w->movie_vectors[m * KR + d];
            CU_ASSERT_DOUBLE_EQUAL(rating(c.of_ratings, u, m), CLAMP(z, 1, 5), 1e-5);
        }
    }
    for (guint d = 0; d <= KR; d++)
        CU_ASSERT(c.of_ratings->fold_in.precisions[d] > 0);
    CU_ASSERT_PTR_NULL(c.of_ratings->fold_in.mean);
}

/* Lists are those of one half, ratings those of the other, and a movie's length is that of its
 * ranking half. */
static void test_both(void)
{
    g_auto(Case) c = {0};
    case_init(&c);
    const FmModel *model = c.both->model;
    CU_ASSERT_EQUAL(model->k, 1 + KR + KL);
    CU_ASSERT_EQUAL(c.both->form.rating_dims, 1 + KR);
    double halves[2] = {0};
    for (guint m = 0; m < MOVIES; m++) {
        for (guint u = 0; u < USERS; u++) {
            CU_ASSERT_DOUBLE_EQUAL(rating(c.both, u, m), rating(c.of_ratings, u, m), 1e-6);
            CU_ASSERT_DOUBLE_EQUAL(list_score(c.both, u, m), list_score(c.of_ranking, u, m), 1e-6);
        }
        for (guint d = 0; d < model->k; d++)
            halves[d > KR] += pow((double)fm_vector(model, USERS + m)[d], 2);
    }
    CU_ASSERT(halves[1] > 1000 * halves[0]);
    for (guint u = 0; u < USERS; u++)
        CU_ASSERT_EQUAL(fm_vector(model, u)[0], 0);
}

/* The same minimum in other units: θ is shorter by the gain, so its weight grows with its square.
 */
static void test_records_of_both(void)
{
    g_auto(Case) c = {0};
    case_init(&c);
    const FoldInRecord *both = &c.both->fold_in, *half = &c.of_ranking->fold_in;
    const double gain = (double)fm_vector(c.both->model, USERS)[1 + KR] /
                        (double)fm_vector(c.of_ranking->model, USERS)[0];
    CU_ASSERT(gain > 1);
    CU_ASSERT_DOUBLE_EQUAL(both->lambda, half->lambda * gain * gain, 1e-9 * both->lambda);
    for (guint d = 0; d < KL; d++)
        CU_ASSERT_DOUBLE_EQUAL((double)both->mean[1 + KR + d], (double)half->mean[d] / gain, 1e-9);
    CU_ASSERT_EQUAL(both->precisions[0], 0);
    for (guint d = 0; d < KR; d++)
        CU_ASSERT_EQUAL(both->precisions[1 + d], c.of_ratings->fold_in.precisions[d]);
    for (guint d = 0; d < KL; d++)
        CU_ASSERT_EQUAL(both->precisions[1 + KR + d], 0);
    CU_ASSERT_EQUAL(both->precisions[1 + KR + KL], c.of_ratings->fold_in.precisions[KR]);
}

static const UnitTest tests[] = {
    {"lists", test_lists_of_ranking},
    {"ratings", test_ratings},
    {"both in one vector", test_both},
    {"folding in with both", test_records_of_both},
    {NULL, NULL},
};

TAP_MAIN("learned_model", tests)

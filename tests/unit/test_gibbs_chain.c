#include "gibbs_chain.h"

#include <math.h>
#include <string.h>

#include "made_ratings.h"
#include "tap.h"

enum { K = 16 };

static const MadeRatings world = {
    .users = 100, .movies = 80, .rank = 2, .per_user = 60, .noise = 0.5, .seed = 6};

typedef struct {
    Dataset *data;
    RatingMatrix *ratings;
    SideFeatures *features[2];
    GibbsChain *chain;
    Team *team;
} Setting;

static void setting_init(Setting *s, guint threads)
{
    s->data = made_ratings(&world, NULL);
    g_autofree guint32 *rows = g_new(guint32, s->data->rows);
    for (guint32 i = 0; i < s->data->rows; i++)
        rows[i] = i;
    s->team = team_new(threads);
    s->ratings = rating_matrix_new(s->data, rows, s->data->rows);
    s->features[PEOPLE] = side_features_of_people(s->data, s->ratings, 16, 1, s->team, NULL);
    s->features[MOVIES] = side_features_of_movies(s->data, s->ratings, 16, 1, s->team, NULL);
    s->chain = gibbs_chain_new(s->ratings, s->features, K, 3);
}

static void setting_clear(Setting *s)
{
    gibbs_chain_free(s->chain);
    side_features_free(s->features[PEOPLE]);
    side_features_free(s->features[MOVIES]);
    rating_matrix_free(s->ratings);
    dataset_free(s->data);
    team_free(s->team);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Setting, setting_clear)

static void sweep(Setting *s, guint sweeps)
{
    for (guint i = 0; i < sweeps; i++)
        CU_ASSERT(gibbs_chain_sweep(s->chain, s->team, NULL));
}

/* The noise that the ratings were made with is found, and the sweeps are counted. */
static void test_noise(void)
{
    g_auto(Setting) s;
    double precision = 0;
    setting_init(&s, 1);
    sweep(&s, 60);
    for (guint i = 0; i < 60; i++) {
        sweep(&s, 1);
        precision += s.chain->precision / 60;
    }
    CU_ASSERT_EQUAL(s.chain->sweeps, 120);

    CU_ASSERT_DOUBLE_EQUAL(1 / sqrt(precision), world.noise, 0.1);
}

static gboolean same_state(GibbsChain *a, GibbsChain *b)
{
    StateTensor of_a[GIBBS_CHAIN_TENSORS], of_b[GIBBS_CHAIN_TENSORS];
    const guint count = gibbs_chain_tensors(a, of_a);
    CU_ASSERT_EQUAL(gibbs_chain_tensors(b, of_b), count);
    gboolean same = TRUE;
    for (guint i = 0; i < count; i++) {
        CU_ASSERT_STRING_EQUAL(of_a[i].name, of_b[i].name);
        same = same && memcmp(of_a[i].data, of_b[i].data, state_tensor_size(&of_a[i])) == 0;
    }
    return same;
}

static void test_threads(void)
{
    g_auto(Setting) one, two;
    setting_init(&one, 1);
    setting_init(&two, 2);
    sweep(&one, 5);
    sweep(&two, 5);
    CU_ASSERT(same_state(one.chain, two.chain));
    sweep(&one, 1);
    CU_ASSERT_FALSE(same_state(one.chain, two.chain));
}

/* The tensors and the number of sweeps are all there is to a state. */
static void test_state(void)
{
    g_auto(Setting) from, to;
    StateTensor source[GIBBS_CHAIN_TENSORS], target[GIBBS_CHAIN_TENSORS];
    setting_init(&from, 1);
    setting_init(&to, 1);
    sweep(&from, 4);
    const guint count = gibbs_chain_tensors(from.chain, source);
    gibbs_chain_tensors(to.chain, target);
    for (guint i = 0; i < count; i++)
        memcpy(target[i].data, source[i].data, state_tensor_size(&source[i]));
    to.chain->sweeps = 4;
    sweep(&from, 3);
    sweep(&to, 3);
    CU_ASSERT(same_state(from.chain, to.chain));
}

static const UnitTest tests[] = {
    {"the noise is found", test_noise},
    {"threads", test_threads},
    {"the whole state", test_state},
    {NULL, NULL},
};

TAP_MAIN("gibbs_chain", tests)

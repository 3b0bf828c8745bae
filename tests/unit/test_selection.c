#include "selection.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "predict.h"
#include "tap.h"

enum { USERS = 20, MOVIES = 8, AGES = 2, K = 4 };

static const FixtureType types[] = {
    {FEATURE_USER, USERS}, {FEATURE_MOVIE, MOVIES}, {FEATURE_AGE, AGES}};

typedef struct {
    Bundle *bundle;
    Dataset *data;
    RatingMatrix *matrix;
    LearnedModel *before, *after;
} Case;

static void case_clear(Case *c)
{
    rating_matrix_free(c->matrix);
    dataset_free(c->data);
    bundle_free(c->bundle);
    learned_model_free(c->before);
    learned_model_free(c->after);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static guint32 age_of(guint user)
{
    return USERS + MOVIES + user % AGES;
}

static LearnedModel *new_learned(const FmModel *model)
{
    LearnedModel *learned = g_new0(LearnedModel, 1);
    learned->model = fm_model_new(model->n, model->k);
    learned->model->w0 = 3;
    memcpy(learned->model->bias, model->bias, model->n * sizeof(float));
    memcpy(learned->model->embeddings, model->embeddings,
           (gsize)model->n * model->k * sizeof(float));
    learned->form = (ModelForm){
        .link = LINK_IDENTITY, .lowest = 1, .highest = 5, .interactions = INTERACTIONS_MOVIE};
    learned->fold_in.precisions = g_new0(float, K + 1);
    for (guint d = 0; d <= K; d++)
        learned->fold_in.precisions[d] = (float)(d + 1);
    return learned;
}

/* User 7 rates nothing, the others every second movie. */
static void case_init(Case *c)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    c->bundle = fixture_bundle_of(types, G_N_ELEMENTS(types), K, 0.4, 3);
    c->data = dataset_new("x", (USERS - 1) * MOVIES / 2, 3, feature_table_ref(c->bundle->features));
    guint32 rows[USERS * MOVIES];
    guint row = 0;
    for (guint u = 0; u < USERS; u++) {
        const guint32 age = age_of(u);
        feature_table_set_attributes(c->bundle->features, u, &age, 1);
        for (guint m = u % 2; m < MOVIES && u != 7; m += 2, row++) {
            guint32 *features = c->data->features + 3 * row;
            features[0] = u;
            features[1] = USERS + m;
            features[2] = age;
            c->data->ratings[row] = (float)g_rand_int_range(random, 1, 6);
            rows[row] = row;
        }
    }
    c->matrix = rating_matrix_new(c->data, rows, row);
    c->before = new_learned(c->bundle->model);
    c->after = new_learned(c->bundle->model);
    selection_add(c->after, c->bundle->features, c->matrix, 0.9);
}

static double z_of(const LearnedModel *learned, guint user, guint movie, gboolean known)
{
    float room[K + 1];
    const guint32 whole[] = {user, USERS + movie, age_of(user)};
    const guint32 stranger[] = {age_of(user), USERS + movie};
    return known ? predict_z(learned->model, &learned->form, whole, 3, room)
                 : predict_z(learned->model, &learned->form, stranger, 2, room);
}

static void test_whole_people_stay(void)
{
    g_auto(Case) c = {0};
    case_init(&c);
    for (guint u = 0; u < USERS; u++)
        for (guint m = 0; m < MOVIES && u != 7; m++)
            CU_ASSERT_DOUBLE_EQUAL(z_of(c.after, u, m, TRUE), z_of(c.before, u, m, TRUE), 1e-6);
}

/* Strangers get what the raters of a movie are above what their attributes say. */
static void test_strangers_move(void)
{
    g_auto(Case) c = {0};
    case_init(&c);
    for (guint m = 0; m < MOVIES; m++) {
        double missing = 0;
        guint count = 0;
        for (guint r = 0; r < c.data->rows; r++) {
            const guint32 *row = c.data->features + 3 * r;
            if (row[1] != USERS + m)
                continue;
            const double z = z_of(c.before, row[0], m, FALSE);
            missing += (double)c.data->ratings[r] - CLAMP(z, 1, 5);
            count++;
        }
        missing /= count + SELECTION_DAMPING;
        CU_ASSERT(fabs(missing) > 0);
        for (guint u = 0; u < USERS; u++)
            CU_ASSERT_DOUBLE_EQUAL(z_of(c.after, u, m, FALSE),
                                   z_of(c.before, u, m, FALSE) + missing, 1e-5);
        CU_ASSERT_DOUBLE_EQUAL(z_of(c.after, 7, m, TRUE) - z_of(c.before, 7, m, TRUE), missing,
                               1e-5);
    }
}

static void test_folding_in(void)
{
    g_auto(Case) c = {0};
    case_init(&c);
    const float *precisions = c.after->fold_in.precisions;
    for (guint d = 0; d < K; d++)
        CU_ASSERT_EQUAL(precisions[d], (float)(d + 1));
    CU_ASSERT_DOUBLE_EQUAL((double)precisions[K], 0.81, 1e-6);
    CU_ASSERT_EQUAL(precisions[K + 1], K + 1);
}

static const UnitTest tests[] = {
    {"whole people stay", test_whole_people_stay},
    {"strangers move", test_strangers_move},
    {"folding in", test_folding_in},
    {NULL, NULL},
};

TAP_MAIN("selection", tests)

#include "ials_search.h"

#include <math.h>
#include <string.h>

#include "recsys_error.h"
#include "rng.h"
#include "tap.h"

#define USERS 120
#define MOVIES 60
#define GROUPS 4

/* Users and movies are of a few groups; each user has half of the movies of the own group, liked,
 * and a few others, liked less. `stars`: 5, or 1 for ratings that are all equal. */
static Dataset *grouped(guint stars, guint32 seed)
{
    g_autoptr(GRand) random = rng_new(seed, 0);
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < USERS + MOVIES; i++) {
        g_autofree char *value = g_strdup_printf("%u", i < USERS ? i : i - USERS);
        const Feature feature = {.type = i < USERS ? "user" : "movie", .value = value};
        CU_ASSERT(feature_table_add(table, &feature, NULL, NULL));
    }
    Dataset *data = dataset_new("groups", USERS * MOVIES, 2, table);
    data->rows = 0;
    for (guint32 u = 0; u < USERS; u++)
        for (guint32 m = 0; m < MOVIES; m++) {
            const gboolean own = u % GROUPS == m % GROUPS;
            if (g_rand_double(random) >= (own ? 0.5 : 0.1))
                continue;
            data->features[2 * data->rows] = u;
            data->features[2 * data->rows + 1] = USERS + m;
            data->ratings[data->rows++] = (float)(stars == 1 ? 1
                                                  : own      ? 4 + rng_below(random, 2)
                                                             : 1 + rng_below(random, 4));
        }
    return data;
}

static guint32 *all_rows(const Dataset *data)
{
    guint32 *rows = g_new(guint32, data->rows);
    for (guint i = 0; i < data->rows; i++)
        rows[i] = i;
    return rows;
}

static IalsOptions options_to_find(double alpha, double lambda)
{
    return (IalsOptions){
        .factors = 8, .sweeps = 8, .alpha = alpha, .lambda = lambda, .seed = 3, .threads = 1};
}

static IalsSearch *search(const Dataset *data, const IalsOptions *options)
{
    g_autofree guint32 *rows = all_rows(data);
    g_autoptr(GError) error = NULL;
    IalsSearch *found = ials_search(data, rows, data->rows, options, NULL, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(found);
    if (error != NULL)
        printf("# %s\n", error->message);
    return found;
}

/* The chosen pair is the best that was tried, each pair was tried once, and lists are far better
 * than chance, which has about .1: ten of fifty movies, half a point each at most. */
static void check_found(const IalsSearch *s)
{
    double best = 0;
    guint where = 0;
    CU_ASSERT(s->trials->len >= 5 && s->trials->len <= 16);
    for (guint i = 0; i < s->trials->len; i++) {
        const IalsTrial *t = &g_array_index(s->trials, IalsTrial, i);
        CU_ASSERT(t->ndcg >= 0 && t->ndcg <= 1);
        if (t->ndcg > best) {
            best = t->ndcg;
            where = i;
        }
        for (guint j = 0; j < i; j++) {
            const IalsTrial *other = &g_array_index(s->trials, IalsTrial, j);
            CU_ASSERT_FALSE(t->alpha == other->alpha && t->lambda == other->lambda);
        }
    }
    CU_ASSERT(best > 0.25);
    CU_ASSERT_EQUAL(s->alpha, g_array_index(s->trials, IalsTrial, where).alpha);
    CU_ASSERT_EQUAL(s->lambda, g_array_index(s->trials, IalsTrial, where).lambda);
    CU_ASSERT(s->people > 50 && s->people <= USERS);
    CU_ASSERT(s->held_out >= s->people);
}

static void test_found(void)
{
    const IalsOptions options = options_to_find(NAN, NAN);
    g_autoptr(Dataset) stars = grouped(5, 1);
    g_autoptr(Dataset) equal = grouped(1, 2);
    g_autoptr(IalsSearch) of_stars = search(stars, &options);
    g_autoptr(IalsSearch) of_equal = search(equal, &options);
    if (of_stars == NULL || of_equal == NULL)
        return;
    check_found(of_stars);
    check_found(of_equal);
}

static void test_same_again(void)
{
    IalsOptions options = options_to_find(NAN, NAN);
    g_autoptr(Dataset) data = grouped(5, 1);
    g_autoptr(IalsSearch) one = search(data, &options);
    options.threads = 3;
    g_autoptr(IalsSearch) three = search(data, &options);
    options.seed++;
    g_autoptr(IalsSearch) other = search(data, &options);
    if (one == NULL || three == NULL || other == NULL)
        return;
    CU_ASSERT_EQUAL(one->trials->len, three->trials->len);
    if (one->trials->len == three->trials->len)
        CU_ASSERT_EQUAL(
            memcmp(one->trials->data, three->trials->data, one->trials->len * sizeof(IalsTrial)),
            0);
    CU_ASSERT_NOT_EQUAL(g_array_index(one->trials, IalsTrial, 0).ndcg,
                        g_array_index(other->trials, IalsTrial, 0).ndcg);
}

static void test_fixed(void)
{
    const IalsOptions alpha = options_to_find(0.7, NAN), lambda = options_to_find(NAN, 0.02),
                      none = options_to_find(NAN, NAN), both = options_to_find(0.7, 0.02),
                      zero = options_to_find(0, NAN);
    g_autoptr(Dataset) data = grouped(5, 1);
    g_autoptr(IalsSearch) a = search(data, &alpha);
    g_autoptr(IalsSearch) l = search(data, &lambda);
    g_autoptr(IalsSearch) n = search(data, &none);
    g_autoptr(IalsSearch) b = search(data, &both);
    g_autoptr(IalsSearch) z = search(data, &zero);
    if (a == NULL || l == NULL || n == NULL || b == NULL || z == NULL)
        return;
    for (guint i = 0; i < a->trials->len; i++)
        CU_ASSERT_EQUAL(g_array_index(a->trials, IalsTrial, i).alpha, 0.7);
    for (guint i = 0; i < l->trials->len; i++)
        CU_ASSERT_EQUAL(g_array_index(l->trials, IalsTrial, i).lambda, 0.02);
    CU_ASSERT(a->trials->len >= 3 && l->trials->len >= 3 && z->trials->len >= 3);
    CU_ASSERT_EQUAL(b->trials->len, 0);
    CU_ASSERT_EQUAL(b->alpha, 0.7);
    CU_ASSERT_EQUAL(b->lambda, 0.02);
    CU_ASSERT_EQUAL(z->alpha, 0);
}

/* Nothing to judge by: a usual pair, no trial. */
static void test_too_few(void)
{
    const IalsOptions options = options_to_find(NAN, NAN);
    const guint32 rows[] = {0, 1, 2};
    g_autoptr(Dataset) data = grouped(5, 1);
    g_autoptr(IalsSearch) s = ials_search(data, rows, 3, &options, NULL, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(s);
    if (s == NULL)
        return;
    CU_ASSERT_EQUAL(s->trials->len, 0);
    CU_ASSERT(s->alpha > 0 && s->lambda > 0);
}

static void count_trials(const IalsTrial *trial, guint number, gpointer data)
{
    guint *count = data;
    CU_ASSERT_EQUAL(number, ++*count);
    CU_ASSERT(trial->alpha > 0);
}

static void test_told(void)
{
    const IalsOptions options = options_to_find(NAN, NAN);
    g_autoptr(Dataset) data = grouped(5, 1);
    g_autofree guint32 *rows = all_rows(data);
    guint count = 0;
    g_autoptr(IalsSearch) s =
        ials_search(data, rows, data->rows, &options, count_trials, &count, NULL);
    CU_ASSERT(s != NULL && s->trials->len == count && count > 0);
}

static const UnitTest tests[] = {
    {"the best pair that was tried is chosen", test_found},
    {"the number of threads changes nothing, the seed does", test_same_again},
    {"what is given stays", test_fixed},
    {"too few ratings to judge by", test_too_few},
    {"each trial is told", test_told},
    {NULL, NULL},
};

TAP_MAIN("ials_search", tests)

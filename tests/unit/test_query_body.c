#include "query_body.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "tap.h"

/* What a server computes, in one lane, with or without FMA. */
static double server_score(const float *q, const float *d, guint k, double bias, double shift,
                           gboolean fma)
{
    float dot = 0;
    for (guint f = 0; f < k; f++)
        dot = fma ? fmaf(q[f], d[f], dot) : dot + q[f] * d[f];
    return (float)(shift + (double)dot + bias);
}

typedef struct {
    guint k, movies;
    float *query;  /* [k] */
    float *movie;  /* [movies, k] */
    double *bias;  /* [movies] */
    double norm;   /* at least the longest movie */
    double lowest; /* bias */
} Catalogue;

static void catalogue_init(Catalogue *c, guint k, guint movies)
{
    *c = (Catalogue){
        .k = k,
        .movies = movies,
        .query = g_new0(float, k),
        .movie = g_new0(float, (gsize)k *movies),
        .bias = g_new0(double, movies),
    };
}

static void catalogue_clear(Catalogue *c)
{
    g_free(c->query);
    g_free(c->movie);
    g_free(c->bias);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Catalogue, catalogue_clear)

static void measure(Catalogue *c)
{
    c->norm = 0;
    c->lowest = INFINITY;
    for (guint m = 0; m < c->movies; m++) {
        double squares = 0;
        for (guint f = 0; f < c->k; f++)
            squares += (double)c->movie[m * c->k + f] * c->movie[m * c->k + f];
        c->norm = MAX(c->norm, sqrt(squares) * (1 + 1e-9));
        c->lowest = MIN(c->lowest, c->bias[m]);
    }
}

/* The lowest score of any movie, in either kernel. */
static double lowest_score(const Catalogue *c)
{
    double shift = query_shift(c->query, c->k, c->norm, c->lowest), lowest = INFINITY;
    for (guint m = 0; m < c->movies; m++)
        for (guint fma = 0; fma < 2; fma++)
            lowest = MIN(lowest, server_score(c->query, c->movie + m * c->k, c->k, c->bias[m],
                                              shift, fma == 1));
    return lowest;
}

static const guint lengths[] = {1, 3, 8, 120, 121, 4096};

static void test_shift_for_random_models(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint round = 0; round < 400; round++) {
        g_auto(Catalogue) c = {0};
        guint k = lengths[round % G_N_ELEMENTS(lengths)];
        catalogue_init(&c, k, 8);
        int size = g_rand_int_range(random, -60, 40);
        for (guint f = 0; f < k; f++)
            c.query[f] = fixture_float(random, size - 3, size);
        for (guint i = 0; i < k * c.movies; i++)
            c.movie[i] = fixture_float(random, -size / 2 - 3, -size / 2);
        for (guint m = 0; m < c.movies; m++)
            c.bias[m] = fixture_float(random, -20, 20);
        measure(&c);
        CU_ASSERT(lowest_score(&c) >= 0);
    }
}

/* The worst movie there is: the query's opposite, with the lowest bias. All products are negative
 * and the score is as near to zero as it can be. */
static void test_shift_for_the_opposite_of_the_query(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint round = 0; round < 600; round++) {
        g_auto(Catalogue) c = {0};
        guint k = lengths[round % G_N_ELEMENTS(lengths)];
        catalogue_init(&c, k, 1);
        int size = g_rand_int_range(random, -60, 40);
        for (guint f = 0; f < k; f++) {
            c.query[f] = fixture_float(random, size - 3, size);
            c.movie[f] = -c.query[f];
        }
        c.bias[0] = round % 3 == 0 ? 0 : fixture_float(random, -60, 60);
        measure(&c);
        CU_ASSERT(lowest_score(&c) >= 0);
    }
}

/* Float32 sums that err as far as they can: each small product is a tie that is rounded away from
 * zero or lost. */
static void test_shift_for_the_worst_rounding(void)
{
    for (guint l = 0; l < G_N_ELEMENTS(lengths); l++) {
        const float steps[] = {0x1p-24f, 0x1.000002p-24f, 0x1.8p-24f};
        for (guint s = 0; s < G_N_ELEMENTS(steps); s++) {
            g_auto(Catalogue) c = {0};
            catalogue_init(&c, lengths[l], 1);
            for (guint f = 0; f < c.k; f++) {
                c.query[f] = f == 0 ? 1 : sqrtf(steps[s]);
                c.movie[f] = -c.query[f];
            }
            measure(&c);
            CU_ASSERT(lowest_score(&c) >= 0);
        }
    }
}

/* A bias so large that the shift is rounded by more than the products amount to; at a power of two
 * the numbers below are twice as dense. */
static void test_shift_for_a_huge_bias(void)
{
    for (int exponent = 0; exponent < 120; exponent++) {
        for (int part = 1; part <= 64; part++) {
            g_auto(Catalogue) c = {0};
            catalogue_init(&c, 1, 1);
            c.query[0] = 1;
            c.movie[0] = -(float)ldexp(part / 64.0, exponent - 52);
            c.bias[0] = -ldexp(1, exponent);
            measure(&c);
            CU_ASSERT(lowest_score(&c) >= 0);
        }
    }
}

/* It must not be so large that float32 scores lose what tells movies apart. */
static void test_shift_is_no_larger_than_needed(void)
{
    const float query[] = {3, 4};
    double shift = query_shift(query, 2, 2, -0.5);
    CU_ASSERT(shift >= 10.5);
    CU_ASSERT(shift <= 10.5 + 1e-4);
    CU_ASSERT_EQUAL(query_shift(query, 2, 2, 11), 0); /* nothing can be negative */
    CU_ASSERT(query_shift(query, 2, 2, 10) > 0);
    const float zero[] = {0, 0};
    CU_ASSERT(query_shift(zero, 2, 2, 0) <= 1e-5);
}

/* ---- the search ---- */

static void test_search_body(void)
{
    const float query[] = {0.1f, -2.5f, 1e-20f};
    const QueryBody asked = {.query = query, .k = 3, .shift = 12.3456789012345, .size = 25};
    g_autofree char *text = query_body(&asked);
    g_autoptr(GError) error = NULL;
    g_auto(yajl_val) body = json_parse(text, "the body", &error);
    CU_ASSERT_PTR_NOT_NULL(body);
    gint64 size = 0;
    double shift = 0;
    CU_ASSERT(json_get_int(body, "size", &size) && size == 25);
    yajl_val filters = json_get(body, "query.script_score.query.bool.filter");
    CU_ASSERT_EQUAL(json_array_length(filters), 1);
    CU_ASSERT_EQUAL(
        g_strcmp0(json_get_string(json_array_get(filters, 0), "term.feature_type"), "movie"), 0);
    CU_ASSERT(json_get_double(body, "query.script_score.script.params.shift", &shift));
    CU_ASSERT_EQUAL(shift, 12.3456789012345);
    yajl_val vector = json_get(body, "query.script_score.script.params.query_vector");
    CU_ASSERT_EQUAL(json_array_length(vector), 3);
    for (guint f = 0; f < 3; f++) {
        float value = 0;
        CU_ASSERT(json_to_float(json_array_get(vector, f), &value) && value == query[f]);
    }
    yajl_val sort = json_get(body, "sort");
    CU_ASSERT_EQUAL(json_array_length(sort), 2);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(json_array_get(sort, 0), "_score"), "desc"), 0);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(json_array_get(sort, 1), "feature_index"), "asc"), 0);
    CU_ASSERT_PTR_NULL(strchr(text, '\n'));
}

/* The server compiles a script once for each text: nothing variable may be in it. */
static void test_script_is_constant(void)
{
    const float one[] = {1, 2}, two[] = {-7.5f, 1e-3f};
    const QueryBody few = {.query = one, .k = 2, .shift = 3, .size = 10};
    const QueryBody many = {.query = two, .k = 2, .shift = 99.5, .size = 1000};
    g_autofree char *a = query_body(&few);
    g_autofree char *b = query_body(&many);
    g_auto(yajl_val) first = json_parse(a, "a", NULL);
    g_auto(yajl_val) second = json_parse(b, "b", NULL);
    const char *path = "query.script_score.script.source";
    const char *source = json_get_string(first, path);
    CU_ASSERT_PTR_NOT_NULL(source);
    CU_ASSERT_EQUAL(g_strcmp0(source, json_get_string(second, path)), 0);
    CU_ASSERT_EQUAL(g_strcmp0(source, "params.shift + dotProduct(params.query_vector, 'embedding') "
                                      "+ doc['bias'].value"),
                    0);
}

/* What a page and an explanation ask for besides. */
static void test_places(void)
{
    const float query[] = {1, 2};
    const QueryBody asked = {.query = query,
                             .k = 2,
                             .size = 3,
                             .from = 4,
                             .with_vectors = TRUE,
                             .point_in_time = "p\"q",
                             .after = "[1.5,7]"};
    g_autofree char *text = query_body(&asked);
    g_auto(yajl_val) body = json_parse(text, "the body", NULL);
    gint64 from = 0;
    CU_ASSERT(json_get_int(body, "from", &from) && from == 4);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(body, "pit.id"), "p\"q"), 0);
    CU_ASSERT_EQUAL(json_array_length(json_get(body, "search_after")), 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"model_id\",\"embedding\",\"bias\"]"));
    const QueryBody plain = {.query = query, .k = 2, .size = 3};
    g_autofree char *without = query_body(&plain);
    CU_ASSERT_PTR_NULL(strstr(without, "\"from\""));
    CU_ASSERT_PTR_NULL(strstr(without, "\"pit\""));
    CU_ASSERT_PTR_NULL(strstr(without, "search_after"));
    CU_ASSERT_PTR_NULL(strstr(without, "\"embedding\"")); /* not fetched unless asked for */
}

static void test_bare(void)
{
    const float query[] = {1, 2};
    const QueryBody asked = {.query = query, .k = 2, .size = 3, .bare = TRUE};
    g_autofree char *text = query_body(&asked);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"_source\":false"));
}

static void test_other_scorings(void)
{
    const float query[] = {1, 2};
    QueryBody asked = {.query = query, .k = 2, .size = 3, .scoring = QUERY_COSINE};
    g_autofree char *cosine = query_body(&asked);
    CU_ASSERT_PTR_NOT_NULL(strstr(cosine, "cosineSimilarity(params.query_vector, 'embedding')"));
    asked.scoring = QUERY_DOT;
    g_autofree char *dot = query_body(&asked);
    CU_ASSERT_PTR_NOT_NULL(strstr(dot, "dotProduct"));
    CU_ASSERT_PTR_NULL(strstr(dot, "bias"));
}

/* The cosine of half a vector: the script is as constant as the others, its numbers parameters. */
static void test_half_cosine(void)
{
    const float query[] = {0, 3, 4};
    QueryBody asked = {.query = query, .k = 3, .size = 3, .first = 1, .scoring = QUERY_COSINE};
    g_autofree char *half = query_body(&asked);
    CU_ASSERT_PTR_NOT_NULL(strstr(half, "\"first\":1,\"length\":5"));
    CU_ASSERT_PTR_NOT_NULL(strstr(half, "int i = params.first"));
    CU_ASSERT_PTR_NULL(strstr(half, "cosineSimilarity"));
    asked.scoring = QUERY_DOT;
    g_autofree char *dot = query_body(&asked);
    CU_ASSERT_PTR_NULL(strstr(dot, "first"));
}

static const UnitTest tests[] = {
    {"shift for random models", test_shift_for_random_models},
    {"shift for the opposite of the query", test_shift_for_the_opposite_of_the_query},
    {"shift for the worst rounding", test_shift_for_the_worst_rounding},
    {"shift for a huge bias", test_shift_for_a_huge_bias},
    {"shift is no larger than needed", test_shift_is_no_larger_than_needed},
    {"search body", test_search_body},
    {"script is constant", test_script_is_constant},
    {"pages and vectors", test_places},
    {"hits that are skipped", test_bare},
    {"other scorings", test_other_scorings},
    {"the cosine of half a vector", test_half_cosine},
    {NULL, NULL},
};

TAP_MAIN("query_body", tests)

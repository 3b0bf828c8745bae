#include "explain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "fixtures.h"
#include "forms.h"
#include "json.h"
#include "local_scorer.h"
#include "recsys_error.h"
#include "tap.h"

#define K 5

typedef struct {
    Bundle *bundle;
    Profile *profile;
    ProfileSum *sum;
    Ranking *ranking; /* a right answer for the movies asked for */
    guint indices[EXPLAIN_MOST];
    guint count;
} Question;

static void question_clear(Question *q)
{
    bundle_free(q->bundle);
    profile_free(q->profile);
    profile_sum_free(q->sum);
    ranking_free(q->ranking);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Question, question_clear)

static void add_answer(Question *q, guint index, float score)
{
    const Feature *feature = feature_table_get(q->bundle->features, index);
    RankedMovie movie = {
        .id = g_strdup_printf("movie_%s", feature->value),
        .value = g_strdup(feature->value),
        .title = g_strdup(feature->title),
        .raw_score = score,
    };
    ranking_add(q->ranking, &movie);
}

/* Two movies of the fixture for {age 18, gender M}, with the answer of a right server. */
static void ask(Question *q, guint one, guint other, double shift)
{
    q->bundle = fixture_bundle(K, 7);
    q->profile = profile_new();
    profile_add(q->profile, "age", "18");
    profile_add(q->profile, "gender", "M");
    q->sum = local_profile_sum(q->bundle, q->profile, NULL);
    q->ranking = ranking_new("recsys-1", q->bundle->model_id, &q->bundle->form, shift);
    q->indices[0] = one;
    q->indices[1] = other;
    q->count = 2;
    float scores[2];
    for (guint m = 0; m < 2; m++)
        scores[m] = (float)exact_score(q->sum->query, fm_vector(q->bundle->model, q->indices[m]), K,
                                       q->bundle->model->bias[q->indices[m]], shift)
                        .score;
    guint first = scores[1] > scores[0];
    add_answer(q, q->indices[first], scores[first]);
    add_answer(q, q->indices[1 - first], scores[1 - first]);
}

static Explanation *answer(const Question *q, GError **error)
{
    return explain(q->bundle, q->profile, q->sum, q->indices, q->count, q->ranking, q->sum, error);
}

static RankedMovie *returned(const Question *q, guint at)
{
    return &g_array_index(q->ranking->movies, RankedMovie, at);
}

/* The model's own best and worst movie. */
static void find_best_and_worst(guint *best, guint *worst)
{
    g_auto(Question) q = {0};
    ask(&q, FIXTURE_FIRST_MOVIE, FIXTURE_FIRST_MOVIE + 1, 0);
    g_autoptr(Ranking) ranking = local_rank(q.bundle, q.profile, 10, NULL);
    feature_table_find(q.bundle->features, FEATURE_MOVIE,
                       g_array_index(ranking->movies, RankedMovie, 0).value, best);
    feature_table_find(q.bundle->features, FEATURE_MOVIE,
                       g_array_index(ranking->movies, RankedMovie, ranking->movies->len - 1).value,
                       worst);
}

static void test_parts_sum_to_the_score(void)
{
    g_auto(Question) q = {0};
    ask(&q, FIXTURE_FIRST_MOVIE + 1, FIXTURE_FIRST_MOVIE + 3, 12);
    g_autoptr(Explanation) e = answer(&q, NULL);
    CU_ASSERT(e != NULL && e->parts->len == 4); /* bias, age, gender, rounding */
    double sums[2] = {0}, last = INFINITY;
    for (guint i = 0; e != NULL && i < e->parts->len; i++) {
        const ExplainPart *part = &g_array_index(e->parts, ExplainPart, i);
        sums[0] += part->adds[0];
        sums[1] += part->adds[1];
        CU_ASSERT(fabs(part->adds[0] - part->adds[1]) <= last);
        last = fabs(part->adds[0] - part->adds[1]);
        if (strcmp(part->type, "bias") == 0)
            CU_ASSERT_EQUAL(part->adds[0], q.bundle->model->bias[q.indices[0]]);
        if (strcmp(part->type, "gender") == 0)
            CU_ASSERT_EQUAL(part->adds[1],
                            exact_score(fm_vector(q.bundle->model, 10),
                                        fm_vector(q.bundle->model, q.indices[1]), K, 0, 0)
                                .score);
    }
    for (guint m = 0; e != NULL && m < 2; m++) {
        CU_ASSERT(fabs(sums[m] - e->movies[m].score) <= 1e-14);
        CU_ASSERT(fabs(e->movies[m].score + 12 - e->movies[m].exact.score) <= 1e-14);
    }
}

/* Of two halves each part is of the one for lists, so that rounding is all that is left over. */
static void test_two_halves(void)
{
    g_auto(Question) q = {0};
    ask(&q, FIXTURE_FIRST_MOVIE + 1, FIXTURE_FIRST_MOVIE + 3, 12);
    profile_sum_free(q.sum);
    q.bundle->form = form_of(OBJECTIVE_BOTH, LINK_IDENTITY, 2);
    q.sum = local_profile_sum(q.bundle, q.profile, NULL);
    g_autoptr(Explanation) e = answer(&q, NULL);
    double sum = 0;
    for (guint i = 0; e != NULL && i < e->parts->len; i++) {
        const ExplainPart *part = &g_array_index(e->parts, ExplainPart, i);
        sum += part->adds[0];
        if (strcmp(part->type, "rounding of the query") == 0)
            CU_ASSERT(fabs(part->adds[0]) < 1e-6);
    }
    CU_ASSERT(e != NULL && fabs(sum - e->movies[0].score) <= 1e-14);
    CU_ASSERT(e != NULL && isfinite(e->movies[0].rating));
}

/* Rank and rating are those of the local scorer. */
static void test_rank_and_rating(void)
{
    g_auto(Question) q = {0};
    ask(&q, FIXTURE_FIRST_MOVIE + 2, FIXTURE_FIRST_MOVIE, 3);
    g_autoptr(Explanation) e = answer(&q, NULL);
    g_autoptr(Ranking) ranking = local_rank(q.bundle, q.profile, 10, NULL);
    for (guint m = 0; m < 2; m++) {
        const RankedMovie *movie =
            &g_array_index(ranking->movies, RankedMovie, e->movies[m].rank - 1);
        CU_ASSERT_STRING_EQUAL(movie->value, e->movies[m].feature->value);
        CU_ASSERT_EQUAL(movie->rating, e->movies[m].rating);
    }
}

static void test_right_answers(void)
{
    guint best = 0, worst = 0;
    find_best_and_worst(&best, &worst);
    const guint orders[][2] = {{best, worst}, {worst, best}};
    for (guint i = 0; i < 2; i++) {
        g_auto(Question) q = {0};
        ask(&q, orders[i][0], orders[i][1], 20);
        g_autoptr(Explanation) e = answer(&q, NULL);
        CU_ASSERT(e != NULL && explanation_is_right(e));
        CU_ASSERT_EQUAL(e->first, i);
        CU_ASSERT_EQUAL(explanation_claim(e), i == 0 ? PAIR_PROVED : PAIR_VIOLATED);
        CU_ASSERT_EQUAL(explanation_order(e), PAIR_PROVED);
    }
}

static void test_wrong_answers(void)
{
    guint best = 0, worst = 0;
    find_best_and_worst(&best, &worst);
    { /* a score beyond its bound */
        g_auto(Question) q = {0};
        ask(&q, best, worst, 20);
        returned(&q, 1)->raw_score *= 1.00001f;
        g_autoptr(Explanation) e = answer(&q, NULL);
        CU_ASSERT(e->movies[0].is_right && !e->movies[1].is_right && !explanation_is_right(e));
    }
    { /* the wrong one first */
        g_auto(Question) q = {0};
        ask(&q, best, worst, 20);
        RankedMovie first = *returned(&q, 0);
        *returned(&q, 0) = *returned(&q, 1);
        *returned(&q, 1) = first;
        g_autoptr(Explanation) e = answer(&q, NULL);
        CU_ASSERT_EQUAL(explanation_claim(e), PAIR_PROVED);
        CU_ASSERT_EQUAL(explanation_order(e), PAIR_VIOLATED);
        CU_ASSERT(e->movies[0].is_right && e->movies[1].is_right && !explanation_is_right(e));
    }
    { /* another query vector */
        g_auto(Question) q = {0};
        ask(&q, best, worst, 20);
        g_autoptr(ProfileSum) other = local_profile_sum(q.bundle, q.profile, NULL);
        other->query[K - 1] = nextafterf(other->query[K - 1], 9);
        g_autoptr(Explanation) e =
            explain(q.bundle, q.profile, q.sum, q.indices, q.count, q.ranking, other, NULL);
        CU_ASSERT(!e->same_query && !explanation_is_right(e));
    }
}

static void test_equal_movies(void)
{
    g_auto(Question) q = {0};
    ask(&q, FIXTURE_FIRST_MOVIE, FIXTURE_FIRST_MOVIE + 1, 20);
    FmModel *model = q.bundle->model;
    memcpy(model->embeddings + (gsize)q.indices[1] * K, fm_vector(model, q.indices[0]),
           K * sizeof(float));
    model->bias[q.indices[1]] = model->bias[q.indices[0]];
    returned(&q, 0)->raw_score = returned(&q, 1)->raw_score =
        (float)exact_score(q.sum->query, fm_vector(model, q.indices[0]), K,
                           model->bias[q.indices[0]], 20)
            .score;
    g_autoptr(Explanation) e = answer(&q, NULL);
    CU_ASSERT_EQUAL(explanation_claim(e), PAIR_WITHIN_ROUNDING);
    CU_ASSERT(explanation_is_right(e));
}

static void test_missing_answer(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(Question) q = {0};
    ask(&q, FIXTURE_FIRST_MOVIE, FIXTURE_FIRST_MOVIE + 1, 20);
    g_array_set_size(q.ranking->movies, 1);
    g_autoptr(Explanation) e = answer(&q, &error);
    CU_ASSERT_PTR_NULL(e);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_GATE, "recsys-1 does not return it");
}

static char *print(const Explanation *e, void (*printer)(const Explanation *, FILE *))
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    printer(e, out);
    fclose(out);
    char *copy = g_strdup(text);
    free(text);
    return copy;
}

/* "age 18 does most for it", from the parts. */
static char *strongest_part(const Explanation *e)
{
    const ExplainPart *strongest = &g_array_index(e->parts, ExplainPart, 0);
    for (guint i = 1; i < e->parts->len; i++) {
        const ExplainPart *part = &g_array_index(e->parts, ExplainPart, i);
        if (part->adds[0] - part->adds[1] > strongest->adds[0] - strongest->adds[1])
            strongest = part;
    }
    return strongest->value != NULL
               ? g_strdup_printf("; %s %s does most for it", strongest->type, strongest->value)
               : g_strdup_printf("; %s does most for it", strongest->type);
}

static void test_table(void)
{
    guint best = 0, worst = 0;
    find_best_and_worst(&best, &worst);
    g_auto(Question) q = {0};
    ask(&q, best, worst, 20);
    g_autoptr(Explanation) two = answer(&q, NULL);
    g_autofree char *text = print(two, explanation_print);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, ": proved. It leads by "));
    g_autofree char *strongest = strongest_part(two);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, strongest));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, " first: right\n"));
    /* Rows of numbers are as wide as the head, to the column. */
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    gsize head = 0;
    for (guint i = 0; lines[i] != NULL; i++) {
        if (g_str_has_suffix(lines[i], "difference"))
            head = strlen(lines[i]);
        if (g_str_has_prefix(lines[i], "gender M ") || g_str_has_prefix(lines[i], "bias "))
            CU_ASSERT_EQUAL(strlen(lines[i]), head);
    }
    CU_ASSERT(head > 0);

    q.count = 1;
    g_autoptr(Explanation) one = answer(&q, NULL);
    g_autofree char *shorter = print(one, explanation_print);
    CU_ASSERT_PTR_NULL(strstr(shorter, "difference"));
    CU_ASSERT_PTR_NULL(strstr(shorter, "above"));
    CU_ASSERT_PTR_NOT_NULL(strstr(shorter, "right, within its bound"));
}

static void test_json(void)
{
    guint best = 0, worst = 0;
    find_best_and_worst(&best, &worst);
    g_auto(Question) q = {0};
    ask(&q, worst, best, 20);
    g_autoptr(Explanation) e = answer(&q, NULL);
    g_autofree char *text = print(e, explanation_print_json);
    g_auto(yajl_val) json = json_parse(text, "the explanation", NULL);
    yajl_val movie = json_array_get(json_get(json, "movies"), 0);
    double score = 0, sum = 0, adds = 0;
    CU_ASSERT_STRING_EQUAL(json_get_string(json, "above.claim"), "refuted");
    CU_ASSERT_STRING_EQUAL(json_get_string(json, "above.order"), "proved");
    CU_ASSERT(json_is_true(json, "right") && json_is_true(movie, "right"));
    for (gsize i = 0; i < json_array_length(json_get(movie, "parts")); i++) {
        CU_ASSERT(json_get_double(json_array_get(json_get(movie, "parts"), i), "adds", &adds));
        sum += adds;
    }
    CU_ASSERT(json_get_double(movie, "score", &score) && fabs(score - sum) <= 1e-14);
}

static const UnitTest tests[] = {
    {"two halves", test_two_halves},
    {"parts sum to the score", test_parts_sum_to_the_score},
    {"rank and rating", test_rank_and_rating},
    {"right answers", test_right_answers},
    {"wrong answers", test_wrong_answers},
    {"equal movies", test_equal_movies},
    {"missing answer", test_missing_answer},
    {"table", test_table},
    {"json", test_json},
    {NULL, NULL},
};

TAP_MAIN("explain", tests)

#include "answer_check.h"

#include <math.h>
#include <string.h>

#include "small_bundle.h"

#define SHIFT 4.0

/* Of the five movies with this query; the second and the last are equal. */
static const float query[] = {0.5f, 0};
static const float right[] = {5.5f, 4.75f, 4.125f, 3, 4.75f};

typedef struct {
    Report *report;
    Bundle *bundle;
    AnswerCheck *check;
    AnswerVerdict verdict;
} Judged;

static void judged_clear(Judged *j)
{
    answer_check_free(j->check);
    bundle_free(j->bundle);
    report_free(j->report);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Judged, judged_clear)

static void begin(Judged *j, const KernelFinding *kernels)
{
    j->report = report_new();
    j->bundle = small_bundle(SMALL_TRAINING);
    j->check = answer_check_new(j->report, j->bundle, DOC_IDS_BY_VALUE, kernels);
}

static void judge(Judged *j, const Returned *movies, guint count, guint depth)
{
    g_autoptr(GArray) returned = g_array_new(FALSE, FALSE, sizeof(Returned));
    g_array_append_vals(returned, movies, count);
    j->verdict = answer_check(j->check, "age 18", query, SHIFT, returned, depth);
}

/* The movies at these positions with their right scores. */
static void judge_right_scores(Judged *j, const guint *positions, guint count, guint depth)
{
    Returned movies[5];
    for (guint i = 0; i < count; i++)
        movies[i] = (Returned){positions[i], right[positions[i]]};
    judge(j, movies, count, depth);
}

/* One finding of this kind, with this text. */
static gboolean has_found(const Judged *j, ViolationKind kind, const char *text)
{
    const KindFindings *findings = &j->report->kinds[kind];
    return findings->count == 1 &&
           strstr(g_ptr_array_index(findings->first, 0), "{age 18}") != NULL &&
           strstr(g_ptr_array_index(findings->first, 0), text) != NULL;
}

static void test_right(void)
{
    g_auto(Judged) j = {0};
    const guint all[] = {0, 1, 4, 2, 3};
    begin(&j, NULL);
    judge_right_scores(&j, all, 5, 5);
    CU_ASSERT(j.verdict.list_is_right && j.verdict.set_is_right);
    CU_ASSERT_EQUAL(j.report->violations, 0);
    CU_ASSERT_EQUAL(j.report->scores, 5);
    CU_ASSERT_EQUAL(j.report->proved, 3);
    CU_ASSERT_EQUAL(j.report->within_rounding, 1);
    for (guint i = 0; i < 5; i++)
        CU_ASSERT_EQUAL(j.verdict.exact[i].score, right[all[i]]);
    judge_right_scores(&j, all, 2, 2); /* its equal is left out, which is right */
    CU_ASSERT(j.verdict.set_is_right);
    judge_right_scores(&j, all, 5, 100); /* there are no more */
    CU_ASSERT(j.verdict.list_is_right);
    CU_ASSERT_EQUAL(j.report->violations, 0);
}

static void test_ids(void)
{
    g_auto(Judged) j = {0};
    guint position = 9;
    begin(&j, NULL);
    CU_ASSERT(answer_check_find(j.check, "movie_30", &position) && position == 2);
    CU_ASSERT_FALSE(answer_check_find(j.check, "user_1", &position));
    CU_ASSERT_FALSE(answer_check_find(j.check, "movie_99", &position));
}

static void test_score(void)
{
    g_auto(Judged) j = {0};
    const Returned movies[] = {{0, 5.50001f}, {1, 4.75f}};
    begin(&j, NULL);
    judge(&j, movies, 2, 2);
    CU_ASSERT(has_found(&j, VIOLATION_SCORE, "score of movie_10 for"));
    CU_ASSERT_EQUAL(j.report->violations, 1);
    CU_ASSERT_EQUAL(j.report->proved, 1);
}

static void test_order(void)
{
    g_auto(Judged) j = {0};
    const guint positions[] = {1, 0};
    begin(&j, NULL);
    judge_right_scores(&j, positions, 2, 2);
    CU_ASSERT(has_found(&j, VIOLATION_ORDER,
                        "movie_20 is returned above movie_10, the model has 4.75 below 5.5"));
    CU_ASSERT_EQUAL(j.report->violations, 1);
    CU_ASSERT_EQUAL(j.report->proved + j.report->within_rounding, 0);
}

/* Equal movies: by their own scores, then by feature index. */
static void test_sorted(void)
{
    g_auto(Judged) j = {0}, k = {0};
    const guint positions[] = {0, 4, 1};
    const Returned movies[] = {{0, 5.5f}, {1, 4.75f}, {4, nextafterf(4.75f, 5)}};
    begin(&j, NULL);
    judge_right_scores(&j, positions, 3, 3);
    CU_ASSERT(has_found(&j, VIOLATION_ORDER,
                        "movie_50 is returned above movie_20, but their own scores are 4.75 and "
                        "4.75, and its feature index is higher"));
    CU_ASSERT_EQUAL(j.report->within_rounding, 0);
    begin(&k, NULL);
    judge(&k, movies, 3, 3);
    CU_ASSERT(has_found(&k, VIOLATION_ORDER, "but their own scores are 4.75 and 4.75000048"));
    CU_ASSERT_EQUAL(k.report->kinds[VIOLATION_SCORE].count, 1); /* of so short a vector */
    CU_ASSERT_EQUAL(k.report->violations, 2);
}

static void test_set(void)
{
    g_auto(Judged) j = {0};
    const guint positions[] = {0, 2};
    begin(&j, NULL);
    judge_right_scores(&j, positions, 2, 2);
    CU_ASSERT(has_found(&j, VIOLATION_SET, "(4.75) is left out although movie_30 (4.125)"));
    CU_ASSERT_EQUAL(j.report->violations, 1);
    CU_ASSERT(j.verdict.list_is_right && !j.verdict.set_is_right);
}

static void test_list(void)
{
    g_auto(Judged) j = {0}, k = {0};
    const guint once[] = {0, 1}, twice[] = {0, 0};
    begin(&j, NULL);
    judge_right_scores(&j, once, 2, 3);
    CU_ASSERT(has_found(&j, VIOLATION_LIST, "2 movies are returned, 3 were asked for"));
    CU_ASSERT(!j.verdict.list_is_right && j.verdict.exact == NULL);
    begin(&k, NULL);
    judge_right_scores(&k, twice, 2, 2);
    CU_ASSERT(has_found(&k, VIOLATION_LIST, "movie_10 is returned twice"));
    judge_right_scores(&k, once, 2, 2); /* of the first answer nothing is left */
    CU_ASSERT(k.verdict.set_is_right);
    CU_ASSERT_EQUAL(k.report->violations, 1);
}

static void test_bits(void)
{
    g_auto(Judged) j = {0};
    NodeKernel node = {.matching = g_ptr_array_new()};
    KernelFinding kernels = {.nodes = g_ptr_array_new()};
    const Returned movies[] = {{0, nextafterf(5.5f, 6)}, {1, 4.75f}};
    const guint positions[] = {0, 1};
    g_ptr_array_add(node.matching, (gpointer)kernel_by_name("lucene-scalar"));
    g_ptr_array_add(kernels.nodes, &node);
    begin(&j, &kernels);
    judge_right_scores(&j, positions, 2, 2);
    CU_ASSERT_EQUAL(j.report->bits, 2);
    CU_ASSERT_EQUAL(j.report->violations, 0);
    judge(&j, movies, 2, 2);
    CU_ASSERT_EQUAL(j.report->bits, 3);
    CU_ASSERT(has_found(&j, VIOLATION_SCORE_BITS, "bits of movie_10 for"));
    CU_ASSERT_EQUAL(j.report->kinds[VIOLATION_SCORE].count, 1); /* so short a vector's bound */
    CU_ASSERT_EQUAL(j.report->violations, 2);
    g_ptr_array_unref(node.matching);
    g_ptr_array_unref(kernels.nodes);
}

static const UnitTest tests[] = {
    {"right answers", test_right}, {"ids", test_ids},       {"score", test_score},
    {"order", test_order},         {"sorted", test_sorted}, {"set", test_set},
    {"list", test_list},           {"bits", test_bits},     {NULL, NULL},
};

TAP_MAIN("answer_check", tests)

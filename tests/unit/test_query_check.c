#include "query_check.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "local_scorer.h"
#include "recsys_error.h"
#include "tap.h"

#define K 8
#define MOVIES 40
#define SIZE 10
#define RIGHT "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"
#define FILTER "{\"term\":{\"feature_type\":\"movie\"}}"
#define WHOLE "{\"timed_out\":false,\"_shards\":{\"failed\":0},"
#define SORT ",\"sort\":[\"_score\",\"feature_index\"]"

/* The scores of its movies are far apart. */
static Bundle *bundle_of_movies(void)
{
    const FixtureType types[] = {{"movie", MOVIES}, {"age", 4}, {"gender", 2}};
    return fixture_bundle_of(types, G_N_ELEMENTS(types), K, 0.5, 11);
}

static Profile *a_profile(void)
{
    Profile *profile = profile_new();
    profile_add(profile, "age", "2");
    profile_add(profile, "gender", "1");
    return profile;
}

/* ---- bodies and answers ---- */

typedef struct {
    Bundle *bundle;
    float query[K];
    double shift;
    guint order[MOVIES]; /* positions, best first */
    float raw[MOVIES];   /* [position] */
} Case;

static int by_score(gconstpointer a, gconstpointer b, gpointer data)
{
    const float *raw = data;
    float x = raw[*(const guint *)a], y = raw[*(const guint *)b];
    return (x < y) - (x > y);
}

static void case_set_up(Case *c, double shift)
{
    ExactScore scores[MOVIES];
    g_autoptr(Profile) profile = a_profile();
    c->bundle = bundle_of_movies();
    g_autoptr(ProfileSum) sum = local_profile_sum(c->bundle, profile, NULL);
    memcpy(c->query, sum->query, sizeof c->query);
    c->shift = shift;
    local_score_all(scores, c->bundle, c->query, shift);
    for (guint i = 0; i < MOVIES; i++) {
        c->raw[i] = (float)scores[i].score;
        c->order[i] = i;
    }
    g_qsort_with_data(c->order, MOVIES, sizeof *c->order, by_score, c->raw);
}

static void case_clear(Case *c)
{
    bundle_free(c->bundle);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static char *body_of(const Case *c, const char *script, const char *filter, const char *more)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_array_open(json);
    for (guint f = 0; f < K; f++)
        json_put_float(json, c->query[f]);
    yajl_gen_array_close(json);
    g_autofree char *vector = json_take(json, NULL);
    return g_strdup_printf("{\"size\":%d,\"query\":{\"script_score\":{\"query\":%s,\"script\":{"
                           "\"source\":\"%s\",\"params\":{\"shift\":%.17g,\"query_vector\":%s}}}}"
                           "%s}",
                           SIZE, filter, script, c->shift, vector, more);
}

static char *answer_of(const Case *c, guint first, guint count)
{
    GString *text = g_string_new(WHOLE "\"hits\":{\"hits\":[");
    for (guint i = first; i < first + count; i++)
        g_string_append_printf(text, "%s{\"_id\":\"movie_%u\",\"_score\":%.9g}",
                               i > first ? "," : "", c->order[i], (double)c->raw[c->order[i]]);
    g_string_append(text, "]}}");
    return g_string_free(text, FALSE);
}

static QueryVerdict *judge(const Case *c, const char *body, const char *answer,
                           const gboolean *eligible)
{
    g_autoptr(QueryVerdict) verdict = query_verdict_new();
    g_auto(CapturedQuery) query = {0};
    g_autoptr(GError) error = NULL;
    gboolean read = captured_query_read(&query, body, "q", answer, "a", &error) &&
                    query_check_body(verdict, c->bundle, &query, NULL, &error);
    CU_ASSERT(read);
    if (!read)
        printf("# %s\n", error->message);
    else
        query_check_answer(verdict, c->bundle, &query, query.response, eligible);
    return g_steal_pointer(&verdict);
}

static gboolean has(const GPtrArray *list, const char *text)
{
    for (guint i = 0; i < list->len; i++)
        if (strstr(g_ptr_array_index(list, i), text) != NULL)
            return TRUE;
    printf("# nothing says \"%s\":\n", text);
    for (guint i = 0; i < list->len; i++)
        printf("#   %s\n", (const char *)g_ptr_array_index(list, i));
    return FALSE;
}

static const gboolean *all_movies(void)
{
    static gboolean eligible[MOVIES];
    for (guint i = 0; i < MOVIES; i++)
        eligible[i] = TRUE;
    return eligible;
}

/* ---- right ---- */

static void test_right(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    g_autofree char *body = body_of(&c, RIGHT, FILTER, SORT);
    g_autofree char *answer = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) verdict = judge(&c, body, answer, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "right");
    CU_ASSERT_EQUAL(verdict->notes->len, 0);
    CU_ASSERT_STRING_EQUAL(verdict->profile, "age 2, gender 1");
    CU_ASSERT_STRING_EQUAL(verdict->script, "20 + dotProduct + bias");
    CU_ASSERT_EQUAL(verdict->proved, SIZE - 1);
    CU_ASSERT_EQUAL(verdict->scores, SIZE);
    CU_ASSERT(verdict->is_set_proved);
    CU_ASSERT(verdict->needed > 0 && verdict->needed < 20);
}

/* ---- scripts and shifts ---- */

static void check_script(const char *script, double shift, const char *defect)
{
    g_auto(Case) c = {0};
    case_set_up(&c, shift);
    g_autofree char *body = body_of(&c, script, FILTER, SORT);
    g_autofree char *answer = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) verdict = judge(&c, body, answer, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "WRONG");
    CU_ASSERT(has(verdict->defects, defect));
}

static void test_scripts(void)
{
    check_script("dotProduct(params.query_vector, 'embedding') + params.shift", 20,
                 "leaves out the movies' biases");
    check_script("cosineSimilarity(params.query_vector, 'embedding') + 1.0 + doc['bias'].value", 20,
                 "cosineSimilarity divides");
    check_script("params.shift + dotProduct(params.query_vector, 'vec') + doc['bias'].value", 20,
                 "uses the field vec");
    check_script("2 * dotProduct(params.query_vector, 'embedding') + doc['bias'].value", 20,
                 "takes dotProduct times 2 and bias times 1");
    check_script("doc['bias'].value + params.shift", 20, "has no dotProduct");
}

static void test_shifts(void)
{
    check_script(RIGHT, 0, "is too small");
    check_script("Math.max(0, dotProduct(params.query_vector, 'embedding') + doc['bias'].value)", 0,
                 "all of them get the same one");
    check_script("dotProduct(params.query_vector, 'embedding') + doc['bias'].value + 0.01", 0.01,
                 "Elasticsearch refuses the whole query");
    g_auto(Case) c = {0};
    case_set_up(&c, 1e8);
    g_autofree char *body = body_of(&c, RIGHT, FILTER, SORT);
    /* All scores are equal then: any order is right that is by feature index. */
    for (guint i = 0; i < MOVIES; i++)
        c.order[i] = i;
    g_autofree char *answer = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) verdict = judge(&c, body, answer, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "right");
    CU_ASSERT(has(verdict->notes, "the shift is far greater than needed"));
}

/* The script's own arithmetic may cost more than the model's: scores as it gives them, in double,
 * are right, and twice that is not. */
static void test_cancelling_constants(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    g_autofree char *body = body_of(
        &c, "1e12 + dotProduct(params.query_vector, 'embedding') + doc['bias'].value - 1e12 + 20",
        FILTER, SORT);
    for (guint i = 0; i < MOVIES; i++)
        c.raw[i] = (float)(1e12 + ((double)c.raw[i] - 20) - 1e12 + 20);
    g_qsort_with_data(c.order, MOVIES, sizeof *c.order, by_score, c.raw);
    g_autofree char *answer = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) right = judge(&c, body, answer, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(right), "right");
    CU_ASSERT_EQUAL(right->scores, SIZE);
    c.raw[c.order[0]] += 0.02f;
    g_autofree char *raised = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) wrong = judge(&c, body, raised, all_movies());
    CU_ASSERT(has(wrong->defects, "score of movie_"));
    CU_ASSERT_EQUAL(wrong->scores, SIZE - 1);
    g_autofree char *scaled_body = body_of(
        &c, "(49 * dotProduct(params.query_vector, 'embedding') + 980) / 49 + doc['bias'].value",
        FILTER, SORT);
    c.raw[c.order[0]] -= 0.02f;
    g_autoptr(QueryVerdict) scaled = judge(&c, scaled_body, answer, all_movies());
    CU_ASSERT_STRING_EQUAL(scaled->script, "20 + dotProduct + bias");
}

/* What is not understood is judged by its order alone. */
static void test_unknown_script(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    g_autofree char *body =
        body_of(&c, "sigmoid(dotProduct(params.query_vector, 'embedding'), 1, 1)", FILTER, SORT);
    g_autofree char *answer = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) verdict = judge(&c, body, answer, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "right");
    CU_ASSERT(has(verdict->notes, "judged by its order alone"));
    CU_ASSERT_EQUAL(verdict->scores, 0);
    CU_ASSERT_EQUAL(verdict->proved, SIZE - 1);
    CU_ASSERT_PTR_NULL(verdict->script);
    g_autofree char *shuffled = answer_of(&c, 1, SIZE);
    g_autoptr(QueryVerdict) wrong = judge(&c, body, shuffled, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(wrong), "WRONG");
    CU_ASSERT(has(wrong->defects, "is left out although"));
}

/* ---- answers ---- */

static void check_answer(Case *c, const char *more, char *answer, const char *defect)
{
    g_autofree char *owned = answer;
    g_autofree char *body = body_of(c, RIGHT, FILTER, more);
    g_autoptr(QueryVerdict) verdict = judge(c, body, owned, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "WRONG");
    CU_ASSERT(has(verdict->defects, defect));
}

static char *replaced(char *text, const char *from, const char *to)
{
    g_autofree char *owned = text;
    g_autoptr(GString) changed = g_string_new(owned);
    g_string_replace(changed, from, to, 1);
    return g_strdup(changed->str);
}

static void test_wrong_answers(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    g_autofree char *first = g_strdup_printf("movie_%u\"", c.order[0]);
    g_autofree char *second = g_strdup_printf("movie_%u\"", c.order[1]);
    check_answer(&c, SORT, answer_of(&c, 1, SIZE), "is left out although");
    check_answer(&c, SORT, answer_of(&c, 0, SIZE - 1), "9 hits: 10 were asked for and 40");
    check_answer(&c, SORT, answer_of(&c, 0, SIZE + 1), "11 hits: 10 were asked for");
    check_answer(&c, SORT, replaced(answer_of(&c, 0, SIZE), second, first), "is there twice");
    check_answer(&c, SORT, replaced(answer_of(&c, 0, SIZE), first, "user_1\""),
                 "hit 1, user_1, is not a movie of the model");
    check_answer(&c, SORT, replaced(answer_of(&c, 0, SIZE), "\"_id\"", "\"x\""), "has no _id");
    check_answer(&c, SORT, g_strdup("{\"took\":1}"), "has no hits.hits");
    check_answer(&c, SORT, g_strdup("{\"error\":{\"type\":\"t\",\"reason\":\"r\"},\"status\":400}"),
                 "the answer is an error with status 400: t: r");
    check_answer(&c, ",\"sort\":[{\"_score\":\"asc\"}]", answer_of(&c, 0, SIZE), "not best first");
    c.raw[c.order[0]] += 1e-4f;
    check_answer(&c, SORT, answer_of(&c, 0, SIZE), "score of movie_");
    c.raw[c.order[0]] -= 1e-4f;
    guint swapped = c.order[0];
    c.order[0] = c.order[1];
    c.order[1] = swapped;
    check_answer(&c, SORT, answer_of(&c, 0, SIZE), "order: movie_");
    check_answer(&c, SORT, answer_of(&c, 0, SIZE), "hits 1 and 2 are not in the order");
}

/* Takes the answer. */
static void check_doubt(const Case *c, char *answer, const char *doubt)
{
    g_autofree char *owned = answer;
    g_autofree char *body = body_of(c, RIGHT, FILTER, SORT);
    g_autoptr(QueryVerdict) verdict = judge(c, body, owned, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "inconclusive");
    CU_ASSERT(has(verdict->doubts, doubt));
}

static void test_partial(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    const char *const cases[][3] = {
        {"\"timed_out\":false", "\"timed_out\":true", "ran out of time"},
        {"\"failed\":0", "\"failed\":1", "shards failed"},
        {"\"timed_out\":false", "\"terminated_early\":true,\"timed_out\":false",
         "the server ended it early"},
        {"\"timed_out\":false,", "", "does not say that it is whole"},
        {"\"timed_out\":false", "\"timed_out\":null", "does not say that it is whole"},
        {"\"_shards\"", "\"_x\"", "does not say that it is whole"},
        {"\"failed\"", "\"x\"", "does not say that it is whole"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_doubt(&c, replaced(answer_of(&c, 0, SIZE), cases[i][0], cases[i][1]), cases[i][2]);
}

/* Only a 400 says something about the query. */
static void test_errors(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    const char *const cases[][2] = {
        {"429", "the answer is an error with status 429: t: r"},
        {"503", "the answer is an error with status 503: t: r"},
        {"404", "with status 404"},
        {"401", "with status 401"},
        {"null", "without its status"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_doubt(&c,
                    g_strdup_printf("{\"error\":{\"type\":\"t\",\"reason\":\"r\"},\"status\":%s}",
                                    cases[i][0]),
                    cases[i][1]);
}

/* A score may be the floor of Math.max only if the model's is there or below. */
static void test_clipped_scores(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    char floor[G_ASCII_DTOSTR_BUF_SIZE];
    const double between = ((double)c.raw[c.order[4]] + (double)c.raw[c.order[5]]) / 2;
    g_ascii_dtostr(floor, sizeof floor, between);
    g_autofree char *script = g_strdup_printf("Math.max(%s, " RIGHT ")", floor);
    g_autofree char *body = body_of(&c, script, FILTER, "");
    g_autofree char *unclipped = answer_of(&c, 0, SIZE);
    for (guint i = 5; i < SIZE; i++)
        c.raw[c.order[i]] = (float)between;
    g_autofree char *clipped = answer_of(&c, 0, SIZE);
    c.raw[c.order[4]] = (float)between;
    g_autofree char *too_much = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) right = judge(&c, body, clipped, all_movies()),
                            none = judge(&c, body, unclipped, all_movies()),
                            wrong = judge(&c, body, too_much, all_movies());
    CU_ASSERT_EQUAL(right->scores, SIZE);
    CU_ASSERT_EQUAL(none->scores, 5);
    CU_ASSERT_EQUAL(wrong->scores, SIZE - 1);
    CU_ASSERT(has(wrong->defects, "score of movie_"));
}

/* Without _score there is an order all the same. */
static void test_no_scores(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    g_autofree char *answer = replaced(answer_of(&c, 0, SIZE), "\"_score\"", "\"_x\"");
    g_autofree char *body = body_of(&c, RIGHT, FILTER, SORT);
    g_autoptr(QueryVerdict) verdict = judge(&c, body, answer, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "right");
    CU_ASSERT(has(verdict->notes, "the order alone is judged"));
}

/* Equal scores: by feature index, if that is asked for. */
static void test_ties(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    const guint above = c.order[0], below = c.order[1];
    FmModel *model = c.bundle->model;
    memcpy(model->embeddings + (gsize)below * K, model->embeddings + (gsize)above * K,
           K * sizeof(float));
    model->bias[below] = model->bias[above];
    c.raw[below] = c.raw[above];
    c.order[0] = MAX(above, below);
    c.order[1] = MIN(above, below);
    g_autofree char *answer = answer_of(&c, 0, SIZE);
    g_autofree char *by_index = body_of(&c, RIGHT, FILTER, SORT);
    g_autofree char *by_score = body_of(&c, RIGHT, FILTER, "");
    g_autoptr(QueryVerdict) wrong = judge(&c, by_index, answer, all_movies());
    CU_ASSERT(has(wrong->defects, "hits 1 and 2 are not in the order that the sort asks for"));
    g_autoptr(QueryVerdict) right = judge(&c, by_score, answer, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(right), "right");
    CU_ASSERT(has(right->notes, "equal scores come in no order of the model's"));
}

/* ---- what may be missing ---- */

static void test_eligible(void)
{
    g_auto(Case) c = {0};
    gboolean eligible[MOVIES];
    case_set_up(&c, 20);
    memcpy(eligible, all_movies(), sizeof eligible);
    eligible[c.order[0]] = FALSE;
    g_autofree char *body = body_of(&c, RIGHT, FILTER, SORT);
    g_autofree char *without = answer_of(&c, 1, SIZE), *with = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) right = judge(&c, body, without, eligible);
    CU_ASSERT_STRING_EQUAL(query_verdict_word(right), "right");
    g_autoptr(QueryVerdict) wrong = judge(&c, body, with, eligible);
    CU_ASSERT(has(wrong->defects, "is one that the filter keeps out"));
    g_autoptr(QueryVerdict) unknown = judge(&c, body, with, NULL);
    CU_ASSERT_STRING_EQUAL(query_verdict_word(unknown), "inconclusive");
}

static void test_min_score(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    double between = ((double)c.raw[c.order[3]] + (double)c.raw[c.order[4]]) / 2;
    g_autofree char *more = g_strdup_printf(SORT ",\"min_score\":%.9g", between);
    g_autofree char *body = body_of(&c, RIGHT, FILTER, more);
    g_autofree char *four = answer_of(&c, 0, 4), *three = answer_of(&c, 0, 3);
    g_autoptr(QueryVerdict) right = judge(&c, body, four, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(right), "right");
    g_autoptr(QueryVerdict) wrong = judge(&c, body, three, all_movies());
    CU_ASSERT(has(wrong->defects, "3 hits: 10 were asked for and 4 movies are there"));
}

static void test_doubts(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    const char *const cases[][2] = {
        {SORT ",\"from\":3", "from 3"},
        {SORT ",\"rescore\":{}", "rescore changes what is returned"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *body = body_of(&c, RIGHT, FILTER, cases[i][0]);
        g_autofree char *answer = answer_of(&c, 3, SIZE);
        g_autoptr(QueryVerdict) verdict = judge(&c, body, answer, all_movies());
        CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "inconclusive");
        CU_ASSERT(has(verdict->doubts, cases[i][1]));
    }
}

/* ---- vectors ---- */

/* The answer is right for the vector as it is. */
static QueryVerdict *judge_vector(Case *c)
{
    ExactScore scores[MOVIES];
    local_score_all(scores, c->bundle, c->query, 20);
    for (guint i = 0; i < MOVIES; i++)
        c->raw[i] = (float)scores[i].score;
    g_qsort_with_data(c->order, MOVIES, sizeof *c->order, by_score, c->raw);
    g_autofree char *body = body_of(c, RIGHT, FILTER, SORT);
    g_autofree char *answer = answer_of(c, 0, SIZE);
    return judge(c, body, answer, all_movies());
}

static void test_vectors(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    c.query[3] += 0.25f;
    g_autoptr(QueryVerdict) verdict = judge_vector(&c);
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "inconclusive");
    CU_ASSERT_PTR_NULL(verdict->profile);
    CU_ASSERT(has(verdict->doubts, "the query vector is no profile's sum"));
    CU_ASSERT(verdict->is_set_proved);
    memset(c.query, 0, sizeof c.query);
    g_autoptr(QueryVerdict) zero = judge_vector(&c);
    CU_ASSERT_STRING_EQUAL(query_verdict_word(zero), "inconclusive");
    CU_ASSERT(has(zero->doubts, "all of it is 0"));
}

static void test_slips(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    for (guint f = 0; f < K; f++)
        c.query[f] *= 0.5f;
    g_autoptr(QueryVerdict) verdict = judge_vector(&c);
    CU_ASSERT_STRING_EQUAL(query_verdict_word(verdict), "WRONG");
    CU_ASSERT(has(verdict->defects,
                  "the query vector is the average of the vectors of {age 2, gender 1}"));
}

static void test_given_profile(void)
{
    g_auto(Case) c = {0};
    g_auto(CapturedQuery) query = {0};
    g_autoptr(GError) error = NULL;
    case_set_up(&c, 20);
    g_autofree char *body = body_of(&c, RIGHT, FILTER, SORT);
    CU_ASSERT(captured_query_read(&query, body, "q", NULL, NULL, NULL));
    g_autoptr(Profile) right = a_profile(), wrong = profile_new(), none = profile_new(),
                       more = profile_new();
    profile_add(wrong, "age", "3");
    profile_add(none, "age", "99");
    g_autoptr(QueryVerdict) good = query_verdict_new(), bad = query_verdict_new(),
                            part = query_verdict_new(), minus = query_verdict_new(),
                            neither = query_verdict_new();
    CU_ASSERT(query_check_body(good, c.bundle, &query, right, NULL));
    CU_ASSERT_STRING_EQUAL(query_verdict_word(good), "right");
    CU_ASSERT(query_check_body(bad, c.bundle, &query, wrong, NULL));
    CU_ASSERT(has(bad->defects, "is not that of {age 3}: 8 of 8 components differ; it is of {age "
                                "2, gender 1}"));
    profile_add(more, "age", "2");
    profile_add(more, "gender", "1");
    memcpy(query.vector, fm_vector(c.bundle->model, MOVIES + 2), sizeof c.query);
    CU_ASSERT(query_check_body(part, c.bundle, &query, more, NULL));
    CU_ASSERT(has(part->defects, "8 of 8 components differ; it is of {age 2}, without the vectors "
                                 "of {gender 1}"));
    for (guint f = 0; f < K; f++)
        query.vector[f] *= -1;
    CU_ASSERT(query_check_body(minus, c.bundle, &query, more, NULL));
    CU_ASSERT(has(minus->defects, "differ; it is minus the sum of the vectors of {age 2}"));
    CU_ASSERT_FALSE(query_check_body(neither, c.bundle, &query, none, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no age 99");
}

static void test_dimensions(void)
{
    g_auto(Case) c = {0};
    case_set_up(&c, 20);
    g_autofree char *body =
        g_strdup("{\"query\":{\"script_score\":{\"query\":" FILTER
                 ",\"script\":{\"source\":\"dotProduct(params.v, 'embedding') + "
                 "doc['bias'].value\",\"params\":{\"v\":[1,2]}}}}}");
    g_autofree char *answer = answer_of(&c, 0, SIZE);
    g_autoptr(QueryVerdict) verdict = judge(&c, body, answer, all_movies());
    CU_ASSERT(has(verdict->defects, "the query vector has 2 dimensions, the model 8"));
    g_autoptr(QueryVerdict) none =
        judge(&c, "{\"query\":{\"match_all\":{}}}", answer, all_movies());
    CU_ASSERT_STRING_EQUAL(query_verdict_word(none), "inconclusive");
    CU_ASSERT(has(none->doubts, "there is no query vector"));
}

static void test_positions(void)
{
    g_autoptr(Bundle) bundle = bundle_of_movies();
    CU_ASSERT_EQUAL(query_movie_position(bundle, "movie_39"), 39);
    CU_ASSERT_EQUAL(query_movie_position(bundle, "movie_40"), -1);
    CU_ASSERT_EQUAL(query_movie_position(bundle, "movie_"), -1);
    CU_ASSERT_EQUAL(query_movie_position(bundle, "age_1"), -1);
    CU_ASSERT_EQUAL(query_movie_position(bundle, "1"), -1);
}

static const UnitTest tests[] = {
    {"right", test_right},
    {"scripts", test_scripts},
    {"shifts", test_shifts},
    {"constants that cancel", test_cancelling_constants},
    {"unknown script", test_unknown_script},
    {"wrong answers", test_wrong_answers},
    {"partial answers", test_partial},
    {"errors", test_errors},
    {"clipped scores", test_clipped_scores},
    {"no scores", test_no_scores},
    {"ties", test_ties},
    {"filters", test_eligible},
    {"min_score", test_min_score},
    {"doubts", test_doubts},
    {"vectors of nobody", test_vectors},
    {"slips", test_slips},
    {"given profile", test_given_profile},
    {"dimensions", test_dimensions},
    {"positions", test_positions},
    {NULL, NULL},
};

TAP_MAIN("query_check", tests)

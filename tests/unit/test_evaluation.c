#include "evaluation.h"

#include <math.h>

#include "fixtures.h"
#include "metrics.h"
#include "predict.h"
#include "recsys_error.h"
#include "rng.h"
#include "small_bundle.h"

typedef struct {
    const char *user, *movie, *gender;
    float rating;
} Row;

static guint32 feature(FeatureTable *table, const char *type, const char *value)
{
    guint index;
    const Feature wanted = {.type = type, .value = value};
    if (!feature_table_find(table, type, value, &index) &&
        !feature_table_add(table, &wanted, &index, NULL))
        g_assert_not_reached();
    return index;
}

/* Without genders if the first row has none. Indices differ from the bundle's. */
static Dataset *dataset_of(const Row *rows, guint count)
{
    FeatureTable *table = feature_table_new();
    guint fields = rows[0].gender != NULL ? 3 : 2;
    Dataset *data = dataset_new("somewhere/small", count, fields, table);
    for (guint r = 0; r < count; r++) {
        guint32 *at = data->features + r * fields;
        if (fields == 3)
            at[2] = feature(table, "gender", rows[r].gender);
        at[1] = feature(table, "movie", rows[r].movie);
        at[0] = feature(table, "user", rows[r].user);
        data->ratings[r] = rows[r].rating;
    }
    return data;
}

/* The rows of a data set as training rows of a bundle: what all features of it are known. */
static TrainingRows *training_rows_of(const FeatureTable *table, const Row *rows, guint count)
{
    guint32 features[64 * 2], order[64];
    float ratings[64];
    for (guint32 r = 0; r < count; r++) {
        guint index[2];
        if (!feature_table_find(table, "user", rows[r].user, &index[0]) ||
            !feature_table_find(table, "movie", rows[r].movie, &index[1]))
            g_assert_not_reached();
        features[2 * r] = index[0];
        features[2 * r + 1] = index[1];
        ratings[r] = rows[r].rating;
        order[r] = r;
    }
    return training_rows_new(table, features, 2, ratings, order, count);
}

/* What a test asks; everything that may be left out is NULL or 0. */
typedef struct {
    const Row *rows;
    guint count;
    const Row *seen;
    guint seen_count;
    const Row *training;
    guint training_count;
    gboolean with_seen;
    double relevant; /* 0: by the data */
    const char *const *metadata;
} Question;

static Evaluation *ask(const Question *q, GError **error)
{
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(Dataset) data = dataset_of(q->rows, q->count);
    g_autoptr(Dataset) seen = q->seen != NULL ? dataset_of(q->seen, q->seen_count) : NULL;
    g_autoptr(TrainingRows) rows =
        q->training != NULL ? training_rows_of(bundle->features, q->training, q->training_count)
                            : NULL;
    EvaluationTask task = evaluation_task(evaluated_bundle(bundle, rows), data);
    task.seen = seen;
    task.with_seen = q->with_seen;
    task.relevant = q->relevant > 0 ? q->relevant : NAN;
    task.metadata = q->metadata;
    task.threads = 2;
    Evaluation *result = evaluate(&task, NULL, error);
    if (result == NULL)
        return NULL;
    g_ptr_array_set_size(result->unused, 0); /* the bundle and the data are gone */
    g_array_set_size(result->gaps, 0);
    return result;
}

static Evaluation *ask_well(const Question *q)
{
    g_autoptr(GError) error = NULL;
    Evaluation *result = ask(q, &error);
    if (result == NULL)
        g_error("%s", error->message);
    return result;
}

static double predicted(const guint32 *row, guint fields)
{
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    return 5.5 / (1.0 + exp(-fm_forward_oracle(bundle->model, row, fields)));
}

static const EvaluationGroup *known(const Evaluation *result)
{
    return &result->group[GROUP_KNOWN];
}

static double value_of(const Evaluation *result, Group group, ListFigure figure)
{
    return result->group[group].list[0][figure].model.value;
}

static void test_rmse(void)
{
    const Row rows[] = {{"2", "30", "M", 5}, {"1", "10", "F", 1}};
    g_autoptr(Evaluation) result = ask_well(&(Question){rows, 2});
    const guint32 one[] = {SMALL_USER_2, SMALL_MOVIE + 2, SMALL_M};
    const guint32 two[] = {SMALL_USER_1, SMALL_MOVIE, SMALL_F};
    const double first = predicted(one, 3) - 5.0, second = predicted(two, 3) - 1.0;
    const Compared *rmse = &known(result)->rmse, *mae = &known(result)->mae;
    /* A float32 prediction below 8 is off by a few 2^-22. */
    CU_ASSERT_DOUBLE_EQUAL(rmse->model.value, sqrt((first * first + second * second) / 2), 4e-6);
    CU_ASSERT_DOUBLE_EQUAL(mae->model.value, (fabs(first) + fabs(second)) / 2.0, 4e-6);
    /* Of two people with a row each: half the difference of what they add. */
    CU_ASSERT_DOUBLE_EQUAL(mae->model.error, fabs(fabs(first) - fabs(second)) / 2, 4e-6);
    CU_ASSERT(isnan(rmse->baseline.value) && isnan(rmse->above_baseline.value));
    CU_ASSERT(isnan(rmse->other.value));
    CU_ASSERT_EQUAL(result->scored, 2);
    CU_ASSERT_EQUAL(known(result)->people, 2);
}

/* Scores of user 1, F, with query (1.5, 0): 10: 3.5, 20: 1.75, 50: 0.75, 30: 0.125, 40: −2. */
static void test_ranking(void)
{
    const Row rows[] = {
        {"1", "20", "F", 4}, {"1", "40", "F", 5}, {"1", "10", "F", 3}, {"2", "10", "M", 3.5f}};
    g_autoptr(Evaluation) result = ask_well(&(Question){rows, 4});
    double ideal = 1.0 + 1.0 / log2(3.0);
    CU_ASSERT_EQUAL(known(result)->ranked, 1);
    CU_ASSERT_EQUAL(known(result)->relevant, 2);
    CU_ASSERT_EQUAL(result->rule, RELEVANT_STARS);
    CU_ASSERT_DOUBLE_EQUAL(value_of(result, GROUP_KNOWN, LIST_NDCG),
                           (1.0 / log2(3.0) + 1.0 / log2(6.0)) / ideal, 1e-12);
    CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_RECALL), 1.0);
    CU_ASSERT_DOUBLE_EQUAL(value_of(result, GROUP_KNOWN, LIST_PRECISION), 0.2, 1e-15);
    CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_HIT_RATE), 1.0);
    CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_MRR), 0.5);
    CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_COVERAGE), 1.0);
    CU_ASSERT_EQUAL(result->candidates, 5);
    /* Without training rows: by the bundle's own counts, 10, 20, 30, 40, 50. */
    CU_ASSERT_DOUBLE_EQUAL(known(result)->list[0][LIST_NDCG].baseline.value,
                           (1.0 / log2(3.0) + 1.0 / log2(5.0)) / ideal, 1e-12);
    CU_ASSERT(isnan(known(result)->list[0][LIST_NDCG].model.error));
}

/* With 10 and 40 seen, 20 is first; 40 is then nothing to find. User 2 is not asked about. */
static void test_seen(void)
{
    const Row rows[] = {{"1", "20", "F", 4}, {"1", "40", "F", 5}};
    const Row seen[] = {
        {"1", "10", "F", 1}, {"1", "40", "F", 2}, {"2", "20", "M", 5}, {"1", "99", "F", 2}};
    g_autoptr(Evaluation) result = ask_well(&(Question){rows, 2, seen, 4});
    CU_ASSERT_EQUAL(known(result)->relevant, 1);
    CU_ASSERT_EQUAL(known(result)->relevant_seen, 1);
    CU_ASSERT_EQUAL(result->seen_rows, 4);
    CU_ASSERT_EQUAL(result->seen_matched, 2);
    CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_NDCG), 1.0);
    CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_COVERAGE), 3.0 / 5.0);
}

/* ---- training rows ---- */

/* Movie 50 has no training ratings; movie 40 has the most, movie 30 the most relevant ones. */
static const Row trained[] = {{"1", "10", NULL, 5},
                              {"1", "40", NULL, 1},
                              {"2", "40", NULL, 2},
                              {"2", "30", NULL, 4},
                              {"2", "20", NULL, 3}};

/* User 1 has seen 10 and 40: 20 and 30 are left, in this order for the model and in the other one
 * by popularity. 1/10 is a training row; 50 cannot be found. */
static void test_training_rows(void)
{
    const Row rows[] = {
        {"1", "10", "F", 5}, {"1", "20", "F", 4}, {"1", "50", "F", 5}, {"2", "10", "M", 1}};
    g_autoptr(Evaluation) result = ask_well(&(Question){rows, 4, NULL, 0, trained, 5});
    CU_ASSERT(result->rows_known);
    CU_ASSERT_EQUAL(result->training_rows, 1);
    CU_ASSERT_EQUAL(result->scored, 3);
    CU_ASSERT_EQUAL(result->movies, 5);
    CU_ASSERT_EQUAL(result->candidates, 4);
    CU_ASSERT_EQUAL(result->relevant_unlisted, 1);
    CU_ASSERT_EQUAL(known(result)->rows, 3);
    CU_ASSERT_EQUAL(known(result)->relevant, 1);
    CU_ASSERT_EQUAL(known(result)->relevant_seen, 0);
    const Compared *ndcg = &known(result)->list[0][LIST_NDCG];
    CU_ASSERT_EQUAL(ndcg->model.value, 1.0);
    CU_ASSERT_DOUBLE_EQUAL(ndcg->baseline.value, 1.0 / log2(3.0), 1e-15);
    CU_ASSERT_DOUBLE_EQUAL(ndcg->above_baseline.value, 1.0 - 1.0 / log2(3.0), 1e-15);

    /* Mean 3; movie 20: 3, movie 50: 3, movie 10: 3 + 2 / 6. */
    const double off[] = {1, 2, 7.0 / 3.0};
    CU_ASSERT_DOUBLE_EQUAL(known(result)->rmse.baseline.value,
                           sqrt((off[0] * off[0] + off[1] * off[1] + off[2] * off[2]) / 3), 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(known(result)->mae.baseline.value, (off[0] + off[1] + off[2]) / 3, 1e-6);
}

/* As it was before bundles knew. */
static void test_with_seen(void)
{
    const Row rows[] = {{"1", "10", "F", 5}, {"1", "20", "F", 4}, {"1", "40", "F", 1}};
    const Question q = {rows, 3, NULL, 0, trained, 5, TRUE};
    g_autoptr(Evaluation) result = ask_well(&q);
    CU_ASSERT_EQUAL(result->training_rows, 2);
    CU_ASSERT_EQUAL(result->scored, 3);
    CU_ASSERT_EQUAL(known(result)->relevant, 2);
    CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_NDCG), 1.0);
}

static void test_nothing_held_out(void)
{
    const Row rows[] = {{"1", "10", "F", 5}, {"1", "40", "F", 4}};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(ask(&(Question){rows, 2, NULL, 0, trained, 5}, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "all 2 ratings");
}

/* ---- unknown people ---- */

/* User 9 is not in the bundle; user 2 is, but nothing was learned from them. Both are what M is:
 * query (0, 0.5); 30: 1.625, 20: 0.75, 50: 0.75, 10: 0.5, 40: −0.25. */
static void test_cold(void)
{
    const Row training[] = {{"1", "10", NULL, 5},
                            {"1", "20", NULL, 1},
                            {"1", "30", NULL, 1},
                            {"1", "40", NULL, 5},
                            {"1", "50", NULL, 1}};
    const Row rows[] = {{"9", "20", "M", 4},
                        {"2", "50", "M", 5},
                        {"1", "77", "F", 3},
                        {"9", "77", "M", 5},
                        {"8", "10", "X", 5}};
    g_autoptr(Evaluation) result = ask_well(&(Question){rows, 5, NULL, 0, training, 5});
    const EvaluationGroup *cold = &result->group[GROUP_COLD];
    CU_ASSERT_EQUAL(known(result)->people, 0);
    CU_ASSERT_EQUAL(cold->people, 2);
    CU_ASSERT_EQUAL(cold->rows, 2);
    const guint32 one[] = {SMALL_MOVIE + 1, SMALL_M}, two[] = {SMALL_MOVIE + 4, SMALL_M};
    const double mae = (fabs(predicted(one, 2) - 4) + fabs(predicted(two, 2) - 5)) / 2;
    CU_ASSERT_DOUBLE_EQUAL(cold->mae.model.value, mae, 4e-6);
    const double ndcg = (1 / log2(3.0) + 1 / log2(4.0)) / 2;
    CU_ASSERT_DOUBLE_EQUAL(value_of(result, GROUP_COLD, LIST_NDCG), ndcg, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(cold->list[0][LIST_MRR].baseline.value, (1.0 / 3.0 + 0.2) / 2, 1e-12);
    CU_ASSERT(isnan(known(result)->rmse.model.value));
}

/* Where nothing stands for an unknown person they are nobody in particular: movie 50 first, by its
 * bias; 10, 20 … follow. The known person is as before. */
static void test_nobody(void)
{
    const char *const none[] = {NULL};
    const Row rows[] = {{"9", "20", "M", 4}, {"1", "20", "F", 4}}, alone[] = {{"9", "20", NULL, 4}};
    const Question questions[] = {{.rows = rows, .count = 2, .metadata = none},
                                  {.rows = alone, .count = 1}};
    const guint32 movie[] = {SMALL_MOVIE + 1}, row[] = {SMALL_USER_1, SMALL_MOVIE + 1, SMALL_F};
    for (guint i = 0; i < G_N_ELEMENTS(questions); i++) {
        g_autoptr(Evaluation) result = ask_well(&questions[i]);
        const EvaluationGroup *cold = &result->group[GROUP_COLD];
        CU_ASSERT_EQUAL(cold->people, 1);
        CU_ASSERT_DOUBLE_EQUAL(cold->mae.model.value, fabs(predicted(movie, 1) - 4), 4e-6);
        CU_ASSERT_DOUBLE_EQUAL(value_of(result, GROUP_COLD, LIST_MRR), 1.0 / 3.0, 1e-12);
        CU_ASSERT_EQUAL(known(result)->people, i == 0);
        if (i == 0)
            CU_ASSERT_DOUBLE_EQUAL(known(result)->mae.model.value, fabs(predicted(row, 3) - 4),
                                   4e-6);
    }
}

/* The data has no genders, but the bundle knows that user 1 is F. */
static void test_attributes(void)
{
    const Row rows[] = {{"1", "10", NULL, 4}};
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    const guint32 female[] = {SMALL_F}, row[] = {SMALL_USER_1, SMALL_MOVIE, SMALL_F};
    feature_table_set_attributes(bundle->features, SMALL_USER_1, female, 1);
    g_autoptr(Dataset) data = dataset_of(rows, 1);
    const EvaluationTask task = evaluation_task(evaluated_bundle(bundle, NULL), data);
    g_autoptr(Evaluation) result = evaluate(&task, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result == NULL)
        return;
    CU_ASSERT_EQUAL(result->unused->len, 0);
    CU_ASSERT_DOUBLE_EQUAL(known(result)->mae.model.value, fabs(predicted(row, 3) - 4), 4e-6);
}

/* ---- what is relevant ---- */

static void check_relevant(const Question *q, RelevantRule rule, double relevant, guint count)
{
    g_autoptr(Evaluation) result = ask_well(q);
    CU_ASSERT_EQUAL(result->rule, rule);
    CU_ASSERT_DOUBLE_EQUAL(result->relevant, relevant, 1e-9);
    CU_ASSERT_EQUAL(known(result)->relevant, count);
}

static void test_relevant(void)
{
    const Row stars[] = {{"1", "20", "F", 3}, {"1", "30", "F", 4}};
    const Row ten[] = {{"1", "20", "F", 7}, {"1", "30", "F", 8}, {"1", "10", "F", 10}};
    const Row equal[] = {{"1", "20", "F", 1}, {"1", "30", "F", 1}};
    check_relevant(&(Question){stars, 2}, RELEVANT_STARS, 4, 1);
    check_relevant(&(Question){.rows = stars, .count = 2, .relevant = 3}, RELEVANT_GIVEN, 3, 2);
    check_relevant(&(Question){ten, 3}, RELEVANT_SHARE, 8, 2);
    check_relevant(&(Question){equal, 2}, RELEVANT_ALL, 1, 2);
    /* Training had other ratings: these are low ones. */
    g_autoptr(Evaluation) low = ask_well(&(Question){equal, 2, NULL, 0, trained, 5});
    CU_ASSERT_EQUAL(low->rule, RELEVANT_STARS);
    CU_ASSERT_EQUAL(known(low)->ranked, 0);
}

static void test_nothing_relevant(void)
{
    const Row rows[] = {{"1", "20", "F", 3}, {"1", "30", "F", 2}};
    g_autoptr(Evaluation) result = ask_well(&(Question){rows, 2});
    CU_ASSERT_EQUAL(known(result)->ranked, 0);
    CU_ASSERT(isnan(value_of(result, GROUP_KNOWN, LIST_NDCG)));
    CU_ASSERT(isnan(value_of(result, GROUP_KNOWN, LIST_COVERAGE)));
}

static void test_a_movie_rated_twice_counts_once(void)
{
    const Row rows[] = {{"1", "10", "F", 4}, {"1", "10", "F", 5}};
    g_autoptr(Evaluation) result = ask_well(&(Question){rows, 2});
    CU_ASSERT_EQUAL(known(result)->relevant, 1);
    CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_RECALL), 1.0);
}

/* ---- what the bundle does not have ---- */

static void test_unknown_features(void)
{
    const Row rows[] = {
        {"1", "10", "F", 4}, {"1", "77", "F", 5}, {"9", "77", "Y", 5}, {"2", "10", "X", 5}};
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(Dataset) data = dataset_of(rows, 4);
    g_autoptr(GError) error = NULL;
    EvaluationTask task = evaluation_task(evaluated_bundle(bundle, NULL), data);
    g_autoptr(Evaluation) result = evaluate(&task, NULL, &error);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result == NULL)
        return;
    CU_ASSERT_EQUAL(result->rows, 4);
    CU_ASSERT_EQUAL(result->scored, 1);
    CU_ASSERT_EQUAL(result->gaps->len, 2);
    for (guint i = 0; i < result->gaps->len; i++)
        CU_ASSERT_EQUAL(g_array_index(result->gaps, EvaluationGap, i).rows, 2);
    CU_ASSERT_EQUAL(result->unused->len, 0);

    g_autoptr(Dataset) strangers = dataset_of(rows + 1, 3);
    task.data = strangers;
    CU_ASSERT_PTR_NULL(evaluate(&task, NULL, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "movie 77");
}

static void test_types_without_data(void)
{
    const Row rows[] = {{"1", "10", NULL, 4}};
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(Dataset) data = dataset_of(rows, 1);
    const EvaluationTask task = evaluation_task(evaluated_bundle(bundle, NULL), data);
    g_autoptr(Evaluation) result = evaluate(&task, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result == NULL)
        return;
    CU_ASSERT_EQUAL(result->unused->len, 1);
    CU_ASSERT_STRING_EQUAL(g_ptr_array_index(result->unused, 0), "gender");
}

/* A model that only orders has no RMSE; its lists are as before. */
static void test_no_link(void)
{
    const Row rows[] = {{"1", "20", "F", 4}, {"1", "40", "F", 3}};
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    bundle->form.objective = OBJECTIVE_RANKING;
    bundle->form.link = LINK_NONE;
    g_autoptr(TrainingRows) training = training_rows_of(bundle->features, trained + 2, 3);
    g_autoptr(Dataset) data = dataset_of(rows, 2);
    const EvaluationTask task = evaluation_task(evaluated_bundle(bundle, training), data);
    g_autoptr(Evaluation) result = evaluate(&task, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result == NULL)
        return;
    const EvaluationGroup *cold = &result->group[GROUP_COLD]; /* nobody trained on user 1 */
    CU_ASSERT(isnan(cold->rmse.model.value) && isnan(cold->rmse.above_baseline.value));
    CU_ASSERT_FALSE(isnan(cold->rmse.baseline.value));
    CU_ASSERT_FALSE(isnan(value_of(result, GROUP_COLD, LIST_NDCG)));
}

/* ---- two models ---- */

/* The other model has the same movies but 10, in another order of features, with scores that turn
 * the order around. */
static Bundle *other_bundle(void)
{
    static const char *const movies[] = {"50", "40", "30", "20"};
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < 4; i++)
        feature(table, "movie", movies[i]);
    feature(table, "gender", "F");
    feature(table, "user", "1");
    Bundle *bundle = g_new0(Bundle, 1);
    bundle->features = table;
    bundle->model = fm_model_new(6, 1);
    bundle->form = model_form_fm(5.5);
    for (guint i = 0; i < 4; i++)
        bundle->model->bias[i] = (float)(i == 1 ? 9 : i);
    return bundle;
}

static void test_compare(void)
{
    const Row rows[] = {{"1", "20", "F", 4},
                        {"1", "40", "F", 5},
                        {"1", "10", "F", 5},
                        {"2", "20", "M", 5},
                        {"1", "50", "F", 4}};
    const Row others[] = {{"1", "50", NULL, 5}, {"1", "20", NULL, 5}};
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING), other = other_bundle();
    g_autoptr(TrainingRows) theirs = training_rows_of(other->features, others, 1);
    theirs->movie_ratings[1] = theirs->movie_ratings[2] = theirs->movie_ratings[3] = 1;
    g_autoptr(Dataset) data = dataset_of(rows, 5);
    const EvaluatedModel second = evaluated_bundle(other, theirs);
    EvaluationTask task = evaluation_task(evaluated_bundle(bundle, NULL), data);
    task.other = &second;
    g_autoptr(Evaluation) result = evaluate(&task, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result == NULL)
        return;
    /* 10 and user 2 are not in the other one; 50 is one of its training rows. */
    CU_ASSERT_EQUAL(result->other_lacks, 2);
    CU_ASSERT_EQUAL(result->training_rows, 1);
    CU_ASSERT_EQUAL(result->scored, 2);
    CU_ASSERT_EQUAL(result->candidates, 4);
    const Compared *ndcg = &known(result)->list[0][LIST_NDCG];
    const double ideal = 1 + 1 / log2(3.0);
    /* 50 is left out of both: 20, 30, 40 here; 40, 20, 30 there. */
    CU_ASSERT_DOUBLE_EQUAL(ndcg->model.value, (1 + 1 / log2(4.0)) / ideal, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(ndcg->other.value, 1.0, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(ndcg->above_other.value, ndcg->model.value - 1, 1e-12);
    const double there = (fabs(5.5 / (1 + exp(-3)) - 4) + fabs(5.5 / (1 + exp(-9)) - 5)) / 2;
    CU_ASSERT_DOUBLE_EQUAL(known(result)->mae.other.value, there, 4e-6);
}

/* A model and itself: no difference, and no doubt about it. */
static void test_compare_with_itself(void)
{
    const Row rows[] = {{"1", "20", "F", 4}, {"2", "30", "M", 5}, {"1", "40", "F", 1}};
    g_autoptr(Bundle) bundle = small_bundle(SMALL_TRAINING);
    g_autoptr(Dataset) data = dataset_of(rows, 3);
    const EvaluatedModel same = evaluated_bundle(bundle, NULL);
    EvaluationTask task = evaluation_task(same, data);
    task.other = &same;
    g_autoptr(Evaluation) result = evaluate(&task, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result == NULL)
        return;
    CU_ASSERT_EQUAL(known(result)->rmse.above_other.value, 0.0);
    CU_ASSERT_EQUAL(known(result)->rmse.above_other.error, 0.0);
    CU_ASSERT(known(result)->rmse.model.error > 0);
    CU_ASSERT_EQUAL(known(result)->list[0][LIST_NDCG].above_other.error, 0.0);
}

/* ---- against a naive evaluation ---- */

enum {
    USERS = 40,
    MOVIES = 60,
    FACTORS = 19,
    ROWS = 600,
    TRAINED = 200,
    FIELDS = 3,
    TOP = 7,
    SHORT = 3
};

typedef struct {
    FmModel *model;
    Dataset *data; /* the first TRAINED rows are training rows */
    TrainingRows *rows;
} World;

static FeatureTable *many_features(void)
{
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < USERS + MOVIES + 2; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        feature(table, i < USERS ? "user" : i < USERS + MOVIES ? "movie" : "gender", value);
    }
    return table;
}

static void world_init(World *w)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 2);
    w->model = fm_model_new(USERS + MOVIES + 2, FACTORS);
    fm_model_randomize(w->model, 0.5, random);
    w->data = dataset_new("x", ROWS, FIELDS, many_features());
    guint32 pairs[USERS * MOVIES], order[TRAINED];
    for (guint32 i = 0; i < USERS * MOVIES; i++)
        pairs[i] = i;
    rng_shuffle(pairs, USERS * MOVIES, random);
    for (guint r = 0; r < ROWS; r++) {
        guint32 *row = w->data->features + r * FIELDS;
        row[0] = pairs[r] % USERS;
        row[1] = USERS + pairs[r] / USERS;
        row[2] = USERS + MOVIES + row[0] % 2;
        /* Nothing is learned from the last five. */
        if (r < TRAINED && row[0] >= USERS - 5)
            row[0] -= USERS - 5;
        if (r < USERS - 5)
            row[0] = r; /* and something of each of the others: without, they would be unknown */
        w->data->ratings[r] = (float)(1 + rng_below(random, 5));
    }
    for (guint32 r = 0; r < TRAINED; r++)
        order[r] = r;
    w->rows = training_rows_new(w->data->table, w->data->features, FIELDS, w->data->ratings, order,
                                TRAINED);
}

static void world_clear(World *w)
{
    fm_model_free(w->model);
    dataset_free(w->data);
    training_rows_free(w->rows);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(World, world_clear)

static gboolean is_trained_on(const World *w, guint user, guint movie)
{
    for (guint r = 0; r < TRAINED; r++)
        if (w->data->features[r * FIELDS] == user && w->data->features[r * FIELDS + 1] == movie)
            return TRUE;
    return FALSE;
}

/* Training ratings of a movie that are `least` or more. */
static guint count_trained(const World *w, guint movie, float least)
{
    guint count = 0;
    for (guint r = 0; r < TRAINED; r++)
        count += w->data->features[r * FIELDS + 1] == movie && w->data->ratings[r] >= least;
    return count;
}

/* z for a person of the group, with the movie's own pairs alone mattering for the order. */
static double z_of(const World *w, const guint32 *row, guint movie)
{
    const guint32 all[] = {row[0], movie, row[2]}, cold[] = {movie, row[2]};
    return row[0] < USERS - 5 ? fm_forward_oracle(w->model, all, 3)
                              : fm_forward_oracle(w->model, cold, 2);
}

/* The rank from 1 among what the person has not seen. */
static guint rank_of(const World *w, const guint32 *row, guint movie, gboolean popular)
{
    const double own = popular ? (double)count_trained(w, movie, 4) : z_of(w, row, movie);
    guint rank = 1;
    for (guint m = USERS; m < USERS + MOVIES; m++) {
        if (count_trained(w, m, 0) == 0 || is_trained_on(w, row[0], m) || m == movie)
            continue;
        const double score = popular ? (double)count_trained(w, m, 4) : z_of(w, row, m);
        rank += score > own || (score == own && m < movie);
    }
    return rank;
}

typedef struct {
    double ndcg, recall, short_recall, mrr, squares;
    guint people, rows;
} Naive;

static void add_person(Naive *naive, const World *w, guint user, gboolean popular)
{
    double gain = 0, ideal = 0;
    guint relevant = 0, hits = 0, short_hits = 0, first = G_MAXUINT;
    for (guint r = TRAINED; r < ROWS; r++) {
        const guint32 *row = w->data->features + r * FIELDS;
        if (row[0] != user || is_trained_on(w, user, row[1]))
            continue;
        const double off = 5.5 / (1 + exp(-z_of(w, row, row[1]))) - (double)w->data->ratings[r];
        naive->squares += off * off;
        naive->rows++;
        if (w->data->ratings[r] < 4 || count_trained(w, row[1], 0) == 0)
            continue;
        const guint rank = rank_of(w, row, row[1], popular);
        if (++relevant <= TOP)
            ideal += 1.0 / log2(relevant + 1.0);
        gain += rank <= TOP ? 1.0 / log2(rank + 1.0) : 0.0;
        hits += rank <= TOP;
        short_hits += rank <= SHORT;
        first = MIN(first, rank);
    }
    if (relevant == 0)
        return;
    naive->people++;
    naive->ndcg += gain / ideal;
    naive->recall += (double)hits / relevant;
    naive->short_recall += (double)short_hits / relevant;
    naive->mrr += first <= TOP ? 1.0 / first : 0.0;
}

static Naive naive_of(const World *w, guint from, guint to, gboolean popular)
{
    Naive naive = {0};
    for (guint u = from; u < to; u++)
        add_person(&naive, w, u, popular);
    naive.ndcg /= naive.people;
    naive.recall /= naive.people;
    naive.short_recall /= naive.people;
    naive.mrr /= naive.people;
    return naive;
}

static void check_group(const EvaluationGroup *group, const Naive *model, const Naive *popular)
{
    const Compared *list = group->list[1];
    CU_ASSERT_EQUAL(group->ranked, model->people);
    CU_ASSERT_EQUAL(group->rows, model->rows);
    CU_ASSERT_DOUBLE_EQUAL(group->rmse.model.value, sqrt(model->squares / model->rows), 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(list[LIST_NDCG].model.value, model->ndcg, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(list[LIST_RECALL].model.value, model->recall, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(list[LIST_MRR].model.value, model->mrr, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(group->list[0][LIST_RECALL].model.value, model->short_recall, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(list[LIST_NDCG].baseline.value, popular->ndcg, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(list[LIST_MRR].baseline.value, popular->mrr, 1e-12);
}

static void test_against_naive(void)
{
    g_auto(World) w = {0};
    world_init(&w);
    const ModelForm form = model_form_fm(5.5);
    const EvaluatedModel model = {w.model, &form, w.data->table, w.rows};
    EvaluationTask task = evaluation_task(model, w.data);
    task.sizes[0] = SHORT;
    task.sizes[1] = TOP;
    task.size_count = 2;
    Naive naive[GROUPS][2];
    for (guint popular = 0; popular < 2; popular++) {
        naive[GROUP_KNOWN][popular] = naive_of(&w, 0, USERS - 5, popular == 1);
        naive[GROUP_COLD][popular] = naive_of(&w, USERS - 5, USERS, popular == 1);
    }
    double before = 0;
    for (guint threads = 1; threads <= 4; threads += 3) {
        task.threads = threads;
        g_autoptr(Evaluation) result = evaluate(&task, NULL, NULL);
        CU_ASSERT(result->training_rows >= TRAINED);
        for (guint group = 0; group < GROUPS; group++)
            check_group(&result->group[group], &naive[group][0], &naive[group][1]);
        const double error = known(result)->list[0][LIST_COVERAGE].above_baseline.error;
        CU_ASSERT(threads == 1 || error == before);
        before = error;
    }
}

/* Some of the rows alone, as training validates with. */
static void test_some_rows(void)
{
    g_auto(World) w = {0};
    world_init(&w);
    const ModelForm form = model_form_fm(5.5);
    const EvaluatedModel model = {w.model, &form, w.data->table, NULL};
    const guint32 rows[] = {ROWS - 1, 5};
    EvaluationTask task = evaluation_task(model, w.data);
    task.rows = rows;
    task.row_count = 2;
    g_autoptr(Evaluation) result = evaluate(&task, NULL, NULL);
    CU_ASSERT_EQUAL(result->rows, 2);
    CU_ASSERT_EQUAL(result->scored, 2);
    double sum = 0;
    for (guint i = 0; i < 2; i++) {
        const guint32 *row = w.data->features + rows[i] * FIELDS;
        sum += fabs(5.5 / (1 + exp(-fm_forward_oracle(w.model, row, 3))) -
                    (double)w.data->ratings[rows[i]]);
    }
    CU_ASSERT_DOUBLE_EQUAL(known(result)->mae.model.value, sum / 2, 1e-5);
}

/* More people than are handled at a time, each with one row. */
static void test_many_people(void)
{
    enum { MANY = 700, FEW = 5 };
    const FixtureType types[] = {{"user", MANY}, {"movie", FEW}};
    g_autoptr(Bundle) bundle = fixture_bundle_of(types, 2, 3, 1, 9);
    Dataset *data = dataset_new("x", MANY, 2, feature_table_ref(bundle->features));
    double sum = 0;
    for (guint u = 0; u < MANY; u++) {
        data->features[2 * u] = u;
        data->features[2 * u + 1] = MANY + u % FEW;
        data->ratings[u] = (float)(1 + u % 5);
        const double z = fm_forward_oracle(bundle->model, data->features + 2 * u, 2);
        sum += fabs(5.5 / (1 + exp(-z)) - (double)data->ratings[u]);
    }
    EvaluationTask task = evaluation_task(evaluated_bundle(bundle, NULL), data);
    task.threads = 2;
    g_autoptr(Evaluation) result = evaluate(&task, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(result);
    if (result != NULL) {
        CU_ASSERT_DOUBLE_EQUAL(known(result)->mae.model.value, sum / MANY, 1e-5);
        CU_ASSERT_EQUAL(known(result)->ranked, MANY * 2 / 5);
        CU_ASSERT_EQUAL(value_of(result, GROUP_KNOWN, LIST_RECALL), 1.0);
    }
    dataset_free(data);
}

static const UnitTest tests[] = {
    {"RMSE and MAE", test_rmse},
    {"ranking", test_ranking},
    {"seen movies", test_seen},
    {"training rows", test_training_rows},
    {"with seen", test_with_seen},
    {"nothing held out", test_nothing_held_out},
    {"unknown people", test_cold},
    {"nobody in particular", test_nobody},
    {"attributes", test_attributes},
    {"what is relevant", test_relevant},
    {"nothing relevant", test_nothing_relevant},
    {"a movie rated twice counts once", test_a_movie_rated_twice_counts_once},
    {"unknown features", test_unknown_features},
    {"types without data", test_types_without_data},
    {"a model without ratings", test_no_link},
    {"two models", test_compare},
    {"a model and itself", test_compare_with_itself},
    {"against a naive evaluation", test_against_naive},
    {"some of the rows", test_some_rows},
    {"many people", test_many_people},
    {NULL, NULL},
};

TAP_MAIN("evaluation", tests)

#include "predict.h"

#include <math.h>

#include "fixtures.h"
#include "tap.h"

enum { USER, MOVIE = 8, AGE = 10, GENDER = 12, FIELDS = 4, K = 7 };

static const guint32 row[FIELDS] = {USER, FIXTURE_FIRST_MOVIE + 2, AGE, GENDER};

static double dot(const float *a, const float *b, guint from, guint to)
{
    double sum = 0;
    for (guint d = from; d < to; d++)
        sum += (double)a[d] * (double)b[d];
    return sum;
}

/* Σ over the profile of <v_f, v_movie>, dimensions from..to-1. */
static double products(const FmModel *model, guint from, guint to)
{
    double sum = 0;
    for (guint i = 0; i < FIELDS; i++)
        if (i != 1)
            sum += dot(fm_vector(model, row[i]), fm_vector(model, row[1]), from, to);
    return sum;
}

static double profile_biases(const FmModel *model)
{
    return (double)model->w0 + (double)model->bias[row[0]] + (double)model->bias[row[2]] +
           (double)model->bias[row[3]];
}

static void test_each_form(void)
{
    g_autoptr(FmModel) model = fixture_model(FIXTURE_FEATURES, K, 0.5, tap_seed());
    float room[K];
    ModelForm form = model_form_fm(5.5);
    CU_ASSERT_DOUBLE_EQUAL(predict_z(model, &form, row, FIELDS, room),
                           fm_forward_oracle(model, row, FIELDS), 1e-5);
    form.interactions = INTERACTIONS_MOVIE;
    CU_ASSERT_DOUBLE_EQUAL(
        predict_z(model, &form, row, FIELDS, room),
        profile_biases(model) + (double)model->bias[row[1]] + products(model, 0, K), 1e-5);
    form.objective = OBJECTIVE_BOTH;
    form.rating_dims = 3;
    CU_ASSERT_DOUBLE_EQUAL(
        predict_z(model, &form, row, FIELDS, room),
        profile_biases(model) + (double)fm_vector(model, row[1])[0] + products(model, 1, 3), 1e-5);
    form = (ModelForm){.objective = OBJECTIVE_RANKING, .link = LINK_NONE};
    CU_ASSERT(isnan(predict_rating(model, &form, row, FIELDS, room)));
}

static void test_list_query(void)
{
    g_autoptr(FmModel) model = fixture_model(FIXTURE_FEATURES, K, 0.5, tap_seed());
    ModelForm form = model_form_fm(5.5);
    float whole[K], half[K];
    predict_list_query(whole, model, &form, row, FIELDS);
    CU_ASSERT_DOUBLE_EQUAL(dot(whole, fm_vector(model, row[1]), 0, K), products(model, 0, K), 1e-5);
    form.objective = OBJECTIVE_BOTH;
    form.rating_dims = 3;
    predict_list_query(half, model, &form, row, FIELDS);
    for (guint d = 0; d < K; d++)
        CU_ASSERT_EQUAL(half[d], d < 3 ? 0 : whole[d]);
}

static const UnitTest tests[] = {
    {"z of each form", test_each_form},
    {"what lists are ordered with", test_list_query},
    {NULL, NULL},
};

TAP_MAIN("predict", tests)

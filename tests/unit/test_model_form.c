#include "model_form.h"

#include <math.h>

#include "recsys_error.h"
#include "tap.h"

#define K 8

static ModelForm identity_form(Objective objective, guint rating_dims)
{
    return (ModelForm){.objective = objective,
                       .link = objective == OBJECTIVE_RANKING ? LINK_NONE : LINK_IDENTITY,
                       .lowest = objective == OBJECTIVE_RANKING ? 0 : 1,
                       .highest = objective == OBJECTIVE_RANKING ? 0 : 5,
                       .interactions = INTERACTIONS_MOVIE,
                       .rating_dims = rating_dims};
}

static char *written(const ModelForm *form, gboolean flat)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    if (flat)
        model_form_put_flat(json, form);
    else
        model_form_put_members(json, form);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

static void check_same(const ModelForm *a, const ModelForm *b)
{
    CU_ASSERT_EQUAL(a->objective, b->objective);
    CU_ASSERT_EQUAL(a->link, b->link);
    CU_ASSERT_EQUAL(a->scale, b->scale);
    CU_ASSERT_EQUAL(a->lowest, b->lowest);
    CU_ASSERT_EQUAL(a->highest, b->highest);
    CU_ASSERT_EQUAL(a->interactions, b->interactions);
    CU_ASSERT_EQUAL(a->rating_dims, b->rating_dims);
}

static void test_there_and_back(void)
{
    const ModelForm forms[] = {
        model_form_fm(5.5),
        identity_form(OBJECTIVE_RATINGS, 0),
        identity_form(OBJECTIVE_RANKING, 0),
        identity_form(OBJECTIVE_BOTH, 3),
    };
    for (gsize i = 0; i < 2 * G_N_ELEMENTS(forms); i++) {
        ModelForm read;
        g_autofree char *text = written(&forms[i / 2], i % 2 == 1);
        g_auto(yajl_val) tree = json_parse(text, "test", NULL);
        CU_ASSERT(model_form_read(&read, tree, K, "test", NULL));
        check_same(&read, &forms[i / 2]);
        CU_ASSERT_EQUAL(model_form_is_fm(&read), i < 2);
    }
}

/* As bundles and releases were before there were other forms. */
static void test_old_texts(void)
{
    const char *const texts[] = {
        "{\"link\": {\"type\": \"sigmoid\", \"scale\": 11}, \"interactions\": \"all\"}",
        "{\"link\": {\"type\": \"sigmoid\", \"scale\": 11}}",
        "{\"link\": \"sigmoid\", \"scale\": 11, \"interactions\": \"all\"}",
    };
    const ModelForm expected = model_form_fm(11);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        ModelForm read;
        g_auto(yajl_val) tree = json_parse(texts[i], "test", NULL);
        CU_ASSERT(model_form_read(&read, tree, K, "test", NULL));
        check_same(&read, &expected);
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{}", "link must be"},
        {"{\"link\": {\"type\": \"sigmoid\"}}", "link must be"},
        {"{\"link\": {\"type\": \"sigmoid\", \"scale\": 0}}", "link must be"},
        {"{\"link\": \"probit\"}", "link must be"},
        {"{\"link\": \"identity\", \"lowest\": 2, \"highest\": 1}", "link must be"},
        {"{\"link\": \"none\", \"objective\": 7}", "objective must be"},
        {"{\"link\": \"none\", \"objective\": \"ratings\", \"interactions\": \"movie\"}",
         "if and only if"},
        {"{\"link\": \"none\", \"objective\": \"ranking\", \"interactions\": \"some\"}",
         "interactions must be"},
        {"{\"link\": \"none\", \"objective\": \"ranking\"}", "factorization machines only"},
        {"{\"link\": \"sigmoid\", \"scale\": 5, \"rating_dimensions\": 3}",
         "rating_dimensions must"},
        {"{\"link\": \"sigmoid\", \"scale\": 5, \"interactions\": \"movie\", \"objective\": "
         "\"both\", \"rating_dimensions\": 8}",
         "rating_dimensions must"},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        ModelForm form;
        g_autoptr(GError) error = NULL;
        g_auto(yajl_val) tree = json_parse(cases[i].text, "test", NULL);
        CU_ASSERT_FALSE(model_form_read(&form, tree, K, "training.json", &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, cases[i].message);
    }
}

static void test_ratings(void)
{
    const ModelForm fm = model_form_fm(5), identity = identity_form(OBJECTIVE_RATINGS, 0);
    const ModelForm ranking = identity_form(OBJECTIVE_RANKING, 0);
    CU_ASSERT_EQUAL(model_form_rating(&fm, 0), 2.5);
    CU_ASSERT_EQUAL(model_form_rating(&identity, 3.25), 3.25);
    CU_ASSERT_EQUAL(model_form_rating(&identity, 7), 5);
    CU_ASSERT_EQUAL(model_form_rating(&identity, -7), 1);
    CU_ASSERT(isnan(model_form_rating(&ranking, 3)));
    CU_ASSERT_EQUAL(model_form_highest(&fm), 5);
    CU_ASSERT_EQUAL(model_form_highest(&identity), 5);
}

static const UnitTest tests[] = {
    {"written and read", test_there_and_back},
    {"bundles and releases of before", test_old_texts},
    {"forms that make no sense", test_refused},
    {"ratings", test_ratings},
    {NULL, NULL},
};

TAP_MAIN("model_form", tests)

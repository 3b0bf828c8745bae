#include "profile.h"

#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static void test_features(void)
{
    g_autoptr(Profile) profile = profile_new();
    g_autofree char *nothing = profile_describe(profile);
    CU_ASSERT_STRING_EQUAL(nothing, "");
    char type[] = "gender", value[] = "M";
    profile_add(profile, type, value);
    type[0] = value[0] = '#';
    profile_add(profile, "age", "18");
    CU_ASSERT_EQUAL(profile_size(profile), 2);
    CU_ASSERT_STRING_EQUAL(profile_get(profile, 0)->type, "gender");
    CU_ASSERT_STRING_EQUAL(profile_get(profile, 1)->value, "18");
    g_autofree char *text = profile_describe(profile);
    CU_ASSERT_STRING_EQUAL(text, "gender M, age 18");
}

/* Parses a command line of `arguments`, which ends with NULL. */
static Profile *parse(const char *const *arguments, GError **error)
{
    g_auto(ProfileOptions) options = {0};
    g_autofree GOptionEntry *entries = profile_options_entries(&options);
    g_autoptr(GOptionContext) context = g_option_context_new("");
    g_auto(GStrv) argv = g_strdupv((char **)arguments);
    g_option_context_add_main_entries(context, entries, NULL);
    CU_ASSERT(g_option_context_parse_strv(context, &argv, error));
    return profile_of_options(&options, error);
}

static void test_options(void)
{
    const char *const all[] = {"x",     "--occupation", "4",         "--gender", "F",
                               "--age", "18",           "--user=42", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = parse(all, &error);
    CU_ASSERT_PTR_NULL(error);
    if (profile == NULL)
        return;
    g_autofree char *text = profile_describe(profile);
    CU_ASSERT_STRING_EQUAL(text, "user 42, age 18, gender F, occupation 4");
    const char *const one[] = {"x", "--age", "35", NULL};
    g_autoptr(Profile) age = parse(one, &error);
    CU_ASSERT(age != NULL && profile_size(age) == 1);
}

static void test_no_options(void)
{
    const char *const none[] = {"x", NULL};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(parse(none, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "give at least one of --user");
}

/* A second value of a kind is not quietly the one that counts. */
static void test_two_of_a_kind(void)
{
    const struct {
        const char *arguments[8];
        const char *text;
    } cases[] = {
        {{"x", "--age", "18", "--age", "25"}, "age is given twice, as 18 and as 25"},
        {{"x", "--age", "18", "--age", "18"}, "age is given twice"},
        {{"x", "--gender", "F", "--feature", "gender=M"}, "gender is given twice, as F and as M"},
        {{"x", "--feature", "a=1", "--feature", "a=2"}, "a is given twice"},
        {{"x", "--feature", "movie=318"}, "movies are what is recommended"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(parse(cases[i].arguments, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, cases[i].text);
    }
}

static void test_anyone(void)
{
    const char *const alone[] = {"x", "--anyone", NULL};
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) anyone = parse(alone, &error);
    CU_ASSERT(anyone != NULL && anyone->anyone && profile_size(anyone) == 0);
    if (anyone == NULL)
        return;
    g_autofree char *text = profile_describe(anyone);
    CU_ASSERT_STRING_EQUAL(text, "anyone");
    CU_ASSERT(profile_check(anyone, NULL));
    const ModelForm residuals = {.interactions = INTERACTIONS_MOVIE}, all = model_form_fm(5.5);
    CU_ASSERT(profile_check_anyone(&residuals, "x", NULL));
    CU_ASSERT_FALSE(profile_check_anyone(&all, "bundle-7", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "bundle-7 has no average person");
    profile_add(anyone, "age", "18");
    CU_ASSERT_FALSE(profile_check(anyone, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "leave out either that or age 18");
}

static void test_user_only(void)
{
    const char *const whole[] = {"x", "--user", "42", NULL};
    const char *const part[] = {"x", "--user", "42", "--user-only", NULL};
    const struct {
        const char *arguments[5];
        const char *text;
    } wrong[] = {
        {{"x", "--user-only", "--age", "18"}, "--user-only goes with --user"},
        {{"x", "--user-only"}, "give at least one of --user"},
        {{"x", "--anyone", "--age", "18"}, "leave out either that or age 18"},
        {{"x", "--anyone", "--user-only"}, "--user-only goes with --user"},
    };
    g_autoptr(Profile) all = parse(whole, NULL), only = parse(part, NULL);
    CU_ASSERT(all != NULL && !all->user_only && only != NULL && only->user_only);
    g_autoptr(Profile) copy = profile_copy(only);
    CU_ASSERT(copy->user_only && !copy->anyone && profile_size(copy) == 1);
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(parse(wrong[i].arguments, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, wrong[i].text);
    }
}

/* ---- the sum ---- */

static const ModelForm fm = {.link = LINK_SIGMOID, .scale = 5.5};

/* Documents that are residuals: no product of two of them is part of z. */
static void test_sum_of_residuals(void)
{
    const ModelForm form = {
        .link = LINK_IDENTITY, .lowest = 1, .highest = 5, .interactions = INTERACTIONS_MOVIE};
    const float a[] = {1, 2}, b[] = {0.5f, -4};
    const float *vectors[] = {a, b};
    const double biases[] = {0.25, -1};
    g_autoptr(ProfileSum) sum = profile_sum(vectors, biases, 2, 2, 3, &form);
    CU_ASSERT_EQUAL(sum->query[0], 1.5f);
    CU_ASSERT_EQUAL(sum->offset, 3 + 0.25 - 1);
    CU_ASSERT_PTR_NULL(sum->rating_query);
    CU_ASSERT_EQUAL(profile_rating(sum, 1, NULL, &form), 3.25);
    CU_ASSERT_EQUAL(profile_rating(sum, 100, NULL, &form), 5);
    CU_ASSERT_EQUAL(profile_rating(sum, -100, NULL, &form), 1);
}

/* The first two of three dimensions are for ratings; a movie's bias is in the first of them. */
static void test_two_halves(void)
{
    const ModelForm form = {.objective = OBJECTIVE_BOTH,
                            .link = LINK_IDENTITY,
                            .lowest = 0,
                            .highest = 10,
                            .interactions = INTERACTIONS_MOVIE,
                            .rating_dims = 2};
    const float a[] = {0, 2, 3}, b[] = {0, 1, 5}, movie[] = {0.5f, 2, 7};
    const float *vectors[] = {a, b};
    const double biases[] = {0.25, 0.5};
    g_autoptr(ProfileSum) sum = profile_sum(vectors, biases, 2, 3, 1, &form);
    CU_ASSERT_EQUAL(sum->query[0], 0);
    CU_ASSERT_EQUAL(sum->query[1], 0);
    CU_ASSERT_EQUAL(sum->query[2], 8);
    CU_ASSERT_EQUAL(profile_rating(sum, 1e3, movie, &form), 1 + 0.75 + 0.5 + 3 * 2);
    CU_ASSERT(isnan(profile_rating(sum, 1e3, NULL, &form)));
    g_autoptr(ProfileSum) copy = profile_sum_copy(sum);
    CU_ASSERT_EQUAL(copy->rating_query[1], 3);
}

static void test_known_sum(void)
{
    const float a[] = {1, 2}, b[] = {0.5f, -4}, c[] = {3, 1};
    const float *vectors[] = {a, b, c};
    const double biases[] = {0.25, -1, 2};
    g_autoptr(ProfileSum) sum = profile_sum(vectors, biases, 3, 2, 10, &fm);
    CU_ASSERT_EQUAL(sum->k, 2);
    CU_ASSERT_EQUAL(sum->query[0], 4.5f);
    CU_ASSERT_EQUAL(sum->query[1], -1);
    /* <a,b> = -7.5, <a,c> = 5, <b,c> = -2.5 */
    CU_ASSERT_EQUAL(sum->offset, 10 + 0.25 - 1 + 2 - 7.5 + 5 - 2.5);
    g_autoptr(ProfileSum) one = profile_sum(vectors, biases, 1, 2, 10, &fm);
    CU_ASSERT_EQUAL(one->query[1], 2);
    CU_ASSERT_EQUAL(one->offset, 10.25);
    g_autoptr(ProfileSum) none = profile_sum(vectors, biases, 0, 2, 10, &fm);
    CU_ASSERT_EQUAL(none->query[0], 0);
    CU_ASSERT_EQUAL(none->offset, 10);
}

/* 1 + u + u in double, rounded once, is the next float32 after 1; in float32 it would stay 1. */
static void test_sum_is_rounded_once(void)
{
    const float one[] = {1}, u[] = {0x1p-24f};
    const float *vectors[] = {one, u, u};
    const double biases[3] = {0};
    g_autoptr(ProfileSum) sum = profile_sum(vectors, biases, 3, 1, 0, &fm);
    CU_ASSERT_EQUAL(sum->query[0], 0x1.000002p0f);
}

/* offset + w_m + <query, v_m> is z of the whole row, so the rating is the model's. The query is
 * rounded to float32, which moves z by at most u Σ |q v|. */
static void test_rating_is_the_models(void)
{
    guint32 seed = tap_seed();
    for (guint k = 1; k < 40; k += 6) {
        g_autoptr(FmModel) model = fixture_model(FIXTURE_FEATURES, k, 0.5, seed + k);
        const guint32 row[] = {1, 8, 10, 12, FIXTURE_FIRST_MOVIE + 2};
        const float *vectors[4], *movie = fm_vector(model, row[4]);
        double biases[4];
        for (guint i = 0; i < 4; i++) {
            vectors[i] = fm_vector(model, row[i]);
            biases[i] = model->bias[row[i]];
        }
        g_autoptr(ProfileSum) sum = profile_sum(vectors, biases, 4, k, model->w0, &fm);
        double score = model->bias[row[4]], terms = 0;
        for (guint f = 0; f < k; f++) {
            score += (double)sum->query[f] * movie[f];
            terms += fabs((double)sum->query[f] * movie[f]);
        }
        double z = fm_forward_oracle(model, row, 5), bound = 0x1p-24 * terms + 1e-12;
        CU_ASSERT(fabs(sum->offset + score - z) <= bound);
        double rating = 5.5 / (1 + exp(-z));
        CU_ASSERT(fabs(profile_rating(sum, score, NULL, &fm) - rating) <= 5.5 * bound);
    }
}

static void test_rating_saturates(void)
{
    const ModelForm five = model_form_fm(5);
    const float zero[] = {0};
    const float *vectors[] = {zero};
    const double biases[] = {0};
    g_autoptr(ProfileSum) sum = profile_sum(vectors, biases, 1, 1, 0, &fm);
    CU_ASSERT_EQUAL(profile_rating(sum, 0, NULL, &five), 2.5);
    CU_ASSERT_EQUAL(profile_rating(sum, 1e6, NULL, &five), 5);
    CU_ASSERT_EQUAL(profile_rating(sum, -1e6, NULL, &five), 0);
}

static void test_formula(void)
{
    const ModelForm five = model_form_fm(5);
    g_autofree char *below = profile_rating_formula(&fm, "_score - shift", -0.0155, 9);
    g_autofree char *above = profile_rating_formula(&five, "score", 1.25, 4);
    CU_ASSERT_STRING_EQUAL(below, "5.5 / (1 + e^-(_score - shift - 0.0155000000))");
    CU_ASSERT_STRING_EQUAL(above, "5 / (1 + e^-(score + 1.250))");
}

static void check_refused(const char *type, const char *value, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_new();
    profile_add(profile, "age", "18");
    profile_add(profile, type, value);
    CU_ASSERT_FALSE(profile_check(profile, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
}

/* A caller of the library can add anything. */
static void test_check(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_new();
    CU_ASSERT(profile_check(profile, &error));
    profile_add(profile, "user", "\u00e4nne, jr");
    profile_add(profile, "age", "18");
    CU_ASSERT(profile_check(profile, &error));
    check_refused("user", "\xff", "user \"\\xff\" is not UTF-8 or has a control character");
    check_refused("user", "a\tb", "user \"a\\tb\" is not UTF-8 or has a control character");
    check_refused("\xc3(", "1", "\"\\xc3(\" is not UTF-8");
    check_refused("age", "18", "age is given twice, as 18 and as 18: which one?");
    check_refused("age", "25", "age is given twice, as 18 and as 25: which one?");
    check_refused("movie", "318", "movies are what is recommended, not whom for");
}

static const UnitTest tests[] = {
    {"the formula of a rating", test_formula},
    {"features", test_features},
    {"check", test_check},
    {"options", test_options},
    {"no options", test_no_options},
    {"anyone", test_anyone},
    {"user only", test_user_only},
    {"two of a kind", test_two_of_a_kind},
    {"known sum", test_known_sum},
    {"sum is rounded once", test_sum_is_rounded_once},
    {"rating is the model's", test_rating_is_the_models},
    {"rating saturates", test_rating_saturates},
    {"sum of residuals", test_sum_of_residuals},
    {"two halves in one vector", test_two_halves},
    {NULL, NULL},
};

TAP_MAIN("profile", tests)

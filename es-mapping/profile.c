#include "profile.h"

#include <math.h>
#include <string.h>

#include "feature_table.h"
#include "predict.h"
#include "printable.h"
#include "recsys_error.h"

static void feature_clear(gpointer data)
{
    ProfileFeature *feature = data;
    g_free(feature->type);
    g_free(feature->value);
}

Profile *profile_new(void)
{
    Profile *profile = g_new0(Profile, 1);
    profile->features = g_array_new(FALSE, FALSE, sizeof(ProfileFeature));
    g_array_set_clear_func(profile->features, feature_clear);
    return profile;
}

void profile_free(Profile *profile)
{
    if (profile == NULL)
        return;
    g_array_unref(profile->features);
    g_free(profile);
}

void profile_add(Profile *profile, const char *type, const char *value)
{
    ProfileFeature feature = {g_strdup(type), g_strdup(value)};
    g_array_append_val(profile->features, feature);
}

void profile_remove(Profile *profile, guint index)
{
    g_array_remove_index(profile->features, index);
}

Profile *profile_copy(const Profile *profile)
{
    Profile *copy = profile_new();
    copy->user_only = profile->user_only;
    copy->anyone = profile->anyone;
    for (guint i = 0; i < profile_size(profile); i++)
        profile_add(copy, profile_get(profile, i)->type, profile_get(profile, i)->value);
    return copy;
}

guint profile_size(const Profile *profile)
{
    return profile->features->len;
}

const ProfileFeature *profile_get(const Profile *profile, guint index)
{
    return &g_array_index(profile->features, ProfileFeature, index);
}

const char *profile_value(const Profile *profile, const char *type)
{
    for (guint i = 0; i < profile_size(profile); i++)
        if (strcmp(profile_get(profile, i)->type, type) == 0)
            return profile_get(profile, i)->value;
    return NULL;
}

char *profile_feature_describe(const ProfileFeature *feature)
{
    return g_strdup_printf("%s %s", feature->type, feature->value);
}

char *profile_describe(const Profile *profile)
{
    if (profile->anyone && profile_size(profile) == 0)
        return g_strdup("anyone");
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < profile_size(profile); i++) {
        const ProfileFeature *feature = profile_get(profile, i);
        g_string_append_printf(text, "%s%s %s", i > 0 ? ", " : "", feature->type, feature->value);
    }
    return g_string_free(text, FALSE);
}

/* ---- checks ---- */

/* A model knows a person by one value of each kind. */
static gboolean check_once(const Profile *profile, guint before, const char *type,
                           const char *value, GError **error)
{
    for (guint i = 0; i < before; i++) {
        const ProfileFeature *other = profile_get(profile, i);
        if (strcmp(other->type, type) != 0)
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%s is given twice, as %s and as %s: which one?", type, other->value, value);
        return FALSE;
    }
    return TRUE;
}

gboolean profile_feature_check(const char *type, const char *value, GError **error)
{
    const char *bad = !printable_is_plain(type) ? type : !printable_is_plain(value) ? value : NULL;
    if (bad == NULL)
        return TRUE;
    g_autofree char *shown = printable_text(bad);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "%s \"%s\" is not UTF-8 or has a control character",
                bad == type ? "the type" : type, shown);
    return FALSE;
}

static gboolean check_alone(const Profile *profile, GError **error)
{
    if (!profile->anyone || profile_size(profile) == 0)
        return TRUE;
    g_autofree char *others = profile_describe(profile);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "anyone is the average person, of whom nothing else is known: leave out either "
                "that or %s",
                others);
    return FALSE;
}

gboolean profile_check_anyone(const ModelForm *form, const char *what, GError **error)
{
    if (form->interactions == INTERACTIONS_MOVIE)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "%s has no average person: it is a plain factorization machine, in which all "
                "features interact; give --user, --age or the like, or train without --plain",
                what);
    return FALSE;
}

gboolean profile_check(const Profile *profile, GError **error)
{
    if (!check_alone(profile, error))
        return FALSE;
    for (guint i = 0; i < profile_size(profile); i++) {
        const ProfileFeature *feature = profile_get(profile, i);
        if (!profile_feature_check(feature->type, feature->value, error) ||
            !check_once(profile, i, feature->type, feature->value, error))
            return FALSE;
        if (strcmp(feature->type, FEATURE_MOVIE) != 0)
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "movie %s in a profile: movies are what is recommended, not whom for",
                    feature->value);
        return FALSE;
    }
    return TRUE;
}

/* ---- command-line options ---- */

void profile_options_clear(ProfileOptions *options)
{
    g_strfreev(options->users);
    g_strfreev(options->ages);
    g_strfreev(options->genders);
    g_strfreev(options->occupations);
    g_strfreev(options->features);
    *options = (ProfileOptions){0};
}

GOptionEntry *profile_options_entries(ProfileOptions *options)
{
    /* As file names: option_texts.h. */
    const GOptionEntry entries[] = {
        {"user", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->users,
         "a user the model knows, with their own age, gender and so on", "ID"},
        {"age", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->ages, "an age code, e.g. 18", "CODE"},
        {"gender", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->genders, "F or M", "F|M"},
        {"occupation", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->occupations,
         "an occupation code", "CODE"},
        {"feature", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->features,
         "a value of any other user feature; may be given several times", "TYPE=VALUE"},
        {"user-only", 0, 0, G_OPTION_ARG_NONE, &options->user_only,
         "do not add the user's own age, gender and so on", NULL},
        {"anyone", 0, 0, G_OPTION_ARG_NONE, &options->anyone, "the average person", NULL},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

static gboolean add_once(Profile *profile, const char *type, const char *value, GError **error)
{
    if (!check_once(profile, profile_size(profile), type, value, error))
        return FALSE;
    profile_add(profile, type, value);
    return TRUE;
}

static gboolean add_pair(Profile *profile, const char *pair, GError **error)
{
    const char *sign = strchr(pair, '=');
    if (sign == NULL || sign == pair || sign[1] == '\0') {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--feature %s: TYPE=VALUE is expected, e.g. device=phone", pair);
        return FALSE;
    }
    g_autofree char *type = g_strndup(pair, (gsize)(sign - pair));
    if (strcmp(type, FEATURE_MOVIE) != 0)
        return add_once(profile, type, sign + 1, error);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--feature %s: movies are what is recommended, not whom for", pair);
    return FALSE;
}

gboolean profile_options_given(const ProfileOptions *options)
{
    return options->users != NULL || options->ages != NULL || options->genders != NULL ||
           options->occupations != NULL || options->features != NULL || options->anyone;
}

static gboolean check_given(const Profile *profile, GError **error)
{
    if (profile_size(profile) == 0 && !profile->anyone)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "for whom? give at least one of --user, --age, --gender, --occupation and "
                    "--feature, or --anyone");
    else if (profile->user_only && profile_value(profile, FEATURE_USER) == NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--user-only goes with --user: which one?");
    else
        return check_alone(profile, error);
    return FALSE;
}

Profile *profile_of_options(const ProfileOptions *options, GError **error)
{
    const struct {
        const char *type;
        char **values;
    } given[] = {
        {FEATURE_USER, options->users},
        {FEATURE_AGE, options->ages},
        {FEATURE_GENDER, options->genders},
        {FEATURE_OCCUPATION, options->occupations},
    };
    g_autoptr(Profile) profile = profile_new();
    for (gsize i = 0; i < G_N_ELEMENTS(given); i++)
        for (char **value = given[i].values; value != NULL && *value != NULL; value++)
            if (!add_once(profile, given[i].type, *value, error))
                return NULL;
    for (char **feature = options->features; feature != NULL && *feature != NULL; feature++)
        if (!add_pair(profile, *feature, error))
            return NULL;
    profile->user_only = options->user_only;
    profile->anyone = options->anyone;
    return check_given(profile, error) ? g_steal_pointer(&profile) : NULL;
}

/* ---- the sum ---- */

void profile_sum_free(ProfileSum *sum)
{
    if (sum == NULL)
        return;
    g_free(sum->query);
    g_free(sum->rating_query);
    g_free(sum);
}

ProfileSum *profile_sum_copy(const ProfileSum *sum)
{
    ProfileSum *copy = g_new0(ProfileSum, 1);
    copy->k = sum->k;
    copy->offset = sum->offset;
    copy->query = g_memdup2(sum->query, sum->k * sizeof *sum->query);
    if (sum->rating_query != NULL)
        copy->rating_query = g_memdup2(sum->rating_query, sum->k * sizeof *sum->query);
    return copy;
}

static double dot(const float *a, const float *b, guint k)
{
    double sum = 0;
    for (guint f = 0; f < k; f++)
        sum += (double)a[f] * b[f];
    return sum;
}

void profile_sum_split(ProfileSum *sum, const ModelForm *form)
{
    if (form->rating_dims == 0)
        return;
    sum->rating_query = g_memdup2(sum->query, sum->k * sizeof *sum->query);
    memset(sum->query, 0, form->rating_dims * sizeof *sum->query);
}

ProfileSum *profile_sum(const float *const *vectors, const double *biases, guint count, guint k,
                        double w0, const ModelForm *form)
{
    ProfileSum *sum = g_new0(ProfileSum, 1);
    sum->k = k;
    sum->query = g_new(float, k);
    for (guint f = 0; f < k; f++) {
        double total = 0;
        for (guint i = 0; i < count; i++)
            total += vectors[i][f];
        sum->query[f] = (float)total;
    }
    sum->offset = w0;
    for (guint i = 0; i < count; i++) {
        sum->offset += biases[i];
        for (guint j = 0; j < i && form->interactions == INTERACTIONS_ALL; j++)
            sum->offset += dot(vectors[i], vectors[j], k);
    }
    profile_sum_split(sum, form);
    return sum;
}

char *profile_rating_formula(const ModelForm *form, const char *score, double offset, int digits)
{
    const char sign = offset < 0 ? '-' : '+';
    if (form->objective != OBJECTIVE_RATINGS)
        return NULL;
    if (form->link == LINK_IDENTITY)
        return g_strdup_printf("%s %c %#.*g, from %g to %g", score, sign, digits, fabs(offset),
                               form->lowest, form->highest);
    return g_strdup_printf("%.9g / (1 + e^-(%s %c %#.*g))", form->scale, score, sign, digits,
                           fabs(offset));
}

double profile_rating(const ProfileSum *sum, double score, const float *vector,
                      const ModelForm *form)
{
    if (form->objective != OBJECTIVE_BOTH)
        return model_form_rating(form, sum->offset + score);
    if (vector == NULL)
        return NAN;
    return model_form_rating(form,
                             sum->offset + predict_rating_half(form, sum->rating_query, vector));
}

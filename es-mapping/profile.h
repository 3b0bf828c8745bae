/* A profile: the user-side features a recommendation is asked for, e.g. gender M and age 18; and
 * what of it the ranking needs: the sum of its vectors.
 *
 * A profile with a user is the whole person: attributes that the model knows of them (their own
 * age, gender …), of types that the profile does not name itself, are summed as well. */
#pragma once

#include <glib.h>

#include "model_form.h"

typedef struct {
    char *type;
    char *value;
} ProfileFeature;

typedef struct {
    GArray *features;   /* ProfileFeature */
    gboolean user_only; /* of a user their own document, without their attributes */
    gboolean anyone;    /* it is empty on purpose: the average person */
} Profile;

Profile *profile_new(void);
void profile_free(Profile *profile);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Profile, profile_free)

/* Both are copied; they are checked when the profile is used: profile_check(). */
void profile_add(Profile *profile, const char *type, const char *value);

void profile_remove(Profile *profile, guint index);

Profile *profile_copy(const Profile *profile);

/* RECSYS_ERROR_USAGE if an empty profile is asked of a form of which it is nobody: where all
 * features interact, documents are no residuals around an average person. `what` is the model. */
gboolean profile_check_anyone(const ModelForm *form, const char *what,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* RECSYS_ERROR_USAGE unless type and value are texts that a release may have: UTF-8 without control
 * characters. */
gboolean profile_feature_check(const char *type, const char *value,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* RECSYS_ERROR_USAGE unless each feature passes, none is a movie, and none is of a type that was
 * there before: a model knows a person by one value of each kind; and if it is `anyone`, but not
 * empty. */
gboolean profile_check(const Profile *profile, GError **error) G_GNUC_WARN_UNUSED_RESULT;

guint profile_size(const Profile *profile);
const ProfileFeature *profile_get(const Profile *profile, guint index);

/* Its value of this type, or NULL. */
const char *profile_value(const Profile *profile, const char *type);

/* "gender M" */
char *profile_feature_describe(const ProfileFeature *feature);

/* "gender M, age 18"; "anyone" */
char *profile_describe(const Profile *profile);

/* ---- command-line options ---- */

/* Each as often as it was given, so that a second age is an error and not the one that counts. */
typedef struct {
    char **users, **ages, **genders, **occupations;
    char **features; /* "TYPE=VALUE" */
    gboolean user_only, anyone;
} ProfileOptions;

void profile_options_clear(ProfileOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProfileOptions, profile_options_clear)

/* The option table that fills `options`; free with g_free. */
GOptionEntry *profile_options_entries(ProfileOptions *options);

/* TRUE if one of them was given that says for whom. */
gboolean profile_options_given(const ProfileOptions *options);

/* RECSYS_ERROR_USAGE if none was given, a type was given twice (--feature age=18 is an age too), a
 * --feature is not TYPE=VALUE, --user-only comes without a user, or --anyone with anything else. */
Profile *profile_of_options(const ProfileOptions *options,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- the sum ---- */

typedef struct {
    guint k;
    float *query; /* [k] Σ v_f, summed in double and rounded once; 0 in the rating half */
    float
        *rating_query; /* [k] the same with the rating half; NULL unless the form has two halves */
    double offset; /* w0 + Σ w_f, and Σ_{f<g} <v_f, v_g> if all interact: what z has besides the
                      movie's part */
} ProfileSum;

void profile_sum_free(ProfileSum *sum);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ProfileSum, profile_sum_free)
ProfileSum *profile_sum_copy(const ProfileSum *sum);

/* vectors: `count` pointers to [k]; biases: [count]. With count = 0 it is the average person of a
 * form whose documents are residuals (INTERACTIONS_MOVIE). */
ProfileSum *profile_sum(const float *const *vectors, const double *biases, guint count, guint k,
                        double w0, const ModelForm *form);

/* Moves the rating half out of a sum's query, where there are two halves. */
void profile_sum_split(ProfileSum *sum, const ModelForm *form);

/* "5.5 / (1 + e^-(score - 0.0155))": how a rating follows from a score, for people to read; `score`
 * says what that is, `digits` are those of the offset; NULL if it does not follow from the score.
 * Free with g_free. */
char *profile_rating_formula(const ModelForm *form, const char *score, double offset, int digits);

/* The rating of a movie whose score, w_m + <query, v_m>, is `score`, and whose vector [k] is
 * `vector`, which only a form with two halves needs: NAN without it, or if the form has no ratings.
 */
double profile_rating(const ProfileSum *sum, double score, const float *vector,
                      const ModelForm *form);

#include "query_vector.h"

#include <string.h>

#include "local_scorer.h"
#include "profile_lookalike.h"
#include "profile_search.h"

static void note_rounding(QueryVerdict *verdict, guint differing, guint k)
{
    if (differing > 0)
        query_verdict_note(verdict,
                           "%u of %u components of the query vector are off by a rounding: read "
                           "the stored numbers as float32, sum in double, round once",
                           differing, k);
}

static gboolean is_zero(const float *vector, guint k)
{
    for (guint f = 0; f < k; f++)
        if (vector[f] != 0)
            return FALSE;
    return TRUE;
}

static void recognise(QueryVerdict *verdict, const Bundle *bundle, const CapturedQuery *query)
{
    g_auto(ProfileMatch) match = {0};
    profile_search(&match, bundle, query->vector);
    if (match.profile != NULL) {
        verdict->profile = profile_describe(match.profile);
        note_rounding(verdict, match.differing, query->k);
        return;
    }
    g_autofree char *slip = profile_lookalike(bundle, query->vector);
    if (slip != NULL)
        query_verdict_defect(verdict, "the query vector is %s", slip);
    else if (bundle->form.interactions == INTERACTIONS_MOVIE && is_zero(query->vector, query->k))
        verdict->profile = g_strdup("anyone: the average person");
    else if (is_zero(query->vector, query->k))
        query_verdict_doubt(verdict, "the query vector is no profile's sum: all of it is 0, which "
                                     "ranks by the movies' biases alone");
    else
        query_verdict_doubt(verdict,
                            "the query vector is no profile's sum%s: the answer is judged for the "
                            "vector as it is",
                            match.gave_up ? " that could be tried" : "");
}

/* ---- a given profile ---- */

static gboolean has_feature(const Profile *profile, const ProfileFeature *feature)
{
    for (guint i = 0; i < profile_size(profile); i++)
        if (strcmp(profile_get(profile, i)->type, feature->type) == 0 &&
            strcmp(profile_get(profile, i)->value, feature->value) == 0)
            return TRUE;
    return FALSE;
}

/* Those of `wanted` that `found` lacks, if that is all there is between them. */
static char *describe_missing(const Profile *wanted, const Profile *found)
{
    g_autoptr(Profile) missing = profile_new();
    for (guint i = 0; i < profile_size(wanted); i++) {
        const ProfileFeature *feature = profile_get(wanted, i);
        if (!has_feature(found, feature))
            profile_add(missing, feature->type, feature->value);
    }
    return profile_size(missing) + profile_size(found) == profile_size(wanted)
               ? profile_describe(missing)
               : NULL;
}

/* What is known of a vector that is not that of the profile wanted. */
static char *describe_instead(QueryVerdict *verdict, const Bundle *bundle, const Profile *wanted,
                              const float *vector)
{
    g_auto(ProfileMatch) match = {0};
    profile_search(&match, bundle, vector);
    if (match.profile == NULL) {
        g_autofree char *slip = profile_lookalike(bundle, vector);
        return slip != NULL ? g_strdup_printf("; it is %s", slip) : g_strdup("");
    }
    verdict->profile = profile_describe(match.profile);
    g_autofree char *missing = describe_missing(wanted, match.profile);
    return g_strdup_printf("; it is of {%s}%s%s%s", verdict->profile,
                           missing != NULL ? ", without the vectors of {" : "",
                           missing != NULL ? missing : "", missing != NULL ? "}" : "");
}

/* That the vector is the given profile's. */
static gboolean check_profile(QueryVerdict *verdict, const Bundle *bundle,
                              const CapturedQuery *query, const Profile *named, GError **error)
{
    g_autoptr(Profile) profile = local_whole(bundle, named);
    if (named->anyone && !profile_check_anyone(&bundle->form, bundle->path, error))
        return FALSE;
    g_autofree guint *features = g_new(guint, profile_size(profile) + 1);
    for (guint i = 0; i < profile_size(profile); i++)
        if (!local_find(bundle, profile_get(profile, i), &features[i], error))
            return FALSE;
    gboolean within;
    guint differing =
        profile_difference(bundle, features, profile_size(profile), query->vector, &within);
    g_autofree char *wanted = profile_describe(profile);
    if (within) {
        verdict->profile = g_steal_pointer(&wanted);
        note_rounding(verdict, differing, query->k);
        return TRUE;
    }
    g_autofree char *instead = describe_instead(verdict, bundle, profile, query->vector);
    query_verdict_defect(verdict,
                         "the query vector is not that of {%s}: %u of %u components differ%s",
                         wanted, differing, query->k, instead);
    return TRUE;
}

gboolean query_vector_check(QueryVerdict *verdict, const Bundle *bundle, const CapturedQuery *query,
                            const Profile *profile, GError **error)
{
    if (query->vector == NULL)
        query_verdict_doubt(verdict, "there is no query vector: its answer cannot be judged");
    else if (query->k != bundle->model->k)
        query_verdict_defect(verdict, "the query vector has %u dimensions, the model %u", query->k,
                             bundle->model->k);
    else if (profile != NULL)
        return check_profile(verdict, bundle, query, profile, error);
    else
        recognise(verdict, bundle, query);
    return TRUE;
}

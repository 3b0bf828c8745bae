#include "local_newcomer.h"

#include <string.h>

#include "recsys_error.h"

static gboolean fail_unknown(const Bundle *bundle, const char *type, const char *value,
                             GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "there is no %s %s in %s", type, value,
                bundle->path);
    return FALSE;
}

static gboolean take_known(FeatureVectors *known, const Bundle *bundle, const Profile *profile,
                           GError **error)
{
    for (guint i = 0; i < known->count; i++) {
        const ProfileFeature *feature = profile_get(profile, i);
        guint index;
        if (!feature_table_find(bundle->features, feature->type, feature->value, &index))
            return fail_unknown(bundle, feature->type, feature->value, error);
        known->names[i] = profile_feature_describe(feature);
        known->biases[i] = (double)bundle->model->bias[index];
        memcpy(known->values + (gsize)i * known->k, fm_vector(bundle->model, index),
               known->k * sizeof(float));
    }
    return TRUE;
}

static gboolean take_shown(GArray *shown, const Bundle *bundle, const NewcomerRequest *who,
                           GError **error)
{
    for (guint i = 0; i < who->history->ratings->len; i++) {
        const HistoryRating *rating = history_get(who->history, i);
        guint index;
        if (feature_table_find(bundle->features, FEATURE_MOVIE, rating->movie, &index)) {
            const FoldInRating entry = {fm_vector(bundle->model, index),
                                        (double)bundle->model->bias[index], rating->rating};
            g_array_append_val(shown, entry);
        } else if (!who->skip_unknown) {
            return fail_unknown(bundle, FEATURE_MOVIE, rating->movie, error);
        }
    }
    return shown->len > 0 || fail_unknown(bundle, FEATURE_MOVIE, "of the history", error);
}

Newcomer *local_newcomer(const Bundle *bundle, const FoldInPrior *prior, const NewcomerRequest *who,
                         GError **error)
{
    g_autoptr(Profile) nothing = profile_new();
    const Profile *profile = who->profile != NULL ? who->profile : nothing;
    g_autoptr(FeatureVectors) known = feature_vectors_new(profile_size(profile), bundle->model->k);
    g_autoptr(GArray) shown = g_array_new(FALSE, FALSE, sizeof(FoldInRating));
    const HistoryScale scale = fold_in_prior_scale(prior, &bundle->form);
    if (!fold_in_prior_check(prior, bundle->path, error) ||
        !history_check_scale(who->history, &scale, error) ||
        !take_known(known, bundle, profile, error) || !take_shown(shown, bundle, who, error))
        return NULL;
    const NewcomerModel model = {prior, (double)bundle->model->w0, &bundle->form};
    return newcomer_solve(&model, profile, known, (const FoldInRating *)(gpointer)shown->data,
                          shown->len, error);
}

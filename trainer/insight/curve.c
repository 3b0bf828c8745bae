#include "curve.h"

#include <math.h>

#include "recsys_error.h"

static double get_or_nan(yajl_val object, const char *key)
{
    double value;
    return json_get_double(object, key, &value) ? value : NAN;
}

static gboolean read_epoch(Curve *curve, yajl_val entry, GError **error)
{
    gint64 number;
    if (!json_get_int(entry, "epoch", &number) || number < 1 || number > G_MAXINT) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "training.json: entry %u of its curve has no epoch number",
                    curve->epochs->len + 1);
        return FALSE;
    }
    EpochFigures figures = {
        .epoch = (guint)number,
        .learning_rate = get_or_nan(entry, "learning_rate"),
        .train_rmse = get_or_nan(entry, "train_rmse"),
        .valid_rmse = get_or_nan(entry, "valid_rmse"),
        .seconds = get_or_nan(entry, "seconds"),
    };
    g_array_append_val(curve->epochs, figures);
    return TRUE;
}

Curve *curve_read(yajl_val training, GError **error)
{
    g_autoptr(Curve) curve = g_new0(Curve, 1);
    curve->epochs = g_array_new(FALSE, FALSE, sizeof(EpochFigures));
    yajl_val entries = json_get(training, "curve");
    for (gsize i = 0; i < json_array_length(entries); i++)
        if (!read_epoch(curve, json_array_get(entries, i), error))
            return NULL;
    for (guint i = 0; i < curve->epochs->len; i++) {
        double rmse = g_array_index(curve->epochs, EpochFigures, i).valid_rmse;
        if (isnan(rmse))
            continue;
        if (!curve->validated ||
            rmse < g_array_index(curve->epochs, EpochFigures, curve->best).valid_rmse)
            curve->best = i;
        curve->validated = TRUE;
    }
    return g_steal_pointer(&curve);
}

void curve_free(Curve *curve)
{
    if (curve == NULL)
        return;
    g_array_unref(curve->epochs);
    g_free(curve);
}

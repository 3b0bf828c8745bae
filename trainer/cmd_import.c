#include <stdio.h>

#include "bundle.h"
#include "commands.h"
#include "feature_file.h"
#include "recsys_error.h"
#include "safetensors.h"

static GBytes *read_file(const char *path, GError **error)
{
    char *data;
    gsize size;
    return g_file_get_contents(path, &data, &size, error) ? g_bytes_new_take(data, size) : NULL;
}

/* training.json of a model whose training is not known: only what it takes to predict with it. */
static char *training_record(const char *model_path, double scale)
{
    g_autofree char *base = g_path_get_basename(model_path);
    g_autofree char *name = g_utf8_make_valid(base, -1);
    g_auto(yajl_gen) json = json_generator_new(TRUE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "imported_from", name);
    const ModelForm form = model_form_fm(scale);
    model_form_put_members(json, &form);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

static FmModel *read_model(const char *path, GError **error)
{
    g_autoptr(GBytes) content = read_file(path, error);
    return content != NULL ? safetensors_decode(content, path, error) : NULL;
}

static FeatureTable *read_features(const char *path, GError **error)
{
    g_autoptr(GBytes) content = read_file(path, error);
    return content != NULL ? feature_file_decode(content, path, error) : NULL;
}

gboolean cmd_import(const CliCommand *command, int argc, char **argv, GError **error)
{
    double scale = FM_RATING_SCALE;
    gboolean replace = FALSE;
    const GOptionEntry entries[] = {
        {"scale", 0, 0, G_OPTION_ARG_DOUBLE, &scale,
         "what the sigmoid is multiplied with to give a rating (5.5)", "X"},
        {"replace", 0, 0, G_OPTION_ARG_NONE, &replace, "replace an existing BUNDLE", NULL},
        {NULL},
    };
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, &argc, &argv, error))
        return FALSE;
    if (!(scale > 0 && scale < 1e6)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--scale must be a positive number");
        return FALSE;
    }
    const char *model_path = argv[1], *features_path = argv[2], *target = argv[3];
    g_autoptr(FmModel) model = read_model(model_path, error);
    if (model == NULL)
        return FALSE;
    g_autoptr(FeatureTable) features = read_features(features_path, error);
    if (features == NULL)
        return FALSE;
    if (feature_table_size(features) != model->n) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s has %u rows, %s describes %u: every row needs its line", model_path,
                    model->n, features_path, feature_table_size(features));
        return FALSE;
    }
    g_autofree char *record = training_record(model_path, scale);
    if (!bundle_write(target, model, features, record, replace, error))
        return FALSE;
    printf("wrote %s: %u features × %u factors\n", target, model->n, model->k);
    return TRUE;
}

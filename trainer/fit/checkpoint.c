#include "checkpoint.h"

#include <math.h>

#include "json.h"
#include "recsys_error.h"
#include "safetensors.h"
#include "safetensors_reader.h"
#include "safetensors_writer.h"

Checkpoint *checkpoint_new(void)
{
    Checkpoint *c = g_new0(Checkpoint, 1);
    c->curve = g_array_new(FALSE, FALSE, sizeof(EpochFigures));
    return c;
}

void checkpoint_free(Checkpoint *c)
{
    if (c == NULL)
        return;
    g_free(c->fingerprint);
    g_array_unref(c->curve);
    fm_model_free(c->model);
    fm_model_free(c->first);
    fm_model_free(c->second);
    fm_model_free(c->best);
    g_free(c);
}

/* ---- writing ---- */

static char *state_to_json(const Checkpoint *c)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "fingerprint", c->fingerprint);
    json_put_member_int(json, "epochs_done", c->epochs_done);
    json_put_member_int(json, "rows_done", c->rows_done);
    json_put_member_double(json, "error_sum", c->error_sum);
    json_put_member_int(json, "steps", c->steps);
    json_put_member_double(json, "seconds", c->seconds);
    json_put_member_int(json, "best_epoch", c->best_epoch);
    json_put_key(json, "curve");
    training_put_curve(json, c->curve);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

gboolean checkpoint_write(const Checkpoint *c, const char *path, GError **error)
{
    const struct {
        const char *prefix;
        const FmModel *model;
    } models[] = {{"", c->model}, {"first.", c->first}, {"second.", c->second}, {"best.", c->best}};
    SafetensorsTensor tensors[3 * G_N_ELEMENTS(models)];
    guint count = 0;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (gsize i = 0; i < G_N_ELEMENTS(models) && models[i].model != NULL; i++)
        count += safetensors_list_model(tensors + count, names, models[i].prefix, models[i].model);

    g_autofree char *state = state_to_json(c);
    g_autoptr(GBytes) content = safetensors_write(tensors, count, state);
    gsize size;
    const char *data = g_bytes_get_data(content, &size);
    if (g_file_set_contents_full(path, data, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
                                 error))
        return TRUE;
    g_prefix_error(error, "the checkpoint was not written: ");
    return FALSE;
}

/* ---- reading ---- */

static gboolean read_count(yajl_val state, const char *name, guint *value)
{
    gint64 number = -1;
    gboolean valid = json_get_int(state, name, &number) && number >= 0 && number <= G_MAXUINT32;
    *value = (guint)number;
    return valid;
}

static gboolean read_state(Checkpoint *c, const char *text)
{
    g_auto(yajl_val) state = text != NULL ? json_parse(text, "its state", NULL) : NULL;
    c->fingerprint = g_strdup(json_get_string(state, "fingerprint"));
    return c->fingerprint != NULL && read_count(state, "epochs_done", &c->epochs_done) &&
           read_count(state, "rows_done", &c->rows_done) && read_count(state, "steps", &c->steps) &&
           read_count(state, "best_epoch", &c->best_epoch) &&
           json_get_double(state, "error_sum", &c->error_sum) &&
           json_get_double(state, "seconds", &c->seconds) &&
           training_get_curve(json_get(state, "curve"), c->curve) &&
           c->curve->len == c->epochs_done;
}

static gboolean read_models(Checkpoint *c, const SafetensorsReader *reader, const char *path,
                            GError **error)
{
    c->model = safetensors_read_model(reader, "", path, error);
    if (c->model == NULL)
        return FALSE;
    c->first = safetensors_read_model(reader, "first.", path, error);
    if (c->first == NULL)
        return FALSE;
    c->second = safetensors_read_model(reader, "second.", path, error);
    if (c->second == NULL)
        return FALSE;
    if (safetensors_reader_has(reader, "best.w0"))
        c->best = safetensors_read_model(reader, "best.", path, error);
    return c->best != NULL || !safetensors_reader_has(reader, "best.w0");
}

Checkpoint *checkpoint_read(const char *path, GError **error)
{
    char *data;
    gsize size;
    if (!g_file_get_contents(path, &data, &size, error))
        return NULL;
    g_autoptr(GBytes) content = g_bytes_new_take(data, size);
    g_autoptr(SafetensorsReader) reader = safetensors_reader_new(content, path, error);
    if (reader == NULL)
        return NULL;
    g_autoptr(Checkpoint) c = checkpoint_new();
    if (!read_state(c, safetensors_reader_metadata(reader))) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s is not a checkpoint, or was damaged: remove it and start over", path);
        return NULL;
    }
    return read_models(c, reader, path, error) ? g_steal_pointer(&c) : NULL;
}

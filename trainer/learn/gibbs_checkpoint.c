#include "gibbs_checkpoint.h"

#include <string.h>

#include "json.h"
#include "recsys_error.h"
#include "safetensors_reader.h"
#include "safetensors_writer.h"

/* ---- writing ---- */

static char *state_to_json(const GibbsCheckpoint *state)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "fingerprint", state->fingerprint);
    json_put_member_int(json, "sweeps", state->sweeps);
    json_put_member_int(json, "samples", state->samples);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

gboolean gibbs_checkpoint_write(const char *path, const GibbsCheckpoint *state,
                                const StateTensor *tensors, guint count, GError **error)
{
    g_autofree SafetensorsTensor *listed = g_new(SafetensorsTensor, count);
    for (guint i = 0; i < count; i++)
        listed[i] = (SafetensorsTensor){
            .name = tensors[i].name,
            .dtype = tensors[i].dtype,
            .dims = 2,
            .shape = {tensors[i].rows, tensors[i].columns},
            .data = tensors[i].data,
        };
    g_autofree char *text = state_to_json(state);
    g_autoptr(GBytes) content = safetensors_write(listed, count, text);
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
    const gboolean valid =
        json_get_int(state, name, &number) && number >= 0 && number <= G_MAXUINT32;
    *value = (guint)number;
    return valid;
}

static gboolean read_state(const SafetensorsReader *reader, const char *path,
                           GibbsCheckpoint *state, GError **error)
{
    const char *text = safetensors_reader_metadata(reader);
    g_auto(yajl_val) json = text != NULL ? json_parse(text, "its state", NULL) : NULL;
    const char *fingerprint = json_get_string(json, "fingerprint");
    GibbsCheckpoint read = *state;
    if (fingerprint == NULL || !read_count(json, "sweeps", &read.sweeps) ||
        !read_count(json, "samples", &read.samples)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s is not a checkpoint, or was damaged: remove it and start over", path);
        return FALSE;
    }
    if (strcmp(fingerprint, state->fingerprint) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s is of other data or other options: give the same ones, or remove it "
                    "to start over",
                    path);
        return FALSE;
    }
    *state = read;
    return TRUE;
}

/* values[i]: where tensor i is in the file. */
static gboolean find_tensors(const SafetensorsReader *reader, const char *path,
                             const StateTensor *tensors, guint count, gconstpointer *values,
                             GError **error)
{
    for (guint i = 0; i < count; i++) {
        guint shape[2];
        values[i] =
            safetensors_reader_get(reader, tensors[i].name, tensors[i].dtype, 2, shape, error);
        if (values[i] == NULL)
            return FALSE;
        if (shape[0] != tensors[i].rows || shape[1] != tensors[i].columns) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "%s: %s is %u × %u, not %u × %u: remove the file and start over", path,
                        tensors[i].name, shape[0], shape[1], tensors[i].rows, tensors[i].columns);
            return FALSE;
        }
    }
    return TRUE;
}

gboolean gibbs_checkpoint_read(const char *path, GibbsCheckpoint *state, const StateTensor *tensors,
                               guint count, GError **error)
{
    char *data;
    gsize size;
    if (!g_file_get_contents(path, &data, &size, error))
        return FALSE;
    g_autoptr(GBytes) content = g_bytes_new_take(data, size);
    g_autoptr(SafetensorsReader) reader = safetensors_reader_new(content, path, error);
    if (reader == NULL)
        return FALSE;
    g_autofree gconstpointer *values = g_new(gconstpointer, count);
    GibbsCheckpoint read = *state;
    if (!read_state(reader, path, &read, error) ||
        !find_tensors(reader, path, tensors, count, values, error))
        return FALSE;
    for (guint i = 0; i < count; i++)
        memcpy(tensors[i].data, values[i], state_tensor_size(&tensors[i]));
    *state = read;
    return TRUE;
}

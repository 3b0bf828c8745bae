#include "ials_checkpoint.h"

#include <string.h>

#include "json.h"
#include "recsys_error.h"
#include "safetensors_reader.h"
#include "safetensors_writer.h"

void ials_checkpoint_free(IalsCheckpoint *c)
{
    if (c == NULL)
        return;
    g_free(c->fingerprint);
    g_free(c->movie_vectors);
    g_free(c);
}

static char *state_to_json(const IalsCheckpoint *c)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "fingerprint", c->fingerprint);
    json_put_member_int(json, "sweeps_done", c->sweeps_done);
    json_put_member_double(json, "seconds", c->seconds);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

gboolean ials_checkpoint_write(const IalsCheckpoint *c, const char *path, GError **error)
{
    const SafetensorsTensor movies = {.name = "movies",
                                      .dtype = "F32",
                                      .dims = 2,
                                      .shape = {c->movies, c->k},
                                      .data = c->movie_vectors};
    g_autofree char *state = state_to_json(c);
    g_autoptr(GBytes) content = safetensors_write(&movies, 1, state);
    gsize size;
    const char *data = g_bytes_get_data(content, &size);
    if (g_file_set_contents_full(path, data, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
                                 error))
        return TRUE;
    g_prefix_error(error, "the checkpoint was not written: ");
    return FALSE;
}

static gboolean read_state(IalsCheckpoint *c, const char *text)
{
    g_auto(yajl_val) state = text != NULL ? json_parse(text, "its state", NULL) : NULL;
    gint64 sweeps = -1;
    c->fingerprint = g_strdup(json_get_string(state, "fingerprint"));
    const gboolean valid = c->fingerprint != NULL && json_get_int(state, "sweeps_done", &sweeps) &&
                           sweeps >= 0 && sweeps <= G_MAXUINT32 &&
                           json_get_double(state, "seconds", &c->seconds);
    c->sweeps_done = (guint)sweeps;
    return valid;
}

IalsCheckpoint *ials_checkpoint_read(const char *path, GError **error)
{
    char *data;
    gsize size;
    guint shape[2];
    if (!g_file_get_contents(path, &data, &size, error))
        return NULL;
    g_autoptr(GBytes) content = g_bytes_new_take(data, size);
    g_autoptr(SafetensorsReader) reader = safetensors_reader_new(content, path, error);
    if (reader == NULL)
        return NULL;
    g_autoptr(IalsCheckpoint) c = g_new0(IalsCheckpoint, 1);
    if (!read_state(c, safetensors_reader_metadata(reader))) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s is not a checkpoint, or was damaged: remove it and start over", path);
        return NULL;
    }
    gconstpointer movies = safetensors_reader_get(reader, "movies", "F32", 2, shape, error);
    if (movies == NULL)
        return NULL;
    c->movies = shape[0];
    c->k = shape[1];
    c->movie_vectors = g_memdup2(movies, sizeof(float) * c->movies * c->k);
    return g_steal_pointer(&c);
}

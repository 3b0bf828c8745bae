#include "safetensors.h"

#include <math.h>
#include <string.h>

#include "json.h"
#include "recsys_error.h"
#include "safetensors_reader.h"

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN); /* tensors are copied as they are */

#define PREFIX sizeof(guint64)

/* ---- writing ---- */

static void put_tensor(yajl_gen json, const char *name, guint rows, guint columns, gsize *offset)
{
    gsize size = (gsize)rows * MAX(columns, 1) * sizeof(float);
    json_put_key(json, name);
    yajl_gen_map_open(json);
    json_put_member_string(json, "dtype", "F32");
    json_put_key(json, "shape");
    yajl_gen_array_open(json);
    json_put_int(json, rows);
    if (columns > 0)
        json_put_int(json, columns);
    yajl_gen_array_close(json);
    json_put_key(json, "data_offsets");
    yajl_gen_array_open(json);
    json_put_int(json, (gint64)*offset);
    json_put_int(json, (gint64)(*offset + size));
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    *offset += size;
}

GBytes *safetensors_encode(const FmModel *model)
{
    gsize data_size = 0;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    put_tensor(json, "w0", 1, 0, &data_size);
    put_tensor(json, "bias.weight", model->n, 1, &data_size);
    put_tensor(json, "embeddings.weight", model->n, model->k, &data_size);
    yajl_gen_map_close(json);

    g_autoptr(GString) header = g_string_new(NULL);
    json_take_into(json, header);
    while (header->len % 8 != 0) /* tensors begin at a multiple of 8 */
        g_string_append_c(header, ' ');

    guint64 length = header->len;
    GByteArray *content = g_byte_array_sized_new((guint)(PREFIX + length + data_size));
    g_byte_array_append(content, (const guint8 *)&length, PREFIX);
    g_byte_array_append(content, (const guint8 *)header->str, (guint)length);
    g_byte_array_append(content, (const guint8 *)&model->w0, sizeof(float));
    g_byte_array_append(content, (const guint8 *)model->bias, model->n * (guint)sizeof(float));
    g_byte_array_append(content, (const guint8 *)model->embeddings,
                        model->n * model->k * (guint)sizeof(float));
    return g_byte_array_free_to_bytes(content);
}

/* ---- reading ---- */

static gboolean fail(const char *file, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static gboolean fail(const char *file, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: %s", file, why);
    return FALSE;
}

static gboolean copy_finite(const char *file, const char *name, float *values, gsize count,
                            gconstpointer from, GError **error)
{
    memcpy(values, from, count * sizeof *values);
    for (gsize i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return fail(file, error, "\"%s\" has a value that is not finite at %" G_GSIZE_FORMAT,
                        name, i);
    return TRUE;
}

static FmModel *read_model(const SafetensorsReader *reader, const char *file, GError **error)
{
    guint one[1], biases[2], rows[2];
    gconstpointer w0 = safetensors_reader_get(reader, "w0", "F32", 1, one, error);
    gconstpointer bias =
        w0 != NULL ? safetensors_reader_get(reader, "bias.weight", "F32", 2, biases, error) : NULL;
    gconstpointer embeddings =
        bias != NULL ? safetensors_reader_get(reader, "embeddings.weight", "F32", 2, rows, error)
                     : NULL;
    if (embeddings == NULL)
        return NULL;
    if (one[0] != 1 || biases[1] != 1 || biases[0] != rows[0]) {
        fail(file, error,
             "shapes disagree: w0 [%u], bias.weight [%u, %u], embeddings.weight [%u, %u]", one[0],
             biases[0], biases[1], rows[0], rows[1]);
        return NULL;
    }
    g_autoptr(FmModel) model = fm_model_new(rows[0], rows[1]);
    if (!copy_finite(file, "w0", &model->w0, 1, w0, error) ||
        !copy_finite(file, "bias.weight", model->bias, model->n, bias, error) ||
        !copy_finite(file, "embeddings.weight", model->embeddings, (gsize)model->n * model->k,
                     embeddings, error))
        return NULL;
    return g_steal_pointer(&model);
}

FmModel *safetensors_decode(GBytes *content, const char *name, GError **error)
{
    g_autoptr(SafetensorsReader) reader = safetensors_reader_new(content, name, error);
    return reader != NULL ? read_model(reader, name, error) : NULL;
}

#include "safetensors.h"

#include <math.h>
#include <string.h>

#include "recsys_error.h"
#include "safetensors_reader.h"

#define TENSORS 3

static const char *const names[TENSORS] = {"w0", "bias.weight", "embeddings.weight"};

guint safetensors_list_model(SafetensorsTensor *tensors, GPtrArray *full_names, const char *prefix,
                             const FmModel *model)
{
    const SafetensorsTensor listed[TENSORS] = {
        {NULL, "F32", 1, {1}, &model->w0},
        {NULL, "F32", 2, {model->n, 1}, model->bias},
        {NULL, "F32", 2, {model->n, model->k}, model->embeddings},
    };
    for (guint i = 0; i < TENSORS; i++) {
        char *name = g_strconcat(prefix, names[i], NULL);
        g_ptr_array_add(full_names, name);
        tensors[i] = listed[i];
        tensors[i].name = name;
    }
    return TENSORS;
}

GBytes *safetensors_encode(const FmModel *model)
{
    SafetensorsTensor tensors[TENSORS];
    g_autoptr(GPtrArray) full_names = g_ptr_array_new_with_free_func(g_free);
    guint count = safetensors_list_model(tensors, full_names, "", model);
    return safetensors_write(tensors, count, NULL);
}

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

static gboolean overlap(gconstpointer a, gsize a_values, gconstpointer b, gsize b_values)
{
    const guint8 *x = a, *y = b;
    return x < y + b_values * sizeof(float) && y < x + a_values * sizeof(float);
}

static gconstpointer get(const SafetensorsReader *reader, const char *prefix, guint which,
                         guint *shape, GError **error)
{
    g_autofree char *name = g_strconcat(prefix, names[which], NULL);
    return safetensors_reader_get(reader, name, "F32", which == 0 ? 1 : 2, shape, error);
}

FmModel *safetensors_read_model(const SafetensorsReader *reader, const char *prefix,
                                const char *file, GError **error)
{
    guint one[1], biases[2], rows[2];
    gconstpointer w0 = get(reader, prefix, 0, one, error);
    gconstpointer bias = w0 != NULL ? get(reader, prefix, 1, biases, error) : NULL;
    gconstpointer embeddings = bias != NULL ? get(reader, prefix, 2, rows, error) : NULL;
    if (embeddings == NULL)
        return NULL;
    if (one[0] != 1 || biases[1] != 1 || biases[0] != rows[0]) {
        fail(file, error,
             "shapes disagree: w0 [%u], bias.weight [%u, %u], embeddings.weight [%u, %u]", one[0],
             biases[0], biases[1], rows[0], rows[1]);
        return NULL;
    }
    const gsize n = rows[0], values = n * rows[1];
    if (overlap(w0, 1, bias, n) || overlap(w0, 1, embeddings, values) ||
        overlap(bias, n, embeddings, values)) {
        fail(file, error, "tensors overlap: the file was edited");
        return NULL;
    }
    g_autoptr(FmModel) model = fm_model_new(rows[0], rows[1]);
    if (!copy_finite(file, names[0], &model->w0, 1, w0, error) ||
        !copy_finite(file, names[1], model->bias, model->n, bias, error) ||
        !copy_finite(file, names[2], model->embeddings, (gsize)model->n * model->k, embeddings,
                     error))
        return NULL;
    return g_steal_pointer(&model);
}

FmModel *safetensors_decode(GBytes *content, const char *name, GError **error)
{
    g_autoptr(SafetensorsReader) reader = safetensors_reader_new(content, name, error);
    return reader != NULL ? safetensors_read_model(reader, "", name, error) : NULL;
}

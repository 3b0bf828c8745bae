#include "safetensors.h"

#include <math.h>
#include <string.h>

#include "json.h"
#include "recsys_error.h"

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN); /* tensors are copied as they are */

#define PREFIX sizeof(guint64)
#define LONGEST_HEADER (100u * 1000 * 1000) /* the format's own limit */

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

typedef struct {
    const char *name; /* of the file, for messages */
    const guint8 *data;
    gsize size;
    yajl_val header;
} Reader;

static gboolean fail(const Reader *reader, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean fail(const Reader *reader, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: %s", reader->name, why);
    return FALSE;
}

static gboolean read_header(Reader *reader, GBytes *content, GError **error)
{
    gsize size;
    const guint8 *bytes = g_bytes_get_data(content, &size);
    if (size < PREFIX)
        return fail(reader, error, "%" G_GSIZE_FORMAT " bytes are too few for safetensors", size);
    guint64 length;
    memcpy(&length, bytes, PREFIX);
    if (length > LONGEST_HEADER || length > size - PREFIX)
        return fail(reader, error,
                    "its header would have %" G_GUINT64_FORMAT
                    " bytes, the file has %" G_GSIZE_FORMAT ": it was cut, or is not safetensors",
                    length, size);
    g_autofree char *text = g_strndup((const char *)bytes + PREFIX, length);
    reader->header = json_parse(text, "the safetensors header", error);
    if (reader->header == NULL) {
        g_prefix_error(error, "%s: ", reader->name);
        return FALSE;
    }
    reader->data = bytes + PREFIX + length;
    reader->size = size - PREFIX - length;
    return TRUE;
}

static yajl_val find_tensor(const Reader *reader, const char *name)
{
    if (!YAJL_IS_OBJECT(reader->header))
        return NULL;
    for (gsize i = 0; i < reader->header->u.object.len; i++)
        if (strcmp(reader->header->u.object.keys[i], name) == 0)
            return reader->header->u.object.values[i];
    return NULL;
}

static gboolean get_dimension(yajl_val array, gsize index, gint64 *value)
{
    yajl_val number = json_array_get(array, index);
    if (!YAJL_IS_INTEGER(number) || YAJL_GET_INTEGER(number) < 0)
        return FALSE;
    *value = YAJL_GET_INTEGER(number);
    return TRUE;
}

/* The shape [dims] of a tensor and its values, checked against the file's size. */
static const guint8 *get_tensor(const Reader *reader, const char *name, guint dims, guint *shape,
                                GError **error)
{
    yajl_val tensor = find_tensor(reader, name);
    if (tensor == NULL) {
        fail(reader, error, "there is no tensor \"%s\"", name);
        return NULL;
    }
    const char *dtype = json_get_string(tensor, "dtype");
    if (g_strcmp0(dtype, "F32") != 0) {
        fail(reader, error, "\"%s\" is %s, not F32", name, dtype != NULL ? dtype : "of no type");
        return NULL;
    }
    yajl_val lengths = json_get(tensor, "shape");
    guint64 values = 1;
    gboolean valid = json_array_length(lengths) == dims;
    for (guint i = 0; valid && i < dims; i++) {
        gint64 length = 0;
        valid = get_dimension(lengths, i, &length) && length >= 1 && length <= G_MAXINT32 &&
                values <= G_MAXINT32 && (values *= (guint64)length) <= G_MAXUINT32;
        shape[i] = (guint)length;
    }
    if (!valid) {
        fail(reader, error, "\"%s\" does not have %u dimensions that make sense", name, dims);
        return NULL;
    }
    gint64 begin = 0, end = 0;
    yajl_val offsets = json_get(tensor, "data_offsets");
    if (json_array_length(offsets) != 2 || !get_dimension(offsets, 0, &begin) ||
        !get_dimension(offsets, 1, &end) || (guint64)end > reader->size || begin > end ||
        (guint64)(end - begin) != values * sizeof(float)) {
        fail(reader, error,
             "\"%s\" is at bytes %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " of %" G_GSIZE_FORMAT
             ", which does not fit its shape: the file was cut or edited",
             name, begin, end, reader->size);
        return NULL;
    }
    return reader->data + begin;
}

static gboolean copy_finite(const Reader *reader, const char *name, float *values, gsize count,
                            const guint8 *from, GError **error)
{
    memcpy(values, from, count * sizeof *values);
    for (gsize i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return fail(reader, error, "\"%s\" has a value that is not finite at %" G_GSIZE_FORMAT,
                        name, i);
    return TRUE;
}

static gboolean overlap(const guint8 *a, gsize a_values, const guint8 *b, gsize b_values)
{
    return a < b + b_values * sizeof(float) && b < a + a_values * sizeof(float);
}

static FmModel *read_model(const Reader *reader, GError **error)
{
    guint one[1], biases[2], rows[2];
    const guint8 *w0 = get_tensor(reader, "w0", 1, one, error);
    const guint8 *bias = w0 != NULL ? get_tensor(reader, "bias.weight", 2, biases, error) : NULL;
    const guint8 *embeddings =
        bias != NULL ? get_tensor(reader, "embeddings.weight", 2, rows, error) : NULL;
    if (embeddings == NULL)
        return NULL;
    if (one[0] != 1 || biases[1] != 1 || biases[0] != rows[0]) {
        fail(reader, error,
             "shapes disagree: w0 [%u], bias.weight [%u, %u], embeddings.weight [%u, %u]", one[0],
             biases[0], biases[1], rows[0], rows[1]);
        return NULL;
    }
    const gsize n = rows[0], values = n * rows[1];
    if (overlap(w0, 1, bias, n) || overlap(w0, 1, embeddings, values) ||
        overlap(bias, n, embeddings, values)) {
        fail(reader, error, "tensors overlap: the file was edited");
        return NULL;
    }
    g_autoptr(FmModel) model = fm_model_new(rows[0], rows[1]);
    if (!copy_finite(reader, "w0", &model->w0, 1, w0, error) ||
        !copy_finite(reader, "bias.weight", model->bias, model->n, bias, error) ||
        !copy_finite(reader, "embeddings.weight", model->embeddings, (gsize)model->n * model->k,
                     embeddings, error))
        return NULL;
    return g_steal_pointer(&model);
}

FmModel *safetensors_decode(GBytes *content, const char *name, GError **error)
{
    Reader reader = {.name = name};
    if (!read_header(&reader, content, error))
        return NULL;
    FmModel *model = read_model(&reader, error);
    yajl_tree_free(reader.header);
    return model;
}

#include "safetensors_reader.h"

#include <string.h>

#include "json.h"
#include "recsys_error.h"

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN); /* tensors are used as they are */

#define PREFIX sizeof(guint64)
#define LONGEST_HEADER (100u * 1000 * 1000) /* the format's own limit */

struct SafetensorsReader {
    char *name;      /* of the file, for messages */
    GBytes *content; /* keeps `data` alive */
    const guint8 *data;
    gsize size;
    yajl_val header;
};

static gboolean fail(const SafetensorsReader *reader, GError **error, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

static gboolean fail(const SafetensorsReader *reader, GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: %s", reader->name, why);
    return FALSE;
}

static gboolean read_header(SafetensorsReader *reader, GBytes *content, GError **error)
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

static yajl_val find_tensor(const SafetensorsReader *reader, const char *name)
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

/* Bytes in a value: F32, I32, F64 … name their bits at the end. */
static gsize size_of(const char *dtype)
{
    return (gsize)g_ascii_strtoull(dtype + 1, NULL, 10) / 8;
}

gconstpointer safetensors_reader_get(const SafetensorsReader *reader, const char *name,
                                     const char *dtype, guint dims, guint *shape, GError **error)
{
    yajl_val tensor = find_tensor(reader, name);
    if (tensor == NULL) {
        fail(reader, error, "there is no tensor \"%s\"", name);
        return NULL;
    }
    const char *found = json_get_string(tensor, "dtype");
    if (g_strcmp0(found, dtype) != 0) {
        fail(reader, error, "\"%s\" is %s, not %s", name, found != NULL ? found : "of no type",
             dtype);
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
        (guint64)(end - begin) != values * size_of(dtype)) {
        fail(reader, error,
             "\"%s\" is at bytes %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT " of %" G_GSIZE_FORMAT
             ", which does not fit its shape: the file was cut or edited",
             name, begin, end, reader->size);
        return NULL;
    }
    return reader->data + begin;
}

SafetensorsReader *safetensors_reader_new(GBytes *content, const char *name, GError **error)
{
    g_autoptr(SafetensorsReader) reader = g_new0(SafetensorsReader, 1);
    reader->name = g_strdup(name);
    reader->content = g_bytes_ref(content);
    return read_header(reader, content, error) ? g_steal_pointer(&reader) : NULL;
}

void safetensors_reader_free(SafetensorsReader *reader)
{
    if (reader == NULL)
        return;
    if (reader->header != NULL)
        yajl_tree_free(reader->header);
    g_bytes_unref(reader->content);
    g_free(reader->name);
    g_free(reader);
}

const char *safetensors_reader_metadata(const SafetensorsReader *reader)
{
    return json_get_string(reader->header, "__metadata__.state");
}

gboolean safetensors_reader_has(const SafetensorsReader *reader, const char *name)
{
    return find_tensor(reader, name) != NULL;
}

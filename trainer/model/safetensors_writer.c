#include "safetensors_writer.h"

#include <string.h>

#include "json.h"

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN); /* tensors are copied as they are */

#define PREFIX sizeof(guint64)

static gsize size_of(const SafetensorsTensor *tensor)
{
    gsize size = (gsize)g_ascii_strtoull(tensor->dtype + 1, NULL, 10) / 8;
    for (guint i = 0; i < tensor->dims; i++)
        size *= tensor->shape[i];
    return size;
}

static void put_tensor(yajl_gen json, const SafetensorsTensor *tensor, gsize offset)
{
    json_put_key(json, tensor->name);
    yajl_gen_map_open(json);
    json_put_member_string(json, "dtype", tensor->dtype);
    json_put_key(json, "shape");
    yajl_gen_array_open(json);
    for (guint i = 0; i < tensor->dims; i++)
        json_put_int(json, tensor->shape[i]);
    yajl_gen_array_close(json);
    json_put_key(json, "data_offsets");
    yajl_gen_array_open(json);
    json_put_int(json, (gint64)offset);
    json_put_int(json, (gint64)(offset + size_of(tensor)));
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
}

static GString *header_of(const SafetensorsTensor *tensors, guint count, const char *metadata)
{
    gsize offset = 0;
    GString *header = g_string_new(NULL);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    if (metadata != NULL) {
        json_put_key(json, "__metadata__");
        yajl_gen_map_open(json);
        json_put_member_string(json, "state", metadata);
        yajl_gen_map_close(json);
    }
    for (guint i = 0; i < count; i++) {
        put_tensor(json, &tensors[i], offset);
        offset += size_of(&tensors[i]);
    }
    yajl_gen_map_close(json);
    json_take_into(json, header);
    while (header->len % 8 != 0)
        g_string_append_c(header, ' ');
    return header;
}

GBytes *safetensors_write(const SafetensorsTensor *tensors, guint count, const char *metadata)
{
    GString *header = header_of(tensors, count, metadata);
    gsize total = PREFIX + header->len;
    for (guint i = 0; i < count; i++)
        total += size_of(&tensors[i]);

    guint8 *content = g_malloc(total);
    guint64 length = header->len;
    memcpy(content, &length, PREFIX);
    memcpy(content + PREFIX, header->str, header->len);
    guint8 *at = content + PREFIX + header->len;
    for (guint i = 0; i < count; i++) {
        memcpy(at, tensors[i].data, size_of(&tensors[i]));
        at += size_of(&tensors[i]);
    }
    g_string_free(header, TRUE);
    return g_bytes_new_take(content, total);
}

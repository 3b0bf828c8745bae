/* Reads safetensors files: u64 little-endian header length, JSON header, raw tensors.
 * Format: https://huggingface.co/docs/safetensors */
#pragma once

#include <glib.h>

typedef struct SafetensorsReader SafetensorsReader;

/* Checks header length and header; `name` is for messages. Keeps a reference to `content`. Errors:
 * RECSYS_ERROR_DATA. */
SafetensorsReader *safetensors_reader_new(GBytes *content, const char *name,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;
void safetensors_reader_free(SafetensorsReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SafetensorsReader, safetensors_reader_free)

/* The values of a tensor with this dtype ("F32", "I32", "F64") and number of dimensions; its shape
 * to shape [dims]. Type, shape and offsets are checked against the real size. The values may be
 * unaligned; they belong to the reader. NULL with RECSYS_ERROR_DATA. */
gconstpointer safetensors_reader_get(const SafetensorsReader *reader, const char *name,
                                     const char *dtype, guint dims, guint *shape,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The text that safetensors_write() kept, owned by the reader, or NULL. */
const char *safetensors_reader_metadata(const SafetensorsReader *reader);

gboolean safetensors_reader_has(const SafetensorsReader *reader, const char *name);

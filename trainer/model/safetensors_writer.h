/* Writes safetensors files (safetensors_reader.h reads them). */
#pragma once

#include <glib.h>

typedef struct {
    const char *name;
    const char *dtype; /* "F32" */
    guint dims;
    guint shape[2]; /* [dims] */
    gconstpointer data;
} SafetensorsTensor;

/* The file's content: header padded to a multiple of 8, tensors in the order given. `metadata`
 * (nullable) is a text kept under the key "state" of the header's metadata. Free with
 * g_bytes_unref. */
GBytes *safetensors_write(const SafetensorsTensor *tensors, guint count, const char *metadata);

/* The model as a safetensors file: u64 little-endian header length, JSON header, raw tensors.
 *
 * Tensors, all F32: `w0` [1], `bias.weight` [n, 1], `embeddings.weight` [n, k]: the names PyTorch
 * gives the same model's state_dict(), so that either side can load the other's file.
 * Format: https://huggingface.co/docs/safetensors */
#pragma once

#include "fm.h"
#include "safetensors_reader.h"
#include "safetensors_writer.h"

/* The file's content; free with g_bytes_unref. */
GBytes *safetensors_encode(const FmModel *model);

/* Checks, in this order, header length, header, dtype, shapes, offsets against the real size, and
 * that every value is finite. NULL with RECSYS_ERROR_DATA saying what is wrong; `name` is for the
 * message. */
FmModel *safetensors_decode(GBytes *content, const char *name,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* For files that hold several models: lists a model's tensors, their names with a prefix, and
 * returns how many they are (three). The names are owned by full_names. */
guint safetensors_list_model(SafetensorsTensor *tensors, GPtrArray *full_names, const char *prefix,
                             const FmModel *model);

/* Reads such a model; `file` is for messages. */
FmModel *safetensors_read_model(const SafetensorsReader *reader, const char *prefix,
                                const char *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

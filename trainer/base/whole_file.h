/* Files that are whole or as they were. */
#pragma once

#include <glib.h>

/* Writes `data` (`length` bytes, or -1: up to its NUL) under a temporary name beside `path` and
 * renames it, once the disk has it. RECSYS_ERROR_DATA naming the file, also for what is there and
 * no regular file: a directory or device would be replaced, or lost. */
gboolean whole_file_save(const char *path, const char *data, gssize length,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

#include "whole_file.h"

#include "recsys_error.h"

gboolean whole_file_save(const char *path, const char *data, gssize length, GError **error)
{
    g_autoptr(GError) cause = NULL;
    if (g_file_test(path, G_FILE_TEST_EXISTS) && !g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s is %s, not a file to write to",
                    path,
                    g_file_test(path, G_FILE_TEST_IS_DIR) ? "a directory" : "a device or pipe");
        return FALSE;
    }
    if (g_file_set_contents_full(path, data, length,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0644,
                                 &cause))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s", cause->message);
    return FALSE;
}

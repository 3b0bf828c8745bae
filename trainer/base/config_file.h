/* Options from a key file (GKeyFile): each key is an option's long name. */
#pragma once

#include <glib.h>

/* Sets what the file's group says through the entries' own pointers; options parsed afterwards go
 * before it. RECSYS_ERROR_USAGE naming file and key for an unknown key or a value of the wrong
 * type. */
gboolean config_file_apply(const char *path, const char *group, const GOptionEntry *entries,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The value of --config in a command line that has not been parsed yet, or NULL. */
const char *config_file_of_arguments(int argc, char **argv);

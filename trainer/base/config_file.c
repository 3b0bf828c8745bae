#include "config_file.h"

#include <string.h>

#include "recsys_error.h"

static const GOptionEntry *find_entry(const GOptionEntry *entries, const char *key)
{
    for (const GOptionEntry *entry = entries; entry->long_name != NULL; entry++)
        if (strcmp(entry->long_name, key) == 0)
            return entry;
    return NULL;
}

/* Not GKeyFile's own getters, which take "3 4" for 3 and what is too large for the largest. */
static gint64 get_integer(GKeyFile *file, const char *group, const char *key, gint64 least,
                          gint64 most, GError **error)
{
    gint64 value = 0;
    g_autofree char *text = g_key_file_get_string(file, group, key, error);
    if (text != NULL && !g_ascii_string_to_signed(text, 10, least, most, &value, error))
        g_prefix_error(error, "%s: ", key);
    return value;
}

/* Stores one value; the type decides which getter of the key file judges it. */
static void set_value(GKeyFile *file, const char *group, const GOptionEntry *entry, GError **error)
{
    const char *key = entry->long_name;
    GError *failure = NULL;
    if (entry->arg == G_OPTION_ARG_INT) {
        gint64 value = get_integer(file, group, key, G_MININT, G_MAXINT, &failure);
        if (failure == NULL)
            *(gint *)entry->arg_data = (gint)value;
    } else if (entry->arg == G_OPTION_ARG_INT64) {
        gint64 value = get_integer(file, group, key, G_MININT64, G_MAXINT64, &failure);
        if (failure == NULL)
            *(gint64 *)entry->arg_data = value;
    } else if (entry->arg == G_OPTION_ARG_DOUBLE) {
        double value = g_key_file_get_double(file, group, key, &failure);
        if (failure == NULL)
            *(double *)entry->arg_data = value;
    } else if (entry->arg == G_OPTION_ARG_NONE) {
        gboolean value = g_key_file_get_boolean(file, group, key, &failure);
        if (failure == NULL)
            *(gboolean *)entry->arg_data = value;
    } else {
        char *value = g_key_file_get_string(file, group, key, &failure);
        if (failure == NULL) {
            g_free(*(char **)entry->arg_data);
            *(char **)entry->arg_data = value;
        }
    }
    if (failure != NULL)
        g_propagate_error(error, failure);
}

gboolean config_file_apply(const char *path, const char *group, const GOptionEntry *entries,
                           GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) failure = NULL;
    g_auto(GStrv) keys = NULL;
    if (g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &failure))
        keys = g_key_file_get_keys(file, group, NULL, &failure);
    for (char **key = keys; failure == NULL && key != NULL && *key != NULL; key++) {
        const GOptionEntry *entry = find_entry(entries, *key);
        if (entry == NULL)
            g_set_error(&failure, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "there is no option \"%s\"; --help lists them", *key);
        else
            set_value(file, group, entry, &failure);
    }
    if (failure == NULL)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "%s: %s", path, failure->message);
    return FALSE;
}

const char *config_file_of_arguments(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
            return argv[i + 1];
        if (g_str_has_prefix(argv[i], "--config="))
            return argv[i] + strlen("--config=");
    }
    return NULL;
}

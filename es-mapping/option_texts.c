#include "option_texts.h"

#include <string.h>

#include "recsys_error.h"
#include "text_file.h"

static gboolean is_text(const GOptionEntry *entry)
{
    return (entry->arg == G_OPTION_ARG_FILENAME || entry->arg == G_OPTION_ARG_FILENAME_ARRAY) &&
           g_strcmp0(entry->arg_description, "FILE") != 0;
}

static gboolean check_text(const char *name, const char *value, GError **error)
{
    if (value == NULL || g_utf8_validate(value, -1, NULL))
        return TRUE;
    g_autofree char *shown = text_show((Text){value, strlen(value)});
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--%s \"%s\" is not UTF-8", name, shown);
    return FALSE;
}

static gboolean check_entry(const GOptionEntry *entry, GError **error)
{
    if (entry->arg == G_OPTION_ARG_FILENAME)
        return check_text(entry->long_name, *(char *const *)entry->arg_data, error);
    char **value = *(char **const *)entry->arg_data;
    for (; value != NULL && *value != NULL; value++)
        if (!check_text(entry->long_name, *value, error))
            return FALSE;
    return TRUE;
}

gboolean option_texts_check(const GOptionEntry *const *tables, GError **error)
{
    for (; *tables != NULL; tables++)
        for (const GOptionEntry *entry = *tables; entry->long_name != NULL; entry++)
            if (is_text(entry) && !check_entry(entry, error))
                return FALSE;
    return TRUE;
}

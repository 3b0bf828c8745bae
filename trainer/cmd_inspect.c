#include <stdio.h>

#include "commands.h"
#include "inspection_json.h"
#include "inspection_text.h"
#include "recsys_error.h"

#define DEFAULT_SIZE 10

static gboolean parse(const CliCommand *command, int *argc, char ***argv, char **movie, gint *size,
                      gboolean *json, GError **error)
{
    gint given = G_MININT; /* no size */
    const GOptionEntry entries[] = {
        {"movie", 0, 0, G_OPTION_ARG_STRING, movie,
         "show the movies nearest to this one by the cosine of their embeddings", "ID"},
        {"size", 0, 0, G_OPTION_ARG_INT, &given, "how many of them (10)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, json, "one JSON object instead of tables", NULL},
        {NULL},
    };
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, argc, argv, error))
        return FALSE;
    if (given != G_MININT && *movie == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--size is the number of neighbours of a --movie");
        return FALSE;
    }
    *size = given != G_MININT ? given : DEFAULT_SIZE;
    if (*size < 1) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--size must be 1 or more");
        return FALSE;
    }
    return TRUE;
}

gboolean cmd_inspect(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_autofree char *movie = NULL;
    gint size = 0;
    gboolean json = FALSE;
    if (!parse(command, &argc, &argv, &movie, &size, &json, error))
        return FALSE;
    g_autoptr(Inspection) found = inspection_new(argv[1], movie, (guint)size, error);
    if (found == NULL)
        return FALSE;
    if (json)
        inspection_print_json(found, stdout);
    else
        inspection_print(found, stdout);
    return TRUE;
}

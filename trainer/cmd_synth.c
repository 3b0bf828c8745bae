#include <stdio.h>

#include "commands.h"
#include "recsys_error.h"
#include "synth.h"

gboolean cmd_synth(const CliCommand *command, int argc, char **argv, GError **error)
{
    SynthOptions options = SYNTH_OPTIONS_DEFAULT;
    gint users = (gint)options.users, movies = (gint)options.movies;
    gint ratings = (gint)options.ratings;
    gint64 seed = (gint64)options.seed;
    const GOptionEntry entries[] = {
        {"users", 0, 0, G_OPTION_ARG_INT, &users, "users (6040)", "N"},
        {"movies", 0, 0, G_OPTION_ARG_INT, &movies, "rated movies (3706)", "N"},
        {"ratings", 0, 0, G_OPTION_ARG_INT, &ratings, "ratings (1000000)", "N"},
        {"noise", 0, 0, G_OPTION_ARG_DOUBLE, &options.noise,
         "standard deviation of a rating about its planted mean (0.9)", "X"},
        {"seed", 0, 0, G_OPTION_ARG_INT64, &seed, "the same seed gives the same files (1)", "N"},
        {NULL},
    };
    if (!cli_parse(command, (const GOptionEntry *const[]){entries, NULL}, &argc, &argv, error))
        return FALSE;
    if (seed < 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--seed must not be negative");
        return FALSE;
    }
    options.users = (guint)MAX(users, 0);
    options.movies = (guint)MAX(movies, 0);
    options.ratings = (guint)MAX(ratings, 0);
    options.seed = (guint64)seed;
    if (!synth_write(argv[1], &options, error))
        return FALSE;
    printf("wrote %s: %u ratings of %u movies by %u users; what was planted is in planted.json\n",
           argv[1], options.ratings, options.movies, options.users);
    return TRUE;
}

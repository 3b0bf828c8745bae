/* The options of commands that show a ranking: how many movies, and in which form. */
#pragma once

#include "ranking.h"

typedef struct {
    gint size;
    gboolean json;
} RankingOptions;

#define RANKING_OPTIONS_DEFAULT                                                                    \
    {                                                                                              \
        .size = 10                                                                                 \
    }

/* The option table that fills `options`; free with g_free. */
GOptionEntry *ranking_options_entries(RankingOptions *options);

/* RECSYS_ERROR_USAGE if the size is out of range. */
gboolean ranking_options_check(const RankingOptions *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Prints to standard output what the options ask for; `whom` describes whom it is for, e.g.
 * profile_describe(). */
void ranking_options_print(const RankingOptions *options, const Ranking *ranking, const char *whom);

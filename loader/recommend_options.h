/* The options of `recommend` beside whom it is for and which cluster is asked; `similar` has those
 * that say which movies there may be. */
#pragma once

#include "seen.h"

#define RECOMMEND_OPTIONS_NOT_GIVEN G_MININT /* what an option can hardly be given as */

typedef struct {
    char **any_genre, **all_genres, **no_genre;
    char *years;
    int least_ratings;
    char **excluded; /* movie ids, several in one separated by commas */
    char **seen;     /* files, see seen.h */
    char *raw;       /* JSON */
    int from;
    gboolean cold_start, explain, curl, knn;
    int candidates; /* RECOMMEND_OPTIONS_NOT_GIVEN, or their number */
    char *history;  /* a file, or "-" */
    gboolean skip_unknown;
    double diversity; /* 0 to 1 */
} RecommendOptions;

void recommend_options_clear(RecommendOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RecommendOptions, recommend_options_clear)

/* The option tables that fill `options`: which movies there may be (for people, who may have rated
 * some, or for nobody in particular), and everything else, with candidates not given from now on;
 * free with g_free. */
GOptionEntry *recommend_options_filter_entries(RecommendOptions *options, gboolean for_people);
GOptionEntry *recommend_options_entries(RecommendOptions *options);

/* RECSYS_ERROR_USAGE for options that do not go together, and for what is out of range. */
gboolean recommend_options_check(const RecommendOptions *options,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* RECSYS_ERROR_USAGE if standard input is to be read more than once; `other` (nullable) is one more
 * file beside those of the options. */
gboolean recommend_options_check_input(const RecommendOptions *options, const char *other,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The filter they ask for, but for the files of --exclude-seen. RECSYS_ERROR_USAGE for what is out
 * of range or contradicts itself. */
Filter *recommend_options_filter(const RecommendOptions *options,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the files of --exclude-seen say; errors as those of seen_read(). What is in them for
 * everybody is excluded by the filter at once. */
Seen *recommend_options_seen(const RecommendOptions *options, const SeenWhose *whose,
                             Filter *filter, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many candidates an approximate answer is to have for `size` movies; 0 for an exact one.
 * RECSYS_ERROR_USAGE for what is out of range. */
gboolean recommend_options_candidates(const RecommendOptions *options, guint size,
                                      guint *candidates, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "1990-1999", "1990-", "-1999" or "1995" into *from and *to, 0 for an open end. */
gboolean recommend_options_parse_years(const char *text, int *from, int *to,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

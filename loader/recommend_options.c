#include "recommend_options.h"

#include <string.h>

#include "feature_table.h"
#include "recommend.h"
#include "recsys_error.h"
#include "text_file.h"

#define LAST_YEAR 9999
#define MOST_SKIPPED 10000000

void recommend_options_clear(RecommendOptions *options)
{
    g_strfreev(options->any_genre);
    g_strfreev(options->all_genres);
    g_strfreev(options->no_genre);
    g_free(options->years);
    g_strfreev(options->excluded);
    g_strfreev(options->seen);
    g_free(options->raw);
    g_free(options->history);
    *options = (RecommendOptions){0};
}

GOptionEntry *recommend_options_filter_entries(RecommendOptions *options, gboolean for_people)
{
    /* Texts are declared as file names: option_texts.h. */
    const GOptionEntry entries[] = {
        {"genre", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->any_genre,
         "movies of this genre; given several times: of one of them", "GENRE"},
        {"every-genre", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->all_genres,
         "movies of this genre; given several times: of all of them", "GENRE"},
        {"no-genre", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->no_genre,
         "no movies of this genre; may be given several times", "GENRE"},
        {"years", 0, 0, G_OPTION_ARG_FILENAME, &options->years,
         "movies of these years: 1990-1999, 1990-, -1999 or 1995", "YEARS"},
        {"min-ratings", 0, 0, G_OPTION_ARG_INT, &options->least_ratings,
         "movies with at least so many ratings", "N"},
        {"exclude", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->excluded,
         "not these movies, e.g. 318 or movie_318, or \"a,b\" in quotes for a comma in an id; may "
         "be "
         "given several times; what the release does not have is told of",
         "ID,…"},
        {"exclude-seen", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->seen,
         for_people
             ? "not the movies of a file: one id a line, or ratings (user::movie::…, tabs, or "
               "CSV with a header) of which those of --user, or with --profiles of each "
               "line's user, count; - is standard input"
             : "not the movies of a file, one id a line; - is standard input",
         "FILE"},
        {"filter", 0, 0, G_OPTION_ARG_FILENAME, &options->raw,
         "any other query that movies must match, e.g. {\"prefix\": {\"title\": \"Star\"}}",
         "JSON"},
        {"from", 0, 0, G_OPTION_ARG_INT, &options->from, "skip the best N movies (0)", "N"},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

GOptionEntry *recommend_options_entries(RecommendOptions *options)
{
    options->candidates = RECOMMEND_OPTIONS_NOT_GIVEN;
    const GOptionEntry entries[] = {
        {"history", 0, 0, G_OPTION_ARG_FILENAME, &options->history,
         "ratings of a person the model does not know, a movie and a rating a line; these movies "
         "are not recommended; - for standard input",
         "FILE"},
        {"skip-unknown", 0, 0, G_OPTION_ARG_NONE, &options->skip_unknown,
         "skip the movies of --history that the release does not have", NULL},
        {"diversify", 0, 0, G_OPTION_ARG_DOUBLE, &options->diversity,
         "movies less like each other, from 0 (as they are ranked) to 1 (nothing but difference)",
         "L"},
        {"cold-start", 0, 0, G_OPTION_ARG_NONE, &options->cold_start,
         "for a user the model does not know, go by the rest of the profile", NULL},
        {"explain", 0, 0, G_OPTION_ARG_NONE, &options->explain,
         "show what each part of the profile adds to each score", NULL},
        {"knn", 0, 0, G_OPTION_ARG_NONE, &options->knn,
         "approximate and, with many movies, faster: of a release made with --knn", NULL},
        {"candidates", 0, 0, G_OPTION_ARG_INT, &options->candidates,
         "with --knn: movies kept in sight; more is slower and misses less (10 for each movie "
         "asked "
         "for, 100 at least)",
         "N"},
        {"curl", 0, 0, G_OPTION_ARG_NONE, &options->curl,
         "print the two requests as curl commands instead", NULL},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

gboolean recommend_options_check(const RecommendOptions *options, GError **error)
{
    const char *why = NULL;
    if (!(options->diversity >= 0 && options->diversity <= 1))
        why = "--diversify must be from 0 to 1";
    else if (options->diversity > 0 && options->from > 0)
        why = "--diversify chooses among the best movies: it has no --from";
    else if (options->curl && (options->history != NULL || options->diversity > 0))
        why =
            "--curl prints what the cluster is asked; --history and --diversify are computed here";
    else if (options->skip_unknown && options->history == NULL)
        why = "--skip-unknown is about the movies of a --history";
    if (why != NULL)
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, why);
    return why == NULL;
}

gboolean recommend_options_candidates(const RecommendOptions *options, guint size,
                                      guint *candidates, GError **error)
{
    const char *why = NULL;
    *candidates = options->knn ? recommend_usual_candidates(size) : 0;
    if (options->candidates == RECOMMEND_OPTIONS_NOT_GIVEN)
        return TRUE;
    if (!options->knn)
        why = "--candidates is of --knn only: an exact answer looks at every movie";
    else if (options->candidates < (int)size || options->candidates > QUERY_MOST_CANDIDATES)
        why = "--candidates must be --size at least and " G_STRINGIFY(
            QUERY_MOST_CANDIDATES) " at most";
    if (why == NULL) {
        *candidates = (guint)options->candidates;
        return TRUE;
    }
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, why);
    return FALSE;
}

gboolean recommend_options_check_input(const RecommendOptions *options, const char *other,
                                       GError **error)
{
    guint readers = g_strcmp0(options->history, "-") == 0;
    readers += g_strcmp0(other, "-") == 0;
    for (char **path = options->seen; path != NULL && *path != NULL; path++)
        readers += strcmp(*path, "-") == 0;
    if (readers < 2)
        return TRUE;
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "- is given more than once, but standard input can be read only once");
    return FALSE;
}

/* ---- the filter ---- */

/* Digits up to *end; 0 if there are none or the year is no year. */
static int parse_year(const char *text, const char **end)
{
    int year = 0;
    for (*end = text; g_ascii_isdigit(**end) && *end - text < 5; ++*end)
        year = year * 10 + (**end - '0');
    return year <= LAST_YEAR ? year : 0;
}

gboolean recommend_options_parse_years(const char *text, int *from, int *to, GError **error)
{
    const char *dash, *end;
    *from = *to = parse_year(text, &dash);
    end = dash;
    if (*dash == '-')
        *to = parse_year(dash + 1, &end);
    const gboolean begins = dash > text, ends = end > dash + 1 || *dash != '-';
    if (*end == '\0' && (begins || ends) && (!begins || *from > 0) && (!ends || *to > 0))
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "--years %s: 1990-1999, 1990-, -1999 or 1995 is expected", text);
    return FALSE;
}

static void add_all(GPtrArray *texts, char **given)
{
    for (; given != NULL && *given != NULL; given++)
        g_ptr_array_add(texts, g_strdup(*given));
}

/* The next id of `1, 2,"a, b"`, and *at behind its comma, or at the end; NULL if there is none. */
static char *take_excluded(Text *at)
{
    *at = text_strip(*at);
    const char *comma = memchr(at->text, ',', at->length);
    const gsize length = comma != NULL ? (gsize)(comma - at->text) : at->length;
    const Text plain = text_strip((Text){at->text, length});
    g_autofree char *id = NULL;
    if (at->length > 0 && at->text[0] == '"') {
        id = text_take_quoted_id(at);
        *at = text_strip(*at);
        if (id == NULL || (at->length > 0 && at->text[0] != ','))
            return NULL;
    } else if (text_is_id(plain)) {
        id = g_strndup(plain.text, plain.length);
        *at = (Text){at->text + length, at->length - length};
    }
    return g_steal_pointer(&id);
}

static gboolean exclude(Filter *filter, const char *given, GError **error)
{
    Text at = {given, strlen(given)};
    for (gboolean more = TRUE; more;) {
        g_autofree char *id = take_excluded(&at);
        if (id == NULL) {
            g_autofree char *shown = text_show((Text){given, strlen(given)});
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "--exclude \"%s\": ids of movies are expected, with commas between them; "
                        "one with a comma in it in double quotes, as in CSV",
                        shown);
            return FALSE;
        }
        if (!feature_fits(FEATURE_MOVIE, strlen(id))) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "--exclude: a movie's id of %" G_GSIZE_FORMAT " bytes, which is longer "
                        "than any can be",
                        strlen(id));
            return FALSE;
        }
        filter_exclude(filter, id);
        more = at.length > 0;
        if (more)
            at = (Text){at.text + 1, at.length - 1};
    }
    return TRUE;
}

static gboolean exclude_all(Filter *filter, char **given, GError **error)
{
    for (; given != NULL && *given != NULL; given++)
        if (!exclude(filter, *given, error))
            return FALSE;
    return TRUE;
}

static gboolean check_numbers(const RecommendOptions *options, GError **error)
{
    const char *name = NULL;
    if (options->from < 0 || options->from > MOST_SKIPPED)
        name = "from";
    else if (options->least_ratings < 0)
        name = "min-ratings";
    if (name == NULL)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--%s must be from 0 to %d", name,
                strcmp(name, "from") == 0 ? MOST_SKIPPED : G_MAXINT);
    return FALSE;
}

Filter *recommend_options_filter(const RecommendOptions *options, GError **error)
{
    g_autoptr(Filter) filter = filter_new();
    if (!check_numbers(options, error))
        return NULL;
    if (options->years != NULL &&
        !recommend_options_parse_years(options->years, &filter->year_from, &filter->year_to, error))
        return NULL;
    add_all(filter->any_genre, options->any_genre);
    add_all(filter->all_genres, options->all_genres);
    add_all(filter->no_genre, options->no_genre);
    filter->least_ratings = (guint)options->least_ratings;
    filter->raw = g_strdup(options->raw);
    return exclude_all(filter, options->excluded, error) && filter_check(filter, error)
               ? g_steal_pointer(&filter)
               : NULL;
}

Seen *recommend_options_seen(const RecommendOptions *options, const SeenWhose *whose,
                             Filter *filter, GError **error)
{
    g_autoptr(Seen) seen = seen_new();
    for (char **path = options->seen; path != NULL && *path != NULL; path++)
        if (!seen_read(seen, *path, whose, error))
            return NULL;
    seen_exclude(seen, filter);
    return g_steal_pointer(&seen);
}

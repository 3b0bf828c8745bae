#include "name_check.h"

#include <string.h>

#include "feature_table.h"
#include "printable.h"
#include "release_names.h"

static void tell_of_unknown(const GPtrArray *unknown, guint all, const char *what)
{
    if (unknown->len == 0)
        return;
    const char *first = g_ptr_array_index(unknown, 0);
    g_autofree char *printable = printable_text(first);
    if (all == 1)
        g_printerr("The movie %s is not in this release: %s.\n", what, printable);
    else
        g_printerr("%u of the %u movies %s %s not in this release%s %s.\n", unknown->len, all, what,
                   unknown->len == 1 ? "is" : "are", unknown->len == 1 ? ":" : ", the first being",
                   printable);
}

static void tell_of_files(const Seen *seen)
{
    const GPtrArray *notes = seen_notes(seen);
    for (guint i = 0; i < notes->len; i++)
        g_printerr("%s\n", (const char *)g_ptr_array_index(notes, i));
}

/* Tells of those that are unknown, which it returns. */
static GPtrArray *check_movies(EsClient *client, const char *index, GPtrArray *movies,
                               const char *what, GError **error)
{
    GPtrArray *unknown = release_unknown_movies(client, index, movies, error);
    if (unknown != NULL)
        tell_of_unknown(unknown, movies->len, what);
    return unknown;
}

/* `unknown` has some of the movies, in their order. */
static void clear_unknown(GPtrArray *movies, const GPtrArray *unknown)
{
    for (guint i = 0, next = 0; next < unknown->len; i++) {
        if (g_ptr_array_index(movies, i) != g_ptr_array_index(unknown, next))
            continue;
        g_clear_pointer(&g_ptr_array_index(movies, i), g_free);
        next++;
    }
}

static void remove_cleared(GPtrArray *movies)
{
    guint kept = 0;
    for (guint i = 0; i < movies->len; i++) {
        gpointer movie = g_steal_pointer(&g_ptr_array_index(movies, i));
        if (movie != NULL)
            g_ptr_array_index(movies, kept++) = movie;
    }
    g_ptr_array_set_size(movies, (gint)kept);
}

/* ---- one answer, of whichever release is live then ---- */

static gboolean is_document_id(const char *movie)
{
    return g_str_has_prefix(movie, FEATURE_MOVIE "_");
}

static gboolean has_document_ids(const History *history)
{
    for (guint i = 0; history != NULL && i < history->ratings->len; i++)
        if (is_document_id(history_get(history, i)->movie))
            return TRUE;
    return FALSE;
}

static gboolean names_anything(const Filter *filter, const History *history)
{
    return filter->any_genre->len + filter->all_genres->len + filter->no_genre->len +
                   filter->excluded->len >
               0 ||
           has_document_ids(history);
}

/* What is unknown is told of by those who use the history. */
static gboolean rename_rated(EsClient *client, const char *index, History *history, GError **error)
{
    if (!has_document_ids(history))
        return TRUE;
    g_autoptr(GPtrArray) movies = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < history->ratings->len; i++)
        g_ptr_array_add(movies, g_strdup(history_get(history, i)->movie));
    g_autoptr(GPtrArray) unknown = release_unknown_movies(client, index, movies, error);
    return unknown != NULL && history_rename(history, movies, error);
}

gboolean name_check(EsClient *client, const char *alias, Filter *filter, const Seen *seen,
                    History *history, GError **error)
{
    tell_of_files(seen);
    if (!names_anything(filter, history))
        return TRUE;
    g_autoptr(ReleaseMeta) release = release_meta_fetch(client, alias, error);
    if (release == NULL || !release_check_genres(client, release->index, filter, error))
        return FALSE;
    g_autoptr(GPtrArray) unknown =
        check_movies(client, release->index, filter->excluded, "to exclude", error);
    return unknown != NULL && rename_rated(client, release->index, history, error);
}

/* ---- many answers of one release ---- */

gboolean name_check_in(EsClient *client, const ReleaseMeta *release, Filter *filter, Seen *seen,
                       GError **error)
{
    tell_of_files(seen);
    if (!release_check_genres(client, release->index, filter, error))
        return FALSE;
    g_autoptr(GPtrArray) excluded =
        check_movies(client, release->index, filter->excluded, "to exclude", error);
    if (excluded == NULL)
        return FALSE;
    clear_unknown(filter->excluded, excluded);
    remove_cleared(filter->excluded);
    GPtrArray *rated = seen_movies_of_each(seen);
    g_autoptr(GPtrArray) unrated =
        check_movies(client, release->index, rated, "that somebody has seen", error);
    if (unrated != NULL)
        clear_unknown(rated, unrated);
    return unrated != NULL;
}

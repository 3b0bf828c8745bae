#include "name_check.h"

#include "release_names.h"

static void tell_of_unknown(const GPtrArray *unknown, guint all, const char *what)
{
    if (unknown->len == 0)
        return;
    const char *first = g_ptr_array_index(unknown, 0);
    g_autofree char *printable = g_strescape(first, "\\\"");
    if (all == 1)
        g_printerr("The movie %s is not in this release: %s.\n", what, printable);
    else
        g_printerr("%u of the %u movies %s %s not in this release%s %s.\n", unknown->len, all, what,
                   unknown->len == 1 ? "is" : "are", unknown->len == 1 ? ":" : ", the first being",
                   printable);
}

static gboolean check_movies(EsClient *client, const char *alias, GPtrArray *movies,
                             const char *what, GError **error)
{
    g_autoptr(GPtrArray) unknown = release_unknown_movies(client, alias, movies, error);
    if (unknown == NULL)
        return FALSE;
    tell_of_unknown(unknown, movies->len, what);
    return TRUE;
}

gboolean name_check(EsClient *client, const char *alias, Filter *filter, const Seen *seen,
                    GError **error)
{
    const GPtrArray *notes = seen != NULL ? seen_notes(seen) : NULL;
    for (guint i = 0; notes != NULL && i < notes->len; i++)
        g_printerr("%s\n", (const char *)g_ptr_array_index(notes, i));
    if (!release_check_genres(client, alias, filter, error) ||
        !check_movies(client, alias, filter->excluded, "to exclude", error))
        return FALSE;
    if (seen == NULL || !seen_is_of_each(seen))
        return TRUE;
    g_autoptr(GPtrArray) rated = seen_movies_of_each(seen);
    return check_movies(client, alias, rated, "that somebody has seen", error);
}

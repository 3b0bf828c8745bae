#include "movie_ids.h"

#include <string.h>

#include "feature_id.h"

#define PREFIX FEATURE_MOVIE "_"
#define NUMBERS_PER_MOVIE 4u
#define MORE_NUMBERS 65536u

struct MovieIds {
    const Bundle *bundle;
    DocIds doc_ids;
    const GArray *movies; /* feature indices */
    guint32 *by_number;   /* [numbers]: position + 1; 0: no movie has this number for its value */
    gsize numbers;
};

/* FALSE unless `value` is a number below `end` as it is written, without zeros before it. */
static gboolean read_number(const char *value, gsize end, gsize *number)
{
    *number = 0;
    if (*value == '\0' || (*value == '0' && value[1] != '\0'))
        return FALSE;
    for (; *value != '\0'; value++) {
        if (!g_ascii_isdigit(*value))
            return FALSE;
        *number = 10 * *number + (gsize)(*value - '0');
        if (*number >= end)
            return FALSE;
    }
    return TRUE;
}

MovieIds *movie_ids_new(const Bundle *bundle, DocIds doc_ids)
{
    MovieIds *ids = g_new0(MovieIds, 1);
    ids->bundle = bundle;
    ids->doc_ids = doc_ids;
    ids->movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    ids->numbers = (gsize)ids->movies->len * NUMBERS_PER_MOVIE + MORE_NUMBERS;
    ids->by_number = g_new0(guint32, ids->numbers);
    for (guint position = 0; position < ids->movies->len; position++) {
        const guint movie = g_array_index(ids->movies, guint, position);
        gsize number;
        if (read_number(feature_table_get(bundle->features, movie)->value, ids->numbers, &number))
            ids->by_number[number] = position + 1;
    }
    return ids;
}

void movie_ids_free(MovieIds *ids)
{
    if (ids == NULL)
        return;
    g_free(ids->by_number);
    g_free(ids);
}

static int compare_indices(gconstpointer a, gconstpointer b)
{
    guint x = *(const guint *)a, y = *(const guint *)b;
    return (x > y) - (x < y);
}

gboolean movie_ids_find(const MovieIds *ids, const char *id, guint *position)
{
    guint index;
    gsize number;
    if (g_str_has_prefix(id, PREFIX) && read_number(id + strlen(PREFIX), ids->numbers, &number)) {
        *position = ids->by_number[number] - 1;
        return ids->by_number[number] > 0;
    }
    return feature_of_id(ids->bundle, ids->doc_ids, id, &index) &&
           g_array_binary_search((GArray *)ids->movies, &index, compare_indices, position);
}

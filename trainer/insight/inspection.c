#include "inspection.h"

#include <string.h>

#include "recsys_error.h"
#include "title.h"

#define EXTREMES 5
#define SUGGESTIONS 5

static int compare_ratings(gconstpointer a, gconstpointer b)
{
    const Feature *one = *(const Feature *const *)a, *two = *(const Feature *const *)b;
    return one->ratings > two->ratings ? -1 : one->ratings < two->ratings;
}

/* "318 (Shawshank Redemption, The (1994)), …": movies whose title holds `text`, in any case, the
 * most rated first. */
static char *movies_titled(const FeatureTable *features, const char *text)
{
    const GArray *movies = feature_table_of_type(features, FEATURE_MOVIE);
    if (!g_utf8_validate(text, -1, NULL) || text[0] == '\0')
        return g_strdup("");
    g_autofree char *wanted = g_utf8_casefold(text, -1);
    g_autoptr(GPtrArray) found = g_ptr_array_new();
    for (guint i = 0; i < movies->len; i++) {
        const Feature *movie = feature_table_get(features, g_array_index(movies, guint, i));
        g_autofree char *title = title_of_movie(movie);
        g_autofree char *folded = g_utf8_casefold(title, -1);
        if (movie->title != NULL && strstr(folded, wanted) != NULL)
            g_ptr_array_add(found, (gpointer)movie);
    }
    g_ptr_array_sort(found, compare_ratings);
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < MIN(found->len, SUGGESTIONS); i++) {
        const Feature *movie = g_ptr_array_index(found, i);
        g_string_append_printf(list, "%s%s (%s)", i > 0 ? ", " : "", movie->value, movie->title);
    }
    if (found->len > SUGGESTIONS)
        g_string_append_printf(list, ", … (%u in all)", found->len);
    return g_string_free(list, FALSE);
}

static gboolean find_movie(const Bundle *bundle, const char *id, guint *index, GError **error)
{
    if (feature_table_find(bundle->features, FEATURE_MOVIE, id, index))
        return TRUE;
    g_autofree char *titled = movies_titled(bundle->features, id);
    if (titled[0] != '\0')
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--movie wants a movie's id; titles with \"%s\" in them have the ids %s", id,
                    titled);
    else
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "the bundle has no movie \"%s\"; ids are those of the data set, and --movie "
                    "with a part of a title shows the ids of such movies",
                    id);
    return FALSE;
}

Inspection *inspection_new(const char *path, const char *movie_id, guint size, GError **error)
{
    g_autoptr(Inspection) found = g_new0(Inspection, 1);
    found->bundle = bundle_open(path, error);
    if (found->bundle == NULL)
        return NULL;
    const Bundle *bundle = found->bundle;
    found->curve = curve_read(bundle->training, error);
    if (found->curve == NULL) {
        g_prefix_error(error, "%s: ", path);
        return NULL;
    }
    found->types = summary_of_types(bundle);
    found->by_bias = summary_movies_by_bias(bundle, INSPECTION_LEAST_RATINGS);
    if (movie_id == NULL)
        return g_steal_pointer(&found);
    if (!find_movie(bundle, movie_id, &found->movie, error))
        return NULL;
    found->neighbours =
        neighbours_find(bundle->model, bundle->form.rating_dims,
                        feature_table_of_type(bundle->features, FEATURE_MOVIE), found->movie, size);
    return g_steal_pointer(&found);
}

void inspection_free(Inspection *inspection)
{
    if (inspection == NULL)
        return;
    bundle_free(inspection->bundle);
    curve_free(inspection->curve);
    g_clear_pointer(&inspection->types, g_array_unref);
    g_clear_pointer(&inspection->by_bias, g_array_unref);
    g_clear_pointer(&inspection->neighbours, g_array_unref);
    g_free(inspection);
}

guint inspection_extremes(const Inspection *inspection)
{
    guint count = inspection->by_bias->len;
    return count >= 2 * EXTREMES ? EXTREMES : count / 2;
}

guint inspection_highest(const Inspection *inspection, guint i)
{
    return g_array_index(inspection->by_bias, guint, i);
}

guint inspection_lowest(const Inspection *inspection, guint i)
{
    return g_array_index(inspection->by_bias, guint, inspection->by_bias->len - 1 - i);
}

const char *inspection_scalar(yajl_val value)
{
    if (YAJL_IS_STRING(value))
        return YAJL_GET_STRING(value);
    if (YAJL_IS_NUMBER(value))
        return YAJL_GET_NUMBER(value);
    return YAJL_IS_TRUE(value) ? "true" : YAJL_IS_FALSE(value) ? "false" : NULL;
}

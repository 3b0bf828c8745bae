#include "movie_map.h"

#include <string.h>

#include "recsys_error.h"

#define DEFAULT_GENRES 3 /* where none of the usual ones is there */

/* ---- genres ---- */

static int compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The genres of all movies, sorted: const char *, owned by the bundle. */
static GPtrArray *all_genres(const Bundle *bundle)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    GPtrArray *genres = g_ptr_array_new();
    for (guint i = 0; i < movies->len; i++) {
        const Feature *movie = feature_table_get(bundle->features, g_array_index(movies, guint, i));
        for (const char **genre = movie->genres; genre != NULL && *genre != NULL; genre++)
            if (g_hash_table_add(seen, (gpointer)*genre))
                g_ptr_array_add(genres, (gpointer)*genre);
    }
    g_ptr_array_sort(genres, compare_texts);
    return genres;
}

static void refuse(const GPtrArray *known, const char *why, const char *what, GError **error)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < known->len; i++)
        g_string_append_printf(list, "%s%s", i > 0 ? ", " : "",
                               (const char *)g_ptr_array_index(known, i));
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "%s%s; the genres of the bundle are: %s",
                why, what, list->len > 0 ? list->str : "none");
    g_string_free(list, TRUE);
}

/* The bundle's spelling of a genre, or NULL. */
static const char *find_genre(const GPtrArray *known, const char *name)
{
    g_autofree char *wanted = g_utf8_casefold(name, -1);
    for (guint i = 0; i < known->len; i++) {
        g_autofree char *folded = g_utf8_casefold(g_ptr_array_index(known, i), -1);
        if (strcmp(folded, wanted) == 0)
            return g_ptr_array_index(known, i);
    }
    return NULL;
}

static char **read_genres(const Bundle *bundle, const char *text, GError **error)
{
    g_autoptr(GPtrArray) known = all_genres(bundle);
    g_autoptr(GPtrArray) chosen = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) names = g_strsplit(text, ",", -1);
    for (char **name = names; *name != NULL; name++) {
        g_strstrip(*name);
        const char *genre = g_utf8_validate(*name, -1, NULL) ? find_genre(known, *name) : NULL;
        if (genre == NULL) {
            g_autofree char *shown = g_utf8_make_valid(*name, -1);
            refuse(known, "no movie has the genre ", shown[0] != '\0' ? shown : "\"\"", error);
            return NULL;
        }
        if (g_ptr_array_find_with_equal_func(chosen, genre, g_str_equal, NULL)) {
            refuse(known, "a genre is given twice: ", genre, error);
            return NULL;
        }
        g_ptr_array_add(chosen, g_strdup(genre));
    }
    if (chosen->len == 0 || chosen->len > MOVIE_MAP_MOST_GENRES) {
        refuse(known, "a map shows 1 to " G_STRINGIFY(MOVIE_MAP_MOST_GENRES) " genres", "", error);
        return NULL;
    }
    g_ptr_array_add(chosen, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&chosen), FALSE);
}

/* ---- genres that nobody chose ---- */

/* Those of the original post; ml-latest and later have "Children". */
static const char *const usual_genres[] = {"Children's", "Children", "Horror", "Documentary"};

static guint count_movies(const Bundle *bundle, const char *genre)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    guint count = 0;
    for (guint i = 0; i < movies->len; i++) {
        const Feature *movie = feature_table_get(bundle->features, g_array_index(movies, guint, i));
        count += movie->genres != NULL && g_strv_contains(movie->genres, genre);
    }
    return count;
}

/* Moves the genre of the most movies from `known` to `chosen`. */
static void move_largest(const Bundle *bundle, GPtrArray *known, GPtrArray *chosen)
{
    guint largest = 0, most = 0;
    for (guint i = 0; i < known->len; i++) {
        const guint count = count_movies(bundle, g_ptr_array_index(known, i));
        if (count > most) {
            most = count;
            largest = i;
        }
    }
    g_ptr_array_add(chosen, g_strdup(g_ptr_array_remove_index(known, largest)));
}

static char **default_genres(const Bundle *bundle, GError **error)
{
    g_autoptr(GPtrArray) known = all_genres(bundle);
    g_autoptr(GPtrArray) chosen = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < G_N_ELEMENTS(usual_genres); i++)
        if (g_ptr_array_find_with_equal_func(known, usual_genres[i], g_str_equal, NULL))
            g_ptr_array_add(chosen, g_strdup(usual_genres[i]));
    if (chosen->len == 0)
        for (guint i = 0; i < DEFAULT_GENRES && known->len > 0; i++)
            move_largest(bundle, known, chosen);
    if (chosen->len == 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "no movie has a genre, so there is no map; --kind curve draws the learning "
                    "curve alone");
        return NULL;
    }
    g_ptr_array_add(chosen, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&chosen), FALSE);
}

/* ---- movies ---- */

/* How many of the chosen genres a movie has, and the first of them. */
static guint match_genres(char **genres, const Feature *movie, guint *first)
{
    guint found = 0;
    for (guint g = 0; genres[g] != NULL; g++)
        if (movie->genres != NULL && g_strv_contains((const char *const *)movie->genres, genres[g]))
            if (found++ == 0)
                *first = g;
    return found;
}

MovieMap *movie_map_choose(const Bundle *bundle, const char *genres, GError **error)
{
    g_autoptr(MovieMap) map = g_new0(MovieMap, 1);
    map->genres =
        genres != NULL ? read_genres(bundle, genres, error) : default_genres(bundle, error);
    if (map->genres == NULL)
        return NULL;
    map->counts = g_new0(guint, g_strv_length(map->genres));
    map->points = g_array_new(FALSE, TRUE, sizeof(MapPoint));
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    for (guint i = 0; i < movies->len; i++) {
        MapPoint point = {.feature = g_array_index(movies, guint, i)};
        guint found = match_genres(map->genres, feature_table_get(bundle->features, point.feature),
                                   &point.genre);
        if (found == 0)
            continue;
        map->shared += found > 1;
        map->counts[point.genre]++;
        g_array_append_val(map->points, point);
    }
    if (map->points->len > TSNE_MOST_POINTS) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "these genres have %u movies, and a map takes at most %d; choose fewer genres",
                    map->points->len, TSNE_MOST_POINTS);
        return NULL;
    }
    return g_steal_pointer(&map);
}

gboolean movie_map_project(MovieMap *map, const Bundle *bundle, guint64 seed, Team *team,
                           TsneObserver observer, gpointer data, GError **error)
{
    const guint n = map->points->len, first = bundle->form.rating_dims;
    const guint k = bundle->model->k - first;
    TsneOptions options = tsne_options_default();
    options.seed = seed;
    map->perplexity = options.perplexity;
    g_autofree float *vectors = g_new(float, (gsize)n *k);
    g_autofree double *places = g_new(double, 2 * (gsize)n);
    for (guint i = 0; i < n; i++)
        memcpy(vectors + (gsize)i * k,
               fm_vector(bundle->model, g_array_index(map->points, MapPoint, i).feature) + first,
               k * sizeof(float));
    if (!tsne(places, vectors, n, k, &options, team, observer, data, error))
        return FALSE;
    for (gsize i = 0; i < n; i++) {
        MapPoint *point = &g_array_index(map->points, MapPoint, i);
        point->x = places[2 * i];
        point->y = places[2 * i + 1];
    }
    return TRUE;
}

void movie_map_free(MovieMap *map)
{
    if (map == NULL)
        return;
    g_strfreev(map->genres);
    g_free(map->counts);
    if (map->points != NULL)
        g_array_unref(map->points);
    g_free(map);
}

#include "ranking.h"

#include <string.h>

#include "json.h"
#include "title.h"

void ranked_movie_clear(RankedMovie *movie)
{
    g_free(movie->id);
    g_free(movie->value);
    g_free(movie->title);
    g_strfreev(movie->genres);
    g_free(movie->vector);
    g_free(movie->shares);
    *movie = (RankedMovie){0};
}

Ranking *ranking_new(const char *index, const char *model_id, double scale, double shift)
{
    Ranking *ranking = g_new0(Ranking, 1);
    ranking->index = g_strdup(index);
    ranking->model_id = g_strdup(model_id);
    ranking->scale = scale;
    ranking->shift = shift;
    ranking->took = -1;
    ranking->movies = g_array_new(FALSE, FALSE, sizeof(RankedMovie));
    g_array_set_clear_func(ranking->movies, (GDestroyNotify)ranked_movie_clear);
    return ranking;
}

void ranking_free(Ranking *ranking)
{
    if (ranking == NULL)
        return;
    g_free(ranking->index);
    g_free(ranking->model_id);
    g_array_unref(ranking->movies);
    g_strfreev(ranking->terms);
    g_free(ranking->left_out);
    g_free(ranking->after);
    g_free(ranking);
}

void ranking_add(Ranking *ranking, RankedMovie *movie)
{
    g_array_append_val(ranking->movies, *movie);
    *movie = (RankedMovie){0};
}

/* ---- the table ---- */

void ranking_print(const Ranking *ranking, FILE *out)
{
    int widest = (int)strlen("title");
    g_autoptr(GPtrArray) titles = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        char *title = title_without_year(movie->title, movie->year);
        g_ptr_array_add(titles, title);
        widest = MAX(widest, title_width(title));
    }
    fprintf(out, "%4s  %6s  %-*s  %4s  %s\n", "rank", "rating", widest, "title", "year", "genres");
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        const char *title = g_ptr_array_index(titles, i);
        g_autofree char *genres = g_strjoinv(", ", movie->genres);
        g_autofree char *year =
            movie->year != 0 ? g_strdup_printf("%d", movie->year) : g_strdup("");
        fprintf(out, "%4u  %6.2f  %s%*s  %4s  %s\n", i + 1, movie->rating, title,
                widest - title_width(title), "", year, genres);
    }
}

/* ---- JSON ---- */

static void put_movie(yajl_gen json, guint rank, const RankedMovie *movie)
{
    yajl_gen_map_open(json);
    json_put_member_int(json, "rank", rank);
    json_put_member_string(json, "id", movie->id);
    json_put_member_string(json, "movie", movie->value);
    json_put_member_string(json, "title", movie->title);
    if (movie->year != 0)
        json_put_member_int(json, "year", movie->year);
    json_put_key(json, "genres");
    yajl_gen_array_open(json);
    for (char **genre = movie->genres; *genre != NULL; genre++)
        json_put_string(json, *genre);
    yajl_gen_array_close(json);
    json_put_member_double(json, "score", movie->score);
    json_put_member_double(json, "rating", movie->rating);
    yajl_gen_map_close(json);
}

void ranking_print_json(const Ranking *ranking, const char *profile, FILE *out)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "profile", profile);
    if (ranking->index != NULL)
        json_put_member_string(json, "index", ranking->index);
    json_put_member_string(json, "model_id", ranking->model_id);
    json_put_member_double(json, "scale", ranking->scale);
    json_put_key(json, "movies");
    yajl_gen_array_open(json);
    for (guint i = 0; i < ranking->movies->len; i++)
        put_movie(json, i + 1, &g_array_index(ranking->movies, RankedMovie, i));
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}

#include "ranking.h"

#include <math.h>
#include <string.h>

#include "json.h"
#include "profile.h"
#include "title.h"

#define SHOWN_DIGITS 4 /* of the offset */

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

Ranking *ranking_new(const char *index, const char *model_id, const ModelForm *form, double shift)
{
    Ranking *ranking = g_new0(Ranking, 1);
    ranking->index = g_strdup(index);
    ranking->model_id = g_strdup(model_id);
    ranking->form = *form;
    ranking->shift = shift;
    ranking->offset = NAN;
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

static int widest_of(const GPtrArray *texts, const char *heading)
{
    int widest = title_width(heading);
    for (guint i = 0; i < texts->len; i++)
        widest = MAX(widest, title_width(g_ptr_array_index(texts, i)));
    return widest;
}

static GPtrArray *titles_of(const Ranking *ranking)
{
    GPtrArray *titles = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        g_autofree char *title = title_without_year(movie->title, movie->year);
        g_ptr_array_add(titles, title_printable(title));
    }
    return titles;
}

/* What the numbers of the table are. */
static const char *measure_of(const Ranking *ranking)
{
    if (ranking->measure != NULL)
        return ranking->measure;
    return ranking->form.link == LINK_NONE ? "score" : "rating";
}

static void print_movie(const RankedMovie *movie, gboolean has_measure, guint rank,
                        const char *title, int widest, FILE *out)
{
    char rating[16] = "-", year[16] = "";
    g_autofree char *joined = g_strjoinv(", ", movie->genres);
    g_autofree char *genres = title_printable(joined);
    if (isfinite(movie->rating))
        g_snprintf(rating, sizeof rating, "%.2f", movie->rating);
    else if (has_measure)
        g_snprintf(rating, sizeof rating, "%.3f", movie->score);
    if (movie->year != 0)
        g_snprintf(year, sizeof year, "%d", movie->year);
    fprintf(out, "%4u  %6s  %s%*s  %4s  %s\n", rank, rating, title, widest - title_width(title), "",
            year, genres);
}

static void print_shares(const RankedMovie *movie, char **terms, FILE *out)
{
    fprintf(out, "%14s%.3f = ", "", movie->score);
    for (guint i = 0; terms[i] != NULL; i++) {
        const double share = movie->shares[i];
        fprintf(out, "%s%.3f (%s)",
                i == 0      ? (share < 0 ? "-" : "")
                : share < 0 ? " - "
                            : " + ",
                fabs(share), terms[i]);
    }
    fprintf(out, "\n");
}

void ranking_print(const Ranking *ranking, FILE *out)
{
    g_autoptr(GPtrArray) titles = titles_of(ranking);
    const int widest = widest_of(titles, "title");
    fprintf(out, "%4s  %6s  %-*s  %4s  %s\n", "rank", measure_of(ranking), widest, "title", "year",
            "genres");
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        print_movie(movie, ranking->measure != NULL || ranking->form.link == LINK_NONE,
                    ranking->from + i + 1, g_ptr_array_index(titles, i), widest, out);
        if (ranking->terms != NULL && movie->shares != NULL)
            print_shares(movie, ranking->terms, out);
    }
    if (ranking->terms != NULL && isfinite(ranking->offset)) {
        g_autofree char *formula =
            profile_rating_formula(&ranking->form, "score", ranking->offset, SHOWN_DIGITS);
        if (formula != NULL)
            fprintf(out, "rating = %s, the latter being the same for all\n", formula);
    }
}

/* ---- JSON ---- */

static void put_shares(yajl_gen json, const RankedMovie *movie, char **terms)
{
    json_put_key(json, "shares");
    yajl_gen_map_open(json);
    for (guint i = 0; terms[i] != NULL; i++)
        json_put_member_double(json, terms[i], movie->shares[i]);
    yajl_gen_map_close(json);
}

static void put_movie(yajl_gen json, guint rank, const RankedMovie *movie, char **terms)
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
    if (isfinite(movie->rating))
        json_put_member_double(json, "rating", movie->rating);
    if (terms != NULL && movie->shares != NULL)
        put_shares(json, movie, terms);
    yajl_gen_map_close(json);
}

void ranking_put_members(yajl_gen json, const Ranking *ranking, const char *profile)
{
    json_put_member_string(json, ranking->measure != NULL ? "like" : "profile", profile);
    if (ranking->measure != NULL)
        json_put_member_string(json, "by", ranking->measure);
    if (ranking->index != NULL)
        json_put_member_string(json, "index", ranking->index);
    json_put_member_string(json, "model_id", ranking->model_id);
    json_put_member_string(json, "objective", objective_name(ranking->form.objective));
    if (ranking->form.link != LINK_NONE)
        json_put_member_double(json, "scale", model_form_highest(&ranking->form));
    if (ranking->left_out != NULL)
        json_put_member_string(json, "left_out", ranking->left_out);
    if (isfinite(ranking->offset))
        json_put_member_double(json, "offset", ranking->offset);
    if (ranking->candidates > 0)
        json_put_member_int(json, "candidates", ranking->candidates);
    json_put_key(json, "movies");
    yajl_gen_array_open(json);
    for (guint i = 0; i < ranking->movies->len; i++)
        put_movie(json, ranking->from + i + 1, &g_array_index(ranking->movies, RankedMovie, i),
                  ranking->terms);
    yajl_gen_array_close(json);
}

void ranking_print_json(const Ranking *ranking, const char *profile, FILE *out)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    ranking_put_members(json, ranking, profile);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}

#include "explain.h"

#include <math.h>
#include <string.h>

#include "json.h"
#include "local_scorer.h"
#include "recsys_error.h"
#include "title.h"

#define BIAS "bias"
#define QUERY_ROUNDING "rounding of the query"

/* ---- the parts ---- */

static double difference(const ExplainPart *part, guint count)
{
    return count == 1 ? part->adds[0] : part->adds[0] - part->adds[1];
}

static int compare_parts(gconstpointer a, gconstpointer b, gpointer data)
{
    guint count = *(const guint *)data;
    double x = fabs(difference(a, count)), y = fabs(difference(b, count));
    return (x < y) - (x > y);
}

static double dot(const float *a, const float *b, guint k)
{
    return exact_score(a, b, k, 0, 0).score;
}

static void find_parts(Explanation *e, const Profile *profile, const ProfileSum *sum,
                       const guint *indices)
{
    const FmModel *model = e->model->model;
    const guint first = e->model->form.rating_dims, dims = model->k - first; /* of lists */
    ExplainPart bias = {BIAS, NULL, {0}}, rounding = {QUERY_ROUNDING, NULL, {0}};
    for (guint m = 0; m < e->count; m++) {
        bias.adds[m] = model->bias[indices[m]];
        rounding.adds[m] = dot(sum->query + first, fm_vector(model, indices[m]) + first, dims);
    }
    for (guint i = 0; i < profile_size(profile); i++) {
        const ProfileFeature *feature = profile_get(profile, i);
        ExplainPart part = {feature->type, feature->value, {0}};
        guint index = 0;
        gboolean known =
            feature_table_find(e->model->features, feature->type, feature->value, &index);
        g_assert(known); /* it was summed */
        for (guint m = 0; m < e->count; m++) {
            part.adds[m] =
                dot(fm_vector(model, index) + first, fm_vector(model, indices[m]) + first, dims);
            rounding.adds[m] -= part.adds[m];
        }
        g_array_append_val(e->parts, part);
    }
    g_array_append_val(e->parts, bias);
    g_array_append_val(e->parts, rounding);
    g_array_sort_with_data(e->parts, compare_parts, &e->count);
}

/* ---- the movies ---- */

static void explain_movie(ExplainMovie *movie, const Explanation *e, const ProfileSum *sum,
                          guint index)
{
    const FmModel *model = e->model->model;
    const GArray *movies = feature_table_of_type(e->model->features, FEATURE_MOVIE);
    const float *vector = fm_vector(model, index);
    g_autofree ExactScore *scores = g_new(ExactScore, movies->len);
    local_score_all(scores, e->model, sum->query, 0);
    movie->feature = feature_table_get(e->model->features, index);
    movie->exact = exact_score(sum->query, vector, model->k, model->bias[index], e->shift);
    movie->score = exact_score(sum->query, vector, model->k, model->bias[index], 0).score;
    movie->rating = profile_rating(sum, movie->score, vector, &e->model->form);
    movie->rank = 1;
    for (guint i = 0; i < movies->len; i++)
        movie->rank += scores[i].score > movie->score;
}

static gboolean read_answer(Explanation *e, guint m, const Ranking *ranking, GError **error)
{
    ExplainMovie *movie = &e->movies[m];
    const char *value = movie->feature->value;
    guint at = 0;
    while (at < ranking->movies->len &&
           strcmp(g_array_index(ranking->movies, RankedMovie, at).value, value) != 0)
        at++;
    if (at == ranking->movies->len) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                    "the model has movie %s, but %s does not return it: recsys-bridge verify says "
                    "what else is missing",
                    value, ranking->index);
        return FALSE;
    }
    if (at == 0)
        e->first = m;
    movie->answer = g_array_index(ranking->movies, RankedMovie, at).raw_score;
    movie->is_right = order_score_is_right(movie->exact, movie->answer);
    return TRUE;
}

Explanation *explain(const Bundle *model, const Profile *profile, const ProfileSum *sum,
                     const guint *indices, guint count, const Ranking *ranking,
                     const ProfileSum *found, GError **error)
{
    g_autoptr(Explanation) e = g_new0(Explanation, 1);
    g_assert(count >= 1 && count <= EXPLAIN_MOST);
    e->model = model;
    e->profile = profile_describe(profile);
    e->index = g_strdup(ranking->index);
    e->shift = ranking->shift;
    e->count = count;
    e->parts = g_array_new(FALSE, FALSE, sizeof(ExplainPart));
    e->same_query =
        found->k == sum->k && memcmp(found->query, sum->query, sum->k * sizeof(float)) == 0;
    find_parts(e, profile, sum, indices);
    for (guint m = 0; m < count; m++) {
        explain_movie(&e->movies[m], e, sum, indices[m]);
        if (!read_answer(e, m, ranking, error))
            return NULL;
    }
    return g_steal_pointer(&e);
}

void explanation_free(Explanation *explanation)
{
    if (explanation == NULL)
        return;
    g_free(explanation->profile);
    g_free(explanation->index);
    g_array_unref(explanation->parts);
    g_free(explanation);
}

/* ---- verdicts ---- */

PairVerdict explanation_claim(const Explanation *e)
{
    return order_pair(e->movies[0].exact, e->movies[1].exact);
}

PairVerdict explanation_order(const Explanation *e)
{
    return order_pair(e->movies[e->first].exact, e->movies[1 - e->first].exact);
}

gboolean explanation_is_right(const Explanation *e)
{
    for (guint m = 0; m < e->count; m++)
        if (!e->movies[m].is_right)
            return FALSE;
    return e->same_query && (e->count == 1 || explanation_order(e) != PAIR_VIOLATED);
}

/* ---- the table ---- */

static char *name_of_part(const ExplainPart *part)
{
    return part->value != NULL ? g_strdup_printf("%s %s", part->type, part->value)
                               : g_strdup(part->type);
}

static int label_width(const Explanation *e)
{
    int width = (int)strlen(QUERY_ROUNDING);
    for (guint i = 0; i < e->parts->len; i++) {
        g_autofree char *name = name_of_part(&g_array_index(e->parts, ExplainPart, i));
        width = MAX(width, title_width(name));
    }
    return width;
}

#define COLUMN 20

static void print_row(FILE *out, int width, const char *label, const char *const *cells)
{
    fprintf(out, "%s%*s", label, width - title_width(label), "");
    for (; *cells != NULL; cells++)
        fprintf(out, "%*s%s", COLUMN - title_width(*cells), "", *cells);
    fputc('\n', out);
}

/* A row of one number a movie, and with two movies their difference if that says something. */
static void print_numbers(const Explanation *e, FILE *out, const char *label, const char *format,
                          const double *values, gboolean differ)
{
    char text[3][64];
    const char *cells[4] = {NULL};
    const double all[3] = {values[0], values[1], values[0] - values[1]};
    const guint columns = e->count == 2 && differ ? 3 : e->count;
    for (guint i = 0; i < columns; i++) {
        /* clang-format off */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        g_snprintf(text[i], sizeof text[i], format, all[i]); /* the callers' formats take a double */
#pragma GCC diagnostic pop
        /* clang-format on */
        cells[i] = text[i];
    }
    print_row(out, label_width(e), label, cells);
}

static void print_head(const Explanation *e, FILE *out)
{
    char text[EXPLAIN_MOST][64];
    const char *cells[4] = {NULL};
    fprintf(out, "For {%s}, in %s (model %s), held against %s:\n", e->profile, e->index,
            e->model->model_id, e->from_documents ? "its own documents" : e->model->path);
    for (guint m = 0; m < e->count; m++) {
        const char *title = e->movies[m].feature->title;
        fprintf(out, "  movie %-8s %s\n", e->movies[m].feature->value, title ? title : "");
        g_snprintf(text[m], sizeof text[m], "movie %s", e->movies[m].feature->value);
        cells[m] = text[m];
    }
    fputc('\n', out);
    if (e->count == 2)
        cells[2] = "difference";
    print_row(out, label_width(e), "", cells);
}

static void print_table(const Explanation *e, FILE *out)
{
    double scores[EXPLAIN_MOST] = {0}, ranks[EXPLAIN_MOST] = {0}, ratings[EXPLAIN_MOST] = {0},
           exacts[EXPLAIN_MOST] = {0}, answers[EXPLAIN_MOST] = {0}, errors[EXPLAIN_MOST] = {0},
           bounds[EXPLAIN_MOST] = {0};
    for (guint m = 0; m < e->count; m++) {
        const ExplainMovie *movie = &e->movies[m];
        const double ulp = float_ulp(movie->answer);
        scores[m] = movie->score;
        ranks[m] = movie->rank;
        ratings[m] = movie->rating;
        exacts[m] = movie->exact.score;
        answers[m] = (double)movie->answer;
        errors[m] = ((double)movie->answer - movie->exact.score) / ulp;
        bounds[m] = movie->exact.bound / ulp;
    }
    for (guint i = 0; i < e->parts->len; i++) {
        const ExplainPart *part = &g_array_index(e->parts, ExplainPart, i);
        g_autofree char *name = name_of_part(part);
        print_numbers(e, out, name, "%+.9f", part->adds, TRUE);
    }
    print_numbers(e, out, "score", "%+.9f", scores, TRUE);
    print_numbers(e, out, "rank in the model", "%.0f", ranks, FALSE);
    g_autofree char *rating =
        g_strdup_printf("rating, up to %.1f", model_form_highest(&e->model->form));
    if (e->model->form.link != LINK_NONE)
        print_numbers(e, out, rating, "%.2f", ratings, TRUE);
    fputc('\n', out);
    print_numbers(e, out, "score with shift", "%.9f", exacts, TRUE);
    print_numbers(e, out, "Elasticsearch", "%.9f", answers, TRUE);
    print_numbers(e, out, "error", "%+.2f ulp", errors, FALSE);
    print_numbers(e, out, "bound", "%.2f ulp", bounds, FALSE);
}

/* ---- the verdict in words ---- */

/* The part that does most for the movie ahead: `sign` is 1 for the first, −1 for the second. */
static char *name_of_strongest(const Explanation *e, double sign)
{
    const ExplainPart *strongest = &g_array_index(e->parts, ExplainPart, 0);
    for (guint i = 1; i < e->parts->len; i++) {
        const ExplainPart *part = &g_array_index(e->parts, ExplainPart, i);
        if (sign * difference(part, 2) > sign * difference(strongest, 2))
            strongest = part;
    }
    return name_of_part(strongest);
}

static void print_pair(const Explanation *e, FILE *out)
{
    const ExplainMovie *a = &e->movies[0], *b = &e->movies[1];
    const double lead = a->exact.score - b->exact.score, bounds = a->exact.bound + b->exact.bound;
    const char *one = a->feature->value, *other = b->feature->value;
    g_autofree char *most = name_of_strongest(e, lead < 0 ? -1 : 1);
    switch (explanation_claim(e)) {
    case PAIR_PROVED:
        fprintf(out,
                "movie %s above movie %s: proved. It leads by %.3g, the bounds are %.3g together; "
                "%s does most for it.\n",
                one, other, lead, bounds, most);
        break;
    case PAIR_WITHIN_ROUNDING:
        fprintf(out,
                "movie %s and movie %s: within rounding. They are %.3g apart, the bounds are %.3g "
                "together: either order is right.\n",
                one, other, fabs(lead), bounds);
        break;
    case PAIR_VIOLATED:
        fprintf(out,
                "movie %s is not above movie %s: it is %.3g below, the bounds are %.3g together; "
                "%s does most for the other.\n",
                one, other, -lead, bounds, most);
    }
    fprintf(out, "Elasticsearch has movie %s first: %s\n", e->movies[e->first].feature->value,
            explanation_order(e) == PAIR_VIOLATED ? "VIOLATED" : "right");
}

void explanation_print(const Explanation *e, FILE *out)
{
    print_head(e, out);
    print_table(e, out);
    fputc('\n', out);
    if (!e->same_query)
        fputs("The stored vectors of the profile do NOT sum to the model's.\n", out);
    for (guint m = 0; m < e->count; m++)
        fprintf(out, "score of movie %s: %s\n", e->movies[m].feature->value,
                e->movies[m].is_right ? "right, within its bound" : "NOT right, beyond its bound");
    if (e->count == 2)
        print_pair(e, out);
}

/* ---- JSON ---- */

static void put_movie(yajl_gen json, const Explanation *e, guint m)
{
    const ExplainMovie *movie = &e->movies[m];
    const double error = (double)movie->answer - movie->exact.score;
    yajl_gen_map_open(json);
    json_put_member_string(json, "movie", movie->feature->value);
    if (movie->feature->title != NULL)
        json_put_member_string(json, "title", movie->feature->title);
    json_put_key(json, "parts");
    yajl_gen_array_open(json);
    for (guint i = 0; i < e->parts->len; i++) {
        const ExplainPart *part = &g_array_index(e->parts, ExplainPart, i);
        yajl_gen_map_open(json);
        json_put_member_string(json, "part", part->type);
        if (part->value != NULL)
            json_put_member_string(json, "value", part->value);
        json_put_member_double(json, "adds", part->adds[m]);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
    json_put_member_double(json, "score", movie->score);
    json_put_member_int(json, "rank", movie->rank);
    if (isfinite(movie->rating))
        json_put_member_double(json, "rating", movie->rating);
    json_put_member_double(json, "exact", movie->exact.score);
    json_put_member_double(json, "bound", movie->exact.bound);
    json_put_member_double(json, "elasticsearch", (double)movie->answer);
    json_put_member_double(json, "error", error);
    json_put_member_double(json, "error_ulps", error / float_ulp(movie->answer));
    json_put_member_double(json, "bound_ulps", movie->exact.bound / float_ulp(movie->answer));
    json_put_member_bool(json, "right", movie->is_right);
    yajl_gen_map_close(json);
}

/* What the model says of the first movie above the second, which is a question, not an answer. */
static const char *name_of_claim(PairVerdict claim)
{
    return claim == PAIR_VIOLATED ? "refuted" : order_pair_name(claim);
}

static void put_pair(yajl_gen json, const Explanation *e)
{
    const ExactScore a = e->movies[0].exact, b = e->movies[1].exact;
    json_put_key(json, "above");
    yajl_gen_map_open(json);
    json_put_member_double(json, "lead", a.score - b.score);
    json_put_member_double(json, "bounds", a.bound + b.bound);
    json_put_member_string(json, "claim", name_of_claim(explanation_claim(e)));
    json_put_member_string(json, "first", e->movies[e->first].feature->value);
    json_put_member_string(json, "order", order_pair_name(explanation_order(e)));
    yajl_gen_map_close(json);
}

void explanation_print_json(const Explanation *e, FILE *out)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "profile", e->profile);
    json_put_member_string(json, "index", e->index);
    json_put_member_string(json, "model_id", e->model->model_id);
    json_put_member_string(json, "model", e->from_documents ? "documents" : "bundle");
    if (e->model->form.link != LINK_NONE)
        json_put_member_double(json, "scale", model_form_highest(&e->model->form));
    json_put_member_double(json, "shift", e->shift);
    json_put_member_bool(json, "same_query", e->same_query);
    json_put_key(json, "movies");
    yajl_gen_array_open(json);
    for (guint m = 0; m < e->count; m++)
        put_movie(json, e, m);
    yajl_gen_array_close(json);
    if (e->count == 2)
        put_pair(json, e);
    json_put_member_bool(json, "right", explanation_is_right(e));
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}

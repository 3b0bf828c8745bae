#include "query_check.h"

#include <math.h>
#include <string.h>

#include "es_client.h"
#include "local_scorer.h"
#include "order_proof.h"
#include "query_vector.h"

#define RIGHT_SCRIPT                                                                               \
    "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"
#define MUCH 100 /* times the shift that is needed */

typedef struct {
    QueryVerdict *verdict;
    const Bundle *bundle;
    const CapturedQuery *query;
    const gboolean *eligible; /* [movies], nullable */
    const GArray *movies;     /* feature indices */
    ExactScore *scores;       /* [movies], with the shift */
    gboolean *is_returned;    /* [movies] */
    gint *positions;          /* [hits] among the movies */
    float *raw;               /* [hits] _score; NAN: none */
    guint hits;
} Judging;

/* But for the rounding of what the factor is computed from. */
static gboolean is_one(const QueryScript *script, double factor, double weight)
{
    return fabs(factor - 1) <= script->operations * 0x1p-52 * weight;
}

/* The very script of the model, whatever its shift. */
static gboolean is_right_script(const CapturedQuery *query)
{
    const QueryScript *script = &query->script;
    return query->unknown == NULL && is_one(script, script->dot, script->weights.dot) &&
           is_one(script, script->bias, script->weights.bias) && script->cosine == 0;
}

/* The exact scores with the bounds of the captured script. It may have other constants and more
 * operations than the model's, and each rounds by at most v = 2^-53 of the absolute values of all
 * that it adds, on the server and here; four of that is room enough. That of the products, M, is at
 * most B / (k u), so that v M ≤ 2^-29 B. */
static void score_all(ExactScore *scores, const Bundle *bundle, const CapturedQuery *query,
                      double constant)
{
    const QueryScript *script = &query->script;
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    local_score_all(scores, bundle, query->vector, constant);
    if (query->unknown != NULL)
        return;
    for (guint i = 0; i < movies->len; i++) {
        const double bias = fabs((double)bundle->model->bias[g_array_index(movies, guint, i)]);
        const double fixed = script->weights.constant + script->weights.bias * bias;
        scores[i].bound += script->operations *
                           (0x1p-51 * fixed + 0x1p-27 * script->weights.dot * scores[i].bound);
    }
}

static const char *movie_at(const Judging *j, guint position)
{
    guint index = g_array_index(j->movies, guint, position);
    return feature_table_get(j->bundle->features, index)->value;
}

/* ---- the script ---- */

static char *describe_script(const QueryScript *script)
{
    GString *text = g_string_new(NULL);
    const struct {
        double factor, weight;
        const char *name;
    } parts[] = {{script->dot, script->weights.dot, "dotProduct"},
                 {script->cosine, script->weights.cosine, "cosineSimilarity"},
                 {script->bias, script->weights.bias, "bias"}};
    g_string_append_printf(text, "%.9g", script->constant);
    for (guint i = 0; i < G_N_ELEMENTS(parts); i++)
        if (is_one(script, parts[i].factor, parts[i].weight))
            g_string_append_printf(text, " + %s", parts[i].name);
        else if (parts[i].factor != 0)
            g_string_append_printf(text, " + %.9g · %s", parts[i].factor, parts[i].name);
    if (script->clipped)
        g_string_append_printf(text, ", at least %.9g", script->floor);
    return g_string_free(text, FALSE);
}

static void check_script(QueryVerdict *verdict, const CapturedQuery *query)
{
    const QueryScript *script = &query->script;
    if (query->shape.unknown != NULL) {
        query_verdict_doubt(verdict, "%s: it is not guessed what it returns", query->shape.unknown);
        return;
    }
    if (query->unknown != NULL) {
        query_verdict_note(verdict,
                           "%s: it is not guessed what it computes, the answer is judged "
                           "by its order alone",
                           query->unknown);
        return;
    }
    verdict->script = describe_script(script);
    if (script->cosine != 0)
        query_verdict_defect(verdict, "cosineSimilarity divides by the movies' lengths, which are "
                                      "part of the model: use " RIGHT_SCRIPT);
    else if (script->dot == 0)
        query_verdict_defect(verdict, "the script has no dotProduct: use " RIGHT_SCRIPT);
    if (script->bias == 0)
        query_verdict_defect(verdict, "the script leaves out the movies' biases: add "
                                      "doc['bias'].value");
    else if (script->cosine == 0 && script->dot != 0 && !is_right_script(query))
        query_verdict_defect(verdict,
                             "the script takes dotProduct times %.9g and bias times %.9g: both "
                             "must be taken as they are",
                             script->dot, script->bias);
    if (script->field != NULL && strcmp(script->field, "embedding") != 0)
        query_verdict_defect(verdict, "the script uses the field %s: vectors are in embedding",
                             script->field);
}

/* ---- sort and the rest of the body ---- */

static void check_parts(QueryVerdict *verdict, const CapturedQuery *query)
{
    switch (query->sort) {
    case SORT_BY_INDEX_TOO:
        break;
    case SORT_WRONG:
        query_verdict_defect(verdict, "the sort is not best first: sort by _score, desc, then by "
                                      "feature_index");
        break;
    case SORT_BY_SCORE_ALONE:
    case SORT_BY_SCORE_FIRST:
        query_verdict_note(verdict, "equal scores come in no order of the model's: sort by _score, "
                                    "then by feature_index, and the answer is the same every time");
    }
    if (query->filter_kind == FILTER_ALL && query->unknown == NULL)
        query_verdict_defect(verdict, "nothing keeps users, ages and other features out of the "
                                      "ranking: filter on the term feature_type: movie");
    for (guint i = 0; i < query->shape.others->len; i++)
        query_verdict_doubt(verdict, "%s changes what is returned, and is not understood",
                            (const char *)g_ptr_array_index(query->shape.others, i));
    if (query->from > 0)
        query_verdict_doubt(verdict,
                            "from %u: what the pages before have is not known, so that only "
                            "the order within this one is judged",
                            query->from);
    if (query->size == 0)
        query_verdict_doubt(verdict, "size 0: nothing is returned that could be judged");
}

/* ---- the shift ---- */

static void check_shift(QueryVerdict *verdict, const Bundle *bundle, const CapturedQuery *query)
{
    const QueryScript *script = &query->script;
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    if (!is_right_script(query) || query->vector == NULL || query->k != bundle->model->k)
        return;
    g_autofree ExactScore *scores = g_new(ExactScore, movies->len);
    const double floor = script->clipped ? script->floor : 0;
    double least = INFINITY;
    guint below = 0;
    score_all(scores, bundle, query, script->constant);
    for (guint i = 0; i < movies->len; i++) {
        least = MIN(least, scores[i].score);
        below += scores[i].score + scores[i].bound < floor;
    }
    verdict->shift = script->constant;
    verdict->needed = MAX(0.0, script->constant + floor - least);
    if (below == 0)
        return;
    query_verdict_defect(verdict,
                         "the shift %.9g is too small: for %u of %u movies the score is below "
                         "%.9g, and %s; %.9g and some room for rounding is needed",
                         script->constant, below, movies->len, floor,
                         script->clipped ? "all of them get the same one"
                                         : "Elasticsearch refuses the whole query",
                         verdict->needed);
}

gboolean query_check_body(QueryVerdict *verdict, const Bundle *bundle, const CapturedQuery *query,
                          const Profile *profile, GError **error)
{
    check_script(verdict, query);
    check_parts(verdict, query);
    if (!query_vector_check(verdict, bundle, query, profile, error))
        return FALSE;
    check_shift(verdict, bundle, query);
    return TRUE;
}

/* ---- the hits ---- */

static int compare_indices(gconstpointer a, gconstpointer b)
{
    guint x = *(const guint *)a, y = *(const guint *)b;
    return (x > y) - (x < y);
}

gint query_movie_position(const Bundle *bundle, const char *id)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    guint index, position;
    if (!g_str_has_prefix(id, FEATURE_MOVIE "_") ||
        !feature_table_find(bundle->features, FEATURE_MOVIE, id + strlen(FEATURE_MOVIE "_"),
                            &index))
        return -1;
    gboolean found = g_array_binary_search((GArray *)movies, &index, compare_indices, &position);
    g_assert(found); /* `movies` are all features of this type, in order */
    return (gint)position;
}

/* FALSE if the list itself is wrong, so that its order says nothing. */
static gboolean read_hit(Judging *j, yajl_val hit, guint i)
{
    const char *id = json_get_string(hit, "_id");
    j->raw[i] = NAN;
    json_to_float(json_get(hit, "_score"), &j->raw[i]);
    if (id == NULL) {
        query_verdict_defect(j->verdict, "hit %u has no _id", i + 1);
        return FALSE;
    }
    j->positions[i] = query_movie_position(j->bundle, id);
    if (j->positions[i] < 0)
        query_verdict_defect(j->verdict, "hit %u, %s, is not a movie of the model", i + 1, id);
    else if (j->is_returned[j->positions[i]])
        query_verdict_defect(j->verdict, "hit %u, %s, is there twice", i + 1, id);
    else {
        j->is_returned[j->positions[i]] = TRUE;
        return TRUE;
    }
    return FALSE;
}

static gboolean read_hits(Judging *j, yajl_val hits)
{
    for (guint i = 0; i < j->hits; i++)
        if (!read_hit(j, json_array_get(hits, i), i))
            return FALSE;
    return TRUE;
}

/* ---- scores and pairs ---- */

/* What Math.max makes of it: |max(a, f) − max(b, f)| ≤ |a − b|, and f is rounded to float32. */
static ExactScore clipped_score(ExactScore exact, const QueryScript *script)
{
    const double rounding = 0x1p-24 * fabs(script->floor) + 0x1p-150;
    if (!script->clipped)
        return exact;
    if (exact.score + exact.bound < script->floor)
        return (ExactScore){script->floor, rounding};
    return (ExactScore){MAX(exact.score, script->floor), exact.bound + rounding};
}

static void check_scores(Judging *j)
{
    for (guint i = 0; i < j->hits; i++) {
        const ExactScore exact = clipped_score(j->scores[j->positions[i]], &j->query->script);
        if (order_error(exact, j->raw[i]) <= exact.bound)
            j->verdict->scores++;
        else
            query_verdict_defect(
                j->verdict, "score of movie_%s: the answer has %.9g, the model %.9g ± %.2g",
                movie_at(j, (guint)j->positions[i]), (double)j->raw[i], exact.score, exact.bound);
    }
}

static void check_pair(Judging *j, guint i)
{
    const guint above = (guint)j->positions[i], below = (guint)j->positions[i + 1];
    if (j->query->sort != SORT_WRONG &&
        (j->raw[i] < j->raw[i + 1] ||
         (j->query->sort == SORT_BY_INDEX_TOO && j->raw[i] == j->raw[i + 1] && above > below)))
        query_verdict_defect(
            j->verdict, "hits %u and %u are not in the order that the sort asks for", i + 1, i + 2);
    switch (order_pair(j->scores[above], j->scores[below])) {
    case PAIR_PROVED:
        j->verdict->proved++;
        break;
    case PAIR_WITHIN_ROUNDING:
        j->verdict->within_rounding++;
        break;
    case PAIR_VIOLATED:
        query_verdict_defect(
            j->verdict, "order: movie_%s is above movie_%s, the model has %.9g below %.9g",
            movie_at(j, above), movie_at(j, below), j->scores[above].score, j->scores[below].score);
    }
}

/* ---- the set ---- */

/* A movie that must be there, if there is room: let through, and not below min_score. */
static gboolean is_wanted(const Judging *j, guint position)
{
    const ExactScore score = j->scores[position];
    return j->eligible[position] && (isnan(j->query->shape.min_score) ||
                                     score.score - score.bound >= j->query->shape.min_score);
}

/* The wanted and the returned movies, and whether the latter are the best of them. */
static void check_cut(Judging *j)
{
    g_autofree ExactScore *scores = g_new0(ExactScore, j->movies->len);
    g_autofree gboolean *is_returned = g_new0(gboolean, j->movies->len);
    g_autofree guint *positions = g_new0(guint, j->movies->len);
    guint count = 0, left_out = 0, returned = 0;
    for (guint i = 0; i < j->movies->len; i++) {
        if (!j->is_returned[i] && !is_wanted(j, i))
            continue;
        scores[count] = j->scores[i];
        is_returned[count] = j->is_returned[i];
        positions[count++] = i;
    }
    if (j->hits < MIN(j->query->size, count))
        query_verdict_defect(j->verdict, "%u hits: %u were asked for and %u movies are there",
                             j->hits, j->query->size, count);
    else if (order_cut_is_right(scores, is_returned, count, &left_out, &returned))
        j->verdict->is_set_proved = TRUE;
    else
        query_verdict_defect(
            j->verdict, "set: movie_%s (%.9g) is left out although movie_%s (%.9g) is returned",
            movie_at(j, positions[left_out]), scores[left_out].score,
            movie_at(j, positions[returned]), scores[returned].score);
}

static void check_eligible(Judging *j)
{
    for (guint i = 0; i < j->hits; i++)
        if (!j->eligible[j->positions[i]])
            query_verdict_defect(j->verdict, "hit %u, movie_%s, is one that the filter keeps out",
                                 i + 1, movie_at(j, (guint)j->positions[i]));
}

static void check_set(Judging *j)
{
    if (j->hits > j->query->size)
        query_verdict_defect(j->verdict, "%u hits: %u were asked for", j->hits, j->query->size);
    if (j->query->from > 0 || j->query->shape.others->len > 0 || j->query->size == 0)
        return; /* said of the body */
    if (j->eligible == NULL) {
        query_verdict_doubt(j->verdict, "which movies the filter lets through is not known without "
                                        "a cluster: whether the best are there is not judged");
        return;
    }
    if (!isnan(j->query->shape.min_score) && !is_right_script(j->query)) {
        query_verdict_doubt(j->verdict,
                            "min_score with such a script: what it keeps out is not judged");
        return;
    }
    check_eligible(j);
    check_cut(j);
}

/* ---- the answer ---- */

/* The constant of the script; of one that is not understood, what the first hit suggests, for the
 * bounds of its float32 scores. */
static double shift_of(const Judging *j)
{
    if (j->query->unknown == NULL)
        return j->query->script.constant;
    if (j->hits == 0 || isnan(j->raw[0]))
        return 0;
    guint movie = g_array_index(j->movies, guint, j->positions[0]);
    const ExactScore exact = exact_score(j->query->vector, fm_vector(j->bundle->model, movie),
                                         j->query->k, j->bundle->model->bias[movie], 0);
    return (double)j->raw[0] - exact.score;
}

static gboolean have_scores(const Judging *j)
{
    for (guint i = 0; i < j->hits; i++)
        if (isnan(j->raw[i]))
            return FALSE;
    return TRUE;
}

static void note_large_shift(Judging *j)
{
    const QueryVerdict *verdict = j->verdict;
    if (verdict->within_rounding > 0 && verdict->shift > MUCH * verdict->needed)
        query_verdict_note(j->verdict,
                           "the shift is far greater than needed, which costs a score its last "
                           "digits: %u neighbours cannot be told apart",
                           verdict->within_rounding);
}

static void judge(Judging *j, yajl_val hits)
{
    if (!read_hits(j, hits))
        return;
    score_all(j->scores, j->bundle, j->query, shift_of(j));
    if (!have_scores(j))
        query_verdict_note(j->verdict, "not every hit has a _score: the order alone is judged");
    else if (is_right_script(j->query))
        check_scores(j);
    for (guint i = 0; i + 1 < j->hits; i++)
        check_pair(j, i);
    check_set(j);
    note_large_shift(j);
}

/* Only what the server says of the request, with 400, says something about the query: that it is
 * overloaded, lacks shards or the index, or wants a password, does not. */
static void check_error(QueryVerdict *verdict, yajl_val answer)
{
    gint64 status = 0;
    const char *type = json_get_string(answer, "error.type");
    const char *reason = json_get_string(answer, "error.reason");
    g_autofree char *code = json_get_int(answer, "status", &status)
                                ? g_strdup_printf(" with status %" G_GINT64_FORMAT, status)
                                : g_strdup(" without its status");
    g_autofree char *text =
        g_strdup_printf("the answer is an error%s: %s: %s", code, type != NULL ? type : "?",
                        reason != NULL ? reason : "no reason is given");
    if (status == 400)
        query_verdict_defect(verdict, "%s", text);
    else
        query_verdict_doubt(verdict, "%s; capture another one", text);
}

static gboolean says_it_is_whole(yajl_val answer)
{
    gint64 failed;
    yajl_val timed_out = json_get(answer, "timed_out");
    return json_get_int(answer, "_shards.failed", &failed) &&
           (YAJL_IS_TRUE(timed_out) || YAJL_IS_FALSE(timed_out));
}

/* FALSE if there are no hits to look at. */
static gboolean check_whole(QueryVerdict *verdict, yajl_val answer)
{
    g_autoptr(GError) partial = NULL;
    if (json_get(answer, "error") != NULL)
        check_error(verdict, answer);
    else if (!YAJL_IS_ARRAY(json_get(answer, "hits.hits")))
        query_verdict_defect(verdict, "the answer has no hits.hits: it is not that of a search");
    else if (!es_check_complete(answer, "the answer", &partial))
        query_verdict_doubt(verdict, "%s", partial->message);
    else if (!says_it_is_whole(answer))
        query_verdict_doubt(verdict, "the answer does not say that it is whole: capture it with "
                                     "_shards and timed_out, without filter_path");
    else
        return TRUE;
    return FALSE;
}

void query_check_answer(QueryVerdict *verdict, const Bundle *bundle, const CapturedQuery *query,
                        yajl_val answer, const gboolean *eligible)
{
    yajl_val hits = json_get(answer, "hits.hits");
    verdict->hits = (guint)json_array_length(hits);
    if (!check_whole(verdict, answer) || query->shape.unknown != NULL || query->vector == NULL ||
        query->k != bundle->model->k)
        return;
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    g_autofree ExactScore *scores = g_new(ExactScore, movies->len);
    g_autofree gboolean *is_returned = g_new0(gboolean, movies->len);
    g_autofree gint *positions = g_new(gint, verdict->hits + 1);
    g_autofree float *raw = g_new(float, verdict->hits + 1);
    Judging judging = {
        .verdict = verdict,
        .bundle = bundle,
        .query = query,
        .eligible = eligible,
        .movies = movies,
        .scores = scores,
        .is_returned = is_returned,
        .positions = positions,
        .raw = raw,
        .hits = verdict->hits,
    };
    judge(&judging, hits);
}

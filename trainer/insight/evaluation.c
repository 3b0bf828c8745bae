#include "evaluation.h"

#include <math.h>
#include <string.h>

#include "evaluation_people.h"
#include "interrupt.h"
#include "list_scores.h"
#include "metrics.h"
#include "predict.h"
#include "recsys_error.h"
#include "team.h"

#define STARS 5.0                    /* the highest rating of most data sets */
#define SHARE 0.8                    /* of the highest rating: 4 of 5 stars */
#define PEOPLE_FIGURES LIST_COVERAGE /* those before it are means over people */

/* Who says what a rating or a list is. */
typedef enum { MODEL, BASELINE, OTHER } Scorer;
#define SCORERS 3

/* What the threads share; P people, C candidates, S sizes. */
typedef struct {
    const EvaluationTask *task;
    const DataMatch *match[SCORERS]; /* of the two models; NULL: there is no other one */
    const Baseline *baseline;
    const EvaluationPeople *people;
    const SeenMovies *seen;
    guint candidates, longest;
    guint32 *candidate;          /* [M] by number of the movie; MATCH_NONE: it is none */
    guint32 *other_candidate;    /* the same by number of the other model's movie */
    guint32 *feature[SCORERS];   /* [C] in the models */
    float *popularity;           /* [C] */
    ListScores *scores[SCORERS]; /* of the two models */
    float relevant;
    guint offset; /* of the items of this call of team_run() */
    /* by person */
    double *squares[SCORERS], *absolutes[SCORERS];    /* [P] sums over rows */
    guint *relevant_count, *relevant_seen, *unlisted; /* [P] */
    double *value[SCORERS];                           /* [S, PEOPLE_FIGURES, P] */
    guint32 *list[SCORERS];                           /* [P, longest] candidates */
    guint *shown[SCORERS];                            /* [P] */
} Job;

/* What one thread needs for itself. */
typedef struct {
    float *vector;             /* [k] */
    guint8 *excluded, *wanted; /* [C] */
    guint8 *hits;              /* [longest] */
} Room;

/* ---- ratings ---- */

static guint movie_number(const Job *job, guint row)
{
    const Dataset *data = job->task->data;
    const DataMatch *match = job->match[MODEL];
    return match->number[match->feature[data->features[(gsize)row * data->fields + DATASET_MOVIE]]];
}

/* The rating of a movie for nobody in particular. */
static double rating_for_nobody(const EvaluatedModel *m, guint32 movie, float *vector)
{
    double z = (double)m->model->w0;
    if (m->form->objective != OBJECTIVE_BOTH)
        return model_form_rating(m->form, z + (double)m->model->bias[movie]);
    memset(vector, 0, m->model->k * sizeof *vector);
    z += predict_rating_half(m->form, vector, fm_vector(m->model, movie));
    return model_form_rating(m->form, z);
}

static double predicted(const Job *job, Scorer scorer, guint row, float *vector)
{
    guint32 features[MATCH_MOST_FIELDS];
    guint fields;
    if (scorer == BASELINE)
        return job->baseline->rating != NULL ? (double)job->baseline->rating[movie_number(job, row)]
                                             : NAN;
    const DataMatch *match = job->match[scorer];
    if (match == NULL || data_match_row(match, row, features, &fields) == MATCH_MISSING)
        return NAN;
    if (fields == 1)
        return rating_for_nobody(&match->model, features[DATASET_MOVIE], vector);
    return predict_rating(match->model.model, match->model.form, features, fields, vector);
}

static void rate(Job *job, guint p, Room *room)
{
    for (guint scorer = 0; scorer < SCORERS; scorer++)
        for (guint i = job->people->begin[p]; i < job->people->begin[p + 1]; i++) {
            const guint row = job->people->row[i];
            const double off =
                predicted(job, scorer, row, room->vector) - (double)job->task->data->ratings[row];
            job->squares[scorer][p] += off * off;
            job->absolutes[scorer][p] += fabs(off);
        }
}

/* ---- lists ---- */

static void exclude(Room *room, const guint32 *candidate_of, guint movie)
{
    if (candidate_of[movie] != MATCH_NONE)
        room->excluded[candidate_of[movie]] = 1;
}

static void exclude_training_rows(const DataMatch *match, guint user, const guint32 *candidate_of,
                                  Room *room)
{
    if (match == NULL || match->model.rows == NULL || match->feature[user] == MATCH_NONE)
        return;
    const TrainingRows *rows = match->model.rows;
    const guint number = match->number[match->feature[user]];
    for (guint i = rows->begin[number]; i < rows->begin[number + 1]; i++)
        exclude(room, candidate_of, rows->movie[i]);
}

static void mark_excluded(const Job *job, guint p, Room *room)
{
    const guint user = job->people->user[p];
    memset(room->excluded, 0, job->candidates);
    if (!job->task->with_seen) {
        exclude_training_rows(job->match[MODEL], user, job->candidate, room);
        exclude_training_rows(job->match[OTHER], user, job->other_candidate, room);
    }
    for (guint i = job->seen->begin[p]; i < job->seen->begin[p + 1]; i++)
        exclude(room, job->candidate, job->seen->movie[i]);
}

static void mark_wanted(Job *job, guint p, Room *room)
{
    memset(room->wanted, 0, job->candidates);
    for (guint i = job->people->begin[p]; i < job->people->begin[p + 1]; i++) {
        const guint row = job->people->row[i];
        if (!(job->task->data->ratings[row] >= job->relevant))
            continue;
        const guint32 movie = job->candidate[movie_number(job, row)];
        if (movie == MATCH_NONE) {
            job->unlisted[p]++;
        } else if (!room->wanted[movie]) {
            room->wanted[movie] = 1;
            job->relevant_count[p] += !room->excluded[movie];
            job->relevant_seen[p] += room->excluded[movie];
        }
    }
}

/* What the list of person p is asked with: query [k]. */
static void ask(float *query, const DataMatch *match, const EvaluationPeople *people, guint p)
{
    guint32 features[MATCH_MOST_FIELDS];
    guint fields;
    g_assert(match != NULL);
    const FmModel *model = match->model.model;
    if (data_match_row(match, people->row[people->begin[p]], features, &fields) == MATCH_MISSING)
        g_assert_not_reached();
    if (fields == 1)
        memset(query, 0, model->k * sizeof *query);
    else
        predict_list_query(query, model, match->model.form, features, fields);
}

/* score [end - begin, C]: what a model orders the candidates by for these people. */
static void score_people(float *score, const Job *job, Scorer scorer, guint begin, guint end)
{
    const ListScores *of = job->scores[scorer];
    g_autofree float *queries = g_new(float, (gsize)(end - begin) * of->k);
    for (guint p = begin; p < end; p++)
        ask(queries + (gsize)(p - begin) * of->k, job->match[scorer], job->people, p);
    list_scores_fill(score, of, queries, end - begin);
}

static void measure_list(Job *job, Scorer scorer, guint p, Room *room)
{
    const guint people = job->people->people, relevant = job->relevant_count[p];
    const guint32 *list = job->list[scorer] + (gsize)p * job->longest;
    for (guint i = 0; i < job->shown[scorer][p]; i++)
        room->hits[i] = room->wanted[list[i]];
    for (guint s = 0; s < job->task->size_count; s++) {
        const guint size = job->task->sizes[s], shown = MIN(size, job->shown[scorer][p]);
        double *value = job->value[scorer] + (gsize)s * PEOPLE_FIGURES * people + p;
        value[(gsize)LIST_NDCG * people] = metrics_ndcg(room->hits, shown, size, relevant);
        value[(gsize)LIST_PRECISION * people] = metrics_precision(room->hits, shown, size);
        value[(gsize)LIST_RECALL * people] = metrics_recall(room->hits, shown, relevant);
        value[(gsize)LIST_HIT_RATE * people] = metrics_hit_rate(room->hits, shown);
        value[(gsize)LIST_MRR * people] = metrics_reciprocal_rank(room->hits, shown);
    }
}

/* scores: [C] of each scorer; NULL: there is no such. */
static void rank(Job *job, guint p, const float *const *scores, Room *room)
{
    mark_excluded(job, p, room);
    mark_wanted(job, p, room);
    for (guint scorer = 0; scorer < SCORERS && job->relevant_count[p] > 0; scorer++) {
        if (scores[scorer] == NULL)
            continue;
        job->shown[scorer][p] =
            metrics_top(job->list[scorer] + (gsize)p * job->longest, job->longest, scores[scorer],
                        room->excluded, job->candidates);
        measure_list(job, scorer, p, room);
    }
}

/* ---- running ---- */

static void measure_block(Job *job, guint begin, guint end, float *scores, Room *room)
{
    float *other = scores + (gsize)LIST_SCORES_BLOCK * job->candidates;
    score_people(scores, job, MODEL, begin, end);
    if (job->scores[OTHER] != NULL)
        score_people(other, job, OTHER, begin, end);
    for (guint p = begin; p < end; p++) {
        const gsize at = (gsize)(p - begin) * job->candidates;
        const float *own[SCORERS] = {scores + at, job->popularity,
                                     job->scores[OTHER] != NULL ? other + at : NULL};
        rate(job, p, room);
        rank(job, p, own, room);
    }
}

static void measure(gpointer data, guint begin, guint end)
{
    Job *job = data;
    const guint other = job->match[OTHER] != NULL ? job->match[OTHER]->model.model->k : 0;
    const guint k = MAX(job->match[MODEL]->model.model->k, other);
    g_autofree float *vector = g_new(float, k);
    g_autofree float *scores = g_new(float, 2 * (gsize)LIST_SCORES_BLOCK * job->candidates + 1);
    g_autofree guint8 *marks = g_new(guint8, 2 * (gsize)job->candidates + job->longest);
    Room room = {vector, marks, marks + job->candidates, marks + 2 * (gsize)job->candidates};
    for (guint p = begin; p < end; p += LIST_SCORES_BLOCK)
        measure_block(job, job->offset + p, job->offset + MIN(end, p + LIST_SCORES_BLOCK), scores,
                      &room);
}

/* In portions, between which progress is shown and an interrupt seen. */
static gboolean run(Job *job, const EvaluationObserver *observer, GError **error)
{
    const guint people = job->people->people, portion = 48 * LIST_SCORES_BLOCK;
    g_autoptr(Team) team = team_new(job->task->threads);
    for (guint done = 0; done < people;) {
        const guint items = MIN(portion, people - done);
        job->offset = done;
        team_run(team, measure, job, items, LIST_SCORES_BLOCK);
        done += items;
        if (observer != NULL && observer->progress != NULL)
            observer->progress("evaluating", "people", done, people, observer->data);
        if (interrupt_requested(error))
            return FALSE;
    }
    return TRUE;
}

/* ---- what is ranked ---- */

static gboolean has_ratings(const TrainingRows *rows, guint movie)
{
    return rows == NULL || rows->movie_ratings[movie] > 0;
}

/* The other model's feature of a movie that it can rank, or MATCH_NONE. */
static guint32 find_in_other(const DataMatch *other, const char *value)
{
    guint feature;
    if (other == NULL || !feature_table_find(other->model.features, FEATURE_MOVIE, value, &feature))
        return MATCH_NONE;
    return has_ratings(other->model.rows, other->number[feature]) ? feature : MATCH_NONE;
}

static guint32 *fill_none(guint count)
{
    guint32 *array = g_new(guint32, (gsize)count + 1);
    for (guint i = 0; i < count; i++)
        array[i] = MATCH_NONE;
    return array;
}

static void find_candidates(Job *job)
{
    const DataMatch *match = job->match[MODEL], *other = job->match[OTHER];
    const FeatureTable *table = match->model.features;
    const GArray *movies = feature_table_of_type(table, FEATURE_MOVIE);
    job->candidate = fill_none(movies->len);
    job->feature[MODEL] = g_new(guint32, (gsize)movies->len + 1);
    job->feature[OTHER] = g_new(guint32, (gsize)movies->len + 1);
    job->popularity = g_new(float, (gsize)movies->len + 1);
    job->other_candidate =
        other != NULL ? fill_none(feature_table_of_type(other->model.features, FEATURE_MOVIE)->len)
                      : NULL;
    for (guint m = 0; m < movies->len; m++) {
        const guint feature = g_array_index(movies, guint, m);
        const guint32 there = find_in_other(other, feature_table_get(table, feature)->value);
        if (!has_ratings(match->model.rows, m) || (other != NULL && there == MATCH_NONE))
            continue;
        job->candidate[m] = job->candidates;
        if (other != NULL)
            job->other_candidate[other->number[there]] = job->candidates;
        job->feature[MODEL][job->candidates] = feature;
        job->feature[OTHER][job->candidates] = there;
        job->popularity[job->candidates++] = job->baseline->popularity[m];
    }
}

static void job_init(Job *job)
{
    const guint people = job->people->people;
    const gsize values = (gsize)job->task->size_count * PEOPLE_FIGURES * people + 1;
    for (guint s = 0; s < job->task->size_count; s++)
        job->longest = MAX(job->longest, job->task->sizes[s]);
    find_candidates(job);
    for (guint scorer = 0; scorer < SCORERS; scorer++)
        if (job->match[scorer] != NULL)
            job->scores[scorer] = list_scores_new(job->match[scorer]->model.model,
                                                  job->feature[scorer], job->candidates);
    job->longest = MIN(job->longest, MAX(job->candidates, 1));
    job->relevant_count = g_new0(guint, (gsize)people + 1);
    job->relevant_seen = g_new0(guint, (gsize)people + 1);
    job->unlisted = g_new0(guint, (gsize)people + 1);
    for (guint scorer = 0; scorer < SCORERS; scorer++) {
        job->squares[scorer] = g_new0(double, (gsize)people + 1);
        job->absolutes[scorer] = g_new0(double, (gsize)people + 1);
        job->value[scorer] = g_new0(double, values);
        job->list[scorer] = g_new0(guint32, (gsize)people * job->longest + 1);
        job->shown[scorer] = g_new0(guint, (gsize)people + 1);
    }
}

static void job_clear(Job *job)
{
    g_free(job->candidate);
    g_free(job->other_candidate);
    g_free(job->popularity);
    g_free(job->relevant_count);
    g_free(job->relevant_seen);
    g_free(job->unlisted);
    for (guint scorer = 0; scorer < SCORERS; scorer++) {
        g_free(job->feature[scorer]);
        list_scores_free(job->scores[scorer]);
        g_free(job->squares[scorer]);
        g_free(job->absolutes[scorer]);
        g_free(job->value[scorer]);
        g_free(job->list[scorer]);
        g_free(job->shown[scorer]);
    }
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

/* ---- from people to figures ---- */

static Compared compare(Figure *figures)
{
    const Compared compared = {
        .model = figure_estimate(&figures[MODEL]),
        .baseline = figure_estimate(&figures[BASELINE]),
        .other = figure_estimate(&figures[OTHER]),
        .above_baseline = figure_difference(&figures[MODEL], &figures[BASELINE]),
        .above_other = figure_difference(&figures[MODEL], &figures[OTHER]),
    };
    for (guint scorer = 0; scorer < SCORERS; scorer++)
        figure_clear(&figures[scorer]);
    return compared;
}

/* The people of a group, or those of them with something relevant. */
static GArray *people_of(const Job *job, Group group, gboolean ranked)
{
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint p = 0; p < job->people->people; p++)
        if (job->people->group[p] == group && (!ranked || job->relevant_count[p] > 0))
            g_array_append_val(chosen, p);
    return chosen;
}

static double *gather(const double *values, const GArray *people)
{
    double *gathered = g_new(double, (gsize)people->len + 1);
    for (guint i = 0; i < people->len; i++)
        gathered[i] = values[g_array_index(people, guint, i)];
    return gathered;
}

static Compared compare_errors(const Job *job, double *const *sums, const GArray *people,
                               gboolean root)
{
    Figure figures[SCORERS];
    g_autofree guint *counts = g_new(guint, (gsize)people->len + 1);
    for (guint i = 0; i < people->len; i++) {
        const guint p = g_array_index(people, guint, i);
        counts[i] = job->people->begin[p + 1] - job->people->begin[p];
    }
    for (guint scorer = 0; scorer < SCORERS; scorer++) {
        g_autofree double *own = gather(sums[scorer], people);
        figures[scorer] = figure_ratio(own, counts, people->len, root);
    }
    return compare(figures);
}

static Figure coverage(const Job *job, Scorer scorer, guint size, const GArray *people)
{
    g_autofree guint32 *lists = g_new(guint32, (gsize)people->len * job->longest + 1);
    g_autofree guint *shown = g_new(guint, (gsize)people->len + 1);
    for (guint i = 0; i < people->len; i++) {
        const guint p = g_array_index(people, guint, i);
        memcpy(lists + (gsize)i * job->longest, job->list[scorer] + (gsize)p * job->longest,
               job->longest * sizeof *lists);
        shown[i] = job->shown[scorer][p];
    }
    return figure_coverage(lists, shown, people->len, job->longest, size, job->candidates);
}

static Figure list_figure(const Job *job, Scorer scorer, guint s, ListFigure figure,
                          const GArray *people)
{
    if (scorer == OTHER && job->match[OTHER] == NULL)
        return figure_none(people->len);
    if (figure == LIST_COVERAGE)
        return coverage(job, scorer, job->task->sizes[s], people);
    const gsize at = (gsize)(s * PEOPLE_FIGURES + figure) * job->people->people;
    g_autofree double *values = gather(job->value[scorer] + at, people);
    return figure_mean(values, people->len);
}

static void fill_group(EvaluationGroup *result, const Job *job, Group group)
{
    g_autoptr(GArray) people = people_of(job, group, FALSE), ranked = people_of(job, group, TRUE);
    result->people = people->len;
    result->ranked = ranked->len;
    for (guint i = 0; i < people->len; i++) {
        const guint p = g_array_index(people, guint, i);
        result->rows += job->people->begin[p + 1] - job->people->begin[p];
        result->relevant += job->relevant_count[p];
        result->relevant_seen += job->relevant_seen[p];
        result->other_unknown +=
            job->match[OTHER] != NULL && !job->match[OTHER]->known[job->people->user[p]];
    }
    result->rmse = compare_errors(job, job->squares, people, TRUE);
    result->mae = compare_errors(job, job->absolutes, people, FALSE);
    for (guint s = 0; s < job->task->size_count; s++)
        for (guint figure = 0; figure < LIST_FIGURES; figure++) {
            Figure figures[SCORERS];
            for (guint scorer = 0; scorer < SCORERS; scorer++)
                figures[scorer] = list_figure(job, scorer, s, figure, ranked);
            result->list[s][figure] = compare(figures);
        }
}

static void fill(Evaluation *result, const Job *job)
{
    result->candidates = job->candidates;
    for (guint p = 0; p < job->people->people; p++)
        result->relevant_unlisted += job->unlisted[p];
    for (guint group = 0; group < GROUPS; group++)
        fill_group(&result->group[group], job, group);
}

/* ---- what is relevant ---- */

static double highest_of(const EvaluationTask *task, gboolean *all_equal)
{
    const TrainingRows *rows = task->model.rows;
    const ModelForm *form = task->model.form;
    const Dataset *data = task->data;
    double highest = form->link == LINK_SIGMOID ? form->scale * 10 / 11 : model_form_highest(form);
    *all_equal = TRUE;
    for (guint r = 0; r < data->rows; r++) {
        highest = MAX(highest, (double)data->ratings[r]);
        *all_equal = *all_equal && data->ratings[r] == data->ratings[0];
    }
    for (guint i = 0; rows != NULL && i < rows->levels; i++) {
        highest = MAX(highest, (double)rows->level[i]);
        *all_equal = *all_equal && (data->rows == 0 || rows->level[i] == data->ratings[0]);
    }
    return highest;
}

static void choose_relevant(Evaluation *result, const EvaluationTask *task)
{
    gboolean all_equal;
    const double highest = highest_of(task, &all_equal);
    result->relevant = task->relevant;
    result->rule = RELEVANT_GIVEN;
    if (!isnan(task->relevant))
        return;
    result->rule = RELEVANT_SHARE;
    result->relevant = SHARE * highest;
    if (all_equal && task->data->rows > 0) {
        result->rule = RELEVANT_ALL;
        result->relevant = (double)task->data->ratings[0];
    } else if (fabs(highest - STARS) < 1e-6 ||
               (highest < STARS && fabs(task->data->scale - FM_RATING_SCALE) < 1e-9)) {
        result->rule = RELEVANT_STARS;
        result->relevant = SHARE * STARS;
    }
}

/* ---- the question and the answer ---- */

EvaluationTask evaluation_task(EvaluatedModel model, const Dataset *data)
{
    return (EvaluationTask){
        .model = model,
        .data = data,
        .relevant = NAN,
        .sizes = {10},
        .size_count = 1,
        .threads = 1,
    };
}

EvaluatedModel evaluated_bundle(const Bundle *bundle, const TrainingRows *rows)
{
    return (EvaluatedModel){bundle->model, &bundle->form, bundle->features, rows};
}

const char *list_figure_title(ListFigure figure)
{
    static const char *const titles[LIST_FIGURES] = {"NDCG",     "precision", "recall",
                                                     "hit rate", "MRR",       "coverage"};
    return titles[figure];
}

const char *list_figure_key(ListFigure figure)
{
    static const char *const keys[LIST_FIGURES] = {"ndcg",     "precision", "recall",
                                                   "hit_rate", "mrr",       "coverage"};
    return keys[figure];
}

/* Types of the model that no profile here has a value of. */
static void find_unused(Evaluation *result, const DataMatch *match)
{
    const FeatureTable *table = match->model.features;
    const GPtrArray *types = feature_table_types(table);
    for (guint t = 0; t < types->len; t++) {
        char *type = g_ptr_array_index(types, t);
        gboolean used = feature_table_of_type(match->data->table, type) != NULL;
        const GArray *users = feature_table_of_type(table, FEATURE_USER);
        for (guint u = 0; !used && users != NULL && u < users->len; u++) {
            const Attributes own = feature_table_attributes(table, g_array_index(users, guint, u));
            for (guint i = 0; i < own.count; i++)
                used = used || strcmp(feature_table_get(table, own.indices[i])->type, type) == 0;
        }
        if (!used)
            g_ptr_array_add(result->unused, type);
    }
}

static Evaluation *evaluation_new(const EvaluationTask *task)
{
    Evaluation *result = g_new0(Evaluation, 1);
    result->gaps = g_array_new(FALSE, FALSE, sizeof(EvaluationGap));
    result->unused = g_ptr_array_new();
    result->by_metadata = task->by_metadata;
    result->rows_known = task->model.rows != NULL;
    result->movies = feature_table_of_type(task->model.features, FEATURE_MOVIE)->len;
    memcpy(result->sizes, task->sizes, sizeof result->sizes);
    result->size_count = task->size_count;
    choose_relevant(result, task);
    return result;
}

void evaluation_free(Evaluation *evaluation)
{
    if (evaluation == NULL)
        return;
    g_array_unref(evaluation->gaps);
    g_ptr_array_unref(evaluation->unused);
    g_free(evaluation);
}

static gboolean nothing_to_score(const EvaluationTask *task, const DataMatch *match,
                                 const Evaluation *result, GError **error)
{
    if (result->training_rows > 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "all %u ratings that can be predicted are training rows, so nothing was held "
                    "out: --with-seen measures them all the same",
                    result->training_rows);
        return FALSE;
    }
    for (guint i = 0; i < result->rows; i++) {
        const guint row = task->rows != NULL ? task->rows[i] : i;
        const guint32 *at = task->data->features + (gsize)row * task->data->fields;
        for (guint f = 0; f < task->data->fields; f++) {
            if (!data_match_lacks(match, row, f))
                continue;
            const Feature *lacking = feature_table_get(task->data->table, at[f]);
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "none of the %u ratings can be predicted: the bundle has no %s %s, for "
                        "example",
                        result->rows, lacking->type, lacking->value);
            return FALSE;
        }
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "none of the %u ratings can be predicted by both models", result->rows);
    return FALSE;
}

Evaluation *evaluate(const EvaluationTask *task, const EvaluationObserver *observer, GError **error)
{
    g_autoptr(Evaluation) result = evaluation_new(task);
    g_autoptr(DataMatch) match =
        data_match_new(&task->model, task->data, task->metadata, task->by_metadata);
    g_autoptr(DataMatch) other =
        task->other != NULL
            ? data_match_new(task->other, task->data, task->metadata, task->by_metadata)
            : NULL;
    g_autoptr(EvaluationPeople) people = evaluation_people_new(task, match, other, result);
    if (people->people == 0 && !nothing_to_score(task, match, result, error))
        return NULL;
    find_unused(result, match);
    g_autoptr(SeenMovies) seen = seen_movies_new(people, match, task->seen, result);
    g_autoptr(Baseline) baseline =
        baseline_new(task->model.features, task->model.rows, (float)result->relevant);
    g_auto(Job) job = {
        .task = task,
        .match = {match, NULL, other},
        .baseline = baseline,
        .people = people,
        .seen = seen,
        .relevant = (float)result->relevant,
    };
    job_init(&job);
    if (!run(&job, observer, error))
        return NULL;
    fill(result, &job);
    return g_steal_pointer(&result);
}

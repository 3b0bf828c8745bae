#include "evaluation_people.h"

/* ---- which rows ---- */

static void count_gaps(guint *gaps, const DataMatch *match, guint row)
{
    for (guint f = 0; f < match->data->fields; f++)
        gaps[f] += data_match_lacks(match, row, f);
}

/* Whether a row is scored; counts it where it is not. */
static gboolean choose(const EvaluationTask *task, const DataMatch *match, const DataMatch *other,
                       guint row, guint *gaps, Evaluation *result)
{
    guint32 features[MATCH_MOST_FIELDS];
    guint fields;
    if (data_match_row(match, row, features, &fields) == MATCH_MISSING) {
        count_gaps(gaps, match, row);
        return FALSE;
    }
    if (other != NULL && data_match_row(other, row, features, &fields) == MATCH_MISSING) {
        result->other_lacks++;
        return FALSE;
    }
    const gboolean trained_on = data_match_is_training_row(match, row) ||
                                (other != NULL && data_match_is_training_row(other, row));
    result->training_rows += trained_on;
    return task->with_seen || !trained_on;
}

static void put_gaps(Evaluation *result, const Dataset *data, const guint *gaps)
{
    for (guint f = 0; f < data->fields && data->rows > 0; f++) {
        const EvaluationGap gap = {feature_table_get(data->table, data->features[f])->type,
                                   gaps[f]};
        if (gap.rows > 0)
            g_array_append_val(result->gaps, gap);
    }
}

static GArray *choose_rows(const EvaluationTask *task, const DataMatch *match,
                           const DataMatch *other, Evaluation *result)
{
    guint gaps[DATASET_MOST_FIELDS] = {0};
    GArray *chosen = g_array_new(FALSE, FALSE, sizeof(guint32));
    result->rows = task->rows != NULL ? task->row_count : task->data->rows;
    for (guint32 i = 0; i < result->rows; i++) {
        const guint32 row = task->rows != NULL ? task->rows[i] : i;
        if (choose(task, match, other, row, gaps, result))
            g_array_append_val(chosen, row);
    }
    put_gaps(result, task->data, gaps);
    result->scored = chosen->len;
    return chosen;
}

/* ---- by person ---- */

static guint user_of(const Dataset *data, guint row)
{
    return data->features[(gsize)row * data->fields + DATASET_USER];
}

/* People in the order of their features. */
static void number_people(EvaluationPeople *people, const Dataset *data, const GArray *chosen,
                          const DataMatch *match)
{
    const guint n = feature_table_size(data->table);
    people->position = g_new(guint, (gsize)n + 1);
    people->user = g_new(guint32, (gsize)n + 1);
    people->group = g_new(guint8, (gsize)n + 1);
    g_autofree guint8 *has_rows = g_new0(guint8, (gsize)n + 1);
    for (guint i = 0; i < chosen->len; i++)
        has_rows[user_of(data, g_array_index(chosen, guint32, i))] = 1;
    for (guint u = 0; u < n; u++) {
        people->position[u] = MATCH_NONE;
        if (!has_rows[u])
            continue;
        people->user[people->people] = u;
        people->group[people->people] = match->known[u] ? GROUP_KNOWN : GROUP_COLD;
        people->position[u] = people->people++;
    }
}

static void sort_rows(EvaluationPeople *people, const Dataset *data, const GArray *chosen)
{
    people->begin = g_new0(guint, (gsize)people->people + 1);
    people->row = g_new(guint32, (gsize)chosen->len + 1);
    for (guint i = 0; i < chosen->len; i++)
        people->begin[people->position[user_of(data, g_array_index(chosen, guint32, i))] + 1]++;
    for (guint p = 0; p < people->people; p++)
        people->begin[p + 1] += people->begin[p];
    g_autofree guint *next =
        g_memdup2(people->begin, ((gsize)people->people + 1) * sizeof *people->begin);
    for (guint i = 0; i < chosen->len; i++) {
        const guint32 row = g_array_index(chosen, guint32, i);
        people->row[next[people->position[user_of(data, row)]]++] = row;
    }
}

EvaluationPeople *evaluation_people_new(const EvaluationTask *task, const DataMatch *match,
                                        const DataMatch *other, Evaluation *result)
{
    g_autoptr(GArray) chosen = choose_rows(task, match, other, result);
    EvaluationPeople *people = g_new0(EvaluationPeople, 1);
    number_people(people, task->data, chosen, match);
    sort_rows(people, task->data, chosen);
    return people;
}

void evaluation_people_free(EvaluationPeople *people)
{
    if (people == NULL)
        return;
    g_free(people->begin);
    g_free(people->row);
    g_free(people->user);
    g_free(people->group);
    g_free(people->position);
    g_free(people);
}

/* ---- what they have seen ---- */

typedef struct {
    guint32 person, movie;
} SeenPair;

/* The person and the movie of a row of other data; FALSE if either is not here. */
static gboolean match_pair(SeenPair *pair, const EvaluationPeople *people, const DataMatch *match,
                           const Dataset *seen, guint row)
{
    const guint32 *at = seen->features + (gsize)row * seen->fields;
    const Feature *user = feature_table_get(seen->table, at[DATASET_USER]);
    const Feature *movie = feature_table_get(seen->table, at[DATASET_MOVIE]);
    guint here, there;
    if (!feature_table_find(match->data->table, FEATURE_USER, user->value, &here) ||
        people->position[here] == MATCH_NONE ||
        !feature_table_find(match->model.features, FEATURE_MOVIE, movie->value, &there))
        return FALSE;
    *pair = (SeenPair){people->position[here], match->number[there]};
    return TRUE;
}

SeenMovies *seen_movies_new(const EvaluationPeople *people, const DataMatch *match,
                            const Dataset *seen, Evaluation *result)
{
    g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(SeenPair));
    SeenMovies *made = g_new0(SeenMovies, 1);
    made->begin = g_new0(guint, (gsize)people->people + 1);
    for (guint r = 0; seen != NULL && r < seen->rows; r++) {
        SeenPair pair;
        if (!match_pair(&pair, people, match, seen, r))
            continue;
        g_array_append_val(pairs, pair);
        made->begin[pair.person + 1]++;
    }
    result->seen_rows = seen != NULL ? seen->rows : 0;
    result->seen_matched = pairs->len;
    made->movie = g_new(guint32, (gsize)pairs->len + 1);
    for (guint p = 0; p < people->people; p++)
        made->begin[p + 1] += made->begin[p];
    g_autofree guint *next = g_memdup2(made->begin, ((gsize)people->people + 1) * sizeof *next);
    for (guint i = 0; i < pairs->len; i++) {
        const SeenPair pair = g_array_index(pairs, SeenPair, i);
        made->movie[next[pair.person]++] = pair.movie;
    }
    return made;
}

void seen_movies_free(SeenMovies *seen)
{
    if (seen == NULL)
        return;
    g_free(seen->begin);
    g_free(seen->movie);
    g_free(seen);
}

/* The rows that an evaluation is of, by person. */
#pragma once

#include "evaluation.h"

typedef struct {
    guint people;
    guint *begin;    /* [people + 1] */
    guint32 *row;    /* rows of the data: those of person p are row[begin[p]..begin[p + 1] - 1] */
    guint32 *user;   /* [people] the data's feature */
    guint8 *group;   /* [people] Group */
    guint *position; /* [n of the data] of people; MATCH_NONE: has no such rows */
} EvaluationPeople;

/* Chooses rows as evaluation.h says, and counts in `result` what is left out. `other` is nullable.
 */
EvaluationPeople *evaluation_people_new(const EvaluationTask *task, const DataMatch *match,
                                        const DataMatch *other, Evaluation *result);
void evaluation_people_free(EvaluationPeople *people);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EvaluationPeople, evaluation_people_free)

/* The movies (numbers of the model) that people have seen by other data: those of person p are
 * movie[begin[p]..begin[p + 1] - 1]. */
typedef struct {
    guint *begin; /* [people + 1] */
    guint32 *movie;
} SeenMovies;

/* Of no rows if `seen` is NULL. */
SeenMovies *seen_movies_new(const EvaluationPeople *people, const DataMatch *match,
                            const Dataset *seen, Evaluation *result);
void seen_movies_free(SeenMovies *seen);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SeenMovies, seen_movies_free)

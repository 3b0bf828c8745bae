/* Vectors that are hard to sum, each with its exact score: for the tests of scores and bounds. */
#pragma once

#include "exact_sum.h"

typedef struct {
    guint k;
    float *q, *d; /* [k] */
    double bias, shift;
    Exact score;      /* shift + bias + Σ q d */
    double magnitude; /* Σ |q d| */
} ScoreCase;

/* All zero. */
void score_case_init(ScoreCase *c, guint k);
void score_case_clear(ScoreCase *c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ScoreCase, score_case_clear)

/* Sets `score` and `magnitude` from the rest. */
void score_case_sum(ScoreCase *c);

/* Kinds of vectors: ordinary, of many sizes, huge, small, subnormal, small by huge, of one sign,
 * all alike, like a model's; SCORE_CASE_KINDS of them, each with a name. */
#define SCORE_CASE_KINDS 9
const char *score_case_name(guint kind);

/* Fills and sums; with `cancelling` later products cancel earlier ones, so that little is left. */
void score_case_fill(ScoreCase *c, guint kind, gboolean cancelling, GRand *random);

/* Calls `check` for every kind and many lengths from 1 to 1024, `rounds` times, half of them
 * cancelling. */
typedef void (*ScoreCaseCheck)(ScoreCase *c, guint kind, GRand *random);
void score_cases_for_each(ScoreCaseCheck check, guint rounds);

/* Fisher and Yates. */
void score_case_shuffle(guint *order, guint k, GRand *random);

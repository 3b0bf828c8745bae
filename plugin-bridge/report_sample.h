/* Some of very many scores, to be drawn: evenly spread ones, and always the worst. The same scores
 * in the same order give the same sample. */
#pragma once

#include <glib.h>

#define SAMPLE_SPREAD 1500
#define SAMPLE_WORST 60

typedef struct {
    double exact, bound, error; /* error: answer − exact, signed */
    float answer;
    char *movie, *profile; /* of the worst; else NULL */
} ScorePoint;

typedef struct {
    guint64 seen, step; /* every step-th is kept */
    GArray *spread;     /* ScorePoint, at most SAMPLE_SPREAD */
    GPtrArray *worst;   /* ScorePoint *, by share of the bound, the largest first */
} ScoreSample;

void score_sample_init(ScoreSample *sample);
void score_sample_clear(ScoreSample *sample);

/* Copies the texts if it keeps them. Points that are not finite count as the worst. */
void score_sample_add(ScoreSample *sample, const ScorePoint *point);

/* |error| / bound; infinite if that is no number. */
double score_point_share(const ScorePoint *point);

/* The gates that ask how good a model was on its validation rows (validation_figures.h).
 *
 *   baseline   RMSE < that of movie means, if it predicts ratings (objective ratings or both);
 *              NDCG > that of the most popular movies, if it ranks (ranking or both)
 *   quality    against the live release, whichever figures both have: RMSE − live RMSE ≤
 *              max_rmse_rise; if one of the two ranks, live NDCG − NDCG ≤ max_ndcg_drop
 *
 * NDCG of two models that are for ratings only says nothing about either. Without a figure to
 * compare the verdict is GATE_NOT_COMPARABLE, and the reason is said. */
#pragma once

#include "gates.h"

/* Each sets the verdict, the figure and, if something was compared with one, the limit. */
void quality_judge_baseline(GateResult *result, const ReleaseMeta *new);
void quality_judge_live(GateResult *result, const ReleaseMeta *new, const ReleaseMeta *live,
                        const GateOptions *options);

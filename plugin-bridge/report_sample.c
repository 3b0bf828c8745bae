#include "report_sample.h"

#include <math.h>

static void point_free(gpointer data)
{
    ScorePoint *point = data;
    g_free(point->movie);
    g_free(point->profile);
    g_free(point);
}

void score_sample_init(ScoreSample *sample)
{
    *sample = (ScoreSample){
        .step = 1,
        .spread = g_array_new(FALSE, FALSE, sizeof(ScorePoint)),
        .worst = g_ptr_array_new_with_free_func(point_free),
    };
}

void score_sample_clear(ScoreSample *sample)
{
    g_clear_pointer(&sample->spread, g_array_unref);
    g_clear_pointer(&sample->worst, g_ptr_array_unref);
}

double score_point_share(const ScorePoint *point)
{
    double share = fabs(point->error) / point->bound;
    return isfinite(share) ? share : INFINITY;
}

/* Every step-th of all so far; when there are too many, every other one of them goes. */
static void add_spread(ScoreSample *sample, const ScorePoint *point)
{
    if (sample->seen++ % sample->step != 0)
        return;
    if (sample->spread->len == SAMPLE_SPREAD) {
        ScorePoint *points = &g_array_index(sample->spread, ScorePoint, 0);
        for (guint i = 0; 2 * i < SAMPLE_SPREAD; i++)
            points[i] = points[2 * i];
        g_array_set_size(sample->spread, (SAMPLE_SPREAD + 1) / 2);
        sample->step *= 2;
        if ((sample->seen - 1) % sample->step != 0)
            return;
    }
    ScorePoint kept = *point;
    kept.movie = kept.profile = NULL;
    g_array_append_val(sample->spread, kept);
}

static void add_worst(ScoreSample *sample, const ScorePoint *point)
{
    const double share = score_point_share(point);
    guint place = sample->worst->len;
    while (place > 0 && score_point_share(g_ptr_array_index(sample->worst, place - 1)) < share)
        place--;
    if (place == SAMPLE_WORST)
        return;
    ScorePoint *kept = g_memdup2(point, sizeof *point);
    kept->movie = g_strdup(point->movie);
    kept->profile = g_strdup(point->profile);
    g_ptr_array_insert(sample->worst, (gint)place, kept);
    if (sample->worst->len > SAMPLE_WORST)
        g_ptr_array_set_size(sample->worst, SAMPLE_WORST);
}

void score_sample_add(ScoreSample *sample, const ScorePoint *point)
{
    add_spread(sample, point);
    add_worst(sample, point);
}

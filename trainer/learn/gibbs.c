#include "gibbs.h"

#include <math.h>
#include <string.h>

#include "gibbs_chain.h"
#include "gibbs_checkpoint.h"
#include "gibbs_mean.h"
#include "interrupt.h"
#include "recsys_error.h"

#define FACTORS_STEP 16 /* what the kernels work with */

/* The mean is kept in so many columns more than the model has. */
#define SPARE_WIDTH 64

#define MOST_TENSORS (GIBBS_CHAIN_TENSORS + GIBBS_MEAN_TENSORS + 1)

/* ---- options ---- */

GibbsOptions gibbs_options_default(void)
{
    return (GibbsOptions){
        .factors = 64,
        .directions = 400,
        .sweeps = 200,
        .burn_in = 10,
        .keep_every = 2,
        .seed = 1,
        .threads = g_get_num_processors(),
    };
}

gboolean gibbs_options_check(const GibbsOptions *o, GError **error)
{
    if (o->factors == 0 || o->factors % FACTORS_STEP != 0 || o->factors > 1024)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%u factors of the sampler: give a multiple of %d, at most 1024", o->factors,
                    FACTORS_STEP);
    else if (o->keep_every == 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "every 0th sweep cannot be kept: give 1 or more");
    else if (o->sweeps <= o->burn_in)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "of %u sweeps none is left after %u of burn-in: give more sweeps or less "
                    "burn-in",
                    o->sweeps, o->burn_in);
    else if (o->sweeps > 1000000 || o->directions > 4096)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%u sweeps, %u directions: give at most 1000000 and 4096", o->sweeps,
                    o->directions);
    else if (o->threads == 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "0 threads: give 1 or more");
    else
        return TRUE;
    return FALSE;
}

/* ---- one run ---- */

typedef struct {
    const Dataset *data;
    const GibbsRows *rows;
    const GibbsOptions *options;
    const GibbsRun *run;
    guint k;
    Team *team;
    RatingMatrix *ratings;
    SideFeatures *features[2];
    GibbsChain *chain;
    GibbsMean *mean;
    double *predicted; /* [valid_count] sums over the samples */
    float lowest, highest;
    char *fingerprint; /* NULL without a checkpoint */
    guchar *before;    /* the chain's tensors at the beginning of the sweep, likewise */
    gint64 last_checkpoint;
} Sampler;

static void sampler_clear(Sampler *s)
{
    gibbs_mean_free(s->mean);
    gibbs_chain_free(s->chain);
    side_features_free(s->features[PEOPLE]);
    side_features_free(s->features[MOVIES]);
    rating_matrix_free(s->ratings);
    team_free(s->team);
    g_free(s->predicted);
    g_free(s->fingerprint);
    g_free(s->before);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Sampler, sampler_clear)

static gboolean sampler_init(Sampler *s, GError **error)
{
    const GibbsOptions *o = s->options;
    s->team = team_new(o->threads);
    s->ratings = rating_matrix_new(s->data, s->rows->train, s->rows->train_count);
    s->features[PEOPLE] =
        side_features_of_people(s->data, s->ratings, o->directions, o->seed, s->team, error);
    if (s->features[PEOPLE] == NULL)
        return FALSE;
    s->features[MOVIES] =
        side_features_of_movies(s->data, s->ratings, o->directions, o->seed, s->team, error);
    if (s->features[MOVIES] == NULL)
        return FALSE;
    s->chain = gibbs_chain_new(s->ratings, s->features, o->factors, o->seed);
    s->mean = gibbs_mean_new(s->chain, s->k + SPARE_WIDTH);
    s->predicted = g_new0(double, MAX(s->rows->valid_count, 1));
    s->lowest = s->highest = s->ratings->by_user.rating[0];
    for (guint i = 1; i < s->ratings->rows; i++) {
        s->lowest = MIN(s->lowest, s->ratings->by_user.rating[i]);
        s->highest = MAX(s->highest, s->ratings->by_user.rating[i]);
    }
    return TRUE;
}

/* ---- checkpoints ---- */

static void checksum_movies(GChecksum *sum, const Dataset *data)
{
    const guint n = feature_table_size(data->table);
    for (guint i = 0; i < n; i++) {
        const Feature *feature = feature_table_get(data->table, i);
        g_checksum_update(sum, (const guchar *)&feature->year, sizeof feature->year);
        for (const char **genre = feature->genres; genre != NULL && *genre != NULL; genre++)
            g_checksum_update(sum, (const guchar *)*genre, (gssize)strlen(*genre) + 1);
    }
}

/* What must be the same for a run to go on: the data, which rows are what, and all options but the
 * number of threads. */
static char *fingerprint(const Sampler *s)
{
    const Dataset *data = s->data;
    const GibbsOptions *o = s->options;
    const guint64 numbers[] = {o->factors, o->directions,        o->sweeps,
                               o->burn_in, o->keep_every,        o->seed,
                               s->k,       s->rows->train_count, s->rows->valid_count};
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(sum, (const guchar *)numbers, sizeof numbers);
    g_checksum_update(sum, (const guchar *)data->features,
                      (gssize)((gsize)data->rows * data->fields * sizeof *data->features));
    g_checksum_update(sum, (const guchar *)data->ratings,
                      (gssize)(data->rows * sizeof *data->ratings));
    g_checksum_update(sum, (const guchar *)s->rows->train,
                      (gssize)(s->rows->train_count * sizeof *s->rows->train));
    if (s->rows->valid_count > 0)
        g_checksum_update(sum, (const guchar *)s->rows->valid,
                          (gssize)(s->rows->valid_count * sizeof *s->rows->valid));
    checksum_movies(sum, data);
    return g_strdup(g_checksum_get_string(sum));
}

static guint list_tensors(Sampler *s, StateTensor *tensors)
{
    guint count = gibbs_chain_tensors(s->chain, tensors);
    count += gibbs_mean_tensors(s->mean, tensors + count);
    if (s->rows->valid_count > 0)
        tensors[count++] = (StateTensor){"predicted", "F64", s->rows->valid_count, 1, s->predicted};
    return count;
}

static gboolean write_checkpoint(Sampler *s, GError **error)
{
    StateTensor tensors[MOST_TENSORS];
    const GibbsCheckpoint state = {s->fingerprint, s->chain->sweeps, gibbs_mean_samples(s->mean)};
    const guint count = list_tensors(s, tensors);
    s->last_checkpoint = g_get_monotonic_time();
    return gibbs_checkpoint_write(s->run->checkpoint, &state, tensors, count, error);
}

static gboolean resume(Sampler *s, GError **error)
{
    StateTensor tensors[MOST_TENSORS];
    GibbsCheckpoint state = {.fingerprint = s->fingerprint};
    const guint count = list_tensors(s, tensors);
    if (!gibbs_checkpoint_read(s->run->checkpoint, &state, tensors, count, error))
        return FALSE;
    s->chain->sweeps = state.sweeps;
    gibbs_mean_set_samples(s->mean, state.samples);
    return TRUE;
}

/* A sweep that is stopped halfway has overwritten what it began from. */
static void remember_chain(Sampler *s)
{
    StateTensor tensors[GIBBS_CHAIN_TENSORS];
    const guint count = gibbs_chain_tensors(s->chain, tensors);
    gsize size = 0;
    for (guint i = 0; i < count; i++)
        size += state_tensor_size(&tensors[i]);
    if (s->before == NULL)
        s->before = g_malloc(size);
    guchar *to = s->before;
    for (guint i = 0; i < count; to += state_tensor_size(&tensors[i]), i++)
        memcpy(to, tensors[i].data, state_tensor_size(&tensors[i]));
}

static void bring_back_chain(Sampler *s)
{
    StateTensor tensors[GIBBS_CHAIN_TENSORS];
    const guint count = gibbs_chain_tensors(s->chain, tensors);
    const guchar *from = s->before;
    for (guint i = 0; i < count; from += state_tensor_size(&tensors[i]), i++)
        memcpy(tensors[i].data, from, state_tensor_size(&tensors[i]));
}

/* Says in the error what became of the work so far. */
static void keep_work(Sampler *s, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (s->fingerprint == NULL || !g_error_matches(*error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED))
        return;
    if (write_checkpoint(s, &failure))
        g_prefix_error(error, "%s has %u sweeps, --resume goes on: ", s->run->checkpoint,
                       s->chain->sweeps);
    else
        g_prefix_error(error, "%s: ", failure->message);
}

/* ---- sweeps ---- */

static float dot(const float *a, const float *b, guint count)
{
    float sums[4] = {0};
    for (guint f = 0; f < count; f += 4)
        for (guint lane = 0; lane < 4; lane++)
            sums[lane] += a[f + lane] * b[f + lane];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* One half of a sweep's mean (gibbs_mean.h) for the validation rows. */
static void predict_half(Sampler *s, const float *people, const float *movies)
{
    const GibbsChain *c = s->chain;
    const guint K = c->factors;
    for (guint i = 0; i < s->rows->valid_count; i++) {
        const guint32 *row = s->data->features + (gsize)s->rows->valid[i] * s->data->fields;
        const float *x = people + (gsize)(row[DATASET_USER] - s->ratings->first_user) * K;
        const float *z = movies + (gsize)(row[DATASET_MOVIE] - s->ratings->first_movie) * K;
        s->predicted[i] +=
            0.5 * (c->mean + x[K - 1] + z[K - 1] + dot(x, z, K) - x[K - 1] * z[K - 1]);
    }
}

static double valid_rmse(const Sampler *s)
{
    double sum = 0;
    if (s->rows->valid_count == 0 || gibbs_mean_samples(s->mean) == 0)
        return NAN;
    for (guint i = 0; i < s->rows->valid_count; i++) {
        const double predicted =
            CLAMP(s->predicted[i] / gibbs_mean_samples(s->mean), s->lowest, s->highest);
        const double error = predicted - s->data->ratings[s->rows->valid[i]];
        sum += error * error;
    }
    return sqrt(sum / s->rows->valid_count);
}

static void observe(const Sampler *s)
{
    const GibbsFigures figures = {
        .sweep = s->chain->sweeps,
        .sweeps = s->options->sweeps,
        .samples = gibbs_mean_samples(s->mean),
        .valid_rmse = valid_rmse(s),
        .noise = 1.0 / sqrt(s->chain->precision),
    };
    if (s->run->sweep != NULL)
        s->run->sweep(&figures, s->run->data);
}

static gboolean sweep(Sampler *s, GError **error)
{
    const GibbsOptions *o = s->options;
    if (s->fingerprint != NULL)
        remember_chain(s);
    if (!gibbs_chain_sweep(s->chain, s->team, error)) {
        if (s->before != NULL)
            bring_back_chain(s);
        return FALSE;
    }
    const guint done = s->chain->sweeps;
    if (done > o->burn_in && (done - o->burn_in - 1) % o->keep_every == 0) {
        gibbs_mean_add(s->mean, s->chain, s->team);
        predict_half(s, s->chain->expected[PEOPLE], s->chain->earlier);
        predict_half(s, s->chain->vectors[PEOPLE], s->chain->expected[MOVIES]);
    }
    observe(s);
    if (s->fingerprint == NULL || (double)(g_get_monotonic_time() - s->last_checkpoint) <
                                      s->run->checkpoint_seconds * G_USEC_PER_SEC)
        return TRUE;
    return write_checkpoint(s, error);
}

static gboolean start(Sampler *s, GError **error)
{
    if (!sampler_init(s, error))
        return FALSE;
    if (s->run->checkpoint == NULL)
        return TRUE;
    s->fingerprint = fingerprint(s);
    s->last_checkpoint = g_get_monotonic_time();
    if (s->run->resume && g_file_test(s->run->checkpoint, G_FILE_TEST_EXISTS))
        return resume(s, error);
    return TRUE;
}

PeopleAndMovies *gibbs(const Dataset *data, const GibbsRows *rows, guint k,
                       const GibbsOptions *options, const GibbsRun *run, GError **error)
{
    g_auto(Sampler) s = {.data = data, .rows = rows, .options = options, .run = run, .k = k};
    if (!gibbs_options_check(options, error))
        return NULL;
    if (rows->train_count == 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s: there are no ratings to learn from", data->source);
        return NULL;
    }
    if (!start(&s, error))
        return NULL;
    if (s.chain->sweeps == options->sweeps)
        observe(&s); /* resumed at its end: the figures are wanted all the same */
    while (s.chain->sweeps < options->sweeps) {
        if (interrupt_requested(error) || !sweep(&s, error)) {
            keep_work(&s, error);
            return NULL;
        }
    }
    return gibbs_mean_distil(s.mean, k, s.team);
}

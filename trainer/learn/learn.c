#include "learn.h"

#include <math.h>

#include "gibbs.h"
#include "ials.h"
#include "ials_search.h"
#include "people_documents.h"
#include "recsys_error.h"
#include "row_split.h"

#define RANKING_SWEEPS 8

/* A line for so many sweeps of Gibbs sampling, and for the last one. */
#define SWEEPS_A_LINE 20

typedef struct {
    Training *training;
    const Dataset *data;
    const LearnRun *run;
    const RowSplit *split;
    RatingMatrix *matrix;
    guint *ratings; /* [U] that each user has among the training rows */
} Learner;

static void learner_clear(Learner *l)
{
    rating_matrix_free(l->matrix);
    g_free(l->ratings);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Learner, learner_clear)

void learn_options_settle(TrainOptions *options)
{
    const GibbsOptions gibbs = gibbs_options_default();
    if (options->rating_sweeps == 0)
        options->rating_sweeps = gibbs.sweeps;
    if (options->sampler_factors == 0)
        options->sampler_factors = gibbs.factors;
    if (options->ranking_sweeps == 0)
        options->ranking_sweeps = RANKING_SWEEPS;
}

static void learner_init(Learner *l)
{
    l->matrix = rating_matrix_new(l->data, l->split->rows, l->split->train_rows);
    const RatingLines *lines = &l->matrix->by_user;
    l->ratings = g_new(guint, (gsize)lines->lines + 1);
    for (guint u = 0; u < lines->lines; u++)
        l->ratings[u] = lines->begin[u + 1] - lines->begin[u];
}

static const TrainOptions *options_of(const Learner *l)
{
    return &l->training->options;
}

/* ---- ratings ---- */

/* Ratings go no further than those there are. */
static ModelForm identity_form(const Learner *l)
{
    ModelForm form = {.link = LINK_IDENTITY, .interactions = INTERACTIONS_MOVIE};
    ials_rating_range(&l->matrix->by_user, &form.lowest, &form.highest);
    return form;
}

typedef struct {
    const LearnRun *run;
    GibbsFigures last;
} Sampling;

static void on_sweep(const GibbsFigures *figures, gpointer data)
{
    Sampling *sampling = data;
    const LearnRun *run = sampling->run;
    const gboolean is_last = figures->sweep == figures->sweeps;
    sampling->last = *figures;
    run->progress("sampling", "sweeps", figures->sweep, figures->sweeps, run->data);
    if (figures->sweep % SWEEPS_A_LINE != 0 && !is_last)
        return;
    const LearnFigures line = {
        .stage = "sampling",
        .step = figures->sweep,
        .steps = figures->sweeps,
        .valid_rmse = figures->valid_rmse,
        .noise = figures->noise,
        .alpha = NAN,
        .lambda = NAN,
        .ndcg = NAN,
    };
    run->figures(&line, run->data);
}

static LearnedModel *learn_by_sampling(Learner *l, guint k, GError **error)
{
    const TrainOptions *o = options_of(l);
    const ModelForm form = identity_form(l);
    GibbsOptions options = gibbs_options_default();
    options.factors = o->sampler_factors;
    options.sweeps = o->rating_sweeps;
    options.burn_in = MIN(options.burn_in, options.sweeps / 2);
    options.seed = o->seed;
    options.threads = o->threads;
    if (!gibbs_options_check(&options, error))
        return NULL;
    const GibbsRows rows = {l->split->rows, row_split_valid(l->split), l->split->train_rows,
                            l->split->valid_rows};
    Sampling sampling = {.run = l->run};
    const TrainRun *train = &l->run->run;
    const GibbsRun run = {on_sweep, &sampling, train->checkpoint, train->checkpoint_seconds,
                          train->resume};
    g_autoptr(PeopleAndMovies) whole = gibbs(l->data, &rows, k, &options, &run, error);
    if (whole == NULL)
        return NULL;
    return learned_model_of_ratings(whole, l->data->table, l->ratings, sampling.last.noise, &form,
                                    error);
}

/* A machine whose profiles cannot be taken apart stays as it is. */
static LearnedModel *learn_by_adam(Learner *l, GError **error)
{
    Training *training = l->training;
    FmModel *model = train(training, l->data, &l->run->run, error);
    const ModelForm form = model_form_fm(l->data->scale);
    if (model == NULL)
        return NULL;
    g_autoptr(GError) failure = NULL;
    g_autoptr(PeopleAndMovies) whole =
        training->options.plain ? NULL : people_of_fm(model, l->data->table, &failure);
    if (whole == NULL) {
        training->plain_because = failure != NULL ? g_strdup(failure->message) : NULL;
        return learned_model_of_fm(model, l->data->scale);
    }
    fm_model_free(model);
    const FinalFigures *final = &training->final;
    const double noise = isfinite(final->valid_rmse) ? final->valid_rmse : final->train_rmse;
    return learned_model_of_ratings(whole, l->data->table, l->ratings, noise, &form, error);
}

/* ---- lists ---- */

static void on_als(guint sweep, guint64 done, guint64 total, gpointer data)
{
    const LearnRun *run = data;
    (void)sweep;
    run->progress("learning lists", "ratings", done, total, run->data);
}

static void on_trial(const IalsTrial *trial, guint number, gpointer data)
{
    const LearnRun *run = data;
    const LearnFigures line = {
        .stage = "trying",
        .step = number,
        .valid_rmse = NAN,
        .noise = NAN,
        .alpha = trial->alpha,
        .lambda = trial->lambda,
        .ndcg = trial->ndcg,
    };
    run->figures(&line, run->data);
}

/* Fills in α and λ where they are to be found. */
static gboolean find_hyper_parameters(Learner *l, IalsOptions *options, GError **error)
{
    if (!isnan(options->alpha) && !isnan(options->lambda))
        return TRUE;
    g_autoptr(IalsSearch) search = ials_search(l->data, l->split->rows, l->split->train_rows,
                                               options, on_trial, (gpointer)l->run, error);
    if (search == NULL)
        return FALSE;
    options->alpha = search->alpha;
    options->lambda = search->lambda;
    l->training->search_seconds = search->seconds;
    return TRUE;
}

static LearnedModel *learn_lists(Learner *l, guint k, const char *checkpoint, GError **error)
{
    const TrainOptions *o = options_of(l);
    IalsOptions options = {
        .factors = k,
        .sweeps = o->ranking_sweeps,
        .alpha = o->alpha,
        .lambda = o->lambda,
        .seed = o->seed,
        .threads = o->threads,
    };
    if (!find_hyper_parameters(l, &options, error))
        return NULL;
    const IalsRun run = {
        .progress = on_als,
        .data = (gpointer)l->run,
        .checkpoint = checkpoint,
        .checkpoint_seconds = l->run->run.checkpoint_seconds,
        .resume = checkpoint != NULL && l->run->run.resume,
    };
    g_autoptr(IalsModel) model = ials_train(l->matrix, &options, &run, error);
    if (model == NULL)
        return NULL;
    l->training->alpha = model->alpha;
    l->training->lambda = model->lambda;
    const RankingFactors factors = {
        .users = model->users,
        .movies = model->movies,
        .k = model->k,
        .user_vectors = model->user_vectors,
        .movie_vectors = model->movie_vectors,
        .alpha = model->alpha,
        .lambda = model->lambda,
        .lowest = model->lowest,
        .highest = model->highest,
    };
    return learned_model_of_ranking(&factors, l->data->table, l->ratings, error);
}

/* Lists first: they take seconds, and are done again if the sampling after them is resumed. */
static LearnedModel *learn_both(Learner *l, GError **error)
{
    const TrainOptions *o = options_of(l);
    g_autoptr(LearnedModel) lists = learn_lists(l, o->factors - o->rating_dims, NULL, error);
    if (lists == NULL)
        return NULL;
    g_autoptr(LearnedModel) ratings = learn_by_sampling(l, o->rating_dims - 1, error);
    if (ratings == NULL)
        return NULL;
    return learned_model_of_both(ratings, lists, l->data->table);
}

/* ---- all ---- */

static LearnedModel *learn_by_objective(Learner *l, GError **error)
{
    const TrainOptions *o = options_of(l);
    switch (o->objective) {
    case OBJECTIVE_RANKING:
        return learn_lists(l, o->factors, l->run->run.checkpoint, error);
    case OBJECTIVE_BOTH:
        return learn_both(l, error);
    case OBJECTIVE_RATINGS:
        break;
    }
    return o->solver == SOLVER_GIBBS ? learn_by_sampling(l, o->factors, error)
                                     : learn_by_adam(l, error);
}

LearnedModel *learn(Training *training, const Dataset *data, const LearnRun *run, GError **error)
{
    const gint64 started = g_get_monotonic_time();
    g_auto(RowSplit) split = {0};
    if (!row_split_init(&split, data, &training->options, error))
        return NULL;
    g_auto(Learner) learner = {.training = training, .data = data, .run = run, .split = &split};
    learner_init(&learner);
    training->train_rows = split.train_rows;
    training->valid_rows = split.valid_rows;
    LearnedModel *learned = learn_by_objective(&learner, error);
    if (learned != NULL) {
        training->form = learned->form;
        training->fold_in = learned->fold_in;
        learned->fold_in = (FoldInRecord){0};
    }
    if (!(training->wall_seconds > 0))
        training->wall_seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    return learned;
}

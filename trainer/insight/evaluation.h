/* A model on ratings it has not seen: how far its predictions are off and how well it ranks, beside
 * what a trivial baseline (baseline.h) and, if wanted, another model reach on the same rows.
 *
 * Rows. Each is matched with the model's features (data_match.h); a row that needs a feature which
 * the model, or the other one, does not have is left out and counted. Rows that either was trained
 * on are not held out: they are counted, and left out unless `with_seen`. What remains is in two
 * groups with figures of their own: known people, and people the model has not learned from, who
 * are their metadata alone, or nobody in particular where there is none.
 *
 * Ratings: RMSE = sqrt(1/N Σ (p_r − y_r)²), MAE = 1/N Σ |p_r − y_r|; none where the model has no
 * ratings (LINK_NONE).
 *
 * Lists: for each person with at least one relevant movie, all candidates are ranked, without any
 * sampling (Krichene & Rendle, "On sampled metrics for item recommendation", KDD 2020), by
 * w_m + <q, v_m> with q of the person's first row (predict.h), equal scores by feature index.
 * Candidates are the movies with training ratings, or all where those are not known; with another
 * model, those that both have. A person's movies in training rows and in `seen` are none of theirs,
 * unless `with_seen` for the former. Relevant are candidates the person rated `relevant` or more.
 * Figures (metrics.h) are means over these people; coverage is the share of the candidates that are
 * in somebody's list (Ge, Delgado-Battenfeld & Jannach, "Beyond accuracy", RecSys 2010).
 *
 * Each figure has a standard error over people (estimate.h). */
#pragma once

#include "baseline.h"
#include "bundle.h"
#include "data_match.h"
#include "dataset.h"
#include "estimate.h"

#define EVALUATION_MOST_SIZES 8
#define EVALUATION_LONGEST 1000

/* ---- the question ---- */

typedef struct {
    EvaluatedModel model;
    const EvaluatedModel *other; /* nullable: another model, for paired differences */
    const Dataset *data;
    const guint32 *rows; /* [row_count] of the data; NULL: all */
    guint row_count;
    const Dataset *seen;         /* nullable: movies that people know already */
    gboolean with_seen;          /* training rows are like any other */
    const char *const *metadata; /* nullable: the types that unknown people are described by */
    gboolean by_metadata;        /* known people too are asked for as if they were not */
    double relevant;             /* the least relevant rating; NAN: chosen by the data */
    guint sizes[EVALUATION_MOST_SIZES], size_count; /* of the lists: 1 to EVALUATION_LONGEST */
    guint threads;                                  /* the result does not depend on it */
} EvaluationTask;

/* All rows of `data`, lists of 10, one thread. */
EvaluationTask evaluation_task(EvaluatedModel model, const Dataset *data);

/* `rows` is nullable. */
EvaluatedModel evaluated_bundle(const Bundle *bundle, const TrainingRows *rows);

/* ---- the answer ---- */

typedef enum {
    LIST_NDCG,
    LIST_PRECISION,
    LIST_RECALL,
    LIST_HIT_RATE,
    LIST_MRR,
    LIST_COVERAGE
} ListFigure;
#define LIST_FIGURES 6

/* "NDCG", "precision", … and "ndcg", … */
const char *list_figure_title(ListFigure figure);
const char *list_figure_key(ListFigure figure);

/* One figure of the model, the baseline and the other model. Where there is none: NAN. */
typedef struct {
    Estimate model, baseline, other;
    Estimate above_baseline, above_other; /* the model's less that, on the same people */
} Compared;

typedef struct {
    guint people, rows;  /* with at least one scored row; those rows */
    guint ranked;        /* people with at least one relevant movie: those the lists are of */
    guint relevant;      /* their relevant movies */
    guint relevant_seen; /* movies that would have been relevant, but are in `seen` */
    guint other_unknown; /* people the other model does not know */
    Compared rmse, mae;
    Compared list[EVALUATION_MOST_SIZES][LIST_FIGURES];
} EvaluationGroup;

typedef enum { GROUP_KNOWN, GROUP_COLD } Group;
#define GROUPS 2

typedef enum {
    RELEVANT_GIVEN, /* by the question */
    RELEVANT_STARS, /* 4 of 5 stars */
    RELEVANT_SHARE, /* 0.8 times the highest rating */
    RELEVANT_ALL,   /* all ratings are equal */
} RelevantRule;

typedef struct {
    const char *type; /* owned by the data set */
    guint rows;       /* rows that need a feature of that type which the model does not have */
} EvaluationGap;

typedef struct {
    guint rows;           /* asked for */
    guint scored;         /* of those, in the groups */
    guint training_rows;  /* that the model, or the other one, was trained on */
    gboolean by_metadata; /* as was asked for */
    gboolean rows_known;  /* what the model was trained on is known */
    guint other_lacks;    /* rows that only the other model cannot score */
    GArray *gaps;         /* EvaluationGap; a row may be in more than one */
    GPtrArray *unused;    /* const char *: types of the model that people here have nothing of */
    double relevant;
    RelevantRule rule;
    guint movies, candidates; /* of the model; of those, ranked */
    guint relevant_unlisted;  /* relevant rows whose movie is no candidate */
    guint seen_rows;          /* of `seen` */
    guint seen_matched;       /* of those, rows of people here and of movies the model has */
    guint sizes[EVALUATION_MOST_SIZES], size_count;
    EvaluationGroup group[GROUPS];
} Evaluation;

typedef struct {
    /* `label` says what is being done; called from the calling thread. Nullable. */
    void (*progress)(const char *label, const char *unit, guint done, guint total, gpointer data);
    gpointer data;
} EvaluationObserver;

/* `observer` is nullable. The result refers to the data and the model's features. Errors:
 * RECSYS_ERROR_DATA if no row can be scored or none was held out, RECSYS_ERROR_INTERRUPTED. */
Evaluation *evaluate(const EvaluationTask *task, const EvaluationObserver *observer,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;
void evaluation_free(Evaluation *evaluation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Evaluation, evaluation_free)

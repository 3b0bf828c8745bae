/* `_meta` of a release's mapping: what a client needs besides the documents to turn a score into a
 * rating, to name a profile's documents, and to choose a shift.
 *
 *   format, created_by, model_id, n, k, w0, movies, and the form (model_form_put_flat()): link,
 *   scale, lowest, highest, objective, interactions, rating_dimensions; the format is 1 for the
 *   factorization machine as PyTorch has it and 2 for every other form, which older clients refuse
 *   max_movie_norm   at least max_m ‖v_m‖
 *   min_movie_bias   min_m w_m
 *   doc_ids          "value" (age_18) or "feature-index" (age_9747, but user_42 and movie_318)
 *   knn              true if movies also have KNN_FIELD (document.h); otherwise absent
 *   features         {type: {value: feature index}} of every type but user and movie
 *
 * and what no answer about the model's own features depends on, so that it is no part of parity:
 *
 *   fold_in          from what a person the model does not know is folded in (fold_in_prior.h)
 *
 * and what only the loader needs, from one night to the next:
 *
 *   state            "loading", "complete" (its gates passed) or "rejected" (one failed)
 *   replaces         the index that was live before it
 *   training         {data, ratings} how validation rows were held out (split: random,
 *                    time, …), and the figures on them that there are: rmse,
 *                    baseline_rmse, ndcg, baseline_ndcg (validation_figures.h) */
#pragma once

#include "bundle.h"
#include "es_client.h"
#include "validation_figures.h"

typedef enum { DOC_IDS_BY_VALUE, DOC_IDS_BY_FEATURE_INDEX } DocIds;

/* An index of an earlier version of this program has no state. */
typedef enum { RELEASE_NO_STATE, RELEASE_LOADING, RELEASE_COMPLETE, RELEASE_REJECTED } ReleaseState;

typedef struct {
    char *index; /* the concrete index, or NULL when made from a bundle */
    char *model_id;
    guint n, k, movies;
    double w0;
    ModelForm form;
    double max_movie_norm, min_movie_bias;
    DocIds doc_ids;
    gboolean knn;
    ReleaseState state;
    char *replaces; /* the index that was live when its gates passed, or NULL */
    char *data;     /* the data set it was trained on, or NULL */
    gint64 ratings; /* it has; 0: unknown */
    ValidationFigures valid;
    char *split;       /* how the rows of those figures were held out, or NULL: unknown */
    yajl_val tree;     /* the answer it was read from; NULL when made from a bundle */
    yajl_val features; /* within tree */
    yajl_val fold_in;  /* within tree; NULL in a release of an earlier version */
} ReleaseMeta;

void release_meta_free(ReleaseMeta *meta);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReleaseMeta, release_meta_free)

ReleaseMeta *release_meta_of_bundle(const Bundle *bundle, DocIds doc_ids);

/* Writes the `_meta` object; state, training and fold_in only if there is a state. */
void release_meta_put(yajl_gen json, const ReleaseMeta *meta, const Bundle *bundle);

/* Reads the `_meta` of the one index that `alias` (or an index name) stands for. Errors: ES_ERROR
 * 404 (nothing there), RECSYS_ERROR_REFUSED (not a release of this project, or several indices). */
ReleaseMeta *release_meta_fetch(EsClient *client, const char *alias,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads one index's entry in an answer to GET …/_mapping, or to GET /index; NULL if it is not a
 * release of this project. The entry must outlive the result, whose tree is NULL. */
ReleaseMeta *release_meta_read(const char *index, yajl_val entry);

/* "loading", "complete", "rejected", or "" for none. */
const char *release_state_name(ReleaseState state);

/* TRUE if an index's entry in an answer to GET …/_mapping says that this program made it. */
gboolean release_meta_is_ours(yajl_val index);

/* The `_id` of a feature's document. */
char *release_document_id(DocIds doc_ids, const char *type, const char *value, guint index);

/* The inverse for a feature of `_meta`, which is neither user nor movie: its type and value, owned
 * by meta->tree; FALSE if the release has none of this `_id`. */
gboolean release_meta_find_id(const ReleaseMeta *meta, const char *id, const char **type,
                              const char **value);

/* The `_id` of a feature from the release alone; RECSYS_ERROR_USAGE if type or value do not pass
 * profile_feature_check(), naming the known values if the release has
 * values of this type, but not this one, and the known types if it has none of it. */
char *release_meta_document_id(const ReleaseMeta *meta, const char *type, const char *value,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

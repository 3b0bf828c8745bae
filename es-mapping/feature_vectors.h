/* Step 1 of a query: the vectors and biases of some features, fetched by one mget and all of one
 * release. Features are usually those of a profile, but may be movies as well. */
#pragma once

#include "profile.h"
#include "release_meta.h"

/* A release may turn out to be another one than was expected: then start over with its meta. */
typedef enum { STEP_DONE, STEP_FAILED, STEP_RELEASE_CHANGED } Step;

/* Symbols: `count` features, `k` factors. */
typedef struct {
    guint count, k;
    char **names;       /* "age 18" …; [count] and NULL */
    float *values;      /* [count, k], row-major */
    double *biases;     /* [count] */
    char ***attributes; /* [count] of a user the `_id`s of their attributes, ending with NULL; NULL:
                           none */
} FeatureVectors;

/* Vectors and biases are 0, names and attributes NULL. */
FeatureVectors *feature_vectors_new(guint count, guint k);
void feature_vectors_free(FeatureVectors *vectors);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FeatureVectors, feature_vectors_free)

FeatureVectors *feature_vectors_copy(const FeatureVectors *vectors);

/* Copies row `from` of `source` (the same k) to row `at`, which is empty. */
void feature_vectors_set(FeatureVectors *vectors, guint at, const FeatureVectors *source,
                         guint from);

const float *feature_vectors_get(const FeatureVectors *vectors, guint index);

/* The sum for a query, over all of them. */
ProfileSum *feature_vectors_sum(const FeatureVectors *vectors, double w0, const ModelForm *form);

/* Asks `name`, an alias or index, for the documents of `features`, in their order, into *vectors.
 * Each must be in meta->index and of meta's model: STEP_RELEASE_CHANGED if the answer comes from
 * another index. A document that is not there is RECSYS_ERROR_USAGE, unless `missing` [features] is
 * given and gets TRUE for it; its vector and bias are 0 then. Other errors: RECSYS_ERROR_USAGE (a
 * metadata value the release does not have, naming the known ones), RECSYS_ERROR_GATE (a document
 * that is not one of the release), RECSYS_ERROR_REFUSED, ES_ERROR, transport. */
Step feature_vectors_fetch(FeatureVectors **vectors, EsClient *client, const char *name,
                           const ReleaseMeta *meta, const Profile *features, gboolean *missing,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads the answer to that request, out of which `lifted` has taken the vectors. The same results
 * and errors. */
Step feature_vectors_read(FeatureVectors **vectors, yajl_val answer, const LiftedVectors *lifted,
                          const ReleaseMeta *meta, const Profile *features, gboolean *missing,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE if a document of an answer to mget is an error for want of a routing: its index was not made
 * by a definition of this project. */
gboolean feature_vectors_lack_routing(yajl_val document);

/* The attributes that a document of an answer to mget names (NULL: none); FALSE if they are no list
 * of `_id`s. Free with g_strfreev. */
gboolean feature_vectors_read_attributes(char ***attributes, yajl_val document);

/* The request it sends: POST of a body (NULL with RECSYS_ERROR_USAGE) to a path. */
char *feature_vectors_path(const char *name);
char *feature_vectors_body(const ReleaseMeta *meta, const Profile *features,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

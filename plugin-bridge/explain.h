/* Takes the score of a movie apart, and says why one movie is above another.
 *
 * With F the profile's features, q = fl(Σ_f v_f) its query vector and m the movie:
 *
 *   score = w_m + Σ_f <v_f, v_m> + (<q, v_m> − Σ_f <v_f, v_m>)
 *
 * the last being what the rounding of the query vector to float32 adds. Where vectors have two
 * halves (model_form.h), all of it is of the half for lists. The cluster's value is that of one
 * movie or two asked for alone, and is held against the exact score (order_proof.h). */
#pragma once

#include "bundle.h"
#include "order_proof.h"
#include "profile.h"
#include "ranking.h"

#define EXPLAIN_MOST 2 /* movies */

typedef struct {
    const char *type, *value; /* a feature of the profile; or what else adds, and NULL */
    double adds[EXPLAIN_MOST];
} ExplainPart;

typedef struct {
    const Feature *feature;
    double score;     /* without the shift */
    guint rank;       /* in the model, from 1 */
    double rating;    /* predicted by the model */
    ExactScore exact; /* with the shift */
    float answer;     /* the cluster's */
    gboolean is_right;
} ExplainMovie;

typedef struct {
    const Bundle *model;
    char *profile; /* described */
    char *index;   /* that answered */
    double shift;
    GArray *parts; /* ExplainPart, by what they add in size: to the score or to the lead */
    guint count;   /* movies */
    ExplainMovie movies[EXPLAIN_MOST];
    guint first;             /* with two movies: the one that the cluster has first */
    gboolean same_query;     /* the stored vectors sum to the model's query vector */
    gboolean from_documents; /* the model was read back from the cluster */
} Explanation;

/* Explains the movies `indices` [count], features of `model`, to a profile whose sum is `sum`.
 * `ranking` has the cluster's answer for these movies alone and `found` its sum. `model` and
 * `profile` must outlive the explanation. RECSYS_ERROR_GATE if the answer lacks one of them. */
Explanation *explain(const Bundle *model, const Profile *profile, const ProfileSum *sum,
                     const guint *indices, guint count, const Ranking *ranking,
                     const ProfileSum *found, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void explanation_free(Explanation *explanation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Explanation, explanation_free)

/* With two movies: the model's verdict on the first above the second, and the verdict on the order
 * that the cluster has them in. */
PairVerdict explanation_claim(const Explanation *explanation);
PairVerdict explanation_order(const Explanation *explanation);

/* FALSE if a score, the query vector or the order is not the model's. */
gboolean explanation_is_right(const Explanation *explanation);

/* A table, then the verdict. */
void explanation_print(const Explanation *explanation, FILE *out);

/* One JSON object on one line. */
void explanation_print_json(const Explanation *explanation, FILE *out);

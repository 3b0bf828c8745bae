/* From whole people to documents: what a bundle's rows are, so that any part of a person's
 * documents is an estimate of that person.
 *
 * The average person goes into the movies' biases and into w0, the attributes' rows are ridge
 * estimates (attribute_ridge.h), and a user's row is what is left of them:
 *
 *   q_u = v_u + Σ_{a of u} v_a,   w_m = bias_m + <μ, v_m>,   INTERACTIONS_MOVIE (model_form.h)
 *
 * Lists of whole people stay as they are, but for rounding to float32.
 *
 * Symbols: U users, M movies, k factors, n features. */
#pragma once

#include "feature_table.h"
#include "fm.h"
#include "people.h"

typedef struct {
    FmModel *model;    /* [n, k] the documents */
    float *mean;       /* [k] μ of the vectors */
    double *variances; /* [k + 1] of the users' own vectors and biases, weighted */
} PeopleDocuments;

typedef struct {
    const double *weights; /* [U] of the users in all means; 0: nothing was learned of them */
    double lambda;         /* of the ridge, in average users */
} PeopleDocumentsOptions;

/* `whole` is of the table's users and movies in order. NULL with RECSYS_ERROR_DATA if there are
 * numbers that are not finite. */
PeopleDocuments *people_documents_new(const PeopleAndMovies *whole, const FeatureTable *table,
                                      const PeopleDocumentsOptions *options,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;
void people_documents_free(PeopleDocuments *documents);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PeopleDocuments, people_documents_free)

/* "device is not the same in all ratings of a user, so it is no part of a person": the first type
 * of feature that is nobody's attribute; NULL if there is none. Free with g_free. */
char *people_find_other_type(const FeatureTable *table);

/* The whole people and the movies of a factorization machine in which all features interact: z of a
 * row is the same. Features that are no attributes of users, such as the device that a rating came
 * from, cannot be part of whole people: RECSYS_ERROR_DATA naming their type. */
PeopleAndMovies *people_of_fm(const FmModel *model, const FeatureTable *table,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

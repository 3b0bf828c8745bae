/* Implicit alternating least squares (iALS): vectors whose dot products rank movies for a person.
 *
 * Minimizes, over the vectors x of users and y of movies,
 *
 *   Σ_rated (t − <x, y>)² + α Σ_all <x, y>² + Σ_users ρ |x|² + Σ_movies ρ |y|²,
 *   ρ_user = λ (n_user + α M),  ρ_movie = λ (n_movie + α U),
 *
 * where n counts ratings and the target t tells how much a rating says that the movie is one for
 * this person (rating_target.h). Sources: Hu, Koren and Volinsky, "Collaborative Filtering for
 * Implicit Feedback Datasets" (2008); Rendle, Krichene, Zhang and Koren, "Revisiting the
 * Performance of iALS on Item Recommendation Benchmarks" (2021), for α, and for λ scaled with
 * frequency.
 *
 * The same ratings, options and seed give the same bits, whatever the number of threads, and
 * whether or not the run was stopped and resumed in between.
 *
 * Symbols: U users, M movies, N ratings, k factors. Users and movies are numbered as in
 * rating_matrix.h. Memory beside the ratings: 8 (U + M) k + 4 M k + 8 N bytes, 24 k² and, for each
 * thread, 7 k² + 512 k. */
#pragma once

#include "rating_matrix.h"

typedef struct {
    guint factors; /* k, at least 1 */
    guint sweeps; /* over users and movies, at least 1; the users are solved once more at the end */
    double alpha; /* α, the weight of what is not rated; at least 0 */
    double lambda; /* λ, above 0 */
    guint64 seed;
    guint threads; /* at least 1 */
} IalsOptions;

typedef struct {
    guint users, movies, k;
    double alpha, lambda;   /* those it was trained with */
    double lowest, highest; /* ratings there were; both 0 without any */
    float *user_vectors;    /* [U, k]; zeros for people without ratings */
    float *movie_vectors;   /* [M, k]; likewise */
    double *movie_gram; /* [k] the diagonal of Σ_movies y yᵀ, descending; the rest of it is 0 */
} IalsModel;

void ials_model_free(IalsModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IalsModel, ials_model_free)

/* Whether it is in the highest quarter of the range (4 of 5 stars), or all ratings are equal. */
gboolean ials_is_liked(double rating, double lowest, double highest);

/* The least and greatest of the ratings; both 0 without any. */
void ials_rating_range(const RatingLines *lines, double *lowest, double *highest);

typedef struct {
    /* After some work of sweep `sweep` (from 1; one more than options.sweeps: the users' last
     * solution): `done` of `total` ratings, all sweeps counted. Nullable. */
    void (*progress)(guint sweep, guint64 done, guint64 total, gpointer data);
    gpointer data;
    const char *checkpoint; /* nullable: where to keep one; to be removed once the model is safe */
    double checkpoint_seconds; /* between two of them */
    gboolean resume;           /* go on from the checkpoint if there is one */
} IalsRun;

/* Errors: RECSYS_ERROR_DATA (no ratings; options out of range; no solution with this λ; a
 * checkpoint of other data or options), RECSYS_ERROR_USAGE (RECSYS_KERNELS),
 * RECSYS_ERROR_INTERRUPTED (a checkpoint was kept if there is a name for it). */
IalsModel *ials_train(const RatingMatrix *ratings, const IalsOptions *options, const IalsRun *run,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

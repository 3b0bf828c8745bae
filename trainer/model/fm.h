/* The second-order factorization machine (Rendle, "Factorization Machines", ICDM 2010).
 *
 * Symbols used throughout: n features, k factors, F features in a row, B rows in a batch.
 *
 *   z(x)   = w0 + Σ_i w_i + Σ_{i<j} <v_i, v_j>      over the F features of a row
 *   rating = scale · sigmoid(z)
 *
 * by lemma 3.1 of the paper: Σ_{i<j} <v_i, v_j> = ½ Σ_f [ (Σ_i v_if)² − Σ_i v_if² ], which is
 * O(F·k). */
#pragma once

#include <glib.h>

/* The scale for ratings up to 5. */
#define FM_RATING_SCALE 5.5

typedef struct {
    guint n;
    guint k;
    float w0;
    float *bias;       /* [n] */
    float *embeddings; /* [n, k] */
} FmModel;

/* All zero. */
FmModel *fm_model_new(guint n, guint k);
void fm_model_free(FmModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FmModel, fm_model_free)

/* Embeddings, then biases, drawn from a normal distribution of standard deviation `sigma`,
 * truncated at two of them; w0 = 0. */
void fm_model_randomize(FmModel *model, double sigma, GRand *random);

/* The row of feature `index`: [k]. */
static inline const float *fm_vector(const FmModel *model, guint index)
{
    return model->embeddings + (gsize)index * model->k;
}

/* z(x) by lemma 3.1 in float32. Writes Σ_i v_i to sum [k]. Sums over k run in eight lanes in a
 * fixed order, so that the result does not depend on the width of the vector unit. */
float fm_forward(float *sum, const FmModel *model, const guint32 *features, guint fields);

/* z(x) as the definition has it, O(F²·k) in double: the oracle for the above. */
double fm_forward_oracle(const FmModel *model, const guint32 *features, guint fields);

float fm_sigmoid(float z);

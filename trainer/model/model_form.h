/* What a model's numbers mean: what it was trained for, how a rating follows from z, and which
 * products of vectors z has.
 *
 * Symbols: q the sum of a profile's vectors, v_m and w_m a movie's vector and bias, R rating_dims.
 *
 * A list is ordered by w_m + <q, v_m>, whatever the form. The rating beside it follows from
 *
 *   INTERACTIONS_ALL    z = w0 + Σ_f w_f + Σ_{f<g} <v_f, v_g> + w_m + <q, v_m>   (fm.h)
 *   INTERACTIONS_MOVIE  z = w0 + Σ_f w_f + w_m + <q, v_m>
 *
 * over the profile's features f: with the latter, any subset of a person's documents is calibrated,
 * as no product of two of them is missed.
 *
 * OBJECTIVE_BOTH has two halves in one vector: dimensions 0..R-1 are for ratings, the others for
 * lists. A list's query is 0 in the first half. The rating is that half's:
 *
 *   z = w0 + Σ_f w_f + v_m0 + Σ_{0<d<R} q_d v_md
 *
 * A movie's rating bias rides in its dimension 0, where profiles have 0; w_m is that of lists. */
#pragma once

#include "json.h"

typedef enum { OBJECTIVE_RATINGS, OBJECTIVE_RANKING, OBJECTIVE_BOTH } Objective;

typedef enum {
    LINK_SIGMOID,  /* rating = scale · sigmoid(z) */
    LINK_IDENTITY, /* rating = z, no lower than `lowest` and no higher than `highest` */
    LINK_NONE,     /* scores order movies and mean nothing else; if and only if OBJECTIVE_RANKING */
} Link;

typedef enum { INTERACTIONS_ALL, INTERACTIONS_MOVIE } Interactions;

typedef struct {
    Objective objective;
    Link link;
    double scale;           /* of LINK_SIGMOID */
    double lowest, highest; /* of LINK_IDENTITY */
    Interactions interactions;
    guint rating_dims; /* R of OBJECTIVE_BOTH, 0 otherwise */
} ModelForm;

/* The factorization machine of the original blog post. */
ModelForm model_form_fm(double scale);

/* The rating at z; NAN for LINK_NONE. */
double model_form_rating(const ModelForm *form, double z);

/* How a rating follows from `z`, which may be a sum in words, for people to read: "5.5 ·
 * sigmoid(z)"; NULL for LINK_NONE. Free with g_free. */
char *model_form_formula(const ModelForm *form, const char *z);

/* The highest rating there can be; 0 for LINK_NONE. */
double model_form_highest(const ModelForm *form);

/* "ratings", "ranking", "both" */
const char *objective_name(Objective objective);

/* "sigmoid", "identity", "none" */
const char *link_name(Link link);

/* TRUE if a program that knows the factorization machine only would read it rightly. */
gboolean model_form_is_fm(const ModelForm *form);

/* Writes the members "objective", "link" (an object), "interactions" and "rating_dimensions" into
 * the object that is open. */
void model_form_put_members(yajl_gen json, const ModelForm *form);

/* The same with the link's name in "link" and its numbers beside it. */
void model_form_put_flat(yajl_gen json, const ModelForm *form);

/* Reads either from an object; without "objective" and "interactions" it is the factorization
 * machine. RECSYS_ERROR_DATA, naming `what`, if they make no sense for k factors. */
gboolean model_form_read(ModelForm *form, yajl_val object, guint k, const char *what,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

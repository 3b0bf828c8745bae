/* What a model says of a row, a profile and a movie, by its form (model_form.h). */
#pragma once

#include "fm.h"
#include "model_form.h"

/* z of the rating of a row: features[0..fields-1], of which features[1] is the movie. `room` is
 * [k], for the calculation. 0 for LINK_NONE. */
double predict_z(const FmModel *model, const ModelForm *form, const guint32 *features, guint fields,
                 float *room);

/* The rating of a row; NAN for LINK_NONE. */
double predict_rating(const FmModel *model, const ModelForm *form, const guint32 *features,
                      guint fields, float *room);

/* query [k]: what a list is ordered with: the sum, in double, of the vectors of the features but
 * features[1], rounded once; 0 in the rating half. */
void predict_list_query(float *query, const FmModel *model, const ModelForm *form,
                        const guint32 *features, guint fields);

/* The part of z in OBJECTIVE_BOTH that depends on the movie: v_m0 + Σ_{0<d<R} query_d v_md, where
 * `query` [k] is the profile's whole sum. */
double predict_rating_half(const ModelForm *form, const float *query, const float *movie);

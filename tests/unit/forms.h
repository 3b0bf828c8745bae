/* Small bundles of each model form, as a learner would write them. */
#pragma once

#include "bundle.h"

/* A form whose documents are residuals (INTERACTIONS_MOVIE), ratings from 1 to 5; the link is
 * LINK_NONE if the objective is ranking. */
ModelForm form_of(Objective objective, Link link, guint rating_dims);

/* Gives a bundle another form: its training.json says so and has "fold_in", the movies' vectors for
 * lists have a diagonal Gram matrix, and where there are two halves, people have 0 in dimension 0.
 * The text of training.json; free with g_free. */
char *form_apply(Bundle *bundle, const ModelForm *form, guint32 seed);

/* The same with "fold_in" as given, JSON, or absent if it is NULL. */
char *form_set_training(Bundle *bundle, const ModelForm *form, const char *fold_in);

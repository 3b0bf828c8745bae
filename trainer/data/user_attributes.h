/* What is known of a user besides who they are, found in the rows. */
#pragma once

#include "dataset.h"

/* Sets the attributes (feature_table.h) of every user: their value of each type of feature that
 * never differs between the rows of one user, as an age, and unlike the device a rating came from.
 * The table must not have been shared yet. */
void user_attributes_set(Dataset *dataset);

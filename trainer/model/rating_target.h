/* How much a rating says that a movie is one for this person: the target of lists' learners
 * (ials.h) and of folding a new person into their models, which must be the same. */
#pragma once

/* Of a rating among ratings from `lowest` to `highest`, beyond which it counts as one at the end:
 * linear in between .4, .5, .7, .95 and 1.1 at the quarters of that range; 1 if all ratings are
 * equal. Found on validation rows of MovieLens: that somebody saw a movie tells of taste as well,
 * liked or not. */
double rating_target(double rating, double lowest, double highest);

/* A person the model has never seen, folded in from a bundle alone: what newcomer_fetch() must come
 * to from the release that was made of it, bit for bit. */
#pragma once

#include "bundle.h"
#include "newcomer.h"

/* `prior` is the bundle's. Movies that the bundle does not have are skipped if the request says so;
 * they and whatever else the bundle does not have are RECSYS_ERROR_USAGE otherwise, and so is a
 * history of which nothing is left. Other errors as of newcomer_fetch(). */
Newcomer *local_newcomer(const Bundle *bundle, const FoldInPrior *prior, const NewcomerRequest *who,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Bundles for the tests, made by the real trainer from invented ratings. */
#pragma once

#include "bundle.h"

typedef struct {
    const char *users, *movies, *ratings; /* as the trainer's options */
    const char *factors;
    const char *seed; /* another seed, another model */
    const char
        *valid; /* the share of validation rows; NULL: none, and no gate can compare figures */
} BundleRecipe;

/* Trains for two epochs; the bundle's path, in a directory that is removed at the end. Ends the
 * test program if the trainer fails. */
char *bundle_make(const BundleRecipe *recipe);

/* The same, opened too. `path` may be NULL. */
Bundle *bundle_make_and_open(const BundleRecipe *recipe, char **path);

/* Makes one and releases it as PREFIX-live (servers.h), whose name goes to `alias`; its path. */
char *bundle_make_and_release(const BundleRecipe *recipe, char **alias);

/* The source of feature `index`'s document, free with g_free. */
char *bundle_document(const Bundle *bundle, guint index);

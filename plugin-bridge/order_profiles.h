/* The profiles whose orders are checked, one after the other: a million users are no list in
 * memory. */
#pragma once

#include "bundle.h"
#include "profile.h"

typedef struct {
    guint random;         /* random profiles besides the standard ones */
    guint64 seed;         /* of the random ones */
    gboolean all_users;   /* and each user alone */
    gboolean random_only; /* without the standard ones */
} ProfileChoice;

typedef struct OrderProfiles OrderProfiles;

/* The standard profiles (standard_profiles.h), and first the average person if the model has one;
 * then random ones, half of them with a user, each metadata type in half of them, and, of those
 * with a user who has attributes, half without what comes in by itself; then, if they are wanted,
 * all users. If these are none, one profile of nothing: it ranks by the biases. The bundle must
 * outlive it. */
OrderProfiles *order_profiles_new(const Bundle *bundle, const ProfileChoice *choice);
void order_profiles_free(OrderProfiles *profiles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OrderProfiles, order_profiles_free)

/* How many there are, those that were given out included. */
guint order_profiles_count(const OrderProfiles *profiles);

/* The standard ones among them, and of how many they are a sample. */
guint order_profiles_standard(const OrderProfiles *profiles, guint64 *all);

/* The next one, or NULL when there is none left. */
Profile *order_profiles_next(OrderProfiles *profiles);

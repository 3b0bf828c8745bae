/* How long to wait before something that was refused is sent again. */
#pragma once

#include <glib.h>

typedef struct {
    double first;   /* seconds before the first repetition */
    double longest; /* no wait of our own is longer */
} Backoff;

#define BACKOFF_DEFAULT                                                                            \
    {                                                                                              \
        .first = 0.1, .longest = 10.0                                                              \
    }

/* Seconds to wait after `strikes` refusals in a row (1 or more): first · 2^(strikes − 1), at most
 * `longest`, of which a random part between a half and all, so that many clients do not come back
 * at once. Never less than the `retry_after` seconds that the server asked for, though those can be
 * longer than `longest`. `random` is in [0, 1). */
double backoff_seconds(const Backoff *backoff, guint strikes, gint64 retry_after, double random);

/* Verifies a little, again and again: each round with other random profiles and documents. */
#pragma once

#include "bundle.h"
#include "es_options.h"

#define WATCH_EVERY 300.0
#define WATCH_LEAST_EVERY 0.1
#define WATCH_PROFILES 10
#define WATCH_DEPTH 100
#define WATCH_DOCUMENTS 1000

typedef struct {
    const EsOptions *cluster;
    const Bundle *bundle; /* NULL: the release itself, as it is in the cluster when first seen */
    const char *metrics;  /* a file, or NULL */
    double every;         /* seconds from the beginning of a round to that of the next one */
    guint rounds;         /* 0: until a signal */
    guint profiles;       /* random ones, each round */
    guint depth;
    guint documents; /* random ones, each round; G_MAXUINT: all */
    guint64 seed;    /* of the first round; the next one's is larger by one */
    gboolean keep_going;
    gboolean json;
} WatchOptions;

/* Runs until the rounds are over, a violation (unless keep_going) or a signal. A cluster that is
 * away is waited for; only before the first round that was answered is a refusal an error. Errors:
 * RECSYS_ERROR_GATE (violated, in the last round or with keep_going in any), RECSYS_ERROR_DATA (the
 * metrics cannot be written at the start), RECSYS_ERROR_INTERRUPTED, and that of the last round if
 * none came to a verdict. */
gboolean watch(const WatchOptions *options, GError **error) G_GNUC_WARN_UNUSED_RESULT;

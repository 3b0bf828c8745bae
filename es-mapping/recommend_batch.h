/* Rankings for many profiles of one release, as a job that precomputes wants them: batches of one
 * mget and one _msearch each, several of them in flight, results in the order of the profiles. What
 * users are besides (profile.h) takes another mget until the job has seen it (feature_cache.h).
 *
 * Torn-read guard: all batches read the concrete index of one release, whatever happens to the
 * alias meanwhile, and every document must carry that release's model_id.
 *
 * In memory there are at most 2 · in_flight batches, each of at most RECOMMEND_BATCH_PROFILES
 * profiles, some RECOMMEND_BATCH_MOVIES movies and some RECOMMEND_BATCH_BYTES of searches, whatever
 * the number of profiles. */
#pragma once

#include "recommend.h"

#define RECOMMEND_BATCH_PROFILES 100
#define RECOMMEND_BATCH_MOVIES 5000             /* one profile with more is a batch of its own */
#define RECOMMEND_BATCH_BYTES (4 * 1024 * 1024) /* and one with longer filters too */
#define RECOMMEND_BATCH_IN_FLIGHT 4

/* One profile and what came of it: either a ranking or an error. */
typedef struct {
    guint64 number;   /* of the caller's counting */
    char *id;         /* the caller's name for it; not looked at */
    char *mark;       /* what else the caller keeps with it; not looked at */
    Profile *profile; /* if there is a ranking, the whole person, without who was left out */
    guint size;
    Filter *filter; /* nullable: that of the options; otherwise instead of it */
    Ranking *ranking;
    GError *error; /* set by the source: the item goes to the sink as it is */
} BatchItem;

/* Fills the next item, which is zeroed; *at_end if there is none left. */
typedef gboolean (*BatchSource)(BatchItem *item, gboolean *at_end, gpointer data, GError **error);

/* Gets each item, in the order of the source, batch by batch; `last` of a batch is a good moment to
 * write what is there. */
typedef gboolean (*BatchSink)(const BatchItem *item, gboolean last, gpointer data, GError **error);

typedef struct {
    const ReleaseMeta *release;     /* with its concrete index */
    gboolean user_only, cold_start; /* as in RecommendRequest */
    gboolean approximate;           /* through the graph */
    guint candidates;               /* 0: recommend_usual_candidates() */
    const Filter *filter;           /* nullable; checked by filter_check() */
    guint in_flight;                /* batches; 0: RECOMMEND_BATCH_IN_FLIGHT */
} BatchOptions;

/* Runs until the source is at its end and everything is in the sink.
 *
 * An item's own fault (a value that the release does not have, a user it does not know) is that
 * item's error, and so is an answer that stays partial or refused for the moment (429, 5xx) after
 * some repetitions: there is never a shorter list. What concerns all of them ends the run: what
 * source and sink say, RECSYS_ERROR_INTERRUPTED, RECSYS_ERROR_INCONCLUSIVE (the release is gone),
 * RECSYS_ERROR_GATE (documents of another model), RECSYS_ERROR_REFUSED, ES_ERROR, transport; the
 * last two after some repetitions if they may pass. What went to the sink before stays valid. */
gboolean recommend_batch_run(EsClient *client, const BatchOptions *options, BatchSource source,
                             BatchSink sink, gpointer data,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

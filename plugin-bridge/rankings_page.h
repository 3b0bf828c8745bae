/* Reads the answer to an msearch of rankings as it stands, without a tree of it in memory: of a
 * hundred thousand hits their ids and scores are all that is wanted. */
#pragma once

#include <glib.h>

/* What one search's answer says beside its hits. */
typedef struct {
    gint64 status; /* 0: it does not say */
    gint64 failed; /* shards; -1: it does not say */
    gboolean timed_out, terminated_early;
    gboolean has_error;
    guint hits;
    const char *after; /* the last hit's sort values, "[12.5,3]", if there are some; or NULL */
} RankingPage;

typedef struct {
    /* A hit of search `number`; `id` NULL: it has none; `score` NAN: it has none;
     * INFINITY: it is beyond float32, which a server says with a string. */
    gboolean (*on_hit)(guint number, const char *id, float score, gpointer data, GError **error);
    /* The end of search `number`; valid during the call. */
    gboolean (*on_page)(guint number, const RankingPage *page, gpointer data, GError **error);
} RankingsHandler;

/* *searches is how many there were. Errors: the handlers'; RECSYS_ERROR_REFUSED if it is no JSON.
 */
gboolean rankings_page_read(guint *searches, const char *text, gsize length,
                            const RankingsHandler *handler, gpointer data,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads the answer to an msearch of rankings as it stands (answer_reader.h): of a hundred thousand
 * hits their ids and scores are all that is wanted. */
#pragma once

#include "answer_reader.h"

typedef struct {
    /* A hit of search `number`; `id` NULL: it has none; `score` NAN: it has none;
     * INFINITY: it is beyond float32, which a server says with a string. */
    gboolean (*on_hit)(guint number, const char *id, float score, gpointer data, GError **error);
    /* The end of search `number`; valid during the call. */
    gboolean (*on_page)(guint number, const AnswerHead *page, gpointer data, GError **error);
} RankingsHandler;

/* *searches is how many there were. Errors: the handlers'; RECSYS_ERROR_REFUSED if it is no JSON.
 */
gboolean rankings_page_read(guint *searches, const GString *text, const RankingsHandler *handler,
                            gpointer data, GError **error) G_GNUC_WARN_UNUSED_RESULT;

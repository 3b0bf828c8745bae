/* What the server says to a _bulk request, item by item.
 *
 * Read as a stream: an answer has as many items as the request had documents. */
#pragma once

#include <glib.h>

typedef struct {
    guint position; /* of the item in the request */
    gint64 status;  /* 0: none was given */
    char *reason;
} BulkFault;

typedef struct {
    guint items;   /* all of them */
    GArray *fault; /* BulkFault: those that are not 200 or 201 */
} BulkAnswer;

void bulk_answer_clear(BulkAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BulkAnswer, bulk_answer_clear)

/* Reads `items`: [{"index": {"status": …, "error": {"reason": …}}}, …]; what else an item has is of
 * no interest, and an item without a status of "index" is a fault. RECSYS_ERROR_REFUSED if the text
 * is no JSON (it was cut), or if it does not speak of exactly `expected` items: which documents the
 * server has is then not known. */
gboolean bulk_answer_read(BulkAnswer *answer, const char *text, gsize length, guint expected,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

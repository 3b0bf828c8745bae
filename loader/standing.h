/* What an alias stands for, and moving it. */
#pragma once

#include "es_client.h"

typedef struct {
    GPtrArray *indices;   /* char *: what the alias stands for now */
    gboolean is_concrete; /* an index has the alias's own name */
    char *foreign;        /* one of `indices` that is not a release, or NULL */
} Standing;

void standing_clear(Standing *standing);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Standing, standing_clear)

/* Asks the cluster; nothing of that name is no error, but no indices. */
gboolean standing_look(Standing *standing, EsClient *client, const char *alias,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from an answer to GET /alias/_mapping, or NULL; separate so that it can be tried. */
void standing_read(Standing *standing, yajl_val answer, const char *alias);

/* The indices' names separated by commas. */
char *standing_names(const Standing *standing);

/* SWAP_REFUSED: the alias is as it was and will stay so. SWAP_UNKNOWN: nothing may be deleted. */
typedef enum { SWAP_DONE, SWAP_REFUSED, SWAP_UNKNOWN } Swap;

/* Makes the alias stand for `index` alone, deleting an index of the alias's own name if `standing`
 * has one. One call: readers see the old release or the new one, never neither. A signal waits for
 * its end, because half-way through nobody could say which release is live. Then the cluster is
 * asked whether it is so, after an answer that was lost too. `error` is set unless it is
 * SWAP_DONE. */
Swap standing_swap(EsClient *client, const Standing *standing, const char *alias, const char *index,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

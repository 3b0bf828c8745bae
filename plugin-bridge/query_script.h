/* What a captured script computes, as far as it can be said for sure.
 *
 * Scripts of the kind that rank by this project's model are sums: a source is understood if it is
 * made of numbers, `params.NAME`, `dotProduct(params.NAME, 'FIELD')`, `cosineSimilarity(…)`,
 * `doc['bias'].value`, `+`, `-`, `*` and `/` by a number, brackets, and `Math.max(…, NUMBER)`
 * around all of it; `return` and `;` may be there. Then
 *
 *   script = dot · dotProduct + cosine · cosineSimilarity + bias · doc['bias'] + constant
 *
 * Constants are computed as Painless does: whole numbers divide to whole numbers, 7/2 is 3 (and so
 * do params that are sent without a point). What overflows an int, and arithmetic of float32
 * alone, is unknown, like everything else, and is not guessed.
 *
 * The script's own arithmetic is in double, one rounding for each operation, each of at most 2^-53
 * of the absolute values of all that is added: `weights` has those of the factors above, and
 * `operations` their number. 1e12 + dotProduct − 1e12 is the dot product, but rounded as of 2·1e12.
 */
#pragma once

#include "json.h"

typedef struct {
    double dot, cosine, bias, constant;
} QueryTerms;

typedef struct {
    double dot, cosine, bias, constant; /* the factors above */
    QueryTerms weights;                 /* sums of the absolute values that make them up */
    guint operations;                   /* that round */
    char *vector;                       /* the parameter with the query vector, or NULL */
    char *field;                        /* whose product it is, or NULL */
    gboolean clipped;                   /* Math.max: scores below `floor` become `floor` */
    double floor;
} QueryScript;

void query_script_clear(QueryScript *script);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QueryScript, query_script_clear)

/* Reads `source` with `params` (an object or NULL). NULL if it is understood; otherwise why not, to
 * be freed, and `script` is to be cleared all the same. */
char *query_script_read(QueryScript *script, const char *source, yajl_val params);

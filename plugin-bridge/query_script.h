/* What a captured script computes, as far as it can be said for sure.
 *
 * Scripts of the kind that rank by this project's model are sums: a source is understood if it is
 * made of numbers, `params.NAME`, `dotProduct(params.NAME, 'FIELD')`, `cosineSimilarity(…)`,
 * `doc['bias'].value`, `+`, `-`, `*` and `/` by a number, brackets, and `Math.max(…, NUMBER)`
 * around all of it; `return` and `;` may be there. Then
 *
 *   script = dot · dotProduct + cosine · cosineSimilarity + bias · doc['bias'] + constant
 *
 * Everything else is unknown, and is not guessed. */
#pragma once

#include "json.h"

typedef struct {
    double dot, cosine, bias, constant; /* the factors above */
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

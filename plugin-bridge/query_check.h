/* Judges a captured query (captured_query.h) and its answer by the model: with the arithmetic of
 * order_proof.h, and no cluster in sight. */
#pragma once

#include "bundle.h"
#include "captured_query.h"
#include "profile.h"
#include "query_verdict.h"

/* The body alone: script, vector, profile, filter, sort, and whether the shift is enough. `profile`
 * is the one it must be of, or NULL: it is looked for in the bundle. FALSE if `profile` has a value
 * the bundle does not have (RECSYS_ERROR_USAGE). */
gboolean query_check_body(QueryVerdict *verdict, const Bundle *bundle, const CapturedQuery *query,
                          const Profile *profile, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The answer. eligible: [movies], in the order of the bundle's movies: those that the query's own
 * filter lets through; NULL if that is not known. */
void query_check_answer(QueryVerdict *verdict, const Bundle *bundle, const CapturedQuery *query,
                        yajl_val answer, const gboolean *eligible);

/* The position among the bundle's movies of the document called movie_VALUE, or -1. */
gint query_movie_position(const Bundle *bundle, const char *id);

/* What a file of rankings answers. Each of its lines says so,
 *
 *     "asked":{"options":"size 10, cold start, filters 5d41402abc4b","profiles":"3fa94c21d9e4"}
 *
 * so that a job goes on with a file only if it asks the same. `options` is what is asked for every
 * profile, and `profiles` a checksum of the lines of profiles from the first up to this one. */
#pragma once

#include "recommend.h"
#include "seen.h"

/* Of `request`: size, candidates (if `usual_candidates`: as many as each profile's size asks for),
 * cold_start and filter; and what each user has seen, if that is excluded. Free with g_free. */
char *asked_options(const RecommendRequest *request, gboolean usual_candidates, const Seen *seen);

/* The checksum of lines, one after the other. */
typedef GChecksum AskedLines;

AskedLines *asked_lines_new(void);

/* Takes in one more line [length], NULL if it cannot be known; returns what `profiles` is then,
 * free with g_free. */
char *asked_lines_add(AskedLines *lines, const char *line, gsize length);

/* Writes the member. */
void asked_put(yajl_gen json, const char *options, const char *profiles);

/* Why the line of a file that was made before does not answer the same, as the end of a sentence
 * that begins with the file; NULL if it does. Free with g_free. */
char *asked_difference(yajl_val line, const char *options, const char *profiles);

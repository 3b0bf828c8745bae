/* One line of progress on standard error while long work runs: redrawn in place on a terminal,
 * absent otherwise (a log gets the caller's own lines). */
#pragma once

#include <glib.h>

typedef struct {
    const char *label; /* what is being done, e.g. "indexing" */
    const char *unit;  /* what is counted, e.g. "documents" */
    guint64 total;
    gint64 started; /* monotonic microseconds */
    gint64 drawn;
    gboolean visible;
} Progress;

void progress_start(Progress *progress, const char *label, const char *unit, guint64 total);

/* Draws at most ten times a second, for the first time a tenth of a second after the start. `note`
 * (nullable) follows the figures. */
void progress_update(Progress *progress, guint64 done, const char *note);

/* Removes the line. */
void progress_end(Progress *progress);

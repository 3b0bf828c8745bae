#include "progress.h"

#include <stdio.h>
#include <unistd.h>

void progress_start(Progress *progress, const char *label, const char *unit, guint64 total)
{
    const gint64 now = g_get_monotonic_time();
    *progress = (Progress){
        .label = label,
        .unit = unit,
        .total = total,
        .started = now,
        .drawn = now, /* the first figures come after a while, when they mean something */
        .visible = isatty(STDERR_FILENO),
    };
}

void progress_update(Progress *progress, guint64 done, const char *note)
{
    gint64 now = g_get_monotonic_time();
    if (!progress->visible ||
        (now - progress->drawn < G_USEC_PER_SEC / 10 && done < progress->total))
        return;
    progress->drawn = now;

    double seconds = (double)MAX(now - progress->started, 1) / G_USEC_PER_SEC;
    double rate = (double)done / seconds;
    double left = rate > 0 ? (double)(progress->total - done) / rate : 0;
    fprintf(stderr, "\r\033[K%s  %3.0f %%  %.0f %s/s  %.0f s left  %s", progress->label,
            100.0 * (double)done / (double)MAX(progress->total, 1), rate, progress->unit, left,
            note != NULL ? note : "");
    fflush(stderr);
}

void progress_end(Progress *progress)
{
    if (progress->visible)
        fputs("\r\033[K", stderr);
}

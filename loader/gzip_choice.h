/* Whether compressing bulk requests pays, judged by the first of them.
 *
 * It pays if the way to the server is what a load waits for, and a slow one: with
 *   U  bytes a second that bodies get to the server, while any is under way,
 *   C  bytes a second that gzip takes in here, measured with documents of this very bundle,
 *   r  bytes that come out for each that goes in,
 * a load sends U bytes of documents a second as they are, and min(C, U/r) compressed. Bodies under
 * way for less than half of the time mean that the server's own work is what takes the time, and
 * compressed bodies would only add to it. */
#pragma once

#include <glib.h>

typedef enum { GZIP_AUTO, GZIP_ALWAYS, GZIP_NEVER } GzipMode;

#define GZIP_LEVEL 1
#define GZIP_BODIES 3 /* that are looked at */
#define GZIP_GAIN 1.2 /* the least that is worth the processor's time, the server's too */
#define GZIP_SAMPLE_BYTES 131072 /* of documents */

/* When bodies were on their way. Times: monotonic microseconds. */
typedef struct {
    gint64 began; /* the first one; 0: none yet */
    guint under_way;
    gint64 since;   /* that there is one under way */
    gint64 sending; /* how long there was at least one, up to `since` */
    guint64 bytes;
    guint bodies; /* that ended */
} SendClock;

void send_clock_start(SendClock *clock, gint64 now);
void send_clock_stop(SendClock *clock, gint64 now, gsize bytes);

typedef struct {
    double speed; /* C */
    double ratio; /* r */
} GzipSample;

/* Compresses `text`, which must not be empty, some times; the best time counts. */
GzipSample gzip_measure(const char *text, gsize length);

/* TRUE if bodies waited for the network for at least half of the time until `now`. */
gboolean send_clock_is_limit(const SendClock *clock, gint64 now);

/* Both conditions. */
gboolean gzip_pays(const SendClock *clock, gint64 now, const GzipSample *sample);

#include "gzip_choice.h"

#include <gio/gio.h>

#define ROUNDS 3

void send_clock_start(SendClock *clock, gint64 now)
{
    if (clock->began == 0)
        clock->began = now;
    if (clock->under_way++ == 0)
        clock->since = now;
}

void send_clock_stop(SendClock *clock, gint64 now, gsize bytes)
{
    clock->bytes += bytes;
    clock->bodies++;
    if (--clock->under_way == 0)
        clock->sending += now - clock->since;
}

static gint64 time_sending(const SendClock *clock, gint64 now)
{
    return clock->sending + (clock->under_way > 0 ? now - clock->since : 0);
}

gboolean send_clock_is_limit(const SendClock *clock, gint64 now)
{
    return clock->began != 0 && 2 * time_sending(clock, now) >= now - clock->began;
}

gboolean gzip_pays(const SendClock *clock, gint64 now, const GzipSample *sample)
{
    const double seconds = (double)MAX(time_sending(clock, now), 1) / G_USEC_PER_SEC;
    const double plain = (double)clock->bytes / seconds;
    const double compressed = MIN(sample->speed, plain / sample->ratio);
    return send_clock_is_limit(clock, now) && compressed >= GZIP_GAIN * plain;
}

GzipSample gzip_measure(const char *text, gsize length)
{
    g_autofree char *out = g_malloc(2 * length + 1024); /* gzip adds less than that */
    gint64 best = G_MAXINT64;
    gsize written = 0;
    for (guint i = 0; i < ROUNDS; i++) {
        gsize read = 0;
        g_autoptr(GZlibCompressor) gzip =
            g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, GZIP_LEVEL);
        const gint64 started = g_get_monotonic_time();
        GConverterResult result =
            g_converter_convert(G_CONVERTER(gzip), text, length, out, 2 * length + 1024,
                                G_CONVERTER_INPUT_AT_END, &read, &written, NULL);
        g_assert(result == G_CONVERTER_FINISHED && read == length);
        best = MIN(best, g_get_monotonic_time() - started);
    }
    return (GzipSample){
        .speed = (double)length * G_USEC_PER_SEC / (double)MAX(best, 1),
        .ratio = (double)written / (double)length,
    };
}

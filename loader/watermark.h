/* The low watermark of a disk, above which Elasticsearch puts no copy on a node, in the forms in
 * which it can be set (cluster.routing.allocation.disk.watermark.low): used space as a percentage
 * ("85%") or a ratio ("0.85"), or free space ("50gb"). With used space,
 * watermark.low.max_headroom caps the free space that is asked for, so that of a large disk not
 * much lies idle. */
#pragma once

#include "json.h"

typedef struct {
    gboolean is_used;      /* TRUE: `used` counts; FALSE: `free` */
    double used;           /* of the whole, from 0 to 1 */
    double free;           /* bytes */
    double headroom;       /* bytes; below 0: none */
    gboolean is_looked_at; /* FALSE: disk.threshold_enabled is false */
} Watermark;

/* From the answer to GET /_cluster/settings?include_defaults=true&flat_settings=true, or NULL: what
 * it does not say is the server's default. FALSE if it is set to what this does not understand. */
gboolean watermark_read(Watermark *watermark, yajl_val settings) G_GNUC_WARN_UNUSED_RESULT;

/* The form in which it is set. FALSE if it is none of them. */
gboolean watermark_parse(Watermark *watermark, const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* "50gb", "1.5TB", "500b", "-1": bytes. */
gboolean watermark_parse_bytes(double *bytes, const char *text) G_GNUC_WARN_UNUSED_RESULT;

/* How many bytes must be free on a disk of `total` bytes. */
double watermark_free_bytes(const Watermark *watermark, double total);

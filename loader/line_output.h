/* Where a job writes its lines, whole ones only: a file that it can go on with later, or standard
 * output. */
#pragma once

#include <glib.h>

typedef struct LineOutput LineOutput;

/* What is in the file that is gone on with. */
typedef struct {
    guint64 lines;  /* whole ones */
    guint64 errors; /* of them, those with `error` as their second member or later */
    guint64 empty;  /* and those with an empty list of `movies` */
    char *last;     /* the last one, without its end; NULL if there is none */
    char *rest;     /* the beginning of what stands after it, without a line end; NULL: nothing */
} LineOutputPast;

void line_output_past_clear(LineOutputPast *past);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LineOutputPast, line_output_past_clear)

/* `path` NULL is standard output. A file that is there already is RECSYS_ERROR_USAGE without
 * `resume`; with it, `past` is filled. Nobody else may write to the file meanwhile
 * (RECSYS_ERROR_LOCKED). G_FILE_ERROR. */
LineOutput *line_output_open(const char *path, gboolean resume, LineOutputPast *past,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
void line_output_free(LineOutput *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LineOutput, line_output_free)

/* TRUE if `past->rest` can be the beginning of line `past->lines` + 1, as profiles_job.c writes it.
 */
gboolean line_output_rest_is_line(const LineOutputPast *past);

/* TRUE if it is the very file of a descriptor. */
gboolean line_output_is_file(const LineOutput *output, int descriptor);

/* Takes off a last line that was cut short; call it once it is clear that the file is the right
 * one. */
gboolean line_output_trim(LineOutput *output, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* How many whole lines are there, those of earlier runs included. */
guint64 line_output_lines(const LineOutput *output);

/* Appends text that ends with a line end. A signal does not cut it; only a killed process or a full
 * disk leaves a part of a line behind, which line_output_trim() takes off later. G_FILE_ERROR. */
gboolean line_output_write(LineOutput *output, const char *text, gsize length,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Makes sure that a file is on its disk. G_FILE_ERROR. */
gboolean line_output_finish(LineOutput *output, GError **error) G_GNUC_WARN_UNUSED_RESULT;

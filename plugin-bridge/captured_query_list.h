/* The searches of a captured file: one body, or the lines of an _msearch, each second of which is a
 * body; and their answers. */
#pragma once

#include <glib.h>

typedef struct {
    char *what, *body;          /* its name for messages, and its text (captured_query.h) */
    char *answer_what, *answer; /* or NULL */
} CapturedText;

/* CapturedText *, at least one. `answer`, of a plain search or of an _msearch as `text` is, may be
 * NULL; `what` and `answer_what` name the texts. RECSYS_ERROR_DATA naming the line of a header that
 * is none or has no search, or an answer that has not one response for each; bodies are not
 * looked at. */
GPtrArray *captured_query_list(const char *text, const char *what, const char *answer,
                               const char *answer_what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

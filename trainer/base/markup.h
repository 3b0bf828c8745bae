/* Text inside XML and HTML. */
#pragma once

#include <glib.h>

/* Any bytes as text between tags or between quotes: valid UTF-8, with <, >, &, ' and " escaped and
 * a space for each control character, which XML 1.0 does not have even if escaped. Free with
 * g_free.
 */
char *markup_escape(const char *text);

/* Appends the same. */
void markup_append(GString *out, const char *text);

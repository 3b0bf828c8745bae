/* Text from elsewhere (an argument, a file, an answer) within a message for people: it can be read
 * on a terminal and in a log, and neither obeys anything in it. */
#pragma once

#include <glib.h>

/* TRUE if it is UTF-8 without a control character, as every id of a data set is. */
gboolean printable_is_plain(const char *text);

/* UTF-8 as it is, but control characters, separators of lines and bytes that are not UTF-8 as in C:
 * \n, \t, \x1b, \u2028, \xff. Free with g_free. */
char *printable_text(const char *text);

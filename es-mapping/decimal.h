/* float32 as decimals, quickly: an index of a million documents has 120 million of them. */
#pragma once

#include <glib.h>

#define DECIMAL_SIZE 24

/* Writes at most nine significant digits that read back as the same float32, with '.' whatever the
 * locale, valid as a JSON number; returns their length; a final NUL is not promised. `value` must
 * be finite.
 *
 * Nine digits are within 5e-9 of the value; half the distance to the next float32 is at least
 * 2.9e-8 of it (for normal numbers), so an error of the scaling, 2e-16, cannot matter. */
gsize decimal_of_float(char text[DECIMAL_SIZE], float value);

/* Reads `length` characters of a JSON number as the nearest float32; FALSE if it has none that is
 * finite, or is no such number. `text` need not end there.
 *
 * Up to fifteen digits are an exact double D, and so is the power of ten up to 10^22: their product
 * or quotient is rounded once (Clinger, "How to read floating point numbers accurately", PLDI
 * 1990). Rounding that to float32 gives what rounding the decimals would, unless it lies in the
 * middle between two float32: only then the decimals may be on either side of it. Those, and
 * what is longer, larger or below the normal range, are strtof's business. */
gboolean decimal_to_float(const char *text, gsize length, float *value) G_GNUC_WARN_UNUSED_RESULT;

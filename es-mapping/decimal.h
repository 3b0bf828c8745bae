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

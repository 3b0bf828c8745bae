/* Python programs with packages of their own, in virtual environments that scripts make (venv.sh).
 */
#pragma once

#include <glib.h>

/* The Python that the script in the environment variable `script` makes, in the directory
 * `directory` (NULL: the script's own choice). NULL if there is none: then the test is skipped,
 * saying that `what` cannot be installed, or has failed. */
char *python_find(const char *script, const char *directory, const char *what);

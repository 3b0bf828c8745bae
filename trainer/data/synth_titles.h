/* Invented film titles, drawn from word lists of our own. */
#pragma once

#include <glib.h>

/* A new title, UTF-8 but within ISO-8859-1; free with g_free. `stems` (string to count, keys owned
 * and freed by it) remembers what was drawn, so that titles are unique. */
char *synth_title_draw(GRand *random, GHashTable *stems);

/* Titles and other texts in the columns of a terminal. */
#pragma once

#include "feature_table.h"

/* Columns a UTF-8 text takes on a terminal: two for wide characters, none for combining ones. */
int title_width(const char *text);

/* The text with a space for each control character, so that a terminal shows it and obeys nothing
 * in it. Must be UTF-8. Free with g_free. */
char *title_printable(const char *text);

/* The title without the " (1995)" of its own year, which often has a column of its own; the title
 * as it is if `year` is 0 or does not end it. Free with g_free. */
char *title_without_year(const char *title, int year);

/* A movie's title without its year, or "movie 318" if it has none. Free with g_free. */
char *title_of_movie(const Feature *movie);

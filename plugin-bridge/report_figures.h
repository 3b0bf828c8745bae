/* The figures of a report, as SVG to be put into a page. Colours are the page's: classes `grid`,
 * `frame`, `tick`, `label`, `rule`, `beyond`, `dots`, `worst`, `bad`. */
#pragma once

#include "report_sample.h"

/* The cluster's score against the exact one, with the line on which they are equal. */
void figure_parity(GString *html, const ScoreSample *sample);

/* The error of a score against its bound, in units in the last place, on logarithmic axes. */
void figure_errors(GString *html, const ScoreSample *sample);

/* The report for people at a terminal. */
#pragma once

#include <stdio.h>

#include "report.h"

/* TRUE for a terminal that wants colour: NO_COLOR (https://no-color.org) is not set, TERM is not
 * "dumb". */
gboolean report_wants_colour(FILE *out);

/* Verdict first, then figures, then the first violations by kind, each kind with what to do. */
void report_print(const Report *report, FILE *out, gboolean colour);

/* The last part alone; nothing if there are no violations. */
void report_print_violations(const Report *report, FILE *out, gboolean colour);

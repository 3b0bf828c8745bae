/* The report as one page for a browser: no script, nothing from elsewhere, light or dark as the
 * reader's system is, and of a size that does not grow with the number of scores. */
#pragma once

#include "report.h"

/* Free with g_free. */
char *report_html(const Report *report);

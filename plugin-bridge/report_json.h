/* The report for scripts. */
#pragma once

#include <stdio.h>

#include "json.h"
#include "report.h"

/* One JSON object on one line. A figure that is not finite is null. */
void report_print_json(const Report *report, FILE *out);

/* Its members, into an object that is open. */
void report_put_json(yajl_gen json, const Report *report);

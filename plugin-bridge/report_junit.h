/* The report for systems that read JUnit's XML: a test case for each check. */
#pragma once

#include "report.h"

/* A check that was not made is skipped, one with violations is a failure whose type is the first
 * kind; a report without a verdict is an error in every check. Free with g_free. */
char *report_junit(const Report *report);

/* How the reports that jobs print with --json say what went wrong. */
#pragma once

#include "json.h"

/* Members "exit_code" and "error" of an open object; none if `failure` is NULL. */
void json_failure_put(yajl_gen json, const GError *failure);

/* An object of these alone, for a job that ended before there was anything else to report. */
void json_failure_print(const GError *failure);

/* How what programs print with --json says what went wrong. */
#pragma once

#include "json.h"

/* Members "exit_code" and "error" of an open object; none if `failure` is NULL. */
void json_failure_put(yajl_gen json, const GError *failure);

/* An object of these alone, for what ended before there was anything else to report. */
void json_failure_print(const GError *failure);

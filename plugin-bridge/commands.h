/* The verbs of recsys-bridge, one in each cmd_*.c. */
#pragma once

#include "cli.h"

gboolean cmd_explain(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_score(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_verify(const CliCommand *command, int argc, char **argv, GError **error);

/* The verbs of recsys-bridge, one in each cmd_*.c. */
#pragma once

#include "cli.h"

gboolean cmd_check_query(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_explain(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_fingerprint(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_recall(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_score(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_verify(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_watch(const CliCommand *command, int argc, char **argv, GError **error);

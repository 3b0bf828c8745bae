/* The verbs of recsys-loader, one in each cmd_*.c. */
#pragma once

#include "cli.h"

gboolean cmd_doctor(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_plan(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_prune(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_recommend(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_release(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_releases(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_rollback(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_similar(const CliCommand *command, int argc, char **argv, GError **error);

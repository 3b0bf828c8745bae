/* The verbs of recsys-trainer, one in each cmd_*.c. */
#pragma once

#include "cli.h"

gboolean cmd_evaluate(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_import(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_inspect(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_plot(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_synth(const CliCommand *command, int argc, char **argv, GError **error);
gboolean cmd_train(const CliCommand *command, int argc, char **argv, GError **error);

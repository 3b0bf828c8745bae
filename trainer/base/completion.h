/* Scripts with which bash and zsh complete a program's commands and options, made from the tables
 * that its help is made of. What is no option may be a file's name.
 *
 * An option whose argument is described as "auto|always|never" is completed with these words; one
 * in angle brackets, as in "<N>|all", only says what else may be given, and <FILE> asks for a
 * file's name. */
#pragma once

#include "cli.h"

typedef enum { COMPLETION_BASH, COMPLETION_ZSH } CompletionShell;

/* "bash" or "zsh"; RECSYS_ERROR_USAGE for anything else, NULL included. */
gboolean completion_shell_of(const char *name, CompletionShell *shell,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A script is: the beginning, each of the program's commands with its option tables (as
 * cli_parse() has them), the end. */
void completion_put_beginning(GString *script, CompletionShell shell, const CliProgram *program);
void completion_put_command(GString *script, CompletionShell shell, const CliCommand *command,
                            const GOptionEntry *const *entries);
void completion_put_end(GString *script, CompletionShell shell, const CliProgram *program);

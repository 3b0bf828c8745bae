/* What every program's main.c is made of: a table of commands from which dispatch, usage and help
 * are generated. */
#pragma once

#include <glib.h>

typedef struct CliCommand CliCommand;

struct CliCommand {
    const char *name;      /* the verb */
    const char *arguments; /* positional arguments as shown in the usage line, e.g. "DATA BUNDLE" */
    const char *summary;   /* one line */
    const char *details;   /* nullable: paragraphs and examples, shown by `VERB --help` before
                              the exit codes */

    /* argv[0] is the verb. FALSE if and only if `error` is set; its exit code ends the program. */
    gboolean (*run)(const CliCommand *command, int argc, char **argv, GError **error);
};

typedef struct {
    const char *name;                      /* the program */
    const char *summary;                   /* one line */
    const CliCommand *commands;            /* ends with a NULL name */
    int (*exit_code)(const GError *error); /* of any error a command of this program can return */
} CliProgram;

int cli_main(const CliProgram *program, int argc, char **argv);

/* Parses a command's options and leaves its positional arguments in argv[1..]; exactly as many as
 * `command->arguments` has words are required, those in brackets, at its end, excepted. `entries`
 * is a NULL-terminated list of option tables, so that commands can share some. An option that takes
 * one value is refused if it is given twice. Prints help and exits on --help. */
gboolean cli_parse(const CliCommand *command, const GOptionEntry *const *entries, int *argc,
                   char ***argv, GError **error) G_GNUC_WARN_UNUSED_RESULT;

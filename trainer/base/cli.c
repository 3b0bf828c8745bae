#include "cli.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "interrupt.h"
#include "recsys_error.h"

static const CliProgram *running;

static void print_help(const CliProgram *program, FILE *out)
{
    gsize width = 0;
    for (const CliCommand *c = program->commands; c->name != NULL; c++)
        width = MAX(width, strlen(c->arguments));
    fprintf(out, "Usage: %s COMMAND [OPTION…] …\n\n%s\n\nCommands:\n", program->name,
            program->summary);
    for (const CliCommand *c = program->commands; c->name != NULL; c++)
        fprintf(out, "  %-10s %-*s  %s\n", c->name, (int)width, c->arguments, c->summary);
    fprintf(out, "\n`%s COMMAND --help` shows a command's options and examples.\n\n",
            program->name);
    recsys_error_print_exit_codes(out);
}

static const CliCommand *find_command(const CliProgram *program, const char *name)
{
    for (const CliCommand *c = program->commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

int cli_main(const CliProgram *program, int argc, char **argv)
{
    /* File names and arguments are text of the user's locale; numbers stay in the C locale. */
    setlocale(LC_CTYPE, "");
    g_set_prgname(program->name);
    interrupt_install();
    running = program;

    if (argc < 2) {
        print_help(program, stderr);
        return RECSYS_ERROR_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help(program, stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("%s %s\n", program->name, RECSYS_VERSION);
        return 0;
    }

    const CliCommand *command = find_command(program, argv[1]);
    if (command == NULL) {
        fprintf(stderr, "%s: no command \"%s\"; `%s --help` lists them\n", program->name, argv[1],
                program->name);
        return RECSYS_ERROR_USAGE;
    }

    g_autoptr(GError) error = NULL;
    gboolean done = command->run(command, argc - 1, argv + 1, &error);
    if (done && (fflush(stdout) != 0 || ferror(stdout))) {
        done = FALSE;
        g_set_error(&error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "standard output could not be written: disk full, or the reader went away");
    }
    if (done)
        return 0;
    fflush(stdout); /* what was printed before stands before the error, in a log too */
    fprintf(stderr, "%s %s: %s\n", program->name, command->name, error->message);
    return program->exit_code(error);
}

/* Words in brackets may be left out. */
static void count_words(const char *text, guint *least, guint *most)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    *least = *most = 0;
    for (char **word = words; text[0] != '\0' && *word != NULL; word++) {
        *most += 1;
        *least += **word != '[';
    }
}

gboolean cli_parse(const CliCommand *command, const GOptionEntry *const *entries, int *argc,
                   char ***argv, GError **error)
{
    g_autofree char *usage = g_strdup_printf("%s — %s", command->arguments, command->summary);
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    for (; *entries != NULL; entries++)
        g_option_context_add_main_entries(context, *entries, NULL);
    g_option_context_set_description(context, command->details);

    g_autofree char *prgname = g_strdup_printf("%s %s", running->name, command->name);
    g_set_prgname(prgname); /* the usage line names the verb too */
    if (!g_option_context_parse(context, argc, argv, error))
        return FALSE;

    guint least, wanted;
    count_words(command->arguments, &least, &wanted);
    guint given = (guint)*argc - 1;
    if (given < least || given > wanted) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%u argument%s expected%s%s, %u given; see `%s --help`", wanted,
                    wanted == 1 ? "" : "s", wanted > 0 ? ": " : "", command->arguments, given,
                    prgname);
        return FALSE;
    }
    return TRUE;
}

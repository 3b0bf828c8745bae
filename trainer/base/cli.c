#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "completion.h"
#include "interrupt.h"
#include "printable.h"
#include "recsys_error.h"

#define OUTPUT_IS_LOST                                                                             \
    "standard output could not be written: disk full, closed, or the reader went away"

static const CliProgram *running;
static GString *script; /* not NULL: commands are run for their option tables only */
static CompletionShell script_shell;

/* ---- the standard streams ---- */

/* The number of one that the caller closed would go to the next file or connection, which then gets
 * what is meant for the stream. /dev/null takes its place: for the wrong direction in the case of
 * input and output, so that a program which needs them fails, as it did; what goes to standard
 * error nobody wants to know. */
static void open_closed_streams(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_WRONLY};
    for (int stream = 0; stream < (int)G_N_ELEMENTS(modes); stream++)
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF &&
            open("/dev/null", modes[stream]) != stream)
            _exit(RECSYS_ERROR_DATA);
}

static void complain(const char *who, const char *message)
{
    g_autofree char *printable = printable_text(message);
    fprintf(stderr, "%s: %s\n", who, printable);
}

static gboolean output_is_judged; /* by the exit code */

static gboolean flush_output(void)
{
    output_is_judged = TRUE;
    return fflush(stdout) == 0 && !ferror(stdout);
}

/* Help ends the program where it is printed, GLib's as well. */
static void on_exit_flush(void)
{
    if (output_is_judged || flush_output())
        return;
    complain(g_get_prgname(), OUTPUT_IS_LOST);
    _exit(RECSYS_ERROR_DATA);
}

/* ---- help ---- */

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
    fprintf(out, "`%s --completion bash` (or zsh) prints a script for the shell's completion.\n\n",
            program->name);
    g_autofree char *exit_codes = recsys_error_describe_exit_codes();
    fputs(exit_codes, out);
}

static const CliCommand *find_command(const CliProgram *program, const char *name)
{
    for (const CliCommand *c = program->commands; c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

/* ---- completion ---- */

/* Each command is run as far as cli_parse(), which has its option tables. */
static void write_script(const CliProgram *program)
{
    completion_put_beginning(script, script_shell, program);
    for (const CliCommand *command = program->commands; command->name != NULL; command++) {
        g_autoptr(GError) stopped = NULL;
        g_autofree char *name = g_strdup(command->name);
        char *argv[] = {name, NULL};
        const gsize before = script->len;
        if (command->run(command, 1, argv, &stopped) || script->len == before)
            g_error("%s does not get to its options", command->name);
    }
    completion_put_end(script, script_shell, program);
}

static int print_completion(const CliProgram *program, const char *shell)
{
    g_autoptr(GError) error = NULL;
    if (!completion_shell_of(shell, &script_shell, &error)) {
        complain(program->name, error->message);
        return RECSYS_ERROR_USAGE;
    }
    script = g_string_new(NULL);
    write_script(program);
    fputs(script->str, stdout);
    g_string_free(g_steal_pointer(&script), TRUE);
    return 0;
}

/* ---- running ---- */

static void set_up(const CliProgram *program)
{
    open_closed_streams();
    /* File names and arguments are text of the user's locale; numbers stay in the C locale. */
    setlocale(LC_CTYPE, "");
    g_set_prgname(program->name);
    interrupt_install();
    if (running == NULL)
        (void)atexit(on_exit_flush);
    running = program;
}

static int run_command(const CliProgram *program, const CliCommand *command, int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    gboolean done = command->run(command, argc, argv, &error);
    const gboolean is_written = flush_output(); /* before the error, in a log too */
    if (done && !is_written) {
        done = FALSE;
        g_set_error_literal(&error, RECSYS_ERROR, RECSYS_ERROR_DATA, OUTPUT_IS_LOST);
    }
    if (done)
        return 0;
    g_autofree char *who = g_strdup_printf("%s %s", program->name, command->name);
    complain(who, error->message);
    return program->exit_code(error);
}

int cli_main(const CliProgram *program, int argc, char **argv)
{
    set_up(program);
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
    if (strcmp(argv[1], "--completion") == 0)
        return print_completion(program, argv[2]);

    const CliCommand *command = find_command(program, argv[1]);
    if (command != NULL)
        return run_command(program, command, argc - 1, argv + 1);
    g_autofree char *message =
        g_strdup_printf("no command \"%s\"; `%s --help` lists them", argv[1], program->name);
    complain(program->name, message);
    return RECSYS_ERROR_USAGE;
}

/* ---- given twice ---- */

static gboolean takes_one_value(const GOptionEntry *entry)
{
    return entry->arg != G_OPTION_ARG_NONE && entry->arg != G_OPTION_ARG_STRING_ARRAY &&
           entry->arg != G_OPTION_ARG_FILENAME_ARRAY;
}

static guint count_option(const char *name, int argc, char **argv)
{
    const gsize length = strlen(name);
    guint count = 0;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        count += g_str_has_prefix(argv[i], "--") && strncmp(argv[i] + 2, name, length) == 0 &&
                 (argv[i][2 + length] == '\0' || argv[i][2 + length] == '=');
    return count;
}

/* GLib would take the last one without a word. */
static gboolean check_repeated(const GOptionEntry *const *tables, int argc, char **argv,
                               GError **error)
{
    for (; *tables != NULL; tables++)
        for (const GOptionEntry *entry = *tables; entry->long_name != NULL; entry++) {
            if (!takes_one_value(entry) || count_option(entry->long_name, argc, argv) < 2)
                continue;
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                        "--%s is given more than once: which one?", entry->long_name);
            return FALSE;
        }
    return TRUE;
}

/* ---- a command's own line ---- */

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
    if (script != NULL) {
        completion_put_command(script, script_shell, command, entries);
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "%s is not run", command->name);
        return FALSE;
    }
    if (!check_repeated(entries, *argc, *argv, error))
        return FALSE;
    g_autofree char *usage = g_strdup_printf("%s — %s", command->arguments, command->summary);
    g_autoptr(GOptionContext) context = g_option_context_new(usage);
    for (; *entries != NULL; entries++)
        g_option_context_add_main_entries(context, *entries, NULL);
    g_autofree char *exit_codes = recsys_error_describe_exit_codes();
    g_autofree char *description =
        g_strconcat(command->details != NULL ? command->details : "",
                    command->details != NULL ? "\n" : "", exit_codes, NULL);
    g_option_context_set_description(context, description);

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

#include "completion.h"

#include <string.h>

#include "recsys_error.h"

typedef enum { OPTION_FLAG, OPTION_VALUE, OPTION_FILE } OptionKind;

gboolean completion_shell_of(const char *name, CompletionShell *shell, GError **error)
{
    if (g_strcmp0(name, "bash") == 0)
        *shell = COMPLETION_BASH;
    else if (g_strcmp0(name, "zsh") == 0)
        *shell = COMPLETION_ZSH;
    else {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "--completion must be followed by bash or zsh%s%s",
                    name != NULL ? ", not " : "", name != NULL ? name : "");
        return FALSE;
    }
    return TRUE;
}

/* Texts are declared as file names too, to be taken as they are given whatever the locale is; they
 * are told by the word for their argument. */
static gboolean names_file(const GOptionEntry *entry)
{
    return g_strcmp0(entry->arg_description, "FILE") == 0 ||
           g_strcmp0(entry->arg_description, "BUNDLE") == 0;
}

static OptionKind kind_of(const GOptionEntry *entry)
{
    switch (entry->arg) {
    case G_OPTION_ARG_NONE:
        return OPTION_FLAG;
    case G_OPTION_ARG_FILENAME:
    case G_OPTION_ARG_FILENAME_ARRAY:
        return names_file(entry) ? OPTION_FILE : OPTION_VALUE;
    default:
        if (entry->flags & G_OPTION_FLAG_NO_ARG)
            return OPTION_FLAG;
        return entry->arg_description != NULL && strstr(entry->arg_description, "<FILE>") != NULL
                   ? OPTION_FILE
                   : OPTION_VALUE;
    }
}

/* The words of "auto|always|never", but none in angle brackets, with `separator` between them;
 * empty if the description lists none. */
static char *choices_of(const GOptionEntry *entry, const char *separator)
{
    GString *choices = g_string_new(NULL);
    const char *listed = entry->arg_description != NULL ? entry->arg_description : "";
    g_auto(GStrv) words = g_strsplit(strchr(listed, '|') != NULL ? listed : "", "|", -1);
    for (char **word = words; *word != NULL; word++)
        if (**word != '<')
            g_string_append_printf(choices, "%s%s", choices->len > 0 ? separator : "", *word);
    return g_string_free(choices, FALSE);
}

static gboolean may_be_repeated(const GOptionEntry *entry)
{
    return entry->arg == G_OPTION_ARG_STRING_ARRAY || entry->arg == G_OPTION_ARG_FILENAME_ARRAY;
}

static gboolean is_hidden(const GOptionEntry *entry)
{
    return (entry->flags & G_OPTION_FLAG_HIDDEN) != 0;
}

/* `text` between the single quotes of a shell, with a backslash before each of `special`. */
static void put_quoted(GString *script, const char *text, const char *special)
{
    for (; *text != '\0'; text++) {
        if (strchr(special, *text) != NULL)
            g_string_append_c(script, '\\');
        if (*text == '\'')
            g_string_append(script, "'\\''");
        else
            g_string_append_c(script, *text);
    }
}

/* ---- bash ---- */

static char *bash_function(const CliProgram *program)
{
    return g_strdelimit(g_strconcat("_", program->name, NULL), "-", '_');
}

static void put_bash_beginning(GString *script, const CliProgram *program)
{
    g_autofree char *function = bash_function(program);
    g_string_append_printf(script,
                           "# Made by: %s --completion bash\n"
                           "%s() {\n"
                           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - "
                           "1]} flags='' values='' files='' choices=''\n"
                           "    COMPREPLY=()\n"
                           "    case ${COMP_WORDS[1]} in\n",
                           program->name, function);
}

static void put_bash_options(GString *script, const char *variable, OptionKind kind,
                             const GOptionEntry *const *entries)
{
    g_string_append_printf(script, " %s='%s", variable, kind == OPTION_FLAG ? "--help" : "");
    for (; *entries != NULL; entries++)
        for (const GOptionEntry *entry = *entries; entry->long_name != NULL; entry++)
            if (kind_of(entry) == kind && !is_hidden(entry))
                g_string_append_printf(script, " --%s", entry->long_name);
    g_string_append_c(script, '\'');
}

/* As in ' --gzip=auto|always|never --by=cosine|dot'. */
static void put_bash_choices(GString *script, const GOptionEntry *const *entries)
{
    g_string_append(script, " choices='");
    for (; *entries != NULL; entries++)
        for (const GOptionEntry *entry = *entries; entry->long_name != NULL; entry++) {
            g_autofree char *choices = choices_of(entry, "|");
            if (*choices != '\0' && !is_hidden(entry))
                g_string_append_printf(script, " --%s=%s", entry->long_name, choices);
        }
    g_string_append_c(script, '\'');
}

static void put_bash_command(GString *script, const CliCommand *command,
                             const GOptionEntry *const *entries)
{
    g_string_append_printf(script, "    %s)", command->name);
    put_bash_options(script, "flags", OPTION_FLAG, entries);
    put_bash_options(script, "values", OPTION_VALUE, entries);
    put_bash_options(script, "files", OPTION_FILE, entries);
    put_bash_choices(script, entries);
    g_string_append(script, " ;;\n");
}

/* Where nothing is proposed, readline completes file names: by `-o default`, unless that is taken
 * back. compopt fails where nothing is being completed, in a test. */
static void put_bash_end(GString *script, const CliProgram *program)
{
    g_autofree char *function = bash_function(program);
    g_string_append(script, "    esac\n"
                            "    # Readline makes three words of --option=value.\n"
                            "    [[ $prev != = ]] || prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
                            "    [[ $cur != = ]] || cur=''\n"
                            "    if ((COMP_CWORD == 1)); then flags='");
    for (const CliCommand *command = program->commands; command->name != NULL; command++)
        g_string_append_printf(script, "%s ", command->name);
    g_string_append_printf(
        script,
        "--help --version'\n"
        "    elif [[ \" $files \" == *\" $prev \"* ]]; then return 0\n"
        "    elif [[ $choices =~ \" $prev=\"([^\\ ]+) ]]; then flags=${BASH_REMATCH[1]//|/ } "
        "values='' files=''\n"
        "    elif [[ \" $values \" == *\" $prev \"* ]]; then compopt +o default 2>/dev/null; "
        "return 0\n"
        "    elif [[ $cur != -* ]]; then return 0\n"
        "    fi\n"
        "    compopt +o default 2>/dev/null\n"
        "    mapfile -t COMPREPLY < <(compgen -W \"$flags $values $files\" -- \"$cur\")\n"
        "}\n"
        "complete -o default -F %s %s\n",
        function, program->name);
}

/* ---- zsh ---- */

static void put_zsh_beginning(GString *script, const CliProgram *program)
{
    g_string_append_printf(script,
                           "#compdef %s\n"
                           "# Made by: %s --completion zsh\n"
                           "_%s() {\n"
                           "    local curcontext=$curcontext state line\n"
                           "    typeset -A opt_args\n"
                           "    local -a commands=(\n",
                           program->name, program->name, program->name);
    for (const CliCommand *command = program->commands; command->name != NULL; command++) {
        g_string_append_printf(script, "        '%s:", command->name);
        put_quoted(script, command->summary, "\\:");
        g_string_append(script, "'\n");
    }
    g_string_append(script, "    )\n"
                            "    _arguments -C '(- : *)--help[show the commands]' "
                            "'(- : *)--version[show the version]' "
                            "'1: :->command' '*:: :->rest' && return\n"
                            "    case $state in\n"
                            "    command) _describe -t commands command commands ;;\n"
                            "    rest)\n"
                            "        curcontext=\"${curcontext%:*}-$words[1]:\"\n"
                            "        case $words[1] in\n");
}

static void put_zsh_option(GString *script, const GOptionEntry *entry)
{
    static const char special[] = "\\:[]";
    const OptionKind kind = kind_of(entry);
    g_string_append_printf(script, " \\\n                '%s--%s%s[",
                           may_be_repeated(entry) ? "*" : "", entry->long_name,
                           kind == OPTION_FLAG ? "" : "=");
    put_quoted(script, entry->description != NULL ? entry->description : "", special);
    g_string_append_c(script, ']');
    if (kind != OPTION_FLAG) {
        g_autofree char *choices = choices_of(entry, " ");
        g_string_append_c(script, ':');
        put_quoted(script, entry->arg_description != NULL ? entry->arg_description : "", special);
        if (*choices != '\0')
            g_string_append_printf(script, ":(%s)", choices);
        else
            g_string_append(script, kind == OPTION_FILE ? ":_files" : ": ");
    }
    g_string_append_c(script, '\'');
}

static void put_zsh_command(GString *script, const CliCommand *command,
                            const GOptionEntry *const *entries)
{
    g_string_append_printf(script, "        %s) _arguments '--help[show the options]'",
                           command->name);
    for (; *entries != NULL; entries++)
        for (const GOptionEntry *entry = *entries; entry->long_name != NULL; entry++)
            if (!is_hidden(entry))
                put_zsh_option(script, entry);
    if (command->arguments[0] != '\0') {
        g_string_append(script, " \\\n                '*:");
        put_quoted(script, command->arguments, "\\:");
        g_string_append(script, ":_files'");
    }
    g_string_append(script, " ;;\n");
}

/* It may be a file of $fpath, whose text is the function's body at first, or be sourced. */
static void put_zsh_end(GString *script, const CliProgram *program)
{
    g_string_append_printf(script,
                           "        esac ;;\n"
                           "    esac\n"
                           "}\n"
                           "if [[ $funcstack[1] == _%s ]]; then _%s \"$@\"; "
                           "else compdef _%s %s; fi\n",
                           program->name, program->name, program->name, program->name);
}

/* ---- either ---- */

void completion_put_beginning(GString *script, CompletionShell shell, const CliProgram *program)
{
    (shell == COMPLETION_BASH ? put_bash_beginning : put_zsh_beginning)(script, program);
}

void completion_put_command(GString *script, CompletionShell shell, const CliCommand *command,
                            const GOptionEntry *const *entries)
{
    (shell == COMPLETION_BASH ? put_bash_command : put_zsh_command)(script, command, entries);
}

void completion_put_end(GString *script, CompletionShell shell, const CliProgram *program)
{
    (shell == COMPLETION_BASH ? put_bash_end : put_zsh_end)(script, program);
}

#include "programs.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

static GHashTable *environment; /* char * -> char * */

void run_clear(Run *run)
{
    g_free(run->out);
    g_free(run->err);
    *run = (Run){0};
}

void tap_comment(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "(nothing)", "\n", -1);
    for (char **line = lines; *line != NULL; line++)
        if (**line != '\0')
            printf("#   %s\n", *line);
}

/* ---- starting ---- */

void programs_set_environment(const char *variable, const char *value)
{
    if (environment == NULL)
        environment = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (value != NULL)
        g_hash_table_insert(environment, g_strdup(variable), g_strdup(value));
    else
        g_hash_table_remove(environment, variable);
}

static char **child_environment(void)
{
    char **all = g_get_environ();
    g_auto(GStrv) names = g_listenv();
    for (char **name = names; *name != NULL; name++)
        if (g_str_has_prefix(*name, "ES_"))
            all = g_environ_unsetenv(all, *name);
    GHashTableIter iter;
    gpointer name, value;
    if (environment == NULL)
        return all;
    g_hash_table_iter_init(&iter, environment);
    while (g_hash_table_iter_next(&iter, &name, &value))
        all = g_environ_setenv(all, name, value, TRUE);
    return all;
}

static GSubprocess *start(const char *program, const char *const *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    const char *path = program[0] == '/' ? program : g_getenv(program);
    if (path == NULL)
        g_error("%s is not set: it must be the path of the program", program);
    g_ptr_array_add(words, (gpointer)path);
    for (; *arguments != NULL; arguments++)
        g_ptr_array_add(words, (gpointer)*arguments);
    g_ptr_array_add(words, NULL);
    g_auto(GStrv) variables = child_environment();

    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
    g_subprocess_launcher_set_environ(launcher, variables);
    GSubprocess *process =
        g_subprocess_launcher_spawnv(launcher, (const char *const *)words->pdata, &error);
    if (process == NULL)
        g_error("%s cannot be run: %s", path, error->message);
    return process;
}

/* The same with the arguments of a variadic function. */
static GSubprocess *start_with(const char *program, va_list arguments)
{
    g_autoptr(GPtrArray) words = g_ptr_array_new();
    for (const char *next; (next = va_arg(arguments, const char *)) != NULL;)
        g_ptr_array_add(words, (gpointer)next);
    g_ptr_array_add(words, NULL);
    return start(program, (const char *const *)words->pdata);
}

static void finish(Run *run, GSubprocess *process)
{
    g_autoptr(GError) error = NULL;
    run_clear(run);
    if (!g_subprocess_communicate_utf8(process, NULL, NULL, &run->out, &run->err, &error))
        g_error("the output of a program cannot be read: %s", error->message);
    run->status = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process)
                                                      : 128 + g_subprocess_get_term_sig(process);
}

void run_program(Run *run, const char *program, ...)
{
    va_list arguments;
    va_start(arguments, program);
    g_autoptr(GSubprocess) process = start_with(program, arguments);
    va_end(arguments);
    finish(run, process);
}

void run_two(Run runs[2], const char *program, const char *const first[],
             const char *const second[])
{
    g_autoptr(GSubprocess) one = start(program, first);
    g_autoptr(GSubprocess) two = start(program, second);
    finish(&runs[0], one);
    finish(&runs[1], two);
}

void run_interrupted(Run *run, int signal_number, gulong microseconds, const char *program, ...)
{
    va_list arguments;
    va_start(arguments, program);
    g_autoptr(GSubprocess) process = start_with(program, arguments);
    va_end(arguments);
    g_usleep(microseconds);
    g_subprocess_send_signal(process, signal_number);
    finish(run, process);
}

/* ---- looking ---- */

gboolean run_says(const Run *run, int status, ...)
{
    gboolean right = run->status == status;
    if (!right)
        printf("# exit code %d, expected %d\n", run->status, status);
    va_list texts;
    va_start(texts, status);
    for (const char *text; (text = va_arg(texts, const char *)) != NULL;) {
        if (strstr(run->out, text) != NULL || strstr(run->err, text) != NULL)
            continue;
        printf("# it does not say \"%s\"\n", text);
        right = FALSE;
    }
    va_end(texts);
    if (!right) {
        tap_comment(run->out);
        tap_comment(run->err);
    }
    return right;
}

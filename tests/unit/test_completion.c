#include "completion.h"

#include <string.h>

#include "recsys_error.h"
#include "tap.h"

static const CliCommand commands[] = {
    {"weigh", "LAMP [SHADE]", "weigh: a lamp's weight", NULL, NULL},
    {"polish", "", "make it shine", NULL, NULL},
    {NULL},
};
static const CliProgram program = {"a-lamp", "About lamps.", commands, NULL};

static char *script_of(CompletionShell shell)
{
    gboolean bright;
    char *colour, *size, *light, *shade, *file, **files;
    const GOptionEntry some[] = {
        {"bright", 0, 0, G_OPTION_ARG_NONE, &bright, "it's [very] bright: yes \\ no", NULL},
        {"colour", 0, 0, G_OPTION_ARG_STRING, &colour, "of the lamp", "A:B"},
        {"light", 0, 0, G_OPTION_ARG_STRING, &light, "how warm", "warm|cool-white"},
        {"size", 0, 0, G_OPTION_ARG_STRING, &size, "how large", "<N>|any"},
        {"shade", 0, 0, G_OPTION_ARG_STRING, &shade, "how dark", "<X>|<FILE>"},
        {NULL},
    };
    const GOptionEntry others[] = {
        {"list", 0, 0, G_OPTION_ARG_FILENAME, &file, "where it stands", "FILE"},
        {"more", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, "and more", "FILE"},
        {"secret", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &bright, "not to be shown", NULL},
        {NULL},
    };
    GString *script = g_string_new(NULL);
    completion_put_beginning(script, shell, &program);
    completion_put_command(script, shell, &commands[0],
                           (const GOptionEntry *const[]){some, others, NULL});
    completion_put_command(script, shell, &commands[1], (const GOptionEntry *const[]){NULL});
    completion_put_end(script, shell, &program);
    return g_string_free(script, FALSE);
}

static void check_has(const char *script, const char *part)
{
    if (strstr(script, part) == NULL)
        printf("# not there: %s\n", part);
    CU_ASSERT_PTR_NOT_NULL(strstr(script, part));
}

static void test_bash(void)
{
    g_autofree char *script = script_of(COMPLETION_BASH);
    check_has(script, "weigh) flags='--help --bright' values=' --colour --light --size'"
                      " files=' --shade --list --more'"
                      " choices=' --light=warm|cool-white --size=any' ;;");
    check_has(script, "polish) flags='--help' values='' files='' choices='' ;;");
    check_has(script, "flags='weigh polish --help --version'");
    check_has(script, "complete -o default -F _a_lamp a-lamp\n");
    CU_ASSERT_PTR_NULL(strstr(script, "secret"));
}

static void test_zsh(void)
{
    g_autofree char *script = script_of(COMPLETION_ZSH);
    CU_ASSERT(g_str_has_prefix(script, "#compdef a-lamp\n"));
    check_has(script, "'weigh:weigh\\: a lamp'\\''s weight'\n");
    check_has(script, "'--bright[it'\\''s \\[very\\] bright\\: yes \\\\ no]'");
    check_has(script, "'--colour=[of the lamp]:A\\:B: '");
    check_has(script, "'--light=[how warm]:warm|cool-white:(warm cool-white)'");
    check_has(script, "'--size=[how large]:<N>|any:(any)'");
    check_has(script, "'--shade=[how dark]:<X>|<FILE>:_files'");
    check_has(script, "'--list=[where it stands]:FILE:_files'");
    check_has(script, "'*--more=[and more]:FILE:_files'");
    check_has(script, "'*:LAMP [SHADE]:_files' ;;");
    check_has(script, "polish) _arguments '--help[show the options]' ;;");
    CU_ASSERT_PTR_NULL(strstr(script, "secret"));
}

static void test_shell_names(void)
{
    static const char *const wrong[] = {NULL, "", "fish", "BASH"};
    g_autoptr(GError) error = NULL;
    CompletionShell shell = COMPLETION_BASH;
    CU_ASSERT(completion_shell_of("zsh", &shell, &error) && shell == COMPLETION_ZSH);
    CU_ASSERT(completion_shell_of("bash", &shell, &error) && shell == COMPLETION_BASH);
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        CU_ASSERT_FALSE(completion_shell_of(wrong[i], &shell, &error));
        CU_ASSERT(g_error_matches(error, RECSYS_ERROR, RECSYS_ERROR_USAGE));
        g_clear_error(&error);
    }
}

static const UnitTest tests[] = {
    {"bash: options by what they take", test_bash},
    {"zsh: quoted descriptions", test_zsh},
    {"bash and zsh, nothing else", test_shell_names},
    {NULL, NULL},
};

TAP_MAIN("completion", tests)

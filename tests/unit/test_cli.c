#include "cli.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "program.h"
#include "recsys_error.h"
#include "tap.h"

static const char *const programs[] = {PROGRAM_TRAINER, PROGRAM_LOADER, PROGRAM_BRIDGE};

static gboolean are_there(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++)
        if (!program_is_there(programs[i]))
            return FALSE;
    return TRUE;
}

/* ---- help and usage ---- */

static void test_help(void)
{
    if (!are_there())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        program_check(programs[i], "--help", 0, "  130  interrupted\n", "");
        program_check(programs[i], "-h", 0, "Commands:", "");
        program_check(programs[i], "help", 0, "Usage: recsys-", "");
        program_check(programs[i], "--version", 0, RECSYS_VERSION, "");
        program_check(programs[i], "", RECSYS_ERROR_USAGE, "", "Usage: recsys-");
        program_check(programs[i], "frobnicate", RECSYS_ERROR_USAGE, "",
                      "no command \"frobnicate\"");
        program_check(programs[i], "--frobnicate", RECSYS_ERROR_USAGE, "", "no command");
    }
    program_check(PROGRAM_TRAINER, "--help", 0,
                  "  synth      DIR                    write an invented", "");
    program_check(PROGRAM_TRAINER, "train --help", 0, "recsys-trainer train", "");
    program_check(PROGRAM_TRAINER, "train --help", 0, "DATA BUNDLE", "");
    program_check(PROGRAM_LOADER, "recommend --help", 0, "--occupation", "");
    program_check(PROGRAM_BRIDGE, "verify --help", 0, "Examples:", "");
}

/* A timer's unit or a script has one command to look after. */
static void test_exit_codes_of_each(void)
{
    if (!are_there())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        g_autofree char *line =
            g_strdup_printf("%s --help | sed -n '/^Commands:/,/^$/s/^  \\([a-z-]*\\) .*/\\1/p'",
                            g_getenv(programs[i]));
        char *argv[] = {(char *)"/bin/sh", (char *)"-c", line, NULL};
        g_autofree char *verbs = NULL;
        CU_ASSERT(g_spawn_sync(NULL, argv, NULL, 0, NULL, NULL, &verbs, NULL, NULL, NULL));
        g_auto(GStrv) all = g_strsplit(verbs != NULL ? verbs : "", "\n", -1);
        CU_ASSERT(g_strv_length(all) > 5);
        for (char **verb = all; *verb != NULL && **verb != '\0'; verb++) {
            g_autofree char *help = g_strconcat(*verb, " --help", NULL);
            program_check(programs[i], help, 0, "\n\nExit codes:\n    0  done\n", "");
            program_check(programs[i], help, 0, "\n  130  interrupted\n", "");
        }
    }
}

/* Runs a line of the shell in which $P is the program. */
static void check_line(const char *program, const char *line, int status, const char *err)
{
    g_autofree char *script = g_strdup_printf("P='%s'\n%s", g_getenv(program), line);
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", script, NULL};
    g_autofree char *complaint = NULL;
    int waited = -1;
    CU_ASSERT(g_spawn_sync(NULL, argv, NULL, 0, NULL, NULL, NULL, &complaint, &waited, NULL));
    const gboolean is_right =
        WIFEXITED(waited) && WEXITSTATUS(waited) == status && strstr(complaint, err) != NULL;
    CU_ASSERT(is_right);
    if (!is_right)
        printf("# %s: %d, %s\n", line, waited, complaint);
}

/* What cannot be written is not done, help included. */
static void test_lost_output(void)
{
    if (!are_there())
        return;
    const char *const words[] = {"--help", "help", "--version", "--completion bash"};
    const char *const places[] = {">/dev/full", ">&-"};
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++)
        for (guint j = 0; j < G_N_ELEMENTS(words); j++)
            for (guint k = 0; k < G_N_ELEMENTS(places); k++) {
                g_autofree char *line = g_strdup_printf("\"$P\" %s %s", words[j], places[k]);
                check_line(programs[i], line, 2, ": standard output could not be written");
            }
    check_line(PROGRAM_LOADER, "\"$P\" recommend --help >/dev/full", 2,
               "recsys-loader recommend: standard output could not be written");
    check_line(PROGRAM_TRAINER, "\"$P\" train --help >&-", 2,
               "recsys-trainer train: standard output could not be written");
    check_line(PROGRAM_LOADER, "\"$P\" --help >&- 2>&-", 2, "");
    check_line(PROGRAM_LOADER, "\"$P\" --help >/dev/null <&- 2>&-", 0, "");
}

/* A message is text: a terminal obeys nothing in it, and it is one line. */
static void test_messages(void)
{
    if (!are_there())
        return;
    check_line(PROGRAM_LOADER, "\"$P\" \"$(printf 'a\\033[31m\\nb')\"", 1,
               "no command \"a\\x1b[31m\\nb\"");
    check_line(PROGRAM_LOADER, "\"$P\" similar --movie 1 --by \"$(printf '\\303\\244\\tx')\"", 1,
               "--by \u00e4\\tx: cosine or dot");
}

static void test_arguments(void)
{
    if (!are_there())
        return;
    program_check(PROGRAM_TRAINER, "train", RECSYS_ERROR_USAGE, "",
                  "2 arguments expected: DATA BUNDLE, 0 given");
    program_check(PROGRAM_TRAINER, "train a", RECSYS_ERROR_USAGE, "",
                  "2 arguments expected: DATA BUNDLE, 1 given");
    program_check(PROGRAM_TRAINER, "train a b c", RECSYS_ERROR_USAGE, "", "3 given");
    program_check(PROGRAM_BRIDGE, "score --age 18", RECSYS_ERROR_USAGE, "",
                  "1 argument expected: BUNDLE, 0 given");
    program_check(PROGRAM_LOADER, "recommend x", RECSYS_ERROR_USAGE, "",
                  "0 arguments expected, 1 given");
}

static void test_repeated(void)
{
    if (!are_there())
        return;
    const char *const wrong[] = {
        "recommend --size 3 --size 4",
        "recommend --size=3 --user 1 --size 3",
        "recommend --size 3 --genre A --genre B --size=4",
        "similar --movie 1 --size 3 --size 4",
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        program_check(PROGRAM_LOADER, wrong[i], RECSYS_ERROR_USAGE, "",
                      "--size is given more than once: which one?");
    program_check(PROGRAM_LOADER, "release /nonexistent --keep 2 --keep 3", RECSYS_ERROR_USAGE, "",
                  "--keep is given more than once");
    program_check(PROGRAM_BRIDGE, "verify /nonexistent --depth 3 --depth 4", RECSYS_ERROR_USAGE, "",
                  "--depth is given more than once");
    program_check(PROGRAM_TRAINER, "train a b --epochs 1 --epochs=2", RECSYS_ERROR_USAGE, "",
                  "--epochs is given more than once");
    /* Flags, options that take several values, what comes after -- and longer names are no
     * repetition. */
    program_check(PROGRAM_LOADER, "release /nonexistent --knn --knn --json --json",
                  RECSYS_ERROR_DATA, "", "/nonexistent");
    program_check(PROGRAM_LOADER,
                  "release /nonexistent --skip-gate rmse --skip-gate=count --keep 3",
                  RECSYS_ERROR_DATA, "", "/nonexistent");
    program_check(PROGRAM_BRIDGE, "score /nonexistent --age 1 -- --age 1", RECSYS_ERROR_USAGE, "",
                  "1 argument expected");
}

static void test_options(void)
{
    if (!are_there())
        return;
    const char *const wrong[] = {
        "--epochs 0",        "--epochs -1",    "--epochs ten",   "--epochs 1.5",        "--epochs",
        "--frobnicate",      "--factors 5000", "--batch-size 0", "--learning-rate 0",   "--valid 1",
        "--weight-decay -1", "--seed -1",      "--threads 0",    "--learning-rate nan",
    };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *arguments =
            g_strconcat("train /nonexistent/a /nonexistent/b ", wrong[i], NULL);
        program_check(PROGRAM_TRAINER, arguments, RECSYS_ERROR_USAGE, "", "recsys-trainer train: ");
    }
    program_check(PROGRAM_BRIDGE, "score /nonexistent", RECSYS_ERROR_USAGE, "", "for whom?");
    program_check(PROGRAM_BRIDGE, "score /nonexistent --age 1 --size 0", RECSYS_ERROR_USAGE, "",
                  "--size must be");
    program_check(PROGRAM_BRIDGE, "verify /nonexistent --depth 0", RECSYS_ERROR_USAGE, "",
                  "--depth must be");
    program_check(PROGRAM_LOADER, "release /nonexistent --doc-ids x", RECSYS_ERROR_USAGE, "",
                  "--doc-ids must be");
    /* Said before the bundle is looked for. */
    program_check(PROGRAM_LOADER, "release /nonexistent --min-overlap 1.5", RECSYS_ERROR_USAGE, "",
                  "--min-overlap must be a number from 0 to 1");
    program_check(PROGRAM_LOADER, "plan /nonexistent --min-correlation -2", RECSYS_ERROR_USAGE, "",
                  "--min-correlation must be a number from -1 to 1");
    const char *const owners[] = {"kim",    "kim@host",  "@host:1",
                                  "kim@:1", "kim@host:", "kim@host:x"};
    for (guint i = 0; i < G_N_ELEMENTS(owners); i++) {
        g_autofree char *arguments = g_strconcat("prune --keep 3 --break-lock ", owners[i], NULL);
        program_check(PROGRAM_LOADER, arguments, RECSYS_ERROR_USAGE, "",
                      "--break-lock must be the owner");
    }
    /* Bytes that are no text in this locale are a matter of the command line as well. */
    program_check(PROGRAM_BRIDGE, "score /nonexistent --gender \"$(printf '\\377')\"",
                  RECSYS_ERROR_USAGE, "", "recsys-bridge score: ");
}

/* ---- data ---- */

static void test_data_errors(void)
{
    if (!are_there())
        return;
    g_autofree char *directory = tap_directory();
    g_autofree char *train = g_strdup_printf("train %s %s/bundle", directory, directory);
    program_check(PROGRAM_TRAINER, train, RECSYS_ERROR_DATA, "", "users.dat");
    program_check(PROGRAM_TRAINER, "train /nonexistent/a /nonexistent/b", RECSYS_ERROR_DATA, "",
                  "there is no directory /nonexistent");
    program_check(PROGRAM_BRIDGE, "score /nonexistent --age 18", RECSYS_ERROR_DATA, "",
                  "is not a bundle");
    program_check(PROGRAM_BRIDGE, "verify /nonexistent", RECSYS_ERROR_DATA, "", "is not a bundle");
    program_check(PROGRAM_LOADER, "release /nonexistent", RECSYS_ERROR_DATA, "", "is not a bundle");
}

static void test_unreachable(void)
{
    if (!are_there())
        return;
    g_setenv("ES_URL", "http://kim:hush@127.0.0.1:1", TRUE);
    program_check(PROGRAM_LOADER, "recommend --age 18", RECSYS_ERROR_UNREACHABLE, "",
                  "http://127.0.0.1:1 cannot");
    g_auto(ProgramRun) r = {0};
    program_run(&r, PROGRAM_LOADER, "recommend --age 18");
    CU_ASSERT(strstr(r.err, "hush") == NULL && strstr(r.out, "hush") == NULL);
    g_unsetenv("ES_URL");
}

/* Nobody is there, which is found out after the warning. */
static void test_plain_text(void)
{
    const struct {
        const char *url;
        gboolean warned;
    } cases[] = {{"http://nobody.invalid:1", TRUE},
                 {"https://nobody.invalid:1", FALSE},
                 {"http://127.0.0.1:1", FALSE},
                 {"https://127.0.0.1:1,http://nobody.invalid:1", TRUE}};
    if (!are_there())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(ProgramRun) r = {0};
        g_setenv("ES_URL", cases[i].url, TRUE);
        g_setenv("ES_API_KEY", "hush", TRUE);
        program_run(&r, PROGRAM_LOADER, "recommend --age 18");
        CU_ASSERT_EQUAL(r.status, RECSYS_ERROR_UNREACHABLE);
        const char *warning =
            strstr(r.err, "warning: credentials go unencrypted to http://nobody.invalid:1: ");
        CU_ASSERT_EQUAL(warning != NULL, cases[i].warned);
        g_unsetenv("ES_API_KEY");
        program_run(&r, PROGRAM_LOADER, "recommend --age 18");
        CU_ASSERT_PTR_NULL(strstr(r.err, "unencrypted"));
    }
    g_setenv("ES_URL", "http://kim:hush@nobody.invalid:1", TRUE);
    program_check(PROGRAM_LOADER, "recommend --age 18", RECSYS_ERROR_UNREACHABLE, "",
                  "unencrypted to http://nobody.invalid:1: ");
    g_unsetenv("ES_URL");
}

static void test_train_and_score(void)
{
    if (!are_there())
        return;
    g_autofree char *directory = tap_directory();
    g_autofree char *synth =
        g_strdup_printf("synth %s/data --users 60 --movies 50 --ratings 900 --seed 3", directory);
    g_autofree char *train = g_strdup_printf(
        "train %s/data %s/bundle/ --epochs 2 --factors 4 --threads 2", directory, directory);
    g_autofree char *again = g_strconcat(train, " --replace", NULL);
    g_autofree char *score = g_strdup_printf("score %s/bundle --gender M --size 3", directory);
    g_autofree char *json = g_strconcat(score, " --json", NULL);
    g_autofree char *unknown = g_strconcat(score, " --age 99", NULL);
    program_check(PROGRAM_TRAINER, synth, 0, NULL, "");
    program_check(PROGRAM_TRAINER, train, 0, "epoch  2/2  train RMSE ", "");
    program_check(PROGRAM_TRAINER, train, RECSYS_ERROR_DATA, "", "exists: choose another name");
    program_check(PROGRAM_TRAINER, again, 0, "wrote ", "");
    program_check(PROGRAM_BRIDGE, score, 0, "For {gender M}, ratings up to 5.5:\nrank  rating  ",
                  "");
    program_check(PROGRAM_BRIDGE, json, 0, "{\"profile\":\"gender M\",\"model_id\":\"", "");
    program_check(PROGRAM_BRIDGE, unknown, RECSYS_ERROR_USAGE, "", "there is no age 99 in");

    g_auto(ProgramRun) full = {0};
    program_run_after(&full, "exec >/dev/full;", PROGRAM_BRIDGE, score);
    CU_ASSERT_EQUAL(full.status, RECSYS_ERROR_DATA);
    CU_ASSERT_PTR_NOT_NULL(strstr(full.err, "standard output could not be written"));
}

/* A signal while it trains: 130, and no bundle nor part of one. */
static void test_interrupted_training(void)
{
    if (!are_there())
        return;
    g_autofree char *directory = tap_directory();
    g_autofree char *data = g_build_filename(directory, "data", NULL);
    g_autofree char *bundle = g_build_filename(directory, "bundle", NULL);
    g_autofree char *synth =
        g_strdup_printf("synth %s --users 60 --movies 50 --ratings 900 --seed 3", data);
    program_check(PROGRAM_TRAINER, synth, 0, NULL, "");
    const char *argv[] = {
        g_getenv(PROGRAM_TRAINER), "train", data, bundle, "--epochs", "100000", NULL};
    GPid pid = 0;
    gint out = -1, err = -1, status = 0;
    g_autoptr(GError) error = NULL;
    gboolean spawned =
        g_spawn_async_with_pipes(NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                                 &pid, NULL, &out, &err, &error);
    CU_ASSERT(spawned);
    if (!spawned)
        return;
    FILE *lines = fdopen(out, "r"), *complaints = fdopen(err, "r");
    char line[512] = "";
    for (int i = 0; i < 3; i++) /* two epochs are done */
        CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, lines));
    kill(pid, SIGINT);
    while (fgets(line, sizeof line, lines) != NULL)
        continue;
    CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, complaints));
    CU_ASSERT_STRING_EQUAL(line, "interrupted: ending; again to stop at once\n");
    CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, complaints));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "no bundle was written: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "bundle.checkpoint has "));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "--resume goes on: interrupted by signal 2"));
    waitpid(pid, &status, 0);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == RECSYS_ERROR_INTERRUPTED);
    fclose(lines);
    fclose(complaints);
    g_autofree char *checkpoint = g_strconcat(bundle, ".checkpoint", NULL);
    CU_ASSERT_FALSE(g_file_test(bundle, G_FILE_TEST_EXISTS));
    CU_ASSERT(g_file_test(checkpoint, G_FILE_TEST_IS_REGULAR));
    /* Its work is not thrown away for want of an option. */
    g_autofree char *again = g_strdup_printf("train %s %s --epochs 1", data, bundle);
    program_check(PROGRAM_TRAINER, again, RECSYS_ERROR_USAGE, "", "--resume goes on from it");
    CU_ASSERT(g_file_test(checkpoint, G_FILE_TEST_IS_REGULAR));
}

static const UnitTest tests[] = {
    {"help", test_help},
    {"exit codes of each command", test_exit_codes_of_each},
    {"output that is lost", test_lost_output},
    {"messages are text", test_messages},
    {"arguments", test_arguments},
    {"options", test_options},
    {"options given twice", test_repeated},
    {"data errors", test_data_errors},
    {"unreachable", test_unreachable},
    {"credentials without encryption", test_plain_text},
    {"train and score", test_train_and_score},
    {"interrupted training", test_interrupted_training},
    {NULL, NULL},
};

TAP_MAIN("cli", tests)

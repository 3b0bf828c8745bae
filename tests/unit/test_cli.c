#include "cli.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "recsys_error.h"
#include "tap.h"

/* ---- running the programs, whose paths are in the environment ---- */

typedef struct {
    int status; /* the exit code, or -1 */
    char *out, *err;
} Run;

static void run_clear(Run *run)
{
    g_free(run->out);
    g_free(run->err);
    *run = (Run){0};
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* Runs $PROGRAM with a command line in shell syntax, standard output to `target` if not NULL. */
static void run(Run *run, const char *program, const char *arguments, const char *target)
{
    run_clear(run);
    g_autofree char *script =
        g_strdup_printf("exec \"$%s\" %s%s%s", program, arguments, target != NULL ? " >" : "",
                        target != NULL ? target : "");
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    int status = 0;
    g_autoptr(GError) error = NULL;
    gboolean ran = g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &run->out,
                                &run->err, &status, &error);
    CU_ASSERT(ran);
    run->status = ran && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_run(const char *program, const char *arguments, int status, const char *out,
                      const char *err)
{
    g_auto(Run) r = {0};
    run(&r, program, arguments, NULL);
    gboolean right = r.status == status && (out == NULL || strstr(r.out, out) != NULL) &&
                     (err == NULL || strstr(r.err, err) != NULL);
    CU_ASSERT(right);
    if (!right)
        printf("# %s %s: exit code %d\n# %s\n# %s\n", program, arguments, r.status, r.out, r.err);
}

#define TRAINER "RECSYS_TRAINER"
#define LOADER "RECSYS_LOADER"
#define BRIDGE "RECSYS_BRIDGE"

static const char *const programs[] = {TRAINER, LOADER, BRIDGE};

static gboolean are_there(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        if (g_getenv(programs[i]) == NULL) {
            tap_skip("%s is not set", programs[i]);
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- help and usage ---- */

static void test_help(void)
{
    if (!are_there())
        return;
    for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
        check_run(programs[i], "--help", 0, "  130  interrupted\n", "");
        check_run(programs[i], "-h", 0, "Commands:", "");
        check_run(programs[i], "help", 0, "Usage: recsys-", "");
        check_run(programs[i], "--version", 0, RECSYS_VERSION, "");
        check_run(programs[i], "", RECSYS_ERROR_USAGE, "", "Usage: recsys-");
        check_run(programs[i], "frobnicate", RECSYS_ERROR_USAGE, "", "no command \"frobnicate\"");
        check_run(programs[i], "--frobnicate", RECSYS_ERROR_USAGE, "", "no command");
    }
    check_run(TRAINER, "train --help", 0, "recsys-trainer train", "");
    check_run(TRAINER, "train --help", 0, "DATA BUNDLE", "");
    check_run(LOADER, "recommend --help", 0, "--occupation", "");
    check_run(BRIDGE, "verify --help", 0, "Examples:", "");
}

static void test_arguments(void)
{
    if (!are_there())
        return;
    check_run(TRAINER, "train", RECSYS_ERROR_USAGE, "",
              "2 arguments expected: DATA BUNDLE, 0 given");
    check_run(TRAINER, "train a", RECSYS_ERROR_USAGE, "",
              "2 arguments expected: DATA BUNDLE, 1 given");
    check_run(TRAINER, "train a b c", RECSYS_ERROR_USAGE, "", "3 given");
    check_run(BRIDGE, "score --age 18", RECSYS_ERROR_USAGE, "",
              "1 argument expected: BUNDLE, 0 given");
    check_run(LOADER, "recommend x", RECSYS_ERROR_USAGE, "", "0 arguments expected, 1 given");
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
        check_run(TRAINER, arguments, RECSYS_ERROR_USAGE, "", "recsys-trainer train: ");
    }
    check_run(BRIDGE, "score /nonexistent", RECSYS_ERROR_USAGE, "", "for whom?");
    check_run(BRIDGE, "score /nonexistent --age 1 --size 0", RECSYS_ERROR_USAGE, "",
              "--size must be");
    check_run(BRIDGE, "verify /nonexistent --depth 0", RECSYS_ERROR_USAGE, "", "--depth must be");
    check_run(LOADER, "release /nonexistent --doc-ids x", RECSYS_ERROR_USAGE, "",
              "--doc-ids must be");
    /* Bytes that are no text in this locale are a matter of the command line as well. */
    check_run(BRIDGE, "score /nonexistent --gender \"$(printf '\\377')\"", RECSYS_ERROR_USAGE, "",
              "recsys-bridge score: ");
}

/* ---- data ---- */

static void test_data_errors(void)
{
    if (!are_there())
        return;
    g_autofree char *directory = tap_directory();
    g_autofree char *train = g_strdup_printf("train %s %s/bundle", directory, directory);
    check_run(TRAINER, train, RECSYS_ERROR_DATA, "", "users.dat");
    check_run(TRAINER, "train /nonexistent/a /nonexistent/b", RECSYS_ERROR_DATA, "",
              "there is no directory /nonexistent");
    check_run(BRIDGE, "score /nonexistent --age 18", RECSYS_ERROR_DATA, "", "is not a bundle");
    check_run(BRIDGE, "verify /nonexistent", RECSYS_ERROR_DATA, "", "is not a bundle");
    check_run(LOADER, "release /nonexistent", RECSYS_ERROR_DATA, "", "is not a bundle");
}

static void test_unreachable(void)
{
    if (!are_there())
        return;
    g_setenv("ES_URL", "http://kim:hush@127.0.0.1:1", TRUE);
    check_run(LOADER, "recommend --age 18", RECSYS_ERROR_UNREACHABLE, "",
              "http://127.0.0.1:1 cannot");
    g_auto(Run) r = {0};
    run(&r, LOADER, "recommend --age 18", NULL);
    CU_ASSERT(strstr(r.err, "hush") == NULL && strstr(r.out, "hush") == NULL);
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
    check_run(TRAINER, synth, 0, NULL, "");
    check_run(TRAINER, train, 0, "epoch  2/2  train RMSE ", "");
    check_run(TRAINER, train, RECSYS_ERROR_DATA, "", "exists: choose another name");
    check_run(TRAINER, again, 0, "wrote ", "");
    check_run(BRIDGE, score, 0, "For {gender M}, ratings up to 5.5:\nrank  rating  ", "");
    check_run(BRIDGE, json, 0, "{\"profile\":\"gender M\",\"model_id\":\"", "");
    check_run(BRIDGE, unknown, RECSYS_ERROR_USAGE, "", "there is no age 99 in");

    g_auto(Run) full = {0};
    run(&full, BRIDGE, score, "/dev/full");
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
    check_run(TRAINER, synth, 0, NULL, "");
    const char *argv[] = {g_getenv(TRAINER), "train", data, bundle, "--epochs", "100000", NULL};
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
}

static const UnitTest tests[] = {
    {"help", test_help},
    {"arguments", test_arguments},
    {"options", test_options},
    {"data errors", test_data_errors},
    {"unreachable", test_unreachable},
    {"train and score", test_train_and_score},
    {"interrupted training", test_interrupted_training},
    {NULL, NULL},
};

TAP_MAIN("cli", tests)

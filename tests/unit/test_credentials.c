#include "credentials.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recsys_error.h"
#include "tap.h"

static char *folder, *path;

static void write_file(const char *text, gssize length, guint mode)
{
    g_autoptr(GError) error = NULL;
    unlink(path);
    CU_ASSERT(g_file_set_contents(path, text, length, &error));
    CU_ASSERT_EQUAL(chmod(path, mode), 0);
}

static void check_refused(const char *message)
{
    g_auto(Credentials) credentials = {0};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(credentials_from_file(&credentials, path, &error));
    CU_ASSERT(error != NULL && strstr(error->message, "hush") == NULL);
    CU_ASSERT(error != NULL && strstr(error->message, path) != NULL);
    CU_ASSERT(credentials.password == NULL && credentials.api_key == NULL);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
}

static void test_files(void)
{
    const struct {
        const char *text, *username, *password, *api_key, *bearer;
    } cases[] = {
        {"[credentials]\nusername=kim\npassword=hush\n", "kim", "hush", NULL, NULL},
        {"# comment\n[credentials]\n password = h\\u=s#h; \nusername=kim", "kim", "h\\u=s#h;", NULL,
         NULL},
        {"[credentials]\napi_key=aHVzaA==\n", NULL, NULL, "aHVzaA==", NULL},
        {"[credentials]\nbearer=a.b.c\n", NULL, NULL, NULL, "a.b.c"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(Credentials) found = {0};
        g_autoptr(GError) error = NULL;
        write_file(cases[i].text, -1, 0600);
        CU_ASSERT(credentials_from_file(&found, path, &error));
        CU_ASSERT_PTR_NULL(error);
        CU_ASSERT(g_strcmp0(found.username, cases[i].username) == 0);
        CU_ASSERT(g_strcmp0(found.password, cases[i].password) == 0);
        CU_ASSERT(g_strcmp0(found.api_key, cases[i].api_key) == 0);
        CU_ASSERT(g_strcmp0(found.bearer, cases[i].bearer) == 0);
    }
}

/* Every bit that gives anybody else any right. */
static void test_modes(void)
{
    const guint open_modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666, 0777};
    const guint closed_modes[] = {0600, 0400, 0700};
    for (guint i = 0; i < G_N_ELEMENTS(open_modes); i++) {
        write_file("[credentials]\napi_key=hush\n", -1, open_modes[i]);
        check_refused("chmod 600");
    }
    for (guint i = 0; i < G_N_ELEMENTS(closed_modes); i++) {
        g_auto(Credentials) found = {0};
        write_file("[credentials]\napi_key=hush\n", -1, closed_modes[i]);
        CU_ASSERT(credentials_from_file(&found, path, NULL));
    }
}

static void test_wrong_files(void)
{
    const char *const cases[][2] = {
        {"", "not understood"},
        {"api_key=hush\n", "not understood"},
        {"[other]\napi_key=hush\n", "not understood"},
        {"[credentials]\nhush\n", "not understood"},
        {"[credentials]\n", "must have"},
        {"[credentials]\nusername=kim\n", "must have"},
        {"[credentials]\npassword=hush\n", "must have"},
        {"[credentials]\napi_key=hush\nbearer=hush\n", "must have"},
        {"[credentials]\napi_key=hush\nusername=kim\npassword=hush\n", "must have"},
        {"[credentials]\napi_key=\n", "nothing after api_key="},
        {"[credentials]\npasswrod=hush\n", "none of"},
        {"[credentials]\napi_key=hush\nhush=1\n", "none of"},
        {"[credentials]\napi_key=hush\tx\n", "control character"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        write_file(cases[i][0], -1, 0600);
        check_refused(cases[i][1]);
    }
    write_file("[credentials]\0api_key=hush", 26, 0600);
    check_refused("zero byte");
    g_autofree char *large = g_strnfill(70000, '#');
    write_file(large, -1, 0600);
    check_refused("longer than");
}

/* The modes of systemd 254 and newer. */
static void test_passed_by_systemd(void)
{
    const struct {
        guint folder, file;
        gboolean is_named, is_accepted;
    } cases[] = {
        {0550, 0440, TRUE, TRUE},   {0500, 0440, TRUE, TRUE},  {0550, 0400, TRUE, TRUE},
        {0550, 0440, FALSE, FALSE}, {0555, 0440, TRUE, FALSE}, {0570, 0440, TRUE, FALSE},
        {0551, 0440, TRUE, FALSE},  {0550, 0444, TRUE, FALSE}, {0550, 0460, TRUE, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        CU_ASSERT_EQUAL(chmod(folder, 0700), 0);
        write_file("[credentials]\napi_key=hush\n", -1, cases[i].file);
        CU_ASSERT_EQUAL(chmod(folder, cases[i].folder), 0);
        g_setenv("CREDENTIALS_DIRECTORY", cases[i].is_named ? folder : "/run/credentials/x", TRUE);
        g_auto(Credentials) found = {0};
        if (cases[i].is_accepted)
            CU_ASSERT(credentials_from_file(&found, path, NULL))
        else
            check_refused("chmod 600");
    }
    g_unsetenv("CREDENTIALS_DIRECTORY");
    CU_ASSERT_EQUAL(chmod(folder, 0700), 0);
}

static void test_no_files(void)
{
    unlink(path);
    check_refused("cannot be opened");
    CU_ASSERT_EQUAL(mkfifo(path, 0600), 0);
    check_refused("not a regular file");
    unlink(path);
    CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
    check_refused("not a regular file");
    rmdir(path);
    CU_ASSERT_EQUAL(symlink("/dev/zero", path), 0);
    check_refused("not a regular file");
}

static void test_environment(void)
{
    const char *const names[] = {"ES_API_KEY", "ES_BEARER_TOKEN", "ES_PASSWORD", "ES_USERNAME"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        g_setenv(names[i], "hush", TRUE);
    for (guint i = 0; i < 4; i++) { /* each goes before the ones after it */
        g_auto(Credentials) found = {0};
        CU_ASSERT(credentials_from_environment(&found, NULL));
        CU_ASSERT_EQUAL(found.api_key != NULL, i == 0);
        CU_ASSERT_EQUAL(found.bearer != NULL, i == 1);
        CU_ASSERT_EQUAL(found.password != NULL, i == 2);
        CU_ASSERT_EQUAL(found.username != NULL, i == 2 || i == 3);
        g_setenv(names[i], "", TRUE);
    }
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_auto(Credentials) found = {0};
        g_autoptr(GError) error = NULL;
        g_setenv(names[i], "hush\r\nX-Evil: 1", TRUE);
        CU_ASSERT_FALSE(credentials_from_environment(&found, &error));
        CU_ASSERT(error != NULL && strstr(error->message, "hush") == NULL);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, names[i]);
        g_unsetenv(names[i]);
    }
}

static void test_no_core(void)
{
    CU_ASSERT_EQUAL(prctl(PR_GET_DUMPABLE), 1);
    credentials_protect_process();
#ifndef __SANITIZE_ADDRESS__
    CU_ASSERT_EQUAL(prctl(PR_GET_DUMPABLE), 0);
    prctl(PR_SET_DUMPABLE, 1);
#endif
}

static const UnitTest tests[] = {
    {"files", test_files},
    {"modes", test_modes},
    {"wrong files", test_wrong_files},
    {"passed by systemd", test_passed_by_systemd},
    {"no files", test_no_files},
    {"environment", test_environment},
    {"no core", test_no_core},
    {NULL, NULL},
};

int main(void)
{
    folder = g_dir_make_tmp("recsys-credentials-XXXXXX", NULL);
    path = g_build_filename(folder, "credentials", NULL);
    int status = tap_run("credentials", tests);
    unlink(path);
    rmdir(folder);
    g_free(path);
    g_free(folder);
    return status;
}

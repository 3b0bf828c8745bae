#include "credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recsys_error.h"

#define GROUP "credentials"
#define LARGEST_FILE 65536

void credentials_wipe(char *secret)
{
    if (secret != NULL)
        explicit_bzero(secret, strlen(secret));
    g_free(secret);
}

void credentials_clear(Credentials *credentials)
{
    g_free(credentials->username);
    credentials_wipe(credentials->password);
    credentials_wipe(credentials->api_key);
    credentials_wipe(credentials->bearer);
    *credentials = (Credentials){0};
}

void credentials_protect_process(void)
{
    /* The leak checker of a sanitized build looks at the process as a debugger does. */
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* A line break in a header would be a header of its own. */
static gboolean check_text(const char *text, const char *name, GError **error)
{
    for (const char *at = text; at != NULL && *at != '\0'; at++) {
        if (!g_ascii_iscntrl(*at))
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                    "%s holds a line break or another control character", name);
        return FALSE;
    }
    return TRUE;
}

/* ---- environment ---- */

static char *take_variable(const char *name)
{
    const char *value = g_getenv(name);
    return value != NULL && value[0] != '\0' ? g_strdup(value) : NULL;
}

gboolean credentials_from_environment(Credentials *credentials, GError **error)
{
    credentials->api_key = take_variable("ES_API_KEY");
    if (credentials->api_key == NULL)
        credentials->bearer = take_variable("ES_BEARER_TOKEN");
    if (credentials->api_key == NULL && credentials->bearer == NULL) {
        credentials->username = take_variable("ES_USERNAME");
        credentials->password = take_variable("ES_PASSWORD");
    }
    return check_text(credentials->api_key, "ES_API_KEY", error) &&
           check_text(credentials->bearer, "ES_BEARER_TOKEN", error) &&
           check_text(credentials->username, "ES_USERNAME", error) &&
           check_text(credentials->password, "ES_PASSWORD", error);
}

/* ---- file ---- */

G_GNUC_PRINTF(3, 4)
static gboolean refuse(GError **error, const char *path, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "the credentials file %s %s", path, why);
    return FALSE;
}

/* What systemd passes with LoadCredential= to a service that has a user of its own: from version
 * 254 on with mode 0440, where the group's bits are the mask of an access list that has this user,
 * or the service's own group. Nobody else may enter the directory. */
static gboolean is_passed_by_systemd(const struct stat *file, const char *path)
{
    struct stat folder;
    const char *expected = g_getenv("CREDENTIALS_DIRECTORY");
    g_autofree char *parent = g_path_get_dirname(path);
    return g_strcmp0(parent, expected) == 0 && stat(parent, &folder) == 0 &&
           (folder.st_mode & 027) == 0 && (file->st_mode & 0777) == 0440;
}

/* Looks at the file that is open, which is then the one that is read. */
static gboolean check_rights(int fd, const char *path, GError **error)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return refuse(error, path, "cannot be looked at: %s", g_strerror(errno));
    if (!S_ISREG(status.st_mode))
        return refuse(error, path, "is not a regular file");
    if (status.st_uid != geteuid() && status.st_uid != 0)
        return refuse(error, path, "belongs to another user");
    if ((status.st_mode & 077) != 0 && !is_passed_by_systemd(&status, path))
        return refuse(error, path, "can be read or written by others (mode %04o): chmod 600 %s",
                      (guint)status.st_mode & 07777, path);
    if (status.st_size > LARGEST_FILE)
        return refuse(error, path, "is longer than %d bytes", LARGEST_FILE);
    return TRUE;
}

/* Fills `text` [LARGEST_FILE + 1]. */
static gboolean read_text(int fd, const char *path, char *text, GError **error)
{
    gsize length = 0;
    while (length < LARGEST_FILE) {
        ssize_t got = read(fd, text + length, LARGEST_FILE - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse(error, path, "cannot be read: %s", g_strerror(errno));
        if (got == 0)
            break;
        length += (gsize)got;
    }
    text[length] = '\0';
    if (strlen(text) != length)
        return refuse(error, path, "holds a zero byte");
    return TRUE;
}

/* GKeyFile's own messages quote the line they stumble over, so they are not passed on. */
static gboolean parse(Credentials *credentials, const char *path, const char *text, GError **error)
{
    g_autoptr(GKeyFile) file = g_key_file_new();
    if (!g_key_file_load_from_data(file, text, strlen(text), G_KEY_FILE_NONE, NULL) ||
        !g_key_file_has_group(file, GROUP))
        return refuse(error, path,
                      "is not understood: it needs the line [" GROUP "], then "
                      "api_key=…, or bearer=…, or username=… and password=…");
    const struct {
        const char *name;
        char **value;
    } known[] = {{"username", &credentials->username},
                 {"password", &credentials->password},
                 {"api_key", &credentials->api_key},
                 {"bearer", &credentials->bearer}};
    g_auto(GStrv) keys = g_key_file_get_keys(file, GROUP, NULL, NULL);
    guint found = 0;
    for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
        char *value = g_key_file_get_value(file, GROUP, known[i].name, NULL);
        if (value == NULL)
            continue;
        found++;
        *known[i].value = g_strchomp(value);
        if (value[0] == '\0')
            return refuse(error, path, "has nothing after %s=", known[i].name);
        if (!check_text(value, path, error))
            return FALSE;
    }
    if (found != g_strv_length(keys))
        return refuse(error, path, "has a key that is none of username, password, api_key, bearer");
    gboolean basic = credentials->username != NULL && credentials->password != NULL;
    if (found != (basic ? 2 : 1) ||
        (!basic && credentials->api_key == NULL && credentials->bearer == NULL))
        return refuse(error, path,
                      "must have api_key, or bearer, or username and password, and one of them "
                      "only");
    return TRUE;
}

gboolean credentials_from_file(Credentials *credentials, const char *path, GError **error)
{
    /* Not blocking: a FIFO nobody writes to would be waited for forever. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return refuse(error, path, "cannot be opened: %s", g_strerror(errno));
    char *text = g_malloc0(LARGEST_FILE + 1);
    gboolean right = check_rights(fd, path, error) && read_text(fd, path, text, error) &&
                     parse(credentials, path, text, error);
    explicit_bzero(text, LARGEST_FILE + 1);
    g_free(text);
    close(fd);
    if (!right)
        credentials_clear(credentials);
    return right;
}

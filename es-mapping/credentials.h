/* Who we are for the cluster: a user name and password, an API key or a bearer token.
 *
 * They come from the environment or from a file of one's own, never from a command line, and no
 * message has any of them. Copies made here are wiped when they are freed; libcurl's and GLib's own
 * are not, so a process that has credentials is also kept from dumping core. */
#pragma once

#include <glib.h>

typedef struct {
    char *username; /* all nullable */
    char *password;
    char *api_key; /* the encoded form */
    char *bearer;
} Credentials;

void credentials_clear(Credentials *credentials);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Credentials, credentials_clear)

/* Overwrites a text and frees it; NULL is fine. */
void credentials_wipe(char *secret);

/* ES_API_KEY, or ES_BEARER_TOKEN, or ES_USERNAME and ES_PASSWORD: the first of these that is set,
 * or nothing. RECSYS_ERROR_USAGE if the value holds a line break or another control character. */
gboolean credentials_from_environment(Credentials *credentials,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads a key file:
 *
 *     [credentials]
 *     api_key=…            or bearer=…, or username=… and password=…
 *
 * Values are taken as they are, white space around them left out. RECSYS_ERROR_USAGE unless it is a
 * regular file of this user (or of root) that nobody else has any right to (mode 0600 or less; 0440
 * of a file in $CREDENTIALS_DIRECTORY, which systemd makes so), and holds one of the three and
 * nothing else. */
gboolean credentials_from_file(Credentials *credentials, const char *path,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* From now on a crash leaves no core file, and other processes of the same user can neither attach
 * to this one nor read its environment. It stays so until the process ends. */
void credentials_protect_process(void);

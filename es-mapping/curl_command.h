/* A request as a curl command for a POSIX shell, which runs as it is. */
#pragma once

#include "http.h"

/* `url` is the host's, without credentials, `path` begins with a slash, `body` is JSON. Credentials
 * are never in it: it names the environment variables that this project reads them from. A long
 * body is a here-document, to which nothing but a line end may be added. Free with g_free. */
char *curl_command(const HttpOptions *http, const char *url, const char *path, const char *body);

/* Comment lines of a shell on what the commands need besides: variables to set, a certificate to
 * trust; "" for nothing. `url` as above. Free with g_free. */
char *curl_command_needs(const HttpOptions *http, const char *url);

#include "fingerprint.h"

#include <string.h>

#include "recsys_error.h"

#define DIGITS 64
#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END "-----END CERTIFICATE-----"

char *fingerprint_parse(const char *text, GError **error)
{
    g_autoptr(GString) digits = g_string_new(NULL);
    gboolean right = TRUE;
    for (const char *at = text; *at != '\0'; at++) {
        right = right && (g_ascii_isxdigit(*at) || *at == ':');
        if (*at != ':')
            g_string_append_c(digits, g_ascii_tolower(*at));
    }
    if (right && digits->len == DIGITS)
        return g_strdup(digits->str);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "\"%s\" is not a certificate's fingerprint: it has %d hex digits (sha256), with or "
                "without colons; openssl x509 -noout -fingerprint -sha256 -in FILE prints it",
                text, DIGITS);
    return NULL;
}

char *fingerprint_of_pem(const char *pem)
{
    const char *begin = strstr(pem, BEGIN);
    const char *end = begin != NULL ? strstr(begin, END) : NULL;
    if (end == NULL)
        return NULL;
    begin += strlen(BEGIN);
    g_autofree char *text = g_strndup(begin, (gsize)(end - begin));
    gsize length = 0;
    g_autofree guchar *der = g_base64_decode(text, &length);
    return length > 0 ? g_compute_checksum_for_data(G_CHECKSUM_SHA256, der, length) : NULL;
}

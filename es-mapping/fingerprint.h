/* Fingerprints of certificates: the sha256 of the certificate itself (DER), as `openssl x509
 * -fingerprint -sha256` prints it and Elasticsearch shows it at its first start. */
#pragma once

#include <glib.h>

/* 64 lower-case hex digits of a fingerprint written in either case, with or without colons.
 * RECSYS_ERROR_USAGE if it is none. */
char *fingerprint_parse(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The fingerprint of a certificate in PEM form; NULL if it is none. */
char *fingerprint_of_pem(const char *pem);

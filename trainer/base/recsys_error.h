/* One error domain and one exit-code table for all programs.
 *
 * The codes of RECSYS_ERROR are the exit codes themselves, so that whoever raises an error also
 * says how the program ends. Domains of other layers (transport, HTTP status) are mapped to these
 * codes by the layer that owns them. */
#pragma once

#include <glib.h>

#define RECSYS_ERROR (recsys_error_quark())
GQuark recsys_error_quark(void);

typedef enum {
    RECSYS_ERROR_USAGE = 1,         /* the command line */
    RECSYS_ERROR_DATA = 2,          /* a data set or bundle that cannot be read or written */
    RECSYS_ERROR_UNREACHABLE = 3,   /* no cluster there, or it does not answer */
    RECSYS_ERROR_REFUSED = 4,       /* the server said no: authorisation, limits, a bad request */
    RECSYS_ERROR_GATE = 5,          /* a gate failed, or parity is violated */
    RECSYS_ERROR_LOCKED = 6,        /* another job holds the lock */
    RECSYS_ERROR_INCONCLUSIVE = 7,  /* a partial answer: neither yes nor no */
    RECSYS_ERROR_INTERRUPTED = 130, /* SIGINT, SIGTERM or SIGHUP */
} RecsysError;

/* The exit code for an error of any domain this layer knows; others are RECSYS_ERROR_DATA. */
int recsys_error_exit_code(const GError *error);

/* The table of exit codes, a line each, for --help. */
char *recsys_error_describe_exit_codes(void);

/* Looks whether a release could work, by trying what it needs on a throw-away index.
 *
 *   server     who answers, and its version
 *   alias      what it stands for
 *   lock       whether a job holds it
 *   index …    what a release asks for, tried on a throw-away index (trial.h)
 *   kernel     with which code each node sums dot products (kernel_probe.h)
 *   health     of the live release: all shards there, replicas too
 *   disk       has room below the low watermark (watermark.h)
 *   clock      ours against the server's: expiry times and ages are read by people */
#pragma once

#include "es_client.h"

typedef enum { DOCTOR_WELL, DOCTOR_WARNING, DOCTOR_ILL } DoctorVerdict;

typedef struct {
    const char *check;
    DoctorVerdict verdict;
    char *finding; /* with the way out if it is not well */
    int exit_code; /* 0 unless it is ill */
} DoctorFinding;

/* DoctorFinding *, one of each check. */
GPtrArray *doctor_examine(EsClient *client, const char *alias);

/* The server's clock minus ours in seconds is worth a warning. */
gboolean doctor_is_skewed(double seconds);

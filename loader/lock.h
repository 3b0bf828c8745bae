/* One job at a time: the lock of an alias is a document in the index `ALIAS-lock`.
 *
 *   { "owner": "USER@HOST:PID", "token": a random name of this one lock, "job": "release",
 *     "expires": milliseconds since 1970, "until": the same for people, as ISO 8601 }
 *
 * It is created with op_type=create, so that only one of two can have it, and renewed by a thread
 * with a connection of its own. From then on the one clock is the server's: renewing it, and taking
 * over one that has expired, are scripts that compare with the server's time. A lock that was given
 * back has expired at 0; one whose owner was killed expires by itself, or is broken by the name of
 * its owner. */
#pragma once

#include "es_client.h"

#define LOCK_SECONDS 60 /* until a lock that is not renewed expires */

/* Connects again, for the thread that renews. */
typedef EsClient *(*LockConnect)(gpointer data, GError **error);

typedef struct {
    const char *break_owner; /* nullable: the owner whose lock may be taken from it */
    guint seconds;           /* until it expires */
    LockConnect connect;     /* NULL: it is renewed by lock_check() alone */
    gpointer connect_data;
} LockOptions;

typedef struct Lock Lock;

/* Locks `alias`; `job` says what for, e.g. "release". RECSYS_ERROR_LOCKED, naming owner, job and
 * time, if another job has it. `client` and `connect_data` must outlive the lock. */
Lock *lock_acquire(EsClient *client, const char *alias, const char *job, const LockOptions *options,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Renews it now; RECSYS_ERROR_LOCKED if it is another's by now. To be called before anything that
 * readers see. */
gboolean lock_check(Lock *lock, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Whoever has the lock of `alias`, as "OWNER (JOB) until TIME"; NULL if it is free. A look only: a
 * moment later it may be otherwise. */
gboolean lock_look(EsClient *client, const char *alias, char **holder,
                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* "USER@HOST:PID" of this process, and TRUE for what is of this form. */
char *lock_owner_name(void);
gboolean lock_is_owner_name(const char *text);

/* Gives it back, also after a signal, and frees it. If the cluster cannot be reached any more it
 * expires. */
void lock_release(Lock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lock, lock_release)

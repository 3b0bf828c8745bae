#include "lock.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "recsys_error.h"

#define DEFINITION                                                                                 \
    "{\"settings\":{\"number_of_shards\":1,\"auto_expand_replicas\":\"0-1\"},"                     \
    "\"mappings\":{\"dynamic\":\"strict\",\"properties\":{\"owner\":{\"type\":\"keyword\"},"       \
    "\"token\":{\"type\":\"keyword\"},\"job\":{\"type\":\"keyword\"},"                             \
    "\"expires\":{\"type\":\"long\"},\"until\":{\"type\":\"date\"}}}}"

/* `take` is TRUE for whoever may have it now: its owner, anybody after it has expired, and whoever
 * breaks it by its owner's name. */
#define TAKE                                                                                       \
    "boolean mine = ctx._source.token == params.doc.token;"                                        \
    "boolean expired = ctx._now > ctx._source.expires;"                                            \
    "boolean broken = params.breaks != '' && ctx._source.owner == params.breaks;"                  \
    "if (mine || (params.takes && (expired || broken))) {"                                         \
    " ctx._source.putAll(params.doc);"                                                             \
    " ctx._source.expires = ctx._now + params.life;"                                               \
    " ctx._source.until = Instant.ofEpochMilli(ctx._now + params.life).toString();"                \
    "} else { ctx.op = 'none' }"

/* The document stays, so that whoever releases needs no right to delete documents. */
#define GIVE_BACK                                                                                  \
    "if (ctx._source.token == params.doc.token) { ctx._source.expires = 0 }"                       \
    "else { ctx.op = 'none' }"

struct Lock {
    EsClient *client;
    char *index; /* escaped */
    char *alias;
    char *owner, *token, *job, *breaks;
    guint seconds;
    /* The thread that renews. */
    GThread *thread;
    EsClient *own_client;
    GMutex mutex;
    GCond ended;
    gboolean end;
};

char *lock_owner_name(void)
{
    return g_strdup_printf("%s@%s:%d", g_get_user_name(), g_get_host_name(), (int)getpid());
}

gboolean lock_is_owner_name(const char *text)
{
    const char *at = strchr(text, '@'), *colon = strrchr(text, ':');
    return at != NULL && at > text && colon != NULL && colon > at + 1 && colon[1] != '\0' &&
           colon[1 + strspn(colon + 1, "0123456789")] == '\0';
}

/* ---- asking ---- */

static void put_document(yajl_gen json, const Lock *lock)
{
    yajl_gen_map_open(json);
    json_put_member_string(json, "owner", lock->owner);
    json_put_member_string(json, "token", lock->token);
    json_put_member_string(json, "job", lock->job);
}

static gboolean make_index(Lock *lock, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *path = g_strconcat("/", lock->index, NULL);
    g_auto(yajl_val) answer = es_call_json(lock->client, "PUT", path, DEFINITION "", &failure);
    if (answer != NULL || strstr(failure->message, "resource_already_exists") != NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* TRUE if it is there now and is ours; FALSE without an error if there was one already. */
static gboolean create(Lock *lock, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();
    g_autoptr(GDateTime) expires = g_date_time_add_seconds(now, lock->seconds);
    g_autofree char *until = g_date_time_format_iso8601(expires);
    put_document(json, lock);
    json_put_member_int(json, "expires", g_date_time_to_unix(expires) * 1000);
    json_put_member_string(json, "until", until);
    yajl_gen_map_close(json);
    g_autofree char *body = json_take(json, NULL);
    g_autofree char *path =
        g_strdup_printf("/%s/_doc/lock?op_type=create&refresh=true", lock->index);
    g_auto(yajl_val) answer = es_call_json(lock->client, "PUT", path, body, &failure);
    if (answer != NULL)
        return TRUE;
    if (!g_error_matches(failure, ES_ERROR, 409))
        g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

typedef enum { SCRIPT_DID, SCRIPT_DID_NOT, SCRIPT_GONE, SCRIPT_FAILED } Scripted;

static Scripted run(EsClient *client, const Lock *lock, const char *source, gboolean takes,
                    const char *refresh, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_key(json, "script");
    yajl_gen_map_open(json);
    json_put_member_string(json, "source", source);
    json_put_key(json, "params");
    yajl_gen_map_open(json);
    json_put_key(json, "doc");
    put_document(json, lock);
    yajl_gen_map_close(json);
    json_put_member_string(json, "breaks", lock->breaks);
    json_put_member_bool(json, "takes", takes);
    json_put_member_int(json, "life", (gint64)lock->seconds * 1000);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
    g_autofree char *body = json_take(json, NULL);
    g_autofree char *path =
        g_strdup_printf("/%s/_update/lock?retry_on_conflict=5%s", lock->index, refresh);
    g_auto(yajl_val) answer = es_call_json(client, "POST", path, body, &failure);
    if (answer != NULL)
        return g_strcmp0(json_get_string(answer, "result"), "noop") == 0 ? SCRIPT_DID_NOT
                                                                         : SCRIPT_DID;
    if (g_error_matches(failure, ES_ERROR, 404))
        return SCRIPT_GONE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return SCRIPT_FAILED;
}

static yajl_val fetch(EsClient *client, const char *index, GError **error)
{
    g_autofree char *path = g_strdup_printf("/%s/_doc/lock", index);
    return es_call_json(client, "GET", path, NULL, error);
}

static char *describe(yajl_val document)
{
    const char *owner = json_get_string(document, "_source.owner");
    const char *job = json_get_string(document, "_source.job");
    const char *until = json_get_string(document, "_source.until");
    return g_strdup_printf("%s (%s) until %s", owner, job != NULL ? job : "?",
                           until != NULL ? until : "?");
}

static void set_held(const Lock *lock, GError **error)
{
    g_auto(yajl_val) answer = fetch(lock->client, lock->index, NULL);
    const char *owner = json_get_string(answer, "_source.owner");
    if (owner == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_LOCKED,
                    "another job had the lock of %s just now: try again", lock->alias);
        return;
    }
    g_autofree char *holder = describe(answer);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_LOCKED,
                "%s is locked by %s, unless it goes on%s%s; if that job is dead, wait until "
                "then or break its lock: --break-lock %s",
                lock->alias, holder, lock->breaks[0] != '\0' ? ", not by " : "", lock->breaks,
                owner);
}

gboolean lock_look(EsClient *client, const char *alias, char **holder, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *name = g_strdup_printf("%s-lock", alias);
    g_autofree char *index = es_escape(name);
    g_auto(yajl_val) answer = fetch(client, index, &failure);
    gint64 expires = 0;
    *holder = NULL;
    if (json_get_int(answer, "_source.expires", &expires) && expires > g_get_real_time() / 1000)
        *holder = describe(answer);
    if (answer != NULL || g_error_matches(failure, ES_ERROR, 404))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

/* ---- renewing ---- */

static gpointer renew(gpointer data)
{
    Lock *lock = data;
    sigset_t all;
    sigfillset(&all); /* signals are for the thread that works */
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    g_mutex_lock(&lock->mutex);
    while (!lock->end) {
        gint64 next = g_get_monotonic_time() + (gint64)lock->seconds * G_USEC_PER_SEC / 3;
        while (!lock->end && g_cond_wait_until(&lock->ended, &lock->mutex, next)) {
        }
        if (lock->end)
            break;
        g_mutex_unlock(&lock->mutex);
        /* Whether it is still ours lock_check() will say; a failed renewal has two more tries. */
        run(lock->own_client, lock, TAKE, FALSE, "", NULL);
        g_mutex_lock(&lock->mutex);
    }
    g_mutex_unlock(&lock->mutex);
    return NULL;
}

static gboolean start_renewing(Lock *lock, const LockOptions *options, GError **error)
{
    if (options->connect == NULL)
        return TRUE;
    lock->own_client = options->connect(options->connect_data, error);
    if (lock->own_client == NULL)
        return FALSE;
    es_client_set_interruptible(lock->own_client, FALSE);
    lock->thread = g_thread_new("lock", renew, lock);
    return TRUE;
}

/* ---- the lock ---- */

static Lock *lock_new(EsClient *client, const char *alias, const char *job,
                      const LockOptions *options)
{
    Lock *lock = g_new0(Lock, 1);
    g_autofree char *name = g_strdup_printf("%s-lock", alias);
    lock->client = client;
    lock->index = es_escape(name);
    lock->alias = g_strdup(alias);
    lock->owner = lock_owner_name();
    lock->token = g_uuid_string_random();
    lock->job = g_strdup(job);
    lock->breaks = g_strdup(options->break_owner != NULL ? options->break_owner : "");
    lock->seconds = options->seconds;
    g_mutex_init(&lock->mutex);
    g_cond_init(&lock->ended);
    return lock;
}

/* Not to be interrupted: a lock whose answer is not waited for may be there all the same. */
static gboolean take(Lock *lock, GError **error)
{
    g_autoptr(GError) failure = NULL;
    if (!make_index(lock, error))
        return FALSE;
    if (create(lock, &failure))
        return lock_check(lock, error); /* from now on by the server's clock */
    if (failure == NULL) {
        Scripted taken = run(lock->client, lock, TAKE, TRUE, "&refresh=true", &failure);
        if (taken == SCRIPT_DID)
            return TRUE;
        if (taken != SCRIPT_FAILED)
            set_held(lock, &failure);
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

Lock *lock_acquire(EsClient *client, const char *alias, const char *job, const LockOptions *options,
                   GError **error)
{
    g_autoptr(Lock) lock = lock_new(client, alias, job, options);
    es_client_set_interruptible(client, FALSE);
    gboolean taken = take(lock, error);
    es_client_set_interruptible(client, TRUE);
    if (!taken || !start_renewing(lock, options, error))
        return NULL;
    return g_steal_pointer(&lock);
}

gboolean lock_check(Lock *lock, GError **error)
{
    switch (run(lock->client, lock, TAKE, FALSE, "", error)) {
    case SCRIPT_DID:
        return TRUE;
    case SCRIPT_DID_NOT:
    case SCRIPT_GONE:
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_LOCKED,
                    "the lock of %s was taken away from this job (%s) while it worked", lock->alias,
                    lock->owner);
        return FALSE;
    case SCRIPT_FAILED:
        break;
    }
    return FALSE;
}

void lock_release(Lock *lock)
{
    if (lock == NULL)
        return;
    if (lock->thread != NULL) {
        g_mutex_lock(&lock->mutex);
        lock->end = TRUE;
        g_cond_signal(&lock->ended);
        g_mutex_unlock(&lock->mutex);
        g_thread_join(lock->thread);
    }
    es_client_free(lock->own_client);
    es_client_set_interruptible(lock->client, FALSE);
    run(lock->client, lock, GIVE_BACK, FALSE, "&refresh=true", NULL);
    es_client_set_interruptible(lock->client, TRUE);
    g_mutex_clear(&lock->mutex);
    g_cond_clear(&lock->ended);
    g_free(lock->index);
    g_free(lock->alias);
    g_free(lock->owner);
    g_free(lock->token);
    g_free(lock->job);
    g_free(lock->breaks);
    g_free(lock);
}

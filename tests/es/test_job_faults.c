/* Lock and swap against answers that a real server gives only at the worst of moments. */
#include <string.h>

#include "fake_server.h"
#include "lock.h"
#include "recsys_error.h"
#include "standing.h"
#include "tap.h"

#define WELCOME "{\"version\":{\"number\":\"9.9.9\"}}"

static EsClient *connect_to(const FakeServer *server)
{
    g_autoptr(GError) error = NULL;
    g_auto(HttpOptions) options = {.url = g_strdup(fake_server_url(server))};
    EsClient *client = es_client_connect(&options, &error);
    CU_ASSERT_PTR_NOT_NULL(client);
    return client;
}

/* What is answered to a request, in order; the first line that fits. NULL as text: hangs up. */
typedef struct {
    const char *method, *path, *body; /* parts of the request's; body may be NULL */
    long status;
    const char *text;
    guint times; /* 0: without end */
    guint seen;
} Line;

typedef struct {
    Line lines[8];
} Script;

static void play(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Script *script = data;
    for (Line *line = script->lines; line->method != NULL; line++) {
        if (strcmp(request->method, line->method) != 0 ||
            strstr(request->path, line->path) == NULL ||
            (line->body != NULL && strstr(request->body->str, line->body) == NULL) ||
            (line->times > 0 && line->seen == line->times))
            continue;
        line->seen++;
        answer->hang_up = line->text == NULL;
        fake_answer_json(answer, line->text != NULL ? line->text : "");
        answer->status = line->status;
        return;
    }
    fake_answer_json(answer, WELCOME);
}

/* ---- the lock ---- */

#define DID "{\"result\":\"updated\"}"
#define DID_NOT "{\"result\":\"noop\"}"
#define EXISTS "{\"error\":{\"type\":\"resource_already_exists_exception\",\"reason\":\"x\"}}"
#define CONFLICT "{\"error\":{\"type\":\"version_conflict_engine_exception\",\"reason\":\"x\"}}"
#define BROKEN "{\"error\":{\"type\":\"broken\",\"reason\":\"really\"}}"
#define HELD                                                                                       \
    "{\"_source\":{\"owner\":\"kim@far:7\",\"job\":\"release\",\"until\":\"2026-01-01T00:00:"      \
    "00Z\"}}"
#define BACK "expires = 0"

static Lock *acquire(EsClient *client, GError **error)
{
    const LockOptions options = {.seconds = 60};
    return lock_acquire(client, "a", "test", &options, error);
}

static void check_not_acquired(Script script, GQuark domain, int code, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FakeServer) server = fake_server_start(play, &script);
    g_autoptr(EsClient) client = connect_to(server);
    g_autoptr(Lock) lock = client != NULL ? acquire(client, &error) : NULL;
    CU_ASSERT_PTR_NULL(lock);
    TAP_ASSERT_ERROR(error, domain, code, message);
    /* It may be there all the same: given back in each case. */
    CU_ASSERT_EQUAL(script.lines[0].seen, 1);
}

static void test_lock_not_acquired(void)
{
    const Line back = {"POST", "/a-lock/_update/lock", BACK, 200, DID_NOT, 0, 0};
    const Line taken = {"PUT", "op_type=create", NULL, 409, CONFLICT, 0, 0};
    const Line update = {"POST", "/_update/lock", NULL, 200, DID_NOT, 0, 0};
    const Line exists = {"PUT", "/a-lock", NULL, 400, EXISTS, 0, 0};
    check_not_acquired(
        (Script){{back, taken, exists, update, {"GET", "/_doc/lock", NULL, 200, HELD, 0, 0}}},
        RECSYS_ERROR, RECSYS_ERROR_LOCKED,
        "a is locked by kim@far:7 (release) until 2026-01-01T00:00:00Z");
    check_not_acquired(
        (Script){{back, taken, exists, update, {"GET", "/_doc/lock", NULL, 404, "{}", 0, 0}}},
        RECSYS_ERROR, RECSYS_ERROR_LOCKED, "another job had the lock of a just now");
    check_not_acquired((Script){{back, {"PUT", "/a-lock", NULL, 403, BROKEN, 0, 0}}}, ES_ERROR, 403,
                       "broken: really");
    check_not_acquired((Script){{back, {"PUT", "op_type=create", NULL, 503, BROKEN, 0, 0}, exists}},
                       ES_ERROR, 503, "broken: really");
    check_not_acquired(
        (Script){{back, taken, exists, {"POST", "/_update", NULL, 500, BROKEN, 0, 0}}}, ES_ERROR,
        500, "broken: really");
}

/* It was ours, and is not, or that cannot be said. */
static void test_lock_lost(void)
{
    const struct {
        long status;
        const char *text;
        int code;
        const char *message;
    } cases[] = {
        {200, DID, -1, NULL},
        {200, DID_NOT, RECSYS_ERROR_LOCKED, "the lock of a was taken away from this job ("},
        {404, BROKEN, RECSYS_ERROR_LOCKED, "the lock of a was taken away from this job ("},
        {503, BROKEN, 503, "broken: really"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Script script = {{{"POST", "/_update/lock", BACK, 200, DID, 0, 0},
                          {"PUT", "/a-lock", NULL, 200, "{}", 0, 0},
                          {"POST", "/_update/lock", NULL, 200, DID, 1, 0},
                          {"POST", "/_update/lock", NULL, cases[i].status, cases[i].text, 0, 0}}};
        g_autoptr(GError) error = NULL;
        g_autoptr(FakeServer) server = fake_server_start(play, &script);
        g_autoptr(EsClient) client = connect_to(server);
        Lock *lock = client != NULL ? acquire(client, &error) : NULL;
        CU_ASSERT_PTR_NOT_NULL(lock);
        CU_ASSERT(lock != NULL && lock_check(lock, &error) == (cases[i].message == NULL));
        if (cases[i].message != NULL)
            TAP_ASSERT_ERROR(error, cases[i].code < 100 ? RECSYS_ERROR : ES_ERROR, cases[i].code,
                             cases[i].message);
        lock_release(lock);
        CU_ASSERT_EQUAL(script.lines[0].seen, 1);
    }
}

/* ---- the swap ---- */

#define MOVED "{\"new\":{}}"
#define STAYED "{\"old\":{}}"
#define TWO "{\"new\":{},\"old\":{}}"

/* The answer to the swap, the one to the question afterwards, and what is made of them. */
static void test_swap(void)
{
    const struct {
        long status, then_status;
        const char *text, *then;
        Swap swap;
        const char *message;
    } cases[] = {
        {200, 200, "{\"acknowledged\":true}", MOVED, SWAP_DONE, ""},
        {400, 200, BROKEN, MOVED, SWAP_REFUSED, "broken: really"},
        {0, 200, NULL, MOVED, SWAP_DONE, ""},
        {500, 200, BROKEN, MOVED, SWAP_DONE, ""},
        {200, 500, "{\"acknowledged\":true}", BROKEN, SWAP_DONE, ""},
        /* A lost answer says nothing about what comes after it. */
        {0, 200, NULL, STAYED, SWAP_UNKNOWN, "has not moved to new so far, and still may"},
        {0, 404, NULL, "{}", SWAP_UNKNOWN, "has not moved to new so far, and still may"},
        {0, 200, NULL, TWO, SWAP_UNKNOWN, "has not moved to new so far, and still may"},
        {200, 200, "{\"acknowledged\":true}", TWO, SWAP_UNKNOWN, "and stands for new,old"},
        {200, 404, "{\"acknowledged\":true}", "{}", SWAP_UNKNOWN, "and stands for nothing"},
        {0, 0, NULL, NULL, SWAP_UNKNOWN, "whether a has moved to new is not known"},
        {504, 500, BROKEN, BROKEN, SWAP_UNKNOWN, "whether a has moved to new is not known"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        Script script = {{{"POST", "/_aliases", NULL, cases[i].status, cases[i].text, 0, 0},
                          {"GET", "/a/_mapping", NULL, 200, STAYED, 1, 0},
                          {"GET", "/a/_mapping", NULL, cases[i].then_status, cases[i].then, 0, 0}}};
        g_autoptr(GError) error = NULL;
        g_auto(Standing) standing = {0};
        g_autoptr(FakeServer) server = fake_server_start(play, &script);
        g_autoptr(EsClient) client = connect_to(server);
        standing_read(&standing, NULL, "a");
        CU_ASSERT(client != NULL &&
                  standing_swap(client, &standing, "a", "new", &error) == cases[i].swap);
        CU_ASSERT_EQUAL(error == NULL, cases[i].swap == SWAP_DONE);
        CU_ASSERT(error == NULL || strstr(error->message, cases[i].message) != NULL);
        CU_ASSERT_EQUAL(script.lines[0].seen, 1);
    }
}

static const UnitTest tests[] = {
    {"a lock that is not acquired", test_lock_not_acquired},
    {"a lock that is lost", test_lock_lost},
    {"the swap", test_swap},
    {NULL, NULL},
};

TAP_MAIN("job_faults", tests)

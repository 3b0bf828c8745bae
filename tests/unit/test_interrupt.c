/* Signals for real: each case is a process of its own. */
#include "interrupt.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recsys_error.h"
#include "tap.h"

#define TOLD "interrupted: ending; again to stop at once\n"

typedef int (*Life)(void);

typedef struct {
    int status;     /* as wait() gives it */
    char text[256]; /* of its stderr */
} End;

static End live(Life life)
{
    End end = {0};
    int ends[2];
    if (pipe(ends) != 0)
        return end;
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        _exit(life());
    }
    close(ends[1]);
    gsize length = 0;
    ssize_t got = 0;
    while ((got = read(ends[0], end.text + length, sizeof end.text - 1 - length)) > 0)
        length += (gsize)got;
    close(ends[0]);
    waitpid(child, &end.status, 0);
    return end;
}

static gboolean exits_with(const End *end, int code)
{
    return WIFEXITED(end->status) && WEXITSTATUS(end->status) == code;
}

/* ---- one signal ---- */

static int noticed(void)
{
    g_autoptr(GError) error = NULL;
    const gint64 before = g_get_monotonic_time();
    interrupt_install();
    if (interrupt_requested(NULL) || interrupt_moment() != 0)
        return 1;
    raise(SIGTERM);
    if (!interrupt_requested(&error) || error->code != RECSYS_ERROR_INTERRUPTED)
        return 2;
    return interrupt_moment() >= before && interrupt_moment() <= g_get_monotonic_time() ? 0 : 3;
}

static void test_one_signal(void)
{
    const End end = live(noticed);
    CU_ASSERT(exits_with(&end, 0));
    CU_ASSERT_STRING_EQUAL(end.text, TOLD);
}

/* ---- several ---- */

static int two_kinds(void)
{
    interrupt_install();
    raise(SIGTERM);
    raise(SIGINT);
    return interrupt_requested(NULL) ? 0 : 1;
}

static int one_kind_twice(void)
{
    interrupt_install();
    raise(SIGINT);
    raise(SIGINT);
    return 0;
}

static void test_several(void)
{
    const End once = live(two_kinds), ended = live(one_kind_twice);
    CU_ASSERT(exits_with(&once, 0));
    CU_ASSERT_STRING_EQUAL(once.text, TOLD); /* not twice */
    CU_ASSERT(WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGINT);
}

/* ---- ignored ones ---- */

static int under_nohup(void)
{
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    interrupt_install();
    raise(SIGHUP);
    raise(SIGINT);
    if (interrupt_requested(NULL))
        return 1;
    raise(SIGTERM);
    return interrupt_requested(NULL) ? 0 : 2;
}

static void test_ignored(void)
{
    const End end = live(under_nohup);
    CU_ASSERT(exits_with(&end, 0));
    CU_ASSERT_STRING_EQUAL(end.text, TOLD);
}

static const UnitTest tests[] = {
    {"one signal", test_one_signal},
    {"several signals", test_several},
    {"ignored signals stay ignored", test_ignored},
    {NULL, NULL},
};

TAP_MAIN("interrupt", tests)

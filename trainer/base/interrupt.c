#include "interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "recsys_error.h"

#define TOLD "interrupted: ending; again to stop at once\n"

static volatile sig_atomic_t received;
static _Atomic gint64 moment;   /* of the first one; monotonic microseconds */
static const char *told = TOLD; /* on a line of its own, whatever a terminal shows there */

/* Only calls that POSIX allows in a signal handler. */
static void on_signal(int number)
{
    const int kept = errno;
    struct timespec now = {0};
    if (received == 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        atomic_store(&moment, (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000);
        const ssize_t written = write(STDERR_FILENO, told, strlen(told));
        (void)written;
    }
    received = number;
    errno = kept;
}

/* What is ignored stays so: `nohup`, or a job that a shell has put into the background. */
static void install_for(int number)
{
    struct sigaction before = {0};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return;
    sigaction(number, &action, NULL);
}

void interrupt_install(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    told = isatty(STDERR_FILENO) ? "\n" TOLD : TOLD;
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        install_for(numbers[i]);
}

gint64 interrupt_moment(void)
{
    return atomic_load(&moment);
}

gboolean interrupt_requested(GError **error)
{
    if (received == 0)
        return FALSE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED, "interrupted by signal %d (%s)",
                (int)received, g_strsignal(received));
    return TRUE;
}

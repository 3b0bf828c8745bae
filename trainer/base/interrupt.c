#include "interrupt.h"

#include <signal.h>

#include "recsys_error.h"

static volatile sig_atomic_t received;

static void on_signal(int number)
{
    received = number;
}

void interrupt_install(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

gboolean interrupt_requested(GError **error)
{
    if (received == 0)
        return FALSE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED, "interrupted by signal %d (%s)",
                (int)received, g_strsignal(received));
    return TRUE;
}

/* Ctrl-C as a flag: long work asks now and then, stops at a clean point and leaves nothing half
 * done. A second signal ends the process at once. */
#pragma once

#include <glib.h>

/* Turns SIGINT, SIGTERM and SIGHUP into the flag. Call once, from main. */
void interrupt_install(void);

/* TRUE after a signal. With `error` not NULL it is then set to RECSYS_ERROR_INTERRUPTED. */
gboolean interrupt_requested(GError **error);

/* Ctrl-C as a flag: long work asks now and then, stops at a clean point and leaves nothing half
 * done. One line on stderr says so at once; a second signal of the kind ends the process. */
#pragma once

#include <glib.h>

/* Turns SIGINT, SIGTERM and SIGHUP into the flag, each unless it is ignored (nohup). Call once,
 * from main. */
void interrupt_install(void);

/* TRUE after a signal. With `error` not NULL it is then set to RECSYS_ERROR_INTERRUPTED. */
gboolean interrupt_requested(GError **error);

/* When the first signal came, in monotonic microseconds; 0 if none has. */
gint64 interrupt_moment(void);

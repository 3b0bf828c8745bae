/* Which of the variants of some kernels runs: the widest one this CPU has, or the one that the
 * environment variable RECSYS_KERNELS names. */
#pragma once

#include <glib.h>

/* The index in names[0..count-1], which are those this CPU has, the widest last. -1 with
 * RECSYS_ERROR_USAGE if RECSYS_KERNELS names none of them. */
int kernel_choice(const char *const *names, guint count, GError **error) G_GNUC_WARN_UNUSED_RESULT;

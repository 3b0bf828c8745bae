/* Options that are texts in UTF-8 whatever the locale is.
 *
 * GLib takes an option that is a string from the locale's encoding, and in the C locale, that of
 * cron and systemd, refuses all but ASCII without naming the option. One that is declared as a file
 * name comes as it is given. */
#pragma once

#include <glib.h>

/* RECSYS_ERROR_USAGE naming the option if the value of one that is declared as a file name, but
 * whose argument is not described as "FILE", is not UTF-8. `tables` as of cli_parse(), after it. */
gboolean option_texts_check(const GOptionEntry *const *tables,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

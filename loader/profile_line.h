/* One line of a file of profiles:
 *
 *     {"id": "a-17", "user": 42, "age": 18, "gender": "M", "size": 20}
 *
 * `id` (text or a number) comes back in the answer, `size` is how many movies are wanted,
 * `user_only` and `anyone` (true or false) are those of a profile; every other member is a user
 * feature, a text or an integer. A member that is null is as if it were
 * absent; there are 1000 members at most. */
#pragma once

#include "recommend_batch.h"

/* Fills the item's profile, size and id (as JSON). FALSE with RECSYS_ERROR_DATA for a line that is
 * no such object; the id is kept if it has one. `line` [length] need not be NUL-terminated. */
gboolean profile_line_parse(BatchItem *item, const char *line, gsize length, guint usual_size,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

#include "whole_person.h"

#include "feature_table.h"
#include "printable.h"
#include "recsys_error.h"

Profile *whole_person_rest(const ReleaseMeta *release, const Profile *profile, char *const *ids,
                           GError **error)
{
    g_autoptr(Profile) rest = profile_new();
    for (guint i = 0; ids != NULL && !profile->user_only && ids[i] != NULL; i++) {
        const char *type, *value;
        if (!release_meta_find_id(release, ids[i], &type, &value)) {
            g_autofree char *shown = printable_text(ids[i]);
            const char *user = profile_value(profile, FEATURE_USER);
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                        "user %s in %s has the attribute %s, which the release does not have: "
                        "release it again",
                        user != NULL ? user : "", release->index, shown);
            return NULL;
        }
        if (profile_value(profile, type) == NULL && profile_value(rest, type) == NULL)
            profile_add(rest, type, value);
    }
    return g_steal_pointer(&rest);
}

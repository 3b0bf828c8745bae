#include "feature_id.h"

#include <string.h>

/* A feature index as it is written, without signs or zeros before it. */
static gboolean find_by_index(const Bundle *bundle, const char *type, const char *digits,
                              guint *index)
{
    char *end = NULL;
    if (!g_ascii_isdigit(*digits) || (*digits == '0' && digits[1] != '\0'))
        return FALSE;
    const guint64 number = g_ascii_strtoull(digits, &end, 10);
    if (*end != '\0' || number >= bundle->model->n)
        return FALSE;
    *index = (guint)number;
    return strcmp(feature_table_get(bundle->features, *index)->type, type) == 0;
}

/* As release_document_id() makes them: users and movies by their value whatever the others. A type
 * may have an underscore in it, and so may a value: every type is tried. */
gboolean feature_of_id(const Bundle *bundle, DocIds doc_ids, const char *id, guint *index)
{
    const GPtrArray *types = feature_table_types(bundle->features);
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        const gsize length = strlen(type);
        if (strncmp(id, type, length) != 0 || id[length] != '_')
            continue;
        const char *rest = id + length + 1;
        const gboolean by_value = doc_ids == DOC_IDS_BY_VALUE || strcmp(type, FEATURE_USER) == 0 ||
                                  strcmp(type, FEATURE_MOVIE) == 0;
        if (by_value ? feature_table_find(bundle->features, type, rest, index)
                     : find_by_index(bundle, type, rest, index))
            return TRUE;
    }
    return FALSE;
}

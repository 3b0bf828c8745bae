#include "feature_id.h"

#include <string.h>

#include "document.h"

/* A feature index as it is written, without signs or zeros before it. */
static gboolean find_by_index(const Bundle *bundle, const char *digits, guint *index)
{
    char *end = NULL;
    const guint64 number = g_ascii_strtoull(digits, &end, 10);
    if (end == digits || *end != '\0' || number >= bundle->model->n)
        return FALSE;
    *index = (guint)number;
    return TRUE;
}

/* A type may have an underscore in it, and so may a value: every type is tried. What is found has
 * this very id, or it is not found. */
gboolean feature_of_id(const Bundle *bundle, DocIds doc_ids, const char *id, guint *index)
{
    const GPtrArray *types = feature_table_types(bundle->features);
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        const gsize length = strlen(type);
        if (strncmp(id, type, length) != 0 || id[length] != '_')
            continue;
        const char *rest = id + length + 1;
        if (!feature_table_find(bundle->features, type, rest, index) &&
            !find_by_index(bundle, rest, index))
            continue;
        g_autofree char *expected = document_id(bundle, doc_ids, *index);
        if (strcmp(expected, id) == 0)
            return TRUE;
        /* "age_18" is the age 18, or the feature 18, which is an age. */
        if (find_by_index(bundle, rest, index)) {
            g_autofree char *other = document_id(bundle, doc_ids, *index);
            if (strcmp(other, id) == 0)
                return TRUE;
        }
    }
    return FALSE;
}

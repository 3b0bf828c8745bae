#include "feature_table.h"

#include "recsys_error.h"

/* Where a feature's attributes are among all. */
typedef struct {
    guint begin, count;
} Span;

struct FeatureTable {
    guint owners;
    GArray *rows;         /* Feature */
    GStringChunk *text;   /* every string of every row */
    GPtrArray *genres;    /* the genre vectors, owned */
    GPtrArray *types;     /* const char *, interned in `text` */
    GHashTable *by_type;  /* type -> GArray of guint */
    GHashTable *by_value; /* "type\037value" in `text` -> index + 1 */
    GArray *attributes;   /* guint32: those of all users, one user after the other */
    GArray *spans;        /* Span by feature index; as long as the last feature that has some */
};

FeatureTable *feature_table_new(void)
{
    FeatureTable *table = g_new0(FeatureTable, 1);
    table->owners = 1;
    table->rows = g_array_new(FALSE, FALSE, sizeof(Feature));
    table->text = g_string_chunk_new(64 * 1024);
    table->genres = g_ptr_array_new_with_free_func(g_free);
    table->types = g_ptr_array_new();
    table->by_type =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
    table->by_value = g_hash_table_new(g_str_hash, g_str_equal);
    table->attributes = g_array_new(FALSE, FALSE, sizeof(guint32));
    table->spans = g_array_new(FALSE, TRUE, sizeof(Span));
    return table;
}

FeatureTable *feature_table_ref(FeatureTable *table)
{
    table->owners++;
    return table;
}

void feature_table_free(FeatureTable *table)
{
    if (table == NULL || --table->owners > 0)
        return;
    g_hash_table_unref(table->by_value);
    g_hash_table_unref(table->by_type);
    g_ptr_array_unref(table->types);
    g_ptr_array_unref(table->genres);
    g_string_chunk_free(table->text);
    g_array_unref(table->rows);
    g_array_unref(table->attributes);
    g_array_unref(table->spans);
    g_free(table);
}

static const char **copy_genres(FeatureTable *table, const char **genres)
{
    if (genres == NULL)
        return NULL;
    guint count = g_strv_length((char **)genres);
    const char **copy = g_new0(const char *, count + 1);
    for (guint i = 0; i < count; i++)
        copy[i] = g_string_chunk_insert_const(table->text, genres[i]);
    g_ptr_array_add(table->genres, copy);
    return copy;
}

static GArray *indices_of_type(FeatureTable *table, const char *type)
{
    GArray *indices = g_hash_table_lookup(table->by_type, type);
    if (indices == NULL) {
        indices = g_array_new(FALSE, FALSE, sizeof(guint));
        g_hash_table_insert(table->by_type, (gpointer)type, indices);
        g_ptr_array_add(table->types, (gpointer)type);
    }
    return indices;
}

gboolean feature_table_add(FeatureTable *table, const Feature *feature, guint *index,
                           GError **error)
{
    g_autofree char *key = g_strconcat(feature->type, "\037", feature->value, NULL);
    if (g_hash_table_contains(table->by_value, key)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s %s is there twice", feature->type,
                    feature->value);
        return FALSE;
    }

    Feature row = {
        .type = g_string_chunk_insert_const(table->text, feature->type),
        .value = g_string_chunk_insert(table->text, feature->value),
        .title = feature->title ? g_string_chunk_insert(table->text, feature->title) : NULL,
        .genres = copy_genres(table, feature->genres),
        .year = feature->year,
        .ratings = feature->ratings,
    };
    guint position = table->rows->len;
    g_array_append_val(table->rows, row);
    g_array_append_val(indices_of_type(table, row.type), position);
    g_hash_table_insert(table->by_value, g_string_chunk_insert(table->text, key),
                        GUINT_TO_POINTER(position + 1));
    if (index != NULL)
        *index = position;
    return TRUE;
}

guint feature_table_size(const FeatureTable *table)
{
    return table->rows->len;
}

const Feature *feature_table_get(const FeatureTable *table, guint index)
{
    g_assert(index < table->rows->len);
    return &g_array_index(table->rows, Feature, index);
}

gboolean feature_table_find(const FeatureTable *table, const char *type, const char *value,
                            guint *index)
{
    g_autofree char *key = g_strconcat(type, "\037", value, NULL);
    guint found = GPOINTER_TO_UINT(g_hash_table_lookup(table->by_value, key));
    if (found > 0 && index != NULL)
        *index = found - 1;
    return found > 0;
}

const GArray *feature_table_of_type(const FeatureTable *table, const char *type)
{
    return g_hash_table_lookup(table->by_type, type);
}

guint feature_table_first(const FeatureTable *table, const char *type, guint *count)
{
    const GArray *indices = feature_table_of_type(table, type);
    *count = indices != NULL ? indices->len : 0;
    return *count > 0 ? g_array_index(indices, guint, 0) : 0;
}

const GPtrArray *feature_table_types(const FeatureTable *table)
{
    return table->types;
}

void feature_table_set_attributes(FeatureTable *table, guint user, const guint32 *indices,
                                  guint count)
{
    const Span span = {table->attributes->len, count};
    for (guint i = 0; i < count; i++)
        g_assert(indices[i] < table->rows->len);
    if (table->spans->len <= user)
        g_array_set_size(table->spans, user + 1);
    g_array_index(table->spans, Span, user) = span;
    g_array_append_vals(table->attributes, indices, count);
}

Attributes feature_table_attributes(const FeatureTable *table, guint index)
{
    if (index >= table->spans->len)
        return (Attributes){0, NULL};
    const Span span = g_array_index(table->spans, Span, index);
    return (Attributes){span.count, &g_array_index(table->attributes, guint32, span.begin)};
}

char *feature_table_describe_values(const FeatureTable *table, const char *type)
{
    const guint shown = 25;
    const GArray *indices = feature_table_of_type(table, type);
    GString *text = g_string_new(NULL);
    for (guint i = 0; indices != NULL && i < MIN(indices->len, shown); i++) {
        const Feature *feature = feature_table_get(table, g_array_index(indices, guint, i));
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", feature->value);
    }
    if (indices != NULL && indices->len > shown)
        g_string_append_printf(text, ", … (%u in all)", indices->len);
    return g_string_free(text, FALSE);
}

/* The ids of one kind (users, movies, values of a user feature) and their positions, 0, 1, 2 …, in
 * order of first appearance.
 *
 * An id that is a number below 2^32 without zeros in front is kept as a number: small ones are
 * looked up by one array access, others by a hash. All other ids are kept as text. */
#pragma once

#include <glib.h>

#include "text_file.h"

/* No position: not there. */
#define ID_TABLE_NONE G_MAXUINT

typedef struct {
    guint32 *direct; /* [direct_size] position + 1 of a number below it, 0 if not there */
    guint32 direct_size;
    GHashTable *numbers; /* other numbers: number -> position + 1 */
    GHashTable *texts;   /* IdText -> position + 1 */
    GPtrArray *text_ids; /* IdText, owned */
    GArray *ids;         /* what is at a position */
} IdTable;

IdTable *id_table_new(void);
void id_table_free(IdTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IdTable, id_table_free)

guint id_table_size(const IdTable *table);

/* The position of an id, or ID_TABLE_NONE. */
guint id_table_find(const IdTable *table, Text id);
guint id_table_find_large_number(const IdTable *table, guint32 number);

static inline guint id_table_find_number(const IdTable *table, guint32 number)
{
    if (G_LIKELY(number < table->direct_size))
        return table->direct[number] - 1; /* 0 - 1 is ID_TABLE_NONE */
    return id_table_find_large_number(table, number);
}

/* Adds an id, which must not be there yet, and returns its position. The text is copied. */
guint id_table_add(IdTable *table, Text id);
guint id_table_add_number(IdTable *table, guint32 number);

/* The id at a position, as text: a new string. */
char *id_table_get(const IdTable *table, guint position);

/* The positions p with uses[p] > 0 (all if `uses` is NULL), sorted: ids of digits only by their
 * numeric value, then all others bytewise. guint elements. */
GArray *id_table_sort(const IdTable *table, const guint32 *uses);

#include "id_table.h"

#include <string.h>

#define LARGEST_DIRECT (1u << 22) /* 16 MiB at most, however sparse the numbers are */
#define NUMBER_SIZE 11            /* of a number's text, with its NUL */

typedef struct {
    gsize length;
    char text[]; /* NUL-terminated */
} IdText;

typedef struct {
    const IdText *text; /* NULL: a number */
    guint32 number;
} Id;

static guint hash_text(const char *text, gsize length)
{
    guint hash = 2166136261u; /* FNV-1a */
    for (gsize i = 0; i < length; i++)
        hash = (hash ^ (guchar)text[i]) * 16777619u;
    return hash;
}

/* Keys are Texts, so that a lookup needs no copy. */
static guint hash_key(gconstpointer key)
{
    const Text *text = key;
    return hash_text(text->text, text->length);
}

static gboolean equal_keys(gconstpointer a, gconstpointer b)
{
    const Text *x = a, *y = b;
    return x->length == y->length && memcmp(x->text, y->text, x->length) == 0;
}

IdTable *id_table_new(void)
{
    IdTable *table = g_new0(IdTable, 1);
    table->numbers = g_hash_table_new(NULL, NULL);
    table->texts = g_hash_table_new_full(hash_key, equal_keys, g_free, NULL);
    table->text_ids = g_ptr_array_new_with_free_func(g_free);
    table->ids = g_array_new(FALSE, FALSE, sizeof(Id));
    return table;
}

void id_table_free(IdTable *table)
{
    if (table == NULL)
        return;
    g_free(table->direct);
    g_hash_table_unref(table->numbers);
    g_hash_table_unref(table->texts);
    g_ptr_array_unref(table->text_ids);
    g_array_unref(table->ids);
    g_free(table);
}

guint id_table_size(const IdTable *table)
{
    return table->ids->len;
}

static gboolean is_number(Text id, guint32 *number)
{
    if (id.length > 1 && id.text[0] == '0')
        return FALSE;
    return text_parse_uint(id, number);
}

guint id_table_find_large_number(const IdTable *table, guint32 number)
{
    if (number < LARGEST_DIRECT)
        return ID_TABLE_NONE; /* otherwise the array would reach as far */
    return GPOINTER_TO_UINT(g_hash_table_lookup(table->numbers, GUINT_TO_POINTER(number))) - 1;
}

guint id_table_find(const IdTable *table, Text id)
{
    guint32 number;
    if (is_number(id, &number))
        return id_table_find_number(table, number);
    return GPOINTER_TO_UINT(g_hash_table_lookup(table->texts, &id)) - 1;
}

static void grow_direct(IdTable *table, guint32 number)
{
    guint32 size = MAX(table->direct_size, 1024);
    while (size <= number)
        size *= 2;
    table->direct = g_renew(guint32, table->direct, size);
    memset(table->direct + table->direct_size, 0,
           (size - table->direct_size) * sizeof *table->direct);
    table->direct_size = size;
}

guint id_table_add_number(IdTable *table, guint32 number)
{
    const guint position = table->ids->len;
    const Id id = {NULL, number};
    g_array_append_val(table->ids, id);
    if (number >= LARGEST_DIRECT) {
        g_hash_table_insert(table->numbers, GUINT_TO_POINTER(number),
                            GUINT_TO_POINTER(position + 1));
        return position;
    }
    if (number >= table->direct_size)
        grow_direct(table, number);
    table->direct[number] = position + 1;
    return position;
}

guint id_table_add(IdTable *table, Text text)
{
    guint32 number;
    if (is_number(text, &number))
        return id_table_add_number(table, number);
    const guint position = table->ids->len;
    IdText *copy = g_malloc(sizeof *copy + text.length + 1);
    copy->length = text.length;
    memcpy(copy->text, text.text, text.length);
    copy->text[text.length] = '\0';
    g_ptr_array_add(table->text_ids, copy);
    const Id id = {copy, 0};
    g_array_append_val(table->ids, id);
    Text *key = g_new(Text, 1);
    *key = (Text){copy->text, copy->length};
    g_hash_table_insert(table->texts, key, GUINT_TO_POINTER(position + 1));
    return position;
}

/* The id's text, in `buffer` if it is a number. */
static Text text_of(const Id *id, char buffer[NUMBER_SIZE])
{
    if (id->text != NULL)
        return (Text){id->text->text, id->text->length};
    return (Text){buffer, (gsize)g_snprintf(buffer, NUMBER_SIZE, "%u", id->number)};
}

char *id_table_get(const IdTable *table, guint position)
{
    char buffer[NUMBER_SIZE];
    g_assert(position < table->ids->len);
    const Text text = text_of(&g_array_index(table->ids, Id, position), buffer);
    return g_strndup(text.text, text.length);
}

/* ---- order ---- */

static int compare_bytes(Text a, Text b)
{
    const int order = memcmp(a.text, b.text, MIN(a.length, b.length));
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

static gboolean is_digits(Text text)
{
    for (gsize i = 0; i < text.length; i++)
        if (!g_ascii_isdigit(text.text[i]))
            return FALSE;
    return TRUE;
}

static Text without_zeros(Text text)
{
    while (text.length > 0 && text.text[0] == '0')
        text = (Text){text.text + 1, text.length - 1};
    return text;
}

static int compare_values(Text a, Text b)
{
    const Text x = without_zeros(a), y = without_zeros(b);
    if (x.length != y.length)
        return x.length < y.length ? -1 : 1;
    const int order = compare_bytes(x, y);
    return order != 0 ? order : compare_bytes(a, b);
}

static int compare_ids(gconstpointer a, gconstpointer b, gpointer data)
{
    const GArray *ids = data;
    const Id *x = &g_array_index(ids, Id, *(const guint *)a);
    const Id *y = &g_array_index(ids, Id, *(const guint *)b);
    if (x->text == NULL && y->text == NULL)
        return (x->number > y->number) - (x->number < y->number);
    char buffers[2][NUMBER_SIZE];
    const Text s = text_of(x, buffers[0]), t = text_of(y, buffers[1]);
    const gboolean s_digits = is_digits(s), t_digits = is_digits(t);
    if (s_digits != t_digits)
        return s_digits ? -1 : 1;
    return s_digits ? compare_values(s, t) : compare_bytes(s, t);
}

GArray *id_table_sort(const IdTable *table, const guint32 *uses)
{
    GArray *positions = g_array_new(FALSE, FALSE, sizeof(guint));
    for (guint i = 0; i < table->ids->len; i++)
        if (uses == NULL || uses[i] > 0)
            g_array_append_val(positions, i);
    g_array_sort_with_data(positions, compare_ids, table->ids);
    return positions;
}

#include "id_table.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

static Text text_of(const char *text)
{
    return (Text){text, strlen(text)};
}

static void test_positions(void)
{
    const char *const ids[] = {"7",  "0",       "4294967295", "4294967296", "007",
                               "x",  "4194303", "4194304",    "X",          "-1",
                               " 7", "1023",    "1024",       "00",         "7.0"};
    g_autoptr(IdTable) table = id_table_new();
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        CU_ASSERT_EQUAL(id_table_find(table, text_of(ids[i])), ID_TABLE_NONE);
        CU_ASSERT_EQUAL(id_table_add(table, text_of(ids[i])), i);
    }
    CU_ASSERT_EQUAL(id_table_size(table), G_N_ELEMENTS(ids));
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *id = id_table_get(table, i);
        CU_ASSERT_STRING_EQUAL(id, ids[i]);
        CU_ASSERT_EQUAL(id_table_find(table, text_of(ids[i])), i);
    }
    CU_ASSERT_EQUAL(id_table_find_number(table, 7), 0);
    CU_ASSERT_EQUAL(id_table_find_number(table, G_MAXUINT32), 2);
    CU_ASSERT_EQUAL(id_table_find_number(table, 8), ID_TABLE_NONE);
    CU_ASSERT_EQUAL(id_table_find_number(table, G_MAXUINT32 - 1), ID_TABLE_NONE);
}

static void test_empty(void)
{
    g_autoptr(IdTable) table = id_table_new();
    g_autoptr(GArray) sorted = id_table_sort(table, NULL);
    CU_ASSERT_EQUAL(id_table_find_number(table, 0), ID_TABLE_NONE);
    CU_ASSERT_EQUAL(sorted->len, 0);
    id_table_free(NULL);
}

/* Text is compared whole: with NULs in it, and where one is the beginning of the other. */
static void test_text_is_compared_whole(void)
{
    g_autoptr(IdTable) table = id_table_new();
    id_table_add(table, (Text){"a\0b", 3});
    CU_ASSERT_EQUAL(id_table_find(table, (Text){"a\0c", 3}), ID_TABLE_NONE);
    CU_ASSERT_EQUAL(id_table_find(table, text_of("a")), ID_TABLE_NONE);
    CU_ASSERT_EQUAL(id_table_find(table, (Text){"a\0bc", 3}), 0);
}

static void check_order(const char *const *ids, const guint32 *uses, guint count,
                        const char *const *expected, guint expected_count)
{
    g_autoptr(IdTable) table = id_table_new();
    for (guint i = 0; i < count; i++)
        id_table_add(table, text_of(ids[i]));
    g_autoptr(GArray) sorted = id_table_sort(table, uses);
    CU_ASSERT_EQUAL(sorted->len, expected_count);
    for (guint i = 0; i < MIN(sorted->len, expected_count); i++) {
        g_autofree char *id = id_table_get(table, g_array_index(sorted, guint, i));
        CU_ASSERT_STRING_EQUAL(id, expected[i]);
    }
}

static void test_order(void)
{
    const char *const ids[] = {"b",          "10", "9",  "a10",      "a9", "99999999999",
                               "4294967296", "-3", "09", "\303\251", "ab", "4000000000",
                               "a",          "B",  "0",  "00"};
    const char *const sorted[] = {"0",          "00",          "09", "9",       "10", "4000000000",
                                  "4294967296", "99999999999", "-3", "B",       "a",  "a10",
                                  "a9",         "ab",          "b",  "\303\251"};
    check_order(ids, NULL, G_N_ELEMENTS(ids), sorted, G_N_ELEMENTS(sorted));
}

static void test_only_used(void)
{
    const char *const ids[] = {"3", "x", "2", "1"};
    const guint32 uses[] = {1, 2, 0, 7};
    const char *const sorted[] = {"1", "3", "x"};
    check_order(ids, uses, 4, sorted, 3);
}

/* Against a plain list of what was added, with numbers on both sides of every boundary. */
static void test_random_numbers(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    g_autoptr(IdTable) table = id_table_new();
    g_autoptr(GHashTable) positions = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < 20000; i++) {
        const guint32 number = g_rand_int(random) >> g_rand_int_range(random, 0, 32);
        gpointer known = g_hash_table_lookup(positions, GUINT_TO_POINTER(number));
        const guint found = id_table_find_number(table, number);
        CU_ASSERT_EQUAL(found, GPOINTER_TO_UINT(known) - 1);
        if (found != ID_TABLE_NONE)
            continue;
        const guint position = id_table_add_number(table, number);
        CU_ASSERT_EQUAL(position, g_hash_table_size(positions));
        g_hash_table_insert(positions, GUINT_TO_POINTER(number), GUINT_TO_POINTER(position + 1));
    }
}

static const UnitTest tests[] = {
    {"positions", test_positions},
    {"empty", test_empty},
    {"text is compared whole", test_text_is_compared_whole},
    {"order", test_order},
    {"only used", test_only_used},
    {"random numbers", test_random_numbers},
    {NULL, NULL},
};

TAP_MAIN("id_table", tests)

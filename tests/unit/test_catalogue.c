#include "catalogue.h"

#include <string.h>

#include "fixtures.h"
#include "index_definition.h"
#include "tap.h"

static void test_names(void)
{
    const struct {
        const char *index;
        gboolean is_release;
    } cases[] = {
        {"recsys-20260101-030000-0123456789ab", TRUE},
        {"recsys", FALSE},
        {"recsys-lock", FALSE},
        {"recsys-", FALSE},
        {"recsys-20260101-030000", FALSE},
        {"recsys-20260101-030000-0123456789a", FALSE},
        {"recsys-20260101-030000-0123456789abc", FALSE},
        {"recsys-20260101-030000-0123456789aB", FALSE},
        {"recsys-2026010-030000-0123456789ab", FALSE},
        {"recsys_20260101-030000-0123456789ab", FALSE},
        {"recsys-json-20260101-030000-0123456789ab", FALSE},
        {"movies-20260101-030000-0123456789ab", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        CU_ASSERT_EQUAL(catalogue_is_release_name(cases[i].index, "recsys"), cases[i].is_release);
}

static void test_new_name(void)
{
    g_autoptr(GDateTime) time = g_date_time_new_utc(2026, 12, 31, 23, 59, 59);
    g_autofree char *name = catalogue_release_name("recsys", time, "0123456789ab");
    CU_ASSERT_STRING_EQUAL(name, "recsys-20261231-235959-0123456789ab");
    CU_ASSERT(catalogue_is_release_name(name, "recsys"));
}

/* Indices of the alias "a": the day of each, its state and the aliases in front of it. */
typedef struct {
    guint day;
    ReleaseState state;
    const char *aliases; /* JSON */
} Index;

static char *name_of(guint day)
{
    return g_strdup_printf("a-202601%02u-000000-0123456789ab", day);
}

static Catalogue *catalogue_of(const Index *indices, guint count)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    g_autoptr(GString) text = g_string_new("{\"foreign\":{\"aliases\":{\"a\":{}}}");
    for (guint i = 0; i < count; i++) {
        g_autofree char *name = name_of(indices[i].day);
        const IndexForm form = {.state = indices[i].state};
        g_autofree char *meta = index_definition_new_state(bundle, &form);
        g_string_append_printf(text,
                               ",\"%s\":{\"aliases\":%s,\"mappings\":%s,\"settings\":{\"index\":{"
                               "\"creation_date\":\"%u\"}}}",
                               name, indices[i].aliases, meta, 1000 * indices[i].day);
    }
    g_string_append_c(text, '}');
    g_autoptr(GError) error = NULL;
    g_auto(yajl_val) answer = json_parse(text->str, "indices", &error);
    CU_ASSERT_PTR_NULL(error);
    return catalogue_read(answer, "a");
}

static void check_days(const GPtrArray *entries, const char *expected)
{
    g_autoptr(GString) days = g_string_new(NULL);
    for (guint i = 0; i < entries->len; i++) {
        const CatalogueEntry *entry = g_ptr_array_index(entries, i);
        g_string_append_printf(days, "%s%" G_GINT64_FORMAT, i > 0 ? " " : "",
                               entry->created / 1000);
    }
    CU_ASSERT_STRING_EQUAL(days->str, expected);
}

static void check_prune(const Catalogue *catalogue, guint keep, const char *expected)
{
    g_autoptr(GPtrArray) chosen = catalogue_to_prune(catalogue, keep);
    check_days(chosen, expected);
}

static void test_choices(void)
{
    const Index indices[] = {
        {9, RELEASE_COMPLETE, "{}"},         {8, RELEASE_REJECTED, "{}"},
        {7, RELEASE_REJECTED, "{}"},         {6, RELEASE_LOADING, "{}"},
        {5, RELEASE_COMPLETE, "{\"a\":{}}"}, {4, RELEASE_LOADING, "{\"b\":{}}"},
        {3, RELEASE_COMPLETE, "{}"},         {2, RELEASE_NO_STATE, "{}"},
        {1, RELEASE_COMPLETE, "{\"b\":{}}"},
    };
    g_autoptr(Catalogue) catalogue = catalogue_of(indices, G_N_ELEMENTS(indices));
    check_days(catalogue->entries, "1 2 3 4 5 6 7 8 9");
    CU_ASSERT_EQUAL(catalogue_live(catalogue)->created, 5000);
    CU_ASSERT_EQUAL(catalogue_previous(catalogue)->created, 3000);
    check_prune(catalogue, 0, "9 2");
    check_prune(catalogue, 1, "2");
    check_prune(catalogue, 3, "2");
    check_prune(catalogue, 4, "");
    check_prune(catalogue, 100, "");
    g_autoptr(GPtrArray) left_behind = catalogue_left_behind(catalogue);
    check_days(left_behind, "7 6");
}

static void test_nothing(void)
{
    const Index indices[] = {{1, RELEASE_COMPLETE, "{}"}};
    g_autoptr(Catalogue) none = catalogue_of(NULL, 0);
    g_autoptr(Catalogue) not_live = catalogue_of(indices, 1);
    CU_ASSERT_EQUAL(none->entries->len, 0);
    CU_ASSERT_PTR_NULL(catalogue_live(none));
    CU_ASSERT_PTR_NULL(catalogue_previous(none));
    CU_ASSERT_PTR_NULL(catalogue_live(not_live));
    CU_ASSERT_PTR_NULL(catalogue_previous(not_live));
    CU_ASSERT_PTR_NULL(catalogue_find(not_live, "a"));
}

static const UnitTest tests[] = {
    {"names", test_names},
    {"a new name", test_new_name},
    {"what is live, pruned and left behind", test_choices},
    {"nothing there", test_nothing},
    {NULL, NULL},
};

TAP_MAIN("catalogue", tests)

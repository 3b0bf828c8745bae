#include "rollback.h"

#include <string.h>

#include "fixtures.h"
#include "index_definition.h"
#include "recsys_error.h"
#include "tap.h"

#define NAME(day) "a-202601" day "-000000-0123456789ab"

/* Releases of the alias "a", one a day from the first; the last `live` ones are. */
static Catalogue *catalogue_live_at(const ReleaseState *states, guint count, guint live)
{
    g_autoptr(Bundle) bundle = fixture_bundle(2, 1);
    g_autoptr(GString) text = g_string_new("{\"foreign\":{}");
    for (guint i = 0; i < count; i++) {
        const IndexForm form = {DOC_IDS_BY_VALUE, FALSE, states[i]};
        g_autofree char *mappings = index_definition_new_state(bundle, &form);
        g_string_append_printf(
            text,
            ",\"" NAME("%02u") "\":{\"aliases\":{%s},\"mappings\":%s,"
                               "\"settings\":{\"index\":{\"creation_date\":\"%u\"}}}",
            i + 1, i + live >= count ? "\"a\":{}" : "", mappings, i + 1);
    }
    g_string_append_c(text, '}');
    g_auto(yajl_val) answer = json_parse(text->str, "indices", NULL);
    return catalogue_read(answer, "a");
}

static Catalogue *catalogue_of(const ReleaseState *states, guint count)
{
    return catalogue_live_at(states, count, 1);
}

static void check_refused(const Catalogue *catalogue, const char *wanted, int code,
                          const char *message)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(rollback_choose(catalogue, "a", wanted, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, code, message);
}

static void check_chosen(const Catalogue *catalogue, const char *wanted, const char *expected)
{
    const CatalogueEntry *chosen = rollback_choose(catalogue, "a", wanted, NULL);
    CU_ASSERT(chosen != NULL && strcmp(chosen->index, expected) == 0);
}

static void test_choice(void)
{
    const ReleaseState states[] = {RELEASE_COMPLETE, RELEASE_NO_STATE, RELEASE_REJECTED,
                                   RELEASE_LOADING, RELEASE_COMPLETE};
    g_autoptr(Catalogue) catalogue = catalogue_of(states, G_N_ELEMENTS(states));
    CU_ASSERT_EQUAL(catalogue->entries->len, G_N_ELEMENTS(states));
    check_chosen(catalogue, NULL, NAME("02")); /* neither rejected nor unfinished */
    check_chosen(catalogue, NAME("01"), NAME("01"));
    check_refused(catalogue, NAME("03"), RECSYS_ERROR_GATE, "is \"rejected\", not a complete");
    check_refused(catalogue, NAME("04"), RECSYS_ERROR_GATE, "is \"loading\", not a complete");
    check_refused(catalogue, NAME("05"), RECSYS_ERROR_USAGE, "is live already");
    check_refused(catalogue, NAME("06"), RECSYS_ERROR_USAGE, "is not a release of a");
    check_refused(catalogue, "foreign", RECSYS_ERROR_USAGE, "is not a release of a");
}

static void test_nothing_before(void)
{
    const ReleaseState states[] = {RELEASE_REJECTED, RELEASE_COMPLETE};
    g_autoptr(Catalogue) catalogue = catalogue_of(states, G_N_ELEMENTS(states));
    g_autoptr(Catalogue) none = catalogue_of(NULL, 0);
    check_refused(catalogue, NULL, RECSYS_ERROR_REFUSED, "no complete release before the live one");
    check_refused(none, NULL, RECSYS_ERROR_REFUSED, "no complete release before the live one");
}

/* An alias over two releases, which somebody else must have made: either is a way out. */
static void test_two_live(void)
{
    const ReleaseState states[] = {RELEASE_COMPLETE, RELEASE_COMPLETE, RELEASE_COMPLETE};
    g_autoptr(Catalogue) catalogue = catalogue_live_at(states, G_N_ELEMENTS(states), 2);
    check_chosen(catalogue, NAME("01"), NAME("01"));
    check_chosen(catalogue, NAME("02"), NAME("02"));
    check_chosen(catalogue, NAME("03"), NAME("03"));
}

static const UnitTest tests[] = {
    {"two that are live", test_two_live},
    {"choice", test_choice},
    {"nothing before the live one", test_nothing_before},
    {NULL, NULL},
};

TAP_MAIN("rollback", tests)

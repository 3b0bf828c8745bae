#include "profile_line.h"

#include <string.h>

#include "recsys_error.h"
#include "tap.h"

static void item_clear(BatchItem *item)
{
    g_free(item->id);
    profile_free(item->profile);
    g_clear_error(&item->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BatchItem, item_clear)

static void check(const char *line, const char *id, const char *profile, guint size)
{
    g_auto(BatchItem) item = {0};
    CU_ASSERT(profile_line_parse(&item, line, strlen(line), 10, &item.error));
    if (item.error != NULL)
        printf("# %s: %s\n", line, item.error->message);
    g_autofree char *whom = profile_describe(item.profile);
    CU_ASSERT_STRING_EQUAL(whom, profile);
    CU_ASSERT_EQUAL(g_strcmp0(item.id, id), 0);
    CU_ASSERT_EQUAL(item.size, size);
}

static void test_profiles(void)
{
    check("{\"user\":42}", NULL, "user 42", 10);
    check(" {\"age\": \"18\", \"device\": \"tv\"}\r", NULL, "age 18, device tv", 10);
    check("{\"size\":3,\"gender\":\"F\",\"id\":\"a\\\"b\"}", "\"a\\\"b\"", "gender F", 3);
    check("{\"id\":12345678901234567890123,\"user\":1}", "12345678901234567890123", "user 1", 10);
    check("{\"id\":null,\"age\":null,\"size\":null,\"user\":\"\303\251\"}", NULL, "user \303\251",
          10);
    check("{\"size\":10000,\"user\":-1}", NULL, "user -1", 10000);
    check("{\"user\":9223372036854775808}", NULL, "user 9223372036854775808", 10);
    check("{\"user\":123456789012345678901234567890}", NULL, "user 123456789012345678901234567890",
          10);
    check("{\"user\":\"a\\\\u0000b\"}", NULL, "user a\\u0000b", 10);
    g_autofree char *much = g_strnfill(507, 'x');
    g_autofree char *line = g_strdup_printf("{\"user\":\"%s\"}", much);
    g_autofree char *whom = g_strdup_printf("user %s", much);
    check(line, NULL, whom, 10);
}

static void test_flags(void)
{
    static const struct {
        const char *line;
        gboolean user_only, anyone;
    } cases[] = {
        {"{\"user\":42}", FALSE, FALSE},
        {"{\"user_only\":true,\"user\":42}", TRUE, FALSE},
        {"{\"user_only\":false,\"anyone\":null,\"user\":42}", FALSE, FALSE},
        {"{\"anyone\":true,\"size\":3}", FALSE, TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(BatchItem) item = {0};
        CU_ASSERT(profile_line_parse(&item, cases[i].line, strlen(cases[i].line), 10, &item.error));
        CU_ASSERT_EQUAL(item.profile->user_only, cases[i].user_only);
        CU_ASSERT_EQUAL(item.profile->anyone, cases[i].anyone);
    }
}

static void check_refused(const char *line, gsize length, const char *why)
{
    g_auto(BatchItem) item = {0};
    CU_ASSERT_FALSE(profile_line_parse(&item, line, length, 10, &item.error));
    TAP_ASSERT_ERROR(item.error, RECSYS_ERROR, RECSYS_ERROR_DATA, why);
}

static void test_refused(void)
{
    static const char *const cases[][2] = {
        {"", "the line is empty"},
        {" \t", "the line is empty"},
        {"{", "not valid JSON"},
        {"[1]", "not a JSON object"},
        {"{}", "the profile is empty"},
        {"{\"id\":1,\"size\":2}", "the profile is empty"},
        {"{\"age\":null}", "for whom? age is null"},
        {"{\"id\":1,\"user\":null,\"size\":2}", "for whom? user is null"},
        {"{\"user\":1}{\"user\":2}", "not valid JSON"},
        {"{\"user\":1,\"user\":1}", "user is given twice"},
        {"{\"id\":1,\"user\":1,\"id\":1}", "id is given twice"},
        {"{\"user\":true}", "user is neither a text nor an integer"},
        {"{\"user\":1.5}", "user is neither a text nor an integer"},
        {"{\"user\":1e3}", "user is neither a text nor an integer"},
        {"{\"user\":\"a\\\\\\u0000b\"}", "NUL"},
        {"{\"user\":[1]}", "user is neither a text nor an integer"},
        {"{\"user\":\"\"}", "user is empty"},
        {"{\"user\":\"a\\u0000b\"}", "NUL"},
        {"{\"user\":\"\377\"}", "not valid JSON"},
        {"{\"movie\":318}", "movies are what is recommended"},
        {"{\"user\":1,\"size\":0}", "size is not a number from 1 to 10000"},
        {"{\"user\":1,\"size\":10001}", "size is not a number from 1 to 10000"},
        {"{\"user\":1,\"size\":\"3\"}", "size is not a number from 1 to 10000"},
        {"{\"user\":1,\"user_only\":1}", "user_only is neither true nor false"},
        {"{\"anyone\":\"yes\"}", "anyone is neither true nor false"},
        {"{\"anyone\":false}", "the profile is empty"},
        {"{\"user\":1,\"id\":{}}", "id is neither a text nor a number"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_refused(cases[i][0], strlen(cases[i][0]), cases[i][1]);
    check_refused("{\"user\":1}\0{", 12, "NUL");
    g_autofree char *much = g_strnfill(508, 'x');
    g_autofree char *line = g_strdup_printf("{\"user\":\"%s\"}", much);
    check_refused(line, strlen(line), "user is too long: \"user_…\" can have 512 bytes");
    g_autofree char *other = g_strdup_printf("{\"device\":\"%s\"}", much + 2);
    check_refused(other, strlen(other), "device is too long: \"device_…\" can have 512 bytes");
}

/* {"k0":1,"k1":1,…} of so many members. */
static char *members_of(guint count)
{
    g_autoptr(GString) line = g_string_new("{");
    for (guint i = 0; i < count; i++)
        g_string_append_printf(line, "%s\"k%u\":1", i > 0 ? "," : "", i);
    return g_strconcat(line->str, "}", NULL);
}

static void test_many_members(void)
{
    g_auto(BatchItem) item = {0};
    g_autofree char *most = members_of(1000), *more = members_of(1001), *far = members_of(60000);
    CU_ASSERT(profile_line_parse(&item, most, strlen(most), 10, &item.error));
    CU_ASSERT_EQUAL(profile_size(item.profile), 1000);
    check_refused(more, strlen(more), "the line has more than 1000 members");
    check_refused(far, strlen(far), "the line has more than 1000 members");
}

/* The id comes back even if the rest makes no sense. */
static void test_id_of_a_wrong_line(void)
{
    g_auto(BatchItem) item = {0};
    const char *line = "{\"user\":[],\"id\":7}";
    CU_ASSERT_FALSE(profile_line_parse(&item, line, strlen(line), 10, &item.error));
    CU_ASSERT_EQUAL(g_strcmp0(item.id, "7"), 0);
}

static const UnitTest tests[] = {
    {"flags", test_flags},
    {"profiles", test_profiles},
    {"refused", test_refused},
    {"many members", test_many_members},
    {"the id of a wrong line", test_id_of_a_wrong_line},
    {NULL, NULL},
};

TAP_MAIN("profile_line", tests)

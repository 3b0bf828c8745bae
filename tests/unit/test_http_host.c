#include "http_host.h"

#include <string.h>

#include "recsys_error.h"
#include "tap.h"

#define SECOND G_USEC_PER_SEC

static const char *url_of(const GPtrArray *hosts, guint i)
{
    return ((const HttpHost *)g_ptr_array_index(hosts, i))->url;
}

static void test_lists(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) hosts =
        http_hosts_parse("http://a:9200, https://kim:h%2Cush@b/p/ ,http://127.0.0.5", &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_EQUAL(hosts->len, 3);
    CU_ASSERT_STRING_EQUAL(url_of(hosts, 0), "http://a:9200");
    CU_ASSERT_STRING_EQUAL(url_of(hosts, 1), "https://b/p");
    CU_ASSERT_STRING_EQUAL(url_of(hosts, 2), "http://127.0.0.5");
    const HttpHost *first = g_ptr_array_index(hosts, 0), *second = g_ptr_array_index(hosts, 1);
    CU_ASSERT(first->password == NULL && !first->is_https && !first->is_loopback);
    CU_ASSERT(second->is_https && !second->is_loopback);
    CU_ASSERT_STRING_EQUAL(second->username, "kim");
    CU_ASSERT_STRING_EQUAL(second->password, "h,ush");
    CU_ASSERT(((const HttpHost *)g_ptr_array_index(hosts, 2))->is_loopback);
}

static void test_wrong_lists(void)
{
    const char *const lists[] = {"http://a,",
                                 ",http://a",
                                 "http://a,,http://b",
                                 "http://a,b:9200",
                                 "http://kim:hush@a,kim:hush@b",
                                 " "};
    for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(http_hosts_parse(lists[i], &error));
        CU_ASSERT(error != NULL && strstr(error->message, "hush") == NULL);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "URL is not understood");
    }
}

static HttpHost *nth(GPtrArray *hosts, guint i)
{
    return g_ptr_array_index(hosts, i);
}

static void test_turns(void)
{
    g_autoptr(GPtrArray) hosts = http_hosts_parse("http://a,http://b,http://c", NULL);
    gint64 now = 1000 * SECOND;
    CU_ASSERT_PTR_EQUAL(http_hosts_next(hosts, now), nth(hosts, 0));
    nth(hosts, 0)->tried = TRUE;
    http_host_failed(nth(hosts, 0), now, 30);
    CU_ASSERT_PTR_EQUAL(http_hosts_next(hosts, now), nth(hosts, 1));
    /* The next request skips the dead one until its time has come. */
    nth(hosts, 0)->tried = FALSE;
    CU_ASSERT_PTR_EQUAL(http_hosts_next(hosts, now + 29 * SECOND), nth(hosts, 1));
    CU_ASSERT_PTR_EQUAL(http_hosts_next(hosts, now + 30 * SECOND), nth(hosts, 0));
    /* Twice as long after it has failed again. */
    now += 30 * SECOND;
    http_host_failed(nth(hosts, 0), now, 30);
    CU_ASSERT_PTR_EQUAL(http_hosts_next(hosts, now + 59 * SECOND), nth(hosts, 1));
    CU_ASSERT_PTR_EQUAL(http_hosts_next(hosts, now + 60 * SECOND), nth(hosts, 0));
    /* All are dead: the one that comes back first. */
    http_host_failed(nth(hosts, 1), now, 30);
    http_host_failed(nth(hosts, 2), now, 10);
    CU_ASSERT_PTR_EQUAL(http_hosts_next(hosts, now), nth(hosts, 2));
    for (guint i = 0; i < hosts->len; i++)
        nth(hosts, i)->tried = TRUE;
    CU_ASSERT_PTR_NULL(http_hosts_next(hosts, now));
    nth(hosts, 0)->tried = FALSE;
    http_host_answered(nth(hosts, 0));
    CU_ASSERT_PTR_EQUAL(http_hosts_next(hosts, now), nth(hosts, 0));
    /* It does not grow for ever. */
    for (guint i = 0; i < 40; i++)
        http_host_failed(nth(hosts, 0), now, 30);
    CU_ASSERT_EQUAL(nth(hosts, 0)->dead_until, now + 16 * 30 * SECOND);
}

static void test_safe_addresses(void)
{
    const char *const cases[][2] = {
        {"https://kim:hush@elsewhere.example:81/a/b?token=hush#hush",
         "https://elsewhere.example:81/"},
        {"http://elsewhere.example", "http://elsewhere.example/"},
        {"/elsewhere", NULL},
        {"http://a\033[2Jb/", NULL},
        {"", NULL},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *address = http_safe_address(cases[i][0]);
        CU_ASSERT(g_strcmp0(address, cases[i][1]) == 0);
    }
}

static const UnitTest tests[] = {
    {"lists", test_lists}, {"wrong lists", test_wrong_lists},
    {"turns", test_turns}, {"addresses that can be shown", test_safe_addresses},
    {NULL, NULL},
};

TAP_MAIN("http_host", tests)

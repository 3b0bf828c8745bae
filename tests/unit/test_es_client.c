#include "es_client.h"

#include <curl/curl.h>
#include <string.h>

#include "recsys_error.h"
#include "tap.h"

static void test_complete(void)
{
    const char *const complete[] = {
        "{}",
        "{\"_shards\":{\"total\":1,\"successful\":1,\"failed\":0},\"timed_out\":false,\"hits\":{}}",
        "{\"_shards\":{\"failed\":0},\"terminated_early\":false}",
        "{\"acknowledged\":true}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(complete); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(yajl_val) answer = json_parse(complete[i], "x", NULL);
        CU_ASSERT(es_check_complete(answer, "the page", &error));
        CU_ASSERT_PTR_NULL(error);
    }
}

static void test_partial(void)
{
    const char *const partial[][2] = {
        {"{\"_shards\":{\"total\":2,\"failed\":1}}", "the page: shards failed"},
        {"{\"_shards\":{\"failed\":2},\"timed_out\":false}", "the page: shards failed"},
        {"{\"_shards\":{\"failed\":0},\"timed_out\":true}", "the page: the server ran out of time"},
        {"{\"timed_out\":true}", "the server ran out of time"},
        {"{\"terminated_early\":true}", "the server ended it early"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(partial); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(yajl_val) answer = json_parse(partial[i][0], "x", NULL);
        CU_ASSERT_FALSE(es_check_complete(answer, "the page", &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, partial[i][1]);
    }
}

/* Servers always say whether a search is whole, and a count. */
static void test_silence(void)
{
    const struct {
        const char *text;
        gboolean is_search, is_shards;
    } cases[] = {
        {"{\"_shards\":{\"failed\":0},\"timed_out\":false}", TRUE, TRUE},
        {"{\"_shards\":{\"failed\":0}}", FALSE, TRUE},
        {"{\"_shards\":{\"failed\":0},\"timed_out\":\"no\"}", FALSE, TRUE},
        {"{\"_shards\":{},\"timed_out\":false}", FALSE, FALSE},
        {"{\"_shards\":{\"failed\":\"0\"},\"timed_out\":false}", FALSE, FALSE},
        {"{}", FALSE, FALSE},
        {"{\"_shards\":{\"failed\":1},\"timed_out\":false}", FALSE, FALSE},
        {"{\"_shards\":{\"failed\":0},\"timed_out\":true}", FALSE, TRUE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) search = NULL, shards = NULL;
        g_auto(yajl_val) answer = json_parse(cases[i].text, "x", NULL);
        CU_ASSERT_EQUAL(es_check_search(answer, "the page", &search), cases[i].is_search);
        CU_ASSERT_EQUAL(es_check_shards(answer, "the count", &shards), cases[i].is_shards);
        if (search != NULL)
            TAP_ASSERT_ERROR(search, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, "was not used");
    }
}

static void test_exit_codes(void)
{
    const struct {
        GQuark domain;
        int code, expected;
    } cases[] = {
        {HTTP_TRANSPORT_ERROR, CURLE_COULDNT_CONNECT, RECSYS_ERROR_UNREACHABLE},
        {HTTP_TRANSPORT_ERROR, CURLE_PEER_FAILED_VERIFICATION, RECSYS_ERROR_UNREACHABLE},
        {ES_ERROR, 400, RECSYS_ERROR_REFUSED},
        {ES_ERROR, 401, RECSYS_ERROR_REFUSED},
        {ES_ERROR, 403, RECSYS_ERROR_REFUSED},
        {ES_ERROR, 404, RECSYS_ERROR_REFUSED},
        {ES_ERROR, 429, RECSYS_ERROR_REFUSED},
        {ES_ERROR, 500, RECSYS_ERROR_REFUSED},
        {ES_ERROR, 501, RECSYS_ERROR_REFUSED},
        {ES_ERROR, 502, RECSYS_ERROR_UNREACHABLE},
        {ES_ERROR, 503, RECSYS_ERROR_UNREACHABLE},
        {ES_ERROR, 504, RECSYS_ERROR_UNREACHABLE},
        {ES_ERROR, 505, RECSYS_ERROR_REFUSED},
        {RECSYS_ERROR, RECSYS_ERROR_GATE, RECSYS_ERROR_GATE},
        {RECSYS_ERROR, RECSYS_ERROR_INTERRUPTED, RECSYS_ERROR_INTERRUPTED},
        {G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, RECSYS_ERROR_USAGE},
        {G_FILE_ERROR, G_FILE_ERROR_NOENT, RECSYS_ERROR_DATA},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = g_error_new_literal(cases[i].domain, cases[i].code, "x");
        CU_ASSERT_EQUAL(es_exit_code(error), cases[i].expected);
    }
}

static void test_escape(void)
{
    const char *const cases[][2] = {
        {"recsys", "recsys"},
        {"recsys-2024.01_x", "recsys-2024.01_x"},
        {"a/b?c#d", "a%2Fb%3Fc%23d"},
        {"../_all", "..%2F_all"},
        {"*", "%2A"},
        {"\303\251 ,", "%C3%A9%20%2C"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *escaped = es_escape(cases[i][0]);
        CU_ASSERT_STRING_EQUAL(escaped, cases[i][1]);
    }
}

static void test_nobody_there(void)
{
    HttpOptions options = {.url = (char *)"http://kim:hush@127.0.0.1:1"};
    g_autoptr(GError) error = NULL;
    g_autoptr(EsClient) client = es_client_connect(&options, &error);
    CU_ASSERT_PTR_NULL(client);
    CU_ASSERT(error != NULL && strstr(error->message, "hush") == NULL);
    CU_ASSERT_EQUAL(error != NULL ? es_exit_code(error) : 0, RECSYS_ERROR_UNREACHABLE);
}

static const UnitTest tests[] = {
    {"complete answers", test_complete},
    {"partial answers", test_partial},
    {"an answer that does not say", test_silence},
    {"exit codes", test_exit_codes},
    {"escape", test_escape},
    {"nobody there", test_nobody_there},
    {NULL, NULL},
};

TAP_MAIN("es_client", tests)

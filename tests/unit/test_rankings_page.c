#include "rankings_page.h"

#include "recsys_error.h"
#include "tap.h"

static gboolean on_hit(guint number, const char *id, float score, gpointer data, GError **error)
{
    (void)error;
    g_string_append_printf(data, "%u:%s=%.9g ", number, id != NULL ? id : "-", (double)score);
    return TRUE;
}

static gboolean on_page(guint number, const AnswerHead *page, gpointer data, GError **error)
{
    if (page->status == 418) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE, "a teapot");
        return FALSE;
    }
    g_string_append_printf(data, "%u[%d,%d,%d%d%d,%u,%s] ", number, (int)page->status,
                           (int)page->failed, page->timed_out, page->terminated_early,
                           page->has_error, page->hits, page->after != NULL ? page->after : "-");
    return TRUE;
}

static gboolean read_text(GString *log, guint *searches, const char *text, GError **error)
{
    static const RankingsHandler handler = {on_hit, on_page};
    g_autoptr(GString) answer = g_string_new(text);
    return rankings_page_read(searches, answer, &handler, log, error);
}

static void check(const char *text, guint searches, const char *expected)
{
    guint found;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) log = g_string_new(NULL);
    CU_ASSERT(read_text(log, &found, text, &error));
    CU_ASSERT_EQUAL(found, searches);
    CU_ASSERT_STRING_EQUAL(log->str, expected);
}

static void test_rankings(void)
{
    check("{\"responses\":[{\"timed_out\":false,\"_shards\":{\"failed\":0},\"hits\":{\"hits\":["
          "{\"_id\":\"movie_1\",\"_score\":64.4352,\"sort\":[64.4352,7]},{\"_id\":\"movie_2\","
          "\"_score\":1e-3,\"sort\":[1e-3,12]}]},\"status\":200},{\"_shards\":{\"failed\":0},"
          "\"status\":200}]}",
          2,
          "0:movie_1=64.4352036 0:movie_2=0.00100000005 0[200,0,000,2,[1e-3,12]] "
          "1[200,0,000,0,-] ");
    check("{\"responses\":[{\"hits\":{\"hits\":[{\"_id\":\"movie_1\",\"sort\":[2,7]},"
          "{\"_id\":\"movie_2\"}]}}]}",
          1, "0:movie_1=nan 0:movie_2=nan 0[0,-1,000,2,-] ");
    check("{\"responses\":[{\"hits\":{\"hits\":[{\"_id\":\"movie_1\",\"_score\":1},"
          "{\"sort\":{\"a\":7}}]}}]}",
          1, "0:movie_1=1 0:-=nan 0[0,-1,000,2,-] ");
}

static void test_what_is_wrong(void)
{
    check(
        "{\"responses\":[{\"timed_out\":true,\"terminated_early\":true,\"_shards\":{\"failed\":3},"
        "\"hits\":{\"hits\":[{\"_score\":\"x\"},{\"_id\":7,\"_score\":1e999}]}},"
        "{\"error\":{\"type\":\"x\",\"status\":200,\"hits\":{\"hits\":[{}]}},\"status\":400}]}",
        2, "0:-=nan 0:-=nan 0[0,3,110,2,-] 1[400,-1,001,0,-] ");
    check("{\"responses\":[{\"hits\":{\"hits\":[{\"_id\":\"movie_1\",\"_score\":\"Infinity\"},"
          "{\"_id\":\"Infinity\",\"_score\":\"infinity\"}]}}]}",
          1, "0:movie_1=inf 0:Infinity=nan 0[0,-1,000,2,-] ");
    check("{}", 0, "");
    check("[{\"responses\":[{}]}]", 0, "");
}

static void test_errors(void)
{
    const char *const texts[] = {"", "{\"responses\":[", "{\"responses\":[{]}", "{} {}"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        guint searches;
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) log = g_string_new(NULL);
        CU_ASSERT_FALSE(read_text(log, &searches, texts[i], &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "not valid JSON");
    }
    guint searches;
    g_autoptr(GError) error = NULL;
    g_autoptr(GString) log = g_string_new(NULL);
    CU_ASSERT_FALSE(read_text(log, &searches, "{\"responses\":[{\"status\":418}]}", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_GATE, "a teapot");
}

static const UnitTest tests[] = {
    {"rankings", test_rankings},
    {"what is wrong", test_what_is_wrong},
    {"errors", test_errors},
    {NULL, NULL},
};

TAP_MAIN("rankings_page", tests)

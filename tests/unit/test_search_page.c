#include "search_page.h"

#include <stdio.h>
#include <string.h>

#include "recsys_error.h"
#include "tap.h"

#define K 3

#define HEAD "{\"timed_out\":false,\"_shards\":{\"total\":1,\"failed\":0},\"hits\":{\"hits\":["
#define TAIL "]}}"
#define MOVIE                                                                                      \
    "{\"_index\":\"i\",\"_id\":\"movie_1\",\"_score\":null,\"_source\":{\"feature_type\":"         \
    "\"movie\","                                                                                   \
    "\"value\":\"1\",\"feature_index\":7,\"title\":\"A \\\"B\\\" "                                 \
    "\\u00e9\",\"genres\":[\"x\",\"y\"],"                                                          \
    "\"bias\":0.25},\"fields\":{\"bias\":[0.25],\"embedding\":[[1,-0.5,1e-3]]},\"sort\":[41]}"
#define USER                                                                                       \
    "{\"_id\":\"user_2\",\"_source\":{\"value\":2,\"colour\":\"red\"},"                            \
    "\"fields\":{\"embedding\":[\"P4AAAL8AAAA6gxJv\"]},\"sort\":[42]}"

typedef struct {
    guint hits, values[8];
    gboolean has_vector[8];
    float vectors[8][K];
    GString *log;
} Seen;

static gboolean on_hit(const Hit *hit, gpointer data, GError **error)
{
    Seen *seen = data;
    gint64 index = -1;
    (void)error;
    const guint at = seen->hits++;
    seen->values[at] = hit->values;
    seen->has_vector[at] = hit->has_vector;
    memcpy(seen->vectors[at], hit->vector, sizeof seen->vectors[at]);
    (void)hit_get_int(hit, HIT_FEATURE_INDEX, &index);
    g_string_append_printf(
        seen->log, "%s|%s|%s%s|%s|%d|%u|%s|%s|%s\n", hit->id != NULL ? hit->id : "-",
        hit->text[HIT_FEATURE_TYPE] != NULL ? hit->text[HIT_FEATURE_TYPE] : "-",
        hit->text[HIT_VALUE] != NULL ? hit->text[HIT_VALUE] : "-",
        hit->is_number[HIT_VALUE] ? "#" : "",
        hit->text[HIT_TITLE] != NULL ? hit->text[HIT_TITLE] : "-", (int)index, hit->genres->len,
        hit->text[HIT_BIAS] != NULL ? hit->text[HIT_BIAS] : "-",
        hit->stored_bias != NULL ? hit->stored_bias : "-",
        hit->unknown != NULL ? hit->unknown : "-");
    return TRUE;
}

static gboolean read_page(Seen *seen, SearchPage *page, const char *text, GError **error)
{
    *seen = (Seen){.log = g_string_new(NULL)};
    g_autoptr(GString) answer = g_string_new(text);
    return search_page_read(page, answer, K, on_hit, seen, error);
}

static void test_hits(void)
{
    const float expected[K] = {1, -0.5f, 1e-3f};
    g_autoptr(GError) error = NULL;
    g_auto(SearchPage) page = {0};
    Seen seen;
    CU_ASSERT(read_page(&seen, &page, HEAD MOVIE "," USER TAIL, &error));
    CU_ASSERT_EQUAL(page.hits, 2);
    CU_ASSERT_STRING_EQUAL(page.after, "[42]");
    CU_ASSERT_STRING_EQUAL(seen.log->str, "movie_1|movie|1|A \"B\" é|7|2|0.25|0.25|-\n"
                                          "user_2|-|2#|-|-1|0|-|-|colour\n");
    for (guint i = 0; i < 2; i++) {
        CU_ASSERT(seen.has_vector[i]);
        CU_ASSERT_EQUAL(memcmp(seen.vectors[i], expected, sizeof expected), 0);
    }
    g_string_free(seen.log, TRUE);
}

/* Vectors that are none, or of another length. */
static void test_vectors(void)
{
    const struct {
        const char *text;
        guint values;
        gboolean is_right;
    } cases[] = {
        {"[[1,2,3]]", 3, TRUE},
        {"[1,2,3]", 3, TRUE},
        {"[[1,2]]", 2, FALSE},
        {"[[1,2,3],[1,2,3]]", 6, FALSE},
        {"[[1,2,3,4]]", 4, FALSE},
        {"[[1,2,1e999]]", 3, FALSE},
        {"[]", 0, FALSE},
        {"[[1,\"2\",3]]", 2, FALSE},
        {"[\"P4AAAL8AAAA6gxJv\"]", 3, TRUE},
        {"[\"P4AAAL8AAAA6gxI=\"]", 2, FALSE},
        {"[\"P4AAAL8AAAA=\"]", 2, FALSE},
        {"[\"P4AAAL8AAAA6gxJvP4AAAA==\"]", 4, FALSE},
        {"[\"P4AAAL8AAAB/gAAA\"]", 3, FALSE},
        {"[\"\"]", 0, FALSE},
        {"null", 0, FALSE},
        {"[null,null,null]", 0, FALSE},
        {"[{\"a\":[1,2,3]}]", 0, FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf(
            HEAD "{\"_id\":\"a\",\"fields\":{\"embedding\":%s},\"sort\":[1]}" TAIL, cases[i].text);
        g_auto(SearchPage) page = {0};
        Seen seen;
        CU_ASSERT(read_page(&seen, &page, text, NULL));
        CU_ASSERT_EQUAL(seen.has_vector[0], cases[i].is_right);
        CU_ASSERT_EQUAL(seen.values[0], cases[i].values);
        if (seen.has_vector[0] != cases[i].is_right || seen.values[0] != cases[i].values)
            printf("# %s: %u values\n", cases[i].text, seen.values[0]);
        g_string_free(seen.log, TRUE);
    }
}

/* One hit, whatever is within it. */
static void check_nesting(const char *source, const char *expected)
{
    g_autofree char *text =
        g_strdup_printf(HEAD "{\"_id\":\"a\",\"_source\":%s,\"sort\":[5]}" TAIL, source);
    g_auto(SearchPage) page = {0};
    Seen seen;
    CU_ASSERT(read_page(&seen, &page, text, NULL));
    CU_ASSERT_EQUAL(page.hits, 1);
    CU_ASSERT_STRING_EQUAL(page.after, "[5]");
    CU_ASSERT_STRING_EQUAL(seen.log->str, expected);
    g_string_free(seen.log, TRUE);
}

/* What looks like an answer within a document is none. */
static void test_nesting(void)
{
    check_nesting("{\"x\":{\"_shards\":{\"failed\":9},\"hits\":{\"hits\":[{}]},"
                  "\"timed_out\":true}}",
                  "a|-|-|-|-1|0|-|-|x\n");
    /* Deeper than anything with a meaning, and then back. */
    check_nesting("{\"x\":[[[[[[[[[[[[[[[[[[[[{\"value\":1,\"hits\":[{}]}]]]]]]]]]]]]]]]]]]]],"
                  "\"value\":\"2\"}",
                  "a|-|2|-|-1|0|-|-|x\n");
}

static void test_partial(void)
{
    const char *const texts[][2] = {
        {"{\"_shards\":{\"failed\":1},\"hits\":{\"hits\":[]}}", "shards failed"},
        {"{\"hits\":{\"hits\":[" MOVIE "]},\"_shards\":{\"failed\":2}}", "shards failed"},
        {"{\"timed_out\":true,\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[]}}", "out of time"},
        {"{\"terminated_early\":true,\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[]}}", "early"},
        {"{\"hits\":{\"hits\":[]}}", "does not say whether it is whole"},
        {"{\"timed_out\":false,\"hits\":{\"hits\":[]}}", "does not say whether it is whole"},
        {"{\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[]}}", "does not say whether"},
        {"{\"timed_out\":\"false\",\"_shards\":{\"failed\":0},\"hits\":{\"hits\":[]}}",
         "does not say whether"},
        {"{}", "does not say whether it is whole"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SearchPage) page = {0};
        Seen seen;
        CU_ASSERT_FALSE(read_page(&seen, &page, texts[i][0], &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, texts[i][1]);
        g_string_free(seen.log, TRUE);
    }
}

static void test_nonsense(void)
{
    const char *const texts[] = {
        "",         "[]",
        "null",     "{\"timed_out\":false,\"_shards\":{\"failed\":0},\"hits\":[]}",
        HEAD MOVIE, HEAD MOVIE TAIL "}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        g_auto(SearchPage) page = {0};
        Seen seen;
        CU_ASSERT_FALSE(read_page(&seen, &page, texts[i], &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "makes no sense");
        g_string_free(seen.log, TRUE);
    }
}

static const UnitTest tests[] = {
    {"hits", test_hits},         {"vectors", test_vectors},
    {"nesting", test_nesting},   {"partial answers", test_partial},
    {"nonsense", test_nonsense}, {NULL, NULL},
};

TAP_MAIN("search_page", tests)

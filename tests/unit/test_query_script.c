#include "query_script.h"

#include <string.h>

#include "tap.h"

#define PARAMS                                                                                     \
    "{\"shift\":2.5,\"one\":1,\"two\":2,\"five\":5.0,\"large\":3000000000,\"q\":[1,2],\"r\":[3,4]" \
    ",\"word\":\"x\"}"

/* Reads it; the reason it is not understood, or NULL. */
static char *read_script(QueryScript *script, const char *source)
{
    g_auto(yajl_val) params = json_parse(PARAMS, "params", NULL);
    return query_script_read(script, source, params);
}

static void test_understood(void)
{
    const struct {
        const char *source;
        double dot, cosine, bias, constant;
    } cases[] = {
        {"params.shift + dotProduct(params.q, 'embedding') + doc['bias'].value", 1, 0, 1, 2.5},
        {"dotProduct(params.q,'embedding')+doc['bias'].value", 1, 0, 1, 0},
        {" return doc[\"bias\"].value + dotProduct( params['q'] , \"embedding\" ) + 1.0 ; \n", 1, 0,
         1, 1},
        {"dotProduct(params.q, doc['embedding']) + doc['bias'].value", 1, 0, 1, 0},
        {"return(dotProduct(params.q, 'embedding'))", 1, 0, 0, 0},
        {"cosineSimilarity(params.q, 'embedding') + 1.0", 0, 1, 0, 1},
        {"1 - (2 - dotProduct(params.q, 'embedding')) * 3", 3, 0, 0, -5},
        {"dotProduct(params.q, 'embedding') / 2 - -doc['bias'].value", 0.5, 0, 1, 0},
        {"params.one * 2d * doc['bias'].value + 1e3", 0, 0, 2, 1000},
        {"dotProduct(params.q, 'embedding') + 7/2", 1, 0, 0, 3},
        {"dotProduct(params.q, 'embedding') - (-7)/2", 1, 0, 0, 3},
        {"dotProduct(params.q, 'embedding') + 7/2.0", 1, 0, 0, 3.5},
        {"dotProduct(params.q, 'embedding') + 7L/params.two", 1, 0, 0, 3},
        {"dotProduct(params.q, 'embedding') + params.five/params.two", 1, 0, 0, 2.5},
        {"(dotProduct(params.q, 'embedding') + 7) / 2", 0.5, 0, 0, 3.5},
        {"dotProduct(params.q, 'embedding') + 0.1f", 1, 0, 0, (double)0.1f},
        {"dotProduct(params.q, 'embedding') + 0", 1, 0, 0, 0},
        {"dotProduct(params.q, 'embedding') + 2147483646 + 1", 1, 0, 0, 2147483647},
        {"dotProduct(params.q, 'embedding') + params.large * 2", 1, 0, 0, 6e9},
        {"dotProduct(params.q,'embedding') + dotProduct(params.q,'embedding')", 2, 0, 0, 0},
        {"7", 0, 0, 0, 7},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(QueryScript) script = {0};
        g_autofree char *why = read_script(&script, cases[i].source);
        if (why != NULL)
            printf("# %s: %s\n", cases[i].source, why);
        CU_ASSERT_PTR_NULL(why);
        CU_ASSERT_EQUAL(script.dot, cases[i].dot);
        CU_ASSERT_EQUAL(script.cosine, cases[i].cosine);
        CU_ASSERT_EQUAL(script.bias, cases[i].bias);
        CU_ASSERT_EQUAL(script.constant, cases[i].constant);
        CU_ASSERT_FALSE(script.clipped);
    }
}

/* 1e12 + x − 1e12 is x, rounded as a sum of 2e12. */
static void test_weights(void)
{
    const struct {
        const char *source;
        double dot, bias, constant;
        guint operations;
    } cases[] = {
        {"1e12 + dotProduct(params.q, 'embedding') + doc['bias'].value - 1e12", 1, 1, 2e12, 3},
        {"(3 * dotProduct(params.q, 'embedding') - 2 * doc['bias'].value) / 2", 1.5, 1, 0, 4},
        {"3 * dotProduct(params.q, 'e') - 2 * dotProduct(params.q, 'e')", 5, 0, 0, 3},
        {"(5.0 - 4) * dotProduct(params.q, 'e')", 9, 0, 0, 2},
        {"dotProduct(params.q, 'e') / (5.0 - 4)", 9, 0, 0, 2},
        {"-dotProduct(params.q, 'e')", 1, 0, 0, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(QueryScript) script = {0};
        g_autofree char *why = read_script(&script, cases[i].source);
        CU_ASSERT_PTR_NULL(why);
        CU_ASSERT_EQUAL(script.weights.dot, cases[i].dot);
        CU_ASSERT_EQUAL(script.weights.bias, cases[i].bias);
        CU_ASSERT_EQUAL(script.weights.constant, cases[i].constant);
        CU_ASSERT_EQUAL(script.operations, cases[i].operations);
    }
}

static void test_names(void)
{
    g_auto(QueryScript) script = {0};
    g_autofree char *why = read_script(&script, "dotProduct(params.q, 'other_field')");
    CU_ASSERT_PTR_NULL(why);
    CU_ASSERT_STRING_EQUAL(script.vector, "q");
    CU_ASSERT_STRING_EQUAL(script.field, "other_field");
}

static void test_clipped(void)
{
    const char *const sources[] = {
        "Math.max(0, dotProduct(params.q, 'embedding') + doc['bias'].value)",
        "return Math.max(params.shift - dotProduct(params.q,'embedding'), 0.5);",
    };
    for (guint i = 0; i < G_N_ELEMENTS(sources); i++) {
        g_auto(QueryScript) script = {0};
        g_autofree char *why = read_script(&script, sources[i]);
        CU_ASSERT_PTR_NULL(why);
        CU_ASSERT(script.clipped);
        CU_ASSERT_EQUAL(script.floor, i == 0 ? 0 : 0.5);
        CU_ASSERT_EQUAL(script.dot, i == 0 ? 1 : -1);
    }
}

/* Nothing is guessed. */
static void test_unknown(void)
{
    const char *const cases[][2] = {
        {"sigmoid(dotProduct(params.q, 'embedding'), 1, 1)", "from \"sigmoid(dotProduct"},
        {"dotProduct(params.q, 'embedding') + doc['popularity'].value", "uses doc['popularity']"},
        {"dotProduct(params.q, 'embedding') * doc['bias'].value", "varies from movie to movie"},
        {"dotProduct(params.q, 'embedding') / doc['bias'].value", "varies from movie to movie"},
        {"dotProduct(params.q, 'embedding') / 0", "varies from movie to movie"},
        {"dotProduct(params.q, 'embedding') + params.word", "params.word, which is not a number"},
        {"dotProduct(params.q, 'embedding') + params.none", "params.none, which is not a number"},
        {"dotProduct(params.q, 'embedding') + dotProduct(params.r, 'embedding')",
         "products of several vectors"},
        {"dotProduct(params.q, 'embedding'", "ends too early"},
        {"dotProduct(params.q, 'embedding) + 1", "from \"'embedding) + 1"},
        {"dotProduct([1, 2], 'embedding')", "from \"[1, 2]"},
        {"dotProduct(params.q, 'embedding') 1", "from \"1\""},
        {"double s = 1; return s", "from \"double s"},
        {"Math.max(1, 2)", "neither or both"},
        {"Math.max(0, dotProduct(params.q, 'embedding')) + 1", "from \"+ 1\""},
        {"dotProduct(params.q, 'embedding') + 7/2f", "computes in float32"},
        {"dotProduct(params.q, 'embedding') + (0.1f + 0.2f)", "computes in float32"},
        {"dotProduct(params.q, 'embedding') + 2147483647 * 2", "may overflow"},
        {"dotProduct(params.q, 'embedding') + (2147483647 + 1)", "may overflow"},
        {"dotProduct(params.q, 'embedding') + params.large * params.large", "may overflow"},
        {"dotProduct(params.q, 'embedding') + 010", "from \"010\""},
        {"dotProduct(params.q, 'embedding') + 0x10", "from \"0x10\""},
        {"dotProduct(params.q, 'embedding') + 7/0", "or by 0"},
        {"", "ends too early"},
        {"returned", "from \"returned\""},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(QueryScript) script = {0};
        g_autofree char *why = read_script(&script, cases[i][0]);
        if (why == NULL || strstr(why, cases[i][1]) == NULL)
            printf("# %s: %s\n", cases[i][0], why != NULL ? why : "(understood)");
        CU_ASSERT(why != NULL && strstr(why, cases[i][1]) != NULL);
    }
}

static void test_depth(void)
{
    g_autoptr(GString) source = g_string_new(NULL);
    for (guint i = 0; i < 100000; i++)
        g_string_append_c(source, '(');
    g_auto(QueryScript) script = {0};
    g_autofree char *why = read_script(&script, source->str);
    CU_ASSERT(why != NULL && strstr(why, "nested too deeply") != NULL);
    g_string_truncate(source, 0);
    for (guint i = 0; i < 100000; i++)
        g_string_append_c(source, '-');
    query_script_clear(&script);
    g_autofree char *minus = read_script(&script, source->str);
    CU_ASSERT(minus != NULL);
}

static const UnitTest tests[] = {
    {"understood", test_understood},
    {"weights", test_weights},
    {"names", test_names},
    {"clipped", test_clipped},
    {"unknown", test_unknown},
    {"depth", test_depth},
    {NULL, NULL},
};

TAP_MAIN("query_script", tests)

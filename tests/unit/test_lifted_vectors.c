#include "lifted_vectors.h"

#include <string.h>

#include "tap.h"

/* What is left of a text, with the vectors in `lifted`. */
static char *lift(LiftedVectors *lifted, const char *text)
{
    GString *copy = g_string_new(text);
    lifted_vectors_init(lifted);
    lifted_vectors_take(lifted, copy);
    CU_ASSERT_EQUAL(strlen(copy->str), copy->len);
    return g_string_free(copy, FALSE);
}

static void test_two_documents(void)
{
    g_auto(LiftedVectors) lifted = {0};
    float vector[3];
    g_autofree char *rest = lift(
        &lifted, "{\"docs\":[{\"embedding\":[1,-2.5,3e2],\"bias\":0.5},"
                 "{ \"embedding\" : [ 0.1 ,\n2 , 1e-3 ] }],\"title\":\"\\\"embedding\\\":[9]\"}");
    CU_ASSERT_STRING_EQUAL(rest, "{\"docs\":[{\"embedding\":0,\"bias\":0.5},{ \"embedding\":1 }],"
                                 "\"title\":\"\\\"embedding\\\":[9]\"}");
    g_auto(yajl_val) tree = json_parse(rest, "x", NULL);
    yajl_val docs = json_get(tree, "docs");
    CU_ASSERT(
        lifted_vectors_read(&lifted, vector, 3, json_get(json_array_get(docs, 0), "embedding")));
    CU_ASSERT(vector[0] == 1 && vector[1] == -2.5f && vector[2] == 300);
    CU_ASSERT(
        lifted_vectors_read(&lifted, vector, 3, json_get(json_array_get(docs, 1), "embedding")));
    CU_ASSERT(vector[0] == 0.1f && vector[1] == 2 && vector[2] == 1e-3f);
    /* Of another length, or none at all. */
    CU_ASSERT_FALSE(
        lifted_vectors_read(&lifted, vector, 2, json_get(json_array_get(docs, 1), "embedding")));
    CU_ASSERT_FALSE(lifted_vectors_read(&lifted, vector, 3, json_get(tree, "title")));
    CU_ASSERT_FALSE(lifted_vectors_read(&lifted, vector, 3, NULL));
}

static void test_base64(void)
{
    g_auto(LiftedVectors) lifted = {0};
    float vector[1] = {0};
    g_autofree char *rest = lift(&lifted, "{\"embedding\":\"P4AAAA==\"}");
    g_auto(yajl_val) tree = json_parse(rest, "x", NULL);
    CU_ASSERT(lifted.valid);
    CU_ASSERT(lifted_vectors_read(&lifted, vector, 1, json_get(tree, "embedding")));
    CU_ASSERT_EQUAL(vector[0], 1);
}

/* What could be taken for a lifted vector, or would be lost, spoils them all. */
static void test_strange_embeddings(void)
{
    const char *texts[] = {
        "{\"a\":{\"embedding\":[1]},\"embedding\":0}",
        "{\"embedding\":null}",
        "{\"embedding\":[1,\"2\"]}",
        "{\"embedding\":[[1]]}",
        "{\"embedding\":[1,]}",
        "{\"embedding\":[1 2]}",
        "{\"embedding\":[1e99]}",
        "{\"embedding\":[01]}",
        "{\"embedding\":[NaN]}",
        "{\"embedding\":[1",
        "{\"embedding\":{\"x\":[1]}}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(LiftedVectors) lifted = {0};
        float vector[1];
        g_autofree char *rest = lift(&lifted, texts[i]);
        g_auto(yajl_val) tree = json_parse("0", "x", NULL);
        CU_ASSERT_PTR_NOT_NULL(rest);
        CU_ASSERT_FALSE(lifted.valid);
        CU_ASSERT_FALSE(lifted_vectors_read(&lifted, vector, 1, tree));
    }
}

/* Anything else passes as it is, whatever is wrong with it. */
static void test_other_texts(void)
{
    const char *texts[] = {
        "",
        "\"",
        "{\"x\":\"embedding\",\"y\":[1]}",
        "[\"embedding\",[1,2]]",
        "{\"embedding\\\\\":[1]}",
        "\"\\",
        "{\"embeddings\":[1],\"my embedding\":[2]}",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_auto(LiftedVectors) lifted = {0};
        g_autofree char *rest = lift(&lifted, texts[i]);
        CU_ASSERT_STRING_EQUAL(rest, texts[i]);
        CU_ASSERT(lifted.valid && lifted.ends->len == 0);
    }
}

static const UnitTest tests[] = {
    {"two documents", test_two_documents},
    {"base64", test_base64},
    {"strange embeddings", test_strange_embeddings},
    {"other texts", test_other_texts},
    {NULL, NULL},
};

TAP_MAIN("lifted_vectors", tests)

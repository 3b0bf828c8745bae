#include "safetensors_reader.h"

#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "safetensors.h"
#include "tap.h"

/* What the writer writes, the reader reads; test_safetensors.c has the files that are wrong. */

static SafetensorsReader *open_well(GBytes *content)
{
    g_autoptr(GError) error = NULL;
    SafetensorsReader *reader = safetensors_reader_new(content, "x.safetensors", &error);
    if (reader == NULL)
        g_error("%s", error->message);
    return reader;
}

static SafetensorsReader *write_and_open(const SafetensorsTensor *tensors, guint count,
                                         const char *metadata)
{
    g_autoptr(GBytes) content = safetensors_write(tensors, count, metadata);
    return open_well(content);
}

static void check_values(const SafetensorsReader *reader, const SafetensorsTensor *tensor,
                         gsize size)
{
    g_autoptr(GError) error = NULL;
    guint shape[2] = {0};
    gconstpointer values =
        safetensors_reader_get(reader, tensor->name, tensor->dtype, tensor->dims, shape, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT(values != NULL && memcmp(values, tensor->data, size) == 0);
    CU_ASSERT_EQUAL(memcmp(shape, tensor->shape, tensor->dims * sizeof *shape), 0);
}

static const gint32 integers[] = {G_MININT32, -1, 0, 1, 7, G_MAXINT32};
static const double doubles[] = {-0.0, 1.0 / 3, 0x1p-1074, G_MAXDOUBLE};
static const float floats[] = {1.5f};
static const SafetensorsTensor several[] = {
    {"integers", "I32", 2, {2, 3}, integers},
    {"floats", "F32", 1, {1}, floats},
    {"doubles", "F64", 1, {4}, doubles}, /* at 28: not aligned */
};

static void test_types(void)
{
    g_autoptr(SafetensorsReader) reader = write_and_open(several, G_N_ELEMENTS(several), NULL);
    check_values(reader, &several[0], sizeof integers);
    check_values(reader, &several[1], sizeof floats);
    check_values(reader, &several[2], sizeof doubles);
}

static void check_refused(const SafetensorsReader *reader, const char *name, const char *dtype,
                          guint dims, const char *message)
{
    g_autoptr(GError) error = NULL;
    guint shape[2];
    CU_ASSERT_PTR_NULL(safetensors_reader_get(reader, name, dtype, dims, shape, &error));
    CU_ASSERT(error != NULL && g_str_has_prefix(error->message, "x.safetensors: "));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_wrong_questions(void)
{
    g_autoptr(SafetensorsReader) reader = write_and_open(several, G_N_ELEMENTS(several), NULL);
    check_refused(reader, "integers", "F32", 2, "\"integers\" is I32, not F32");
    check_refused(reader, "doubles", "F32", 1, "\"doubles\" is F64, not F32");
    check_refused(reader, "floats", "I32", 1, "\"floats\" is F32, not I32");
    check_refused(reader, "integers", "I32", 1, "does not have 1 dimensions");
    check_refused(reader, "floats", "F32", 2, "does not have 2 dimensions");
    check_refused(reader, "float", "F32", 1, "there is no tensor \"float\"");
    check_refused(reader, "", "F32", 1, "there is no tensor \"\"");
}

static void test_has(void)
{
    g_autoptr(SafetensorsReader) reader = write_and_open(several, 2, NULL);
    CU_ASSERT(safetensors_reader_has(reader, "integers"));
    CU_ASSERT(safetensors_reader_has(reader, "floats"));
    CU_ASSERT_FALSE(safetensors_reader_has(reader, "doubles"));
    CU_ASSERT_FALSE(safetensors_reader_has(reader, "integer"));
    CU_ASSERT_FALSE(safetensors_reader_has(reader, ""));
}

static void test_metadata(void)
{
    const char *const texts[] = {
        "", "plain", "{\"a\":[1,\"b\\n\"]}", "\n\t\"\\ /", "\303\251 \342\202\254",
    };
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(SafetensorsReader) reader = write_and_open(several, 3, texts[i]);
        CU_ASSERT_EQUAL(g_strcmp0(safetensors_reader_metadata(reader), texts[i]), 0);
        check_values(reader, &several[2], sizeof doubles);
    }
    g_autoptr(SafetensorsReader) without = write_and_open(several, 3, NULL);
    CU_ASSERT_PTR_NULL(safetensors_reader_metadata(without));
    CU_ASSERT_FALSE(safetensors_reader_has(without, "__metadata__"));
}

/* The reader keeps what it reads from, and the header is padded whatever its length. */
static void test_alone_and_padded(void)
{
    for (guint length = 0; length < 17; length++) {
        g_autofree char *metadata = g_strnfill(length, 'x');
        GBytes *content = safetensors_write(several, 3, metadata);
        guint64 header;
        memcpy(&header, g_bytes_get_data(content, NULL), sizeof header);
        CU_ASSERT_EQUAL(header % 8, 0);
        g_autoptr(SafetensorsReader) reader = open_well(content);
        g_bytes_unref(content);
        check_values(reader, &several[0], sizeof integers);
    }
}

static void test_several_models(void)
{
    const char *const prefixes[] = {"", "first.", "first.first.", "best of all "};
    const guint sizes[][2] = {{3, 2}, {3, 2}, {1, 5}, {4, 1}};
    SafetensorsTensor tensors[3 * G_N_ELEMENTS(prefixes)];
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) models = g_ptr_array_new_with_free_func((GDestroyNotify)fm_model_free);
    guint count = 0;
    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        FmModel *model = fixture_model(sizes[i][0], sizes[i][1], 1, i);
        g_ptr_array_add(models, model);
        count += safetensors_list_model(tensors + count, names, prefixes[i], model);
    }
    CU_ASSERT_EQUAL(count, G_N_ELEMENTS(tensors));
    g_autoptr(SafetensorsReader) reader = write_and_open(tensors, count, "state");
    for (guint i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        g_autoptr(FmModel) model = safetensors_read_model(reader, prefixes[i], "x", NULL);
        CU_ASSERT(fixture_same_bits(model, g_ptr_array_index(models, i)));
    }
    CU_ASSERT(safetensors_reader_has(reader, "first.first.bias.weight"));
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(safetensors_read_model(reader, "second.", "x", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "there is no tensor \"second.w0\"");
}

static const UnitTest tests[] = {
    {"types", test_types},
    {"wrong questions", test_wrong_questions},
    {"has", test_has},
    {"metadata", test_metadata},
    {"alone and padded", test_alone_and_padded},
    {"several models", test_several_models},
    {NULL, NULL},
};

TAP_MAIN("safetensors_reader", tests)

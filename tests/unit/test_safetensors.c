#include "safetensors.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static void test_round_trip(void)
{
    const guint sizes[][2] = {{1, 1}, {2, 3}, {13, 8}, {5, 121}};
    guint32 seed = tap_seed();
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(FmModel) model = fixture_model(sizes[i][0], sizes[i][1], 3, seed + i);
        g_autoptr(GError) error = NULL;
        g_autoptr(GBytes) content = safetensors_encode(model);
        g_autoptr(FmModel) read = safetensors_decode(content, "x", &error);
        CU_ASSERT_PTR_NULL(error);
        CU_ASSERT(fixture_same_bits(model, read));
    }
}

static void test_round_trip_of_odd_values(void)
{
    const float values[] = {-0.0f,   FLT_MIN,  0x1p-149f,       -0x1p-149f,
                            FLT_MAX, -FLT_MAX, 0x1.fffffep-127f};
    g_autoptr(FmModel) model = fm_model_new(1, G_N_ELEMENTS(values));
    memcpy(model->embeddings, values, sizeof values);
    model->w0 = -0.0f;
    g_autoptr(GBytes) content = safetensors_encode(model);
    g_autoptr(FmModel) read = safetensors_decode(content, "x", NULL);
    CU_ASSERT(fixture_same_bits(model, read));
}

/* The layout, read by hand: length, header, data in this order from a multiple of 8. */
static void test_layout(void)
{
    g_autoptr(FmModel) model = fixture_model(3, 2, 1, 1);
    g_autoptr(GBytes) content = safetensors_encode(model);
    gsize size;
    const guint8 *bytes = g_bytes_get_data(content, &size);
    guint64 length = 0;
    for (guint i = 0; i < 8; i++)
        length |= (guint64)bytes[i] << (8 * i);
    CU_ASSERT_EQUAL(length % 8, 0);
    CU_ASSERT_EQUAL(size, 8 + length + 4 * (1 + 3 + 6));
    g_autofree char *text = g_strndup((const char *)bytes + 8, length);
    g_auto(yajl_val) header = json_parse(text, "header", NULL);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(header, "w0.dtype"), "F32"), 0);
    CU_ASSERT_EQUAL(json_array_length(json_get(header, "w0.shape")), 1);
    const char *const wanted =
        "{\"w0\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
        "\"bias.weight\":{\"dtype\":\"F32\",\"shape\":[3,1],\"data_offsets\":[4,16]},"
        "\"embeddings.weight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[16,40]}}";
    CU_ASSERT(g_str_has_prefix(text, wanted));
    CU_ASSERT_EQUAL(strspn(text + strlen(wanted), " "), length - strlen(wanted));
    CU_ASSERT_EQUAL(memcmp(bytes + 8 + length, &model->w0, 4), 0);
    CU_ASSERT_EQUAL(memcmp(bytes + 8 + length + 4, model->bias, 12), 0);
    CU_ASSERT_EQUAL(memcmp(bytes + 8 + length + 16, model->embeddings, 24), 0);
}

/* ---- corruption ---- */

static GBytes *file_of(const char *header, const void *data, gsize size)
{
    GByteArray *file = g_byte_array_new();
    guint64 length = strlen(header);
    g_byte_array_append(file, (const guint8 *)&length, 8);
    g_byte_array_append(file, (const guint8 *)header, (guint)length);
    g_byte_array_append(file, data, (guint)size);
    return g_byte_array_free_to_bytes(file);
}

static void check_refused(GBytes *content, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(FmModel) model = safetensors_decode(content, "name.safetensors", &error);
    CU_ASSERT_PTR_NULL(model);
    CU_ASSERT(error != NULL && g_str_has_prefix(error->message, "name.safetensors: "));
    CU_ASSERT(error != NULL && strchr(error->message, '\n') == NULL);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_cut_at_every_length(void)
{
    g_autoptr(FmModel) model = fixture_model(3, 2, 1, 1);
    g_autoptr(GBytes) content = safetensors_encode(model);
    gsize size = g_bytes_get_size(content);
    for (gsize length = 0; length < size; length++) {
        /* A block of its own, so that reading beyond its end is seen. */
        g_autoptr(GBytes) cut = g_bytes_new(g_bytes_get_data(content, NULL), length);
        check_refused(cut, "");
    }
}

/* Flipping any one bit of prefix and header is an error or the same shapes; never a crash. */
static void test_flipped_bits(void)
{
    g_autoptr(FmModel) model = fixture_model(3, 2, 1, 1);
    g_autoptr(GBytes) content = safetensors_encode(model);
    gsize size;
    const guint8 *bytes = g_bytes_get_data(content, &size);
    for (gsize bit = 0; bit < 8 * (size - 40); bit++) {
        g_autofree guint8 *copy = g_memdup2(bytes, size);
        copy[bit / 8] ^= (guint8)(1 << bit % 8);
        g_autoptr(GBytes) flipped = g_bytes_new(copy, size);
        g_autoptr(GError) error = NULL;
        g_autoptr(FmModel) read = safetensors_decode(flipped, "x", &error);
        CU_ASSERT((read == NULL) == (error != NULL));
        CU_ASSERT(read == NULL || (read->n == 3 && read->k == 2));
    }
}

static void test_header_length(void)
{
    const guint64 lengths[] = {G_MAXUINT64, G_MAXUINT64 - 7, G_MAXINT64, 100000001, 1u << 31, 5};
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        guint8 bytes[12] = "01234567{}  ";
        memcpy(bytes, &lengths[i], 8);
        g_autoptr(GBytes) content = g_bytes_new(bytes, sizeof bytes);
        check_refused(content, "its header would have");
    }
}

#define W0 "\"w0\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"
#define BIAS "\"bias.weight\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[4,12]}"
#define ROWS(shape, offsets)                                                                       \
    "\"embeddings.weight\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":" offsets "}"
#define EMBEDDINGS ROWS("[2,2]", "[12,28]")

static const struct {
    const char *header, *message;
} wrong_headers[] = {
    {"", "is not valid JSON"},
    {"{", "is not valid JSON"},
    {"\200\002ctorch", "is not valid JSON"},
    {"[]", "there is no tensor \"w0\""},
    {"null", "there is no tensor \"w0\""},
    {"{}", "there is no tensor \"w0\""},
    {"{" BIAS "," EMBEDDINGS "}", "there is no tensor \"w0\""},
    {"{" W0 "," EMBEDDINGS "}", "there is no tensor \"bias.weight\""},
    {"{" W0 "," BIAS "}", "there is no tensor \"embeddings.weight\""},
    {"{\"w0\":7," BIAS "," EMBEDDINGS "}", "\"w0\" is of no type"},
    {"{\"w0\":{\"dtype\":\"F64\"}}", "\"w0\" is F64, not F32"},
    {"{\"w0\":{\"dtype\":32}}", "\"w0\" is of no type"},
    {"{\"w0\":{\"dtype\":\"F32\"}}", "does not have 1 dimensions"},
    {"{\"w0\":{\"dtype\":\"F32\",\"shape\":[]}}", "does not have 1 dimensions"},
    {"{\"w0\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", "\"w0\" is at bytes"},
    {"{" W0 "," BIAS "," ROWS("[4]", "[12,28]") "}", "does not have 2 dimensions"},
    {"{" W0 "," BIAS "," ROWS("[2,2,1]", "[12,28]") "}", "does not have 2 dimensions"},
    {"{" W0 "," BIAS "," ROWS("[2,0]", "[12,12]") "}", "does not have 2 dimensions"},
    {"{" W0 "," BIAS "," ROWS("[-2,-2]", "[12,28]") "}", "does not have 2 dimensions"},
    {"{" W0 "," BIAS "," ROWS("[2.0,2]", "[12,28]") "}", "does not have 2 dimensions"},
    {"{" W0 "," BIAS "," ROWS("[\"2\",2]", "[12,28]") "}", "does not have 2 dimensions"},
    {"{" W0 "," BIAS "," ROWS("[2147483647,2147483647]", "[12,28]") "}", "does not have 2"},
    {"{" W0 "," BIAS "," ROWS("[4294967297,4294967297]", "[12,28]") "}", "does not have 2"},
    {"{" W0 "," BIAS "," ROWS("[1073741824,4]", "[12,28]") "}", "embeddings.weight\""},
    {"{" W0 "," BIAS "," ROWS("[4,1]", "[12,28]") "}", "shapes disagree"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[12,32]") "}", "which does not fit its shape"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[12,24]") "}", "which does not fit its shape"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[16,32]") "}", "which does not fit its shape"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[28,12]") "}", "which does not fit its shape"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[-16,0]") "}", "which does not fit its shape"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[9223372036854775791,9223372036854775807]") "}",
     "which does not fit its shape"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[18446744073709551600,16]") "}", "does not fit"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "\"12\"") "}", "which does not fit its shape"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[8,24]") "}", "overlap"},
    {"{" W0 "," BIAS "," ROWS("[2,2]", "[0,16]") "}", "overlap"},
    {"{" W0
     ",\"bias.weight\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}," EMBEDDINGS "}",
     "overlap"},
    {"{" W0
     ",\"bias.weight\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[4,12]}," EMBEDDINGS "}",
     "shapes disagree"},
    {"{\"w0\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}," BIAS "," EMBEDDINGS "}",
     "shapes disagree"},
};

static void test_wrong_headers(void)
{
    const float zeros[7] = {0};
    for (guint i = 0; i < G_N_ELEMENTS(wrong_headers); i++) {
        g_autoptr(GBytes) content = file_of(wrong_headers[i].header, zeros, sizeof zeros);
        check_refused(content, wrong_headers[i].message);
    }
}

/* Another order of tensors, other members and __metadata__ are all right: so another writer has it.
 */
static void test_other_writers(void)
{
    const float values[] = {10, 11, 12, 13, 1, 2, 7};
    g_autoptr(GBytes) content = file_of(
        "{\"__metadata__\":{\"format\":\"pt\"}," ROWS(
            "[2,2]",
            "[0,16]") ","
                      "\"bias.weight\":{\"data_offsets\":[16,24],\"shape\":[2,1],\"dtype\":\"F32\"}"
                      ","
                      "\"w0\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[24,28]}}   ",
        values, sizeof values);
    g_autoptr(GError) error = NULL;
    g_autoptr(FmModel) model = safetensors_decode(content, "x", &error);
    CU_ASSERT_PTR_NULL(error);
    if (model == NULL)
        return;
    CU_ASSERT_EQUAL(model->n, 2);
    CU_ASSERT_EQUAL(model->k, 2);
    CU_ASSERT_EQUAL(model->w0, 7);
    CU_ASSERT_EQUAL(model->bias[1], 2);
    CU_ASSERT_EQUAL(fm_vector(model, 1)[0], 12);
}

static void test_values_that_are_not_finite(void)
{
    const float bad[] = {NAN, INFINITY, -INFINITY};
    const char *const messages[] = {"\"w0\" has a value that is not finite at 0",
                                    "\"bias.weight\" has a value that is not finite at 1",
                                    "\"embeddings.weight\" has a value that is not finite at 3"};
    const guint places[] = {0, 2, 6};
    for (guint b = 0; b < G_N_ELEMENTS(bad); b++) {
        for (guint p = 0; p < G_N_ELEMENTS(places); p++) {
            float values[7] = {0};
            values[places[p]] = bad[b];
            g_autoptr(GBytes) content =
                file_of("{" W0 "," BIAS "," EMBEDDINGS "}", values, sizeof values);
            check_refused(content, messages[p]);
        }
    }
}

static const UnitTest tests[] = {
    {"round trip", test_round_trip},
    {"round trip of odd values", test_round_trip_of_odd_values},
    {"layout", test_layout},
    {"cut at every length", test_cut_at_every_length},
    {"flipped bits", test_flipped_bits},
    {"header length", test_header_length},
    {"wrong headers", test_wrong_headers},
    {"other writers", test_other_writers},
    {"values that are not finite", test_values_that_are_not_finite},
    {NULL, NULL},
};

TAP_MAIN("safetensors", tests)

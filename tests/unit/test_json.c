#include "json.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

/* ---- reading ---- */

static void test_get(void)
{
    g_auto(yajl_val) tree =
        json_parse("{\"a\": {\"b\": {\"c\": \"deep\"}, \"bb\": 1}, \"d\": null, "
                   "\"\": 5, \"list\": [10, \"x\", {}]}",
                   "x", NULL);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(tree, "a.b.c"), "deep"), 0);
    CU_ASSERT_PTR_NOT_NULL(json_get(tree, "a.b"));
    CU_ASSERT(YAJL_IS_NULL(json_get(tree, "d")));
    CU_ASSERT(YAJL_IS_NUMBER(json_get(tree, "")));
    const char *const absent[] = {"b",   "a.c",    "a.b.c.d", "a.", "ab",
                                  "d.e", "list.0", "a.b.cc",  "."};
    for (guint i = 0; i < G_N_ELEMENTS(absent); i++)
        CU_ASSERT_PTR_NULL(json_get(tree, absent[i]));
    CU_ASSERT_PTR_NULL(json_get(NULL, "a"));
    CU_ASSERT_PTR_NULL(json_get_string(tree, "a"));
    CU_ASSERT_PTR_NULL(json_get_string(tree, "a.bb"));
    CU_ASSERT_PTR_NULL(json_get_string(NULL, "a"));
}

static void test_names_with_dots(void)
{
    g_auto(yajl_val) tree = json_parse("{\"a.b\":{\"\":1},\"a\":{\"b\":2}}", "test", NULL);
    CU_ASSERT(YAJL_IS_OBJECT(json_member(tree, "a.b")));
    CU_ASSERT(YAJL_IS_NUMBER(json_member(json_member(tree, "a.b"), "")));
    CU_ASSERT(YAJL_IS_OBJECT(json_member(tree, "a")));
    CU_ASSERT_PTR_NULL(json_member(tree, "a.c"));
    CU_ASSERT_PTR_NULL(json_member(tree, ""));
    CU_ASSERT_PTR_NULL(json_member(NULL, "a"));
}

static void test_arrays(void)
{
    g_auto(yajl_val) tree = json_parse("[10, \"x\", {}]", "x", NULL);
    CU_ASSERT_EQUAL(json_array_length(tree), 3);
    CU_ASSERT_PTR_NOT_NULL(json_array_get(tree, 2));
    CU_ASSERT_PTR_NULL(json_array_get(tree, 3));
    CU_ASSERT_PTR_NULL(json_array_get(tree, G_MAXSIZE));
    CU_ASSERT_EQUAL(json_array_length(NULL), 0);
    CU_ASSERT_EQUAL(json_array_length(json_array_get(tree, 2)), 0);
    CU_ASSERT_PTR_NULL(json_array_get(NULL, 0));
}

static void test_ints(void)
{
    const struct {
        const char *text;
        gboolean valid;
        gint64 value;
    } cases[] = {
        {"0", TRUE, 0},      {"-7", TRUE, -7},   {"9223372036854775807", TRUE, G_MAXINT64},
        {"1.0", FALSE, 0},   {"1e3", FALSE, 0},  {"9223372036854775808", FALSE, 0},
        {"\"1\"", FALSE, 0}, {"true", FALSE, 0}, {"123456789012345678901234", FALSE, 0},
        {"null", FALSE, 0},  {"[1]", FALSE, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strdup_printf("{\"n\": %s}", cases[i].text);
        g_auto(yajl_val) tree = json_parse(text, "x", NULL);
        gint64 value = 99;
        CU_ASSERT_EQUAL(json_get_int(tree, "n", &value), cases[i].valid);
        CU_ASSERT_EQUAL(value, cases[i].valid ? cases[i].value : 99);
        CU_ASSERT_FALSE(json_get_int(tree, "m", &value));
    }
}

static void test_bools(void)
{
    g_auto(yajl_val) tree =
        json_parse("{\"t\": true, \"f\": false, \"one\": 1, \"s\": \"true\"}", "x", NULL);
    CU_ASSERT(json_is_true(tree, "t"));
    CU_ASSERT_FALSE(json_is_true(tree, "f"));
    CU_ASSERT_FALSE(json_is_true(tree, "one"));
    CU_ASSERT_FALSE(json_is_true(tree, "s"));
    CU_ASSERT_FALSE(json_is_true(tree, "absent"));
}

/* A decimal between two float32 whose nearest double lies exactly between them: rounding twice goes
 * the wrong way. */
static void test_floats_are_rounded_once(void)
{
    g_auto(yajl_val) tree = json_parse(
        "[1.000000059604644775390626, 64.4352, 1e-46, 1e39, 1e999, \"1\", -0.0]", "x", NULL);
    float value = 0;
    double number = 0;
    CU_ASSERT(json_to_float(json_array_get(tree, 0), &value));
    CU_ASSERT_EQUAL(value, 0x1.000002p0f);
    CU_ASSERT(json_to_double(json_array_get(tree, 0), &number) && (float)number == 1);
    CU_ASSERT(json_to_float(json_array_get(tree, 1), &value) && value == 64.4352f);
    CU_ASSERT(json_to_float(json_array_get(tree, 2), &value) && value == 0);
    CU_ASSERT_FALSE(json_to_float(json_array_get(tree, 3), &value));
    CU_ASSERT(json_to_double(json_array_get(tree, 3), &number) && number == 1e39);
    CU_ASSERT_FALSE(json_to_double(json_array_get(tree, 4), &number));
    CU_ASSERT_FALSE(json_to_float(json_array_get(tree, 5), &value));
    CU_ASSERT_FALSE(json_to_double(json_array_get(tree, 5), &number));
    CU_ASSERT(json_to_float(json_array_get(tree, 6), &value) && signbit(value));
    CU_ASSERT_FALSE(json_to_float(NULL, &value));
}

static void test_not_json(void)
{
    const char *const texts[] = {
        "",         " ",   "{",  "{} {}", "[1,]",  "{\"a\"}",    "nul",    "\"\xff\"",
        "\"\xc3\"", "'a'", "01", "NaN",   "[1] x", "{\"a\":1,}", "\"\n\"", "<html></html>"};
    for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(GError) error = NULL;
        CU_ASSERT_PTR_NULL(json_parse(texts[i], "the thing", &error));
        CU_ASSERT(error != NULL && strchr(error->message, '\n') == NULL);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "the thing is not valid JSON");
    }
    CU_ASSERT_PTR_NULL(json_parse("{", "x", NULL));
}

static char *nested(const char *start, guint depth, const char *open, const char *close)
{
    GString *text = g_string_new(start);
    for (guint i = 0; i < depth; i++)
        g_string_append(text, open);
    g_string_append(text, "1");
    for (guint i = 0; i < depth; i++)
        g_string_append(text, close);
    return g_string_free(text, FALSE);
}

/* A million brackets once overflowed the stack. Brackets in strings do not count. */
static void test_depth(void)
{
    const guint depths[] = {JSON_DEEPEST + 1, 1000000};
    const char *const starts[] = {"", "/*\"*/"};
    for (guint i = 0; i < G_N_ELEMENTS(depths); i++) {
        for (guint s = 0; s < G_N_ELEMENTS(starts); s++) {
            g_autofree char *lists = nested(starts[s], depths[i], "[", "]");
            g_autofree char *objects = nested(starts[s], depths[i], "{\"a\\\"[\":", "}");
            g_autoptr(GError) error = NULL;
            CU_ASSERT_PTR_NULL(json_parse(lists, "x", &error));
            TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "x is not valid JSON");
            CU_ASSERT_PTR_NULL(json_parse(objects, "x", &error));
            TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "x is not valid JSON");
        }
    }
    g_autofree char *deepest = nested("", JSON_DEEPEST, "[", "]");
    g_auto(yajl_val) tree = json_parse(deepest, "x", NULL);
    CU_ASSERT_PTR_NOT_NULL(tree);
    g_autofree char *brackets = g_strnfill(2 * JSON_DEEPEST, '[');
    g_autofree char *text = g_strdup_printf("[\"%s\\\"%s\\\\\", \"http://x\"]", brackets, brackets);
    g_auto(yajl_val) strings = json_parse(text, "x", NULL);
    CU_ASSERT_EQUAL(json_array_length(strings), 2);
}

/* ---- writing ---- */

static void test_objects(void)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "s", "a\"\\\n\303\251/");
    json_put_member_int(json, "i", G_MININT64);
    json_put_member_double(json, "d", 0.1);
    json_put_member_bool(json, "b", TRUE);
    json_put_key(json, "f");
    json_put_float(json, 0.1f);
    yajl_gen_map_close(json);
    gsize length = 0;
    g_autofree char *text = json_take(json, &length);
    CU_ASSERT_STRING_EQUAL(text,
                           "{\"s\":\"a\\\"\\\\\\n\303\251/\",\"i\":-9223372036854775808,\"d\":0.1,"
                           "\"b\":true,\"f\":0.100000001}");
    CU_ASSERT_EQUAL(length, strlen(text));
}

/* The generator starts anew each time: no comma and no rest of what was taken. */
static void test_taking(void)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    g_autoptr(GString) lines = g_string_new("> ");
    for (int i = 0; i < 3; i++) {
        yajl_gen_array_open(json);
        json_put_int(json, i);
        yajl_gen_array_close(json);
        json_take_into(json, lines);
    }
    CU_ASSERT_STRING_EQUAL(lines->str, "> [0][1][2]");
    g_autofree char *nothing = json_take(json, NULL);
    CU_ASSERT_STRING_EQUAL(nothing, "");
}

static void check_double(double value)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    json_put_double(json, value);
    g_autofree char *text = json_take(json, NULL);
    g_auto(yajl_val) tree = json_parse(text, "x", NULL);
    double read = NAN;
    CU_ASSERT(json_to_double(tree, &read));
    CU_ASSERT_EQUAL(memcmp(&read, &value, sizeof value), 0);
}

static void check_float(float value)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    json_put_float(json, value);
    g_autofree char *text = json_take(json, NULL);
    g_auto(yajl_val) tree = json_parse(text, "x", NULL);
    float read = NAN;
    CU_ASSERT(json_to_float(tree, &read));
    CU_ASSERT_EQUAL(memcmp(&read, &value, sizeof value), 0);
}

static void test_numbers_round_trip(void)
{
    const double doubles[] = {0,        -0.0,    1,         0.1,  1.0 / 3, DBL_MAX,
                              -DBL_MAX, DBL_MIN, 0x1p-1074, 1e22, 5e-324};
    const float floats[] = {0,       -0.0f,    1,       0.1f,      1.0f / 3,
                            FLT_MAX, -FLT_MAX, FLT_MIN, 0x1p-149f, 16777215};
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint i = 0; i < G_N_ELEMENTS(doubles); i++)
        check_double(doubles[i]);
    for (guint i = 0; i < G_N_ELEMENTS(floats); i++)
        check_float(floats[i]);
    for (guint i = 0; i < 5000; i++) {
        float value = fixture_float(random, -149, 127);
        check_float(value);
        check_double((double)value * (1 + g_rand_double(random)));
    }
}

static void test_shortest_double(void)
{
    const double values[] = {0.1, 5.5, 1e-3, 0.30000000000000004, 100, 0, -0.0};
    const char *const texts[] = {"0.1", "5.5", "0.001", "0.30000000000000004", "100", "0", "-0.0"};
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    for (guint i = 0; i < G_N_ELEMENTS(values); i++) {
        json_put_double(json, values[i]);
        g_autofree char *text = json_take(json, NULL);
        CU_ASSERT_STRING_EQUAL(text, texts[i]);
    }
    json_put_float(json, -0.0f);
    g_autofree char *zero = json_take(json, NULL);
    CU_ASSERT_STRING_EQUAL(zero, "-0.0");
}

/* Decimal commas of the locale are nobody's business here. */
static void test_locale(void)
{
    const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8", "fr_FR"};
    gboolean set = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(names) && !set; i++)
        set = setlocale(LC_NUMERIC, names[i]) != NULL;
    if (!set) {
        tap_skip("there is no locale with a decimal comma");
        return;
    }
    check_double(1234.5);
    check_float(-0.25f);
    setlocale(LC_NUMERIC, "C");
}

static void check_scan(const char *text, gsize length)
{
    const char *at = text;
    float value = 99;
    const float expected = strtof(text, NULL);
    CU_ASSERT_EQUAL(json_scan_float(&at, &value), length > 0);
    CU_ASSERT_EQUAL(at - text, (gssize)length);
    CU_ASSERT(length == 0 || memcmp(&value, &expected, sizeof value) == 0);
    if (length > 0 && memcmp(&value, &expected, sizeof value) != 0)
        printf("# %s: %a instead of %a\n", text, (double)value, (double)expected);
}

/* The nearest float32, above all half-way between two of them, where rounding to a double first can
 * go wrong. */
static void test_scanned_floats(void)
{
    const char *const halves[] = {
        "16777217",
        "16777219",
        "16777217.0000001",
        "16777216.9999999",
        "16777217.00000000000000000000001",
        "33554434",
        "0.000000059604644775390625",
        "1.00000005960464477539062",
        "1.000000059604644775390625",
        "1.00000005960464477539063",
        "1.0000001788139343",
        "1.1754943508222875e-38",
        "1.1754942e-38",
        "7.0064923216240854e-46",
        "7.0064923216240853e-46",
        "1e-60",
        "-0",
        "-0.0e5",
        "0.00000000000000000000000000000000000000000000123",
        "3.4028234e38",
        "123456789012345678901234567890",
        "1e22",
        "1e23",
        "9007199254740993",
        "1e-99999999999",
    };
    for (guint i = 0; i < G_N_ELEMENTS(halves); i++)
        check_scan(halves[i], strlen(halves[i]));
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    for (guint i = 0; i < 100000; i++) {
        char text[64];
        const float below = fixture_float(random, -26, 60);
        const double half = ((double)below + (double)nextafterf(below, INFINITY)) / 2;
        const double value = i % 2 ? half : (double)below * (1 + g_rand_double(random) * 1e-8);
        g_snprintf(text, sizeof text, "%.*g", i % 3 ? 15 : g_rand_int_range(random, 1, 18), value);
        check_scan(text, strlen(text));
    }
}

static void test_scanned_texts(void)
{
    check_scan("1.5,2", 3);
    check_scan("1.5e3]", 5);
    const char *hexadecimal = "0x10";
    float value = 99;
    CU_ASSERT(json_scan_float(&hexadecimal, &value) && value == 0 && *hexadecimal == 'x');
    const char *const none[] = {"",          "-",   "+1", ".5",   "1.",    "1.e3",
                                "1e",        "1e+", "01", "-01",  "NaN",   "Infinity",
                                "-Infinity", "x",   " 1", "1e39", "-1e400"};
    for (guint i = 0; i < G_N_ELEMENTS(none); i++)
        check_scan(none[i], 0);
}

static const UnitTest tests[] = {
    {"names with dots", test_names_with_dots},
    {"get", test_get},
    {"arrays", test_arrays},
    {"integers", test_ints},
    {"booleans", test_bools},
    {"floats are rounded once", test_floats_are_rounded_once},
    {"not JSON", test_not_json},
    {"depth", test_depth},
    {"objects", test_objects},
    {"taking", test_taking},
    {"numbers round trip", test_numbers_round_trip},
    {"shortest double", test_shortest_double},
    {"locale", test_locale},
    {"scanned floats", test_scanned_floats},
    {"scanned texts", test_scanned_texts},
    {NULL, NULL},
};

TAP_MAIN("json", tests)

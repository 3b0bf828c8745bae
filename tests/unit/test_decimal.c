#include "decimal.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

static locale_t c_locale;

static void print(char text[DECIMAL_SIZE + 1], float value)
{
    gsize length = decimal_of_float(text, value);
    CU_ASSERT(length >= 1 && length <= DECIMAL_SIZE);
    text[length] = '\0';
}

static gboolean is_json_number(const char *text)
{
    return g_regex_match_simple("^-?(0|[1-9][0-9]*)(\\.[0-9]+)?(e[-+]?[0-9]+)?$", text, 0, 0);
}

static guint significant_digits(const char *text)
{
    guint digits = 0, zeros = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (!g_ascii_isdigit(*text) || (digits == 0 && *text == '0'))
            continue;
        digits += 1 + (*text == '0' ? 0 : zeros);
        digits -= *text == '0';
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return digits;
}

static gboolean is_right(float value)
{
    char text[DECIMAL_SIZE + 1];
    gsize length = decimal_of_float(text, value);
    text[length] = '\0';
    float back = strtof_l(text, NULL, c_locale);
    /* As a server may do it: by way of a double. */
    float by_double = (float)strtod_l(text, NULL, c_locale);
    return memcmp(&back, &value, sizeof value) == 0 && by_double == value &&
           significant_digits(text) <= 9;
}

static float float_of(guint32 bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void test_examples(void)
{
    const struct {
        float value;
        const char *text;
    } examples[] = {
        {0, "0"},
        {-0.0f, "-0.0"},
        {1, "1"},
        {-1, "-1"},
        {0.5f, "0.5"},
        {100, "100"},
        {120.5f, "120.5"},
        {0.1f, "0.100000001"},
        {0.3f, "0.300000012"}, /* …011920929: rounded, not cut */
        {-0.9876543f, "-0.987654328"},
        {16777216, "16777216"},
        {99999992, "99999992"},
        {1e8f, "100000000"},
        {0.00390625f, "0.00390625"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(examples); i++) {
        char text[DECIMAL_SIZE + 1];
        print(text, examples[i].value);
        CU_ASSERT_STRING_EQUAL(text, examples[i].text);
        CU_ASSERT(is_json_number(text));
    }
}

/* All neighbours of the powers of two and ten, where digits and exponents change. */
static void test_edges(void)
{
    for (int exponent = -45; exponent <= 38; exponent++) {
        float power = (float)pow(10, exponent);
        for (int i = -50; i <= 50; i++) {
            guint32 bits;
            memcpy(&bits, &power, sizeof bits);
            if ((gint64)bits + i < 0)
                continue;
            float value = float_of(bits + (guint32)i);
            char text[DECIMAL_SIZE + 1];
            CU_ASSERT(isfinite(value) && is_right(value) && is_right(-value));
            print(text, -value);
            CU_ASSERT(is_json_number(text));
        }
    }
    for (guint32 exponent = 0; exponent < 255; exponent++)
        for (guint32 i = 0; i < 50; i++) {
            CU_ASSERT(is_right(float_of(exponent << 23 | i)));
            CU_ASSERT(is_right(float_of((exponent << 23 | 0x7fffff) - i)));
        }
}

static void test_random(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    guint wrong = 0;
    for (guint i = 0; i < 3000000; i++) {
        float any = float_of(g_rand_int(random));
        /* Half of them where model parameters are. */
        float usual = (float)g_rand_double_range(random, -2, 2);
        float value = i % 2 == 0 ? any : usual;
        if (isfinite(value) && !is_right(value) && wrong++ == 0)
            printf("# wrong: %.9g\n", value);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* ---- reading ---- */

static gboolean reads_like_strtof(const char *text)
{
    float read = 0, expected = strtof_l(text, NULL, c_locale);
    gboolean is_number = decimal_to_float(text, strlen(text), &read);
    if (is_number == !!isfinite(expected) &&
        (!is_number || memcmp(&read, &expected, sizeof read) == 0))
        return TRUE;
    printf("# %s is read as %.9g\n", text, (double)read);
    return FALSE;
}

static void test_reading_random(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(tap_seed());
    guint wrong = 0;
    for (guint i = 0; i < 300000 && wrong < 5; i++) {
        char text[80];
        float any = float_of(g_rand_int(random));
        float value = i % 2 == 0 ? any : (float)g_rand_double_range(random, -2, 2);
        if (!isfinite(value))
            continue;
        g_ascii_formatd(text, sizeof text,
                        i % 3 == 0   ? "%.9g"
                        : i % 3 == 1 ? "%.7g"
                                     : "%.17g",
                        (double)value);
        wrong += !reads_like_strtof(text);
        /* Between two float32, and next to it on either side. */
        double middle = ((double)value + (double)nextafterf(value, INFINITY)) / 2;
        g_ascii_formatd(text, sizeof text, i % 2 == 0 ? "%.15g" : "%.40g", middle);
        wrong += !reads_like_strtof(text);
        g_strlcat(text, "1", sizeof text);
        wrong += strchr(text, 'e') == NULL && !reads_like_strtof(text);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_reading_examples(void)
{
    const char *const numbers[] = {
        "0",
        "-0",
        "0.0",
        "-0.0E0",
        "1",
        "-1.5",
        "16777217",
        "16777219",
        "1e10",
        "1E+10",
        "1e-10",
        "1e38",
        "3.4e38",
        "3.5e38",
        "1e39",
        "1e-45",
        "7e-46",
        "1e-400",
        "1e400",
        "0e999",
        "0.1e-22",
        "123456789",
        "0.00000001",
        "1e22",
        "1e23",
        "1.17549435e-38",
        "8388608.5",
        "8388609.5",
        "999999999999999",
        "9999999999999999",
    };
    const char *const others[] = {"",    "-",   ".",   "e5", "1e",  "1e+",   "1.5x",
                                  "nan", "inf", "1,5", "1 ", "--1", "1e5.5", "1.2.3"};
    float value;
    for (guint i = 0; i < G_N_ELEMENTS(numbers); i++)
        CU_ASSERT(reads_like_strtof(numbers[i]));
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        CU_ASSERT_FALSE(decimal_to_float(others[i], strlen(others[i]), &value));
    CU_ASSERT(decimal_to_float("1.25]", 4, &value) && value == 1.25f);
}

static void test_locale(void)
{
    char text[DECIMAL_SIZE + 1];
    const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++)
        if (setlocale(LC_ALL, names[i]) != NULL)
            break;
    print(text, 0.5f);
    CU_ASSERT_STRING_EQUAL(text, "0.5");
    print(text, 1.5e-30f);
    CU_ASSERT_PTR_NULL(strchr(text, ','));
    CU_ASSERT_PTR_NOT_NULL(strchr(text, '.'));
    setlocale(LC_ALL, "C");
}

static const UnitTest tests[] = {
    {"examples", test_examples},
    {"edges", test_edges},
    {"random bits", test_random},
    {"reading random numbers", test_reading_random},
    {"reading examples", test_reading_examples},
    {"locale", test_locale},
    {NULL, NULL},
};

int main(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return tap_run("decimal", tests);
}

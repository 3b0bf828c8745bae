#include "printable.h"

#include "tap.h"

static void check(const char *text, const char *expected)
{
    g_autofree char *shown = printable_text(text);
    CU_ASSERT_STRING_EQUAL(shown, expected);
    CU_ASSERT(printable_is_plain(shown));
}

static void test_as_it_is(void)
{
    check("", "");
    check("plain \\ \"text\" %s", "plain \\ \"text\" %s");
    check("J\u00fcrgen \u65e5\u672c\u8a9e \U0001f3ac e\u0301",
          "J\u00fcrgen \u65e5\u672c\u8a9e \U0001f3ac e\u0301");
}

static void test_escaped(void)
{
    check("a\tb\nc\rd", "a\\tb\\nc\\rd");
    check("\x1b[31mred\x7f\x01", "\\x1b[31mred\\x7f\\x01");
    check("\xc2\x85\xc2\x9b", "\\u0085\\u009b");
    check("\u2028\u2029", "\\u2028\\u2029");
}

static void test_not_utf8(void)
{
    check("\xff", "\\xff");
    check("a\xc3", "a\\xc3");
    check("\xc3(\xe2\x82", "\\xc3(\\xe2\\x82");
    check("\xed\xa0\x80", "\\xed\\xa0\\x80");
}

static void test_plain(void)
{
    CU_ASSERT(printable_is_plain(""));
    CU_ASSERT(printable_is_plain("\u00e4nne, jr"));
    CU_ASSERT_FALSE(printable_is_plain("a\tb"));
    CU_ASSERT_FALSE(printable_is_plain("a\n"));
    CU_ASSERT_FALSE(printable_is_plain("\x7f"));
    CU_ASSERT_FALSE(printable_is_plain("\xff"));
    CU_ASSERT_FALSE(printable_is_plain("a\xc3"));
}

static const UnitTest tests[] = {
    {"what is as it is", test_as_it_is},
    {"what is escaped", test_escaped},
    {"bytes that are not UTF-8", test_not_utf8},
    {"plain or not", test_plain},
    {NULL, NULL},
};

TAP_MAIN("printable", tests)

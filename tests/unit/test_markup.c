#include "markup.h"

#include "tap.h"

static void test_escape(void)
{
    const char *const cases[][2] = {
        {"", ""},
        {"Noëlle", "Noëlle"},
        {"<a href=\"x\">&'", "&lt;a href=&quot;x&quot;&gt;&amp;&apos;"},
        {"a\x01\x1b\n\tb\x7f", "a    b "},
        {"\xc2\x85\xc2\x9b.", "  ."},             /* C1 controls */
        {"\xef\xbf\xbe\xef\xbf\xbf.", "  ."},     /* U+FFFE, U+FFFF */
        {"a\xff", "a\xef\xbf\xbd"},               /* not UTF-8 */
        {"\xf0\x9f\x8e\xac", "\xf0\x9f\x8e\xac"}, /* beyond the first plane */
    };
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *escaped = markup_escape(cases[i][0]);
        CU_ASSERT_STRING_EQUAL(escaped, cases[i][1]);
        GString *out = g_string_new("x");
        markup_append(out, cases[i][0]);
        CU_ASSERT_STRING_EQUAL(out->str + 1, cases[i][1]);
        g_string_free(out, TRUE);
    }
}

static const UnitTest tests[] = {
    {"escaping", test_escape},
    {NULL, NULL},
};

TAP_MAIN("markup", tests)

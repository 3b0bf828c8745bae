#include "text_file.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static gboolean open_text(TextFile *file, const char *text, gssize length, GError **error)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "text", NULL);
    fixture_put(directory, "text", text, length);
    return text_file_open(file, path, error);
}

static void check_lines(const char *text, const char *const *lines, guint count)
{
    g_auto(TextFile) file = {0};
    CU_ASSERT(open_text(&file, text, -1, NULL));
    CU_ASSERT_EQUAL(text_file_count_lines(&file), count);
    for (guint i = 0; i < count; i++) {
        CU_ASSERT(text_file_next(&file));
        CU_ASSERT_EQUAL(file.line, i + 1);
        CU_ASSERT(text_equals(file.current, lines[i]));
    }
    CU_ASSERT_FALSE(text_file_next(&file));
}

static void test_lines(void)
{
    const char *const lines[] = {"one", "", "three", "\rfour"};
    check_lines("one\n\nthree\n\rfour\n", lines, 4);
    check_lines("one\r\n\r\nthree\r\n\rfour\r\n", lines, 4);
    check_lines("\357\273\277one\n\nthree\n\rfour\n", lines, 4);
    check_lines("\n", lines + 1, 1);
}

static void test_not_a_text(void)
{
    const struct {
        const char *text;
        gssize length;
        const char *message;
    } cases[] = {
        {"", 0, "text is empty"},
        {"\357\273\277", 3, "text is empty"},
        {"\377\376a\0\n\0", 6, "text is UTF-16: save it as UTF-8"},
        {"\376\377\0a\0\n", 6, "text is UTF-16"},
        {"one\ntwo", 7, "text does not end with a line end"},
        {"one\ntwo\r", 8, "text does not end with a line end"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TextFile) file = {0};
        g_autoptr(GError) error = NULL;
        CU_ASSERT_FALSE(open_text(&file, cases[i].text, cases[i].length, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, cases[i].message);
    }
    g_auto(TextFile) none = {0};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(text_file_open(&none, "/nonexistent/text", &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/nonexistent/text");
}

/* ---- pipes ---- */

/* What text_file_open_input() makes of a text that comes through a pipe, which is standard input
 * meanwhile. */
static void check_piped(const char *path, const char *text, guint lines)
{
    int ends[2];
    const int before = dup(STDIN_FILENO);
    CU_ASSERT(pipe(ends) == 0 && write(ends[1], text, strlen(text)) == (gssize)strlen(text));
    close(ends[1]);
    CU_ASSERT(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    g_auto(TextFile) file = {0};
    g_autoptr(GError) error = NULL;
    CU_ASSERT(text_file_open_input(&file, path, &error));
    if (error == NULL)
        CU_ASSERT_EQUAL(text_file_count_lines(&file), lines);
    for (guint i = 0; i < lines; i++)
        CU_ASSERT(text_file_next(&file) && file.current.length > 0);
    CU_ASSERT_FALSE(text_file_next(&file));
    dup2(before, STDIN_FILENO);
    close(before);
    close(ends[0]);
}

static void test_input(void)
{
    check_piped("-", "one\ntwo\n", 2);
    check_piped("-", "", 0);
    check_piped("/dev/stdin", "one\ntwo\nthree\n", 3);
    g_autofree char *much = g_strnfill(60000, 'x');
    g_autofree char *line = g_strdup_printf("%s\n", much);
    check_piped("-", line, 1);
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "text", NULL);
    fixture_put(directory, "text", "one\n", -1);
    g_auto(TextFile) file = {0};
    CU_ASSERT(text_file_open_input(&file, path, NULL) && text_file_next(&file));
    g_auto(TextFile) none = {0};
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(text_file_open_input(&none, "/nonexistent/text", &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/nonexistent/text cannot be read: ");
    g_auto(TextFile) folder = {0};
    CU_ASSERT_FALSE(text_file_open_input(&folder, directory, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_ISDIR, directory);
}

static void test_errors(void)
{
    g_auto(TextFile) file = {0};
    g_autoptr(GError) error = NULL;
    CU_ASSERT(open_text(&file, "one\n\001\"two\"\n", -1, NULL));
    CU_ASSERT(text_file_next(&file) && text_file_next(&file));
    CU_ASSERT_FALSE(text_file_expected(&file, "a number", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                     "/text:2: expected a number, found \"\\001\\\"two\\\"\"");
    CU_ASSERT_FALSE(text_file_fail(&file, 7, &error, "%s %d", "what", 3));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "/text:7: what 3");
}

static Text text_of(const char *text)
{
    return (Text){text, strlen(text)};
}

static void test_show(void)
{
    g_autofree char *long_line = g_strnfill(200, 'x');
    g_autofree char *cut = text_show(text_of(long_line));
    g_autofree char *escaped = text_show(text_of("a\t\303\251\177\\"));
    CU_ASSERT_EQUAL(strlen(cut), 103);
    CU_ASSERT(g_str_has_suffix(cut, "xxx..."));
    CU_ASSERT_STRING_EQUAL(escaped, "a\\011\\303\\251\\177\\\\");
}

static void test_split(void)
{
    Text f[3];
    CU_ASSERT(text_split(text_of("a::b::c"), "::", f, 3));
    CU_ASSERT(text_equals(f[0], "a") && text_equals(f[1], "b") && text_equals(f[2], "c"));
    CU_ASSERT(text_split(text_of("::::"), "::", f, 3));
    CU_ASSERT(f[0].length == 0 && f[1].length == 0 && f[2].length == 0);
    CU_ASSERT_FALSE(text_split(text_of("a::b"), "::", f, 3));
    CU_ASSERT_FALSE(text_split(text_of("a::b::c::d"), "::", f, 3));
    CU_ASSERT(text_split(text_of("a"), "::", f, 1));
}

static void test_uint(void)
{
    const char *const wrong[] = {"",    "-1",         "+1",          " 1", "1 ",
                                 "1.0", "4294967296", "00000000001", "x"};
    guint32 number = 0;
    CU_ASSERT(text_parse_uint(text_of("0"), &number) && number == 0);
    CU_ASSERT(text_parse_uint(text_of("0042"), &number) && number == 42);
    CU_ASSERT(text_parse_uint(text_of("4294967295"), &number) && number == G_MAXUINT32);
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        CU_ASSERT_FALSE(text_parse_uint(text_of(wrong[i]), &number));
}

static void test_scan(void)
{
    const struct {
        const char *text;
        gboolean is_number;
        guint32 number;
        gsize length;
    } cases[] = {
        {"12:", TRUE, 12, 2},  {"0\n", TRUE, 0, 1},
        {"\n", FALSE, 0, 0},   {"4294967295\t", TRUE, G_MAXUINT32, 10},
        {"-1\n", FALSE, 0, 0}, {"4294967296\n", FALSE, 0, 0},
        {"x1\n", FALSE, 0, 0}, {"00000000001\n", FALSE, 0, 0},
        {"1x\n", TRUE, 1, 1},  {"99999999999999999999999\n", FALSE, 0, 0},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const char *at = cases[i].text;
        guint32 number = 0;
        CU_ASSERT_EQUAL(text_scan_uint(&at, &number), cases[i].is_number);
        if (cases[i].is_number) {
            CU_ASSERT_EQUAL(number, cases[i].number);
            CU_ASSERT_EQUAL(at, cases[i].text + cases[i].length);
        }
    }
    const char *const ends[] = {"\n", "\r\n", "\r", "", "x"};
    for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
        const char *at = ends[i];
        CU_ASSERT_EQUAL(text_scan_line_end(&at), i < 2);
        CU_ASSERT_EQUAL(at, ends[i] + (i < 2 ? strlen(ends[i]) : 0));
    }
}

/* Each is the double that strtod finds, by whichever path it went. */
static void test_decimal(void)
{
    const char *const right[] = {
        "0",     "4",   "4.5", "0.1", "123456789.123456",    "-0.5",
        "+2",    "1e3", ".5",  "5.",  "1234567890123456.75", "0.30000000000000004",
        "2.5E-1"};
    const char *const wrong[] = {"",      ".",    "-",  "4,5", "five",  "nan", "inf",
                                 "1e999", "0x10", "4 ", " 4",  "1.2.3", "1e",  "--1"};
    double number = 0;
    for (guint i = 0; i < G_N_ELEMENTS(right); i++) {
        CU_ASSERT(text_parse_decimal(text_of(right[i]), &number));
        CU_ASSERT_EQUAL(number, g_ascii_strtod(right[i], NULL));
    }
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        CU_ASSERT_FALSE(text_parse_decimal(text_of(wrong[i]), &number));
    CU_ASSERT_FALSE(text_parse_decimal((Text){"4\0", 2}, &number));
}

static void test_ids(void)
{
    CU_ASSERT(text_is_id(text_of("42")) && text_is_id(text_of("J\303\274rgen M.")));
    CU_ASSERT_FALSE(text_is_id(text_of("")));
    CU_ASSERT_FALSE(text_is_id(text_of("a\tb")));
    CU_ASSERT_FALSE(text_is_id(text_of("a\177")));
    CU_ASSERT_FALSE(text_is_id(text_of("\351")));
    CU_ASSERT_FALSE(text_is_id((Text){"a\0b", 3}));
}

static void check_quoted(const char *text, gsize length, const char *id, const char *rest)
{
    Text at = {text, length};
    g_autofree char *taken = text_take_quoted_id(&at);
    CU_ASSERT_EQUAL(g_strcmp0(taken, id), 0);
    CU_ASSERT(text_equals(at, rest));
}

static void test_quoted(void)
{
    check_quoted("\"a\"", 3, "a", "");
    check_quoted("\"a, b\",4", 8, "a, b", ",4");
    check_quoted("\"a \"\"b\"\"\" x", 11, "a \"b\"", " x");
    check_quoted("\"\"\"\"", 4, "\"", "");
    check_quoted("\"\303\274\"", 4, "\303\274", "");
    static const char *const none[] = {"",        "a",    "\"",       "\"a",
                                       "\"a\"\"", "\"\"", "\"\377\"", "\"\033\""};
    for (guint i = 0; i < G_N_ELEMENTS(none); i++)
        check_quoted(none[i], strlen(none[i]), NULL, none[i]);
    Text nul = {"\"a\0b\"", 5};
    CU_ASSERT_PTR_NULL(text_take_quoted_id(&nul));
    CU_ASSERT(text_equals(text_strip(text_of(" \t a b\r\n")), "a b"));
    CU_ASSERT(text_equals(text_strip(text_of(" \n")), ""));
}

static void test_encodings(void)
{
    g_autofree char *latin1 = text_to_utf8(text_of("Caf\351"));
    g_autofree char *utf8 = text_to_utf8(text_of("Caf\303\251"));
    CU_ASSERT_STRING_EQUAL(latin1, "Caf\303\251");
    CU_ASSERT_STRING_EQUAL(utf8, "Caf\303\251");
}

static const UnitTest tests[] = {
    {"lines", test_lines},
    {"not a text", test_not_a_text},
    {"pipes and standard input", test_input},
    {"errors", test_errors},
    {"show", test_show},
    {"split", test_split},
    {"whole numbers", test_uint},
    {"scanning", test_scan},
    {"decimal numbers", test_decimal},
    {"ids", test_ids},
    {"quoted ids", test_quoted},
    {"encodings", test_encodings},
    {NULL, NULL},
};

TAP_MAIN("text_file", tests)

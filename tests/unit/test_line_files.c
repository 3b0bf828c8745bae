/* line_reader.h and line_output.h, which are each other's inverse. */
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "line_output.h"
#include "line_reader.h"
#include "recsys_error.h"
#include "tap.h"

static char *directory;

static char *put(const char *text, gsize length)
{
    if (directory == NULL)
        directory = tap_directory();
    char *path = g_build_filename(directory, "lines", NULL);
    CU_ASSERT(g_file_set_contents(path, text, (gssize)length, NULL));
    return path;
}

/* ---- reading ---- */

static void check_lines(const char *text, const char *expected, guint64 count)
{
    const char *line;
    gsize length;
    g_autofree char *path = put(text, strlen(text));
    g_autoptr(LineReader) reader = line_reader_open(path, NULL);
    g_autoptr(GString) read = g_string_new(NULL);
    gboolean at_end = FALSE;
    CU_ASSERT_EQUAL(line_reader_count(reader), count);
    CU_ASSERT(line_reader_at_end(reader, &at_end, NULL));
    CU_ASSERT_EQUAL(at_end, count == 0);
    LineResult result;
    while ((result = line_reader_next(reader, &line, &length, NULL)) == LINE_READ) {
        g_string_append_len(read, line, (gssize)length);
        g_string_append_c(read, '|');
    }
    CU_ASSERT_EQUAL(result, LINE_NONE_LEFT);
    CU_ASSERT(line_reader_at_end(reader, &at_end, NULL) && at_end);
    CU_ASSERT_STRING_EQUAL(read->str, expected);
}

static void test_reading(void)
{
    check_lines("", "", 0);
    check_lines("a\n", "a|", 1);
    check_lines("a\nb", "a|b|", 2);
    check_lines("a\r\n\nb\n", "a||b|", 3);
    check_lines("\n", "|", 1);
}

static void test_long_lines(void)
{
    const gsize most = LINE_READER_MOST;
    const char *line;
    gsize length;
    g_autoptr(GString) text = g_string_new(NULL);
    const gsize sizes[] = {most, most + 1, 3 * most, 5, most + 1};
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *filler = g_strnfill(sizes[i], (char)('a' + i));
        g_string_append_printf(text, "%s%s", filler, i + 1 < G_N_ELEMENTS(sizes) ? "\n" : "");
    }
    g_autofree char *path = put(text->str, text->len);
    g_autoptr(LineReader) reader = line_reader_open(path, NULL);
    for (guint i = 0; i < G_N_ELEMENTS(sizes); i++) {
        LineResult result = line_reader_next(reader, &line, &length, NULL);
        CU_ASSERT_EQUAL(result, sizes[i] > most ? LINE_TOO_LONG : LINE_READ);
        if (result != LINE_READ)
            continue;
        CU_ASSERT_EQUAL(length, sizes[i]);
        CU_ASSERT_EQUAL(line[length - 1], 'a' + (char)i);
    }
    CU_ASSERT_EQUAL(line_reader_next(reader, &line, &length, NULL), LINE_NONE_LEFT);
}

static void test_what_cannot_be_read(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(LineReader) absent = line_reader_open("/no/such/file", &error);
    CU_ASSERT_PTR_NULL(absent);
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/no/such/file");
    g_autoptr(LineReader) folder = line_reader_open("/", &error);
    CU_ASSERT_PTR_NULL(folder);
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_ISDIR, "/");
}

/* ---- writing ---- */

static void test_past_items(void)
{
    const char *text = "{\"line\":1,\"movies\":[]}\n{\"line\":2,\"error\":\"x\"}\n"
                       "{\"line\":3,\"id\":\",\\\"movies\\\":[]\",\"movies\":[{}]}\n";
    g_autofree char *path = put(text, strlen(text));
    g_auto(LineOutputPast) past = {0};
    g_autoptr(LineOutput) output = line_output_open(path, TRUE, &past, NULL);
    CU_ASSERT_PTR_NOT_NULL(output);
    CU_ASSERT(past.lines == 3 && past.errors == 1 && past.empty == 1);
}

static void check_past(const char *text, guint64 lines, guint64 errors, const char *last,
                       const char *after)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = put(text, strlen(text)), *found = NULL;
    g_auto(LineOutputPast) past = {0};
    g_autoptr(LineOutput) output = line_output_open(path, TRUE, &past, &error);
    CU_ASSERT_PTR_NOT_NULL(output);
    CU_ASSERT_EQUAL(past.lines, lines);
    CU_ASSERT_EQUAL(past.errors, errors);
    CU_ASSERT_EQUAL(g_strcmp0(past.last, last), 0);
    CU_ASSERT(line_output_trim(output, &error));
    CU_ASSERT(line_output_write(output, "new\n", 4, &error));
    CU_ASSERT_EQUAL(line_output_lines(output), lines + 1);
    CU_ASSERT(line_output_finish(output, &error));
    CU_ASSERT(g_file_get_contents(path, &found, NULL, NULL));
    CU_ASSERT_EQUAL(g_strcmp0(found, after), 0);
}

static void test_going_on(void)
{
    check_past("", 0, 0, NULL, "new\n");
    check_past("a\nb\n", 2, 0, "b", "a\nb\nnew\n");
    check_past("a\nb\nhalf", 2, 0, "b", "a\nb\nnew\n");
    check_past("{\"line\":1,\"mov", 0, 0, NULL, "new\n");
    check_past("{\"line\":1,\"error\":\"x\"}\n{\"line\":2}\n", 2, 1, "{\"line\":2}",
               "{\"line\":1,\"error\":\"x\"}\n{\"line\":2}\nnew\n");
    /* The same letters inside a text are no member. */
    check_past("{\"id\":\"a,\\\"error\\\":b\"}\n", 1, 0, "{\"id\":\"a,\\\"error\\\":b\"}",
               "{\"id\":\"a,\\\"error\\\":b\"}\nnew\n");
}

static void check_rest(const char *text, gsize length, gboolean is_line)
{
    g_autofree char *path = put(text, length);
    g_auto(LineOutputPast) past = {0};
    g_autoptr(LineOutput) output = line_output_open(path, TRUE, &past, NULL);
    CU_ASSERT_PTR_NOT_NULL(output);
    CU_ASSERT_EQUAL(line_output_rest_is_line(&past), is_line);
}

/* What was cut short is told from what is somebody else's. */
static void test_rests(void)
{
    static const struct {
        const char *text;
        gboolean is_line;
    } cases[] = {
        {"", TRUE},
        {"{\"line\":1}\n", TRUE},
        {"{", TRUE},
        {"{\"line\":1", TRUE},
        {"{\"line\":1,", TRUE},
        {"{\"line\":1,\"profile\":\"user 1\",\"movies\":[{\"movie\":\"318\",\"sc", TRUE},
        {"{\"line\":1}\n{\"line\":2,\"er", TRUE},
        {"precious text, no newline", FALSE},
        {"{\"user\":42}", FALSE},
        {"{\"line\":12,", FALSE},
        {"{\"line\":1}\n{\"line\":1,", FALSE},
        {"{\"line\":1}\nhalf", FALSE},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_rest(cases[i].text, strlen(cases[i].text), cases[i].is_line);
    check_rest("\0precious", 9, FALSE);
}

static void test_same_file(void)
{
    g_autofree char *path = put("{\"user\":42}\n", 12), *other = g_strconcat(path, ".2", NULL);
    CU_ASSERT(g_file_set_contents(other, "", 0, NULL));
    g_auto(LineOutputPast) past = {0};
    g_autoptr(LineOutput) output = line_output_open(path, TRUE, &past, NULL);
    g_autoptr(LineReader) same = line_reader_open(path, NULL);
    g_autoptr(LineReader) another = line_reader_open(other, NULL);
    CU_ASSERT(line_output_is_file(output, line_reader_descriptor(same)));
    CU_ASSERT_FALSE(line_output_is_file(output, line_reader_descriptor(another)));
}

static void test_not_to_be_written(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(LineOutputPast) past = {0};
    g_autofree char *path = put("a\n", 2);
    g_autoptr(LineOutput) there = line_output_open(path, FALSE, &past, &error);
    CU_ASSERT_PTR_NULL(there);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--resume goes on with it");
    g_autoptr(LineOutput) nowhere = line_output_open("/no/such/folder/x", FALSE, &past, &error);
    CU_ASSERT_PTR_NULL(nowhere);
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "/no/such/folder/x");
    int held = open(path, O_RDWR);
    CU_ASSERT(flock(held, LOCK_EX) == 0);
    g_autoptr(LineOutput) locked = line_output_open(path, TRUE, &past, &error);
    CU_ASSERT_PTR_NULL(locked);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_LOCKED, "another job");
    close(held);
}

static void test_full_disk(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(LineOutputPast) past = {0};
    if (access("/dev/full", W_OK) != 0) {
        tap_skip("there is no /dev/full");
        return;
    }
    g_autoptr(LineOutput) output = line_output_open("/dev/full", TRUE, &past, &error);
    CU_ASSERT_PTR_NOT_NULL(output);
    CU_ASSERT_FALSE(output != NULL && line_output_write(output, "new\n", 4, &error));
    CU_ASSERT_EQUAL(line_output_lines(output), 0);
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOSPC, "/dev/full");
}

static const UnitTest tests[] = {
    {"items of before", test_past_items}, {"reading", test_reading},
    {"long lines", test_long_lines},      {"what cannot be read", test_what_cannot_be_read},
    {"going on", test_going_on},          {"what cannot be written", test_not_to_be_written},
    {"what was cut short", test_rests},   {"the same file", test_same_file},
    {"a full disk", test_full_disk},      {NULL, NULL},
};

TAP_MAIN("line_files", tests)

#include "csv.h"

#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static gboolean open_csv(Csv *csv, TextFile *file, const char *text, GError **error)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "some.csv", NULL);
    fixture_put(directory, "some.csv", text, -1);
    CU_ASSERT(text_file_open(file, path, NULL));
    return csv_open(csv, file, error);
}

/* Each record as its fields joined by |, with the line it begins in: "2:a|b". */
static void check_records(const char *text, const char *const *records, guint count)
{
    g_auto(TextFile) file = {0};
    g_auto(Csv) csv = {0};
    CU_ASSERT(open_csv(&csv, &file, text, NULL));
    for (guint i = 0; i < count && csv_has_more(&csv); i++) {
        g_autoptr(GString) record = g_string_new(NULL);
        CU_ASSERT(csv_read(&csv, NULL));
        g_string_printf(record, "%u:", file.line);
        for (guint c = 0; c < csv.columns; c++) {
            g_string_append(record, c > 0 ? "|" : "");
            g_string_append_len(record, csv.fields[c].text, (gssize)csv.fields[c].length);
        }
        CU_ASSERT_STRING_EQUAL(record->str, records[i]);
    }
    CU_ASSERT_FALSE(csv_has_more(&csv));
}

static void test_plain(void)
{
    const char *const records[] = {"2:1|2", "3:|", "4: x |y"};
    check_records("a,b\n1,2\n,\n x ,y\n", records, 3);
    check_records("a,b\r\n1,2\r\n,\r\n x ,y\r\n", records, 3);
    check_records("\357\273\277a,b\n1,2\n,\n x ,y\n", records, 3);
    check_records("a,b\n", NULL, 0);
}

static void test_quoted(void)
{
    const char *const records[] = {"2:1, 2|x", "3:say \"hi\"|\"", "4:|", "5:two\nlines|\n\n",
                                   "9:\"a\"|b\"\"c"};
    check_records("\"a\",\"b\"\n\"1, 2\",\"x\"\n\"say \"\"hi\"\"\",\"\"\"\"\n\"\",\"\"\n"
                  "\"two\nlines\",\"\n\n\"\n\"\"\"a\"\"\",\"b\"\"\"\"c\"\n",
                  records, 5);
    const char *const crlf[] = {"2:1|2", "3:a\r\nb|c"};
    check_records("a,b\r\n\"1\",\"2\"\r\n\"a\r\nb\",\"c\"\r\n", crlf, 2);
}

/* A copied field stays whole while others of its record are copied. */
static void test_many_copied_fields(void)
{
    g_autoptr(GString) text = g_string_new("a,b,c\n");
    g_autofree char *filler = g_strnfill(5000, 'y');
    g_string_append_printf(text, "\"x\"\"\",\"%s\"\"\",\"\"\"z\"\n", filler);
    g_auto(TextFile) file = {0};
    g_auto(Csv) csv = {0};
    CU_ASSERT(open_csv(&csv, &file, text->str, NULL));
    CU_ASSERT(csv_read(&csv, NULL));
    CU_ASSERT(text_equals(csv.fields[0], "x\""));
    CU_ASSERT_EQUAL(csv.fields[1].length, 5001);
    CU_ASSERT(text_equals(csv.fields[2], "\"z"));
}

static void test_find(void)
{
    g_auto(TextFile) file = {0};
    g_auto(Csv) csv = {0};
    CU_ASSERT(open_csv(&csv, &file, "one,two\n", NULL));
    CU_ASSERT_EQUAL(csv.columns, 2);
    CU_ASSERT_EQUAL(csv_find(&csv, "one"), 0);
    CU_ASSERT_EQUAL(csv_find(&csv, "two"), 1);
    CU_ASSERT_EQUAL(csv_find(&csv, "on"), -1);
}

/* ---- errors ---- */

static void test_wrong_headers(void)
{
    const struct {
        const char *text, *message;
    } cases[] = {
        {"a,,b\n",
         "some.csv:1: expected a header with a name in UTF-8 for each column, found \"a,,b\""},
        {"\n", "some.csv:1: expected a header"},
        {"a,b,a\n1,2,3\n", "some.csv:1: there are two columns \"a\""},
        {"a,b\001\n", "some.csv:1: expected a header"},
        {"a,\"b\n", "some.csv:1: expected a closing quote before the end of the file"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TextFile) file = {0};
        g_auto(Csv) csv = {0};
        g_autoptr(GError) error = NULL;
        CU_ASSERT_FALSE(open_csv(&csv, &file, cases[i].text, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, cases[i].message);
    }
}

static void test_wrong_records(void)
{
    const struct {
        const char *text, *message;
    } cases[] = {
        {"1\n", "some.csv:2: expected 2 fields (a,b), found 1"},
        {"\n", "some.csv:2: expected 2 fields (a,b), found 1"},
        {"1,2,3,4\n", "some.csv:2: expected 2 fields (a,b), found at least 3"},
        {"1,2,\n", "some.csv:2: expected 2 fields (a,b), found at least 3"},
        {"1,\"2\n3,4\n", "some.csv:2: expected a closing quote before the end of the file, found "
                         "\"\\\"2\""},
        {"1,\"2\"3\n", "some.csv:2: expected a comma or line end behind a closing quote"},
        {"1,\"2\"\r3\n", "some.csv:2: expected a comma or line end behind a closing quote"},
        {"1,2\"3\"\n", "some.csv:2: expected quotes only around a whole field, found \"2\\\"3"},
        {"1,\"2\"\"\n", "some.csv:2: expected a closing quote"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(TextFile) file = {0};
        g_auto(Csv) csv = {0};
        g_autoptr(GError) error = NULL;
        g_autofree char *text = g_strconcat("a,b\n", cases[i].text, NULL);
        CU_ASSERT(open_csv(&csv, &file, text, NULL));
        CU_ASSERT_FALSE(csv_read(&csv, &error));
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, cases[i].message);
    }
}

/* The line counted through quoted line ends is the one named. */
static void test_line_after_quoted_line_ends(void)
{
    g_auto(TextFile) file = {0};
    g_auto(Csv) csv = {0};
    g_autoptr(GError) error = NULL;
    CU_ASSERT(open_csv(&csv, &file, "a,b\n\"1\n\n\",\"\"\"\n\"\nbad\n", NULL));
    CU_ASSERT(csv_read(&csv, NULL));
    CU_ASSERT_FALSE(csv_read(&csv, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "some.csv:6: expected 2 fields");
}

static void test_expected(void)
{
    g_auto(TextFile) file = {0};
    g_auto(Csv) csv = {0};
    g_autoptr(GError) error = NULL;
    CU_ASSERT(open_csv(&csv, &file, "a,b\n1,2\na,b\n", NULL));
    CU_ASSERT(csv_read(&csv, NULL));
    CU_ASSERT_FALSE(csv_expected(&csv, "3", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                     "some.csv:2: expected 3, found \"1,2\"");
    CU_ASSERT(csv_read(&csv, NULL));
    CU_ASSERT_FALSE(csv_expected(&csv, "3", &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                     "some.csv:3: the header is there for the second time");
}

static const UnitTest tests[] = {
    {"plain fields", test_plain},
    {"quoted fields", test_quoted},
    {"many copied fields", test_many_copied_fields},
    {"find", test_find},
    {"wrong headers", test_wrong_headers},
    {"wrong records", test_wrong_records},
    {"line after quoted line ends", test_line_after_quoted_line_ends},
    {"expected", test_expected},
    {NULL, NULL},
};

TAP_MAIN("csv", tests)

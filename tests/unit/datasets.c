#include "datasets.h"

#include <stdio.h>
#include <string.h>

#include "dataset_read.h"
#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

char *datasets_directory(const char *const *files)
{
    char *directory = tap_directory();
    for (guint i = 0; files[i] != NULL; i += 2)
        fixture_put(directory, files[i], files[i + 1], -1);
    return directory;
}

static void describe_feature(GString *text, const Feature *feature)
{
    g_string_append_printf(text, "%s %s", feature->type, feature->value);
    if (feature->title != NULL) {
        g_autofree char *genres = g_strjoinv(",", (char **)feature->genres);
        g_string_append_printf(text, " [%s|%s|%d] × %u", feature->title, genres, feature->year,
                               feature->ratings);
    }
    g_string_append_c(text, '\n');
}

char *datasets_describe(const Dataset *dataset)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < feature_table_size(dataset->table); i++)
        describe_feature(text, feature_table_get(dataset->table, i));
    for (guint i = 0; i < dataset->rows; i++) {
        for (guint f = 0; f < dataset->fields; f++)
            g_string_append_printf(text, "%s%u", f > 0 ? " " : "",
                                   dataset->features[i * dataset->fields + f]);
        g_string_append_printf(text, ": %g\n", (double)dataset->ratings[i]);
    }
    return g_string_free(text, FALSE);
}

void datasets_check(const char *path, const char *expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Dataset) dataset = dataset_read(path, &error);
    CU_ASSERT_PTR_NOT_NULL(dataset);
    if (dataset == NULL) {
        printf("# %s\n", error->message);
        return;
    }
    g_autofree char *found = datasets_describe(dataset);
    CU_ASSERT_STRING_EQUAL(found, expected);
    CU_ASSERT_STRING_EQUAL(dataset->source, path);
    if (strcmp(found, expected) == 0)
        return;
    g_auto(GStrv) lines = g_strsplit(found, "\n", -1);
    for (guint i = 0; lines[i] != NULL; i++)
        printf("# %s\n", lines[i]);
}

void datasets_check_wrong(const char *const *files, const char *name, const char *message)
{
    g_autofree char *directory = datasets_directory(files);
    g_autofree char *path =
        name != NULL ? g_build_filename(directory, name, NULL) : g_strdup(directory);
    g_auto(GStrv) parts = g_strsplit(message, "%s", -1);
    g_autofree char *text = g_strjoinv(directory, parts);
    g_autoptr(GError) error = NULL;
    g_autoptr(Dataset) dataset = dataset_read(path, &error);
    CU_ASSERT_PTR_NULL(dataset);
    if (dataset != NULL)
        printf("# read, but expected: %s\n", text);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, text);
}

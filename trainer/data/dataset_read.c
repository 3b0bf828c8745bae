#include "dataset_read.h"

#include <string.h>

#include "data_format.h"
#include "recsys_error.h"
#include "text_file.h"

static const DataFormat *const directory_formats[] = {
    &format_ml1m,
    &format_ml100k,
    &format_movielens_csv,
};

/* ---- recognising ---- */

static void unrecognised(const char *path, GError **error)
{
    g_autoptr(GString) needs = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(directory_formats); i++)
        g_string_append_printf(needs, "a directory with %s (%s), ", directory_formats[i]->needs,
                               directory_formats[i]->name);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "%s is in no known format: it can be %sor a file with %s (%s)", path, needs->str,
                format_csv.needs, format_csv.name);
}

static guint count_files(const DataFormat *format, const char *directory, guint *all)
{
    guint count = 0;
    for (*all = 0; format->files[*all] != NULL; (*all)++) {
        g_autofree char *path = g_build_filename(directory, format->files[*all], NULL);
        count += g_file_test(path, G_FILE_TEST_EXISTS);
    }
    return count;
}

/* The format that has all its files there, or else most of them: its reader says what is missing.
 */
static const DataFormat *recognise_directory(const char *path, GError **error)
{
    const DataFormat *best = NULL, *complete = NULL;
    guint most = 0;
    for (guint i = 0; i < G_N_ELEMENTS(directory_formats); i++) {
        const DataFormat *format = directory_formats[i];
        guint all;
        const guint count = count_files(format, path, &all);
        if (count == all && complete != NULL) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "%s has both %s (%s) and %s (%s): keep one of the two", path,
                        complete->needs, complete->name, format->needs, format->name);
            return NULL;
        }
        if (count == all)
            complete = format;
        if (count > most) {
            best = format;
            most = count;
        }
    }
    if (best == NULL)
        unrecognised(path, error);
    return complete != NULL ? complete : best;
}

/* Any file whose first line could be meant as the header: then the reader says what is wrong. */
static const DataFormat *recognise_file(const char *path, GError **error)
{
    g_auto(TextFile) file = {0};
    if (!text_file_open(&file, path, error))
        return NULL;
    if (text_file_next(&file)) {
        g_autofree char *line = g_strndup(file.current.text, MIN(file.current.length, 10000));
        g_autofree char *lower = g_ascii_strdown(line, -1);
        if (strstr(lower, "user") != NULL || strstr(lower, "rating") != NULL)
            return &format_csv;
    }
    unrecognised(path, error);
    return NULL;
}

static const DataFormat *recognise(const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return recognise_directory(path, error);
    return recognise_file(path, error);
}

/* ---- reading ---- */

static Dataset *name_source(Dataset *dataset, const char *path, const DataFormat *format)
{
    g_free(dataset->source);
    dataset->source = g_strdup(path);
    dataset->format = format->name;
    return dataset;
}

Dataset *dataset_read(const char *path, GError **error)
{
    GError *failure = NULL;
    const DataFormat *format = recognise(path, error);
    if (format == NULL)
        return NULL;
    Dataset *dataset = format->read(path, &failure);
    if (dataset != NULL)
        return name_source(dataset, path, format);
    if (failure->domain == G_FILE_ERROR)
        g_prefix_error(&failure, "%s (%s) needs %s: ", path, format->name, format->needs);
    g_propagate_error(error, failure);
    return NULL;
}

static const DataFormat *format_of(const Dataset *dataset)
{
    for (guint i = 0; i < G_N_ELEMENTS(directory_formats); i++)
        if (g_strcmp0(dataset->format, directory_formats[i]->name) == 0)
            return directory_formats[i];
    return &format_csv;
}

Dataset *dataset_read_like(const char *path, const Dataset *base, GError **error)
{
    const DataFormat *format = format_of(base);
    const gboolean is_directory = g_file_test(path, G_FILE_TEST_IS_DIR);
    if (is_directory && format->files[0] == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s is a directory, but the training data, %s, is a file: give one like it",
                    path, base->source);
        return NULL;
    }
    g_autofree char *ratings =
        is_directory ? g_build_filename(path, format->files[0], NULL) : g_strdup(path);
    Dataset *dataset = format->read_like(ratings, base, error);
    return dataset != NULL ? name_source(dataset, path, format) : NULL;
}

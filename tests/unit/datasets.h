/* Small data sets written by tests, and data sets as text, to be compared at a glance. */
#pragma once

#include "dataset.h"

/* A new directory with these files: name, text, name, text, …, NULL. Free with g_free. */
char *datasets_directory(const char *const *files);

/* "user 1", "movie 9 [Title|Genre,Genre|1999] × 2", …: one line a feature in order of index; then
 * one line a row: "0 3 5: 4.5". */
char *datasets_describe(const Dataset *dataset);

/* Reads with dataset_read() and asserts that it gives what `expected` describes. */
void datasets_check(const char *path, const char *expected);

/* Asserts that dataset_read() of a directory with these files, or of its file `name` if that is not
 * NULL, fails with RECSYS_ERROR_DATA and this message, in which %s stands for the directory. */
void datasets_check_wrong(const char *const *files, const char *name, const char *message);

/* Splits a CSV file with a header into records (RFC 4180): fields may be quoted, a quoted field may
 * hold commas, line ends and doubled quotes; every record has as many fields as the header.
 *
 * Records are split in place; only a field with doubled quotes in it is copied. */
#pragma once

#include "text_file.h"

typedef struct {
    TextFile *file;
    guint columns;
    char **names;        /* [columns] the header, NULL-terminated */
    Text *fields;        /* [columns] of the current record, valid until the next one is read */
    guint breaks;        /* line ends within the current record */
    GString **unescaped; /* [columns] room for fields with doubled quotes; nullable */
} Csv;

/* Reads the header of a file that has just been opened and must outlive `csv`. RECSYS_ERROR_DATA
 * for a header that is malformed, names a column twice or has an empty name. Close in either case.
 */
gboolean csv_open(Csv *csv, TextFile *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void csv_close(Csv *csv);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Csv, csv_close)

/* The column of this name, or -1. */
int csv_find(const Csv *csv, const char *name);

static inline gboolean csv_has_more(const Csv *csv)
{
    return csv->file->at < csv->file->end;
}

/* Reads the next record; the file's current line is the one it begins in. RECSYS_ERROR_DATA naming
 * file and line for quotes that do not end, quotes in the middle of a field, and a wrong number of
 * fields. */
gboolean csv_read(Csv *csv, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Sets "PATH:LINE: expected …" for the current record, or that the header is there twice if that is
 * what the record is; returns FALSE. */
gboolean csv_expected(Csv *csv, const char *expected, GError **error);

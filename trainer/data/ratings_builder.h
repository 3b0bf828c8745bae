/* From ids to a Dataset: what all formats have in common.
 *
 * A format lists what it knows of users and movies, adds the ratings, each in terms of positions in
 * the id tables, and finishes: then features are numbered, from what is rated only, in the order
 * user, movie, user features; ids are sorted within each (id_table.h); and the positions in the
 * rows are replaced in place.
 *
 * Built on a `base`, everything is in terms of its features: rows with ids that it does not have
 * are left out and counted. */
#pragma once

#include "dataset.h"
#include "id_table.h"
#include "text_file.h"

typedef struct {
    char *title;  /* NULL: the id stands for it */
    char *genres; /* separated by |; NULL: none */
    int year;     /* 0: unknown */
} MovieFacts;

typedef struct {
    const Dataset *base; /* NULL: features are numbered anew */
    guint fields;        /* F */
    GPtrArray *types;    /* [F] char * */
    IdTable *ids[DATASET_MOST_FIELDS];
    gboolean closed[DATASET_MOST_FIELDS]; /* an id that is not there is unknown */
    const char *listed_in[2];             /* the files that list all users, movies; nullable */
    GArray *user_values;                  /* [users, F - 2] guint32 positions; NULL: in the rows */
    GArray *movies;                       /* MovieFacts by position; may be shorter than the ids */
    char *path;                           /* of the ratings */
    Dataset *dataset;                     /* its rows are filled up to `rows` */
    guint rows, most_rows;
    guint32 shift;  /* line - row of the latest row */
    GArray *shifts; /* where it changed: RowShift */
} RatingsBuilder;

/* `types` are the user features, NULL-terminated. With `in_rows`, each row brings its own values of
 * them; otherwise users have them. `base` (nullable) must outlive the builder and have been read by
 * the same format. */
RatingsBuilder *ratings_builder_new(const char *const *types, gboolean in_rows,
                                    const Dataset *base);
void ratings_builder_free(RatingsBuilder *builder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RatingsBuilder, ratings_builder_free)

/* ---- what is known of users and movies ---- */

/* Adds the id in the current line of a file that lists all users or all movies, of which the first
 * is in `first_line`, one a line. RECSYS_ERROR_DATA if it is there already. */
gboolean ratings_builder_list(RatingsBuilder *builder, guint field, guint32 id,
                              const TextFile *file, guint first_line, guint *position,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* From now on an id of this field that is not there is unknown; `file_name` is static. */
void ratings_builder_close(RatingsBuilder *builder, guint field, const char *file_name);

void ratings_builder_set_user_value(RatingsBuilder *builder, guint user, guint field,
                                    guint position);

/* What is known of a movie, to be filled in; valid until the next call. */
MovieFacts *ratings_builder_movie(RatingsBuilder *builder, guint position);

/* The position of an id or value in the current line of `file`, added if need be; ID_TABLE_NONE if
 * the base does not have it. RECSYS_ERROR_DATA if it is no id, too long for a document's id, or
 * unknown otherwise. */
gboolean ratings_builder_find(RatingsBuilder *builder, guint field, Text id, const TextFile *file,
                              guint *position, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- ratings ---- */

/* Makes room for the ratings of a file that has just been opened. */
gboolean ratings_builder_begin(RatingsBuilder *builder, const TextFile *file, gsize most_rows,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* An id of the current line is unknown. With a base the row is to be left out: it is counted, and
 * TRUE. Otherwise sets "PATH:LINE: user 4 is not in …" and returns FALSE. */
gboolean ratings_builder_unknown(RatingsBuilder *builder, guint field, Text id,
                                 const TextFile *file, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void ratings_builder_shift(RatingsBuilder *builder, guint line);

/* Like ratings_builder_find(), for numbers: ID_TABLE_NONE if it is unknown. */
static inline guint ratings_builder_find_number(RatingsBuilder *builder, guint field, guint32 id)
{
    const guint position = id_table_find_number(builder->ids[field], id);
    if (G_LIKELY(position != ID_TABLE_NONE) || builder->closed[field])
        return position;
    return id_table_add_number(builder->ids[field], id);
}

/* Appends a rating that is in this line and returns its row, to be filled with positions: [F] if
 * rows bring their own user features, [2] otherwise. */
static inline guint32 *ratings_builder_add(RatingsBuilder *builder, float rating, guint line)
{
    const guint row = builder->rows++;
    if (G_UNLIKELY(line - row != builder->shift))
        ratings_builder_shift(builder, line);
    builder->dataset->ratings[row] = rating;
    return builder->dataset->features + (gsize)row * builder->fields;
}

/* When the latest rating was given. To be called for each or for none. */
static inline void ratings_builder_add_time(RatingsBuilder *builder, gint64 time)
{
    if (G_UNLIKELY(builder->dataset->times == NULL))
        builder->dataset->times = g_new(gint64, builder->most_rows);
    builder->dataset->times[builder->rows - 1] = time;
}

/* Numbers the features and returns the data set; ratings are below `scale`, or the base's scale if
 * there is one. RECSYS_ERROR_DATA for a (user, movie) pair that is rated twice, naming both lines,
 * if there are no ratings, and if two features would be one document. */
Dataset *ratings_builder_finish(RatingsBuilder *builder, double scale,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

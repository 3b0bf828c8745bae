#include "ratings_builder.h"

#include <string.h>

#include "recsys_error.h"
#include "user_attributes.h"

typedef struct {
    guint row;
    guint32 shift; /* line - row, from this row on */
} RowShift;

static void movie_clear(gpointer data)
{
    MovieFacts *movie = data;
    g_free(movie->title);
    g_free(movie->genres);
}

static const char *type_of(const RatingsBuilder *b, guint field)
{
    return g_ptr_array_index(b->types, field);
}

/* ---- arrays by field and position ---- */

typedef struct {
    guint32 *of[DATASET_MOST_FIELDS]; /* [positions of the field] */
} PerPosition;

static PerPosition per_position(const RatingsBuilder *b)
{
    PerPosition arrays = {{NULL}};
    for (guint f = 0; f < DATASET_MOST_FIELDS; f++)
        arrays.of[f] = g_new0(guint32, f < b->fields ? (gsize)id_table_size(b->ids[f]) + 1 : 1);
    return arrays;
}

static void per_position_clear(PerPosition *arrays)
{
    for (guint f = 0; f < DATASET_MOST_FIELDS; f++)
        g_free(arrays->of[f]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PerPosition, per_position_clear)

/* ---- beginning ---- */

/* The ids of the base, so that position + first feature of the type is the feature. */
static void take_ids_of_base(RatingsBuilder *b, guint field)
{
    const GArray *indices = feature_table_of_type(b->base->table, type_of(b, field));
    for (guint i = 0; i < indices->len; i++) {
        const guint index = g_array_index(indices, guint, i);
        const char *value = feature_table_get(b->base->table, index)->value;
        g_assert(index == g_array_index(indices, guint, 0) + i);
        id_table_add(b->ids[field], (Text){value, strlen(value)});
    }
    b->closed[field] = TRUE;
}

RatingsBuilder *ratings_builder_new(const char *const *types, gboolean in_rows, const Dataset *base)
{
    RatingsBuilder *b = g_new0(RatingsBuilder, 1);
    b->base = base;
    b->types = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(b->types, g_strdup(FEATURE_USER));
    g_ptr_array_add(b->types, g_strdup(FEATURE_MOVIE));
    for (guint i = 0; types[i] != NULL; i++)
        g_ptr_array_add(b->types, g_strdup(types[i]));
    b->fields = b->types->len;
    g_assert(b->fields <= DATASET_MOST_FIELDS && (base == NULL || base->fields == b->fields));
    if (!in_rows)
        b->user_values = g_array_new(FALSE, TRUE, sizeof(guint32));
    b->movies = g_array_new(FALSE, TRUE, sizeof(MovieFacts));
    g_array_set_clear_func(b->movies, movie_clear);
    b->shifts = g_array_new(FALSE, FALSE, sizeof(RowShift));
    for (guint f = 0; f < b->fields; f++) {
        b->ids[f] = id_table_new();
        if (base != NULL)
            take_ids_of_base(b, f);
    }
    return b;
}

void ratings_builder_free(RatingsBuilder *b)
{
    if (b == NULL)
        return;
    for (guint f = 0; f < b->fields; f++)
        id_table_free(b->ids[f]);
    g_ptr_array_unref(b->types);
    if (b->user_values != NULL)
        g_array_unref(b->user_values);
    g_array_unref(b->movies);
    g_array_unref(b->shifts);
    dataset_free(b->dataset);
    g_free(b->path);
    g_free(b);
}

gboolean ratings_builder_begin(RatingsBuilder *b, const TextFile *file, gsize most_rows,
                               GError **error)
{
    if (most_rows >= G_MAXUINT32) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s has %" G_GSIZE_FORMAT " lines: more than there can be ratings", file->path,
                    most_rows);
        return FALSE;
    }
    b->path = g_strdup(file->path);
    b->most_rows = (guint)most_rows;
    b->dataset = dataset_new(file->path, b->most_rows, b->fields, NULL);
    return TRUE;
}

/* ---- ids ---- */

gboolean ratings_builder_list(RatingsBuilder *b, guint field, guint32 id, const TextFile *file,
                              guint first_line, guint *position, GError **error)
{
    const guint found = id_table_find_number(b->ids[field], id);
    if (found != ID_TABLE_NONE)
        return text_file_fail(file, file->line, error,
                              "id %u is there for the second time, first in line %u", id,
                              found + first_line);
    *position = id_table_add_number(b->ids[field], id);
    return TRUE;
}

void ratings_builder_close(RatingsBuilder *b, guint field, const char *file_name)
{
    b->closed[field] = TRUE;
    b->listed_in[field] = file_name;
}

void ratings_builder_set_user_value(RatingsBuilder *b, guint user, guint field, guint position)
{
    const guint width = b->fields - 2;
    if (b->user_values->len < (user + 1) * width)
        g_array_set_size(b->user_values, (user + 1) * width);
    g_array_index(b->user_values, guint32, user * width + field - 2) = position;
}

MovieFacts *ratings_builder_movie(RatingsBuilder *b, guint position)
{
    if (b->movies->len <= position)
        g_array_set_size(b->movies, position + 1);
    return &g_array_index(b->movies, MovieFacts, position);
}

gboolean ratings_builder_unknown(RatingsBuilder *b, guint field, Text id, const TextFile *file,
                                 GError **error)
{
    if (b->base != NULL) {
        b->dataset->unknown[field == DATASET_USER ? 0 : 1]++;
        return TRUE;
    }
    g_autofree char *shown = text_show(id);
    return text_file_fail(file, file->line, error, "%s %s is not in %s: was that file cut?",
                          type_of(b, field), shown, b->listed_in[field]);
}

gboolean ratings_builder_find(RatingsBuilder *b, guint field, Text id, const TextFile *file,
                              guint *position, GError **error)
{
    *position = id_table_find(b->ids[field], id);
    if (*position != ID_TABLE_NONE)
        return TRUE;
    const char *type = type_of(b, field);
    if (id.length == 0)
        return text_file_fail(file, file->line, error, "there is no %s", type);
    if (!text_is_id(id)) {
        g_autofree char *shown = text_show(id);
        return text_file_fail(file, file->line, error,
                              "%s \"%s\" is not UTF-8 or has a control character", type, shown);
    }
    if (!feature_fits(type, id.length))
        return text_file_fail(file, file->line, error,
                              "%s of %" G_GSIZE_FORMAT " bytes: \"%s_…\" would be longer than the "
                              "%d bytes that the id of a document can have",
                              type, id.length, type, FEATURE_LONGEST_ID);
    if (b->closed[field])
        return ratings_builder_unknown(b, field, id, file, error);
    *position = id_table_add(b->ids[field], id);
    return TRUE;
}

/* ---- lines of rows ---- */

void ratings_builder_shift(RatingsBuilder *b, guint line)
{
    const guint row = b->rows - 1;
    b->shift = line - row;
    const RowShift shift = {row, b->shift};
    g_array_append_val(b->shifts, shift);
}

static guint line_of_row(const RatingsBuilder *b, guint row)
{
    guint32 shift = 0;
    for (guint i = 0; i < b->shifts->len && g_array_index(b->shifts, RowShift, i).row <= row; i++)
        shift = g_array_index(b->shifts, RowShift, i).shift;
    return row + shift;
}

/* ---- pairs that are there twice ---- */

#define NO_ROW G_MAXUINT

typedef struct {
    guint first, second; /* rows; NO_ROW: there is no such pair so far */
} Repeated;

static const guint32 *row_at(const RatingsBuilder *b, guint row)
{
    return b->dataset->features + (gsize)row * b->fields;
}

/* Counts uses of each position in the fields that rows bring. In the same pass finds the first pair
 * that is there twice, as long as each user's rows are together; returns FALSE if they are not. */
static gboolean count_uses(const RatingsBuilder *b, guint32 **uses, Repeated *repeated)
{
    const guint carried = b->user_values != NULL ? 2 : b->fields;
    g_autofree guint32 *latest = g_new0(guint32, (gsize)id_table_size(b->ids[DATASET_MOVIE]) + 1);
    guint user = ID_TABLE_NONE, begin = 0;
    gboolean together = TRUE;
    for (guint i = 0; i < b->rows; i++) {
        const guint32 *row = row_at(b, i);
        if (row[DATASET_USER] != user) {
            user = row[DATASET_USER];
            begin = i;
            together = together && uses[DATASET_USER][user] == 0;
        }
        guint32 *before = &latest[row[DATASET_MOVIE]]; /* its latest row + 1 */
        if (*before > begin && repeated->second == NO_ROW)
            *repeated = (Repeated){*before - 1, i};
        *before = i + 1;
        for (guint f = 0; f < carried; f++)
            uses[f][row[f]]++;
    }
    return together;
}

/* The same search where a user's rows are anywhere: through the rows sorted by user. */
static void find_repeated(const RatingsBuilder *b, const guint32 *user_uses, Repeated *repeated)
{
    const guint users = id_table_size(b->ids[DATASET_USER]);
    g_autofree guint32 *next = g_new0(guint32, (gsize)users + 1);
    g_autofree guint32 *order = g_new0(guint32, (gsize)b->rows + 1);
    g_autofree guint32 *latest = g_new0(guint32, (gsize)id_table_size(b->ids[DATASET_MOVIE]) + 1);
    for (guint u = 0; u < users; u++)
        next[u + 1] = next[u] + user_uses[u];
    for (guint i = 0; i < b->rows; i++)
        order[next[row_at(b, i)[DATASET_USER]]++] = i;
    guint begin = 0; /* next[u] is now where the rows of u end */
    for (guint u = 0; u < users; begin = next[u++])
        for (guint at = begin; at < next[u]; at++) {
            guint32 *before = &latest[row_at(b, order[at])[DATASET_MOVIE]];
            if (*before > begin && order[at] < repeated->second)
                *repeated = (Repeated){order[*before - 1], order[at]};
            *before = at + 1;
        }
}

static gboolean check_pairs(const RatingsBuilder *b, guint32 **uses, GError **error)
{
    Repeated repeated = {NO_ROW, NO_ROW};
    if (!count_uses(b, uses, &repeated))
        find_repeated(b, uses[DATASET_USER], &repeated);
    if (repeated.second == NO_ROW)
        return TRUE;
    const guint32 *row = row_at(b, repeated.second);
    g_autofree char *user = id_table_get(b->ids[DATASET_USER], row[DATASET_USER]);
    g_autofree char *movie = id_table_get(b->ids[DATASET_MOVIE], row[DATASET_MOVIE]);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "%s:%u: user %s has rated movie %s already, in line %u", b->path,
                line_of_row(b, repeated.second), user, movie, line_of_row(b, repeated.first));
    return FALSE;
}

/* ---- numbering ---- */

static char **split_genres(const char *genres)
{
    char **split = g_strsplit(genres != NULL ? genres : "", "|", -1);
    guint kept = 0;
    for (guint i = 0; split[i] != NULL; i++) {
        if (split[i][0] != '\0')
            split[kept++] = split[i];
        else
            g_free(split[i]);
    }
    split[kept] = NULL;
    return split;
}

static gboolean add_movie(RatingsBuilder *b, FeatureTable *table, guint position, guint ratings,
                          guint *index, GError **error)
{
    const MovieFacts *facts = ratings_builder_movie(b, position);
    g_autofree char *value = id_table_get(b->ids[DATASET_MOVIE], position);
    g_auto(GStrv) genres = split_genres(facts->genres);
    const Feature feature = {
        .type = FEATURE_MOVIE,
        .value = value,
        .title = facts->title != NULL ? facts->title : value,
        .genres = (const char **)genres,
        .year = facts->year,
        .ratings = ratings,
    };
    return feature_table_add(table, &feature, index, error);
}

/* Adds the used values of a field in order; a position becomes its feature index in `indices`. */
static gboolean number_field(RatingsBuilder *b, FeatureTable *table, guint field,
                             const guint32 *uses, guint32 *indices, GError **error)
{
    g_autoptr(GArray) sorted = id_table_sort(b->ids[field], uses);
    for (guint i = 0; i < sorted->len; i++) {
        const guint position = g_array_index(sorted, guint, i);
        guint *index = &indices[position];
        if (field == DATASET_MOVIE) {
            if (!add_movie(b, table, position, uses[position], index, error))
                return FALSE;
            continue;
        }
        g_autofree char *value = id_table_get(b->ids[field], position);
        const Feature feature = {.type = type_of(b, field), .value = value};
        if (!feature_table_add(table, &feature, index, error))
            return FALSE;
    }
    return TRUE;
}

/* Values that no rating user has are not features. */
static void count_user_values(const RatingsBuilder *b, guint32 **uses)
{
    const guint users = id_table_size(b->ids[DATASET_USER]), width = b->fields - 2;
    for (guint u = 0; b->user_values != NULL && u < users; u++)
        for (guint j = 0; j < width && uses[DATASET_USER][u] > 0; j++)
            uses[j + 2][g_array_index(b->user_values, guint32, u * width + j)]++;
}

/* FALSE if a value of the type `shorter` makes the same document id as one of `longer`. */
static gboolean check_two_types(const RatingsBuilder *b, const FeatureTable *table,
                                const char *shorter, const char *longer, GError **error)
{
    const gsize length = strlen(shorter);
    if (strncmp(shorter, longer, length) != 0 || longer[length] != '_')
        return TRUE;
    g_autofree char *prefix = g_strconcat(longer + length + 1, "_", NULL);
    const GArray *indices = feature_table_of_type(table, shorter);
    for (guint i = 0; i < indices->len; i++) {
        const char *value = feature_table_get(table, g_array_index(indices, guint, i))->value;
        if (!g_str_has_prefix(value, prefix))
            continue;
        const char *rest = value + strlen(prefix);
        if (!feature_table_find(table, longer, rest, NULL))
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s: %s \"%s\" and %s \"%s\" would be the same document, %s_%s", b->path,
                    shorter, value, longer, rest, shorter, value);
        return FALSE;
    }
    return TRUE;
}

/* TYPE_VALUE is a document's id: a column "a" with the value "b_c" and a column "a_b" with the
 * value "c" would be one document. */
static gboolean check_document_ids(const RatingsBuilder *b, const FeatureTable *table,
                                   GError **error)
{
    for (guint f = 0; f < b->fields; f++)
        for (guint g = 0; g < b->fields; g++)
            if (!check_two_types(b, table, type_of(b, f), type_of(b, g), error))
                return FALSE;
    return TRUE;
}

static FeatureTable *number_features(RatingsBuilder *b, guint32 **uses, guint32 **indices,
                                     GError **error)
{
    g_autoptr(FeatureTable) table = feature_table_new();
    count_user_values(b, uses);
    for (guint f = 0; f < b->fields; f++)
        if (!number_field(b, table, f, uses[f], indices[f], error))
            return NULL;
    if (!check_document_ids(b, table, error))
        return NULL;
    return g_steal_pointer(&table);
}

static FeatureTable *take_features_of_base(const RatingsBuilder *b, guint32 **indices)
{
    for (guint f = 0; f < b->fields; f++) {
        const GArray *of_type = feature_table_of_type(b->base->table, type_of(b, f));
        memcpy(indices[f], of_type->data, of_type->len * sizeof **indices);
    }
    return feature_table_ref(b->base->table);
}

/* ---- rows ---- */

/* The features of each user: [users, F - 2] indices. */
static guint32 *user_features(const RatingsBuilder *b, guint32 **indices)
{
    const guint users = id_table_size(b->ids[DATASET_USER]), width = b->fields - 2;
    guint32 *features = g_new0(guint32, (gsize)users * width + 1);
    if (b->base == NULL) {
        for (guint u = 0; u < users; u++)
            for (guint j = 0; j < width; j++)
                features[u * width + j] =
                    indices[j + 2][g_array_index(b->user_values, guint32, u * width + j)];
        return features;
    }
    for (guint i = 0; i < b->base->rows && width > 0; i++) {
        const guint32 *row = b->base->features + (gsize)i * b->fields;
        const guint user = row[DATASET_USER] - indices[DATASET_USER][0];
        memcpy(features + user * width, row + 2, width * sizeof *row);
    }
    return features;
}

/* Replaces positions by feature indices. */
static void fill_rows(RatingsBuilder *b, guint32 **indices)
{
    const guint width = b->fields - 2;
    const guint carried = b->user_values != NULL ? 2 : b->fields;
    g_autofree guint32 *features = b->user_values != NULL ? user_features(b, indices) : NULL;
    guint32 *row = b->dataset->features;
    for (guint i = 0; i < b->rows; i++, row += b->fields) {
        if (features != NULL) {
            const guint32 *own = features + (gsize)row[DATASET_USER] * width;
            for (guint j = 0; j < width; j++)
                row[j + 2] = own[j];
        }
        for (guint f = 0; f < carried; f++)
            row[f] = indices[f][row[f]];
    }
}

static gboolean finish(RatingsBuilder *b, guint32 **uses, guint32 **indices, GError **error)
{
    if (!check_pairs(b, uses, error))
        return FALSE;
    b->dataset->table = b->base != NULL ? take_features_of_base(b, indices)
                                        : number_features(b, uses, indices, error);
    if (b->dataset->table == NULL)
        return FALSE;
    fill_rows(b, indices);
    return TRUE;
}

/* A file of nothing but strangers is of another data set. */
static gboolean all_unknown(const RatingsBuilder *b, GError **error)
{
    const guint *unknown = b->dataset->unknown;
    if (b->rows > 0 || unknown[0] + unknown[1] == 0)
        return FALSE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                "%s: none of its %u ratings is of a user, a movie and values that the training "
                "data, %s, has",
                b->path, unknown[0] + unknown[1], b->base->source);
    return TRUE;
}

Dataset *ratings_builder_finish(RatingsBuilder *b, double scale, GError **error)
{
    if (all_unknown(b, error))
        return NULL;
    if (b->rows == 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s has a header but no ratings",
                    b->path);
        return NULL;
    }
    g_auto(PerPosition) uses = per_position(b);
    g_auto(PerPosition) indices = per_position(b);
    if (!finish(b, uses.of, indices.of, error))
        return NULL;
    b->dataset->rows = b->rows;
    b->dataset->scale = b->base != NULL ? b->base->scale : scale;
    if (b->base == NULL)
        user_attributes_set(b->dataset);
    return g_steal_pointer(&b->dataset);
}

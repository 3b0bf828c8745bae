#include "training_rows.h"

#include "recsys_error.h"

G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN); /* levels are copied as they are */

#define MAGIC "RECSYSTR"
#define MAGIC_LENGTH 8
#define VERSION 1
#define LONGEST_NUMBER 5 /* bytes of a 32-bit number */

static TrainingRows *rows_new(guint users, guint movies, guint rows, guint levels)
{
    TrainingRows *new = g_new0(TrainingRows, 1);
    new->users = users;
    new->movies = movies;
    new->rows = rows;
    new->levels = levels;
    new->begin = g_new0(guint, (gsize)users + 1);
    new->movie = g_new0(guint32, (gsize)rows + 1);
    new->level = g_new0(float, (gsize)levels + 1);
    new->counts_begin = g_new0(guint, (gsize)movies + 1);
    new->movie_ratings = g_new0(guint, (gsize)movies + 1);
    return new;
}

void training_rows_free(TrainingRows *rows)
{
    if (rows == NULL)
        return;
    g_free(rows->begin);
    g_free(rows->movie);
    g_free(rows->level);
    g_free(rows->counts_begin);
    g_free(rows->counts);
    g_free(rows->movie_ratings);
    g_free(rows);
}

static guint count_of_type(const FeatureTable *table, const char *type)
{
    const GArray *indices = feature_table_of_type(table, type);
    return indices != NULL ? indices->len : 0;
}

/* ---- levels ---- */

static guint32 bits_of(float value)
{
    guint32 bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int compare_floats(gconstpointer a, gconstpointer b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static int compare_numbers(gconstpointer a, gconstpointer b, gpointer data)
{
    (void)data;
    const guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;
    return (x > y) - (x < y);
}

static GArray *find_levels(const float *ratings, const guint32 *rows, guint count)
{
    GArray *levels = g_array_new(FALSE, FALSE, sizeof(float));
    g_autoptr(GHashTable) met = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < count; i++)
        if (g_hash_table_add(met, GUINT_TO_POINTER(bits_of(ratings[rows[i]]))))
            g_array_append_val(levels, ratings[rows[i]]);
    g_array_sort(levels, compare_floats);
    return levels;
}

static guint32 *levels_of_rows(const GArray *levels, const float *ratings, const guint32 *rows,
                               guint count)
{
    g_autoptr(GHashTable) number = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < levels->len; i++)
        g_hash_table_insert(number, GUINT_TO_POINTER(bits_of(g_array_index(levels, float, i))),
                            GUINT_TO_POINTER(i));
    guint32 *level = g_new(guint32, (gsize)count + 1);
    for (guint i = 0; i < count; i++)
        level[i] = GPOINTER_TO_UINT(
            g_hash_table_lookup(number, GUINT_TO_POINTER(bits_of(ratings[rows[i]]))));
    return level;
}

/* ---- making ---- */

/* The number of each user and each movie by feature index. */
static guint *number_features(const FeatureTable *table)
{
    static const char *const types[] = {FEATURE_USER, FEATURE_MOVIE};
    guint *number = g_new0(guint, (gsize)feature_table_size(table) + 1);
    for (guint t = 0; t < G_N_ELEMENTS(types); t++)
        for (guint i = 0; i < count_of_type(table, types[t]); i++)
            number[g_array_index(feature_table_of_type(table, types[t]), guint, i)] = i;
    return number;
}

/* From counts in begin[1..lines] to where each line begins. */
static void add_up(guint *begin, guint lines)
{
    for (guint i = 0; i < lines; i++)
        begin[i + 1] += begin[i];
}

/* Rows by movie, as positions 0..N-1: what a stable sort by user makes ascending by movie. */
static guint32 *sort_by_movie(guint *begin, const guint32 *movie, guint movies, guint count)
{
    guint32 *order = g_new(guint32, (gsize)count + 1);
    for (guint i = 0; i < count; i++)
        begin[movie[i] + 1]++;
    add_up(begin, movies);
    g_autofree guint *next = g_memdup2(begin, ((gsize)movies + 1) * sizeof *begin);
    for (guint32 i = 0; i < count; i++)
        order[next[movie[i]]++] = i;
    return order;
}

static void fill_movies(TrainingRows *made, const guint32 *user, const guint32 *movie,
                        const guint32 *by_movie)
{
    for (guint i = 0; i < made->rows; i++)
        made->begin[user[i] + 1]++;
    add_up(made->begin, made->users);
    g_autofree guint *next = g_memdup2(made->begin, ((gsize)made->users + 1) * sizeof *next);
    for (guint i = 0; i < made->rows; i++)
        made->movie[next[user[by_movie[i]]]++] = movie[by_movie[i]];
}

/* Adds the runs of equal numbers in levels[0..count-1]. */
static void add_runs(GArray *counts, guint32 *levels, guint count)
{
    g_qsort_with_data(levels, (gint)count, sizeof *levels, compare_numbers, NULL);
    for (guint i = 0; i < count;) {
        LevelCount run = {levels[i], 0};
        for (; i < count && levels[i] == run.level; i++)
            run.count++;
        g_array_append_val(counts, run);
    }
}

static void fill_counts(TrainingRows *made, const guint *movie_begin, const guint32 *by_movie,
                        const guint32 *level)
{
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(LevelCount));
    g_autofree guint32 *sorted = g_new(guint32, (gsize)made->rows + 1);
    for (guint m = 0; m < made->movies; m++) {
        const guint count = movie_begin[m + 1] - movie_begin[m];
        for (guint i = 0; i < count; i++)
            sorted[i] = level[by_movie[movie_begin[m] + i]];
        add_runs(counts, sorted, count);
        made->counts_begin[m + 1] = counts->len;
        made->movie_ratings[m] = count;
    }
    made->counts = (LevelCount *)(void *)g_array_free(g_steal_pointer(&counts), FALSE);
}

TrainingRows *training_rows_new(const FeatureTable *table, const guint32 *features, guint fields,
                                const float *ratings, const guint32 *rows, guint count)
{
    g_autofree guint *number = number_features(table);
    g_autofree guint32 *user = g_new0(guint32, (gsize)count + 1);
    g_autofree guint32 *movie = g_new0(guint32, (gsize)count + 1);
    for (guint i = 0; i < count; i++) {
        const guint32 *row = features + (gsize)rows[i] * fields;
        user[i] = number[row[0]];
        movie[i] = number[row[1]];
    }
    g_autoptr(GArray) levels = find_levels(ratings, rows, count);
    g_autofree guint32 *level = levels_of_rows(levels, ratings, rows, count);
    TrainingRows *made = rows_new(count_of_type(table, FEATURE_USER),
                                  count_of_type(table, FEATURE_MOVIE), count, levels->len);
    if (levels->len > 0)
        memcpy(made->level, levels->data, levels->len * sizeof *made->level);
    g_autofree guint *movie_begin = g_new0(guint, (gsize)made->movies + 1);
    g_autofree guint32 *by_movie = sort_by_movie(movie_begin, movie, made->movies, count);
    fill_movies(made, user, movie, by_movie);
    fill_counts(made, movie_begin, by_movie, level);
    return made;
}

/* ---- asking ---- */

gboolean training_rows_has(const TrainingRows *rows, guint user, guint movie)
{
    guint low = rows->begin[user], high = rows->begin[user + 1];
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (rows->movie[middle] < movie)
            low = middle + 1;
        else
            high = middle;
    }
    return low < rows->begin[user + 1] && rows->movie[low] == movie;
}

double training_rows_sum(const TrainingRows *rows, guint movie)
{
    double sum = 0;
    for (guint i = rows->counts_begin[movie]; i < rows->counts_begin[movie + 1]; i++)
        sum += (double)rows->level[rows->counts[i].level] * rows->counts[i].count;
    return sum;
}

guint training_rows_count_from(const TrainingRows *rows, guint movie, float least)
{
    guint count = 0;
    for (guint i = rows->counts_begin[movie]; i < rows->counts_begin[movie + 1]; i++)
        if (rows->level[rows->counts[i].level] >= least)
            count += rows->counts[i].count;
    return count;
}

/* ---- writing ---- */

static void put_number(GByteArray *bytes, guint32 number)
{
    guint8 text[LONGEST_NUMBER];
    guint length = 0;
    for (; number >= 0x80; number >>= 7)
        text[length++] = (guint8)(number | 0x80);
    text[length++] = (guint8)number;
    g_byte_array_append(bytes, text, length);
}

static void put_movies(GByteArray *bytes, const TrainingRows *rows, guint user)
{
    guint32 before = 0;
    put_number(bytes, rows->begin[user + 1] - rows->begin[user]);
    for (guint i = rows->begin[user]; i < rows->begin[user + 1]; i++) {
        put_number(bytes, rows->movie[i] - before);
        before = rows->movie[i];
    }
}

static void put_counts(GByteArray *bytes, const TrainingRows *rows, guint movie)
{
    guint32 before = 0;
    put_number(bytes, rows->counts_begin[movie + 1] - rows->counts_begin[movie]);
    for (guint i = rows->counts_begin[movie]; i < rows->counts_begin[movie + 1]; i++) {
        put_number(bytes, rows->counts[i].level - before);
        put_number(bytes, rows->counts[i].count);
        before = rows->counts[i].level;
    }
}

GBytes *training_rows_encode(const TrainingRows *rows)
{
    const guint32 head[] = {VERSION, rows->users, rows->movies, rows->rows, rows->levels};
    GByteArray *bytes = g_byte_array_new();
    g_byte_array_append(bytes, (const guint8 *)MAGIC, MAGIC_LENGTH);
    for (guint i = 0; i < G_N_ELEMENTS(head); i++)
        put_number(bytes, head[i]);
    g_byte_array_append(bytes, (const guint8 *)rows->level,
                        (guint)(rows->levels * sizeof *rows->level));
    for (guint u = 0; u < rows->users; u++)
        put_movies(bytes, rows, u);
    for (guint m = 0; m < rows->movies; m++)
        put_counts(bytes, rows, m);
    return g_byte_array_free_to_bytes(bytes);
}

/* ---- reading ---- */

/* What was read last may be wrong only in ways that the next check sees: nothing is read after
 * `failed` is set. */
typedef struct {
    const guint8 *at, *end;
    const char *failed; /* what is wrong; NULL: nothing so far */
} Reader;

static guint32 get_number(Reader *r)
{
    guint64 number = 0;
    for (guint i = 0; i < LONGEST_NUMBER && r->at < r->end && r->failed == NULL; i++) {
        const guint8 byte = *r->at++;
        number |= (guint64)(byte & 0x7f) << (7 * i);
        if (byte < 0x80 && number <= G_MAXUINT32)
            return (guint32)number;
    }
    if (r->failed == NULL)
        r->failed = "is cut or has a number of more than 32 bits";
    return 0;
}

static void check(Reader *r, gboolean right, const char *otherwise)
{
    if (r->failed == NULL && !right)
        r->failed = otherwise;
}

static void get_levels(Reader *r, TrainingRows *rows)
{
    for (guint i = 0; i < rows->levels && r->failed == NULL; i++) {
        memcpy(&rows->level[i], r->at, sizeof *rows->level);
        r->at += sizeof *rows->level;
        check(r, i > 0 ? rows->level[i] > rows->level[i - 1] : rows->level[i] == rows->level[i],
              "has levels that do not ascend");
    }
}

static void get_movies(Reader *r, TrainingRows *rows, guint user)
{
    const guint begin = rows->begin[user], count = get_number(r);
    check(r, count <= rows->rows - begin, "has more rows than it says");
    rows->begin[user + 1] = begin;
    guint64 movie = 0;
    for (guint i = 0; i < count && r->failed == NULL; i++) {
        movie += get_number(r);
        check(r, movie < rows->movies, "has a movie that there is not");
        if (r->failed == NULL)
            rows->movie[rows->begin[user + 1]++] = (guint32)movie;
    }
}

static void get_counts(Reader *r, TrainingRows *rows, GArray *counts, guint movie)
{
    guint64 level = 0, all = 0;
    const guint different = get_number(r);
    for (guint i = 0; i < different && r->failed == NULL; i++) {
        const guint32 step = get_number(r);
        level += step;
        check(r, level < rows->levels && (i == 0 || step > 0), "has a level that there is not");
        const LevelCount entry = {(guint32)level, get_number(r)};
        all += entry.count;
        g_array_append_val(counts, entry);
    }
    check(r, all <= rows->rows, "has more ratings of a movie than rows");
    rows->movie_ratings[movie] = (guint)all;
    rows->counts_begin[movie + 1] = counts->len;
}

/* A movie's ratings are as many as its rows. */
static void check_sums(Reader *r, const TrainingRows *rows)
{
    check(r, rows->begin[rows->users] == rows->rows, "has fewer rows than it says");
    check(r, r->at == r->end, "is longer than its content");
    if (r->failed != NULL)
        return;
    g_autofree guint *left = g_memdup2(rows->movie_ratings, (rows->movies + 1) * sizeof *left);
    for (guint i = 0; i < rows->rows; i++)
        left[rows->movie[i]]--;
    for (guint m = 0; m < rows->movies; m++)
        check(r, left[m] == 0, "does not have as many ratings of each movie as rows");
}

/* Every number takes a byte at least: nothing is allocated that the file could not fill. */
static TrainingRows *get_head(Reader *r, const FeatureTable *table)
{
    check(r, r->end - r->at > MAGIC_LENGTH && memcmp(r->at, MAGIC, MAGIC_LENGTH) == 0,
          "does not begin with " MAGIC);
    if (r->failed != NULL)
        return NULL;
    r->at += MAGIC_LENGTH;
    check(r, get_number(r) == VERSION, "is of another version");
    const guint users = get_number(r), movies = get_number(r);
    const guint rows = get_number(r), levels = get_number(r);
    check(r,
          users == count_of_type(table, FEATURE_USER) &&
              movies == count_of_type(table, FEATURE_MOVIE),
          "is of other users or movies than features.jsonl");
    check(r, (guint64)rows + users + movies + 4 * (guint64)levels <= (guint64)(r->end - r->at),
          "is cut");
    return r->failed == NULL ? rows_new(users, movies, rows, levels) : NULL;
}

static void get_body(Reader *r, TrainingRows *rows)
{
    g_autoptr(GArray) counts = g_array_new(FALSE, FALSE, sizeof(LevelCount));
    get_levels(r, rows);
    for (guint u = 0; u < rows->users && r->failed == NULL; u++)
        get_movies(r, rows, u);
    for (guint m = 0; m < rows->movies && r->failed == NULL; m++)
        get_counts(r, rows, counts, m);
    rows->counts = (LevelCount *)(void *)g_array_free(g_steal_pointer(&counts), FALSE);
    check_sums(r, rows);
}

TrainingRows *training_rows_decode(GBytes *content, const FeatureTable *table, const char *name,
                                   GError **error)
{
    gsize size;
    const guint8 *data = g_bytes_get_data(content, &size);
    Reader reader = {data, data + size, NULL};
    g_autoptr(TrainingRows) rows = get_head(&reader, table);
    if (rows != NULL)
        get_body(&reader, rows);
    if (reader.failed == NULL)
        return g_steal_pointer(&rows);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s %s", name, reader.failed);
    return NULL;
}

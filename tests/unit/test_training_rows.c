#include "training_rows.h"

#include <string.h>

#include "bundle.h"
#include "fixtures.h"
#include "recsys_error.h"
#include "rng.h"
#include "tap.h"

enum { USERS = 30, MOVIES = 100, ROWS = 1500, FIELDS = 3 };

/* Movies come first here, so that a number and a feature index are different things. */
static FeatureTable *make_table(void)
{
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < MOVIES + USERS + 1; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        const Feature feature = {.type = i < MOVIES           ? "movie"
                                         : i < MOVIES + USERS ? "user"
                                                              : "age",
                                 .value = value};
        if (!feature_table_add(table, &feature, NULL, NULL))
            g_assert_not_reached();
    }
    return table;
}

typedef struct {
    guint32 features[ROWS * FIELDS];
    float ratings[ROWS];
    guint32 rows[ROWS]; /* a part of them, in any order */
    guint count;
} Data;

/* Pairs are all different. `kinds` different ratings at most. */
static void make_data(Data *data, GRand *random, guint kinds)
{
    g_autofree guint32 *pairs = g_new(guint32, USERS * MOVIES);
    for (guint32 i = 0; i < USERS * MOVIES; i++)
        pairs[i] = i;
    rng_shuffle(pairs, USERS * MOVIES, random);
    for (guint32 r = 0; r < ROWS; r++) {
        guint32 *row = data->features + (gsize)r * FIELDS;
        row[0] = MOVIES + pairs[r] % USERS;
        row[1] = pairs[r] / USERS;
        row[2] = MOVIES + USERS;
        data->ratings[r] = 0.5f + 0.125f * (float)rng_below(random, kinds);
        data->rows[r] = r;
    }
    rng_shuffle(data->rows, ROWS, random);
    data->count = ROWS * 2 / 3;
}

static TrainingRows *rows_of(const FeatureTable *table, const Data *data)
{
    return training_rows_new(table, data->features, FIELDS, data->ratings, data->rows, data->count);
}

/* Against the rows themselves. */
static void check_against_data(const TrainingRows *rows, const Data *data)
{
    g_autofree guint8 *there = g_new0(guint8, USERS * MOVIES);
    double sums[MOVIES] = {0};
    guint all[MOVIES] = {0}, high[MOVIES] = {0}, wrong = 0;
    for (guint i = 0; i < data->count; i++) {
        const guint32 *row = data->features + (gsize)data->rows[i] * FIELDS;
        const float rating = data->ratings[data->rows[i]];
        there[(row[0] - MOVIES) * MOVIES + row[1]] = 1;
        sums[row[1]] += (double)rating;
        all[row[1]]++;
        high[row[1]] += rating >= 1.0f;
    }
    for (guint u = 0; u < USERS; u++)
        for (guint m = 0; m < MOVIES; m++)
            wrong += training_rows_has(rows, u, m) != there[u * MOVIES + m];
    for (guint m = 0; m < MOVIES; m++) {
        wrong += training_rows_sum(rows, m) != sums[m]; /* multiples of 1/8: exact */
        wrong += rows->movie_ratings[m] != all[m];
        wrong += training_rows_count_from(rows, m, 1.0f) != high[m];
        wrong += training_rows_count_from(rows, m, 0.0f) != all[m];
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(rows->rows, data->count);
}

static void test_against_data(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 1);
    g_autoptr(FeatureTable) table = make_table();
    const guint kinds[] = {1, 5, 10, 3000};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_autofree Data *data = g_new0(Data, 1);
        make_data(data, random, kinds[i]);
        g_autoptr(TrainingRows) rows = rows_of(table, data);
        check_against_data(rows, data);
        CU_ASSERT(rows->levels <= kinds[i]);
        g_autoptr(GBytes) file = training_rows_encode(rows);
        g_autoptr(GError) error = NULL;
        g_autoptr(TrainingRows) read = training_rows_decode(file, table, "rows", &error);
        CU_ASSERT_PTR_NOT_NULL(read);
        if (read == NULL)
            return;
        check_against_data(read, data);
        g_autoptr(GBytes) again = training_rows_encode(read);
        CU_ASSERT(g_bytes_equal(file, again));
    }
}

/* One byte a row, two for each movie's level, and little else. */
static void test_size(void)
{
    g_autoptr(GRand) random = rng_new(tap_seed(), 2);
    g_autoptr(FeatureTable) table = make_table();
    g_autofree Data *data = g_new0(Data, 1);
    make_data(data, random, 5);
    g_autoptr(TrainingRows) rows = rows_of(table, data);
    g_autoptr(GBytes) file = training_rows_encode(rows);
    const gsize least = data->count + 2 * rows->counts_begin[MOVIES];
    CU_ASSERT(g_bytes_get_size(file) >= least);
    CU_ASSERT(g_bytes_get_size(file) < least + 8 + 5 * 5 + 5 * 4 + 2 * USERS + MOVIES + 100);
}

static void test_no_rows(void)
{
    g_autoptr(FeatureTable) table = make_table();
    g_autoptr(TrainingRows) rows = training_rows_new(table, NULL, FIELDS, NULL, NULL, 0);
    g_autoptr(GBytes) file = training_rows_encode(rows);
    g_autoptr(TrainingRows) read = training_rows_decode(file, table, "rows", NULL);
    CU_ASSERT_PTR_NOT_NULL(read);
    if (read != NULL)
        CU_ASSERT_FALSE(training_rows_has(read, USERS - 1, MOVIES - 1));
}

/* ---- wrong files ---- */

static void check_refused(const FeatureTable *table, const guint8 *data, gsize size,
                          const char *message)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    TrainingRows *rows = training_rows_decode(bytes, table, "the file", &error);
    CU_ASSERT_PTR_NULL(rows);
    training_rows_free(rows);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static GBytes *small_file(const FeatureTable *table)
{
    const guint32 features[] = {MOVIES, 0, MOVIES, 7, MOVIES + 2, 7}, rows[] = {0, 1, 2};
    const float ratings[] = {3, 4, 5};
    g_autoptr(TrainingRows) made = training_rows_new(table, features, 2, ratings, rows, 3);
    return training_rows_encode(made);
}

/* Each prefix, and each byte changed in each bit, is refused or is other valid rows: under the
 * sanitizers this is what a hostile file can do. */
static void test_damage(void)
{
    g_autoptr(FeatureTable) table = make_table();
    g_autoptr(GBytes) file = small_file(table);
    gsize size;
    const guint8 *data = g_bytes_get_data(file, &size);
    for (gsize length = 0; length < size; length++)
        check_refused(table, data, length, "the file ");
    for (gsize at = 0; at < size; at++)
        for (guint bit = 0; bit < 8; bit++) {
            g_autofree guint8 *copy = g_memdup2(data, size);
            copy[at] ^= (guint8)(1u << bit);
            g_autoptr(GBytes) bytes = g_bytes_new_static(copy, size);
            g_autoptr(GError) error = NULL;
            g_autoptr(TrainingRows) rows = training_rows_decode(bytes, table, "f", &error);
            CU_ASSERT((rows != NULL) == (error == NULL));
        }
}

static void test_messages(void)
{
    g_autoptr(FeatureTable) table = make_table();
    g_autoptr(GBytes) file = small_file(table);
    gsize size;
    const guint8 *data = g_bytes_get_data(file, &size);
    /* RECSYSTR, version, users, movies, rows, levels, three floats, user 0's rows … */
    enum { VERSION_AT = 8, USERS_AT, MOVIES_AT, ROWS_AT, LEVELS_AT, FLOATS_AT };
    enum { FIRST_USER = FLOATS_AT + 12 };
    static const struct {
        gsize at;
        guint8 value;
        const char *message;
    } cases[] = {
        {0, 'X', "does not begin with RECSYSTR"},
        {VERSION_AT, 2, "of another version"},
        {USERS_AT, USERS - 1, "other users or movies"},
        {MOVIES_AT, MOVIES + 1, "other users or movies"},
        {ROWS_AT, 2, "more rows than it says"},
        {ROWS_AT, 4, "fewer rows than it says"},
        {FLOATS_AT + 3, 0x7f, "levels that do not ascend"},
        {FIRST_USER + 2, 8, "as many ratings of each movie as rows"},
        {FIRST_USER + 2, 0x7f, "a movie that there is not"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree guint8 *copy = g_memdup2(data, size);
        copy[cases[i].at] = cases[i].value;
        check_refused(table, copy, size, cases[i].message);
    }
    g_autofree guint8 *longer = g_malloc0(size + 1);
    memcpy(longer, data, size);
    check_refused(table, longer, size + 1, "longer than its content");
}

/* ---- in a bundle ---- */

typedef struct {
    char *path;
    FmModel *model;
    FeatureTable *table;
    TrainingRows *rows;
} Place;

static void place_init(Place *p)
{
    static const guint32 features[] = {0, FIXTURE_FIRST_MOVIE, 2, FIXTURE_FIRST_MOVIE + 3};
    static const guint32 rows[] = {0, 1};
    static const float ratings[] = {2, 5};
    g_autofree char *directory = tap_directory();
    p->path = g_build_filename(directory, "bundle", NULL);
    p->model = fixture_model(FIXTURE_FEATURES, 3, 2, 77);
    p->table = fixture_features();
    p->rows = training_rows_new(p->table, features, 2, ratings, rows, 2);
}

static void place_clear(Place *p)
{
    g_free(p->path);
    fm_model_free(p->model);
    feature_table_free(p->table);
    training_rows_free(p->rows);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static gboolean write_bundle(const Place *p, const TrainingRows *rows, gboolean replace)
{
    g_autoptr(GError) error = NULL;
    if (bundle_write_with_rows(p->path, p->model, p->table, FIXTURE_TRAINING, rows, replace,
                               &error))
        return TRUE;
    printf("# %s\n", error->message);
    return FALSE;
}

static void test_bundle(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    g_autoptr(GError) error = NULL;
    g_autoptr(TrainingRows) rows = NULL, none = NULL;
    CU_ASSERT(write_bundle(&p, p.rows, FALSE));
    g_autoptr(Bundle) bundle = bundle_open(p.path, &error);
    CU_ASSERT(bundle != NULL && bundle_training_rows(bundle, &rows, &error));
    CU_ASSERT(rows != NULL && training_rows_has(rows, 2, 3) && !training_rows_has(rows, 1, 3));
    g_autofree char *file = g_build_filename(p.path, "training_rows.bin", NULL);
    CU_ASSERT(g_file_test(file, G_FILE_TEST_EXISTS));

    /* Replaced by one without: nothing of the old one is left. */
    CU_ASSERT(write_bundle(&p, NULL, TRUE));
    CU_ASSERT_FALSE(g_file_test(file, G_FILE_TEST_EXISTS));
    g_autoptr(Bundle) old = bundle_open(p.path, &error);
    CU_ASSERT(old != NULL && bundle_training_rows(old, &none, &error));
    CU_ASSERT_PTR_NULL(none);
    CU_ASSERT_PTR_NULL(error);
    g_autofree char *parent = g_path_get_dirname(p.path);
    g_autoptr(GDir) dir = g_dir_open(parent, 0, NULL);
    CU_ASSERT_STRING_EQUAL(g_dir_read_name(dir), "bundle");
    CU_ASSERT_PTR_NULL(g_dir_read_name(dir));
}

/* The other files are enough for all that does not ask for the rows. */
static void test_damaged_in_bundle(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    g_autoptr(GError) error = NULL;
    g_autoptr(TrainingRows) rows = NULL;
    CU_ASSERT(write_bundle(&p, p.rows, FALSE));
    fixture_put(p.path, "training_rows.bin", "RECSYSTR", -1);
    g_autoptr(Bundle) bundle = bundle_open(p.path, &error);
    CU_ASSERT_PTR_NOT_NULL(bundle);
    if (bundle == NULL)
        return;
    CU_ASSERT_FALSE(bundle_training_rows(bundle, &rows, &error));
    CU_ASSERT_PTR_NULL(rows);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "training_rows.bin has 8 bytes");

    g_clear_error(&error);
    g_free(bundle->model_id);
    bundle->model_id = g_strdup("000000000000");
    CU_ASSERT_FALSE(bundle_training_rows(bundle, &rows, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "replaced by another model");
}

static const UnitTest tests[] = {
    {"against the data", test_against_data},
    {"size", test_size},
    {"no rows", test_no_rows},
    {"damage", test_damage},
    {"messages", test_messages},
    {"in a bundle", test_bundle},
    {"damaged, in a bundle", test_damaged_in_bundle},
    {NULL, NULL},
};

TAP_MAIN("training_rows", tests)

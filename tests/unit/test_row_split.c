#include "row_split.h"

#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "rng.h"
#include "tap.h"

enum { USERS = 40, ROWS = 1000 };

/* Users have 1 to about 50 rows; times are in no order, and many are alike. */
static Dataset *make_data(guint32 seed)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(seed);
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < USERS + 1; i++) {
        g_autofree char *value = g_strdup_printf("%u", i);
        const Feature feature = {.type = i < USERS ? "user" : "movie", .value = value};
        if (!feature_table_add(table, &feature, NULL, NULL))
            g_assert_not_reached();
    }
    Dataset *data = dataset_new("small", ROWS, 2, table);
    data->times = g_new(gint64, ROWS);
    for (guint r = 0; r < ROWS; r++) {
        data->features[2 * r] = r < USERS ? r : rng_below(random, USERS / 2) * 2;
        data->features[2 * r + 1] = USERS;
        data->times[r] = (gint64)rng_below(random, 300) - 100;
    }
    return data;
}

static gboolean split(RowSplit *made, const Dataset *data, SplitKind kind, double share,
                      guint64 seed)
{
    TrainOptions options = train_options_default();
    g_autoptr(GError) error = NULL;
    options.split = kind;
    options.valid = share;
    options.seed = seed;
    if (row_split_init(made, data, &options, &error))
        return TRUE;
    CU_FAIL("the split");
    printf("# %s\n", error->message);
    return FALSE;
}

static guint user_of(const Dataset *data, guint32 row)
{
    return data->features[2 * row];
}

/* Every row is in one of the two parts, and validation rows ascend. */
static void check_parts(const RowSplit *made, const Dataset *data)
{
    g_autofree guint8 *there = g_new0(guint8, data->rows);
    guint wrong = 0;
    CU_ASSERT_EQUAL(made->train_rows + made->valid_rows, data->rows);
    for (guint i = 0; i < data->rows; i++)
        wrong += there[made->rows[i]]++;
    for (guint i = 1; i < made->valid_rows; i++)
        wrong += row_split_valid(made)[i] <= row_split_valid(made)[i - 1];
    CU_ASSERT_EQUAL(wrong, 0);
}

/* The same seed splits alike, another one otherwise. */
static void check_seeds(const Dataset *data, SplitKind kind)
{
    g_auto(RowSplit) one = {0}, same = {0}, another = {0};
    if (!split(&one, data, kind, 0.3, 1) || !split(&same, data, kind, 0.3, 1) ||
        !split(&another, data, kind, 0.3, 2))
        return;
    CU_ASSERT_EQUAL(memcmp(one.rows, same.rows, ROWS * sizeof *one.rows), 0);
    CU_ASSERT(memcmp(one.rows, another.rows, ROWS * sizeof *one.rows) != 0);
}

/* As it was before there were other kinds: shuffle, cut. */
static void test_random(void)
{
    g_autoptr(Dataset) data = make_data(1);
    g_auto(RowSplit) made = {0};
    guint32 order[ROWS];
    for (guint32 i = 0; i < ROWS; i++)
        order[i] = i;
    g_autoptr(GRand) random = rng_new(7, 0);
    rng_shuffle(order, ROWS, random);
    if (!split(&made, data, SPLIT_RANDOM, 0.1, 7))
        return;
    check_parts(&made, data);
    CU_ASSERT_EQUAL(made.train_rows, 900);
    CU_ASSERT_EQUAL(memcmp(made.rows, order, 900 * sizeof *order), 0);
    check_seeds(data, SPLIT_RANDOM);
}

static void test_time(void)
{
    g_autoptr(Dataset) data = make_data(2);
    g_auto(RowSplit) made = {0};
    if (!split(&made, data, SPLIT_TIME, 0.1, 1))
        return;
    check_parts(&made, data);
    CU_ASSERT_EQUAL(made.valid_rows, 100);
    guint wrong = 0;
    for (guint i = 0; i < made.train_rows; i++)
        for (guint j = 0; j < made.valid_rows; j++) {
            const guint32 before = made.rows[i], after = row_split_valid(&made)[j];
            wrong += data->times[before] > data->times[after] ||
                     (data->times[before] == data->times[after] && before > after);
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_user(void)
{
    g_autoptr(Dataset) data = make_data(3);
    g_auto(RowSplit) made = {0};
    guint8 part[USERS] = {0}; /* 1: trained on, 2: held out */
    guint held_out = 0;
    if (!split(&made, data, SPLIT_USER, 0.25, 1))
        return;
    check_parts(&made, data);
    for (guint i = 0; i < ROWS; i++)
        part[user_of(data, made.rows[i])] |= i < made.train_rows ? 1 : 2;
    for (guint u = 0; u < USERS; u++) {
        CU_ASSERT(part[u] == 1 || part[u] == 2);
        held_out += part[u] == 2;
    }
    CU_ASSERT_EQUAL(held_out, 10);
    check_seeds(data, SPLIT_USER);
}

static void test_per_user(void)
{
    g_autoptr(Dataset) data = make_data(4);
    const double shares[] = {0.1, 0.5, 0.97};
    for (guint s = 0; s < G_N_ELEMENTS(shares); s++) {
        g_auto(RowSplit) made = {0};
        guint all[USERS] = {0}, held_out[USERS] = {0};
        if (!split(&made, data, SPLIT_PER_USER, shares[s], 1))
            return;
        check_parts(&made, data);
        for (guint i = 0; i < ROWS; i++) {
            all[user_of(data, made.rows[i])]++;
            held_out[user_of(data, made.rows[i])] += i >= made.train_rows;
        }
        for (guint u = 0; u < USERS; u++) {
            const guint share = (guint)(all[u] * shares[s] + 0.5);
            CU_ASSERT_EQUAL(held_out[u], share == all[u] ? all[u] - 1 : share);
        }
    }
    check_seeds(data, SPLIT_PER_USER);
}

static void test_file(void)
{
    g_autoptr(Dataset) data = make_data(5);
    g_auto(RowSplit) made = {0};
    TrainOptions options = train_options_default();
    options.valid_rows = 10;
    options.split = SPLIT_TIME; /* is not looked at */
    g_clear_pointer(&data->times, g_free);
    CU_ASSERT(row_split_init(&made, data, &options, NULL));
    check_parts(&made, data);
    CU_ASSERT_EQUAL(made.valid_rows, 10);
    CU_ASSERT_EQUAL(row_split_valid(&made)[0], ROWS - 10);
}

static void test_nothing_held_out(void)
{
    g_autoptr(Dataset) data = make_data(6);
    const SplitKind kinds[] = {SPLIT_RANDOM, SPLIT_TIME, SPLIT_USER, SPLIT_PER_USER};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_auto(RowSplit) made = {0};
        if (!split(&made, data, kinds[i], 0, 1))
            return;
        check_parts(&made, data);
        CU_ASSERT_EQUAL(made.valid_rows, 0);
    }
}

static void check_refused(const Dataset *data, SplitKind kind, double share, const char *message)
{
    g_auto(RowSplit) made = {0};
    g_autoptr(GError) error = NULL;
    TrainOptions options = train_options_default();
    options.split = kind;
    options.valid = share;
    CU_ASSERT_FALSE(row_split_init(&made, data, &options, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_refused(void)
{
    g_autoptr(Dataset) data = make_data(7);
    for (guint r = 0; r < ROWS; r++)
        data->times[r] = 12;
    check_refused(data, SPLIT_TIME, 0.1, "all timestamps of small are 12, so");
    g_clear_pointer(&data->times, g_free);
    check_refused(data, SPLIT_TIME, 0.1, "small has no timestamp");
    check_refused(data, SPLIT_RANDOM, 0.9999, "1000 ratings are too few");
    check_refused(data, SPLIT_USER, 0.99, "1000 ratings are too few");
}

static void test_names(void)
{
    SplitKind kind;
    for (guint i = SPLIT_RANDOM; i <= SPLIT_PER_USER; i++) {
        CU_ASSERT(split_kind_read(&kind, split_kind_name((SplitKind)i)));
        CU_ASSERT_EQUAL(kind, i);
    }
    CU_ASSERT_FALSE(split_kind_read(&kind, "file"));
    CU_ASSERT_FALSE(split_kind_read(&kind, ""));
}

static const UnitTest tests[] = {
    {"random", test_random},     {"time", test_time},   {"user", test_user},
    {"per user", test_per_user}, {"file", test_file},   {"nothing held out", test_nothing_held_out},
    {"refused", test_refused},   {"names", test_names}, {NULL, NULL},
};

TAP_MAIN("row_split", tests)

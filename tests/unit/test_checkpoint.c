#include "checkpoint.h"

#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "safetensors.h"
#include "tap.h"

/* ---- checkpoints ---- */

static Checkpoint *invent(guint n, guint k, gboolean with_best, guint32 seed)
{
    Checkpoint *c = checkpoint_new();
    c->fingerprint = g_strdup("0f0e \"quoted\" \303\251");
    c->epochs_done = 2;
    c->rows_done = G_MAXUINT32;
    c->error_sum = 1.0 / 3;
    c->steps = 77;
    c->seconds = 12.75;
    c->best_epoch = 1;
    c->model = fixture_model(n, k, 1, seed);
    c->first = fixture_model(n, k, 1e-3, seed + 1);
    c->second = fixture_model(n, k, 1e-30, seed + 2);
    c->best = with_best ? fixture_model(n, k, 1, seed + 3) : NULL;
    const EpochFigures curve[] = {{1, 1e-3, 0.9123456789012345, 0.1 + 0.2, 0.5},
                                  {2, 1e-4, 2.0 / 3, NAN, 1e-9}};
    g_array_append_vals(c->curve, curve, G_N_ELEMENTS(curve));
    return c;
}

static gboolean same_double(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static gboolean same_curve(const GArray *a, const GArray *b)
{
    gboolean same = a->len == b->len;
    for (guint i = 0; same && i < a->len; i++) {
        const EpochFigures *x = &g_array_index(a, EpochFigures, i);
        const EpochFigures *y = &g_array_index(b, EpochFigures, i);
        same = x->epoch == y->epoch && x->learning_rate == y->learning_rate &&
               x->train_rmse == y->train_rmse && same_double(x->valid_rmse, y->valid_rmse) &&
               x->seconds == y->seconds;
    }
    return same;
}

static gboolean same_checkpoint(const Checkpoint *a, const Checkpoint *b)
{
    return g_str_equal(a->fingerprint, b->fingerprint) && a->epochs_done == b->epochs_done &&
           a->rows_done == b->rows_done && a->error_sum == b->error_sum && a->steps == b->steps &&
           a->seconds == b->seconds && a->best_epoch == b->best_epoch &&
           same_curve(a->curve, b->curve) && fixture_same_bits(a->model, b->model) &&
           fixture_same_bits(a->first, b->first) && fixture_same_bits(a->second, b->second) &&
           ((a->best == NULL && b->best == NULL) || fixture_same_bits(a->best, b->best));
}

static void write_well(const Checkpoint *c, const char *path)
{
    g_autoptr(GError) error = NULL;
    gboolean written = checkpoint_write(c, path, &error);
    CU_ASSERT(written);
    CU_ASSERT_PTR_NULL(error);
}

static void test_round_trip(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "x.checkpoint", NULL);
    const guint sizes[][2] = {{1, 1}, {9, 4}, {3, 121}};
    for (guint i = 0; i < 2 * G_N_ELEMENTS(sizes); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Checkpoint) c = invent(sizes[i / 2][0], sizes[i / 2][1], i % 2 == 0, i);
        write_well(c, path); /* over the one before */
        g_autoptr(Checkpoint) read = checkpoint_read(path, &error);
        CU_ASSERT_PTR_NULL(error);
        CU_ASSERT(read != NULL && same_checkpoint(c, read));
    }
}

/* Before the first epoch is over. */
static void test_round_trip_without_curve(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "x.checkpoint", NULL);
    g_autoptr(Checkpoint) c = invent(3, 2, FALSE, 1);
    c->epochs_done = c->best_epoch = 0;
    g_array_set_size(c->curve, 0);
    write_well(c, path);
    g_autoptr(Checkpoint) read = checkpoint_read(path, NULL);
    CU_ASSERT(read != NULL && same_checkpoint(c, read));
}

/* The model in it is one that any reader of safetensors files can take out. */
static void test_model_alone(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "x.checkpoint", NULL);
    g_autoptr(Checkpoint) c = invent(5, 3, TRUE, 1);
    write_well(c, path);
    char *data;
    gsize size;
    CU_ASSERT(g_file_get_contents(path, &data, &size, NULL));
    g_autoptr(GBytes) content = g_bytes_new_take(data, size);
    g_autoptr(FmModel) model = safetensors_decode(content, "x", NULL);
    CU_ASSERT(fixture_same_bits(c->model, model));
}

/* ---- files that are none ---- */

static void check_refused(const char *path, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Checkpoint) c = checkpoint_read(path, &error);
    CU_ASSERT_PTR_NULL(c);
    CU_ASSERT(error != NULL && strstr(error->message, path) != NULL);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void test_cut(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "x.checkpoint", NULL);
    g_autoptr(Checkpoint) c = invent(3, 2, TRUE, 1);
    write_well(c, path);
    g_autofree char *data = NULL;
    gsize size;
    CU_ASSERT(g_file_get_contents(path, &data, &size, NULL));
    for (gsize length = 0; length < size; length++) {
        fixture_put(directory, "x.checkpoint", data, (gssize)length);
        check_refused(path, "");
    }
}

/* Each change is one that some member does not survive; the length stays the same. */
static void test_edited(void)
{
    const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"fingerprint", "fingerprinT", "was damaged"},
        {"\\\"epochs_done\\\":2", "\\\"epochs_done\\\":3", "was damaged"},
        {"\\\"epochs_done\\\":2", "\\\"epochs_done\\\":x", "was damaged"},
        {"\\\"rows_done\\\":4294967295", "\\\"rows_done\\\":4294967296", "was damaged"},
        {"\\\"rows_done\\\":4294967295", "\\\"rows_done\\\":-294967295", "was damaged"},
        {"\\\"steps\\\":77", "\\\"steps\\\":-7", "was damaged"},
        {"\\\"steps\\\":77", "\\\"stepz\\\":77", "was damaged"},
        {"\\\"error_sum\\\"", "\\\"error_zum\\\"", "was damaged"},
        {"\\\"seconds\\\":12.75", "\\\"seconds\\\":12,75", "was damaged"},
        {"\\\"best_epoch\\\":1", "\\\"best_epoch\\\":{", "was damaged"},
        {"\\\"train_rmse\\\"", "\\\"drain_rmse\\\"", "was damaged"},
        {"\\\"curve\\\"", "\\\"kurve\\\"", "was damaged"},
        {"__metadata__", "__metadatA__", "is not a checkpoint"},
        {"\"state\"", "\"stape\"", "is not a checkpoint"},
        {"\"first.w0\"", "\"fist..w0\"", "there is no tensor \"first.w0\""},
        {"\"second.bias.weight\"", "\"second.bias.height\"", "no tensor \"second.bias.weight\""},
        {"\"best.bias.weight\"", "\"best.bias.height\"", "no tensor \"best.bias.weight\""},
        {"\"shape\":[3,2]", "\"shape\":[2,3]", "shapes disagree"},
    };
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "x.checkpoint", NULL);
    g_autoptr(Checkpoint) c = invent(3, 2, TRUE, 1);
    write_well(c, path);
    g_autofree char *data = NULL;
    gsize size;
    CU_ASSERT(g_file_get_contents(path, &data, &size, NULL));
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        const gsize length = strlen(cases[i].from);
        g_autofree char *edited = g_memdup2(data, size);
        char *at = memmem(edited, size, cases[i].from, length);
        CU_ASSERT(at != NULL && strlen(cases[i].to) == length);
        if (at != NULL)
            memcpy(at, cases[i].to, length);
        fixture_put(directory, "x.checkpoint", edited, (gssize)size);
        check_refused(path, cases[i].message);
    }
}

static void test_other_files(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "x.checkpoint", NULL);
    g_autoptr(FmModel) model = fixture_model(3, 2, 1, 1);
    g_autoptr(GBytes) content = safetensors_encode(model);
    gsize size;
    const char *data = g_bytes_get_data(content, &size);
    fixture_put(directory, "x.checkpoint", data, (gssize)size);
    check_refused(path, "is not a checkpoint, or was damaged: remove it and start over");
    fixture_put(directory, "x.checkpoint", "[train]\nepochs = 10\nfactors = 120\n", -1);
    check_refused(path, "is not safetensors");

    g_autoptr(GError) error = NULL;
    g_remove(path);
    CU_ASSERT_PTR_NULL(checkpoint_read(path, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, path);
}

/* ---- writing fails ---- */

static guint count_files(const char *directory)
{
    guint count = 0;
    g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
    while (dir != NULL && g_dir_read_name(dir) != NULL)
        count++;
    return count;
}

/* A limit on the size of files ends a write half-way, as a full disk does, and needs no disk. */
static void test_no_room(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "x.checkpoint", NULL);
    g_autoptr(Checkpoint) old = invent(3, 2, FALSE, 1);
    g_autoptr(Checkpoint) new = invent(900, 20, TRUE, 5);
    write_well(old, path);

    struct rlimit before;
    getrlimit(RLIMIT_FSIZE, &before);
    const struct rlimit small = {20000, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &small), 0);
    g_autoptr(GError) error = NULL;
    gboolean written = checkpoint_write(new, path, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);

    CU_ASSERT_FALSE(written);
    CU_ASSERT(error != NULL && error->domain == G_FILE_ERROR);
    CU_ASSERT(error != NULL &&
              g_str_has_prefix(error->message, "the checkpoint was not written: "));
    g_autoptr(Checkpoint) read = checkpoint_read(path, NULL);
    CU_ASSERT(read != NULL && same_checkpoint(old, read));
    CU_ASSERT_EQUAL(count_files(directory), 1); /* no half of the new one either */
    write_well(new, path);
}

static void test_no_directory(void)
{
    g_autoptr(Checkpoint) c = invent(3, 2, FALSE, 1);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(checkpoint_write(c, "/nonexistent/x.checkpoint", &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "the checkpoint was not written: ");
}

static const UnitTest tests[] = {
    {"round trip", test_round_trip},
    {"round trip without a curve", test_round_trip_without_curve},
    {"its model alone", test_model_alone},
    {"cut at every length", test_cut},
    {"edited", test_edited},
    {"other files", test_other_files},
    {"no room", test_no_room},
    {"no directory", test_no_directory},
    {NULL, NULL},
};

TAP_MAIN("checkpoint", tests)

#include "gibbs_checkpoint.h"

#include <string.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

static float matrix[6] = {1, 2, 3, 4, 5, 6};
static double numbers[2] = {0.1, -7};

static const StateTensor written[] = {
    {"matrix", "F32", 3, 2, matrix},
    {"numbers", "F64", 1, 2, numbers},
};

static char *write_one(const char *directory)
{
    char *path = g_build_filename(directory, "checkpoint", NULL);
    const GibbsCheckpoint state = {"abc", 12, 4};
    CU_ASSERT(gibbs_checkpoint_write(path, &state, written, G_N_ELEMENTS(written), NULL));
    return path;
}

static void test_round_trip(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = write_one(directory);
    float matrix_read[6] = {0};
    double numbers_read[2] = {0};
    const StateTensor tensors[] = {
        {"matrix", "F32", 3, 2, matrix_read},
        {"numbers", "F64", 1, 2, numbers_read},
    };
    GibbsCheckpoint state = {.fingerprint = "abc"};
    CU_ASSERT(gibbs_checkpoint_read(path, &state, tensors, G_N_ELEMENTS(tensors), NULL));
    CU_ASSERT_EQUAL(state.sweeps, 12);
    CU_ASSERT_EQUAL(state.samples, 4);
    CU_ASSERT_EQUAL(memcmp(matrix_read, matrix, sizeof matrix), 0);
    CU_ASSERT_EQUAL(memcmp(numbers_read, numbers, sizeof numbers), 0);
}

/* Reads with one tensor [rows, 2] and asserts the error, and that nothing was changed. */
static void check_refused(const char *path, const char *fingerprint, guint rows, const char *text)
{
    float values[8] = {-1};
    const StateTensor tensor = {"matrix", "F32", rows, 2, values};
    GibbsCheckpoint state = {.fingerprint = fingerprint};
    GError *error = NULL;
    CU_ASSERT_FALSE(gibbs_checkpoint_read(path, &state, &tensor, 1, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, text);
    CU_ASSERT_EQUAL(values[0], -1);
    CU_ASSERT_EQUAL(state.sweeps, 0);
}

static void test_refused(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = write_one(directory);
    check_refused(path, "abd", 3, "is of other data or other options");
    check_refused(path, "abc", 4, "matrix is 3 × 2, not 4 × 2");
    char *content;
    gsize size;
    CU_ASSERT(g_file_get_contents(path, &content, &size, NULL));
    fixture_put(directory, "cut", content, (gssize)size - 30);
    char *state = g_strstr_len(content + 8, (gssize)size - 8, "sweeps");
    CU_ASSERT_PTR_NOT_NULL(state);
    if (state != NULL)
        state[2] = 'o'; /* a member of another name */
    fixture_put(directory, "edited", content, (gssize)size);
    g_free(content);
    g_autofree char *cut = g_build_filename(directory, "cut", NULL);
    g_autofree char *edited = g_build_filename(directory, "edited", NULL);
    check_refused(cut, "abc", 3, "cut");
    check_refused(edited, "abc", 3, "is not a checkpoint, or was damaged");
}

static void test_no_room(void)
{
    GError *error = NULL;
    const GibbsCheckpoint state = {"abc", 12, 4};
    CU_ASSERT_FALSE(gibbs_checkpoint_write("/nowhere/at/all", &state, written, 1, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "the checkpoint was not written");
}

static const UnitTest tests[] = {
    {"a round trip", test_round_trip},
    {"what is refused", test_refused},
    {"a directory that is not there", test_no_room},
    {NULL, NULL},
};

TAP_MAIN("gibbs_checkpoint", tests)

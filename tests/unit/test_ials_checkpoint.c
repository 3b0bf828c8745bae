#include "ials_checkpoint.h"

#include <string.h>

#include "recsys_error.h"
#include "safetensors_writer.h"
#include "tap.h"

static const float vectors[] = {1, -2, 3.5f, 0, 1e-30f, -1e30f};

static void test_round_trip(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "checkpoint", NULL);
    const IalsCheckpoint written = {.fingerprint = (char *)"f00d",
                                    .sweeps_done = 5,
                                    .seconds = 1.5,
                                    .movies = 3,
                                    .k = 2,
                                    .movie_vectors = (float *)vectors};
    CU_ASSERT(ials_checkpoint_write(&written, path, NULL));
    g_autoptr(IalsCheckpoint) read = ials_checkpoint_read(path, NULL);
    CU_ASSERT_PTR_NOT_NULL(read);
    if (read == NULL)
        return;
    CU_ASSERT_STRING_EQUAL(read->fingerprint, "f00d");
    CU_ASSERT_EQUAL(read->sweeps_done, 5);
    CU_ASSERT_EQUAL(read->seconds, 1.5);
    CU_ASSERT_EQUAL(read->movies, 3);
    CU_ASSERT_EQUAL(read->k, 2);
    CU_ASSERT_EQUAL(memcmp(read->movie_vectors, vectors, sizeof vectors), 0);
}

static void check_refused(const char *tensor, const char *state, const char *text)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "checkpoint", NULL);
    g_autoptr(GError) error = NULL;
    const SafetensorsTensor movies = {
        .name = tensor, .dtype = "F32", .dims = 2, .shape = {3, 2}, .data = vectors};
    g_autoptr(GBytes) content = safetensors_write(&movies, 1, state);
    gsize size;
    const char *data = g_bytes_get_data(content, &size);
    CU_ASSERT(g_file_set_contents(path, data, (gssize)size, NULL));
    CU_ASSERT_PTR_NULL(ials_checkpoint_read(path, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, text);
}

static void test_damaged(void)
{
    const char *good = "{\"fingerprint\": \"a\", \"sweeps_done\": 1, \"seconds\": 2}";
    check_refused("people", good, "movies");
    check_refused("movies", NULL, "is not a checkpoint");
    check_refused("movies", "{\"sweeps_done\": 1, \"seconds\": 2}", "is not a checkpoint");
    check_refused("movies", "{\"fingerprint\": \"a\", \"seconds\": 2}", "is not a checkpoint");
    check_refused("movies", "{\"fingerprint\": \"a\", \"sweeps_done\": -1, \"seconds\": 2}",
                  "is not a checkpoint");
    check_refused("movies", "{\"fingerprint\": \"a\", \"sweeps_done\": 1}", "is not a checkpoint");
}

static void test_nowhere(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "none", "checkpoint", NULL);
    g_autoptr(GError) error = NULL;
    const IalsCheckpoint c = {
        .fingerprint = (char *)"a", .movies = 3, .k = 2, .movie_vectors = (float *)vectors};
    CU_ASSERT_FALSE(ials_checkpoint_write(&c, path, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "the checkpoint was not written");
    CU_ASSERT_PTR_NULL(ials_checkpoint_read(path, &error));
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "none");
}

static const UnitTest tests[] = {
    {"what is written is read", test_round_trip},
    {"a damaged or foreign file is refused", test_damaged},
    {"a file that cannot be written or read", test_nowhere},
    {NULL, NULL},
};

TAP_MAIN("ials_checkpoint", tests)

#include "synth.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "interrupt.h"
#include "recsys_error.h"
#include "rng.h"
#include "synth_world.h"

/* Far above any use, low enough that no sum or product here can overflow. */
#define MAX_USERS 10000000u
#define MAX_MOVIES 10000000u
#define MAX_RATINGS 200000000u

enum { N_FILES = 5 };

static const char *const file_names[N_FILES] = {"users.dat", "movies.dat", "ratings.dat",
                                                "planted-ratings.f32", "planted.json"};

/* What the written ratings add up to. */
typedef struct {
    double sum;
    double sum_squares;
    double error_squares; /* of E[r | mu] */
} Totals;

/* ---- writing ---- */

typedef struct {
    FILE *file;
    char *path;
    int failure; /* errno of the first failed call, 0 if there was none */
} Output;

static void output_clear(Output *output)
{
    if (output->file != NULL)
        fclose(output->file);
    g_free(output->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Output, output_clear)

static gboolean output_open(Output *output, const char *directory, const char *name, GError **error)
{
    output->path = g_build_filename(directory, name, NULL);
    output->file = g_fopen(output->path, "wbxe");
    if (output->file == NULL)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s cannot be created: %s",
                    output->path, g_strerror(errno));
    return output->file != NULL;
}

static void note_failure(Output *output, gboolean failed)
{
    if (failed && output->failure == 0)
        output->failure = errno != 0 ? errno : EIO;
}

static void print(Output *output, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void print(Output *output, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note_failure(output, vfprintf(output->file, format, arguments) < 0);
    va_end(arguments);
}

static void print_bytes(Output *output, const void *bytes, gsize length)
{
    note_failure(output, fwrite(bytes, 1, length, output->file) != length);
}

/* Nothing counts as written before the system has said so: a full disk may come to light only
 * here. */
static gboolean output_close(Output *output, GError **error)
{
    note_failure(output, fflush(output->file) != 0);
    note_failure(output, fsync(fileno(output->file)) != 0);
    note_failure(output, fclose(output->file) != 0);
    output->file = NULL;
    if (output->failure != 0)
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s cannot be written: %s",
                    output->path, g_strerror(output->failure));
    return output->failure == 0;
}

static gboolean write_users(SynthWorld *world, const char *directory, GError **error)
{
    g_auto(Output) file = {0};
    if (!output_open(&file, directory, "users.dat", error))
        return FALSE;

    for (guint u = 0; u < world->size.users; u++) {
        const SynthUser *user = &world->users[u];
        print(&file, "%u::%c::%u::%u::%05u\n", u + 1, synth_gender(user), synth_age(user),
              synth_occupation(user), rng_below(world->rand, 100000));
    }
    return output_close(&file, error);
}

static gboolean write_movies(const SynthWorld *world, const char *directory, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL); /* UTF-8 */
    for (guint i = 0; i < world->n_listed; i++) {
        const SynthMovie *movie = &world->movies[i];
        g_string_append_printf(text, "%u::%s (%u)::", movie->id, movie->title, movie->year);
        for (guint g = 0; g < movie->n_genres; g++)
            g_string_append_printf(text, "%s%s", g > 0 ? "|" : "",
                                   synth_genre_name(movie->genre[g]));
        g_string_append_c(text, '\n');
    }

    gsize length = 0;
    g_autofree char *latin1 =
        g_convert(text->str, (gssize)text->len, "ISO-8859-1", "UTF-8", NULL, &length, NULL);
    if (latin1 == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "movies.dat: this system cannot convert to ISO-8859-1");
        return FALSE;
    }

    g_auto(Output) file = {0};
    if (!output_open(&file, directory, "movies.dat", error))
        return FALSE;
    print_bytes(&file, latin1, length);
    return output_close(&file, error);
}

static void print_float32(Output *output, double value)
{
    float narrow = (float)value;
    guint32 bits;
    memcpy(&bits, &narrow, sizeof bits);
    bits = GUINT32_TO_LE(bits);
    print_bytes(output, &bits, sizeof bits);
}

/* The ratings of user u, whose rows begin at row. */
static void write_user_ratings(SynthWorld *world, guint u, const guint *row, Output *ratings,
                               Output *planted, Totals *totals)
{
    GRand *rand = world->rand;
    const SynthUser *user = &world->users[u];
    guint when = 956700000 + (guint)g_rand_int_range(
                                 rand, 0, 87000000); /* between April 2000 and January 2003 */
    for (guint i = 0; i < user->n_ratings; i++) {
        const SynthMovie *movie = &world->movies[world->rated[row[i]]];
        double mean = synth_planted_mean(user, movie);
        double expected = synth_expected_rating(mean, world->size.noise);
        double rating = floor(mean + world->size.noise * rng_normal(rand) + 0.5);
        rating = CLAMP(rating, 1.0, 5.0);
        when += rng_below(rand, 60);
        print(ratings, "%u::%u::%u::%u\n", u + 1, movie->id, (guint)rating, when);
        print_float32(planted, expected);

        totals->sum += rating;
        totals->sum_squares += rating * rating;
        totals->error_squares += (rating - expected) * (rating - expected);
    }
}

static gboolean write_ratings(SynthWorld *world, const char *directory, Totals *totals,
                              GError **error)
{
    g_auto(Output) ratings = {0};
    g_auto(Output) planted = {0};
    if (!output_open(&ratings, directory, "ratings.dat", error) ||
        !output_open(&planted, directory, "planted-ratings.f32", error))
        return FALSE;

    const guint *row = world->rows;
    for (guint u = 0; u < world->size.users && !ratings.failure && !planted.failure; u++) {
        if (interrupt_requested(error))
            return FALSE;
        write_user_ratings(world, u, row, &ratings, &planted, totals);
        row += world->users[u].n_ratings;
    }
    return output_close(&ratings, error) && output_close(&planted, error);
}

static void print_number(Output *output, const char *key, double value, const char *end)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE]; /* with a point whatever the locale */
    print(output, "  \"%s\": %s%s\n", key, g_ascii_dtostr(text, sizeof text, value), end);
}

static gboolean write_planted(const SynthWorld *world, const Totals *totals, const char *directory,
                              GError **error)
{
    g_auto(Output) file = {0};
    if (!output_open(&file, directory, "planted.json", error))
        return FALSE;

    const SynthOptions *size = &world->size;
    double n = size->ratings;
    double mean = totals->sum / n;
    double variance = totals->sum_squares / n - mean * mean;
    print(&file, "{\n  \"seed\": %" G_GUINT64_FORMAT ",\n", size->seed);
    print(&file, "  \"users\": %u,\n  \"movies\": %u,\n", size->users, size->movies);
    print(&file, "  \"listed_movies\": %u,\n", world->n_listed);
    print(&file, "  \"ratings\": %u,\n  \"rank\": %u,\n", size->ratings, SYNTH_RANK);
    print_number(&file, "noise_sigma", size->noise, ",");
    print_number(&file, "global_mean", mean, ",");
    print_number(&file, "global_mean_rmse", sqrt(MAX(variance, 0.0)), ",");
    print_number(&file, "noise_floor", sqrt(totals->error_squares / n), "");
    print(&file, "}\n");
    return output_close(&file, error);
}

static gboolean write_world(SynthWorld *world, const char *directory, GError **error)
{
    Totals totals = {0};
    return write_users(world, directory, error) && write_movies(world, directory, error) &&
           write_ratings(world, directory, &totals, error) &&
           write_planted(world, &totals, directory, error);
}

static void discard(const char *directory)
{
    for (guint i = 0; i < N_FILES; i++) {
        g_autofree char *path = g_build_filename(directory, file_names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(directory);
}

/* ---- checks ---- */

static gboolean refuse(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean refuse(GError **error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *message = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, message);
    return FALSE;
}

static gboolean check_count(const char *what, guint n, guint most, GError **error)
{
    if (n == 0)
        return refuse(error, "the number of %s must not be 0", what);
    if (n > most)
        return refuse(error, "%u %s are too many: the limit is %u", n, what, most);
    return TRUE;
}

static gboolean check_options(const SynthOptions *options, GError **error)
{
    if (!check_count("users", options->users, MAX_USERS, error) ||
        !check_count("movies", options->movies, MAX_MOVIES, error) ||
        !check_count("ratings", options->ratings, MAX_RATINGS, error))
        return FALSE;
    if (options->ratings < options->users)
        return refuse(error, "%u ratings are too few for %u users: each needs one",
                      options->ratings, options->users);
    if (options->ratings < options->movies)
        return refuse(error, "%u ratings are too few for %u movies: each needs one",
                      options->ratings, options->movies);
    if (options->ratings > (guint64)options->users * options->movies)
        return refuse(error, "%u ratings are too many: %u users can rate %u movies once each",
                      options->ratings, options->users, options->movies);
    if (!(options->noise > 0.0 && options->noise <= 10.0))
        return refuse(error, "the noise must be above 0 and at most 10 stars");
    if (options->seed > G_MAXINT64)
        return refuse(error, "the seed must be below 2^63");
    return TRUE;
}

static gboolean check_target(const char *target, GError **error)
{
    g_autoptr(GDir) directory = g_dir_open(target, 0, NULL);
    if (directory == NULL) {
        if (!g_file_test(target, G_FILE_TEST_EXISTS))
            return TRUE;
        return refuse(error, "%s exists and is not a directory that can be read", target);
    }
    if (g_dir_read_name(directory) != NULL)
        return refuse(error, "%s is not empty; choose a new directory", target);
    return TRUE;
}

gboolean synth_write(const char *directory, const SynthOptions *options, GError **error)
{
    g_return_val_if_fail(directory != NULL && options != NULL, FALSE);

    g_autofree char *target = g_canonicalize_filename(directory, NULL);
    if (!check_options(options, error) || !check_target(target, error))
        return FALSE;

    g_autofree char *draft = g_strconcat(target, ".tmp-XXXXXX", NULL);
    if (g_mkdtemp_full(draft, 0777) == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s cannot be created: %s", target,
                    g_strerror(errno));
        return FALSE;
    }

    g_autoptr(SynthWorld) world = synth_world_new(options);
    gboolean written = write_world(world, draft, error);
    if (written && g_rename(draft, target) != 0) {
        written = FALSE;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s cannot be put in place: %s", target,
                    g_strerror(errno));
    }
    if (!written)
        discard(draft);
    return written;
}

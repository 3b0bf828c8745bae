#include "synth.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "recsys_error.h"
#include "synth_world.h"
#include "tap.h"

static const SynthOptions small = {
    .users = 60, .movies = 90, .ratings = 2500, .seed = 7, .noise = 0.9};

static const char *const files[] = {"users.dat", "movies.dat", "ratings.dat", "planted-ratings.f32",
                                    "planted.json"};

/* ---- a place to write to ---- */

typedef struct {
    char *parent;
    char *target; /* below parent, not there yet */
} Place;

static void remove_tree(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    const char *name;
    while (directory != NULL && (name = g_dir_read_name(directory)) != NULL) {
        g_autofree char *child = g_build_filename(path, name, NULL);
        remove_tree(child);
    }
    g_remove(path);
}

static void place_clear(Place *place)
{
    if (place->parent != NULL)
        remove_tree(place->parent);
    g_free(place->parent);
    g_free(place->target);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static void place_init(Place *place)
{
    place->parent = g_dir_make_tmp("test-synth-XXXXXX", NULL);
    g_assert_nonnull(place->parent);
    place->target = g_build_filename(place->parent, "data", NULL);
}

static guint count_entries(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    guint n = 0;
    while (directory != NULL && g_dir_read_name(directory) != NULL)
        n++;
    return n;
}

/* Bytes of a file of the data set; empty, and a failed assertion, if it is not there. */
static GBytes *contents(const Place *place, const char *name)
{
    g_autofree char *path = g_build_filename(place->target, name, NULL);
    char *bytes = NULL;
    gsize length = 0;
    CU_ASSERT(g_file_get_contents(path, &bytes, &length, NULL));
    return g_bytes_new_take(bytes, length);
}

/* The lines of a file, as UTF-8; the line end of the last one must be there. */
static char **lines(const Place *place, const char *name)
{
    g_autoptr(GBytes) bytes = contents(place, name);
    gsize length = 0;
    const char *data = g_bytes_get_data(bytes, &length);
    CU_ASSERT(length > 0 && data[length - 1] == '\n');
    if (length == 0)
        return g_new0(char *, 1);
    g_autofree char *text =
        g_convert(data, (gssize)length - 1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
    return g_strsplit(text, "\n", -1);
}

static gboolean generate(const Place *place, const SynthOptions *options)
{
    g_autoptr(GError) error = NULL;
    gboolean written = synth_write(place->target, options, &error);
    CU_ASSERT(written);
    CU_ASSERT_PTR_NULL(error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    return written;
}

/* ---- the ratings, parsed ---- */

typedef struct {
    guint user;
    guint movie;
    guint rating;
    guint64 when;
} Row;

/* Array of Row. */
static GArray *read_rows(const Place *place)
{
    g_auto(GStrv) text = lines(place, "ratings.dat");
    GArray *rows = g_array_new(FALSE, FALSE, sizeof(Row));
    for (char **line = text; *line != NULL; line++) {
        Row row;
        char end;
        gboolean parsed = sscanf(*line, "%u::%u::%u::%" G_GUINT64_FORMAT "%c", &row.user,
                                 &row.movie, &row.rating, &row.when, &end) == 4;
        CU_ASSERT(parsed);
        if (parsed)
            g_array_append_val(rows, row);
    }
    return rows;
}

/* The counts that `options` promise: rows, users, movies, no pair twice, no user with few. */
static void check_counts(const SynthOptions *options, guint least_per_user)
{
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, options))
        return;

    g_autoptr(GArray) rows = read_rows(&place);
    g_autoptr(GHashTable) pairs = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    g_autoptr(GHashTable) movies = g_hash_table_new(NULL, NULL);
    g_autofree guint *per_user = g_new0(guint, options->users + 1);
    guint previous = 1;
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);
        CU_ASSERT(row->user >= previous && row->user <= options->users);
        CU_ASSERT(row->rating >= 1 && row->rating <= 5);
        CU_ASSERT(row->when > 956000000 && row->when < 1100000000);
        previous = row->user;
        per_user[MIN(row->user, options->users)]++;
        g_hash_table_add(movies, GUINT_TO_POINTER(row->movie));
        gint64 pair = ((gint64)row->user << 32) | row->movie;
        CU_ASSERT(g_hash_table_add(pairs, g_memdup2(&pair, sizeof pair)));
    }
    CU_ASSERT_EQUAL(rows->len, options->ratings);
    CU_ASSERT_EQUAL(g_hash_table_size(movies), options->movies);
    for (guint u = 1; u <= options->users; u++)
        CU_ASSERT(per_user[u] >= least_per_user);
}

static void test_counts(void)
{
    check_counts(&small, 20);
}

static void test_counts_at_the_limits(void)
{
    const struct {
        guint users, movies, ratings, least;
    } cases[] = {
        {1, 1, 1, 1},       {30, 40, 1200, 40}, {30, 40, 1199, 20}, {50, 50, 50, 1},
        {10, 200, 200, 20}, {200, 10, 200, 1},  {40, 25, 800, 20},  {1, 60, 60, 60},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        SynthOptions options = small;
        options.users = cases[i].users;
        options.movies = cases[i].movies;
        options.ratings = cases[i].ratings;
        check_counts(&options, cases[i].least);
    }
}

/* ---- determinism ---- */

static void test_same_options_same_bytes(void)
{
    g_auto(Place) one = {0};
    g_auto(Place) two = {0};
    place_init(&one);
    place_init(&two);
    if (!generate(&one, &small) || !generate(&two, &small))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autoptr(GBytes) a = contents(&one, files[i]);
        g_autoptr(GBytes) b = contents(&two, files[i]);
        CU_ASSERT(g_bytes_equal(a, b));
    }
    CU_ASSERT_EQUAL(count_entries(one.target), G_N_ELEMENTS(files));
    CU_ASSERT_EQUAL(count_entries(one.parent), 1);
}

/* Both halves of the 64-bit seed count. */
static void test_other_seed_other_bytes(void)
{
    const guint64 seeds[] = {small.seed + 1, small.seed + (G_GUINT64_CONSTANT(1) << 32), 0,
                             G_MAXINT64};
    g_auto(Place) one = {0};
    place_init(&one);
    if (!generate(&one, &small))
        return;
    for (guint s = 0; s < G_N_ELEMENTS(seeds); s++) {
        SynthOptions options = small;
        options.seed = seeds[s];
        g_auto(Place) two = {0};
        place_init(&two);
        if (!generate(&two, &options))
            return;
        for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
            g_autoptr(GBytes) a = contents(&one, files[i]);
            g_autoptr(GBytes) b = contents(&two, files[i]);
            CU_ASSERT_FALSE(g_bytes_equal(a, b));
        }
    }
}

/* ---- formats ---- */

static void test_users_format(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, &small))
        return;
    g_auto(GStrv) users = lines(&place, "users.dat");
    CU_ASSERT_EQUAL(g_strv_length(users), small.users);
    for (guint u = 0; users[u] != NULL; u++) {
        CU_ASSERT(g_regex_match_simple("^\\d+::[FM]::(1|18|25|35|45|50|56)::(\\d|1\\d|20)::\\d{5}$",
                                       users[u], 0, 0));
        CU_ASSERT_EQUAL(atoi(users[u]), (int)u + 1);
    }
}

static void test_movies_format(void)
{
    SynthOptions options = small;
    options.movies = 1500;
    options.ratings = 3000;
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, &options))
        return;
    g_auto(GStrv) movies = lines(&place, "movies.dat");
    g_autoptr(GHashTable) titles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    int previous = 0;
    for (char **movie = movies; *movie != NULL; movie++) {
        CU_ASSERT(g_regex_match_simple("^\\d+::[^:]*[^: ] \\((19[2-9]\\d|2000)\\)"
                                       "::[A-Z][A-Za-z'-]+(\\|[A-Z][A-Za-z'-]+){0,2}$",
                                       *movie, 0, 0));
        CU_ASSERT(atoi(*movie) > previous);
        previous = atoi(*movie);
        g_auto(GStrv) fields = g_strsplit(*movie, "::", 3);
        *strrchr(fields[1], '(') = '\0';
        CU_ASSERT(g_hash_table_add(titles, g_strdup(fields[1])));
    }
    CU_ASSERT_EQUAL(g_strv_length(movies), options.movies + options.movies / 20);
    CU_ASSERT(previous > (int)g_strv_length(movies)); /* gaps */
}

static void test_movies_are_latin1(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, &small))
        return;
    g_autoptr(GBytes) bytes = contents(&place, "movies.dat");
    gsize length = 0;
    const char *data = g_bytes_get_data(bytes, &length);
    CU_ASSERT(length > 0 && memchr(data, 0xe9, length) != NULL); /* é */
    CU_ASSERT_FALSE(g_utf8_validate(data, (gssize)length, NULL));
}

static void test_rated_movies_are_listed(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, &small))
        return;
    g_auto(GStrv) movies = lines(&place, "movies.dat");
    g_autoptr(GHashTable) listed = g_hash_table_new(NULL, NULL);
    for (char **movie = movies; *movie != NULL; movie++)
        g_hash_table_add(listed, GINT_TO_POINTER(atoi(*movie)));
    g_autoptr(GArray) rows = read_rows(&place);
    for (guint i = 0; i < rows->len; i++)
        CU_ASSERT(
            g_hash_table_contains(listed, GUINT_TO_POINTER(g_array_index(rows, Row, i).movie)));
}

static void test_every_code_occurs(void)
{
    SynthOptions options = small;
    options.users = 21; /* as many as there are occupations */
    options.ratings = 500;
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, &options))
        return;
    g_auto(GStrv) users = lines(&place, "users.dat");
    g_autoptr(GHashTable) codes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (char **user = users; *user != NULL; user++) {
        g_auto(GStrv) fields = g_strsplit(*user, "::", 5);
        for (guint i = 1; i <= 3 && g_strv_length(fields) == 5; i++)
            g_hash_table_add(codes, g_strdup_printf("%u:%s", i, fields[i]));
    }
    CU_ASSERT_EQUAL(g_hash_table_size(codes), 2 + 7 + 21);
}

/* ---- what was planted ---- */

/* The number after "key": in planted.json; NaN if there is none. */
static double planted(const Place *place, const char *key)
{
    g_autoptr(GBytes) bytes = contents(place, "planted.json");
    gsize length = 0;
    const char *data = g_bytes_get_data(bytes, &length);
    g_autofree char *text = g_strndup(data, length);
    g_autofree char *quoted = g_strdup_printf("\"%s\": ", key);
    const char *at = strstr(text, quoted);
    return at != NULL ? g_ascii_strtod(at + strlen(quoted), NULL) : NAN;
}

static double expected_rating(const guint8 *at)
{
    guint32 bits;
    float value;
    memcpy(&bits, at, sizeof bits);
    bits = GUINT32_FROM_LE(bits);
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void test_planted_options(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, &small))
        return;
    g_auto(GStrv) movies = lines(&place, "movies.dat");
    CU_ASSERT_EQUAL((guint64)planted(&place, "seed"), small.seed);
    CU_ASSERT_EQUAL(planted(&place, "users"), small.users);
    CU_ASSERT_EQUAL(planted(&place, "movies"), small.movies);
    CU_ASSERT_EQUAL(planted(&place, "listed_movies"), g_strv_length(movies));
    CU_ASSERT_EQUAL(planted(&place, "ratings"), small.ratings);
    CU_ASSERT_EQUAL(planted(&place, "rank"), SYNTH_RANK);
    CU_ASSERT_EQUAL(planted(&place, "noise_sigma"), small.noise);
}

/* The stored expected ratings are rounded to float32, each by at most 5 u with u = 2^-24, so the
 * root mean square of the errors moves by no more than that; the sums in double add n eps. */
static void test_noise_floor(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, &small))
        return;
    g_autoptr(GArray) rows = read_rows(&place);
    g_autoptr(GBytes) bytes = contents(&place, "planted-ratings.f32");
    gsize length = 0;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    CU_ASSERT_EQUAL(length, 4 * (gsize)small.ratings);
    CU_ASSERT_EQUAL(rows->len, small.ratings);
    if (length != 4 * (gsize)rows->len)
        return;

    double n = rows->len, sum = 0.0, squares = 0.0;
    for (guint i = 0; i < rows->len; i++) {
        double expected = expected_rating(data + 4 * i);
        double rating = g_array_index(rows, Row, i).rating;
        CU_ASSERT(expected >= 1.0 && expected <= 5.0);
        sum += rating;
        squares += (rating - expected) * (rating - expected);
    }
    double mean = sum / n, variance = 0.0;
    for (guint i = 0; i < rows->len; i++) {
        double deviation = g_array_index(rows, Row, i).rating - mean;
        variance += deviation * deviation / n;
    }
    double rounding = 25.0 * n * 0x1p-52;
    CU_ASSERT_DOUBLE_EQUAL(planted(&place, "noise_floor"), sqrt(squares / n),
                           5.0 * 0x1p-24 + rounding);
    CU_ASSERT_DOUBLE_EQUAL(planted(&place, "global_mean"), mean, rounding);
    CU_ASSERT_DOUBLE_EQUAL(planted(&place, "global_mean_rmse"), sqrt(variance), rounding);
    CU_ASSERT(planted(&place, "global_mean_rmse") > 1.1 * planted(&place, "noise_floor"));
}

/* Expected ratings are the means of what was drawn: in each fifth of the rows, sorted by what was
 * expected, the ratings average to it within five standard errors. */
static void test_expected_ratings_are_calibrated(void)
{
    SynthOptions options = {.users = 300, .movies = 300, .ratings = 20000, .seed = 3, .noise = 0.9};
    double sum[5] = {0.0}, squares[5] = {0.0};
    g_auto(Place) place = {0};
    place_init(&place);
    if (!generate(&place, &options))
        return;
    g_autoptr(GArray) rows = read_rows(&place);
    g_autoptr(GBytes) bytes = contents(&place, "planted-ratings.f32");
    gsize length = 0;
    const guint8 *data = g_bytes_get_data(bytes, &length);
    if (length != 4 * (gsize)rows->len)
        return;
    for (guint i = 0; i < rows->len; i++) {
        double expected = expected_rating(data + 4 * i);
        double error = g_array_index(rows, Row, i).rating - expected;
        guint bin = (guint)CLAMP((expected - 2.0) / 0.5, 0.0, 4.0);
        sum[bin] += error;
        squares[bin] += error * error;
    }
    for (guint bin = 0; bin < 5; bin++)
        CU_ASSERT(fabs(sum[bin]) <= 5.0 * sqrt(squares[bin]));
}

/* ---- who rates what ---- */

/* A few hundred people, enough to tell tastes from chance. */
static const SynthOptions crowd = {
    .users = 600, .movies = 300, .ratings = 30000, .seed = 5, .noise = 0.9};

/* Tastes make what people rate better in their eyes than movies as popular that others have rated;
 * the quality of the movies is left out. */
static void test_people_rate_what_they_like(void)
{
    g_autoptr(SynthWorld) world = synth_world_new(&crowd);
    double sum = 0.0, squares = 0.0;
    guint i = 0;
    for (guint u = 0; u < crowd.users; u++)
        for (guint end = i + world->users[u].n_ratings; i < end; i++) {
            guint other = world->rows[(i + crowd.ratings / 2) % crowd.ratings];
            const SynthMovie *rated = &world->movies[world->rated[world->rows[i]]];
            const SynthMovie *random = &world->movies[world->rated[other]];
            double liked = synth_planted_mean(&world->users[u], rated) - rated->quality -
                           synth_planted_mean(&world->users[u], random) + random->quality;
            sum += liked;
            squares += liked * liked;
        }
    CU_ASSERT_EQUAL(i, crowd.ratings);
    CU_ASSERT(sum > 10.0 * sqrt(squares));
}

/* Women and men choose differently: chi square of movie by gender, which by chance is
 * `movies - 1` give or take sqrt(2 (movies - 1)). */
static void test_metadata_moves_choices(void)
{
    g_autoptr(SynthWorld) world = synth_world_new(&crowd);
    g_autofree double *count = g_new0(double, 2 * crowd.movies);
    double of_gender[2] = {0.0};
    const guint *row = world->rows;
    for (guint u = 0; u < crowd.users; u++)
        for (guint i = 0; i < world->users[u].n_ratings; i++) {
            guint gender = world->users[u].code[SYNTH_GENDER];
            count[2 * *row++ + gender]++;
            of_gender[gender]++;
        }
    double chi_square = 0.0;
    for (guint m = 0; m < crowd.movies; m++)
        for (guint g = 0; g < 2; g++) {
            double expected =
                (count[2 * m] + count[2 * m + 1]) * of_gender[g] / (of_gender[0] + of_gender[1]);
            chi_square += (count[2 * m + g] - expected) * (count[2 * m + g] - expected) / expected;
        }
    double freedom = crowd.movies - 1;
    CU_ASSERT(chi_square > freedom + 10.0 * sqrt(2.0 * freedom));
}

static int by_size(const void *a, const void *b)
{
    guint x = *(const guint *)a, y = *(const guint *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* The share of the largest tenth of the counts. */
static double share_of_top_tenth(guint *counts, guint n)
{
    double top = 0.0, all = 0.0;
    qsort(counts, n, sizeof *counts, by_size);
    for (guint i = 0; i < n; i++) {
        all += counts[i];
        top += i < n / 10 ? counts[i] : 0;
    }
    return top / all;
}

/* MovieLens 1M: .38 of the ratings are by the most active tenth, .44 of the most rated tenth. */
static void test_long_tails(void)
{
    const SynthOptions options = {
        .users = 1000, .movies = 1000, .ratings = 60000, .seed = 5, .noise = 0.9};
    g_autoptr(SynthWorld) world = synth_world_new(&options);
    g_autofree guint *active = g_new0(guint, options.users);
    g_autofree guint *popular = g_new0(guint, options.movies);
    for (guint u = 0; u < options.users; u++)
        active[u] = world->users[u].n_ratings;
    for (guint i = 0; i < options.ratings; i++)
        popular[world->rows[i]]++;
    double by_active = share_of_top_tenth(active, options.users);
    double of_popular = share_of_top_tenth(popular, options.movies);
    CU_ASSERT(by_active > 0.25 && by_active < 0.5);
    CU_ASSERT(of_popular > 0.35 && of_popular < 0.6);
}

/* ---- errors ---- */

static void check_refused(const Place *place, const SynthOptions *options, int code)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(synth_write(place->target, options, &error));
    CU_ASSERT(g_error_matches(error, RECSYS_ERROR, code));
    CU_ASSERT(error != NULL && strlen(error->message) > 0 && strchr(error->message, '\n') == NULL);
}

static void test_impossible_options(void)
{
    const SynthOptions bad[] = {
        {.users = 0, .movies = 9, .ratings = 9, .noise = 0.9},
        {.users = 9, .movies = 0, .ratings = 9, .noise = 0.9},
        {.users = 9, .movies = 9, .ratings = 0, .noise = 0.9},
        {.users = 9, .movies = 9, .ratings = 82, .noise = 0.9},
        {.users = 9, .movies = 5, .ratings = 8, .noise = 0.9},
        {.users = 5, .movies = 9, .ratings = 8, .noise = 0.9},
        {.users = G_MAXUINT, .movies = 9, .ratings = G_MAXUINT, .noise = 0.9},
        {.users = 9, .movies = G_MAXUINT, .ratings = G_MAXUINT, .noise = 0.9},
        {.users = 100000, .movies = 100000, .ratings = G_MAXUINT, .noise = 0.9},
        {.users = 9, .movies = 9, .ratings = 9, .noise = 0.0},
        {.users = 9, .movies = 9, .ratings = 9, .noise = -1.0},
        {.users = 9, .movies = 9, .ratings = 9, .noise = 10.1},
        {.users = 9, .movies = 9, .ratings = 9, .noise = NAN},
        {.users = 9, .movies = 9, .ratings = 9, .noise = INFINITY},
        {.users = 9, .movies = 9, .ratings = 9, .noise = 0.9, .seed = (guint64)G_MAXINT64 + 1},
    };
    g_auto(Place) place = {0};
    place_init(&place);
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
        check_refused(&place, &bad[i], RECSYS_ERROR_USAGE);
    CU_ASSERT_EQUAL(count_entries(place.parent), 0);
}

static void test_target_with_something_in_it(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    g_mkdir(place.target, 0755);
    g_autofree char *file = g_build_filename(place.target, "precious", NULL);
    CU_ASSERT(g_file_set_contents(file, "x", 1, NULL));
    check_refused(&place, &small, RECSYS_ERROR_USAGE);
    CU_ASSERT(g_file_test(file, G_FILE_TEST_EXISTS));
    CU_ASSERT_EQUAL(count_entries(place.target), 1);
    CU_ASSERT_EQUAL(count_entries(place.parent), 1);
}

static void test_target_is_a_file(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    CU_ASSERT(g_file_set_contents(place.target, "x", 1, NULL));
    check_refused(&place, &small, RECSYS_ERROR_USAGE);
    CU_ASSERT(g_file_test(place.target, G_FILE_TEST_IS_REGULAR));
}

static void test_empty_target_is_taken(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    g_mkdir(place.target, 0755);
    char *slashed = g_strconcat(place.target, "/", NULL);
    g_free(place.target);
    place.target = slashed;
    if (generate(&place, &small))
        CU_ASSERT_EQUAL(count_entries(place.target), G_N_ELEMENTS(files));
    CU_ASSERT_EQUAL(count_entries(place.parent), 1);
}

static void test_parent_is_missing(void)
{
    g_auto(Place) place = {0};
    place_init(&place);
    char *deeper = g_build_filename(place.target, "data", NULL);
    g_free(place.target);
    place.target = deeper;
    check_refused(&place, &small, RECSYS_ERROR_DATA);
    CU_ASSERT_EQUAL(count_entries(place.parent), 0);
}

/* A limit on the size of files stands in for a full disk; as it shrinks, first ratings.dat hits it,
 * then movies.dat, then users.dat. */
static void test_full_disk(void)
{
    const rlim_t limits[] = {16384, 2000, 512, 0};
    struct rlimit before;
    if (getrlimit(RLIMIT_FSIZE, &before) != 0)
        return;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    g_auto(Place) place = {0};
    place_init(&place);
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        struct rlimit limit = {.rlim_cur = limits[i], .rlim_max = before.rlim_max};
        g_autoptr(GError) error = NULL;
        CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
        gboolean written = synth_write(place.target, &small, &error);
        setrlimit(RLIMIT_FSIZE, &before);
        CU_ASSERT_FALSE(written);
        CU_ASSERT(g_error_matches(error, RECSYS_ERROR, RECSYS_ERROR_DATA));
        CU_ASSERT(error != NULL && strstr(error->message, g_strerror(EFBIG)) != NULL);
        CU_ASSERT_EQUAL(count_entries(place.parent), 0);
    }
    signal(SIGXFSZ, handler);
}

const UnitTest test_synth[] = {
    {"counts", test_counts},
    {"counts at the limits", test_counts_at_the_limits},
    {"same options, same bytes", test_same_options_same_bytes},
    {"other seed, other bytes", test_other_seed_other_bytes},
    {"format of users.dat", test_users_format},
    {"format of movies.dat", test_movies_format},
    {"movies.dat is ISO-8859-1", test_movies_are_latin1},
    {"rated movies are listed", test_rated_movies_are_listed},
    {"every code occurs", test_every_code_occurs},
    {"options in planted.json", test_planted_options},
    {"noise floor", test_noise_floor},
    {"expected ratings are calibrated", test_expected_ratings_are_calibrated},
    {"people rate what they like", test_people_rate_what_they_like},
    {"metadata moves choices", test_metadata_moves_choices},
    {"long tails", test_long_tails},
    {"impossible options", test_impossible_options},
    {"target with something in it", test_target_with_something_in_it},
    {"target is a file", test_target_is_a_file},
    {"empty target is taken", test_empty_target_is_taken},
    {"parent is missing", test_parent_is_missing},
    {"full disk", test_full_disk},
    {NULL, NULL},
};

TAP_MAIN("synth", test_synth)

#include "synth.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "recsys_error.h"

/* Far above any use, low enough that no sum or product here can overflow. */
#define MAX_USERS 10000000u
#define MAX_MOVIES 10000000u
#define MAX_RATINGS 200000000u

#define MIN_RATINGS_PER_USER 20u
#define MAX_GENRES_PER_MOVIE 3u

#define YEAR_FIRST 1920u
#define YEAR_LAST 2000u
#define MEAN_AGE 12.0 /* of a movie in the last year */

/* Standard deviations of the planted effects, in stars. They are chosen such that at the default
 * size always predicting the mean costs more than a third above the noise floor, biases alone 8 %,
 * and a machine of 120 factors, which also learns some of the noise by heart, less than 5 %. */
#define SD_USER 0.50
#define SD_QUALITY 0.65
#define SD_GENRE 0.15
#define SD_TASTE 0.45 /* of the whole product <p_u, t_m> */

/* How much of the variance of p_u comes from the user alone, and of t_m from the movie alone; the
 * rest comes from the kinds of metadata and from the genres. */
#define OWN_IN_USER 0.4
#define OWN_IN_MOVIE 0.5

/* Popular movies are better on average, so the mean of the ratings lies well above this. */
#define BASE_RATING 3.2

/* Of the logarithm. Activity is as in MovieLens 1M, popularity is steeper. */
#define SD_LOG_ACTIVITY 1.1
#define SD_LOG_POPULARITY 1.7
#define QUALITY_IN_POPULARITY 0.5 /* correlation */

/* Of each factor, the squares adding up to 1: the first ones matter most, as in real tastes. */
static const double strength[SYNTH_RANK] = {0.9, 0.4, 0.15, 0.0866025403784439};

typedef enum { GENDER, AGE, OCCUPATION, N_KINDS } Kind;

enum { N_GENRES = 18, N_CODES_MAX = 21, N_FILES = 5 };

/* Each kind of user metadata: its codes, their frequencies, and how much it says about taste. */
static const struct {
    guint n_codes;
    double weight;             /* in the variance of p_u; all three and OWN_IN_USER make 1 */
    double share[N_CODES_MAX]; /* in per mille, roughly those of MovieLens 1M */
} kinds[N_KINDS] = {
    [GENDER] = {2, 0.20, {280, 720}},
    [AGE] = {7, 0.25, {37, 183, 347, 197, 91, 82, 63}},
    [OCCUPATION] = {21, 0.15, {118, 87, 44, 29, 126, 19, 39, 112, 3,  15, 32,
                               21,  64, 24, 50, 24,  40, 83, 12,  12, 46}},
};

static const char gender_codes[] = {'F', 'M'};
static const guint age_codes[] = {1, 18, 25, 35, 45, 50, 56};

static const struct {
    const char *name;
    double share; /* per mille of the genre slots */
} genres[N_GENRES] = {
    {"Action", 78},   {"Adventure", 44},   {"Animation", 16}, {"Children's", 39}, {"Comedy", 187},
    {"Crime", 33},    {"Documentary", 20}, {"Drama", 250},    {"Fantasy", 11},    {"Film-Noir", 7},
    {"Horror", 54},   {"Musical", 18},     {"Mystery", 17},   {"Romance", 73},    {"Sci-Fi", 43},
    {"Thriller", 77}, {"War", 22},         {"Western", 11},
};

static const char *const adjectives[] = {
    "Amber",    "Bashful",   "Borrowed", "Brindled",   "Candid",   "Careless",  "Cobalt",
    "Crooked",  "Dappled",   "Drowsy",   "Earnest",    "Faded",    "Feathered", "Folded",
    "Frugal",   "Gilded",    "Glazed",   "Hasty",      "Hollow",   "Idle",      "Jaunty",
    "Knitted",  "Lopsided",  "Marbled",  "Mended",     "Mossy",    "Muffled",   "Nimble",
    "Ochre",    "Patient",   "Pewter",   "Plaited",    "Polite",   "Quilted",   "Restless",
    "Ruffled",  "Salted",    "Scuffed",  "Sheltered",  "Slanted",  "Sleepless", "Spare",
    "Stubborn", "Sunken",    "Tardy",    "Threadbare", "Tilted",   "Unposted",  "Varnished",
    "Velvet",   "Wandering", "Wayward",  "Whittled",   "Windward", "Woollen",   "Zealous",
};

static const char *const nouns[] = {
    "Almanac",    "Anvil",      "Aqueduct",   "Archivist",   "Awning",      "Barometer",
    "Beekeeper",  "Bellows",    "Bookbinder", "Candlestick", "Caravan",     "Cartwright",
    "Cellist",    "Chandler",   "Clockwork",  "Cobbler",     "Compass",     "Cooper",
    "Cormorant",  "Cupboard",   "Dovecote",   "Drawbridge",  "Dulcimer",    "Embroiderer",
    "Ferryman",   "Fiddler",    "Foghorn",    "Footbridge",  "Gardener",    "Glassblower",
    "Granary",    "Haystack",   "Hedgehog",   "Heron",       "Hourglass",   "Inkwell",
    "Juniper",    "Kettle",     "Lacemaker",  "Ladder",      "Lantern",     "Letterbox",
    "Loom",       "Magpie",     "Mapmaker",   "Marionette",  "Meadow",      "Millstone",
    "Mooring",    "Nettle",     "Nightwatch", "Oarsman",     "Orchard",     "Otter",
    "Parasol",    "Pawnbroker", "Pendulum",   "Plum Tree",   "Quarry",      "Quince",
    "Rainmaker",  "Reservoir",  "Saddler",    "Sandbank",    "Scaffold",    "Sextant",
    "Signalman",  "Snowplough", "Sparrow",    "Spinet",      "Staircase",   "Sundial",
    "Tanner",     "Teapot",     "Thimble",    "Tollhouse",   "Trellis",     "Turnstile",
    "Umbrella",   "Viaduct",    "Wainscot",   "Weathervane", "Wheelwright", "Windlass",
    "Woodcutter", "Wren",       "Yarrow",     "Zither",
};

static const char *const places[] = {
    "Aldermoor",        "Ashcombe Weir", "Belléry",    "Brökenau",     "Castelrío",    "Corvenna",
    "Dunmarrow",        "Ebbing Quay",   "Fjällsund",  "Garrowby",     "Hällevik",     "Ilverstone",
    "Kestrel Bay",      "Königsried",    "Larkhollow", "Montrévy",     "Nørhavn",      "Ostrale",
    "Penmarrow",        "Quillemont",    "Rüstenbach", "Saint-Aubrée", "Sorvino Alta", "Tarnwick",
    "Umberleigh Sands", "Valdorée",      "Vinterås",   "Wexley Tor",   "Ystermark",    "Zandereen",
};

static const char *const people[] = {
    "Agathe",  "Anselm",  "Béatrix", "Bertil", "Clémence", "Cosimo",     "Dagny",
    "Edda",    "Émile",   "Fenella", "Göran",  "Hedwig",   "Ignace",     "Jürgen",
    "Lavinia", "Leopold", "Mirela",  "Noëlle", "Odile",    "Peregrine",  "Quentin",
    "Rosalba", "Séverin", "Tibor",   "Ulrike", "Violante", "Wilhelmina", "Zdenka",
};

static const char *const file_names[N_FILES] = {"users.dat", "movies.dat", "ratings.dat",
                                                "planted-ratings.f32", "planted.json"};

typedef struct {
    guint code[N_KINDS];
    guint n_ratings;
    double bias;
    double taste[SYNTH_RANK];
} User;

typedef struct {
    guint id;
    guint year;
    char *title; /* UTF-8 */
    guint n_genres;
    guint genre[MAX_GENRES_PER_MOVIE]; /* ascending */
    double quality;
    double trait[SYNTH_RANK];
    gint64 weight; /* share of the popularity, at least 1 */
} Movie;

typedef struct {
    SynthOptions size;
    GRand *rand; /* the only source of chance */
    guint n_listed;
    User *users;   /* [users] */
    Movie *movies; /* [n_listed] */
    guint *rated;  /* [movies] -> index into .movies */
    guint *rows;   /* [ratings] -> index into .rated; user after user */
    double code_taste[N_KINDS][N_CODES_MAX][SYNTH_RANK];
    double genre_trait[N_GENRES][SYNTH_RANK];
    double genre_quality[N_GENRES];
} World;

/* What the written ratings add up to. */
typedef struct {
    double sum;
    double sum_squares;
    double error_squares; /* of E[r | mu] */
} Totals;

static void world_free(World *world)
{
    for (guint i = 0; i < world->n_listed; i++)
        g_free(world->movies[i].title);
    g_rand_free(world->rand);
    g_free(world->users);
    g_free(world->movies);
    g_free(world->rated);
    g_free(world->rows);
    g_free(world);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(World, world_free)

/* ---- chance ---- */

static guint below(GRand *rand, guint n)
{
    return (guint)g_rand_int_range(rand, 0, (gint32)n);
}

static double gaussian(GRand *rand)
{
    double radius = sqrt(-2.0 * log(1.0 - g_rand_double(rand)));
    return radius * cos(2.0 * G_PI * g_rand_double(rand));
}

static void draw_vector(GRand *rand, double vector[SYNTH_RANK])
{
    for (guint f = 0; f < SYNTH_RANK; f++)
        vector[f] = gaussian(rand);
}

static const char *pick(GRand *rand, const char *const *words, guint n)
{
    return words[below(rand, n)];
}

#define PICK(rand, words) pick(rand, words, G_N_ELEMENTS(words))

static void shuffle(GRand *rand, guint *items, guint n)
{
    for (guint i = n; i > 1; i--) {
        guint j = below(rand, i);
        guint last = items[i - 1];
        items[i - 1] = items[j];
        items[j] = last;
    }
}

static guint *shuffled_indices(GRand *rand, guint n)
{
    guint *order = g_new(guint, n);
    for (guint i = 0; i < n; i++)
        order[i] = i;
    shuffle(rand, order, n);
    return order;
}

/* Gives each code in 0..n_codes-1 that does not occur in codes[n] the place of one that occurs
 * twice or more. One pass is enough: counts only fall, so a place that was refused once would be
 * refused again. */
static void fill_missing(GRand *rand, guint *codes, guint n, guint n_codes)
{
    g_autofree guint *count = g_new0(guint, n_codes);
    for (guint i = 0; i < n; i++)
        count[codes[i]]++;

    guint missing = 0;
    while (missing < n_codes && count[missing] > 0)
        missing++;
    if (missing == n_codes)
        return;

    g_autofree guint *order = shuffled_indices(rand, n);
    for (guint i = 0; i < n && missing < n_codes; i++) {
        guint *code = &codes[order[i]];
        if (count[*code] < 2)
            continue;
        count[*code]--;
        count[missing]++;
        *code = missing;
        while (missing < n_codes && count[missing] > 0)
            missing++;
    }
}

/* ---- the urn ---- */

/* Weighted drawing without replacement: a Fenwick tree over integer weights, so that taking a
 * weight out and putting it back leaves no rounding behind. */

typedef struct {
    guint n;
    guint top;    /* the largest power of two that is not above n */
    gint64 total; /* of the weights still in */
    gint64 *sum;  /* [n + 1], entry 0 unused */
} Urn;

static void urn_clear(Urn *urn)
{
    g_free(urn->sum);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Urn, urn_clear)

static void urn_init(Urn *urn, guint n)
{
    *urn = (Urn){.n = n, .top = 1, .sum = g_new0(gint64, n + 1)};
    while (urn->top <= n / 2)
        urn->top *= 2;
}

static void urn_add(Urn *urn, guint item, gint64 weight)
{
    urn->total += weight;
    for (guint i = item + 1; i <= urn->n; i += i & (~i + 1))
        urn->sum[i] += weight;
}

static guint urn_draw(Urn *urn, GRand *rand)
{
    gint64 target = (gint64)(g_rand_double(rand) * (double)urn->total);
    target = MIN(target, urn->total - 1); /* the product may have been rounded up */

    guint item = 0;
    for (guint step = urn->top; step > 0; step /= 2) {
        if (item + step > urn->n || urn->sum[item + step] > target)
            continue;
        item += step;
        target -= urn->sum[item];
    }
    return item;
}

/* ---- users ---- */

static guint draw_code(GRand *rand, const double *share, guint n)
{
    double total = 0.0;
    for (guint i = 0; i < n; i++)
        total += share[i];

    double target = g_rand_double(rand) * total;
    for (guint i = 0; i + 1 < n; i++) {
        if (target < share[i])
            return i;
        target -= share[i];
    }
    return n - 1;
}

static void draw_metadata(World *world, Kind kind)
{
    guint n = world->size.users;
    g_autofree guint *codes = g_new(guint, n);
    for (guint u = 0; u < n; u++)
        codes[u] = draw_code(world->rand, kinds[kind].share, kinds[kind].n_codes);

    fill_missing(world->rand, codes, n, kinds[kind].n_codes);
    for (guint u = 0; u < n; u++)
        world->users[u].code[kind] = codes[u];
}

static double capped_sum(const double *weights, guint n, double scale, double cap)
{
    double sum = 0.0;
    for (guint i = 0; i < n; i++)
        sum += MIN(scale * weights[i], cap);
    return sum;
}

/* Everyone gets the same minimum; what is left is shared out in proportion to log-normal weights,
 * nobody getting more than there are movies. */
static void draw_activity(World *world)
{
    const SynthOptions *size = &world->size;
    guint least = MIN(MIN(MIN_RATINGS_PER_USER, size->ratings / size->users), size->movies);
    guint cap = size->movies - least;
    guint extra = size->ratings - least * size->users;

    g_autofree double *weights = g_new(double, size->users);
    for (guint u = 0; u < size->users; u++)
        weights[u] = exp(SD_LOG_ACTIVITY * gaussian(world->rand));

    double low = 0.0;
    double high = 1.0;
    while (capped_sum(weights, size->users, high, cap) < extra)
        high *= 2.0;
    for (guint i = 0; i < 60; i++) {
        double middle = 0.5 * (low + high);
        if (capped_sum(weights, size->users, middle, cap) < extra)
            low = middle;
        else
            high = middle;
    }

    for (guint u = 0; u < size->users; u++) {
        guint share = MIN((guint)MIN(low * weights[u], (double)cap), extra);
        world->users[u].n_ratings = least + share;
        extra -= share;
    }
    for (guint u = 0; extra > 0; u = (u + 1) % size->users) {
        if (world->users[u].n_ratings == size->movies)
            continue;
        world->users[u].n_ratings++;
        extra--;
    }
}

static void draw_user(World *world, User *user)
{
    user->bias = SD_USER * gaussian(world->rand);
    for (guint f = 0; f < SYNTH_RANK; f++) {
        double taste = sqrt(OWN_IN_USER) * gaussian(world->rand);
        for (Kind kind = 0; kind < N_KINDS; kind++)
            taste += sqrt(kinds[kind].weight) * world->code_taste[kind][user->code[kind]][f];
        user->taste[f] = SD_TASTE * strength[f] * taste;
    }
}

static void draw_users(World *world)
{
    world->users = g_new0(User, world->size.users);
    for (Kind kind = 0; kind < N_KINDS; kind++)
        draw_metadata(world, kind);
    for (guint u = 0; u < world->size.users; u++)
        draw_user(world, &world->users[u]);
    draw_activity(world);
}

/* ---- movies ---- */

/* A stem that comes up again is a sequel and gets a number. All words are drawn beforehand, because
 * compilers differ in the order in which they evaluate arguments. */
static char *draw_title(GRand *rand, GHashTable *stems)
{
    const char *adjective = PICK(rand, adjectives);
    const char *noun = PICK(rand, nouns);
    const char *place = PICK(rand, places);
    const char *person = PICK(rand, people);
    const char *article = ", The";
    char *stem = NULL; /* owned by the table */
    switch (below(rand, 6)) {
    case 0:
        stem = g_strdup_printf("%s %s", adjective, noun);
        break;
    case 1:
        stem = g_strdup_printf("%s in %s", noun, place);
        break;
    case 2:
        stem = g_strdup_printf("%s and the %s %s", person, adjective, noun);
        article = "";
        break;
    case 3:
        stem = g_strdup_printf("%s's %s %s", person, adjective, noun);
        article = "";
        break;
    default:
        stem = g_strdup_printf("%s %s of %s", adjective, noun, place);
        break;
    }

    guint part = GPOINTER_TO_UINT(g_hash_table_lookup(stems, stem)) + 1;
    g_autofree char *number = part > 1 ? g_strdup_printf(" %u", part) : g_strdup("");
    char *title = g_strconcat(stem, number, article, NULL);
    g_hash_table_insert(stems, stem, GUINT_TO_POINTER(part));
    return title;
}

static void draw_genres(GRand *rand, Movie *movie)
{
    static const double share_of_count[MAX_GENRES_PER_MOVIE] = {520, 340, 140};
    double share[N_GENRES];
    gboolean has[N_GENRES] = {FALSE};
    for (guint g = 0; g < N_GENRES; g++)
        share[g] = genres[g].share;

    guint n = 1 + draw_code(rand, share_of_count, MAX_GENRES_PER_MOVIE);
    for (guint i = 0; i < n; i++) {
        guint g = draw_code(rand, share, N_GENRES);
        has[g] = TRUE;
        share[g] = 0.0;
    }
    for (guint g = 0; g < N_GENRES; g++)
        if (has[g])
            movie->genre[movie->n_genres++] = g;
}

static void draw_movie(World *world, Movie *movie)
{
    GRand *rand = world->rand;
    double age = -MEAN_AGE * log(1.0 - g_rand_double(rand));
    movie->year = YEAR_LAST - (guint)MIN(age, YEAR_LAST - YEAR_FIRST);
    draw_genres(rand, movie);

    double own = gaussian(rand);
    movie->quality = SD_QUALITY * own;
    for (guint i = 0; i < movie->n_genres; i++)
        movie->quality += world->genre_quality[movie->genre[i]] / movie->n_genres;
    for (guint f = 0; f < SYNTH_RANK; f++) {
        movie->trait[f] = sqrt(OWN_IN_MOVIE) * gaussian(rand);
        for (guint i = 0; i < movie->n_genres; i++)
            movie->trait[f] += sqrt((1.0 - OWN_IN_MOVIE) / movie->n_genres) *
                               world->genre_trait[movie->genre[i]][f];
    }

    double fame = QUALITY_IN_POPULARITY * own +
                  sqrt(1.0 - QUALITY_IN_POPULARITY * QUALITY_IN_POPULARITY) * gaussian(rand);
    movie->weight = 1 + (gint64)(1000.0 * exp(SD_LOG_POPULARITY * fame));
}

static void draw_movies(World *world)
{
    g_autoptr(GHashTable) stems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    world->n_listed = world->size.movies + MAX(world->size.movies / 20, 1);
    world->movies = g_new0(Movie, world->n_listed);

    guint id = 0;
    for (guint i = 0; i < world->n_listed; i++) {
        Movie *movie = &world->movies[i];
        id += below(world->rand, 50) == 0 ? 2 : 1;
        movie->id = id;
        movie->title = draw_title(world->rand, stems);
        draw_movie(world, movie);
    }
    world->rated = shuffled_indices(world->rand, world->n_listed);
}

/* ---- ratings ---- */

static void draw_rows(World *world)
{
    const SynthOptions *size = &world->size;
    g_auto(Urn) urn = {0};
    urn_init(&urn, size->movies);
    for (guint m = 0; m < size->movies; m++)
        urn_add(&urn, m, world->movies[world->rated[m]].weight);

    world->rows = g_new(guint, size->ratings);
    guint *row = world->rows;
    for (guint u = 0; u < size->users; u++) {
        guint n = world->users[u].n_ratings;
        for (guint i = 0; i < n; i++) {
            row[i] = urn_draw(&urn, world->rand);
            urn_add(&urn, row[i], -world->movies[world->rated[row[i]]].weight);
        }
        for (guint i = 0; i < n; i++)
            urn_add(&urn, row[i], world->movies[world->rated[row[i]]].weight);
        shuffle(world->rand, row, n); /* popular movies are drawn early */
        row += n;
    }
    /* A movie that nobody has rated is new to every user, so no pair can come up twice. */
    fill_missing(world->rand, world->rows, size->ratings, size->movies);
}

static World *world_new(const SynthOptions *options)
{
    World *world = g_new0(World, 1);
    const guint32 seed[] = {(guint32)options->seed, (guint32)(options->seed >> 32)};
    world->size = *options;
    world->rand = g_rand_new_with_seed_array(seed, G_N_ELEMENTS(seed));

    for (guint g = 0; g < N_GENRES; g++) {
        world->genre_quality[g] = SD_GENRE * gaussian(world->rand);
        draw_vector(world->rand, world->genre_trait[g]);
    }
    for (Kind kind = 0; kind < N_KINDS; kind++)
        for (guint code = 0; code < kinds[kind].n_codes; code++)
            draw_vector(world->rand, world->code_taste[kind][code]);

    draw_users(world);
    draw_movies(world);
    draw_rows(world);
    return world;
}

/* mu(u, m) of the header */
static double planted_mean(const User *user, const Movie *movie)
{
    double mean = BASE_RATING + user->bias + movie->quality;
    for (guint f = 0; f < SYNTH_RANK; f++)
        mean += user->taste[f] * movie->trait[f];
    return mean;
}

/* E[r | mu] of the header, with Phi(x) = erfc(-x / sqrt(2)) / 2 */
static double expected_rating(double mean, double noise)
{
    double expected = 1.0;
    for (guint j = 1; j <= 4; j++)
        expected += 0.5 * erfc((j + 0.5 - mean) / (noise * G_SQRT2));
    return expected;
}

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
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: cannot be created: %s",
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
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: cannot be written: %s",
                    output->path, g_strerror(output->failure));
    return output->failure == 0;
}

static gboolean write_users(World *world, const char *directory, GError **error)
{
    g_auto(Output) file = {0};
    if (!output_open(&file, directory, "users.dat", error))
        return FALSE;

    for (guint u = 0; u < world->size.users; u++) {
        const guint *code = world->users[u].code;
        print(&file, "%u::%c::%u::%u::%05u\n", u + 1, gender_codes[code[GENDER]],
              age_codes[code[AGE]], code[OCCUPATION], below(world->rand, 100000));
    }
    return output_close(&file, error);
}

static gboolean write_movies(const World *world, const char *directory, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL); /* UTF-8 */
    for (guint i = 0; i < world->n_listed; i++) {
        const Movie *movie = &world->movies[i];
        g_string_append_printf(text, "%u::%s (%u)::", movie->id, movie->title, movie->year);
        for (guint g = 0; g < movie->n_genres; g++)
            g_string_append_printf(text, "%s%s", g > 0 ? "|" : "", genres[movie->genre[g]].name);
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
static void write_user_ratings(World *world, guint u, const guint *row, Output *ratings,
                               Output *planted, Totals *totals)
{
    GRand *rand = world->rand;
    const User *user = &world->users[u];
    guint when = 956700000 + below(rand, 87000000); /* between April 2000 and January 2003 */
    for (guint i = 0; i < user->n_ratings; i++) {
        const Movie *movie = &world->movies[world->rated[row[i]]];
        double mean = planted_mean(user, movie);
        double expected = expected_rating(mean, world->size.noise);
        double rating = floor(mean + world->size.noise * gaussian(rand) + 0.5);
        rating = CLAMP(rating, 1.0, 5.0);
        when += below(rand, 60);
        print(ratings, "%u::%u::%u::%u\n", u + 1, movie->id, (guint)rating, when);
        print_float32(planted, expected);

        totals->sum += rating;
        totals->sum_squares += rating * rating;
        totals->error_squares += (rating - expected) * (rating - expected);
    }
}

static gboolean write_ratings(World *world, const char *directory, Totals *totals, GError **error)
{
    g_auto(Output) ratings = {0};
    g_auto(Output) planted = {0};
    if (!output_open(&ratings, directory, "ratings.dat", error) ||
        !output_open(&planted, directory, "planted-ratings.f32", error))
        return FALSE;

    const guint *row = world->rows;
    for (guint u = 0; u < world->size.users && !ratings.failure && !planted.failure; u++) {
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

static gboolean write_planted(const World *world, const Totals *totals, const char *directory,
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

static gboolean write_world(World *world, const char *directory, GError **error)
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
        return refuse(error, "%s: exists and is not a directory that can be read", target);
    }
    if (g_dir_read_name(directory) != NULL)
        return refuse(error, "%s: is not empty; choose a new directory", target);
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
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: cannot be created: %s", target,
                    g_strerror(errno));
        return FALSE;
    }

    g_autoptr(World) world = world_new(options);
    gboolean written = write_world(world, draft, error);
    if (written && g_rename(draft, target) != 0) {
        written = FALSE;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s: cannot be put in place: %s",
                    target, g_strerror(errno));
    }
    if (!written)
        discard(draft);
    return written;
}

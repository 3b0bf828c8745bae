#include "synth_world.h"

#include <math.h>

#include "interrupt.h"
#include "rng.h"
#include "synth_titles.h"

#define MIN_RATINGS_PER_USER 20u

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

/* How much of the variance of a taste comes from the user alone, and of a trait from the movie
 * alone; the rest comes from the kinds of metadata and from the genres. */
#define OWN_IN_USER 0.8
#define OWN_IN_MOVIE 0.5

/* People rate good and popular movies that they like, so the mean of the ratings lies well above
 * this. */
#define BASE_RATING 2.9

/* Of the logarithm. Together with the choice by taste they give about the activity and popularity
 * of MovieLens 1M. */
#define SD_LOG_ACTIVITY 0.95
#define SD_LOG_POPULARITY 1.4
#define QUALITY_IN_POPULARITY 0.5 /* correlation */

/* The choice by taste, in log-odds. They are chosen such that at the default size, as on MovieLens
 * 1M, lists by implicit ALS are nearly twice as good (NDCG@10) as "most popular", lists by age and
 * gender a tenth better, and lists by predicted rating half as good. */
#define SD_INTEREST 2.5
#define RELUCTANCE 3.0
#define LEAST_CHANCE 0.01 /* or somebody who rates nearly everything would look for ever */

/* How much each taste says about ratings, the squares adding up to 1: the first ones matter most,
 * as in real data. All SYNTH_TASTES say equally much about who rates what. */
static const double strength[SYNTH_RANK] = {0.9, 0.4, 0.15, 0.0866025403784439};

/* Each kind of user metadata: its codes, their frequencies, and how much it says about taste. */
static const struct {
    guint n_codes;
    double weight; /* in the variance of a taste; all three and OWN_IN_USER make 1 */
    double share[SYNTH_N_CODES_MAX]; /* in per mille, roughly those of MovieLens 1M */
} kinds[SYNTH_N_KINDS] = {
    [SYNTH_GENDER] = {2, 0.07, {280, 720}},
    [SYNTH_AGE] = {7, 0.08, {37, 183, 347, 197, 91, 82, 63}},
    [SYNTH_OCCUPATION] = {21, 0.05, {118, 87, 44, 29, 126, 19, 39, 112, 3,  15, 32,
                                     21,  64, 24, 50, 24,  40, 83, 12,  12, 46}},
};

static const char gender_codes[] = {'F', 'M'};
static const guint age_codes[] = {1, 18, 25, 35, 45, 50, 56};

static const struct {
    const char *name;
    double share; /* per mille of the genre slots */
} genres[SYNTH_N_GENRES] = {
    {"Action", 78},   {"Adventure", 44},   {"Animation", 16}, {"Children's", 39}, {"Comedy", 187},
    {"Crime", 33},    {"Documentary", 20}, {"Drama", 250},    {"Fantasy", 11},    {"Film-Noir", 7},
    {"Horror", 54},   {"Musical", 18},     {"Mystery", 17},   {"Romance", 73},    {"Sci-Fi", 43},
    {"Thriller", 77}, {"War", 22},         {"Western", 11},
};

void synth_world_free(SynthWorld *world)
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

/* ---- chance ---- */

static void draw_vector(GRand *rand, double vector[SYNTH_TASTES])
{
    for (guint f = 0; f < SYNTH_TASTES; f++)
        vector[f] = rng_normal(rand);
}

static guint *shuffled_indices(GRand *rand, guint n)
{
    guint *order = g_new(guint, n);
    for (guint i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(order, n, rand);
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

static void draw_metadata(SynthWorld *world, SynthKind kind)
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
static void draw_activity(SynthWorld *world)
{
    const SynthOptions *size = &world->size;
    guint least = MIN(MIN(MIN_RATINGS_PER_USER, size->ratings / size->users), size->movies);
    guint cap = size->movies - least;
    guint extra = size->ratings - least * size->users;

    g_autofree double *weights = g_new(double, size->users);
    for (guint u = 0; u < size->users; u++)
        weights[u] = exp(SD_LOG_ACTIVITY * rng_normal(world->rand));

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

static void draw_user(SynthWorld *world, SynthUser *user)
{
    user->bias = SD_USER * rng_normal(world->rand);
    for (guint f = 0; f < SYNTH_TASTES; f++) {
        double taste = sqrt(OWN_IN_USER) * rng_normal(world->rand);
        for (SynthKind kind = 0; kind < SYNTH_N_KINDS; kind++)
            taste += sqrt(kinds[kind].weight) * world->code_taste[kind][user->code[kind]][f];
        user->taste[f] = taste;
    }
}

static void draw_users(SynthWorld *world)
{
    world->users = g_new0(SynthUser, world->size.users);
    for (SynthKind kind = 0; kind < SYNTH_N_KINDS; kind++)
        draw_metadata(world, kind);
    for (guint u = 0; u < world->size.users; u++)
        draw_user(world, &world->users[u]);
    draw_activity(world);
}

/* ---- movies ---- */

static void draw_genres(GRand *rand, SynthMovie *movie)
{
    static const double share_of_count[SYNTH_MAX_GENRES_PER_MOVIE] = {520, 340, 140};
    double share[SYNTH_N_GENRES];
    gboolean has[SYNTH_N_GENRES] = {FALSE};
    for (guint g = 0; g < SYNTH_N_GENRES; g++)
        share[g] = genres[g].share;

    guint n = 1 + draw_code(rand, share_of_count, SYNTH_MAX_GENRES_PER_MOVIE);
    for (guint i = 0; i < n; i++) {
        guint g = draw_code(rand, share, SYNTH_N_GENRES);
        has[g] = TRUE;
        share[g] = 0.0;
    }
    for (guint g = 0; g < SYNTH_N_GENRES; g++)
        if (has[g])
            movie->genre[movie->n_genres++] = g;
}

static void draw_movie(SynthWorld *world, SynthMovie *movie)
{
    GRand *rand = world->rand;
    double age = -MEAN_AGE * log(1.0 - g_rand_double(rand));
    movie->year = YEAR_LAST - (guint)MIN(age, YEAR_LAST - YEAR_FIRST);
    draw_genres(rand, movie);

    double own = rng_normal(rand);
    movie->quality = SD_QUALITY * own;
    for (guint i = 0; i < movie->n_genres; i++)
        movie->quality += world->genre_quality[movie->genre[i]] / movie->n_genres;
    for (guint f = 0; f < SYNTH_TASTES; f++) {
        movie->trait[f] = sqrt(OWN_IN_MOVIE) * rng_normal(rand);
        for (guint i = 0; i < movie->n_genres; i++)
            movie->trait[f] += sqrt((1.0 - OWN_IN_MOVIE) / movie->n_genres) *
                               world->genre_trait[movie->genre[i]][f];
    }

    double fame = QUALITY_IN_POPULARITY * own +
                  sqrt(1.0 - QUALITY_IN_POPULARITY * QUALITY_IN_POPULARITY) * rng_normal(rand);
    movie->weight = 1 + (gint64)(1000.0 * exp(SD_LOG_POPULARITY * fame));
}

static void draw_movies(SynthWorld *world)
{
    g_autoptr(GHashTable) stems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    world->n_listed = world->size.movies + MAX(world->size.movies / 20, 1);
    world->movies = g_new0(SynthMovie, world->n_listed);

    guint id = 0;
    for (guint i = 0; i < world->n_listed; i++) {
        SynthMovie *movie = &world->movies[i];
        id += rng_below(world->rand, 50) == 0 ? 2 : 1;
        movie->id = id;
        movie->title = synth_title_draw(world->rand, stems);
        draw_movie(world, movie);
    }
    world->rated = shuffled_indices(world->rand, world->n_listed);
}

/* ---- ratings ---- */

/* Whether a user who has come across a movie rates it. */
static gboolean is_rated(GRand *rand, const SynthUser *user, const SynthMovie *movie)
{
    double interest = 0.0;
    for (guint f = 0; f < SYNTH_TASTES; f++)
        interest += user->taste[f] * movie->trait[f];
    interest *= SD_INTEREST / sqrt(SYNTH_TASTES);
    return g_rand_double(rand) < MAX(LEAST_CHANCE, 1.0 / (1.0 + exp(RELUCTANCE - interest)));
}

static void draw_rows(SynthWorld *world)
{
    const SynthOptions *size = &world->size;
    g_auto(Urn) urn = {0};
    urn_init(&urn, size->movies);
    for (guint m = 0; m < size->movies; m++)
        urn_add(&urn, m, world->movies[world->rated[m]].weight);

    world->rows = g_new0(guint, size->ratings);
    guint *row = world->rows;
    for (guint u = 0; u < size->users; u++) {
        if (interrupt_requested(NULL)) /* nothing of it will be written */
            return;
        const SynthUser *user = &world->users[u];
        guint n = user->n_ratings;
        for (guint i = 0; i < n; i++) {
            do
                row[i] = urn_draw(&urn, world->rand);
            while (!is_rated(world->rand, user, &world->movies[world->rated[row[i]]]));
            urn_add(&urn, row[i], -world->movies[world->rated[row[i]]].weight);
        }
        for (guint i = 0; i < n; i++)
            urn_add(&urn, row[i], world->movies[world->rated[row[i]]].weight);
        rng_shuffle(row, n, world->rand); /* popular movies are drawn early */
        row += n;
    }
    /* A movie that nobody has rated is new to every user, so no pair can come up twice. */
    fill_missing(world->rand, world->rows, size->ratings, size->movies);
}

SynthWorld *synth_world_new(const SynthOptions *options)
{
    SynthWorld *world = g_new0(SynthWorld, 1);
    world->size = *options;
    world->rand = rng_new(options->seed, 0);

    for (guint g = 0; g < SYNTH_N_GENRES; g++) {
        world->genre_quality[g] = SD_GENRE * rng_normal(world->rand);
        draw_vector(world->rand, world->genre_trait[g]);
    }
    for (SynthKind kind = 0; kind < SYNTH_N_KINDS; kind++)
        for (guint code = 0; code < kinds[kind].n_codes; code++)
            draw_vector(world->rand, world->code_taste[kind][code]);

    draw_users(world);
    draw_movies(world);
    draw_rows(world);
    return world;
}

double synth_planted_mean(const SynthUser *user, const SynthMovie *movie)
{
    double mean = BASE_RATING + user->bias + movie->quality;
    for (guint f = 0; f < SYNTH_RANK; f++)
        mean += SD_TASTE * strength[f] * user->taste[f] * movie->trait[f];
    return mean;
}

double synth_expected_rating(double mean, double noise)
{
    double expected = 1.0;
    for (guint j = 1; j <= 4; j++)
        expected += 0.5 * erfc((j + 0.5 - mean) / (noise * G_SQRT2));
    return expected;
}

char synth_gender(const SynthUser *user)
{
    return gender_codes[user->code[SYNTH_GENDER]];
}

guint synth_age(const SynthUser *user)
{
    return age_codes[user->code[SYNTH_AGE]];
}

guint synth_occupation(const SynthUser *user)
{
    return user->code[SYNTH_OCCUPATION];
}

const char *synth_genre_name(guint genre)
{
    return genres[genre].name;
}

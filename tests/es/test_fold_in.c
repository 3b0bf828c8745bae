/* Fold-in through the cluster, on ratings invented from a planted model: users held out of training
 * are folded in from some of their ratings, and what is predicted for them is compared with what
 * was planted. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bundles.h"
#include "exact_score.h"
#include "fake_server.h"
#include "fixtures.h"
#include "local_newcomer.h"
#include "newcomer.h"
#include "programs.h"
#include "recsys_error.h"
#include "servers.h"

#define USERS 600
#define HELD_OUT 60 /* every tenth */
#define SHOWN 20

/* A held-out user, all their ratings, and the noiseless ratings that were planted. */
typedef struct {
    char *id;
    Profile *profile;
    GArray *ratings; /* HistoryRating */
    GArray *planted; /* float */
} HeldOut;

static char *bundle_path, *alias;
static Bundle *bundle;
static GPtrArray *held; /* HeldOut */
static FoldInPrior *prior;

/* ---- the data ---- */

static gboolean is_held_out(const char *user)
{
    return g_ascii_strtoull(user, NULL, 10) % (USERS / HELD_OUT) == 0;
}

static char *read_file(const char *directory, const char *name, gsize *length)
{
    char *text = NULL;
    g_autofree char *path = g_build_filename(directory, name, NULL);
    if (!g_file_get_contents(path, &text, length, NULL))
        g_error("%s cannot be read", path);
    return text;
}

static void write_file(const char *directory, const char *name, const GString *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    if (!g_file_set_contents(path, text->str, (gssize)text->len, NULL))
        g_error("%s cannot be written", path);
}

static HeldOut *held_out(const char *user)
{
    for (guint i = 0; i < held->len; i++) {
        HeldOut *person = g_ptr_array_index(held, i);
        if (strcmp(person->id, user) == 0)
            return person;
    }
    HeldOut *person = g_new0(HeldOut, 1);
    person->id = g_strdup(user);
    person->profile = profile_new();
    person->ratings = g_array_new(FALSE, FALSE, sizeof(HistoryRating));
    person->planted = g_array_new(FALSE, FALSE, sizeof(float));
    g_ptr_array_add(held, person);
    return person;
}

/* ratings.dat without the held-out users, whose ratings are kept. */
static void split_ratings(const char *directory)
{
    gsize length;
    g_autofree char *text = read_file(directory, "ratings.dat", &length);
    g_autofree char *planted = read_file(directory, "planted-ratings.f32", &length);
    g_autoptr(GString) kept = g_string_new(NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], "::", -1);
        if (!is_held_out(fields[0])) {
            g_string_append_printf(kept, "%s\n", lines[i]);
            continue;
        }
        const HistoryRating rating = {g_strdup(fields[1]), g_ascii_strtod(fields[2], NULL), i + 1};
        HeldOut *person = held_out(fields[0]);
        g_array_append_val(person->ratings, rating);
        g_array_append_vals(person->planted, planted + i * sizeof(float), 1);
    }
    write_file(directory, "ratings.dat", kept);
}

static void read_profiles(const char *directory)
{
    gsize length;
    g_autofree char *text = read_file(directory, "users.dat", &length);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++) {
        g_auto(GStrv) fields = g_strsplit(lines[i], "::", -1);
        if (!is_held_out(fields[0]))
            continue;
        Profile *profile = held_out(fields[0])->profile;
        profile_add(profile, FEATURE_GENDER, fields[1]);
        profile_add(profile, FEATURE_AGE, fields[2]);
        profile_add(profile, FEATURE_OCCUPATION, fields[3]);
    }
}

/* Rare values that only held-out users have are none of the model's. */
static void drop_unknown_values(void)
{
    for (guint i = 0; i < held->len; i++) {
        Profile *profile = ((HeldOut *)g_ptr_array_index(held, i))->profile;
        for (guint f = profile_size(profile); f-- > 0;) {
            const ProfileFeature *feature = profile_get(profile, f);
            if (!feature_table_find(bundle->features, feature->type, feature->value, NULL))
                profile_remove(profile, f);
        }
    }
}

static void set_up(void)
{
    g_auto(Run) run = {0};
    g_autofree char *directory = tap_directory();
    g_autofree char *data = g_build_filename(directory, "data", NULL);
    bundle_path = g_build_filename(directory, "bundle", NULL);
    alias = g_strdup_printf("%s-live", server_prefix());
    held = g_ptr_array_new();
    run_program(&run, TRAINER, "synth", data, "--users=600", "--movies=200", "--ratings=60000",
                NULL);
    split_ratings(data);
    read_profiles(data);
    run_program(&run, TRAINER, "train", data, bundle_path, "--factors=16", "--batch-size=256",
                "--learning-rate=0.002", NULL);
    bundle = bundle_open(bundle_path, NULL);
    if (bundle == NULL)
        g_error("no bundle for the tests: %s", run.err);
    drop_unknown_values();
    prior = fold_in_prior_of_bundle(bundle);
    run_program(&run, LOADER, "release", NO_LIMITS, bundle_path, "--url", server_url(), "--alias",
                alias, NULL);
    if (!run_says(&run, 0, NULL))
        g_error("no release for the tests");
}

/* ---- predictions ---- */

/* The first `count` ratings that the bundle has the movie of. */
static History *history_of(const HeldOut *person, guint count)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < MIN(count, person->ratings->len); i++) {
        const HistoryRating *rating = &g_array_index(person->ratings, HistoryRating, i);
        g_string_append_printf(text, "%s %g\n", rating->movie, rating->rating);
    }
    return history_parse(text->str, text->len, "the test", NULL);
}

static gboolean predict(double *rating, const ProfileSum *sum, const char *movie)
{
    guint index;
    if (!feature_table_find(bundle->features, FEATURE_MOVIE, movie, &index))
        return FALSE;
    const ExactScore score = exact_score(sum->query, fm_vector(bundle->model, index), sum->k,
                                         bundle->model->bias[index], 0);
    *rating = profile_rating(sum, score.score, NULL, &bundle->form);
    return TRUE;
}

typedef struct {
    double squares;
    guint count;
} Errors;

/* Against what was planted, on the ratings that nobody was shown. */
static void add_errors(Errors *errors, const HeldOut *person, const ProfileSum *sum)
{
    for (guint i = SHOWN; i < person->ratings->len; i++) {
        double rating;
        if (!predict(&rating, sum, g_array_index(person->ratings, HistoryRating, i).movie))
            continue;
        const double error = rating - (double)g_array_index(person->planted, float, i);
        errors->squares += error * error;
        errors->count++;
    }
}

static double rmse(const Errors *errors)
{
    return sqrt(errors->squares / errors->count);
}

static gboolean same_sum(const ProfileSum *a, const ProfileSum *b)
{
    return a->k == b->k && a->offset == b->offset &&
           memcmp(a->query, b->query, a->k * sizeof(float)) == 0;
}

/* From the cluster, and the same from the bundle: not a bit of difference. */
static Newcomer *fold_in(Recommender *recommender, const HeldOut *person, guint shown,
                         gboolean with_profile)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(History) history = history_of(person, shown);
    const NewcomerRequest who = {history, with_profile ? person->profile : NULL, TRUE};
    Newcomer *newcomer = newcomer_fetch(recommender, &who, &error);
    g_autoptr(Newcomer) local = local_newcomer(bundle, prior, &who, NULL);
    CU_ASSERT(newcomer != NULL && local != NULL && same_sum(newcomer->sum, local->sum));
    if (error != NULL)
        tap_comment(error->message);
    return newcomer;
}

static void test_planted(void)
{
    static const guint shown[] = {0, 5, 10, SHOWN};
    double with[4], without[4];
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    CU_ASSERT_EQUAL(held->len, HELD_OUT);
    for (guint s = 0; s < G_N_ELEMENTS(shown); s++) {
        Errors errors[2] = {{0}};
        for (guint i = 0; i < held->len; i++) {
            const HeldOut *person = g_ptr_array_index(held, i);
            for (guint p = 0; p < 2; p++) {
                g_autoptr(ProfileSum) alone = NULL;
                g_autoptr(Newcomer) newcomer =
                    shown[s] > 0 ? fold_in(recommender, person, shown[s], p == 1) : NULL;
                if (newcomer == NULL) {
                    const RecommendRequest ask = {.profile = person->profile, .size = 1};
                    CU_ASSERT(recommender_prepare(recommender, &ask, NULL));
                    alone = profile_sum_copy(recommender_last_sum(recommender));
                }
                add_errors(&errors[p], person, newcomer != NULL ? newcomer->sum : alone);
            }
        }
        without[s] = rmse(&errors[0]);
        with[s] = rmse(&errors[1]);
        printf("# %2u shown: RMSE %.3f of what was planted, %.3f with metadata\n", shown[s],
               without[s], with[s]);
    }
    CU_ASSERT(with[1] < with[0] && with[2] < with[1] && with[3] < with[2]);
    CU_ASSERT(without[2] < with[0] && without[3] < without[2]);
    CU_ASSERT(with[3] < 0.75 * with[0]);
}

/* What the cluster ranks is what the newcomer's sum says, and nothing they have seen is in it. */
static void test_ranking(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const HeldOut *person = g_ptr_array_index(held, 3);
    g_autoptr(History) history = history_of(person, SHOWN);
    g_autoptr(Filter) filter = filter_new();
    history_exclude(history, filter);
    const NewcomerRequest who = {.history = history, .profile = person->profile};
    const RecommendRequest what = {.size = 30, .filter = filter, .explain = TRUE};
    g_autoptr(Newcomer) newcomer = NULL;
    g_autoptr(Ranking) ranking = newcomer_ask(&newcomer, recommender, &who, &what, &error);
    CU_ASSERT(ranking != NULL && ranking->movies->len == 30);
    for (guint i = 0; ranking != NULL && i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        double rating = 0, shares = 0;
        CU_ASSERT(predict(&rating, newcomer->sum, movie->value));
        CU_ASSERT_DOUBLE_EQUAL(movie->rating, rating, 1e-4);
        for (guint h = 0; h < history->ratings->len; h++)
            CU_ASSERT(strcmp(history_get(history, h)->movie, movie->value) != 0);
        for (guint t = 0; ranking->terms != NULL && ranking->terms[t] != NULL; t++)
            shares += movie->shares[t];
        CU_ASSERT_DOUBLE_EQUAL(movie->score, shares, 1e-4);
    }
    CU_ASSERT(ranking != NULL &&
              g_strv_contains((const char *const *)ranking->terms, "20 ratings"));
}

/* ---- what goes wrong ---- */

static void check_refused(const char *text, const Profile *profile, gboolean skip, int code,
                          const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    g_autoptr(History) history = history_parse(text, strlen(text), "seen.txt", NULL);
    const NewcomerRequest who = {history, profile, skip};
    g_autoptr(Newcomer) newcomer = newcomer_fetch(recommender, &who, &error);
    CU_ASSERT_PTR_NULL(newcomer);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, code, message);
}

static void test_bad_histories(void)
{
    const char *known =
        feature_table_get(
            bundle->features,
            g_array_index(feature_table_of_type(bundle->features, FEATURE_MOVIE), guint, 0))
            ->value;
    g_autofree char *some = g_strdup_printf("x1 3\n%s 4\nx2 3\n", known);
    g_autofree char *beyond = g_strdup_printf("# mine\n%s 9\n", known);
    g_autofree char *good = g_strdup_printf("%s 4\n", known);
    g_autoptr(Profile) user = profile_new();
    g_autoptr(Profile) old = profile_new();
    profile_add(user, FEATURE_USER, "1");
    profile_add(old, FEATURE_AGE, "200");
    check_refused(some, NULL, FALSE, RECSYS_ERROR_DATA,
                  "seen.txt: 2 of its 3 movies are not in release");
    check_refused(some, NULL, FALSE, RECSYS_ERROR_DATA, "x1 (line 1), x2 (line 3); --skip-unknown");
    check_refused("x1 3\nx2 3\n", NULL, TRUE, RECSYS_ERROR_DATA, "2 of its 2 movies are not in");
    check_refused(beyond, NULL, FALSE, RECSYS_ERROR_DATA, "seen.txt:2: movie ");
    check_refused(good, user, FALSE, RECSYS_ERROR_USAGE, "give one of the two");
    check_refused(good, old, FALSE, RECSYS_ERROR_USAGE, "there is no age 200");
}

static void test_skipping(void)
{
    const HeldOut *person = g_ptr_array_index(held, 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), alias);
    const HistoryRating *rating = &g_array_index(person->ratings, HistoryRating, 0);
    g_autofree char *text = g_strdup_printf("x1 3\n%s 4\n", rating->movie);
    g_autofree char *short_text = g_strdup_printf("%s 4\n", rating->movie);
    g_autoptr(History) history = history_parse(text, strlen(text), "a", NULL);
    g_autoptr(History) same = history_parse(short_text, strlen(short_text), "b", NULL);
    const NewcomerRequest who = {.history = history, .skip_unknown = TRUE};
    const NewcomerRequest without = {.history = same};
    g_autoptr(Newcomer) newcomer = newcomer_fetch(recommender, &who, &error);
    g_autoptr(Newcomer) other = newcomer_fetch(recommender, &without, &error);
    CU_ASSERT(newcomer != NULL && other != NULL && same_sum(newcomer->sum, other->sum));
    CU_ASSERT(newcomer != NULL && newcomer->ratings == 1 && newcomer->unknown->len == 1);
}

/* ---- a release that is replaced ---- */

typedef struct {
    char *alias, *old, *new; /* the indices of two releases of different models; `old` is live */
    gboolean swapped;
} Swap;

/* The alias moves and the old index is deleted. */
static void swap_now(Swap *swap)
{
    g_autofree char *actions =
        g_strdup_printf("{\"actions\":[{\"add\":{\"index\":\"%s\",\"alias\":\"%s\"}},"
                        "{\"remove_index\":{\"index\":\"%s\"}}]}",
                        swap->new, swap->alias, swap->old);
    swap->swapped = TRUE;
    CU_ASSERT(server_do("POST", actions, "/_aliases"));
}

/* A proxy: it all happens between the two requests of the flow. */
static void swap_before_search(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Swap *swap = data;
    if (!swap->swapped && strstr(request->path, "_search") != NULL)
        swap_now(swap);
    fake_forward(server_url(), request, answer);
}

static char *release_as(const char *path, const char *of_alias)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias",
                of_alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    return server_index_of(of_alias);
}

/* The same bundle, but for a bias: another model, so another name within the same second. */
static char *other_bundle(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = tap_directory();
    char *path = g_build_filename(directory, "other", NULL);
    bundle->model->bias[0] += 1;
    if (!bundle_write(path, bundle->model, bundle->features,
                      "{\"link\":{\"type\":\"sigmoid\",\"scale\":5.5}}", FALSE, &error))
        g_error("%s", error->message);
    bundle->model->bias[0] -= 1;
    return path;
}

static void swap_init(Swap *swap, const char *name)
{
    g_autofree char *path = other_bundle();
    *swap = (Swap){.alias = g_strdup_printf("%s-%s", server_prefix(), name)};
    swap->new = release_as(path, swap->alias);
    swap->old = release_as(bundle_path, swap->alias);
    CU_ASSERT(g_strcmp0(swap->old, swap->new) != 0);
}

static void swap_clear(Swap *swap)
{
    g_free(swap->alias);
    g_free(swap->old);
    g_free(swap->new);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Swap, swap_clear)

static void test_swapped_between(void)
{
    g_auto(Swap) swap = {0};
    g_autoptr(GError) error = NULL;
    swap_init(&swap, "between");
    g_autoptr(FakeServer) proxy = fake_server_start(swap_before_search, &swap);
    g_auto(HttpOptions) http = {.url = g_strdup(fake_server_url(proxy))};
    g_autoptr(EsClient) client = es_client_connect(&http, &error);
    CU_ASSERT_PTR_NOT_NULL(client);
    if (client == NULL)
        return;
    g_autoptr(Recommender) recommender = recommender_new(client, swap.alias);
    g_autoptr(History) history = history_of(g_ptr_array_index(held, 1), SHOWN);
    const NewcomerRequest who = {.history = history};
    const RecommendRequest what = {.size = 5};
    g_autoptr(Newcomer) newcomer = NULL;
    g_autoptr(Ranking) ranking = newcomer_ask(&newcomer, recommender, &who, &what, &error);
    if (error != NULL)
        tap_comment(error->message);
    CU_ASSERT(swap.swapped);
    CU_ASSERT(ranking != NULL && g_strcmp0(ranking->index, swap.new) == 0);
    CU_ASSERT(newcomer != NULL && g_strcmp0(newcomer->index, swap.new) == 0);
}

/* Somebody folded in with a release that is gone can only be told so. */
static void test_stale(void)
{
    g_auto(Swap) swap = {0};
    g_autoptr(GError) error = NULL;
    swap_init(&swap, "stale");
    g_autoptr(Recommender) recommender = recommender_new(server_client(), swap.alias);
    g_autoptr(History) history = history_of(g_ptr_array_index(held, 1), SHOWN);
    const NewcomerRequest who = {.history = history};
    g_autoptr(Newcomer) early = newcomer_fetch(recommender, &who, &error);
    CU_ASSERT(early != NULL && g_strcmp0(early->index, swap.old) == 0);
    swap_now(&swap);
    if (early == NULL)
        return;
    const RecommendRequest stale = {.sum = early->sum, .index = early->index, .size = 5};
    g_autoptr(Ranking) none = recommender_ask(recommender, &stale, &error);
    CU_ASSERT_PTR_NULL(none);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, "try again");
}

/* The same model as a factorization machine all of whose features interact. */
static Bundle *plain_bundle(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "plain", NULL);
    if (!bundle_write(path, bundle->model, bundle->features,
                      "{\"link\":{\"type\":\"sigmoid\",\"scale\":5.5}}", FALSE, &error))
        g_error("%s", error->message);
    return bundle_open(path, NULL);
}

static void check_plain(const Bundle *plain, const FoldInPrior *expected, const char *own,
                        guint parts)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Recommender) recommender = recommender_new(server_client(), own);
    g_autoptr(History) history = history_of(g_ptr_array_index(held, 4), SHOWN);
    const NewcomerRequest who = {.history = history};
    g_autoptr(Newcomer) newcomer = newcomer_fetch(recommender, &who, &error);
    g_autoptr(Newcomer) local = local_newcomer(plain, expected, &who, NULL);
    CU_ASSERT(newcomer != NULL && newcomer->parts->count == parts);
    CU_ASSERT(newcomer != NULL && local != NULL && same_sum(newcomer->sum, local->sum));
}

/* Averages stand in for what is not known; a release of an earlier version has nothing about
 * newcomers: they start from zero. */
static void test_old_releases(void)
{
    g_auto(Run) run = {0};
    g_autofree char *own = g_strdup_printf("%s-old", server_prefix());
    g_autoptr(Bundle) plain = plain_bundle();
    g_autoptr(FoldInPrior) averages = fold_in_prior_of_bundle(plain);
    g_autoptr(FoldInPrior) nobody = fold_in_prior_read(NULL, &plain->form, plain->model->k, 0);
    run_program(&run, LOADER, "release", NO_LIMITS, plain->path, "--url", server_url(), "--alias",
                own, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    check_plain(plain, averages, own, 4); /* age, gender, occupation, the person */
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(plain, DOC_IDS_BY_VALUE);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_key(json, "_meta");
    release_meta_put(json, meta, plain); /* without a state, so without fold_in */
    yajl_gen_map_close(json);
    g_autofree char *mapping = json_take(json, NULL);
    CU_ASSERT(server_do("PUT", mapping, "/%s/_mapping", own));
    check_plain(plain, nobody, own, 1);
}

/* ---- the command ---- */

static void recommend(Run *run, const char *history, const char *option, const char *other)
{
    run_program(run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--history",
                history, option, other, NULL);
}

static void test_command(void)
{
    g_auto(Run) table = {0}, json = {0}, piped = {0}, why = {0}, other = {0};
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "seen.txt", NULL);
    const HeldOut *person = g_ptr_array_index(held, 2);
    const HistoryRating *rating = &g_array_index(person->ratings, HistoryRating, 0);
    g_autofree char *line = g_strdup_printf("%s::%g\n", rating->movie, rating->rating);
    fixture_put(directory, "seen.txt", line, -1);
    recommend(&table, path, "--gender=F", NULL);
    CU_ASSERT(run_says(&table, 0, "For {gender F, 1 rating}, ratings up to 5.5:", NULL));
    recommend(&why, path, "--explain", "--diversify=0.3");
    CU_ASSERT(run_says(&why, 0, "(the movie itself)", "(1 rating)\n",
                       "rating = 5.5 / (1 + e^-(score ", NULL));
    recommend(&json, path, "--json", "--size=200");
    CU_ASSERT(run_says(&json, 0, NULL));
    g_auto(yajl_val) answer = json_parse(json.out, "recommend --json", NULL);
    CU_ASSERT(g_strcmp0(json_get_string(answer, "profile"), "1 rating") == 0);
    CU_ASSERT_EQUAL(json_array_length(json_get(answer, "movies")), /* all but the one seen */
                    feature_table_of_type(bundle->features, FEATURE_MOVIE)->len - 1);
    g_autofree char *document = g_strdup_printf("movie_%s", line);
    fixture_put(directory, "document.txt", document, -1);
    g_autofree char *of_document = g_build_filename(directory, "document.txt", NULL);
    recommend(&other, of_document, "--json", "--size=200");
    CU_ASSERT_STRING_EQUAL(other.out, json.out);
    g_autofree char *both = g_strconcat(line, document, NULL);
    fixture_put(directory, "document.txt", both, -1);
    recommend(&other, of_document, "--json", NULL);
    CU_ASSERT(run_says(&other, 2, "document.txt:2: movie ", "is rated in line 1 already", NULL));
    g_autofree char *command = g_strdup_printf(
        "\"$RECSYS_LOADER\" recommend --url '%s' --alias %s --history - --json --size 200 <'%s'",
        server_url(), alias, path);
    run_program(&piped, "/bin/sh", "-c", command, NULL);
    CU_ASSERT_STRING_EQUAL(piped.out, json.out);
}

/* Ctrl-C while a history is waited for: from standard input, which nobody closes, and from a pipe
 * that nobody writes to. */
static void test_interrupted(void)
{
    g_autofree char *directory = tap_directory();
    g_autofree char *pipe = g_build_filename(directory, "pipe", NULL);
    const char *const histories[] = {"- <>", ""};
    CU_ASSERT_EQUAL(mkfifo(pipe, 0600), 0);
    for (guint i = 0; i < G_N_ELEMENTS(histories); i++) {
        g_auto(Run) run = {0};
        g_autofree char *command = g_strdup_printf(
            "exec \"$RECSYS_LOADER\" recommend --url '%s' --alias %s --history %s'%s'",
            server_url(), alias, histories[i], pipe);
        run_interrupted(&run, SIGINT, 300000, "/bin/sh", "-c", command, NULL);
        CU_ASSERT(run_says(&run, 130, NULL));
        CU_ASSERT_STRING_EQUAL(run.out, "");
    }
}

static void test_bad_commands(void)
{
    g_auto(Run) unknown = {0}, skipped = {0}, user = {0}, empty = {0}, absent = {0};
    g_autofree char *directory = tap_directory();
    g_autofree char *path = g_build_filename(directory, "seen.txt", NULL);
    g_autofree char *nothing = g_build_filename(directory, "nothing.txt", NULL);
    g_autofree char *nowhere = g_build_filename(directory, "nowhere.txt", NULL);
    const HeldOut *person = g_ptr_array_index(held, 2);
    const HistoryRating *rating = &g_array_index(person->ratings, HistoryRating, 0);
    g_autofree char *lines = g_strdup_printf("x1 3\n%s 4\n", rating->movie);
    fixture_put(directory, "seen.txt", lines, -1);
    fixture_put(directory, "nothing.txt", "# nothing\n", -1);
    recommend(&unknown, path, NULL, NULL);
    CU_ASSERT(run_says(&unknown, 2, path, "1 of its 2 movies are not in release", "x1 (line 1)",
                       "--skip-unknown", NULL));
    recommend(&skipped, path, "--skip-unknown", NULL);
    CU_ASSERT(run_says(&skipped, 0, "There is no movie x1 (line 1) in this release: skipped.",
                       "For {1 rating}", NULL));
    recommend(&user, path, "--skip-unknown", "--user=1");
    CU_ASSERT(run_says(&user, 1, "give one of the two", NULL));
    recommend(&empty, nothing, NULL, NULL);
    CU_ASSERT(run_says(&empty, 2, "nothing.txt has no ratings", NULL));
    recommend(&absent, nowhere, NULL, NULL);
    CU_ASSERT(run_says(&absent, 2, "nowhere.txt", NULL));
}

static const UnitTest tests[] = {
    {"held-out users against what was planted", test_planted},
    {"the ranking of a newcomer", test_ranking},
    {"histories that cannot be", test_bad_histories},
    {"movies that are skipped", test_skipping},
    {"a release that is replaced between the requests", test_swapped_between},
    {"a release that is gone", test_stale},
    {"releases of factorization machines, and of an earlier version", test_old_releases},
    {"the command", test_command},
    {"commands that cannot be", test_bad_commands},
    {"interrupted while waiting", test_interrupted},
    {NULL, NULL},
};

SERVER_MAIN("fold-in", tests, set_up)

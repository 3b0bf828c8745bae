#include "order_check.h"

#include <string.h>

#include "interrupt.h"
#include "local_scorer.h"
#include "order_log.h"
#include "order_proof.h"
#include "progress.h"
#include "recommend.h"
#include "recsys_error.h"
#include "rng.h"
#include "standard_profiles.h"

typedef struct {
    Report *report;
    const Bundle *bundle;
    const GArray *movies; /* feature indices */
    Recommender *recommender;
    guint depth;
    ExactScore *scores;    /* [movies] */
    gboolean *is_returned; /* [movies] */
    const char *profile;   /* description, for messages */
    const Profile *asked;  /* the profile itself */
    FILE *log;             /* of order_log.h, or NULL */
    char *last_failure;    /* of a ranking that could not be had */
} Check;

/* ---- profiles ---- */

static GPtrArray *types_but_movies(const FeatureTable *features)
{
    const GPtrArray *types = feature_table_types(features);
    GPtrArray *chosen = g_ptr_array_new();
    for (guint i = 0; i < types->len; i++) {
        char *type = g_ptr_array_index(types, i);
        if (strcmp(type, FEATURE_MOVIE) != 0)
            g_ptr_array_add(chosen, type);
    }
    return chosen;
}

static const char *value_at(const FeatureTable *features, const char *type, guint position)
{
    const GArray *indices = feature_table_of_type(features, type);
    return feature_table_get(features, g_array_index(indices, guint, position))->value;
}

static guint count_of(const FeatureTable *features, const char *type)
{
    const GArray *indices = feature_table_of_type(features, type);
    return indices != NULL ? indices->len : 0;
}

static void add_random_value(Profile *profile, const FeatureTable *features, const char *type,
                             GRand *random)
{
    guint position = rng_below(random, count_of(features, type));
    profile_add(profile, type, value_at(features, type, position));
}

static void add_random(GPtrArray *profiles, const FeatureTable *features, const GPtrArray *types,
                       const OrderOptions *options)
{
    g_autoptr(GRand) random = rng_new(options->seed, 0);
    for (guint i = 0; i < options->random; i++) {
        Profile *profile = profile_new();
        for (guint t = 0; t < types->len; t++)
            if (g_rand_boolean(random))
                add_random_value(profile, features, g_ptr_array_index(types, t), random);
        if (profile_size(profile) == 0 && types->len > 0)
            add_random_value(profile, features,
                             g_ptr_array_index(types, rng_below(random, types->len)), random);
        if (profile_size(profile) > 0)
            g_ptr_array_add(profiles, profile);
        else
            profile_free(profile);
    }
}

/* ---- one answer ---- */

static int compare_indices(gconstpointer a, gconstpointer b)
{
    guint x = *(const guint *)a, y = *(const guint *)b;
    return (x > y) - (x < y);
}

/* The position among the movies of a returned document, or -1. */
static gint position_of(const Check *check, const char *value)
{
    guint index;
    if (!feature_table_find(check->bundle->features, FEATURE_MOVIE, value, &index))
        return -1;
    guint position;
    gboolean found =
        g_array_binary_search((GArray *)check->movies, &index, compare_indices, &position);
    g_assert(found); /* `movies` are all features of this type, in order */
    return (gint)position;
}

static void check_score(Check *check, const RankedMovie *movie, ExactScore exact)
{
    Report *report = check->report;
    double error = order_error(exact, movie->raw_score);
    report->scores++;
    report->worst_ulps = MAX(report->worst_ulps, error / float_ulp(movie->raw_score));
    report->worst_share = MAX(report->worst_share, error / exact.bound);
    if (!order_score_is_right(exact, movie->raw_score))
        report_violation(
            report, "score of %s for {%s}: the cluster has %.9g, the model %.9g ± %.2g", movie->id,
            check->profile, (double)movie->raw_score, exact.score, exact.bound);
}

/* FALSE if it is violated. */
static gboolean check_pair(Check *check, const RankedMovie *above, const RankedMovie *below,
                           ExactScore above_score, ExactScore below_score)
{
    switch (order_pair(above_score, below_score)) {
    case PAIR_PROVED:
        check->report->proved++;
        return TRUE;
    case PAIR_WITHIN_ROUNDING:
        check->report->within_rounding++;
        return TRUE;
    case PAIR_VIOLATED:
        report_violation(
            check->report, "order for {%s}: %s is returned above %s, the model has %.9g below %.9g",
            check->profile, above->id, below->id, above_score.score, below_score.score);
        break;
    }
    return FALSE;
}

/* Pairs within rounding included: the answer must agree with its own scores. */
static void check_sorted(Check *check, const RankedMovie *above, const RankedMovie *below,
                         guint above_index, guint below_index)
{
    if (!order_is_sorted(above->raw_score, above_index, below->raw_score, below_index))
        report_violation(
            check->report,
            "order for {%s}: %s is returned above %s, but their own scores are %.9g and %.9g%s",
            check->profile, above->id, below->id, (double)above->raw_score,
            (double)below->raw_score,
            above->raw_score == below->raw_score ? ", and its feature index is higher" : "");
}

static gboolean check_cut(Check *check)
{
    guint left_out, returned;
    if (order_cut_is_right(check->scores, check->is_returned, check->movies->len, &left_out,
                           &returned))
        return TRUE;
    const FeatureTable *features = check->bundle->features;
    report_violation(
        check->report,
        "set for {%s}: movie_%s (%.9g) is left out although movie_%s (%.9g) is returned",
        check->profile, value_at(features, FEATURE_MOVIE, left_out), check->scores[left_out].score,
        value_at(features, FEATURE_MOVIE, returned), check->scores[returned].score);
    return FALSE;
}

/* Marks the returned movies; FALSE if the list itself is wrong, so that its order says nothing. */
static gboolean check_list(Check *check, const Ranking *ranking, gint *positions)
{
    const guint expected = MIN(check->depth, check->movies->len);
    memset(check->is_returned, 0, check->movies->len * sizeof *check->is_returned);
    if (ranking->movies->len != expected) {
        report_violation(check->report, "list for {%s}: %u movies are returned, %u were asked for",
                         check->profile, ranking->movies->len, expected);
        return FALSE;
    }
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        positions[i] = position_of(check, movie->value);
        if (positions[i] < 0 || check->is_returned[positions[i]]) {
            report_violation(check->report, "list for {%s}: %s (movie %s) is %s", check->profile,
                             movie->id, movie->value,
                             positions[i] < 0 ? "not a movie of the bundle" : "returned twice");
            return FALSE;
        }
        check->is_returned[positions[i]] = TRUE;
    }
    return TRUE;
}

static gboolean check_query(Check *check, const ProfileSum *expected, const ProfileSum *found)
{
    if (found->k == expected->k &&
        memcmp(found->query, expected->query, expected->k * sizeof(float)) == 0)
        return TRUE;
    report_violation(check->report,
                     "query vector for {%s}: the stored vectors do not sum to the bundle's",
                     check->profile);
    return FALSE;
}

/* Scores, pairs and cut of a list without faults. exact, indices: [movies of the ranking], filled
 * here. */
static gboolean check_order(Check *check, const Ranking *ranking, const float *query,
                            const gint *positions, ExactScore *exact, guint *indices)
{
    local_score_all(check->scores, check->bundle, query, ranking->shift);
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        exact[i] = check->scores[positions[i]];
        indices[i] = g_array_index(check->movies, guint, positions[i]);
        check_score(check, movie, exact[i]);
        if (i == 0)
            continue;
        if (check_pair(check, movie - 1, movie, exact[i - 1], exact[i]))
            check_sorted(check, movie - 1, movie, indices[i - 1], indices[i]);
    }
    return check_cut(check);
}

static void check_ranking(Check *check, const Ranking *ranking, const ProfileSum *expected,
                          const ProfileSum *found)
{
    const guint movies = ranking->movies->len + 1; /* never an empty array */
    g_autofree gint *positions = g_new(gint, movies);
    g_autofree ExactScore *exact = g_new(ExactScore, movies);
    g_autofree guint *indices = g_new(guint, movies);
    OrderLogEntry entry = {
        .profile = check->asked,
        .ranking = ranking,
        .exact = exact,
        .indices = indices,
    };
    entry.query_is_right = check_query(check, expected, found);
    entry.list_is_right = entry.query_is_right && check_list(check, ranking, positions);
    if (entry.list_is_right)
        entry.set_is_right =
            check_order(check, ranking, expected->query, positions, exact, indices);
    if (check->log != NULL)
        order_log_put(check->log, &entry);
}

/* ---- all of them ---- */

static gboolean check_profile(Check *check, const Profile *profile, GError **error)
{
    g_autofree char *description = profile_describe(profile);
    check->profile = description;
    check->asked = profile;
    g_autoptr(ProfileSum) expected = local_profile_sum(check->bundle, profile, error);
    if (expected == NULL)
        return FALSE;

    g_autoptr(GError) failure = NULL;
    g_autoptr(Ranking) ranking =
        recommender_rank(check->recommender, profile, check->depth, &failure);
    check->report->profiles++;
    if (ranking != NULL) {
        check_ranking(check, ranking, expected, recommender_last_sum(check->recommender));
        return TRUE;
    }
    /* Documents that cannot be ranked are a finding; a cluster that cannot be asked is not. */
    if (g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_GATE) ||
        g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_USAGE) ||
        g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_REFUSED) ||
        g_error_matches(failure, ES_ERROR, 400)) {
        if (g_strcmp0(check->last_failure, failure->message) == 0)
            report_repeat(check->report);
        else
            report_violation(check->report, "ranking for {%s}: %s", description, failure->message);
        g_free(check->last_failure);
        check->last_failure = g_strdup(failure->message);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean order_check(Report *report, EsClient *client, const char *alias, const Bundle *bundle,
                     const OrderOptions *options, GError **error)
{
    g_autoptr(GPtrArray) types = types_but_movies(bundle->features);
    g_autoptr(GPtrArray) profiles = standard_profiles(bundle->features);
    add_random(profiles, bundle->features, types, options);

    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    g_autofree ExactScore *scores = g_new(ExactScore, movies->len);
    g_autofree gboolean *is_returned = g_new(gboolean, movies->len);
    g_autoptr(Recommender) recommender = recommender_new(client, alias);
    Check check = {
        .report = report,
        .bundle = bundle,
        .movies = movies,
        .recommender = recommender,
        .depth = options->depth,
        .log = options->log,
        .scores = scores,
        .is_returned = is_returned,
    };
    report->depth = options->depth;

    Progress progress;
    progress_start(&progress, "orders", "profiles", profiles->len);
    gboolean asked = TRUE;
    for (guint i = 0; asked && i < profiles->len; i++) {
        asked = !interrupt_requested(error) &&
                check_profile(&check, g_ptr_array_index(profiles, i), error);
        progress_update(&progress, i + 1, NULL);
    }
    progress_end(&progress);
    g_free(check.last_failure);
    return asked;
}

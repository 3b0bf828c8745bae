#include "answer_check.h"

#include <math.h>

#include "document.h"
#include "movie_ids.h"
#include "order_proof.h"

struct AnswerCheck {
    Report *report;
    const Bundle *bundle;
    DocIds doc_ids;
    const KernelFinding *kernels; /* nullable */
    const GArray *movies;         /* feature indices */
    MovieIds *ids;
    FastScorer *scorer;
    gboolean *is_returned; /* [movies]: all FALSE between two answers */
    GArray *scores;        /* ExactScore: of the returned movies, then of those left out */
    const char *profile;   /* for messages */
};

AnswerCheck *answer_check_new(Report *report, const Bundle *bundle, DocIds doc_ids,
                              const KernelFinding *kernels)
{
    AnswerCheck *check = g_new0(AnswerCheck, 1);
    check->report = report;
    check->bundle = bundle;
    check->doc_ids = doc_ids;
    check->kernels = kernels;
    check->movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    check->ids = movie_ids_new(bundle, doc_ids);
    check->scorer = fast_scorer_new(bundle, code_kernel_fastest());
    check->is_returned = g_new0(gboolean, check->movies->len);
    check->scores = g_array_new(FALSE, FALSE, sizeof(ExactScore));
    return check;
}

void answer_check_free(AnswerCheck *check)
{
    if (check == NULL)
        return;
    movie_ids_free(check->ids);
    fast_scorer_free(check->scorer);
    g_free(check->is_returned);
    g_array_unref(check->scores);
    g_free(check);
}

gboolean answer_check_find(const AnswerCheck *check, const char *id, guint *position)
{
    return movie_ids_find(check->ids, id, position);
}

static char *id_at(const AnswerCheck *check, guint position)
{
    const guint index = g_array_index(check->movies, guint, position);
    return document_id(check->bundle, check->doc_ids, index);
}

static ExactScore score_at(const AnswerCheck *check, guint i)
{
    return g_array_index(check->scores, ExactScore, i);
}

/* ---- the parts ---- */

/* FALSE if the list itself is wrong, so that its order says nothing. Marks the returned movies. */
static gboolean check_list(AnswerCheck *check, const GArray *returned, guint depth)
{
    const guint expected = MIN(depth, check->movies->len);
    if (returned->len != expected) {
        report_violation(check->report, VIOLATION_LIST,
                         "list for {%s}: %u movies are returned, %u were asked for", check->profile,
                         returned->len, expected);
        return FALSE;
    }
    for (guint i = 0; i < returned->len; i++) {
        const guint position = g_array_index(returned, Returned, i).position;
        if (check->is_returned[position]) {
            g_autofree char *id = id_at(check, position);
            report_violation(check->report, VIOLATION_LIST, "list for {%s}: %s is returned twice",
                             check->profile, id);
            return FALSE;
        }
        check->is_returned[position] = TRUE;
    }
    return TRUE;
}

static void unmark(AnswerCheck *check, const GArray *returned)
{
    for (guint i = 0; i < returned->len; i++)
        check->is_returned[g_array_index(returned, Returned, i).position] = FALSE;
}

static void check_score(AnswerCheck *check, const Returned *movie, ExactScore exact)
{
    const double error = order_error(exact, movie->score);
    const gboolean is_named = !order_score_is_right(exact, movie->score) ||
                              report_keeps_names(check->report, error, exact.bound);
    g_autofree char *id = is_named ? id_at(check, movie->position) : NULL;
    if (!report_score(check->report, exact.score, exact.bound, movie->score, id, check->profile))
        report_violation(check->report, VIOLATION_SCORE,
                         "score of %s for {%s}: the cluster has %.9g, the model %.9g ± %.2g", id,
                         check->profile, (double)movie->score, exact.score, exact.bound);
}

/* What no bound can tell: that the score is what the nodes' own code makes. */
static void check_bits(AnswerCheck *check, const Returned *movie, const float *query, double shift)
{
    const FmModel *model = check->bundle->model;
    const guint index = g_array_index(check->movies, guint, movie->position);
    if (check->kernels == NULL)
        return;
    if (kernel_finding_allows(check->kernels, query, fm_vector(model, index), model->k, shift,
                              model->bias[index], movie->score)) {
        check->report->bits++;
        return;
    }
    g_autofree char *id = id_at(check, movie->position);
    report_violation(check->report, VIOLATION_SCORE_BITS,
                     "bits of %s for {%s}: the cluster has %.9g, which its kernel does not make",
                     id, check->profile, (double)movie->score);
}

static void report_pair(AnswerCheck *check, const Returned *above, const Returned *below,
                        const char *why)
{
    g_autofree char *above_id = id_at(check, above->position);
    g_autofree char *below_id = id_at(check, below->position);
    report_violation(check->report, VIOLATION_ORDER, "order for {%s}: %s is returned above %s, %s",
                     check->profile, above_id, below_id, why);
}

static void check_pair(AnswerCheck *check, const Returned *above, const Returned *below,
                       ExactScore above_score, ExactScore below_score)
{
    const PairVerdict verdict = order_pair(above_score, below_score);
    g_autofree char *why = NULL;
    if (verdict == PAIR_VIOLATED)
        why =
            g_strdup_printf("the model has %.9g below %.9g", above_score.score, below_score.score);
    else if (!order_is_sorted(above->score, above->position, below->score, below->position))
        why = g_strdup_printf(
            "but their own scores are %.9g and %.9g%s", (double)above->score, (double)below->score,
            above->score == below->score ? ", and its feature index is higher" : "");
    if (why != NULL)
        report_pair(check, above, below, why);
    else if (verdict == PAIR_PROVED)
        check->report->proved++;
    else
        check->report->within_rounding++;
}

/* Of the movies left out those alone that may reach the cut (fast_scorer.h). */
static gboolean check_cut(AnswerCheck *check, const GArray *returned)
{
    double high = INFINITY;
    for (guint i = 0; i < returned->len; i++)
        high = MIN(high, score_at(check, i).score + score_at(check, i).bound);
    g_autoptr(GArray) positions = fast_scorer_above(check->scorer, high);
    g_autoptr(GArray) marks = g_array_new(FALSE, FALSE, sizeof(gboolean));
    g_autoptr(GArray) judged = g_array_new(FALSE, FALSE, sizeof(guint));
    const gboolean yes = TRUE, no = FALSE;
    for (guint i = 0; i < returned->len; i++) {
        g_array_append_val(marks, yes);
        g_array_append_val(judged, g_array_index(returned, Returned, i).position);
    }
    for (guint i = 0; i < positions->len; i++) {
        const guint position = g_array_index(positions, guint, i);
        if (check->is_returned[position])
            continue;
        const ExactScore exact = fast_scorer_exact(check->scorer, position);
        g_array_append_val(check->scores, exact);
        g_array_append_val(marks, no);
        g_array_append_val(judged, position);
    }
    guint left_out, worst;
    if (order_cut_is_right((const ExactScore *)(gconstpointer)check->scores->data,
                           (const gboolean *)(gconstpointer)marks->data, judged->len, &left_out,
                           &worst))
        return TRUE;
    g_autofree char *left_out_id = id_at(check, g_array_index(judged, guint, left_out));
    g_autofree char *worst_id = id_at(check, g_array_index(judged, guint, worst));
    report_violation(check->report, VIOLATION_SET,
                     "set for {%s}: %s (%.9g) is left out although %s (%.9g) is returned",
                     check->profile, left_out_id, score_at(check, left_out).score, worst_id,
                     score_at(check, worst).score);
    return FALSE;
}

/* ---- the whole ---- */

/* FALSE if the set is wrong. */
static gboolean check_order(AnswerCheck *check, const float *query, double shift,
                            const GArray *returned)
{
    fast_scorer_score(check->scorer, query, shift);
    g_array_set_size(check->scores, 0);
    for (guint i = 0; i < returned->len; i++) {
        const Returned *movie = &g_array_index(returned, Returned, i);
        const ExactScore exact = fast_scorer_exact(check->scorer, movie->position);
        g_array_append_val(check->scores, exact);
        check_score(check, movie, exact);
        check_bits(check, movie, query, shift);
        if (i > 0)
            check_pair(check, movie - 1, movie, score_at(check, i - 1), exact);
    }
    return returned->len == check->movies->len || check_cut(check, returned);
}

AnswerVerdict answer_check(AnswerCheck *check, const char *profile, const float *query,
                           double shift, const GArray *returned, guint depth)
{
    AnswerVerdict verdict = {0};
    check->profile = profile;
    verdict.list_is_right = check_list(check, returned, depth);
    if (verdict.list_is_right) {
        verdict.set_is_right = check_order(check, query, shift, returned);
        verdict.exact = (const ExactScore *)(gconstpointer)check->scores->data;
    }
    unmark(check, returned);
    return verdict;
}

/* One ranking that a cluster has returned, against what the bundle says it must be: the list, each
 * score, the order, and the movies left out (order_proof.h). */
#pragma once

#include "fast_scorer.h"
#include "kernel_probe.h"
#include "release_meta.h"
#include "report.h"

typedef struct {
    guint position; /* of the movie (fast_scorer.h) */
    float score;    /* as returned, shift included */
} Returned;

typedef struct AnswerCheck AnswerCheck;

/* With `kernels`, which are known, each score must be that of one of them to the last bit too;
 * NULL: within its bound. Report, bundle and kernels must outlive the check. */
AnswerCheck *answer_check_new(Report *report, const Bundle *bundle, DocIds doc_ids,
                              const KernelFinding *kernels);
void answer_check_free(AnswerCheck *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AnswerCheck, answer_check_free)

/* The position of the movie whose document has this `_id`; FALSE if it is none of the bundle's. */
gboolean answer_check_find(const AnswerCheck *check, const char *id, guint *position);

typedef struct {
    gboolean list_is_right; /* else nothing more was compared */
    gboolean set_is_right;
    const ExactScore *exact; /* [returned], until the next answer; NULL if nothing was compared */
} AnswerVerdict;

/* `profile` is its description for messages, query [k] what it was ranked by, `shift` what was
 * added to each score; `returned` has the movies (Returned) in order, and `depth` is how many were
 * asked for. Findings go to the report. */
AnswerVerdict answer_check(AnswerCheck *check, const char *profile, const float *query,
                           double shift, const GArray *returned, guint depth);

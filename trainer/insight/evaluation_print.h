/* An evaluation for people and for programs. */
#pragma once

#include <stdio.h>

#include "evaluation.h"

/* What the figures are of; nothing is owned. */
typedef struct {
    const Bundle *bundle;
    const Bundle *other; /* nullable */
    const char *data;
    const char *seen; /* nullable */
    gboolean with_seen;
} EvaluationNames;

void evaluation_print_text(const Evaluation *result, const EvaluationNames *names, FILE *out);
void evaluation_print_json(const Evaluation *result, const EvaluationNames *names, FILE *out);

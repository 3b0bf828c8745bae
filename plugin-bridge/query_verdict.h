/* What is said of a captured query and its answer. */
#pragma once

#include <glib.h>
#include <stdio.h>

typedef struct {
    GPtrArray *defects; /* char *: what is wrong */
    GPtrArray *doubts;  /* char *: why it cannot be told */
    GPtrArray *notes;   /* char *: what is worth knowing */
    guint search;       /* the number of it, from 1, among several; 0: there is but one */
    char *against;      /* the bundle, or the index, it is compared with */
    char *profile;      /* "gender M, age 18", or NULL: not recognised */
    char *script;       /* what it computes, or NULL: not understood */
    double shift;       /* of an understood script; NAN otherwise */
    double needed;      /* the least one with which no score is negative; NAN: not known */
    gboolean asked;     /* the answer is one of the cluster's own, of now */
    guint hits;         /* in the answer */
    guint scores;       /* compared with their bound */
    guint proved, within_rounding; /* adjacent pairs */
    gboolean is_set_proved;        /* nothing left out beats what is there */
} QueryVerdict;

QueryVerdict *query_verdict_new(void);
void query_verdict_free(QueryVerdict *verdict);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QueryVerdict, query_verdict_free)

void query_verdict_defect(QueryVerdict *verdict, const char *format, ...) G_GNUC_PRINTF(2, 3);
void query_verdict_doubt(QueryVerdict *verdict, const char *format, ...) G_GNUC_PRINTF(2, 3);
void query_verdict_note(QueryVerdict *verdict, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* "right", "WRONG" or "inconclusive". */
const char *query_verdict_word(const QueryVerdict *verdict);

void query_verdict_print(const QueryVerdict *verdict, FILE *out);

/* One JSON object on one line. */
void query_verdict_print_json(const QueryVerdict *verdict, FILE *out);

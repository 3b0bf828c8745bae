#include "rankings_page.h"

#include <math.h>
#include <string.h>

#include "decimal.h"

#define INFINITE "Infinity" /* a score, in quotes */

enum { TAKE_SCORE = ANSWER_OWN_TAKES };

typedef struct {
    const RankingsHandler *handler;
    gpointer data;
    float score;
} Reader;

static void on_hit_begin(gpointer data)
{
    Reader *r = data;
    r->score = NAN;
}

static void on_number(guint place, guint take, const char *text, gsize length, gpointer data)
{
    Reader *r = data;
    (void)place;
    (void)take;
    if (!decimal_to_float(text, length, &r->score))
        r->score = NAN;
}

static void on_string(guint place, guint take, const char *text, gsize length, gpointer data)
{
    Reader *r = data;
    (void)place;
    (void)take;
    if (length == strlen(INFINITE) && memcmp(text, INFINITE, length) == 0)
        r->score = INFINITY;
}

static gboolean on_hit(guint number, const char *id, gpointer data, GError **error)
{
    const Reader *r = data;
    return r->handler->on_hit(number, id, r->score, r->data, error);
}

static gboolean on_search(guint number, const AnswerHead *head, gpointer data, GError **error)
{
    const Reader *r = data;
    return r->handler->on_page(number, head, r->data, error);
}

gboolean rankings_page_read(guint *searches, const GString *text, const RankingsHandler *handler,
                            gpointer data, GError **error)
{
    static const AnswerMember members[] = {
        {ANSWER_HIT, 0, "_score", ANSWER_ELSEWHERE, TAKE_SCORE},
    };
    static const AnswerForm form = {
        .members = members,
        .count = G_N_ELEMENTS(members),
        .on_hit_begin = on_hit_begin,
        .on_number = on_number,
        .on_string = on_string,
        .on_hit = on_hit,
        .on_search = on_search,
    };
    Reader reader = {.handler = handler, .data = data};
    return answer_reader_run(searches, text, ANSWER_ROOT, &form, "the rankings are", &reader,
                             error);
}

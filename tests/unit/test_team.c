#include "team.h"

#include <string.h>

#include "tap.h"

#define MOST 1000

typedef struct {
    gint handled[MOST];
    guint chunk;
    gint too_long;
} Work;

static void handle(gpointer data, guint begin, guint end)
{
    Work *work = data;
    if (begin >= end || end - begin > work->chunk)
        g_atomic_int_inc(&work->too_long);
    for (guint i = begin; i < end; i++)
        g_atomic_int_inc(&work->handled[i]);
}

/* Each item is handled exactly once, by the time the call returns, and none beyond the last. */
static void check(Team *team, guint count, guint chunk)
{
    Work work = {.chunk = chunk};
    team_run(team, handle, &work, count, chunk);
    CU_ASSERT_EQUAL(work.too_long, 0);
    guint wrong = 0;
    for (guint i = 0; i < MOST; i++)
        wrong += work.handled[i] != (i < count);
    CU_ASSERT_EQUAL(wrong, 0);
}

static void test_every_item_once(void)
{
    const guint threads[] = {1, 2, 3, 8};
    const guint counts[] = {0, 1, 2, 63, 64, 65, 1000};
    const guint chunks[] = {1, 7, 64, 5000};
    for (guint t = 0; t < G_N_ELEMENTS(threads); t++) {
        g_autoptr(Team) team = team_new(threads[t]);
        for (guint c = 0; c < G_N_ELEMENTS(counts); c++)
            for (guint k = 0; k < G_N_ELEMENTS(chunks); k++)
                check(team, counts[c], chunks[k]);
    }
}

/* Many short rounds, one after another: where a thread that comes late would take work twice. */
static void test_many_rounds(void)
{
    g_autoptr(Team) team = team_new(3);
    for (guint round = 0; round < 3000; round++)
        check(team, 1 + round % 17, 1 + round % 3);
}

static void test_without_work(void)
{
    for (guint i = 0; i < 50; i++) {
        g_autoptr(Team) team = team_new(1 + i % 4);
        CU_ASSERT_PTR_NOT_NULL(team);
    }
}

static const UnitTest tests[] = {
    {"every item once", test_every_item_once},
    {"many rounds", test_many_rounds},
    {"without work", test_without_work},
    {NULL, NULL},
};

TAP_MAIN("team", tests)

#include "team.h"

struct Team {
    GPtrArray *threads; /* GThread, without the caller */
    GMutex mutex;       /* for all of what follows */
    GCond work;         /* there are chunks, or it is time to leave */
    GCond done;         /* the last running chunk has ended */
    gboolean leaving;
    TeamTask task;
    gpointer data;
    guint count, chunk;
    guint next;    /* the first item nobody has taken */
    guint running; /* chunks under way */
};

/* Takes one chunk and works on it. Called and left with the mutex held. */
static void work_on_a_chunk(Team *team)
{
    const TeamTask task = team->task;
    const gpointer data = team->data;
    const guint begin = team->next;
    const guint end = begin + MIN(team->chunk, team->count - begin);
    team->next = end;
    team->running++;
    g_mutex_unlock(&team->mutex);
    task(data, begin, end);
    g_mutex_lock(&team->mutex);
    team->running--;
}

static gpointer member(gpointer user)
{
    Team *team = user;
    g_mutex_lock(&team->mutex);
    while (!team->leaving) {
        if (team->next == team->count) {
            g_cond_wait(&team->work, &team->mutex);
            continue;
        }
        work_on_a_chunk(team);
        if (team->running == 0 && team->next == team->count)
            g_cond_signal(&team->done);
    }
    g_mutex_unlock(&team->mutex);
    return NULL;
}

Team *team_new(guint threads)
{
    Team *team = g_new0(Team, 1);
    g_mutex_init(&team->mutex);
    g_cond_init(&team->work);
    g_cond_init(&team->done);
    team->threads = g_ptr_array_new();
    for (guint i = 1; i < threads; i++)
        g_ptr_array_add(team->threads, g_thread_new("team", member, team));
    return team;
}

void team_free(Team *team)
{
    if (team == NULL)
        return;
    g_mutex_lock(&team->mutex);
    team->leaving = TRUE;
    g_cond_broadcast(&team->work);
    g_mutex_unlock(&team->mutex);
    for (guint i = 0; i < team->threads->len; i++)
        g_thread_join(g_ptr_array_index(team->threads, i));
    g_ptr_array_unref(team->threads);
    g_mutex_clear(&team->mutex);
    g_cond_clear(&team->work);
    g_cond_clear(&team->done);
    g_free(team);
}

void team_run(Team *team, TeamTask task, gpointer data, guint count, guint chunk)
{
    g_mutex_lock(&team->mutex);
    team->task = task;
    team->data = data;
    team->count = count;
    team->chunk = chunk;
    team->next = 0;
    g_cond_broadcast(&team->work);
    while (team->next < team->count)
        work_on_a_chunk(team);
    while (team->running > 0)
        g_cond_wait(&team->done, &team->mutex);
    g_mutex_unlock(&team->mutex);
}

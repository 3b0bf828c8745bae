/* A few threads that share out loops.
 *
 * Work is handed out in chunks to whoever is free, so that a thread the system takes away for a
 * while holds up no more than its own chunk. Threads without work sleep. */
#pragma once

#include <glib.h>

typedef struct Team Team;

/* `threads` counts the caller too, so 1 means no other thread at all. */
Team *team_new(guint threads);
void team_free(Team *team);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Team, team_free)

/* Handles the items begin..end-1. Called by several threads at a time. */
typedef void (*TeamTask)(gpointer data, guint begin, guint end);

/* Covers 0..count-1 with calls of `task` on up to `chunk` items each, and returns when all of them
 * are done. */
void team_run(Team *team, TeamTask task, gpointer data, guint count, guint chunk);

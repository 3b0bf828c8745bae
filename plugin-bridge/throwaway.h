/* Indices that a run makes for itself and deletes at its end: how they are called, and how a later
 * run finds those whose run was killed.
 *
 * The name is ALIAS-KIND-PID-RANDOM, 8 hex digits at the end; `_meta.created_by` of the mapping
 * says what made it. */
#pragma once

#include "es_client.h"

/* A name that nobody else has. */
char *throwaway_name(const char *alias, const char *kind);

/* TRUE for a name that throwaway_name() gives for this alias and kind. */
gboolean throwaway_is_name(const char *alias, const char *kind, const char *name);

/* char *: the indices of this kind, made by `made_by`, that were there an hour before `own`, by the
 * server's clock. A run takes seconds, so nobody is using them. `own` must be there; empty if
 * something cannot be asked for: a later run tries again. */
GPtrArray *throwaway_left_behind(EsClient *client, const char *alias, const char *kind,
                                 const char *made_by, const char *own);

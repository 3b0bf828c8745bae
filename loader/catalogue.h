/* The releases of an alias: its indices in the cluster, whether live, kept, or left by a job that
 * died.
 *
 * An index belongs to an alias if its name is ALIAS-YYYYMMDD-HHMMSS-MODEL and its `_meta` is ours,
 * or if the alias stands for it and its `_meta` is ours. */
#pragma once

#include "es_client.h"
#include "release_meta.h"

typedef struct {
    char *index;
    char *model_id;
    ReleaseState state;
    char *replaces;   /* the index that was live before it, by its `_meta`; nullable */
    char *data;       /* nullable */
    gint64 documents; /* the release has by its `_meta` */
    gint64 bytes;     /* on disk, of the primaries; -1: unknown */
    ValidationFigures valid;
    gint64 created;     /* by the server's clock, milliseconds since 1970 */
    gboolean is_live;   /* the alias stands for it */
    gboolean is_in_use; /* it is behind any alias but its own for loading */
} CatalogueEntry;

typedef struct {
    GPtrArray *entries; /* CatalogueEntry *, the oldest first */
} Catalogue;

/* Asks the cluster. */
Catalogue *catalogue_fetch(EsClient *client, const char *alias,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from an answer to GET /index; separate so that answers of all kinds can be tried. */
Catalogue *catalogue_read(yajl_val answer, const char *alias);

void catalogue_free(Catalogue *catalogue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Catalogue, catalogue_free)

/* ALIAS-YYYYMMDD-HHMMSS-MODEL, and TRUE for what is of this form. */
char *catalogue_release_name(const char *alias, GDateTime *time, const char *model_id);
gboolean catalogue_is_release_name(const char *index, const char *alias);

/* NULL if there is none. */
const CatalogueEntry *catalogue_live(const Catalogue *catalogue);
const CatalogueEntry *catalogue_find(const Catalogue *catalogue, const char *index);

/* The complete release that was live before the live one: the one it replaced, if that is there,
 * otherwise the one made before it. NULL if there is none. */
const CatalogueEntry *catalogue_previous(const Catalogue *catalogue);

/* What a prune that keeps `keep` complete releases deletes: CatalogueEntry * owned by the
 * catalogue. The live one and the one before it are always kept, and so is whatever is behind an
 * alias. */
GPtrArray *catalogue_to_prune(const Catalogue *catalogue, guint keep);

/* What jobs before left that is no release: indices that are still loading and behind no alias, of
 * which whoever holds the lock knows that nobody works on them any more, and all but the latest of
 * those whose gates failed. */
GPtrArray *catalogue_left_behind(const Catalogue *catalogue);

/* Deletes some entries; `deleted` (nullable) gets a copy of each name. */
gboolean catalogue_delete(EsClient *client, const GPtrArray *entries, GPtrArray *deleted,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

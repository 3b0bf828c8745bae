#include "catalogue.h"

#include <string.h>

#include "load.h"

#define DATE_DIGITS 8
#define TIME_DIGITS 6
#define MODEL_DIGITS 12

static void entry_free(gpointer data)
{
    CatalogueEntry *entry = data;
    g_free(entry->index);
    g_free(entry->model_id);
    g_free(entry->replaces);
    g_free(entry->data);
    g_free(entry);
}

void catalogue_free(Catalogue *catalogue)
{
    if (catalogue == NULL)
        return;
    g_ptr_array_unref(catalogue->entries);
    g_free(catalogue);
}

/* ---- reading ---- */

char *catalogue_release_name(const char *alias, GDateTime *time, const char *model_id)
{
    g_autofree char *text = g_date_time_format(time, "%Y%m%d-%H%M%S");
    return g_strdup_printf("%s-%s-%s", alias, text, model_id);
}

static gboolean are_digits(const char **at, guint count, const char *digits)
{
    guint found = (guint)strspn(*at, digits);
    *at += found;
    return found == count;
}

gboolean catalogue_is_release_name(const char *index, const char *alias)
{
    static const char decimal[] = "0123456789", hex[] = "0123456789abcdef";
    const char *at = index + strlen(alias);
    return g_str_has_prefix(index, alias) && *at++ == '-' &&
           are_digits(&at, DATE_DIGITS, decimal) && *at++ == '-' &&
           are_digits(&at, TIME_DIGITS, decimal) && *at++ == '-' &&
           are_digits(&at, MODEL_DIGITS, hex) && *at == '\0';
}

/* The alias for loading is the index's own. */
static void read_aliases(CatalogueEntry *entry, yajl_val value, const char *alias)
{
    yajl_val aliases = json_get(value, "aliases");
    g_autofree char *own = load_alias(entry->index);
    for (gsize i = 0; YAJL_IS_OBJECT(aliases) && i < aliases->u.object.len; i++) {
        const char *name = aliases->u.object.keys[i];
        entry->is_live |= strcmp(name, alias) == 0;
        entry->is_in_use |= strcmp(name, own) != 0;
    }
}

static CatalogueEntry *read_entry(const char *index, yajl_val value, const char *alias)
{
    g_autoptr(ReleaseMeta) meta = release_meta_read(index, value);
    if (meta == NULL)
        return NULL;
    const char *created = json_get_string(value, "settings.index.creation_date");
    CatalogueEntry *entry = g_new0(CatalogueEntry, 1);
    entry->index = g_strdup(index);
    entry->model_id = g_strdup(meta->model_id);
    entry->state = meta->state;
    entry->replaces = g_strdup(meta->replaces);
    entry->data = g_strdup(meta->data);
    entry->documents = meta->n;
    entry->bytes = -1;
    entry->valid = meta->valid;
    entry->created = created != NULL ? g_ascii_strtoll(created, NULL, 10) : 0;
    read_aliases(entry, value, alias);
    if (entry->is_live || catalogue_is_release_name(index, alias))
        return entry;
    entry_free(entry);
    return NULL;
}

static int compare_entries(gconstpointer a, gconstpointer b)
{
    const CatalogueEntry *x = *(CatalogueEntry *const *)a, *y = *(CatalogueEntry *const *)b;
    if (x->created != y->created)
        return x->created < y->created ? -1 : 1;
    return strcmp(x->index, y->index);
}

Catalogue *catalogue_read(yajl_val answer, const char *alias)
{
    Catalogue *catalogue = g_new0(Catalogue, 1);
    catalogue->entries = g_ptr_array_new_with_free_func(entry_free);
    for (gsize i = 0; YAJL_IS_OBJECT(answer) && i < answer->u.object.len; i++) {
        CatalogueEntry *entry =
            read_entry(answer->u.object.keys[i], answer->u.object.values[i], alias);
        if (entry != NULL)
            g_ptr_array_add(catalogue->entries, entry);
    }
    g_ptr_array_sort(catalogue->entries, compare_entries);
    return catalogue;
}

/* Sizes are an extra: a user who may not ask for them still gets the table. */
static void fetch_sizes(Catalogue *catalogue, EsClient *client, const char *pattern)
{
    g_autofree char *path =
        g_strdup_printf("/%s/_stats/store?expand_wildcards=open,hidden", pattern);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, NULL);
    yajl_val indices = json_get(answer, "indices");
    for (gsize i = 0; YAJL_IS_OBJECT(indices) && i < indices->u.object.len; i++)
        for (guint e = 0; e < catalogue->entries->len; e++) {
            CatalogueEntry *entry = g_ptr_array_index(catalogue->entries, e);
            if (strcmp(entry->index, indices->u.object.keys[i]) == 0)
                json_get_int(indices->u.object.values[i], "primaries.store.size_in_bytes",
                             &entry->bytes);
        }
}

Catalogue *catalogue_fetch(EsClient *client, const char *alias, GError **error)
{
    g_autofree char *name = es_escape(alias);
    g_autofree char *pattern = g_strdup_printf("%s,%s-*", name, name);
    g_autofree char *path =
        g_strdup_printf("/%s?ignore_unavailable=true&expand_wildcards=all", pattern);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL)
        return NULL;
    Catalogue *catalogue = catalogue_read(answer, alias);
    g_autofree char *all = g_strdup_printf("%s-*", name);
    fetch_sizes(catalogue, client, all);
    return catalogue;
}

/* ---- asking it ---- */

static const CatalogueEntry *entry_at(const Catalogue *catalogue, guint index)
{
    return g_ptr_array_index(catalogue->entries, index);
}

/* One without a state is of an earlier version, which left none unfinished but by a kill. */
static gboolean is_complete(const CatalogueEntry *entry)
{
    return entry->state == RELEASE_COMPLETE || entry->state == RELEASE_NO_STATE || entry->is_live;
}

const CatalogueEntry *catalogue_live(const Catalogue *catalogue)
{
    for (guint i = catalogue->entries->len; i > 0; i--)
        if (entry_at(catalogue, i - 1)->is_live)
            return entry_at(catalogue, i - 1);
    return NULL;
}

const CatalogueEntry *catalogue_find(const Catalogue *catalogue, const char *index)
{
    for (guint i = 0; i < catalogue->entries->len; i++)
        if (strcmp(entry_at(catalogue, i)->index, index) == 0)
            return entry_at(catalogue, i);
    return NULL;
}

static const CatalogueEntry *replaced_by(const Catalogue *catalogue, const CatalogueEntry *live)
{
    const CatalogueEntry *entry =
        live != NULL && live->replaces != NULL ? catalogue_find(catalogue, live->replaces) : NULL;
    return entry != NULL && entry != live && is_complete(entry) ? entry : NULL;
}

const CatalogueEntry *catalogue_previous(const Catalogue *catalogue)
{
    const CatalogueEntry *replaced = replaced_by(catalogue, catalogue_live(catalogue));
    if (replaced != NULL)
        return replaced;
    const CatalogueEntry *previous = NULL;
    for (guint i = 0; i < catalogue->entries->len; i++) {
        const CatalogueEntry *entry = entry_at(catalogue, i);
        if (entry->is_live)
            return previous;
        if (is_complete(entry))
            previous = entry;
    }
    return NULL;
}

GPtrArray *catalogue_to_prune(const Catalogue *catalogue, guint keep)
{
    GPtrArray *chosen = g_ptr_array_new();
    const CatalogueEntry *previous = catalogue_previous(catalogue);
    guint complete = 0;
    for (guint i = catalogue->entries->len; i > 0; i--) {
        const CatalogueEntry *entry = entry_at(catalogue, i - 1);
        if (is_complete(entry) && complete++ >= keep && !entry->is_in_use && entry != previous)
            g_ptr_array_add(chosen, (gpointer)entry);
    }
    return chosen;
}

GPtrArray *catalogue_left_behind(const Catalogue *catalogue)
{
    GPtrArray *chosen = g_ptr_array_new();
    guint rejected = 0;
    for (guint i = catalogue->entries->len; i > 0; i--) {
        const CatalogueEntry *entry = entry_at(catalogue, i - 1);
        const gboolean is_surplus =
            entry->state == RELEASE_LOADING ||
            (entry->state == RELEASE_REJECTED && !entry->is_live && rejected++ >= 1);
        if (is_surplus && !entry->is_in_use)
            g_ptr_array_add(chosen, (gpointer)entry);
    }
    return chosen;
}

gboolean catalogue_delete(EsClient *client, const GPtrArray *entries, GPtrArray *deleted,
                          GError **error)
{
    for (guint i = 0; i < entries->len; i++) {
        const CatalogueEntry *entry = g_ptr_array_index(entries, i);
        g_autofree char *name = es_escape(entry->index);
        g_autofree char *path = g_strconcat("/", name, NULL);
        g_auto(yajl_val) answer = es_call_json(client, "DELETE", path, NULL, error);
        if (answer == NULL)
            return FALSE;
        if (deleted != NULL)
            g_ptr_array_add(deleted, g_strdup(entry->index));
    }
    return TRUE;
}

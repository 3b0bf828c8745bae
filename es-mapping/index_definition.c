#include "index_definition.h"

#include <gio/gio.h>
#include <string.h>

#include "document.h"
#include "es_mapping_resources.h"

#define RESOURCE "/es-mapping/index_definition.json"

static void fill(GString *text, const char *placeholder, const char *value)
{
    guint replaced = g_string_replace(text, placeholder, value, 0);
    g_assert(replaced == 1);
}

/* Takes out the line of a field that the index does not have. */
static void leave_out(GString *text, const char *field)
{
    const char *at = strstr(text->str, field);
    g_assert(at != NULL && strchr(at, '\n') != NULL);
    g_string_erase(text, at - text->str, strchr(at, '\n') + 1 - at);
}

/* The line of KNN_FIELD: filled in, or taken out. */
static void settle_knn(GString *text, guint k, gboolean knn)
{
    if (knn) {
        char dims[16];
        g_snprintf(dims, sizeof dims, "%u", k + 1);
        fill(text, "\"${knn_dims}\"", dims);
        return;
    }
    leave_out(text, "\"" KNN_FIELD "\"");
}

static char *meta_text(const Bundle *bundle, const IndexForm *form)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, form->doc_ids);
    meta->knn = form->knn;
    meta->state = form->state;
    meta->replaces = g_strdup(form->replaces);
    release_meta_put(json, meta, bundle);
    return json_take(json, NULL);
}

char *index_definition_in_form(const Bundle *bundle, const IndexForm *form)
{
    g_autoptr(GBytes) template = g_resource_lookup_data(es_mapping_get_resource(), RESOURCE,
                                                        G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    g_assert(template != NULL);
    GString *text =
        g_string_new_len(g_bytes_get_data(template, NULL), (gssize)g_bytes_get_size(template));

    char dims[16];
    g_snprintf(dims, sizeof dims, "%u", bundle->model->k);
    g_autofree char *meta = meta_text(bundle, form);
    settle_knn(text, bundle->model->k, form->knn);
    if (!document_have_attributes(bundle))
        leave_out(text, "\"" ATTRIBUTES_FIELD "\"");
    fill(text, "\"${dims}\"", dims);
    fill(text, "\"${meta}\"", meta);
    return g_string_free(text, FALSE);
}

char *index_definition_of(const Bundle *bundle, DocIds doc_ids)
{
    const IndexForm form = {.doc_ids = doc_ids};
    return index_definition_in_form(bundle, &form);
}

char *index_definition_new_state(const Bundle *bundle, const IndexForm *form)
{
    g_autofree char *meta = meta_text(bundle, form);
    return g_strdup_printf("{\"_meta\":%s}", meta);
}

#include "index_definition.h"

#include <gio/gio.h>
#include <string.h>

#include "es_mapping_resources.h"

#define RESOURCE "/es-mapping/index_definition.json"

static void fill(GString *text, const char *placeholder, const char *value)
{
    guint replaced = g_string_replace(text, placeholder, value, 0);
    g_assert(replaced == 1);
}

char *index_definition_of(const Bundle *bundle, DocIds doc_ids)
{
    g_autoptr(GBytes) template = g_resource_lookup_data(es_mapping_get_resource(), RESOURCE,
                                                        G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    g_assert(template != NULL);
    GString *text =
        g_string_new_len(g_bytes_get_data(template, NULL), (gssize)g_bytes_get_size(template));

    char dims[16];
    g_snprintf(dims, sizeof dims, "%u", bundle->model->k);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, doc_ids);
    release_meta_put(json, meta, bundle);
    g_autofree char *meta_text = json_take(json, NULL);
    fill(text, "\"${dims}\"", dims);
    fill(text, "\"${meta}\"", meta_text);
    return g_string_free(text, FALSE);
}

#include "read_back.h"

#include <math.h>
#include <string.h>

#include "document.h"
#include "index_scan.h"
#include "recsys_error.h"

typedef struct {
    gint64 index;
    char *type, *value, *title;
    double bias;
    float *vector; /* [k] */
} Row;

static void row_free(gpointer data)
{
    Row *row = data;
    g_free(row->type);
    g_free(row->value);
    g_free(row->title);
    g_free(row->vector);
    g_free(row);
}

typedef struct {
    guint k;
    GPtrArray *rows; /* Row * */
} Reading;

static gboolean read_row(yajl_val hit, gpointer data, GError **error)
{
    Reading *reading = data;
    Row *row = g_new0(Row, 1);
    g_ptr_array_add(reading->rows, row);
    row->type = g_strdup(json_get_string(hit, "_source.feature_type"));
    row->value = g_strdup(json_get_string(hit, "_source.value"));
    row->title = g_strdup(json_get_string(hit, "_source.title"));
    row->vector = g_new(float, reading->k);
    if (row->type != NULL && row->value != NULL &&
        json_get_int(hit, "_source.feature_index", &row->index) &&
        json_get_double(hit, "_source.bias", &row->bias) && isfinite(row->bias) &&
        document_read_vector(row->vector, reading->k, index_scan_embedding(hit)))
        return TRUE;
    const char *id = json_get_string(hit, "_id");
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "document %s is not one of a release: type, value, index, bias or vector are wrong",
                id != NULL ? id : "(without _id)");
    return FALSE;
}

static int compare_rows(gconstpointer a, gconstpointer b)
{
    gint64 x = (*(Row *const *)a)->index, y = (*(Row *const *)b)->index;
    return (x > y) - (x < y);
}

static Bundle *bundle_of(const GPtrArray *rows, const ReleaseMeta *release, GError **error)
{
    g_autoptr(Bundle) bundle = g_new0(Bundle, 1);
    bundle->path = g_strdup(release->index);
    bundle->model_id = g_strdup(release->model_id);
    bundle->scale = release->scale;
    bundle->features = feature_table_new();
    bundle->model = fm_model_new(rows->len, release->k);
    bundle->model->w0 = (float)release->w0;
    for (guint i = 0; i < rows->len; i++) {
        const Row *row = g_ptr_array_index(rows, i);
        const Feature feature = {.type = row->type, .value = row->value, .title = row->title};
        if (!feature_table_add(bundle->features, &feature, NULL, error))
            return NULL;
        bundle->model->bias[i] = (float)row->bias;
        memcpy(bundle->model->embeddings + (gsize)i * release->k, row->vector,
               release->k * sizeof(float));
    }
    if (feature_table_of_type(bundle->features, FEATURE_MOVIE) != NULL)
        return g_steal_pointer(&bundle);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "%s has no movies", release->index);
    return NULL;
}

/* All but the users, except those of the profile, which may be NULL. */
static char *query_for(const Profile *profile)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_array_open(json);
    for (guint i = 0; profile != NULL && i < profile_size(profile); i++)
        if (strcmp(profile_get(profile, i)->type, FEATURE_USER) == 0)
            json_put_string(json, profile_get(profile, i)->value);
    yajl_gen_array_close(json);
    g_autofree char *users = json_take(json, NULL);
    return g_strdup_printf(
        "{\"bool\":{\"should\":["
        "{\"bool\":{\"must_not\":{\"term\":{\"feature_type\":\"" FEATURE_USER "\"}}}},"
        "{\"bool\":{\"filter\":[{\"term\":{\"feature_type\":\"" FEATURE_USER "\"}},"
        "{\"terms\":{\"value\":%s}}]}}]}}",
        users);
}

Bundle *read_back_for(EsClient *client, const ReleaseMeta *release, const Profile *profile,
                      GError **error)
{
    g_autofree char *query = query_for(profile);
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);
    Reading reading = {release->k, rows};
    const IndexScan scan = {release->index, query, "reading", release->movies};
    if (!index_scan(client, &scan, read_row, &reading, error))
        return NULL;
    g_ptr_array_sort(rows, compare_rows);
    return bundle_of(rows, release, error);
}

Bundle *read_back(EsClient *client, const ReleaseMeta *release, GError **error)
{
    return read_back_for(client, release, NULL, error);
}

#include "read_back.h"

#include <math.h>
#include <string.h>

#include "document.h"
#include "index_scan.h"
#include "json.h"
#include "recsys_error.h"

/* What a document says beside its vector and bias; type NULL: there was none of this index. */
typedef struct {
    char *type, *value, *title;
    char **genres;
    char **attributes; /* `_id`s */
    int year;
    guint ratings;
    gboolean is_named; /* a document of this index is there, and something is wrong with it */
} Row;

typedef struct {
    const ReleaseMeta *release;
    Report *report; /* findings; NULL: they are errors */
    FmModel *model; /* [n, k]: memory for the rows that are never written is not taken */
    Row *rows;      /* [n] */
    guint count;    /* of rows that are there */
    gboolean is_whole;
} Reading;

static void reading_clear(Reading *reading)
{
    for (guint i = 0; reading->rows != NULL && i < reading->release->n; i++) {
        g_free(reading->rows[i].type);
        g_free(reading->rows[i].value);
        g_free(reading->rows[i].title);
        g_strfreev(reading->rows[i].genres);
        g_strfreev(reading->rows[i].attributes);
    }
    g_free(reading->rows);
    fm_model_free(reading->model);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

/* ---- one document ---- */

/* A field that clients read as something else than the row would have. */
static const char *odd_field(const Hit *hit)
{
    const gboolean is_movie = g_strcmp0(hit->text[HIT_FEATURE_TYPE], FEATURE_MOVIE) == 0;
    const gboolean is_user = g_strcmp0(hit->text[HIT_FEATURE_TYPE], FEATURE_USER) == 0;
    for (HitField field = 0; field < HIT_FIELDS; field++)
        if (hit->is_strange[field])
            return hit_field_name(field);
    if (hit->has_strange_genres || (!is_movie && hit->genres->len > 0))
        return "genres";
    if (hit->has_strange_attributes || (!is_user && hit->attributes->len > 0))
        return ATTRIBUTES_FIELD;
    if ((hit->text[HIT_TITLE] != NULL) != is_movie || hit->is_number[HIT_TITLE])
        return "title";
    if ((hit->text[HIT_RATINGS] != NULL) != is_movie)
        return "ratings";
    return hit->text[HIT_YEAR] != NULL && !is_movie ? "year" : hit->unknown;
}

/* What is wrong with a document; NULL: nothing. *index is its row. */
static char *problem_of(const Reading *reading, const Hit *hit, guint *index)
{
    const ReleaseMeta *release = reading->release;
    const char *type = hit->text[HIT_FEATURE_TYPE], *value = hit->text[HIT_VALUE];
    gint64 row = -1;
    double bias, source;
    if (type == NULL || value == NULL || !hit_get_int(hit, HIT_FEATURE_INDEX, &row) || row < 0 ||
        row >= release->n)
        return g_strdup("not one of a release: type, value or feature index are wrong");
    *index = (guint)row;
    if (!hit_get_double(hit->text[HIT_BIAS], &source) || !hit_get_double(hit->stored_bias, &bias) ||
        bias != source || !isfinite((float)bias) || (double)(float)bias != bias)
        return g_strdup("not one of a release: the bias is wrong");
    if (!hit->has_vector)
        return g_strdup_printf("not one of a release: embedding has %u values, _meta says %u",
                               hit->values, release->k);
    if (reading->rows[row].type != NULL)
        return g_strdup_printf("doubled: feature index %u is that of %s %s", *index,
                               reading->rows[row].type, reading->rows[row].value);
    if (reading->report != NULL && odd_field(hit) != NULL)
        return g_strdup_printf("not one of a release: the field %s is wrong", odd_field(hit));
    if (reading->report != NULL && hit->routing != NULL)
        return g_strdup_printf("indexed under the routing \"%s\", not under its _id", hit->routing);
    if (reading->report == NULL)
        return NULL;
    g_autofree char *id = release_document_id(release->doc_ids, type, value, *index);
    if (strcmp(id, hit->id) != 0)
        return g_strdup_printf("its fields are those of %s", id);
    return NULL;
}

/* A row of another model is there all the same. */
static void check_model_id(Reading *reading, const Hit *hit)
{
    const char *found = hit->text[HIT_MODEL_ID];
    if (reading->report == NULL || g_strcmp0(found, reading->release->model_id) == 0)
        return;
    reading->is_whole = FALSE;
    report_violation(reading->report, VIOLATION_MODEL,
                     "document %s: model_id is \"%s\", the release is of model %s", hit->id,
                     found != NULL ? found : "(absent)", reading->release->model_id);
}

static char **copy_texts(const GPtrArray *texts)
{
    char **copy = g_new0(char *, texts->len + 1);
    for (guint i = 0; i < texts->len; i++)
        copy[i] = g_strdup(g_ptr_array_index(texts, i));
    return copy;
}

static void keep(Reading *reading, const Hit *hit, guint index)
{
    gint64 year = 0, ratings = 0;
    double bias = 0;
    Row *row = &reading->rows[index];
    (void)hit_get_int(hit, HIT_YEAR, &year);
    (void)hit_get_int(hit, HIT_RATINGS, &ratings);
    (void)hit_get_double(hit->stored_bias, &bias);
    *row = (Row){
        .type = g_strdup(hit->text[HIT_FEATURE_TYPE]),
        .value = g_strdup(hit->text[HIT_VALUE]),
        .title = g_strdup(hit->text[HIT_TITLE]),
        .genres = copy_texts(hit->genres),
        .attributes = copy_texts(hit->attributes),
        .year = (int)year,
        .ratings = (guint)ratings,
    };
    reading->model->bias[index] = (float)bias;
    memcpy(reading->model->embeddings + (gsize)index * reading->release->k, hit->vector,
           reading->release->k * sizeof(float));
    reading->count++;
}

static gboolean read_row(const Hit *hit, gpointer data, GError **error)
{
    Reading *reading = data;
    guint index = reading->release->n;
    const char *id = hit->id != NULL ? hit->id : "(without _id)";
    g_autofree char *problem =
        hit->id != NULL ? problem_of(reading, hit, &index) : g_strdup("not one of a release");
    if (reading->report != NULL)
        reading->report->documents++;
    if (problem == NULL) {
        keep(reading, hit, index);
        check_model_id(reading, hit);
        return TRUE;
    }
    reading->is_whole = FALSE;
    if (index < reading->release->n)
        reading->rows[index].is_named = TRUE;
    if (reading->report != NULL) {
        report_violation(reading->report, VIOLATION_FIELD, "document %s: %s", id, problem);
        return TRUE;
    }
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "document %s is %s", id, problem);
    return FALSE;
}

/* ---- the model ---- */

/* Moves the rows that are there together. */
static gboolean fill(Bundle *bundle, Reading *reading, GError **error)
{
    FmModel *model = reading->model;
    guint next = 0;
    for (guint i = 0; i < reading->release->n; i++) {
        const Row *row = &reading->rows[i];
        if (row->type == NULL)
            continue;
        const gboolean is_movie = strcmp(row->type, FEATURE_MOVIE) == 0;
        const Feature feature = {
            .type = row->type,
            .value = row->value,
            .title = row->title,
            .genres = is_movie ? (const char **)row->genres : NULL,
            .year = row->year,
            .ratings = row->ratings,
        };
        if (!feature_table_add(bundle->features, &feature, NULL, error))
            return FALSE;
        if (next != i)
            memmove(model->embeddings + (gsize)next * model->k,
                    model->embeddings + (gsize)i * model->k, model->k * sizeof(float));
        model->bias[next++] = model->bias[i];
    }
    model->n = next;
    return TRUE;
}

/* ---- what is known of its users ---- */

static gboolean is_attribute(const FeatureTable *features, guint index)
{
    const char *type = feature_table_get(features, index)->type;
    return strcmp(type, FEATURE_USER) != 0 && strcmp(type, FEATURE_MOVIE) != 0;
}

/* `_id` -> index in the bundle + 1, of all that may be an attribute. */
static GHashTable *find_ids(const Bundle *bundle, const Reading *reading)
{
    GHashTable *ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint next = 0;
    for (guint i = 0; i < reading->release->n; i++) {
        const Row *row = &reading->rows[i];
        if (row->type == NULL)
            continue;
        if (is_attribute(bundle->features, next))
            g_hash_table_insert(
                ids, release_document_id(reading->release->doc_ids, row->type, row->value, i),
                GUINT_TO_POINTER(next + 1));
        next++;
    }
    return ids;
}

static gboolean has_type(const FeatureTable *features, const GArray *indices, const char *type)
{
    for (guint i = 0; i < indices->len; i++)
        if (strcmp(feature_table_get(features, g_array_index(indices, guint32, i))->type, type) ==
            0)
            return TRUE;
    return FALSE;
}

static gboolean set_attributes(Bundle *bundle, guint user, char **wanted, GHashTable *ids,
                               GError **error)
{
    g_autoptr(GArray) indices = g_array_new(FALSE, FALSE, sizeof(guint32));
    for (char **id = wanted; *id != NULL; id++) {
        const guint found = GPOINTER_TO_UINT(g_hash_table_lookup(ids, *id));
        const guint32 index = found - 1;
        if (found == 0 ||
            has_type(bundle->features, indices, feature_table_get(bundle->features, index)->type)) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "user %s has the attribute %s, %s",
                        feature_table_get(bundle->features, user)->value, *id,
                        found == 0 ? "which the release does not have"
                                   : "a second one of its type");
            return FALSE;
        }
        g_array_append_val(indices, index);
    }
    feature_table_set_attributes(bundle->features, user, (const guint32 *)(gpointer)indices->data,
                                 indices->len);
    return TRUE;
}

static gboolean fill_attributes(Bundle *bundle, const Reading *reading, GError **error)
{
    g_autoptr(GHashTable) ids = find_ids(bundle, reading);
    guint next = 0;
    for (guint i = 0; i < reading->release->n; i++) {
        const Row *row = &reading->rows[i];
        if (row->type == NULL)
            continue;
        if (strcmp(row->type, FEATURE_USER) == 0 && row->attributes[0] != NULL &&
            !set_attributes(bundle, next, row->attributes, ids, error))
            return FALSE;
        next++;
    }
    return TRUE;
}

static Bundle *bundle_of(Reading *reading, GError **error)
{
    const ReleaseMeta *release = reading->release;
    g_autoptr(Bundle) bundle = g_new0(Bundle, 1);
    bundle->path = g_strdup(release->index);
    bundle->model_id = g_strdup(release->model_id);
    bundle->form = release->form;
    bundle->features = feature_table_new();
    g_autoptr(GError) doubled = NULL;
    if (!fill(bundle, reading, &doubled) || !fill_attributes(bundle, reading, &doubled)) {
        g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, doubled->message);
        return NULL;
    }
    bundle->model = g_steal_pointer(&reading->model);
    bundle->model->w0 = (float)release->w0;
    if (feature_table_of_type(bundle->features, FEATURE_MOVIE) != NULL)
        return g_steal_pointer(&bundle);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "%s has no movies", release->index);
    return NULL;
}

/* FALSE if there is not so much memory: the numbers are those of a _meta that anybody wrote. */
static gboolean begin(Reading *reading, const ReleaseMeta *release, Report *report, GError **error)
{
    const gsize size = (gsize)release->n * (release->k * sizeof(float) + sizeof(Row));
    gpointer room = g_try_malloc0(size);
    *reading = (Reading){.release = release, .report = report, .is_whole = TRUE};
    if (room == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "%s has %u features of %u dimensions by its _meta: there is no memory for them",
                    release->index, release->n, release->k);
        return FALSE;
    }
    g_free(room);
    reading->model = fm_model_new(release->n, release->k);
    reading->rows = g_new0(Row, release->n);
    return TRUE;
}

static Bundle *read_documents(EsClient *client, const ReleaseMeta *release, const char *query,
                              guint64 expected, GError **error)
{
    g_auto(Reading) reading = {0};
    const IndexScan scan = {release->index, query, "reading", expected, release->k};
    if (!begin(&reading, release, NULL, error) ||
        !index_scan(client, &scan, read_row, &reading, error))
        return NULL;
    return bundle_of(&reading, error);
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
    return read_documents(client, release, query, release->movies, error);
}

Bundle *read_back(EsClient *client, const ReleaseMeta *release, GError **error)
{
    return read_back_for(client, release, NULL, error);
}

Bundle *read_back_all(EsClient *client, const ReleaseMeta *release, GError **error)
{
    return read_documents(client, release, NULL, release->n, error);
}

static void find_missing(const Reading *reading)
{
    for (guint i = 0; i < reading->release->n; i++)
        if (reading->rows[i].type == NULL && !reading->rows[i].is_named)
            report_violation(reading->report, VIOLATION_MISSING,
                             "document of feature index %u: missing", i);
}

Bundle *read_back_whole(Report *report, EsClient *client, const ReleaseMeta *release,
                        GError **error)
{
    g_auto(Reading) reading = {0};
    g_autoptr(GError) problem = NULL;
    const IndexScan scan = {release->index, NULL, "reading", release->n, release->k};
    report->features = release->n;
    report_check(report, CHECK_DOCUMENTS);
    if (!begin(&reading, release, report, error) ||
        !index_scan(client, &scan, read_row, &reading, error))
        return NULL;
    find_missing(&reading);
    if (!reading.is_whole || reading.count < release->n)
        return NULL;
    Bundle *bundle = bundle_of(&reading, &problem);
    if (bundle == NULL)
        report_violation(report, VIOLATION_FIELD, "documents: %s", problem->message);
    return bundle;
}

#include "release_meta.h"

#include <math.h>
#include <string.h>

#include "fold_in_prior.h"
#include "profile.h"
#include "recsys_error.h"

#define META_FORMAT_FM 1
#define META_FORMAT 2
#define CREATED_BY "recsys-es"
#define MOST_SHOWN 30 /* known values in a message */

void release_meta_free(ReleaseMeta *meta)
{
    if (meta == NULL)
        return;
    g_free(meta->index);
    g_free(meta->model_id);
    g_free(meta->replaces);
    g_free(meta->data);
    g_free(meta->split);
    if (meta->tree != NULL)
        yajl_tree_free(meta->tree);
    g_free(meta);
}

/* ---- from a bundle ---- */

/* At least the length of v [k]: rounded up far enough for any error of its own sum. */
static double norm_upper(const float *v, guint k)
{
    double sum = 0;
    for (guint f = 0; f < k; f++)
        sum += (double)v[f] * v[f];
    return sqrt(sum) * (1 + 1e-9);
}

ReleaseMeta *release_meta_of_bundle(const Bundle *bundle, DocIds doc_ids)
{
    const FmModel *model = bundle->model;
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    ReleaseMeta *meta = g_new0(ReleaseMeta, 1);
    meta->model_id = g_strdup(bundle->model_id);
    meta->n = model->n;
    meta->k = model->k;
    meta->movies = movies->len;
    meta->w0 = model->w0;
    meta->form = bundle->form;
    meta->doc_ids = doc_ids;
    meta->data = g_strdup(json_get_string(bundle->training, "dataset.source"));
    meta->split = g_strdup(json_get_string(bundle->training, "split.by"));
    json_get_int(bundle->training, "dataset.ratings", &meta->ratings);
    meta->valid = validation_figures_of_training(bundle->training);
    meta->min_movie_bias = INFINITY;
    for (guint i = 0; i < movies->len; i++) {
        guint movie = g_array_index(movies, guint, i);
        double norm = norm_upper(fm_vector(model, movie), model->k);
        meta->max_movie_norm = MAX(meta->max_movie_norm, norm);
        meta->min_movie_bias = MIN(meta->min_movie_bias, (double)model->bias[movie]);
    }
    return meta;
}

static gboolean is_metadata(const char *type)
{
    return strcmp(type, FEATURE_USER) != 0 && strcmp(type, FEATURE_MOVIE) != 0;
}

static void put_features(yajl_gen json, const FeatureTable *features)
{
    const GPtrArray *types = feature_table_types(features);
    json_put_key(json, "features");
    yajl_gen_map_open(json);
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        if (!is_metadata(type))
            continue;
        const GArray *indices = feature_table_of_type(features, type);
        json_put_key(json, type);
        yajl_gen_map_open(json);
        for (guint i = 0; i < indices->len; i++) {
            guint index = g_array_index(indices, guint, i);
            json_put_member_int(json, feature_table_get(features, index)->value, index);
        }
        yajl_gen_map_close(json);
    }
    yajl_gen_map_close(json);
}

static void put_fold_in(yajl_gen json, const Bundle *bundle)
{
    g_autoptr(FoldInPrior) prior = fold_in_prior_of_bundle(bundle);
    json_put_key(json, "fold_in");
    fold_in_prior_put(json, prior);
}

static const char *doc_ids_name(DocIds doc_ids)
{
    return doc_ids == DOC_IDS_BY_FEATURE_INDEX ? "feature-index" : "value";
}

static const char *const state_names[] = {
    [RELEASE_NO_STATE] = "",
    [RELEASE_LOADING] = "loading",
    [RELEASE_COMPLETE] = "complete",
    [RELEASE_REJECTED] = "rejected",
};

const char *release_state_name(ReleaseState state)
{
    return state_names[state];
}

static void put_history(yajl_gen json, const ReleaseMeta *meta)
{
    json_put_member_string(json, "state", state_names[meta->state]);
    if (meta->replaces != NULL)
        json_put_member_string(json, "replaces", meta->replaces);
    json_put_key(json, "training");
    yajl_gen_map_open(json);
    if (meta->data != NULL)
        json_put_member_string(json, "data", meta->data);
    if (meta->split != NULL)
        json_put_member_string(json, "split", meta->split);
    if (meta->ratings > 0)
        json_put_member_int(json, "ratings", meta->ratings);
    validation_figures_put_members(json, &meta->valid);
    yajl_gen_map_close(json);
}

void release_meta_put(yajl_gen json, const ReleaseMeta *meta, const Bundle *bundle)
{
    yajl_gen_map_open(json);
    json_put_member_int(json, "format",
                        model_form_is_fm(&meta->form) ? META_FORMAT_FM : META_FORMAT);
    json_put_member_string(json, "created_by", CREATED_BY);
    json_put_member_string(json, "model_id", meta->model_id);
    json_put_member_int(json, "n", meta->n);
    json_put_member_int(json, "k", meta->k);
    json_put_member_int(json, "movies", meta->movies);
    json_put_member_double(json, "w0", meta->w0);
    model_form_put_flat(json, &meta->form);
    json_put_member_double(json, "max_movie_norm", meta->max_movie_norm);
    json_put_member_double(json, "min_movie_bias", meta->min_movie_bias);
    json_put_member_string(json, "doc_ids", doc_ids_name(meta->doc_ids));
    if (meta->knn)
        json_put_member_bool(json, "knn", TRUE);
    put_features(json, bundle->features);
    if (meta->state != RELEASE_NO_STATE) {
        put_history(json, meta);
        put_fold_in(json, bundle);
    }
    yajl_gen_map_close(json);
}

/* ---- from a cluster ---- */

static void read_history(ReleaseMeta *meta, yajl_val tree)
{
    const char *state = json_get_string(tree, "state");
    for (guint i = 0; i < G_N_ELEMENTS(state_names); i++)
        if (g_strcmp0(state, state_names[i]) == 0)
            meta->state = (ReleaseState)i;
    meta->replaces = g_strdup(json_get_string(tree, "replaces"));
    meta->data = g_strdup(json_get_string(tree, "training.data"));
    meta->split = g_strdup(json_get_string(tree, "training.split"));
    json_get_int(tree, "training.ratings", &meta->ratings);
    meta->valid = validation_figures_read(json_get(tree, "training"));
}

static gboolean read_meta(ReleaseMeta *meta, yajl_val tree)
{
    gint64 format = 0, n = 0, k = 0, movies = 0;
    const char *doc_ids = json_get_string(tree, "doc_ids");
    meta->model_id = g_strdup(json_get_string(tree, "model_id"));
    meta->features = json_get(tree, "features");
    meta->fold_in = json_get(tree, "fold_in");
    gboolean complete = json_get_int(tree, "format", &format) && format >= META_FORMAT_FM &&
                        format <= META_FORMAT && json_get_int(tree, "n", &n) &&
                        json_get_int(tree, "k", &k) && json_get_int(tree, "movies", &movies) &&
                        n > 0 && k > 0 && k <= 4096 && movies > 0 &&
                        json_get_double(tree, "w0", &meta->w0) &&
                        model_form_read(&meta->form, tree, (guint)k, "_meta", NULL) &&
                        json_get_double(tree, "max_movie_norm", &meta->max_movie_norm) &&
                        json_get_double(tree, "min_movie_bias", &meta->min_movie_bias) &&
                        doc_ids != NULL && meta->model_id != NULL;
    if (!complete)
        return FALSE;
    read_history(meta, tree);
    meta->knn = json_is_true(tree, "knn");
    meta->n = (guint)n;
    meta->k = (guint)k;
    meta->movies = (guint)movies;
    meta->doc_ids = strcmp(doc_ids, doc_ids_name(DOC_IDS_BY_FEATURE_INDEX)) == 0
                        ? DOC_IDS_BY_FEATURE_INDEX
                        : DOC_IDS_BY_VALUE;
    return TRUE;
}

ReleaseMeta *release_meta_read(const char *index, yajl_val entry)
{
    g_autoptr(ReleaseMeta) meta = g_new0(ReleaseMeta, 1);
    meta->index = g_strdup(index);
    if (!release_meta_is_ours(entry) || !read_meta(meta, json_get(entry, "mappings._meta")))
        return NULL;
    return g_steal_pointer(&meta);
}

ReleaseMeta *release_meta_fetch(EsClient *client, const char *alias, GError **error)
{
    g_autoptr(ReleaseMeta) meta = g_new0(ReleaseMeta, 1);
    g_autofree char *name = es_escape(alias);
    g_autofree char *path = g_strdup_printf("/%s/_mapping", name);
    meta->tree = es_call_json(client, "GET", path, NULL, error);
    if (meta->tree == NULL) {
        if (error != NULL && g_error_matches(*error, ES_ERROR, 404))
            g_prefix_error(error,
                           "nothing is released as %s (`recsys-loader release` does it): ", alias);
        return NULL;
    }
    gsize indices = YAJL_IS_OBJECT(meta->tree) ? meta->tree->u.object.len : 0;
    if (indices != 1) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "%s stands for %" G_GSIZE_FORMAT " indices, it must be one release", alias,
                    indices);
        return NULL;
    }
    meta->index = g_strdup(meta->tree->u.object.keys[0]);
    if (!read_meta(meta, json_get(meta->tree->u.object.values[0], "mappings._meta"))) {
        g_set_error(
            error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
            "%s (index %s) is not a release of this program: its mapping's _meta lacks what a "
            "release has",
            alias, meta->index);
        return NULL;
    }
    return g_steal_pointer(&meta);
}

gboolean release_meta_is_ours(yajl_val index)
{
    return g_strcmp0(json_get_string(index, "mappings._meta.created_by"), CREATED_BY) == 0;
}

/* ---- document ids ---- */

char *release_document_id(DocIds doc_ids, const char *type, const char *value, guint index)
{
    if (doc_ids == DOC_IDS_BY_FEATURE_INDEX && is_metadata(type))
        return g_strdup_printf("%s_%u", type, index);
    return g_strdup_printf("%s_%s", type, value);
}

typedef struct {
    const char *value;
    gint64 index;
} Known;

static int compare_known(gconstpointer a, gconstpointer b)
{
    gint64 x = ((const Known *)a)->index, y = ((const Known *)b)->index;
    return (x > y) - (x < y);
}

/* Known, by feature index: a server has an order of its own for an object's members. */
static GArray *values_in_order(yajl_val values)
{
    GArray *known = g_array_new(FALSE, FALSE, sizeof(Known));
    for (gsize i = 0; YAJL_IS_OBJECT(values) && i < values->u.object.len; i++) {
        yajl_val index = values->u.object.values[i];
        Known entry = {values->u.object.keys[i],
                       YAJL_IS_INTEGER(index) ? YAJL_GET_INTEGER(index) : G_MAXINT64};
        g_array_append_val(known, entry);
    }
    g_array_sort(known, compare_known);
    return known;
}

/* "1, 18, 25, …" */
static char *describe_values(yajl_val values)
{
    g_autoptr(GArray) known = values_in_order(values);
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < MIN(known->len, MOST_SHOWN); i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               g_array_index(known, Known, i).value);
    if (known->len > MOST_SHOWN)
        g_string_append(text, ", …");
    return g_string_free(text, FALSE);
}

typedef struct {
    const char *type;
    gint64 index; /* the least of its values */
} Kind;

static int compare_kinds(gconstpointer a, gconstpointer b)
{
    gint64 x = ((const Kind *)a)->index, y = ((const Kind *)b)->index;
    return (x > y) - (x < y);
}

/* "user, age and gender": what a profile may be made of, in the model's order. */
static char *describe_kinds(yajl_val features)
{
    g_autoptr(GArray) kinds = g_array_new(FALSE, FALSE, sizeof(Kind));
    const gsize count = YAJL_IS_OBJECT(features) ? features->u.object.len : 0;
    for (gsize i = 0; i < count; i++) {
        g_autoptr(GArray) known = values_in_order(features->u.object.values[i]);
        Kind kind = {features->u.object.keys[i],
                     known->len > 0 ? g_array_index(known, Known, 0).index : G_MAXINT64};
        g_array_append_val(kinds, kind);
    }
    g_array_sort(kinds, compare_kinds);
    GString *text = g_string_new(FEATURE_USER);
    for (guint i = 0; i < kinds->len; i++)
        g_string_append_printf(text, "%s%s", i + 1 < kinds->len ? ", " : " and ",
                               g_array_index(kinds, Kind, i).type);
    return g_string_free(text, FALSE);
}

static char *fail_kind(const ReleaseMeta *meta, const char *type, GError **error)
{
    g_autofree char *known = describe_kinds(meta->features);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "there is no %s in this release; known of people: %s", type, known);
    return NULL;
}

static gboolean is_named(const ReleaseMeta *meta, const char *rest, const char *value,
                         yajl_val index)
{
    char digits[24];
    if (meta->doc_ids == DOC_IDS_BY_VALUE)
        return strcmp(rest, value) == 0;
    if (!YAJL_IS_INTEGER(index))
        return FALSE;
    g_snprintf(digits, sizeof digits, "%lld", YAJL_GET_INTEGER(index));
    return strcmp(rest, digits) == 0;
}

gboolean release_meta_find_id(const ReleaseMeta *meta, const char *id, const char **type,
                              const char **value)
{
    yajl_val types = meta->features;
    for (gsize t = 0; YAJL_IS_OBJECT(types) && t < types->u.object.len; t++) {
        const gsize length = strlen(types->u.object.keys[t]);
        yajl_val values = types->u.object.values[t];
        if (strncmp(id, types->u.object.keys[t], length) != 0 || id[length] != '_')
            continue; /* a type may have an underscore in it: every type is tried */
        for (gsize v = 0; YAJL_IS_OBJECT(values) && v < values->u.object.len; v++) {
            *type = types->u.object.keys[t];
            *value = values->u.object.keys[v];
            if (is_named(meta, id + length + 1, *value, values->u.object.values[v]))
                return TRUE;
        }
    }
    return FALSE;
}

char *release_meta_document_id(const ReleaseMeta *meta, const char *type, const char *value,
                               GError **error)
{
    if (!profile_feature_check(type, value, error))
        return NULL;
    if (!is_metadata(type))
        return release_document_id(meta->doc_ids, type, value, 0);
    yajl_val values = json_member(meta->features, type);
    yajl_val index = json_member(values, value);
    if (values == NULL)
        return fail_kind(meta, type, error);
    if (YAJL_IS_INTEGER(index))
        return release_document_id(meta->doc_ids, type, value, (guint)YAJL_GET_INTEGER(index));

    g_autofree char *known = describe_values(values);
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "there is no %s %s in this release; known: %s", type,
                value[0] != '\0' ? value : "\"\"", known[0] != '\0' ? known : "none");
    return NULL;
}

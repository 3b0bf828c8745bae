#include "document.h"

#include <math.h>
#include <string.h>

#include "decimal.h"
#include "recsys_error.h"

char *document_id(const Bundle *bundle, DocIds doc_ids, guint index)
{
    const Feature *feature = feature_table_get(bundle->features, index);
    return release_document_id(doc_ids, feature->type, feature->value, index);
}

/* Only types of which one begins like the other can meet: `type` and `longer`. */
static gboolean check_types(const Bundle *bundle, DocIds doc_ids, const char *type,
                            const char *longer, GError **error)
{
    const GArray *some = feature_table_of_type(bundle->features, longer);
    const GArray *others = feature_table_of_type(bundle->features, type);
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < some->len; i++)
        g_hash_table_add(ids, document_id(bundle, doc_ids, g_array_index(some, guint, i)));
    for (guint i = 0; i < others->len; i++) {
        const guint index = g_array_index(others, guint, i);
        g_autofree char *id = document_id(bundle, doc_ids, index);
        if (!g_hash_table_contains(ids, id))
            continue;
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s: %s %s and a feature of type %s would share the document %s: rename a type "
                    "or a value in the data",
                    bundle->path, type, feature_table_get(bundle->features, index)->value, longer,
                    id);
        return FALSE;
    }
    return TRUE;
}

gboolean document_ids_check(const Bundle *bundle, DocIds doc_ids, GError **error)
{
    const GPtrArray *types = feature_table_types(bundle->features);
    for (guint t = 0; t < types->len; t++) {
        const char *type = g_ptr_array_index(types, t);
        g_autofree char *begin = g_strconcat(type, "_", NULL);
        for (guint l = 0; l < types->len; l++) {
            const char *longer = g_ptr_array_index(types, l);
            if (g_str_has_prefix(longer, begin) &&
                !check_types(bundle, doc_ids, type, longer, error))
                return FALSE;
        }
    }
    return TRUE;
}

gboolean document_have_attributes(const Bundle *bundle)
{
    const GArray *users = feature_table_of_type(bundle->features, FEATURE_USER);
    for (guint i = 0; users != NULL && i < users->len; i++)
        if (feature_table_attributes(bundle->features, g_array_index(users, guint, i)).count > 0)
            return TRUE;
    return FALSE;
}

static void put_attributes(yajl_gen json, const Bundle *bundle, DocIds doc_ids, guint index)
{
    const Attributes attributes = feature_table_attributes(bundle->features, index);
    if (attributes.count == 0)
        return;
    json_put_key(json, ATTRIBUTES_FIELD);
    yajl_gen_array_open(json);
    for (guint i = 0; i < attributes.count; i++) {
        g_autofree char *id = document_id(bundle, doc_ids, attributes.indices[i]);
        json_put_string(json, id);
    }
    yajl_gen_array_close(json);
}

static void put_movie(yajl_gen json, const Feature *movie)
{
    json_put_member_string(json, "title", movie->title != NULL ? movie->title : "");
    json_put_key(json, "genres");
    yajl_gen_array_open(json);
    for (const char **genre = movie->genres; genre != NULL && *genre != NULL; genre++)
        json_put_string(json, *genre);
    yajl_gen_array_close(json);
    if (movie->year != 0)
        json_put_member_int(json, "year", movie->year);
    json_put_member_int(json, "ratings", movie->ratings);
}

void document_put(yajl_gen json, const Bundle *bundle, DocIds doc_ids, guint index)
{
    const Feature *feature = feature_table_get(bundle->features, index);
    const float *vector = fm_vector(bundle->model, index);
    yajl_gen_map_open(json);
    json_put_member_string(json, "feature_type", feature->type);
    json_put_member_string(json, "value", feature->value);
    json_put_member_int(json, "feature_index", index);
    json_put_member_string(json, "model_id", bundle->model_id);
    if (strcmp(feature->type, FEATURE_MOVIE) == 0)
        put_movie(json, feature);
    put_attributes(json, bundle, doc_ids, index);
    json_put_member_double(json, "bias", bundle->model->bias[index]);
    json_put_key(json, "embedding");
    yajl_gen_array_open(json);
    for (guint f = 0; f < bundle->model->k; f++)
        json_put_float(json, vector[f]);
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
}

/* ---- the same, fast ---- */

static void append_string(GString *text, const char *value)
{
    g_string_append_c(text, '"');
    while (*value != '\0') {
        gsize plain = 0;
        while ((guchar)value[plain] >= 0x20 && value[plain] != '"' && value[plain] != '\\')
            plain++;
        g_string_append_len(text, value, (gssize)plain);
        value += plain;
        if (*value == '\0')
            break;
        if ((guchar)*value >= 0x20)
            g_string_append_c(text, '\\'), g_string_append_c(text, *value);
        else
            g_string_append_printf(text, "\\u%04x", (guint)*value);
        value++;
    }
    g_string_append_c(text, '"');
}

static void append_member(GString *text, const char *key, const char *value)
{
    g_string_append(text, key);
    append_string(text, value);
}

static void append_number(GString *text, const char *key, guint number)
{
    char digits[16];
    gsize at = sizeof digits;
    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    g_string_append(text, key);
    g_string_append_len(text, digits + at, (gssize)(sizeof digits - at));
}

static void append_movie(GString *text, const Feature *movie)
{
    append_member(text, ",\"title\":", movie->title != NULL ? movie->title : "");
    g_string_append(text, ",\"genres\":[");
    for (const char **genre = movie->genres; genre != NULL && *genre != NULL; genre++)
        append_member(text, genre > movie->genres ? "," : "", *genre);
    g_string_append_c(text, ']');
    if (movie->year != 0)
        g_string_append_printf(text, ",\"year\":%d", movie->year);
    append_number(text, ",\"ratings\":", movie->ratings);
}

static void append_attributes(GString *text, const Bundle *bundle, DocIds doc_ids, guint index)
{
    const Attributes attributes = feature_table_attributes(bundle->features, index);
    if (attributes.count == 0)
        return;
    g_string_append(text, ",\"" ATTRIBUTES_FIELD "\":[");
    for (guint i = 0; i < attributes.count; i++) {
        g_autofree char *id = document_id(bundle, doc_ids, attributes.indices[i]);
        append_member(text, i > 0 ? "," : "", id);
    }
    g_string_append_c(text, ']');
}

static void append_decimals(GString *text, const float *vector, guint k)
{
    const gsize length = text->len;
    g_string_set_size(text, length + 2 + (gsize)k * (DECIMAL_SIZE + 1));
    char *at = text->str + length;
    *at++ = '[';
    for (guint f = 0; f < k; f++) {
        if (f > 0)
            *at++ = ',';
        at += decimal_of_float(at, vector[f]);
    }
    *at++ = ']';
    g_string_truncate(text, (gsize)(at - text->str));
}

static void append_base64(GString *text, const float *vector, guint k)
{
    guint32 block[240]; /* a multiple of three bytes: nothing is left over between blocks */
    const gsize length = text->len;
    int state = 0, save = 0;
    g_string_set_size(text, length + 8 + ((gsize)k * sizeof *vector / 3 + 2) * 4);
    char *at = text->str + length;
    *at++ = '"';
    for (guint done = 0; done < k; done += G_N_ELEMENTS(block)) {
        const guint part = MIN(k - done, (guint)G_N_ELEMENTS(block));
        memcpy(block, vector + done, part * sizeof *vector);
        for (guint f = 0; f < part; f++)
            block[f] = GUINT32_TO_BE(block[f]);
        at += g_base64_encode_step((const guchar *)block, part * sizeof *block, FALSE, at, &state,
                                   &save);
    }
    at += g_base64_encode_close(FALSE, at, &state, &save);
    *at++ = '"';
    g_string_truncate(text, (gsize)(at - text->str));
}

gboolean document_is_read_by_others(const Bundle *bundle, guint index)
{
    const char *type = feature_table_get(bundle->features, index)->type;
    return strcmp(type, FEATURE_USER) != 0 && strcmp(type, FEATURE_MOVIE) != 0;
}

/* All digits of a float32; a zero as decimal.h has it. */
static void append_bias(GString *text, float bias)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (bias == 0.0f)
        g_string_append_len(text, number, (gssize)decimal_of_float(number, bias));
    else
        g_string_append(text, g_ascii_formatd(number, sizeof number, "%.17g", bias));
}

static void append_vector(GString *text, const float *vector, guint k, VectorForm form)
{
    if (form == VECTORS_AS_BASE64)
        append_base64(text, vector, k);
    else
        append_decimals(text, vector, k);
}

void document_knn_vector(float *vector, const Bundle *bundle, guint index)
{
    const guint k = bundle->model->k;
    memcpy(vector, fm_vector(bundle->model, index), k * sizeof *vector);
    vector[k] = bundle->model->bias[index];
}

void document_append_bulk(GString *text, const Bundle *bundle, DocIds doc_ids, VectorForm form,
                          guint index)
{
    const Feature *feature = feature_table_get(bundle->features, index);
    const float *vector = fm_vector(bundle->model, index);
    g_autofree char *id = document_id(bundle, doc_ids, index);
    append_member(text, "{\"index\":{\"_id\":", id);
    append_member(text, "}}\n{\"feature_type\":", feature->type);
    append_member(text, ",\"value\":", feature->value);
    append_number(text, ",\"feature_index\":", index);
    append_member(text, ",\"model_id\":", bundle->model_id);
    if (strcmp(feature->type, FEATURE_MOVIE) == 0)
        append_movie(text, feature);
    append_attributes(text, bundle, doc_ids, index);
    g_string_append(text, ",\"bias\":");
    append_bias(text, bundle->model->bias[index]);
    g_string_append(text, ",\"embedding\":");
    append_vector(text, vector, bundle->model->k, form);
    g_string_append(text, "}\n");
}

void document_append_bulk_knn(GString *text, const Bundle *bundle, DocIds doc_ids, VectorForm form,
                              guint index)
{
    const guint k = bundle->model->k;
    document_append_bulk(text, bundle, doc_ids, form, index);
    if (strcmp(feature_table_get(bundle->features, index)->type, FEATURE_MOVIE) != 0)
        return;
    g_autofree float *vector = g_new(float, k + 1);
    document_knn_vector(vector, bundle, index);
    g_string_truncate(text, text->len - strlen("}\n"));
    g_string_append(text, ",\"" KNN_FIELD "\":");
    append_vector(text, vector, k + 1, form);
    g_string_append(text, "}\n");
}

void document_put_vector(yajl_gen json, const char *key, const float *vector, guint k)
{
    g_autofree guint32 *bits = g_new(guint32, k);
    memcpy(bits, vector, k * sizeof *bits);
    for (guint f = 0; f < k; f++)
        bits[f] = GUINT32_TO_BE(bits[f]);
    g_autofree char *text = g_base64_encode((const guchar *)bits, k * sizeof *bits);
    json_put_member_string(json, key, text);
}

/* ---- reading ---- */

static gboolean read_base64(float *vector, guint k, const char *text)
{
    gsize length = 0;
    g_autofree guchar *bytes = g_base64_decode(text, &length);
    gboolean finite = length == k * sizeof *vector;
    for (guint f = 0; finite && f < k; f++) {
        guint32 bits;
        memcpy(&bits, bytes + f * sizeof bits, sizeof bits);
        bits = GUINT32_FROM_BE(bits);
        memcpy(&vector[f], &bits, sizeof bits);
        finite = isfinite(vector[f]);
    }
    return finite;
}

gboolean document_read_vector(float *vector, guint k, yajl_val value)
{
    const char *text = value != NULL ? YAJL_GET_STRING(value) : NULL;
    if (text != NULL)
        return read_base64(vector, k, text);
    if (json_array_length(value) != k)
        return FALSE;
    for (guint f = 0; f < k; f++)
        if (!json_to_float(json_array_get(value, f), &vector[f]))
            return FALSE;
    return TRUE;
}

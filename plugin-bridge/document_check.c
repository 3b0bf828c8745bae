#include "document_check.h"

#include <string.h>

#include "document.h"
#include "index_scan.h"

typedef struct {
    Report *report;
    EsClient *client;
    const ReleaseMeta *release;
    const Bundle *bundle;
    GHashTable *expected; /* _id -> feature index + 1 */
    gboolean *seen;       /* [n] */
    float *vector;        /* [k] scratch */
} Check;

/* ---- one document ---- */

static void check_vector(Check *c, const char *id, guint index, yajl_val stored)
{
    const guint k = c->bundle->model->k;
    const float *expected = fm_vector(c->bundle->model, index);
    if (!document_read_vector(c->vector, k, stored)) {
        report_violation(c->report, VIOLATION_BITS,
                         "document %s: embedding has %" G_GSIZE_FORMAT " values, the bundle has %u",
                         id, json_array_length(stored), k);
        return;
    }
    guint differing = 0, first = 0;
    for (guint f = 0; f < k; f++) {
        if (memcmp(&c->vector[f], &expected[f], sizeof(float)) == 0)
            continue;
        first = differing++ == 0 ? f : first;
    }
    if (differing > 0)
        report_violation(
            c->report, VIOLATION_BITS,
            "document %s: embedding[%u] is %.9g, the bundle has %.9g (%u of %u components "
            "differ)",
            id, first, (double)c->vector[first], (double)expected[first], differing, k);
}

static void check_bias(Check *c, const char *id, guint index, yajl_val hit)
{
    double expected = c->bundle->model->bias[index];
    double stored, source;
    if (!json_to_double(json_array_get(json_get(hit, "fields.bias"), 0), &stored) ||
        !json_get_double(hit, "_source.bias", &source))
        report_violation(c->report, VIOLATION_BITS, "document %s: bias is absent", id);
    else if (stored != expected || source != expected)
        report_violation(c->report, VIOLATION_BITS,
                         "document %s: bias is %.17g, the bundle has %.17g", id,
                         stored != expected ? stored : source, expected);
}

static void check_text(Check *c, const char *id, yajl_val source, const char *field,
                       const char *expected)
{
    const char *found = json_get_string(source, field);
    const ViolationKind kind = strcmp(field, "model_id") == 0 ? VIOLATION_MODEL : VIOLATION_FIELD;
    if (g_strcmp0(found, expected) != 0)
        report_violation(c->report, kind, "document %s: %s is \"%s\", the bundle has \"%s\"", id,
                         field, found != NULL ? found : "(absent)", expected);
}

static void check_number(Check *c, const char *id, yajl_val source, const char *field,
                         gint64 expected)
{
    gint64 found = 0;
    if (!json_get_int(source, field, &found) || found != expected)
        report_violation(
            c->report, VIOLATION_FIELD,
            "document %s: %s is %s%" G_GINT64_FORMAT ", the bundle has %" G_GINT64_FORMAT, id,
            field, json_get(source, field) == NULL ? "absent, read as " : "", found, expected);
}

static void check_genres(Check *c, const char *id, yajl_val source, const char **expected)
{
    yajl_val array = json_get(source, "genres");
    gsize count = expected != NULL ? g_strv_length((char **)expected) : 0;
    gboolean same = json_array_length(array) == count;
    for (gsize i = 0; same && i < count; i++) {
        yajl_val genre = json_array_get(array, i);
        same = YAJL_IS_STRING(genre) && g_strcmp0(YAJL_GET_STRING(genre), expected[i]) == 0;
    }
    if (!same)
        report_violation(c->report, VIOLATION_FIELD, "document %s: genres are not the bundle's",
                         id);
}

static void check_source(Check *c, const char *id, guint index, yajl_val source)
{
    const Feature *feature = feature_table_get(c->bundle->features, index);
    check_text(c, id, source, "feature_type", feature->type);
    check_text(c, id, source, "value", feature->value);
    check_text(c, id, source, "model_id", c->bundle->model_id);
    check_number(c, id, source, "feature_index", index);
    if (strcmp(feature->type, FEATURE_MOVIE) != 0)
        return;
    check_text(c, id, source, "title", feature->title != NULL ? feature->title : "");
    check_genres(c, id, source, feature->genres);
    check_number(c, id, source, "ratings", feature->ratings);
    if (feature->year != 0)
        check_number(c, id, source, "year", feature->year);
    else if (json_get(source, "year") != NULL)
        report_violation(c->report, VIOLATION_FIELD,
                         "document %s: year is there, the bundle has none", id);
}

static gboolean check_hit(yajl_val hit, gpointer data, GError **error)
{
    Check *c = data;
    (void)error;
    const char *id = json_get_string(hit, "_id");
    guint found = id != NULL ? GPOINTER_TO_UINT(g_hash_table_lookup(c->expected, id)) : 0;
    c->report->documents++;
    if (found == 0) {
        report_violation(c->report, VIOLATION_EXTRA,
                         "document %s: extra, the bundle has no such feature",
                         id != NULL ? id : "(without _id)");
        return TRUE;
    }
    guint index = found - 1;
    if (c->seen[index])
        report_violation(c->report, VIOLATION_DOUBLED, "document %s: it is there twice", id);
    c->seen[index] = TRUE;
    check_source(c, id, index, json_get(hit, "_source"));
    check_bias(c, id, index, hit);
    check_vector(c, id, index, index_scan_embedding(hit));
    return TRUE;
}

/* ---- all of them ---- */

static void find_missing(Check *c)
{
    for (guint i = 0; i < c->bundle->model->n; i++) {
        if (c->seen[i])
            continue;
        g_autofree char *id = document_id(c->bundle, c->release->doc_ids, i);
        report_violation(c->report, VIOLATION_MISSING, "document %s: missing", id);
    }
}

gboolean document_check_sample(Report *report, EsClient *client, const ReleaseMeta *release,
                               const Bundle *bundle, const DocumentSample *sample, GError **error)
{
    const guint n = bundle->model->n;
    g_autoptr(GHashTable) expected = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < n; i++)
        g_hash_table_insert(expected, document_id(bundle, release->doc_ids, i),
                            GUINT_TO_POINTER(i + 1));
    g_autofree gboolean *seen = g_new0(gboolean, n);
    if (sample != NULL) /* what is not asked for is not missed */
        memcpy(seen, sample->is_left_out, n * sizeof *seen);
    g_autofree float *vector = g_new(float, bundle->model->k);
    Check check = {
        .report = report,
        .client = client,
        .release = release,
        .bundle = bundle,
        .expected = expected,
        .seen = seen,
        .vector = vector,
    };
    report->features = sample != NULL ? sample->count : n;
    report_check(report, CHECK_DOCUMENTS);
    const char *query = sample != NULL ? sample->query : NULL;
    const IndexScan scan = {release->index, query, "documents", report->features};
    if (!index_scan(client, &scan, check_hit, &check, error))
        return FALSE;
    find_missing(&check);
    return TRUE;
}

gboolean document_check(Report *report, EsClient *client, const ReleaseMeta *release,
                        const Bundle *bundle, GError **error)
{
    return document_check_sample(report, client, release, bundle, NULL, error);
}

#include "document_check.h"

#include <string.h>

#include "document.h"
#include "feature_id.h"
#include "index_scan.h"

typedef struct {
    Report *report;
    const ReleaseMeta *release;
    const Bundle *bundle;
    guint8 *seen;      /* [n] */
    GPtrArray *strays; /* Stray *, the first MOST_VECTORS_KEPT */
} Check;

/* A stored vector that is not the bundle's. */
typedef struct {
    guint index;
    guint origin;   /* the feature whose vector it is in the bundle; n: nobody's */
    float vector[]; /* [k] */
} Stray;

/* ---- one document ---- */

static void report_vector(Check *c, guint index, const float *stored)
{
    const guint k = c->bundle->model->k;
    const float *expected = fm_vector(c->bundle->model, index);
    g_autofree char *id = document_id(c->bundle, c->release->doc_ids, index);
    guint differing = 0, first = 0;
    for (guint f = 0; f < k; f++) {
        if (memcmp(&stored[f], &expected[f], sizeof(float)) == 0)
            continue;
        first = differing++ == 0 ? f : first;
    }
    report_violation(c->report, VIOLATION_BITS,
                     "document %s: embedding[%u] is %.9g, the bundle has %.9g (%u of %u components "
                     "differ)",
                     id, first, (double)stored[first], (double)expected[first], differing, k);
}

static void check_vector(Check *c, guint index, const Hit *hit)
{
    const guint k = c->bundle->model->k;
    const gsize size = k * sizeof(float);
    if (!hit->has_vector) {
        report_violation(c->report, VIOLATION_BITS,
                         "document %s: embedding has %u values%s, the bundle has %u", hit->id,
                         hit->values, hit->values == k ? " that are not all numbers" : "", k);
        return;
    }
    if (memcmp(hit->vector, fm_vector(c->bundle->model, index), size) == 0)
        return;
    if (c->strays->len == MOST_VECTORS_KEPT) {
        report_vector(c, index, hit->vector);
        return;
    }
    Stray *stray = g_malloc(sizeof(Stray) + size);
    stray->index = index;
    stray->origin = c->bundle->model->n;
    memcpy(stray->vector, hit->vector, size);
    g_ptr_array_add(c->strays, stray);
}

static gboolean same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Servers take the number in a string, and give clients the string. */
static void check_bias(Check *c, guint index, const Hit *hit)
{
    const double expected = c->bundle->model->bias[index];
    double stored, source;
    if (!hit_get_double(hit->stored_bias, &stored) || !hit_get_double(hit->text[HIT_BIAS], &source))
        report_violation(c->report, VIOLATION_BITS, "document %s: bias is absent", hit->id);
    else if (!same_bits(stored, expected) || !same_bits(source, expected))
        report_violation(c->report, VIOLATION_BITS,
                         "document %s: bias is %.17g, the bundle has %.17g", hit->id,
                         same_bits(stored, expected) ? source : stored, expected);
    else if (!hit->is_number[HIT_BIAS])
        report_violation(c->report, VIOLATION_FIELD,
                         "document %s: bias is the string \"%s\", it must be a number", hit->id,
                         hit->text[HIT_BIAS]);
}

static void check_text(Check *c, const Hit *hit, HitField field, const char *expected)
{
    const char *found = hit->text[field];
    const char *absent = hit->is_strange[field] ? "(no text)" : "(absent)";
    if (hit->is_strange[field] || g_strcmp0(found, expected) != 0 || hit->is_number[field])
        report_violation(c->report, field == HIT_MODEL_ID ? VIOLATION_MODEL : VIOLATION_FIELD,
                         "document %s: %s is %s%s%s, the bundle has \"%s\"", hit->id,
                         hit_field_name(field), hit->is_number[field] ? "the number " : "\"",
                         found != NULL ? found : absent, hit->is_number[field] ? "" : "\"",
                         expected);
}

static void check_number(Check *c, const Hit *hit, HitField field, gint64 expected)
{
    gint64 found = 0;
    if (hit->is_strange[field] || !hit_get_int(hit, field, &found) || found != expected)
        report_violation(c->report, VIOLATION_FIELD,
                         "document %s: %s is %s, the bundle has %" G_GINT64_FORMAT, hit->id,
                         hit_field_name(field),
                         hit->text[field] != NULL ? hit->text[field]
                         : hit->is_strange[field] ? "no number"
                                                  : "absent",
                         expected);
}

static void check_genres(Check *c, const Hit *hit, const char **expected)
{
    const guint count = expected != NULL ? g_strv_length((char **)expected) : 0;
    gboolean same = hit->genres->len == count && !hit->has_strange_genres;
    for (guint i = 0; same && i < count; i++)
        same = strcmp(g_ptr_array_index(hit->genres, i), expected[i]) == 0;
    if (!same)
        report_violation(c->report, VIOLATION_FIELD, "document %s: genres are not the bundle's",
                         hit->id);
}

/* As they stand in the document, for messages. */
static char *show_ids(const GPtrArray *ids)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    for (guint i = 0; i < ids->len; i++)
        g_ptr_array_add(all, g_ptr_array_index(ids, i));
    g_ptr_array_add(all, NULL);
    g_autofree char *joined = g_strjoinv(", ", (char **)all->pdata);
    return ids->len > 0 ? g_strdup_printf("[%s]", joined) : g_strdup("absent");
}

/* Whom a whole person is summed from: the very ids, in their order. */
static void check_attributes(Check *c, guint index, const Hit *hit)
{
    const Attributes wanted = feature_table_attributes(c->bundle->features, index);
    g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
    gboolean same = hit->attributes->len == wanted.count && !hit->has_strange_attributes;
    for (guint i = 0; i < wanted.count; i++) {
        g_ptr_array_add(ids, document_id(c->bundle, c->release->doc_ids, wanted.indices[i]));
        same =
            same && strcmp(g_ptr_array_index(hit->attributes, i), g_ptr_array_index(ids, i)) == 0;
    }
    if (same)
        return;
    g_autofree char *expected = show_ids(ids);
    g_autofree char *found =
        hit->has_strange_attributes ? g_strdup("not a list of ids") : show_ids(hit->attributes);
    report_violation(c->report, VIOLATION_FIELD,
                     "document %s: attributes are %s, the bundle has %s", hit->id, found,
                     wanted.count > 0 ? expected : "none");
}

static void check_absent(Check *c, const Hit *hit, HitField field)
{
    if (hit->text[field] != NULL || hit->is_strange[field])
        report_violation(c->report, VIOLATION_FIELD, "document %s: %s is %s, the bundle has none",
                         hit->id, hit_field_name(field),
                         hit->text[field] != NULL ? hit->text[field] : "there");
}

static void check_source(Check *c, guint index, const Hit *hit)
{
    const Feature *feature = feature_table_get(c->bundle->features, index);
    const gboolean is_movie = strcmp(feature->type, FEATURE_MOVIE) == 0;
    check_text(c, hit, HIT_FEATURE_TYPE, feature->type);
    check_text(c, hit, HIT_VALUE, feature->value);
    check_text(c, hit, HIT_MODEL_ID, c->bundle->model_id);
    check_number(c, hit, HIT_FEATURE_INDEX, index);
    if (is_movie) {
        check_text(c, hit, HIT_TITLE, feature->title != NULL ? feature->title : "");
        check_number(c, hit, HIT_RATINGS, feature->ratings);
    } else {
        check_absent(c, hit, HIT_TITLE);
        check_absent(c, hit, HIT_RATINGS);
    }
    check_genres(c, hit, is_movie ? feature->genres : NULL);
    check_attributes(c, index, hit);
    if (is_movie && feature->year != 0)
        check_number(c, hit, HIT_YEAR, feature->year);
    else
        check_absent(c, hit, HIT_YEAR);
    if (hit->routing != NULL)
        report_violation(c->report, VIOLATION_ROUTING,
                         "document %s: it is indexed under the routing \"%s\", not under its _id",
                         hit->id, hit->routing);
    if (hit->unknown != NULL)
        report_violation(c->report, VIOLATION_FIELD,
                         "document %s: there is a field %s that no document has", hit->id,
                         hit->unknown);
}

/* A document that the bundle does not have: the same movie under another id, perhaps. */
static void report_extra(Check *c, const Hit *hit)
{
    guint doubled;
    const char *type = hit->text[HIT_FEATURE_TYPE], *value = hit->text[HIT_VALUE];
    const char *id = hit->id != NULL ? hit->id : "(without _id)";
    if (type != NULL && value != NULL &&
        feature_table_find(c->bundle->features, type, value, &doubled)) {
        g_autofree char *other = document_id(c->bundle, c->release->doc_ids, doubled);
        report_violation(c->report, VIOLATION_EXTRA,
                         "document %s: extra, it is %s %s a second time, beside %s", id, type,
                         value, other);
        return;
    }
    report_violation(c->report, VIOLATION_EXTRA,
                     "document %s: extra, the bundle has no such feature", id);
}

static gboolean check_hit(const Hit *hit, gpointer data, GError **error)
{
    Check *c = data;
    guint index;
    (void)error;
    c->report->documents++;
    if (hit->id == NULL || !feature_of_id(c->bundle, c->release->doc_ids, hit->id, &index)) {
        report_extra(c, hit);
        return TRUE;
    }
    if (c->seen[index])
        report_violation(c->report, VIOLATION_DOUBLED, "document %s: it is there twice", hit->id);
    c->seen[index] = TRUE;
    check_source(c, index, hit);
    check_bias(c, index, hit);
    check_vector(c, index, hit);
    return TRUE;
}

/* ---- vectors of other documents ---- */

static guint vector_hash(gconstpointer bytes)
{
    /* FNV-1a */
    const guint8 *at = g_bytes_get_data((GBytes *)bytes, NULL);
    const gsize size = g_bytes_get_size((GBytes *)bytes);
    guint32 hash = 2166136261u;
    for (gsize i = 0; i < size; i++)
        hash = (hash ^ at[i]) * 16777619u;
    return hash;
}

/* Feature `index` is where each of the strays with this vector comes from, unless it is known. */
static void set_origin(GPtrArray *strays, guint index, const float *vector, gsize size)
{
    for (guint i = 0; i < strays->len; i++) {
        Stray *stray = g_ptr_array_index(strays, i);
        if (stray->origin > index && memcmp(stray->vector, vector, size) == 0)
            stray->origin = index;
    }
}

/* For each stray vector the feature that has it in the bundle: the strays are looked up, so that
 * the table is of their number and not of the bundle's. */
static void find_origins(Check *c)
{
    const FmModel *model = c->bundle->model;
    const gsize size = model->k * sizeof(float);
    g_autoptr(GHashTable) strays =
        g_hash_table_new_full(vector_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
    for (guint i = 0; i < c->strays->len; i++) {
        const Stray *stray = g_ptr_array_index(c->strays, i);
        g_hash_table_add(strays, g_bytes_new_static(stray->vector, size));
    }
    for (guint i = 0; i < model->n && c->strays->len > 0; i++) {
        g_autoptr(GBytes) vector = g_bytes_new_static(fm_vector(model, i), size);
        if (g_hash_table_contains(strays, vector))
            set_origin(c->strays, i, fm_vector(model, i), size);
    }
}

static gboolean are_swapped(const Check *c, const Stray *stray)
{
    for (guint i = 0; i < c->strays->len; i++) {
        const Stray *other = g_ptr_array_index(c->strays, i);
        if (other->index == stray->origin && other->origin == stray->index)
            return TRUE;
    }
    return FALSE;
}

static void report_strays(Check *c)
{
    find_origins(c);
    for (guint i = 0; i < c->strays->len; i++) {
        const Stray *stray = g_ptr_array_index(c->strays, i);
        if (stray->origin == c->bundle->model->n) {
            report_vector(c, stray->index, stray->vector);
            continue;
        }
        g_autofree char *id = document_id(c->bundle, c->release->doc_ids, stray->index);
        g_autofree char *other = document_id(c->bundle, c->release->doc_ids, stray->origin);
        if (are_swapped(c, stray))
            report_violation(c->report, VIOLATION_BITS,
                             "document %s: embedding is that of %s, which has this one's: the two "
                             "are swapped",
                             id, other);
        else
            report_violation(c->report, VIOLATION_BITS, "document %s: embedding is that of %s", id,
                             other);
    }
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
    g_autofree guint8 *seen = g_new0(guint8, n);
    if (sample != NULL) /* what is not asked for is not missed */
        memcpy(seen, sample->is_left_out, n);
    g_autoptr(GPtrArray) strays = g_ptr_array_new_with_free_func(g_free);
    Check check = {
        .report = report,
        .release = release,
        .bundle = bundle,
        .seen = seen,
        .strays = strays,
    };
    report->features = sample != NULL ? sample->count : n;
    report_check(report, CHECK_DOCUMENTS);
    const IndexScan scan = {release->index, sample != NULL ? sample->query : NULL, "documents",
                            report->features, bundle->model->k};
    if (!index_scan(client, &scan, check_hit, &check, error))
        return FALSE;
    report_strays(&check);
    find_missing(&check);
    return TRUE;
}

gboolean document_check(Report *report, EsClient *client, const ReleaseMeta *release,
                        const Bundle *bundle, GError **error)
{
    return document_check_sample(report, client, release, bundle, NULL, error);
}

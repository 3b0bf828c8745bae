#include "document_sample.h"

#include "document.h"
#include "rng.h"

#define STREAM 1 /* of chance: order_check.h has the first */

/* Each feature is taken with the probability that brings the number wanted (Knuth, "The Art of
 * Computer Programming", volume 2, algorithm 3.4.2 S). */
DocumentSample *document_sample_new(const Bundle *bundle, DocIds doc_ids, guint count, guint64 seed)
{
    const guint n = bundle->model->n;
    DocumentSample *sample = g_new0(DocumentSample, 1);
    g_autoptr(GRand) random = rng_new(seed, STREAM);
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    sample->is_left_out = g_new0(guint8, n);
    yajl_gen_map_open(json);
    json_put_key(json, "ids");
    yajl_gen_map_open(json);
    json_put_key(json, "values");
    yajl_gen_array_open(json);
    for (guint i = 0; i < n; i++) {
        sample->is_left_out[i] = rng_below(random, n - i) >= MIN(count, n) - sample->count;
        if (sample->is_left_out[i])
            continue;
        g_autofree char *id = document_id(bundle, doc_ids, i);
        json_put_string(json, id);
        sample->count++;
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    yajl_gen_map_close(json);
    sample->query = json_take(json, NULL);
    return sample;
}

void document_sample_free(DocumentSample *sample)
{
    if (sample == NULL)
        return;
    g_free(sample->is_left_out);
    g_free(sample->query);
    g_free(sample);
}

gboolean document_count_check(Report *report, EsClient *client, const ReleaseMeta *release,
                              const Bundle *bundle, GError **error)
{
    gint64 count = 0;
    g_autofree char *name = es_escape(release->index);
    g_autofree char *path = g_strdup_printf("/%s/_count", name);
    g_auto(yajl_val) answer = es_call_json(client, "GET", path, NULL, error);
    if (answer == NULL || !es_check_shards(answer, "the count", error))
        return FALSE;
    if (!json_get_int(answer, "count", &count) || count != bundle->model->n)
        report_violation(report, count > bundle->model->n ? VIOLATION_EXTRA : VIOLATION_MISSING,
                         "%s has %" G_GINT64_FORMAT " documents, the bundle has %u features",
                         release->index, count, bundle->model->n);
    return TRUE;
}

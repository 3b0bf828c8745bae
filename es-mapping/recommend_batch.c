#include "recommend_batch.h"

#include <string.h>

#include "es_calls.h"
#include "hits.h"
#include "interrupt.h"
#include "recsys_error.h"

#define MOST_ATTEMPTS 6 /* of a batch: of its mget, and of its searches */
#define FIRST_PAUSE (G_USEC_PER_SEC / 10)
#define LONGEST_PAUSE (5 * G_USEC_PER_SEC)

typedef struct {
    EsClient *client;
    const BatchOptions *options;
    BatchSource source;
    BatchSink sink;
    gpointer data;
    EsCalls *calls;
    GQueue *batches; /* Batch *: not in the sink yet, in order */
    BatchItem ahead; /* read, but too large for the batch it was read for */
    gboolean has_ahead, at_end;
    gsize common_bytes; /* of the options' filter */
} Run;

/* How far an item is: it has a sum as soon as it can be searched for. */
typedef struct {
    BatchItem item;
    ProfileSum *sum;
    char *left_out;
    GError *passing; /* why its last search came to nothing */
    gboolean is_done;
} Slot;

typedef enum { FETCHING, SEARCHING, COMPLETE } Stage;

typedef struct {
    Run *run;
    GPtrArray *slots; /* Slot * */
    Stage stage;
    Profile *features;  /* of all slots, each once */
    GHashTable *places; /* "type value" -> place in it + 1 */
    guint attempts;     /* in this stage */
    gboolean under_way;
    gint64 not_before; /* when the next attempt is due */
} Batch;

static void item_clear(BatchItem *item)
{
    g_free(item->id);
    g_free(item->mark);
    profile_free(item->profile);
    filter_free(item->filter);
    ranking_free(item->ranking);
    g_clear_error(&item->error);
    *item = (BatchItem){0};
}

static void slot_free(gpointer data)
{
    Slot *slot = data;
    item_clear(&slot->item);
    profile_sum_free(slot->sum);
    g_free(slot->left_out);
    g_clear_error(&slot->passing);
    g_free(slot);
}

static void batch_free(gpointer data)
{
    Batch *batch = data;
    g_ptr_array_unref(batch->slots);
    profile_free(batch->features);
    g_hash_table_unref(batch->places);
    g_free(batch);
}

static void run_clear(Run *run)
{
    es_calls_free(run->calls); /* before the batches that they report to */
    g_queue_free_full(run->batches, batch_free);
    item_clear(&run->ahead);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Run, run_clear)

/* ---- failures ---- */

static gboolean is_passing_status(gint64 status)
{
    return status == 429 || status == 502 || status == 503 || status == 504;
}

static gboolean may_pass(const GError *failure)
{
    return failure->domain == HTTP_TRANSPORT_ERROR ||
           (failure->domain == ES_ERROR && is_passing_status(failure->code));
}

static gboolean release_is_gone(const Run *run, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                "%s was deleted while it was read; what is there so far is of its model %s",
                run->options->release->index, run->options->release->model_id);
    return FALSE;
}

static void pause_before_next(Batch *batch)
{
    const gint64 pause = (gint64)FIRST_PAUSE << MIN(batch->attempts, 10);
    batch->not_before = g_get_monotonic_time() + MIN(pause, (gint64)LONGEST_PAUSE);
}

/* A whole request that failed: again after a while, or the end. */
static gboolean take_failure(Batch *batch, const GError *failure, GError **error)
{
    if (g_error_matches(failure, ES_ERROR, 404))
        return release_is_gone(batch->run, error);
    if (may_pass(failure) && batch->attempts < MOST_ATTEMPTS) {
        pause_before_next(batch);
        return TRUE;
    }
    g_propagate_error(error, g_error_copy(failure));
    return FALSE;
}

static void enter(Batch *batch, Stage stage)
{
    batch->stage = stage;
    batch->attempts = 0;
    batch->not_before = 0;
}

/* ---- a batch ---- */

static guint place_of(Batch *batch, const ProfileFeature *feature)
{
    g_autofree char *name = profile_feature_describe(feature);
    guint place = GPOINTER_TO_UINT(g_hash_table_lookup(batch->places, name));
    if (place > 0)
        return place - 1;
    profile_add(batch->features, feature->type, feature->value);
    place = profile_size(batch->features);
    g_hash_table_insert(batch->places, g_steal_pointer(&name), GUINT_TO_POINTER(place));
    return place - 1;
}

static gboolean is_known(const ReleaseMeta *release, const Profile *profile, GError **error)
{
    for (guint i = 0; i < profile_size(profile); i++) {
        const ProfileFeature *feature = profile_get(profile, i);
        g_autofree char *id =
            release_meta_document_id(release, feature->type, feature->value, error);
        if (id == NULL)
            return FALSE;
    }
    return TRUE;
}

static void add_item(Batch *batch, BatchItem *item)
{
    Slot *slot = g_new0(Slot, 1);
    slot->item = *item;
    *item = (BatchItem){0};
    g_ptr_array_add(batch->slots, slot);
    slot->is_done = slot->item.error != NULL ||
                    !is_known(batch->run->options->release, slot->item.profile, &slot->item.error);
    for (guint i = 0; !slot->is_done && i < profile_size(slot->item.profile); i++)
        place_of(batch, profile_get(slot->item.profile, i));
}

/* Nothing is made of what JSON cannot hold. */
static gboolean check_item(const BatchItem *item, GError **error)
{
    return profile_check(item->profile, error) &&
           (item->filter == NULL || filter_check(item->filter, error));
}

static gboolean next_item(Run *run, BatchItem *item, GError **error)
{
    *item = run->ahead;
    run->ahead = (BatchItem){0};
    if (run->has_ahead) {
        run->has_ahead = FALSE;
        return TRUE;
    }
    if (!run->source(item, &run->at_end, run->data, error))
        return FALSE;
    if (run->at_end || item->error != NULL)
        return TRUE;
    const gboolean passes = check_item(item, &item->error);
    g_assert(passes == (item->error == NULL));
    return TRUE;
}

static gsize filter_bytes(const Filter *filter)
{
    gsize length = 0;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    filter_put(json, filter);
    g_free(json_take(json, &length));
    return length;
}

/* Of the search for an item, but for what all have: some numbers for each factor. */
static gsize search_bytes(const Run *run, const BatchItem *item)
{
    if (item->error != NULL)
        return 0;
    return item->filter != NULL ? filter_bytes(item->filter) : run->common_bytes;
}

/* Whether a batch that has so much has no room for it. */
static gboolean is_too_much(guint movies, gsize bytes)
{
    return movies > RECOMMEND_BATCH_MOVIES || bytes > RECOMMEND_BATCH_BYTES;
}

/* The next batch to the queue's end, unless nothing is left. */
static gboolean read_batch(Run *run, GError **error)
{
    Batch *batch = g_new0(Batch, 1);
    guint movies = 0;
    gsize bytes = 0;
    batch->run = run;
    batch->slots = g_ptr_array_new_with_free_func(slot_free);
    batch->features = profile_new();
    batch->places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_queue_push_tail(run->batches, batch);
    while (batch->slots->len < RECOMMEND_BATCH_PROFILES && !run->at_end) {
        BatchItem item;
        if (!next_item(run, &item, error)) {
            item_clear(&item);
            return FALSE;
        }
        if (run->at_end)
            break;
        movies += item.size;
        bytes += search_bytes(run, &item);
        if (batch->slots->len > 0 && is_too_much(movies, bytes)) {
            run->ahead = item;
            run->has_ahead = TRUE;
            break;
        }
        add_item(batch, &item);
    }
    if (batch->slots->len == 0)
        batch_free(g_queue_pop_tail(run->batches));
    else if (profile_size(batch->features) == 0)
        enter(batch, COMPLETE);
    return TRUE;
}

/* ---- step 1 ---- */

static void set_unknown(Slot *slot, const ReleaseMeta *release, const char *name, gboolean is_user)
{
    const char *way_out = is_user ? "; --cold-start goes by the rest of the profile" : "";
    g_set_error(&slot->item.error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "there is no %s in release %s%s", name, release->index, way_out);
    slot->is_done = TRUE;
}

static void set_nothing_left(Slot *slot, const ReleaseMeta *release)
{
    g_set_error(&slot->item.error, RECSYS_ERROR, RECSYS_ERROR_USAGE,
                "there is no %s in release %s, and the profile has no metadata to fall back to",
                slot->left_out, release->index);
    slot->is_done = TRUE;
}

static void sum_slot(Batch *batch, Slot *slot, const FeatureVectors *all, const gboolean *missing)
{
    const BatchOptions *options = batch->run->options;
    const guint count = profile_size(slot->item.profile);
    g_autofree const float **rows = g_new(const float *, count + 1);
    g_autofree double *biases = g_new(double, count + 1);
    guint kept = 0, unknown = 0;
    for (guint i = 0; i < count; i++) {
        const ProfileFeature *feature = profile_get(slot->item.profile, i);
        const guint place = place_of(batch, feature);
        const gboolean is_user = strcmp(feature->type, FEATURE_USER) == 0;
        if (!missing[place]) {
            rows[kept] = feature_vectors_get(all, place);
            biases[kept++] = all->biases[place];
        } else if (options->cold_start && is_user) {
            slot->left_out = g_strdup(all->names[place]);
            unknown = i;
        } else {
            set_unknown(slot, options->release, all->names[place], is_user);
            return;
        }
    }
    if (kept > 0 && slot->left_out != NULL)
        profile_remove(slot->item.profile, unknown);
    if (kept > 0)
        slot->sum =
            profile_sum(rows, biases, kept, all->k, options->release->w0, &options->release->form);
    else
        set_nothing_left(slot, options->release);
}

static gboolean is_finished(const Batch *batch)
{
    for (guint i = 0; i < batch->slots->len; i++)
        if (!((const Slot *)g_ptr_array_index(batch->slots, i))->is_done)
            return FALSE;
    return TRUE;
}

static gboolean take_vectors(Batch *batch, yajl_val answer, const LiftedVectors *lifted,
                             GError **error)
{
    const Run *run = batch->run;
    g_autoptr(FeatureVectors) vectors = NULL;
    g_autofree gboolean *missing = g_new0(gboolean, profile_size(batch->features));
    switch (feature_vectors_read(&vectors, answer, lifted, run->options->release, batch->features,
                                 missing, error)) {
    case STEP_FAILED:
        return FALSE;
    case STEP_RELEASE_CHANGED: /* or a shard that has no answer at the moment */
        if (batch->attempts >= MOST_ATTEMPTS)
            return release_is_gone(run, error);
        pause_before_next(batch);
        return TRUE;
    case STEP_DONE:
        break;
    }
    for (guint i = 0; i < batch->slots->len; i++) {
        Slot *slot = g_ptr_array_index(batch->slots, i);
        if (!slot->is_done)
            sum_slot(batch, slot, vectors, missing);
    }
    enter(batch, is_finished(batch) ? COMPLETE : SEARCHING);
    return TRUE;
}

/* ---- step 2 ---- */

static QueryBody query_of(const BatchOptions *options, const Slot *slot)
{
    const ReleaseMeta *release = options->release;
    const guint size = slot->item.size;
    const guint candidates =
        options->candidates > 0 ? options->candidates : recommend_usual_candidates(size);
    return (QueryBody){
        .query = slot->sum->query,
        .k = slot->sum->k,
        .shift = options->approximate
                     ? 0
                     : query_shift(slot->sum->query, slot->sum->k, release->max_movie_norm,
                                   release->min_movie_bias),
        .candidates = options->approximate ? MAX(candidates, size) : 0,
        .size = size,
        .filter = slot->item.filter != NULL ? slot->item.filter : options->filter,
    };
}

static char *searches_body(const Batch *batch)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < batch->slots->len; i++) {
        const Slot *slot = g_ptr_array_index(batch->slots, i);
        if (slot->is_done)
            continue;
        const QueryBody query = query_of(batch->run->options, slot);
        g_autofree char *body = query_body(&query);
        g_string_append_printf(text, "{}\n%s\n", body);
    }
    return g_strdup(text->str);
}

/* A search that was refused. Nothing in it is the profile's but numbers, so that whatever does not
 * pass is the fault of what all have in common. */
static gboolean take_refusal(Slot *slot, const Run *run, yajl_val answer, gint64 status,
                             GError **error)
{
    const char *reason = json_get_string(answer, "error.reason");
    yajl_val cause = json_array_get(json_get(answer, "error.root_cause"), 0);
    const char *root = json_get_string(cause, "reason");
    g_autofree char *shown =
        http_client_printable(es_client_http(run->client), root != NULL     ? root
                                                           : reason != NULL ? reason
                                                                            : "(no explanation)");
    if (status == 404)
        return release_is_gone(run, error);
    const gboolean passes = is_passing_status(status) || status == 500;
    g_set_error(passes ? &slot->passing : error, ES_ERROR, (int)status,
                "a search in %s was refused with %d: %s", run->options->release->index, (int)status,
                shown);
    return passes;
}

static gboolean take_hits(Slot *slot, const Run *run, yajl_val answer, GError **error)
{
    const ReleaseMeta *release = run->options->release;
    const QueryBody query = query_of(run->options, slot);
    const HitsForm form = {.sum = slot->sum, .k = release->k, .approximate = query.candidates > 0};
    g_autoptr(Ranking) ranking =
        ranking_new(release->index, release->model_id, &release->form, query.shift);
    g_autoptr(GError) failure = NULL;
    ranking->candidates = query.candidates;
    ranking->left_out = g_strdup(slot->left_out);
    if (hits_read(ranking, answer, &form, &failure)) {
        slot->item.ranking = g_steal_pointer(&ranking);
        slot->is_done = TRUE;
        return TRUE;
    }
    if (g_error_matches(failure, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE)) {
        slot->passing = g_steal_pointer(&failure);
        return TRUE;
    }
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

static gboolean take_answer(Slot *slot, const Run *run, yajl_val answer, GError **error)
{
    gint64 status = 200;
    g_clear_error(&slot->passing);
    (void)json_get_int(answer, "status", &status);
    if (json_get(answer, "error") != NULL || status != 200)
        return take_refusal(slot, run, answer, status, error);
    return take_hits(slot, run, answer, error);
}

/* Those that came to nothing are asked for again, or have that as their error. */
static void settle(Batch *batch)
{
    if (!is_finished(batch) && batch->attempts < MOST_ATTEMPTS) {
        pause_before_next(batch);
        return;
    }
    for (guint i = 0; i < batch->slots->len; i++) {
        Slot *slot = g_ptr_array_index(batch->slots, i);
        if (!slot->is_done)
            slot->item.error = g_steal_pointer(&slot->passing);
        slot->is_done = TRUE;
    }
    enter(batch, COMPLETE);
}

static gboolean take_answers(Batch *batch, yajl_val answer, GError **error)
{
    yajl_val responses = json_get(answer, "responses");
    gsize at = 0, count = json_array_length(responses);
    for (guint i = 0; i < batch->slots->len; i++) {
        Slot *slot = g_ptr_array_index(batch->slots, i);
        if (slot->is_done)
            continue;
        if (at == count)
            break;
        if (!take_answer(slot, batch->run, json_array_get(responses, at++), error))
            return FALSE;
    }
    if (at == count && count > 0) {
        settle(batch);
        return TRUE;
    }
    g_set_error_literal(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                        "the cluster's answer makes no sense: _msearch did not answer each search");
    return FALSE;
}

/* ---- requests ---- */

static gboolean on_answer(yajl_val answer, const LiftedVectors *lifted, const GError *failure,
                          gpointer data, GError **error)
{
    Batch *batch = data;
    batch->under_way = FALSE;
    if (failure != NULL)
        return take_failure(batch, failure, error);
    return batch->stage == FETCHING ? take_vectors(batch, answer, lifted, error)
                                    : take_answers(batch, answer, error);
}

static gboolean send_batch(Batch *batch, GError **error)
{
    const ReleaseMeta *release = batch->run->options->release;
    const gboolean fetching = batch->stage == FETCHING;
    g_autofree char *name = es_escape(release->index);
    g_autofree char *path =
        fetching ? feature_vectors_path(release->index) : g_strdup_printf("/%s/_msearch", name);
    char *body =
        fetching ? feature_vectors_body(release, batch->features, error) : searches_body(batch);
    if (body == NULL)
        return FALSE;
    batch->attempts++;
    batch->under_way = TRUE;
    es_calls_post(batch->run->calls, path, fetching ? ES_JSON : ES_NDJSON, body, on_answer, batch);
    return TRUE;
}

/* Sends what is due; *next is when something else will be. */
static gboolean send_due(Run *run, guint in_flight, gint64 *next, GError **error)
{
    const gint64 now = g_get_monotonic_time();
    *next = G_MAXINT64;
    for (GList *at = run->batches->head; at != NULL; at = at->next) {
        Batch *batch = at->data;
        if (batch->under_way || batch->stage == COMPLETE)
            continue;
        if (batch->not_before > now)
            *next = MIN(*next, batch->not_before);
        else if (es_calls_active(run->calls) < in_flight && !send_batch(batch, error))
            return FALSE;
    }
    return TRUE;
}

/* ---- in order ---- */

static gboolean hand_over(Run *run, GError **error)
{
    while (!g_queue_is_empty(run->batches)) {
        Batch *batch = g_queue_peek_head(run->batches);
        if (batch->stage != COMPLETE)
            return TRUE;
        for (guint i = 0; i < batch->slots->len; i++) {
            const Slot *slot = g_ptr_array_index(batch->slots, i);
            if (!run->sink(&slot->item, i + 1 == batch->slots->len, run->data, error))
                return FALSE;
        }
        batch_free(g_queue_pop_head(run->batches));
    }
    return TRUE;
}

/* Reads, sends and waits until something happened. */
static gboolean go_on(Run *run, guint in_flight, GError **error)
{
    gint64 next = G_MAXINT64;
    while (!run->at_end && g_queue_get_length(run->batches) < 2 * in_flight) {
        if (!read_batch(run, error) || !send_due(run, in_flight, &next, error))
            return FALSE;
    }
    if (!send_due(run, in_flight, &next, error))
        return FALSE;
    if (es_calls_active(run->calls) == 0 && next == G_MAXINT64)
        return TRUE;
    return es_calls_wait(run->calls, next, error);
}

gboolean recommend_batch_run(EsClient *client, const BatchOptions *options, BatchSource source,
                             BatchSink sink, gpointer data, GError **error)
{
    if (options->filter != NULL && !filter_check(options->filter, error))
        return FALSE;
    const guint in_flight = options->in_flight > 0 ? options->in_flight : RECOMMEND_BATCH_IN_FLIGHT;
    g_auto(Run) run = {
        .client = client,
        .options = options,
        .source = source,
        .sink = sink,
        .data = data,
        .calls = es_calls_new(client),
        .batches = g_queue_new(),
        .common_bytes = filter_bytes(options->filter),
    };
    if (!recommend_check_knn(options->release, options->approximate ? 1 : 0, error))
        return FALSE;
    while (!run.at_end || run.has_ahead || !g_queue_is_empty(run.batches))
        if (interrupt_requested(error) || !go_on(&run, in_flight, error) || !hand_over(&run, error))
            return FALSE;
    return TRUE;
}

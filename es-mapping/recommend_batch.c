#include "recommend_batch.h"

#include <string.h>

#include "es_calls.h"
#include "feature_cache.h"
#include "hits.h"
#include "interrupt.h"
#include "recsys_error.h"
#include "whole_person.h"

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
    FeatureCache *cache;
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

typedef enum { FETCHING, FETCHING_ATTRIBUTES, SEARCHING, COMPLETE } Stage;

/* Features, each once, and their vectors. */
typedef struct {
    Profile *features;
    GHashTable *places; /* "type value" -> place in it + 1 */
    FeatureVectors *vectors;
    gboolean *missing;
} Fetched;

typedef struct {
    Run *run;
    GPtrArray *slots; /* Slot * */
    Stage stage;
    Fetched named;      /* what the profiles of all slots name */
    Fetched attributes; /* of their users, and not among them */
    Profile *unseen;    /* of these, what is asked for */
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

static Fetched fetched_new(void)
{
    return (Fetched){.features = profile_new(),
                     .places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
}

static void fetched_clear(Fetched *fetched)
{
    profile_free(fetched->features);
    g_hash_table_unref(fetched->places);
    feature_vectors_free(fetched->vectors);
    g_free(fetched->missing);
}

static void batch_free(gpointer data)
{
    Batch *batch = data;
    g_ptr_array_unref(batch->slots);
    fetched_clear(&batch->named);
    fetched_clear(&batch->attributes);
    profile_free(batch->unseen);
    g_free(batch);
}

static void run_clear(Run *run)
{
    es_calls_free(run->calls); /* before the batches that they report to */
    g_queue_free_full(run->batches, batch_free);
    feature_cache_free(run->cache);
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

static gboolean find_place(const Fetched *fetched, const ProfileFeature *feature, guint *place)
{
    g_autofree char *name = profile_feature_describe(feature);
    *place = GPOINTER_TO_UINT(g_hash_table_lookup(fetched->places, name)) - 1;
    return *place != G_MAXUINT;
}

static void add_place(Fetched *fetched, const ProfileFeature *feature)
{
    guint place;
    if (find_place(fetched, feature, &place))
        return;
    profile_add(fetched->features, feature->type, feature->value);
    g_hash_table_insert(fetched->places, profile_feature_describe(feature),
                        GUINT_TO_POINTER(profile_size(fetched->features)));
}

static gboolean is_known(const ReleaseMeta *release, const Profile *profile, GError **error)
{
    if (profile_size(profile) == 0)
        return profile_check_anyone(&release->form, release->index, error);
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
        add_place(&batch->named, profile_get(slot->item.profile, i));
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

static gboolean sum_slots(Batch *batch, GError **error);

/* The next batch to the queue's end, unless nothing is left. */
static gboolean read_batch(Run *run, GError **error)
{
    Batch *batch = g_new0(Batch, 1);
    guint movies = 0;
    gsize bytes = 0;
    batch->run = run;
    batch->slots = g_ptr_array_new_with_free_func(slot_free);
    batch->named = fetched_new();
    batch->attributes = fetched_new();
    batch->unseen = profile_new();
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
    else if (profile_size(batch->named.features) == 0)
        return sum_slots(batch, error); /* for anyone, if it is not all errors */
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

/* The profile without a user whom the release does not have; *attributes are its user's. */
static void settle_named(const Batch *batch, Slot *slot, char *const **attributes)
{
    const BatchOptions *options = batch->run->options;
    const FeatureVectors *all = batch->named.vectors;
    Profile *profile = slot->item.profile;
    *attributes = NULL;
    for (guint i = profile_size(profile); i-- > 0;) {
        guint place;
        const gboolean is_there = find_place(&batch->named, profile_get(profile, i), &place);
        const gboolean is_user = strcmp(profile_get(profile, i)->type, FEATURE_USER) == 0;
        g_assert(is_there);
        if (!batch->named.missing[place]) {
            *attributes = is_user ? all->attributes[place] : *attributes;
        } else if (!options->cold_start || !is_user) {
            set_unknown(slot, options->release, all->names[place], is_user);
            return;
        } else {
            slot->left_out = g_strdup(all->names[place]);
            if (profile_size(profile) == 1) {
                set_nothing_left(slot, options->release);
                return;
            }
            profile_remove(profile, i);
        }
    }
}

static gboolean add_attributes(Batch *batch, Slot *slot, char *const *attributes, GError **error)
{
    const BatchOptions *options = batch->run->options;
    guint place;
    g_autoptr(Profile) rest = whole_person_rest(options->release, slot->item.profile,
                                                options->user_only ? NULL : attributes, error);
    if (rest == NULL)
        return FALSE;
    for (guint i = 0; i < profile_size(rest); i++) {
        const ProfileFeature *feature = profile_get(rest, i);
        profile_add(slot->item.profile, feature->type, feature->value);
        if (!find_place(&batch->named, feature, &place))
            add_place(&batch->attributes, feature);
    }
    return TRUE;
}

/* From memory, as far as they were seen. */
static void recall_attributes(Batch *batch)
{
    Fetched *wanted = &batch->attributes;
    const guint count = profile_size(wanted->features);
    wanted->vectors = feature_vectors_new(count, batch->run->options->release->k);
    wanted->missing = g_new0(gboolean, count + 1);
    for (guint i = 0; i < count; i++) {
        const ProfileFeature *feature = profile_get(wanted->features, i);
        wanted->missing[i] = !feature_cache_get(batch->run->cache, feature, wanted->vectors, i);
        if (wanted->missing[i])
            profile_add(batch->unseen, feature->type, feature->value);
    }
}

static void keep_vectors(Batch *batch, const Fetched *fetched)
{
    for (guint i = 0; i < profile_size(fetched->features); i++)
        if (!fetched->missing[i])
            feature_cache_put(batch->run->cache, profile_get(fetched->features, i),
                              fetched->vectors, i);
}

static const Fetched *where_is(const Batch *batch, const ProfileFeature *feature, guint *place)
{
    const Fetched *found = find_place(&batch->named, feature, place)        ? &batch->named
                           : find_place(&batch->attributes, feature, place) ? &batch->attributes
                                                                            : NULL;
    return found != NULL && !found->missing[*place] ? found : NULL;
}

static gboolean sum_slot(const Batch *batch, Slot *slot, GError **error)
{
    const ReleaseMeta *release = batch->run->options->release;
    const Profile *profile = slot->item.profile;
    const guint count = profile_size(profile);
    g_autofree const float **rows = g_new(const float *, count + 1);
    g_autofree double *biases = g_new(double, count + 1);
    for (guint i = 0; i < count; i++) {
        guint place;
        const Fetched *found = where_is(batch, profile_get(profile, i), &place);
        if (found == NULL) {
            g_autofree char *name = profile_feature_describe(profile_get(profile, i));
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_GATE,
                        "user %s has the attribute %s, which has no document in %s: release it "
                        "again",
                        profile_value(profile, FEATURE_USER), name, release->index);
            return FALSE;
        }
        rows[i] = feature_vectors_get(found->vectors, place);
        biases[i] = found->vectors->biases[place];
    }
    slot->sum = profile_sum(rows, biases, count, release->k, release->w0, &release->form);
    return TRUE;
}

static gboolean is_finished(const Batch *batch)
{
    for (guint i = 0; i < batch->slots->len; i++)
        if (!((const Slot *)g_ptr_array_index(batch->slots, i))->is_done)
            return FALSE;
    return TRUE;
}

static gboolean sum_slots(Batch *batch, GError **error)
{
    for (guint i = 0; i < batch->slots->len; i++) {
        Slot *slot = g_ptr_array_index(batch->slots, i);
        if (!slot->is_done && !sum_slot(batch, slot, error))
            return FALSE;
    }
    enter(batch, is_finished(batch) ? COMPLETE : SEARCHING);
    return TRUE;
}

/* An answer of another release, or of a shard that has none at the moment, is asked for again. */
static Step read_vectors(FeatureVectors **vectors, Batch *batch, const Profile *features,
                         gboolean *missing, yajl_val answer, const LiftedVectors *lifted,
                         GError **error)
{
    const Run *run = batch->run;
    const Step step = feature_vectors_read(vectors, answer, lifted, run->options->release, features,
                                           missing, error);
    if (step == STEP_RELEASE_CHANGED && batch->attempts >= MOST_ATTEMPTS) {
        (void)release_is_gone(run, error);
        return STEP_FAILED;
    }
    if (step == STEP_RELEASE_CHANGED)
        pause_before_next(batch);
    return step;
}

static gboolean take_vectors(Batch *batch, yajl_val answer, const LiftedVectors *lifted,
                             GError **error)
{
    Fetched *named = &batch->named;
    g_free(named->missing);
    named->missing = g_new0(gboolean, profile_size(named->features) + 1);
    const Step step = read_vectors(&named->vectors, batch, named->features, named->missing, answer,
                                   lifted, error);
    if (step != STEP_DONE)
        return step == STEP_RELEASE_CHANGED;
    keep_vectors(batch, named);
    for (guint i = 0; i < batch->slots->len; i++) {
        Slot *slot = g_ptr_array_index(batch->slots, i);
        char *const *attributes;
        if (slot->is_done)
            continue;
        settle_named(batch, slot, &attributes);
        if (!slot->is_done && !add_attributes(batch, slot, attributes, error))
            return FALSE;
    }
    recall_attributes(batch);
    if (profile_size(batch->unseen) == 0)
        return sum_slots(batch, error);
    enter(batch, FETCHING_ATTRIBUTES);
    return TRUE;
}

static gboolean take_attributes(Batch *batch, yajl_val answer, const LiftedVectors *lifted,
                                GError **error)
{
    Fetched *wanted = &batch->attributes;
    g_autoptr(FeatureVectors) vectors = NULL;
    g_autofree gboolean *missing = g_new0(gboolean, profile_size(batch->unseen) + 1);
    const Step step = read_vectors(&vectors, batch, batch->unseen, missing, answer, lifted, error);
    if (step != STEP_DONE)
        return step == STEP_RELEASE_CHANGED;
    for (guint i = 0; i < profile_size(batch->unseen); i++) {
        guint place;
        if (!missing[i] && find_place(wanted, profile_get(batch->unseen, i), &place)) {
            feature_vectors_set(wanted->vectors, place, vectors, i);
            wanted->missing[place] = FALSE;
        }
    }
    keep_vectors(batch, wanted);
    return sum_slots(batch, error);
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
        .with_vectors = release->form.rating_dims > 0, /* ratings need them */
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

static gboolean take_hits(Slot *slot, const Run *run, yajl_val answer, const LiftedVectors *lifted,
                          GError **error)
{
    const ReleaseMeta *release = run->options->release;
    const QueryBody query = query_of(run->options, slot);
    const HitsForm form = {.sum = slot->sum,
                           .k = release->k,
                           .approximate = query.candidates > 0,
                           .lifted = query.with_vectors ? lifted : NULL};
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

static gboolean take_answer(Slot *slot, const Run *run, yajl_val answer,
                            const LiftedVectors *lifted, GError **error)
{
    gint64 status = 200;
    g_clear_error(&slot->passing);
    (void)json_get_int(answer, "status", &status);
    if (json_get(answer, "error") != NULL || status != 200)
        return take_refusal(slot, run, answer, status, error);
    return take_hits(slot, run, answer, lifted, error);
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

static gboolean take_answers(Batch *batch, yajl_val answer, const LiftedVectors *lifted,
                             GError **error)
{
    yajl_val responses = json_get(answer, "responses");
    gsize at = 0, count = json_array_length(responses);
    for (guint i = 0; i < batch->slots->len; i++) {
        Slot *slot = g_ptr_array_index(batch->slots, i);
        if (slot->is_done)
            continue;
        if (at == count)
            break;
        if (!take_answer(slot, batch->run, json_array_get(responses, at++), lifted, error))
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
    switch (batch->stage) {
    case FETCHING:
        return take_vectors(batch, answer, lifted, error);
    case FETCHING_ATTRIBUTES:
        return take_attributes(batch, answer, lifted, error);
    default:
        return take_answers(batch, answer, lifted, error);
    }
}

static gboolean send_batch(Batch *batch, GError **error)
{
    const ReleaseMeta *release = batch->run->options->release;
    const gboolean fetching = batch->stage != SEARCHING;
    const Profile *features = batch->stage == FETCHING ? batch->named.features : batch->unseen;
    g_autofree char *name = es_escape(release->index);
    g_autofree char *path =
        fetching ? feature_vectors_path(release->index) : g_strdup_printf("/%s/_msearch", name);
    char *body = fetching ? feature_vectors_body(release, features, error) : searches_body(batch);
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
        .cache = feature_cache_new(),
        .batches = g_queue_new(),
        .common_bytes = filter_bytes(options->filter),
    };
    feature_cache_bind(run.cache, options->release);
    if (!recommend_check_knn(options->release, options->approximate ? 1 : 0, error))
        return FALSE;
    while (!run.at_end || run.has_ahead || !g_queue_is_empty(run.batches))
        if (interrupt_requested(error) || !go_on(&run, in_flight, error) || !hand_over(&run, error))
            return FALSE;
    return TRUE;
}

#include "order_check.h"

#include <math.h>
#include <string.h>

#include "answer_check.h"
#include "document.h"
#include "es_calls.h"
#include "feature_vectors.h"
#include "json.h"
#include "local_scorer.h"
#include "order_log.h"
#include "progress.h"
#include "rankings_page.h"
#include "recommend.h"
#include "recsys_error.h"

#define IN_FLIGHT 2
#define BATCH_PROFILES 64
#define BATCH_MOVIES 20000
#define RANKING_PAGE RECOMMEND_MOST

/* What is read of the rankings, and no more: a hit is parsed in half the time. */
#define WANTED                                                                                     \
    "responses.status,responses.error,responses.timed_out,responses.terminated_early,"             \
    "responses._shards.failed,responses.hits.hits._id,responses.hits.hits._score"
#define WANTED_BY_PAGES WANTED ",responses.hits.hits.sort"

typedef struct Check Check;

/* One profile under way. */
typedef struct {
    Profile *profile;  /* the whole person */
    gboolean is_whole; /* with what comes in by itself */
    char *description;
    ProfileSum *sum; /* of the bundle's vectors */
    double shift;
    GArray *returned;   /* Returned, so far */
    char *after;        /* the sort values where the next page begins, or NULL */
    gboolean is_over;   /* all is returned, or there is a finding */
    char *failure;      /* why the ranking cannot be had; NULL: no such finding */
    char *finding;      /* another one, complete, or NULL */
    ViolationKind kind; /* of it */
} Question;

typedef struct {
    Check *check;
    gboolean is_answered; /* and waits for its turn */
    GPtrArray *questions; /* Question * */
    GPtrArray *ids;       /* char *: documents of step 1, each once */
    GPtrArray *asked;     /* Question *, not owned: of the msearch under way */
    GString *answer;      /* to it, while it is read */
} Batch;

struct Check {
    Report *report;
    EsClient *client;
    const char *name;
    const ReleaseMeta *release;
    const Bundle *bundle;
    guint depth, page; /* movies asked for of each profile, and in one request */
    OrderProfiles *profiles;
    AnswerCheck *answers;
    EsCalls *calls;
    char *mget_path, *msearch_path;
    Batch batches[IN_FLIGHT]; /* they are judged in turn, whichever is answered first */
    FILE *log;                /* nullable */
    Progress progress;
    guint done;
    guint64 judged;     /* batches */
    char *last_failure; /* of a ranking that could not be had */
};

static void question_free(gpointer data)
{
    Question *question = data;
    profile_free(question->profile);
    g_free(question->description);
    profile_sum_free(question->sum);
    g_array_unref(question->returned);
    g_free(question->after);
    g_free(question->failure);
    g_free(question->finding);
    g_free(question);
}

static void batch_clear(Batch *batch)
{
    g_ptr_array_unref(batch->questions);
    g_ptr_array_unref(batch->ids);
    g_ptr_array_unref(batch->asked);
}

/* ---- findings ---- */

static void fail(Question *question, const char *why)
{
    question->is_over = TRUE;
    question->failure = g_strdup(why);
}

static void find(Question *question, ViolationKind kind, char *finding)
{
    question->kind = kind;
    question->is_over = TRUE;
    question->finding = finding;
}

/* The same cause of several rankings that cannot be had is told once. */
static void report_failure(Check *check, const Question *question)
{
    if (g_strcmp0(check->last_failure, question->failure) == 0)
        report_repeat(check->report, VIOLATION_REFUSED);
    else
        report_violation(check->report, VIOLATION_REFUSED, "ranking for {%s}: %s",
                         question->description, question->failure);
    g_free(check->last_failure);
    check->last_failure = g_strdup(question->failure);
}

static void log_answer(Check *check, const Question *question, const AnswerVerdict *verdict)
{
    const GArray *movies = feature_table_of_type(check->bundle->features, FEATURE_MOVIE);
    const guint count = question->returned->len;
    g_autofree const char **values = g_new(const char *, count + 1);
    g_autofree float *scores = g_new(float, count + 1);
    g_autofree guint *indices = g_new(guint, count + 1);
    for (guint i = 0; i < count; i++) {
        const Returned *movie = &g_array_index(question->returned, Returned, i);
        scores[i] = movie->score;
        indices[i] = g_array_index(movies, guint, movie->position);
        values[i] = feature_table_get(check->bundle->features, indices[i])->value;
    }
    const OrderLogEntry entry = {
        .profile = question->profile,
        .query_is_right = question->finding == NULL || question->kind != VIOLATION_QUERY,
        .list_is_right = verdict->list_is_right,
        .set_is_right = verdict->set_is_right,
        .shift = question->shift,
        .movies = count,
        .values = values,
        .scores = scores,
        .indices = indices,
        .exact = verdict->exact,
    };
    order_log_put(check->log, &entry);
}

static void judge(Check *check, const Question *question)
{
    AnswerVerdict verdict = {0};
    check->report->profiles++;
    if (question->failure != NULL)
        report_failure(check, question);
    else if (question->finding != NULL)
        report_violation(check->report, question->kind, "%s", question->finding);
    else
        verdict = answer_check(check->answers, question->description, question->sum->query,
                               question->shift, question->returned, check->depth);
    if (check->log != NULL && question->failure == NULL)
        log_answer(check, question, &verdict);
}

static gboolean strange_answer(const char *what, GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the cluster's answer makes no sense: %s", what);
    return FALSE;
}

static gboolean pass_on(const GError *failure, GError **error)
{
    g_propagate_error(error, g_error_copy(failure));
    return FALSE;
}

/* ---- step 2: rankings ---- */

static gboolean on_rankings(GString *answer, const GError *failure, gpointer data, GError **error);
static gboolean finish_batch(Batch *batch, GError **error);

/* The search of recommend.h, with nothing of a movie but its id; and where its page begins. */
static void append_search(const Check *check, const Question *question, GString *text)
{
    const guint left = check->depth - question->returned->len;
    g_autofree char *body =
        recommend_ids_body(question->sum->query, question->sum->k, question->shift,
                           MIN(left, check->page), question->after);
    g_string_append_printf(text, "{}\n%s\n", body);
}

static gboolean ask_rankings(Batch *batch, GError **error)
{
    Check *check = batch->check;
    GString *body = g_string_new(NULL);
    g_ptr_array_set_size(batch->asked, 0);
    for (guint i = 0; i < batch->questions->len; i++) {
        Question *question = g_ptr_array_index(batch->questions, i);
        if (question->is_over)
            continue;
        g_ptr_array_add(batch->asked, question);
        append_search(check, question, body);
    }
    if (batch->asked->len == 0) {
        g_string_free(body, TRUE);
        return finish_batch(batch, error);
    }
    es_calls_post_for_text(check->calls, check->msearch_path, ES_NDJSON, g_string_free(body, FALSE),
                           on_rankings, batch);
    return TRUE;
}

/* There is no ranking then: several may be infinite. */
static void fail_as_infinite(Question *question, const char *id)
{
    g_autofree char *why = g_strdup_printf(
        "the score of %s is Infinity: the model's values are too large for float32", id);
    if (question->failure == NULL)
        fail(question, why);
}

static gboolean on_hit(guint number, const char *id, float score, gpointer data, GError **error)
{
    Batch *batch = data;
    Returned movie = {.score = score};
    if (number >= batch->asked->len)
        return TRUE; /* on_page() says so */
    Question *question = g_ptr_array_index(batch->asked, number);
    if (id == NULL || isnan(score))
        return strange_answer("a hit without _id and _score", error);
    if (isinf(score)) {
        fail_as_infinite(question, id);
        return TRUE;
    }
    if (answer_check_find(batch->check->answers, id, &movie.position))
        g_array_append_val(question->returned, movie);
    else if (question->finding == NULL)
        find(question, VIOLATION_LIST,
             g_strdup_printf("list for {%s}: %s is not a movie of the bundle",
                             question->description, id));
    return TRUE;
}

/* A search that failed by itself: documents that cannot be ranked are a finding, a cluster that
 * cannot answer is not. */
static gboolean read_failure(Batch *batch, guint number, gint64 status, GError **error)
{
    Check *check = batch->check;
    Question *question = g_ptr_array_index(batch->asked, number);
    g_auto(yajl_val) tree =
        es_client_parse(check->client, "POST", check->msearch_path, batch->answer, NULL, error);
    if (tree == NULL)
        return FALSE;
    yajl_val answer = json_array_get(json_get(tree, "responses"), number);
    g_autofree char *reason = es_client_reason(check->client, answer);
    if (status == 400) {
        fail(question, reason);
        return TRUE;
    }
    if (es_lacks_shards(answer) && status == 503) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "the ranking for {%s}: shards are missing, see GET _cat/shards (%s)",
                    question->description, reason);
        return FALSE;
    }
    g_set_error(error, ES_ERROR, (int)status,
                "%s answers the ranking for {%s} with %" G_GINT64_FORMAT ": %s", check->report->url,
                question->description, status, reason);
    return FALSE;
}

static gboolean on_page(guint number, const AnswerHead *page, gpointer data, GError **error)
{
    Batch *batch = data;
    Check *check = batch->check;
    if (number >= batch->asked->len)
        return strange_answer("msearch has more answers than searches", error);
    Question *question = g_ptr_array_index(batch->asked, number);
    if (page->status == 0 && !page->has_error)
        return strange_answer("a search without a status", error);
    if (page->status != 200 || page->has_error)
        return read_failure(batch, number, page->status != 200 ? page->status : 500, error);
    g_autofree char *what = g_strdup_printf("the ranking for {%s}", question->description);
    if (!answer_head_check_whole(page, what, error))
        return FALSE;
    const guint before = question->returned->len - MIN(page->hits, question->returned->len);
    const gboolean is_full = page->hits == MIN(check->depth - before, check->page);
    question->is_over = question->is_over || !is_full || question->returned->len >= check->depth;
    if (question->is_over)
        return TRUE;
    if (page->after == NULL)
        return strange_answer("a hit without its sort values", error);
    g_free(question->after);
    question->after = g_strdup(page->after);
    return TRUE;
}

static gboolean on_rankings(GString *answer, const GError *failure, gpointer data, GError **error)
{
    static const RankingsHandler handler = {on_hit, on_page};
    Batch *batch = data;
    guint searches = 0;
    if (failure != NULL)
        return pass_on(failure, error);
    batch->answer = answer;
    if (!rankings_page_read(&searches, answer, &handler, batch, error))
        return FALSE;
    if (searches != batch->asked->len)
        return strange_answer("msearch did not answer each search", error);
    return ask_rankings(batch, error);
}

/* ---- step 1: the profiles' documents ---- */

typedef struct {
    char *problem; /* NULL: none */
    double bias;
    float *vector;     /* [k] */
    char **attributes; /* `_id`s, or NULL */
} Stored;

static void stored_free(gpointer data)
{
    Stored *stored = data;
    g_free(stored->problem);
    g_free(stored->vector);
    g_strfreev(stored->attributes);
    g_free(stored);
}

/* What is wrong with a document of step 1; NULL if nothing is. */
static char *problem_of(const Check *check, const char *id, yajl_val document,
                        const LiftedVectors *lifted, Stored *stored)
{
    const ReleaseMeta *release = check->release;
    const char *model_id = json_get_string(document, "_source.model_id");
    if (json_get(document, "error") != NULL) {
        g_autofree char *reason = es_client_reason(check->client, document);
        return g_strdup_printf("%s in %s cannot be fetched: %s", id, release->index, reason);
    }
    if (!json_is_true(document, "found"))
        return g_strdup_printf("there is no document %s in release %s", id, release->index);
    if (g_strcmp0(model_id, release->model_id) != 0)
        return g_strdup_printf(
            "%s in %s is of model %s, the release is of model %s: release it again", id,
            release->index, model_id != NULL ? model_id : "(none)", release->model_id);
    if (!feature_vectors_read_attributes(&stored->attributes, document))
        return g_strdup_printf("the attributes of %s in %s are not a list of ids: release it again",
                               id, release->index);
    if (!lifted_vectors_read(lifted, stored->vector, release->k,
                             json_get(document, "_source.embedding")) ||
        !json_get_double(document, "_source.bias", &stored->bias))
        return g_strdup_printf("%s in %s has no embedding of %u dimensions and a bias: release it "
                               "again",
                               id, release->index, release->k);
    return NULL;
}

static gboolean read_document(const Check *check, const char *id, yajl_val document,
                              const LiftedVectors *lifted, GHashTable *table, GError **error)
{
    const char *index = json_get_string(document, "_index");
    if (index == NULL)
        return strange_answer("an mget document without _index", error);
    if (g_strcmp0(json_get_string(document, "_id"), id) != 0)
        return strange_answer("mget answers with another document than was asked for", error);
    if (es_lacks_shards(document)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "%s in %s cannot be read: shards are missing, see GET _cat/shards", id, index);
        return FALSE;
    }
    if (strcmp(index, check->release->index) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "%s is not %s any more (%s answered): verify again", check->name,
                    check->release->index, index);
        return FALSE;
    }
    if (json_get(document, "error") != NULL && !feature_vectors_lack_routing(document)) {
        g_autofree char *reason = es_client_reason(check->client, document);
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE,
                    "%s in %s cannot be read: verify again (%s)", id, index, reason);
        return FALSE;
    }
    Stored *stored = g_new0(Stored, 1);
    stored->vector = g_new0(float, check->release->k);
    stored->problem = problem_of(check, id, document, lifted, stored);
    g_hash_table_insert(table, (gpointer)id, stored);
    return TRUE;
}

static char *id_of(const Check *check, const ProfileFeature *feature, GError **error)
{
    return release_meta_document_id(check->release, feature->type, feature->value, error);
}

/* Clients sum what the document names. */
static gboolean has_attributes(const Check *check, guint user, char *const *ids)
{
    const FeatureTable *features = check->bundle->features;
    const Attributes wanted = feature_table_attributes(features, user);
    if (ids == NULL || g_strv_length((char **)ids) != wanted.count)
        return ids == NULL && wanted.count == 0;
    for (guint i = 0; i < wanted.count; i++) {
        const Feature *feature = feature_table_get(features, wanted.indices[i]);
        const ProfileFeature attribute = {(char *)feature->type, (char *)feature->value};
        g_autofree char *id = id_of(check, &attribute, NULL);
        if (g_strcmp0(id, ids[i]) != 0)
            return FALSE;
    }
    return TRUE;
}

/* What step 1 must not answer: another vector or bias than the bundle's, or another person. NULL if
 * it does not. */
static const char *difference(const Check *check, const Question *question,
                              const ProfileFeature *feature, const Stored *stored)
{
    guint index;
    const FmModel *model = check->bundle->model;
    const guint k = check->release->k;
    if (!feature_table_find(check->bundle->features, feature->type, feature->value, &index))
        return NULL; /* question_new() had it */
    if (k != model->k ||
        memcmp(stored->vector, fm_vector(model, index), k * sizeof *stored->vector) != 0)
        return "vector";
    if (question->is_whole && !has_attributes(check, index, stored->attributes))
        return "list of attributes";
    return stored->bias == (double)model->bias[index] ? NULL : "bias";
}

/* Equal vectors have equal sums, and equal biases equal ratings. */
static void check_stored(Check *check, Question *question, GHashTable *table)
{
    for (guint i = 0; i < profile_size(question->profile) && !question->is_over; i++) {
        const ProfileFeature *feature = profile_get(question->profile, i);
        g_autofree char *id = id_of(check, feature, NULL);
        const Stored *stored = g_hash_table_lookup(table, id);
        const char *what =
            stored->problem == NULL ? difference(check, question, feature, stored) : NULL;
        if (stored->problem != NULL)
            fail(question, stored->problem);
        else if (what != NULL)
            find(question, VIOLATION_QUERY,
                 g_strdup_printf("query vector for {%s}: the %s that mget answers for %s is not "
                                 "the bundle's",
                                 question->description, what, id));
    }
}

static gboolean on_documents(yajl_val answer, const LiftedVectors *lifted, const GError *failure,
                             gpointer data, GError **error)
{
    Batch *batch = data;
    Check *check = batch->check;
    if (failure != NULL)
        return pass_on(failure, error);
    yajl_val documents = json_get(answer, "docs");
    if (json_array_length(documents) != batch->ids->len)
        return strange_answer("mget did not answer for each document", error);
    g_autoptr(GHashTable) table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, stored_free);
    for (guint i = 0; i < batch->ids->len; i++)
        if (!read_document(check, g_ptr_array_index(batch->ids, i), json_array_get(documents, i),
                           lifted, table, error))
            return FALSE;
    for (guint i = 0; i < batch->questions->len; i++) {
        Question *question = g_ptr_array_index(batch->questions, i);
        if (!question->is_over)
            check_stored(check, question, table);
    }
    return ask_rankings(batch, error);
}

/* FALSE if the release does not know one of the profile's features. */
static gboolean add_ids(const Check *check, const Question *question, GHashTable *ids,
                        GError **error)
{
    for (guint i = 0; i < profile_size(question->profile); i++) {
        char *id = id_of(check, profile_get(question->profile, i), error);
        if (id == NULL)
            return FALSE;
        g_hash_table_add(ids, id);
    }
    return TRUE;
}

static char *mget_body(const GPtrArray *ids)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_key(json, "ids");
    yajl_gen_array_open(json);
    for (guint i = 0; i < ids->len; i++)
        json_put_string(json, g_ptr_array_index(ids, i));
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    return json_take(json, NULL);
}

static gboolean ask_documents(Batch *batch, GError **error)
{
    Check *check = batch->check;
    g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < batch->questions->len; i++) {
        g_autoptr(GError) problem = NULL;
        Question *question = g_ptr_array_index(batch->questions, i);
        if (!add_ids(check, question, ids, &problem))
            fail(question, problem->message);
    }
    GHashTableIter iterator;
    gpointer id;
    g_ptr_array_set_size(batch->ids, 0);
    g_hash_table_iter_init(&iterator, ids);
    while (g_hash_table_iter_next(&iterator, &id, NULL))
        g_ptr_array_add(batch->ids, g_strdup(id));
    if (batch->ids->len == 0)
        return ask_rankings(batch, error); /* of those for nobody in particular */
    es_calls_post(check->calls, check->mget_path, ES_JSON, mget_body(batch->ids), on_documents,
                  batch);
    return TRUE;
}

/* ---- batches ---- */

static Question *question_new(const Check *check, Profile *profile, GError **error)
{
    const ReleaseMeta *release = check->release;
    Question *question = g_new0(Question, 1);
    question->profile = local_whole(check->bundle, profile);
    question->is_whole = !profile->user_only;
    question->description = profile_describe(question->profile);
    question->returned = g_array_new(FALSE, FALSE, sizeof(Returned));
    question->sum = local_profile_sum(check->bundle, profile, error);
    profile_free(profile);
    if (question->sum != NULL) {
        question->shift = recommend_shift(question->sum->query, question->sum->k,
                                          release->max_movie_norm, release->min_movie_bias);
        return question;
    }
    question_free(question);
    return NULL;
}

/* Fills a batch that is empty and asks; with no profile left it stays empty. */
static gboolean next_batch(Batch *batch, GError **error)
{
    Check *check = batch->check;
    const guint most = CLAMP(BATCH_MOVIES / check->page, 1, BATCH_PROFILES);
    Profile *profile;
    batch->is_answered = FALSE;
    while (batch->questions->len < most &&
           (profile = order_profiles_next(check->profiles)) != NULL) {
        Question *question = question_new(check, profile, error);
        if (question == NULL)
            return FALSE;
        g_ptr_array_add(batch->questions, question);
    }
    return batch->questions->len == 0 || ask_documents(batch, error);
}

/* Judges the batches whose turn it is, and starts new ones in their places. */
static gboolean finish_batch(Batch *finished, GError **error)
{
    Check *check = finished->check;
    finished->is_answered = TRUE;
    while (TRUE) {
        Batch *batch = &check->batches[check->judged % IN_FLIGHT];
        if (!batch->is_answered)
            return TRUE;
        for (guint q = 0; q < batch->questions->len; q++)
            judge(check, g_ptr_array_index(batch->questions, q));
        check->judged++;
        check->done += batch->questions->len;
        progress_update(&check->progress, check->done, NULL);
        g_ptr_array_set_size(batch->questions, 0);
        if (!next_batch(batch, error))
            return FALSE;
    }
}

static gboolean run(Check *check, GError **error)
{
    gboolean valid = TRUE;
    for (guint i = 0; i < IN_FLIGHT; i++) {
        Batch *batch = &check->batches[i];
        batch->check = check;
        batch->questions = g_ptr_array_new_with_free_func(question_free);
        batch->ids = g_ptr_array_new_with_free_func(g_free);
        batch->asked = g_ptr_array_new();
    }
    for (guint i = 0; valid && i < IN_FLIGHT; i++)
        valid = next_batch(&check->batches[i], error);
    valid = valid && es_calls_run(check->calls, error);
    for (guint i = 0; i < IN_FLIGHT; i++)
        batch_clear(&check->batches[i]);
    return valid;
}

gboolean order_check(Report *report, EsClient *client, const char *name, const ReleaseMeta *release,
                     const Bundle *bundle, const OrderOptions *options, GError **error)
{
    const ProfileChoice choice = {options->random, options->seed, options->all_users,
                                  options->random_only};
    g_autoptr(AnswerCheck) answers =
        answer_check_new(report, bundle, release->doc_ids, options->kernels);
    g_autoptr(OrderProfiles) profiles = order_profiles_new(bundle, &choice);
    g_autoptr(EsCalls) calls = es_calls_new(client);
    g_autofree char *index = es_escape(release->index);
    g_autofree char *mget = feature_vectors_path(name);
    const guint movies = feature_table_of_type(bundle->features, FEATURE_MOVIE)->len;
    const guint depth = MIN(options->depth, movies);
    g_autofree char *msearch = g_strdup_printf("/%s/_msearch?filter_path=%s", index,
                                               depth > RANKING_PAGE ? WANTED_BY_PAGES : WANTED);
    Check check = {
        .report = report,
        .client = client,
        .name = name,
        .release = release,
        .bundle = bundle,
        .depth = depth,
        .page = MIN(depth, RANKING_PAGE),
        .profiles = profiles,
        .answers = answers,
        .log = options->log,
        .calls = calls,
        .mget_path = mget,
        .msearch_path = msearch,
    };
    report->depth = depth;
    report->standard = order_profiles_standard(profiles, &report->standard_all);
    for (guint made = CHECK_RANKINGS; made <= CHECK_SETS; made++)
        report_check(report, made);
    progress_start(&check.progress, "orders", "profiles", order_profiles_count(profiles));
    const gboolean asked = run(&check, error);
    progress_end(&check.progress);
    g_free(check.last_failure);
    return asked;
}

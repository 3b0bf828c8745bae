/* Bulk indexing against a server that refuses, answers in part, or breaks off: in front of the real
 * one stands a proxy with a script. Either every document arrives, or the load fails and says why.
 */
#include "bulk.h"

#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "fake_server.h"
#include "index_definition.h"
#include "load.h"
#include "programs.h"
#include "recsys_error.h"
#include "servers.h"

#define ANY_CODE (-1)

static char *bundle_path;
static Bundle *bundle;
static char *victim; /* the _id of a document that scripts refuse */

static void set_up(void)
{
    const BundleRecipe recipe = {"300", "400", "8000", "16", "1"};
    bundle = bundle_make_and_open(&recipe, &bundle_path);
    victim = document_id(bundle, DOC_IDS_BY_VALUE, 7);
}

/* ---- the script ---- */

typedef struct Script Script;

struct Script {
    /* Spoils the answer, or gives one of its own. */
    void (*act)(const FakeRequest *request, FakeAnswer *answer, const Script *script);
    guint times; /* on how many bulk requests, from the first one that counts */
    guint skip;  /* requests before that */
    long status;
    guint retry_after;
    guint seen;
    guint documents; /* of all bulk requests */
};

static guint count_documents(const GString *body)
{
    guint lines = 0;
    for (gsize i = 0; i < body->len; i++)
        lines += body->str[i] == '\n';
    return lines / 2;
}

static void proxy(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Script *script = data;
    if (strstr(request->path, "/_bulk") == NULL) {
        fake_forward(server_url(), request, answer);
        return;
    }
    const guint number = script->seen++;
    script->documents += count_documents(request->body);
    if (script->act != NULL && number >= script->skip && number - script->skip < script->times)
        script->act(request, answer, script);
    else
        fake_forward(server_url(), request, answer);
}

/* Answers with a status, the server knows of nothing. */
static void refuse_request(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)request;
    fake_answer_json(answer, "{\"error\":{\"type\":\"busy\",\"reason\":\"not now\"}}");
    answer->status = script->status;
    answer->retry_after = script->retry_after;
}

/* Takes the other documents, and refuses every third and the victim. */
static void refuse_items(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    g_auto(GStrv) lines = g_strsplit(request->body->str, "\n", -1);
    g_autoptr(GString) kept = g_string_new(NULL);
    g_autoptr(GString) items = g_string_new("{\"items\":[");
    g_autofree char *id = g_strdup_printf("\"%s\"", victim);
    for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i += 2) {
        gboolean refused =
            (script->status == 429 && i / 2 % 3 == 1) || strstr(lines[i], id) != NULL;
        if (!refused)
            g_string_append_printf(kept, "%s\n%s\n", lines[i], lines[i + 1]);
        g_string_append_printf(items, "%s{\"index\":{\"status\":%ld", i > 0 ? "," : "",
                               refused ? script->status : 201L);
        g_string_append(items, refused ? ",\"error\":{\"reason\":\"queue full\"}}}" : "}}");
    }
    g_string_append(items, "]}");
    FakeRequest rest = *request;
    rest.body = kept;
    if (kept->len > 0)
        fake_forward(server_url(), &rest, answer);
    g_clear_pointer(&answer->product, g_free);
    fake_answer_json(answer, items->str);
}

static void hang_up_after(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)script;
    fake_forward(server_url(), request, answer);
    answer->hang_up = TRUE;
}

static void cut_answer(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)script;
    fake_forward(server_url(), request, answer);
    answer->cut = answer->body->len / 2;
}

/* Whole as HTTP, half as JSON. */
static void halve_answer(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)script;
    fake_forward(server_url(), request, answer);
    g_string_truncate(answer->body, answer->body->len / 2);
}

static void drop_item(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)script;
    fake_forward(server_url(), request, answer);
    if (g_string_replace(answer->body, "{\"index\":{\"status\":201}},", "", 1) == 0)
        g_string_assign(answer->body, "{\"items\":[]}");
}

static void drip(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)script;
    fake_forward(server_url(), request, answer);
    answer->drip_head = TRUE;
}

/* ---- loads ---- */

typedef struct {
    BulkReport report;
    GError *error;
    double seconds;
    gint64 there; /* documents in the index afterwards */
} Load;

static void load_clear(Load *load)
{
    g_clear_error(&load->error);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Load, load_clear)

static const BulkOptions quick = {
    .in_flight = 3,
    .smallest = 16 * 1024,
    .largest = 64 * 1024,
    .retries = 4,
    .backoff = {0.01, 0.05},
    .patience = 20,
    .request_seconds = 1.5,
    .gzip = GZIP_NEVER, /* scripts count lines */
};

/* Loads through the proxy into a new index. `most`: see fake_server_set_most(); 0: no limit. */
static void load_with(Load *load, Script *script, const BulkOptions *options, gsize most)
{
    static guint number;
    g_autofree char *index = g_strdup_printf("%s-%u", server_prefix(), ++number);
    g_autofree char *definition = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    CU_ASSERT(server_do("PUT", definition, "/%s", index));
    g_autoptr(FakeServer) server = fake_server_start(proxy, script);
    g_auto(HttpOptions) http = {.url = g_strdup(fake_server_url(server))};
    g_autoptr(EsClient) client = es_client_connect(&http, &load->error);
    CU_ASSERT_PTR_NOT_NULL(client);
    if (client == NULL)
        return;
    if (most > 0)
        fake_server_set_most(server, most);
    gint64 started = g_get_monotonic_time();
    gboolean valid =
        bulk_load(&load->report, client, index, bundle, DOC_IDS_BY_VALUE, options, &load->error);
    load->seconds = (double)(g_get_monotonic_time() - started) / G_USEC_PER_SEC;
    CU_ASSERT_EQUAL(valid, load->error == NULL);
    if (load->error != NULL)
        tap_comment(load->error->message);
    CU_ASSERT(server_do("POST", NULL, "/%s/_refresh", index));
    g_auto(yajl_val) count = server_ask("GET", NULL, "/%s/_count", index);
    CU_ASSERT(json_get_int(count, "count", &load->there));
}

/* A fault that passes: every document arrives, and the report says so. */
static void check_survives(Script *script, Load *load)
{
    load_with(load, script, &quick, 0);
    CU_ASSERT_PTR_NULL(load->error);
    CU_ASSERT_EQUAL(load->there, bundle->model->n);
    CU_ASSERT_EQUAL(load->report.documents, bundle->model->n);
    CU_ASSERT(load->report.repeated > 0);
}

/* One that stays: the load fails, and says what it met with. */
static void check_error(const GError *error, GQuark domain, int code, const char *text)
{
    CU_ASSERT_PTR_NOT_NULL(error);
    if (error == NULL)
        return;
    CU_ASSERT_EQUAL(error->domain, domain);
    CU_ASSERT(code == ANY_CODE || error->code == code);
    CU_ASSERT_PTR_NOT_NULL(strstr(error->message, text));
}

static void check_fails(Script *script, GQuark domain, int code, const char *text)
{
    g_auto(Load) load = {0};
    script->times = G_MAXUINT;
    load_with(&load, script, &quick, 0);
    check_error(load.error, domain, code, text);
    CU_ASSERT(load.report.documents < bundle->model->n);
}

static gboolean takes_base64(void)
{
    return strtol(es_client_version(server_client()), NULL, 10) >= 9;
}

static void test_no_fault(void)
{
    Script script = {0};
    g_auto(Load) load = {0};
    load_with(&load, &script, &quick, 0);
    CU_ASSERT_PTR_NULL(load.error);
    CU_ASSERT_EQUAL(load.there, bundle->model->n);
    CU_ASSERT_EQUAL(load.report.repeated, 0);
    CU_ASSERT_EQUAL(load.report.form == VECTORS_AS_BASE64, takes_base64());
    /* The one more is the question whether base64 is understood, if it is not. */
    CU_ASSERT_EQUAL(script.documents, bundle->model->n + !takes_base64());
    CU_ASSERT(load.report.requests > 5);
}

static void test_items_refused(void)
{
    Script script = {refuse_items, .times = 4, .skip = 2, .status = 429};
    g_auto(Load) load = {0};
    check_survives(&script, &load);
    /* Only those that were refused were sent again. */
    CU_ASSERT_EQUAL(script.documents, bundle->model->n + load.report.repeated + !takes_base64());
    CU_ASSERT(load.report.repeated < bundle->model->n / 2);
    check_fails(&script, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "refused with 429: queue full");
}

static void test_item_refused_for_good(void)
{
    Script script = {refuse_items, .skip = 1, .status = 400};
    g_autofree char *text = g_strdup_printf("1 of %u documents were refused, the first one %s "
                                            "with 400: queue full",
                                            bundle->model->n, victim);
    check_fails(&script, RECSYS_ERROR, RECSYS_ERROR_REFUSED, text);
}

static void test_request_refused(void)
{
    const long statuses[] = {429, 503, 502, 504};
    for (guint i = 0; i < G_N_ELEMENTS(statuses); i++) {
        Script script = {refuse_request, .times = 3, .skip = i, .status = statuses[i]};
        g_auto(Load) load = {0};
        check_survives(&script, &load);
        script = (Script){refuse_request, .skip = i, .status = statuses[i]};
        check_fails(&script, ES_ERROR, (int)statuses[i], "busy: not now");
        CU_ASSERT(script.seen <= 20);
    }
    Script forbidden = {refuse_request, .skip = 2, .status = 403};
    check_fails(&forbidden, ES_ERROR, 403, "busy: not now");
    CU_ASSERT(forbidden.seen <= 2 + quick.in_flight);
}

/* Unless retries are limited, only the time without progress counts. */
static void test_patience(void)
{
    Script script = {refuse_request, .times = 40, .skip = 1, .status = 503};
    BulkOptions patient = quick;
    g_auto(Load) load = {0};
    patient.retries = BULK_UNLIMITED;
    load_with(&load, &script, &patient, 0);
    CU_ASSERT_PTR_NULL(load.error);
    CU_ASSERT_EQUAL(load.there, bundle->model->n);
    patient.patience = 0.5;
    script = (Script){refuse_request, .times = G_MAXUINT, .skip = 1, .status = 503};
    g_auto(Load) ended = {0};
    load_with(&ended, &script, &patient, 0);
    check_error(ended.error, ES_ERROR, 503, "0.5 s without progress");
    CU_ASSERT(script.seen > 5);
}

/* Smaller requests may be let in; the smallest are not sent again for nothing. */
static void test_too_large(void)
{
    Script script = {refuse_request, .skip = 2, .status = 413};
    check_fails(&script, ES_ERROR, 413, "busy: not now");
    CU_ASSERT(script.seen <= 2 + 2 * quick.in_flight);
}

static void test_retry_after(void)
{
    Script script = {refuse_request, .times = 1, .skip = 0, .status = 429, .retry_after = 1};
    g_auto(Load) load = {0};
    check_survives(&script, &load);
    CU_ASSERT(load.seconds >= 1);
    /* Longer than anybody wants to wait. */
    script = (Script){refuse_request, .status = 503, .retry_after = 3600};
    check_fails(&script, ES_ERROR, 503, "without progress");
    CU_ASSERT_EQUAL(script.seen, 1);
}

static void test_answer_lost(void)
{
    Script script = {hang_up_after, .times = 3, .skip = 1};
    g_auto(Load) load = {0};
    check_survives(&script, &load);
    check_fails(&(Script){hang_up_after, .skip = 2}, HTTP_TRANSPORT_ERROR, ANY_CODE,
                "was sent 5 times");
}

static void test_answer_cut(void)
{
    Script cut = {cut_answer, .times = 3, .skip = 1}, halved = {halve_answer, .times = 3};
    g_auto(Load) load = {0};
    check_survives(&cut, &load);
    check_survives(&halved, &load);
    check_fails(&(Script){cut_answer, .skip = 1}, HTTP_TRANSPORT_ERROR, ANY_CODE,
                "was sent 5 times");
    check_fails(&(Script){halve_answer}, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "not valid JSON");
}

static void test_fewer_items(void)
{
    Script script = {drop_item, .times = 3, .skip = 1};
    g_auto(Load) load = {0};
    check_survives(&script, &load);
    check_fails(&(Script){drop_item, .skip = 1}, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the bulk answer speaks of");
}

static void test_slow_drip(void)
{
    Script script = {drip, .times = 1};
    g_auto(Load) load = {0};
    check_survives(&script, &load);
    CU_ASSERT(load.seconds >= quick.request_seconds);
    CU_ASSERT(load.seconds < 4 * quick.request_seconds);
    check_fails(&(Script){drip}, HTTP_TRANSPORT_ERROR, ANY_CODE, "was sent 5 times");
}

/* Requests that the other side does not read to their end. */
static void test_request_cut(void)
{
    Script script = {0};
    g_auto(Load) load = {0};
    load_with(&load, &script, &quick, 4000);
    check_error(load.error, HTTP_TRANSPORT_ERROR, ANY_CODE, "was sent 5 times");
    CU_ASSERT(load.report.documents < bundle->model->n);
    CU_ASSERT_EQUAL(load.there, load.report.documents);
}

static void refuse_as_gateway(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)request, (void)script;
    answer->status = 503;
    answer->content_type = "text/html";
    g_string_assign(answer->body, "<h1>no server is available</h1>");
}

/* The first of two hosts has no good answer from some time on: the second one gets the documents.
 */
static void check_another_host(Script broken)
{
    static guint number;
    Script sound = {0};
    g_autoptr(GError) error = NULL;
    BulkReport report = {0};
    g_autofree char *index = g_strdup_printf("%s-hosts-%u", server_prefix(), ++number);
    g_autofree char *definition = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    CU_ASSERT(server_do("PUT", definition, "/%s", index));
    g_autoptr(FakeServer) first = fake_server_start(proxy, &broken);
    g_autoptr(FakeServer) second = fake_server_start(proxy, &sound);
    g_auto(HttpOptions)
        http = {.url = g_strconcat(fake_server_url(first), ",", fake_server_url(second), NULL)};
    g_autoptr(EsClient) client = es_client_connect(&http, &error);
    CU_ASSERT_PTR_NOT_NULL(client);
    CU_ASSERT(client != NULL &&
              bulk_load(&report, client, index, bundle, DOC_IDS_BY_VALUE, &quick, &error));
    CU_ASSERT_EQUAL(report.documents, bundle->model->n);
    CU_ASSERT(report.repeated > 0 && sound.seen > 2);
    CU_ASSERT(broken.seen <= 2 + quick.in_flight);
    CU_ASSERT(server_do("POST", NULL, "/%s/_refresh", index));
    g_auto(yajl_val) count = server_ask("GET", NULL, "/%s/_count", index);
    gint64 there = 0;
    CU_ASSERT(json_get_int(count, "count", &there) && there == bundle->model->n);
    if (error != NULL)
        tap_comment(error->message);
}

static void test_another_host(void)
{
    check_another_host((Script){hang_up_after, .times = G_MAXUINT, .skip = 2});
    check_another_host((Script){refuse_as_gateway, .times = G_MAXUINT, .skip = 2});
}

/* ---- beside the documents ---- */

/* Refuses the first request of each kind for the moment. */
static void be_busy(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    GHashTable *seen = data;
    g_autofree char *plain = g_strndup(request->path, strcspn(request->path, "?"));
    const char *action = strrchr(plain, '/');
    g_autofree char *kind = g_strconcat(request->method, " ", action, NULL);
    const gboolean repeated = strcmp(request->method, "GET") == 0 ||
                              strcmp(action, "/_refresh") == 0 || strcmp(action, "/_search") == 0 ||
                              strcmp(action, "/_mget") == 0 || strcmp(action, "/_settings") == 0;
    if (!repeated || !g_hash_table_add(seen, g_steal_pointer(&kind))) {
        fake_forward(server_url(), request, answer);
        return;
    }
    fake_answer_json(answer, "{\"error\":{\"type\":\"busy\",\"reason\":\"not now\"}}");
    answer->status = g_hash_table_size(seen) % 2 == 0 ? 429 : 503;
}

static void test_busy_all_over(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-busy", server_prefix());
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(FakeServer) server = fake_server_start(be_busy, seen);
    run_program(&run, LOADER, "release", bundle_path, "--url", fake_server_url(server), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    const char *const kinds[] = {"POST /_refresh", "POST /_search", "GET /_count",
                                 "PUT /_settings"};
    for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
        CU_ASSERT(g_hash_table_contains(seen, kinds[i]));
}

static void refuse_swap(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)data;
    if (strcmp(request->path, "/_aliases") != 0) {
        fake_forward(server_url(), request, answer);
        return;
    }
    fake_answer_json(answer, "{\"error\":{\"type\":\"busy\",\"reason\":\"not now\"}}");
    answer->status = 429;
}

static void test_swap_is_not_repeated(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-once", server_prefix());
    g_autoptr(FakeServer) server = fake_server_start(refuse_swap, NULL);
    run_program(&run, LOADER, "release", bundle_path, "--url", fake_server_url(server), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 4, "busy: not now", NULL));
    CU_ASSERT_EQUAL(fake_server_count(server, "POST", "/_aliases"), 1);
}

/* A copy that one node has no room for is waited for longer than an answer may take. */
static void test_copies(void)
{
    const LoadOptions options = {.replicas = "1", .copies_seconds = 3};
    g_autoptr(GError) error = NULL;
    LoadReport report = {0};
    g_autofree char *index = g_strdup_printf("%s-copies", server_prefix());
    g_autofree char *usual = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_autofree char *definition = load_definition(usual, index, &options);
    CU_ASSERT(server_do("PUT", definition, "/%s", index));
    g_auto(HttpOptions) http = {.url = g_strdup(server_url()), .idle_seconds = 1};
    g_autoptr(EsClient) client = es_client_connect(&http, NULL);
    CU_ASSERT(client != NULL &&
              load_index(&report, client, index, bundle, DOC_IDS_BY_VALUE, &options, &error));
    if (error != NULL)
        tap_comment(error->message);
}

/* An answer that is larger than any that fits is not asked for again. */
static void babble(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)request, (void)script;
    fake_answer_json(answer, "");
    g_string_set_size(answer->body, 300000);
    memset(answer->body->str, ' ', answer->body->len);
}

static void test_large_answer(void)
{
    Script script = {babble, .times = 1};
    g_autoptr(GError) error = NULL;
    g_autoptr(FakeServer) server = fake_server_start(proxy, &script);
    g_auto(HttpOptions) http = {.url = g_strdup(fake_server_url(server)), .answer_limit = 200000};
    g_autoptr(EsClient) client = es_client_connect(&http, &error);
    g_autofree char *index = g_strdup_printf("%s-large", server_prefix());
    CU_ASSERT(client != NULL &&
              !bulk_load(NULL, client, index, bundle, DOC_IDS_BY_VALUE, &quick, &error));
    CU_ASSERT_EQUAL(script.seen, 1);
    check_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "--max-answer");
}

/* What happens to a request that Ctrl-C overtakes: its index is gone when the server gets it. */
static void delete_index_first(const FakeRequest *request, FakeAnswer *answer, const Script *script)
{
    (void)script;
    g_auto(GStrv) parts = g_strsplit(request->path, "/", 3); /* "", name, action */
    g_auto(yajl_val) behind = server_ask("GET", NULL, "/%s/_alias", parts[1]);
    CU_ASSERT(YAJL_IS_OBJECT(behind) && behind->u.object.len == 1);
    CU_ASSERT(server_do("DELETE", NULL, "/%s", behind->u.object.keys[0]));
    fake_forward(server_url(), request, answer);
}

static void test_index_gone(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-gone", server_prefix());
    Script script = {.act = delete_index_first, .times = 1};
    g_autoptr(FakeServer) server = fake_server_start(proxy, &script);
    g_autofree char *before = server_state();
    run_program(&run, LOADER, "release", bundle_path, "--url", fake_server_url(server), "--alias",
                alias, NULL);
    CU_ASSERT(run_says(&run, 4, "require_alias", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

static void check_release(const char *alias, const char *option)
{
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                "--json", option, NULL);
    CU_ASSERT(run_says(&run, 0, takes_base64() ? "base64" : "decimals", NULL));
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias", alias,
                "--random", "20", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes", NULL));
}

static void test_bits_are_exact(void)
{
    g_autofree char *alias = g_strdup_printf("%s-live", server_prefix());
    check_release(alias, NULL);
    /* Those that everybody reads are arrays. */
    g_auto(yajl_val) gender =
        server_ask("GET", NULL, "/%s/_doc/gender_M?_source_includes=embedding", alias);
    CU_ASSERT_EQUAL(json_array_length(json_get(gender, "_source.embedding")), 16);
    g_auto(yajl_val) other =
        server_ask("GET", NULL, "/%s/_doc/%s?_source_includes=embedding", alias, victim);
    CU_ASSERT_EQUAL(YAJL_IS_STRING(json_get(other, "_source.embedding")), takes_base64());
}

static void test_gzip(void)
{
    g_autofree char *alias = g_strdup_printf("%s-gzip", server_prefix());
    check_release(alias, "--gzip=always");
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", bundle_path, "--gzip", "often", NULL);
    CU_ASSERT(run_says(&run, 1, "--gzip must be auto, always or never", NULL));
}

/* By measuring: over the loopback interface nobody waits for the network, at 500 kB/s everybody. */
static void test_gzip_choice(void)
{
    const struct {
        gsize send_rate;
        GzipMode mode;
        gboolean compressed;
    } cases[] = {{0, GZIP_AUTO, FALSE},
                 {500000, GZIP_AUTO, TRUE},
                 {500000, GZIP_NEVER, FALSE},
                 {0, GZIP_ALWAYS, TRUE}};
    const BundleRecipe recipe = {"1500", "1500", "30000", "64", "1"};
    g_autoptr(Bundle) larger = bundle_make_and_open(&recipe, NULL);
    g_autofree char *definition = index_definition_of(larger, DOC_IDS_BY_VALUE);
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        BulkOptions options = BULK_OPTIONS_DEFAULT;
        g_autoptr(GError) error = NULL;
        BulkReport report;
        g_autofree char *index = g_strdup_printf("%s-choice-%u", server_prefix(), i);
        options.smallest = options.largest = 300000;
        options.gzip = cases[i].mode;
        options.send_rate = cases[i].send_rate;
        CU_ASSERT(server_do("PUT", definition, "/%s", index));
        CU_ASSERT(
            bulk_load(&report, server_client(), index, larger, DOC_IDS_BY_VALUE, &options, &error));
        CU_ASSERT_EQUAL(report.compressed, cases[i].compressed);
        CU_ASSERT(report.requests > GZIP_BODIES + 1);
    }
}

/* Something in between that does not understand compressed bodies. */
static void refuse_gzip(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    guint *refused = data;
    if (!g_str_has_prefix(request->body->str, "\x1f\x8b")) {
        fake_forward(server_url(), request, answer);
        return;
    }
    ++*refused;
    fake_answer_json(answer, "{\"error\":\"no such encoding\"}");
    answer->status = *refused % 2 ? 415 : 400;
}

static void test_gzip_refused(void)
{
    guint refused = 0;
    BulkOptions options = BULK_OPTIONS_DEFAULT;
    BulkReport report;
    g_autoptr(GError) error = NULL;
    const BundleRecipe recipe = {"1500", "1500", "30000", "64", "1"};
    g_autoptr(Bundle) larger = bundle_make_and_open(&recipe, NULL);
    g_autofree char *definition = index_definition_of(larger, DOC_IDS_BY_VALUE);
    g_autofree char *index = g_strdup_printf("%s-415", server_prefix());
    g_autoptr(FakeServer) server = fake_server_start(refuse_gzip, &refused);
    g_auto(HttpOptions) http = {.url = g_strdup(fake_server_url(server))};
    g_autoptr(EsClient) client = es_client_connect(&http, NULL);
    options.smallest = options.largest = 300000;
    options.send_rate = 500000;
    CU_ASSERT(client != NULL && server_do("PUT", definition, "/%s", index));
    CU_ASSERT(bulk_load(&report, client, index, larger, DOC_IDS_BY_VALUE, &options, &error));
    CU_ASSERT(refused > 0 && refused <= options.in_flight);
    CU_ASSERT_FALSE(report.compressed);
    CU_ASSERT_EQUAL(report.documents, larger->model->n);
    /* Who insists on it is told. */
    options.gzip = GZIP_ALWAYS;
    CU_ASSERT_FALSE(bulk_load(NULL, client, index, larger, DOC_IDS_BY_VALUE, &options, &error));
    CU_ASSERT(error != NULL && error->domain == ES_ERROR);
}

/* What is switched off while loading is on again afterwards. */
static void test_settings(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-settings", server_prefix());
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                "--shards", "3", "--replicas", "0", NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *index = server_index_of(alias);
    g_auto(yajl_val) first = server_ask("GET", NULL, "/%s/_settings", index);
    CU_ASSERT(YAJL_IS_OBJECT(first) && first->u.object.len == 1);
    yajl_val settings = json_get(first->u.object.values[0], "settings.index");
    CU_ASSERT_STRING_EQUAL(json_get_string(settings, "number_of_shards"), "3");
    CU_ASSERT_STRING_EQUAL(json_get_string(settings, "number_of_replicas"), "0");
    CU_ASSERT_PTR_NULL(json_get(settings, "refresh_interval"));
    g_autofree char *usual = g_strdup_printf("%s-usual", server_prefix());
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", usual,
                NULL);
    g_auto(yajl_val) second = server_ask("GET", NULL, "/%s/_settings", usual);
    CU_ASSERT(YAJL_IS_OBJECT(second) && second->u.object.len == 1);
    settings = json_get(second->u.object.values[0], "settings.index");
    CU_ASSERT_STRING_EQUAL(json_get_string(settings, "auto_expand_replicas"), "0-1");
    CU_ASSERT_PTR_NULL(json_get(settings, "refresh_interval"));
    run_program(&run, LOADER, "release", bundle_path, "--retries", "-2", NULL);
    CU_ASSERT(run_says(&run, 1, "--retries must be from 0 to 1000", NULL));
}

static const UnitTest tests[] = {
    {"no fault", test_no_fault},
    {"items refused for the moment", test_items_refused},
    {"an item refused for good", test_item_refused_for_good},
    {"requests refused", test_request_refused},
    {"patience", test_patience},
    {"requests that are too large", test_too_large},
    {"Retry-After", test_retry_after},
    {"answers that are lost", test_answer_lost},
    {"answers that are cut", test_answer_cut},
    {"fewer items than were sent", test_fewer_items},
    {"an answer that drips", test_slow_drip},
    {"requests that are cut", test_request_cut},
    {"another host", test_another_host},
    {"busy all over", test_busy_all_over},
    {"the swap is not repeated", test_swap_is_not_repeated},
    {"waiting for copies", test_copies},
    {"an answer that is too large", test_large_answer},
    {"an index that is gone", test_index_gone},
    {"bits are exact", test_bits_are_exact},
    {"compressed", test_gzip},
    {"whether to compress", test_gzip_choice},
    {"compressed bodies are refused", test_gzip_refused},
    {"settings", test_settings},
    {NULL, NULL},
};

SERVER_MAIN("bulk", tests, set_up)

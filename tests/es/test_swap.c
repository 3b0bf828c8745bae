/* How the alias is put in place: never over something that is there without being told, and never
 * lost. */
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "fake_server.h"
#include "programs.h"
#include "servers.h"

static char *bundle_path, *other_path;

static void set_up(void)
{
    const BundleRecipe recipe = {"60", "90", "2500", "8", "1"};
    const BundleRecipe other_recipe = {"60", "90", "2500", "8", "2"};
    bundle_path = bundle_make(&recipe);
    other_path = bundle_make(&other_recipe);
}

static void release(Run *run, const char *path, const char *alias, const char *option,
                    const char *value)
{
    run_program(run, LOADER, "release", NO_LIMITS, path, "--url", server_url(), "--alias", alias,
                option, value, NULL);
}

/* A concrete index of the alias's name with one document in it. */
static char *put_in_the_way(const char *name)
{
    char *alias = g_strdup_printf("%s-%s", server_prefix(), name);
    CU_ASSERT(server_do("PUT", "{\"precious\":1}", "/%s/_doc/1?refresh=true", alias));
    return alias;
}

static void test_concrete_index_in_the_way(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = put_in_the_way("refused");
    g_autofree char *before = server_state();
    g_autofree char *way_out = g_strdup_printf("--replace-index %s", alias);
    release(&run, bundle_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 4, "is an index, not an alias", way_out, "--alias", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

static void test_replace_index(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = put_in_the_way("replaced");
    release(&run, bundle_path, alias, "--replace-index", alias);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *index = server_index_of(alias);
    CU_ASSERT(index != NULL && strcmp(index, alias) != 0);
    g_auto(yajl_val) precious = server_ask(
        "POST", "{\"query\":{\"exists\":{\"field\":\"precious\"}}}", "/%s/_count", alias);
    gint64 count = -1;
    CU_ASSERT(json_get_int(precious, "count", &count));
    CU_ASSERT_EQUAL(count, 0);
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias", alias,
                "--random", "0", "--depth", "5", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes", NULL));
}

static void test_replace_index_of_another_name(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = put_in_the_way("another");
    g_autofree char *innocent = put_in_the_way("innocent");
    g_autofree char *before = server_state();
    release(&run, bundle_path, alias, "--replace-index", innocent);
    CU_ASSERT(run_says(&run, 1, innocent, alias, NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

/* Nothing is in the way: the option must not delete the release behind the alias. */
static void test_replace_index_without_one(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-free", server_prefix());
    release(&run, bundle_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *first = server_index_of(alias);
    release(&run, other_path, alias, "--replace-index", alias);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *second = server_index_of(alias);
    CU_ASSERT(first != NULL && second != NULL && strcmp(first, second) != 0);
    CU_ASSERT(first != NULL && server_do("GET", NULL, "/%s", first));
}

/* An alias of somebody else's indices is left to them. */
static void test_alias_of_several_indices(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-many", server_prefix());
    const char *names[] = {"one", "two"};
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        CU_ASSERT(server_do("PUT", NULL, "/%s-%s", alias, names[i]));
        CU_ASSERT(server_do("PUT", NULL, "/%s-%s/_alias/%s", alias, names[i], alias));
    }
    CU_ASSERT_PTR_NULL(server_index_of(alias));
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--age", "18",
                NULL);
    CU_ASSERT(run_says(&run, 4, alias, "2 indices", NULL));
    g_autofree char *before = server_state();
    release(&run, bundle_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 4, alias, "not a release of this program", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

/* An alias that stood for several releases stands for one afterwards. */
static void test_alias_of_several_releases(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-both", server_prefix());
    g_autofree char *other = g_strdup_printf("%s-bath", server_prefix());
    release(&run, bundle_path, alias, NULL, NULL);
    release(&run, bundle_path, other, NULL, NULL);
    g_autofree char *first = server_index_of(alias);
    g_autofree char *second = server_index_of(other);
    CU_ASSERT(server_do("PUT", NULL, "/%s/_alias/%s", second, alias));
    CU_ASSERT_PTR_NULL(server_index_of(alias));
    release(&run, other_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, first, second, NULL));
    g_autofree char *index = server_index_of(alias);
    CU_ASSERT(index != NULL && strcmp(index, first) != 0 && strcmp(index, second) != 0);
}

static void test_unknown_doc_ids(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-ids", server_prefix());
    release(&run, bundle_path, alias, "--doc-ids", "age");
    CU_ASSERT(run_says(&run, 1, "feature-index", "age", NULL));
}

/* Two releases at once: one of them has the lock, the other one says whose it is; the alias stands
 * for one release, and no unfinished index is left. */
static void test_two_at_once(void)
{
    g_autofree char *alias = g_strdup_printf("%s-race", server_prefix());
    const char *url = server_url();
    const char *const first[] = {"release", NO_LIMITS, bundle_path, "--url",
                                 url,       "--alias", alias,       NULL};
    const char *const second[] = {"release", NO_LIMITS, other_path, "--url",
                                  url,       "--alias", alias,      NULL};
    guint refused = 0;
    for (guint round = 0; round < 4; round++) {
        Run runs[2] = {0};
        run_two(runs, LOADER, first, second);
        g_autofree char *index = server_index_of(alias);
        CU_ASSERT_PTR_NOT_NULL(index);
        for (guint i = 0; i < G_N_ELEMENTS(runs); i++) {
            printf("# exit code %d\n", runs[i].status);
            CU_ASSERT(runs[i].status == 0 || run_says(&runs[i], 6, alias, "locked by", NULL));
            refused += runs[i].status == 6;
            run_clear(&runs[i]);
        }
    }
    CU_ASSERT(refused >= 1 && refused <= 4);
}

/* ---- an answer that is lost ---- */

typedef enum { HANG_UP, GATEWAY_TIMEOUT } Loss;

/* Forwards everything; the answer to the swap itself never arrives. */
static void lose_answer_to_swap(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const Loss *loss = data;
    fake_forward(server_url(), request, answer);
    if (strcmp(request->path, "/_aliases") != 0)
        return;
    answer->hang_up = *loss == HANG_UP;
    answer->status = 504;
    g_clear_pointer(&answer->product, g_free);
    g_string_assign(answer->body, "<html>Gateway Timeout</html>");
}

/* The server has moved the alias, but the program cannot know: deleting the new index would leave
 * readers with nothing. */
static void check_lost_answer(Loss loss, const char *name)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-%s", server_prefix(), name);
    release(&run, bundle_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autoptr(FakeServer) proxy = fake_server_start(lose_answer_to_swap, &loss);
    run_program(&run, LOADER, "release", NO_LIMITS, other_path, "--url", fake_server_url(proxy),
                "--alias", alias, NULL);
    CU_ASSERT_EQUAL(fake_server_count(proxy, "POST", "/_aliases"), 1);
    CU_ASSERT(run.status == 0 || run_says(&run, 3, alias, NULL));
    g_autofree char *index = server_index_of(alias);
    CU_ASSERT_PTR_NOT_NULL(index);
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--age", "18",
                NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
}

static void test_lost_answer_to_the_swap(void)
{
    check_lost_answer(HANG_UP, "lost");
    check_lost_answer(GATEWAY_TIMEOUT, "timeout");
}

/* Says 504 at once, and passes the swap on when the next request comes: the alias moves after it
 * was looked at. */
typedef struct {
    FakeRequest swap;
    gboolean waits, seen;
    guint later; /* requests since */
} Late;

static void swap_late(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    Late *late = data;
    if (strcmp(request->path, "/_aliases") == 0) {
        late->swap = (FakeRequest){
            g_strdup(request->method), g_strdup(request->path), g_strdup(request->content_type),
            g_string_new_len(request->body->str, (gssize)request->body->len)};
        late->waits = late->seen = TRUE;
        answer->status = 504;
        g_string_assign(answer->body, "<html>Gateway Timeout</html>");
        return;
    }
    if (late->waits && ++late->later == 2) { /* the first one is the question what it stands for */
        FakeAnswer ignored = {.body = g_string_new(NULL)};
        fake_forward(server_url(), &late->swap, &ignored);
        g_string_free(ignored.body, TRUE);
        g_free(ignored.product);
        late->waits = FALSE;
    }
    fake_forward(server_url(), request, answer);
}

/* To delete the new release would have left readers with nothing. */
static void test_late_swap(void)
{
    g_auto(Run) run = {0};
    Late late = {0};
    g_autofree char *alias = g_strdup_printf("%s-late", server_prefix());
    release(&run, bundle_path, alias, NULL, NULL);
    g_autofree char *old = server_index_of(alias);
    g_autoptr(FakeServer) proxy = fake_server_start(swap_late, &late);
    run_program(&run, LOADER, "release", NO_LIMITS, other_path, "--url", fake_server_url(proxy),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 3, "has not moved to", "still may", "both are kept", NULL));
    CU_ASSERT(late.seen && !late.waits);
    g_autofree char *index = server_index_of(alias);
    CU_ASSERT(index != NULL && g_strcmp0(index, old) != 0);
    run_program(&run, LOADER, "recommend", "--url", server_url(), "--alias", alias, "--age", "18",
                NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    run_program(&run, LOADER, "rollback", "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 0, old, NULL));
}

/* ---- a server that refuses a document ---- */

static void refuse_a_document(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    (void)data;
    fake_forward(server_url(), request, answer);
    if (strstr(request->path, "/_bulk") != NULL)
        g_string_replace(answer->body, "\"status\":201",
                         "\"status\":400,\"error\":{\"reason\":\"it is too long\"}", 1);
}

static void test_refused_document(void)
{
    g_auto(Run) run = {0};
    g_autofree char *alias = g_strdup_printf("%s-document", server_prefix());
    release(&run, bundle_path, alias, NULL, NULL);
    CU_ASSERT(run_says(&run, 0, NULL));
    g_autofree char *before = server_state();
    g_autoptr(FakeServer) proxy = fake_server_start(refuse_a_document, NULL);
    run_program(&run, LOADER, "release", NO_LIMITS, other_path, "--url", fake_server_url(proxy),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 4, "refused", "user_", "400", "it is too long", "is as it was", NULL));
    g_autofree char *after = server_state();
    CU_ASSERT_STRING_EQUAL(before, after);
}

static const UnitTest tests[] = {
    {"an index in the way", test_concrete_index_in_the_way},
    {"--replace-index", test_replace_index},
    {"--replace-index of another name", test_replace_index_of_another_name},
    {"--replace-index with nothing in the way", test_replace_index_without_one},
    {"an alias of somebody else's indices", test_alias_of_several_indices},
    {"an alias of several releases", test_alias_of_several_releases},
    {"unknown --doc-ids", test_unknown_doc_ids},
    {"two releases at once", test_two_at_once},
    {"lost answer to the swap", test_lost_answer_to_the_swap},
    {"a swap that comes late", test_late_swap},
    {"a document that is refused", test_refused_document},
    {NULL, NULL},
};

SERVER_MAIN("swap", tests, set_up)

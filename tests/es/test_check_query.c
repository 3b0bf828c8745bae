/* Searches as other clients send them, right and wrong, checked on a real server: each defect is
 * named, and with a right query the same server's answer is proved. */
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "local_scorer.h"
#include "programs.h"
#include "servers.h"

#define K 24
#define RIGHT "params.shift + dotProduct(params.query_vector, 'embedding') + doc['bias'].value"
#define MOVIES "{\"bool\":{\"filter\":{\"term\":{\"feature_type\":\"movie\"}}}}"
#define SORT ",\"sort\":[{\"_score\":\"desc\"},{\"feature_index\":\"asc\"}]"

static char *bundle_path;
static Bundle *bundle;
static char *alias, *directory;
static float query[K]; /* of {age 18, gender M} */

static void set_up(void)
{
    const BundleRecipe recipe = {"120", "200", "8000", G_STRINGIFY(K), "1"};
    g_auto(Run) run = {0};
    bundle = bundle_make_and_open(&recipe, &bundle_path);
    alias = g_strdup_printf("%s-live", server_prefix());
    directory = tap_directory();
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                NULL);
    if (!run_says(&run, 0, NULL))
        printf("# there is no release to test with\n");
    g_autoptr(Profile) profile = profile_new();
    profile_add(profile, "gender", "M");
    profile_add(profile, "age", "18");
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    memcpy(query, sum->query, sizeof query);
}

/* ---- captured searches ---- */

static char *vector_text(const float *vector)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_array_open(json);
    for (guint f = 0; f < K; f++)
        json_put_float(json, vector[f]);
    yajl_gen_array_close(json);
    return json_take(json, NULL);
}

static char *script_of(const char *source, double shift)
{
    g_autofree char *vector = vector_text(query);
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    return g_strdup_printf("{\"source\":\"%s\",\"params\":{\"shift\":%s,\"query_vector\":%s}}",
                           source, g_ascii_dtostr(number, sizeof number, shift), vector);
}

static char *body_of(const char *source, double shift, const char *filter, const char *more)
{
    g_autofree char *script = script_of(source, shift);
    return g_strdup_printf("{\"query\":{\"script_score\":{\"query\":%s,\"script\":%s}}%s}", filter,
                           script, more);
}

/* The right script in another place of the body: between its two parts. */
static char *body_around(const char *before, const char *after)
{
    g_autofree char *script = script_of(RIGHT, 30);
    return g_strdup_printf("{%s%s%s}", before, script, after);
}

static char *put(const char *name, const char *text)
{
    char *path = g_build_filename(directory, name, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_file_set_contents(path, text, -1, &error))
        g_error("%s", error->message);
    return path;
}

/* Takes the body. */
static void check_at(Run *run, const char *url, char *body, const char *option, const char *value)
{
    g_autofree char *owned = body;
    g_autofree char *file = put("search.json", owned);
    run_program(run, BRIDGE, "check-query", file, "--url", url, "--alias", alias, option, value,
                NULL);
}

static gboolean says(char *body, int status, const char *text, const char *other)
{
    g_auto(Run) run = {0};
    check_at(&run, server_url(), body, NULL, NULL);
    return run_says(&run, status, text, other, NULL);
}

/* ---- right ---- */

static void test_right(void)
{
    g_auto(Run) run = {0}, with_bundle = {0};
    check_at(&run, server_url(), body_of(RIGHT, 30, MOVIES, SORT), NULL, NULL);
    CU_ASSERT(run_says(&run, 0, "query: right", "age 18, gender M", "9 pairs proved",
                       "set proved; 10 scores within bounds", NULL));
    CU_ASSERT_PTR_NULL(strstr(run.out, "note"));
    g_autofree char *file = g_build_filename(directory, "search.json", NULL);
    run_program(&with_bundle, BRIDGE, "check-query", file, bundle_path, "--url", server_url(),
                "--alias", alias, "--age", "18", "--gender", "M", "--json", NULL);
    CU_ASSERT(run_says(&with_bundle, 0, "\"query\":\"right\"", "\"defects\":[]", NULL));
}

static void test_user(void)
{
    float others[K];
    memcpy(others, query, sizeof others);
    g_autoptr(Profile) profile = profile_new();
    const GArray *users = feature_table_of_type(bundle->features, FEATURE_USER);
    const Feature *user = feature_table_get(bundle->features, g_array_index(users, guint, 7));
    profile_add(profile, "user", user->value);
    profile_add(profile, "occupation", "4");
    profile->user_only = TRUE;
    g_autoptr(ProfileSum) sum = local_profile_sum(bundle, profile, NULL);
    memcpy(query, sum->query, sizeof query);
    g_autofree char *name = g_strdup_printf("profile   user %s, ", user->value);
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, SORT), 0, "query: right", name));
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, SORT), 0, "occupation 4\n", NULL));
    g_auto(Run) given = {0};
    check_at(&given, server_url(), body_of(RIGHT, 30, MOVIES, SORT), "--age", "18");
    CU_ASSERT(run_says(&given, 5, "is not that of {age 18}", "it is of {user ", NULL));
    memcpy(query, others, sizeof query);
}

static void test_vector_of_nobody(void)
{
    const float right = query[0];
    query[0] += 0.5f;
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, SORT), 7, "query: inconclusive",
                   "doubt     the query vector is no profile's sum"));
    query[0] = right;
}

/* Searches the server answers, and a model that nobody asked for. */
static void test_slips(void)
{
    float right[K];
    memcpy(right, query, sizeof right);
    for (guint f = 0; f < K; f++)
        query[f] = right[f] / 2;
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, SORT), 5,
                   "is the average of the vectors of {age 18, gender M}", "set proved"));
    for (guint f = 0; f < K; f++)
        query[f] = -right[f];
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, SORT), 5,
                   "is minus the sum of the vectors of {age 18, gender M}", NULL));
    for (guint f = 0; f < K; f++)
        query[f] = right[K - 1 - f];
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, SORT), 5, "with its components reversed", NULL));
    memset(query, 0, sizeof query);
    CU_ASSERT(
        says(body_of(RIGHT, 30, MOVIES, SORT), 0, "anyone: the average person", "set proved"));
    memcpy(query, right, sizeof query);
}

static void test_narrower_filter(void)
{
    CU_ASSERT(says(body_of(RIGHT, 30,
                           "{\"bool\":{\"filter\":[{\"term\":{\"feature_type\":\"movie\"}},"
                           "{\"range\":{\"ratings\":{\"gte\":20}}}]}}",
                           SORT),
                   0, "query: right", "set proved"));
}

#define SCORED "{\"script_score\":{\"query\":" MOVIES ",\"script\":"
#define FREQUENT "{\"range\":{\"ratings\":{\"gte\":20}}}"

/* The same search in other words. */
static void test_shapes(void)
{
    const char *const shapes[][2] = {
        {"\"query\":{\"bool\":{\"must\":" SCORED, "}}}}" SORT},
        {"\"query\":{\"bool\":{\"must\":[" SCORED, "}}],\"filter\":" FREQUENT "}}" SORT},
        {"\"query\":{\"bool\":{\"must\":[" SCORED, "}}],\"must_not\":" FREQUENT "}}" SORT},
        {"\"query\":{\"function_score\":{\"query\":" MOVIES
         ",\"boost_mode\":\"replace\",\"script_score\":{\"script\":",
         "}}}" SORT},
        {"\"query\":{\"function_score\":{\"query\":" MOVIES
         ",\"boost_mode\":\"replace\",\"functions\":[{\"script_score\":{\"script\":",
         "}}]}}" SORT},
        {"\"retriever\":{\"standard\":{\"query\":" SCORED, "}}" SORT "}}"},
        {"\"retriever\":{\"standard\":{\"query\":" SCORED, "}},\"filter\":" FREQUENT SORT "}}"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(shapes); i++)
        CU_ASSERT(says(body_around(shapes[i][0], shapes[i][1]), 0, "query: right",
                       "set proved; 10 scores within bounds"));
}

/* What is not the same is not guessed, though the server answers it. */
static void test_unknown_shapes(void)
{
    CU_ASSERT(says(body_around("\"query\":{\"bool\":{\"must\":[" SCORED, "}}," FREQUENT "]}}" SORT),
                   7, "several must: their scores are added", NULL));
    CU_ASSERT(says(body_around("\"query\":{\"function_score\":{\"query\":" MOVIES
                               ",\"script_score\":{\"script\":",
                               "}}}" SORT),
                   7, "unless its boost_mode is replace", NULL));
}

/* ---- wrong ---- */

static void test_scripts(void)
{
    CU_ASSERT(says(
        body_of("params.shift + dotProduct(params.query_vector, 'embedding')", 30, MOVIES, SORT), 5,
        "query: WRONG", "the script leaves out the movies' biases"));
    CU_ASSERT(
        says(body_of("cosineSimilarity(params.query_vector, 'embedding') + 1.0", 0, MOVIES, SORT),
             5, "cosineSimilarity divides by the movies' lengths", "order: movie_"));
    CU_ASSERT(says(body_of("sigmoid(params.shift + dotProduct(params.query_vector, 'embedding') + "
                           "doc['bias'].value, 30, 1)",
                           30, MOVIES, SORT),
                   0, "it is not guessed what it computes", "set proved; 0 scores"));
}

/* As Painless computes: each is the model's with another shift. */
static void test_arithmetic(void)
{
    const char *const constants[][2] = {
        {" + 61/2", "30 + dotProduct + bias"},
        {" + 0 - (-61)/2", "30 + dotProduct + bias"},
        {" + 61/2.0", "30.5 + dotProduct + bias"},
        {" + 61d/2", "30.5 + dotProduct + bias"},
        {" + params.shift*2/4", "15 + dotProduct + bias"},
        {" + params.shift/4", "7 + dotProduct + bias"},
        {" + 30.1f", "30.1000004 + dotProduct + bias"},
        {" + 1e12 - 999999999970.0", "30 + dotProduct + bias"},
        {" + 3000000000L*2 - 5999999970L", "30 + dotProduct + bias"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(constants); i++) {
        g_autofree char *script =
            g_strconcat("dotProduct(params.query_vector, 'embedding') + doc['bias'].value",
                        constants[i][0], NULL);
        CU_ASSERT(
            says(body_of(script, 30, MOVIES, SORT), 0, constants[i][1], "10 scores within bounds"));
    }
    CU_ASSERT(says(body_of("dotProduct(params.query_vector, 'embedding') + doc['bias'].value + "
                           "(30.1f + 0.2f)",
                           30, MOVIES, SORT),
                   0, "the script computes in float32", NULL));
}

static void test_shifts(void)
{
    CU_ASSERT(says(body_of("dotProduct(params.query_vector, 'embedding') + doc['bias'].value", 0,
                           MOVIES, SORT),
                   5, "the shift 0 is too small", "the query is refused: "));
    CU_ASSERT(says(body_of("Math.max(0, dotProduct(params.query_vector, 'embedding') + "
                           "doc['bias'].value)",
                           0, MOVIES, SORT ",\"size\":200"),
                   5, "all of them get the same one", "order: movie_"));
}

static void test_filters(void)
{
    CU_ASSERT(says(body_of(RIGHT, 30, "{\"match_all\":{}}", SORT ",\"size\":300"), 5,
                   "filter on the term feature_type: movie", "is not a movie of the model"));
    CU_ASSERT(says(body_of(RIGHT, 30, "{\"exists\":{\"field\":\"value\"}}", SORT), 5,
                   "documents through that are not movies, such as ", NULL));
}

static void test_other_parts(void)
{
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, ",\"sort\":[{\"_score\":\"asc\"}]"), 5,
                   "the sort is not best first", "is left out although"));
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, ""), 0, "query: right",
                   "equal scores come in no order of the model's"));
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, SORT ",\"min_score\":30,\"size\":200"), 0,
                   "query: right", "set proved"));
    CU_ASSERT(
        says(body_of(RIGHT, 30, MOVIES, SORT ",\"from\":10"), 7, "query: inconclusive", "from 10"));
    CU_ASSERT(says(body_of(RIGHT, 30, MOVIES, SORT ",\"terminate_after\":5"), 7,
                   "terminate_after changes what is returned", NULL));
}

/* ---- captured answers ---- */

static char *ask(const char *body)
{
    g_autoptr(GError) error = NULL;
    g_auto(HttpResponse) response = {0};
    g_autofree char *path = g_strdup_printf("/%s/_search", alias);
    CU_ASSERT(http_perform(es_client_http(server_client()), "POST", path, ES_JSON, body,
                           strlen(body), &response, &error));
    return response.body != NULL ? g_strdup(response.body->str) : g_strdup("{}");
}

/* With bundle and answer there is no need for a cluster. */
static void check_capture(const char *body, const char *answer, int status, const char *text)
{
    g_auto(Run) run = {0}, apart = {0};
    g_autofree char *both = g_strdup_printf("{\"request\":%s,\"response\":%s}", body, answer);
    g_autofree char *file = put("both.json", both), *alone = put("body.json", body),
                    *answer_file = put("answer.json", answer);
    run_program(&run, BRIDGE, "check-query", file, bundle_path, "--url", "http://127.0.0.1:1",
                NULL);
    CU_ASSERT(run_says(&run, status, text, "as captured", NULL));
    run_program(&apart, BRIDGE, "check-query", alone, "--answer", answer_file, "--url",
                server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&apart, status, text, "as captured", NULL));
}

static char *replaced(const char *text, const char *from, const char *to)
{
    GString *changed = g_string_new(text);
    CU_ASSERT(g_string_replace(changed, from, to, 1) == 1);
    return g_string_free(changed, FALSE);
}

static void test_captured(void)
{
    g_autofree char *body = body_of(RIGHT, 30, MOVIES, SORT);
    g_autofree char *answer = ask(body);
    check_capture(body, answer, 0, "query: right");
    g_autofree char *partial = replaced(answer, "\"timed_out\":false", "\"timed_out\":true");
    check_capture(body, partial, 7, "the server ran out of time");
    g_autofree char *failed = replaced(answer, "\"failed\":0", "\"failed\":1");
    check_capture(body, failed, 7, "shards failed");
    g_autofree char *shardless = replaced(answer, "\"_shards\"", "\"_x\"");
    check_capture(body, shardless, 7, "does not say that it is whole");
    g_autofree char *raised = replaced(answer, "\"_score\":3", "\"_score\":4");
    check_capture(body, raised, 5, "score of movie_");
    g_autofree char *user = replaced(answer, "\"_id\":\"movie_", "\"_id\":\"user_");
    check_capture(body, user, 5, "is not a movie of the model");
}

/* Several searches of one _msearch, with their answers, without, and one of them alone. */
static void test_msearch(void)
{
    g_autofree char *right = body_of(RIGHT, 30, MOVIES, SORT);
    g_autofree char *biased =
        body_of("params.shift + dotProduct(params.query_vector, 'embedding')", 30, MOVIES, SORT);
    g_autofree char *text = g_strdup_printf("{}\n%s\n{\"preference\":\"x\"}\n%s\n", right, biased);
    g_autofree char *first = ask(right), *second = ask(biased);
    g_autofree char *answers = g_strdup_printf("{\"responses\":[%s,%s]}", first, second);
    g_autofree char *file = put("searches.ndjson", text),
                    *answer_file = put("answers.json", answers);
    g_auto(Run) asked = {0}, captured = {0}, alone = {0}, json = {0}, beyond = {0};
    run_program(&asked, BRIDGE, "check-query", file, "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&asked, 5, "query 1: right", "query 2: WRONG",
                       "query 2 is wrong: the script", NULL));
    run_program(&captured, BRIDGE, "check-query", file, bundle_path, "--answer", answer_file,
                "--url", "http://127.0.0.1:1", NULL);
    CU_ASSERT(run_says(&captured, 5, "query 1: right", "query 2: WRONG", "as captured", NULL));
    run_program(&alone, BRIDGE, "check-query", file, "--search", "1", "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&alone, 0, "query 1: right", NULL));
    CU_ASSERT_PTR_NULL(strstr(alone.out, "query 2"));
    run_program(&json, BRIDGE, "check-query", file, bundle_path, "--answer", answer_file, "--json",
                NULL);
    CU_ASSERT(run_says(&json, 5, "{\"query\":\"right\",\"search\":1,",
                       "\n{\"query\":\"wrong\",\"search\":2,", NULL));
    run_program(&beyond, BRIDGE, "check-query", file, "--search", "3", NULL);
    CU_ASSERT(run_says(&beyond, 1, "--search 3: ", "has 2, counted from 1", NULL));
}

/* The server is too busy to say anything about a search. */
static void test_captured_errors(void)
{
    g_autofree char *body = body_of(RIGHT, 30, MOVIES, SORT);
    check_capture(body,
                  "{\"error\":{\"type\":\"es_rejected_execution_exception\",\"reason\":\"full\"},"
                  "\"status\":429}",
                  7, "with status 429: es_rejected_execution_exception: full");
    g_autofree char *broken = body_of("no painless", 30, MOVIES, SORT);
    g_autofree char *refused = ask(broken);
    check_capture(body, refused, 5, "the answer is an error with status 400: ");
}

/* An answer to another question. */
static void test_other_answer(void)
{
    g_autofree char *body = body_of(RIGHT, 30, MOVIES, SORT);
    g_autofree char *other =
        body_of("params.shift + dotProduct(params.query_vector, 'embedding')", 30, MOVIES, SORT);
    g_autofree char *answer = ask(other);
    check_capture(body, answer, 5, "score of movie_");
}

static void test_index_gone(void)
{
    g_autofree char *body = body_of(RIGHT, 30, MOVIES, SORT);
    g_autofree char *answer = ask(body), *index = server_index_of(alias);
    g_autoptr(GString) moved = g_string_new(answer);
    g_autofree char *gone = g_strdup_printf("%s-gone", server_prefix());
    CU_ASSERT(g_string_replace(moved, index, gone, 0) == 10);
    g_auto(Run) run = {0}, torn = {0};
    g_autofree char *file = put("body.json", body), *answer_file = put("answer.json", moved->str);
    run_program(&run, BRIDGE, "check-query", file, "--answer", answer_file, "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 7, "which gave the answer, is not there any more", NULL));
    g_autofree char *half = replaced(answer, index, gone);
    g_autofree char *half_file = put("half.json", half);
    run_program(&torn, BRIDGE, "check-query", file, "--answer", half_file, "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&torn, 5, "the hits come from several indices", NULL));
}

/* ---- unreadable ---- */

static void test_unreadable(void)
{
    g_auto(Run) run = {0};
    check_at(&run, server_url(), g_strdup("{\"size\":10,\n\"query\":,}"), NULL, NULL);
    CU_ASSERT(run_says(&run, 2, "search.json, line 2: ", NULL));
    g_auto(Run) none = {0}, bundle_of_another = {0};
    run_program(&none, BRIDGE, "check-query", "/nonexistent", "--url", server_url(), NULL);
    CU_ASSERT(run_says(&none, 2, "/nonexistent", NULL));
    const BundleRecipe recipe = {"60", "50", "2000", G_STRINGIFY(K), "2"};
    g_autofree char *other = bundle_make(&recipe);
    g_autofree char *body = body_of(RIGHT, 30, MOVIES, SORT);
    g_autofree char *file = put("body.json", body);
    run_program(&bundle_of_another, BRIDGE, "check-query", file, other, "--url", server_url(),
                "--alias", alias, NULL);
    CU_ASSERT(run_says(&bundle_of_another, 7, "give the bundle that was released", NULL));
}

static const UnitTest tests[] = {
    {"right", test_right},
    {"with a user", test_user},
    {"a vector of nobody", test_vector_of_nobody},
    {"slips of the vector", test_slips},
    {"a narrower filter", test_narrower_filter},
    {"other shapes", test_shapes},
    {"unknown shapes", test_unknown_shapes},
    {"scripts", test_scripts},
    {"arithmetic of constants", test_arithmetic},
    {"shifts", test_shifts},
    {"filters", test_filters},
    {"sort, min_score, from, terminate_after", test_other_parts},
    {"captured answers", test_captured},
    {"several searches", test_msearch},
    {"captured errors", test_captured_errors},
    {"an answer to another question", test_other_answer},
    {"answers of other indices", test_index_gone},
    {"unreadable", test_unreadable},
    {NULL, NULL},
};

SERVER_MAIN("check-query", tests, set_up)

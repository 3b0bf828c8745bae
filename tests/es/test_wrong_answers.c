/* A server whose documents are right and whose rankings are not: only the proof of scores and
 * orders can see it. A proxy in front of the real server spoils the answers. */
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "fake_server.h"
#include "programs.h"
#include "servers.h"

static char *bundle_path;
static char *alias;

typedef void (*Change)(FmModel *model, const GArray *movies);

/* A bundle whose model is changed after its training. */
static char *make_changed_bundle(Change change)
{
    const BundleRecipe recipe = {"80", "120", "4000", "24", "1"};
    g_autofree char *path = NULL, *training = NULL;
    g_autoptr(Bundle) bundle = bundle_make_and_open(&recipe, &path);
    g_autofree char *record = g_build_filename(path, "training.json", NULL);
    g_autoptr(GError) error = NULL;
    change(bundle->model, feature_table_of_type(bundle->features, FEATURE_MOVIE));
    if (!g_file_get_contents(record, &training, NULL, &error) ||
        !bundle_write(path, bundle->model, bundle->features, training, TRUE, &error))
        g_error("%s", error->message);
    return g_steal_pointer(&path);
}

/* The movie of the highest bias and another one are the same: their order is that of their feature
 * indices, and no bound can tell. */
static void make_twins(FmModel *model, const GArray *movies)
{
    guint best = g_array_index(movies, guint, 0);
    for (guint i = 1; i < movies->len; i++)
        if (model->bias[g_array_index(movies, guint, i)] > model->bias[best])
            best = g_array_index(movies, guint, i);
    guint twin = best == g_array_index(movies, guint, 0) ? best + 1 : best - 1;
    model->bias[twin] = model->bias[best];
    memcpy(model->embeddings + (gsize)twin * model->k, fm_vector(model, best),
           model->k * sizeof(float));
}

/* One movie's score is out of the range of float32, once the lowest is lifted above 0. */
static void make_too_large(FmModel *model, const GArray *movies)
{
    model->bias[g_array_index(movies, guint, 3)] = 3e38f;
    model->bias[g_array_index(movies, guint, 5)] = -3e38f;
}

static void set_up(void)
{
    g_auto(Run) run = {0};
    bundle_path = make_changed_bundle(make_twins);
    alias = g_strdup_printf("%s-live", server_prefix());
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                NULL);
    if (!run_says(&run, 0, NULL))
        printf("# there is no release to test with\n");
}

/* ---- the hits of an answer ---- */

/* The end of the JSON object that begins at `text`. */
static const char *end_of_object(const char *text)
{
    guint depth = 0;
    gboolean in_string = FALSE;
    for (;; text++) {
        if (*text == '\0')
            return text;
        if (in_string && *text == '\\')
            text++;
        else if (*text == '"')
            in_string = !in_string;
        else if (!in_string && *text == '{')
            depth++;
        else if (!in_string && *text == '}' && --depth == 0)
            return text + 1;
    }
}

/* The next hits from `from` on as texts; *begin and *end enclose them in the body. NULL if there
 * are no more. */
static GPtrArray *split_hits(const GString *body, gsize from, gsize *begin, gsize *end)
{
    const char *at = strstr(body->str + from, "\"hits\":[");
    if (at == NULL)
        return NULL;
    GPtrArray *hits = g_ptr_array_new_with_free_func(g_free);
    at += strlen("\"hits\":[");
    *begin = *end = (gsize)(at - body->str);
    while (*at == '{') {
        const char *next = end_of_object(at);
        g_ptr_array_add(hits, g_strndup(at, (gsize)(next - at)));
        *end = (gsize)(next - body->str);
        at = *next == ',' ? next + 1 : next;
    }
    return hits;
}

/* Returns where they end now. */
static gsize join_hits(GString *body, const GPtrArray *hits, gsize begin, gsize end)
{
    g_autoptr(GString) joined = g_string_new(NULL);
    for (guint i = 0; i < hits->len; i++)
        g_string_append_printf(joined, "%s%s", i > 0 ? "," : "",
                               (const char *)g_ptr_array_index(hits, i));
    g_string_erase(body, (gssize)begin, (gssize)(end - begin));
    g_string_insert(body, (gssize)begin, joined->str);
    return begin + joined->len;
}

/* ---- defects ---- */

typedef void (*Defect)(GPtrArray *hits);

static void nothing(GPtrArray *hits)
{
    (void)hits;
}

/* Two millionths more: some twenty units in the last place of a float32. */
static void raise_score(GPtrArray *hits)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree char *hit = g_ptr_array_steal_index(hits, 0);
    char *score = strstr(hit, "\"_score\":") + strlen("\"_score\":");
    char *rest = NULL;
    double raised = g_ascii_strtod(score, &rest) * 1.000002;
    *score = '\0';
    g_ptr_array_insert(
        hits, 0,
        g_strconcat(hit, g_ascii_formatd(number, sizeof number, "%.9g", raised), rest, NULL));
}

static void swap_first_and_last(GPtrArray *hits)
{
    gpointer first = hits->pdata[0];
    hits->pdata[0] = hits->pdata[hits->len - 1];
    hits->pdata[hits->len - 1] = first;
}

/* The number after "_score": in a hit's text, up to the comma; free with g_free. */
static char *score_of(const char *hit)
{
    const char *score = strstr(hit, "\"_score\":") + strlen("\"_score\":");
    return g_strndup(score, strcspn(score, ",}"));
}

/* Neighbours of one and the same score. */
static void swap_twins(GPtrArray *hits)
{
    for (guint i = 1; i < hits->len; i++) {
        g_autofree char *above = score_of(hits->pdata[i - 1]), *below = score_of(hits->pdata[i]);
        if (strcmp(above, below) != 0)
            continue;
        gpointer hit = hits->pdata[i];
        hits->pdata[i] = hits->pdata[i - 1];
        hits->pdata[i - 1] = hit;
        return;
    }
}

static void drop_first(GPtrArray *hits)
{
    g_ptr_array_remove_index(hits, 0);
}

static void drop_last(GPtrArray *hits)
{
    g_ptr_array_remove_index(hits, hits->len - 1);
}

static void repeat_first(GPtrArray *hits)
{
    drop_last(hits);
    g_ptr_array_insert(hits, 1, g_strdup(g_ptr_array_index(hits, 0)));
}

typedef struct {
    Defect defect;
    gboolean ask_for_one_more; /* and so have one to leave out */
} Proxy;

/* Rankings are asked for many at a time; pages of documents are single searches. */
static void spoil(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    const Proxy *proxy = data;
    gsize begin, end, from = 0;
    if (strstr(request->path, "/_msearch?") == NULL) {
        fake_forward(server_url(), request, answer);
        return;
    }
    if (proxy->ask_for_one_more)
        g_string_replace(request->body, "\"size\":10,", "\"size\":11,", 0);
    fake_forward(server_url(), request, answer);
    GPtrArray *hits;
    while ((hits = split_hits(answer->body, from, &begin, &end)) != NULL) {
        if (hits->len >= 10)
            proxy->defect(hits);
        from = join_hits(answer->body, hits, begin, end);
        g_ptr_array_unref(hits);
    }
}

static void check(Proxy proxy, int status, const char *finding, const char *other)
{
    g_auto(Run) run = {0};
    g_autoptr(FakeServer) server = fake_server_start(spoil, &proxy);
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", fake_server_url(server), "--alias",
                alias, "--random", "0", "--depth", "10", NULL);
    CU_ASSERT(run_says(&run, status, finding, other, NULL));
    CU_ASSERT(fake_server_count(server, "POST", "/_msearch") > 5);
}

static void test_untouched(void)
{
    check((Proxy){nothing, FALSE}, 0, "parity: yes", "violations  0\n");
}

static void test_score(void)
{
    check((Proxy){raise_score, FALSE}, 5, "score of movie_", " for {gender M}: the cluster has ");
}

static void test_order(void)
{
    check((Proxy){swap_first_and_last, FALSE}, 5, "order for {gender M}: movie_",
          "is returned above movie_");
}

static void test_order_of_twins(void)
{
    check((Proxy){swap_twins, FALSE}, 5, "is returned above movie_",
          ", and its feature index is higher");
}

static void test_left_out(void)
{
    check((Proxy){drop_first, TRUE}, 5, "set for {gender M}: movie_",
          "is left out although movie_");
}

static void test_short_list(void)
{
    check((Proxy){drop_last, FALSE}, 5, "list for {gender M}: 9 movies are returned, 10", NULL);
}

static void test_twice(void)
{
    check((Proxy){repeat_first, FALSE}, 5, "list for {gender M}: movie_", "is returned twice");
}

/* An infinite score is no answer, and never passes for right. */
static void test_infinite(void)
{
    g_auto(Run) release = {0}, kept = {0}, verified = {0};
    g_autofree char *path = make_changed_bundle(make_too_large);
    g_autofree char *refused = g_strdup_printf("%s-refused", server_prefix());
    g_autofree char *large = g_strdup_printf("%s-large", server_prefix());
    run_program(&release, LOADER, "release", path, "--url", server_url(), "--alias", refused, NULL);
    CU_ASSERT(run_says(&release, 5, "orders", "is Infinity", NULL));
    run_program(&kept, LOADER, "release", path, "--url", server_url(), "--alias", large,
                "--skip-gate", "orders", NULL);
    CU_ASSERT(run_says(&kept, 0, NULL));
    run_program(&verified, BRIDGE, "verify", path, "--url", server_url(), "--alias", large, NULL);
    CU_ASSERT(run_says(&verified, 5, "parity: NO", "is Infinity: the model's values are too large",
                       NULL));
}

static const UnitTest tests[] = {
    {"untouched answers", test_untouched},
    {"a score beyond its bound", test_score},
    {"two movies in the wrong order", test_order},
    {"equal movies not by feature index", test_order_of_twins},
    {"the best movie left out", test_left_out},
    {"a list that is too short", test_short_list},
    {"a movie returned twice", test_twice},
    {"an infinite score", test_infinite},
    {NULL, NULL},
};

SERVER_MAIN("wrong-answers", tests, set_up)

/* Rankings of more movies than one answer may have: all of them are asked for page by page, and a
 * defect that only the second or third page shows is found there. */
#include <stdio.h>
#include <string.h>

#include "bulk.h"
#include "bundles.h"
#include "document.h"
#include "fake_server.h"
#include "fixtures.h"
#include "index_definition.h"
#include "local_scorer.h"
#include "programs.h"
#include "recommend.h"
#include "servers.h"

#define K 4
#define MOVIES 25000
#define USERS 2
#define N (USERS + MOVIES + 2)
#define PAGE RECOMMEND_MOST
#define TWINS 40 /* the same in all but their names, in the middle of which a page ends */

static char *bundle_path, *release;
static Bundle *bundle;
static guint on_page_2, on_page_3; /* movies, for {gender M}; for {gender F} not on the first */

/* ---- the bundle ---- */

static void add(FeatureTable *table, Feature feature)
{
    if (!feature_table_add(table, &feature, NULL, NULL))
        g_error("no feature table for the tests");
}

static FeatureTable *make_features(void)
{
    const char *none[] = {NULL};
    FeatureTable *table = feature_table_new();
    for (guint i = 0; i < USERS + MOVIES; i++) {
        g_autofree char *value = g_strdup_printf("%u", i + 1);
        const gboolean is_movie = i >= USERS;
        add(table, (Feature){.type = is_movie ? FEATURE_MOVIE : FEATURE_USER,
                             .value = value,
                             .title = is_movie ? value : NULL,
                             .genres = is_movie ? none : NULL,
                             .ratings = is_movie});
    }
    add(table, (Feature){.type = FEATURE_GENDER, .value = "F"});
    add(table, (Feature){.type = FEATURE_GENDER, .value = "M"});
    return table;
}

/* The movies from the best to the worst, and each one's place if `places` [N] is not NULL. */
static GArray *rank(const char *gender, guint *places)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Profile) profile = profile_new();
    profile_add(profile, FEATURE_GENDER, gender);
    g_autoptr(Ranking) ranking = local_rank(bundle, profile, MOVIES, &error);
    GArray *order = g_array_new(FALSE, FALSE, sizeof(guint));
    if (ranking == NULL)
        g_error("%s", error->message);
    for (guint i = 0; i < ranking->movies->len; i++) {
        guint index = 0;
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        if (!feature_table_find(bundle->features, FEATURE_MOVIE, movie->value, &index))
            g_error("a stranger in the ranking");
        g_array_append_val(order, index);
        if (places != NULL)
            places[index] = i;
    }
    return order;
}

/* Movies that cannot be told apart, half of them on the first page and half of them on the second.
 */
static void make_twins(void)
{
    g_autoptr(GArray) order = rank("M", NULL);
    FmModel *model = bundle->model;
    const guint first = g_array_index(order, guint, PAGE - TWINS / 2);
    for (guint i = 0; i < TWINS; i++) {
        const guint twin = g_array_index(order, guint, 15000 + i);
        model->bias[twin] = model->bias[first];
        memcpy(model->embeddings + (gsize)twin * K, fm_vector(model, first), K * sizeof(float));
    }
}

static Bundle *make_bundle(void)
{
    Bundle *made = g_new0(Bundle, 1);
    made->features = make_features();
    made->model = fixture_model(N, K, 1.0, 1);
    made->form = model_form_fm(5.5);
    /* Zeros have a sign, which is kept. */
    made->model->bias[USERS] = -0.0f;
    made->model->embeddings[(gsize)(USERS + 1) * K] = -0.0f;
    return made;
}

static void choose_victims(void)
{
    g_autofree guint *for_women = g_new0(guint, N);
    g_autoptr(GArray) order = rank("M", NULL);
    g_autoptr(GArray) other = rank("F", for_women);
    (void)other;
    for (guint i = PAGE + 1000; i < MOVIES - 1000; i++) {
        const guint movie = g_array_index(order, guint, i);
        if (for_women[movie] < PAGE + 1000)
            continue;
        if (i < 2 * PAGE - 1000)
            on_page_2 = movie;
        else if (i > 2 * PAGE + 1000)
            on_page_3 = movie;
    }
    if (on_page_2 == 0 || on_page_3 == 0)
        g_error("no movies far down in both rankings");
}

/* ---- the release ---- */

static gboolean load(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *definition = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    release = g_strdup_printf("%s-deep", server_prefix());
    if (!server_do("PUT", definition, "/%s", release))
        return FALSE;
    if (!bulk_index(server_client(), release, bundle, DOC_IDS_BY_VALUE, &error))
        g_error("%s", error->message);
    return server_do("POST", NULL, "/%s/_refresh", release);
}

static void set_up(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = tap_directory();
    bundle_path = g_build_filename(directory, "bundle", NULL);
    bundle = make_bundle();
    make_twins();
    if (!bundle_write(bundle_path, bundle->model, bundle->features, FIXTURE_TRAINING, FALSE,
                      &error))
        g_error("%s", error->message);
    bundle_free(bundle);
    bundle = bundle_open(bundle_path, &error);
    if (bundle == NULL)
        g_error("%s", error->message);
    choose_victims();
    if (!load())
        printf("# there is no release to test with\n");
}

static gboolean restore(guint index)
{
    g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, index);
    g_autofree char *source = bundle_document(bundle, index);
    return server_do("PUT", source, "/%s/_doc/%s?refresh=true", release, id);
}

/* Far enough off for its score, and too little to bring it to another page. */
static gboolean plant(guint index)
{
    float *value = bundle->model->embeddings + (gsize)index * K;
    const float right = *value;
    *value = right + 0.01f;
    const gboolean planted = restore(index);
    *value = right;
    return planted;
}

/* ---- the tests ---- */

static void verify(Run *run, const char *url, const char *depth)
{
    run_program(run, BRIDGE, "verify", bundle_path, "--url", url, "--release", release, "--random",
                "0", "--depth", depth, NULL);
}

static void check_right(const char *depth, const char *orders)
{
    g_auto(Run) run = {0};
    verify(&run, server_url(), depth);
    CU_ASSERT(run_says(&run, 0, "parity: yes", orders, "violations  0", NULL));
}

static void test_all_movies(void)
{
    check_right("all", "orders      2 profiles at depth 25000");
}

/* To the end of a page, one movie beyond it, and to the end of the next one. */
static void test_ends_of_pages(void)
{
    check_right("10000", "orders      2 profiles at depth 10000");
    check_right("10001", "orders      2 profiles at depth 10001");
    check_right("20000", "orders      2 profiles at depth 20000");
}

/* The document is found anyway; its score only by those who turn over. */
static void check_wrong_score(guint movie)
{
    g_auto(Run) shallow = {0}, deep = {0};
    g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, movie);
    g_autofree char *document = g_strdup_printf("document %s: embedding[0] is ", id);
    g_autofree char *for_men = g_strdup_printf("score of %s for {gender M}", id);
    g_autofree char *for_women = g_strdup_printf("score of %s for {gender F}", id);
    CU_ASSERT(plant(movie));
    verify(&shallow, server_url(), "10000");
    CU_ASSERT(run_says(&shallow, 5, "parity: NO", document, "violations  1\n", NULL));
    verify(&deep, server_url(), "all");
    CU_ASSERT(run_says(&deep, 5, "parity: NO", document, for_men, for_women, NULL));
    CU_ASSERT(restore(movie));
}

static void test_second_page(void)
{
    check_wrong_score(on_page_2);
}

static void test_third_page(void)
{
    check_wrong_score(on_page_3);
    check_right("all", "orders      2 profiles at depth 25000");
}

static void test_last_page_too_short(void)
{
    g_auto(Run) run = {0};
    g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, on_page_3);
    CU_ASSERT(server_do("DELETE", NULL, "/%s/_doc/%s?refresh=true", release, id));
    verify(&run, server_url(), "all");
    CU_ASSERT(run_says(
        &run, 5, "list for {gender M}: 24999 movies are returned, 25000 were asked for", NULL));
    CU_ASSERT(restore(on_page_3));
}

/* ---- a server that begins again ---- */

static void forget_the_page(const FakeRequest *request, FakeAnswer *answer, gpointer data)
{
    FakeRequest asked = *request;
    const char *where = data;
    g_autoptr(GRegex) regex = g_regex_new(where, 0, 0, NULL);
    g_autofree char *body = g_regex_replace(regex, request->body->str, -1, 0, "", 0, NULL);
    asked.body = g_string_new(body);
    fake_forward(server_url(), strstr(request->path, "_msearch") != NULL ? &asked : request,
                 answer);
    g_string_free(asked.body, TRUE);
}

/* Each page is right by itself. */
static void test_first_page_again(void)
{
    g_auto(Run) run = {0};
    g_autoptr(FakeServer) server =
        fake_server_start(forget_the_page, (gpointer) ",\"search_after\":\\[[^]]*\\]");
    verify(&run, fake_server_url(server), "all");
    CU_ASSERT(run_says(&run, 5, "list for {gender M}: movie_", " is returned twice", NULL));
}

static const UnitTest tests[] = {
    {"all movies", test_all_movies},
    {"ends of pages", test_ends_of_pages},
    {"a vector on the second page", test_second_page},
    {"a vector on the third page", test_third_page},
    {"a last page too short", test_last_page_too_short},
    {"the first page again and again", test_first_page_again},
    {NULL, NULL},
};

SERVER_MAIN("deep-rankings", tests, set_up)

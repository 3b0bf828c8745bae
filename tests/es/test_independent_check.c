/* NumPy's verdicts, computed anew from the bundle and the documents, are the bridge's: for a right
 * release, and for every defect planted in one. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bundles.h"
#include "document.h"
#include "programs.h"
#include "python.h"
#include "servers.h"

static char *bundle_path, *pairs, *alias, *live, *python;
static Bundle *bundle;

static void set_up(void)
{
    const BundleRecipe recipe = {"120", "300", "9000", "120", "1"};
    g_autofree char *directory = tap_directory();
    bundle = bundle_make_and_open(&recipe, &bundle_path);
    pairs = g_build_filename(directory, "pairs", NULL);
    alias = g_strdup_printf("%s-live", server_prefix());
    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                NULL);
    if (run_says(&run, 0, NULL))
        live = server_index_of(alias);
}

/* Skips or fails the test without NumPy. */
static gboolean have_python(void)
{
    if (python == NULL)
        python = python_find("NUMPY_MAKE_VENV", NULL, "NumPy");
    return python != NULL;
}

/* ---- both ---- */

typedef struct {
    Run bridge, numpy;
    yajl_val report, judged; /* what each of them says, as JSON */
} Both;

static void both_clear(Both *both)
{
    run_clear(&both->bridge);
    run_clear(&both->numpy);
    yajl_tree_free(both->report);
    yajl_tree_free(both->judged);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Both, both_clear)

static void run_numpy(Both *both)
{
    run_program(&both->numpy, python, g_getenv("CHECK_PARITY"), bundle_path, server_url(), alias,
                pairs, NULL);
    both->judged = json_parse(both->numpy.out, "check_parity.py", NULL);
}

/* Runs both; the bridge must end with `status`, and NumPy must agree. */
static void run_both(Both *both, int status)
{
    run_program(&both->bridge, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias",
                alias, "--json", "--random", "20", "--depth", "40", "--pairs", pairs, NULL);
    CU_ASSERT(run_says(&both->bridge, status, NULL));
    both->report = json_parse(both->bridge.out, "verify --json", NULL);
    run_numpy(both);
    CU_ASSERT(run_says(&both->numpy, 0, NULL));
    CU_ASSERT(json_is_true(both->judged, "agrees"));
}

static gint64 numpy_says(const Both *both, const char *name)
{
    gint64 value = -1;
    CU_ASSERT(json_get_int(both->judged, name, &value));
    return value;
}

static gint64 bridge_says(const Both *both, const char *name)
{
    gint64 value = -1;
    CU_ASSERT(json_get_int(both->report, name, &value));
    return value;
}

/* ---- a right release ---- */

static void test_right_release(void)
{
    g_auto(Both) both = {0};
    if (!have_python())
        return;
    run_both(&both, 0);
    CU_ASSERT_EQUAL(numpy_says(&both, "profiles"), bridge_says(&both, "profiles"));
    CU_ASSERT_EQUAL(numpy_says(&both, "scores"), bridge_says(&both, "scores"));
    CU_ASSERT_EQUAL(numpy_says(&both, "pairs.proved"), bridge_says(&both, "pairs_proved"));
    CU_ASSERT_EQUAL(numpy_says(&both, "pairs.within rounding"),
                    bridge_says(&both, "pairs_within_rounding"));
    CU_ASSERT_EQUAL(numpy_says(&both, "pairs.violated"), 0);
    CU_ASSERT_EQUAL(numpy_says(&both, "scores_wrong"), 0);
    CU_ASSERT_EQUAL(json_array_length(json_get(both.judged, "documents_wrong")), 0);
    tap_comment(both.numpy.out);
}

/* A verdict that is not so is seen: the comparison compares. */
static void test_edited_log(void)
{
    const char *const edits[][2] = {
        {"\"verdicts\":[\"proved\"", "\"verdicts\":[\"violated\""},
        {"\"right\":[true", "\"right\":[false"},
        {"\"sorted\":[true", "\"sorted\":[false"},
        {"\"set\":true", "\"set\":false"},
        {"\"query\":true", "\"query\":false"},
    };
    g_autofree char *text = NULL;
    if (!have_python() || !g_file_get_contents(pairs, &text, NULL, NULL))
        return;
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_auto(Both) both = {0};
        GString *edited = g_string_new(text);
        CU_ASSERT_EQUAL(g_string_replace(edited, edits[i][0], edits[i][1], 1), 1);
        CU_ASSERT(g_file_set_contents(pairs, edited->str, -1, NULL));
        g_string_free(edited, TRUE);
        run_numpy(&both);
        CU_ASSERT(run_says(&both.numpy, 1, "\"agrees\": false", NULL));
    }
}

/* ---- planted defects ---- */

static gboolean update(guint index, const char *fields)
{
    g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, index);
    g_autofree char *body = g_strdup_printf("{\"doc\":%s}", fields);
    return server_do("POST", body, "/%s/_update/%s?refresh=true", live, id);
}

static gboolean restore(guint index)
{
    g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, index);
    g_autofree char *source = bundle_document(bundle, index);
    return server_do("PUT", source, "/%s/_doc/%s?refresh=true", live, id);
}

/* The document's vector with `more` added to its first component. */
static char *changed_vector(guint index, float more)
{
    const float *vector = fm_vector(bundle->model, index);
    GString *fields = g_string_new("{\"embedding\":[");
    for (guint f = 0; f < bundle->model->k; f++) {
        char number[G_ASCII_DTOSTR_BUF_SIZE];
        float value = f == 0 ? vector[f] + more : vector[f];
        g_string_append_printf(fields, "%s%s", f > 0 ? "," : "",
                               g_ascii_formatd(number, sizeof number, "%.9g", (double)value));
    }
    g_string_append(fields, "]}");
    return g_string_free(fields, FALSE);
}

/* The one wrong document that both of them name. */
static void check_document(const Both *both, guint index)
{
    g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, index);
    yajl_val wrong = json_get(both->judged, "documents_wrong");
    CU_ASSERT_EQUAL(json_array_length(wrong), 1);
    if (json_array_length(wrong) == 1)
        CU_ASSERT_EQUAL(g_strcmp0(YAJL_GET_STRING(json_array_get(wrong, 0)), id), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(both->bridge.out, id));
    tap_comment(both->numpy.out);
}

/* A movie that everybody sees, so that its scores, its pairs or the set are wrong too. */
static guint a_seen_movie(void)
{
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    guint best = g_array_index(movies, guint, 0);
    for (guint i = 0; i < movies->len; i++) {
        guint movie = g_array_index(movies, guint, i);
        best = bundle->model->bias[movie] > bundle->model->bias[best] ? movie : best;
    }
    return best;
}

static void test_bias_of_a_movie(void)
{
    g_auto(Both) both = {0};
    guint movie = a_seen_movie();
    if (!have_python())
        return;
    g_autofree char *fields =
        g_strdup_printf("{\"bias\":%.9g}", (double)bundle->model->bias[movie] + 0.0009765625);
    CU_ASSERT(update(movie, fields));
    run_both(&both, 5);
    check_document(&both, movie);
    CU_ASSERT(numpy_says(&both, "scores_wrong") > 100);
    CU_ASSERT_EQUAL(numpy_says(&both, "pairs_not_sorted"), 0);
    CU_ASSERT(restore(movie));
}

/* So much that it is last where it was first: the model's order is violated, or the set. */
static void test_vector_of_a_movie(void)
{
    g_auto(Both) both = {0};
    guint movie = a_seen_movie();
    if (!have_python())
        return;
    g_autofree char *fields = changed_vector(movie, 2);
    CU_ASSERT(update(movie, fields));
    run_both(&both, 5);
    check_document(&both, movie);
    CU_ASSERT(numpy_says(&both, "scores_wrong") + numpy_says(&both, "sets_wrong") > 0);
    CU_ASSERT(restore(movie));
}

static void test_vector_of_a_gender(void)
{
    g_auto(Both) both = {0};
    guint gender = 0;
    if (!have_python() || !feature_table_find(bundle->features, FEATURE_GENDER, "M", &gender))
        return;
    g_autofree char *fields = changed_vector(gender, 0x1p-10f);
    CU_ASSERT(update(gender, fields));
    run_both(&both, 5);
    check_document(&both, gender);
    CU_ASSERT(numpy_says(&both, "queries_wrong") > 10);
    CU_ASSERT_EQUAL(numpy_says(&both, "scores_wrong"), 0);
    CU_ASSERT(restore(gender));
}

static void test_missing_movie(void)
{
    g_auto(Both) both = {0};
    guint movie = a_seen_movie();
    g_autofree char *id = document_id(bundle, DOC_IDS_BY_VALUE, movie);
    if (!have_python())
        return;
    CU_ASSERT(server_do("DELETE", NULL, "/%s/_doc/%s?refresh=true", live, id));
    run_both(&both, 5);
    check_document(&both, movie);
    CU_ASSERT(numpy_says(&both, "sets_wrong") > 10);
    CU_ASSERT_EQUAL(numpy_says(&both, "scores_wrong"), 0);
    CU_ASSERT(restore(movie));
}

static const UnitTest tests[] = {
    {"a right release", test_right_release},
    {"a log that was edited", test_edited_log},
    {"the bias of a movie", test_bias_of_a_movie},
    {"the vector of a movie", test_vector_of_a_movie},
    {"the vector of a gender", test_vector_of_a_gender},
    {"a missing movie", test_missing_movie},
    {"repaired, a right release again", test_right_release},
    {NULL, NULL},
};

SERVER_MAIN("independent", tests, set_up)

/* Verification says yes to a right release, and finds and names every defect planted in the
 * cluster. After each defect the release is repaired and verified again, so that the defect alone
 * was it. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bulk.h"
#include "bundles.h"
#include "document.h"
#include "index_definition.h"
#include "programs.h"
#include "servers.h"

#define K 24

static char *bundle_path;
static Bundle *bundle;
static char *alias, *live; /* the index behind it */
static guint a_movie, a_user, a_gender;

static void set_up(void)
{
    const BundleRecipe recipe = {"250", "400", "20000", G_STRINGIFY(K), "1"};
    bundle = bundle_make_and_open(&recipe, &bundle_path);
    alias = g_strdup_printf("%s-live", server_prefix());
    const GArray *movies = feature_table_of_type(bundle->features, FEATURE_MOVIE);
    const GArray *users = feature_table_of_type(bundle->features, FEATURE_USER);
    a_movie = g_array_index(movies, guint, 217);
    a_user = g_array_index(users, guint, 42);
    if (!feature_table_find(bundle->features, FEATURE_GENDER, "M", &a_gender))
        g_error("the data set has no gender M");

    g_auto(Run) run = {0};
    run_program(&run, LOADER, "release", bundle_path, "--url", server_url(), "--alias", alias,
                NULL);
    if (run_says(&run, 0, NULL))
        live = server_index_of(alias);
}

/* ---- verifying ---- */

static void verify(Run *run, const char *of_alias, const char *random, const char *depth)
{
    run_program(run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias", of_alias,
                "--random", random, "--depth", depth, NULL);
}

static gboolean is_right(void)
{
    g_auto(Run) run = {0};
    verify(&run, alias, "5", "10");
    return run_says(&run, 0, "parity: yes", "violations  0", NULL);
}

static gboolean is_found(const char *finding, const char *other)
{
    g_auto(Run) run = {0};
    verify(&run, alias, "5", "10");
    return run_says(&run, 5, "parity: NO", "parity does not hold", finding, other, NULL);
}

static void verify_from_cluster(Run *run)
{
    run_program(run, BRIDGE, "verify", "--from-cluster", "--url", server_url(), "--alias", alias,
                "--random", "5", "--depth", "10", NULL);
}

/* ---- planting ---- */

static char *id_of(guint index)
{
    return document_id(bundle, DOC_IDS_BY_VALUE, index);
}

/* Changes some fields of a document. */
static gboolean update(guint index, const char *fields)
{
    g_autofree char *id = id_of(index);
    g_autofree char *body = g_strdup_printf("{\"doc\":%s}", fields);
    return server_do("POST", body, "/%s/_update/%s?refresh=true", live, id);
}

static gboolean put(const char *id, const char *source)
{
    return server_do("PUT", source, "/%s/_doc/%s?refresh=true", live, id);
}

static gboolean remove_document(const char *id)
{
    return server_do("DELETE", NULL, "/%s/_doc/%s?refresh=true", live, id);
}

static gboolean restore(guint index)
{
    g_autofree char *id = id_of(index);
    g_autofree char *source = bundle_document(bundle, index);
    return put(id, source);
}

/* The neighbouring float32 in component `component` of a document. */
static gboolean nudge_vector(guint index, guint component)
{
    const float *vector = fm_vector(bundle->model, index);
    GString *fields = g_string_new("{\"embedding\":[");
    for (guint f = 0; f < K; f++) {
        char number[G_ASCII_DTOSTR_BUF_SIZE];
        float value = f == component ? nextafterf(vector[f], INFINITY) : vector[f];
        g_string_append_printf(fields, "%s%s", f > 0 ? "," : "",
                               g_ascii_formatd(number, sizeof number, "%.9g", (double)value));
    }
    g_string_append(fields, "]}");
    g_autofree char *text = g_string_free(fields, FALSE);
    return update(index, text);
}

/* Plants nothing more than `fields`, and wants it found and then gone. */
static void check_fields(guint index, const char *fields, const char *finding, const char *other)
{
    g_autofree char *id = id_of(index);
    g_autofree char *expected = g_strdup_printf("document %s: %s", id, finding);
    CU_ASSERT(update(index, fields));
    CU_ASSERT(is_found(expected, other));
    CU_ASSERT(restore(index));
    CU_ASSERT(is_right());
}

/* ---- the tests ---- */

static void test_right_release(void)
{
    g_auto(Run) run = {0};
    CU_ASSERT_PTR_NOT_NULL(live);
    verify(&run, alias, "500", "100");
    CU_ASSERT(run_says(&run, 0, "parity: yes", "documents   680 compared bit for bit, 680 expected",
                       "at depth 100", "violations  0", NULL));
    tap_comment(run.out);
}

static void test_ten_thousand(void)
{
    g_auto(Run) run = {0};
    verify(&run, alias, "10000", "10");
    CU_ASSERT(run_says(&run, 0, "parity: yes", "orders      10528 profiles at depth 10",
                       "violations  0", NULL));
}

/* One component off by the last bit leaves every score within its bound, so the document alone is
 * the finding. */
static void test_vector_of_a_movie(void)
{
    g_autofree char *id = id_of(a_movie);
    g_autofree char *finding = g_strdup_printf("document %s: embedding[%d] is ", id, K - 1);
    CU_ASSERT(nudge_vector(a_movie, K - 1));
    CU_ASSERT(is_found(finding, "violations  1\n"));
    CU_ASSERT(is_found("(1 of 24 components differ)", NULL));
    CU_ASSERT(restore(a_movie));
    CU_ASSERT(is_right());
}

static void test_vector_of_a_gender(void)
{
    CU_ASSERT(nudge_vector(a_gender, 0));
    CU_ASSERT(is_found("document gender_M: embedding[0] is ", "query vector for {gender M}"));
    CU_ASSERT(restore(a_gender));
    CU_ASSERT(is_right());
}

static void test_bias(void)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    double nudged = nextafterf(bundle->model->bias[a_movie], INFINITY);
    g_ascii_formatd(number, sizeof number, "%.17g", nudged);
    g_autofree char *fields = g_strdup_printf("{\"bias\":%s}", number);
    check_fields(a_movie, fields, "bias is ", "violations  1\n");
    /* A server takes it for the number, and gives its clients the text. */
    g_ascii_formatd(number, sizeof number, "%.17g", (double)bundle->model->bias[a_user]);
    g_autofree char *string = g_strdup_printf("{\"bias\":\"%s\"}", number);
    check_fields(a_user, string, "bias is the string ", NULL);
}

static void test_missing_movie(void)
{
    g_autofree char *id = id_of(a_movie);
    g_autofree char *finding = g_strdup_printf("document %s: missing", id);
    CU_ASSERT(remove_document(id));
    CU_ASSERT(is_found(finding, "documents   679 compared bit for bit, 680 expected"));
    CU_ASSERT(restore(a_movie));
    CU_ASSERT(is_right());
}

static void test_missing_user(void)
{
    g_autofree char *id = id_of(a_user);
    g_autofree char *finding = g_strdup_printf("document %s: missing", id);
    CU_ASSERT(remove_document(id));
    CU_ASSERT(is_found(finding, NULL));
    CU_ASSERT(restore(a_user));
    CU_ASSERT(is_right());
}

static void test_extra_document(void)
{
    g_autofree char *source = bundle_document(bundle, a_movie);
    CU_ASSERT(put("movie_999999", source));
    CU_ASSERT(is_found("document movie_999999: extra",
                       "documents   681 compared bit for bit, 680 expected"));
    CU_ASSERT(remove_document("movie_999999"));
    CU_ASSERT(is_right());
}

/* Under an id that no feature has, and under one that only looks like it. */
static void test_doubled_document(void)
{
    const char *const ids[] = {"copy", "movie_0217", "user_999999"};
    g_autofree char *source = bundle_document(bundle, a_movie);
    g_autofree char *id = id_of(a_movie);
    for (guint i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *extra = g_strdup_printf("document %s: extra, it is movie ", ids[i]);
        g_autofree char *beside = g_strdup_printf("a second time, beside %s", id);
        CU_ASSERT(put(ids[i], source));
        CU_ASSERT(is_found(extra, beside));
        CU_ASSERT(remove_document(ids[i]));
    }
    CU_ASSERT(is_right());
}

static gboolean put_vector(guint index, guint of)
{
    g_autofree char *id = id_of(index);
    g_autofree char *source = bundle_document(bundle, of);
    g_autofree char *own = bundle_document(bundle, index);
    const char *vector = strstr(source, "\"embedding\":");
    char *at = strstr(own, "\"embedding\":");
    CU_ASSERT(vector != NULL && at != NULL);
    if (vector == NULL || at == NULL)
        return FALSE;
    *at = '\0';
    g_autofree char *mixed = g_strconcat(own, vector, NULL);
    return put(id, mixed);
}

static void test_swapped_vectors(void)
{
    const guint other = a_movie + 1;
    g_autofree char *id = id_of(a_movie);
    g_autofree char *other_id = id_of(other);
    g_autofree char *copied = g_strdup_printf("document %s: embedding is that of %s", id, other_id);
    g_autofree char *swapped =
        g_strdup_printf("document %s: embedding is that of %s, which has this one's: the two are "
                        "swapped",
                        other_id, id);
    CU_ASSERT(put_vector(a_movie, other));
    CU_ASSERT(is_found(copied, "violations  1\n") || is_found(copied, "score of "));
    CU_ASSERT_FALSE(is_found("swapped", NULL));
    CU_ASSERT(put_vector(other, a_movie));
    CU_ASSERT(is_found(copied, swapped));
    CU_ASSERT(restore(a_movie));
    CU_ASSERT(restore(other));
    CU_ASSERT(is_right());
}

static void test_fields_of_a_movie(void)
{
    check_fields(a_movie, "{\"title\":\"Another Title\"}", "title is \"Another Title\"", NULL);
    check_fields(a_movie, "{\"model_id\":\"000000000000\"}", "model_id is \"000000000000\"", NULL);
    check_fields(a_movie, "{\"genres\":[\"Nonsense\"]}", "genres are not", NULL);
    check_fields(a_movie, "{\"year\":1492}", "year is 1492", NULL);
    check_fields(a_movie, "{\"ratings\":1234567}", "ratings is 1234567", NULL);
    check_fields(a_movie, "{\"feature_index\":1}", "feature_index is 1", NULL);
}

/* What moves a document out of the ranking, or into it. */
static void test_types_and_values(void)
{
    check_fields(a_movie, "{\"value\":\"0\"}", "value is \"0\"", NULL);
    check_fields(a_movie, "{\"feature_type\":\"user\"}", "feature_type is \"user\"", NULL);
    check_fields(a_user, "{\"feature_type\":\"movie\"}", "feature_type is \"movie\"", NULL);
}

/* What a whole person is summed from. */
static void test_attributes(void)
{
    g_auto(Run) run = {0};
    CU_ASSERT(document_have_attributes(bundle));
    CU_ASSERT(update(a_user, "{\"attributes\":[\"gender_M\"]}"));
    CU_ASSERT(is_found(": attributes are [gender_M], the bundle has [age_", NULL));
    CU_ASSERT(update(a_user, "{\"attributes\":[\"age_1\",\"age_999\"]}"));
    verify_from_cluster(&run);
    CU_ASSERT(
        run_says(&run, 5, "has the attribute age_999, which the release does not have", NULL));
    CU_ASSERT(update(a_user, "{\"attributes\":[\"age_1\",\"gender_M\",\"age_1\"]}"));
    verify_from_cluster(&run);
    CU_ASSERT(run_says(&run, 5, "has the attribute age_1, a second one of its type", NULL));
    CU_ASSERT(update(a_movie, "{\"attributes\":[\"age_1\"]}"));
    verify_from_cluster(&run);
    CU_ASSERT(run_says(&run, 5, "not one of a release: the field attributes is wrong", NULL));
    CU_ASSERT(restore(a_user) && restore(a_movie));
    CU_ASSERT(is_right());
}

/* A document that the ranking cannot score makes the whole search fail. */
static void test_incomplete_documents(void)
{
    g_autofree char *id = id_of(a_movie);
    g_autofree char *without_embedding = g_strdup_printf("document %s: embedding", id);
    g_autofree char *without_bias = g_strdup_printf("document %s: bias is absent", id);
    CU_ASSERT(put(id, "{\"feature_type\":\"movie\",\"bias\":0.5}"));
    CU_ASSERT(is_found(without_embedding, "ranking for {"));
    CU_ASSERT(restore(a_movie));
    g_autofree char *source = bundle_document(bundle, a_movie);
    char *bias = strstr(source, "\"bias\"");
    char *comma = bias != NULL ? strchr(bias, ',') : NULL;
    CU_ASSERT_PTR_NOT_NULL(comma);
    if (comma != NULL)
        memmove(bias, comma + 1, strlen(comma + 1) + 1);
    CU_ASSERT(put(id, source));
    CU_ASSERT(is_found(without_bias, "ranking for {"));
    CU_ASSERT(restore(a_movie));
    CU_ASSERT(is_right());
}

/* ---- kinds, for programs ---- */

static gboolean nudge_last_component(void)
{
    return nudge_vector(a_movie, K - 1);
}

static gboolean nudge_bias(void)
{
    const double nudged = nextafterf(bundle->model->bias[a_movie], INFINITY);
    g_autofree char *fields = g_strdup_printf("{\"bias\":%.17g}", nudged);
    return update(a_movie, fields);
}

static gboolean remove_movie(void)
{
    g_autofree char *id = id_of(a_movie);
    return remove_document(id);
}

static gboolean double_movie(void)
{
    g_autofree char *source = bundle_document(bundle, a_movie);
    return put("copy", source);
}

static gboolean swap_vectors(void)
{
    return put_vector(a_movie, a_movie + 1) && put_vector(a_movie + 1, a_movie);
}

static gboolean change_type(void)
{
    return update(a_movie, "{\"feature_type\":\"user\"}");
}

static gboolean change_model(void)
{
    return update(a_movie, "{\"model_id\":\"000000000000\"}");
}

/* A script that reads the report finds the same name for the same defect. */
static void test_kinds(void)
{
    static const struct {
        gboolean (*plant)(void);
        const char *kind;
    } defects[] = {
        {nudge_last_component, "wrong-bits"}, {nudge_bias, "wrong-bits"},
        {remove_movie, "document-missing"},   {double_movie, "document-extra"},
        {swap_vectors, "wrong-bits"},         {change_type, "wrong-field"},
        {change_model, "wrong-model"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(defects); i++) {
        g_auto(Run) run = {0};
        g_autofree char *kind = g_strdup_printf("\"kind\":\"%s\"", defects[i].kind);
        CU_ASSERT(defects[i].plant());
        run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias", alias,
                    "--random", "5", "--depth", "10", "--json", NULL);
        CU_ASSERT(run_says(&run, 5, "\"parity\":false", kind, NULL));
        CU_ASSERT(restore(a_movie) && restore(a_movie + 1));
        if (defects[i].plant == double_movie)
            CU_ASSERT(remove_document("copy"));
    }
    CU_ASSERT(is_right());
}

/* ---- other models ---- */

/* Of the same size, with one value changed. */
static char *make_other_bundle(void)
{
    g_autofree char *directory = tap_directory(), *training = NULL;
    g_autofree char *record = g_build_filename(bundle_path, "training.json", NULL);
    char *path = g_build_filename(directory, "other", NULL);
    g_autoptr(GError) error = NULL;
    const float bias = bundle->model->bias[a_movie];
    bundle->model->bias[a_movie] = bias + 1;
    if (!g_file_get_contents(record, &training, NULL, &error) ||
        !bundle_write(path, bundle->model, bundle->features, training, FALSE, &error))
        g_error("%s", error->message);
    bundle->model->bias[a_movie] = bias;
    return path;
}

static gboolean move_alias(const char *action, const char *index)
{
    g_autofree char *body = g_strdup_printf(
        "{\"actions\":[{\"%s\":{\"index\":\"%s\",\"alias\":\"%s\"}}]}", action, index, alias);
    return server_do("POST", body, "/_aliases");
}

static void test_other_bundle(void)
{
    g_auto(Run) run = {0}, json = {0};
    g_autofree char *other = make_other_bundle();
    run_program(&run, BRIDGE, "verify", other, "--url", server_url(), "--alias", alias, NULL);
    CU_ASSERT(run_says(&run, 5, live, bundle->model_id, other,
                       "verify with the bundle that was released", "another model (1)",
                       "parity: NO", NULL));
    run_program(&json, BRIDGE, "verify", other, "--url", server_url(), "--alias", alias, "--json",
                NULL);
    CU_ASSERT(run_says(&json, 5, "\"kind\":\"wrong-model\"", NULL));
}

static void test_alias_elsewhere(void)
{
    g_auto(Run) released = {0}, two = {0}, elsewhere = {0};
    g_autofree char *path = make_other_bundle();
    g_autofree char *other_alias = g_strdup_printf("%s-other", server_prefix());
    run_program(&released, LOADER, "release", path, "--url", server_url(), "--alias", other_alias,
                NULL);
    CU_ASSERT(run_says(&released, 0, NULL));
    g_autofree char *other = server_index_of(other_alias);
    CU_ASSERT(other != NULL && move_alias("add", other));
    verify(&two, alias, "5", "10");
    CU_ASSERT(run_says(&two, 4, alias, "stands for 2 indices, it must be one release", NULL));
    CU_ASSERT(other != NULL && move_alias("remove", live));
    verify(&elsewhere, alias, "5", "10");
    CU_ASSERT(run_says(&elsewhere, 5, other, "verify with the bundle that was released", NULL));
    CU_ASSERT(move_alias("add", live) && other != NULL && move_alias("remove", other));
    CU_ASSERT(is_right());
}

/* ---- other ways to ask ---- */

static void test_one_release(void)
{
    g_auto(Run) run = {0};
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--release", live,
                "--random", "5", "--depth", "10", NULL);
    CU_ASSERT(run_says(&run, 0, "parity: yes", live, NULL));
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--release",
                "recsys-no-such-release", NULL);
    CU_ASSERT(run_says(&run, 4, "recsys-no-such-release", NULL));
}

static void test_whole_depth_and_all_users(void)
{
    g_auto(Run) run = {0};
    verify(&run, alias, "0", "all");
    CU_ASSERT(run_says(&run, 0, "parity: yes", " at depth 4", NULL));
    run_program(&run, BRIDGE, "verify", bundle_path, "--url", server_url(), "--alias", alias,
                "--random", "0", "--depth", "3", "--all-users", "--json", NULL);
    CU_ASSERT(run_says(&run, 0, "\"parity\":true", NULL));
    g_auto(yajl_val) report = json_parse(run.out, "the report", NULL);
    gint64 profiles = 0;
    CU_ASSERT(json_get_int(report, "profiles", &profiles));
    CU_ASSERT_EQUAL(profiles, 528 + 250);
}

/* Without the bundle what is stored is the model: it must hang together, and rank as it says. */
static void test_from_cluster(void)
{
    g_auto(Run) run = {0};
    g_autofree char *id = id_of(a_movie);
    g_autofree char *model = g_strdup_printf("document %s: model_id is \"000000000000\"", id);
    g_autofree char *value = g_strdup_printf("document %s: its fields are those of movie_0", id);
    verify_from_cluster(&run);
    CU_ASSERT(run_says(&run, 0, "parity: yes", "documents   680 compared", "violations  0", NULL));
    CU_ASSERT(update(a_movie, "{\"model_id\":\"000000000000\"}"));
    verify_from_cluster(&run);
    CU_ASSERT(run_says(&run, 5, model, "violations  1\n", NULL));
    CU_ASSERT(restore(a_movie));
    CU_ASSERT(update(a_movie, "{\"value\":\"0\"}"));
    verify_from_cluster(&run);
    CU_ASSERT(run_says(&run, 5, value, NULL));
    CU_ASSERT(remove_document(id));
    verify_from_cluster(&run);
    CU_ASSERT(run_says(&run, 5, "document of feature index ", ": missing", NULL));
    CU_ASSERT(restore(a_movie));
    verify_from_cluster(&run);
    CU_ASSERT(run_says(&run, 0, "parity: yes", NULL));
}

static void test_wrong_asks(void)
{
    g_auto(Run) run = {0};
    const char *const depths[] = {
        "0", "-1", "ten", "10x", "", "4294967295", "99999999999999999999"};
    for (guint i = 0; i < G_N_ELEMENTS(depths); i++) {
        verify(&run, alias, "0", depths[i]);
        CU_ASSERT(run_says(&run, 1, "--depth", "or all", NULL));
    }
    run_program(&run, BRIDGE, "verify", "--url", server_url(), NULL);
    CU_ASSERT(run_says(&run, 1, "against what?", "--from-cluster", NULL));
    run_program(&run, BRIDGE, "verify", bundle_path, "--from-cluster", NULL);
    CU_ASSERT(run_says(&run, 1, "--from-cluster", bundle_path, NULL));
}

/* ---- mappings ---- */

static char *meta_with_model(const char *model_id)
{
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    g_autoptr(ReleaseMeta) meta = release_meta_of_bundle(bundle, DOC_IDS_BY_VALUE);
    g_free(meta->model_id);
    meta->model_id = g_strdup(model_id);
    release_meta_put(json, meta, bundle);
    g_autofree char *text = json_take(json, NULL);
    return g_strdup_printf("{\"_meta\":%s}", text);
}

static void test_model_of_the_release(void)
{
    g_auto(Run) run = {0};
    g_autofree char *wrong = meta_with_model("ffffffffffff");
    g_autofree char *right = meta_with_model(bundle->model_id);
    CU_ASSERT(server_do("PUT", wrong, "/%s/_mapping", live));
    verify(&run, alias, "0", "10");
    CU_ASSERT(run_says(&run, 5, live, "model ffffffffffff", bundle->model_id, bundle_path, NULL));
    CU_ASSERT(server_do("PUT", right, "/%s/_mapping", live));
    CU_ASSERT(is_right());
}

static void test_meta_of_the_release(void)
{
    g_autofree char *right = meta_with_model(bundle->model_id);
    g_autoptr(GString) wrong = g_string_new(right);
    CU_ASSERT_EQUAL(g_string_replace(wrong, "\"scale\":5.5", "\"scale\":5.25", 0), 1);
    CU_ASSERT(server_do("PUT", wrong->str, "/%s/_mapping", live));
    CU_ASSERT(is_found("mapping: _meta.scale is 5.25, the bundle needs 5.5", NULL));
    CU_ASSERT(server_do("PUT", right, "/%s/_mapping", live));
    CU_ASSERT(is_right());
}

/* A hand-made index with a definition in which `old` became `new`; NULL if it cannot be made. The
 * alias is `<index>-alias`. */
static char *make_index(const char *name, const char *old, const char *new)
{
    g_autofree char *index = g_strdup_printf("%s-%s", server_prefix(), name);
    g_autofree char *text = index_definition_of(bundle, DOC_IDS_BY_VALUE);
    g_autoptr(GString) definition = g_string_new(text);
    guint replaced = g_string_replace(definition, old, new, 0);
    CU_ASSERT_EQUAL(replaced, 1);
    if (replaced != 1 || !server_do("PUT", definition->str, "/%s", index) ||
        !server_do("PUT", NULL, "/%s/_alias/%s-alias", index, index))
        return NULL;
    return g_steal_pointer(&index);
}

static gboolean load(const char *index)
{
    g_autoptr(GError) error = NULL;
    gboolean loaded = bulk_index(server_client(), index, bundle, DOC_IDS_BY_VALUE, &error);
    if (!loaded)
        tap_comment(error->message);
    return loaded && server_do("POST", NULL, "/%s/_refresh", index);
}

static void check_index(const char *index, const char *finding, const char *other)
{
    g_auto(Run) run = {0};
    g_autofree char *of_alias = g_strdup_printf("%s-alias", index);
    verify(&run, of_alias, "0", "10");
    CU_ASSERT(run_says(&run, 5, "parity: NO", index, finding, other, NULL));
}

/* Hand-made without a defect it is right: what the others differ in is what is found. */
static void test_hand_made_index(void)
{
    g_auto(Run) run = {0};
    g_autofree char *index = make_index("as-is", "\"strict\"", "\"strict\"");
    CU_ASSERT(index != NULL && load(index));
    g_autofree char *of_alias = g_strdup_printf("%s-alias", index);
    verify(&run, of_alias, "0", "10");
    CU_ASSERT(run_says(&run, 0, "parity: yes", NULL));
}

/* What a dense_vector is without further words: it changes what it stores. */
static void test_default_similarity(void)
{
    g_autofree char *index = make_index("similarity", ", \"index\": false}", "}");
    CU_ASSERT(index != NULL && load(index));
    if (index == NULL)
        return;
    check_index(index, "mapping: properties.embedding.index is ",
                "mapping: properties.embedding.similarity is cosine");
    check_index(index, "document ", ": embedding[");
}

static void test_dims(void)
{
    g_autofree char *index = make_index("dims", "\"dims\": 24", "\"dims\": 25");
    CU_ASSERT_PTR_NOT_NULL(index);
    if (index == NULL)
        return;
    const guint loaded[] = {a_movie, a_gender};
    for (guint i = 0; i < G_N_ELEMENTS(loaded); i++) {
        g_autofree char *id = id_of(loaded[i]);
        g_autofree char *text = bundle_document(bundle, loaded[i]);
        g_autoptr(GString) source = g_string_new(text);
        CU_ASSERT_EQUAL(g_string_replace(source, "\"embedding\":[", "\"embedding\":[0,", 0), 1);
        CU_ASSERT(server_do("PUT", source->str, "/%s/_doc/%s?refresh=true", index, id));
    }
    check_index(index, "mapping: properties.embedding.dims is 25, the bundle needs 24",
                "embedding has 25 values, the bundle has 24");
}

static void test_dynamic_and_more_fields(void)
{
    g_autofree char *index = make_index("dynamic", "\"dynamic\": \"strict\"", "\"dynamic\": true");
    CU_ASSERT(index != NULL && load(index));
    if (index == NULL)
        return;
    check_index(index, "mapping: dynamic is true, the bundle needs strict", "violations  1\n");
    CU_ASSERT(server_do("PUT", "{\"properties\":{\"colour\":{\"type\":\"keyword\"}}}",
                        "/%s/_mapping", index));
    check_index(index, "mapping: there is a field colour", "violations  2\n");
}

static void test_settings(void)
{
    g_autofree char *index = make_index("settings", "\"number_of_shards\": 1",
                                        "\"number_of_shards\": 2, \"max_result_window\": 5000");
    CU_ASSERT(index != NULL && load(index));
    if (index == NULL)
        return;
    check_index(index, "settings: index.max_result_window is 5000, the bundle needs 10000",
                "violations  1\n");
    /* What reads would be refused for. */
    static const char *const settings[][2] = {
        {"{\"max_result_window\":50,\"max_docvalue_fields_search\":1}",
         "settings: index.max_docvalue_fields_search is 1, the bundle needs 2"},
        {"{\"blocks.read\":true}", "settings: index.blocks.read is true: nobody can search it"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(settings); i++) {
        CU_ASSERT(server_do("PUT", settings[i][0], "/%s/_settings", index));
        check_index(index, settings[i][1], i == 0 ? "violations  2\n" : "violations  3\n");
    }
}

static void test_ignored_values(void)
{
    g_autofree char *index = make_index("ignoring", "\"number_of_shards\": 1",
                                        "\"number_of_shards\": 1, \"mapping.ignore_above\": 5");
    CU_ASSERT(index != NULL && load(index));
    if (index != NULL)
        check_index(index, "settings: index.mapping.ignore_above is 5, the bundle needs 2147483647",
                    "violations  1\n");
}

/* Documents that nobody finds by their _id, be it in the right shard by chance. */
static void test_routing(void)
{
    g_autofree char *id = id_of(a_user);
    g_autofree char *source = bundle_document(bundle, a_user);
    g_autofree char *finding = g_strdup_printf("document %s: it is indexed under the routing", id);
    g_autofree char *index =
        make_index("routed", "\"number_of_shards\": 1", "\"number_of_shards\": 3");
    CU_ASSERT(index != NULL && load(index));
    if (index == NULL)
        return;
    CU_ASSERT(server_do("DELETE", NULL, "/%s/_doc/%s?refresh=true", index, id));
    CU_ASSERT(server_do("PUT", source, "/%s/_doc/%s?routing=zzz&refresh=true", index, id));
    check_index(index, finding, "violations  1\n");
}

static void test_runtime_field(void)
{
    g_autofree char *index = make_index("runtime", "\"strict\"", "\"strict\"");
    CU_ASSERT(index != NULL && load(index));
    if (index == NULL)
        return;
    CU_ASSERT(server_do("PUT", "{\"runtime\":{\"title\":{\"type\":\"keyword\"}}}", "/%s/_mapping",
                        index));
    check_index(index, "mapping: there is a runtime field title", "violations  1\n");
}

static const UnitTest tests[] = {
    {"a right release, 500 random profiles at depth 100", test_right_release},
    {"a right release, 10,000 random profiles", test_ten_thousand},
    {"last bit of a movie's vector", test_vector_of_a_movie},
    {"last bit of a gender's vector", test_vector_of_a_gender},
    {"last bit of a bias", test_bias},
    {"a movie missing", test_missing_movie},
    {"a user missing", test_missing_user},
    {"a document too many", test_extra_document},
    {"a document doubled", test_doubled_document},
    {"vectors swapped", test_swapped_vectors},
    {"fields of a movie", test_fields_of_a_movie},
    {"types and values", test_types_and_values},
    {"attributes of a user", test_attributes},
    {"documents without embedding or bias", test_incomplete_documents},
    {"kinds of defects by name", test_kinds},
    {"a wrong bundle of the same size", test_other_bundle},
    {"an alias over two releases, on another one", test_alias_elsewhere},
    {"model_id of the release", test_model_of_the_release},
    {"_meta of the release", test_meta_of_the_release},
    {"an index made by hand", test_hand_made_index},
    {"default similarity", test_default_similarity},
    {"wrong dims", test_dims},
    {"dynamic mapping, more fields", test_dynamic_and_more_fields},
    {"settings", test_settings},
    {"values that are ignored", test_ignored_values},
    {"a routing of its own", test_routing},
    {"a runtime field", test_runtime_field},
    {"one release by its name", test_one_release},
    {"all movies, all users", test_whole_depth_and_all_users},
    {"no bundle at hand", test_from_cluster},
    {"what cannot be asked", test_wrong_asks},
    {NULL, NULL},
};

SERVER_MAIN("parity", tests, set_up)

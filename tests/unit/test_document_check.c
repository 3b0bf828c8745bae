#include "document_check.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "document.h"
#include "fake_server.h"
#include "fixtures.h"
#include "recsys_error.h"
#include "tap.h"

#define K 3
#define PAGE 1000                       /* documents, as large as this is one */
#define MOST_PAGES 4u                   /* then there are no more documents */
#define MOVIE (FIXTURE_FIRST_MOVIE + 1) /* movie_4 */
#define NAMELESS (FIXTURE_FIRST_MOVIE + 2)
#define USER 1                                     /* user_5 */
#define AGE (FIXTURE_FIRST_MOVIE + FIXTURE_MOVIES) /* age_18 */

/* What is verified, and what the server has: documents made of a bundle of its own, which a test
 * changes, and then changes once more as text. */
typedef struct {
    Bundle *bundle, *served;
    DocIds doc_ids;
    VectorForm form;
    GPtrArray *hits; /* char *, as they stand in the server's answer */
    char *query;     /* of the last search, or NULL */
    gsize length;    /* of the page, if it is less than all of it */
    guint pages;     /* asked for */
    guint partial;   /* shards that the point in time does not cover */
} Case;

/* ---- what a server answers ---- */

static void put_vector(GString *text, const float *vector, guint k, VectorForm form)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    g_autofree guint32 *bits = g_new(guint32, k);
    memcpy(bits, vector, k * sizeof *bits);
    for (guint f = 0; f < k; f++)
        bits[f] = GUINT32_TO_BE(bits[f]);
    if (form == VECTORS_AS_BASE64) {
        g_autofree char *base64 = g_base64_encode((const guchar *)bits, k * sizeof *bits);
        g_string_append_printf(text, "[\"%s\"]", base64);
        return;
    }
    for (guint f = 0; f < k; f++)
        g_string_append_printf(text, "%s%s", f == 0 ? "[[" : ",",
                               g_ascii_formatd(number, sizeof number, "%.9g", (double)vector[f]));
    g_string_append(text, "]]");
}

/* The document as a search answers it: _source without its vector, and the stored values. */
static char *hit_of(const Case *c, guint index)
{
    char bias[G_ASCII_DTOSTR_BUF_SIZE];
    const Bundle *served = c->served;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    document_put(json, served, c->doc_ids, index);
    g_autofree char *source = json_take(json, NULL);
    g_autofree char *id = document_id(c->bundle, c->doc_ids, index);
    char *embedding = strstr(source, ",\"embedding\":");
    CU_ASSERT_PTR_NOT_NULL(embedding);
    if (embedding != NULL)
        *embedding = '\0';
    g_ascii_formatd(bias, sizeof bias, "%.17g", (double)served->model->bias[index]);
    GString *hit = g_string_new(NULL);
    g_string_append_printf(hit,
                           "{\"_index\":\"i\",\"_id\":\"%s\",\"_score\":null,\"_source\":%s},"
                           "\"fields\":{\"bias\":[%s],\"embedding\":",
                           id, source, bias);
    put_vector(hit, fm_vector(served->model, index), served->model->k, c->form);
    g_string_append_printf(hit, "},\"sort\":[%u]}", index);
    return g_string_free(hit, FALSE);
}

static void answer(const FakeRequest *request, FakeAnswer *answered, gpointer data)
{
    Case *c = data;
    fake_answer_json(
        answered, "{\"version\":{\"number\":\"9.9.9\"},\"id\":\"p\",\"_shards\":{\"failed\":0}}");
    if (strstr(request->path, "/_pit") != NULL && c->partial > 0)
        fake_answer_json(answered, "{\"id\":\"p\",\"_shards\":{\"failed\":1}}");
    if (strcmp(request->path, "/_search") != 0)
        return;
    g_free(c->query);
    c->query = g_strndup(request->body->str, request->body->len);
    g_string_assign(answered->body, "{\"timed_out\":false,\"_shards\":{\"total\":1,\"failed\":0},"
                                    "\"hits\":{\"hits\":[");
    const guint hits = c->pages++ < MOST_PAGES ? c->hits->len : 0;
    for (guint i = 0; i < hits; i++)
        g_string_append_printf(answered->body, "%s%s", i > 0 ? "," : "",
                               (char *)g_ptr_array_index(c->hits, i));
    g_string_append(answered->body, "]}}");
    if (c->length < answered->body->len)
        g_string_truncate(answered->body, c->length);
}

/* ---- cases ---- */

static void case_clear(Case *c)
{
    bundle_free(c->bundle);
    bundle_free(c->served);
    g_ptr_array_unref(c->hits);
    g_free(c->query);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Case, case_clear)

static Case case_new(VectorForm form)
{
    return (Case){.bundle = fixture_bundle(K, 7),
                  .served = fixture_bundle(K, 7),
                  .form = form,
                  .hits = g_ptr_array_new_with_free_func(g_free),
                  .length = G_MAXSIZE};
}

/* The documents as they are to be now. */
static void serve(Case *c)
{
    g_ptr_array_set_size(c->hits, 0);
    for (guint i = 0; i < c->served->model->n; i++)
        g_ptr_array_add(c->hits, hit_of(c, i));
}

static void edit(Case *c, guint index, const char *from, const char *to)
{
    g_autoptr(GString) hit = g_string_new(g_ptr_array_index(c->hits, index));
    CU_ASSERT_EQUAL(g_string_replace(hit, from, to, 0), 1);
    g_free(g_ptr_array_index(c->hits, index));
    g_ptr_array_index(c->hits, index) = g_strdup(hit->str);
}

/* NULL if the documents could not be read. */
static Report *compare(Case *c, const DocumentSample *sample, GError **error)
{
    c->pages = 0;
    g_autoptr(FakeServer) server = fake_server_start(answer, c);
    HttpOptions options = {.url = (char *)fake_server_url(server)};
    g_autoptr(EsClient) client = es_client_connect(&options, error);
    g_autoptr(ReleaseMeta) release = release_meta_of_bundle(c->bundle, c->doc_ids);
    g_autoptr(Report) report = report_new();
    release->index = g_strdup("i");
    const gboolean read =
        client != NULL &&
        (sample != NULL ? document_check_sample(report, client, release, c->bundle, sample, error)
                        : document_check(report, client, release, c->bundle, error));
    return read ? g_steal_pointer(&report) : NULL;
}

/* Wants `count` violations, all of one kind, the first of them with this text. */
static void expect(Case *c, guint64 count, ViolationKind kind, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Report) report = compare(c, NULL, &error);
    CU_ASSERT_PTR_NULL(error);
    CU_ASSERT_PTR_NOT_NULL(report);
    if (report == NULL)
        return;
    const char *first =
        report->violations > 0 ? g_ptr_array_index(report->first_violations, 0) : "";
    const gboolean found = report->violations == count && report->kinds[kind].count == count &&
                           strstr(first, text) != NULL;
    CU_ASSERT(found);
    if (!found)
        printf("# %" G_GUINT64_FORMAT " violations, wanted \"%s\": %s\n", report->violations, text,
               first);
}

/* One edit of one document, in either form of its vector. */
static void expect_edit(guint index, const char *from, const char *to, ViolationKind kind,
                        const char *text)
{
    for (guint form = VECTORS_AS_DECIMALS; form <= VECTORS_AS_BASE64; form++) {
        g_auto(Case) c = case_new(form);
        serve(&c);
        edit(&c, index, from, to);
        expect(&c, 1, kind, text);
    }
}

/* ---- the tests ---- */

static void test_right(void)
{
    for (guint form = VECTORS_AS_DECIMALS; form <= VECTORS_AS_BASE64; form++)
        for (guint ids = DOC_IDS_BY_VALUE; ids <= DOC_IDS_BY_FEATURE_INDEX; ids++) {
            g_autoptr(GError) error = NULL;
            g_auto(Case) c = case_new(form);
            c.doc_ids = ids;
            fixture_set_attributes(c.bundle->features);
            fixture_set_attributes(c.served->features);
            serve(&c);
            g_autoptr(Report) report = compare(&c, NULL, &error);
            CU_ASSERT_PTR_NULL(error);
            if (report == NULL)
                continue;
            CU_ASSERT_EQUAL(report->violations, 0);
            CU_ASSERT_EQUAL(report->documents, FIXTURE_FEATURES);
            CU_ASSERT_EQUAL(report->features, FIXTURE_FEATURES);
            CU_ASSERT(report_has_check(report, CHECK_DOCUMENTS));
        }
}

static void test_missing(void)
{
    for (guint i = 0; i < FIXTURE_FEATURES; i++) {
        g_auto(Case) c = case_new(VECTORS_AS_BASE64);
        g_autofree char *id = document_id(c.bundle, DOC_IDS_BY_VALUE, i);
        g_autofree char *text = g_strdup_printf("document %s: missing", id);
        serve(&c);
        g_ptr_array_remove_index(c.hits, i);
        expect(&c, 1, VIOLATION_MISSING, text);
    }
    g_auto(Case) none = case_new(VECTORS_AS_BASE64);
    expect(&none, FIXTURE_FEATURES, VIOLATION_MISSING, "document user_2: missing");
}

static void test_extra(void)
{
    const char *const edits[][3] = {
        {"\"_id\":\"movie_4\"", "\"_id\":\"copy\"",
         "document copy: extra, it is movie 4 a second time, beside movie_4"},
        {"\"_id\":\"movie_4\",", "", "document (without _id): extra, it is movie 4 a second time"},
        {"\"_id\":\"movie_4\"", "\"_id\":\"age_4\"", "document age_4: extra, it is movie 4"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_auto(Case) c = case_new(VECTORS_AS_DECIMALS);
        serve(&c);
        g_ptr_array_add(c.hits, hit_of(&c, MOVIE));
        edit(&c, FIXTURE_FEATURES, edits[i][0], edits[i][1]);
        expect(&c, 1, VIOLATION_EXTRA, edits[i][2]);
    }
    g_auto(Case) c = case_new(VECTORS_AS_DECIMALS);
    serve(&c);
    g_ptr_array_add(c.hits, hit_of(&c, MOVIE));
    edit(&c, FIXTURE_FEATURES, "\"_id\":\"movie_4\"", "\"_id\":\"movie_5\"");
    edit(&c, FIXTURE_FEATURES, "\"value\":\"4\"", "\"value\":\"5\"");
    expect(&c, 1, VIOLATION_EXTRA, "document movie_5: extra, the bundle has no such feature");
}

/* No index has an _id twice; two indices behind a name may. */
static void test_doubled(void)
{
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    serve(&c);
    g_ptr_array_add(c.hits, hit_of(&c, MOVIE));
    expect(&c, 1, VIOLATION_DOUBLED, "document movie_4: it is there twice");
}

/* The least change of each component of each vector, and of the sign of a zero. */
static void test_a_bit_of_a_vector(void)
{
    for (guint form = VECTORS_AS_DECIMALS; form <= VECTORS_AS_BASE64; form++)
        for (guint f = 0; f < FIXTURE_FEATURES * K; f++) {
            g_auto(Case) c = case_new(form);
            float *value = &c.served->model->embeddings[f];
            *value = nextafterf(*value, f % 2 == 0 ? INFINITY : -INFINITY);
            g_autofree char *id = document_id(c.bundle, DOC_IDS_BY_VALUE, f / K);
            g_autofree char *text = g_strdup_printf(
                "document %s: embedding[%u] is %.9g, the bundle has %.9g (1 of 3 components "
                "differ)",
                id, f % K, (double)*value, (double)c.bundle->model->embeddings[f]);
            serve(&c);
            expect(&c, 1, VIOLATION_BITS, text);
        }
    g_auto(Case) zero = case_new(VECTORS_AS_BASE64);
    zero.bundle->model->embeddings[MOVIE * K + 1] = 0.0f;
    zero.served->model->embeddings[MOVIE * K + 1] = -0.0f;
    serve(&zero);
    expect(&zero, 1, VIOLATION_BITS, "embedding[1] is -0, the bundle has 0 (1 of 3 components");
}

static void test_several_components(void)
{
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    c.served->model->embeddings[MOVIE * K + 1] += 1;
    c.served->model->embeddings[MOVIE * K + 2] += 1;
    serve(&c);
    expect(&c, 1, VIOLATION_BITS, "document movie_4: embedding[1] is ");
    expect(&c, 1, VIOLATION_BITS, "(2 of 3 components differ)");
}

/* With as many components as the bundle has and one more, one less, none. */
static void test_dimensions(void)
{
    for (guint form = VECTORS_AS_DECIMALS; form <= VECTORS_AS_BASE64; form++) {
        const guint lengths[] = {K - 1, K + 1};
        for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
            g_auto(Case) c = case_new(form);
            g_autoptr(GString) right = g_string_new(NULL), wrong = g_string_new(NULL);
            const float *vector = fm_vector(c.bundle->model, MOVIE);
            float given[K + 1] = {0};
            memcpy(given, vector, K * sizeof *given);
            g_autofree char *text = g_strdup_printf(
                "document movie_4: embedding has %u values, the bundle has 3", lengths[i]);
            put_vector(right, vector, K, form);
            put_vector(wrong, given, lengths[i], form);
            serve(&c);
            edit(&c, MOVIE, right->str, wrong->str);
            expect(&c, 1, VIOLATION_BITS, text);
        }
    }
    g_auto(Case) c = case_new(VECTORS_AS_DECIMALS);
    g_autoptr(GString) right = g_string_new(",\"embedding\":");
    put_vector(right, fm_vector(c.bundle->model, MOVIE), K, VECTORS_AS_DECIMALS);
    serve(&c);
    edit(&c, MOVIE, right->str, "");
    expect(&c, 1, VIOLATION_BITS, "document movie_4: embedding has 0 values, the bundle has 3");
    serve(&c);
    edit(&c, MOVIE, right->str, ",\"embedding\":[[1,2,1e99]]");
    expect(&c, 1, VIOLATION_BITS,
           "document movie_4: embedding has 3 values that are not all numbers, the bundle has 3");
}

/* Doc values and _source are compared each by itself, the sign of a zero too. */
static void test_bias(void)
{
    static const struct {
        float bundle, served;
        ViolationKind kind;
        const char *from, *to, *text;
    } edits[] = {
        {0.5f, 0.5f, VIOLATION_BITS, "\"bias\":[0.5]", "\"bias\":[0.50000005960464478]",
         "document user_5: bias is 0.50000005960464478, the bundle has 0.5"},
        {0.5f, 0.5f, VIOLATION_BITS, "\"bias\":0.5", "\"bias\":0.50000005960464478",
         "document user_5: bias is 0.50000005960464478, the bundle has 0.5"},
        {0.5f, 0.5f, VIOLATION_BITS, "\"bias\":[0.5],", "", "document user_5: bias is absent"},
        {0.5f, 0.5f, VIOLATION_BITS, "\"bias\":0.5", "\"bias\":[0.5]", "user_5: bias is absent"},
        {0.5f, 0.5f, VIOLATION_FIELD, "\"bias\":0.5", "\"bias\":\"0.5\"",
         "document user_5: bias is the string \"0.5\", it must be a number"},
        {0.0f, -0.0f, VIOLATION_BITS, "\"bias\":-0.0", "\"bias\":-0.0",
         "bias is -0, the bundle has 0"},
        {-0.0f, 0.0f, VIOLATION_BITS, "\"bias\":0", "\"bias\":-0.0",
         "bias is 0, the bundle has -0"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_auto(Case) c = case_new(i % 2 == 0 ? VECTORS_AS_DECIMALS : VECTORS_AS_BASE64);
        c.bundle->model->bias[USER] = edits[i].bundle;
        c.served->model->bias[USER] = edits[i].served;
        serve(&c);
        edit(&c, USER, edits[i].from, edits[i].to);
        expect(&c, 1, edits[i].kind, edits[i].text);
    }
}

static void test_fields(void)
{
    static const struct {
        guint index;
        ViolationKind kind;
        const char *from, *to, *text;
    } edits[] = {
        {MOVIE, VIOLATION_FIELD, "bleu", "vert",
         "document movie_4: title is \"L'\303\251t\303\251 \"vert\" (1999)\", the bundle has \"L'"},
        {NAMELESS, VIOLATION_FIELD, "\"title\":\"Nameless\",", "", "title is \"(absent)\""},
        {MOVIE, VIOLATION_FIELD, "[\"Western\"]", "[\"Northern\"]", "genres are not the bundle's"},
        {MOVIE, VIOLATION_FIELD, "[\"Western\"]", "[\"Western\",\"Drama\"]", "genres are not"},
        {MOVIE, VIOLATION_FIELD, "[\"Western\"]", "[]", "genres are not"},
        {FIXTURE_FIRST_MOVIE, VIOLATION_FIELD, "[\"Comedy\",\"Drama\"]", "[\"Comedy\"]",
         "document movie_1: genres are not"},
        {FIXTURE_FIRST_MOVIE, VIOLATION_FIELD, "[\"Comedy\",\"Drama\"]", "[\"Comedy\",\"Horror\"]",
         "document movie_1: genres are not"},
        {MOVIE, VIOLATION_FIELD, "\"year\":1999", "\"year\":1998",
         "document movie_4: year is 1998, the bundle has 1999"},
        {MOVIE, VIOLATION_FIELD, "\"year\":1999", "\"year\":\"1999\"", "year is 1999, the bundle"},
        {MOVIE, VIOLATION_FIELD, "\"year\":1999,", "", "year is absent, the bundle has 1999"},
        {NAMELESS, VIOLATION_FIELD, "\"title\":", "\"year\":1999,\"title\":",
         "document movie_7: year is 1999, the bundle has none"},
        {MOVIE, VIOLATION_FIELD, "\"ratings\":1,", "\"ratings\":2,",
         "ratings is 2, the bundle has 1"},
        {MOVIE, VIOLATION_FIELD, "\"feature_index\":4", "\"feature_index\":5",
         "feature_index is 5, the bundle has 4"},
        {MOVIE, VIOLATION_FIELD, "\"value\":\"4\"", "\"value\":4",
         "value is the number 4, the bundle has \"4\""},
        {MOVIE, VIOLATION_FIELD, "\"value\":\"4\"", "\"value\":\"04\"", "value is \"04\""},
        {AGE, VIOLATION_FIELD, "\"feature_type\":\"age\"", "\"feature_type\":\"movie\"",
         "document age_18: feature_type is \"movie\", the bundle has \"age\""},
        {MOVIE, VIOLATION_MODEL, "\"model_id\":\"0123456789ab\"", "\"model_id\":\"ab0123456789\"",
         "model_id is \"ab0123456789\", the bundle has \"0123456789ab\""},
        {MOVIE, VIOLATION_MODEL, "\"model_id\":\"0123456789ab\",", "", "model_id is \"(absent)\""},
        {USER, VIOLATION_FIELD, "\"value\":", "\"colour\":\"red\",\"value\":",
         "document user_5: there is a field colour that no document has"},
        {USER, VIOLATION_FIELD, "\"value\":", "\"title\":\"x\",\"value\":",
         "document user_5: title is x, the bundle has none"},
        {USER, VIOLATION_FIELD,
         "\"value\":", "\"year\":1,\"value\":", "year is 1, the bundle has none"},
        {USER, VIOLATION_FIELD,
         "\"value\":", "\"ratings\":1,\"value\":", "ratings is 1, the bundle"},
        {USER, VIOLATION_FIELD, "\"value\":", "\"genres\":[\"x\"],\"value\":", "genres are not"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++)
        expect_edit(edits[i].index, edits[i].from, edits[i].to, edits[i].kind, edits[i].text);
}

static void test_attributes(void)
{
    static const struct {
        guint index;
        const char *from, *to, *text;
    } edits[] = {
        {0, "\"gender_M\"", "\"gender_F\"",
         "document user_2: attributes are [age_18, gender_F, occupation_12], the bundle has "
         "[age_18, gender_M, occupation_12]"},
        {0, ",\"occupation_12\"", "", "user_2: attributes are [age_18, gender_M], the bundle has"},
        {0, "\"age_18\",\"gender_M\"", "\"gender_M\",\"age_18\"",
         "user_2: attributes are [gender_M, age_18, occupation_12]"},
        {0, "\"age_18\"", "\"age_18\",\"age_35\"", "user_2: attributes are [age_18, age_35, "},
        {USER, "\"attributes\":[\"age_35\",\"gender_F\"],", "",
         "user_5: attributes are absent, the bundle has [age_35, gender_F]"},
        {USER, "[\"age_35\",\"gender_F\"]", "\"age_35\"",
         "user_5: attributes are not a list of ids"},
        {USER, "\"age_35\"", "35", "user_5: attributes are not a list of ids"},
        {USER, "\"age_35\"", "\"age_35\\u0000\"", "user_5: attributes are [age_35"},
        {2, "\"value\":", "\"attributes\":[\"age_18\"],\"value\":",
         "document user_11: attributes are [age_18], the bundle has none"},
        {MOVIE, "\"year\":", "\"attributes\":[\"age_18\"],\"year\":",
         "document movie_4: attributes are [age_18], the bundle has none"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++) {
        g_auto(Case) c = case_new(VECTORS_AS_BASE64);
        fixture_set_attributes(c.bundle->features);
        fixture_set_attributes(c.served->features);
        serve(&c);
        edit(&c, edits[i].index, edits[i].from, edits[i].to);
        expect(&c, 1, VIOLATION_FIELD, edits[i].text);
    }
}

/* A text with a NUL equals nothing, least of all what stands before the NUL. */
static void test_nul(void)
{
    static const struct {
        ViolationKind kind;
        const char *from, *to, *text;
    } edits[] = {
        {VIOLATION_FIELD, "bleu\\\" (1999)", "bleu\\\" (1999)\\u0000<b>", "movie_4: title is"},
        {VIOLATION_FIELD, "\"value\":\"4\"", "\"value\":\"4\\u0000x\"",
         "document movie_4: value is \"4\357\277\275x\", the bundle has \"4\""},
        {VIOLATION_FIELD, "\"feature_type\":\"movie\"", "\"feature_type\":\"movie\\u0000\"",
         "feature_type is \"movie\357\277\275\""},
        {VIOLATION_MODEL, "\"model_id\":\"0123456789ab\"",
         "\"model_id\":\"0123456789ab\\u0000old\"", "model_id is \"0123456789ab\357\277\275old\""},
        {VIOLATION_FIELD, "[\"Western\"]", "[\"Western\\u0000\"]", "genres are not the bundle's"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++)
        expect_edit(MOVIE, edits[i].from, edits[i].to, edits[i].kind, edits[i].text);
    g_autoptr(GError) error = NULL;
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    serve(&c);
    edit(&c, MOVIE, "\"_id\":\"movie_4\"", "\"_id\":\"movie_4\\u0000x\"");
    g_autoptr(Report) report = compare(&c, NULL, &error);
    CU_ASSERT(report != NULL && report->kinds[VIOLATION_EXTRA].count == 1 &&
              report->kinds[VIOLATION_MISSING].count == 1);
}

/* Clients read a field as text or number, servers take more. */
static void test_other_forms(void)
{
    static const struct {
        guint index;
        const char *from, *to, *text;
    } edits[] = {
        {USER, "\"value\":", "\"title\":[\"X\"],\"value\":", "user_5: title is there, the bundle"},
        {USER, "\"value\":", "\"title\":null,\"value\":", "user_5: title is there, the bundle"},
        {USER, "\"value\":", "\"ratings\":[5],\"value\":", "user_5: ratings is there, the bundle"},
        {USER, "\"value\":", "\"ratings\":true,\"value\":", "user_5: ratings is there, the bundle"},
        {USER, "\"value\":", "\"year\":[[1999]],\"value\":", "user_5: year is there, the bundle"},
        {USER, "\"value\":", "\"genres\":\"Drama\",\"value\":", "user_5: genres are not"},
        {USER, "\"value\":", "\"genres\":7,\"value\":", "user_5: genres are not"},
        {USER, "\"value\":", "\"genres\":null,\"value\":", "user_5: genres are not"},
        {USER, "\"value\":", "\"genres\":{},\"value\":", "user_5: genres are not"},
        {MOVIE, "[\"Western\"]", "[\"Western\",[\"Extra\"]]", "movie_4: genres are not"},
        {MOVIE, "[\"Western\"]", "[\"Western\",5]", "movie_4: genres are not"},
        {MOVIE, "[\"Western\"]", "[\"Western\",null]", "movie_4: genres are not"},
        {MOVIE, "[\"Western\"]", "[\"Western\",false]", "movie_4: genres are not"},
        {MOVIE, "[\"Western\"]", "[\"Western\",{}]", "movie_4: genres are not"},
        {MOVIE, "\"year\":1999", "\"year\":[1999]", "movie_4: year is no number, the bundle"},
        {MOVIE, "\"value\":\"4\"", "\"value\":[\"4\"]", "movie_4: value is \"(no text)\""},
        {MOVIE, "\"ratings\":1,", "\"ratings\":null,", "movie_4: ratings is no number"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++)
        expect_edit(edits[i].index, edits[i].from, edits[i].to, VIOLATION_FIELD, edits[i].text);
}

static void test_routing(void)
{
    expect_edit(USER, "\"_score\":null", "\"_score\":null,\"_routing\":\"zzz\"", VIOLATION_ROUTING,
                "document user_5: it is indexed under the routing \"zzz\", not under its _id");
}

/* ---- vectors of other documents ---- */

static void set_vector(Bundle *served, guint index, const float *vector)
{
    memcpy(served->model->embeddings + (gsize)index * K, vector, K * sizeof *vector);
}

static void test_another_ones_vector(void)
{
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    const FmModel *model = c.bundle->model;
    set_vector(c.served, MOVIE, fm_vector(model, AGE));
    serve(&c);
    expect(&c, 1, VIOLATION_BITS, "document movie_4: embedding is that of age_18");
    /* the first one that has it */
    set_vector(c.bundle, USER, fm_vector(model, AGE));
    set_vector(c.served, USER, fm_vector(model, AGE));
    serve(&c);
    expect(&c, 1, VIOLATION_BITS, "document movie_4: embedding is that of user_5");
}

static Report *report_of(Case *c)
{
    g_autoptr(GError) error = NULL;
    serve(c);
    Report *report = compare(c, NULL, &error);
    CU_ASSERT_PTR_NULL(error);
    return report != NULL ? report : report_new();
}

static void check_texts(const Report *report, guint count, const char *const *texts)
{
    CU_ASSERT_EQUAL(report->violations, count);
    CU_ASSERT_EQUAL(report->kinds[VIOLATION_BITS].count, count);
    for (guint i = 0; i < MIN(count, report->first_violations->len); i++)
        CU_ASSERT_STRING_EQUAL(g_ptr_array_index(report->first_violations, i), texts[i]);
}

static void test_swapped_vectors(void)
{
    static const char *const swapped[] = {
        "document movie_4: embedding is that of age_18, which has this one's: the two are swapped",
        "document age_18: embedding is that of movie_4, which has this one's: the two are swapped",
    };
    /* Of three in a ring none is swapped with another. */
    static const char *const ring[] = {
        "document user_5: embedding is that of movie_4",
        "document movie_4: embedding is that of age_18",
        "document age_18: embedding is that of user_5",
    };
    g_auto(Case) c = case_new(VECTORS_AS_DECIMALS);
    const FmModel *model = c.bundle->model;
    set_vector(c.served, MOVIE, fm_vector(model, AGE));
    set_vector(c.served, AGE, fm_vector(model, MOVIE));
    g_autoptr(Report) two = report_of(&c);
    check_texts(two, G_N_ELEMENTS(swapped), swapped);
    set_vector(c.served, USER, fm_vector(model, MOVIE));
    set_vector(c.served, AGE, fm_vector(model, USER));
    g_autoptr(Report) three = report_of(&c);
    check_texts(three, G_N_ELEMENTS(ring), ring);
}

/* Beyond MOST_VECTORS_KEPT vectors are counted all the same. */
static void test_many_wrong_vectors(void)
{
    const guint more = MOST_VECTORS_KEPT + 5, n = FIXTURE_FEATURES + more;
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    Bundle *const bundles[] = {c.bundle, c.served};
    for (guint b = 0; b < G_N_ELEMENTS(bundles); b++) {
        for (guint i = 0; i < more; i++) {
            g_autofree char *value = g_strdup_printf("%u", 100 + i);
            const Feature feature = {.type = "occupation", .value = value};
            CU_ASSERT(feature_table_add(bundles[b]->features, &feature, NULL, NULL));
        }
        fm_model_free(bundles[b]->model);
        bundles[b]->model = fixture_model(n, K, 1.0, 7);
    }
    for (guint i = 0; i < n * K; i++)
        c.served->model->embeddings[i] += i >= FIXTURE_FEATURES * K ? 4 : 0;
    g_autoptr(Report) report = report_of(&c);
    CU_ASSERT_EQUAL(report->violations, more);
    CU_ASSERT_EQUAL(report->kinds[VIOLATION_BITS].count, more);
}

/* ---- what is asked ---- */

/* Those left out of a sample are not missed; those in it are, and are asked for. */
static void test_sample(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    g_autoptr(DocumentSample) sample = document_sample_new(c.bundle, DOC_IDS_BY_VALUE, 4, 7);
    serve(&c);
    for (guint i = FIXTURE_FEATURES; i-- > 0;)
        if (sample->is_left_out[i])
            g_ptr_array_remove_index(c.hits, i);
    CU_ASSERT_EQUAL(c.hits->len, 4);
    g_autoptr(Report) right = compare(&c, sample, &error);
    CU_ASSERT(right != NULL && right->violations == 0 && right->documents == 4 &&
              right->features == 4);
    CU_ASSERT(c.query != NULL && strstr(c.query, sample->query) != NULL);
    g_ptr_array_remove_index(c.hits, 2);
    g_autoptr(Report) missing = compare(&c, sample, &error);
    CU_ASSERT(missing != NULL && missing->violations == 1 &&
              missing->kinds[VIOLATION_MISSING].count == 1);
    CU_ASSERT_PTR_NULL(error);
}

/* A page that is cut short anywhere is no verdict, were all documents in it right. */
static void test_truncated(void)
{
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    serve(&c);
    const gsize head = strlen("{\"timed_out\":false,");
    const gsize first = head + strlen(g_ptr_array_index(c.hits, 0));
    const gsize lengths[] = {0, 1, head, first, first + 100, first + 1000};
    for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
        g_autoptr(GError) error = NULL;
        c.length = lengths[i];
        g_autoptr(Report) report = compare(&c, NULL, &error);
        CU_ASSERT_PTR_NULL(report);
        TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "a page of documents");
    }
}

/* What answers the same page again and again has no end. */
static void test_repeated_page(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    for (guint i = 0; i < PAGE; i++)
        g_ptr_array_add(c.hits, hit_of(&c, MOVIE));
    g_autoptr(Report) report = compare(&c, NULL, &error);
    CU_ASSERT_PTR_NULL(report);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED, "which is not after it");
    CU_ASSERT_EQUAL(c.pages, 2);
}

static void test_partial_point_in_time(void)
{
    g_autoptr(GError) error = NULL;
    g_auto(Case) c = case_new(VECTORS_AS_BASE64);
    serve(&c);
    c.partial = 1;
    g_autoptr(Report) report = compare(&c, NULL, &error);
    CU_ASSERT_PTR_NULL(report);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_INCONCLUSIVE, "the point in time: shards");
}

static const UnitTest tests[] = {
    {"all are right, in any form", test_right},
    {"missing", test_missing},
    {"extra", test_extra},
    {"there twice", test_doubled},
    {"a bit of a vector", test_a_bit_of_a_vector},
    {"several components", test_several_components},
    {"wrong dimensions, no vector, no numbers", test_dimensions},
    {"biases", test_bias},
    {"all other fields", test_fields},
    {"attributes of users", test_attributes},
    {"texts with a NUL", test_nul},
    {"fields in other forms", test_other_forms},
    {"a routing of its own", test_routing},
    {"another one's vector", test_another_ones_vector},
    {"vectors swapped", test_swapped_vectors},
    {"more wrong vectors than are kept", test_many_wrong_vectors},
    {"a sample", test_sample},
    {"JSON cut short", test_truncated},
    {"a page answered twice", test_repeated_page},
    {"a point in time of some shards", test_partial_point_in_time},
    {NULL, NULL},
};

TAP_MAIN("document_check", tests)

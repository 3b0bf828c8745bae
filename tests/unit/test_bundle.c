#include "bundle.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "fixtures.h"
#include "recsys_error.h"
#include "safetensors.h"
#include "tap.h"

#define FILES 4

static const char *const names[FILES] = {"model.safetensors", "features.jsonl", "training.json",
                                         "manifest.json"};

/* ---- a place, and a bundle in it ---- */

typedef struct {
    char *parent;
    char *path; /* parent/bundle */
    FmModel *model;
    FeatureTable *features;
} Place;

static void place_init(Place *p)
{
    *p = (Place){
        .parent = tap_directory(),
        .model = fixture_model(FIXTURE_FEATURES, 3, 2, 77),
        .features = fixture_features(),
    };
    p->path = g_build_filename(p->parent, "bundle", NULL);
}

static void place_clear(Place *p)
{
    g_free(p->parent);
    g_free(p->path);
    fm_model_free(p->model);
    feature_table_free(p->features);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Place, place_clear)

static gboolean write_well(const Place *p, const char *path, gboolean replace)
{
    g_autoptr(GError) error = NULL;
    gboolean written = bundle_write(path, p->model, p->features, FIXTURE_TRAINING, replace, &error);
    CU_ASSERT(written);
    CU_ASSERT_PTR_NULL(error);
    if (error != NULL)
        printf("# %s\n", error->message);
    return written;
}

static guint count_entries(const char *path)
{
    g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
    guint n = 0;
    while (directory != NULL && g_dir_read_name(directory) != NULL)
        n++;
    return n;
}

static GBytes *get(const Place *p, const char *name)
{
    g_autofree char *path = g_build_filename(p->path, name, NULL);
    char *data = NULL;
    gsize size = 0;
    CU_ASSERT(g_file_get_contents(path, &data, &size, NULL));
    return g_bytes_new_take(data, size);
}

static char *get_text(const Place *p, const char *name)
{
    g_autoptr(GBytes) bytes = get(p, name);
    return g_strndup(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

/* Writes the files anew with a manifest that is right for them: what a foreign writer could have
 * made. */
static void put_foreign(const Place *p, const char *const *contents)
{
    g_autoptr(GBytes) tensors = get(p, names[0]);
    GString *manifest = g_string_new(NULL);
    g_autofree char *id = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, tensors);
    g_string_append_printf(manifest, "{\"format\":1,\"model_id\":\"%.12s\",\"files\":[", id);
    for (guint i = 0; i < FILES - 1; i++) {
        if (contents[i] != NULL)
            fixture_put(p->path, names[i], contents[i], -1);
        g_autoptr(GBytes) bytes = get(p, names[i]);
        g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
        g_string_append_printf(
            manifest, "%s{\"name\":\"%s\",\"bytes\":%" G_GSIZE_FORMAT ",\"sha256\":\"%s\"}",
            i > 0 ? "," : "", names[i], g_bytes_get_size(bytes), sum);
    }
    g_string_append(manifest, "]}");
    fixture_put(p->path, names[3], manifest->str, -1);
    g_string_free(manifest, TRUE);
}

static void check_open_fails(const Place *p, const char *message)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) bundle = bundle_open(p->path, &error);
    CU_ASSERT_PTR_NULL(bundle);
    CU_ASSERT(error != NULL && strstr(error->message, p->path) != NULL);
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

static void check_write_fails(const Place *p, const char *path, gboolean replace,
                              const char *message)
{
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(bundle_check_target(path, replace, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
    CU_ASSERT_FALSE(bundle_write(path, p->model, p->features, FIXTURE_TRAINING, replace, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, message);
}

/* ---- round trip ---- */

static void check_features(const FeatureTable *a, const FeatureTable *b)
{
    CU_ASSERT_EQUAL(feature_table_size(a), feature_table_size(b));
    for (guint i = 0; i < MIN(feature_table_size(a), feature_table_size(b)); i++) {
        const Feature *x = feature_table_get(a, i), *y = feature_table_get(b, i);
        CU_ASSERT_STRING_EQUAL(x->type, y->type);
        CU_ASSERT_STRING_EQUAL(x->value, y->value);
        CU_ASSERT_EQUAL(g_strcmp0(x->title, y->title), 0);
        CU_ASSERT_EQUAL(x->year, y->year);
        CU_ASSERT_EQUAL(x->ratings, y->ratings);
        CU_ASSERT_EQUAL(x->genres == NULL, y->genres == NULL);
        if (x->genres != NULL && y->genres != NULL)
            CU_ASSERT(g_strv_equal((const char *const *)x->genres, (const char *const *)y->genres));
    }
}

static void test_round_trip(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    g_autoptr(GError) error = NULL;
    g_autoptr(Bundle) bundle = bundle_open(p.path, &error);
    CU_ASSERT_PTR_NULL(error);
    if (bundle == NULL)
        return;
    const FmModel *a = p.model, *b = bundle->model;
    CU_ASSERT(a->n == b->n && a->k == b->k && a->w0 == b->w0);
    CU_ASSERT_EQUAL(memcmp(a->bias, b->bias, a->n * sizeof(float)), 0);
    CU_ASSERT_EQUAL(memcmp(a->embeddings, b->embeddings, a->n * a->k * sizeof(float)), 0);
    check_features(p.features, bundle->features);
    CU_ASSERT_EQUAL(bundle->form.scale, 5.5);
    CU_ASSERT_STRING_EQUAL(bundle->path, p.path);
    CU_ASSERT_EQUAL(g_strcmp0(json_get_string(bundle->training, "link.type"), "sigmoid"), 0);
    CU_ASSERT_EQUAL(count_entries(p.path), FILES);
    CU_ASSERT_EQUAL(count_entries(p.parent), 1);
}

static void test_model_id_is_of_the_tensors(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    g_autoptr(GBytes) tensors = get(&p, "model.safetensors");
    g_autofree char *sum = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, tensors);
    g_autoptr(Bundle) bundle = bundle_open(p.path, NULL);
    CU_ASSERT(bundle != NULL && strlen(bundle->model_id) == 12);
    CU_ASSERT(bundle != NULL && g_str_has_prefix(sum, bundle->model_id));
}

static void test_features_file(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    g_autofree char *text = get_text(&p, "features.jsonl");
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    CU_ASSERT_EQUAL(g_strv_length(lines), FIXTURE_FEATURES + 1);
    CU_ASSERT_STRING_EQUAL(lines[0], "{\"index\":0,\"type\":\"user\",\"value\":\"2\"}");
    CU_ASSERT_STRING_EQUAL(
        lines[3], "{\"index\":3,\"type\":\"movie\",\"value\":\"1\",\"title\":\"The Tin Kite "
                  "(1987)\",\"genres\":[\"Comedy\",\"Drama\"],\"year\":1987,\"ratings\":12}");
    CU_ASSERT_STRING_EQUAL(lines[FIXTURE_FEATURES], "");
}

/* ---- damage ---- */

/* Cut at every length, each file makes one clear error; every byte that is changed does too. */
static void test_every_cut_and_every_byte(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    for (guint i = 0; i < FILES; i++) {
        g_autoptr(GBytes) whole = get(&p, names[i]);
        gsize size;
        const char *data = g_bytes_get_data(whole, &size);
        /* A manifest without its final line end is whole. */
        for (gsize length = 0; length < size - (i == FILES - 1); length++) {
            fixture_put(p.path, names[i], data, (gssize)length);
            check_open_fails(&p, "");
        }
        for (gsize at = 0; i < FILES - 1 && at < size; at += 7) {
            g_autofree char *copy = g_memdup2(data, size);
            copy[at] ^= 1;
            fixture_put(p.path, names[i], copy, (gssize)size);
            check_open_fails(&p, "does not have the manifest's sha256");
        }
        fixture_put(p.path, names[i], data, (gssize)size);
    }
    g_autoptr(Bundle) bundle = bundle_open(p.path, NULL);
    CU_ASSERT_PTR_NOT_NULL(bundle);
}

static void test_longer_files(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    for (guint i = 0; i < FILES; i++) {
        g_autoptr(GBytes) whole = get(&p, names[i]);
        gsize size;
        const char *data = g_bytes_get_data(whole, &size);
        g_autofree char *longer = g_malloc(size + 1);
        memcpy(longer, data, size);
        longer[size] = 'x';
        fixture_put(p.path, names[i], longer, (gssize)size + 1);
        check_open_fails(&p, i < FILES - 1 ? "the manifest says" : "is not valid JSON");
        fixture_put(p.path, names[i], data, (gssize)size);
    }
}

static void test_missing_files(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_PTR_NULL(bundle_open(p.path, &error));
    CU_ASSERT_EQUAL(recsys_error_exit_code(error), RECSYS_ERROR_DATA);
    TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "is not a bundle");
    for (guint i = 0; i < FILES; i++) {
        if (!write_well(&p, p.path, i > 0))
            return;
        g_autofree char *path = g_build_filename(p.path, names[i], NULL);
        g_autoptr(GBytes) content = get(&p, names[i]);
        CU_ASSERT_EQUAL(g_remove(path), 0);
        CU_ASSERT_PTR_NULL(bundle_open(p.path, &error));
        TAP_ASSERT_ERROR(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, names[i]);
        fixture_put(p.path, names[i], g_bytes_get_data(content, NULL),
                    (gssize)g_bytes_get_size(content));
    }
}

/* The manifest with `from` replaced, which must be in it. */
static void edit_manifest(const Place *p, const char *from, const char *to, const char *message)
{
    g_autofree char *text = get_text(p, "manifest.json");
    g_auto(GStrv) parts = g_strsplit(text, from, 2);
    CU_ASSERT_EQUAL(g_strv_length(parts), 2);
    g_autofree char *edited = g_strjoinv(to, parts);
    fixture_put(p->path, "manifest.json", edited, -1);
    check_open_fails(p, message);
    fixture_put(p->path, "manifest.json", text, -1);
}

static void test_manifest_edits(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    const char *const edits[][3] = {
        {"\"format\": 1", "\"format\": 3", "has format 3, this program reads formats 1 to 2"},
        {"\"format\": 1", "\"format\": \"1\"", "this program reads formats 1 to 2"},
        {"\"format\"", "\"fmt\"", "this program reads formats 1 to 2"},
        {"\"model_id\": \"", "\"model_id\": \"0", "its model_id is not that of"},
        {"\"model_id\": \"", "\"model_id\": \"\", \"x\": \"", "its model_id is not that of"},
        {"\"model_id\"", "\"other_id\"", "its model_id is not that of"},
        {"\"model.safetensors\"", "\"other.safetensors\"", "does not list model.safetensors"},
        {"\"features.jsonl\"", "\"training.json\"", "does not list features.jsonl"},
        {"\"bytes\": ", "\"bytes\": 1", "the manifest says"},
        {"\"bytes\": ", "\"bytes\": -", "the manifest says"},
        {"\"bytes\"", "\"octets\"", "does not list model.safetensors"},
        {"\"sha256\": \"", "\"sha256\": \"0", "does not have the manifest's sha256"},
        {"\"sha256\"", "\"md5\"", "does not list model.safetensors"},
        {"\"files\"", "\"file\"", "does not list model.safetensors"},
        {"{", "[", "is not valid JSON"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(edits); i++)
        edit_manifest(&p, edits[i][0], edits[i][1], edits[i][2]);
    const char *const others[] = {"[]", "7", "null", "\"format\"", "{}"};
    for (guint i = 0; i < G_N_ELEMENTS(others); i++) {
        fixture_put(p.path, "manifest.json", others[i], -1);
        check_open_fails(&p, "this program reads formats 1 to 2");
    }
}

/* ---- foreign bundles: the manifest is right, what it lists is not ---- */

#define LINE(index, type, value)                                                                   \
    "{\"index\":" #index ",\"type\":\"" type "\",\"value\":\"" value "\"}\n"

static void check_foreign(const char *features, const char *training, const char *message)
{
    g_auto(Place) p = {0};
    place_init(&p);
    fm_model_free(p.model);
    p.model = fixture_model(3, 2, 1, 5);
    g_autoptr(FeatureTable) three = feature_table_new();
    const char *const types[] = {"user", "movie", "age"};
    for (guint i = 0; i < 3; i++)
        CU_ASSERT(feature_table_add(three, &(Feature){.type = types[i], .value = "1"}, NULL, NULL));
    g_autoptr(GError) error = NULL;
    gboolean written = bundle_write(p.path, p.model, three, FIXTURE_TRAINING, FALSE, &error);
    CU_ASSERT(written);
    if (!written)
        return;
    const char *const contents[] = {NULL, features, training};
    put_foreign(&p, contents);
    if (message != NULL) {
        check_open_fails(&p, message);
        return;
    }
    g_autoptr(Bundle) bundle = bundle_open(p.path, &error);
    CU_ASSERT_PTR_NOT_NULL(bundle);
}

static void test_foreign_features(void)
{
    const char *const cases[][2] = {
        {LINE(0, "user", "1") LINE(1, "movie", "1") LINE(2, "age", "1"), NULL},
        {LINE(0, "user", "1")
             LINE(1, "movie", "1") "{\"index\":2,\"type\":\"age\",\"value\":\"1\"}",
         NULL},
        {LINE(0, "user", "1") LINE(1, "movie", "1"), "has 2 features, model.safetensors has 3"},
        {"", "has 0 features, model.safetensors has 3"},
        {LINE(0, "user", "1") LINE(1, "user", "2") LINE(2, "age", "1"), "has no movies"},
        {LINE(0, "user", "1") LINE(2, "movie", "1") LINE(1, "age", "1"),
         "features.jsonl:2: expected the feature with index 1"},
        {LINE(0, "user", "1") LINE(1, "user", "1") LINE(2, "movie", "1"),
         "features.jsonl:2: user 1 is there twice"},
        {LINE(0, "user", "1") "\n" LINE(1, "movie", "1"), "features.jsonl:2: "},
        {LINE(0, "user", "1") "{\"index\":1,\"type\":\"movie\"}\n", "features.jsonl:2: "},
        {LINE(0, "user", "1") "{\"index\":1,\"value\":\"1\"}\n", "features.jsonl:2: "},
        {LINE(0, "user", "1") "{\"index\":1,\"type\":2,\"value\":\"1\"}\n", "features.jsonl:2: "},
        {LINE(0, "user", "1") "{\"type\":\"movie\",\"value\":\"1\"}\n", "features.jsonl:2: "},
        {LINE(0.0, "user", "1"), "features.jsonl:1: "},
        {"[]\n", "features.jsonl:1: "},
        {"index,type,value\n", "features.jsonl:1: the line is not valid JSON"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_foreign(cases[i][0], NULL, cases[i][1]);
}

static void test_foreign_training(void)
{
    const char *const cases[][2] = {
        {"{\"link\":{\"scale\":5,\"type\":\"sigmoid\"}}", NULL},
        {"", "training.json is not valid JSON"},
        {"[]", "link must be of type sigmoid"},
        {"{}", "link must be of type sigmoid"},
        {"{\"link\":\"sigmoid\"}", "link must be of type sigmoid"},
        {"{\"link\":{\"type\":\"identity\",\"scale\":5}}", "link must be of type sigmoid"},
        {"{\"link\":{\"type\":\"sigmoid\"}}", "link must be of type sigmoid"},
        {"{\"link\":{\"type\":\"sigmoid\",\"scale\":\"5.5\"}}", "link must be of type sigmoid"},
        {"{\"link\":{\"type\":\"sigmoid\",\"scale\":1e999}}", "link must be of type sigmoid"},
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
        check_foreign(NULL, cases[i][0], cases[i][1]);
}

static void test_foreign_tensors(void)
{
    check_foreign(NULL, NULL, NULL);
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    const char *const contents[] = {"not tensors at all", NULL, NULL};
    fixture_put(p.path, names[0], contents[0], -1);
    put_foreign(&p, contents);
    check_open_fails(&p, "model.safetensors: ");
}

/* ---- targets ---- */

static void test_existing_target(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    g_autoptr(Bundle) before = bundle_open(p.path, NULL);
    check_write_fails(&p, p.path, FALSE, "exists: choose another name");
    p.model->w0 += 1;
    if (!write_well(&p, p.path, TRUE))
        return;
    g_autoptr(Bundle) after = bundle_open(p.path, NULL);
    CU_ASSERT(before != NULL && after != NULL && after->model->w0 == p.model->w0);
    CU_ASSERT(before != NULL && after != NULL && strcmp(before->model_id, after->model_id) != 0);
    CU_ASSERT_EQUAL(count_entries(p.parent), 1);
    CU_ASSERT_EQUAL(count_entries(p.path), FILES);
}

/* A damaged bundle is one to be replaced. */
static void test_damaged_target(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    fixture_put(p.path, "model.safetensors", "x", -1);
    CU_ASSERT(write_well(&p, p.path, TRUE));
    g_autoptr(Bundle) bundle = bundle_open(p.path, NULL);
    CU_ASSERT_PTR_NOT_NULL(bundle);
    CU_ASSERT_EQUAL(count_entries(p.parent), 1);
}

static void test_target_is_something_else(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    fixture_put(p.parent, "bundle", "precious", -1);
    check_write_fails(&p, p.path, FALSE, "exists");
    check_write_fails(&p, p.path, TRUE, "is not a bundle");
    CU_ASSERT_EQUAL(count_entries(p.parent), 1);
    g_remove(p.path);

    g_mkdir(p.path, 0755);
    check_write_fails(&p, p.path, TRUE, "is not a bundle"); /* even empty */
    fixture_put(p.path, "notes.txt", "precious", -1);
    check_write_fails(&p, p.path, TRUE, "is not a bundle");
    /* Other things have a manifest.json as well. */
    fixture_put(p.path, "manifest.json", "{\"name\": \"a web app\", \"icons\": []}", -1);
    check_write_fails(&p, p.path, TRUE, "is not a bundle");
    CU_ASSERT_EQUAL(count_entries(p.path), 2);
    CU_ASSERT_EQUAL(count_entries(p.parent), 1);
}

static void test_final_slash(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    g_autofree char *slashed = g_strconcat(p.path, "//", NULL);
    CU_ASSERT(write_well(&p, slashed, FALSE));
    check_write_fails(&p, slashed, FALSE, "exists");
    CU_ASSERT(write_well(&p, slashed, TRUE));
    g_autoptr(Bundle) bundle = bundle_open(slashed, NULL);
    CU_ASSERT_PTR_NOT_NULL(bundle);
    CU_ASSERT_EQUAL(count_entries(p.path), FILES);
    CU_ASSERT_EQUAL(count_entries(p.parent), 1);
}

static void test_missing_parent(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    g_autofree char *deeper = g_build_filename(p.path, "below", NULL);
    check_write_fails(&p, deeper, FALSE, "there is no directory");
    CU_ASSERT_EQUAL(count_entries(p.parent), 0);
}

static void test_parent_is_read_only(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (geteuid() == 0) {
        tap_skip("root may write everywhere");
        return;
    }
    g_chmod(p.parent, 0555);
    check_write_fails(&p, p.path, FALSE, g_strerror(EACCES));
    g_chmod(p.parent, 0755);
    CU_ASSERT_EQUAL(count_entries(p.parent), 0);
}

/* What the reader refuses is not written, and nothing is left of the attempt. */
static void test_what_cannot_be_read_is_not_written(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    g_autoptr(GError) error = NULL;
    CU_ASSERT_FALSE(bundle_write(p.path, p.model, p.features, "{}", FALSE, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "was not written: ");
    p.model->bias[4] = NAN;
    CU_ASSERT_FALSE(bundle_write(p.path, p.model, p.features, FIXTURE_TRAINING, FALSE, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "not finite at 4");
    p.model->bias[4] = 0;
    g_autoptr(FeatureTable) few = feature_table_new();
    CU_ASSERT_FALSE(bundle_write(p.path, p.model, few, FIXTURE_TRAINING, FALSE, &error));
    TAP_ASSERT_ERROR(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "has 0 features");
    CU_ASSERT_EQUAL(count_entries(p.parent), 0);
}

/* A failure while replacing leaves the old bundle as it was. A limit on the size of files stands in
 * for a full disk. */
static void test_full_disk(void)
{
    g_auto(Place) p = {0};
    place_init(&p);
    if (!write_well(&p, p.path, FALSE))
        return;
    const rlim_t limits[] = {0, 50, 300, 600};
    struct rlimit before;
    CU_ASSERT_EQUAL(getrlimit(RLIMIT_FSIZE, &before), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    for (guint i = 0; i < G_N_ELEMENTS(limits); i++) {
        struct rlimit limit = {.rlim_cur = limits[i], .rlim_max = before.rlim_max};
        g_autoptr(GError) error = NULL;
        CU_ASSERT_EQUAL(setrlimit(RLIMIT_FSIZE, &limit), 0);
        gboolean written =
            bundle_write(p.path, p.model, p.features, FIXTURE_TRAINING, TRUE, &error);
        setrlimit(RLIMIT_FSIZE, &before);
        CU_ASSERT_FALSE(written);
        CU_ASSERT(error != NULL && recsys_error_exit_code(error) == RECSYS_ERROR_DATA);
        CU_ASSERT(error != NULL && strstr(error->message, g_strerror(EFBIG)) != NULL);
        CU_ASSERT_EQUAL(count_entries(p.parent), 1);
    }
    signal(SIGXFSZ, handler);
    g_autoptr(Bundle) bundle = bundle_open(p.path, NULL);
    CU_ASSERT_PTR_NOT_NULL(bundle);
}

static const UnitTest tests[] = {
    {"round trip", test_round_trip},
    {"model_id is of the tensors", test_model_id_is_of_the_tensors},
    {"features.jsonl", test_features_file},
    {"every cut and every byte", test_every_cut_and_every_byte},
    {"longer files", test_longer_files},
    {"missing files", test_missing_files},
    {"manifest edits", test_manifest_edits},
    {"foreign features", test_foreign_features},
    {"foreign training", test_foreign_training},
    {"foreign tensors", test_foreign_tensors},
    {"existing target", test_existing_target},
    {"damaged target", test_damaged_target},
    {"target is something else", test_target_is_something_else},
    {"final slash", test_final_slash},
    {"missing parent", test_missing_parent},
    {"parent is read-only", test_parent_is_read_only},
    {"what cannot be read is not written", test_what_cannot_be_read_is_not_written},
    {"full disk", test_full_disk},
    {NULL, NULL},
};

TAP_MAIN("bundle", tests)

#include "bundle.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "feature_file.h"
#include "recsys_error.h"
#include "safetensors.h"

#define MODEL_FILE "model.safetensors"
#define FEATURES_FILE "features.jsonl"
#define TRAINING_FILE "training.json"
#define ROWS_FILE "training_rows.bin"
#define MANIFEST_FILE "manifest.json"
#define MODEL_ID_LENGTH 12

/* The last one is optional. Programs that do not know it look at the first three only. */
static const char *const content_files[] = {MODEL_FILE, FEATURES_FILE, TRAINING_FILE, ROWS_FILE};
#define REQUIRED 3
#define ROWS 3

/* ---- files ---- */

static char *sha256(GBytes *content)
{
    return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);
}

static char *model_id_of(GBytes *model_file)
{
    g_autofree char *sum = sha256(model_file);
    return g_strndup(sum, MODEL_ID_LENGTH);
}

char *bundle_model_id(const FmModel *model)
{
    g_autoptr(GBytes) tensors = safetensors_encode(model);
    return model_id_of(tensors);
}

static gboolean write_file(const char *directory, const char *name, GBytes *content, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    gsize size;
    const char *data = g_bytes_get_data(content, &size);
    return g_file_set_contents_full(path, data, (gssize)size, G_FILE_SET_CONTENTS_DURABLE, 0644,
                                    error);
}

/* Mapped: what is decoded from it is in memory a second time. */
static GBytes *read_file(const char *directory, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
    if (file == NULL || g_mapped_file_get_length(file) == 0)
        return file != NULL ? g_bytes_new_static("", 0) : NULL;
    return g_mapped_file_get_bytes(file);
}

static yajl_val read_json_file(const char *path, const char *name, GError **error)
{
    g_autoptr(GBytes) content = read_file(path, name, error);
    if (content == NULL)
        return NULL;
    g_autofree char *what = g_build_filename(path, name, NULL);
    g_autofree char *text = g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    return json_parse(text, what, error);
}

static GBytes *encode_manifest(GBytes *const *contents, gint64 format)
{
    g_autofree char *model_id = model_id_of(contents[0]);
    g_auto(yajl_gen) json = json_generator_new(TRUE);
    yajl_gen_map_open(json);
    json_put_member_int(json, "format", format);
    json_put_member_string(json, "model_id", model_id);
    json_put_key(json, "files");
    yajl_gen_array_open(json);
    for (guint i = 0; i < G_N_ELEMENTS(content_files); i++) {
        if (contents[i] == NULL)
            continue;
        g_autofree char *sum = sha256(contents[i]);
        yajl_gen_map_open(json);
        json_put_member_string(json, "name", content_files[i]);
        json_put_member_int(json, "bytes", (gint64)g_bytes_get_size(contents[i]));
        json_put_member_string(json, "sha256", sum);
        yajl_gen_map_close(json);
    }
    yajl_gen_array_close(json);
    yajl_gen_map_close(json);
    gsize length;
    char *text = json_take(json, &length);
    return g_bytes_new_take(text, length);
}

static void remove_directory(const char *path)
{
    for (guint i = 0; i < G_N_ELEMENTS(content_files); i++) {
        g_autofree char *file = g_build_filename(path, content_files[i], NULL);
        g_remove(file);
    }
    g_autofree char *manifest = g_build_filename(path, MANIFEST_FILE, NULL);
    g_remove(manifest);
    g_rmdir(path);
}

static gboolean write_contents(const char *directory, GBytes *const *contents, gint64 format,
                               GError **error)
{
    g_autoptr(GBytes) manifest = encode_manifest(contents, format);
    for (guint i = 0; i < G_N_ELEMENTS(content_files); i++)
        if (contents[i] != NULL && !write_file(directory, content_files[i], contents[i], error))
            return FALSE;
    if (!write_file(directory, MANIFEST_FILE, manifest, error))
        return FALSE;
    g_autoptr(Bundle) written = bundle_open(directory, error);
    g_autoptr(TrainingRows) rows = NULL;
    return written != NULL && bundle_training_rows(written, &rows, error);
}

/* ---- writing ---- */

/* "bundle/" is "bundle": the temporary name is made from it. */
static char *without_final_slashes(const char *path)
{
    gsize length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return g_strndup(path, length);
}

/* TRUE for a bundle of any format, damaged or not; other things may have a manifest.json as well.
 */
static gboolean is_bundle(const char *path)
{
    gint64 format;
    g_auto(yajl_val) manifest = read_json_file(path, MANIFEST_FILE, NULL);
    return json_get_int(manifest, "format", &format) &&
           json_get_string(manifest, "model_id") != NULL;
}

static gboolean check_target(const char *path, gboolean replace, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(path);
    if (!g_file_test(parent, G_FILE_TEST_IS_DIR)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "the bundle cannot be written: there is no directory %s", parent);
        return FALSE;
    }
    if (g_access(parent, W_OK) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "the bundle cannot be written: %s: %s",
                    parent, g_strerror(errno));
        return FALSE;
    }
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return TRUE;
    if (!replace) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s exists: choose another name, or say --replace", path);
        return FALSE;
    }
    if (!is_bundle(path)) {
        g_set_error(
            error, RECSYS_ERROR, RECSYS_ERROR_DATA,
            "%s is not a bundle (it has no " MANIFEST_FILE " of one), so it is not replaced", path);
        return FALSE;
    }
    return TRUE;
}

gboolean bundle_check_target(const char *path, gboolean replace, GError **error)
{
    g_autofree char *target = without_final_slashes(path);
    return check_target(target, replace, error);
}

static gboolean rename_or_fail(const char *from, const char *to, GError **error)
{
    if (g_rename(from, to) == 0)
        return TRUE;
    int code = errno;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "renaming %s to %s: %s",
                from, to, g_strerror(code));
    return FALSE;
}

static gboolean take_name(const char *temporary, const char *path, GError **error)
{
    if (!g_file_test(path, G_FILE_TEST_EXISTS))
        return rename_or_fail(temporary, path, error);
    g_autofree char *old = g_strconcat(temporary, ".old", NULL);
    if (!rename_or_fail(path, old, error))
        return FALSE;
    if (!rename_or_fail(temporary, path, error)) {
        (void)g_rename(old, path);
        return FALSE;
    }
    remove_directory(old);
    return TRUE;
}

/* A record that cannot be read fails when the bundle is read back. */
static gint64 format_of(const char *training_json, guint k)
{
    ModelForm form;
    g_auto(yajl_val) training = json_parse(training_json, "training", NULL);
    return training != NULL && model_form_read(&form, training, k, "training", NULL) &&
                   model_form_is_fm(&form)
               ? BUNDLE_FORMAT_FM
               : BUNDLE_FORMAT;
}

gboolean bundle_write(const char *path, const FmModel *model, const FeatureTable *features,
                      const char *training_json, gboolean replace, GError **error)
{
    return bundle_write_with_rows(path, model, features, training_json, NULL, replace, error);
}

gboolean bundle_write_with_rows(const char *path, const FmModel *model,
                                const FeatureTable *features, const char *training_json,
                                const TrainingRows *rows, gboolean replace, GError **error)
{
    g_autofree char *target = without_final_slashes(path);
    if (!check_target(target, replace, error))
        return FALSE;
    g_autofree char *temporary = g_strconcat(target, ".XXXXXX", NULL);
    if (g_mkdtemp_full(temporary, 0755) == NULL) {
        int code = errno;
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(code), "creating %s: %s",
                    temporary, g_strerror(code));
        return FALSE;
    }
    g_autoptr(GBytes) tensors = safetensors_encode(model);
    g_autoptr(GBytes) lines = feature_file_encode(features);
    g_autoptr(GBytes) training = g_bytes_new(training_json, strlen(training_json));
    g_autoptr(GBytes) pairs = rows != NULL ? training_rows_encode(rows) : NULL;
    GBytes *contents[] = {tensors, lines, training, pairs};
    const gint64 format = format_of(training_json, model->k);
    if (write_contents(temporary, contents, format, error) && take_name(temporary, target, error))
        return TRUE;
    g_prefix_error(error, "the bundle %s was not written: ", path);
    remove_directory(temporary);
    return FALSE;
}

/* ---- reading ---- */

static GBytes *read_listed_file(const char *path, yajl_val entry, const char *name, GError **error)
{
    gint64 bytes = -1;
    const char *listed = json_get_string(entry, "name");
    const char *sum = json_get_string(entry, "sha256");
    if (g_strcmp0(listed, name) != 0 || sum == NULL || !json_get_int(entry, "bytes", &bytes)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s/" MANIFEST_FILE " does not list %s with bytes and sha256", path, name);
        return NULL;
    }
    g_autoptr(GBytes) content = read_file(path, name, error);
    if (content == NULL)
        return NULL;
    if ((gint64)g_bytes_get_size(content) != bytes) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s/%s has %" G_GSIZE_FORMAT " bytes, the manifest says %" G_GINT64_FORMAT
                    ": the bundle was cut or edited; copy or train it again",
                    path, name, g_bytes_get_size(content), bytes);
        return NULL;
    }
    g_autofree char *actual = sha256(content);
    if (strcmp(actual, sum) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s/%s does not have the manifest's sha256: the bundle was edited or damaged; "
                    "copy or train it again",
                    path, name);
        return NULL;
    }
    return g_steal_pointer(&content);
}

static yajl_val read_manifest(const char *path, GError **error)
{
    yajl_val manifest = read_json_file(path, MANIFEST_FILE, error);
    if (manifest == NULL) {
        g_prefix_error(error, "%s is not a bundle: ", path);
        return NULL;
    }
    gint64 format = -1;
    if (!json_get_int(manifest, "format", &format) || format < BUNDLE_FORMAT_FM ||
        format > BUNDLE_FORMAT) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s/" MANIFEST_FILE " has format %" G_GINT64_FORMAT
                    ", this program reads formats %d to %d",
                    path, format, BUNDLE_FORMAT_FM, BUNDLE_FORMAT);
        yajl_tree_free(manifest);
        return NULL;
    }
    return manifest;
}

/* The required files in the order of content_files, checked against the manifest. */
static gboolean read_contents(const char *path, yajl_val manifest, GBytes **contents,
                              GError **error)
{
    yajl_val files = json_get(manifest, "files");
    for (guint i = 0; i < REQUIRED; i++) {
        contents[i] = read_listed_file(path, json_array_get(files, i), content_files[i], error);
        if (contents[i] == NULL)
            return FALSE;
    }
    g_autofree char *sum = sha256(contents[0]);
    const char *model_id = json_get_string(manifest, "model_id");
    if (model_id == NULL || strlen(model_id) != MODEL_ID_LENGTH ||
        !g_str_has_prefix(sum, model_id)) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s/" MANIFEST_FILE ": its model_id is not that of " MODEL_FILE, path);
        return FALSE;
    }
    return TRUE;
}

static gboolean decode_training(Bundle *bundle, GBytes *content, GError **error)
{
    g_autofree char *what = g_build_filename(bundle->path, TRAINING_FILE, NULL);
    g_autofree char *text = g_strndup(g_bytes_get_data(content, NULL), g_bytes_get_size(content));
    bundle->training = json_parse(text, what, error);
    if (bundle->training == NULL)
        return FALSE;
    return model_form_read(&bundle->form, bundle->training, bundle->model->k, what, error);
}

static gboolean decode_contents(Bundle *bundle, GBytes *const *contents, GError **error)
{
    g_autofree char *model_path = g_build_filename(bundle->path, MODEL_FILE, NULL);
    bundle->model = safetensors_decode(contents[0], model_path, error);
    if (bundle->model == NULL)
        return FALSE;
    g_autofree char *features_path = g_build_filename(bundle->path, FEATURES_FILE, NULL);
    bundle->features = feature_file_decode(contents[1], features_path, error);
    if (bundle->features == NULL)
        return FALSE;
    if (feature_table_size(bundle->features) != bundle->model->n) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s: " FEATURES_FILE " has %u features, " MODEL_FILE " has %u", bundle->path,
                    feature_table_size(bundle->features), bundle->model->n);
        return FALSE;
    }
    if (feature_table_of_type(bundle->features, FEATURE_MOVIE) == NULL) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s has no movies", bundle->path);
        return FALSE;
    }
    return decode_training(bundle, contents[2], error);
}

Bundle *bundle_open(const char *path, GError **error)
{
    GBytes *contents[REQUIRED] = {NULL};
    g_autoptr(Bundle) bundle = g_new0(Bundle, 1);
    bundle->path = g_strdup(path);

    g_auto(yajl_val) manifest = read_manifest(path, error);
    if (manifest == NULL)
        return NULL;
    gboolean valid = read_contents(path, manifest, contents, error);
    if (valid) {
        bundle->model_id = g_strdup(json_get_string(manifest, "model_id"));
        valid = decode_contents(bundle, contents, error);
    }
    for (guint i = 0; i < G_N_ELEMENTS(contents); i++)
        g_clear_pointer(&contents[i], g_bytes_unref);
    return valid ? g_steal_pointer(&bundle) : NULL;
}

gboolean bundle_training_rows(const Bundle *bundle, TrainingRows **rows, GError **error)
{
    *rows = NULL;
    g_auto(yajl_val) manifest = read_manifest(bundle->path, error);
    if (manifest == NULL)
        return FALSE;
    if (g_strcmp0(json_get_string(manifest, "model_id"), bundle->model_id) != 0) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                    "%s was replaced by another model while it was read: start again",
                    bundle->path);
        return FALSE;
    }
    yajl_val entry = json_array_get(json_get(manifest, "files"), ROWS);
    if (g_strcmp0(json_get_string(entry, "name"), ROWS_FILE) != 0)
        return TRUE;
    g_autoptr(GBytes) content = read_listed_file(bundle->path, entry, ROWS_FILE, error);
    if (content == NULL)
        return FALSE;
    g_autofree char *name = g_build_filename(bundle->path, ROWS_FILE, NULL);
    *rows = training_rows_decode(content, bundle->features, name, error);
    return *rows != NULL;
}

void bundle_free(Bundle *bundle)
{
    if (bundle == NULL)
        return;
    g_free(bundle->path);
    g_free(bundle->model_id);
    fm_model_free(bundle->model);
    feature_table_free(bundle->features);
    if (bundle->training != NULL)
        yajl_tree_free(bundle->training);
    g_free(bundle);
}

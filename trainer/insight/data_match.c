#include "data_match.h"

/* ---- making ---- */

static guint32 *match_features(const FeatureTable *theirs, const FeatureTable *table)
{
    const guint n = feature_table_size(table);
    guint32 *matches = g_new(guint32, (gsize)n + 1);
    for (guint i = 0; i < n; i++) {
        const Feature *feature = feature_table_get(table, i);
        if (!feature_table_find(theirs, feature->type, feature->value, &matches[i]))
            matches[i] = MATCH_NONE;
    }
    return matches;
}

static void number_type(guint *number, const FeatureTable *table, const char *type)
{
    const GArray *indices = feature_table_of_type(table, type);
    for (guint i = 0; indices != NULL && i < indices->len; i++)
        number[g_array_index(indices, guint, i)] = i;
}

static void find_known(DataMatch *match)
{
    const GArray *users = feature_table_of_type(match->data->table, FEATURE_USER);
    const TrainingRows *rows = match->model.rows;
    for (guint i = 0; users != NULL && i < users->len; i++) {
        const guint user = g_array_index(users, guint, i);
        if (match->feature[user] == MATCH_NONE)
            continue;
        const guint number = match->number[match->feature[user]];
        match->known[user] = rows == NULL || rows->begin[number + 1] > rows->begin[number];
    }
}

static void find_brought(DataMatch *match)
{
    const GPtrArray *types = feature_table_types(match->data->table);
    for (guint t = 0; t < types->len; t++) {
        const GArray *indices =
            feature_table_of_type(match->model.features, g_ptr_array_index(types, t));
        for (guint i = 0; indices != NULL && i < indices->len; i++)
            match->brought[g_array_index(indices, guint, i)] = 1;
    }
}

/* A field has values of one type: that of the first row's. */
static void leave_out(DataMatch *match, const char *const *metadata)
{
    const Dataset *data = match->data;
    for (guint f = DATASET_MOVIE + 1; metadata != NULL && data->rows > 0 && f < data->fields; f++) {
        const char *type = feature_table_get(data->table, data->features[f])->type;
        match->left_out[f] = !g_strv_contains(metadata, type);
    }
    const guint n = feature_table_size(match->model.features);
    for (guint i = 0; metadata != NULL && i < n; i++)
        if (!g_strv_contains(metadata, feature_table_get(match->model.features, i)->type))
            match->hidden[i] = 1;
}

DataMatch *data_match_new(const EvaluatedModel *model, const Dataset *data,
                          const char *const *metadata, gboolean by_metadata)
{
    DataMatch *match = g_new0(DataMatch, 1);
    match->model = *model;
    match->data = data;
    match->feature = match_features(model->features, data->table);
    match->known = g_new0(guint8, (gsize)feature_table_size(data->table) + 1);
    match->number = g_new0(guint, (gsize)feature_table_size(model->features) + 1);
    match->brought = g_new0(guint8, (gsize)feature_table_size(model->features) + 1);
    match->left_out = g_new0(guint8, data->fields);
    match->hidden = g_new0(guint8, (gsize)feature_table_size(model->features) + 1);
    number_type(match->number, model->features, FEATURE_USER);
    number_type(match->number, model->features, FEATURE_MOVIE);
    if (!by_metadata)
        find_known(match);
    find_brought(match);
    leave_out(match, metadata);
    return match;
}

void data_match_free(DataMatch *match)
{
    if (match == NULL)
        return;
    g_free(match->feature);
    g_free(match->known);
    g_free(match->number);
    g_free(match->brought);
    g_free(match->left_out);
    g_free(match->hidden);
    g_free(match);
}

/* ---- rows ---- */

static const guint32 *row_at(const DataMatch *match, guint row)
{
    return match->data->features + (gsize)row * match->data->fields;
}

/* The person's features: those of the row, then attributes that no field brings. */
static guint collect(const DataMatch *match, const guint32 *row, guint32 *profile)
{
    const guint user = row[DATASET_USER];
    const gboolean known = match->known[user];
    guint count = 0;
    if (known)
        profile[count++] = match->feature[user];
    for (guint f = DATASET_MOVIE + 1; f < match->data->fields; f++)
        if (known || !match->left_out[f])
            profile[count++] = match->feature[row[f]];
    if (match->feature[user] == MATCH_NONE)
        return count;
    const Attributes own = feature_table_attributes(match->model.features, match->feature[user]);
    for (guint i = 0; i < own.count && count < MATCH_MOST_FIELDS - 1; i++)
        if (!match->brought[own.indices[i]] && (known || !match->hidden[own.indices[i]]))
            profile[count++] = own.indices[i];
    return count;
}

MatchKind data_match_row(const DataMatch *match, guint row, guint32 *features, guint *fields)
{
    guint32 profile[MATCH_MOST_FIELDS];
    const guint32 *at = row_at(match, row);
    const guint count = collect(match, at, profile);
    const guint32 movie = match->feature[at[DATASET_MOVIE]];
    if (movie == MATCH_NONE)
        return MATCH_MISSING;
    for (guint i = 0; i < count; i++) {
        if (profile[i] == MATCH_NONE)
            return MATCH_MISSING;
        features[i == 0 ? 0 : i + 1] = profile[i];
    }
    features[DATASET_MOVIE] = movie;
    *fields = count + 1;
    return match->known[at[DATASET_USER]] ? MATCH_KNOWN : MATCH_COLD;
}

gboolean data_match_lacks(const DataMatch *match, guint row, guint field)
{
    const guint32 *at = row_at(match, row);
    const gboolean used = match->known[at[DATASET_USER]] || !match->left_out[field];
    return field != DATASET_USER && used && match->feature[at[field]] == MATCH_NONE;
}

gboolean data_match_is_training_row(const DataMatch *match, guint row)
{
    const guint32 *at = row_at(match, row);
    const guint32 user = match->feature[at[DATASET_USER]];
    const guint32 movie = match->feature[at[DATASET_MOVIE]];
    return match->model.rows != NULL && user != MATCH_NONE && movie != MATCH_NONE &&
           training_rows_has(match->model.rows, match->number[user], match->number[movie]);
}

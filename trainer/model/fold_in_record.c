#include "fold_in_record.h"

#include <string.h>

void fold_in_record_clear(FoldInRecord *record)
{
    g_clear_pointer(&record->precisions, g_free);
    g_clear_pointer(&record->mean, g_free);
}

static void put_floats(yajl_gen json, const char *key, const float *values, guint count)
{
    g_autofree guint32 *bits = g_new(guint32, count);
    memcpy(bits, values, count * sizeof *bits);
    for (guint i = 0; i < count; i++)
        bits[i] = GUINT32_TO_BE(bits[i]);
    g_autofree char *text = g_base64_encode((const guchar *)bits, count * sizeof *bits);
    json_put_member_string(json, key, text);
}

void fold_in_record_put_member(yajl_gen json, const FoldInRecord *record, guint k)
{
    if (record->precisions == NULL && record->mean == NULL)
        return;
    json_put_key(json, "fold_in");
    yajl_gen_map_open(json);
    if (record->precisions != NULL) {
        json_put_key(json, "ratings");
        yajl_gen_map_open(json);
        put_floats(json, "precisions", record->precisions, k + 1);
        yajl_gen_map_close(json);
    }
    if (record->mean != NULL) {
        json_put_key(json, "ranking");
        yajl_gen_map_open(json);
        json_put_member_double(json, "alpha", record->alpha);
        json_put_member_double(json, "lambda", record->lambda);
        json_put_member_double(json, "target_scale", record->target_scale);
        json_put_member_double(json, "lowest", record->lowest);
        json_put_member_double(json, "highest", record->highest);
        put_floats(json, "mean", record->mean, k);
        yajl_gen_map_close(json);
    }
    yajl_gen_map_close(json);
}

#include "search_page.h"

#include <math.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "decimal.h"
#include "es_client.h"
#include "recsys_error.h"

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(yajl_handle, yajl_free, NULL)

#define DEEPEST 16

static const char *const field_names[HIT_FIELDS] = {
    [HIT_FEATURE_TYPE] = "feature_type",
    [HIT_VALUE] = "value",
    [HIT_MODEL_ID] = "model_id",
    [HIT_TITLE] = "title",
    [HIT_YEAR] = "year",
    [HIT_RATINGS] = "ratings",
    [HIT_FEATURE_INDEX] = "feature_index",
    [HIT_BIAS] = "bias",
};

const char *hit_field_name(HitField field)
{
    return field_names[field];
}

/* ---- where the reader is ---- */

/* The objects and arrays of an answer that have a meaning here. */
typedef enum {
    ELSEWHERE,
    ANSWER,
    SHARDS,
    HITS,
    LIST, /* of hits */
    HIT,
    SORT,
    SOURCE,
    GENRES,
    STORED, /* doc values */
    STORED_BIAS,
    STORED_VECTORS,
    STORED_VECTOR,
} Place;

/* The members that have one: a container leads to a place, a scalar is taken if `take` says so. */
typedef enum { NOTHING, TAKE_FAILED, TAKE_TIMED_OUT, TAKE_EARLY, TAKE_ID } Take;

typedef struct {
    Place in;
    const char *key;
    Place leads_to;
    Take take;
} Member;

static const Member members[] = {
    {HIT, "_id", ELSEWHERE, TAKE_ID},
    {HIT, "_source", SOURCE, NOTHING},
    {HIT, "fields", STORED, NOTHING},
    {HIT, "sort", SORT, NOTHING},
    {SOURCE, "genres", GENRES, NOTHING},
    {STORED, "embedding", STORED_VECTORS, NOTHING},
    {STORED, "bias", STORED_BIAS, NOTHING},
    {HITS, "hits", LIST, NOTHING},
    {ANSWER, "hits", HITS, NOTHING},
    {ANSWER, "_shards", SHARDS, NOTHING},
    {ANSWER, "timed_out", ELSEWHERE, TAKE_TIMED_OUT},
    {ANSWER, "terminated_early", ELSEWHERE, TAKE_EARLY},
    {SHARDS, "failed", ELSEWHERE, TAKE_FAILED},
};

typedef struct {
    SearchPage *page;
    guint k;
    HitHandler handler;
    gpointer data;
    GError *error;

    Place places[DEEPEST];
    guint depth;
    Place leads_to; /* the next container, after a key */
    Take take;      /* the next scalar, after a key */
    int field;      /* the next value in SOURCE, or -1 */

    gint64 failed; /* shards; -1: the answer does not say */
    gboolean timed_out, early, has_list;

    Hit hit;
    GStringChunk *texts; /* of the hit */
    GPtrArray *genres;
    float *vector; /* [k] */
    guint8 *bytes; /* of a vector in base64 */
    gboolean valid_numbers;
} Reader;

static Place here(const Reader *r)
{
    return r->depth > 0 && r->depth <= DEEPEST ? r->places[r->depth - 1] : ELSEWHERE;
}

static int stop(Reader *r, const char *why)
{
    g_set_error(&r->error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "a page of documents makes no sense: %s", why);
    return 0;
}

/* ---- hits ---- */

static void begin_hit(Reader *r)
{
    g_string_chunk_clear(r->texts);
    g_ptr_array_set_size(r->genres, 0);
    r->hit = (Hit){.genres = r->genres, .vector = r->vector};
    r->valid_numbers = TRUE;
    r->page->after = -1;
}

static int end_hit(Reader *r)
{
    r->page->hits++;
    r->hit.has_vector = r->hit.values == r->k && r->valid_numbers;
    return r->handler(&r->hit, r->data, &r->error);
}

static const char *keep(Reader *r, const guchar *text, gsize length)
{
    return g_string_chunk_insert_len(r->texts, (const char *)text, (gssize)length);
}

static void take_number_of_vector(Reader *r, const char *text, gsize length)
{
    const guint at = r->hit.values++;
    if (at < r->k && !decimal_to_float(text, length, &r->vector[at]))
        r->valid_numbers = FALSE;
}

static void take_base64(Reader *r, const char *text, gsize length)
{
    int state = 0;
    guint save = 0;
    const gsize room = (gsize)r->k * sizeof(float);
    const gsize most = length / 4 * 3;
    r->hit.values = (guint)(most / sizeof(float)); /* if it is not k of them */
    if (most > room + 2)
        return;
    const gsize size = g_base64_decode_step(text, length, r->bytes, &state, &save);
    r->hit.values = (guint)(size / sizeof(float));
    r->valid_numbers = size == room;
    for (guint f = 0; r->valid_numbers && f < r->k; f++) {
        guint32 bits;
        memcpy(&bits, r->bytes + f * sizeof bits, sizeof bits);
        bits = GUINT32_FROM_BE(bits);
        memcpy(&r->vector[f], &bits, sizeof bits);
        r->valid_numbers = isfinite(r->vector[f]);
    }
}

/* ---- what yajl calls ---- */

static int on_key(void *context, const unsigned char *key, size_t length)
{
    Reader *r = context;
    const Place place = here(r);
    r->leads_to = ELSEWHERE;
    r->take = NOTHING;
    r->field = -1;
    if (place == ELSEWHERE)
        return 1;
    for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
        const Member *m = &members[i];
        if (m->in != place || strlen(m->key) != length || memcmp(m->key, key, length) != 0)
            continue;
        r->leads_to = m->leads_to;
        r->take = m->take;
        return 1;
    }
    if (place != SOURCE)
        return 1;
    for (int field = 0; field < HIT_FIELDS; field++)
        if (strlen(field_names[field]) == length && memcmp(field_names[field], key, length) == 0)
            r->field = field;
    if (r->field < 0 && r->hit.unknown == NULL)
        r->hit.unknown = keep(r, key, length);
    return 1;
}

static int enter(Reader *r, gboolean is_array)
{
    const Place above = here(r);
    Place place = ELSEWHERE;
    if (r->depth == 0)
        place = is_array ? ELSEWHERE : ANSWER;
    else if (above == LIST)
        place = is_array ? ELSEWHERE : HIT;
    else if (above == STORED_VECTORS)
        place = is_array && r->hit.values == 0 ? STORED_VECTOR : ELSEWHERE;
    else
        place = r->leads_to;
    r->leads_to = ELSEWHERE;
    r->take = NOTHING;
    r->field = -1;
    if (r->depth == DEEPEST)
        return stop(r, "it is nested too deeply");
    r->places[r->depth++] = place;
    r->has_list = r->has_list || place == LIST;
    if (place == HIT)
        begin_hit(r);
    return 1;
}

static int on_start_map(void *context)
{
    return enter(context, FALSE);
}

static int on_start_array(void *context)
{
    return enter(context, TRUE);
}

static int on_end(void *context)
{
    Reader *r = context;
    const Place place = here(r);
    r->depth--;
    return place == HIT ? end_hit(r) : 1;
}

static int on_number(void *context, const char *text, size_t length)
{
    Reader *r = context;
    switch (here(r)) {
    case STORED_VECTOR:
    case STORED_VECTORS: /* [1, 2] as well as [[1, 2]] */
        take_number_of_vector(r, text, length);
        break;
    case STORED_BIAS:
        r->hit.stored_bias = keep(r, (const guchar *)text, length);
        break;
    case SORT:
        r->page->after = g_ascii_strtoll(text, NULL, 10);
        break;
    case SOURCE:
        if (r->field >= 0) {
            r->hit.text[r->field] = keep(r, (const guchar *)text, length);
            r->hit.is_number[r->field] = TRUE;
        }
        break;
    default:
        if (r->take == TAKE_FAILED)
            r->failed = g_ascii_strtoll(text, NULL, 10);
    }
    return 1;
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
    Reader *r = context;
    switch (here(r)) {
    case STORED_VECTORS:
        take_base64(r, (const char *)text, length);
        break;
    case GENRES:
        g_ptr_array_add(r->genres, (gpointer)keep(r, text, length));
        break;
    case SOURCE:
        if (r->field >= 0)
            r->hit.text[r->field] = keep(r, text, length);
        break;
    default:
        if (r->take == TAKE_ID)
            r->hit.id = keep(r, text, length);
    }
    return 1;
}

static int on_boolean(void *context, int value)
{
    Reader *r = context;
    if (r->take == TAKE_TIMED_OUT)
        r->timed_out = value;
    else if (r->take == TAKE_EARLY)
        r->early = value;
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_start_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_start_array,
    .yajl_end_array = on_end,
};

/* ---- the whole ---- */

static gboolean parse(Reader *r, const char *text, gsize length, GError **error)
{
    g_auto(yajl_handle) parser = yajl_alloc(&callbacks, NULL, r);
    yajl_status status = yajl_parse(parser, (const guchar *)text, length);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    if (status != yajl_status_ok && r->error == NULL)
        stop(r, "it is not valid JSON");
    if (status == yajl_status_ok && r->depth == 0 && r->failed >= 0 && r->has_list)
        return es_check_whole(r->failed, r->timed_out, r->early, "a page of documents", error);
    if (r->error == NULL)
        stop(r, "there are no hits in it");
    g_propagate_error(error, g_steal_pointer(&r->error));
    return FALSE;
}

gboolean search_page_read(SearchPage *page, const char *text, gsize length, guint k,
                          HitHandler handler, gpointer data, GError **error)
{
    g_autoptr(GStringChunk) texts = g_string_chunk_new(1024);
    g_autoptr(GPtrArray) genres = g_ptr_array_new();
    g_autofree float *vector = g_new(float, k);
    g_autofree guint8 *bytes = g_new(guint8, (gsize)k * sizeof(float) + 8);
    Reader reader = {
        .page = page,
        .k = k,
        .handler = handler,
        .data = data,
        .failed = -1,
        .texts = texts,
        .genres = genres,
        .vector = vector,
        .bytes = bytes,
        .field = -1,
    };
    *page = (SearchPage){0, -1};
    return parse(&reader, text, length, error);
}

gboolean hit_get_int(const Hit *hit, HitField field, gint64 *value)
{
    char *end = NULL;
    const char *text = hit->text[field];
    if (text == NULL || !hit->is_number[field])
        return FALSE;
    *value = g_ascii_strtoll(text, &end, 10);
    return end != text && *end == '\0';
}

gboolean hit_get_double(const char *text, double *value)
{
    char *end = NULL;
    if (text == NULL)
        return FALSE;
    *value = g_ascii_strtod(text, &end);
    return end != text && *end == '\0';
}

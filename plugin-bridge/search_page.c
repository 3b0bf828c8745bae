#include "search_page.h"

#include <math.h>
#include <string.h>

#include "answer_reader.h"
#include "decimal.h"
#include "es_client.h"
#include "recsys_error.h"

enum {
    SOURCE = ANSWER_OWN_PLACES,
    GENRES,
    ATTRIBUTES,
    STORED, /* doc values */
    STORED_BIAS,
    STORED_VECTORS,
    STORED_VECTOR,
};

#define TAKE(field) (ANSWER_OWN_TAKES + (field))
#define TAKE_ROUTING TAKE(HIT_FIELDS)
#define TAKE_PIT_ID (TAKE_ROUTING + 1)
#define FIELD(field, name) [field] = {SOURCE, 0, name, ANSWER_ELSEWHERE, TAKE(field)}

static const AnswerMember members[] = {
    FIELD(HIT_FEATURE_TYPE, "feature_type"),
    FIELD(HIT_VALUE, "value"),
    FIELD(HIT_MODEL_ID, "model_id"),
    FIELD(HIT_TITLE, "title"),
    FIELD(HIT_YEAR, "year"),
    FIELD(HIT_RATINGS, "ratings"),
    FIELD(HIT_FEATURE_INDEX, "feature_index"),
    FIELD(HIT_BIAS, "bias"),
    [HIT_FIELDS] = {SOURCE, '[', "genres", GENRES, ANSWER_NOTHING},
    {SOURCE, '[', "attributes", ATTRIBUTES, ANSWER_NOTHING},
    {ANSWER_SEARCH, 0, "pit_id", ANSWER_ELSEWHERE, TAKE_PIT_ID},
    {ANSWER_HIT, 0, "_routing", ANSWER_ELSEWHERE, TAKE_ROUTING},
    {ANSWER_HIT, '{', "_source", SOURCE, ANSWER_NOTHING},
    {ANSWER_HIT, '{', "fields", STORED, ANSWER_NOTHING},
    {STORED, '[', "bias", STORED_BIAS, ANSWER_NOTHING},
    {STORED, '[', "embedding", STORED_VECTORS, ANSWER_NOTHING},
    {STORED_VECTORS, '[', NULL, STORED_VECTOR, ANSWER_NOTHING},
};

const char *hit_field_name(HitField field)
{
    return members[field].key;
}

typedef struct {
    SearchPage *page;
    guint k;
    HitHandler handler;
    gpointer data;

    Hit hit;
    GStringChunk *texts; /* of the hit */
    GPtrArray *genres;
    GPtrArray *attributes;
    float *vector; /* [k] */
    guint8 *bytes; /* of a vector in base64 */
    gboolean valid_numbers;
} Reader;

static gboolean refuse(GError **error)
{
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "the cluster's answer makes no sense: there are no hits in a page of documents");
    return FALSE;
}

/* ---- hits ---- */

static const char *keep(Reader *r, const char *text, gsize length)
{
    return g_string_chunk_insert_len(r->texts, text, (gssize)length);
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

static void on_hit_begin(gpointer data)
{
    Reader *r = data;
    g_string_chunk_clear(r->texts);
    g_ptr_array_set_size(r->genres, 0);
    g_ptr_array_set_size(r->attributes, 0);
    r->hit = (Hit){.genres = r->genres, .attributes = r->attributes, .vector = r->vector};
    r->valid_numbers = TRUE;
}

static void on_unknown(guint place, const char *key, gsize length, gpointer data)
{
    Reader *r = data;
    if (place == SOURCE && r->hit.unknown == NULL)
        r->hit.unknown = keep(r, key, length);
}

/* An array of texts that is none; FALSE if `place` has no such array. */
static gboolean be_strange(Reader *r, guint place)
{
    if (place == GENRES)
        r->hit.has_strange_genres = TRUE;
    else if (place == ATTRIBUTES)
        r->hit.has_strange_attributes = TRUE;
    return place == GENRES || place == ATTRIBUTES;
}

static void on_strange(guint place, const AnswerMember *member, gpointer data)
{
    Reader *r = data;
    if (place != SOURCE)
        be_strange(r, place);
    else if (member != NULL && !be_strange(r, member->leads_to))
        r->hit.is_strange[member->take - TAKE(0)] = TRUE;
}

static void take_field(Reader *r, guint take, const char *text, gsize length, gboolean is_number)
{
    if (take < TAKE(0) || take >= TAKE(HIT_FIELDS))
        return;
    r->hit.text[take - TAKE(0)] = keep(r, text, length);
    r->hit.is_number[take - TAKE(0)] = is_number;
}

static void on_number(guint place, guint take, const char *text, gsize length, gpointer data)
{
    Reader *r = data;
    if (place == STORED_VECTOR || place == STORED_VECTORS) /* [1, 2] as well as [[1, 2]] */
        take_number_of_vector(r, text, length);
    else if (place == STORED_BIAS)
        r->hit.stored_bias = keep(r, text, length);
    else if (!be_strange(r, place) && place == SOURCE)
        take_field(r, take, text, length, TRUE);
}

static void on_string(guint place, guint take, const char *text, gsize length, gpointer data)
{
    Reader *r = data;
    if (place == STORED_VECTORS)
        take_base64(r, text, length);
    else if (place == GENRES)
        g_ptr_array_add(r->genres, (gpointer)keep(r, text, length));
    else if (place == ATTRIBUTES)
        g_ptr_array_add(r->attributes, (gpointer)keep(r, text, length));
    else if (place == SOURCE)
        take_field(r, take, text, length, FALSE);
    else if (take == TAKE_ROUTING)
        r->hit.routing = keep(r, text, length);
    else if (take == TAKE_PIT_ID && r->page->pit_id == NULL)
        r->page->pit_id = g_strndup(text, length);
}

static gboolean on_hit(guint number, const char *id, gpointer data, GError **error)
{
    Reader *r = data;
    (void)number;
    r->hit.id = id;
    r->hit.has_vector = r->hit.values == r->k && r->valid_numbers;
    return r->handler(&r->hit, r->data, error);
}

/* ---- the whole ---- */

static gboolean on_search(guint number, const AnswerHead *head, gpointer data, GError **error)
{
    Reader *r = data;
    (void)number;
    if (!answer_head_check_whole(head, "a page of documents", error))
        return FALSE;
    if (!head->has_list)
        return refuse(error);
    r->page->hits = head->hits;
    r->page->after = g_strdup(head->after);
    return TRUE;
}

static const AnswerForm form = {
    .members = members,
    .count = G_N_ELEMENTS(members),
    .on_hit_begin = on_hit_begin,
    .on_unknown = on_unknown,
    .on_strange = on_strange,
    .on_number = on_number,
    .on_string = on_string,
    .on_hit = on_hit,
    .on_search = on_search,
};

gboolean search_page_read(SearchPage *page, const GString *text, guint k, HitHandler handler,
                          gpointer data, GError **error)
{
    g_autoptr(GStringChunk) texts = g_string_chunk_new(1024);
    g_autoptr(GPtrArray) genres = g_ptr_array_new(), attributes = g_ptr_array_new();
    g_autofree float *vector = g_new(float, k);
    g_autofree guint8 *bytes = g_new(guint8, (gsize)k * sizeof(float) + 8);
    guint searches;
    Reader reader = {
        .page = page,
        .k = k,
        .handler = handler,
        .data = data,
        .texts = texts,
        .genres = genres,
        .attributes = attributes,
        .vector = vector,
        .bytes = bytes,
    };
    *page = (SearchPage){0};
    if (!answer_reader_run(&searches, text, ANSWER_SEARCH, &form, "a page of documents is", &reader,
                           error))
        return FALSE;
    return searches == 1 || refuse(error);
}

void search_page_clear(SearchPage *page)
{
    g_clear_pointer(&page->after, g_free);
    g_clear_pointer(&page->pit_id, g_free);
}

gboolean search_page_read_after(const char *after, gint64 *number)
{
    char *end = NULL;
    if (*after != '[')
        return FALSE;
    *number = g_ascii_strtoll(after + 1, &end, 10);
    return end != after + 1 && strcmp(end, "]") == 0;
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

#include "rankings_page.h"

#include <math.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "decimal.h"
#include "recsys_error.h"

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(yajl_handle, yajl_free, NULL)

#define DEEPEST 100
#define INFINITE "Infinity" /* a score, in quotes */

typedef enum {
    ELSEWHERE,
    ANSWER,
    SEARCHES, /* the list of them */
    SEARCH,
    SHARDS,
    HITS,
    LIST, /* of hits */
    HIT,
    SORT,
} Place;

typedef enum {
    NOTHING,
    TAKE_STATUS,
    TAKE_FAILED,
    TAKE_TIMED_OUT,
    TAKE_EARLY,
    TAKE_ERROR,
    TAKE_ID,
    TAKE_SCORE,
} Take;

static const struct {
    Place in;
    const char *key;
    Place leads_to;
    Take take;
} members[] = {
    {HIT, "_id", ELSEWHERE, TAKE_ID},
    {HIT, "_score", ELSEWHERE, TAKE_SCORE},
    {HIT, "sort", SORT, NOTHING},
    {HITS, "hits", LIST, NOTHING},
    {SEARCH, "hits", HITS, NOTHING},
    {SEARCH, "_shards", SHARDS, NOTHING},
    {SEARCH, "status", ELSEWHERE, TAKE_STATUS},
    {SEARCH, "timed_out", ELSEWHERE, TAKE_TIMED_OUT},
    {SEARCH, "terminated_early", ELSEWHERE, TAKE_EARLY},
    {SEARCH, "error", ELSEWHERE, TAKE_ERROR},
    {SHARDS, "failed", ELSEWHERE, TAKE_FAILED},
    {ANSWER, "responses", SEARCHES, NOTHING},
};

typedef struct {
    const RankingsHandler *handler;
    gpointer data;
    GError *error;
    Place places[DEEPEST];
    guint depth;
    Place leads_to;
    Take take;
    guint searches;
    RankingPage page;
    GString *id, *after;
    gboolean has_id;
    float score;
} Reader;

static Place here(const Reader *r)
{
    return r->depth > 0 ? r->places[r->depth - 1] : ELSEWHERE;
}

static int on_key(void *context, const unsigned char *key, size_t length)
{
    Reader *r = context;
    const Place place = here(r);
    r->leads_to = ELSEWHERE;
    r->take = NOTHING;
    for (guint i = 0; place != ELSEWHERE && i < G_N_ELEMENTS(members); i++) {
        if (members[i].in != place || strlen(members[i].key) != length ||
            memcmp(members[i].key, key, length) != 0)
            continue;
        r->leads_to = members[i].leads_to;
        r->take = members[i].take;
        r->page.has_error = r->page.has_error || r->take == TAKE_ERROR;
        break;
    }
    return 1;
}

static Place place_in(const Reader *r, gboolean is_array)
{
    if (r->depth == 0)
        return is_array ? ELSEWHERE : ANSWER;
    switch (here(r)) {
    case SEARCHES:
        return is_array ? ELSEWHERE : SEARCH;
    case LIST:
        return is_array ? ELSEWHERE : HIT;
    default:
        return r->leads_to;
    }
}

static int enter(Reader *r, gboolean is_array)
{
    const Place place = place_in(r, is_array);
    r->leads_to = ELSEWHERE;
    r->take = NOTHING;
    if (r->depth == DEEPEST)
        return 0;
    r->places[r->depth++] = place;
    if (place == SEARCH)
        r->page = (RankingPage){.failed = -1};
    if (place == HIT) {
        r->has_id = FALSE;
        r->score = NAN;
    }
    if (place == SORT)
        g_string_assign(r->after, "[");
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
    r->take = NOTHING;
    switch (place) {
    case SORT:
        g_string_append_c(r->after, ']');
        r->page.after = r->after->str;
        return 1;
    case HIT:
        r->page.hits++;
        return r->handler->on_hit(r->searches, r->has_id ? r->id->str : NULL, r->score, r->data,
                                  &r->error);
    case SEARCH:
        return r->handler->on_page(r->searches++, &r->page, r->data, &r->error);
    default:
        return 1;
    }
}

static int on_number(void *context, const char *text, size_t length)
{
    Reader *r = context;
    if (here(r) == SORT) {
        if (r->after->len > 1)
            g_string_append_c(r->after, ',');
        g_string_append_len(r->after, text, (gssize)length);
        return 1;
    }
    if (r->take == TAKE_SCORE && !decimal_to_float(text, length, &r->score))
        r->score = NAN;
    else if (r->take == TAKE_STATUS)
        r->page.status = g_ascii_strtoll(text, NULL, 10);
    else if (r->take == TAKE_FAILED)
        r->page.failed = g_ascii_strtoll(text, NULL, 10);
    return 1;
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
    Reader *r = context;
    if (r->take == TAKE_SCORE && length == strlen(INFINITE) && memcmp(text, INFINITE, length) == 0)
        r->score = INFINITY;
    if (r->take != TAKE_ID)
        return 1;
    g_string_truncate(r->id, 0);
    g_string_append_len(r->id, (const char *)text, (gssize)length);
    r->has_id = TRUE;
    return 1;
}

static int on_boolean(void *context, int value)
{
    Reader *r = context;
    if (r->take == TAKE_TIMED_OUT)
        r->page.timed_out = value;
    else if (r->take == TAKE_EARLY)
        r->page.terminated_early = value;
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

gboolean rankings_page_read(guint *searches, const char *text, gsize length,
                            const RankingsHandler *handler, gpointer data, GError **error)
{
    Reader reader = {
        .handler = handler,
        .data = data,
        .id = g_string_new(NULL),
        .after = g_string_new(NULL),
    };
    g_auto(yajl_handle) parser = yajl_alloc(&callbacks, NULL, &reader);
    yajl_status status = yajl_parse(parser, (const guchar *)text, length);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    g_string_free(reader.id, TRUE);
    g_string_free(reader.after, TRUE);
    *searches = reader.searches;
    if (status == yajl_status_ok)
        return TRUE;
    if (reader.error == NULL)
        g_set_error(&reader.error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "the cluster's answer makes no sense: the rankings are not valid JSON");
    g_propagate_error(error, reader.error);
    return FALSE;
}

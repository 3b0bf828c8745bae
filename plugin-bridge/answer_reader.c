#include "answer_reader.h"

#include <string.h>
#include <yajl/yajl_parse.h>

#include "es_client.h"
#include "recsys_error.h"

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(yajl_handle, yajl_free, NULL)

#define PLACES 32
#define DEEPEST 16 /* what has a meaning */

enum {
    TAKE_STATUS = 1,
    TAKE_FAILED,
    TAKE_TIMED_OUT,
    TAKE_EARLY,
    TAKE_ERROR,
    TAKE_ID,
};

static const AnswerMember members[] = {
    {ANSWER_HIT, 0, "_id", ANSWER_ELSEWHERE, TAKE_ID},
    {ANSWER_HIT, '[', "sort", ANSWER_SORT, ANSWER_NOTHING},
    {ANSWER_LIST, '{', NULL, ANSWER_HIT, ANSWER_NOTHING},
    {ANSWER_HITS, '[', "hits", ANSWER_LIST, ANSWER_NOTHING},
    {ANSWER_SEARCH, '{', "hits", ANSWER_HITS, ANSWER_NOTHING},
    {ANSWER_SEARCH, '{', "_shards", ANSWER_SHARDS, ANSWER_NOTHING},
    {ANSWER_SEARCH, 0, "status", ANSWER_ELSEWHERE, TAKE_STATUS},
    {ANSWER_SEARCH, 0, "timed_out", ANSWER_ELSEWHERE, TAKE_TIMED_OUT},
    {ANSWER_SEARCH, 0, "terminated_early", ANSWER_ELSEWHERE, TAKE_EARLY},
    {ANSWER_SEARCH, 0, "error", ANSWER_ELSEWHERE, TAKE_ERROR},
    {ANSWER_SHARDS, 0, "failed", ANSWER_ELSEWHERE, TAKE_FAILED},
    {ANSWER_ROOT, '[', "responses", ANSWER_SEARCHES, ANSWER_NOTHING},
    {ANSWER_SEARCHES, '{', NULL, ANSWER_SEARCH, ANSWER_NOTHING},
};

typedef struct Known Known;

/* A member, in the list of those of its place. */
struct Known {
    AnswerMember member;
    gsize length;
    Known *next;
};

typedef struct {
    const AnswerForm *form;
    gpointer data;
    GError *error;

    Known *of_place[PLACES];
    const AnswerMember *expected; /* what the value after a key is, or the next element; or NULL */

    guint first;
    guint places[DEEPEST];
    guint depth; /* containers around; those beyond DEEPEST are elsewhere */

    guint searches;
    AnswerHead head;
    GString *id, *after;
    GString *text; /* one that has a NUL, without it */
    gboolean has_id;
} Reader;

static guint here(const Reader *r)
{
    return r->depth > 0 && r->depth <= DEEPEST ? r->places[r->depth - 1] : ANSWER_ELSEWHERE;
}

/* What the elements of an array are. */
static const AnswerMember *element_of(const Reader *r, guint place)
{
    const Known *known = r->of_place[place];
    return known != NULL && known->member.key == NULL ? &known->member : NULL;
}

/* ---- what yajl calls ---- */

static int on_key(void *context, const unsigned char *key, size_t length)
{
    Reader *r = context;
    const guint place = here(r);
    r->expected = NULL;
    if (place == ANSWER_ELSEWHERE)
        return 1;
    for (const Known *known = r->of_place[place]; known != NULL; known = known->next) {
        if (known->length != length || memcmp(known->member.key, key, length) != 0)
            continue;
        r->expected = &known->member;
        r->head.has_error = r->head.has_error || known->member.take == TAKE_ERROR;
        return 1;
    }
    if (place >= ANSWER_OWN_PLACES && r->form->on_unknown != NULL)
        r->form->on_unknown(place, (const char *)key, length, r->data);
    return 1;
}

static void begin(Reader *r, guint place)
{
    switch (place) {
    case ANSWER_SEARCH:
        r->head = (AnswerHead){.failed = -1};
        break;
    case ANSWER_LIST:
        r->head.has_list = TRUE;
        break;
    case ANSWER_HIT:
        r->has_id = FALSE;
        r->head.after = NULL;
        r->form->on_hit_begin(r->data);
        break;
    case ANSWER_SORT:
        g_string_assign(r->after, "[");
        break;
    default:
        break;
    }
}

/* Elements of the reader's own arrays have no member, and scalars among them their meaning. */
static void check_form(const Reader *r, char shape, gboolean may_be_element)
{
    const guint place = here(r);
    if (place < ANSWER_OWN_PLACES || r->form->on_strange == NULL ||
        (r->expected != NULL ? r->expected->shape == shape : may_be_element))
        return;
    r->form->on_strange(place, r->expected, r->data);
}

static int enter(Reader *r, char shape)
{
    guint place = ANSWER_ELSEWHERE;
    check_form(r, shape, FALSE);
    if (r->depth == 0)
        place = shape == '{' ? r->first : ANSWER_ELSEWHERE;
    else if (r->expected != NULL && r->expected->shape == shape)
        place = r->expected->leads_to;
    if (r->depth < DEEPEST)
        r->places[r->depth] = place;
    r->depth++;
    r->expected = element_of(r, here(r));
    begin(r, here(r));
    return 1;
}

static int on_start_map(void *context)
{
    return enter(context, '{');
}

static int on_start_array(void *context)
{
    return enter(context, '[');
}

static int on_end(void *context)
{
    Reader *r = context;
    const guint place = here(r);
    r->depth--;
    r->expected = element_of(r, here(r));
    switch (place) {
    case ANSWER_SORT:
        g_string_append_c(r->after, ']');
        r->head.after = r->after->str;
        return 1;
    case ANSWER_HIT:
        r->head.hits++;
        return r->form->on_hit(r->searches, r->has_id ? r->id->str : NULL, r->data, &r->error);
    case ANSWER_SEARCH:
        return r->form->on_search(r->searches++, &r->head, r->data, &r->error);
    default:
        return 1;
    }
}

static guint take_of(const Reader *r)
{
    return r->expected != NULL ? r->expected->take : ANSWER_NOTHING;
}

static int on_number(void *context, const char *text, size_t length)
{
    Reader *r = context;
    const guint place = here(r), take = take_of(r);
    check_form(r, 0, TRUE);
    if (place >= ANSWER_OWN_PLACES || take >= ANSWER_OWN_TAKES) {
        r->form->on_number(place, take, text, length, r->data);
    } else if (place == ANSWER_SORT) {
        if (r->after->len > 1)
            g_string_append_c(r->after, ',');
        g_string_append_len(r->after, text, (gssize)length);
    } else if (take == TAKE_STATUS) {
        r->head.status = g_ascii_strtoll(text, NULL, 10);
    } else if (take == TAKE_FAILED) {
        r->head.failed = g_ascii_strtoll(text, NULL, 10);
    }
    return 1;
}

/* The same text if there is no NUL in it. */
static const char *without_nul(Reader *r, const char *text, gsize length)
{
    if (memchr(text, '\0', length) == NULL)
        return text;
    g_string_truncate(r->text, 0);
    g_string_append_len(r->text, text, (gssize)length);
    for (gsize i = 0; i < length; i++)
        if (text[i] == '\0')
            r->text->str[i] = ANSWER_NUL;
    return r->text->str;
}

static int on_string(void *context, const unsigned char *raw, size_t length)
{
    Reader *r = context;
    const guint place = here(r), take = take_of(r);
    const char *text = without_nul(r, (const char *)raw, length);
    check_form(r, 0, TRUE);
    if (place >= ANSWER_OWN_PLACES || take >= ANSWER_OWN_TAKES) {
        r->form->on_string(place, take, text, length, r->data);
    } else if (take == TAKE_ID) {
        g_string_truncate(r->id, 0);
        g_string_append_len(r->id, text, (gssize)length);
        r->has_id = TRUE;
    }
    return 1;
}

static int on_boolean(void *context, int value)
{
    Reader *r = context;
    const guint take = take_of(r);
    if (here(r) >= ANSWER_OWN_PLACES && r->form->on_strange != NULL)
        r->form->on_strange(here(r), r->expected, r->data);
    if (take == TAKE_TIMED_OUT) {
        r->head.timed_out = value;
        r->head.says_timed_out = TRUE;
    } else if (take == TAKE_EARLY) {
        r->head.terminated_early = value;
    }
    return 1;
}

static int on_null(void *context)
{
    const Reader *r = context;
    if (here(r) >= ANSWER_OWN_PLACES && r->form->on_strange != NULL)
        r->form->on_strange(here(r), r->expected, r->data);
    return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
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

gboolean answer_head_check_whole(const AnswerHead *head, const char *what, GError **error)
{
    return es_check_whole(head->failed, head->says_timed_out ? head->timed_out : -1,
                          head->terminated_early, what, error);
}

/* Those of a place in the order they have; `knowns` [count] is theirs. */
static void learn(Reader *r, Known *knowns, const AnswerMember *list, gsize count)
{
    for (gsize i = count; i-- > 0;) {
        Known *known = &knowns[i];
        g_assert(list[i].in < PLACES);
        *known = (Known){list[i], list[i].key != NULL ? strlen(list[i].key) : 0,
                         r->of_place[list[i].in]};
        r->of_place[list[i].in] = known;
    }
}

gboolean answer_reader_run(guint *searches, const GString *text, guint first,
                           const AnswerForm *form, const char *what, gpointer data, GError **error)
{
    Known common[G_N_ELEMENTS(members)];
    g_autofree Known *own = g_new(Known, form->count);
    g_autoptr(GString) id = g_string_new(NULL), after = g_string_new(NULL);
    g_autoptr(GString) plain = g_string_new(NULL);
    Reader reader = {
        .form = form, .data = data, .first = first, .id = id, .after = after, .text = plain};
    learn(&reader, own, form->members, form->count);
    learn(&reader, common, members, G_N_ELEMENTS(members));
    g_auto(yajl_handle) parser = yajl_alloc(&callbacks, NULL, &reader);
    yajl_status status = yajl_parse(parser, (const guchar *)text->str, text->len);
    if (status == yajl_status_ok)
        status = yajl_complete_parse(parser);
    *searches = reader.searches;
    if (status == yajl_status_ok)
        return TRUE;
    if (reader.error == NULL)
        g_set_error(&reader.error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "the cluster's answer makes no sense: %s not valid JSON", what);
    g_propagate_error(error, reader.error);
    return FALSE;
}

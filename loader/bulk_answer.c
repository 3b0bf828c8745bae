#include "bulk_answer.h"

#include <string.h>
#include <yajl/yajl_parse.h>

#include "json.h"
#include "recsys_error.h"

G_DEFINE_AUTO_CLEANUP_FREE_FUNC(yajl_handle, yajl_free, NULL)

#define REASON_BYTES 400
#define DEEPEST 32

/* The levels of an answer: 1 the object, 2 the items, 3 an item, 4 its action, 5 its error. */
typedef struct {
    BulkAnswer *answer;
    guint depth;
    gboolean in_items, in_index, in_error;
    char key[16]; /* the last one, if it is short */
    gint64 status;
    char *reason;
} Reader;

static void fault_clear(gpointer data)
{
    BulkFault *fault = data;
    g_free(fault->reason);
}

void bulk_answer_clear(BulkAnswer *answer)
{
    g_clear_pointer(&answer->fault, g_array_unref);
    answer->items = 0;
}

static int on_key(void *user, const unsigned char *text, size_t length)
{
    Reader *reader = user;
    length = length < sizeof reader->key ? length : 0;
    memcpy(reader->key, text, length);
    reader->key[length] = '\0';
    return 1;
}

static void begin_item(Reader *reader)
{
    reader->status = 0;
    g_clear_pointer(&reader->reason, g_free);
}

static void end_item(Reader *reader)
{
    BulkFault fault = {reader->answer->items++, reader->status, g_steal_pointer(&reader->reason)};
    if (fault.status == 200 || fault.status == 201)
        fault_clear(&fault);
    else
        g_array_append_val(reader->answer->fault, fault);
}

static int open_level(void *user)
{
    Reader *reader = user;
    reader->depth++;
    if (reader->in_items && reader->depth == 3)
        begin_item(reader);
    reader->in_index |= reader->in_items && reader->depth == 4 && strcmp(reader->key, "index") == 0;
    reader->in_error |= reader->in_index && reader->depth == 5 && strcmp(reader->key, "error") == 0;
    return reader->depth < DEEPEST;
}

static int open_array(void *user)
{
    Reader *reader = user;
    if (reader->depth == 1 && strcmp(reader->key, "items") == 0)
        reader->in_items = TRUE;
    return open_level(user);
}

static int close_level(void *user)
{
    Reader *reader = user;
    reader->depth--;
    reader->in_error &= reader->depth >= 5;
    reader->in_index &= reader->depth >= 4;
    if (reader->in_items && reader->depth == 2)
        end_item(reader);
    reader->in_items &= reader->depth >= 2;
    reader->key[0] = '\0';
    return 1;
}

/* An item that is no object. */
static int on_other(void *user)
{
    Reader *reader = user;
    if (reader->in_items && reader->depth == 2) {
        begin_item(reader);
        end_item(reader);
    }
    return 1;
}

static int on_boolean(void *user, int value)
{
    (void)value;
    return on_other(user);
}

static int on_number(void *user, const char *text, size_t length)
{
    Reader *reader = user;
    gint64 status = 0;
    if (!reader->in_index || reader->depth != 4 || strcmp(reader->key, "status") != 0)
        return on_other(user);
    for (size_t i = 0; i < length; i++) {
        if (!g_ascii_isdigit(text[i]) || i > 3)
            return 1; /* no status */
        status = status * 10 + g_ascii_digit_value(text[i]);
    }
    reader->status = status;
    return 1;
}

static int on_string(void *user, const unsigned char *text, size_t length)
{
    Reader *reader = user;
    gboolean is_reason =
        (reader->in_error && reader->depth == 5 && strcmp(reader->key, "reason") == 0) ||
        (reader->in_index && reader->depth == 4 && strcmp(reader->key, "error") == 0);
    if (is_reason && reader->reason == NULL) {
        g_autofree char *cut = g_strndup((const char *)text, MIN(length, REASON_BYTES));
        reader->reason = g_utf8_make_valid(cut, -1);
    }
    return on_other(user);
}

gboolean bulk_answer_read(BulkAnswer *answer, const char *text, gsize length, guint expected,
                          GError **error)
{
    static const yajl_callbacks callbacks = {
        .yajl_null = on_other,
        .yajl_boolean = on_boolean,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = open_level,
        .yajl_map_key = on_key,
        .yajl_end_map = close_level,
        .yajl_start_array = open_array,
        .yajl_end_array = close_level,
    };
    bulk_answer_clear(answer);
    answer->fault = g_array_new(FALSE, FALSE, sizeof(BulkFault));
    g_array_set_clear_func(answer->fault, fault_clear);
    Reader reader = {.answer = answer};
    g_auto(yajl_handle) parser = yajl_alloc(&callbacks, NULL, &reader);
    gboolean valid = yajl_parse(parser, (const unsigned char *)text, length) == yajl_status_ok &&
                     yajl_complete_parse(parser) == yajl_status_ok;
    g_free(reader.reason);
    if (!valid) {
        g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                    "the answer to a bulk request of %u documents is not valid JSON", expected);
        return FALSE;
    }
    if (answer->items == expected)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_REFUSED,
                "%u documents were sent, the bulk answer speaks of %u", expected, answer->items);
    return FALSE;
}

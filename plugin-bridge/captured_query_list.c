#include "captured_query_list.h"

#include <string.h>

#include "captured_query.h"
#include "recsys_error.h"

static void text_free(gpointer data)
{
    CapturedText *text = data;
    g_free(text->what);
    g_free(text->body);
    g_free(text->answer_what);
    g_free(text->answer);
    g_free(text);
}

static gboolean is_blank(const char *line)
{
    return line[strspn(line, " \t\r")] == '\0';
}

static gboolean is_object(const char *line)
{
    g_auto(yajl_val) tree = json_parse(line, "the line", NULL);
    return tree != NULL && YAJL_IS_OBJECT(tree);
}

/* An object that is no search of its own, as the first line of an _msearch is. */
static gboolean is_header(const char *line)
{
    g_auto(yajl_val) tree = json_parse(line, "the line", NULL);
    return tree != NULL && YAJL_IS_OBJECT(tree) && json_get(tree, "query") == NULL &&
           json_get(tree, "retriever") == NULL && json_get(tree, "request") == NULL;
}

/* A header may be left out, its line not. */
static gboolean is_msearch(const char *text, char **lines, guint count)
{
    return count > 1 && !is_object(text) &&
           (is_blank(lines[0]) ? is_object(lines[1]) : is_header(lines[0]));
}

/* `lines` that are blank after the last one that is not do not count. */
static guint count_lines(char **lines)
{
    guint count = g_strv_length(lines);
    while (count > 0 && is_blank(lines[count - 1]))
        count--;
    return count;
}

/* Its line is where it was, so that messages have the right one. */
static char *body_at(char **lines, guint line)
{
    GString *body = g_string_new(NULL);
    for (guint i = 0; i < line; i++)
        g_string_append_c(body, '\n');
    g_string_append(body, lines[line]);
    return g_string_free(body, FALSE);
}

static gboolean split(GPtrArray *list, char **lines, guint count, const char *what, GError **error)
{
    for (guint i = 0; i < count; i += 2) {
        if (!is_blank(lines[i]) && !is_object(lines[i])) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "%s, line %u: a JSON object is expected, the header of a search", what,
                        i + 1);
            return FALSE;
        }
        if (i + 1 == count) {
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "%s, line %u: no search follows this header", what, i + 1);
            return FALSE;
        }
        CapturedText *text = g_new0(CapturedText, 1);
        text->what = g_strdup_printf("%s, search %u", what, list->len + 1);
        text->body = body_at(lines, i + 1);
        g_ptr_array_add(list, text);
    }
    return TRUE;
}

static gboolean give_responses(GPtrArray *list, const char *answer, const char *what,
                               GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_auto(yajl_val) tree = json_parse(answer, what, &failure);
    yajl_val responses = json_get(tree, "responses");
    if (tree == NULL || json_array_length(responses) != list->len) {
        if (tree == NULL)
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA, "%s", failure->message);
        else
            g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_DATA,
                        "%s: responses is not an array of one answer for each of %u searches", what,
                        list->len);
        return FALSE;
    }
    for (guint i = 0; i < list->len; i++) {
        CapturedText *text = g_ptr_array_index(list, i);
        text->answer = captured_query_text(json_array_get(responses, i));
        text->answer_what = g_strdup_printf("%s, response %u", what, i + 1);
    }
    return TRUE;
}

GPtrArray *captured_query_list(const char *text, const char *what, const char *answer,
                               const char *answer_what, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const guint count = count_lines(lines);
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(text_free);
    if (!is_msearch(text, lines, count)) {
        CapturedText *only = g_new0(CapturedText, 1);
        *only =
            (CapturedText){g_strdup(what), g_strdup(text), g_strdup(answer_what), g_strdup(answer)};
        g_ptr_array_add(list, only);
        return g_steal_pointer(&list);
    }
    if (!split(list, lines, count, what, error) ||
        (answer != NULL && !give_responses(list, answer, answer_what, error)))
        return NULL;
    return g_steal_pointer(&list);
}

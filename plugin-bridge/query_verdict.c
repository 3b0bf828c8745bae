#include "query_verdict.h"

#include <math.h>
#include <stdarg.h>

#include "json.h"

#define SHOWN 20 /* lines of a kind; --json has all of them */

QueryVerdict *query_verdict_new(void)
{
    QueryVerdict *verdict = g_new0(QueryVerdict, 1);
    verdict->defects = g_ptr_array_new_with_free_func(g_free);
    verdict->doubts = g_ptr_array_new_with_free_func(g_free);
    verdict->notes = g_ptr_array_new_with_free_func(g_free);
    verdict->shift = verdict->needed = NAN;
    return verdict;
}

void query_verdict_free(QueryVerdict *verdict)
{
    if (verdict == NULL)
        return;
    g_ptr_array_unref(verdict->defects);
    g_ptr_array_unref(verdict->doubts);
    g_ptr_array_unref(verdict->notes);
    g_free(verdict->against);
    g_free(verdict->profile);
    g_free(verdict->script);
    g_free(verdict);
}

#define ADD(list)                                                                                  \
    va_list arguments;                                                                             \
    va_start(arguments, format);                                                                   \
    g_ptr_array_add(list, g_strdup_vprintf(format, arguments));                                    \
    va_end(arguments)

void query_verdict_defect(QueryVerdict *verdict, const char *format, ...)
{
    ADD(verdict->defects);
}

void query_verdict_doubt(QueryVerdict *verdict, const char *format, ...)
{
    ADD(verdict->doubts);
}

void query_verdict_note(QueryVerdict *verdict, const char *format, ...)
{
    ADD(verdict->notes);
}

const char *query_verdict_word(const QueryVerdict *verdict)
{
    if (verdict->defects->len > 0)
        return "WRONG";
    return verdict->doubts->len > 0 ? "inconclusive" : "right";
}

/* ---- text ---- */

static void print_list(const GPtrArray *list, const char *label, FILE *out)
{
    for (guint i = 0; i < MIN(list->len, SHOWN); i++)
        fprintf(out, "%-9s %s\n", label, (const char *)g_ptr_array_index(list, i));
    if (list->len > SHOWN)
        fprintf(out, "%-9s … and %u more\n", "", list->len - SHOWN);
}

void query_verdict_print(const QueryVerdict *verdict, FILE *out)
{
    if (verdict->search > 0)
        fprintf(out, "%squery %u: %s\n", verdict->search > 1 ? "\n" : "", verdict->search,
                query_verdict_word(verdict));
    else
        fprintf(out, "query: %s\n", query_verdict_word(verdict));
    if (verdict->against != NULL)
        fprintf(out, "%-9s %s\n", "against", verdict->against);
    fprintf(out, "%-9s %s\n", "profile",
            verdict->profile != NULL ? verdict->profile : "not recognised");
    fprintf(out, "%-9s %s\n", "script", verdict->script != NULL ? verdict->script : "not known");
    if (isfinite(verdict->shift) && isfinite(verdict->needed))
        fprintf(out, "%-9s %.9g, at least %.9g is needed\n", "shift", verdict->shift,
                verdict->needed);
    fprintf(out, "%-9s %u hits, %s\n", "answer", verdict->hits,
            verdict->asked ? "of the cluster, asked now" : "as captured");
    fprintf(out, "%-9s %u pairs proved, %u within rounding; set %s; %u scores within bounds\n",
            "order", verdict->proved, verdict->within_rounding,
            verdict->is_set_proved ? "proved" : "not proved", verdict->scores);
    print_list(verdict->defects, "defect", out);
    print_list(verdict->doubts, "doubt", out);
    print_list(verdict->notes, "note", out);
}

/* ---- JSON ---- */

static void put_list(yajl_gen json, const char *key, const GPtrArray *list)
{
    json_put_key(json, key);
    yajl_gen_array_open(json);
    for (guint i = 0; i < list->len; i++)
        json_put_string(json, g_ptr_array_index(list, i));
    yajl_gen_array_close(json);
}

static void put_text(yajl_gen json, const char *key, const char *text)
{
    if (text != NULL)
        json_put_member_string(json, key, text);
}

void query_verdict_print_json(const QueryVerdict *verdict, FILE *out)
{
    const gboolean wrong = verdict->defects->len > 0;
    g_auto(yajl_gen) json = json_generator_new(FALSE);
    yajl_gen_map_open(json);
    json_put_member_string(json, "query",
                           wrong                      ? "wrong"
                           : verdict->doubts->len > 0 ? "inconclusive"
                                                      : "right");
    if (verdict->search > 0)
        json_put_member_int(json, "search", verdict->search);
    put_text(json, "against", verdict->against);
    put_text(json, "profile", verdict->profile);
    put_text(json, "script", verdict->script);
    if (isfinite(verdict->shift))
        json_put_member_double(json, "shift", verdict->shift);
    if (isfinite(verdict->needed))
        json_put_member_double(json, "needed_shift", verdict->needed);
    json_put_member_bool(json, "asked", verdict->asked);
    json_put_member_int(json, "hits", verdict->hits);
    json_put_member_int(json, "pairs_proved", verdict->proved);
    json_put_member_int(json, "pairs_within_rounding", verdict->within_rounding);
    json_put_member_bool(json, "set_proved", verdict->is_set_proved);
    json_put_member_int(json, "scores_within_bounds", verdict->scores);
    put_list(json, "defects", verdict->defects);
    put_list(json, "doubts", verdict->doubts);
    put_list(json, "notes", verdict->notes);
    yajl_gen_map_close(json);
    g_autofree char *text = json_take(json, NULL);
    fprintf(out, "%s\n", text);
}

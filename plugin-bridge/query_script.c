#include "query_script.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define DEEPEST 50 /* brackets within each other */
#define SHOWN 40   /* bytes of a source in a message */

typedef struct {
    const char *at;
    yajl_val params;
    QueryScript *script;
    guint depth;
    char *why; /* the first thing that was not understood */
} Reader;

/* A linear form; the constant alone if the others are 0. */
typedef struct {
    double dot, cosine, bias, constant;
} Form;

void query_script_clear(QueryScript *script)
{
    g_free(script->vector);
    g_free(script->field);
    *script = (QueryScript){0};
}

/* ---- words ---- */

static gboolean fail(Reader *r, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean fail(Reader *r, const char *format, ...)
{
    va_list arguments;
    if (r->why != NULL)
        return FALSE;
    va_start(arguments, format);
    r->why = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    return FALSE;
}

static gboolean fail_here(Reader *r)
{
    g_autofree char *rest = g_strndup(r->at, SHOWN);
    g_autofree char *valid = g_utf8_make_valid(rest, -1);
    if (valid[0] == '\0')
        return fail(r, "the script ends too early");
    return fail(r, "the script is not understood from \"%s\" on", valid);
}

static void skip_space(Reader *r)
{
    while (g_ascii_isspace(*r->at))
        r->at++;
}

/* TRUE and past it if `word` is next. */
static gboolean take(Reader *r, const char *word)
{
    skip_space(r);
    if (!g_str_has_prefix(r->at, word))
        return FALSE;
    r->at += strlen(word);
    return TRUE;
}

static gboolean need(Reader *r, const char *word)
{
    return take(r, word) || fail_here(r);
}

static char *take_name(Reader *r)
{
    const char *begin = r->at;
    while (g_ascii_isalnum(*r->at) || *r->at == '_')
        r->at++;
    return r->at > begin ? g_strndup(begin, (gsize)(r->at - begin)) : NULL;
}

static char *take_quoted(Reader *r)
{
    skip_space(r);
    const char quote = *r->at;
    const char *end = quote == '\'' || quote == '"' ? strchr(r->at + 1, quote) : NULL;
    if (end == NULL)
        return NULL;
    char *text = g_strndup(r->at + 1, (gsize)(end - r->at - 1));
    r->at = end + 1;
    return text;
}

/* params.NAME or params['NAME'] */
static char *take_parameter(Reader *r)
{
    if (take(r, "params."))
        return take_name(r);
    if (!take(r, "params["))
        return NULL;
    char *name = take_quoted(r);
    if (name == NULL || take(r, "]"))
        return name;
    g_free(name);
    return NULL;
}

/* 'FIELD' or, as in Elasticsearch 7, doc['FIELD'] */
static char *take_field(Reader *r)
{
    if (!take(r, "doc["))
        return take_quoted(r);
    char *name = take_quoted(r);
    if (name == NULL || take(r, "]"))
        return name;
    g_free(name);
    return NULL;
}

/* ---- the grammar ---- */

static gboolean read_sum(Reader *r, Form *form);

/* (params.NAME, 'FIELD') */
static gboolean read_product(Reader *r)
{
    if (!need(r, "("))
        return FALSE;
    g_autofree char *vector = take_parameter(r);
    if (vector == NULL || !need(r, ","))
        return fail_here(r);
    g_autofree char *field = take_field(r);
    if (field == NULL || !need(r, ")"))
        return fail_here(r);
    if (r->script->vector != NULL &&
        (strcmp(r->script->vector, vector) != 0 || strcmp(r->script->field, field) != 0))
        return fail(r, "the script has products of several vectors");
    g_free(r->script->vector);
    g_free(r->script->field);
    r->script->vector = g_steal_pointer(&vector);
    r->script->field = g_steal_pointer(&field);
    return TRUE;
}

static gboolean read_parameter(Reader *r, Form *form)
{
    g_autofree char *name = take_parameter(r);
    const char *keys[] = {name, NULL};
    yajl_val value =
        name != NULL && r->params != NULL ? yajl_tree_get(r->params, keys, yajl_t_number) : NULL;
    if (name == NULL)
        return fail_here(r);
    return json_to_double(value, &form->constant) ||
           fail(r, "the script uses params.%s, which is not a number of its params", name);
}

static gboolean read_number(Reader *r, Form *form)
{
    char *end = NULL;
    if (!g_ascii_isdigit(*r->at) && *r->at != '.')
        return fail_here(r);
    form->constant = g_ascii_strtod(r->at, &end);
    if (end == r->at || !isfinite(form->constant))
        return fail_here(r);
    r->at = end;
    if (*r->at != '\0' && strchr("fFdDlL", *r->at) != NULL)
        r->at++;
    return TRUE;
}

static gboolean read_bias(Reader *r, Form *form)
{
    g_autofree char *name = take_quoted(r);
    if (g_strcmp0(name, "bias") != 0)
        return fail(r, "the script uses doc['%s']", name != NULL ? name : "…");
    form->bias = 1;
    return need(r, "]") && need(r, ".value");
}

static gboolean read_unsigned(Reader *r, Form *form)
{
    *form = (Form){0};
    skip_space(r);
    if (take(r, "("))
        return read_sum(r, form) && need(r, ")");
    if (take(r, "dotProduct")) {
        form->dot = 1;
        return read_product(r);
    }
    if (take(r, "cosineSimilarity")) {
        form->cosine = 1;
        return read_product(r);
    }
    if (take(r, "doc["))
        return read_bias(r, form);
    if (g_str_has_prefix(r->at, "params"))
        return read_parameter(r, form);
    return read_number(r, form);
}

static Form scaled(const Form *form, double factor)
{
    return (Form){form->dot * factor, form->cosine * factor, form->bias * factor,
                  form->constant * factor};
}

static gboolean read_factor(Reader *r, Form *form)
{
    double sign = 1;
    while (take(r, "-"))
        sign = -sign;
    if (!read_unsigned(r, form))
        return FALSE;
    *form = scaled(form, sign);
    return TRUE;
}

static gboolean is_constant(const Form *form)
{
    return form->dot == 0 && form->cosine == 0 && form->bias == 0;
}

static gboolean read_term(Reader *r, Form *form)
{
    if (!read_factor(r, form))
        return FALSE;
    for (;;) {
        Form other = {0};
        const gboolean divide = take(r, "/");
        if (!divide && !take(r, "*"))
            return TRUE;
        if (!read_factor(r, &other))
            return FALSE;
        if (is_constant(&other) && !(divide && other.constant == 0))
            *form = scaled(form, divide ? 1 / other.constant : other.constant);
        else if (!divide && is_constant(form))
            *form = scaled(&other, form->constant);
        else
            return fail(r, "the script multiplies or divides what varies from movie to movie");
    }
}

static gboolean read_sum(Reader *r, Form *form)
{
    if (++r->depth > DEEPEST)
        return fail(r, "the script is nested too deeply");
    if (!read_term(r, form))
        return FALSE;
    for (;;) {
        Form other = {0};
        const gboolean minus = take(r, "-");
        if (!minus && !take(r, "+"))
            break;
        if (!read_term(r, &other))
            return FALSE;
        const double sign = minus ? -1 : 1;
        *form = (Form){form->dot + sign * other.dot, form->cosine + sign * other.cosine,
                       form->bias + sign * other.bias, form->constant + sign * other.constant};
    }
    r->depth--;
    return TRUE;
}

/* Math.max(SUM, NUMBER), either way round, around everything. */
static gboolean read_clipped(Reader *r, Form *form)
{
    Form first = {0}, second = {0};
    if (!need(r, "(") || !read_sum(r, &first) || !need(r, ",") || !read_sum(r, &second) ||
        !need(r, ")"))
        return FALSE;
    if (is_constant(&first) == is_constant(&second))
        return fail(r, "the script takes the greater of two things, neither or both of them fixed");
    *form = is_constant(&first) ? second : first;
    r->script->clipped = TRUE;
    r->script->floor = is_constant(&first) ? first.constant : second.constant;
    return TRUE;
}

char *query_script_read(QueryScript *script, const char *source, yajl_val params)
{
    Form form = {0};
    Reader r = {.at = source, .params = params, .script = script};
    *script = (QueryScript){0};
    if (take(&r, "return") && !g_ascii_isspace(*r.at) && *r.at != '(')
        r.at = source;
    gboolean valid = take(&r, "Math.max") ? read_clipped(&r, &form) : read_sum(&r, &form);
    if (valid) {
        take(&r, ";");
        skip_space(&r);
        valid = *r.at == '\0' || fail_here(&r);
    }
    if (!valid)
        return r.why;
    script->dot = form.dot;
    script->cosine = form.cosine;
    script->bias = form.bias;
    script->constant = form.constant;
    return NULL;
}

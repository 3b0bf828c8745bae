#include "query_script.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define DEEPEST 50 /* brackets within each other */
#define SHOWN 40   /* bytes of a source in a message */
#define MOST_INT 0x1p31
#define MOST_EXACT 0x1p53 /* whole numbers a double has all of */

typedef struct {
    const char *at;
    yajl_val params;
    QueryScript *script;
    guint depth;
    char *why; /* the first thing that was not understood */
} Reader;

/* What a number is to Painless: arithmetic of whole numbers is exact or overflows, a quotient of
 * them is cut off; of float32 with anything but double it is rounded to float32. */
typedef enum { WHOLE, FLOAT32, DOUBLE } Kind;

/* A linear form; the constant alone if the others are 0. */
typedef struct {
    QueryTerms value;
    QueryTerms weights; /* Σ |…| of what it is made of */
    Kind kind;          /* of a constant; everything else is DOUBLE */
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

static Form constant_form(double constant, Kind kind)
{
    return (Form){.value.constant = constant, .weights.constant = fabs(constant), .kind = kind};
}

static gboolean read_parameter(Reader *r, Form *form)
{
    double constant = 0;
    g_autofree char *name = take_parameter(r);
    const char *keys[] = {name, NULL};
    yajl_val value =
        name != NULL && r->params != NULL ? yajl_tree_get(r->params, keys, yajl_t_number) : NULL;
    if (name == NULL)
        return fail_here(r);
    if (value == NULL || !json_to_double(value, &constant))
        return fail(r, "the script uses params.%s, which is not a number of its params", name);
    *form = constant_form(constant, strpbrk(value->u.number.r, ".eE") != NULL ? DOUBLE : WHOLE);
    return TRUE;
}

/* Not octal or hexadecimal numbers, which begin with a 0. */
static gboolean read_number(Reader *r, Form *form)
{
    char *end = NULL;
    const char *begin = r->at;
    if (!(g_ascii_isdigit(*begin) || *begin == '.') ||
        (*begin == '0' && g_ascii_isalnum(begin[1]) && strchr("eEfFdDlL", begin[1]) == NULL))
        return fail_here(r);
    double constant = g_ascii_strtod(begin, &end);
    if (end == begin || !isfinite(constant))
        return fail_here(r);
    g_autofree char *digits = g_strndup(begin, (gsize)(end - begin));
    const char suffix = g_ascii_tolower(*end);
    const gboolean has_suffix = suffix == 'f' || suffix == 'd' || suffix == 'l';
    Kind kind = strpbrk(digits, ".eE") != NULL || suffix == 'd' ? DOUBLE : WHOLE;
    if (suffix == 'f') {
        kind = FLOAT32;
        constant = (float)constant;
    }
    *form = constant_form(constant, kind);
    r->at = end + has_suffix;
    return TRUE;
}

static gboolean read_bias(Reader *r, Form *form)
{
    g_autofree char *name = take_quoted(r);
    if (g_strcmp0(name, "bias") != 0)
        return fail(r, "the script uses doc['%s']", name != NULL ? name : "…");
    *form = (Form){.value.bias = 1, .weights.bias = 1, .kind = DOUBLE};
    return need(r, "]") && need(r, ".value");
}

static gboolean read_unsigned(Reader *r, Form *form)
{
    *form = (Form){0};
    skip_space(r);
    if (take(r, "("))
        return read_sum(r, form) && need(r, ")");
    if (take(r, "dotProduct")) {
        *form = (Form){.value.dot = 1, .weights.dot = 1, .kind = DOUBLE};
        return read_product(r);
    }
    if (take(r, "cosineSimilarity")) {
        *form = (Form){.value.cosine = 1, .weights.cosine = 1, .kind = DOUBLE};
        return read_product(r);
    }
    if (take(r, "doc["))
        return read_bias(r, form);
    if (g_str_has_prefix(r->at, "params"))
        return read_parameter(r, form);
    return read_number(r, form);
}

/* ---- arithmetic ---- */

static QueryTerms scaled_terms(QueryTerms terms, double factor)
{
    return (QueryTerms){terms.dot * factor, terms.cosine * factor, terms.bias * factor,
                        terms.constant * factor};
}

static QueryTerms added_terms(QueryTerms a, QueryTerms b)
{
    return (QueryTerms){a.dot + b.dot, a.cosine + b.cosine, a.bias + b.bias,
                        a.constant + b.constant};
}

static gboolean is_constant(const Form *form)
{
    const QueryTerms *weights = &form->weights;
    return weights->dot == 0 && weights->cosine == 0 && weights->bias == 0;
}

/* The kind of what an operation on both gives; FALSE if it is not known how that is rounded. */
static gboolean kind_of_both(Reader *r, const Form *a, const Form *b, Kind *kind)
{
    r->script->operations++;
    *kind = MAX(a->kind, b->kind);
    return *kind != FLOAT32 || fail(r, "the script computes in float32");
}

/* That a whole number is the one that Painless has: an int does not overflow, a long is one that
 * double has too. */
static gboolean is_in_range(Reader *r, const Form *a, const Form *b, const Form *result)
{
    const double size = fabs(result->value.constant);
    const gboolean is_long =
        fabs(a->value.constant) > MOST_INT || fabs(b->value.constant) > MOST_INT;
    return result->kind != WHOLE || size < (is_long ? MOST_EXACT : MOST_INT) ||
           fail(r, "the script computes with whole numbers that may overflow");
}

static void negate(Form *form)
{
    form->value = scaled_terms(form->value, -1);
}

static gboolean add(Reader *r, Form *form, const Form *other)
{
    Form sum;
    if (!kind_of_both(r, form, other, &sum.kind))
        return FALSE;
    sum.value = added_terms(form->value, other->value);
    sum.weights = added_terms(form->weights, other->weights);
    if (!is_in_range(r, form, other, &sum))
        return FALSE;
    *form = sum;
    return TRUE;
}

static gboolean multiply(Reader *r, Form *form, const Form *other)
{
    const Form *varying = is_constant(other) ? form : other;
    const Form *constant = is_constant(other) ? other : form;
    Form product;
    if (!is_constant(constant))
        return fail(r, "the script multiplies what varies from movie to movie");
    if (!kind_of_both(r, form, other, &product.kind))
        return FALSE;
    product.value = scaled_terms(varying->value, constant->value.constant);
    product.weights = scaled_terms(varying->weights, constant->weights.constant);
    if (!is_in_range(r, form, other, &product))
        return FALSE;
    *form = product;
    return TRUE;
}

static gboolean divide(Reader *r, Form *form, const Form *other)
{
    const double divisor = other->value.constant;
    if (!is_constant(other) || divisor == 0)
        return fail(r, "the script divides by what varies from movie to movie, or by 0");
    Form quotient;
    if (!kind_of_both(r, form, other, &quotient.kind))
        return FALSE;
    quotient.value = scaled_terms(form->value, 1 / divisor);
    quotient.value.constant = form->value.constant / divisor;
    /* That of a divisor with terms that cancel is less sure than itself. */
    quotient.weights = scaled_terms(form->weights, other->weights.constant / (divisor * divisor));
    if (quotient.kind == WHOLE)
        quotient.value.constant = trunc(quotient.value.constant);
    *form = quotient;
    return TRUE;
}

static gboolean read_factor(Reader *r, Form *form)
{
    gboolean is_negative = FALSE;
    while (take(r, "-"))
        is_negative = !is_negative;
    if (!read_unsigned(r, form))
        return FALSE;
    if (is_negative)
        negate(form);
    return TRUE;
}

static gboolean read_term(Reader *r, Form *form)
{
    if (!read_factor(r, form))
        return FALSE;
    for (;;) {
        Form other = {0};
        const gboolean is_quotient = take(r, "/");
        if (!is_quotient && !take(r, "*"))
            return TRUE;
        if (!read_factor(r, &other) ||
            !(is_quotient ? divide(r, form, &other) : multiply(r, form, &other)))
            return FALSE;
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
        if (minus)
            negate(&other);
        if (!add(r, form, &other))
            return FALSE;
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
    r->script->floor = is_constant(&first) ? first.value.constant : second.value.constant;
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
    script->dot = form.value.dot;
    script->cosine = form.value.cosine;
    script->bias = form.value.bias;
    script->constant = form.value.constant;
    script->weights = form.weights;
    return NULL;
}

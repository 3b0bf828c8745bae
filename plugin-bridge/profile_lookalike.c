#include "profile_lookalike.h"

#include <math.h>
#include <string.h>

#include "profile.h"
#include "profile_search.h"

#define MOST_TRIES 20000000 /* combinations: about a second */
#define LEAST_COMPONENTS 3  /* that are not 0 */
#define CANCELLED 1e3       /* of a sum of so much more than it is nothing can be said */
#define SAME 1e-5           /* a factor so close to 1 may be rounding */

typedef enum { ADDED_TWICE, SUBTRACTED, SCALED } Slip;

typedef struct {
    const Bundle *bundle;
    const float *query; /* [k] */
    guint probe;        /* the greatest component of the query */
    GPtrArray *types;   /* const GArray * of feature indices, the one with the most first */
    guint *chosen;      /* [types] */
    guint count;        /* chosen */
    guint64 tries;
    gboolean found;
    Slip slip;
    double factor; /* SCALED */
    guint odd;     /* the feature that is ADDED_TWICE or SUBTRACTED */
} Search;

/* ---- one combination ---- */

/* The sum of the chosen features' component f, and of its terms' absolute values. */
static double sum_of(const Search *s, guint f, double *magnitude)
{
    double sum = 0;
    *magnitude = 0;
    for (guint i = 0; i < s->count && f >= s->bundle->form.rating_dims; i++) {
        double value = fm_vector(s->bundle->model, s->chosen[i])[f];
        sum += value;
        *magnitude += fabs(value);
    }
    return sum;
}

/* What a sum in float32 of such terms, and one operation more, can be off. */
static double room_of(const Search *s, double magnitude)
{
    return (s->count + 2) * (magnitude * 0x1p-24 + 0x1p-149);
}

/* q = s + times · v */
static gboolean has_odd(const Search *s, const float *vector, double times)
{
    const guint k = s->bundle->model->k;
    for (guint i = 0; i < k; i++) {
        const guint f = (s->probe + i) % k;
        const double odd = f < s->bundle->form.rating_dims ? 0 : times * vector[f];
        double magnitude, sum = sum_of(s, f, &magnitude) + odd;
        magnitude += fabs(odd);
        if (fabs(s->query[f] - sum) > room_of(s, magnitude))
            return FALSE;
    }
    return TRUE;
}

/* q = x·s, with x from one component and the others to agree. */
static gboolean is_scaled(const Search *s, double *factor)
{
    double magnitude;
    const guint k = s->bundle->model->k;
    const double sum = sum_of(s, s->probe, &magnitude), x = s->query[s->probe] / sum;
    if (!(fabs(sum) * CANCELLED > magnitude) || !isfinite(x))
        return FALSE;
    const double off = room_of(s, magnitude) / fabs(sum); /* of x, relative */
    for (guint f = 0; f < k; f++) {
        double terms, component = sum_of(s, f, &terms);
        double room = fabs(x) * (room_of(s, terms) + off * fabs(component)) + 0x1p-149;
        if (fabs(s->query[f] - x * component) > room)
            return FALSE;
    }
    *factor = x;
    return fabs(x - 1) > SAME;
}

static void judge(Search *s)
{
    s->tries++;
    for (guint i = 0; i < s->count && !s->found; i++) {
        const float *vector = fm_vector(s->bundle->model, s->chosen[i]);
        if (has_odd(s, vector, 1))
            s->slip = ADDED_TWICE;
        else if (s->count > 1 && has_odd(s, vector, -2))
            s->slip = SUBTRACTED;
        else
            continue;
        s->odd = s->chosen[i];
        s->found = TRUE;
    }
    if (!s->found && s->count > 0 && is_scaled(s, &s->factor)) {
        s->slip = SCALED;
        s->found = TRUE;
    }
}

/* Leaves what was found in `chosen`. Those without one of the largest type, which is the outermost,
 * come first. */
static void combine(Search *s, guint type)
{
    if (type == s->types->len) {
        judge(s);
        return;
    }
    combine(s, type + 1);
    const GArray *values = g_ptr_array_index(s->types, type);
    for (guint i = 0; i < values->len && !s->found && s->tries <= MOST_TRIES; i++) {
        s->chosen[s->count++] = g_array_index(values, guint, i);
        combine(s, type + 1);
        if (!s->found)
            s->count--;
    }
}

/* ---- words ---- */

static char *describe_chosen(const Search *s)
{
    g_autoptr(Profile) profile = profile_new();
    for (guint i = 0; i < s->count; i++) {
        const Feature *feature = feature_table_get(s->bundle->features, s->chosen[i]);
        profile_add(profile, feature->type, feature->value);
    }
    return profile_describe(profile);
}

static gboolean is_near(double x, double wanted)
{
    return fabs(x - wanted) <= SAME * fabs(wanted);
}

static double length_of(const float *vector, guint k)
{
    double squares = 0;
    for (guint f = 0; f < k; f++)
        squares += (double)vector[f] * vector[f];
    return sqrt(squares);
}

static char *describe_scaled(const Search *s, const char *profile)
{
    const double x = s->factor;
    if (is_near(x, -1))
        return g_strdup_printf("minus the sum of the vectors of {%s}", profile);
    if (s->count > 1 && is_near(x, 1.0 / s->count))
        return g_strdup_printf("the average of the vectors of {%s}, not their sum", profile);
    return g_strdup_printf(
        "the sum of the vectors of {%s} scaled%s by %.6g", profile,
        is_near(length_of(s->query, s->bundle->model->k), 1) ? " to length 1," : "", x);
}

static char *describe(const Search *s)
{
    g_autofree char *profile = describe_chosen(s);
    if (s->slip == SCALED)
        return describe_scaled(s, profile);
    const Feature *odd = feature_table_get(s->bundle->features, s->odd);
    return g_strdup_printf("the sum of the vectors of {%s} with that of %s %s %s", profile,
                           odd->type, odd->value,
                           s->slip == ADDED_TWICE ? "added twice" : "subtracted, not added");
}

/* ---- the slips ---- */

static int by_size(gconstpointer a, gconstpointer b)
{
    const GArray *x = *(GArray *const *)a, *y = *(GArray *const *)b;
    return (x->len < y->len) - (x->len > y->len);
}

static GPtrArray *types_of(const Bundle *bundle)
{
    GPtrArray *chosen = g_ptr_array_new();
    const GPtrArray *types = feature_table_types(bundle->features);
    for (guint i = 0; i < types->len; i++)
        if (strcmp(g_ptr_array_index(types, i), FEATURE_MOVIE) != 0)
            g_ptr_array_add(chosen, (gpointer)feature_table_of_type(bundle->features,
                                                                    g_ptr_array_index(types, i)));
    g_ptr_array_sort(chosen, by_size);
    return chosen;
}

static char *find_slip(const Bundle *bundle, const float *query, guint probe)
{
    g_autoptr(GPtrArray) types = types_of(bundle);
    g_autofree guint *chosen = g_new(guint, types->len + 1);
    Search s = {.bundle = bundle, .query = query, .probe = probe, .types = types, .chosen = chosen};
    combine(&s, 0);
    return s.found ? describe(&s) : NULL;
}

static char *find_reversed(const Bundle *bundle, const float *query)
{
    g_auto(ProfileMatch) match = {0};
    const guint k = bundle->model->k;
    g_autofree float *reversed = g_new(float, k);
    for (guint f = 0; f < k; f++)
        reversed[f] = query[k - 1 - f];
    profile_search(&match, bundle, reversed);
    if (match.profile == NULL)
        return NULL;
    g_autofree char *profile = profile_describe(match.profile);
    return g_strdup_printf("that of {%s} with its components reversed", profile);
}

/* The query with the rating half made 0; NULL if it is, or there is none. */
static float *without_rating_half(const Bundle *bundle, const float *query)
{
    const guint half = bundle->form.rating_dims;
    g_autofree float *rest = g_memdup2(query, bundle->model->k * sizeof *query);
    memset(rest, 0, half * sizeof *rest);
    return memcmp(rest, query, half * sizeof *rest) != 0 ? g_steal_pointer(&rest) : NULL;
}

static char *find_rating_half(const Bundle *bundle, const float *query)
{
    g_auto(ProfileMatch) match = {0};
    g_autofree float *rest = without_rating_half(bundle, query);
    if (rest == NULL)
        return NULL;
    profile_search(&match, bundle, rest);
    if (match.profile == NULL)
        return NULL;
    g_autofree char *profile = profile_describe(match.profile);
    return g_strdup_printf("that of {%s}, but the rating half is not zero: the first %u components "
                           "must be 0 for a list",
                           profile, bundle->form.rating_dims);
}

char *profile_lookalike(const Bundle *bundle, const float *query)
{
    guint probe = 0, components = 0;
    char *half = find_rating_half(bundle, query);
    if (half != NULL)
        return half;
    for (guint f = 0; f < bundle->model->k; f++) {
        components += query[f] != 0;
        if (fabsf(query[f]) > fabsf(query[probe]))
            probe = f;
    }
    if (components < LEAST_COMPONENTS)
        return NULL;
    char *slip = find_slip(bundle, query, probe);
    return slip != NULL ? slip : find_reversed(bundle, query);
}

#include "profile_search.h"

#include <math.h>
#include <string.h>

#define MOST_TRIES 20000000 /* combinations and look-ups: about a second */

typedef struct {
    double value; /* of the component that is looked up */
    guint feature;
} Entry;

typedef struct {
    const Bundle *bundle;
    const float *query; /* [k] */
    GPtrArray *types;   /* const GArray * of feature indices: those that are combined */
    Entry *entries;     /* [users], by value: those that are looked up */
    guint users;
    guint component; /* that is looked up */
    guint *chosen;   /* [types + 1] */
    guint count;     /* chosen */
    guint64 tries;
    guint *best;      /* [types + 1] */
    guint best_count; /* 0: none yet */
    guint best_differing;
} Search;

void profile_match_clear(ProfileMatch *match)
{
    profile_free(match->profile);
    *match = (ProfileMatch){0};
}

/* What a sum in float32 of these terms can be off. */
static double room_of(double magnitude, guint count)
{
    return (count + 1) * (magnitude * 0x1p-24 + 0x1p-149);
}

guint profile_difference(const Bundle *bundle, const guint *features, guint count,
                         const float *query, gboolean *within)
{
    const FmModel *model = bundle->model;
    guint differing = 0;
    *within = TRUE;
    for (guint f = 0; f < model->k; f++) {
        double sum = 0, magnitude = 0;
        for (guint i = 0; i < count && f >= bundle->form.rating_dims; i++) {
            double value = fm_vector(model, features[i])[f];
            sum += value;
            magnitude += fabs(value);
        }
        differing += (float)sum != query[f];
        if (fabs(query[f] - sum) > room_of(magnitude, count))
            *within = FALSE;
    }
    return differing;
}

/* ---- one combination ---- */

static void judge(Search *s)
{
    gboolean within;
    s->tries++;
    guint differing = profile_difference(s->bundle, s->chosen, s->count, s->query, &within);
    if (s->count == 0 || !within)
        return;
    if (s->best_count > 0 && (differing > s->best_differing ||
                              (differing == s->best_differing && s->count >= s->best_count)))
        return;
    memcpy(s->best, s->chosen, s->count * sizeof *s->best);
    s->best_count = s->count;
    s->best_differing = differing;
}

/* The first entry that is not below `value`. */
static guint first_from(const Search *s, double value)
{
    guint low = 0, high = s->users;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (s->entries[middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The chosen features alone, and with every user that makes up the rest. */
static void look_up(Search *s)
{
    double sum = 0, magnitude = 0;
    for (guint i = 0; i < s->count; i++) {
        double value = fm_vector(s->bundle->model, s->chosen[i])[s->component];
        sum += value;
        magnitude += fabs(value);
    }
    const double rest = s->query[s->component] - sum;
    s->tries++;
    if (fabs(rest) <= room_of(magnitude, s->count))
        judge(s);
    /* The user's own magnitude is at most what is left and what rounding can hide, twice over. */
    const double room = room_of(magnitude + 2 * fabs(rest), s->count + 1) * (1 + 0x1p-10);
    for (guint u = first_from(s, rest - room);
         u < s->users && s->entries[u].value <= rest + room && s->tries <= MOST_TRIES; u++) {
        s->chosen[s->count++] = s->entries[u].feature;
        judge(s);
        s->count--;
    }
}

static void combine(Search *s, guint type)
{
    if (s->tries > MOST_TRIES)
        return;
    if (type == s->types->len) {
        look_up(s);
        return;
    }
    combine(s, type + 1); /* without one of this type */
    const GArray *values = g_ptr_array_index(s->types, type);
    for (guint i = 0; i < values->len; i++) {
        s->chosen[s->count++] = g_array_index(values, guint, i);
        combine(s, type + 1);
        s->count--;
    }
}

/* ---- preparing ---- */

static int by_value(gconstpointer a, gconstpointer b)
{
    double x = ((const Entry *)a)->value, y = ((const Entry *)b)->value;
    return (x > y) - (x < y);
}

/* The component from `first` on in which they are spread most. */
static guint widest_component(const FmModel *model, guint first, const GArray *features)
{
    guint widest = first;
    double most = -1;
    for (guint f = first; f < model->k; f++) {
        double least = INFINITY, greatest = -INFINITY;
        for (guint i = 0; i < features->len; i++) {
            double value = fm_vector(model, g_array_index(features, guint, i))[f];
            least = fmin(least, value);
            greatest = fmax(greatest, value);
        }
        if (greatest - least > most) {
            most = greatest - least;
            widest = f;
        }
    }
    return widest;
}

static void sort_entries(Search *s, const GArray *features)
{
    const FmModel *model = s->bundle->model;
    s->users = features->len;
    s->component = widest_component(model, s->bundle->form.rating_dims, features);
    s->entries = g_new(Entry, features->len);
    for (guint i = 0; i < features->len; i++) {
        guint feature = g_array_index(features, guint, i);
        s->entries[i] = (Entry){fm_vector(model, feature)[s->component], feature};
    }
    qsort(s->entries, s->users, sizeof *s->entries, by_value);
}

/* All types but movies; the one with the most values is looked up, the others are combined. */
static void divide_types(Search *s)
{
    const FeatureTable *features = s->bundle->features;
    const GPtrArray *types = feature_table_types(features);
    const GArray *most = NULL;
    for (guint i = 0; i < types->len; i++) {
        const char *type = g_ptr_array_index(types, i);
        const GArray *values = feature_table_of_type(features, type);
        if (strcmp(type, FEATURE_MOVIE) == 0)
            continue;
        if (most == NULL || values->len > most->len)
            most = values;
        g_ptr_array_add(s->types, (gpointer)values);
    }
    if (most == NULL)
        return;
    g_ptr_array_remove(s->types, (gpointer)most);
    sort_entries(s, most);
}

static int by_index(gconstpointer a, gconstpointer b)
{
    guint x = *(const guint *)a, y = *(const guint *)b;
    return (x > y) - (x < y);
}

void profile_search(ProfileMatch *match, const Bundle *bundle, const float *query)
{
    Search s = {.bundle = bundle, .query = query, .types = g_ptr_array_new()};
    divide_types(&s);
    s.chosen = g_new(guint, s.types->len + 1);
    s.best = g_new(guint, s.types->len + 1);
    *match = (ProfileMatch){0};
    if (s.users > 0)
        combine(&s, 0);
    match->gave_up = s.tries > MOST_TRIES;
    if (s.best_count > 0) {
        qsort(s.best, s.best_count, sizeof *s.best, by_index);
        match->profile = profile_new();
        match->differing = s.best_differing;
        for (guint i = 0; i < s.best_count; i++) {
            const Feature *feature = feature_table_get(bundle->features, s.best[i]);
            profile_add(match->profile, feature->type, feature->value);
        }
    }
    g_ptr_array_unref(s.types);
    g_free(s.entries);
    g_free(s.chosen);
    g_free(s.best);
}

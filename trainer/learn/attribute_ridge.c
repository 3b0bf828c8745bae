#include "attribute_ridge.h"

#include <math.h>
#include <string.h>

#define MOST_ROUNDS 100
#define ENOUGH 1e-8 /* the largest move of a round, as a share of the largest estimate */

typedef struct {
    AttributeRidge *ridge;
    const FeatureTable *table;
    const double *weights; /* [U] */
    double penalty;        /* λ s̄ */
    double total;          /* Σ s_u */
    double *current;       /* [A, d] */
    double *sums;          /* [A, d] room */
    double *masses;        /* [A] Σ s_u over those who have it */
} Fit;

static void fit_clear(Fit *fit)
{
    g_free(fit->current);
    g_free(fit->sums);
    g_free(fit->masses);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fit, fit_clear)

static gboolean is_attribute(const char *type)
{
    return strcmp(type, FEATURE_USER) != 0 && strcmp(type, FEATURE_MOVIE) != 0;
}

static void place_attributes(AttributeRidge *ridge, const FeatureTable *table)
{
    const guint n = feature_table_size(table);
    ridge->place = g_new(guint, n);
    for (guint i = 0; i < n; i++)
        ridge->place[i] =
            is_attribute(feature_table_get(table, i)->type) ? ridge->attributes++ : G_MAXUINT;
}

static AttributeRidge *ridge_new(guint d, const FeatureTable *table)
{
    AttributeRidge *ridge = g_new0(AttributeRidge, 1);
    const GArray *users = feature_table_of_type(table, FEATURE_USER);
    ridge->d = d;
    ridge->users = users != NULL ? users->len : 0;
    ridge->first_user = ridge->users > 0 ? g_array_index(users, guint, 0) : 0;
    ridge->mean = g_new0(double, d);
    place_attributes(ridge, table);
    ridge->estimates = g_new0(float, (gsize)ridge->attributes *d + 1);
    return ridge;
}

void attribute_ridge_free(AttributeRidge *ridge)
{
    if (ridge == NULL)
        return;
    g_free(ridge->mean);
    g_free(ridge->place);
    g_free(ridge->estimates);
    g_free(ridge->residuals);
    g_free(ridge);
}

static double *residual_of(const Fit *fit, guint user)
{
    return fit->ridge->residuals + (gsize)user * fit->ridge->d;
}

/* The row of the user's attribute number `type`, or G_MAXUINT if they have none. */
static guint row_of(const Fit *fit, guint user, guint type)
{
    const Attributes attributes =
        feature_table_attributes(fit->table, fit->ridge->first_user + user);
    return type < attributes.count ? fit->ridge->place[attributes.indices[type]] : G_MAXUINT;
}

static guint count_types(const Fit *fit)
{
    guint types = 0;
    for (guint u = 0; u < fit->ridge->users; u++)
        types = MAX(types, feature_table_attributes(fit->table, fit->ridge->first_user + u).count);
    return types;
}

/* ---- rounds ---- */

static void move_mean(Fit *fit)
{
    const guint d = fit->ridge->d;
    g_autofree double *step = g_new0(double, d);
    for (guint u = 0; u < fit->ridge->users; u++)
        for (guint i = 0; i < d; i++)
            step[i] += fit->weights[u] * residual_of(fit, u)[i] / fit->total;
    for (guint i = 0; i < d; i++)
        fit->ridge->mean[i] += step[i];
    for (guint u = 0; u < fit->ridge->users; u++)
        for (guint i = 0; i < d; i++)
            residual_of(fit, u)[i] -= step[i];
}

/* sums [A, d] = Σ over a value's users of s_u times what is left of them. */
static void sum_type(Fit *fit, guint type)
{
    const guint d = fit->ridge->d;
    memset(fit->sums, 0, (gsize)fit->ridge->attributes * d * sizeof *fit->sums);
    memset(fit->masses, 0, fit->ridge->attributes * sizeof *fit->masses);
    for (guint u = 0; u < fit->ridge->users; u++) {
        const guint row = row_of(fit, u, type);
        if (row == G_MAXUINT || !(fit->weights[u] > 0))
            continue;
        fit->masses[row] += fit->weights[u];
        for (guint i = 0; i < d; i++)
            fit->sums[(gsize)row * d + i] += fit->weights[u] * residual_of(fit, u)[i];
    }
}

/* Turns sums into the steps of the estimates, takes them, and returns the largest. */
static double step_type(Fit *fit)
{
    const guint d = fit->ridge->d;
    double largest = 0;
    for (guint row = 0; row < fit->ridge->attributes; row++) {
        double *step = fit->sums + (gsize)row * d, *b = fit->current + (gsize)row * d;
        const double mass = fit->masses[row];
        for (guint i = 0; i < d; i++) {
            step[i] = mass > 0 ? (step[i] - fit->penalty * b[i]) / (mass + fit->penalty) : 0;
            b[i] += step[i];
            largest = MAX(largest, fabs(step[i]));
        }
    }
    return largest;
}

/* Moves the plain mean of a type's estimates into μ: nobody's fit changes, and the penalty is
 * least. Without it that one direction would take hundreds of rounds. */
static void balance_type(Fit *fit)
{
    const guint d = fit->ridge->d;
    for (guint i = 0; i < d; i++) {
        double sum = 0;
        guint count = 0;
        for (guint row = 0; row < fit->ridge->attributes; row++) {
            sum += fit->masses[row] > 0 ? fit->current[(gsize)row * d + i] : 0;
            count += fit->masses[row] > 0;
        }
        fit->ridge->mean[i] += count > 0 ? sum / count : 0;
        for (guint row = 0; row < fit->ridge->attributes; row++)
            if (fit->masses[row] > 0)
                fit->current[(gsize)row * d + i] -= sum / count;
    }
}

static double move_type(Fit *fit, guint type)
{
    const guint d = fit->ridge->d;
    sum_type(fit, type);
    const double largest = step_type(fit);
    for (guint u = 0; u < fit->ridge->users; u++) {
        const guint row = row_of(fit, u, type);
        for (guint i = 0; row != G_MAXUINT && i < d; i++)
            residual_of(fit, u)[i] -= fit->sums[(gsize)row * d + i];
    }
    balance_type(fit);
    return largest;
}

static double largest_estimate(const Fit *fit)
{
    double largest = 0;
    for (gsize i = 0; i < (gsize)fit->ridge->attributes * fit->ridge->d; i++)
        largest = MAX(largest, fabs(fit->current[i]));
    return largest;
}

/* Moves the weighted mean of each type into μ. */
static void centre_type(Fit *fit, guint type)
{
    const guint d = fit->ridge->d;
    double mass = 0;
    g_autofree double *centre = g_new0(double, d);
    sum_type(fit, type); /* for the masses */
    for (guint row = 0; row < fit->ridge->attributes; row++) {
        mass += fit->masses[row];
        for (guint i = 0; i < d; i++)
            centre[i] += fit->masses[row] * fit->current[(gsize)row * d + i];
    }
    for (guint i = 0; i < d && mass > 0; i++)
        fit->ridge->mean[i] += centre[i] / mass;
    for (guint row = 0; row < fit->ridge->attributes; row++)
        for (guint i = 0; i < d && fit->masses[row] > 0; i++)
            fit->current[(gsize)row * d + i] -= centre[i] / mass;
}

/* ---- the result ---- */

/* What is left of everybody beside the estimates as they are stored. */
static void finish(Fit *fit, const double *targets)
{
    const AttributeRidge *ridge = fit->ridge;
    const guint d = ridge->d;
    for (gsize i = 0; i < (gsize)ridge->attributes * d; i++)
        ridge->estimates[i] = (float)fit->current[i];
    for (guint u = 0; u < ridge->users; u++) {
        double *left = residual_of(fit, u);
        const Attributes attributes = feature_table_attributes(fit->table, ridge->first_user + u);
        for (guint i = 0; i < d; i++)
            left[i] = fit->weights[u] > 0 ? targets[(gsize)u * d + i] - ridge->mean[i] : 0;
        for (guint a = 0; a < attributes.count && fit->weights[u] > 0; a++) {
            const float *b = ridge->estimates + (gsize)ridge->place[attributes.indices[a]] * d;
            for (guint i = 0; i < d; i++)
                left[i] -= (double)b[i];
        }
    }
}

static void run(Fit *fit)
{
    const guint types = count_types(fit);
    for (guint round = 0; round < MOST_ROUNDS; round++) {
        double largest = 0;
        move_mean(fit);
        for (guint type = 0; type < types; type++)
            largest = MAX(largest, move_type(fit, type));
        if (largest <= ENOUGH * largest_estimate(fit))
            break;
    }
    for (guint type = 0; type < types; type++)
        centre_type(fit, type);
}

AttributeRidge *attribute_ridge_new(const double *targets, const double *weights, guint d,
                                    const FeatureTable *table, double lambda)
{
    AttributeRidge *ridge = ridge_new(d, table);
    guint weighty = 0;
    g_auto(Fit) fit = {
        .ridge = ridge,
        .table = table,
        .weights = weights,
        .current = g_new0(double, (gsize)ridge->attributes *d + 1),
        .sums = g_new0(double, (gsize)ridge->attributes *d + 1),
        .masses = g_new0(double, ridge->attributes + 1),
    };
    ridge->residuals = g_memdup2(targets, (gsize)ridge->users * d * sizeof *targets);
    for (guint u = 0; u < ridge->users; u++) {
        fit.total += weights[u];
        weighty += weights[u] > 0;
    }
    fit.penalty = lambda * fit.total / MAX(weighty, 1);
    if (fit.total > 0)
        run(&fit);
    finish(&fit, targets);
    return ridge;
}

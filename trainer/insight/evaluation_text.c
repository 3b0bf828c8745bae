#include <math.h>
#include <string.h>

#include "evaluation_print.h"

#define COLUMN 20

/* ---- what it is of ---- */

static const char *source_of(const Bundle *bundle)
{
    const char *source = json_get_string(bundle->training, "dataset.source");
    return source != NULL ? source : "data of no name";
}

static void print_names(const EvaluationNames *names, FILE *out)
{
    fprintf(out, "model     %s, trained on %s\n", names->bundle->model_id,
            source_of(names->bundle));
    if (names->other != NULL)
        fprintf(out, "other     %s, trained on %s (%s)\n", names->other->model_id,
                source_of(names->other), names->other->path);
    fprintf(out, "data      %s\n", names->data);
}

static void print_left_out(const Evaluation *result, const EvaluationNames *names, FILE *out)
{
    g_autoptr(GString) why = g_string_new(NULL);
    for (guint i = 0; i < result->gaps->len; i++) {
        const EvaluationGap *gap = &g_array_index(result->gaps, EvaluationGap, i);
        g_string_append_printf(why, "%s%u with a %s the bundle does not have",
                               why->len > 0 ? ", " : "", gap->rows, gap->type);
    }
    if (result->other_lacks > 0)
        g_string_append_printf(why, "%s%u that %s cannot predict", why->len > 0 ? ", " : "",
                               result->other_lacks, names->other->path);
    if (result->training_rows > 0 && !names->with_seen)
        g_string_append_printf(why, "%s%u that are training rows", why->len > 0 ? ", " : "",
                               result->training_rows);
    fprintf(out, "rows      %u of %u", result->scored, result->rows);
    if (result->scored < result->rows)
        fprintf(out, "; left out: %s", why->str);
    fprintf(out, "\n");
}

static void print_relevant(const Evaluation *result, FILE *out)
{
    if (result->rule == RELEVANT_ALL) {
        fprintf(out, "relevant  every rating, as all are %g\n", result->relevant);
        return;
    }
    fprintf(out, "relevant  ratings of %g or more", result->relevant);
    if (result->rule == RELEVANT_SHARE)
        fprintf(out, ", 0.8 times the highest; --relevant chooses another");
    if (result->relevant_unlisted > 0)
        fprintf(out, " (%u more of movies that are not ranked)", result->relevant_unlisted);
    fprintf(out, "\n");
}

static void print_lists(const Evaluation *result, const EvaluationNames *names, FILE *out)
{
    fprintf(out, "lists     of %u of %u movies%s", result->candidates, result->movies,
            result->rows_known ? ", those with training ratings" : "");
    if (names->with_seen)
        fprintf(out, "; what a user has rated in training is recommended too (--with-seen)");
    else if (result->rows_known)
        fprintf(out, "; what a user has rated in training is left out");
    if (names->seen != NULL)
        fprintf(out,
                "; what they have rated in %s is left out (%u of its %u rows are of users and "
                "movies here)",
                names->seen, result->seen_matched, result->seen_rows);
    fprintf(out, "\n");
}

static void print_baseline(const Evaluation *result, FILE *out)
{
    if (result->rows_known)
        fprintf(out, "baseline  the movie's mean rating, damped; most popular by relevant training "
                     "ratings\n");
    else
        fprintf(out,
                "baseline  most popular by the ratings that features.jsonl counts; movie means "
                "are not known\n");
}

/* ---- figures ---- */

static void print_column(Estimate estimate, gboolean sign, FILE *out)
{
    char text[64];
    if (isnan(estimate.value))
        g_strlcpy(text, "-", sizeof text);
    else if (isnan(estimate.error))
        g_snprintf(text, sizeof text, sign ? "%+.4f         " : "%.4f         ", estimate.value);
    else
        g_snprintf(text, sizeof text, sign ? "%+.4f ± %.4f" : "%.4f ± %.4f", estimate.value,
                   estimate.error);
    /* Widths are in characters, not bytes. */
    const int width = (int)g_utf8_strlen(text, -1);
    fprintf(out, "%*s%s", MAX(COLUMN - width, 1), "", text);
}

static void print_figure(const char *name, const Compared *figure, gboolean other, FILE *out)
{
    fprintf(out, "%-13s", name);
    print_column(figure->model, FALSE, out);
    print_column(figure->baseline, FALSE, out);
    if (other)
        print_column(figure->other, FALSE, out);
    print_column(other ? figure->above_other : figure->above_baseline, TRUE, out);
    fprintf(out, "\n");
}

static void print_head(gboolean other, FILE *out)
{
    fprintf(out, "%-13s%*s%*s", "", COLUMN, "model", COLUMN, "baseline");
    if (other)
        fprintf(out, "%*s", COLUMN, "other");
    fprintf(out, "%*s\n", COLUMN, other ? "model - other" : "model - baseline");
}

static void print_group(const Evaluation *result, const EvaluationNames *names, Group which,
                        FILE *out)
{
    const EvaluationGroup *group = &result->group[which];
    const gboolean other = names->other != NULL;
    if (group->people == 0)
        return;
    fprintf(out, "\n%s: %u ratings by %u users",
            which == GROUP_KNOWN  ? "known users"
            : result->by_metadata ? "users by their metadata alone"
                                  : "unknown users, by their metadata if any",
            group->rows, group->people);
    if (group->ranked > 0)
        fprintf(out, "; lists for %u of them, who have %u relevant movies", group->ranked,
                group->relevant);
    else
        fprintf(out, "; none of them has a relevant movie to find, so there are no lists");
    if (group->relevant_seen > 0)
        fprintf(out, " (and %u more in %s)", group->relevant_seen,
                names->seen != NULL ? names->seen : "training");
    fprintf(out, "\n");
    if (other && which == GROUP_KNOWN && group->other_unknown > 0)
        fprintf(out, "note: %u of them are unknown to %s, which has their metadata alone\n",
                group->other_unknown, names->other->path);
    if (other && which == GROUP_COLD && group->other_unknown < group->people)
        fprintf(out, "note: %u of them are known to %s\n", group->people - group->other_unknown,
                names->other->path);
    print_head(other, out);
    print_figure("RMSE", &group->rmse, other, out);
    print_figure("MAE", &group->mae, other, out);
    for (guint s = 0; s < result->size_count && group->ranked > 0; s++)
        for (guint figure = 0; figure < LIST_FIGURES; figure++) {
            g_autofree char *name =
                g_strdup_printf("%s@%u", list_figure_title(figure), result->sizes[s]);
            print_figure(name, &group->list[s][figure], other, out);
        }
}

/* Whether the model was trained on data of this name and size, where that is all there is to go
 * by. */
static void print_notes(const Evaluation *result, const EvaluationNames *names, FILE *out)
{
    for (guint i = 0; i < result->unused->len; i++)
        fprintf(out, "note: the data has no %s, so these figures are of the model without it\n",
                (const char *)g_ptr_array_index(result->unused, i));
    if (result->rows_known && names->with_seen && result->training_rows > 0)
        fprintf(out, "note: %u of the %u rows are training rows, so these figures are optimistic\n",
                result->training_rows, result->scored);
    if (!result->rows_known)
        fprintf(out, "note: the bundle does not say what it was trained on: training rows among "
                     "these are not found, and make figures optimistic; movies a user rated in "
                     "training are recommended too (--seen DATA2 leaves out those of DATA2)\n");
    fprintf(out, "note: ± is the standard error over users; a difference is of the same users\n");
}

void evaluation_print_text(const Evaluation *result, const EvaluationNames *names, FILE *out)
{
    print_names(names, out);
    print_left_out(result, names, out);
    print_relevant(result, out);
    print_lists(result, names, out);
    print_baseline(result, out);
    for (guint group = 0; group < GROUPS; group++)
        print_group(result, names, group, out);
    fprintf(out, "\n");
    print_notes(result, names, out);
}

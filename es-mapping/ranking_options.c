#include "ranking_options.h"

#include <math.h>

#include "recommend.h"
#include "recsys_error.h"
#include "title.h"

GOptionEntry *ranking_options_entries(RankingOptions *options)
{
    const GOptionEntry entries[] = {
        {"size", 0, 0, G_OPTION_ARG_INT, &options->size, "how many movies (10)", "N"},
        {"json", 0, 0, G_OPTION_ARG_NONE, &options->json, "one JSON object instead of a table",
         NULL},
        {NULL},
    };
    return g_memdup2(entries, sizeof entries);
}

gboolean ranking_options_check(const RankingOptions *options, GError **error)
{
    if (options->size >= 1 && options->size <= RECOMMEND_MOST)
        return TRUE;
    g_set_error(error, RECSYS_ERROR, RECSYS_ERROR_USAGE, "--size must be 1 to %d", RECOMMEND_MOST);
    return FALSE;
}

void ranking_options_print(const RankingOptions *options, const Ranking *ranking, const char *whom)
{
    if (options->json) {
        ranking_print_json(ranking, whom, stdout);
        return;
    }
    g_autofree char *printable = title_printable(whom);
    if (ranking->measure != NULL)
        printf("Like {%s}, by %s:\n", printable, ranking->measure);
    else if (isfinite(ranking->offset))
        printf("For {%s}, ratings up to %.1f:\n", printable, model_form_highest(&ranking->form));
    else
        printf("For {%s}:\n", printable);
    ranking_print(ranking, stdout);
}

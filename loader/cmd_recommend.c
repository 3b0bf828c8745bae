#include "commands.h"
#include "es_options.h"
#include "ranking_options.h"
#include "recommend.h"

gboolean cmd_recommend(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(ProfileOptions) profile_options = {0};
    g_auto(EsOptions) cluster = {0};
    RankingOptions options = RANKING_OPTIONS_DEFAULT;
    g_autofree GOptionEntry *profile_entries = profile_options_entries(&profile_options);
    g_autofree GOptionEntry *entries = ranking_options_entries(&options);
    g_autofree GOptionEntry *cluster_entries = es_options_entries(&cluster);
    const GOptionEntry *const all[] = {profile_entries, entries, cluster_entries, NULL};
    if (!cli_parse(command, all, &argc, &argv, error) || !ranking_options_check(&options, error))
        return FALSE;
    g_autoptr(Profile) profile = profile_of_options(&profile_options, error);
    if (profile == NULL)
        return FALSE;
    g_autoptr(EsClient) client = es_options_connect(&cluster, error);
    if (client == NULL)
        return FALSE;
    g_autoptr(Recommender) recommender = recommender_new(client, es_options_alias(&cluster));
    g_autoptr(Ranking) ranking = recommender_rank(recommender, profile, (guint)options.size, error);
    if (ranking == NULL)
        return FALSE;
    ranking_options_print(&options, ranking, profile);
    return TRUE;
}

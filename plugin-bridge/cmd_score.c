#include "commands.h"
#include "local_scorer.h"
#include "option_texts.h"
#include "ranking_options.h"

gboolean cmd_score(const CliCommand *command, int argc, char **argv, GError **error)
{
    g_auto(ProfileOptions) profile_options = {0};
    RankingOptions options = RANKING_OPTIONS_DEFAULT;
    g_autofree GOptionEntry *profile_entries = profile_options_entries(&profile_options);
    g_autofree GOptionEntry *entries = ranking_options_entries(&options);
    const GOptionEntry *const all[] = {profile_entries, entries, NULL};
    if (!cli_parse(command, all, &argc, &argv, error) || !option_texts_check(all, error) ||
        !ranking_options_check(&options, error))
        return FALSE;
    g_autoptr(Profile) profile = profile_of_options(&profile_options, error);
    if (profile == NULL)
        return FALSE;
    g_autoptr(Bundle) bundle = bundle_open(argv[1], error);
    if (bundle == NULL)
        return FALSE;
    g_autoptr(Ranking) ranking = local_rank(bundle, profile, (guint)options.size, error);
    if (ranking == NULL)
        return FALSE;
    g_autoptr(Profile) whole = local_whole(bundle, profile);
    g_autofree char *whom = profile_describe(whole);
    ranking_options_print(&options, ranking, whom);
    return TRUE;
}

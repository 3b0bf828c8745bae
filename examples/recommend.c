/* Recommends movies from a release of recsys-loader, in C:
 *
 *     cc recommend.c -o recommend $(pkg-config --cflags --libs recsys-es)
 *     ./recommend recsys age=18 gender=M
 *     ./recommend recsys user=42              the whole person, with their own age, gender …
 *     ./recommend recsys user=42 --user-only
 *     ./recommend recsys --anyone             the average person
 *
 * ES_URL and the other variables of the programs say where the cluster is, who asks, what to trust.
 * Exit codes are the programs', too. */
#include <es_options.h>
#include <math.h>
#include <recommend.h>
#include <string.h>

int main(int argc, char **argv)
{
    g_autoptr(GError) error = NULL;
    g_auto(EsOptions) options = {0};
    g_autoptr(Profile) profile = profile_new();
    for (int i = 2; i < argc; i++) {
        profile->anyone = profile->anyone || strcmp(argv[i], "--anyone") == 0;
        profile->user_only = profile->user_only || strcmp(argv[i], "--user-only") == 0;
        if (g_str_has_prefix(argv[i], "--"))
            continue;
        g_auto(GStrv) pair = g_strsplit(argv[i], "=", 2);
        profile_add(profile, pair[0], pair[0] != NULL && pair[1] != NULL ? pair[1] : "");
    }
    const RecommendRequest request = {.profile = profile, .size = 10};
    g_autoptr(EsClient) client = es_options_connect(&options, &error);
    g_autoptr(Recommender) recommender =
        client != NULL ? recommender_new(client, argc > 1 ? argv[1] : "recsys") : NULL;
    g_autoptr(Ranking) ranking =
        recommender != NULL ? recommender_ask(recommender, &request, &error) : NULL;
    if (ranking == NULL) {
        g_printerr("recommend: %s\n", error->message);
        return es_exit_code(error);
    }
    for (guint i = 0; i < ranking->movies->len; i++) {
        const RankedMovie *movie = &g_array_index(ranking->movies, RankedMovie, i);
        if (isfinite(movie->rating))
            g_print("%.2f  %s  %s\n", movie->rating, movie->value, movie->title);
        else /* the model orders movies, and rates none */
            g_print("   -  %s  %s\n", movie->value, movie->title);
    }
    return 0;
}

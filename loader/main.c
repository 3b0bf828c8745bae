#include "commands.h"
#include "es_client.h"

static const CliCommand commands[] = {
    {"release", "BUNDLE", "index a bundle and make it the live release",
     "Takes the lock, creates a new index, sends every document, checks every answer, runs the\n"
     "gates, and only then moves the alias, in one step; then it prunes. If anything fails before\n"
     "the swap, the new index is deleted and the alias is as it was; an index that failed a gate "
     "is\n"
     "kept aside. What a killed job left behind is deleted by the next one.\n"
     "\n"
     "Gates: documents (all there, equal bit for bit), orders (every ranking proved), baseline "
     "(RMSE\n"
     "better than that of movie means, NDCG than that of the most popular movies, on the "
     "validation\n"
     "rows of the training), and against the live release quality (RMSE, NDCG: whichever both "
     "have),\n"
     "count and churn (how far its recommendations change). All are on, with the limits above; "
     "\"none\"\n"
     "takes a limit away, --skip-gate a gate (rmse is another name of quality). What cannot be "
     "compared,\n"
     "such as models of different objectives, is said and fails no gate.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader release bundle\n"
     "  recsys-loader release bundle --url http://localhost:9200 --alias movies\n"
     "  recsys-loader release bundle --max-rmse-rise 0.01 --max-count-change 0.1 --quiet\n"
     "  recsys-loader release bundle --max-ndcg-drop 0.01 --skip-gate baseline\n",
     cmd_release},
    {"plan", "BUNDLE", "say what release would do, and change nothing",
     "Takes the options of release. The gates that need no index are run; exits with 5 if one of "
     "them\n"
     "would fail.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader plan bundle --max-rmse-rise 0.01 --max-ndcg-drop 0.01\n"
     "  recsys-loader plan bundle --json\n",
     cmd_plan},
    {"releases", "", "list the releases that are in the cluster",
     "The newest first: name, model, age, documents, size, validation RMSE and NDCG, and whether "
     "it is\n"
     "live.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader releases\n"
     "  recsys-loader releases --json\n",
     cmd_releases},
    {"rollback", "[RELEASE]", "make an earlier release the live one again",
     "RELEASE is the name of an index; without it, the complete release before the live one. "
     "Before\n"
     "the alias moves all its documents are read, and must be those of its model_id, which is a\n"
     "checksum, or of --bundle.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader rollback\n"
     "  recsys-loader rollback recsys-20260101-030000-0123456789ab --bundle bundle\n",
     cmd_rollback},
    {"prune", "", "delete old releases",
     "Never the live one nor the one before it, and only indices that this program made for this\n"
     "alias and that no alias stands for. Unfinished indices of jobs that were killed go as well, "
     "and\n"
     "all but the latest of those that failed a gate.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader prune --keep 3\n"
     "  recsys-loader prune --keep 3 --json\n",
     cmd_prune},
    {"doctor", "", "look whether a release could work",
     "Tries what a release asks for on a throw-away index, ALIAS-doctor-…: settings, bulk, "
     "mapping,\n"
     "reads, scripts, a lock, and a swap of an alias of its own; one line each, with the way out. "
     "What\n"
     "the alias stands for is not touched. What a killed doctor left behind is deleted by the next "
     "one\n"
     "after an hour.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader doctor --url https://search.example:9200\n",
     cmd_doctor},
    {"recommend", "", "rank the live release's movies for a person",
     "Fetches the person's vectors (mget), sums them and ranks with script_score.\n"
     "\n"
     "Filters are clauses that the cluster may cache. If no movie passes them, the list is empty,\n"
     "standard error says so, and the exit code is 0. A genre that the release does not have is "
     "an\n"
     "error; a movie to exclude that it does not have is told of on standard error. --from goes\n"
     "through search_after and a point in time.\n"
     "\n"
     "--profiles reads a line of JSON for each profile and writes one for each, in the same "
     "order,\n"
     "all of one release; a line that has an error instead of movies makes the exit code 2.\n"
     "--resume goes on only with a file that was made with the same options, profiles and "
     "release.\n"
     "--curl names the environment variables with the credentials, never what they hold.\n"
     "\n"
     "With --history a person the model has never seen is folded in from what they have rated (a "
     "ridge\n"
     "regression on this side); age and the like may be given too. --diversify is maximal "
     "marginal\n"
     "relevance over ten times as many movies as --size, at least 100.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader recommend --age 18 --gender M\n"
     "  echo '318 5' | recsys-loader recommend --history - --gender F --diversify 0.3\n"
     "  recsys-loader recommend --user 42 --size 20 --from 20 --json\n"
     "  recsys-loader recommend --user 42 --exclude-seen ratings.dat --genre Comedy --no-genre "
     "Horror\n"
     "  recsys-loader recommend --user 4711 --age 25 --cold-start --years 1990-1999 --explain\n"
     "  recsys-loader recommend --gender F --filter '{\"prefix\": {\"title\": \"Star\"}}'\n"
     "  recsys-loader recommend --age 18 --gender M --curl | sh\n"
     "  recsys-loader recommend --user 42 --knn --candidates 500\n"
     "  recsys-loader recommend --profiles profiles.jsonl --output top10.jsonl --cold-start\n"
     "  recsys-loader recommend --profiles profiles.jsonl --output top10.jsonl --resume\n"
     "  recsys-loader recommend --profiles profiles.jsonl --exclude-seen ratings.dat\n",
     cmd_recommend},
    {"similar", "", "list the movies that are like a movie",
     "An exact search by the movie's own vector, by the angle (cosine) or by the dot product. How "
     "well\n"
     "movies are liked plays no part. A file of --exclude-seen must be a list.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader similar --movie 318\n"
     "  recsys-loader similar --movie 318 --by dot --size 20 --genre Drama --years 1990- --json\n",
     cmd_similar},
    {NULL},
};

int main(int argc, char **argv)
{
    static const CliProgram program = {
        .name = "recsys-loader",
        .summary = "Takes bundles to an Elasticsearch cluster, and recommendations from it.",
        .commands = commands,
        .exit_code = es_exit_code,
    };
    return cli_main(&program, argc, argv);
}

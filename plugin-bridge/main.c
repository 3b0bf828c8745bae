#include "commands.h"
#include "es_client.h"

static const CliCommand commands[] = {
    {"verify", "[BUNDLE]", "prove that the cluster's answers are the bundle's",
     "Compares mapping and settings, then every document bit for bit, then the order of standard\n"
     "and random profiles with bounds that hold for every way a server may sum. Parity holds if\n"
     "nothing is violated; the exit code is 0 then, 5 if something is, 7 if answers were partial\n"
     "or the release was replaced meanwhile. Without BUNDLE, --from-cluster takes the stored\n"
     "documents for the model: everything is proved then but that it is the right model.\n"
     "\n"
     "Examples:\n"
     "  recsys-bridge verify bundle\n"
     "  recsys-bridge verify bundle --url http://localhost:9200 --random 500 --depth 100 --json\n"
     "  recsys-bridge verify bundle --release recsys-20260102-030405-0123456789ab --all-users\n"
     "  recsys-bridge verify --from-cluster --depth all\n"
     "  recsys-bridge verify bundle --junit parity.xml --html parity.html\n"
     "  recsys-bridge verify bundle --bit-exact\n",
     cmd_verify},
    {"watch", "[BUNDLE]", "verify a little, again and again, and say when it is wrong",
     "Each round compares random documents and the order of random profiles, one line a round.\n"
     "Without BUNDLE the rankings are compared with the release's own vectors, as they were when\n"
     "it was first seen, and a new release is followed; with it another model is a violation.\n"
     "A cluster that is away is waited for. The first violation ends it with 5.\n"
     "\n"
     "Examples:\n"
     "  recsys-bridge watch bundle --every 60\n"
     "  recsys-bridge watch --keep-going --metrics /var/lib/node_exporter/recsys.prom\n",
     cmd_watch},
    {"recall", "", "compare the live release's approximate rankings with the exact ones",
     "For releases made with --knn: how many of the best movies `recommend --knn` finds, and how "
     "long\n"
     "both take, for the standard profiles and random users, one after the other. The times are "
     "of\n"
     "the search alone, as the client sees it; server ms is what the server says of itself.\n"
     "\n"
     "Examples:\n"
     "  recsys-bridge recall\n"
     "  recsys-bridge recall --depth 20 --random 500 --candidates 50,200,1000 --json\n",
     cmd_recall},
    {"score", "BUNDLE", "rank a bundle's movies locally, with no cluster",
     "Examples:\n"
     "  recsys-bridge score bundle --age 18 --gender M\n"
     "  recsys-bridge score bundle --user 42 --size 5 --json\n",
     cmd_score},
    {"fingerprint", "", "find out how each node of the cluster sums a dot product",
     "Asks every node for dot products of random vectors in a throw-away index, ALIAS-probe-…,\n"
     "which is always removed, until all answers are bit for bit those of one known kernel. Says\n"
     "unknown if there is none: nothing is guessed. Exit code 0 if the kernel of every node is\n"
     "known, 7 if not.\n"
     "\n"
     "Examples:\n"
     "  recsys-bridge fingerprint\n"
     "  recsys-bridge fingerprint --url http://localhost:9200 --json\n",
     cmd_fingerprint},
    {"check-query", "FILE [BUNDLE]", "prove a search that some other client sent, and its answer",
     "FILE (or - for standard input) has the JSON body of the search as it was sent, or\n"
     "{\"request\": body, \"response\": answer}, or the lines of an _msearch. Finds the profile "
     "whose vectors sum to its query\n"
     "vector, names what is wrong with script, shift, filter and sort, and proves scores, order\n"
     "and set of the answer: the captured one, or the cluster's own to the same body. Compared\n"
     "with BUNDLE, or else with the cluster's documents. With both a BUNDLE and an answer no\n"
     "cluster is needed. Exit code 0 if it is right, 5 if it is wrong, 7 if that cannot be told:\n"
     "the vector is no profile's sum, the answer is partial, or there is more to the query than a\n"
     "script_score.\n"
     "\n"
     "Examples:\n"
     "  recsys-bridge check-query search.json\n"
     "  recsys-bridge check-query search.json --age 18 --gender M --json\n"
     "  recsys-bridge check-query search.json bundle --answer answer.json\n"
     "  recsys-bridge check-query searches.ndjson --search 2\n",
     cmd_check_query},
    {"explain", "[BUNDLE]", "take a movie's score apart, or say why one is above another",
     "Shows what the movie's bias and each feature of the profile add, Elasticsearch's value "
     "against\n"
     "the exact one and its bound, and with --above which features make the difference and "
     "whether\n"
     "the order is proved. Without BUNDLE the stored documents are the model. The exit code is 5 "
     "if\n"
     "the cluster's answer is not the model's.\n"
     "\n"
     "Examples:\n"
     "  recsys-bridge explain bundle --movie 318 --age 18 --gender M\n"
     "  recsys-bridge explain --movie 318 --above 50 --user 42 --json\n",
     cmd_explain},
    {NULL},
};

int main(int argc, char **argv)
{
    static const CliProgram program = {
        .name = "recsys-bridge",
        .summary = "Checks a cluster's answers against the local scorer.",
        .commands = commands,
        .exit_code = es_exit_code,
    };
    return cli_main(&program, argc, argv);
}

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
     "  recsys-bridge verify bundle --junit parity.xml --html parity.html\n",
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

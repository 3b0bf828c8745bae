#include "commands.h"
#include "es_client.h"

static const CliCommand commands[] = {
    {"verify", "BUNDLE", "prove that the cluster's answers are the bundle's",
     "Compares the mapping, then every document bit for bit, then the order of standard and "
     "random\n"
     "profiles with bounds that hold for every way a server may sum. Parity holds if nothing is\n"
     "violated; the exit code is 0 then, 5 if something is, 7 if the answers were partial.\n"
     "\n"
     "Examples:\n"
     "  recsys-bridge verify bundle\n"
     "  recsys-bridge verify bundle --url http://localhost:9200 --random 500 --depth 100 --json\n",
     cmd_verify},
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

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
     "  recsys-bridge verify bundle --url http://localhost:9200 --random 500 --depth 100 --json\n"
     "  recsys-bridge verify bundle --bit-exact\n",
     cmd_verify},
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
     "{\"request\": body, \"response\": answer}. Finds the profile whose vectors sum to its query\n"
     "vector, names what is wrong with script, shift, filter and sort, and proves scores, order\n"
     "and set of the answer: the captured one, or the cluster's own to the same body. Compared\n"
     "with BUNDLE, or else with the cluster's documents. With both a BUNDLE and an answer no\n"
     "cluster is needed. Exit code 0 if it is right, 5 if it is wrong, 7 if that cannot be told.\n"
     "\n"
     "Examples:\n"
     "  recsys-bridge check-query search.json\n"
     "  recsys-bridge check-query search.json --age 18 --gender M --json\n"
     "  recsys-bridge check-query search.json bundle --answer answer.json\n",
     cmd_check_query},
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

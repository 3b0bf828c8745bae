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
    {"score", "BUNDLE", "rank a bundle's movies locally, with no cluster",
     "Examples:\n"
     "  recsys-bridge score bundle --age 18 --gender M\n"
     "  recsys-bridge score bundle --user 42 --size 5 --json\n",
     cmd_score},
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

#include "commands.h"
#include "es_client.h"

static const CliCommand commands[] = {
    {"release", "BUNDLE", "index a bundle and make it the live release",
     "Creates a new index, sends every document, checks every answer, and only then moves the "
     "alias, in\n"
     "one step. If anything fails before that, the new index is deleted and the alias is as it "
     "was.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader release bundle\n"
     "  recsys-loader release bundle --url http://localhost:9200 --alias movies\n",
     cmd_release},
    {"recommend", "", "rank the live release's movies for a person",
     "Fetches the person's vectors (mget), sums them and ranks with script_score.\n"
     "\n"
     "Examples:\n"
     "  recsys-loader recommend --age 18 --gender M\n"
     "  recsys-loader recommend --user 42 --size 20 --json\n",
     cmd_recommend},
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

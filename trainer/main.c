#include "commands.h"
#include "recsys_error.h"

static const CliCommand commands[] = {
    {"train", "DATA BUNDLE", "learn a factorization machine and write it as a bundle",
     "DATA is a directory in the MovieLens 1M format; BUNDLE is the directory to write.\n"
     "\n"
     "Examples:\n"
     "  recsys-trainer train ml-1m bundle\n"
     "  recsys-trainer train ml-1m bundle --epochs 5 --factors 64 --seed 7\n",
     cmd_train},
    {"import", "MODEL FEATURES BUNDLE", "make a bundle of a model that PyTorch has trained",
     "MODEL is a safetensors file with the tensors w0 [1], bias.weight [n, 1] and "
     "embeddings.weight\n"
     "[n, k], all F32: the state_dict() of the original blog post's FMModel, for any n and k. "
     "FEATURES\n"
     "says what the n rows are, one JSON object a line, as features.jsonl in a bundle does:\n"
     "  {\"index\": 0, \"type\": \"user\", \"value\": \"1\"}\n"
     "  {\"index\": 1, \"type\": \"movie\", \"value\": \"318\", \"title\": \"…\", \"genres\": "
     "[\"Drama\"],\n"
     "   \"year\": 1994, \"ratings\": 2227}\n"
     "\n"
     "In PyTorch: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")\n"
     "\n"
     "Example:\n"
     "  recsys-trainer import model.safetensors features.jsonl bundle\n",
     cmd_import},
    {"synth", "DIR", "write an invented data set with a known model behind it",
     "Writes users.dat, movies.dat and ratings.dat in the MovieLens 1M format, and planted.json:\n"
     "what was planted, and the RMSE that no model can be expected to get below.\n"
     "\n"
     "Examples:\n"
     "  recsys-trainer synth data\n"
     "  recsys-trainer synth small --users 500 --movies 300 --ratings 40000 --seed 7\n",
     cmd_synth},
    {NULL},
};

int main(int argc, char **argv)
{
    static const CliProgram program = {
        .name = "recsys-trainer",
        .summary = "Learns a factorization machine from ratings and user metadata.",
        .commands = commands,
        .exit_code = recsys_error_exit_code,
    };
    return cli_main(&program, argc, argv);
}

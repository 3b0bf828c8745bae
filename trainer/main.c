#include "commands.h"
#include "recsys_error.h"

static const CliCommand commands[] = {
    {"train", "DATA BUNDLE", "learn a factorization machine and write it as a bundle",
     "DATA is a directory in the format of MovieLens 1M, 100k or the CSV files of ml-latest, "
     "ml-25m\n"
     "and ml-32m, or a CSV file with a header: user, item, rating, and optionally title, genres,\n"
     "year, timestamp; any other column is a user feature. BUNDLE is the directory to write.\n"
     "\n"
     "Examples:\n"
     "  recsys-trainer train ml-1m bundle\n"
     "  recsys-trainer train ratings-of-our-shop.csv bundle\n"
     "  recsys-trainer train ml-1m bundle --epochs 5 --factors 64 --seed 7\n",
     cmd_train},
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

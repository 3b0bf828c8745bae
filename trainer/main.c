#include "commands.h"
#include "recsys_error.h"

static const CliCommand commands[] = {
    {"train", "DATA BUNDLE", "learn a model from ratings and write it as a bundle",
     "DATA is a directory in the format of MovieLens 1M, 100k or the CSV files of ml-latest, "
     "ml-25m\n"
     "and ml-32m, or a CSV file with a header: user, item, and optionally rating, title, genres,\n"
     "year, timestamp; any other column is a user feature. BUNDLE is the directory to write.\n"
     "\n"
     "--objective says what the model is for:\n"
     "  ratings  predict ratings: a factorization machine, or with --solver gibbs Bayesian\n"
     "           factorization, which is better\n"
     "  ranking  order movies: alternating least squares; also for data without ratings\n"
     "  both     lists by the one, the rating of each movie by the other, in one vector\n"
     "\n"
     "--valid 0.1 holds out a tenth of the ratings to see how well the model does without them:\n"
     "  0.1:random    of all ratings at random, as 0.1: how well it fills in what is missing\n"
     "  0.1:time      the latest: how well it says what comes next (needs timestamps)\n"
     "  0.1:user      all of a tenth of the users: how well it does for new people\n"
     "  0.1:per-user  of each user's at random: lists, with the same share of each to find\n"
     "\n"
     "Examples:\n"
     "  recsys-trainer train ml-1m bundle\n"
     "  recsys-trainer train ratings-of-our-shop.csv bundle\n"
     "  recsys-trainer train ml-1m bundle --objective both\n"
     "  recsys-trainer train purchases.csv bundle --objective ranking --valid 0.1:per-user\n"
     "  recsys-trainer train ml-1m bundle --epochs 5 --factors 64 --seed 7\n"
     "  recsys-trainer train ml-latest-small bundle --valid 0.2:time\n",
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
    {"inspect", "BUNDLE", "show what a bundle is, how it learned, and which movies are near one",
     "Examples:\n"
     "  recsys-trainer inspect bundle\n"
     "  recsys-trainer inspect bundle --movie 318 --size 20\n"
     "  recsys-trainer inspect bundle --movie shawshank    (names the ids of such titles)\n",
     cmd_inspect},
    {"evaluate", "BUNDLE DATA", "measure a bundle on ratings, beside what is trivial",
     "RMSE and MAE of the ratings; NDCG, precision, recall, hit rate, MRR and coverage of lists "
     "of\n"
     "all movies; each with its standard error, beside the movies' mean ratings and the most\n"
     "popular movies on the same rows. Rows of DATA that the model was trained on are left out,\n"
     "and lists are without what a user rated in training: the bundle knows both. Users it does\n"
     "not know are a group of their own, by their metadata; rows of movies it does not know are\n"
     "left out and counted.\n"
     "\n"
     "Examples:\n"
     "  recsys-trainer evaluate bundle ml-1m                    (what --valid held out of it)\n"
     "  recsys-trainer evaluate bundle ratings-of-june --at 10,20 --relevant 4 --json\n"
     "  recsys-trainer evaluate bundle ratings-of-june --compare bundle-of-last-week\n"
     "  recsys-trainer evaluate bundle new-people --metadata age,gender\n"
     "  recsys-trainer evaluate bundle ml-1m --by-metadata --metadata age,gender\n"
     "  recsys-trainer evaluate old-bundle ratings-of-june --seen ratings-until-may\n",
     cmd_evaluate},
    {"plot", "BUNDLE OUT", "draw the learning curve and a map of the movies as SVG or PNG",
     "OUT ends with .svg or .png. The map is a t-SNE of the embeddings of the movies of some "
     "genres;\n"
     "in a browser, the SVG shows a movie's title when the pointer rests on it.\n"
     "\n"
     "Examples:\n"
     "  recsys-trainer plot bundle bundle.svg\n"
     "  recsys-trainer plot bundle map.png --kind map --genres \"Western,Sci-Fi,Musical\" --dark\n",
     cmd_plot},
    {NULL},
};

int main(int argc, char **argv)
{
    static const CliProgram program = {
        .name = "recsys-trainer",
        .summary = "Learns models of ratings and of lists from ratings and user metadata.",
        .commands = commands,
        .exit_code = recsys_error_exit_code,
    };
    return cli_main(&program, argc, argv);
}

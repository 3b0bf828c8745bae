"""The learners of recsys-trainer train, checked from what they write: NumPy in float64 and nothing of the project but its files.

    python learners.py RECSYS_TRAINER

Prints TAP. Tolerances are error bounds of float32 (U, the unit roundoff) where a result is determined, and the spread of the
NumPy learners' own starts or seeds where it is not.
"""
import json
import subprocess
import sys
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np

from als_in_numpy import ImplicitSquares
from gibbs_in_numpy import posterior_mean
from ratings_data import Documents, Ratings, hold_out

U = 2.0 ** -24
ALPHA, STRENGTH, ALS_FACTORS, ALS_SWEEPS = .1, .02, 16, 8
SAMPLER = {"factors": 16, "sweeps": 240, "burn_in": 20, "keep_every": 3}
SEEDS = (1, 2, 3)
RATING_RIDGE, RANKING_RIDGE = 100, 30  # in average users
BOTH, RATING_DIMS = 40, 24

trainer = sys.argv[1]
failures = []
number = 0


def check(good, name, detail=""):
    global number
    number += 1
    print(f"{'ok' if good else 'not ok'} {number} - {name}{': ' if detail else ''}{detail}", flush=True)
    if not good:
        failures.append(name)


def run(*arguments):
    done = subprocess.run([trainer, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(done.args)}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


def train(data, bundle, *options):
    run("train", data, bundle, *options)
    return Documents(bundle)


def first_ten(scores):
    return np.argsort(-scores, axis=1, kind="stable")[:, :10]


def same_lists(scores, expected, bounds):
    """The first ten are those of `expected`, but for the order of movies whose scores are closer than rounding can tell."""
    ours, theirs = first_ten(scores), first_ten(expected)
    return (np.abs(np.take_along_axis(expected, ours, 1) - np.take_along_axis(expected, theirs, 1))
            <= 2 * bounds.max(axis=1, keepdims=True)).all()


# ---- people in documents ----

def ridge_of_attributes(targets, weights, people, strength):
    """b [A, d] by the normal equations, centred by type, and the mean; in the order of np.unique(people[:, 1:])."""
    values, place = np.unique(people[:, 1:], return_inverse=True)
    place = place.reshape(people[:, 1:].shape)
    design = np.zeros((len(people), 1 + len(values)))
    design[:, 0] = 1
    np.put_along_axis(design, 1 + place, 1, axis=1)
    penalty = strength * weights.sum() / (weights > 0).sum() * np.diag([0.] + [1.] * len(values))
    found = np.linalg.solve(design.T @ (weights[:, None] * design) + penalty, design.T @ (weights[:, None] * targets))
    mean, estimates = found[0], found[1:]
    for kind in range(place.shape[1]):
        centre = (weights[:, None] * estimates[place[:, kind]]).sum(axis=0) / weights.sum()
        estimates[np.unique(place[:, kind])] -= centre
        mean = mean + centre
    return values, estimates, mean


def largest_error(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def check_machine(data, folder):
    options = ("--epochs", 8, "--factors", 12, "--learning-rate", .02, "--initial-sigma", .1, "--seed", 5, "--valid", 0)
    plain, documents = train(data, folder / "plain", *options, "--plain"), train(data, folder / "documents", *options)
    parts = plain.v[plain.people]  # [U, 1 + types, k]
    pairs = .5 * (parts.sum(axis=1) ** 2 - (parts ** 2).sum(axis=1)).sum(axis=1)
    offsets = plain.w[plain.people].sum(axis=1) + pairs
    plain_lists = plain.scores()
    z = plain.w0 + offsets[:, None] + plain_lists
    sizes = np.abs(documents.v[documents.people]).sum(axis=1) + np.abs(plain.queries())
    bound = 2 * U * (np.abs(documents.w[documents.people]).sum(axis=1)[:, None] + np.abs(offsets)[:, None] + abs(documents.w0)
                     + np.abs(documents.w[documents.movies]) + sizes @ np.abs(plain.v[plain.movies]).T)
    excess = (np.abs(documents.z() - z) / bound).max()
    check(excess <= 1, "a machine's z is that of whole people in documents", f"{excess:.2g} of the bound of rounding")
    check(same_lists(documents.scores(), plain_lists, bound), "and so are the lists")
    targets = np.column_stack([plain.queries(), offsets])
    values, estimates, mean = ridge_of_attributes(targets, Ratings(data, plain).counts()[0], plain.people, RATING_RIDGE)
    error = largest_error(np.column_stack([documents.v[values], documents.w[values]]), estimates)
    check(error < 1e-6, "attributes are the solution of the normal equations", f"relative error {error:.2g}")
    error = abs(documents.w0 - plain.w0 - mean[-1])
    check(error < 1e-6, "w0 has the average person's offset", f"error {error:.2g}")


# ---- lists ----

def whole_vectors(documents, ratings):
    """x as it was learned: a document's person is divided by the root of the number of ratings."""
    return (documents.queries() + documents.fold_in_mean()) * np.sqrt(ratings.counts()[0])[:, None]


def residual_share(reference, documents, users, movies):
    """The largest residual of a user's normal equations, in terms of what rounding to float32 can leave: of the sums over n ratings
    and the factorization, (n + 4k) U (|A||x| + |b|); and of documents, whose parts are rounded each."""
    worst = 0
    for line, x in enumerate(users):
        a, b = reference.system(line, reference.rated, reference.target, movies)
        n = reference.rated[line].sum()
        norm = np.linalg.norm(a)
        parts = np.linalg.norm(documents.v[documents.people[line]], axis=1).sum() + np.linalg.norm(documents.fold_in_mean())
        bound = U * ((n + 4 * reference.k) * (norm * np.linalg.norm(x) + np.linalg.norm(b)) + 2 * norm * parts * np.sqrt(n))
        worst = max(worst, np.linalg.norm(a @ x - b) / bound)
    return worst


def check_ranking(data, folder):
    documents = train(data, folder / "ranking", "--objective", "ranking", "--alpha", ALPHA, "--lambda", STRENGTH, "--valid", 0,
                      "--factors", ALS_FACTORS, "--sweeps", ALS_SWEEPS)
    ratings = Ratings(data, documents)
    reference = ImplicitSquares(ratings, ALS_FACTORS, ALPHA, STRENGTH)
    users, movies = whole_vectors(documents, ratings), documents.v[documents.movies]
    share = residual_share(reference, documents, users, movies)
    check(share <= 1, "every user's vector solves its normal equations", f"{share:.2g} of the bound of rounding")
    found = reference.objective(users, movies)
    starts = [reference.objective(*reference.run(ALS_SWEEPS, seed)) for seed in SEEDS]
    margin = 2 * (max(starts) - min(starts)) + 1e-4 * min(starts)
    check(abs(found - np.mean(starts)) <= margin, "the objective is that of NumPy's starts",
          f"{found:.4f}, {' '.join(f'{start:.4f}' for start in starts)}")
    gram = movies.T @ movies
    largest = np.abs(gram - np.diag(np.diag(gram))).max() / np.trace(gram)
    check(largest <= 4 * ALS_FACTORS * U, "the movies' Gram matrix is diagonal", f"largest share {largest:.2g}")
    root = np.sqrt(ratings.counts()[0])[:, None]
    solved = reference.solve_users(movies) / root
    expected, scores = solved @ movies.T, documents.scores()
    size = np.abs(expected).max()
    error = np.abs(scores - expected).max() / size
    check(error < 1e-4, "documents score as the vectors that NumPy solves for", f"relative error {error:.2g}")
    check(same_lists(scores, expected, np.full_like(scores, 1e-4 * size)), "and list the same movies")
    values, estimates, mean = ridge_of_attributes(users / root, np.ones(len(users)), documents.people, RANKING_RIDGE)
    error = largest_error(documents.v[values], estimates)
    check(error < 1e-5, "attributes are the solution of the normal equations", f"relative error {error:.2g}")
    error = largest_error(documents.fold_in_mean(), mean)
    check(error < 1e-5, "the average person is the mean", f"relative error {error:.2g}")


# ---- ratings ----

def rmse(predicted, held):
    return np.sqrt(((predicted[held.user, held.movie] - held.rating) ** 2).mean())


def movie_means(ratings):
    sums = np.bincount(ratings.movie, ratings.rating, ratings.movies)
    return np.broadcast_to(sums / ratings.counts()[1], (ratings.users, ratings.movies))


class Sampled:
    """A run of a sampler: its clipped predictions [U, M], and the noise that it finds in the second half."""

    def __init__(self, predicted, noise, lowest, highest):
        self.predicted, self.noise = np.clip(predicted, lowest, highest), np.mean(noise)


def sample_by_program(train_data, held_data, bundle, seed):
    lines = run("train", train_data, bundle, "--solver", "gibbs", "--seed", seed, "--factors", 64, "--sampler-factors",
                SAMPLER["factors"], "--sweeps", SAMPLER["sweeps"], "--valid", held_data, "--json").splitlines()
    figures = [json.loads(line) for line in lines[:-1]]
    documents = Documents(bundle)
    link = documents.training["link"]
    noise = [figure["noise"] for figure in figures if figure["step"] > SAMPLER["sweeps"] // 2]
    return documents, Sampled(documents.z(), noise, link["lowest"], link["highest"])


def sample_by_numpy(ratings, seed):
    predicted, noise = posterior_mean(ratings, **SAMPLER, seed=seed)
    return Sampled(predicted, noise[SAMPLER["sweeps"] // 2:], ratings.rating.min(), ratings.rating.max())


def compare_means(ours, theirs, least, name):
    """Means of a figure over the seeds, within four standard errors; by chance these can come out too small, so at least `least`."""
    noise = np.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / len(SEEDS))
    text = " and NumPy ".join(" ".join(f"{x:.4f}" for x in some) for some in (ours, theirs))
    check(abs(np.mean(ours) - np.mean(theirs)) <= 4 * max(noise, least), name, f"{text}, standard error {noise:.4f}")


def distance(a, b, held):
    return np.sqrt(((a - b)[held.user, held.movie] ** 2).mean())


def check_gibbs(data, folder):
    train_data, held_data = folder / "learn", folder / "held"
    hold_out(data, train_data, held_data, .1, seed=7)
    bundles, ours = zip(*(sample_by_program(train_data, held_data, folder / f"gibbs{seed}", seed) for seed in SEEDS))
    ratings, held = Ratings(train_data, bundles[0]), Ratings(held_data, bundles[0])
    theirs = [sample_by_numpy(ratings, seed) for seed in SEEDS]
    figures, expected = ([rmse(one.predicted, held) for one in some] for some in (ours, theirs))
    compare_means(figures, expected, .001, "the samplers' RMSE is the same")
    compare_means([one.noise for one in ours], [one.noise for one in theirs], .0005, "and so is the noise")
    # Means of n seeds differ by sqrt(2 / n) of their spread, two seeds by sqrt(2) of it.
    within = np.mean([distance(a.predicted, b.predicted, held) for a, b in combinations(theirs, 2)]) / np.sqrt(len(SEEDS))
    means = [np.mean([one.predicted for one in some], axis=0) for some in (ours, theirs)]
    across = distance(*means, held)
    check(across <= 1.25 * within, "mean predictions differ as other seeds' would",
          f"by {across:.4f}, NumPy's own by {within:.4f}")
    trivial = rmse(movie_means(ratings), held)
    check(max(figures + expected) < trivial, "both beat the movies' means", f"{trivial:.4f}")
    error = np.abs(np.subtract([bundle.training["final"]["valid_rmse"] for bundle in bundles], figures)).max()
    check(error < 1e-5, "the validation RMSE that was said is the documents'", f"difference {error:.2g}")


# ---- both ----

def check_both(data, folder):
    lists = ("--alpha", ALPHA, "--lambda", STRENGTH)
    sampling = ("--sweeps", 30, "--sampler-factors", 16)
    both = train(data, folder / "both", "--objective", "both", "--factors", BOTH, "--rating-factors", RATING_DIMS, "--valid", 0,
                 *lists, *sampling)
    ranking = train(data, folder / "lists", "--objective", "ranking", "--factors", BOTH - RATING_DIMS, "--valid", 0, *lists)
    rating = train(data, folder / "ratings", "--solver", "gibbs", "--factors", RATING_DIMS - 1, "--valid", 0, *sampling)
    check((both.scores(slice(RATING_DIMS, None)) == ranking.scores()).all(), "the scores of both are those of the ranking half alone")
    z = both.z(slice(1, RATING_DIMS), movie_bias=both.v[both.movies, 0])
    check((z == rating.z()).all(), "and ratings those of the rating half alone")
    people = [i for i in range(len(both.names)) if both.names[i][0] != "movie"]
    check((both.v[people, 0] == 0).all() and both.training["rating_dimensions"] == RATING_DIMS, "people have no rating bias of movies")


def main():
    checks = [check_machine, check_ranking, check_gibbs, check_both]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run("synth", folder / "data", "--users", 300, "--movies", 200, "--ratings", 12000, "--seed", 5)
        for one in checks:
            one(folder / "data", folder)
    print(f"1..{number}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

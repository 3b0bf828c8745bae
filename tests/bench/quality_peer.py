"""Quality beside CPU seconds, ours and others on the same rows. What is measured and how stands in the file `quality`.

    python quality_peer.py TRAINER DATA [--part both|ranking|ratings] [--seed N] [--tune]
    python quality_peer.py TRAINER DATA --published SPLIT

Every metric of every side is computed here, ours from the files of the bundle. The table goes to standard error, the
comparisons to standard output, one JSON object a line.
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

for library in ("OMP", "OPENBLAS", "MKL"):  # before NumPy comes in: one thread for every side
    os.environ[f"{library}_NUM_THREADS"] = "1"
os.environ["TQDM_DISABLE"] = "1"

import numpy as np  # noqa: E402
import scipy.sparse as sparse  # noqa: E402

AT = 10
RELEVANT = 4
KINDS = ("age", "gender", "occupation")


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- data ----

@dataclass
class Data:
    """U users and M movies, numbered in order of id, and N ratings."""
    path: Path
    lines: list        # [N] of ratings.dat
    users: np.ndarray  # [U] ids
    movies: np.ndarray  # [M] ids
    user: np.ndarray   # [N]
    movie: np.ndarray  # [N]
    rating: np.ndarray  # [N]
    known_of: dict     # kind -> [U] values, as texts

    def matrix(self, rows, values=None):
        """Users by movies, float32; without values each cell that is there is 1."""
        values = np.ones(len(rows)) if values is None else values
        return sparse.csr_matrix((values.astype(np.float32), (self.user[rows], self.movie[rows])),
                                 (len(self.users), len(self.movies)))

    def liked(self, rows):
        return self.matrix(rows[self.rating[rows] >= RELEVANT])

    def write(self, directory, rows):
        """The rows as a data set of its own."""
        directory.mkdir()
        for name in ("users.dat", "movies.dat"):
            shutil.copy(self.path / name, directory)
        with open(directory / "ratings.dat", "wb") as file:
            file.writelines(self.lines[row] for row in rows)

    def onehot(self, kinds):
        """[U, values of all kinds] and the number of values of each kind."""
        parts = [sparse.csr_matrix(self.known_of[kind][:, None] == np.unique(self.known_of[kind])) for kind in kinds]
        return sparse.hstack(parts).tocsr().astype(np.float64), [part.shape[1] for part in parts]


def read_data(path):
    path = Path(path)
    lines = (path / "ratings.dat").read_bytes().splitlines(keepends=True)
    table = np.array([line.split(b"::")[:3] for line in lines]).astype(np.float64)
    users, user = np.unique(table[:, 0].astype(int), return_inverse=True)
    movies, movie = np.unique(table[:, 1].astype(int), return_inverse=True)
    told = {}
    for line in (path / "users.dat").read_text("iso-8859-1").splitlines():
        identity, gender, age, occupation = line.split("::")[:4]
        told[int(identity)] = (age, gender, occupation)
    known_of = {kind: np.array([told[u][i] for u in users]) for i, kind in enumerate(KINDS)}
    return Data(path, lines, users, movies, user, movie, table[:, 2], known_of)


@dataclass
class RankingSplit:
    train: np.ndarray  # rows, as the others
    valid: np.ndarray
    test: np.ndarray
    known: np.ndarray  # users
    cold: np.ndarray   # users, none of whose rows is in any of the parts
    cold_rows: np.ndarray


def split_for_ranking(data, seed):
    random = np.random.default_rng([seed, 1])
    is_cold = np.zeros(len(data.users), bool)
    is_cold[random.permutation(len(data.users))[:len(data.users) // 10]] = True
    order = np.lexsort((random.random(len(data.user)), data.user))
    count = np.bincount(data.user)
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    tenth = 10 * place // count[data.user]
    tenth[is_cold[data.user]] = -1
    rows = [np.flatnonzero(part) for part in ((tenth >= 0) & (tenth < 8), tenth == 8, tenth == 9, tenth < 0)]
    return RankingSplit(*rows[:3], np.flatnonzero(~is_cold), np.flatnonzero(is_cold), rows[3])


def split_of_ratings(data, seed):
    """90/10; test rows whose user or movie is in no training row are left out."""
    is_test = np.random.default_rng([seed, 2]).random(len(data.user)) < 0.1
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    known = np.isin(data.user[test], data.user[train]) & np.isin(data.movie[test], data.movie[train])
    return train, test[known]


# ---- metrics ----

class Lists:
    """Judges scores [people, M]: NDCG@10 over the movies of the training rows that a person has not rated in them. The gain
    of a relevant movie is 1, the ideal list is as many relevant ones as there are, and people without any are left out."""
    def __init__(self, data, train, people, relevant, seen):
        self.unknown = np.bincount(data.movie[train], minlength=len(data.movies)) == 0
        known = sparse.diags((~self.unknown).astype(np.float32))
        relevant = (relevant[people] @ known).tocsr()
        relevant.eliminate_zeros()
        self.kept = np.flatnonzero(np.diff(relevant.indptr))
        self.relevant = relevant[self.kept].toarray() > 0
        self.seen = None if seen is None else seen[people][self.kept].tocoo()

    def __call__(self, scores):
        scores = np.array(np.asarray(scores)[self.kept], np.float32)
        scores[:, self.unknown] = -np.inf
        if self.seen is not None:
            scores[self.seen.row, self.seen.col] = -np.inf
        row = np.arange(len(scores))[:, None]
        top = np.argpartition(-scores, AT, axis=1)[:, :AT]
        top = top[row, np.argsort(-scores[row, top], axis=1, kind="stable")]
        discount = 1 / np.log2(np.arange(AT) + 2)
        ideal = np.cumsum(discount)[np.minimum(self.relevant.sum(1), AT) - 1]
        ndcg = (self.relevant[row, top] * discount).sum(1) / ideal
        return ndcg.mean(), ndcg.std() / np.sqrt(len(ndcg))


class Errors:
    """Judges predictions of test rows: RMSE."""
    def __init__(self, ratings):
        self.ratings = ratings

    def __call__(self, predictions):
        squares = (np.asarray(predictions) - self.ratings) ** 2
        rmse = np.sqrt(squares.mean())
        return rmse, squares.std() / np.sqrt(len(squares)) / (2 * rmse)


@dataclass
class Course:
    """Quality after so many CPU seconds of learning; predicting and judging do not count."""
    judge: object
    points: list = field(default_factory=list)  # (CPU seconds, quality, standard error)
    extra: dict = field(default_factory=dict)
    spent: float = 0
    since: float = field(default_factory=time.process_time)

    @contextmanager
    def paused(self):
        self.spent += time.process_time() - self.since
        yield
        self.since = time.process_time()

    def point(self, predict):
        with self.paused():
            self.points.append((self.spent, *self.judge(predict())))

    def point_after(self, seconds, predictions):
        self.points.append((seconds, *self.judge(predictions)))

    def seconds_to(self, reached):
        return next((seconds for seconds, quality, _ in self.points if reached(quality)), None)


def is_due(done, last):
    """1, 2, 4, 8 … and the last of the iterations."""
    return done == last or done & (done - 1) == 0


# ---- ours ----

class Bundle:
    """A model of recsys-trainer, from its files."""
    def __init__(self, path):
        with open(path / "model.safetensors", "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
            content = file.read()
        tensors = {name: np.frombuffer(content[slice(*info["data_offsets"])], "<f4").reshape(info["shape"])
                   for name, info in header.items() if name != "__metadata__"}
        self.w0 = float(tensors["w0"].ravel()[0])
        self.bias = tensors["bias.weight"].ravel().astype(np.float64)
        self.vectors = tensors["embeddings.weight"].astype(np.float64)
        with open(path / "features.jsonl", encoding="utf-8") as file:
            features = [json.loads(line) for line in file]
        self.index = {(feature["type"], str(feature["value"])): feature["index"] for feature in features}
        self.form = json.loads((path / "training.json").read_text())
        self.rating_dimensions = self.form.get("rating_dimensions", 0)

    def profiles(self, data, kinds):
        """[U, features] with a 1 for each document of the person's profile; values that the model lacks are left out."""
        cells = [(u, self.index[kind, str(value)]) for kind in kinds
                 for u, value in enumerate(data.users if kind == "user" else data.known_of[kind])
                 if (kind, str(value)) in self.index]
        row, column = np.array(cells).T
        return sparse.csr_matrix((np.ones(len(cells)), (row, column)), (len(data.users), len(self.bias)))

    def movies(self, data):
        """[M] features; -1 for movies that the model lacks."""
        return np.array([self.index.get(("movie", str(movie)), -1) for movie in data.movies])

    def scores(self, data, people, kinds):
        """[people, M]"""
        query = self.profiles(data, kinds)[people] @ self.vectors
        query[:, :self.rating_dimensions] = 0
        movies = self.movies(data)
        return query @ self.vectors[movies].T + self.bias[movies]

    def ratings(self, data, rows):
        profiles = self.profiles(data, ("user", *KINDS))
        query, movies = profiles @ self.vectors, self.movies(data)[data.movie[rows]]
        z = self.w0 + profiles @ self.bias
        if self.form.get("interactions", "all") == "all":
            z += ((query ** 2).sum(1) - profiles @ (self.vectors ** 2).sum(1)) / 2
        z, query, vectors = z[data.user[rows]], query[data.user[rows]], self.vectors[movies]
        if self.rating_dimensions > 0:
            half = slice(1, self.rating_dimensions)
            z += vectors[:, 0] + (query[:, half] * vectors[:, half]).sum(1)
        else:
            z += self.bias[movies] + (query * vectors).sum(1)
        link = self.form["link"]
        if link["type"] == "sigmoid":
            return link["scale"] / (1 + np.exp(-z))
        return np.clip(z, link["lowest"], link["highest"])


def train_ours(run, options):
    """A bundle, and the CPU seconds of the whole program: reading and writing count."""
    def children():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = children()
    path = run.work / "bundle"
    command = [run.trainer, "train", run.input, path, "--replace", "--json", "--threads", "1", "--valid", "0", "--seed",
               str(run.seed), *options]
    if subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:  # it has said why
        sys.exit(f"failed: {' '.join(map(str, command))}")
    return Bundle(path), children() - before


def ours(*options, sweeps=(), **settings):
    """A learner: the program with these options, once for each number of sweeps."""
    def learn(run, course, **changed):
        fixed = [text for name, value in {**settings, **changed}.items() for text in (f"--{name}", str(value))]
        for count in [["--sweeps", str(n)] for n in sweeps] or [[]]:
            bundle, seconds = train_ours(run, [*options, *fixed, *count])
            course.point_after(seconds, run.predictions_of(bundle))
        if run.is_ranking:
            course.extra["cold"] = bundle.scores(run.data, run.split.cold, KINDS[:2])
    return learn


# ---- others ----

@dataclass
class Run:
    """What a learner may see: the training rows, and for whom or for what it is to predict."""
    trainer: Path
    work: Path
    data: Data
    seed: int
    split: object
    train: np.ndarray
    test: np.ndarray = None  # rows whose ratings are to be predicted; None: lists for split.known are wanted

    def __post_init__(self):
        self.input = self.work / "data"
        shutil.rmtree(self.input, ignore_errors=True)
        self.data.write(self.input, self.train)
        self.matrix = self.data.matrix(self.train)[self.split.known] if self.is_ranking else None

    @property
    def is_ranking(self):
        return self.test is None

    def predictions_of(self, bundle):
        if self.is_ranking:
            return bundle.scores(self.data, self.split.known, ("user", *KINDS))
        return bundle.ratings(self.data, self.test)


def learn_als(run, course, alpha, regularization, iterations=15):
    from implicit.cpu.als import AlternatingLeastSquares
    model = AlternatingLeastSquares(120, regularization, alpha, iterations=iterations, num_threads=1, random_state=run.seed)

    def see(done, seconds, loss):
        if is_due(done + 1, iterations):
            course.point(lambda: model.user_factors @ model.item_factors.T)

    model.fit(run.matrix, show_progress=False, callback=see)


def learn_bpr(run, course, learning_rate, regularization, iterations=32):
    from implicit.cpu.bpr import BayesianPersonalizedRanking
    model = BayesianPersonalizedRanking(64, learning_rate, regularization, iterations=iterations, num_threads=1,
                                        random_state=run.seed)

    def see(done, *progress):
        if is_due(done + 1, iterations):
            course.point(lambda: model.user_factors @ model.item_factors.T)

    model.fit(run.matrix, show_progress=False, callback=see)


def learn_warp(run, course, learning_rate, epochs=15, kinds=()):
    """With kinds of metadata, a user's vector is the sum of their own and those of their metadata, as our documents are."""
    from lightfm import LightFM
    model = LightFM(no_components=64, loss="warp", learning_rate=learning_rate, max_sampled=30, random_state=run.seed)
    features = cold = None
    if kinds:
        known, n = run.split.known, len(run.split.known)
        told, _ = run.data.onehot(kinds)
        features = sparse.hstack([sparse.identity(n), told[known]]).tocsr().astype(np.float32)
        cold = sparse.hstack([sparse.csr_matrix((len(run.split.cold), n)), told[run.split.cold]]).tocsr()

    def scores_for(features):
        own = model.user_embeddings if features is None else features @ model.user_embeddings
        return own @ model.item_embeddings.T + model.item_biases

    for epoch in range(epochs):
        model.fit_partial(run.matrix.tocoo(), user_features=features, epochs=1, num_threads=1)
        if is_due(epoch + 1, epochs):
            course.point(lambda: scores_for(features))
    if kinds:
        course.extra["cold"] = scores_for(cold)


def ease(matrix, regularization):
    """[M, M] of Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (2019)."""
    gram = (matrix.T @ matrix).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += regularization
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights.astype(np.float32)


def learn_ease(run, course, regularization):
    weights = ease(run.matrix, regularization)
    course.point(lambda: run.matrix @ weights)


def myfm_blocks(run, with_implicit):
    """The users' and the movies' features, and the sizes of their groups. The implicit ones are, for a user, the movies of
    the training rows, and for a movie the users, each divided by the root of their number."""
    told, shapes = run.data.onehot(KINDS)
    sides = [([sparse.identity(told.shape[0]), told], [told.shape[0], *shapes]),
             ([sparse.identity(len(run.data.movies))], [len(run.data.movies)])]
    if with_implicit:
        rated = run.data.matrix(run.train).astype(np.float64)
        for (parts, sizes), matrix in zip(sides, (rated, rated.T.tocsr())):
            count = np.maximum(np.diff(matrix.indptr), 1)
            parts.append(sparse.diags(1 / np.sqrt(count)) @ matrix)
            sizes.append(matrix.shape[1])
    return [sparse.hstack(parts).tocsr() for parts, _ in sides], sides[0][1] + sides[1][1]


def learn_myfm(run, course, with_implicit, rank=16, iterations=100, burn_in=5):
    from myfm import MyFMRegressor, RelationBlock
    blocks, shapes = myfm_blocks(run, with_implicit)

    def related(rows):
        return [RelationBlock(of[rows].tolist(), block) for of, block in zip((run.data.user, run.data.movie), blocks)]

    nothing = sparse.csr_matrix((len(run.train), 0)), sparse.csr_matrix((len(run.test), 0))
    asked, total = related(run.test), np.zeros(len(run.test))
    ratings = run.data.rating[run.train]

    def mean_of(done):
        return np.clip(total / (done - burn_in), ratings.min(), ratings.max())

    def see(done, machine, hyper, history):
        if done >= burn_in:
            with course.paused():
                total[:] += machine.predict_score(nothing[1], asked)
        if done > burn_in and is_due(done + 1, iterations):
            course.point(lambda: mean_of(done + 1))
        return False, None

    MyFMRegressor(rank, random_seed=run.seed).fit(nothing[0], ratings, related(run.train), n_iter=iterations, n_kept_samples=1,
                                                  group_shapes=shapes, callback=see)


# ---- baselines ----

def popularity(data, train, people):
    return np.broadcast_to(np.asarray(data.liked(train).sum(0)), (len(people), len(data.movies)))


def popularity_by_age_and_gender(data, train, people):
    group = np.unique(np.char.add(data.known_of["age"], data.known_of["gender"]), return_inverse=True)[1]
    of_group = sparse.csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))))
    liked = (of_group @ data.liked(train)).toarray()
    return liked[group[people]]


def movie_means(data, train, rows, damping=5):
    mean = data.rating[train].mean()
    total = np.bincount(data.movie[train], data.rating[train] - mean, len(data.movies))
    return (mean + total / (np.bincount(data.movie[train], minlength=len(data.movies)) + damping))[data.movie[rows]]


# ---- comparisons ----

def report(what, mine, theirs, ratio, unit):
    def short(value):
        return None if value is None else float(f"{value:.4g}")
    print(json.dumps({"bench": "quality", "what": what, "ours": short(mine), "peer": short(theirs), "ratio": short(ratio),
                      "unit": unit}), flush=True)


def divided(a, b):
    return None if a is None or b is None else a / b


def compare(mine, theirs, name, metric):
    """What both end with, and the CPU seconds to what the worse of them ends with."""
    higher_is_better = metric == "NDCG@10"
    (_, ours_last, _), (_, peer_last, _) = mine.points[-1], theirs.points[-1]
    ratio = ours_last / peer_last if higher_is_better else peer_last / ours_last
    report(f"{metric}, {name}", ours_last, peer_last, ratio, f"{metric}, over 1 if ours is better")
    worse = min(ours_last, peer_last) if higher_is_better else max(ours_last, peer_last)
    seconds = [course.seconds_to(lambda q: q >= worse if higher_is_better else q <= worse) for course in (mine, theirs)]
    report(f"time to {metric} {worse:.4f}, {name}", *seconds, divided(seconds[1], seconds[0]),
           "CPU seconds, ratio is peer/ours")


def show(name, course):
    say(f"  {name:44} " + "   ".join(f"{quality:.4f} {seconds:.1f} s" for seconds, quality, _ in course.points)
        + f"   ± {course.points[-1][2]:.4f}")


RANKING = {  # name: learner, its settings; the first ones are those chosen on the validation part of MovieLens 1M
    "ours, ranking": (ours("--objective", "ranking", sweeps=(1, 2, 4, 8)),
                      [{"lambda": l, "alpha": a} for l, a in ((.007, .3), (.007, .1), (.01, .2), (.015, .3), (.03, .3))]),
    "ours, ranking, settings found by itself": (ours("--objective", "ranking"), [{}]),
    "ours, both": (ours("--objective", "both"), [{}]),
    "ours, ratings (adam)": (ours("--objective", "ratings", "--solver", "adam"), [{}]),
    "implicit ALS": (learn_als, [dict(alpha=a, regularization=r) for a, r in ((3, 30), (1, 20), (10, 60), (3, 100))]),
    "implicit BPR": (learn_bpr, [dict(learning_rate=l, regularization=r)
                                 for l, r in ((.01, .002), (.01, .005), (.02, .0005))]),
    "LightFM WARP": (learn_warp, [dict(learning_rate=l) for l in (.05, .02, .1)]),
    "LightFM WARP, age and gender": (lambda run, course, **settings: learn_warp(run, course, kinds=KINDS[:2], **settings),
                                     [dict(learning_rate=l) for l in (.05, .02, .1)]),
    "EASE": (learn_ease, [dict(regularization=r) for r in (500, 250, 1000)]),
}
RATINGS = {
    "ours, ratings (gibbs)": (ours("--objective", "ratings", "--solver", "gibbs", sweeps=(10, 50, 200)), {}),
    "ours, ratings (adam)": (ours("--objective", "ratings", "--solver", "adam"), {}),
    "ours, both": (ours("--objective", "both"), {}),
    "myFM, rank 16": (learn_myfm, dict(with_implicit=False)),
    "myFM, rank 16, implicit features": (learn_myfm, dict(with_implicit=True)),
}


def learnt(run, judge, learn, settings):
    course = Course(judge)
    learn(run, course, **settings)
    return course


def best_settings(options, split):
    """For each learner the settings with the best lists on the validation tenth, after training on the eight before it."""
    run = Run(options.trainer, options.work, options.data, options.seed, split, split.train)
    judge = Lists(options.data, split.train, split.known, options.data.liked(split.valid), options.data.matrix(split.train))
    chosen = {}
    for name, (learn, settings) in RANKING.items():
        quality = [learnt(run, judge, learn, each).points[-1][1] if len(settings) > 1 else 0 for each in settings]
        chosen[name] = settings[int(np.argmax(quality))]
        if len(settings) > 1:
            say(f"  {name:44} {chosen[name]}, {max(quality):.4f} of {' '.join(f'{q:.4f}' for q in quality)}")
    return chosen


def rank(options):
    data, split = options.data, split_for_ranking(options.data, options.seed)
    train = np.sort(np.concatenate([split.train, split.valid]))
    say(f"lists: {len(train)} training rows; {len(split.known)} known people, {len(split.cold)} unknown ones")
    chosen = {name: settings[0] for name, (_, settings) in RANKING.items()}
    if options.tune:
        say(" settings by NDCG@10 on the validation tenth:")
        chosen = best_settings(options, split)

    run = Run(options.trainer, options.work, data, options.seed, split, train)
    judge = Lists(data, train, split.known, data.liked(split.test), data.matrix(train))
    cold_judge = Lists(data, train, split.cold, data.liked(split.cold_rows), None)
    courses = {}
    say(" NDCG@10 of known people on the test tenth, and CPU seconds until then:")
    for name, baseline in (("most popular", popularity), ("most popular by age and gender", popularity_by_age_and_gender)):
        courses[name] = Course(judge, extra={"cold": baseline(data, train, split.cold)})
        courses[name].point_after(0, baseline(data, train, split.known))
        show(name, courses[name])
    for name, (learn, _) in RANKING.items():
        courses[name] = learnt(run, judge, learn, chosen[name])
        show(name, courses[name])
    cold = {name: cold_judge(course.extra["cold"]) for name, course in courses.items() if "cold" in course.extra}
    say(" NDCG@10 of unknown people by their age and gender:")
    for name, (quality, error) in cold.items():
        say(f"  {name:44} {quality:.4f}   ± {error:.4f}")

    mine = courses["ours, ranking"]
    for name, course in courses.items():
        if name.startswith(("implicit", "LightFM", "EASE")):
            compare(mine, course, name, "NDCG@10")
        elif name.startswith("most"):
            report(f"NDCG@10, {name}", mine.points[-1][1], course.points[-1][1],
                   mine.points[-1][1] / course.points[-1][1], "NDCG@10, over 1 if ours is better")
    for name, (quality, _) in cold.items():
        if not name.startswith("ours"):
            report(f"NDCG@10 by age and gender, {name}", cold["ours, ranking"][0], quality,
                   cold["ours, ranking"][0] / quality, "NDCG@10, over 1 if ours is better")


def rate(options):
    data = options.data
    train, test = split_of_ratings(data, options.seed)
    say(f"ratings: {len(train)} training rows, {len(test)} test rows")
    run = Run(options.trainer, options.work, data, options.seed, None, train, test)
    judge = Errors(data.rating[test])
    say(" RMSE on the test rows, and CPU seconds until then:")
    means = Course(judge)
    means.point_after(0, movie_means(data, train, test))
    show("movie means", means)
    courses = {}
    for name, (learn, settings) in RATINGS.items():
        courses[name] = learnt(run, judge, learn, settings)
        show(name, courses[name])
    for name, course in courses.items():
        if not name.startswith("ours"):
            compare(courses["ours, ratings (gibbs)"], course, name, "RMSE")


# ---- the published split ----

def core(data, rows, least=10):
    """The rows that are left when users and movies with fewer than `least` of them are taken away until there is none."""
    while True:
        enough = [np.bincount(of[rows], minlength=n)[of[rows]] >= least
                  for of, n in ((data.user, len(data.users)), (data.movie, len(data.movies)))]
        if np.all(enough):
            return rows
        rows = rows[enough[0] & enough[1]]


def published(options):
    data = options.data
    rows = core(data, np.flatnonzero(data.rating >= RELEVANT))
    lines = (Path(options.published) / "test0.tsv").read_text().split("\n")
    pairs = {tuple(map(int, line.split("\t")[:2])) for line in lines if line}
    is_test = np.array([(data.users[data.user[row]], data.movies[data.movie[row]]) in pairs for row in rows])
    train, test = rows[~is_test], rows[is_test]
    say(f"published split: {len(rows)} rows in the core, {len(test)} of {len(pairs)} test rows are among them")
    people = np.unique(data.user[rows])
    judge = Lists(data, train, people, data.matrix(test), data.matrix(train))
    course = Course(judge)
    course.point_after(0, np.broadcast_to(np.asarray(data.matrix(train).sum(0)), (len(people), len(data.movies))))
    show("most popular", course)

    table = options.work / "ratings.csv"
    with open(table, "w") as file:
        file.write("user,item,rating\n")
        file.writelines(f"{data.users[data.user[row]]},{data.movies[data.movie[row]]},1\n" for row in train)
    run = argparse.Namespace(trainer=options.trainer, work=options.work, input=table, seed=options.seed)
    mine = Course(judge)
    bundle, seconds = train_ours(run, ["--objective", "ranking"])
    mine.point_after(seconds, bundle.scores(data, people, ("user",)))
    show("ours, ranking, settings found by itself", mine)

    theirs = Course(judge)
    matrix = data.matrix(train)[people]
    weights = ease(matrix, 500)
    theirs.point(lambda: matrix @ weights)
    show("EASE", theirs)
    compare(mine, theirs, "EASE, published split", "NDCG@10")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("trainer", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--part", choices=("both", "ranking", "ratings"), default="both")
    parser.add_argument("--published", metavar="SPLIT")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tune", action="store_true")
    options = parser.parse_args()
    options.data = read_data(options.data)
    with tempfile.TemporaryDirectory() as work:
        options.work = Path(work)
        if options.published:
            published(options)
            return
        if options.part != "ratings":
            rank(options)
        if options.part != "ranking":
            rate(options)


if __name__ == "__main__":
    main()

"""Ratings in the format of MovieLens 1M, and bundles, as arrays: what the NumPy learners start from and are compared with.

Symbols: U users, M movies, N ratings, A attribute values, k factors.
"""
import base64
import json
import re
from pathlib import Path

import numpy as np

from check_parity import Model, read_safetensors


def read_fields(path):
    return [line.split("::") for line in Path(path).read_text("latin-1").splitlines()]


def hold_out(data, train, held, share, seed):
    """Two directories with the metadata of `data`: ratings to learn from, and a share of them held out."""
    rows = Path(data, "ratings.dat").read_text("latin-1").splitlines(keepends=True)
    is_held = np.random.default_rng(seed).random(len(rows)) < share
    for folder, wanted in ((train, False), (held, True)):
        Path(folder).mkdir()
        for name in ("users.dat", "movies.dat"):
            Path(folder, name).write_bytes(Path(data, name).read_bytes())
        Path(folder, "ratings.dat").write_text("".join(row for row, is_out in zip(rows, is_held) if is_out == wanted), "latin-1")


class Ratings:
    """Users and movies are numbered as in a bundle's feature table."""

    def __init__(self, folder, model):
        users = {value: i for i, value in enumerate(value for kind, value in model.names if kind == "user")}
        movies = {value: i for i, value in enumerate(value for kind, value in model.names if kind == "movie")}
        rows = read_fields(Path(folder, "ratings.dat"))
        self.user = np.array([users[row[0]] for row in rows])
        self.movie = np.array([movies[row[1]] for row in rows])
        self.rating = np.array([float(row[2]) for row in rows])
        self.users, self.movies = len(users), len(movies)
        people = {row[0]: (("age", row[2]), ("gender", row[1]), ("occupation", row[3])) for row in read_fields(Path(folder, "users.dat"))}
        self.attributes = [people[value] for value in users]  # [U] of (type, value)
        films = {row[0]: (row[1], row[2].split("|")) for row in read_fields(Path(folder, "movies.dat"))}
        self.genres = [films[value][1] for value in movies]
        self.years = [int(re.search(r"\((\d{4})\)$", films[value][0])[1]) for value in movies]

    def counts(self):
        return np.bincount(self.user, minlength=self.users), np.bincount(self.movie, minlength=self.movies)

    def dense(self, values):
        """[U, M], 0 where there is no rating."""
        table = np.zeros((self.users, self.movies))
        table[self.user, self.movie] = values
        return table


class Documents(Model):
    """A bundle as people and movies, in float64."""

    def __init__(self, bundle):
        super().__init__(bundle)
        self.training = json.loads(Path(bundle, "training.json").read_text("utf-8"))
        lines = Path(bundle, "features.jsonl").read_text("utf-8").splitlines()
        features = [json.loads(line) for line in lines]
        self.k = self.vectors.shape[1]
        self.v, self.w = self.vectors.astype(np.float64), self.bias.astype(np.float64)
        self.w0 = float(read_safetensors(Path(bundle, "model.safetensors"))["w0"].reshape(-1)[0])
        self.users = [i for i, (kind, _) in enumerate(self.names) if kind == "user"]
        # [U, 1 + types]: the whole person
        self.people = np.array([[i] + [self.index[pair] for pair in features[i].get("attributes", {}).items()] for i in self.users])


    def queries(self):
        return self.v[self.people].sum(axis=1)  # [U, k]

    def scores(self, dims=slice(None)):
        """[U, M]: what a list is ordered by."""
        return self.queries()[:, dims] @ self.v[self.movies][:, dims].T + self.w[self.movies]

    def z(self, dims=slice(None), movie_bias=None):
        """[U, M] with INTERACTIONS_MOVIE."""
        bias = self.w[self.movies] if movie_bias is None else movie_bias
        return self.w0 + self.w[self.people].sum(axis=1)[:, None] + self.queries()[:, dims] @ self.v[self.movies][:, dims].T + bias

    def fold_in_mean(self):
        text = self.training["fold_in"]["ranking"]["mean"]
        return np.frombuffer(base64.b64decode(text), ">f4").astype(np.float64)

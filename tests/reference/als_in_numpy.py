"""Implicit alternating least squares, line by line in float64 (the formulas of trainer/learn/ials.h and model/rating_target.h).

    sum over rated (t - x.y)^2 + alpha * sum over all (x.y)^2 + sum over users rho |x|^2 + sum over movies rho |y|^2
    rho = lambda * (ratings of the line + alpha * lines of the other side)
"""
import numpy as np


def target_of(rating):
    """Linear between the quarters of the range of ratings."""
    lowest, highest = rating.min(), rating.max()
    if lowest == highest:
        return np.ones_like(rating)
    return np.interp((rating - lowest) / (highest - lowest), [0, .25, .5, .75, 1], [.4, .5, .7, .95, 1.1])


class ImplicitSquares:
    def __init__(self, ratings, k, alpha, strength):
        self.k, self.alpha, self.strength = k, alpha, strength
        self.rated = ratings.dense(1.0) > 0
        self.target = ratings.dense(target_of(ratings.rating))

    def rho(self, rated):
        return self.strength * (rated.sum(axis=1) + self.alpha * rated.shape[1])

    def system(self, line, rated, target, others):
        """A and b of one line's normal equations."""
        mine = others[rated[line]]
        rho = self.strength * (len(mine) + self.alpha * len(others))
        return self.alpha * others.T @ others + rho * np.eye(self.k) + mine.T @ mine, mine.T @ target[line][rated[line]]

    def solve(self, rated, target, others):
        return np.array([np.linalg.solve(*self.system(i, rated, target, others)) for i in range(len(rated))])

    def solve_users(self, movies):
        return self.solve(self.rated, self.target, movies)

    def run(self, sweeps, seed):
        movies = np.random.default_rng(seed).normal(0, .1 / np.sqrt(self.k), (self.rated.shape[1], self.k))
        for _ in range(sweeps):
            users = self.solve_users(movies)
            movies = self.solve(self.rated.T, self.target.T, users)
        return self.solve_users(movies), movies

    def objective(self, users, movies):
        product = users @ movies.T
        return (((self.target - product)[self.rated] ** 2).sum() + self.alpha * (product ** 2).sum()
                + (self.rho(self.rated) * (users ** 2).sum(axis=1)).sum() + (self.rho(self.rated.T) * (movies ** 2).sum(axis=1)).sum())

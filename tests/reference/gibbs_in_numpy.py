"""Bayesian factorization with side information by block Gibbs sampling, in float64 and with dense matrices: the model of
trainer/learn/gibbs_prior.h, gibbs_side.h and side_features.h, with all coefficients of a side drawn at once.

Symbols: n lines (users or movies), K factors with the bias last, p columns.
"""
import numpy as np


def one_hot(labels):
    """[n, values] of a list of lists."""
    values = sorted({value for some in labels for value in some})
    return np.array([[value in some for value in values] for some in labels], float)


def independent(columns):
    """The centred columns in principal axes, without those that are sums of others: they would only slow the chain down."""
    u, sigma, _ = np.linalg.svd(columns - columns.mean(axis=0), full_matrices=False)
    return (u * sigma)[:, sigma > 1e-5 * sigma[0]]


def known_columns(labels, counts):
    """Labels and the logarithm of how many ratings there are."""
    logarithm = np.log1p(counts)
    return independent(np.column_stack([one_hot(labels), (logarithm - logarithm.mean()) / logarithm.std()]))


def implicit_columns(rated):
    """Who rated what, divided by the root of the line's sum, in its largest singular directions: a multiple of 16 of them."""
    u, sigma, _ = np.linalg.svd(rated / np.sqrt(rated.sum(axis=1, keepdims=True)), full_matrices=False)
    width = len(sigma) // 16 * 16
    return independent(u[:, :width] * sigma[:width])


def draw_wishart(random, inverse_scale, freedom):
    """W(inverse_scale^-1, freedom) by Bartlett's decomposition."""
    size = len(inverse_scale)
    triangle = np.tril(random.normal(size=(size, size)), -1)
    triangle[np.diag_indices(size)] = np.sqrt(random.chisquare(freedom - np.arange(size)))
    factor = np.linalg.cholesky(np.linalg.inv(inverse_scale)) @ triangle
    return factor @ factor.T


class Side:
    def __init__(self, blocks, factors, random):
        self.features = np.column_stack(blocks)
        self.block = np.repeat(np.arange(len(blocks)), [columns.shape[1] for columns in blocks])
        self.squares = self.features.T @ self.features
        self.weight = np.full(len(blocks), 10.0)  # lambda of each block
        self.coefficients = np.zeros((len(self.block), factors))
        self.vectors = .1 * random.normal(size=(len(self.features), factors))
        self.vectors[:, -1] = 0

    def draw_prior(self, random):
        """Λ, μ | x, B; B | x, Λ, μ; λ | B, Λ, with Λ ~ Wishart(I, K), μ ~ N(0, Λ^-1), λ ~ Gamma(1, 1)."""
        n, factors = self.vectors.shape
        left = self.vectors - self.features @ self.coefficients
        average = left.mean(axis=0)
        centred = left - average
        scatter = np.eye(factors) + centred.T @ centred + n / (n + 1) * np.outer(average, average)
        scatter += (self.coefficients * self.weight[self.block, None]).T @ self.coefficients
        self.precision = draw_wishart(random, scatter, factors + n + len(self.block))
        root = np.linalg.cholesky(np.linalg.inv(self.precision))
        self.mean = n / (n + 1) * average + root @ random.normal(size=factors) / np.sqrt(n + 1)
        lower = np.linalg.cholesky(self.squares + np.diag(self.weight[self.block]))
        middle = np.linalg.solve(lower, self.features.T @ (self.vectors - self.mean))
        self.coefficients = np.linalg.solve(lower.T, middle + random.normal(size=middle.shape) @ root.T)
        sizes = ((self.coefficients @ self.precision) * self.coefficients).sum(axis=1)
        for b in range(len(self.weight)):
            of_b = self.block == b
            self.weight[b] = random.gamma(1 + of_b.sum() * factors / 2) / (1 + sizes[of_b].sum() / 2)

    def draw_vectors(self, rated, centred, others, noise_precision, random):
        """x | rest: the other side's biases are known numbers, this side's are one more coordinate."""
        n, factors = self.vectors.shape
        seen = others.copy()
        seen[:, -1] = 1
        products = (seen[:, :, None] * seen[:, None, :]).reshape(len(seen), -1)
        matrix = self.precision + noise_precision * (rated @ products).reshape(n, factors, factors)
        right = (self.mean + self.features @ self.coefficients) @ self.precision
        right += noise_precision * (rated * (centred - others[:, -1])) @ seen
        lower = np.linalg.cholesky(matrix)
        middle = np.linalg.solve(lower, right[:, :, None])
        self.vectors = np.linalg.solve(lower.transpose(0, 2, 1), middle + random.normal(size=middle.shape))[:, :, 0]


def predict(mean, people, movies):
    return mean + people[:, -1:] + movies[:, -1] + people[:, :-1] @ movies[:, :-1].T


def posterior_mean(ratings, factors, sweeps, burn_in, keep_every, seed):
    """[U, M] of the mean prediction, not clipped; and the noise's standard deviation after each sweep."""
    random = np.random.default_rng(seed)
    rated, table, mean = ratings.dense(1.0), ratings.dense(ratings.rating), ratings.rating.mean()
    by_user, by_movie = ratings.counts()
    kinds = [genres + [f"years {year // 5}"] for genres, year in zip(ratings.genres, ratings.years)]
    people = Side([known_columns(ratings.attributes, by_user), implicit_columns(rated)], factors, random)
    movies = Side([known_columns(kinds, by_movie), implicit_columns(rated.T)], factors, random)
    precision, total, kept, noise = 1.0, 0, 0, []
    for sweep in range(1, sweeps + 1):
        people.draw_prior(random)
        people.draw_vectors(rated, table - mean, movies.vectors, precision, random)
        movies.draw_prior(random)
        movies.draw_vectors(rated.T, (table - mean).T, people.vectors, precision, random)
        predicted = predict(mean, people.vectors, movies.vectors)
        squares = (rated * (table - predicted) ** 2).sum()
        precision = random.gamma(1 + len(ratings.rating) / 2) / (1 + squares / 2)
        noise.append(1 / np.sqrt(precision))
        if sweep > burn_in and (sweep - burn_in - 1) % keep_every == 0:
            total, kept = total + predicted, kept + 1
    return total / kept, np.array(noise)

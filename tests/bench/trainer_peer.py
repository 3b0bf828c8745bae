"""The training loop of the original blog post, timed: prints seconds and validation RMSE per epoch.

    python trainer_peer.py DATA EPOCHS THREADS
"""
import math
import sys
import time
from pathlib import Path

import torch
from torch.utils import data

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "reference"))
from fm_model import FMModel, optimiser_of, scheduler_of, step  # noqa: E402

BATCH = 1024


def read(path):
    """Rows of feature indices [N, 5] and ratings [N] of a data set in the MovieLens 1M format."""
    def lines(name):
        with open(Path(path) / name, encoding="iso-8859-1") as file:
            return [line.rstrip("\n").split("::") for line in file]

    users = {row[0]: (row[2], row[1], row[3]) for row in lines("users.dat")}
    rated = lines("ratings.dat")
    rows = [(row[0], row[1], *users[row[0]]) for row in rated]
    columns, offset = [], 0
    for column in zip(*rows):
        index = {value: i + offset for i, value in enumerate(sorted(set(column)))}
        columns.append([index[value] for value in column])
        offset += len(index)
    ratings = torch.tensor([float(row[2]) for row in rated])
    return torch.tensor(columns).T.contiguous(), ratings, offset


def evaluate(loader, model, criterion):
    total = 0
    model.eval()
    for x, y in loader:
        with torch.no_grad():
            total += criterion(model(x), y).item() * x.shape[0]
    return total / len(loader.dataset)


def main(path, epochs, threads):
    torch.set_num_threads(threads)
    features, ratings, n = read(path)
    whole = data.TensorDataset(features, ratings)
    train_rows = int(len(whole) * 0.9)
    trainset, devset = data.random_split(whole, [train_rows, len(whole) - train_rows])
    train_loader = data.DataLoader(trainset, batch_size=BATCH, shuffle=True)
    dev_loader = data.DataLoader(devset, batch_size=BATCH, shuffle=True)
    model = FMModel(n, 120)
    optimiser, criterion = optimiser_of(model), torch.nn.MSELoss()
    scheduler = scheduler_of(optimiser)
    for _ in range(epochs):
        started = time.monotonic()
        model.train()
        for x, y in train_loader:
            step(model, optimiser, criterion, x, y)
        rmse = math.sqrt(evaluate(dev_loader, model, criterion))
        scheduler.step()
        print(f"{time.monotonic() - started:.3f} {rmse:.4f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

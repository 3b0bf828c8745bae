"""Writes trajectory.safetensors: a short training run of PyTorch that the C trainer must follow.

    python make_trajectory.py trajectory.safetensors

Tensors: features [N, F] int32, ratings [N] float32, batches [S, B] int32 (rows in order), losses [S]
float64 (mean squared error before each step), learning_rates [S] float64, and the model's tensors as
"<when>.<name>" for the steps 0, 1, 10 and 200.
"""
import sys

import torch
from safetensors.torch import save_file

from fm_model import FMModel, optimiser_of, scheduler_of, step

USERS, MOVIES, AGES, GENDERS, OCCUPATIONS = 40, 30, 5, 2, 6
FACTORS, ROWS, BATCH, STEPS, EPOCH_STEPS = 20, 900, 32, 200, 20
SNAPSHOTS = (1, 10, 200)


def invent_data(generator):
    def draw(count):
        return torch.randint(count, (ROWS,), generator=generator)

    user, movie = draw(USERS), draw(MOVIES)
    metadata = [torch.randint(c, (USERS,), generator=generator)[user]
                for c in (AGES, GENDERS, OCCUPATIONS)]
    columns, offset = [], 0
    for values, count in zip([user, movie, *metadata], (USERS, MOVIES, AGES, GENDERS, OCCUPATIONS)):
        columns.append(values + offset)
        offset += count
    taste = torch.randn(USERS, 3, generator=generator)[user]
    trait = torch.randn(MOVIES, 3, generator=generator)[movie]
    noise = 0.5 * torch.randn(ROWS, generator=generator)
    ratings = (3.5 + 0.6 * (taste * trait).sum(1) + noise).round().clamp(1, 5)
    return torch.stack(columns, dim=1), ratings.float(), offset


def main(path):
    torch.manual_seed(7)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(11)
    features, ratings, n = invent_data(generator)
    batches = torch.stack([torch.randperm(ROWS, generator=generator)[:BATCH] for _ in range(STEPS)])

    model = FMModel(n, FACTORS)
    optimiser, criterion = optimiser_of(model), torch.nn.MSELoss()
    scheduler = scheduler_of(optimiser)
    tensors = {f"0.{name}": value.clone() for name, value in model.state_dict().items()}
    losses, rates = [], []
    for number, rows in enumerate(batches, start=1):
        rates.append(optimiser.param_groups[0]["lr"])
        losses.append(step(model, optimiser, criterion, features[rows], ratings[rows]))
        if number % EPOCH_STEPS == 0:
            scheduler.step()
        if number in SNAPSHOTS:
            tensors |= {f"{number}.{name}": value.clone()
                        for name, value in model.state_dict().items()}
    tensors |= {
        "features": features.int(), "ratings": ratings, "batches": batches.int(),
        "losses": torch.tensor(losses, dtype=torch.float64),
        "learning_rates": torch.tensor(rates, dtype=torch.float64),
    }
    save_file({name: value.contiguous() for name, value in tensors.items()}, path,
              metadata={"torch": torch.__version__})


if __name__ == "__main__":
    main(sys.argv[1])

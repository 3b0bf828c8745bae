"""The factorization machine and the training loop of the original blog post, in PyTorch."""
import torch
from torch import nn

SCALE = 5.5


class FMModel(nn.Module):
    """State: w0 [1], bias.weight [n, 1], embeddings.weight [n, k]."""

    def __init__(self, n, k):
        super().__init__()
        self.w0 = nn.Parameter(torch.zeros(1))
        self.bias = nn.Embedding(n, 1)
        self.embeddings = nn.Embedding(n, k)
        for table in (self.embeddings, self.bias):
            nn.init.trunc_normal_(table.weight, std=0.01, a=-0.02, b=0.02)

    def forward(self, x):
        """x: [B, F] feature indices; returns ratings [B]."""
        vectors = self.embeddings(x)
        pairs = 0.5 * (vectors.sum(dim=1).pow(2) - vectors.pow(2).sum(dim=1)).sum(dim=1)
        return torch.sigmoid(self.w0 + self.bias(x).squeeze(2).sum(dim=1) + pairs) * SCALE


def optimiser_of(model, learning_rate=1e-3, weight_decay=1e-5):
    return torch.optim.Adam(model.parameters(), lr=learning_rate, weight_decay=weight_decay)


def scheduler_of(optimiser):
    return torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones=[7], gamma=0.1)


def step(model, optimiser, criterion, x, y):
    """One training step; returns the loss before it."""
    optimiser.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimiser.step()
    return loss.item()

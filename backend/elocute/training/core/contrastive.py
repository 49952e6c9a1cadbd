"""Contrastive training of an encoder (NT-Xent: Chen et al. 2020, equation 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def nt_xent(first: Tensor, second: Tensor, temperature: float) -> Tensor:
    """Normalised temperature-scaled cross entropy over N pairs.

    With z the 2N vectors scaled to length 1 and i, j a pair, the mean over both directions of

        -log( exp(z_i . z_j / temperature) / sum_{k != i} exp(z_i . z_k / temperature) ).

    Args:
        first: (N, C) one view of each item.
        second: (N, C) the other view.
        temperature: above 0; small values look at the hardest negatives.
    """
    count = len(first)
    vectors = functional.normalize(torch.cat([first, second]).float(), dim=-1)
    similarity = vectors @ vectors.T / temperature
    itself = torch.eye(2 * count, dtype=torch.bool, device=similarity.device)
    similarity = similarity.masked_fill(itself, float("-inf"))
    partner = torch.arange(2 * count, device=similarity.device).roll(count)
    return functional.cross_entropy(similarity, partner)


class ContrastiveObjective(nn.Module):
    """NT-Xent between what an encoder (N, ...) -> (N, C) makes of two views of each item."""

    def __init__(self, encoder: nn.Module, temperature: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.temperature = temperature

    def forward(self, first: Tensor, second: Tensor) -> dict[str, Tensor]:
        """Loss ``total`` of two views of N items each."""
        encoded: Tensor = self.encoder(torch.cat([first, second]))
        count = len(first)
        with torch.autocast(encoded.device.type, enabled=False):
            return {"total": nt_xent(encoded[:count], encoded[count:], self.temperature)}

"""Sinusoidal tables and the constant row that the published code adds."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def sinusoidal_table(rows: int, width: int) -> Tensor:
    """(rows, width) float32 table: sine in even columns, cosine in odd ones (Vaswani et al. 2017)."""
    position = torch.arange(rows, dtype=torch.float32)[:, None]
    frequency = torch.exp(torch.arange(0, width, 2, dtype=torch.float32) * (-math.log(10000.0) / width))
    table = torch.empty(rows, width)
    table[:, 0::2] = torch.sin(position * frequency)
    table[:, 1::2] = torch.cos(position * frequency)
    return table


def constant_row(length: int, width: int) -> Tensor:
    """(width,) row ``length`` of the table.

    The published encodings index their table by the number of tokens instead of slicing up to it, so
    every token gets this one row and the order of tokens is not encoded. Its checkpoints were trained so.
    """
    return sinusoidal_table(length + 1, width)[length]

"""Sound as other throats, rooms and microphones would give it, drawn anew for every sample, on any device."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from elocute.audio.speech_features import SUBFRAMES
from elocute.speech_encoders.phonetic_input import BANDS

_MEL: Final = SUBFRAMES * BANDS
_WARPED, _TILTED, _FLOORED, _GAPPED = 0.5, 0.5, 0.4, 0.3
"""Chances of another vocal tract, an equaliser, a noise floor, a short gap."""
_LONGEST_GAP: Final = 8
_TERMS: Final = 3


def disturb_sound(rows: Tensor, generator: torch.Generator) -> Tensor:
    """Sound rows (N, T, SUBFRAMES * BANDS + ...) float32, each sample disturbed on its own."""
    count, frames = rows.shape[:2]
    device = rows.device

    def uniform(*shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        return low + (high - low) * torch.rand(*shape, generator=generator, device=device)

    def chosen(chance: float) -> Tensor:
        return uniform(count, 1, 1, 1) < chance

    mel = rows[..., :_MEL].reshape(count, frames, SUBFRAMES, BANDS)
    warped = (mel.flatten(1, 2) @ _band_warp(uniform(count, low=0.86, high=1.16))).view_as(mel)
    mel = torch.where(chosen(_WARPED), warped, mel)
    mel = torch.where(chosen(_TILTED), mel + _tilt(count, generator, device), mel)
    floor = uniform(count, 1, 1, 1, low=-2.6, high=-0.4) + 0.5 * _tilt(count, generator, device)
    mel = torch.where(chosen(_FLOORED), 0.5 * torch.logaddexp(2.0 * mel, 2.0 * floor), mel)
    start, length = uniform(count, 1) * frames, uniform(count, 1, low=2.0, high=_LONGEST_GAP + 1.0)
    place = torch.arange(frames, device=device)
    gap = (place >= start) & (place < start + length) & (uniform(count, 1) < _GAPPED)
    mel = mel.masked_fill(gap[..., None, None], 0.0)
    rest = rows[..., _MEL:].clone()
    rest[..., 0] += 0.15 * torch.randn(count, 1, generator=generator, device=device)
    return torch.cat([mel.flatten(2), rest], dim=-1)


def _band_warp(factor: Tensor) -> Tensor:
    """(N, BANDS, BANDS) matrices that stretch the mel axis, as a longer or shorter vocal tract does."""
    bands = torch.arange(BANDS, device=factor.device)
    place = (bands * factor[:, None]).clamp(0, BANDS - 1)
    low = place.floor().long()
    share = place - low
    matrix = torch.zeros(len(factor), BANDS, BANDS, device=factor.device)
    matrix.scatter_add_(1, low[:, None], (1.0 - share)[:, None])
    matrix.scatter_add_(1, (low + 1).clamp(max=BANDS - 1)[:, None], share[:, None])
    return matrix


def _tilt(count: int, generator: torch.Generator, device: torch.device) -> Tensor:
    """(N, 1, 1, BANDS) smooth equaliser curves."""
    place = torch.linspace(0.0, torch.pi, BANDS, device=device)
    orders = torch.arange(1, _TERMS + 1, device=device)[:, None]
    gains = 0.25 * torch.randn(count, _TERMS, 1, generator=generator, device=device) / orders
    phases = torch.pi * torch.rand(count, _TERMS, 1, generator=generator, device=device)
    return (gains * torch.cos(orders * place + phases)).sum(dim=1)[:, None, None]

"""The device that a model computes on."""

from __future__ import annotations

import torch

from elocute.errors import SettingsError


def torch_device(name: str) -> torch.device:
    """The device that torch calls ``name``.

    Raises:
        SettingsError: there is none.
    """
    try:
        device = torch.device(name)
        # Computes, for a card may be too old, or too new, for PyTorch.
        torch.zeros(1, device=device).add_(1).item()
    except (RuntimeError, AssertionError) as error:
        there = ["cpu"]
        there += ["cuda"] if torch.cuda.is_available() else []
        there += ["mps"] if torch.backends.mps.is_available() else []
        raise SettingsError(
            f"There is no device {name!r} to compute on.", f"Use {' or '.join(there)}."
        ) from error
    return device

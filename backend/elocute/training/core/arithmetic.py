"""Which arithmetic a training uses on the device it got."""

from __future__ import annotations

from typing import Final

import torch

from elocute.training.core.settings import Precision

_NATIVE: Final = ("avx512_bf16", "amx_bf16", "avx10_2", "bf16")
"""Abilities of a processor that calculates in bfloat16 itself, as PyTorch names them (x86 and Arm)."""


def training_precision(asked: Precision, device: torch.device) -> Precision:
    """The precision asked for, or float32 on a processor that would have to imitate bfloat16.

    Imitated, an update of our small networks took six times as long as in float32 (measured without AVX-512).
    """
    if asked == "bfloat16" and device.type == "cpu" and not _has_bfloat16():
        return "float32"
    return asked


def _has_bfloat16() -> bool:
    abilities = torch.cpu.get_capabilities()
    return any(abilities.get(name, False) for name in _NATIVE)

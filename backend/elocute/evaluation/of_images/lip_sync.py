"""Sync scores LSE-D and LSE-C from a user's SyncNet weights (Chung and Zisserman 2016; Prajwal et al. 2020).

SyncNet's weights carry terms of their own and do not come with Elocute. The network is stated here from
what is known of it: a film of 224 x 224 crops of a face (levels 0..255, blue first) in windows of 5 frames,
sound as 13 MFCC at 100 Hz in windows of 20, both to 1024 numbers. Of every frame the distances to the sound
of -15..+15 frames are taken, zeros behind the ends, and averaged over frames; LSE-D is the least of the 31
means, LSE-C their median less the least. Published weights were not at hand: that their names and sizes are
these is untried.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from elocute.checkpoint.torch_archive import read_torch_archive
from elocute.checkpoint.weights import built_strictly
from elocute.errors import InputError

SIDE: Final = 224
FEATURES: Final = 1024
FRAMES: Final = 5
STEPS: Final = 20
"""MFCC frames of a window; four of them pass in a frame of the film."""
STEPS_A_FRAME: Final = 4
CEPSTRA: Final = 13
REACH: Final = 15
_TOGETHER: Final = 16


@dataclass(frozen=True)
class SyncScores:
    """How well lips and sound agree.

    Attributes:
        distance: LSE-D, lower is better.
        confidence: LSE-C, higher is better.
        offset: frames that the sound is late where they agree best.
    """

    distance: float
    confidence: float
    offset: int


def _sound_layers() -> nn.Sequential:
    return nn.Sequential(
        *_block2(1, 64, (3, 3), 1, 1),
        nn.MaxPool2d(1, 1),
        *_block2(64, 192, (3, 3), 1, 1),
        nn.MaxPool2d((3, 3), (1, 2)),
        *_block2(192, 384, (3, 3), 1, 1),
        *_block2(384, 256, (3, 3), 1, 1),
        *_block2(256, 256, (3, 3), 1, 1),
        nn.MaxPool2d((3, 3), 2),
        *_block2(256, 512, (5, 4), 1, 0),
    )


def _lip_layers() -> nn.Sequential:
    pool = nn.MaxPool3d((1, 3, 3), (1, 2, 2))
    return nn.Sequential(
        *_block3(3, 96, (5, 7, 7), (1, 2, 2), 0),
        pool,
        *_block3(96, 256, (1, 5, 5), (1, 2, 2), (0, 1, 1)),
        nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
        *_block3(256, 256, (1, 3, 3), 1, (0, 1, 1)),
        *_block3(256, 256, (1, 3, 3), 1, (0, 1, 1)),
        *_block3(256, 256, (1, 3, 3), 1, (0, 1, 1)),
        nn.MaxPool3d((1, 3, 3), (1, 2, 2)),
        *_block3(256, 512, (1, 6, 6), 1, 0),
    )


def _block2(inner: int, outer: int, kernel: tuple[int, int], stride: int, padding: int) -> list[nn.Module]:
    convolution = nn.Conv2d(inner, outer, kernel, stride, padding)
    return [convolution, nn.BatchNorm2d(outer), nn.ReLU(inplace=True)]


def _block3(
    inner: int,
    outer: int,
    kernel: tuple[int, int, int],
    stride: int | tuple[int, int, int],
    padding: int | tuple[int, int, int],
) -> list[nn.Module]:
    convolution = nn.Conv3d(inner, outer, kernel, stride, padding)
    return [convolution, nn.BatchNorm3d(outer), nn.ReLU(inplace=True)]


def _head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(512, 512), nn.BatchNorm1d(512), nn.ReLU(), nn.Linear(512, FEATURES))


class SyncNet(nn.Module):
    """Both halves, under the names of published weights."""

    def __init__(self) -> None:
        super().__init__()
        self.netcnnaud = _sound_layers()
        self.netfcaud = _head()
        self.netcnnlip = _lip_layers()
        self.netfclip = _head()

    def hear(self, mfcc: Tensor) -> Tensor:
        """(N, 1024) of (N, 1, 13, 20)."""
        features: Tensor = self.netfcaud(self.netcnnaud(mfcc).flatten(1))
        return features

    def see(self, frames: Tensor) -> Tensor:
        """(N, 1024) of (N, 3, 5, 224, 224)."""
        features: Tensor = self.netfclip(self.netcnnlip(frames).flatten(1))
        return features


def load_syncnet(path: Path) -> SyncNet:
    """The network of a user's checkpoint, a bare state dict as published; nothing in it is executed.

    Raises:
        InputError: it is missing, damaged, hostile, or not of this network.
    """
    content = read_torch_archive(path)
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise InputError(
            f"{path} is not a checkpoint of SyncNet.", "Choose its .model file.", code="bad_checkpoint"
        )
    # Counters of batches have no effect; older files lack them.
    weights = {name: value for name, value in content.items() if not name.endswith("num_batches_tracked")}
    counters = {
        name: value.float()
        for name, value in SyncNet().state_dict().items()
        if name.endswith("num_batches_tracked")
    }
    return built_strictly(SyncNet, weights | counters, str(path)).eval().requires_grad_(False)


@torch.inference_mode()
def sync_scores(network: SyncNet, crops: NDArray[np.uint8], mfcc: NDArray[np.float32]) -> SyncScores:
    """LSE-D and LSE-C of a film.

    Args:
        network: see :func:`load_syncnet`.
        crops: (T, 224, 224, 3) RGB at 25 frames a second.
        mfcc: (13, M) cepstra at 100 a second.

    Raises:
        ValueError: another size, or less than a window.
    """
    if crops.ndim != 4 or crops.shape[1:] != (SIDE, SIDE, 3) or mfcc.ndim != 2 or len(mfcc) != CEPSTRA:
        raise ValueError(f"crops of shape {crops.shape} and cepstra of shape {mfcc.shape}")
    count = min(len(crops) - FRAMES, (mfcc.shape[1] - STEPS) // STEPS_A_FRAME + 1)
    if count < 1:
        raise ValueError("the film is shorter than a window")
    images = torch.from_numpy(np.ascontiguousarray(crops[..., ::-1])).float().permute(3, 0, 1, 2)
    sound = torch.from_numpy(mfcc).float()[None]
    seen, heard = [], []
    for first in range(0, count, _TOGETHER):
        rows = range(first, min(first + _TOGETHER, count))
        seen.append(network.see(torch.stack([images[:, row : row + FRAMES] for row in rows])))
        starts = [STEPS_A_FRAME * row for row in rows]
        heard.append(network.hear(torch.stack([sound[..., start : start + STEPS] for start in starts])))
    return scores_of(torch.cat(seen).numpy(), torch.cat(heard).numpy())


def scores_of(seen: NDArray[np.float32], heard: NDArray[np.float32]) -> SyncScores:
    """Scores of features (T, D) of film and sound."""
    padded = np.pad(heard.astype(np.float64), ((REACH, REACH), (0, 0)))
    means = np.array(
        [
            np.linalg.norm(seen - padded[shift : shift + len(seen)] + 1e-6, axis=1).mean()
            for shift in range(2 * REACH + 1)
        ]
    )
    least = float(means.min())
    return SyncScores(least, float(np.median(means)) - least, int(means.argmin()) - REACH)

"""How much of a clip the speech encoder encodes at once."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from elocute.models.diffposetalk.audio_input import window_samples
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.sampling_settings import AudioContext
from elocute.progress import Progress

PIECE: Final = 10
"""Windows that are encoded together when a clip is too long for one piece."""

MARGIN: Final = 2
"""Windows before and after a piece that are encoded with it and dropped again."""

LONGEST: Final = PIECE + 2 * MARGIN
"""Windows up to which ``auto`` encodes the whole clip at once, as published."""


def encode_clip(
    network: DiffPoseTalk, samples: Tensor, windows: int, context: AudioContext, progress: Progress
) -> Tensor:
    """Audio features of a clip.

    ``clip`` encodes all at once as published, but attention then needs time that grows with the square
    of the length. ``auto`` does the same for clips of up to ``LONGEST`` windows and encodes longer ones
    in pieces that overlap, so time and memory grow with the length. ``window`` encodes every window
    alone (the published ``--no_context_audio_feat``).

    Args:
        network: the model.
        samples: (n,) normalised samples of ``windows`` windows, up to a frame more.
        windows: number of windows W.
        context: see above.
        progress: told about each piece.

    Returns:
        (1, W * L, C) features.
    """
    frames = network.config.denoiser.motions
    span = window_samples(network.config.fps, frames)
    if context == "clip" or (context == "auto" and windows <= LONGEST):
        pieces = [(0, windows, 0, windows)]
    elif context == "window":
        pieces = [(w, w + 1, w, w + 1) for w in range(windows)]
    else:
        pieces = [
            (max(w - MARGIN, 0), min(w + PIECE + MARGIN, windows), w, min(w + PIECE, windows))
            for w in range(0, windows, PIECE)
        ]
    made: list[Tensor] = []
    for index, (first, last, keep_first, keep_last) in enumerate(pieces):
        progress.report("audio", index / len(pieces), f"part {index + 1} of {len(pieces)}")
        end = len(samples) if last == windows and context != "window" else last * span
        piece = samples[first * span : end]
        features = network.encode_audio(piece[None], (last - first) * frames)
        made.append(features[:, (keep_first - first) * frames : (keep_last - first) * frames])
    progress.report("audio", 1.0)
    return torch.cat(made, dim=1)

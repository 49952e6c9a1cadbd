"""A start from which AToM learns quickly: lips that listen to the sound of their own moment.

The sound has two features a frame, so the feature at position s belongs to frame s / 2, and attention
must find that out: rotary positions tell it how far away a feature is in positions, not in time. With random
weights that takes long. But a vector turned by its position with the frequency f, against one turned with
2 f, has the product cos(2 f t - f s), which is largest at s = 2 t. The frequencies are a geometric series, so
some channel has about twice the frequency of another one. Half of the heads of each layer begin with that.
"""

from __future__ import annotations

import itertools
import math
from typing import Final

import torch

from elocute.models.atom.config import AUDIO_RATE
from elocute.models.atom.network import Atom, DecoderLayer

_SLOWEST: Final = 10_000.0
_SHARE: Final = 2
"""Every second head begins aligned."""
_CONSTANT: Final = 2.0
"""What is the same in all tokens, and so tells their positions, against a spread of 1 of what they hold."""
_STRIDE: Final = 2
"""Every second pair: slow turns too, so that far features are not taken for near ones."""
_SHARPNESS: Final = 8.0
"""Logit of a feature at its own frame."""
_OFF: Final = 0.02
"""Largest error of the ratio of two frequencies that counts as twice."""


@torch.no_grad()
def align_hearing(network: Atom) -> bool:
    """Change the weights of the attention to the sound; False where the width has no fitting frequencies.

    Args:
        network: with random weights.
    """
    width, heads = network.config.width, network.config.heads
    # Pair j turns with 10000^(-2 j / D): twice the frequency is so many pairs before.
    before = round(width * math.log(AUDIO_RATE) / (2 * math.log(_SLOWEST)))
    ratio = _SLOWEST ** (2 * before / width)
    if before < 1 or abs(ratio / AUDIO_RATE - 1) > _OFF:
        return False
    network.memory_norm.bias[0::2] = _CONSTANT
    for layer in network.layers:
        _align(layer, before, width // heads)  # type: ignore[arg-type]
    return True


def _align(layer: DecoderLayer, before: int, head: int) -> None:
    """Query pairs turn twice as fast as the key pairs that they meet."""
    attention = layer.cross_attn
    width = attention.in_proj_weight.shape[1]
    pairs = min(head // 2, (width // 2 - before) // _STRIDE)
    strength = math.sqrt(_SHARPNESS * math.sqrt(head) / pairs) / _CONSTANT
    layer.norm2.bias[0::2] = _CONSTANT
    for first in range(0, width, _SHARE * head):
        for rows, behind in ((first, 0), (width + first, before)):
            attention.in_proj_weight[rows : rows + head] = 0.0
            for pair, part in itertools.product(range(pairs), range(2)):
                column = 2 * (_STRIDE * pair + behind) + part
                attention.in_proj_weight[rows + 2 * pair + part, column] = strength

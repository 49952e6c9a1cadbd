"""The table of speech encoders. Another one is a file beside this and an entry here.

A module named here offers ``build(kind, options) -> torch.nn.Module``; the network's
``config.hidden_size`` is the width of its features. Where it hears samples it also offers
``encode_speech(network, samples, frames)``, which gives features at a motion's frame rate. Modules are
imported when an encoder is built: transformers alone takes seconds.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from torch import Tensor, nn

Hears = Literal["samples", "phones", "text"]


@dataclass(frozen=True)
class EncoderKind:
    """One kind of encoder.

    Attributes:
        hears: what it works from: ``samples`` at 16 kHz, ``phones`` together with sound, or ``text``.
        module: where its code is.
        pretrained: whether the field publishes weights that transformers can load.
    """

    hears: Hears
    module: str
    pretrained: bool = False

    def code(self) -> ModuleType:
        """The module."""
        return importlib.import_module(self.module)


_TRANSFORMERS: Final = "elocute.speech_encoders.transformers_encoder"

ENCODERS: Final[Mapping[str, EncoderKind]] = {
    "hubert": EncoderKind("samples", _TRANSFORMERS, pretrained=True),
    "wav2vec2": EncoderKind("samples", _TRANSFORMERS, pretrained=True),
    "phonetic": EncoderKind("phones", "elocute.speech_encoders.phonetic_encoder"),
}


def build_network(kind: str, options: Mapping[str, Any]) -> nn.Module:
    """The network of a kind with random weights, under the names that its checkpoints have.

    Raises:
        InputError: the options are not a configuration of that kind.
        KeyError: there is no such kind.
    """
    network: nn.Module = ENCODERS[kind].code().build(kind, options)
    return network


def encode_at_frames(kind: str, network: nn.Module, samples: Tensor, frames: int) -> Tensor:
    """(N, n) normalised samples at 16 kHz to (N, frames, C) features, for kinds that hear samples.

    Raises:
        TypeError: the kind hears something else.
    """
    if ENCODERS[kind].hears != "samples":
        raise TypeError(f"a {kind} speech encoder needs more than samples")
    features: Tensor = ENCODERS[kind].code().encode_speech(network, samples, frames)
    return features

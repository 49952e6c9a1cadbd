"""The phone recogniser of the package hama: a small network for many languages with symbols of IPA.

Its weights are read and computed here (:mod:`elocute.audio.phones.conformer`); the package itself is never
imported. Its native library takes ten times as long, and there is none for Windows.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phones.conformer import (
    Array,
    Attention,
    Block,
    Conformer,
    Convolution,
    FeedForward,
    Linear,
    Norm,
)
from elocute.audio.phones.packed_arrays import read_packed_arrays
from elocute.audio.phones.posteriors import Samples
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.loaded_once import LoadedOnce

_PACKAGE: Final = "hama"
_WEIGHTS: Final = "asr_waveform.hama"
_SYMBOLS: Final = "g2p_vocab.json"
_WORD_BORDER: Final = "<wb>"
_BLANK: Final = "<blank>"
_SOUNDLESS: Final = frozenset({"<pad>", "<sos>", "<eos>", "<unk>", _WORD_BORDER, _BLANK, " ", "%", ",", "~"})
_SHORTEST_SAMPLES: Final = 1600
_PREFIX: Final = "acoustic_model.model."
_MATRICES: Final = 6
"""Of a block, without names of their own but in the order in which they are used."""


class HamaRecogniser:
    """hama's recogniser, 50 frames a second.

    Args:
        folder: holds its weights and its symbols.

    Raises:
        OSError: a file is missing, damaged, or of another network.
    """

    step: float = 0.02
    longest: float = 29.0

    def __init__(self, folder: Path) -> None:
        arrays = read_packed_arrays((folder / _WEIGHTS).read_bytes())
        try:
            tokens = json.loads((folder / _SYMBOLS).read_text(encoding="utf-8"))["decoder"]
            self._network = _network({name: value.astype(np.float32) for name, value in arrays.items()})
        except (KeyError, ValueError, TypeError, IndexError) as error:
            raise OSError(f"the files in {folder} are not those of hama 1.7.0") from error
        tokens = [*map(str, tokens), _WORD_BORDER, _BLANK]
        if len(tokens) != len(self._network.leave.bias):
            raise OSError(f"the files in {folder} do not belong together")
        self.blank: int = tokens.index(_BLANK)
        self.symbols: tuple[str, ...] = tuple("" if token in _SOUNDLESS else token for token in tokens)

    def hear(self, samples: Samples) -> NDArray[np.float32]:
        """See :class:`~elocute.audio.phones.posteriors.PhoneRecogniser`."""
        wave = np.ascontiguousarray(samples, np.float32)
        if len(wave) < _SHORTEST_SAMPLES:
            wave = np.pad(wave, (0, _SHORTEST_SAMPLES - len(wave)))
        frames = -(-len(samples) // round(self.step * SAMPLE_RATE))
        return self._network(wave)[: max(frames, 1)]


def _network(arrays: dict[str, Array]) -> Conformer:
    """The network of named weights; those that the export left without names go by their number."""
    kernels = _numbered(arrays, "onnx::Conv_")
    matrices = _numbered(arrays, "onnx::MatMul_")
    (stem, stem_bias), *depthwise = zip(kernels[::2], kernels[1::2], strict=True)
    width, bands, taps = stem.shape
    if len(matrices) != _MATRICES * len(depthwise):
        raise ValueError("not as many matrices as blocks need")
    blocks = tuple(
        _block(arrays, f"{_PREFIX}blocks.{number}.", matrices[_MATRICES * number :], kernel, bias)
        for number, (kernel, bias) in enumerate(depthwise)
    )
    return Conformer(
        window=arrays["stft_real_kernel"][0, 0],  # its first frequency is 0, which leaves the window
        mel=arrays["mel_fb"],
        stem=Linear(stem.transpose(2, 1, 0).reshape(taps * bands, width), stem_bias),
        blocks=blocks,
        leave=_pointwise(arrays, f"{_PREFIX}proj"),
    )


def _block(arrays: dict[str, Array], prefix: str, matrices: list[Array], kernel: Array, bias: Array) -> Block:
    def norm(name: str) -> Norm:
        return Norm(arrays[f"{prefix}{name}.weight"], arrays[f"{prefix}{name}.bias"])

    def linear(matrix: Array, bias: str) -> Linear:
        return Linear(matrix, arrays[prefix + bias])

    def feed_forward(name: str, first: Array, second: Array) -> FeedForward:
        return FeedForward(
            norm(f"{name}.norm"), linear(first, f"{name}.fc1.bias"), linear(second, f"{name}.fc2.bias")
        )

    first, second, entry, leave, third, fourth = matrices[:_MATRICES]
    return Block(
        before=feed_forward("ffn1", first, second),
        attention=Attention(
            norm("attn_norm"), linear(entry, "attn.in_proj_bias"), linear(leave, "attn.out_proj.bias")
        ),
        convolution=Convolution(
            norm=norm("conv.norm"),
            entry=_pointwise(arrays, f"{prefix}conv.pointwise1"),
            kernel=np.ascontiguousarray(kernel[:, 0].T),
            kernel_bias=bias,
            leave=_pointwise(arrays, f"{prefix}conv.pointwise2"),
        ),
        after=feed_forward("ffn2", third, fourth),
        norm=norm("norm"),
    )


def _pointwise(arrays: dict[str, Array], name: str) -> Linear:
    """A convolution of one frame."""
    return Linear(np.ascontiguousarray(arrays[f"{name}.weight"][:, :, 0].T), arrays[f"{name}.bias"])


def _numbered(arrays: dict[str, Array], prefix: str) -> list[Array]:
    names = [name for name in arrays if name.startswith(prefix)]
    return [arrays[name] for name in sorted(names, key=lambda name: int(name.removeprefix(prefix)))]


def _installed_folder() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {_PACKAGE!r}", name=_PACKAGE)
    return Path(spec.origin).parent / "assets"


@LoadedOnce
def hama_recogniser() -> HamaRecogniser:
    """The one of this process.

    Raises:
        ModuleNotFoundError: the package hama is not installed.
        OSError: its files are missing, damaged, or of another version.
    """
    return HamaRecogniser(_installed_folder())

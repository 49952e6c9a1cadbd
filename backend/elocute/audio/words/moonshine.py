"""Moonshine (Jeffries et al. 2024, "Moonshine: Speech Recognition for Live Transcription"), tiny, English.

An encoder over the bare samples and a decoder that writes one piece of a word after the other. The
weights are those in the wheel of ``moonshine-voice``; the package itself is never imported, since it
opens devices and the network; its files are read and run with onnxruntime.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.audio.words.engine import HeardText, Samples, WordsFailed, heard_text
from elocute.loaded_once import LoadedOnce
from elocute.processor_threads import WORD_THREADS, bind_session

_BEGIN: Final = 1
_END: Final = 2
_PIECES_PER_SECOND: Final = 6.5
"""More is a recogniser that repeats itself; the limit of the published decoder."""
_SPARE_PIECES: Final = 4
_SHORTEST_SAMPLES: Final = 3200
_SPACE: Final = "\u2581"


class MoonshineEngine:
    """Moonshine's recogniser.

    Args:
        folder: holds ``encoder_model.ort``, ``decoder_model_merged.ort`` and ``tokenizer.bin``.

    Raises:
        ModuleNotFoundError: onnxruntime is not installed.
        OSError: a file is missing or cannot be used.
    """

    name = "Moonshine"
    longest: float = 29.0
    detects: bool = False

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        bind_session(options, WORD_THREADS)
        options.log_severity_level = 4
        try:
            sessions = [
                onnxruntime.InferenceSession(str(folder / name), options, providers=["CPUExecutionProvider"])
                for name in ("encoder_model.ort", "decoder_model_merged.ort")
            ]
        except Exception as error:
            raise OSError(f"Moonshine's weights in {folder} cannot be used: {error}") from error
        self._encoder: Any = sessions[0]
        self._decoder: Any = sessions[1]
        self._pieces = read_pieces((folder / "tokenizer.bin").read_bytes())
        self._cache_inputs = [
            each for each in self._decoder.get_inputs() if each.name.startswith("past_key_values")
        ]
        self._outputs = [each.name for each in self._decoder.get_outputs()]
        self._lock = Lock()

    def understands(self, language: str) -> bool:
        """English only."""
        return language == "en"

    def transcribe(self, samples: Samples, language: str) -> HeardText:
        """See :class:`~elocute.audio.words.engine.WordEngine`.

        Raises:
            WordsFailed: onnxruntime gave up.
        """
        wave = np.ascontiguousarray(samples, np.float32)
        if len(wave) < _SHORTEST_SAMPLES:
            wave = np.pad(wave, (0, _SHORTEST_SAMPLES - len(wave)))
        limit = round(len(wave) / SAMPLE_RATE * _PIECES_PER_SECOND) + _SPARE_PIECES
        try:
            with self._lock:
                decoded = self._decode(wave[np.newaxis], limit)
        except Exception as error:
            raise WordsFailed(str(error)) from error
        pieces = [self._pieces[number] for number, _ in decoded if number != _END]
        texts = [_text_so_far(pieces[:count]) for count in range(1, len(pieces) + 1)]
        return heard_text(texts, [log_probability for _, log_probability in decoded])

    def _decode(self, wave: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
        """Always the likeliest piece next: numbers and log probabilities, that of the end included."""
        mask = np.ones(wave.shape, np.int64)
        states = self._encoder.run(None, {"input_values": wave, "attention_mask": mask})[0]
        feeds: dict[str, Any] = {
            "encoder_hidden_states": states,
            "encoder_attention_mask": mask,  # of the samples, too: the decoder takes every 384th
        }
        for each in self._cache_inputs:
            feeds[each.name] = np.zeros((1, each.shape[1], 0, each.shape[3]), np.float32)
        decoded: list[tuple[int, float]] = []
        number = _BEGIN
        for step in range(limit):
            feeds["input_ids"] = np.array([[number]], np.int64)
            feeds["use_cache_branch"] = np.array([step > 0])
            found = dict(zip(self._outputs, self._decoder.run(None, feeds), strict=True))
            logits = found["logits"][0, -1].astype(np.float64)
            number = int(logits.argmax())
            top = logits[number]
            decoded.append((number, -float(np.log(np.exp(logits - top).sum()))))
            if number == _END:
                break
            for each in self._cache_inputs:
                # the keys of the sound are computed in the first step alone
                if step == 0 or ".decoder." in each.name:
                    feeds[each.name] = found[each.name.replace("past_key_values", "present")]
        return decoded


def _text_so_far(pieces: Sequence[bytes]) -> str:
    return b"".join(pieces).decode("utf-8", "ignore").replace(_SPACE, " ")


def read_pieces(data: bytes) -> list[bytes]:
    """The pieces of words in a ``tokenizer.bin``: each its length, in one byte or two, and its bytes.

    Raises:
        OSError: the file ends in the middle of a piece.
    """
    pieces: list[bytes] = []
    place = 0
    while place < len(data):
        length = data[place]
        place += 1
        if length >= 128:
            if place >= len(data):
                raise OSError("Moonshine's tokenizer.bin is damaged.")
            length = (length - 128) + 128 * data[place]
            place += 1
        if place + length > len(data):
            raise OSError("Moonshine's tokenizer.bin is damaged.")
        pieces.append(data[place : place + length])
        place += length
    return pieces


def installed_folder() -> Path | None:
    """Where the wheel of moonshine-voice keeps the English weights, or None where it is not installed."""
    spec = find_spec("moonshine_voice")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "assets" / "tiny-en"
    return folder if (folder / "tokenizer.bin").is_file() else None


@LoadedOnce
def moonshine(folder: Path) -> MoonshineEngine:
    """The one of this process.

    Raises:
        ModuleNotFoundError: onnxruntime is not installed.
        OSError: a file is missing or cannot be used.
    """
    return MoonshineEngine(folder)

"""Where AToM's training gets recordings from: a packed dataset, or a corpus that the ``rules`` model acts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from elocute.audio.analysis import analyse_speech
from elocute.audio.sound import Audio
from elocute.corpus.corpus import CorpusEntry, CorpusUtterance, read_corpus
from elocute.corpus.teacher import teach
from elocute.dataset.store import SAMPLE_RATE, RecordingStore, read_split
from elocute.errors import InputError, SettingsError
from elocute.models.atom.config import FPS
from elocute.models.rules.generator import RulesGenerator
from elocute.models.rules.style import PRESETS
from elocute.motion.basis import OFFICIAL
from elocute.motion.clip import MotionClip
from elocute.speech_encoders.encoder import Heard
from elocute.speech_encoders.names import PHONES, PLAIN
from elocute.speech_encoders.phonetic_input import phonetic_input

EXACT: Final = "exact"
_TOLD: Final = ("transcript", EXACT)
"""What a model is told of the phones of a corpus, the first that an utterance has: at run time, too, they are
found in the sound."""
Float32Array = NDArray[np.float32]


class Recordings(Protocol):
    """Recordings with their motion, by name."""

    @property
    def basis(self) -> str:
        """Face basis of the motion."""
        ...

    def names(self, split: str) -> list[str]:
        """Names of a split.

        Raises:
            InputError: there is no such split.
        """
        ...

    def read(self, name: str) -> tuple[MotionClip, Heard]:
        """Motion of F frames without the head's, and what is heard of the recording.

        Raises:
            InputError: missing or damaged.
        """
        ...


class PackedRecordings:
    """Those of a packed dataset.

    Args:
        folder: of the LMDB.
        encoder: name of the speech encoder, for what it works from.

    Raises:
        InputError: there is none.
    """

    def __init__(self, folder: Path, encoder: str) -> None:
        self._folder, self._encoder = folder, encoder
        self._store = RecordingStore(folder)

    @property
    def basis(self) -> str:
        """Face basis of the motion."""
        return self._store.basis or OFFICIAL.name

    def names(self, split: str) -> list[str]:
        """Names of a split."""
        return read_split(self._folder, split)

    def read(self, name: str) -> tuple[MotionClip, Heard]:
        """Motion and sound; phones are found in the sound where the encoder hears them."""
        excerpt = self._store.read(name, 0, self._store.frames(name))
        coefficients = excerpt.coefficients
        clip = _still_head(
            self.basis,
            coefficients["exp"],
            coefficients["pose"][:, 3:6],
            coefficients["shape"].mean(axis=0),
        )
        if self._encoder not in PLAIN:
            return clip, Heard(torch.from_numpy(excerpt.audio.copy()))
        sound = Audio(
            samples=excerpt.audio,
            seconds=clip.seconds,
            source_rate=SAMPLE_RATE,
            channels=1,
            sha256=hashlib.sha256(excerpt.audio.tobytes()).hexdigest(),
        )
        speech = analyse_speech(sound, phones="auto" if self._encoder == PHONES else "off")
        return clip, Heard(phonetic=phonetic_input(speech))


class TaughtRecordings:
    """Utterances of a corpus, as the ``rules`` model acts them from their exact phones.

    Args:
        folder: of the corpus.
        style: a preset of the ``rules`` model.
        encoder: name of the speech encoder; a corpus keeps no samples, so a plain one.

    Raises:
        InputError: there is no corpus.
        SettingsError: no such style, or an encoder that hears samples.
    """

    def __init__(self, folder: Path, style: str, encoder: str) -> None:
        if style not in PRESETS:
            raise SettingsError(
                f"The rules model has no style {style!r}.", f"Set teacher to one of {', '.join(PRESETS)}."
            )
        if encoder not in PLAIN:
            raise SettingsError(
                "A corpus keeps no samples, which this speech encoder needs.",
                f"Set speech_encoder to {' or '.join(PLAIN)}.",
            )
        self._style, self._basis = style, RulesGenerator().info.basis
        self._entries: dict[str, CorpusEntry] = {e.facts.name: e for e in read_corpus(folder).entries}

    @property
    def basis(self) -> str:
        """Face basis of the motion."""
        return self._basis

    def names(self, split: str) -> list[str]:
        """Names of ``train`` or ``test``.

        Raises:
            InputError: the corpus has none of that split.
        """
        found = [name for name, entry in self._entries.items() if entry.facts.split == split]
        if not found:
            raise InputError(f"The corpus has no utterances of the split {split}.", code="bad_dataset")
        return found

    def read(self, name: str) -> tuple[MotionClip, Heard]:
        """Taught motion, and features with the phones that were found."""
        utterance = self._entries[name].load()
        clip = taught_clip(utterance, self._style)
        told = next(source for source in _TOLD if source in utterance.phones)
        return clip, Heard(phonetic=phonetic_input(utterance.speech(told)))


def taught_clip(utterance: CorpusUtterance, style: str) -> MotionClip:
    """How the ``rules`` model acts an utterance in a preset, the head still; the same for every call."""
    acted = teach(utterance.speech(EXACT, clean=True), PRESETS[style], 0).clip()
    return _still_head(acted.basis, acted.expression, acted.jaw, None)


def _still_head(
    basis: str, expression: Float32Array, jaw: Float32Array, shape: Float32Array | None
) -> MotionClip:
    return MotionClip(FPS, basis, expression, jaw, np.zeros((len(expression), 3), np.float32), shape=shape)

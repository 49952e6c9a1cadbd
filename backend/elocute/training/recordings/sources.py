"""Where recordings come from: a dataset of sound and motion, or a corpus that the rules teach."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Final, Protocol

import numpy as np
from pydantic import ConfigDict

from elocute.audio.analysis import analyse_speech
from elocute.audio.sound import Audio
from elocute.audio.speech_features import SpeechFeatures
from elocute.corpus.corpus import CorpusEntry, read_corpus
from elocute.corpus.teacher import teach
from elocute.dataset.store import SAMPLE_RATE, RecordingStore, read_split
from elocute.errors import InputError, SettingsError
from elocute.models.rules.style import PRESETS
from elocute.motion.basis import ELOCUTE_HEAD_1, OFFICIAL
from elocute.motion.channels import FloatArray, MotionChannels
from elocute.motion.head1_basis import EXPRESSION_NAMES
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json

TRANSCRIPTS: Final = "transcripts.json"
_TEACHER_STREAM: Final = 11


@dataclass(frozen=True)
class LineSettings:
    """What is trained on.

    Attributes:
        corpus: a folder of ``scripts.train.make_corpus`` instead of the run's dataset; the rules teach it.
            Its split for training is ``train``, for validation ``test``.
        styles: the presets in which the corpus is taught; each line is taught in one of them.
        phones: find the phones of a dataset's recordings; with ``transcripts.json`` in its folder
            (recording -> what is said) they are those of the text.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    corpus: str = ""
    styles: tuple[str, ...] = ("neutral",)
    phones: bool = True

    def __post_init__(self) -> None:
        unknown = [style for style in self.styles if style not in PRESETS]
        if unknown or not self.styles:
            raise SettingsError(
                f"The rules have no style named {', '.join(unknown) or 'nothing'}.",
                f"Choose from {', '.join(PRESETS)}.",
            )


@dataclass(frozen=True)
class Recorded:
    """One recording of T frames.

    Attributes:
        speech: what is heard.
        rows: (T, D) its motion.
    """

    speech: SpeechFeatures
    rows: FloatArray


class LineSource(Protocol):
    """Recordings by name."""

    @property
    def channels(self) -> MotionChannels:
        """The numbers of their motion."""
        ...

    def names(self, split: str) -> list[str]:
        """The recordings of a split.

        Raises:
            InputError: there is no such split.
        """
        ...

    def read(self, name: str) -> Recorded:
        """One of them.

        Raises:
            InputError: it is missing or damaged.
        """
        ...


class CorpusLines:
    """A corpus with the motion of the ``rules`` model, in the basis of the head that comes with Elocute.

    The model is told the phones that the front end found with the transcript, as at run time, where it did.

    Args:
        folder: of the corpus.
        settings: the styles.
        seed: of the takes, and of which line gets which style.
    """

    def __init__(self, folder: Path, settings: LineSettings, seed: int) -> None:
        self._corpus, self._styles, self._seed = read_corpus(folder), settings.styles, seed
        self.channels = MotionChannels(ELOCUTE_HEAD_1.name, len(EXPRESSION_NAMES))

    def names(self, split: str) -> list[str]:
        if split not in ("train", "test"):
            raise InputError(f"A corpus has no split {split}.", "Choose train or test.", code="bad_dataset")
        names = [name for name, entry in self._entries.items() if entry.facts.split == split]
        if not names:
            raise InputError(f"The corpus has no lines of the split {split}.", code="bad_dataset")
        return names

    def read(self, name: str) -> Recorded:
        utterance = self._entries[name].load()
        rng = np.random.default_rng([self._seed, _TEACHER_STREAM, zlib.crc32(name.encode())])
        style = PRESETS[self._styles[int(rng.integers(len(self._styles)))]]
        clip = teach(utterance.speech("exact", clean=True), style, int(rng.integers(2**31))).clip()
        told = "transcript" if "transcript" in utterance.phones else "exact"
        return Recorded(utterance.speech(told), self.channels.rows_of(clip))

    @cached_property
    def _entries(self) -> Mapping[str, CorpusEntry]:
        return {entry.facts.name: entry for entry in self._corpus.entries}


class DatasetLines:
    """A dataset in the published layout (see :mod:`elocute.dataset.store`).

    Args:
        folder: of the dataset.
        phones: whether to find the phones.
    """

    def __init__(self, folder: Path, *, phones: bool) -> None:
        self._folder, self._store, self._phones = folder, RecordingStore(folder), phones
        names = self._store.names()
        if not names:
            raise InputError(f"The dataset {folder} is empty.", code="bad_dataset")
        some = self._store.read(names[0], 0, 1).coefficients["exp"]
        self.channels = MotionChannels(self._store.basis or OFFICIAL.name, some.shape[1])

    def names(self, split: str) -> list[str]:
        return read_split(self._folder, split)

    def read(self, name: str) -> Recorded:
        frames = self._store.frames(name)
        excerpt = self._store.read(name, 0, frames)
        sound = Audio(excerpt.audio, len(excerpt.audio) / SAMPLE_RATE, SAMPLE_RATE, 1, "")
        told = self._transcripts.get(name)
        speech = analyse_speech(sound, transcript=told, phones="auto" if self._phones else "off")
        pose = excerpt.coefficients["pose"]
        rows = self.channels.rows(excerpt.coefficients["exp"], pose[:, 3:], pose[:, :3])
        return Recorded(speech, rows)

    @cached_property
    def _transcripts(self) -> Mapping[str, str]:
        path = self._folder / TRANSCRIPTS
        if not path.is_file():
            return {}
        with guarded(lambda reason: InputError(f"{path} is damaged: {reason}.", code="bad_dataset")):
            told = read_json(path)
            if not isinstance(told, dict) or not all(isinstance(text, str) for text in told.values()):
                raise ValueError("it is no table of texts")
        return {str(name): str(text) for name, text in told.items()}


def line_source(settings: LineSettings, dataset: str, seed: int) -> LineSource:
    """The recordings of a run.

    Raises:
        InputError: they cannot be read.
        SettingsError: neither a corpus nor a dataset is given.
    """
    if settings.corpus:
        return CorpusLines(Path(settings.corpus), settings, seed)
    if not dataset:
        raise SettingsError("There is nothing to train on.", "Give lines.corpus or run.dataset.")
    return DatasetLines(Path(dataset), phones=settings.phones)


def splits_of(source: LineSource, train: str, validation: str) -> tuple[list[str], list[str]]:
    """The recordings of both splits; the second is empty where there is no validation.

    Raises:
        InputError: there is no such split.
    """
    return source.names(train), source.names(validation) if validation else []


def all_names(lists: Sequence[Sequence[str]]) -> list[str]:
    """Every recording of several lists once, in order."""
    return list(dict.fromkeys(name for names in lists for name in names))

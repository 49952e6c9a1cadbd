"""The corpus on disk: ``corpus.json``, one ``.npz`` for each utterance, the sound of the test split.

``CORPUS/corpus.json`` lists the utterances that are there, so a corpus can be read while it grows.
``CORPUS/utterances/NAME.npz`` holds features and phones, ``CORPUS/audio/NAME.flac`` the sound.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import ARPABET, SILENCE, Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.corpus.texts import Split
from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = "elocute-corpus-1"
PHONE_SOURCES: Final = ("exact", "transcript", "recognition", "allphone")
"""``exact`` is the synthesizer's own; the others are what the phone front end found in the sound."""
LABELS: Final = (SILENCE, *ARPABET)
_TOLD_TEXT: Final = frozenset({"exact", "transcript"})
_MAKE_AGAIN: Final = "Delete it and make it again with `python -m scripts.train.make_corpus`."
_UTTERANCE_FILE: Final = NpzKind(
    "{path} is damaged.", hint=_MAKE_AGAIN, missing="There is no utterance {path}."
)


@dataclass(frozen=True)
class UtteranceFacts:
    """What is known about an utterance in addition to its features.

    Attributes:
        name: of its files, without suffix.
        split: ``train`` or ``test``.
        voice: engine and name of the voice.
        engine: ``flite``, ``festival`` or ``espeak``.
        language: ISO 639 code.
        text: what is said.
        seconds: exact length.
        augmentation: what was done to the sound, in order.
        audio_sha256: hex digest of the float32 samples.
    """

    name: str
    split: Split
    voice: str
    engine: str
    language: str
    text: str
    seconds: float
    augmentation: tuple[str, ...]
    audio_sha256: str


@dataclass(frozen=True)
class Prosody:
    """Loudness and pitch: ``energy_db``, ``pitch_hz`` and ``voicing``, each (T,) float32."""

    energy_db: NDArray[np.float32]
    pitch_hz: NDArray[np.float32]
    voicing: NDArray[np.float32]


@dataclass(frozen=True)
class CorpusUtterance:
    """An utterance with its features, T frames at 25 a second.

    Attributes:
        facts: name, text, length and so on.
        log_mel: (T, 4, 80) float16, of the sound as recorded.
        heard: prosody of the sound as recorded.
        clean: prosody of the same speech without room, noise and the rest.
        phones: phones by source, see :data:`PHONE_SOURCES`; those that were not looked for are missing.
        found_as: how the front end named what it did, by source (``transcript-ngram`` ...).
    """

    facts: UtteranceFacts
    log_mel: NDArray[np.float16] = field(repr=False)
    heard: Prosody = field(repr=False)
    clean: Prosody = field(repr=False)
    phones: Mapping[str, tuple[Phone, ...]] = field(repr=False)
    found_as: Mapping[str, str]

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.heard.energy_db)

    def speech(self, source: str | None, clean: bool = False) -> SpeechFeatures:
        """What a generator is told about the utterance.

        Args:
            source: whose phones, or None for none.
            clean: take loudness and pitch of the clean speech; ``log_mel`` is the recorded one always.

        Raises:
            KeyError: the utterance has no phones of that source.
        """
        prosody = self.clean if clean else self.heard
        return SpeechFeatures(
            seconds=self.facts.seconds,
            log_mel=self.log_mel.astype(np.float32),
            energy_db=prosody.energy_db,
            pitch_hz=prosody.pitch_hz,
            voicing=prosody.voicing,
            phones=None if source is None else self.phones[source],
            words=(),
            phone_source="none" if source is None else self.found_as[source],
            transcript=self.facts.text if source in _TOLD_TEXT else None,
            audio_sha256=self.facts.audio_sha256,
        )


@dataclass(frozen=True)
class CorpusEntry:
    """An utterance as listed, not yet read.

    Attributes:
        facts: name, text, length and so on.
        folder: of the corpus.
    """

    facts: UtteranceFacts
    folder: Path

    @property
    def audio(self) -> Path:
        """The sound, kept for the test split."""
        return audio_path(self.folder, self.facts.name)

    def load(self) -> CorpusUtterance:
        """Read the features.

        Raises:
            InputError: the file is missing or damaged.
        """
        return read_utterance(utterance_path(self.folder, self.facts.name))


@dataclass(frozen=True)
class Corpus:
    """A corpus that was read.

    Attributes:
        folder: where it is.
        settings: what it was made with.
        entries: the utterances that are there.
    """

    folder: Path
    settings: Mapping[str, Any]
    entries: tuple[CorpusEntry, ...]

    def utterances(self, split: Split) -> list[CorpusEntry]:
        """The entries of a split, in the order they were planned."""
        return [entry for entry in self.entries if entry.facts.split == split]


def utterance_path(folder: Path, name: str) -> Path:
    """Where an utterance's features are."""
    return folder / "utterances" / f"{name}.npz"


def audio_path(folder: Path, name: str) -> Path:
    """Where an utterance's sound is, if it is kept."""
    return folder / "audio" / f"{name}.flac"


def read_corpus(folder: Path) -> Corpus:
    """Read the list of a corpus; its features are read when asked for.

    Raises:
        InputError: there is no corpus, or its list is damaged or of another format.
    """
    path = folder / "corpus.json"
    with guarded(lambda _: _damaged(path)):
        try:
            listed = read_json(path)
        except FileNotFoundError as error:
            raise InputError(
                f"There is no corpus in {folder}.",
                "Make one with `python -m scripts.train.make_corpus`.",
                code="missing_file",
            ) from error
        if not isinstance(listed, dict) or listed.get("format") != FORMAT:
            raise InputError(
                f"{path} is not a corpus of format {FORMAT}.",
                "Make a new one with `python -m scripts.train.make_corpus`.",
            )
        entries = tuple(CorpusEntry(_facts(each), folder) for each in listed["utterances"])
        return Corpus(folder, dict(listed["settings"]), entries)


def write_list(folder: Path, settings: Mapping[str, Any], facts: Sequence[UtteranceFacts]) -> None:
    """Write ``corpus.json``."""
    listed = {
        "format": FORMAT,
        "settings": dict(settings),
        "utterances": [asdict(each) for each in facts],
    }
    with write_atomically(folder / "corpus.json") as temporary:
        temporary.write_text(json.dumps(listed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_utterance(path: Path, utterance: CorpusUtterance) -> None:
    """Write an utterance's features."""
    arrays: dict[str, NDArray[Any]] = {
        "facts": np.array(json.dumps(asdict(utterance.facts), ensure_ascii=False)),
        "log_mel": utterance.log_mel.astype(np.float16),
        "energy_db": utterance.heard.energy_db.astype(np.float32),
        "pitch_hz": utterance.heard.pitch_hz.astype(np.float32),
        "voicing": utterance.heard.voicing.astype(np.float32),
        "clean_energy_db": utterance.clean.energy_db.astype(np.float32),
        "clean_pitch_hz": utterance.clean.pitch_hz.astype(np.float32),
        "clean_voicing": utterance.clean.voicing.astype(np.float32),
    }
    for source, phones in utterance.phones.items():
        arrays[f"{source}_label"] = np.array([LABELS.index(phone.label) for phone in phones], np.uint8)
        arrays[f"{source}_start"] = np.array([phone.start for phone in phones], np.float32)
        arrays[f"{source}_end"] = np.array([phone.end for phone in phones], np.float32)
        arrays[f"{source}_source"] = np.array(utterance.found_as[source])
    with write_atomically(path) as temporary:
        np.savez(temporary, allow_pickle=False, **arrays)


def read_utterance(path: Path) -> CorpusUtterance:
    """Read an utterance's features.

    Raises:
        InputError: the file is missing or damaged.
    """
    stored = read_arrays(path, _UTTERANCE_FILE)
    with guarded(lambda _: _damaged(path)):
        facts = _facts(Fields(stored).json("facts"))
        sources = [source for source in PHONE_SOURCES if f"{source}_label" in stored]
        return CorpusUtterance(
            facts=facts,
            log_mel=stored["log_mel"],
            heard=Prosody(stored["energy_db"], stored["pitch_hz"], stored["voicing"]),
            clean=Prosody(stored["clean_energy_db"], stored["clean_pitch_hz"], stored["clean_voicing"]),
            phones={source: _phones(stored, source, facts.seconds) for source in sources},
            found_as={source: str(stored[f"{source}_source"]) for source in sources},
        )


def read_facts(path: Path) -> UtteranceFacts:
    """Only what is known about an utterance, without its features.

    Raises:
        InputError: the file is damaged.
    """
    stored = read_arrays(path, _UTTERANCE_FILE, names=("facts",))
    with guarded(lambda _: _damaged(path)):
        return _facts(Fields(stored).json("facts"))


def _phones(stored: Mapping[str, NDArray[Any]], source: str, seconds: float) -> tuple[Phone, ...]:
    """Phones that are contiguous again, whatever float32 made of the last end."""
    labels, ends = stored[f"{source}_label"], stored[f"{source}_end"].astype(float).tolist()
    ends[-1] = seconds
    starts = [0.0, *ends[:-1]]
    return tuple(Phone(LABELS[label], *span) for label, *span in zip(labels, starts, ends, strict=True))


def _facts(told: dict[str, Any]) -> UtteranceFacts:
    return UtteranceFacts(**(told | {"augmentation": tuple(told["augmentation"])}))


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged.", _MAKE_AGAIN)

"""What was taken of an actor, on disk.

ACTOR/actor.json          name, and what is known of every recording
ACTOR/recordings/NAME.npz sound, phones and motion of one, as a training reads them
ACTOR/train.json          settings of a training on them
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.errors import InputError
from elocute.motion.head1_basis import EXPRESSION_NAMES
from elocute.speech_encoders.phonetic_input import LABELS, SOUND_WIDTH
from elocute.storage.atomic_write import write_atomically
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = 1
INDEX: Final = "actor.json"
RECORDINGS: Final = "recordings"
_AGAIN: Final = "Run elocute dataset import again."
_FILE: Final = NpzKind("The recording {path} is damaged: {reason}.", "bad_dataset", _AGAIN)


@dataclass(frozen=True)
class RecordingFacts:
    """What is known of a recording.

    Attributes:
        file: of its arrays, without folder and suffix.
        take: what it is called where it came from.
        seconds: its length.
        phone_source: how its phones were found.
        blinks: how often its eyes blink.
    """

    file: str
    take: str
    seconds: float
    phone_source: str
    blinks: int


@dataclass(frozen=True)
class ActorRecording:
    """One recording of T frames at 25 a second.

    Attributes:
        sound: (T, SOUND_WIDTH) float16.
        phones: what is said and when.
        expression: (T, 43) float16 of ``elocute-head-1``, without blinks.
        jaw: (T,) float16 rotation about x in radians.
        head: (T, 3) float16 radians.
    """

    sound: NDArray[np.float16] = field(repr=False)
    phones: tuple[Phone, ...] = field(repr=False)
    expression: NDArray[np.float16] = field(repr=False)
    jaw: NDArray[np.float16] = field(repr=False)
    head: NDArray[np.float16] = field(repr=False)

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.jaw)

    def save(self, path: Path) -> None:
        """Write it.

        Raises:
            InputError: the file cannot be written.
        """
        with write_atomically(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(
                stream,
                format=np.int32(FORMAT),
                sound=self.sound,
                labels=np.array([LABELS.index(phone.label) for phone in self.phones], np.int32),
                times=np.array([(phone.start, phone.end) for phone in self.phones], np.float32),
                confidence=np.array([phone.confidence for phone in self.phones], np.float32),
                expression=self.expression,
                jaw=self.jaw,
                head=self.head,
            )

    @classmethod
    def load(cls, path: Path) -> ActorRecording:
        """Read it.

        Raises:
            InputError: the file is missing or damaged.
        """
        arrays = read_arrays(path, _FILE)
        with guarded(lambda reason: _FILE.error(path, reason)):
            fields = Fields(arrays)
            if fields.whole("format") != FORMAT:
                raise ValueError("it was written by another version")
            labels = fields.indices("labels")
            times, sure = fields.floats("times", axes=2), fields.floats("confidence", axes=1)
            sound, expression = fields.floats("sound", axes=2), fields.floats("expression", axes=2)
            jaw, head = fields.floats("jaw", axes=1), fields.floats("head", axes=2)
            count = len(jaw)
            shapes = (sound.shape, expression.shape, head.shape)
            if shapes != ((count, SOUND_WIDTH), (count, len(EXPRESSION_NAMES)), (count, 3)):
                raise ValueError("its arrays do not fit each other")
            if times.shape != (len(labels), 2) or sure.shape != (len(labels),) or not len(labels):
                raise ValueError("its phones do not fit each other")
            if labels.min() < 0 or labels.max() >= len(LABELS):
                raise ValueError("it names phones that there are not")
            phones = tuple(
                Phone(LABELS[label], float(start), float(end), float(chance))
                for label, (start, end), chance in zip(labels, times, sure, strict=True)
            )
            half = [array.astype(np.float16) for array in (sound, expression, jaw, head)]
            return cls(half[0], phones, *half[1:])


@dataclass(frozen=True)
class ActorIndex:
    """What a folder of recordings holds.

    Attributes:
        name: of the actor; a model trained on it and its style are called so.
        recordings: facts of each.
    """

    name: str
    recordings: tuple[RecordingFacts, ...]

    @property
    def seconds(self) -> float:
        """Length of all recordings."""
        return sum(facts.seconds for facts in self.recordings)

    @property
    def blinks_seen(self) -> bool:
        """Whether the recordings blink at all; some ways to record a face leave blinks out."""
        return any(facts.blinks for facts in self.recordings)

    @property
    def blinks_per_minute(self) -> float:
        """How often the actor blinks."""
        return 60.0 * sum(facts.blinks for facts in self.recordings) / self.seconds

    def save(self, folder: Path) -> None:
        """Write it into the folder."""
        content = {
            "format": FORMAT,
            "name": self.name,
            "recordings": [asdict(one) for one in self.recordings],
        }
        with write_atomically(folder / INDEX) as temporary:
            temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")


def read_index(folder: Path) -> ActorIndex:
    """What the folder holds.

    Raises:
        InputError: it is none, or damaged.
    """

    def damaged(reason: str) -> InputError:
        return InputError(f"{folder} holds no recordings of an actor: {reason}.", _AGAIN, code="bad_dataset")

    with guarded(damaged):
        content: Any = read_json(folder / INDEX)
        if content["format"] != FORMAT:
            raise ValueError("it was written by another version")
        facts = tuple(RecordingFacts(**one) for one in content["recordings"])
        if not facts or any(one.seconds <= 0 or Path(one.file).name != one.file for one in facts):
            raise ValueError("it lists none, or nonsense")
        return ActorIndex(str(content["name"]), facts)


def recording_path(folder: Path, facts: RecordingFacts) -> Path:
    """Where a recording lies."""
    return folder / RECORDINGS / f"{facts.file}.npz"

"""The messages of the wire, as docs/wire.md describes them. The service has its own copies."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from ..errors import UserError

WIRE_VERSION: Final = 9
MOST_TAKES: Final = 64
"""Takes that one job may ask for."""
LARGEST_SEED: Final = 2**32 - 1
MOST_STYLE_FILES: Final = 8
"""Style files that may come with one job."""
LARGEST_STYLE_FILE: Final = 1024 * 1024
"""Bytes of one style file."""
LARGEST_BEFORE: Final = 8 * 1024 * 1024
"""Bytes of a clip that a job's motion goes on from."""
LARGEST_BASE: Final = 64 * 1024 * 1024
"""Bytes of a clip that a job changes."""
LARGEST_PHONES: Final = 8 * 1024 * 1024
"""Bytes of a file of phones that a job is told."""
MOST_PINS: Final = 4000
"""Pinned values of one job."""
STYLE_FILE_NAME: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"
"""Names of style files (the whole name matches): no paths, and nothing that a style text uses itself."""
LONGEST_STYLE: Final = 1000
"""Characters of a style text, blends included."""
MOST_CURVES: Final = 40
MOST_CURVE_POINTS: Final = 1000
"""Points of each of so many options over time that one job may change."""

M = TypeVar("M")


@dataclass(frozen=True)
class ErrorMessage:
    """What went wrong: a stable code, one sentence, and what to do (may be empty)."""

    code: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class Health:
    """The one reply that needs no token. ``reads_films``: whether it can read films, m4a and the like."""

    service: str
    version: str
    wire: int
    max_upload_bytes: int
    engine: str
    reads_films: bool


@dataclass(frozen=True)
class OptionMessage:
    """A number of a model that a user may change, and whether it may change within a performance."""

    lowest: float
    default: float
    highest: float
    whole: bool
    varies: bool


@dataclass(frozen=True)
class ModelMessage:
    """A model the service can run. ``choices`` gives the allowed values by name, the default first."""

    id: str
    family: str
    title: str
    basis: str
    fps: float
    styles: tuple[str, ...]
    options: Mapping[str, OptionMessage]
    choices: Mapping[str, tuple[str, ...]]
    hears_phones: bool
    blends_styles: bool
    changes_styles: bool
    identity: int
    engine: str
    engine_reason: str


@dataclass(frozen=True)
class ModelList:
    """Every model, the default first."""

    models: tuple[ModelMessage, ...]


@dataclass(frozen=True)
class RegardMessage:
    """Somebody's face while one listens or speaks to them: seconds, and degrees to the left and down."""

    start: float
    end: float
    yaw: float
    pitch: float
    role: Literal["listen", "speak"] = "listen"


@dataclass(frozen=True)
class AttentionMessage:
    """Whom one looks at in a dialogue, and when phrases end at which one may nod, in seconds."""

    regards: tuple[RegardMessage, ...] = ()
    nods: tuple[float, ...] = ()

    def at_speed(self, speed: float) -> AttentionMessage:
        """The same where all happens so much faster."""
        regards = (replace(r, start=r.start / speed, end=r.end / speed) for r in self.regards)
        return AttentionMessage(tuple(regards), tuple(moment / speed for moment in self.nods))


@dataclass(frozen=True)
class JobSettings:
    """What to make of the sound that is sent along."""

    kind: Literal["generate", "phones"] = "generate"
    model: str | None = None
    transcript: str | None = None
    language: str = "auto"
    words: str = "auto"
    segment: str | None = None
    from_first_sound: bool = False
    style: str | None = None
    options: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    identity: tuple[float, ...] | None = None
    seed: int = 0
    takes: int = 1
    head_motion: bool = True
    lip_contacts: bool = True
    phones: bool = False
    ranges: tuple[tuple[float, float], ...] = ()
    channels: tuple[str, ...] = ()
    pinned: tuple[tuple[str, float, float], ...] = ()
    attention: AttentionMessage | None = None
    opening: bool = False


@dataclass(frozen=True)
class StyleSettings:
    """Whose style file to make of the clip that is sent along, and the clip's frame to begin at."""

    model: str | None = None
    start: int = 0


@dataclass(frozen=True)
class JobSummary:
    """What was made, once a job is done. ``frames`` is that of each take, 0 for a phones job."""

    frames: int
    fps: float
    seconds: float
    basis: str
    takes: int
    phone_source: str
    transcript: str | None
    notes: tuple[str, ...]
    audio_sha256: str
    stage_seconds: Mapping[str, float]


@dataclass(frozen=True)
class JobState:
    """Where a job stands. ``fraction`` is that of ``stage``, 0..1."""

    id: str
    kind: Literal["generate", "phones"]
    state: Literal["queued", "running", "cancelling", "done", "failed", "cancelled"]
    queue_position: int
    stage: str
    fraction: float
    message: str
    error: ErrorMessage | None
    summary: JobSummary | None

    @property
    def ended(self) -> bool:
        """True when nothing will change any more."""
        return self.state in {"done", "failed", "cancelled"}


@dataclass(frozen=True)
class WindowMessage:
    """Frames that are final: per take an ``.npz`` of a clip of these frames alone, in base64."""

    first: int
    frames: int
    clips: tuple[str, ...]


@dataclass(frozen=True)
class PhoneMessage:
    """An ARPAbet phone or ``SIL`` with its time in seconds."""

    label: str
    start: float
    end: float


@dataclass(frozen=True)
class WordMessage:
    """A word with its time in seconds."""

    text: str
    start: float
    end: float


@dataclass(frozen=True)
class PhoneList:
    """The phones of a recording; ``phones`` is null where none could be had."""

    seconds: float
    phone_source: str
    transcript: str | None
    phones: tuple[PhoneMessage, ...] | None
    words: tuple[WordMessage, ...]
    notes: tuple[str, ...]

    def at_speed(self, speed: float) -> PhoneList:
        """The same where the recording plays so much faster."""
        return replace(
            self,
            seconds=self.seconds / speed,
            phones=None if self.phones is None else tuple(_sooner(phone, speed) for phone in self.phones),
            words=tuple(_sooner(word, speed) for word in self.words),
        )


S = TypeVar("S", PhoneMessage, WordMessage)


def _sooner(spoken: S, speed: float) -> S:
    return replace(spoken, start=spoken.start / speed, end=spoken.end / speed)


class BadMessageError(UserError):
    """A reply that does not hold the expected message."""


def to_json(message: object) -> str:
    """Return a message as JSON text.

    Raises:
        TypeError: ``message`` is not an instance of a message class.
    """
    if not is_dataclass(message) or isinstance(message, type):
        raise TypeError(f"{type(message).__name__} is not a message class")
    return json.dumps(asdict(message), ensure_ascii=False, allow_nan=False)


def from_json(kind: type[M], text: str | bytes) -> M:
    """Return the message of type ``kind`` that ``text`` holds.

    Raises:
        BadMessageError: the text is not JSON, or does not hold such a message.
    """
    try:
        message: M = _decode(kind, json.loads(text), kind.__name__)
    except (ValueError, RecursionError) as error:
        raise BadMessageError(
            f"The Elocute service sent a reply that cannot be read: {error}.",
            "Make sure that the add-on and the service have the same version.",
        ) from error
    return message


def wire_told(health: str | bytes) -> int | None:
    """The wire version that a service of any version tells as its health; None where it is no service's."""
    try:
        told = json.loads(health)
    except (ValueError, RecursionError):
        return None
    wire = told.get("wire") if isinstance(told, dict) and told.get("service") == "elocute" else None
    return wire if type(wire) is int else None


def _decode(kind: Any, value: Any, place: str) -> Any:
    """Return ``value`` as the annotation ``kind`` says; ValueError where it does not fit."""
    if is_dataclass(kind):
        return _decode_dataclass(kind, value, place)
    if get_origin(kind) is not None:
        return _decode_generic(get_origin(kind), get_args(kind), value, place)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{place} is {type(value).__name__} and not {kind.__name__}")
    return value


def _decode_generic(origin: Any, arguments: tuple[Any, ...], value: Any, place: str) -> Any:
    """Decode ``X | None``, ``Literal``, ``tuple[X, ...]``, ``tuple[X, Y]`` and ``Mapping[str, X]``."""
    decoded: Any = value
    if origin in (types.UnionType, Union):
        inner = next(a for a in arguments if a is not type(None))
        decoded = None if value is None else _decode(inner, value, place)
    elif origin is Literal:
        if value not in arguments:
            raise ValueError(f"{place} is {value!r}, which is not one of the known values")
    elif origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{place} is not a list")
        if arguments[-1] is not ... and len(value) != len(arguments):
            raise ValueError(f"{place} has {len(value)} items and not {len(arguments)}")
        kinds = [arguments[0]] * len(value) if arguments[-1] is ... else arguments
        decoded = tuple(_decode(own, item, place) for own, item in zip(kinds, value, strict=True))
    else:
        if not isinstance(value, dict):
            raise ValueError(f"{place} is not an object")
        decoded = {key: _decode(arguments[1], item, f"{place}.{key}") for key, item in value.items()}
    return decoded


@lru_cache(maxsize=64)
def _fields_of(kind: Any) -> tuple[frozenset[str], Mapping[str, Any]]:
    """Names of the fields that a dataclass must be given, types of all: a line has hundreds of phones, and
    to look this up takes longer than to decode one."""
    required = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}
    return frozenset(required), MappingProxyType(get_type_hints(kind))


def _decode_dataclass(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"{place} is not an object")
    required, hints = _fields_of(kind)
    if missing := required - value.keys():
        raise ValueError(f"{place} lacks {', '.join(sorted(missing))}")
    if unknown := value.keys() - hints.keys():
        raise ValueError(f"{place} has unknown fields: {', '.join(sorted(unknown))}")
    return kind(**{name: _decode(hints[name], item, f"{place}.{name}") for name, item in value.items()})

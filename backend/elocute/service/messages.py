"""The messages of the wire, as docs/wire.md describes them. The add-on has its own copies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from elocute.audio import given_phones
from elocute.behaviour.attention import MOST
from elocute.generator import LARGEST_SEED, MOST_TAKES
from elocute.motion import continuation, revision
from elocute.motion.revision import MOST_PINS, MOST_RANGES

WIRE_VERSION: Final = 9
MOST_STYLE_FILES: Final = 8
"""Style files that may come with one job."""
LARGEST_STYLE_FILE: Final = 1024 * 1024
"""Bytes of one style file."""
LARGEST_BEFORE: Final = continuation.LARGEST
"""Bytes of a clip that a job's motion goes on from."""
LARGEST_BASE: Final = revision.LARGEST
"""Bytes of a clip that a job changes."""
LARGEST_PHONES: Final = given_phones.LARGEST
"""Bytes of a file of phones that a job is told."""
STYLE_FILE_NAME: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}"
"""Names of style files (the whole name matches): no paths, and nothing that a style text uses itself."""
LONGEST_STYLE: Final = 1000
"""Characters of a style text, blends included."""
MOST_CURVES: Final = 40
MOST_CURVE_POINTS: Final = 1000
"""Points of each of so many options over time that one job may change."""

Name = Annotated[str, Field(min_length=1, max_length=200)]
Curve = Annotated[tuple[tuple[FiniteFloat, FiniteFloat], ...], Field(max_length=MOST_CURVE_POINTS)]


class Message(BaseModel):
    """Base of every message: immutable, and unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ErrorMessage(Message):
    """What went wrong: a stable code, one sentence, and what to do (may be empty)."""

    code: str
    message: str
    hint: str = ""


class Health(Message):
    """The one reply that needs no token. ``reads_films``: whether it can read films, m4a and the like."""

    service: str
    version: str
    wire: int
    max_upload_bytes: int
    engine: str
    reads_films: bool


class OptionMessage(Message):
    """A number of a model that a user may change, and whether it may change within a performance."""

    lowest: float
    default: float
    highest: float
    whole: bool
    varies: bool


class ModelMessage(Message):
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


class ModelList(Message):
    """Every model, the default first."""

    models: tuple[ModelMessage, ...]


class RegardMessage(Message):
    """Somebody's face while one listens or speaks to them: seconds, and degrees to the left and down."""

    start: FiniteFloat
    end: FiniteFloat
    yaw: Annotated[FiniteFloat, Field(ge=-180, le=180)]
    pitch: Annotated[FiniteFloat, Field(ge=-90, le=90)]
    role: Literal["listen", "speak"] = "listen"


class AttentionMessage(Message):
    """Whom one looks at in a dialogue, and when phrases end at which one may nod, in seconds."""

    regards: Annotated[tuple[RegardMessage, ...], Field(max_length=MOST)] = ()
    nods: Annotated[tuple[FiniteFloat, ...], Field(max_length=MOST)] = ()


class JobSettings(Message):
    """What to make of the sound that is sent along. What is not bounded here, the pipeline refuses."""

    kind: Literal["generate", "phones"] = "generate"
    model: Name | None = None
    transcript: str | None = None
    language: str = "auto"
    words: Name = "auto"
    segment: Annotated[str | None, Field(max_length=100)] = None
    from_first_sound: bool = False
    style: Annotated[str | None, Field(max_length=LONGEST_STYLE)] = None
    options: Annotated[Mapping[Name, FiniteFloat], Field(max_length=100)] = {}
    curves: Annotated[Mapping[Name, Curve], Field(max_length=MOST_CURVES)] = {}
    choices: Annotated[Mapping[Name, Name], Field(max_length=100)] = {}
    identity: Annotated[tuple[FiniteFloat, ...] | None, Field(max_length=1000)] = None
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)] = 0
    takes: Annotated[int, Field(ge=1, le=MOST_TAKES)] = 1
    head_motion: bool = True
    lip_contacts: bool = True
    phones: bool = False
    ranges: Annotated[tuple[tuple[FiniteFloat, FiniteFloat], ...], Field(max_length=MOST_RANGES)] = ()
    channels: Annotated[tuple[Name, ...], Field(max_length=100)] = ()
    pinned: Annotated[tuple[tuple[Name, FiniteFloat, FiniteFloat], ...], Field(max_length=MOST_PINS)] = ()
    attention: AttentionMessage | None = None
    opening: bool = False


class StyleSettings(Message):
    """Whose style file to make of the clip that is sent along, and the clip's frame to begin at."""

    model: Name | None = None
    start: Annotated[int, Field(ge=0, lt=2**31)] = 0


class JobSummary(Message):
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


class JobState(Message):
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


class WindowMessage(Message):
    """Frames that are final: per take an ``.npz`` of a clip of these frames alone, in base64."""

    first: int
    frames: int
    clips: tuple[str, ...]


class PhoneMessage(Message):
    """An ARPAbet phone or ``SIL`` with its time in seconds."""

    label: str
    start: float
    end: float


class WordMessage(Message):
    """A word with its time in seconds."""

    text: str
    start: float
    end: float


class PhoneList(Message):
    """The phones of a recording; ``phones`` is null where none could be had."""

    seconds: float
    phone_source: str
    transcript: str | None
    phones: tuple[PhoneMessage, ...] | None
    words: tuple[WordMessage, ...]
    notes: tuple[str, ...]

"""Whom somebody in a dialogue attends to: who speaks when, and where they are, made into gaze and nods.

Listeners look at who speaks for most of the time and glance away now and then; speakers look away when they
begin and back at the listener when they end, so that turns change with the eyes (Kendon 1967; Argyle and Dean
1965: listening about 75 %, speaking about 40 %). Eyes lead, the head follows with a part of the turn, and the
eyes hold on to what is looked at while it does. Listeners nod at ends of phrases (Dittmann and Llewellyn
1968).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from elocute.audio.speech_features import FPS, SpeechFeatures
from elocute.behaviour.curve_shapes import add_bump, add_step
from elocute.behaviour.random_stream import random_stream
from elocute.errors import InputError, SettingsError

FloatArray = NDArray[np.float64]
Role = Literal["listen", "speak"]
ROLES: Final[tuple[Role, ...]] = ("listen", "speak")
MOST: Final = 2000
"""Regards, and ends of phrases, that one performance may have."""
FARTHEST: Final = 85.0
"""Degrees to a side that eyes and head reach together; what lies further behind is not looked at."""
_HIGHEST: Final = 45.0
_SACCADE_SECONDS: Final = 0.09
_HEAD_LATE: Final = (0.06, 0.16)
_NOTICED: Final = (0.12, 0.32)
"""Seconds after which a listener's eyes are with who has begun to speak."""
_EYES_ALONE: Final = 8.0
"""Degrees that the eyes turn without the head."""
_HEAD_SHARE: Final = 0.72
_HEAD_LIMIT: Final = np.array([22.0, 58.0])
_EYE_LIMIT: Final = np.array([20.0, 32.0])
_SPARE: Final = 4.0
"""Degrees that the eyes stay away from how far they turn."""
_LISTENS: Final = (2.2, 6.5)
_GLANCE: Final = (0.5, 1.1)
_SPEAKS_TO: Final = (0.9, 2.4)
_SPEAKS_AWAY: Final = (0.9, 2.2)
_HANDS_OVER: Final = 0.7
"""Seconds before the end of a turn in which the speaker looks at the listener."""
_NODS: Final = 0.55
_NOD_DEGREES: Final = (2.0, 4.2)
_NOD_LATE: Final = (0.10, 0.38)
_BLINKS_FROM: Final = 18.0
"""Degrees of a gaze shift that most people blink in (Evinger et al. 1994)."""
_BEHIND: Final = 10.0
"""Seconds behind the end of a performance that are planned, so that what lies there is seen to begin."""
_TURNS_BACK: Final = 1.4
"""Seconds after which nobody is looked at any longer, where nobody speaks."""


@dataclass(frozen=True)
class Regard:
    """Somebody's face while one of both speaks.

    Attributes:
        start: seconds.
        end: seconds, after ``start``.
        yaw: degrees by which one turns to the left to face them.
        pitch: degrees by which one looks down to them.
        role: whether one listens to them, or speaks to them.
    """

    start: float
    end: float
    yaw: float
    pitch: float
    role: Role = "listen"

    def __post_init__(self) -> None:
        numbers = (self.start, self.end, self.yaw, self.pitch)
        if not all(math.isfinite(number) for number in numbers) or self.end <= self.start:
            raise SettingsError("A regard's end is not after its start.", "Give seconds, start before end.")
        if abs(self.yaw) > 180 or abs(self.pitch) > 90 or self.role not in ROLES:
            raise SettingsError(
                "A regard's direction is out of range.",
                "Give yaw from -180 to 180, pitch from -90 to 90 degrees, and the role listen or speak.",
            )

    @property
    def can_be_seen(self) -> bool:
        """Whether eyes and head can turn so far."""
        return abs(self.yaw) <= FARTHEST and abs(self.pitch) <= _HIGHEST


@dataclass(frozen=True)
class Attention:
    """Whom one attends to during a performance.

    Attributes:
        regards: in any order; where they overlap, the later one begins to count when it starts.
        nods: seconds at which phrases of those end to whom one listens.

    Raises:
        SettingsError: there are more than :data:`MOST` of either, or a time is none.
    """

    regards: tuple[Regard, ...] = ()
    nods: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if max(len(self.regards), len(self.nods)) > MOST:
            raise SettingsError(f"Attention has more than {MOST} entries.", "Make the performance in parts.")
        if not all(math.isfinite(time) for time in self.nods):
            raise SettingsError("An end of a phrase is no number of seconds.", "Correct it.")

    @property
    def facts(self) -> dict[str, Any]:
        """As JSON can hold it; :func:`read_attention` reads it."""
        named = ("start", "end", "yaw", "pitch", "role")
        return {
            "regards": [{name: getattr(regard, name) for name in named} for regard in self.regards],
            "nods": list(self.nods),
        }


def read_attention(text: str | bytes) -> Attention:
    """The attention that a JSON text describes: ``{"regards": [{"start", "end", "yaw", "pitch", "role"}],
    "nods": [...]}``; seconds and degrees.

    Raises:
        InputError: it describes none.
        SettingsError: numbers are out of range.
    """
    try:
        told = json.loads(text)
        if not isinstance(told, dict):
            raise ValueError("it is no object")
        if unknown := set(told) - {"regards", "nods"}:
            raise ValueError(f"unknown entry {min(unknown)!r}")
        regards = tuple(_regard(entry) for entry in told.get("regards", ()))
        return Attention(regards, tuple(float(time) for time in told.get("nods", ())))
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"This is no attention of a dialogue: {error}.",
            'Write {"regards": [{"start": 0, "end": 2.5, "yaw": 30, "pitch": 0}], "nods": [2.4]}.',
            code="bad_attention",
        ) from error


def _regard(entry: Mapping[str, Any]) -> Regard:
    unknown = set(entry) - {"start", "end", "yaw", "pitch", "role"}
    if unknown:
        raise ValueError(f"unknown entry {min(unknown)!r}")
    named = ("start", "end", "yaw", "pitch")
    if missing := [name for name in named if name not in entry]:
        raise ValueError(f"an entry of regards has no {missing[0]}")
    numbers = [float(entry[name]) for name in named]
    role: Role = "speak" if entry.get("role", "listen") == "speak" else "listen"
    if entry.get("role", "listen") not in ROLES:
        raise ValueError("the role is neither listen nor speak")
    return Regard(numbers[0], numbers[1], numbers[2], numbers[3], role)


@dataclass(frozen=True)
class AttentionPlan:
    """What eyes and head do to attend. All angles are radians about x (down) and y (left).

    Attributes:
        aim: (T, 2) where the eyes are turned to in the room.
        weight: (T,) how much that counts: 1 while somebody is attended to, 0 where nobody is.
        head: (T, 2) turn of the head that is added.
        nod: (T,) pitch of the head's nods.
        blinks: frames in which the lids shut with a large turn.
    """

    aim: FloatArray
    weight: FloatArray
    head: FloatArray
    nod: FloatArray
    blinks: tuple[int, ...]


def plan_attention(attention: Attention, speech: SpeechFeatures, seed: int) -> AttentionPlan:
    """Decide where to look and when to nod.

    Args:
        attention: whom to attend to.
        speech: of the performance, T frames; its sound takes part in chance.
        seed: the take.
    """
    frames = speech.frames
    rng = random_stream(speech, seed, "attention")
    degrees, head, weight = np.zeros((frames, 2)), np.zeros((frames, 2)), np.zeros(frames)
    looks, blinks, where, turned = _looks(attention, frames / FPS, rng), list[int](), np.zeros(2), np.zeros(2)
    for look in looks:
        change = look.target - where
        for axis in range(2):
            add_step(degrees[:, axis], look.time, _SACCADE_SECONDS, float(change[axis]))
        where = look.target
        add_step(weight, look.time, _SACCADE_SECONDS, look.weight - _last(weight))
        wanted = np.clip(_head_turn(look.faced), -_HEAD_LIMIT, _HEAD_LIMIT)
        apart = float(np.abs(wanted - turned).max())
        if apart > 0.5:
            late = float(rng.uniform(*_HEAD_LATE))
            lasting = 0.32 + 0.011 * apart + float(rng.uniform(0.0, 0.12))
            for axis in range(2):
                add_step(head[:, axis], look.time + late, lasting, float(wanted[axis] - turned[axis]))
            turned = wanted
        if float(np.abs(change).max()) > _BLINKS_FROM and rng.uniform() < 0.7:
            blinks.append(round((look.time + 0.5 * _SACCADE_SECONDS) * FPS))
    nod = _nods(attention, frames, rng)
    return AttentionPlan(np.radians(degrees), weight, np.radians(head), np.radians(nod), tuple(blinks))


@dataclass(frozen=True)
class _Look:
    """From ``time`` on the eyes are on ``target`` and the head is for ``faced`` (degrees: down, left)."""

    time: float
    target: FloatArray
    faced: FloatArray
    weight: float


def _looks(attention: Attention, seconds: float, rng: np.random.Generator) -> list[_Look]:
    looks: list[_Look] = []
    seen = sorted((r for r in attention.regards if r.can_be_seen), key=lambda regard: regard.start)
    for number, regard in enumerate(seen):
        following = seen[number + 1].start if number + 1 < len(seen) else math.inf
        if regard.start >= seconds or regard.end <= 0:
            continue
        # A turn that goes on behind the end of the performance costs no more than one that ends with it.
        end = min(regard.end, following, seconds + _BEHIND)
        face = np.array([regard.pitch, regard.yaw])
        make = _listening if regard.role == "listen" else _speaking
        looks += make(max(regard.start, 0.0), end, face, rng)
        if following - end > _TURNS_BACK:  # nobody speaks for a while
            away = end + _TURNS_BACK * float(rng.uniform(0.7, 1.0))
            looks.append(_Look(away, np.zeros(2), np.zeros(2), 0.0))
        elif regard.role == "speak":
            looks.append(_Look(end, face, face, 1.0))
    return sorted(looks, key=lambda look: look.time)


def _listening(start: float, end: float, face: FloatArray, rng: np.random.Generator) -> list[_Look]:
    """On the speaker's face, with small moves within it and a glance away now and then."""
    time = start + min(float(rng.uniform(*_NOTICED)), 0.5 * (end - start))
    looks = [_Look(time, face + _within(rng), face, 1.0)]
    while True:
        time += float(rng.uniform(*_LISTENS)) * 0.5
        if time >= end - 0.3:
            return looks
        looks.append(_Look(time, face + _within(rng), face, 1.0))
        time += float(rng.uniform(*_LISTENS)) * 0.5
        lasting = float(rng.uniform(*_GLANCE))
        if time + lasting >= end - 0.6:
            return looks
        looks.append(_Look(time, face + _aside(rng, 5.0, 11.0), face, 1.0))
        time += lasting
        looks.append(_Look(time, face + _within(rng), face, 1.0))


def _speaking(start: float, end: float, face: FloatArray, rng: np.random.Generator) -> list[_Look]:
    """Away at the beginning, at the listener in between, and certainly at the end."""
    looks: list[_Look] = []
    time, at_them = start, end - start < 1.6  # short answers are said to the face
    while time < end - _HANDS_OVER:
        target = face + (_within(rng) if at_them else _aside(rng, 7.0, 15.0))
        looks.append(_Look(time, target, 0.8 * face, 1.0))
        time += float(rng.uniform(*(_SPEAKS_TO if at_them else _SPEAKS_AWAY)))
        at_them = not at_them
    looks.append(_Look(max(end - _HANDS_OVER, start), face + _within(rng), face, 1.0))
    return looks


def _within(rng: np.random.Generator) -> FloatArray:
    moved: FloatArray = np.clip(rng.standard_normal(2), -2.0, 2.0) * np.array([0.6, 0.9])
    return moved


def _aside(rng: np.random.Generator, nearest: float, farthest: float) -> FloatArray:
    size, side = float(rng.uniform(nearest, farthest)), 1.0 if rng.uniform() < 0.5 else -1.0
    angle = float(rng.normal(0.0, 0.45))
    return size * np.array([0.6 * math.sin(angle), side * math.cos(angle)])


def _head_turn(face: FloatArray) -> FloatArray:
    """How far the head turns to a face: a part of what the eyes do not reach alone."""
    beyond = np.maximum(np.abs(face) - _EYES_ALONE * np.array([0.5, 1.0]), 0.0)
    reached = np.maximum(np.abs(face) - _EYE_LIMIT + _SPARE, 0.0)
    turned: FloatArray = np.sign(face) * np.maximum(_HEAD_SHARE * beyond, reached)
    return turned


def _nods(attention: Attention, frames: int, rng: np.random.Generator) -> FloatArray:
    """(T,) degrees down: once, or twice in a row, soon after some of the ends of phrases."""
    nod = np.zeros(frames)
    heard = [regard for regard in attention.regards if regard.role == "listen"]
    for end in sorted(time for time in attention.nods if abs(time) <= frames / FPS + _BEHIND):
        takes_part, size, late, again = rng.uniform(size=4)
        attends = any(regard.start <= end <= regard.end + 0.1 for regard in heard)
        if takes_part > _NODS or not attends:
            continue
        height = _NOD_DEGREES[0] + (_NOD_DEGREES[1] - _NOD_DEGREES[0]) * float(size)
        centre = end + _NOD_LATE[0] + (_NOD_LATE[1] - _NOD_LATE[0]) * float(late) + 0.12
        add_bump(nod, centre, 0.12, height)
        if again < 0.35:
            add_bump(nod, centre + 0.46, 0.11, 0.6 * height)
    return nod


def _last(curve: FloatArray) -> float:
    return float(curve[-1]) if len(curve) else 0.0


def eyes_to(aim: FloatArray, head: FloatArray) -> FloatArray:
    """(T, 2) rotations of eyes whose gaze is turned to ``aim`` (T, 2) while the head turns (T, 2)."""
    limit = np.radians(_EYE_LIMIT)
    within: FloatArray = np.clip(aim - head, -limit, limit)
    return within

"""Who speaks when and where everybody is, as one of them sees it: what the service is told of a dialogue."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from .backend.messages import AttentionMessage, PhoneList, RegardMessage

Float64Array = NDArray[np.float64]
PHRASE_PAUSE: Final = 0.25
"""Seconds of silence that end a phrase."""
LOOK_SECONDS: Final = 1.0
"""From one look at where everybody is to the next, while somebody speaks."""
_MOST: Final = 2000
_MOVED: Final = 4.0
"""Degrees by which a direction has changed, where a gaze follows."""
_SHORTEST: Final = 0.05


@dataclass(frozen=True)
class FacePlace:
    """Where a face is, in the world.

    Attributes:
        eyes: (3,) middle between the eyes.
        axes: (3, 3) columns are the ways to the character's left, up, and where the face looks at rest.
    """

    eyes: Float64Array
    axes: Float64Array

    def direction_to(self, other: FacePlace) -> tuple[float, float]:
        """Degrees to the left and down at which the other's eyes are; 0 where both are at one place."""
        left, up, ahead = (other.eyes - self.eyes) @ self.axes
        if max(abs(left), abs(up), abs(ahead)) < 1e-9:
            return 0.0, 0.0
        return math.degrees(math.atan2(left, ahead)), -math.degrees(math.atan2(up, math.hypot(left, ahead)))


@dataclass(frozen=True)
class FaceTrack:
    """Where a face is over time: seconds, increasing, and places then; between two where it is nearer to."""

    seconds: tuple[float, ...]
    places: tuple[FacePlace, ...]

    def at(self, second: float) -> FacePlace:
        """Where it is at a moment."""
        return self.places[int(np.argmin(np.abs(np.array(self.seconds) - second)))]


@dataclass(frozen=True)
class Turn:
    """What somebody says without a break. Seconds.

    Attributes:
        speaker: who.
        start: first moment.
        end: last moment.
        phrase_ends: moments at which phrases end.
    """

    speaker: str
    start: float
    end: float
    phrase_ends: tuple[float, ...] = ()


def phrase_ends(phones: PhoneList | None) -> tuple[float, ...]:
    """Seconds at which phrases end: before each pause, and at the end; nothing where no phones are known."""
    spoken = [phone for phone in (phones.phones or () if phones is not None else ()) if phone.label != "SIL"]
    ends = [
        phone.end for phone, after in itertools.pairwise(spoken) if after.start - phone.end >= PHRASE_PAUSE
    ]
    return tuple([*ends, spoken[-1].end] if spoken else ends)


def attention_of(
    who: str,
    turns: Sequence[Turn],
    places: Mapping[str, FacePlace] | Mapping[str, FaceTrack],
    start: float,
    end: float,
) -> AttentionMessage | None:
    """Whom a character looks at in a stretch of a scene; None where nobody else is there or speaks.

    It listens to whoever else speaks. When it speaks itself it turns to who spoke before, or speaks next.

    Args:
        who: the character.
        turns: of everybody.
        places: where they are, at one moment or over time; who has no place is not looked at.
        start: first second of the stretch, from which the times of the message count.
        end: its last.
    """
    own, regards, nods = places.get(who), list[RegardMessage](), list[float]()
    if own is None:
        return None
    ordered = sorted(turns, key=lambda turn: turn.start)
    for index, turn in enumerate(ordered):
        other = _addressed(who, ordered, index) if turn.speaker == who else turn.speaker
        first, last = max(turn.start, start) - start, min(turn.end, end) - start
        if other not in places or last - first < _SHORTEST:
            continue
        role: Literal["listen", "speak"] = "speak" if turn.speaker == who else "listen"
        for begin, stop, yaw, pitch in _ways(own, places[other], first + start, last + start):
            regards.append(RegardMessage(begin - start, stop - start, yaw, pitch, role))
        if turn.speaker != who:
            nods += [moment - start for moment in turn.phrase_ends if start <= moment <= end]
    if not regards:
        return None
    return AttentionMessage(tuple(regards[:_MOST]), tuple(sorted(nods)[:_MOST]))


def _ways(
    own: FacePlace | FaceTrack, other: FacePlace | FaceTrack, first: float, last: float
) -> Iterator[tuple[float, float, float, float]]:
    """Begin, end, yaw and pitch of pieces of a stretch, in each of which the direction hardly changes."""
    count = max(math.ceil((last - first) / LOOK_SECONDS), 1)
    edges = [first + (last - first) * number / count for number in range(count + 1)]
    begin, held = first, _way(own, other, 0.5 * (edges[0] + edges[1]))
    for edge, after in itertools.pairwise(edges[1:]):
        way = _way(own, other, 0.5 * (edge + after))
        if max(abs(way[0] - held[0]), abs(way[1] - held[1])) > _MOVED:
            yield begin, edge, *held
            begin, held = edge, way
    yield begin, last, *held


def _way(own: FacePlace | FaceTrack, other: FacePlace | FaceTrack, second: float) -> tuple[float, float]:
    return _at(own, second).direction_to(_at(other, second))


def _at(place: FacePlace | FaceTrack, second: float) -> FacePlace:
    return place.at(second) if isinstance(place, FaceTrack) else place


def _addressed(who: str, turns: Sequence[Turn], index: int) -> str:
    """Whom a turn is said to: who spoke before it, or else who speaks next."""
    before = [turn.speaker for turn in turns[:index] if turn.speaker != who]
    after = [turn.speaker for turn in turns[index + 1 :] if turn.speaker != who]
    return before[-1] if before else (after[0] if after else "")

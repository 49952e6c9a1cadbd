"""Play curves in time: every frame is due at the start plus its number over the rate, so nothing drifts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol

from elocute.live.curves import Curves
from elocute.live.protocol import LiveProtocol, Moment

LOWEST_RATE: Final = 1.0
HIGHEST_RATE: Final = 240.0
_LONGEST_WAIT: Final = 0.1
"""Seconds after which a stop is noticed at the latest."""
_NTSC: Final = 1001


class Clock(Protocol):
    """Time that only goes forward."""

    def now(self) -> float:
        """Seconds since some moment."""
        ...

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Wait so long, or until the event is set."""
        ...


class SteadyClock:
    """The system's monotonic clock."""

    def now(self) -> float:
        """Seconds."""
        return time.monotonic()

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Wait on the event."""
        stop.wait(seconds)


@dataclass(frozen=True)
class Played:
    """What became of it.

    Attributes:
        frames: that were sent.
        skipped: that were left out because their time was over.
        waited: seconds for motion that was not there yet, at the beginning too.
    """

    frames: int
    skipped: int
    waited: float


def exact_rate(rate: float) -> Fraction:
    """A rate as a ratio: 30 as 30/1, 29.97 as 30000/1001."""
    nearest = Fraction(round(rate * _NTSC / 1000) * 1000, _NTSC)
    if rate != round(rate) and abs(float(nearest) - rate) < 0.005:
        return nearest
    return Fraction(rate).limit_denominator(_NTSC)


def play(
    curves: Curves,
    protocol: LiveProtocol,
    send: Callable[[bytes], None],
    rate: Fraction,
    *,
    loop: bool = False,
    stop: threading.Event | None = None,
    begin: Callable[[], None] | None = None,
    clock: Clock | None = None,
) -> Played:
    """Send all frames, each when it is due, until the motion ends.

    Frames whose time is over are left out, not sent late; only the last is sent in any case. Where motion
    that still grows is not there in time, playing waits for it and goes on from there.

    Args:
        curves: the motion.
        protocol: how it is told.
        send: sends one datagram.
        rate: frames a second.
        loop: begin anew at the end, until stopped.
        stop: ends playing when it is set.
        begin: called when the first frame is due.
        clock: by default the system's.

    Raises:
        InputError: the system refuses to send.
    """
    stop, timeline = stop or threading.Event(), _Timeline(clock or SteadyClock())
    frame, sent, latest = 0, 0, -1
    while not stop.is_set():
        seconds = float(frame / rate)
        position = curves.looped(seconds) if loop else seconds
        state = curves.reach(position, _LONGEST_WAIT if timeline.stalled else 0.0)
        last = curves.last_frame(rate)
        if state == "later":
            timeline.stalled = True
            continue
        if state == "over":
            if last <= latest:
                break
            frame = last  # whoever receives it keeps the last pose: it is sent however late it is
            continue
        late = timeline.late(seconds)
        if late > 1 / rate and frame != last:
            frame += int(late * rate)
            continue
        timeline.wait(-late, stop)
        if stop.is_set():
            break
        if begin is not None and sent == 0:
            begin()
        for packet in protocol.packets(curves.at(position), Moment(frame, seconds, rate)):
            send(packet)
        latest, frame, sent = frame, frame + 1, sent + 1
    return Played(sent, latest + 1 - sent, timeline.waited)


class _Timeline:
    """When seconds of the motion are due: from its beginning on, later by what was waited for."""

    def __init__(self, clock: Clock) -> None:
        self.stalled = False
        self.waited = 0.0
        self._clock = clock
        self._start = clock.now()

    def late(self, seconds: float) -> float:
        """How late it is for them; after a stall, playing goes on from them."""
        late = self._clock.now() - self._start - seconds
        if self.stalled and late > 0:
            self._start, self.waited, late = self._start + late, self.waited + late, 0.0
        self.stalled = False
        return late

    def wait(self, seconds: float, stop: threading.Event) -> None:
        """Wait so long, if that is not over."""
        if seconds > 0:
            self._clock.wait(seconds, stop)

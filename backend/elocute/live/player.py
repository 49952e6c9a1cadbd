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

    Frames whose time is over are left out, not sent late. Where motion that still grows is not there in
    time, playing waits for it and goes on from there.

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
    stop, clock = stop or threading.Event(), clock or SteadyClock()
    start, frame, sent, skipped, waited, stalled = clock.now(), 0, 0, 0, 0.0, False
    while not stop.is_set():
        seconds = float(frame / rate)
        position = curves.looped(seconds) if loop else seconds
        state = curves.reach(position, _LONGEST_WAIT if stalled else 0.0)
        if state == "over":
            break
        if state == "later":
            stalled = True
            continue
        late = clock.now() - start - seconds
        if stalled and late > 0:  # what was missing is here: go on from it
            start, waited, late = start + late, waited + late, 0.0
        stalled = False
        if late > 1 / rate:
            passed = int(late * rate)
            frame, skipped = frame + passed, skipped + passed
            continue
        if late < 0:
            clock.wait(-late, stop)
            if stop.is_set():
                break
        if begin is not None and sent == 0:
            begin()
        for packet in protocol.packets(curves.at(position), Moment(frame, seconds, rate)):
            send(packet)
        frame, sent = frame + 1, sent + 1
    return Played(sent, skipped, waited)

"""Send a clip, or one that is still being made, from a thread of its own."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final, Literal

from elocute.errors import InputError, SettingsError
from elocute.exchange.head_points import HeadPoints
from elocute.face.model import FaceModel
from elocute.live.curves import Curves
from elocute.live.destination import Destination, Sender
from elocute.live.live_link import LiveLink
from elocute.live.part_curves import PartCurves
from elocute.live.player import HIGHEST_RATE, LOWEST_RATE, Played, exact_rate, play
from elocute.live.protocol import LiveProtocol
from elocute.live.sound import Sound
from elocute.live.vmc import Names, Vmc
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip

Kind = Literal["livelink", "vmc"]
KINDS: Final[tuple[Kind, ...]] = ("livelink", "vmc")
STANDARD_RATE: Final = 60.0
LONGEST_SUBJECT: Final = 100


@dataclass(frozen=True)
class LiveSettings:
    """What is sent and how.

    Attributes:
        kind: the protocol.
        rate: frames a second.
        loop: whether the motion begins anew at its end.
        subject: name that receivers of Live Link show.
        names: which expressions VMC has.
        bones: whether VMC has neck, head and eyes.

    Raises:
        SettingsError: a value is out of range.
    """

    kind: Kind
    rate: float = STANDARD_RATE
    loop: bool = False
    subject: str = "Elocute"
    names: Names = "perfect-sync"
    bones: bool = True

    def __post_init__(self) -> None:
        if not LOWEST_RATE <= self.rate <= HIGHEST_RATE:
            raise SettingsError(
                f"{self.rate:g} frames a second cannot be sent.",
                f"Give a rate from {LOWEST_RATE:g} to {HIGHEST_RATE:g}.",
            )
        if not 1 <= len(self.subject.strip()) <= LONGEST_SUBJECT or not self.subject.isprintable():
            raise SettingsError(
                "The subject needs a name.", f"Give 1 to {LONGEST_SUBJECT} letters, without line breaks."
            )

    def protocol(self) -> LiveProtocol:
        """The protocol with these settings."""
        return LiveLink(self.subject) if self.kind == "livelink" else Vmc(self.names, self.bones)


def check_basis(basis: str, hint: str) -> None:
    """Refuse motion whose controls cannot be told where no head is named.

    Args:
        basis: of the motion.
        hint: how a head can be named.

    Raises:
        InputError: its basis does not name its expressions, so that they would have to be fitted to a head.
    """
    if not basis_of(basis).expressions:
        raise InputError(
            f"The expressions of the face basis {basis} have no names; controls are fitted to a head.",
            hint,
            code="no_face",
        )


class LiveOut:
    """Motion on its way to another program.

    Args:
        settings: what is sent and how.
        destination: where to.
        face: head of the clips' basis, or its points, where that does not name its expressions.
        sound: a recording to be heard with the clip.

    Raises:
        InputError: the system refuses to send there.
    """

    def __init__(
        self,
        settings: LiveSettings,
        destination: Destination,
        face: FaceModel | HeadPoints | None = None,
        sound: Sound | None = None,
    ) -> None:
        self._settings = settings
        self._protocol = settings.protocol()
        self._parts = PartCurves(self._protocol, face)
        self._sound = sound
        self._sender = Sender(destination)
        self._stop = threading.Event()
        self._curves: Curves | None = None
        self._played = Played(0, 0, 0.0)
        self._error: InputError | None = None
        self._thread: threading.Thread | None = None

    def add(self, clip: MotionClip) -> str:
        """Add a clip or its next part; the first begins to play.

        Returns:
            A sentence on how well the controls fit the motion, empty where they are exact.

        Raises:
            InputError: the basis has no names and there is no fitting head.
        """
        numbers, sentence = self._parts.of(clip)
        if self._curves is None:
            self._curves = Curves(clip.fps)
            self._thread = threading.Thread(
                target=self._play, args=(self._curves,), name="elocute-live", daemon=True
            )
            self._thread.start()
        self._curves.add(numbers)
        return sentence

    def end(self) -> None:
        """Say that all of the motion is there."""
        if self._curves is not None:
            self._curves.end()

    def stop(self) -> None:
        """Send nothing more; does not wait."""
        self._stop.set()
        if self._curves is None:
            self._sender.close()
        else:
            self._curves.end()

    @property
    def sending(self) -> bool:
        """Whether it still plays, or is still to begin."""
        return not self._stop.is_set() and (self._thread is None or self._thread.is_alive())

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all is sent; True when it is.

        Raises:
            InputError: the system refused to send.
        """
        if self._thread is not None:
            self._thread.join(seconds)
            if self._thread.is_alive():
                return False
        if self._error is not None:
            raise self._error
        return True

    @property
    def played(self) -> Played:
        """What became of it, once it has ended."""
        return self._played

    @property
    def error(self) -> InputError | None:
        """Why sending ended early, or None."""
        return self._error

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user about what was sent."""
        notes = []
        if self._sender.unheard:
            notes.append("Nobody listens there, or nobody did all the time.")
        if self._played.skipped:
            notes.append(f"{self._played.skipped} frames were left out because this computer was too busy.")
        return tuple(notes)

    def _play(self, curves: Curves) -> None:
        rate = exact_rate(self._settings.rate)
        begin = None if self._sound is None else self._sound.start
        with self._sender as sender:
            try:
                self._played = play(
                    curves,
                    self._protocol,
                    sender.send,
                    rate,
                    loop=self._settings.loop,
                    stop=self._stop,
                    begin=begin,
                )
            except InputError as error:
                self._error = error
        if self._sound is not None and self._stop.is_set():
            self._sound.stop()

"""Several lines, one after the other: what fails is told and the next goes on, cancelling stops them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ...core.errors import UserError
from ...core.heard_words import HEARD_NOTE
from ...core.sentences import listed
from .status import Phase, Status

_MOST_NOTES: Final = 12


@dataclass(frozen=True)
class QueuedLine:
    """A line that waits: its key, and what it is called."""

    key: str
    title: str


@dataclass
class LineQueue:
    """The lines of one press of a button.

    Attributes:
        waiting: lines that are still to come.
        begin: starts the work on a line, of which it gets the place among all, and what to call with the
            status that the work ends with; raises UserError.
        told: gets each line's key and why it failed; an empty text where it did not.
        tell: shows a status.
        what: what becomes of a line, for the sentence at the end.
        one: what a line is called there.
        many: what several are called.
    """

    waiting: list[QueuedLine]
    begin: Callable[[QueuedLine, str, Callable[[Status], None]], None]
    told: Callable[[str, str], None]
    tell: Callable[[Status], None]
    what: str = "generated"
    one: str = "line"
    many: str = "lines"
    _count: int = 0
    _done: int = 0
    _notes: list[str] = field(default_factory=list)
    _failed: dict[str, list[str]] = field(default_factory=dict)
    _heard: int = 0

    def start(self) -> None:
        """Begin with the first."""
        self._count = len(self.waiting)
        self._next()

    def _next(self) -> None:
        while self.waiting:
            line = self.waiting.pop(0)
            place = f"{self.one.capitalize()} {self._count - len(self.waiting)} of {self._count}"
            try:
                self.begin(line, place, lambda status, line=line: self._ended(line, status))  # type: ignore[misc]
            except UserError as error:
                self._fail(line, str(error))
            else:
                return
        self.tell(self._summary())

    def _ended(self, line: QueuedLine, status: Status) -> None:
        if status.phase is Phase.DONE:
            self._done += 1
            self.told(line.key, "")
            self._notes += [
                f"{line.title}: {note}" for note in status.notes if not note.startswith(HEARD_NOTE)
            ]
            self._heard += status.heard is not None
        elif status.phase is Phase.FAILED:
            self._fail(line, f"{status.message} {status.hint}".strip())
        else:
            self.tell(
                Status(
                    Phase.IDLE,
                    message=f"Cancelled. {self._done} of {self._count} {self.many} are {self.what}.",
                )
            )
            return
        self._next()

    def _fail(self, line: QueuedLine, why: str) -> None:
        self._failed.setdefault(why, []).append(line.title)
        self.told(line.key, why)

    def _summary(self) -> Status:
        failed = [f"{listed(titles)}: {why}" for why, titles in self._failed.items()]
        notes = (*self._words_heard(), *failed, *dict.fromkeys(self._notes))
        shown = notes[:_MOST_NOTES]
        if len(notes) > _MOST_NOTES:
            shown += (f"{len(notes) - _MOST_NOTES} more notes are not shown.",)
        if self._failed and not self._done:
            return Status(
                Phase.FAILED, message=f"None of {self._count} {self.many} could be {self.what}.", notes=shown
            )
        message = f"{self._done} {self.one if self._done == 1 else self.many} {self.what}."
        if self._failed:
            message = f"{self._done} of {self._count} {self.many} {self.what}; the others failed."
        return Status(Phase.DONE, message=message, notes=shown)

    def _words_heard(self) -> tuple[str, ...]:
        """One sentence for all of them: those of six lines would fill the panel."""
        if not self._heard:
            return ()
        where = f"one {self.one}" if self._heard == 1 else f"{self._heard} {self.many}"
        return (f"Words were recognised in {where}; Words and Ranges shows them where the line plays.",)


def queued(keys: Sequence[tuple[str, str]]) -> list[QueuedLine]:
    """Lines by their keys and titles."""
    return [QueuedLine(key, title) for key, title in keys]

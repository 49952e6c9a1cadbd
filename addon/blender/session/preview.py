"""Parts of a result on their way into the scene before the rest is there."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any, Protocol

from ...core.errors import UserError
from ...core.steps import Steps
from .applying import Slices

_log = logging.getLogger(__name__)


class ShowsParts(Protocol):
    """Shows parts of a result; nothing of them stays."""

    def show_in_steps(self, part: Any) -> Steps[None]:
        """Show one more, in steps; closed early, it is not shown.

        Raises:
            UserError: it cannot be shown.
        """
        ...

    def hide(self) -> None:
        """Let the scene be as it was for a while: nothing is added or removed, a render may be reading it.

        Called again it hides what was shown since.
        """
        ...

    def show_again(self) -> None:
        """Show what was hidden."""
        ...

    def remove(self) -> None:
        """Leave the scene as it was."""
        ...


class Preview:
    """The parts of one result. Where one cannot be shown, no more are: only the result itself can fail.

    Args:
        shows: shows them.
    """

    def __init__(self, shows: ShowsParts) -> None:
        self._shows = shows
        self._waiting = deque[Any]()
        self._steps: Steps[None] | None = None
        self._over = self._hidden = False
        self._slices = Slices()

    @property
    def busy(self) -> bool:
        """Whether there is something to :meth:`advance`."""
        return self._steps is not None or bool(self._waiting)

    @property
    def may_show(self) -> bool:
        """Whether there may be something to :meth:`remove`."""
        return not self._over

    def add(self, part: object) -> None:
        """One more, to be shown when its turn comes."""
        if not self._over:
            self._waiting.append(part)

    def advance(self) -> None:
        """Do a slice of it."""
        try:
            with self._slices.slice() as end:
                while self.busy and time.perf_counter() < end:
                    if self._steps is None:
                        self._steps = self._shows.show_in_steps(self._waiting.popleft())
                    if next(self._steps, None) is None:
                        self._steps = None
        except (UserError, ReferenceError) as error:
            _log.info("the beginning is not shown: %s", error)
            self._give_up()
        except Exception:  # noqa: BLE001 - a bug here must not cost the user the result; the log has it
            _log.exception("the beginning is not shown")
            self._give_up()

    def settle(self) -> None:
        """Show no more; what is shown stays until :meth:`remove`."""
        self._over = True
        self._waiting.clear()
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def hide(self) -> None:
        """Let the scene be as it was until :meth:`show_again`."""
        self._hidden = True
        self._shows.hide()

    def show_again(self) -> None:
        """Show what was hidden, if anything was."""
        if self._hidden:
            self._hidden = False
            self._shows.show_again()

    def remove(self) -> None:
        """Leave the scene as it was, and show nothing any more."""
        self._hidden = False
        self.settle()
        self._shows.remove()

    def _give_up(self) -> None:
        self._steps = None
        self.remove()

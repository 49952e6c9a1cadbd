"""Which words of a line are selected, and where they stand while one of their edges is moved with the mouse:
no file and no undo holds that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import bpy
from bpy.props import IntProperty

from ...core.backend.messages import PhoneList, WordMessage
from ..context import window_manager_of

FIRST: Final = "elocute_first_word"
LAST: Final = "elocute_last_word"
_MAKE: Final[Any] = IntProperty
"""The stubs say that it gives nothing."""


@dataclass
class _Dragged:
    """The words of a take while they are moved; ``take`` is its key."""

    take: str = ""
    told: PhoneList | None = None


_DRAGGED: Final = _Dragged()


def show_dragged(take: str, told: PhoneList | None) -> None:
    """Show other words with a take, or None for its own again."""
    _DRAGGED.take, _DRAGGED.told = take, told


def being_dragged(take: str) -> PhoneList | None:
    """The words that are shown with a take in place of its own."""
    return _DRAGGED.told if _DRAGGED.take == take else None


def choice(context: bpy.types.Context) -> tuple[int, int]:
    """First and last selected word; -1 and -1 for none."""
    manager: Any = window_manager_of(context)
    first, last = getattr(manager, FIRST), getattr(manager, LAST)
    return (min(first, last), max(first, last)) if first >= 0 and last >= 0 else (-1, -1)


def choose(context: bpy.types.Context, index: int, *, extend: bool) -> None:
    """Select a word, or all from the first selected one to it."""
    manager: Any = window_manager_of(context)
    if not extend or getattr(manager, FIRST) < 0:
        setattr(manager, FIRST, index)
    setattr(manager, LAST, index)


def chosen_words(context: bpy.types.Context, told: PhoneList | None) -> tuple[WordMessage, ...]:
    """The selected words of a line."""
    first, last = choice(context)
    return told.words[first : last + 1] if told is not None and first >= 0 else ()


def register() -> None:
    """Give the window manager the selection."""
    for name in (FIRST, LAST):
        chosen: Any = _MAKE(default=-1, options={"HIDDEN", "SKIP_SAVE"})
        setattr(bpy.types.WindowManager, name, chosen)


def unregister() -> None:
    """Take it away."""
    for name in (FIRST, LAST):
        delattr(bpy.types.WindowManager, name)

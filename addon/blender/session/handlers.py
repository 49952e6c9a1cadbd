"""What Blender tells the session: undo, redo, files opened and saved, frames that change, renders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import bpy

from ..keys.preview_strips import remove_previews
from ..keys.range_strip import has_ranges, settle_ranges
from ..targets.kept_text import let_go_of_deleted, mark_overrides, settle_copies
from . import jobs


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs leave its types out
def _will_change(*_: object) -> None:
    jobs.session().scene_will_change()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _undone(*_: object) -> None:
    remove_previews()
    jobs.session().scene_was_undone()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _loaded(*_: object) -> None:
    jobs.session().mouth_marks.hide()
    remove_previews(of_another_session=True)  # of a Blender that ended while it showed one
    mark_overrides()
    jobs.session().file_was_loaded()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _pause(*_: object) -> None:
    jobs.session().test_pose.pause()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _will_save(*_: object) -> None:
    jobs.session().leave_nothing_half_done()
    jobs.session().test_pose.pause()
    settle_copies()
    let_go_of_deleted()
    settle_ranges()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _changed(_scene: bpy.types.Scene, graph: bpy.types.Depsgraph | None = None, *_: object) -> None:
    """Something was edited; strips may have been deleted or moved. Looked at once the user pauses."""
    if graph is None or not (graph.id_type_updated("OBJECT") or graph.id_type_updated("KEY")):
        return
    if not bpy.app.timers.is_registered(settle_now):
        bpy.app.timers.register(settle_now, first_interval=_PAUSE_SECONDS)


def settle_now() -> None:
    """Let strips that say where a line plays follow the lines; the timer's function, and the tests'."""
    if has_ranges():
        settle_ranges()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _resume(*_: object) -> None:
    jobs.session().test_pose.resume()


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]
def _will_render(*_: object) -> None:
    """Blender may call it on the render's own thread, so nothing is added or removed here."""
    jobs.session().hide_what_is_shown_early()
    jobs.session().test_pose.leave()


_PAUSE_SECONDS: Final = 0.3
_HANDLERS: Final[dict[str, Callable[..., None]]] = {
    "undo_pre": _will_change,
    "redo_pre": _will_change,
    "load_pre": _will_change,
    "undo_post": _undone,
    "redo_post": _undone,
    "load_post": _loaded,
    "save_pre": _will_save,
    "save_post": _resume,
    "save_post_fail": _resume,
    "frame_change_pre": _pause,
    "frame_change_post": _resume,
    "render_init": _will_render,
    "depsgraph_update_post": _changed,
}


def register() -> None:
    """Listen."""
    for name, handler in _HANDLERS.items():
        _list_of(name).append(handler)


def unregister() -> None:
    """Listen no more."""
    if bpy.app.timers.is_registered(settle_now):
        bpy.app.timers.unregister(settle_now)
    for name, handler in _HANDLERS.items():
        if handler in _list_of(name):
            _list_of(name).remove(handler)


def _list_of(name: str) -> list[Any]:
    found: list[Any] = getattr(bpy.app.handlers, name)
    return found

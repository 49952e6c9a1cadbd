"""Fill the scene: everybody who does not speak listens to who does, and is idle where nobody speaks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import bpy

from ...core.dialogue import FaceTrack, Turn, attention_of
from ...core.errors import UserError
from ...core.idle import MOST_SECONDS, Span
from ...core.job import Outcome, nothing_aside
from ...core.options import SceneOptions
from ...core.stages import Stage
from ...core.steps import Steps
from ..apply_idle import idle_spans, wanted_frames
from ..apply_motion import TargetRef
from ..context import OperatorResult, scene_of
from ..heads.library_override import linked_character, linked_target
from ..scene_dialogue import places_in_steps, turns_in
from ..session import jobs
from ..session.line_queue import LineQueue, QueuedLine
from ..session.manner import APPLYING, Manner
from ..session.status import Phase, Status
from ..targets.find import targets_in
from ..targets.target import Target
from ..ui.properties import read_options, scene_lines
from .generate import open_scene
from .idle import IdleWork, begin_idle
from .report import report_error
from .work import WorkOperator

_PIECE_SECONDS: Final = 0.5 * MOST_SECONDS
_LOOKING: Final = (Stage(APPLYING, "Looking where everybody is", 1.0),)


class ELOCUTE_OT_fill_scene(WorkOperator, bpy.types.Operator):
    """Let every character listen to who speaks, and wait where nobody does, over the scene's frame range"""

    bl_idname = "elocute.fill_scene"
    bl_label = "Fill the scene"

    @classmethod
    def blocker(cls, context: bpy.types.Context) -> str:
        """Nobody who could be filled."""
        if targets_in(scene_of(context)):
            return ""
        linked = linked_target(context)
        return linked.sentence if linked is not None else "There is no character in the scene."

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Look where the faces are; then make the motion of one character after the other."""
        session, scene = jobs.session(), scene_of(context)
        uid = scene.session_uid
        found: list[Mapping[str, FaceTrack]] = []

        def look(_: None) -> Steps[Outcome]:
            found.append((yield from places_in_steps(lambda: open_scene(uid))))
            return Outcome("Found everybody.")

        def go_on(status: Status) -> None:
            if status.phase is not Phase.DONE:
                return
            try:
                _fill(open_scene(uid), found[-1])
            except UserError as error:
                session.tell(Status(Phase.FAILED, message=error.message, hint=error.hint))

        try:
            blocked = _blocked(scene)
            if blocked and len(blocked) == len(targets_in(scene)):
                raise UserError(blocked[0])
            manner = Manner(_LOOKING, after=go_on)
            session.start("Looking where everybody is", nothing_aside, look, manner)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


@dataclass(frozen=True)
class _Piece:
    """Frames of a character that are made at once."""

    target: TargetRef
    wanted: Span


def _fill(scene: bpy.types.Scene, places: Mapping[str, FaceTrack]) -> None:
    session, uid, turns, blocked = jobs.session(), scene.session_uid, turns_in(scene), _blocked(scene)
    fps = scene.render.fps / scene.render.fps_base
    pieces = {
        f"{target.name} {piece.first}": _Piece(
            TargetRef(uid, scene.objects[target.name].session_uid, target.name), piece
        )
        for target in targets_in(scene)
        for piece in _pieces(_whole(scene), round(_PIECE_SECONDS * fps))
        if _has_room(target, piece)
    }
    if not pieces:
        raise UserError("Lines play in all frames of the scene.", "Extend the frame range, and try again.")

    def begin(line: QueuedLine, place: str, after: Callable[[Status], None]) -> None:
        piece, now = pieces[line.key], open_scene(uid)
        begin_idle(now, _work(now, piece, turns, places, fps, f"{place}: {line.title}", after))

    def told(_key: str, _why: str) -> None:
        """Characters have nothing to note it at; the sentence at the end names them."""

    def tell(status: Status) -> None:
        session.tell(replace(status, notes=(*status.notes, *blocked)))

    waiting = [QueuedLine(key, piece.target.name) for key, piece in pieces.items()]
    LineQueue(waiting, begin, told, tell, what="filled", one="part", many="parts").start()


def _blocked(scene: bpy.types.Scene) -> list[str]:
    """Of each character that cannot be keyed, why."""
    reasons = []
    for target in targets_in(scene):
        if reason := target.writable():
            linked = linked_character(scene, target)
            reasons.append(linked.sentence if linked is not None else reason)
    return reasons


def _work(
    scene: bpy.types.Scene,
    piece: _Piece,
    turns: Sequence[Turn],
    places: Mapping[str, FaceTrack],
    fps: float,
    title: str,
    after: Callable[[Status], None],
) -> IdleWork:
    start, end = piece.wanted.first / fps, piece.wanted.last / fps
    attention = attention_of(piece.target.name, turns, places, start, end)
    options = replace(_options(scene, piece.target), idle_span="RANGE")
    return IdleWork(piece.target, piece.wanted, options, attention, afresh=True, title=title, after=after)


def _options(scene: bpy.types.Scene, target: TargetRef) -> SceneOptions:
    """Those of the character's first line, or what the panel shows."""
    own: list[Any] = [
        line
        for line in scene_lines(scene)
        if line.character is not None and line.character.session_uid == target.target
    ]
    return read_options(scene, own[0] if own else None)


def _whole(scene: bpy.types.Scene) -> Span:
    return wanted_frames(scene, replace(read_options(scene), idle_span="RANGE"))


def _pieces(whole: Span, most: int) -> list[Span]:
    """Spans of at most so many frames, about as long as each other."""
    count = -(-whole.frames // most)
    edges = [whole.first + whole.frames * number // count for number in range(count + 1)]
    return [Span(first, end - 1) for first, end in itertools.pairwise(edges)]


def _has_room(target: Target, wanted: Span) -> bool:
    if target.writable():
        return False
    try:
        return bool(idle_spans(target, wanted))
    except UserError:
        return False


CLASSES = (ELOCUTE_OT_fill_scene,)

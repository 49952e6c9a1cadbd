"""The controls of a clip: its own where its expressions are named as they are, else fitted to a head in the
file."""

from __future__ import annotations

import bpy

from ...core.clip.clip import STAND_IN, WITHOUT_TONGUE, Clip
from ...core.errors import UserError
from ...core.retarget.controls.exact import track_of_expressions
from ...core.retarget.controls.fit import fit_track
from ...core.retarget.controls.pattern import read_pattern
from ...core.retarget.controls.track import ControlTrack
from ...core.retarget.head_points import pack_head_points
from ...core.steps import Steps, aside
from .head_rig import BASIS_KEY, HeadRig, head_of


def track_of(clip: Clip) -> Steps[tuple[ControlTrack, tuple[str, ...]]]:
    """The controls of a clip, and a sentence on how well they tell it where they were fitted.

    Raises:
        UserError: the clip is of another basis and the file has no head of it to fit controls to.
    """
    names = read_pattern().names
    count = clip.expression.shape[1]
    if clip.basis == STAND_IN and count in (WITHOUT_TONGUE, len(names)):
        parts = (clip.expression, clip.jaw, clip.head, clip.neck, clip.eyes)
        track = yield from aside(lambda: track_of_expressions(clip.fps, names[:count], *parts))
        return track, ()
    head = _head_of_basis(clip.basis)
    if head is None or clip.expression.shape[1] > len(head.expressions):
        raise UserError(
            f"The motion is in the face basis {clip.basis}, whose expressions have no names that a "
            "character's rig could play.",
            "Add a head of that basis to the file, which shows what they do, or choose another model.",
        )
    parts = (clip.expression, clip.jaw, clip.head, clip.neck, clip.eyes)
    points = head.face_points()
    track, report = yield from aside(lambda: fit_track(clip.fps, *parts, points))
    return track, (report.sentence(),)


def unnamed_head_points() -> bytes:
    """The points of the file's head whose basis does not name its expressions, packed; empty without one."""
    for thing in bpy.data.objects:
        head = head_of(thing) if thing.get(BASIS_KEY, STAND_IN) != STAND_IN else None
        if head is not None:
            return pack_head_points(head.basis, head.face_points())
    return b""


def _head_of_basis(basis: str) -> HeadRig | None:
    heads = (head_of(thing) for thing in bpy.data.objects if thing.get(BASIS_KEY) == basis)
    return next((head for head in heads if head is not None), None)

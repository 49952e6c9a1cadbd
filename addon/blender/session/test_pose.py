"""Test poses: a character shows a shape of the face, or the current frame of its line, through its map.

No key is written. What a channel was set to before is kept with its data-block, and which pose is shown in a
custom property of the scene, so undo brings back both or neither. Files are saved, and frames change,
with the character as it was.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import bpy

from ...core.clip.curves import Performance, signal_curves
from ...core.clip.timebase import SceneTime
from ...core.errors import UserError
from ...core.retarget.controls.track import ControlTrack
from ...core.retarget.measured_face import MeasuredFace
from ...core.retarget.test_poses import TEST_POSES, pose_track
from ...core.steps import Steps, aside
from ..targets.channel_value import set_at_path, value_at_path
from ..targets.character_rig import CharacterRig, character_rig_of
from ..targets.kept_text import drop_text, keep_text, kept_text, overrides_with
from ..targets.rig_state import POINTS_KEY
from .applying import SLICE_SECONDS
from .known_lines import KnownLines
from .windows import redraw

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

LINE: Final = "line"
"""The pose that is the current frame of the line."""
POSE_KEY: Final = "elocute_test_pose"
"""Custom property of a scene: name of the pose, how much of it, name of the character's object."""
BEFORE_KEY: Final = "elocute_before_test_pose"
"""Kept with a data-block: array index and data path -> value."""
BETWEEN_SLICES: Final = 0.001


@dataclass(frozen=True)
class Shown:
    """What a scene shows.

    Attributes:
        pose: name of a test pose, or ``LINE``.
        blend: how much of it, 0..1.
        root: name of the object that stands for the character.
    """

    pose: str
    blend: float
    root: str


def shown_in(scene: bpy.types.Scene) -> Shown | None:
    """What the scene shows now."""
    match _parsed(scene.get(POSE_KEY)):
        case [str(pose), int() | float() as blend, str(root)] if pose in (*TEST_POSES, LINE):
            return Shown(pose, float(blend), root)
    return None


class TestPosing:
    """The poses that scenes show, and what is being worked out for them.

    Args:
        lines: what was generated.
        start: called when there is something to :meth:`pump`.
    """

    __test__ = False  # pytest takes classes of such names for its own

    def __init__(self, lines: KnownLines, start: Callable[[], None]) -> None:
        self._lines = lines
        self._start = start
        self._steps: Steps[None] | None = None
        self._face: MeasuredFace | str | None = None
        self._face_of: object = None
        self._paused: dict[str, Shown] = {}
        self.error = ""
        """Why the pose could not be shown, or an empty string."""

    @property
    def busy(self) -> bool:
        """Whether a pose is being worked out."""
        return self._steps is not None

    def show(self, scene: bpy.types.Scene, shown: Shown) -> None:
        """Pose the character soon; what it shows now stays until then."""
        before = shown_in(scene)
        if before is not None and before.root != shown.root:
            self.leave()
        _write(scene, shown)
        self.refresh(scene)

    def refresh(self, scene: bpy.types.Scene) -> None:
        """Work out again what the scene shows: its map, or the frame, is another now."""
        if shown_in(scene) is not None:
            self.stop()
            self.error = ""
            self._steps = self._posing(scene)
            self._start()

    def leave(self) -> None:
        """Show nothing any longer: every value is what it was before."""
        self.stop()
        self._face = self._face_of = None
        self._paused = {}
        self.error = ""
        for scene in bpy.data.scenes:
            _write(scene, None)
        _restore()

    def pause(self) -> None:
        """Bring the characters back for a moment, for a file that is saved or a frame that changes."""
        shown = {scene.name: one for scene in bpy.data.scenes if (one := shown_in(scene)) is not None}
        if not shown:
            return
        self.stop()
        self._paused = shown
        for scene in bpy.data.scenes:
            _write(scene, None)
        _restore()

    def resume(self) -> None:
        """Go on after :meth:`pause`."""
        paused, self._paused = self._paused, {}
        for scene in bpy.data.scenes:
            if scene.name in paused:
                _write(scene, paused[scene.name])
                self.refresh(scene)

    def undone(self) -> None:
        """Undo or redo has replaced the data-blocks: the scenes say what they show now."""
        self.stop()
        for scene in bpy.data.scenes:
            self.refresh(scene)

    def pump(self) -> float | None:
        """Do a slice of what is to be worked out.

        Returns:
            Seconds until the next slice, or None when all is done.
        """
        end = time.perf_counter() + SLICE_SECONDS
        try:
            while self._steps is not None and time.perf_counter() < end:
                next(self._steps)
        except StopIteration:
            self._steps = None
            redraw()
        except UserError as error:
            self._fail(str(error))
        except ReferenceError:
            self._fail("The character that was posed is gone.")
        return BETWEEN_SLICES if self._steps is not None else None

    def _fail(self, sentence: str) -> None:
        self._steps = None
        self.leave()
        self.error = sentence
        redraw()

    def stop(self) -> None:
        """Work on nothing any longer: the data-blocks will be others."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def _posing(self, scene: bpy.types.Scene) -> Steps[None]:
        shown = shown_in(scene)
        root = scene.objects.get(shown.root) if shown is not None else None
        rig = character_rig_of(root)
        if shown is None or root is None or rig is None:
            raise UserError("The character that was posed has no map.", "Choose a face rig first.")
        reason, bound = rig.writable(), rig.bound
        if reason or bound is None:
            raise UserError(reason)
        track = self._track(scene, shown, root)
        measured_as = (
            root.session_uid,
            kept_text(root, POINTS_KEY),
            tuple(drive.name for drive in bound.drives),
            tuple(turn.bone.name for turn in bound.turns),
            tuple((turn.source.axis, turn.source.part) for turn in bound.turns if turn.source.joint == "jaw"),
        )
        if self._face is None or self._face_of != measured_as:
            self._face = yield from rig.measure_in_steps()
            self._face_of = measured_as
        face = self._face
        played = yield from aside(lambda: rig.play(track, face))
        _set(rig, played)
        yield 1.0

    def _track(self, scene: bpy.types.Scene, shown: Shown, root: bpy.types.Object) -> ControlTrack:
        if shown.pose != LINE:
            return pose_track(TEST_POSES[shown.pose], shown.blend)
        line = self._lines.of(root.session_uid)
        track = line.controls_at(scene) if line is not None else None
        if track is None:
            raise UserError(
                "No line that was generated here plays at this frame.", "Generate, or choose another pose."
            )
        return track


def _set(rig: CharacterRig, played: Performance) -> None:
    """Set the channels, and remember what they were where that is not yet remembered."""
    curves = signal_curves(played.signals, played.layout, SceneTime(played.signals.fps, 1))
    _restore()  # what the map no longer plays
    for owner in dict.fromkeys(curve.channel.owner for curve in curves):
        block: Any = rig.resolve(owner)
        before: dict[str, float] = {}
        for curve in curves:
            channel = curve.channel
            if channel.owner == owner:
                before[f"{channel.index} {channel.data_path}"] = value_at_path(
                    block, channel.data_path, channel.index
                )
        keep_text(block, BEFORE_KEY, json.dumps(before, ensure_ascii=False))
        for curve in curves:
            if curve.channel.owner == owner:
                set_at_path(block, curve.channel.data_path, curve.channel.index, float(curve.values[0]))
        block.update_tag()


def _restore() -> None:
    for block in list(_posed_blocks()):
        before = _parsed(kept_text(block, BEFORE_KEY))
        for name, value in before.items() if isinstance(before, dict) else ():
            index, _, path = name.partition(" ")
            try:
                set_at_path(block, path, int(index), value)
            except (ValueError, KeyError, AttributeError):
                continue  # the channel was removed meanwhile: there is nothing to bring back
        drop_text(block, BEFORE_KEY)
        block.update_tag()


def _posed_blocks() -> Iterator[AnimatedBlock]:
    collections: tuple[Any, ...] = (bpy.data.objects, bpy.data.shape_keys, bpy.data.armatures)
    for blocks in collections:
        yield from (block for block in blocks if BEFORE_KEY in block and block.library is None)
    yield from overrides_with(BEFORE_KEY)


def _parsed(text: Any) -> Any:
    """What a text says as JSON; None where it is none, or damaged."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _write(scene: bpy.types.Scene, shown: Shown | None) -> None:
    holder: Any = scene  # custom properties, which the stubs know as readable only
    if shown is not None:
        holder[POSE_KEY] = json.dumps([shown.pose, shown.blend, shown.root], ensure_ascii=False)
    elif POSE_KEY in holder:
        del holder[POSE_KEY]

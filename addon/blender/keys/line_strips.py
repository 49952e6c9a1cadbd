"""Generated motion in the NLA: one strip a line, on a track of its own, on every data-block that the rig has.

A *line* is one recording at one place on one rig. Its strips replace what lies below within their range and
say nothing outside of it, so the current action and all other tracks keep playing. Generating a line again
gives its strips another action; the last take's action stays in the file with a fake user.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import bpy
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import version_compat
from ..version_compat import ActionPart
from .library_tracks import is_from_library

if TYPE_CHECKING:
    from ..version_compat import AnimatedBlock

CLIP_KEY: Final = "elocute_clip"
"""Custom property of generated actions: how their clip was made, as JSON."""
LINE_KEY: Final = "elocute_line"
"""Custom property of generated actions: the key of the line that they are takes of."""
_RECORDING_KEY: Final = "elocute_recording"
_FRAMES_KEY: Final = "elocute_frames"
ADDED_KEY: Final = "elocute_added"
_IDLE_KEY: Final = "elocute_idle"
_SKIPPED_KEY: Final = "elocute_skipped"
UNLISTED: Final = "~"
"""Keys of lines that stand in no list begin with it."""
_NAME_LENGTH: Final = 63
_HALF_A_FRAME: Final = 0.5


@dataclass(frozen=True)
class Line:
    """A line to be placed.

    Attributes:
        title: name of its tracks and strips.
        recording: path of its sound, or an empty string.
        first_frame: scene frame of its first key, where the sound starts.
        last_frame: scene frame of its last key.
        added: whether bones' motion is added to what lies below, where it is not to replace that.
        idle: whether it is the motion of a silent character.
        key: names the line for good; empty for one that is known by its frames and its recording.
        skipped: seconds of the recording before the part that is spoken.
    """

    title: str
    recording: str
    first_frame: int
    last_frame: int
    added: bool = False
    idle: bool = False
    key: str = ""
    skipped: float = 0.0

    def is_added_on(self, id_block: AnimatedBlock) -> bool:
        """Whether its motion on a data-block is added: on armatures; shape keys are always replaced."""
        return self.added and isinstance(id_block, bpy.types.Object) and id_block.type == "ARMATURE"


@dataclass(frozen=True)
class PlacedLine:
    """A line as it stands in the NLA of one data-block.

    Attributes:
        track: its track.
        strip: its strip.
        recording: path of its sound, or an empty string.
        origin: scene frame at which the recording starts, wherever the strip was moved or cut since.
        key: of the line, empty where it has none.
        skipped: seconds of the recording before the part that is spoken, which starts at ``origin``.
    """

    track: bpy.types.NlaTrack
    strip: bpy.types.NlaStrip
    recording: str
    origin: float
    key: str = ""
    skipped: float = 0.0

    def is_take_of(self, line: Line) -> bool:
        """Whether ``line`` is another take of it: of one key, or where one of them has none, at one frame
        or of the same sound in its way.

        Idle motion and lines never take each other's place.
        """
        if is_listed(self.key) and is_listed(line.key):
            return self.key == line.key and self.idle == line.idle
        if self.idle != line.idle or not self.overlaps(line.first_frame, line.last_frame):
            return False
        return self.starts_with(line) or (line.recording != "" and line.recording == self.recording)

    @property
    def idle(self) -> bool:
        """Whether it is the motion of a silent character."""
        return is_idle(self.strip.action)

    @property
    def is_from_library(self) -> bool:
        """Whether the strip comes with a linked character: it cannot be changed."""
        return is_from_library(self.track)

    def starts_with(self, line: Line) -> bool:
        """Whether both start at the same frame."""
        return abs(self.origin - line.first_frame) < _HALF_A_FRAME

    def keeps_name(self, line: Line) -> bool:
        """Whether its track keeps its name for a take: the user has given it, or it is of the same sound."""
        action = self.strip.action
        own = action.name if action is not None else ""
        given = (Path(self.recording).stem if self.recording else own)[:_NAME_LENGTH]
        automatic = re.fullmatch(rf"{re.escape(given)}( \d+)?", self.track.name) is not None
        return self.recording == line.recording or not automatic

    @property
    def is_straight(self) -> bool:
        """Whether the strip plays its action once, forwards, at one speed."""
        strip = self.strip
        return not (strip.use_reverse or strip.use_animated_time) and strip.repeat == 1.0

    def plays(self, frames: ArrayLike) -> NDArray[np.bool_]:
        """(N,) whether the strip plays at these frames."""
        numbers = np.asarray(frames, np.float64)
        playing: NDArray[np.bool_] = (numbers >= self.strip.frame_start) & (numbers <= self.strip.frame_end)
        return playing

    def action_times(self, frames: ArrayLike) -> NDArray[np.float64]:
        """(N,) frames of the action that a straight strip shows at these frames of the scene."""
        strip = self.strip
        since = np.asarray(frames, np.float64) - strip.frame_start
        times: NDArray[np.float64] = strip.action_frame_start + since / strip.scale
        return times

    def overlaps(self, first_frame: float, last_frame: float) -> bool:
        """Whether the strip plays at any of these frames."""
        return self.strip.frame_start <= last_frame and self.strip.frame_end >= first_frame


@dataclass(frozen=True)
class Replaced:
    """Where a line stood before another take took its place, and what of its recording was skipped."""

    recording: str
    origin: float
    skipped: float = 0.0


def is_listed(key: str) -> bool:
    """Whether a key is that of a line in a scene's list; one that was given to a line without, or none, says
    nothing against another take of the same frames."""
    return key != "" and not key.startswith(UNLISTED)


def mark_line(action: bpy.types.Action, line: Line) -> None:
    """Write to an action which line it is a take of."""
    action[_RECORDING_KEY] = line.recording
    action[_FRAMES_KEY] = [line.first_frame, line.last_frame]
    if line.added:
        action[ADDED_KEY] = True
    if line.idle:
        action[_IDLE_KEY] = True
    if line.key:
        action[LINE_KEY] = line.key
    if line.skipped:
        action[_SKIPPED_KEY] = line.skipped


def placed_lines(
    id_block: AnimatedBlock, wanted: Callable[[bpy.types.NlaStrip], bool] = lambda _: True
) -> list[PlacedLine]:
    """The lines in the NLA of a data-block, muted ones too, from the lowest track up.

    Args:
        id_block: the data-block.
        wanted: says of a line's strip whether it is one of those that are looked for; telling all of a strip
            takes longer.
    """
    anim = id_block.animation_data
    tracks = anim.nla_tracks if anim is not None else ()
    return [
        _placed(track, strip)
        for track in tracks
        for strip in track.strips
        if is_generated(strip.action) and wanted(strip)
    ]


def lines_in(scene: bpy.types.Scene) -> Iterator[PlacedLine]:
    """Every line that plays on an object of a scene, once for each data-block that it is on."""
    for thing in scene.objects:
        blocks: list[AnimatedBlock] = [thing]
        if isinstance(thing.data, bpy.types.Mesh) and thing.data.shape_keys is not None:
            blocks.append(thing.data.shape_keys)
        for id_block in blocks:
            for placed in placed_lines(id_block):
                if not placed.strip.mute and not placed.track.mute:
                    yield placed


def is_generated(action: bpy.types.Action | None) -> bool:
    """Whether an action is a take that Elocute made."""
    return action is not None and action.get(CLIP_KEY) is not None


def is_idle(action: bpy.types.Action | None) -> bool:
    """Whether an action is the motion of a silent character."""
    return action is not None and bool(action.get(_IDLE_KEY))


def clips(track: bpy.types.NlaTrack) -> Iterator[bpy.types.NlaStrip]:
    """The strips of a track that play actions, those inside of meta strips too."""
    pending = list(track.strips)
    while pending:
        strip = pending.pop(0)
        if strip.type == "META":
            pending += strip.strips
        elif strip.type == "CLIP":
            yield strip


def put_down_generated(id_block: AnimatedBlock, paths: frozenset[tuple[str, int]]) -> None:
    """Turn a generated action that is the current one into a strip, for it would cover every other line.

    Generated actions are current in files of earlier versions, or where the user made them so. One in
    which other channels (``paths`` are the rig's) were keyed as well stays: a strip would end its motion.
    """
    action = version_compat.current_action(id_block)
    anim = id_block.animation_data
    if action is None or anim is None or not is_generated(action):
        return
    curves = version_compat.curves_of(id_block)
    if not curves or {(curve.data_path, curve.array_index) for curve in curves} - paths:
        return
    first, last = _keyed_range(curves)
    for placed in placed_lines(id_block):
        if placed.strip.action == action:
            covered = placed.strip.action_frame_start <= first and placed.strip.action_frame_end >= last
            if covered and not placed.strip.mute and not placed.track.mute:
                anim.action = None
            return
    part = ActionPart(action, version_compat.current_slot(id_block), version_compat.curve_owner(id_block))
    anim.action = None
    mark_line(action, Line(action.name, "", round(first), round(last)))
    _add(id_block, Line(action.name, "", round(first), round(last)), part)


def place_line(line: Line, parts: Sequence[tuple[AnimatedBlock, ActionPart]]) -> tuple[Replaced, ...]:
    """Put a line into the NLA of every data-block: in the place of its last take, or on a new top track.

    Args:
        line: the line.
        parts: each data-block and its part of the line's action.

    Returns:
        Where the takes stood that it took the place of, each once.
    """
    takes = [_take_of(line, id_block) for id_block, _ in parts]
    title = next((take.track.name for take in takes if take is not None and take.keeps_name(line)), "")
    title = title or _free_title(line.title, (id_block for id_block, _ in parts))
    replaced: dict[Replaced, None] = {}
    for (id_block, part), take in zip(parts, takes, strict=True):
        if take is None:
            _add(id_block, replace(line, title=title), part)
            continue
        replaced[Replaced(take.recording, take.origin, take.skipped)] = None
        if not take.keeps_name(line):
            take.track.name = take.strip.name = title
        _swap(id_block, take, line, part)
    return tuple(replaced)


def leave_line(blocks: Iterable[AnimatedBlock], line: Line) -> None:
    """Remove what earlier takes of a line play on data-blocks that no longer belong to it.

    The strips' actions stay in the file with a fake user.
    """
    for id_block in blocks:
        for placed in placed_lines(id_block):
            if placed.is_take_of(line) and not placed.is_from_library:
                if placed.strip.action is not None:
                    placed.strip.action.use_fake_user = True
                remove_strip(id_block, placed)


def show_take(placed: PlacedLine, part: ActionPart) -> None:
    """Let a line's strip play another take, in its place and range; the one it played keeps a fake user."""
    strip, old = placed.strip, placed.strip.action
    if old == part.action:
        return
    if old is not None:
        old.use_fake_user = True
    start, end = strip.frame_start, strip.frame_end
    first, last = strip.action_frame_start, strip.action_frame_end
    # A take that was made for another first frame has its keys there.
    later = marked_frames(part.action)[0] - (marked_frames(old)[0] if old is not None else first)
    version_compat.swap_action(strip, part)
    if later:
        play_part(strip, first + later, last + later)
        strip.frame_start_ui, strip.frame_end_ui = start, end


def play_part(strip: bpy.types.NlaStrip, first: float, last: float) -> None:
    """Let a strip play its action from one frame to another; Blender may move the strip's own end."""
    if last >= strip.action_frame_start:  # Blender keeps the start before the end at every step
        strip.action_frame_end, strip.action_frame_start = last, first
    else:
        strip.action_frame_start, strip.action_frame_end = first, last


def remove_strip(id_block: AnimatedBlock, placed: PlacedLine) -> None:
    """Remove a line's strip, its track if nothing else is on it, and what animates nothing any more.

    Raises:
        ValueError: the strip comes from a library.
    """
    if placed.is_from_library:
        raise ValueError(f"{placed.strip.name} comes from a library and cannot be removed")
    track, anim = placed.track, id_block.animation_data
    track.strips.remove(placed.strip)
    if anim is None or track.strips:
        return
    anim.nla_tracks.remove(track)
    if not anim.nla_tracks and not anim.drivers and anim.action is None:
        id_block.animation_data_clear()


def _placed(track: bpy.types.NlaTrack, strip: bpy.types.NlaStrip) -> PlacedLine:
    action = strip.action
    marks: Mapping[str, Any] = cast("Mapping[str, Any]", action)
    first, _ = marked_frames(action) if action is not None else (strip.action_frame_start, 0.0)
    origin = strip.frame_start - (strip.action_frame_start - first) * strip.scale
    skipped = marks.get(_SKIPPED_KEY, 0.0)
    return PlacedLine(
        track,
        strip,
        str(marks.get(_RECORDING_KEY, "")),
        origin,
        str(marks.get(LINE_KEY, "")),
        float(skipped) if isinstance(skipped, int | float) else 0.0,
    )


def marked_frames(action: bpy.types.Action) -> tuple[float, float]:
    """First and last frame that were keyed when the action was made."""
    marked: Any = action.get(_FRAMES_KEY)
    try:
        first, last = (float(value) for value in marked)
    except (TypeError, ValueError):  # an older file's, or something was done to it
        frames = action.frame_range
        first, last = frames[0], frames[1]
    return first, last


def _take_of(line: Line, id_block: AnimatedBlock) -> PlacedLine | None:
    def may_be(strip: bpy.types.NlaStrip) -> bool:
        meets = strip.frame_start <= line.last_frame and strip.frame_end >= line.first_frame
        key = strip.action.get(LINE_KEY) if strip.action is not None else None
        return meets or (line.key != "" and key == line.key)

    placed = placed_lines(id_block, may_be)
    takes = [found for found in placed if found.is_take_of(line) and not found.is_from_library]
    own = [take for take in takes if take.key == line.key] or takes
    return next((take for take in own if take.starts_with(line)), next(iter(own), None))


def _add(id_block: AnimatedBlock, line: Line, part: ActionPart) -> None:
    anim = id_block.animation_data or id_block.animation_data_create()
    track = anim.nla_tracks.new()
    track.name = line.title
    _settle(version_compat.add_strip(track, line.title, line.first_frame, part), line.is_added_on(id_block))


def _settle(strip: bpy.types.NlaStrip, added: bool) -> None:
    """Replace what lies below within the strip's range, or turn and move bones on from there; nothing outside
    of it."""
    strip.extrapolation = "NOTHING"
    strip.blend_type = "COMBINE" if added else "REPLACE"


def _swap(id_block: AnimatedBlock, take: PlacedLine, line: Line, part: ActionPart) -> None:
    """Give a take's strip another action; where the user cut or slowed it, the new take is too."""
    strip, track = take.strip, take.track
    first, last = float(line.first_frame), float(line.last_frame)
    old = strip.action
    if old is not None:
        old.use_fake_user = True
        old_first, old_last = marked_frames(old)
        cut = strip.action_frame_start - old_first
        first += min(max(cut, 0.0), last - line.first_frame)
        if strip.action_frame_end < old_last - _HALF_A_FRAME:
            last = max(first, min(last, line.first_frame + strip.action_frame_end - old_first))
    start = strip.frame_start + (line.first_frame - take.origin)
    end = start + (last - first) * strip.scale * strip.repeat
    others = [other for other in track.strips if other != strip]
    if any(other.frame_start < end and other.frame_end > start for other in others):
        track.strips.remove(strip)
        _add(id_block, replace(line, title=track.name), part)
        return
    version_compat.swap_action(strip, part)
    if line.is_added_on(id_block):
        strip.blend_type = "COMBINE"
    elif old is not None and old.get(ADDED_KEY) and strip.blend_type == "COMBINE":
        strip.blend_type = "REPLACE"
    play_part(strip, first, last)
    strip.frame_start_ui = start
    strip.mute = False
    if all(is_generated(other.action) for other in track.strips):
        track.mute = False


def _free_title(wanted: str, id_blocks: Iterable[AnimatedBlock]) -> str:
    """A name that no track of these data-blocks has: exporters tell performances by their tracks' names."""
    taken = {
        track.name
        for id_block in id_blocks
        if id_block.animation_data is not None
        for track in id_block.animation_data.nla_tracks
    }
    names = (f"{wanted[: _NAME_LENGTH - len(tail)]}{tail}" for tail in _tails())
    return next(name for name in names if name not in taken)


def _tails() -> Iterator[str]:
    yield ""
    yield from (f" {number}" for number in itertools.count(2))


def _keyed_range(curves: Iterable[bpy.types.FCurve]) -> tuple[float, float]:
    ranges = [curve.range() for curve in curves]
    return min(found[0] for found in ranges), max(found[1] for found in ranges)

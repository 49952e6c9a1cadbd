"""A dialogue as it stands in a scene: whose lines play when on the timeline, and where the faces are."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np
from mathutils import Matrix, Vector

from ..core.backend.messages import AttentionMessage
from ..core.dialogue import LOOK_SECONDS, FacePlace, FaceTrack, Turn, attention_of, phrase_ends
from ..core.errors import UserError
from ..core.options import SceneOptions
from ..core.sound_part import SoundPart
from ..core.steps import Steps
from .data_of import armature_of
from .face_motion import SLICE_SECONDS
from .heads.sitter import sitter_of_character
from .keys.kept_clip import kept_phones, kept_time
from .keys.line_strips import PlacedLine, placed_lines
from .targets.character_rig import CharacterRig
from .targets.find import target_of, targets_in
from .targets.head_rig import HeadRig
from .targets.target import Target
from .ui.properties import scene_lines
from .version_compat import sound_seconds

_A_MOMENT: Final = 0.1
_MOST_LOOKS: Final = 600
_AXES: Final = ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.0, -1.0, 0.0))
"""Left, up and ahead of a face that looks along -y."""


def place_of(target: Target) -> FacePlace | None:
    """Where a character's face is at the frame that is shown; None where that cannot be told."""
    if isinstance(target, HeadRig):
        bones = armature_of(target.armature).bones
        middle = 0.5 * (bones["left_eye"].head_local + bones["right_eye"].head_local)
        world = target.armature.matrix_world
        eyes, turn = world @ middle, world.to_quaternion()
    elif isinstance(target, CharacterRig):
        try:
            sitter = sitter_of_character(target)
        except UserError:
            return None
        eyes, turn = sitter.center, sitter.turn
    else:
        return None
    axes = np.array([turn @ Vector(way) for way in _AXES], np.float64).T
    return FacePlace(np.array(eyes, np.float64), axes)


def places_in_steps(find: Callable[[], bpy.types.Scene]) -> Steps[dict[str, FaceTrack]]:
    """Where every character's face is while somebody speaks, by the name of its target.

    The scene is looked at once a second in short steps; between two it shows the frame that it did. Faces go
    with their object and, in an armature, with the bone that carries it all: what a head does by itself is
    left out, for it is what a performance does.

    Args:
        find: finds the scene, in every step again.

    Raises:
        UserError: a character was deleted meanwhile.
    """
    try:
        return (yield from _places(find))
    except ReferenceError as error:
        raise UserError("A character was deleted while it was looked at.", "Fill the scene again.") from error


def _places(find: Callable[[], bpy.types.Scene]) -> Steps[dict[str, FaceTrack]]:
    scene = find()
    carried: dict[str, _Carried] = {}
    targets = targets_in(scene)
    for number, target in enumerate(targets):
        if (place := place_of(target)) is not None:
            carried[target.name] = _Carried(target, _in_carrier(target, place), _carrying_bone(target))
        yield 0.3 * (number + 1) / len(targets)
    moments = _moments(turns_in(scene))
    fps = scene.render.fps / scene.render.fps_base
    rows: list[dict[str, FacePlace]] = []
    while len(rows) < len(moments):
        scene, ends = find(), time.perf_counter() + SLICE_SECONDS
        present, part = scene.frame_current, scene.frame_subframe
        try:
            for second in moments[len(rows) :]:
                scene.frame_set(round(second * fps))
                rows.append({name: own.place() for name, own in carried.items()})
                if time.perf_counter() > ends:
                    break
        finally:
            scene.frame_set(present, subframe=part)
        yield 0.3 + 0.7 * len(rows) / len(moments)
    seen = rows or [{name: own.place() for name, own in carried.items()}]
    times = tuple(moments) or (0.0,)
    return {name: FaceTrack(times, tuple(row[name] for row in seen)) for name in carried}


def _moments(turns: Sequence[Turn]) -> list[float]:
    """Seconds at which the scene is looked at: each second of every turn, fewer where they are very many."""
    found: set[float] = set()
    for turn in turns:
        count = max(math.ceil((turn.end - turn.start) / LOOK_SECONDS), 1)
        found |= {turn.start + (turn.end - turn.start) * (number + 0.5) / count for number in range(count)}
    moments = sorted(found)
    return moments[:: -(-len(moments) // _MOST_LOOKS)] if moments else []


@dataclass(frozen=True)
class _Carried:
    """A face that goes with its object, and with the bone that carries it all.

    Attributes:
        target: whose it is.
        local: where it is at rest, in its object's space.
        bone: name of the bone; empty where none carries it.
    """

    target: Target
    local: FacePlace
    bone: str

    def place(self) -> FacePlace:
        """Where it is at the frame that is shown."""
        thing = _object_of(self.target)
        world = Matrix() if thing is None else thing.matrix_world.copy()
        pose = thing.pose if thing is not None else None
        bone = pose.bones.get(self.bone) if pose is not None else None
        if bone is not None:
            world = world @ bone.matrix @ bone.bone.matrix_local.inverted()
        return _moved(self.local, world)


def _object_of(target: Target) -> bpy.types.Object | None:
    if isinstance(target, HeadRig):
        return target.armature
    if not isinstance(target, CharacterRig) or target.character is None:
        return None
    return target.character.root


def _carrying_bone(target: Target) -> str:
    """The root bone of a character that carries most of the others: what walks; empty where there is none.

    It is looked for once, and from below: Blender's lists of a bone's children take a fifth of a second in a
    rig of 700 bones.
    """
    thing = _object_of(target)
    if isinstance(target, HeadRig) or thing is None or thing.pose is None:
        return ""
    roots: dict[str, str] = {}
    for bone in thing.pose.bones:
        way, above = [bone.name], bone
        while above.parent is not None and way[-1] not in roots:
            above = above.parent
            way.append(above.name)
        roots |= dict.fromkeys(way, roots.get(way[-1], way[-1]))
    return max(Counter(roots.values()).items(), key=lambda one: one[1], default=("", 0))[0]


def _in_carrier(target: Target, place: FacePlace) -> FacePlace:
    """A place that was told for the rest pose, in its object's space."""
    thing = _object_of(target)
    return _moved(place, Matrix() if thing is None else thing.matrix_world.inverted_safe())


def _moved(place: FacePlace, by: Matrix) -> FacePlace:
    axes = np.array(by.to_3x3(), np.float64) @ place.axes
    lengths = np.linalg.norm(axes, axis=0)
    axes = axes / lengths if lengths.all() else place.axes  # what is scaled to nothing is turned no way
    return FacePlace(np.array(by @ Vector(place.eyes.tolist()), np.float64), axes)


def turns_in(scene: bpy.types.Scene) -> tuple[Turn, ...]:
    """The lines that play on the characters of a scene, in seconds of its timeline from frame 0."""
    fps = scene.render.fps / scene.render.fps_base
    found: dict[tuple[str, float, float], Turn] = {}
    for target in targets_in(scene):
        for placed in _lines_of(target):
            first, last = placed.strip.frame_start, placed.strip.frame_end
            turn = Turn(target.name, first / fps, last / fps, _phrase_ends(placed, fps))
            found.setdefault((target.name, first, last), turn)
    return tuple(sorted(found.values(), key=lambda turn: turn.start))


def _lines_of(target: Target) -> Iterator[PlacedLine]:
    for owner in dict.fromkeys(channel.owner for channel in target.channels()):
        for placed in placed_lines(target.resolve(owner)):
            if not placed.idle and not placed.strip.mute and not placed.track.mute:
                yield placed


def _phrase_ends(placed: PlacedLine, fps: float) -> tuple[float, ...]:
    """When phrases end in a line, wherever its strip is."""
    action, strip = placed.strip.action, placed.strip
    time = kept_time(action) if action is not None else None
    if action is None or time is None:
        return (strip.frame_end / fps,)
    ends = []
    for moment in phrase_ends(kept_phones(action)) or (float("inf"),):
        frame = strip.frame_start + (time.frame_at(moment) - strip.action_frame_start) * strip.scale
        ends.append(min(max(frame, strip.frame_start), strip.frame_end) / fps)
    return tuple(ends)


def attention_of_line(
    scene: bpy.types.Scene, line: Any | None, options: SceneOptions, speaker: str
) -> AttentionMessage | None:
    """Whom the speaker of a line looks at: those of the scene's list whom it is said to.

    Args:
        scene: the scene.
        line: of its list; None for one that is in none, which is said to nobody.
        options: of the line.
        speaker: name of who speaks it.
    """
    if line is None or not options.look_at_others:
        return None
    turns, own = _turns_of_list(scene, line, speaker)
    if own is None or len({turn.speaker for turn in turns} | {speaker}) < 2:
        return None
    places = {}
    for name in {turn.speaker for turn in turns}:
        found = target_of(scene.objects.get(name))
        if found is not None and (place := place_of(found)) is not None:
            places[name] = place
    attention = attention_of(speaker, turns, places, own.start, own.end)
    return None if attention is None else attention.at_speed(1.0 / options.speed)


def _turns_of_list(scene: bpy.types.Scene, own: Any, speaker: str) -> tuple[tuple[Turn, ...], Turn | None]:
    """The lines of a scene's list whose characters are known, in seconds from frame 0, and the line of them
    whose length matters: the others' are not looked at, for that takes time."""
    fps = scene.render.fps / scene.render.fps_base
    turns, found = list[Turn](), None
    for line in scene_lines(scene):
        target = target_of(line.character) if line.character is not None else None
        mine = line.key == own.key
        seconds = _seconds(line) if mine else _A_MOMENT
        if target is not None and seconds > 0:
            start = line.start_frame / fps
            turns.append(Turn(target.name, start, start + seconds))
            if mine and target.name == speaker:
                found = turns[-1]
    return tuple(turns), found


def _seconds(line: Any) -> float:
    try:
        part = SoundPart.parse(line.segment)
    except UserError:  # the line says so itself when it is generated
        return 0.0
    path = bpy.path.abspath(line.audio)
    end = part.end
    if end is None:
        end = sound_seconds(Path(path)) if line.audio.strip() else None
    return 0.0 if end is None else max(end - part.start, 0.0) / line.speed

"""The list of a scene's lines: what is added to it, and which lines there are."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import bpy

from ...core.errors import UserError
from ...core.lines.draft import LineDraft
from ...core.option import SCENE_GROUPS
from ...core.options import OPTIONS
from ...core.sound_part import SoundPart
from ...core.style_changes import from_second
from ..context import scene_of
from ..line_keys import copy_keys, keys_that_follow
from ..targets.find import target_of, targets_in
from ..version_compat import sound_seconds
from .properties import ACTIVE_LINE_PROPERTY, active_line, scene_lines, scene_settings
from .style_names import is_style_file

_BETWEEN = 0.25
"""Seconds between lines that are put one after the other."""
_OWN = ("audio", "transcript", "segment", "start_frame", "speed")
"""Options that a line does not take over from the line before it."""


def add_lines(
    scene: bpy.types.Scene,
    drafts: Iterable[LineDraft],
    first_frame: int,
    speaker: bpy.types.Object | None = None,
) -> list[Any]:
    """Put lines at the end of a scene's list; the first of them becomes the active one.

    Style, model and so on are those of the line that was active, or of the scene. A line without a start
    follows the one before it.

    Args:
        scene: the scene.
        drafts: the lines.
        first_frame: frame from which their starts count.
        speaker: who speaks those that name nobody.
    """
    fps = scene.render.fps / scene.render.fps_base
    lines, model, added = scene_lines(scene), active_line(scene), list[Any]()
    common = _values(scene_settings(scene) if model is None else model)
    after = first_frame
    for draft in drafts:
        line = lines.add()
        line.key = uuid.uuid4().hex
        line.name = draft.title
        for name, value in common.items():
            setattr(line, name, value)
        line.audio, line.segment = str(draft.audio), draft.part
        for name, value in draft.values.items():
            setattr(line, name, value)
        line.start_frame = after if draft.start is None else first_frame + round(draft.start * fps)
        line.character = character_named(scene, draft.character) if draft.character.strip() else speaker
        seconds = draft.seconds if draft.seconds is not None else _seconds(draft)
        after = line.start_frame + round((seconds + _BETWEEN) * fps)
        added.append(line)
    if added:
        setattr(scene, ACTIVE_LINE_PROPERTY, len(lines) - len(added))
    return list(lines)[len(lines) - len(added) :]  # a collection moves its items while it grows


def duplicate_line(scene: bpy.types.Scene) -> Any:
    """Put a copy of the active line behind it, and make that the active one.

    Raises:
        ValueError: there is no line.
    """
    lines, index = scene_lines(scene), index_of_active(scene)
    if active_line(scene) is None:
        raise ValueError("there is no line to duplicate")
    lines.add()
    source, copied = lines[index], lines[len(lines) - 1]
    for name in source.bl_rna.properties.keys():  # noqa: SIM118 - a collection of Blender's
        if name not in ("rna_type", "key", "problem") and source.is_property_set(name):
            setattr(copied, name, getattr(source, name))
    copied.key = uuid.uuid4().hex
    copy_keys(scene, index, len(lines) - 1)
    with keys_that_follow(scene):
        lines.move(len(lines) - 1, index + 1)
    setattr(scene, ACTIVE_LINE_PROPERTY, index + 1)
    return lines[index + 1]


def split_line(scene: bpy.types.Scene, key: str, parts: Sequence[LineDraft]) -> None:
    """Put lines that are parts of one recording in the place of the line of all of it.

    Raises:
        UserError: that line is gone.
    """
    line = line_with(scene, key)
    if line is None:
        raise UserError(
            "The line was removed meanwhile, so it was not split.", "Undo its removal, and try again."
        )
    lines, speaker = scene_lines(scene), line.speaker
    index = next(index for index, other in enumerate(lines) if other.key == key)
    setattr(scene, ACTIVE_LINE_PROPERTY, index)
    drafts = [_at_speed(_in_style(part, line.style), line.speed) for part in parts]
    for made, draft in zip(add_lines(scene, drafts, line.start_frame, line.character), drafts, strict=True):
        if not draft.character.strip():
            made.speaker = speaker  # also where that was deleted
    for number in range(len(parts)):
        copy_keys(scene, index, len(lines) - len(parts) + number)
    with keys_that_follow(scene):
        for number in range(len(parts)):
            lines.move(len(lines) - len(parts) + number, index + 1 + number)
        lines.remove(index)
    setattr(scene, ACTIVE_LINE_PROPERTY, index)


def _in_style(part: LineDraft, style: str) -> LineDraft:
    """A part of a line whose style changes in time: the changes stay where they are in the recording."""
    return replace(
        part, values={"style": from_second(style, part.start or 0.0, is_style_file), **part.values}
    )


def _at_speed(part: LineDraft, speed: float) -> LineDraft:
    """A part of a line that plays so much faster than its recording."""
    if speed == 1.0:
        return part
    start, seconds = (None if value is None else value / speed for value in (part.start, part.seconds))
    return replace(part, start=start, seconds=seconds, values={**part.values, "speed": speed})


def remove_line(scene: bpy.types.Scene) -> None:
    """Take the active line out of the list; what it has keyed stays."""
    index = index_of_active(scene)
    with keys_that_follow(scene):
        scene_lines(scene).remove(index)
    setattr(scene, ACTIVE_LINE_PROPERTY, max(0, min(index, len(scene_lines(scene)) - 1)))


def move_line(scene: bpy.types.Scene, by: int) -> None:
    """Move the active line in the list, as far as that goes."""
    index = index_of_active(scene)
    wanted = min(max(index + by, 0), len(scene_lines(scene)) - 1)
    with keys_that_follow(scene):
        scene_lines(scene).move(index, wanted)
    setattr(scene, ACTIVE_LINE_PROPERTY, wanted)


def sort_lines(scene: bpy.types.Scene) -> None:
    """Put the lines of a scene's list into the order in which they play; the active one stays active."""
    lines, line = scene_lines(scene), active_line(scene)
    key = line.key if line is not None else ""
    with keys_that_follow(scene):
        for place in range(len(lines)):
            earliest = min(range(place, len(lines)), key=lambda index: lines[index].start_frame)
            lines.move(earliest, place)
    setattr(scene, ACTIVE_LINE_PROPERTY, next((i for i, other in enumerate(lines) if other.key == key), 0))


def index_of_active(scene: bpy.types.Scene) -> int:
    """Index of the active line, whatever stands in the property."""
    index: int = getattr(scene, ACTIVE_LINE_PROPERTY)
    return max(0, min(index, len(scene_lines(scene)) - 1))


def line_with(scene: bpy.types.Scene, key: str) -> Any | None:
    """The line of that key, or None."""
    return next((line for line in scene_lines(scene) if line.key == key), None)


def speaker_of(line: Any | None) -> bpy.types.Object | None:
    """The character of a line; None for the selected one, or the only one.

    Raises:
        UserError: the line had one, which was deleted.
    """
    if line is None:
        return None
    if line.character is None and line.speaker:
        raise UserError(
            f"{line.speaker}, who speaks this line, was deleted.",
            "Choose the line's character again, or undo the deletion.",
        )
    character: bpy.types.Object | None = line.character
    return character


def character_named(scene: bpy.types.Scene, name: str) -> bpy.types.Object | None:
    """The object of the character that is called so, in any case; of a part of the name where only one is."""
    wanted = name.strip().casefold()
    if not wanted:
        return None
    if (thing := next((thing for thing in scene.objects if thing.name.casefold() == wanted), None)) and (
        target := target_of(thing)
    ):
        return scene.objects[target.name]
    near = [target.name for target in targets_in(scene) if wanted in target.name.casefold()]
    return scene.objects[near[0]] if len(near) == 1 else None


def selected_speaker(context: bpy.types.Context) -> bpy.types.Object | None:
    """The selected character, where the scene has others that could be meant too."""
    scene, target = scene_of(context), target_of(context.active_object)
    if target is None or len(targets_in(scene)) < 2:
        return None
    return scene.objects.get(target.name)


def unknown_characters(scene: bpy.types.Scene, drafts: Sequence[LineDraft]) -> tuple[str, ...]:
    """Names of characters that lines call for and the scene has not."""
    named = dict.fromkeys(draft.character for draft in drafts if draft.character.strip())
    return tuple(name for name in named if character_named(scene, name) is None)


def _values(source: Any) -> dict[str, Any]:
    values = {}
    for option in OPTIONS:
        if option.group in SCENE_GROUPS or option.name in _OWN:
            continue
        values[option.name] = getattr(source, option.name)
        if option.switch:
            values[option.switch] = getattr(source, option.switch)
    return values


def _seconds(draft: LineDraft) -> float:
    """How long a line plays; 0 where nothing tells."""
    part = SoundPart.parse(draft.part)
    whole = sound_seconds(draft.audio)
    end = part.end if part.end is not None else whole
    return max((end or 0.0) - part.start, 0.0)

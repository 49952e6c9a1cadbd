"""Put one shot's clip on its character in the open file, with its sound."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ...core.clip.clip import Clip, read_clip
from ...core.clip.clip_sound import told_begin
from ...core.clip.face_model import read_face_model
from ...core.errors import UserError
from ...core.headless.arguments import HeadlessOptions
from ...core.headless.rig_map_argument import kind_or_map
from ...core.headless.shots import Shot
from ...core.known_characters import character_named
from ..heads.head_builder import HeadOptions, build_head
from ..heads.portrait import add_portrait
from ..heads.sitter import sitter_of_head
from ..keys.kept_clip import Kept, keep
from ..keys.keyframes import key_clip
from ..keys.line_time import scene_time
from ..keys.sound import place_clip_sound
from ..package import STAND_IN_HEAD
from ..targets.character import root_of
from ..targets.find import target_of, targets_in
from ..targets.head_rig import HeadRig
from ..targets.rig_state import hold_kind, hold_map
from ..targets.target import Target
from .cameras import camera_of, has_meshes


@dataclass(frozen=True)
class Staged:
    """A shot in the open file: its frames, and sentences for the user."""

    first_frame: int
    last_frame: int
    notes: tuple[str, ...]


def stage_shot(scene: bpy.types.Scene, shot: Shot, options: HeadlessOptions) -> Staged:
    """Key the shot's clip; a file without any character gets the stand-in head with a camera and lights.

    Raises:
        UserError: the clip, the character or its map cannot be used. The open file may have changed then.
    """
    if shot.audio is not None and not shot.audio.is_file():
        raise UserError(
            f"There is no file {shot.audio}, the recording of this shot.",
            "Put it back, or run elocute batch again where it lies now.",
        )
    clip = read_clip(shot.clip)
    target = _target(scene, shot, options, clip)
    if reason := target.writable():
        raise UserError(reason)
    camera = camera_of(scene, options.camera)
    if camera is not None:
        scene.camera = camera
    time = scene_time(scene, options.start_frame)
    keyed = key_clip(target, clip, time, shot.id, options.interpolation, shot.audio, options.add)
    keep(keyed.actions, Kept(shot.clip.read_bytes(), None, time))
    notes = list(keyed.notes)
    if shot.audio is None and "film" in options.formats:
        notes.append(
            "The clip does not tell its recording, so the film is silent; a batch's shots have sound."
        )
    if shot.audio is not None:
        try:
            place_clip_sound(scene, shot.audio, options.start_frame, shot.part, told_begin(clip.meta))
        except UserError as error:
            notes.append(f"The shot is silent. {error}")
    scene.frame_start, scene.frame_end = keyed.first_frame, keyed.last_frame
    return Staged(keyed.first_frame, keyed.last_frame, tuple(notes))


def _target(scene: bpy.types.Scene, shot: Shot, options: HeadlessOptions, clip: Clip) -> Target:
    wanted = options.character or shot.character
    targets = targets_in(scene)
    if options.rig_map:
        only = wanted or (targets[0].name if len(targets) == 1 else "")
        thing = _object(scene, only, "--map needs --character", _named_by(options))
        _set_map(scene, thing, options.rig_map)
        targets = targets_in(scene)
    named = [target for target in targets if wanted and _same(target.name, wanted)]
    if named:
        return named[0]
    holds_faces = bool(targets) or has_meshes(scene)
    # A file without anybody gets a head, whoever the table means; whom the arguments name must be known.
    if (options.character and (holds_faces or not character_named(wanted))) or (wanted and holds_faces):
        target = target_of(_object(scene, wanted, "", _named_by(options)))
        if target is None:
            raise UserError(
                f"{wanted} has no face rig that is known.", "Give its map with --map, or another character."
            )
        return target
    if len(targets) == 1:
        return targets[0]
    if targets:
        names = ", ".join(target.name for target in targets)
        raise UserError(
            f"The file has several characters: {names}.",
            "Name one with --character, or fill in the column character.",
        )
    if holds_faces:
        raise UserError(
            "The file has no character whose face rig is known.",
            "Give its object with --character and --map.",
        )
    return _new_head(scene, wanted)


def _new_head(scene: bpy.types.Scene, wanted: str) -> HeadRig:
    """The stand-in head with a camera and lights, as its character of that name where it has one."""
    face, options = read_face_model(STAND_IN_HEAD), HeadOptions()
    if known := character_named(wanted):
        face, options = face.as_character(known), HeadOptions(name=known)
    rig = build_head(scene, face, options)
    add_portrait(scene, sitter_of_head(rig))
    return rig


def _same(name: str, wanted: str) -> bool:
    return name.casefold() == wanted.casefold()


def _named_by(options: HeadlessOptions) -> str:
    return "--character" if options.character else "the column character"


def _object(scene: bpy.types.Scene, name: str, otherwise: str, named_by: str) -> bpy.types.Object:
    if not name:
        raise UserError(f"{otherwise}.", "Name the character's object.")
    found = next((thing for thing in scene.objects if _same(thing.name, name)), None)
    if found is None:
        raise UserError(f"The file has no object named {name}.", f"Correct {named_by}.")
    return found


def _set_map(scene: bpy.types.Scene, thing: bpy.types.Object, wanted: str) -> None:
    """Give a character the kind or the map that the arguments name."""
    root = root_of(thing, scene) or thing
    rig_map = kind_or_map(wanted)
    if isinstance(rig_map, str):
        hold_kind(root, rig_map)
    else:
        hold_map(root, rig_map)

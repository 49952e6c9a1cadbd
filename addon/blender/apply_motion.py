"""Put generated motion into the scene: the head, its keys, the sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from ..core.clip.clip import Clip, read_clip
from ..core.clip.curves import check_fits
from ..core.clip.face_model import read_face_model
from ..core.errors import UserError
from ..core.job import Outcome
from ..core.options import SceneOptions
from .context import scene_of, view_layer_of, window_manager_of
from .heads.head_builder import build_head
from .heads.placement import stand_clear
from .heads.portrait import add_portrait
from .heads.view import show_face
from .keys.frame_range import fit_frame_range
from .keys.keyframes import KeyedMotion, action_name, check_frames, key_clip, scene_time
from .keys.line_strips import lines_in
from .keys.sound import follow_sound, mute_sound, place_sound
from .package import STAND_IN_HEAD
from .targets.find import active_target, target_of
from .targets.head_rig import HeadRig
from .targets.target import Target


@dataclass(frozen=True)
class TargetRef:
    """Which target a job was started for. Data-blocks do not survive undo, and their names may change.

    Attributes:
        scene: session id of the scene.
        target: session id of the object that stands for the target, or None to add the stand-in head.
        name: what the target was called.
    """

    scene: int
    target: int | None
    name: str = ""


def current_target(context: bpy.types.Context) -> TargetRef:
    """The target that Generate would key now.

    Raises:
        UserError: it cannot be keyed.
    """
    scene, target = scene_of(context), active_target(context)
    if target is None:
        return TargetRef(scene.session_uid, None)
    if reason := target.writable():
        raise UserError(reason)
    return TargetRef(scene.session_uid, scene.objects[target.name].session_uid, target.name)


def add_stand_in_head(scene: bpy.types.Scene, portrait: bool, clip: Clip | None = None) -> HeadRig:
    """Build the stand-in head that ships with the add-on at the 3D cursor, with camera and lights on request.

    Raises:
        UserError: its file is missing or damaged, or ``clip`` would not fit it. Nothing is built then.
    """
    face = read_face_model(STAND_IN_HEAD)
    if clip is not None:
        check_fits(clip, face.basis, len(face.expression_names))
    rig = build_head(scene, face)
    stand_clear(scene, rig)
    if portrait:
        add_portrait(scene, rig)
    return rig


def apply_motion(clip_file: bytes, audio: Path, options: SceneOptions, chosen: TargetRef) -> Outcome:
    """Key a received clip on its target, add the sound, and make that one undo step.

    Raises:
        UserError: the clip is damaged or does not fit the target, or the target is gone. Nothing has
            been changed then.
    """
    clip = read_clip(clip_file)
    scene, target = _find(chosen)
    time = scene_time(scene, options.start_frame)
    check_frames(clip, time)
    if target is None:
        target = rig = add_stand_in_head(scene, portrait=False, clip=clip)
        show_face(window_manager_of(bpy.context), rig)
    style = str(clip.meta.get("style") or options.style or "")
    name = action_name(audio.stem, style, options.seed)
    keyed = key_clip(target, clip, time, name, options.interpolation, audio)
    notes = [*keyed.notes, *_add_sound(scene, audio, options, keyed)]
    if options.extend_range:
        notes += fit_frame_range(scene, keyed.first_frame, keyed.last_frame)
    view_layer_of(bpy.context).update()
    bpy.ops.ed.undo_push(message="Elocute: generate motion")
    return Outcome(
        f"{audio.name}: {clip.seconds:.1f} s on {target.name}, frames {keyed.first_frame} to "
        f"{keyed.last_frame}.",
        tuple(notes),
    )


def _find(chosen: TargetRef) -> tuple[bpy.types.Scene, Target | None]:
    """The scene to work in and the target, None for a new stand-in head, whatever they are called now."""
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == chosen.scene), None)
    if chosen.target is None:
        if scene is None:
            raise UserError("The scene was deleted while its motion was generated.", "Generate again.")
        return scene_of(bpy.context), None  # bones can only be made in the scene that is open
    thing = next((thing for thing in bpy.data.objects if thing.session_uid == chosen.target), None)
    homes = thing.users_scene if thing is not None else ()
    if thing is None or not homes:
        raise UserError(
            f"{chosen.name} was deleted while its motion was generated, so nothing was keyed.",
            "Undo the deletion, or choose another head, and generate again.",
        )
    target = target_of(thing)
    if target is None:
        raise UserError(
            f"{thing.name} lost its mesh while its motion was generated, so nothing was keyed.",
            "Undo the change, or choose another head, and generate again.",
        )
    return (scene if scene in homes else homes[0]), target


def _add_sound(
    scene: bpy.types.Scene, audio: Path, options: SceneOptions, keyed: KeyedMotion
) -> tuple[str, ...]:
    """Place the recording and mute those of the takes that were replaced; a sentence where that fails."""
    heard = {(line.recording, line.origin) for line in lines_in(scene)}
    for old in keyed.replaced:
        if old.recording and (old.recording, old.origin) not in heard:
            mute_sound(scene, Path(old.recording), old.origin)
    try:
        place_sound(scene, audio, options.start_frame)
    except UserError as error:
        return (str(error),)
    follow_sound(scene)
    return ()

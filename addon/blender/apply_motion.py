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
from .heads.portrait import add_portrait
from .heads.view import show_face
from .keys.keyframes import action_name, key_clip, scene_time
from .keys.sound import extend_frame_range, follow_sound, place_sound
from .package import STAND_IN_HEAD
from .targets.find import active_target, target_of
from .targets.head_rig import HeadRig


@dataclass(frozen=True)
class TargetName:
    """Which target a job was started for; names, for data-blocks do not survive undo.

    Attributes:
        scene: name of the scene.
        target: name of the target, or None to add the stand-in head.
    """

    scene: str
    target: str | None


def current_target(context: bpy.types.Context) -> TargetName:
    """The target that Generate would key now."""
    target = active_target(context)
    return TargetName(scene_of(context).name, target.name if target is not None else None)


def add_stand_in_head(scene: bpy.types.Scene, portrait: bool, clip: Clip | None = None) -> HeadRig:
    """Build the stand-in head that ships with the add-on, with camera and lights on request.

    Raises:
        UserError: its file is missing or damaged, or ``clip`` would not fit it. Nothing is built then.
    """
    face = read_face_model(STAND_IN_HEAD)
    if clip is not None:
        check_fits(clip, face.basis, len(face.expression_names))
    rig = build_head(scene, face)
    if portrait:
        add_portrait(scene, rig)
    return rig


def apply_motion(clip_file: bytes, audio: Path, options: SceneOptions, chosen: TargetName) -> Outcome:
    """Key a received clip on its target, add the sound, and make that one undo step.

    Raises:
        UserError: the clip is damaged or does not fit the target, or the scene is gone. Nothing has
            been changed then.
    """
    clip = read_clip(clip_file)
    scene = bpy.data.scenes.get(chosen.scene)
    if scene is None:
        raise UserError(f"The scene {chosen.scene} no longer exists.", "Generate again in an existing scene.")
    target = target_of(scene.objects.get(chosen.target)) if chosen.target else None
    if target is None:
        # Bones can only be made in the scene that is open.
        scene = scene_of(bpy.context)
        target = rig = add_stand_in_head(scene, portrait=False, clip=clip)
        show_face(window_manager_of(bpy.context), rig)
    style = str(clip.meta.get("style") or options.style or "")
    name = action_name(audio.stem, style, options.seed)
    time = scene_time(scene, options.start_frame)
    keyed = key_clip(target, clip, time, name, options.interpolation)
    notes = list(keyed.notes)
    try:
        place_sound(scene, audio, options.start_frame)
        follow_sound(scene)
    except UserError as error:
        notes.append(str(error))
    if options.extend_range:
        extend_frame_range(scene, keyed.first_frame, keyed.last_frame)
    view_layer_of(bpy.context).update()
    bpy.ops.ed.undo_push(message="Elocute: generate motion")
    return Outcome(
        f"{audio.name}: {clip.seconds:.1f} s on {target.name}, frames {keyed.first_frame} to "
        f"{keyed.last_frame}.",
        tuple(notes),
    )

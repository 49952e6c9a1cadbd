"""The only code that knows how Blender versions and builds differ; it checks features, not versions.

Up to Blender 4.3 an action holds F-curves itself and fits one type of data-block. From 4.4 on an
action holds slots, one for each animated data-block, and the curves of a slot live in a channelbag.
"""

from __future__ import annotations

import functools
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import bpy

from ..core.errors import UserError
from ..core.lines.strips import PlayedSound
from .data_of import shown_name

if TYPE_CHECKING:
    AnimatedBlock: TypeAlias = bpy.types.Object | bpy.types.Key | bpy.types.Armature
    """A data-block that holds channels of a rig."""


def has_sound() -> bool:
    """Whether this build can play and mix sound (the 4.2 Python module cannot)."""
    return bool(bpy.app.build_options.audaspace)


def has_video() -> bool:
    """Whether this build can write video files."""
    return bool(bpy.app.build_options.codec_ffmpeg)


def sequencer_strips(scene: bpy.types.Scene) -> bpy.types.StripsTopLevel:
    """The scene's top-level sequencer strips; creates the sequence editor if there is none.

    The collection and its type have other names before 4.5, the same methods though.
    """
    editor: Any = scene.sequence_editor or scene.sequence_editor_create()
    strips: bpy.types.StripsTopLevel = editor.strips if hasattr(editor, "strips") else editor.sequences
    return strips


def content_start(strip: bpy.types.Strip) -> float:
    """Frame at which a sequencer strip's content starts, whether or not its beginning is cut off."""
    handles: Any = strip  # which the stubs of 5.0 do not know
    return float(handles.content_start if hasattr(strip, "content_start") else strip.frame_start)


def played_sound(strip: bpy.types.Strip, fps: float, measured: bool = False) -> PlayedSound | None:
    """What a sound strip plays of its file; None for a strip of another kind.

    Args:
        strip: of the sequencer.
        fps: the scene's real frame rate.
        measured: look into the file for its length.

    Raises:
        UserError: its speed changes while it plays.
    """
    held: Any = strip  # handles, retiming and offsets have other names in other versions
    sound = getattr(held, "sound", None)
    if strip.type != "SOUND" or sound is None:
        return None
    path = Path(bpy.path.abspath(sound.filepath))
    first, end = strip_frames(strip)
    keys = sorted(key.timeline_frame for key in getattr(held, "retiming_keys", ()))
    seconds = sound_seconds(path) if measured or keys else None
    whole = None if seconds is None else max(round(seconds * fps), 1)
    speed = 1.0
    if keys:
        if len(keys) > 2 or whole is None:
            raise UserError(
                f"The speed of the strip {strip.name} changes while it plays.",
                "Cut the strip where its speed changes, or reset its retiming.",
            )
        speed = whole / max(keys[-1] - keys[0], 1)
        speed = round(speed) if abs(speed - round(speed)) < 1e-9 else speed
    trim = "content_trim_start" if hasattr(strip, "content_trim_start") else "animation_offset_start"
    skipped = float(getattr(held, trim, 0)) / fps + float(getattr(held, "sound_offset", 0.0) or 0.0)
    return PlayedSound(
        strip.name, path, round(first), round(end), content_start(strip), float(speed), skipped, whole
    )


def sound_seconds(path: Path) -> float | None:
    """Length of a sound file; None where this Blender cannot tell: builds without aud know wav files only."""
    if (seconds := _wave_seconds(path)) is not None:
        return seconds  # at once; aud opens a file for some 50 ms
    try:
        import aud
    except ImportError:  # the 4.2 module, and some distributions' builds
        return None
    sounds: Any = aud  # its stubs know neither what makes a sound nor that its error is one
    try:
        sound = sounds.Sound(str(path))
        return float(sound.length) / float(sound.specs[0]) if sound.length > 0 else None
    except sounds.error:
        return None


def has_decoder() -> bool:
    """Whether Blender's own decoder can be used from Python."""
    try:
        import aud  # noqa: F401
    except ImportError:  # the 4.2 module, and some distributions' builds
        return False
    return True


def _wave_seconds(path: Path) -> float | None:
    try:
        with wave.open(str(path), "rb") as file:
            return file.getnframes() / file.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return None


def sequencer_scene(context: bpy.types.Context) -> bpy.types.Scene | None:
    """The scene that the sequencer shows; from 5.0 on that may be another than the window's."""
    found: bpy.types.Scene | None = getattr(context, "sequencer_scene", None) or context.scene
    return found


def strip_frames(strip: bpy.types.Strip) -> tuple[float, float]:
    """First frame of a sequencer strip, and the frame after its last (its handles, from 5.2 on)."""
    handles: Any = strip  # which the stubs of 5.0 do not know
    if hasattr(strip, "left_handle"):
        return handles.left_handle, handles.right_handle
    return strip.frame_final_start, strip.frame_final_end


def trim_strip(strip: bpy.types.Strip, skipped: float, first_frame: int, end_frame: int) -> None:
    """Let a sequencer strip play from ``first_frame`` up to ``end_frame``, without its first frames.

    Args:
        strip: its content starts at ``first_frame``.
        skipped: frames of its content that come before ``first_frame`` from now on.
        first_frame: first frame of the strip.
        end_frame: frame after its last.
    """
    handles: Any = strip  # which the stubs of 5.0 do not know
    if hasattr(strip, "left_handle"):
        handles.content_start = first_frame - skipped
        handles.left_handle, handles.right_handle = first_frame, end_frame
    else:
        handles.frame_start = first_frame - skipped
        handles.frame_final_start, handles.frame_final_end = first_frame, end_frame


def set_engine(scene: bpy.types.Scene, engine: str) -> None:
    """Choose a render engine by its id; TypeError where this build has none of that id."""
    render: Any = scene.render  # engines are registered at run time, the stubs know one
    render.engine = engine


def set_video_output(scene: bpy.types.Scene) -> None:
    """Make the scene write MP4 with H.264 video, and AAC sound where the build can mix sound."""
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "VIDEO"
    image.file_format = "FFMPEG"
    video = scene.render.ffmpeg
    if video is None:
        raise RuntimeError("this Blender was built without video output")
    video.format = "MPEG4"
    video.codec = "H264"
    video.constant_rate_factor = "HIGH"
    video.gopsize = 12
    video.audio_codec = "AAC" if has_sound() else "NONE"
    video.audio_bitrate = 192


def set_still_output(scene: bpy.types.Scene) -> None:
    """Make the scene write 8-bit PNG."""
    image = scene.render.image_settings
    if hasattr(image, "media_type"):
        image.media_type = "IMAGE"
    image.file_format = "PNG"
    image.color_mode = "RGB"
    image.color_depth = "8"


def node_tree(material: bpy.types.Material) -> bpy.types.ShaderNodeTree:
    """The material's shader nodes; a new material has some from 5.0 on, before they must be switched on."""
    if material.node_tree is None:
        material.use_nodes = True
    if material.node_tree is None:
        raise RuntimeError(f"{material.name} has no nodes")
    return material.node_tree


@functools.cache  # asked for every strip; looking costs more than all else about one
def one_action_fits_all() -> bool:
    """Whether one action can animate data-blocks of different types (slots exist)."""
    return "slots" in bpy.types.Action.bl_rna.properties


def new_action(name: str) -> bpy.types.Action:
    """A new, empty action. Blender makes the name unique."""
    return bpy.data.actions.new(name)


def current_action(id_block: AnimatedBlock) -> bpy.types.Action | None:
    """The action that animates ``id_block``, or None."""
    anim = id_block.animation_data
    return anim.action if anim is not None else None


def current_slot(id_block: AnimatedBlock) -> bpy.types.ActionSlot | None:
    """The slot of its action that ``id_block`` plays, or None; always None where actions have no slots."""
    anim = id_block.animation_data
    return anim.action_slot if anim is not None and one_action_fits_all() else None


def shape_keys_rest_at_zero() -> bool:
    """Whether shape keys fall back to 0 where the strips of an NLA say nothing; Blender 5.0 takes 1."""
    # A float property's default; the stubs know it for the kinds of property only.
    described: Any = bpy.types.ShapeKey.bl_rna.properties["value"]
    return bool(described.default == 0.0)


def action_blocker(id_block: AnimatedBlock) -> str:
    """Why Blender would refuse to give the data-block another action, in one sentence, or an empty string."""
    name = shown_name(id_block)
    if id_block.library is not None and id_block.override_library is None:
        # Blender overrides objects and leaves their meshes linked; shape keys go with the mesh.
        what = "its mesh data too" if isinstance(id_block, bpy.types.Key) else "it"
        return (
            f"{name} is linked from another file and cannot be animated; make a library override "
            f"of {what}, or append it instead of linking it."
        )
    if id_block.override_library is not None and id_block.override_library.is_system_override:
        return f"{name} is in a library override but not editable; make it editable first."
    anim = id_block.animation_data
    if anim is not None and anim.use_tweak_mode:
        return f"{name} is in the tweak mode of the NLA editor; leave it (Tab) and try again."
    return ""


@dataclass(frozen=True)
class ActionPart:
    """What an action holds for one data-block.

    Attributes:
        action: the action.
        slot: the data-block's slot, or None where actions have no slots.
        curves: owns the F-curves: has ``fcurves`` and ``groups``.
    """

    action: bpy.types.Action
    slot: bpy.types.ActionSlot | None
    curves: bpy.types.ActionChannelbag


def new_part(action: bpy.types.Action, id_block: AnimatedBlock) -> ActionPart:
    """Make room in an action for the curves of a data-block, which it does not animate yet.

    Raises:
        ValueError: there are no slots, and the action already holds curves of another type of data-block.
    """
    if one_action_fits_all():
        slot = action.slots.new(id_block.id_type, id_block.name)
        return ActionPart(action, slot, _channelbag(action, slot))
    plain: Any = action  # its type of data-block, which the stubs of 5.0 do not know
    if plain.fcurves and plain.id_root != id_block.id_type:
        raise ValueError(f"{action.name} already animates data of another type than {id_block.id_type}")
    plain.id_root = id_block.id_type
    return ActionPart(action, None, _as_channelbag(action))


def slot_name(part: ActionPart) -> str:
    """By what :func:`part_named` finds a part of an action again; empty where actions have no slots."""
    return "" if part.slot is None else str(part.slot.identifier)


def slot_identifier(strip: bpy.types.NlaStrip) -> str:
    """The same of what a strip plays."""
    slot = strip.action_slot if one_action_fits_all() else None
    return "" if slot is None else str(slot.identifier)


def part_named(action: bpy.types.Action, id_block: AnimatedBlock, name: str) -> ActionPart | None:
    """What an action holds for a data-block, by the name of its slot; None where that is gone."""
    if not one_action_fits_all():
        plain: Any = action  # its type of data-block, which the stubs of 5.0 do not know
        return ActionPart(action, None, _as_channelbag(action)) if plain.id_root == id_block.id_type else None
    own = [slot for slot in action.slots if slot.target_id_type in (id_block.id_type, "UNSPECIFIED")]
    slot = next((slot for slot in own if slot.identifier == name), own[0] if len(own) == 1 else None)
    return None if slot is None else ActionPart(action, slot, _channelbag(action, slot))


def leave_alone(part: ActionPart) -> None:
    """Remove what else the action of a part animates."""
    for slot in list(part.action.slots) if one_action_fits_all() else ():
        if slot != part.slot:
            part.action.slots.remove(slot)


def part_with(action: bpy.types.Action, data_path: str) -> ActionPart | None:
    """The part of an action with slots that animates a path; None where none does."""
    for slot in action.slots:
        bag = _keyframe_strip(action).channelbag(slot) if action.layers else None
        if bag is not None and any(curve.data_path == data_path for curve in bag.fcurves):
            return ActionPart(action, slot, bag)
    return None


def assign(part: ActionPart, id_block: AnimatedBlock) -> None:
    """Let the action animate ``id_block``; the action it had is kept with a fake user."""
    anim = id_block.animation_data or id_block.animation_data_create()
    if anim.action is not None and anim.action != part.action:
        anim.action.use_fake_user = True
    anim.action = part.action
    if part.slot is not None:
        anim.action_slot = part.slot


def add_strip(track: bpy.types.NlaTrack, name: str, start_frame: int, part: ActionPart) -> bpy.types.NlaStrip:
    """A strip that plays the action once from ``start_frame`` on.

    Raises:
        RuntimeError: the track has no room there.
    """
    strip = track.strips.new(name, start_frame, part.action)
    if part.slot is not None:
        strip.action_slot = part.slot
    return strip


def swap_action(strip: bpy.types.NlaStrip, part: ActionPart) -> None:
    """Let a strip play another action; its place and its range stay."""
    strip.action = part.action
    if part.slot is not None:
        strip.action_slot = part.slot


def strip_curves(strip: bpy.types.NlaStrip) -> list[bpy.types.FCurve]:
    """The F-curves that a strip plays."""
    owner = strip_curve_owner(strip)
    return list(owner.fcurves) if owner is not None else []


def strip_curve_owner(strip: bpy.types.NlaStrip) -> bpy.types.ActionChannelbag | None:
    """What owns the F-curves that a strip plays, or None where it plays none."""
    if strip.action is None:
        return None
    if not one_action_fits_all():
        return _as_channelbag(strip.action)
    if strip.action_slot is None or not strip.action.layers:
        return None
    return _keyframe_strip(strip.action).channelbag(strip.action_slot)


def curves_in(action: bpy.types.Action) -> list[bpy.types.FCurve]:
    """All F-curves of an action, of whatever slot."""
    if not one_action_fits_all():
        return list(_as_channelbag(action).fcurves)
    return [
        curve
        for layer in action.layers
        for strip in layer.strips
        for bag in cast("bpy.types.ActionKeyframeStrip", strip).channelbags
        for curve in bag.fcurves
    ]


def curve_owners(action: bpy.types.Action, id_type: str) -> list[bpy.types.ActionChannelbag]:
    """What owns an action's F-curves for data-blocks of a type, such as ``OBJECT``; none without curves."""
    if not one_action_fits_all():
        plain: Any = action  # its type of data-block, which the stubs of 5.0 do not know
        return [_as_channelbag(action)] if plain.id_root == id_type and len(plain.fcurves) else []
    return [
        bag
        for layer in action.layers
        for strip in layer.strips
        for bag in cast("bpy.types.ActionKeyframeStrip", strip).channelbags
        if bag.slot is not None and bag.slot.target_id_type == id_type and len(bag.fcurves)
    ]


def leave_out_of_gltf(gathered: object, surplus: Callable[[bpy.types.Action], bool]) -> None:
    """Take actions out of what glTF's exporter has gathered for an object (its ``gather_actions_hook``).

    Args:
        gathered: holds a list of actions, and what belongs to each by its name; from 4.4 on a dict.
        surplus: whether an action is not to be written.
    """
    found: Any = gathered
    if hasattr(found, "actions"):
        found.actions = {
            key: listed
            for key, listed in found.actions.items()
            if not any(surplus(part.action) for part in listed)
        }
        return
    for action in [action for action in found.blender_actions if surplus(action)]:
        found.blender_actions.remove(action)
        found.blender_tracks.pop(action.name, None)
        found.action_on_type.pop(action.name, None)


def curve_owner(id_block: AnimatedBlock) -> bpy.types.ActionChannelbag:
    """What owns the F-curves of the action that ``id_block`` has, or of a new one."""
    action = current_action(id_block)
    if action is not None and not one_action_fits_all():
        return _as_channelbag(action)
    anim = id_block.animation_data
    if action is not None and anim is not None and anim.action_slot is not None:
        return _channelbag(action, anim.action_slot)
    part = new_part(action or new_action(id_block.name), id_block)
    assign(part, id_block)
    return part.curves


def curves_of(id_block: AnimatedBlock) -> list[bpy.types.FCurve]:
    """The F-curves of the action that ``id_block`` has; strips of the NLA have their own."""
    anim = id_block.animation_data
    if anim is None or anim.action is None:
        return []
    if not one_action_fits_all():
        return list(_as_channelbag(anim.action).fcurves)
    if anim.action_slot is None or not anim.action.layers:
        return []
    bag = _keyframe_strip(anim.action).channelbag(anim.action_slot)
    return list(bag.fcurves) if bag is not None else []


def _as_channelbag(action: bpy.types.Action) -> bpy.types.ActionChannelbag:
    """An action without slots: it has the same collections itself, which the stubs of 5.0 do not know."""
    return cast("bpy.types.ActionChannelbag", action)


def _channelbag(action: bpy.types.Action, slot: bpy.types.ActionSlot) -> bpy.types.ActionChannelbag:
    return _keyframe_strip(action).channelbag(slot, ensure=True)


def _keyframe_strip(action: bpy.types.Action) -> bpy.types.ActionKeyframeStrip:
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return cast("bpy.types.ActionKeyframeStrip", strip)  # the only type there is


def relative_path_options() -> set[str]:
    """Options of a path property that may be relative to the blend file; Blender 4.5 asks for them."""
    known = "is_path_supports_blend_relative" in bpy.types.Property.bl_rna.properties
    return {"PATH_SUPPORTS_BLEND_RELATIVE"} if known else set()

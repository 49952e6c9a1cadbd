"""Put generated motion into the scene: the head, its keys, the sound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import bpy

from ..core.backend.messages import PhoneList
from ..core.clip.clip import HIGHEST_FPS, LOWEST_FPS, Clip, read_clip
from ..core.clip.clip_sound import told_begin, told_part
from ..core.clip.curves import check_fits
from ..core.clip.face_model import FaceModel, read_face_model
from ..core.clip.sampled import clip_content
from ..core.errors import UserError
from ..core.job import Outcome
from ..core.kept_options import SETTINGS, kept_values
from ..core.known_characters import character_named
from ..core.options import SceneOptions
from ..core.played_options import finishing_of, spacing_of, strength_of
from ..core.retarget.perform import Strength
from ..core.sentences import listed
from ..core.sound_part import SoundPart
from ..core.steps import Steps, aside, part_of, run
from .context import scene_of, view_layer_of, window_manager_of
from .data_of import shape_keys_of
from .heads.head_builder import HeadOptions, build_head_in_steps, hide_from_renders, show_in_renders
from .heads.placement import stand_clear
from .heads.portrait import add_portrait
from .heads.sitter import sitter_of_head
from .heads.view import select_head, show_face
from .keys.frame_range import fit_frame_range
from .keys.give_way import make_room
from .keys.kept_clip import Kept, keep
from .keys.keyframes import KeyedMotion, Take, key_takes_in_steps
from .keys.line_strips import Line, leave_line, lines_in
from .keys.line_takes import key_for, lines_beside
from .keys.line_time import action_name, check_frames, scene_time
from .keys.sound import follow_sound, mute_sound, place_clip_sound
from .keys.surroundings import Joining
from .package import STAND_IN_HEAD
from .removal import remove_numbered, remove_objects
from .session.edited_map import edited_root
from .targets.character_rig import CharacterRig
from .targets.find import active_target, names_to_choose_from, target_of
from .targets.head_rig import HeadRig
from .targets.target import Target


@dataclass(frozen=True)
class TargetRef:
    """Which target a job was started for. Data-blocks do not survive undo, and their names may change.

    Attributes:
        scene: session id of the scene.
        target: session id of the object that stands for the target, or None to add the stand-in head.
        name: what the target was called.
        passed_over: name of the active character, of which no face rig is known; empty where there is none.
    """

    scene: int
    target: int | None
    name: str = ""
    passed_over: str = ""


@dataclass(frozen=True)
class AddedHead:
    """A stand-in head that was added for a line, with the session ids of the objects that are it."""

    rig: HeadRig
    parts: frozenset[int]


class Shown(Protocol):
    """What of a line is on its character's face already."""

    def take_head(self) -> AddedHead | None:
        """The stand-in head that was added for it and is still there, which is the caller's from now on."""
        ...

    def clear(self) -> None:
        """Show nothing any more."""
        ...


@dataclass(frozen=True)
class LineName:
    """Which line of a scene's list is keyed.

    Attributes:
        key: names it for good.
        title: what it is called.
    """

    key: str
    title: str


def current_target(context: bpy.types.Context, speaker: bpy.types.Object | None = None) -> TargetRef:
    """The target that Generate would key now.

    Args:
        context: of the window.
        speaker: the character that a line names; None for the selected one, or the only one.

    Raises:
        UserError: it cannot be keyed, or there are several and nothing says which is meant.
    """
    scene = scene_of(context)
    if speaker is not None:
        return _speaking(scene, speaker)
    target = active_target(context)
    active = edited_root(context)
    passed_over = active.name if active is not None and target_of(active) is None else ""
    if target is None:
        return TargetRef(scene.session_uid, None, passed_over=passed_over)
    if names := names_to_choose_from(context):
        raise UserError(
            f"There are {len(names)} characters here: {listed(names)}.",
            "Select the one that is to speak, or choose it under Character.",
        )
    if reason := target.writable():
        raise UserError(reason)
    return TargetRef(scene.session_uid, scene.objects[target.name].session_uid, target.name, passed_over)


def _speaking(scene: bpy.types.Scene, speaker: bpy.types.Object) -> TargetRef:
    if scene.objects.get(speaker.name) != speaker:
        raise UserError(
            f"{speaker.name}, who speaks this line, is not in the scene any more.",
            "Undo its deletion, or choose another character for the line.",
        )
    target = target_of(speaker)
    if target is None:
        raise UserError(
            f"{speaker.name} has no face rig that is known.",
            "Choose another character for the line, or fill in its map under Rig map.",
        )
    if reason := target.writable():
        raise UserError(reason)
    return TargetRef(scene.session_uid, scene.objects[target.name].session_uid, target.name)


def add_stand_in_head(
    scene: bpy.types.Scene, portrait: bool, clip: Clip | None = None, character: str = ""
) -> HeadRig:
    """Build the stand-in head that ships with the add-on at the 3D cursor, with camera and lights on request.

    Args:
        scene: where it is built.
        portrait: add camera and lights.
        clip: what is going to be keyed on it.
        character: one of its characters, empty for the head as it is.

    Raises:
        UserError: its file is missing or damaged, it has no such character, or ``clip`` would not fit it.
            Nothing is built then.
    """
    rig = run(stand_in_head_in_steps(scene, clip, character))
    show_in_renders(rig)
    if portrait:
        add_portrait(scene, sitter_of_head(rig))
    return rig


def stand_in_head_in_steps(scene: bpy.types.Scene, clip: Clip | None, character: str = "") -> Steps[HeadRig]:
    """Build the stand-in head in steps; UserError before anything is built.

    Renders are without it until :func:`~addon.blender.heads.head_builder.show_in_renders`.
    """
    face = yield from aside(lambda: _stand_in_face(character))
    options = HeadOptions(name=character or HeadOptions.name, hidden_in_renders=True)
    if clip is not None:
        count = len(face.expression_names)
        check_fits(clip.padded(count), face.basis, count)
    rig = yield from part_of(build_head_in_steps(scene, face, options), 0.2, 0.9)
    try:
        yield 0.9
        stand_clear(scene, rig)
    except BaseException:
        remove_objects([rig.mesh, rig.armature])
        raise
    return rig


def _stand_in_face(character: str) -> FaceModel:
    face = read_face_model(STAND_IN_HEAD)
    return face.as_character(character) if character else face


def apply_motion(
    clip_file: bytes,
    audio: Path,
    options: SceneOptions,
    chosen: TargetRef,
    phones: PhoneList | None = None,
    named: LineName | None = None,
    more: Sequence[bytes] = (),
) -> Outcome:
    """Key a received clip on its target at once: :func:`apply_motion_in_steps`."""
    return run(apply_motion_in_steps(clip_file, audio, options, chosen, phones, named, more))


def apply_motion_in_steps(
    clip_file: bytes,
    audio: Path,
    options: SceneOptions,
    chosen: TargetRef,
    phones: PhoneList | None = None,
    named: LineName | None = None,
    more: Sequence[bytes] = (),
    shown: Shown | None = None,
) -> Steps[Outcome]:
    """Key a received clip on its target in steps, add the sound, and make that one undo step.

    Nothing of the motion shows before the step after the share 1; only the undo step is still to come then.
    Every clip is kept with its take, and with it ``phones``.

    Args:
        clip_file: the clip that is to play.
        audio: the recording.
        options: with which it was generated.
        chosen: the target.
        phones: what is said in it, None where that is not known.
        named: the line of the scene's list that it is; None without one.
        more: clips of further takes, which are kept beside it.
        shown: what of it is shown already, until the motion plays.

    Raises:
        UserError: the clip is damaged or does not fit the target, or the target is gone. Nothing has
            been changed then.
    """
    try:
        return (yield from _apply([clip_file, *more], audio, options, chosen, phones, named, shown))
    except ReferenceError as error:
        raise UserError(
            "What the motion was being written to was deleted meanwhile, so nothing was keyed.",
            "Generate again.",
        ) from error


def _apply(
    clip_files: Sequence[bytes],
    audio: Path,
    options: SceneOptions,
    chosen: TargetRef,
    phones: PhoneList | None,
    named: LineName | None,
    shown: Shown | None,
) -> Steps[Outcome]:
    clips, contents = list[Clip](), list[bytes]()
    for content in clip_files:
        clips.append(at_speed(read_clip(content), options.speed))
        contents.append(content if options.speed == 1.0 else clip_content(clips[-1]))
        yield 0.05 * len(clips) / len(clip_files)
    clip = clips[0]
    part = SoundPart.parse(options.segment) if options.segment else told_part(clip.meta)
    begins = told_begin(clip.meta)
    scene, target = find_target(chosen)
    time = scene_time(scene, options.start_frame)
    first, last = check_frames(clip, time)
    built: HeadRig | None = None
    own, hidden = frozenset[int](), (False, False)
    try:
        if target is None:
            character = character_named(options.new_head)
            added = None if shown is None else shown.take_head()
            if added is not None:
                built, own = added.rig, added.parts
                hidden = hide_from_renders(built)
            else:
                built = yield from part_of(stand_in_head_in_steps(scene, clip, character), 0.05, 0.4)
                own = frozenset({built.armature.session_uid, built.mesh.session_uid})
            head = built.armature.session_uid
            chosen = TargetRef(scene.session_uid, head, built.name, chosen.passed_over)
        yield 0.4  # looking at a character of many bones takes a while: once a step
        strength = strength_of(options, clip, time)
        title = named.title if named is not None else audio.stem
        line = Line(title, str(audio), first, last, options.add_to_motion, skipped=part.start - begins)
        key = named.key if named is not None else key_for(found_target(chosen), line)
        line = replace(line, key=key)
        # keyed options of half an hour take a while
        kept = yield from part_of(aside(lambda: kept_values(options)), 0.4, 0.4)
        yield 0.4  # of few options they are there at once
        steps = key_takes_in_steps(
            lambda: found_target(chosen, strength),
            [_take(own, title, options, number, kept) for number, own in enumerate(clips)],
            time,
            line,
            options.interpolation,
            _joining(chosen, line, options),
            spacing_of(options),
            finishing_of(options, clip, time),
            (lambda: None) if shown is None else shown.clear,
        )
        keyed = yield from part_of(steps, 0.4, 0.95)
    except BaseException:
        remove_numbered(own)  # what the user hung on the head stays, and may be there without it
        raise
    spoken = phones if phones is None or options.speed == 1.0 else phones.at_speed(options.speed)
    for actions, content in zip(keyed.takes, contents, strict=True):
        keep(actions, Kept(content, spoken, time))
    scene, target = find_target(chosen)[0], found_target(chosen)
    leave_line(_no_longer_played(target), line)
    if built is not None:
        _show_built(scene, built, hidden)
    sounds = _add_sound(scene, audio, part, begins, options, keyed)
    notes = [*_passed_over(chosen, target, built), *keyed.notes, *make_room(target), *sounds]
    if options.extend_range:
        notes += fit_frame_range(scene, keyed.first_frame, keyed.last_frame)
    yield 1.0
    view_layer_of(bpy.context).update()
    bpy.ops.ed.undo_push(message="Elocute: generate motion")
    return Outcome(
        f"{audio.name}: {clip.seconds:.1f} s on {target.name}, frames {keyed.first_frame} to "
        f"{keyed.last_frame}.",
        tuple(notes),
    )


def _show_built(scene: bpy.types.Scene, built: HeadRig, hidden: tuple[bool, bool]) -> None:
    show_in_renders(built, hidden)
    if bpy.context.mode == "OBJECT":  # the outline of what was selected would be drawn over the face
        select_head(bpy.context, scene, built)
    else:
        show_face(window_manager_of(bpy.context), built)


def at_speed(clip: Clip, speed: float) -> Clip:
    """The clip as it plays with its recording at a speed."""
    return clip if speed == 1.0 else replace(clip, fps=min(max(clip.fps * speed, LOWEST_FPS), HIGHEST_FPS))


def _take(clip: Clip, title: str, options: SceneOptions, number: int, kept: Mapping[str, Any]) -> Take:
    style, seed = str(clip.meta.get("style") or options.style or ""), options.seed + number
    own = {**kept, **kept_values(SceneOptions(seed=seed))}
    return Take(clip, action_name(title, style, seed), {SETTINGS: own})


def _joining(chosen: TargetRef, line: Line, options: SceneOptions) -> Joining | None:
    """What a line is joined to: motion right beside it, and what is before it where that is asked."""
    before, after = lines_beside(found_target(chosen), line)
    if not (before or after or options.continue_motion):
        return None
    return Joining(lambda: find_target(chosen)[0], into_after=after)


def _no_longer_played(target: Target) -> list[bpy.types.Key]:
    """Shape keys of a character's meshes of which its map plays none: it may have played some before."""
    character = target.character if isinstance(target, CharacterRig) else None
    played = {target.resolve(owner) for owner in dict.fromkeys(c.owner for c in target.channels())}
    meshes = character.keyed if character is not None else ()
    keys = (shape_keys_of(mesh) for mesh in meshes)
    return [own for own in keys if own not in played]


def _passed_over(chosen: TargetRef, target: Target, built: HeadRig | None) -> tuple[str, ...]:
    """That it was not the active character that was keyed, and what helps."""
    if not chosen.passed_over:
        return ()
    instead = "the stand-in head was added" if built is not None else f"{target.name} was keyed"
    return (
        f"{chosen.passed_over} has no face rig that is known, so {instead}; fill in its map under Rig map.",
    )


def found_target(chosen: TargetRef, strength: Strength | None = None) -> Target:
    """The target that was chosen or built, a character with that strength; UserError where it is gone."""
    target = find_target(chosen)[1]
    if target is None:
        raise ValueError("a head that is yet to be built cannot be found")
    if isinstance(target, CharacterRig | HeadRig) and strength is not None:
        return replace(target, strength=strength)
    return target


def scene_and_target(chosen: TargetRef) -> tuple[bpy.types.Scene, Target]:
    """The scene and the target that was chosen there; UserError where one is gone."""
    return find_target(chosen)[0], found_target(chosen)


def find_target(chosen: TargetRef) -> tuple[bpy.types.Scene, Target | None]:
    """The scene to work in and the target, None for a new stand-in head, whatever they are called now."""
    scene = next((scene for scene in bpy.data.scenes if scene.session_uid == chosen.scene), None)
    if chosen.target is None:
        if scene is None:
            raise UserError("The scene was deleted while its motion was generated.", "Generate again.")
        return scene, None
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
    scene: bpy.types.Scene,
    audio: Path,
    part: SoundPart,
    begins: float,
    options: SceneOptions,
    keyed: KeyedMotion,
) -> tuple[str, ...]:
    """Place the recording and mute those of the takes that were replaced; a sentence where that fails.

    A film's sound is laid ``begins`` seconds after the film.
    """
    heard = {(line.recording, line.origin, line.skipped) for line in lines_in(scene)}
    for old in keyed.replaced:
        if old.recording and (old.recording, old.origin, old.skipped) not in heard:
            mute_sound(scene, Path(old.recording), old.origin, old.skipped)
    try:
        place_clip_sound(scene, audio, options.start_frame, part, begins, options.speed)
    except UserError as error:
        return (str(error),)
    follow_sound(scene)
    return ()

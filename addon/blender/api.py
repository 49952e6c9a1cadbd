"""Elocute for scripts and other add-ons, inside Blender: analyse, generate, retarget, key.

The functions do what the panel's buttons do, by the same code, and wait for the result.
:func:`generate_in_background` does not wait; it shows its progress in the panel. docs/api.md has examples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from ..core.atomic_write import write_atomically
from ..core.backend.client import Client
from ..core.backend.film_kinds import is_film
from ..core.backend.generation import Generated, styles_of
from ..core.backend.generation import generate as generate_with_service
from ..core.backend.messages import MOST_TAKES, JobSettings, ModelMessage, PhoneList
from ..core.channel import ChannelCurve
from ..core.checked_options import check_options
from ..core.clip.clip import Clip, read_clip
from ..core.clip.clip_sound import is_of_recording
from ..core.clip.sampled import clip_content
from ..core.errors import Cancelled, UserError
from ..core.files import is_file
from ..core.job import JobControl, JobProgress, Outcome
from ..core.options import SceneOptions, job_settings
from ..core.played_options import finishing_of, spacing_of, strength_of
from ..core.request import request_of
from ..core.retarget.perform import Strength
from ..core.steps import run
from .apply_motion import TargetRef, apply_motion, current_target
from .context import scene_of
from .film_sound import film_decoder
from .heads.library_override import linked_target
from .keys.frame_range import fit_frame_range
from .keys.kept_clip import Kept, keep
from .keys.keyframes import key_clip
from .keys.line_curves import line_curves_in_steps
from .keys.line_strips import Line
from .keys.line_time import check_frames, scene_time
from .preview_motion import PreviewMotion
from .session import jobs
from .targets.character_rig import CharacterRig
from .targets.find import target_of
from .targets.head_rig import HeadRig
from .targets.target import Target
from .ui.preferences import read_settings

__all__ = [
    "Cancelled",
    "Clip",
    "PhoneList",
    "Retargeted",
    "SceneOptions",
    "Strength",
    "Take",
    "UserError",
    "analyse",
    "generate",
    "generate_in_background",
    "key",
    "models",
    "read_take",
    "retarget",
]

Listener = Callable[[JobProgress], None]
"""Told where the work stands, on the thread that waits for it."""


@dataclass(frozen=True)
class Take:
    """Generated motion.

    Attributes:
        content: the motion clip as the bytes of its ``.npz`` file (docs/formats.md).
        recording: the sound that it belongs to, or None.
        options: what it was made with.
        heard: words and phones with their times in seconds; None where nobody told.
        notes: sentences on what could not be done as asked.
    """

    content: bytes
    recording: Path | None = None
    options: SceneOptions = field(default_factory=SceneOptions)
    heard: PhoneList | None = None
    notes: tuple[str, ...] = ()

    @property
    def clip(self) -> Clip:
        """The motion's arrays: expression (T, E), jaw, head and neck (T, 3), eyes (T, 6), in radians."""
        return read_clip(self.content)

    def save(self, path: Path | str) -> None:
        """Write the clip to a file; what stood there before is kept unless all of it could be written.

        Raises:
            UserError: it cannot be written, or its name is not that of an ``.npz``.
        """
        if Path(path).suffix.lower() != ".npz":
            raise UserError(
                f"A clip is not written as {Path(path).name}.",
                "Use a name that ends in .npz; elocute export makes files of other programs of it.",
            )
        with write_atomically(Path(path)) as temporary:
            temporary.write_bytes(self.content)


@dataclass(frozen=True)
class Retargeted:
    """Motion as keys of a character, which nothing plays yet.

    Attributes:
        curves: keys of every channel: its ``owner``, ``data_path`` and ``index``, and (N,) frames and values.
        first_frame: scene frame of the first key.
        last_frame: scene frame of the last key.
        notes: sentences on what the rig cannot do.
    """

    curves: tuple[ChannelCurve, ...]
    first_frame: int
    last_frame: int
    notes: tuple[str, ...]


def models() -> tuple[ModelMessage, ...]:
    """What the service can run, the default first, with styles and options of each.

    Raises:
        UserError: the service cannot be reached or started.
    """
    listed = _connect()(JobControl()).models().models
    jobs.session().models = listed
    return listed


def analyse(
    recording: Path | str,
    *,
    transcript: str | None = None,
    language: str = "auto",
    words: str = "auto",
    progress: Listener | None = None,
) -> PhoneList:
    """Words and phones of a recording, with their times in seconds.

    Args:
        recording: sound file.
        transcript: what is said; None where it is to be recognised.
        language: ISO 639 code; ``auto`` for that of the transcript.
        words: what recognises words where there is no transcript: ``auto``, ``none``, or a Whisper
            checkpoint that the service was started with.
        progress: told where the work stands; may raise :class:`Cancelled` to stop it.

    Raises:
        UserError: the recording cannot be used, or the service failed.
        Cancelled: ``progress`` stopped it.
    """
    settings = JobSettings(kind="phones", transcript=transcript, language=language, words=words)
    control = JobControl(progress)
    connect = _connect()
    heard = generate_with_service(
        lambda: connect(control), _file(recording), settings, control, films=film_decoder()
    )
    return heard.phones


def generate(
    recording: Path | str,
    *,
    transcript: str | None = None,
    style: str | None = None,
    model: str | None = None,
    seed: int = 0,
    takes: int = 1,
    options: SceneOptions | None = None,
    progress: Listener | None = None,
) -> tuple[Take, ...]:
    """Motion for a recording; waits for it and changes nothing in the file.

    Args:
        recording: sound file.
        transcript: what is said; None where it is to be recognised.
        style: preset, style file, capture of a face, or a blend, as in the panel; None for the model's own.
        model: id of a model; None for the service's default.
        seed: take k uses seed + k.
        takes: how many, at most 64.
        options: everything else that the panel has; the arguments above replace its fields.
        progress: told where the work stands; may raise :class:`Cancelled` to stop it.

    Raises:
        UserError: the recording or an option cannot be used, or the service failed.
        Cancelled: ``progress`` stopped it.
    """
    chosen = _options(options, recording, transcript, style, model, seed)
    work = _generating(chosen, takes)
    return work(JobControl(progress))


def generate_in_background(
    recording: Path | str,
    then: Callable[[tuple[Take, ...]], str | None],
    *,
    transcript: str | None = None,
    style: str | None = None,
    model: str | None = None,
    seed: int = 0,
    takes: int = 1,
    options: SceneOptions | None = None,
    preview: bpy.types.Object | str | None = None,
) -> None:
    """Begin to make motion for a recording, as :func:`generate`, and return at once.

    The panel shows the progress and has the button that stops it. It ends without calling ``then`` where it
    is stopped or fails, or where another file is opened meanwhile.

    Args:
        recording: sound file.
        then: called in Blender's main thread with the takes; may key them, and returns a sentence for the
            panel, or None.
        transcript: as of :func:`generate`, and so are the others.
        preview: a character that shows how a long line begins, at the options' first frame, until ``then`` is
            called; None shows nothing.

    Raises:
        UserError: other work is going on, or the recording or an option cannot be used.
    """
    chosen = _options(options, recording, transcript, style, model, seed)
    work = _generating(chosen, takes, preview is not None)
    name = Path(recording).name

    shows = None if preview is None else PreviewMotion(chosen, _reference(preview))

    def finish(made: tuple[Take, ...]) -> Outcome:
        if shows is not None:
            shows.remove()
        notes = dict.fromkeys(note for take in made for note in take.notes)
        return Outcome(then(made) or f"{name}: {len(made)} takes are ready.", tuple(notes))

    jobs.session().start(f"Generating {name}", work, finish, shows=shows)


def retarget(
    motion: Take | Clip,
    character: bpy.types.Object | str | None = None,
    *,
    start_frame: int = 1,
    strength: Strength | None = None,
) -> Retargeted:
    """Motion as keys of a character. Nothing is changed in the file.

    Args:
        motion: what to play.
        character: an object of the character, or its name; None for the one that the panel would key.
        start_frame: scene frame of the first frame of the motion.
        strength: how strongly each part of the face is played; heads of Elocute's and characters.

    Raises:
        UserError: there is no such character, it cannot play the motion, or there are no such frames.
    """
    check_options(replace(SceneOptions(), start_frame=start_frame))
    clip, scene = _clip(motion), scene_of(bpy.context)
    target = _with_strength(_target(character), strength)
    time = scene_time(scene, start_frame)
    first, last = check_frames(clip, time)
    line = Line("", "", first, last)
    (curves,), notes = run(line_curves_in_steps(lambda: target, clip, time, [line], None))
    return Retargeted(tuple(curves), first, last, notes)


def key(
    motion: Take | Clip,
    character: bpy.types.Object | str | None = None,
    *,
    start_frame: int = 1,
    name: str = "",
    options: SceneOptions | None = None,
) -> Outcome:
    """Key motion on a character, as one undo step: an NLA strip of its own, and the sound if there is one.

    Args:
        motion: what to play; the sound of a :class:`Take` is placed on the timeline.
        character: an object of the character, or its name; None for the one that the panel would key, and
            for a new stand-in head where the scene has none.
        start_frame: scene frame at which it starts.
        name: of the action, for motion without a recording.
        options: how keys are written; by default those of the take.

    Returns:
        A sentence on what was done, and notes.

    Raises:
        UserError: there is no such character, or it cannot be keyed. Nothing has been changed then.
    """
    own = motion.options if isinstance(motion, Take) else SceneOptions()
    check_options(options or own)
    chosen = replace(options or own, start_frame=start_frame)
    check_options(chosen)
    if isinstance(motion, Take) and motion.recording is not None:
        done = apply_motion(motion.content, motion.recording, chosen, _reference(character), motion.heard)
        return replace(done, notes=tuple(dict.fromkeys((*motion.notes, *done.notes))))
    scene, clip = scene_of(bpy.context), _clip(motion)
    time = scene_time(scene, start_frame)
    target = _with_strength(_target(character), strength_of(chosen, clip, time))
    keyed = key_clip(
        target,
        clip,
        time,
        name or "Elocute",
        chosen.interpolation,
        added=chosen.add_to_motion,
        spacing=spacing_of(chosen),
        finishing=finishing_of(chosen, clip, time),
    )
    content, heard = (
        (motion.content, motion.heard) if isinstance(motion, Take) else (clip_content(clip), None)
    )
    keep(keyed.actions, Kept(content, heard, time))
    notes = list(keyed.notes)
    if chosen.extend_range:
        notes += fit_frame_range(scene, keyed.first_frame, keyed.last_frame)
    bpy.ops.ed.undo_push(message="Elocute: key motion")
    message = f"{clip.seconds:.1f} s on {target.name}, frames {keyed.first_frame} to {keyed.last_frame}."
    return Outcome(message, tuple(notes))


def read_take(path: Path | str, recording: Path | str | None = None) -> Take:
    """A clip file as a take, for example of ``elocute generate`` or ``elocute batch``.

    :func:`key` lays the recording where the clip's face speaks it: the part that the clip is of, and a film's
    sound as late as the film has it.

    Args:
        path: the clip.
        recording: the sound that it was made of. Of another file the take's notes tell; a film is not looked
            at, as its sound may have been decoded before the motion was made.

    Raises:
        UserError: it is no clip, or the recording is missing or cannot be read.
    """
    clip = read_clip(Path(path))  # a damaged one is refused here
    content = Path(path).read_bytes()
    if recording is None:
        return Take(content)
    own = _file(recording)
    return Take(content, own, notes=_other_recording(Path(path), clip, own))


def _other_recording(path: Path, clip: Clip, recording: Path) -> tuple[str, ...]:
    try:
        if is_film(recording) or is_of_recording(clip.meta, recording):
            return ()
    except OSError as error:
        raise UserError(
            f"{recording.name} cannot be read: {error.strerror}.", "Check the file's permissions."
        ) from error
    return (
        f"{path.name} was not made of {recording.name} as it is now, so lips and sound may not match; if "
        "that is another recording, give the clip's own.",
    )


def _options(
    options: SceneOptions | None,
    recording: Path | str,
    transcript: str | None,
    style: str | None,
    model: str | None,
    seed: int,
) -> SceneOptions:
    base = options or SceneOptions()
    check_options(base)
    chosen = replace(
        base,
        audio=_file(recording),
        transcript=transcript or base.transcript,
        style=style or base.style,
        model=model or base.model,
        seed=seed or base.seed,
    )
    check_options(chosen)
    return chosen


def _file(recording: Path | str) -> Path:
    path = Path(bpy.path.abspath(str(recording)))
    if not is_file(path):
        raise UserError(f"There is no file {path}.", "Give the recording's path.")
    return path


def _connect() -> Callable[[JobControl], Client]:
    """What connects to the service of the preferences; the service is prepared here, on the main thread."""
    service = read_settings()
    server = jobs.session().local_service(service) if service.place == "LOCAL" else None
    return lambda control: jobs.service_client(service, server, control)


def _generating(
    options: SceneOptions, takes: int, parts: bool = False
) -> Callable[[JobControl], tuple[Take, ...]]:
    """The work of generating, to be done on any thread, which hands over what there is before the rest where
    ``parts`` are wanted; UserError where the options cannot be used."""
    if not 1 <= takes <= MOST_TAKES:
        raise UserError(f"{takes} takes are out of range.", f"Give 1 to {MOST_TAKES}.")
    request = request_of(options, lambda name: Path(bpy.path.abspath(name)))
    settings = replace(job_settings(options), style=request.settings.style, takes=takes)
    connect, films = _connect(), film_decoder()

    def work(control: JobControl) -> tuple[Take, ...]:
        client = connect(control)
        styles = {
            **request.style_files,
            **styles_of(client, request.style_recordings, settings, control),
        }
        made = generate_with_service(
            lambda: client,
            request.audio,
            settings,
            control,
            films=films,
            styles=styles,
            on_window=control.hand_over if parts else None,
            on_opening=control.hand_over if parts else None,
        )
        return tuple(_take(made, number, options) for number in range(len(made.clips)))

    return work


def _take(made: Generated, number: int, options: SceneOptions) -> Take:
    own = replace(options, seed=options.seed + number)
    return Take(made.clips[number], options.audio, own, made.phones, made.summary.notes)


def _clip(motion: Take | Clip) -> Clip:
    if isinstance(motion, Take):
        return motion.clip
    if not isinstance(motion, Clip):
        raise UserError("This is no motion.", "Give a take of generate, or a clip.")
    return motion


def _with_strength(target: Target, strength: Strength | None) -> Target:
    if isinstance(target, CharacterRig | HeadRig) and strength is not None:
        return replace(target, strength=strength)
    return target


def _reference(character: bpy.types.Object | str | None) -> TargetRef:
    if character is None:
        return _panels_target()
    target, scene = _target(character), scene_of(bpy.context)
    return TargetRef(scene.session_uid, bpy.data.objects[target.name].session_uid, target.name)


def _panels_target() -> TargetRef:
    if linked := linked_target(bpy.context):
        raise UserError(linked.sentence)
    return current_target(bpy.context)


def _target(character: bpy.types.Object | str | None) -> Target:
    """The character that is meant; UserError where there is none, or it cannot be keyed."""
    scene = scene_of(bpy.context)
    if character is not None and not isinstance(character, str | bpy.types.Object):
        raise UserError("This is no character.", "Give its object, or the object's name.")
    if character is None:
        chosen = _panels_target()
        if chosen.target is None:
            raise UserError("The scene has no character.", "Add a head, or name the character.")
        character = chosen.name
    thing = scene.objects.get(character) if isinstance(character, str) else character
    if thing is None:
        raise UserError(f"The scene has no object {character}.", "Give the character's object or name.")
    if scene.objects.get(thing.name) != thing:
        raise UserError(f"{thing.name} is not in this scene.", "Give a character of this scene.")
    target = target_of(thing)
    if target is None:
        raise UserError(f"{thing.name} has no face rig that is known.", "Fill in its map under Rig map.")
    if reason := target.writable():
        raise UserError(reason)
    return target

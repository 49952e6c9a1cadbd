"""Render an animation with sound to MP4, or single frames to PNG, with a fast engine that works everywhere.

Everything of the scene that is changed for the render is put back afterwards.
"""

from __future__ import annotations

import functools
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import bpy

from ...core.atomic_write import write_atomically
from ...core.errors import UserError
from ...core.leftovers import temporary_folder
from ..data_of import shading_of
from ..targets.head_rig import is_head_part
from ..version_compat import (
    has_sound,
    has_video,
    sequencer_strips,
    set_engine,
    set_still_output,
    set_video_output,
)

Engine = Literal["workbench", "cycles", "file"]
Antialiasing = Literal["OFF", "FXAA", "5", "8", "11", "16", "32"]

_PROBE: Final = """
import bpy
scene = bpy.context.scene
scene.render.engine = "BLENDER_WORKBENCH"
scene.render.resolution_x = scene.render.resolution_y = 8
bpy.ops.render.render()
print("workbench works")
"""
_PROBE_SECONDS: Final = 120
NO_OPENGL: Final = "This machine has no working OpenGL, so Cycles rendered instead of Workbench."


@dataclass(frozen=True)
class RenderOptions:
    """How to render.

    Attributes:
        engine: ``workbench`` (seconds, needs OpenGL) or ``cycles`` (slower, needs nothing), or ``file`` for
            engine and look of the file.
        width: pixels, 0 for the file's.
        height: pixels, 0 for the file's.
        samples: Cycles samples a pixel, 0 for the file's.
        antialiasing: Workbench's, ``FXAA`` or samples ``5``, ``8``, ... Each sample draws everything
            again, which takes seconds a frame where OpenGL runs on the processor.
    """

    engine: Engine = "workbench"
    width: int = 640
    height: int = 720
    samples: int = 16
    antialiasing: Antialiasing = "FXAA"


@dataclass(frozen=True)
class Rendered:
    """What was rendered: the files, with which engine, and sentences for the user."""

    files: tuple[Path, ...]
    engine: Engine
    notes: tuple[str, ...] = field(default_factory=tuple)


def render_animation(
    scene: bpy.types.Scene,
    path: Path,
    options: RenderOptions | None = None,
    *,
    first_frame: int | None = None,
    last_frame: int | None = None,
    on_frame: Callable[[int], None] | None = None,
) -> Rendered:
    """Render frames to an MP4 with the sequencer's sound. The file appears when it is complete.

    Args:
        scene: what to render, through its camera.
        path: the file to write, replaced if it exists.
        options: engine and size.
        first_frame: first frame, or None for the scene's own.
        last_frame: last frame, or None for the scene's own.
        on_frame: called with the frame number after each frame.

    Raises:
        UserError: the scene has no camera, this Blender writes no video, or the file cannot be
            written.
    """
    options = options or RenderOptions()
    if not has_video():
        raise UserError("This Blender was built without video output.", "Use a Blender from blender.org.")
    engine, notes = _engine(options.engine)
    if not has_sound():
        notes.append("This Blender was built without sound, so the video is silent.")
    render = scene.render
    with (
        write_atomically(path) as temporary,
        _settings_put_back(scene),
        _sound_of_the_sequencer(scene, pictures=engine == "file"),
        _frame_listener(scene, on_frame),
    ):
        _set_up(scene, engine, options)
        for name in ("resolution_x", "resolution_y"):  # H.264 needs even sizes
            pixels = getattr(render, name) * render.resolution_percentage // 100
            setattr(render, name, max(pixels // 2 * 2, 2))
        render.resolution_percentage = 100
        set_video_output(scene)
        render.use_file_extension = False
        render.filepath = str(temporary)
        scene.frame_start = scene.frame_start if first_frame is None else first_frame
        scene.frame_end = scene.frame_end if last_frame is None else last_frame
        _render(scene, animation=True)
        _check_written(temporary, path)
    return Rendered((path,), engine, tuple(notes))


def render_stills(
    scene: bpy.types.Scene, frames: Sequence[int], paths: Sequence[Path], options: RenderOptions | None = None
) -> Rendered:
    """Render single frames to PNG files, one path for each frame.

    Raises:
        UserError: as :func:`render_animation`.
    """
    if len(frames) != len(paths):
        raise ValueError(f"{len(frames)} frames for {len(paths)} paths")
    options = options or RenderOptions()
    engine, notes = _engine(options.engine)
    with _settings_put_back(scene):
        _set_up(scene, engine, options)
        if engine != "file":
            scene.render.use_sequencer = False  # its pictures
        set_still_output(scene)
        scene.render.use_file_extension = False
        for frame, path in zip(frames, paths, strict=True):
            with write_atomically(path) as temporary:
                scene.frame_set(frame)
                scene.render.filepath = str(temporary)
                _render(scene, animation=False)
                _check_written(temporary, path)
    return Rendered(tuple(paths), engine, tuple(notes))


@functools.cache
def workbench_works() -> bool:
    """Whether Workbench can render here.

    Without OpenGL some builds of Blender do not raise but end the process, so a process of its own
    tries a tiny picture first (about two seconds, once).
    """
    if not bpy.app.background:
        return True
    if bpy.app.binary_path:
        command = [bpy.app.binary_path, "--background", "--factory-startup", "--python-expr", _PROBE]
    else:
        command = [sys.executable, "-c", _PROBE]
    with temporary_folder(label="probe") as folder:
        try:
            # The arguments are our own constants and the running interpreter.
            done = subprocess.run(  # noqa: S603
                command, capture_output=True, text=True, timeout=_PROBE_SECONDS, cwd=folder, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
    return "workbench works" in done.stdout


def _engine(wanted: Engine) -> tuple[Engine, list[str]]:
    if wanted == "workbench" and not workbench_works():
        return "cycles", [NO_OPENGL]
    return wanted, []


def _set_up(scene: bpy.types.Scene, engine: Engine, options: RenderOptions) -> None:
    if scene.camera is None:
        raise UserError("The scene has no camera to render with.", "Add a camera, or a head with a camera.")
    render = scene.render
    if options.width and options.height:
        render.resolution_x, render.resolution_y = options.width, options.height
        render.resolution_percentage = 100
    if engine == "file":
        if options.samples:
            _set_samples(scene, options.samples)
        return
    render.use_compositing = False
    if engine == "workbench":
        set_engine(scene, "BLENDER_WORKBENCH")
        _set_up_workbench(scene, options)
    else:
        set_engine(scene, "CYCLES")
        cycles: Any = scene.cycles  # an add-on's settings, which the stubs do not know
        cycles.device = "CPU"
        cycles.samples = options.samples or RenderOptions.samples
        cycles.use_denoising = False  # the Python module carries no denoiser
        cycles.use_adaptive_sampling = True
        render.use_persistent_data = True


def _set_samples(scene: bpy.types.Scene, samples: int) -> None:
    """Samples a pixel of the engines that have such a setting."""
    cycles: Any = getattr(scene, "cycles", None)
    if cycles is not None:
        cycles.samples = samples
    eevee: Any = scene.eevee
    eevee.taa_render_samples = samples


def _set_up_workbench(scene: bpy.types.Scene, options: RenderOptions) -> None:
    view: Any = scene.view_settings  # its transforms come from a file, the stubs know none
    view.view_transform = "Standard"  # AgX would wash out the flat studio light
    display, shading = shading_of(scene)
    display.render_aa = options.antialiasing
    shading.light = "STUDIO"
    shading.studio_light = "paint.sl"
    # The extension's own heads are painted by vertex. The colours of a user's character are in its materials;
    # what it has at its vertices may be anything, such as a mask.
    own = any(is_head_part(thing) for thing in scene.objects if not thing.hide_render)
    shading.color_type = "VERTEX" if own else "TEXTURE"
    shading.show_cavity = True
    shading.cavity_type = "BOTH"
    shading.show_shadows = False  # they take three times as long as all the rest
    shading.show_specular_highlight = True
    shading.show_object_outline = False
    shading.background_type = "VIEWPORT"
    shading.background_color = (0.11, 0.12, 0.14)


def _render(scene: bpy.types.Scene, animation: bool) -> None:
    try:
        bpy.ops.render.render(animation=animation, write_still=not animation, scene=scene.name)
    except RuntimeError as error:
        reason = str(error).replace("Error: ", "").strip().splitlines()[0]
        raise UserError(f"Blender could not render: {reason}.".replace("..", "."), "") from error


def _check_written(temporary: Path, path: Path) -> None:
    if not temporary.is_file() or not temporary.stat().st_size:
        raise UserError(f"Blender wrote nothing to {path}.", "Free some space or choose another folder.")


@contextmanager
def _frame_listener(scene: bpy.types.Scene, on_frame: Callable[[int], None] | None) -> Iterator[None]:
    if on_frame is None:
        yield
        return

    def tell(*_: object) -> None:
        on_frame(scene.frame_current)

    handlers = bpy.app.handlers.render_write
    handlers.append(tell)
    try:
        yield
    finally:
        handlers.remove(tell)


@contextmanager
def _sound_of_the_sequencer(scene: bpy.types.Scene, *, pictures: bool) -> Iterator[None]:
    """Let the sequencer's sound into a film: Blender writes silence where the sequencer is not used.

    Strips with pictures would take the place of what the camera sees, so they are muted meanwhile.

    Args:
        scene: what is rendered.
        pictures: keep strips with pictures, where the file uses them.
    """
    keep = pictures and scene.render.use_sequencer
    muted: list[bpy.types.Strip] = []
    if scene.sequence_editor is not None and not keep:
        muted = [one for one in sequencer_strips(scene) if one.type != "SOUND" and not one.mute]
    for strip in muted:
        strip.mute = True
    scene.render.use_sequencer = True
    try:
        yield
    finally:
        for strip in muted:
            strip.mute = False


@contextmanager
def _settings_put_back(scene: bpy.types.Scene) -> Iterator[None]:
    """Remember everything this module sets; media type and file format first, the rest depends on them."""
    render = scene.render
    display, shading = shading_of(scene)
    owners: list[tuple[object, str]] = [
        (render, "engine"),
        (render.image_settings, "media_type file_format color_mode color_depth"),
        (render.ffmpeg, "format codec constant_rate_factor gopsize audio_codec audio_bitrate"),
        (render, "filepath use_file_extension resolution_x resolution_y resolution_percentage"),
        (render, "use_sequencer use_compositing use_persistent_data"),
        (scene, "frame_start frame_end"),
        (scene.eevee, "taa_render_samples"),
        (display, "render_aa"),
        (scene.view_settings, "view_transform"),
        (shading, "light studio_light color_type show_cavity cavity_type show_shadows"),
        (shading, "show_specular_highlight show_object_outline background_type background_color"),
    ]
    if (cycles := getattr(scene, "cycles", None)) is not None:
        owners.append((cycles, "device samples use_denoising use_adaptive_sampling"))
    before = [
        (owner, name, _plain(getattr(owner, name)))
        for owner, names in owners
        for name in names.split()
        if hasattr(owner, name)
    ]
    frame = scene.frame_current
    try:
        yield
    finally:
        for owner, name, value in before:
            if _plain(getattr(owner, name)) != value:
                setattr(owner, name, value)
        scene.frame_set(frame)


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, Iterable) and not isinstance(value, str) else value

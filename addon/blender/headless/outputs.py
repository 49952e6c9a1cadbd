"""Write a staged shot: film, images, or a file of another program. Each appears whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import addon_utils
import bpy

from ...core.atomic_write import write_atomically
from ...core.errors import UserError
from ...core.headless.arguments import HeadlessOptions
from ..export.render import RenderOptions, render_animation, render_stills
from ..heads.portrait import without_portraits
from .stage import Staged

ENDINGS: Final = {
    "film": ".mp4",
    "blend": ".blend",
    "gltf": ".glb",
    "fbx": ".fbx",
    "usd": ".usdc",
    "alembic": ".abc",
}
_ADDONS: Final = {"gltf": "io_scene_gltf2", "fbx": "io_scene_fbx"}


@dataclass(frozen=True)
class Job:
    """One output of one shot.

    Attributes:
        scene: holds the staged shot.
        staged: its frames.
        options: of the run.
        path: file to write; for images their folder.
        begun: whether what is there of it was made from the same things.
        tell: told about frames.
    """

    scene: bpy.types.Scene
    staged: Staged
    options: HeadlessOptions
    path: Path
    begun: bool
    tell: Callable[[str], None]

    @property
    def frames(self) -> range:
        """Frames to render, as the user says or those of the line; Blender renders none before 0."""
        wanted = self.options
        first = self.staged.first_frame if wanted.first_frame is None else wanted.first_frame
        last = self.staged.last_frame if wanted.last_frame is None else wanted.last_frame
        return range(max(first, 0), last + 1)


@dataclass(frozen=True)
class Written:
    """What was written: its files, and sentences for the user."""

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def write_output(form: str, job: Job) -> Written:
    """Write the output.

    Raises:
        UserError: it cannot be rendered or written.
    """
    if form == "film":
        return _film(job)
    if form == "images":
        return _images(job)
    write_file(form, job.path, job.scene)
    return Written((job.path,))


def write_file(form: str, path: Path, scene: bpy.types.Scene) -> None:
    """Write the open file in a format of another program, whole or not at all.

    What the scene shows over its frames is the one animation in it, named after the file; glTF and FBX would
    else hold every strip and every action that fits, and none of what plays together. A portrait's camera and
    lights are in a Blender file only.

    Raises:
        UserError: it cannot be written.
    """
    with write_atomically(path) as temporary:
        temporary.unlink()  # Blender refuses to append to an empty file in some formats
        with (
            _named(scene, path.stem) if form in _ADDONS else nullcontext(),
            nullcontext() if form == "blend" else without_portraits(scene),
        ):
            _WRITERS[form](temporary)
        if not temporary.is_file() or not temporary.stat().st_size:
            raise UserError(f"Blender wrote nothing to {path}.", "Free some space or choose another folder.")


def output_path(out: Path, shot_id: str, form: str) -> Path:
    """Where an output goes."""
    return out / shot_id if form == "images" else out / f"{shot_id}{ENDINGS[form]}"


def _film(job: Job) -> Written:
    frames = job.frames
    rendered = render_animation(
        job.scene,
        job.path,
        _render_options(job.options),
        first_frame=frames.start,
        last_frame=frames.stop - 1,
        on_frame=lambda frame: job.tell(f"frame {frame} of {frames.stop - 1}"),
    )
    return Written((job.path,), rendered.notes)


def _images(job: Job) -> Written:
    """The frames that are missing, one file each."""
    if not job.begun and job.path.is_dir():
        shutil.rmtree(job.path)
    job.path.mkdir(parents=True, exist_ok=True)
    notes: dict[str, None] = {}
    paths = [job.path / f"{frame:05d}.png" for frame in job.frames]
    for frame, path in zip(job.frames, paths, strict=True):
        if path.is_file():
            continue
        rendered = render_stills(job.scene, [frame], [path], _render_options(job.options))
        notes.update(dict.fromkeys(rendered.notes))
        job.tell(f"frame {frame} of {job.frames.stop - 1}")
    return Written(tuple(paths), tuple(notes))


def _render_options(options: HeadlessOptions) -> RenderOptions:
    usual = RenderOptions()
    own = options.preset == "file"
    return RenderOptions(
        engine={"file": "file", "preview": "workbench", "cycles": "cycles"}[options.preset],  # type: ignore[arg-type]
        width=options.width or (0 if own else usual.width),
        height=options.height or (0 if own else usual.height),
        samples=options.samples or (0 if own else usual.samples),
    )


def _enable(form: str) -> None:
    """Enable the add-on that writes a format, in this process only."""
    utilities: Any = addon_utils  # whose stubs say that enable returns nothing
    if utilities.enable(_ADDONS[form]) is None:
        raise UserError(f"This Blender has no add-on that writes {form}.", "Use a Blender from blender.org.")


@contextmanager
def _named(scene: bpy.types.Scene, name: str) -> Iterator[None]:
    """Give the scene a name for a while: exporters call its animation by it."""
    own = scene.name
    scene.name = name
    try:
        yield
    finally:
        scene.name = own


def _blend(path: Path) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, relative_remap=True)


def _gltf(path: Path) -> None:
    _enable("gltf")
    bpy.ops.export_scene.gltf(
        filepath=str(path), export_animation_mode="SCENE", export_anim_scene_split_object=False
    )


def _fbx(path: Path) -> None:
    _enable("fbx")
    bpy.ops.export_scene.fbx(
        filepath=str(path), bake_anim_use_nla_strips=False, bake_anim_use_all_actions=False
    )


def _usd(path: Path) -> None:
    operators: Any = bpy.ops.wm  # built without USD it has no such operator
    operators.usd_export(filepath=str(path), export_animation=True, convert_world_material=False)


def _alembic(path: Path) -> None:
    operators: Any = bpy.ops.wm
    operators.alembic_export(filepath=str(path))


_WRITERS: Final[dict[str, Callable[[Path], None]]] = {
    "blend": _blend,
    "gltf": _gltf,
    "fbx": _fbx,
    "usd": _usd,
    "alembic": _alembic,
}

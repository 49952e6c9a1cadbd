"""A batch of shots without a window: each in a file that was opened anew, so that none touches another."""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import bpy

from ...core.errors import UserError
from ...core.headless.arguments import HeadlessOptions, read_arguments
from ...core.headless.blenders_folder import known_folder
from ...core.headless.done import is_begun, is_done, is_others, record, shot_key
from ...core.headless.rig_map_argument import kind_or_map
from ...core.headless.shots import Shot, find_shots
from ..context import scene_of
from .cameras import refuse_without_camera
from .outputs import Job, output_path, write_output
from .stage import Staged, stage_shot

FAILED_SHOTS: Final = 4
"""Exit code where some shots failed."""


def main(words: Sequence[str]) -> int:
    """Do what the arguments say and return the exit code; every shot that can be done is done."""
    try:
        options = read_arguments(words)
        scene_file = bpy.data.filepath
        _refuse_in_advance(scene_file, options)
        if options.check:
            _say("These arguments can be used.")
            return 0
        shots = find_shots(options.clips, options.only, options.part)
        _refuse_overwriting(scene_file, shots, options)
        options.out.mkdir(parents=True, exist_ok=True)
    except UserError as error:
        _complain("", error)
        return 2
    except OSError as error:
        _complain("", UserError(f"Cannot write to the folder: {error}.", "Choose another folder with --out."))
        return 3
    if options.end_with_input:
        threading.Thread(target=_end_with_input, daemon=True).start()
    with known_folder(Path(bpy.app.tempdir)) as note:

        def open_anew() -> None:
            _open(scene_file)
            note(Path(bpy.app.tempdir))  # Blender has made another

        failed = [shot.id for shot in shots if not _do(shot, options, scene_file, open_anew)]
    _say(f"{len(shots) - len(failed)} of {len(shots)} shots are done.")
    if failed:
        named = ", ".join(failed[:10]) + (" ..." if len(failed) > 10 else "")
        _complain("", UserError(f"{len(failed)} of {len(shots)} shots failed: {named}.", "See above."))
        return 0 if options.keep_going else FAILED_SHOTS
    return 0


def _do(shot: Shot, options: HeadlessOptions, scene_file: str, open_anew: Callable[[], None]) -> bool:
    """Do a shot; return whether it is done."""
    try:
        keys = {form: shot_key(shot, form, options, scene_file) for form in options.formats}
        wanted = [form for form in options.formats if not is_done(options.out, shot, form, keys[form])]
        if not wanted:
            _say(f"{shot.id}: done before")
            return True
        open_anew()
        scene = scene_of(bpy.context)
        staged = stage_shot(scene, shot, options)
        failed = [
            error for form in wanted if (error := _write(form, keys[form], shot, staged, options)) is not None
        ]
        for note in dict.fromkeys(staged.notes):
            _say(f"{shot.id}: note: {note}")
        for error in failed:
            _complain(shot.id, error)
        return not failed
    except UserError as error:
        _complain(shot.id, error)
        return False
    except (OSError, RuntimeError) as error:  # what Blender's operators raise
        _complain(shot.id, UserError(f"Blender could not do this: {str(error).strip().splitlines()[0]}."))
        return False
    except Exception:  # noqa: BLE001 - a bug in one shot must not end the others
        sys.stderr.write(traceback.format_exc())
        _complain(
            shot.id, UserError("Something went wrong inside Elocute.", "Please report what stands above.")
        )
        return False


def _write(form: str, key: str, shot: Shot, staged: Staged, options: HeadlessOptions) -> UserError | None:
    """Write one output and its record; return why it could not be written."""
    path = output_path(options.out, shot.id, form)
    try:
        if is_others(options.out, shot, form, path):
            raise UserError(
                f"{path} was not written by a render, and would be overwritten.",
                "Move it away, or give another folder.",
            )
        begun = is_begun(options.out, shot, form, key)
        record(options.out, shot, form, key)
        job = Job(
            scene_of(bpy.context), staged, options, path, begun, lambda text: _say(f"{shot.id}: {text}")
        )
        written = write_output(form, job)
        record(options.out, shot, form, key, written.files)
    except UserError as error:
        return error
    _say(f"{shot.id}: wrote {path}")
    for note in written.notes:
        _say(f"{shot.id}: note: {note}")
    return None


def _refuse_in_advance(scene_file: str, options: HeadlessOptions) -> None:
    """What would fail every shot is said once, before any."""
    if options.rig_map:
        kind_or_map(options.rig_map)
    if scene_file:
        refuse_without_camera(scene_of(bpy.context), options)


def _refuse_overwriting(scene_file: str, shots: Sequence[Shot], options: HeadlessOptions) -> None:
    """The character's own file is never an output, and no clip is."""
    for shot in shots:
        sources = [shot.clip, *([Path(scene_file)] if scene_file else [])]
        for path in (output_path(options.out, shot.id, form) for form in options.formats):
            if path.exists() and any(source.exists() and path.samefile(source) for source in sources):
                raise UserError(
                    f"The shot {shot.id} would overwrite {path}.", "Give another folder with --out."
                )


def _open(scene_file: str) -> None:
    """The file as it lies on disk; an empty one where none was given."""
    if scene_file:
        bpy.ops.wm.open_mainfile(filepath=scene_file)
    else:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        scene_of(bpy.context).render.fps = 25


def _end_with_input() -> None:
    """End this process when its input does: nobody is left who wants its outputs."""
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(1)


def _say(text: str) -> None:
    sys.stdout.write(f"elocute: {text}\n")
    sys.stdout.flush()


def _complain(shot: str, error: UserError) -> None:
    prefix = f"{shot}: " if shot else ""
    sys.stderr.write(f"elocute: {prefix}{error}\n")
    sys.stderr.flush()

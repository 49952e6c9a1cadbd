"""Render a batch's clips: Blender, started once, does every shot; its films become contact sheets."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

import elocute
from elocute.audio.segment import Segment
from elocute.batch.report import SHEET_ENDING
from elocute.batch.result import RowResult
from elocute.errors import InputError, SettingsError
from elocute.progress import Progress

PROGRAM: Final = Path(elocute.__file__).resolve().parents[2] / "addon" / "elocute_batch.py"
"""What Blender runs; it comes with the extension and the repository, not with the installed package."""
SHOTS: Final = "shots"
"""Folder of the shots in the batch's folder."""
FAILED_SHOTS: Final = 4
_SILENT: Final = (
    "The rendered film is silent: Blender plays a recording's first sound track, and this is of another. "
    "Export that track alone, and make the clip of it."
)
_POLL_SECONDS: Final = 0.2
_OURS: Final = re.compile(r"^(?:.*\| )?elocute: (?P<text>.*)$")
_BLOCKED: Final = "--formats", "--clips", "--out", "--end-with-input"


@dataclass(frozen=True)
class ShotSettings:
    """How to render.

    Attributes:
        blender: Blender, or a Python that has the module bpy.
        scene: ``.blend`` file with the character, None for the stand-in head.
        formats: what to write of each shot.
        words: further arguments of ``elocute_batch.py``.
    """

    blender: Path
    scene: Path | None = None
    formats: tuple[str, ...] = ("film",)
    words: tuple[str, ...] = ()


def with_silent_shots_told(
    results: Sequence[RowResult], formats: Sequence[str] = ("film",)
) -> tuple[RowResult, ...]:
    """The results; those whose film will be silent, as they are of another track than the first, say so."""
    if "film" not in formats:
        return tuple(results)
    return tuple(
        replace(result, notes=(*result.notes, _SILENT))
        if result.good and result.segment and Segment.parse(result.segment).track > 1
        else result
        for result in results
    )


def render_shots(
    out: Path, settings: ShotSettings, progress: Progress, tell: Callable[[str], None] = lambda _: None
) -> bool:
    """Render the clips that the table of ``out`` lists as done; return whether all shots are done.

    Args:
        out: the batch's folder; shots go to ``out/shots``.
        settings: how.
        progress: stage ``render``, without a fraction; may cancel it, and Blender ends then.
        tell: gets every line that Blender's part says.

    Raises:
        SettingsError: Blender cannot be started, or an argument cannot be used.
        InputError: Blender ended before its work.
        Cancelled: ``progress`` was cancelled.
    """
    command = blender_command(out, settings)
    progress.report("render", 0.0, "Starting Blender")
    try:
        process = subprocess.Popen(  # noqa: S603 - the program that the user names, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise _not_started(settings, error) from error
    last: list[str] = []
    if process.stdout is None:
        raise ValueError("the process has no output")
    listener = threading.Thread(target=_listen, args=(process.stdout, last, tell, progress), daemon=True)
    listener.start()
    try:
        while process.poll() is None:
            progress.check()
            listener.join(_POLL_SECONDS)
    finally:
        if process.stdin is not None:
            process.stdin.close()  # Blender ends with it
        if process.poll() is None:
            process.terminate()
            process.wait()
        listener.join()
        process.stdout.close()
    if process.returncode not in (0, FAILED_SHOTS):
        said = " ".join(last[-3:])
        raise InputError(
            f"Blender ended with exit code {process.returncode}. {said}".strip(),
            "Correct the arguments, or run the command again to go on.",
            code="blender_failed",
        )
    return process.returncode == 0


def blender_command(out: Path, settings: ShotSettings) -> list[str]:
    """The command that does the shots of ``out``.

    Raises:
        SettingsError: an argument is not the user's to give, or the program that Blender runs is not here.
        InputError: there is no such ``.blend`` file.
    """
    blocked = [word for word in settings.words if word.partition("=")[0] in _BLOCKED]
    if blocked:
        raise SettingsError(f"{blocked[0]} cannot be given here.", "Give the other arguments of the render.")
    if not PROGRAM.is_file():
        raise SettingsError(
            "The program that Blender runs is not in this installation.",
            "Use Elocute from its repository or its extension.",
            code="no_program",
        )
    if settings.scene is not None and not settings.scene.is_file():
        raise InputError(
            f"There is no file {settings.scene}.", "Give the character's .blend file.", code="missing_file"
        )
    scene = [] if settings.scene is None else [str(settings.scene.resolve())]
    words = ["--clips", str(out.resolve()), "--out", str((out / SHOTS).resolve())]
    words += ["--formats", ",".join(settings.formats), "--end-with-input", *settings.words]
    if settings.blender.name.lower().startswith("python"):
        return [str(settings.blender), str(PROGRAM), *(["--blend", *scene] if scene else []), "--", *words]
    start = (
        [str(settings.blender), "--background", *scene] if scene else [str(settings.blender), "--background"]
    )
    return [*start, "--python-exit-code", "1", "--python", str(PROGRAM), "--", *words]


def check_blender(out: Path, settings: ShotSettings) -> None:
    """Start Blender with the arguments of the render, only to see whether they and the file can be used.

    Raises:
        SettingsError: Blender cannot be started, or an argument cannot be used.
        InputError: there is no such ``.blend`` file.
    """
    command = [*blender_command(out, settings), "--check"]
    try:
        done = subprocess.run(  # noqa: S603 - the program that the user names, no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False
        )
    except OSError as error:
        raise _not_started(settings, error) from error
    if done.returncode:
        said = _said(done.stderr)
        raise SettingsError(
            " ".join(said[-2:]) or f"{settings.blender} ended with exit code {done.returncode}.",
            "" if said else "Give the path of Blender with --blender.",
            code="no_blender",
        )
    if not _said(done.stdout):  # whatever it is, it has not run our program
        raise SettingsError(
            f"{settings.blender} is no Blender.",
            "Give the path of Blender with --blender.",
            code="no_blender",
        )


def _said(output: str) -> list[str]:
    """What our part of Blender's output says."""
    return [found["text"] for line in output.splitlines() if (found := _OURS.match(line))]


def _not_started(settings: ShotSettings, error: OSError) -> SettingsError:
    return SettingsError(
        f"Cannot start {settings.blender}: {error.strerror}.",
        "Give the path of Blender with --blender.",
        code="no_blender",
    )


def write_sheets(out: Path, results: Sequence[RowResult], progress: Progress) -> None:
    """Write the contact sheet of each row's first film, where there is a new one.

    Raises:
        InputError: a film cannot be read, or a sheet not be written.
        Cancelled: ``progress`` was cancelled.
    """
    from elocute.preview.contact_sheet import write_contact_sheet

    for number, result in enumerate(results):
        progress.report("sheets", number / len(results))
        film = out / SHOTS / f"{Path(result.clips[0]).stem}.mp4" if result.clips else None
        sheet = out / f"{result.id}{SHEET_ENDING}"
        if film is None or not film.is_file():
            continue
        if not sheet.is_file() or sheet.stat().st_mtime < film.stat().st_mtime:
            write_contact_sheet(film, result.seconds, sheet, count=8, columns=4)


def _listen(stream: IO[str], last: list[str], tell: Callable[[str], None], progress: Progress) -> None:
    """Pass on what our part of Blender's output says; keep the last of it."""
    for line in stream:
        found = _OURS.match(line.rstrip())
        if found is None:
            continue
        last.append(found["text"])
        del last[:-10]
        if ": frame " in found["text"]:
            progress.report("render", 0.0, found["text"])
        else:
            tell(found["text"])


def default_blender() -> Path | None:
    """Blender on the search path, or this Python where it has the module bpy; None where there is neither."""
    import importlib.util
    import shutil

    found = shutil.which("blender")
    if found:
        return Path(found)
    return Path(sys.executable) if importlib.util.find_spec("bpy") is not None else None

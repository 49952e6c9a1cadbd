"""What was made before from the same things: a record beside the outputs for each shot and format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from ..atomic_write import write_atomically
from .arguments import HeadlessOptions
from .shots import Shot

FOLDER: Final = ".elocute-render"
_FORM: Final = 1
_NOT_OF_OUTPUTS: Final = ("clips", "out", "only", "part", "formats", "check", "keep_going", "end_with_input")


def shot_key(shot: Shot, form: str, options: HeadlessOptions, scene_file: str) -> str:
    """Digest of everything that an output follows from: clip, recording, file of the scene, options.

    Args:
        shot: the shot.
        form: the format.
        options: of the run.
        scene_file: the ``.blend`` file, empty for none.
    """
    told = {name: value for name, value in asdict(options).items() if name not in _NOT_OF_OUTPUTS}
    told |= {"form": _FORM, "format": form, "sound": [shot.part.start, shot.part.end]}
    told["character"] = options.character or shot.character
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
    for path in (shot.clip, shot.audio, Path(scene_file) if scene_file else None, _map_file(options)):
        digest.update(b"-" if path is None or not path.is_file() else _content(path))
    return digest.hexdigest()


def is_done(out: Path, shot: Shot, form: str, key: str) -> bool:
    """Whether this output was finished from the same things, and all its files are there."""
    told = _read(_path(out, shot, form))
    files = told.get("files")
    if told.get("key") != key or not isinstance(files, dict) or not files:
        return False
    return all((out / name).is_file() and _stamp(out / name) == stamp for name, stamp in files.items())


def is_begun(out: Path, shot: Shot, form: str, key: str) -> bool:
    """Whether this output was begun from the same things, so that what is there of it can be used."""
    return _read(_path(out, shot, form)).get("key") == key


def is_others(out: Path, shot: Shot, form: str, path: Path) -> bool:
    """Whether something lies where an output goes that no run ever wrote there, or began to write.

    Args:
        out: folder of the outputs.
        shot: the shot.
        form: the format.
        path: the output.
    """
    if _path(out, shot, form).exists():  # also a damaged record is one
        return False
    return any(path.iterdir()) if path.is_dir() else path.exists()


def record(out: Path, shot: Shot, form: str, key: str, files: Sequence[Path] = ()) -> None:
    """Write down that an output was begun, or with its files that it was finished.

    Raises:
        UserError: it cannot be written.
    """
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    told = {"key": key, "files": {path.relative_to(out).as_posix(): _stamp(path) for path in files}}
    with write_atomically(_path(out, shot, form)) as temporary:
        temporary.write_text(json.dumps(told), encoding="utf-8")


def _stamp(path: Path) -> list[int]:
    """Tells a file from another that took its place: its size, and when it was written."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _path(out: Path, shot: Shot, form: str) -> Path:
    return out / FOLDER / f"{shot.id}.{form}.json"


def _read(path: Path) -> dict[str, object]:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # none yet, or damaged: then the output is made again
        return {}
    return told if isinstance(told, dict) else {}


def _map_file(options: HeadlessOptions) -> Path | None:
    return Path(options.rig_map) if options.rig_map else None


def _content(path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()

"""Files named in a style's text: read here, and sent along under their base names.

A style is the name of a preset, a blend such as ``calm:0.5,styles/angry.npz:0.5``, or a list of styles in
time such as ``calm@0,styles/angry.npz*0.8@3.2``. A part with a style
file's suffix is the path of one; the service sees its base name only. A clip or a recording of a face in its
place stands for the manner of whoever moves in it: the service makes a style file of it first.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from .backend.messages import LARGEST_STYLE_FILE
from .errors import UserError
from .files import is_file
from .style_changes import RECORDINGS, SUFFIXES, split_row

_MOTION: Final = frozenset({"expression.npy", "exp.npy"})
"""Members of an ``.npz`` that is a clip."""
LONGEST_NAME: Final = 64
_MOST_COMMAS: Final = 16
"""In the name of a file; the time of looking for more grows with their number cubed."""


@dataclass(frozen=True)
class Style:
    """A style as it is sent.

    Attributes:
        text: presets and base names of files, with weights; None for the model's own.
        files: contents of the files by base name.
        recordings: clips and recordings by base name, of which style files are to be made.
    """

    text: str | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    recordings: dict[str, Path] = field(default_factory=dict)


def read_style(text: str | None, resolve: Callable[[str], Path] = Path) -> Style:
    """The style that a text names, with its style files read.

    Args:
        text: as the user typed it; None or empty for the model's own style.
        resolve: makes a path of a file's name as it was typed.

    Raises:
        UserError: a file is missing or larger than a style file can be, or two have the same name.
    """
    if text is None or not text.strip():
        return Style()
    paths: dict[str, Path] = {}
    parts = []
    for part in _parts(text, resolve):
        row, moment = split_row(part.strip())
        name, weight = _split_weight(row)
        weight += moment
        if name.lower().endswith(SUFFIXES + RECORDINGS):
            path = resolve(name)
            name = _sent_name(path)
            if paths.setdefault(name, path) != path:
                raise UserError(f"Two style files have the name {name}.", "Rename one of them.")
        parts.append(name + weight)
    recordings = {name: path for name, path in paths.items() if _moves(path)}
    files = {name: _read(path) for name, path in paths.items() if name not in recordings}
    return Style(",".join(parts), files, recordings)


def _parts(text: str, resolve: Callable[[str], Path]) -> list[str]:
    """What stands between commas; those in the name of a file that there is stay in it."""
    pieces, parts = text.split(","), []
    while pieces:
        taken = 1
        for count in range(min(len(pieces), _MOST_COMMAS + 1), 1, -1):
            name, _ = _split_weight(split_row(",".join(pieces[:count]).strip())[0])
            if name.lower().endswith(SUFFIXES + RECORDINGS) and is_file(resolve(name)):
                taken = count
                break
        parts.append(",".join(pieces[:taken]))
        del pieces[:taken]
    return parts


def _moves(path: Path) -> bool:
    """Whether a file is a clip or a recording, not a style file."""
    if path.suffix.lower() in RECORDINGS:
        if not is_file(path):
            raise UserError(f"There is no file {path}.", "Choose it again.")
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return not _MOTION.isdisjoint(archive.namelist())
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
        return False  # reading it, or the service, says what is wrong


def _split_weight(part: str) -> tuple[str, str]:
    """A style and its weight with the colon; a colon that no number follows belongs to a path."""
    name, colon, weight = part.rpartition(":")
    if not colon:
        return part, ""
    try:
        float(weight)
    except ValueError:
        return part, ""
    return name.strip(), f":{weight.strip()}"


def _sent_name(path: Path) -> str:
    """The base name with the letters that the service allows; its end stays where it is too long.

    That of a recording ends as style files do.
    """
    whole = path.name + (SUFFIXES[0] if path.suffix.lower() in RECORDINGS else "")
    name = re.sub(r"[^A-Za-z0-9_.-]", "_", whole)[-LONGEST_NAME:]
    return name if name[0].isalnum() else f"_{name[1:]}"


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_STYLE_FILE:
            raise UserError(f"{path} is too large for a style file.", "Choose a file that Elocute wrote.")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"The style file {path} cannot be read.", "Choose it again.") from error

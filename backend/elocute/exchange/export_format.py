"""The interface of export formats: all that ``elocute export`` knows of a format.

A format is a module of this package that holds an :class:`ExportFormat` named ``FORMAT``; nothing else has to
name it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.progress import Progress


@dataclass(frozen=True)
class Flag:
    """A switch of a format.

    Attributes:
        name: as on the command line, without dashes.
        help: one line.
    """

    name: str
    help: str


@dataclass(frozen=True)
class Export:
    """One clip to be written.

    Attributes:
        clip: the motion.
        face: head of the clip's basis, where the format needs one.
        path: file to write; its ending is one of the format's.
        flags: names of the flags that are on.
        progress: told about the work.
    """

    clip: MotionClip
    face: FaceModel | None
    path: Path
    flags: frozenset[str]
    progress: Progress


@dataclass(frozen=True)
class ExportFormat:
    """A format of another program.

    Attributes:
        name: ``elocute export NAME``.
        title: one line.
        endings: of its files.
        named_endings: of files that it writes too, where it is named: the ending alone means another format.
        needs_face: whether a head of the clip's basis must be given.
        write: writes a clip whole or not at all, and may return sentences for the user; raises InputError
            where clip and head do not fit or the file cannot be written.
        flags: switches it takes.
        takes_face: whether a head may be given where it is not always needed.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    needs_face: bool
    write: Callable[[Export], Sequence[str] | None]
    flags: tuple[Flag, ...] = ()
    takes_face: bool = False
    named_endings: tuple[str, ...] = ()

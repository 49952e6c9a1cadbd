"""Which files of a folder belong together: a sound, a motion and perhaps its words, of one name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elocute.errors import InputError

SOUNDS: Final = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aac", ".opus", ".mp4", ".mov", ".mkv", ".webm")
WORDS: Final = ".txt"
_SCENES: Final = (".blend", ".fbx", ".ma", ".mb", ".max", ".usd", ".abc")
_TWINS: Final = ("_cal", "_raw", "_neutral")
"""Endings of one take's files in programs that write it several times, the better ones first."""


@dataclass(frozen=True)
class Take:
    """Files of one take.

    Attributes:
        name: of the take, with the folders below the one that was searched.
        sound: recording, or film with sound.
        motion: what the face did.
        words: file of what is said, or None.
    """

    name: str
    sound: Path
    motion: Path
    words: Path | None


@dataclass(frozen=True)
class Refused:
    """What was not taken: a name, and why, as the end of a sentence."""

    name: str
    reason: str


def find_takes(folder: Path) -> tuple[list[Take], list[Refused]]:
    """The takes below a folder, and the files that belong to none.

    Raises:
        InputError: there is no such folder, or no file in it.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.", code="missing_file")
    groups: dict[str, dict[str, list[Path]]] = {}
    refused = []
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        if not path.is_file() or any(part.startswith(".") for part in below.parts):
            continue
        kind = _kind(path)
        if kind == "scene":
            refused.append(
                Refused(
                    str(below),
                    "it is a scene, which cannot be read here: export the keyed character from it as glTF "
                    "(.glb), VRMA or a table of ARKit's blend shapes, with the sound beside it",
                )
            )
            continue
        groups.setdefault(_name(below), {}).setdefault(kind, []).append(path)
    takes = []
    for name, kinds in sorted(groups.items()):
        motions = sorted(kinds.get("motion", []), key=_rank)
        sounds = kinds.get("sound", [])
        if motions and sounds:
            takes.append(Take(name, sounds[0], motions[0], next(iter(kinds.get("words", [])), None)))
            refused += [
                Refused(str(path.relative_to(folder)), f"{used.name} is of the same take")
                for used, *others in (motions, sounds)
                for path in others
            ]
        elif motions or sounds:
            lacking = "sound" if motions else "motion"
            refused += [
                Refused(str(path.relative_to(folder)), f"there is no {lacking} of the same name beside it")
                for path in motions + sounds
            ]
    if not takes and not refused:
        raise InputError(
            f"There are no recordings in {folder}.",
            "It must hold pairs of a sound and a motion of the same name.",
            code="missing_file",
        )
    return takes, refused


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in _SCENES:
        return "scene"
    if suffix in SOUNDS:
        return "sound"
    return "words" if suffix == WORDS else "motion"


def _name(below: Path) -> str:
    stem = below.stem
    for ending in _TWINS:
        stem = stem.removesuffix(ending)
    return str(below.with_name(stem))


def _rank(path: Path) -> int:
    return next((rank for rank, ending in enumerate(_TWINS) if path.stem.endswith(ending)), -1)

"""What a batch takes of a folder: its recordings and the texts beside them; and what it leaves out."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

from elocute.errors import listed

TRANSCRIPT_ENDINGS: Final = (".txt", ".srt", ".vtt", ".lrc")
_SOUND_ENDINGS: Final = frozenset(
    [
        ".wav",
        ".wave",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".mp3",
        ".m4a",
        ".aac",
        ".aif",
        ".aiff",
        ".aifc",
        ".caf",
        ".au",
        ".snd",
        ".wma",
        ".amr",
        ".3gp",
        ".ac3",
        ".mka",
        ".mp4",
        ".m4v",
        ".mov",
        ".mkv",
        ".webm",
        ".avi",
        ".mpg",
        ".mpeg",
        ".w64",
        ".rf64",
    ]
)
_MANIFEST_ENDINGS: Final = (".csv", ".jsonl")
_SHOWN: Final = 3


def recordings_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """The recordings of ``folder`` by name, each with the name of the text beside it, ``""`` without one.

    What has a sound file's name but is none, as a link that leads nowhere, is one of them: whoever put it
    there should learn that it cannot be read.
    """
    for path in sorted(folder.iterdir()):
        if is_recording(path):
            beside = (path.with_suffix(ending) for ending in TRANSCRIPT_ENDINGS)
            yield path, next((other.name for other in beside if other.is_file()), "")


def left_out_of(folder: Path, own: Collection[str] = ()) -> tuple[str, ...]:
    """Sentences on what of ``folder`` is no row, though somebody may have meant it to be one.

    Args:
        folder: the recordings.
        own: names of what is the batch's own, of which nothing is said.
    """
    entries = [
        path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.name not in own
    ]
    stems = {path.stem for path in entries if is_recording(path)}
    taken = {text for _, text in recordings_of(folder)}
    folders = [path.name for path in entries if path.is_dir()]
    files = [path for path in entries if not path.is_dir() and not is_recording(path)]
    texts = [path.name for path in files if _ending(path) in TRANSCRIPT_ENDINGS and path.stem not in stems]
    second_texts = [
        path.name
        for path in files
        if _ending(path) in TRANSCRIPT_ENDINGS and path.stem in stems and path.name not in taken
    ]
    tables = [path.name for path in files if _ending(path) in _MANIFEST_ENDINGS]
    known = (*TRANSCRIPT_ENDINGS, *_MANIFEST_ENDINGS)
    others = [path.name for path in files if _ending(path) not in known]
    kinds = (
        (folders, "Sub-folders are not looked into"),
        (texts, "No recording has the name of these texts"),
        (second_texts, "Not read, for another text of the same name is"),
        (tables, "Not read, for a table is given in place of the folder"),
        (others, "Not taken, for their names do not end as a sound file's"),
    )
    return tuple(f"{what}: {listed(names, _SHOWN)}." for names, what in kinds if names)


def is_recording(path: Path) -> bool:
    """Whether a file is called like a sound file."""
    return _ending(path) in _SOUND_ENDINGS and not path.name.startswith(".") and not path.is_dir()


def _ending(path: Path) -> str:
    return path.suffix.lower()

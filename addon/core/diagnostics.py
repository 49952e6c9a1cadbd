"""What helps to find a fault, as a text without private paths or names of recordings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path, PurePath
from typing import Final

MOST_LINES: Final = 60
"""Of the end of a log."""
_MOST_BYTES: Final = 64 * 1024
_QUOTED: Final = re.compile(r"(['\"])(?:[A-Za-z]:[\\/]|[\\/]|~[\\/])[^'\"\n]*\1")
_PLAIN: Final = re.compile(r"[^\s'\"<>]*[\\/][^\s'\"<>]*")
_SLASH: Final = "\x02"
"""Stands for the slashes of paths that stay."""


def without_paths(text: str, known: Mapping[str, Path], names: Iterable[str] = ()) -> str:
    """Replace what tells about a user's folders.

    Args:
        text: any number of lines.
        known: folders that may be named, by what they are called instead; what lies below them is kept.
        names: further words that must not stand in it: users, computers, recordings.

    Returns:
        The text; other paths are ``<path>``, other names ``<name>``.
    """
    kept: dict[str, str] = {}
    for called, folder in sorted(known.items(), key=lambda item: -len(str(item[1]))):
        mark = f"\x00{len(kept)}\x01"
        kept[mark] = f"<{called}>"
        below = re.compile(re.escape(str(folder)) + r"((?:[\\/][\w.+-]+)*)")
        text = below.sub(partial(_marked, mark), text)
    text = _QUOTED.sub("<path>", text)
    text = _PLAIN.sub("<path>", text)
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<name>", text)
    for mark, shown in kept.items():
        text = text.replace(mark, shown)
    return text.replace(_SLASH, "/")


def _marked(mark: str, found: re.Match[str]) -> str:
    return mark + found.group(1).replace("\\", "/").replace("/", _SLASH)


def names_of(recording: PurePath | None) -> tuple[str, ...]:
    """The names by which a log may call a recording."""
    return () if recording is None else (recording.name, recording.stem)


def end_of(log: Path) -> list[str]:
    """The last lines of a log; none where it cannot be read."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - _MOST_BYTES, 0))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return lines[-MOST_LINES:]


def diagnostics(facts: Mapping[str, str], log: Iterable[str]) -> str:
    """The text: a fact a line, and the end of the service's log."""
    lines = [f"{name}: {value}" for name, value in facts.items()]
    return "\n".join([*lines, "", "End of the service's log:", *log]) + "\n"

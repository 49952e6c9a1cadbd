"""Read the style files that the text of a style names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from elocute.errors import InputError, SettingsError, missing_file, unreadable_file
from elocute.style_blend import parse_blend
from elocute.style_curve import changes, parse_curve

ENDINGS: Final = (".npz", ".npy")
LARGEST: Final = 16 * 1024 * 1024


def read_style_files(style: str | None, folder: Path = Path()) -> dict[str, bytes]:
    """Contents of the files that ``style`` names, by the name it calls them; other names are the model's.

    Args:
        style: a style, several with weights, or several in time.
        folder: where relative names start.

    Raises:
        InputError: a file cannot be read, or is too large for a style.
        SettingsError: the text makes no sense, or is a file's name with a comma.
    """
    if style is None:
        return {}
    if "," in style and file_named(style, folder) is not None:
        raise SettingsError(
            f"The name of the style file {style} has a comma, which stands between styles.",
            "Rename the file.",
            code="unknown_style",
        )
    contents = {}
    for name in named_in(style, folder):
        path = file_named(name, folder)
        if path is not None or Path(name).suffix.lower() in ENDINGS:
            contents[name] = _content(path or folder / name)
    return contents


def named_in(style: str, folder: Path = Path()) -> list[str]:
    """The names in a style: in time, of a blend, or of a file that is called like one of these.

    Raises:
        SettingsError: the text makes no sense.
    """
    if changes(style) and file_named(style, folder) is None:
        return [key.name for key in parse_curve(style)]
    return [part.name for part in parse_blend(style)]


def file_named(name: str, folder: Path = Path()) -> Path | None:
    """The file of that name; None where there is none, or can be none: a text of styles may be longer than
    any name, and begin with a home that nobody has."""
    try:
        path = folder / Path(name).expanduser()
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError):
        return None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise unreadable_file(path, error) from error
    except ValueError as error:  # no file's name has a zero
        raise missing_file(path) from error
    if len(content) > LARGEST:
        raise InputError(f"{path} is too large for a style.", "Give a style file.", code="bad_style")
    return content

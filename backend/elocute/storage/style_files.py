"""Read the style files that the text of a style names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from elocute.errors import InputError, unreadable_file
from elocute.style_blend import parse_blend

ENDINGS: Final = (".npz", ".npy")
LARGEST: Final = 16 * 1024 * 1024


def read_style_files(style: str | None, folder: Path = Path()) -> dict[str, bytes]:
    """Contents of the files that ``style`` names, by the name it calls them; other names are the model's.

    Args:
        style: a style, or several with weights.
        folder: where relative names start.

    Raises:
        InputError: a file cannot be read, or is too large for a style.
        SettingsError: the text makes no sense.
    """
    if style is None:
        return {}
    paths = {part.name: folder / Path(part.name).expanduser() for part in parse_blend(style)}
    return {
        name: _content(path)
        for name, path in paths.items()
        if path.is_file() or path.suffix.lower() in ENDINGS
    }


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise unreadable_file(path, error) from error
    if len(content) > LARGEST:
        raise InputError(f"{path} is too large for a style.", "Give a style file.", code="bad_style")
    return content

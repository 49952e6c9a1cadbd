"""Read an ``.npz`` without pickled objects, with errors a user understands."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

Arrays = dict[str, NDArray[Any]]


def read_arrays(source: Path | str | bytes, what: str) -> tuple[Arrays, str]:
    """Read every array of an ``.npz`` given as a path or as its bytes.

    Args:
        source: the file's path, or its content.
        what: what the file should be, for the error's sentence (``a motion clip``).

    Returns:
        The arrays by name, and the name to use for the source in later sentences.

    Raises:
        UserError: the file is missing, unreadable or no such archive.
    """
    if isinstance(source, bytes):
        name = "The received data"
        stream: io.BytesIO | Path = io.BytesIO(source)
    else:
        stream = Path(source)
        name = str(stream)
    try:
        opened = np.load(stream, allow_pickle=False)
        if not isinstance(opened, np.lib.npyio.NpzFile):
            raise UserError(f"{name} is not {what}.", "Choose an .npz that Elocute wrote.")
        with opened as data:
            return {key: data[key] for key in data.files}, name
    except FileNotFoundError as error:
        raise UserError(f"There is no file {name}.", "Check the path.") from error
    except IsADirectoryError as error:
        raise UserError(f"{name} is a folder.", "Choose an .npz file.") from error
    except PermissionError as error:
        raise UserError(
            f"{name} cannot be read: permission denied.", "Check the file's permissions."
        ) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise UserError(f"{name} is not {what}.", "Choose an .npz that Elocute wrote.") from error


def require(arrays: Arrays, names: set[str], name: str, what: str) -> None:
    """Raise UserError unless all of ``names`` are in ``arrays``."""
    if missing := sorted(names - arrays.keys()):
        raise UserError(
            f"{name} is not {what}: it lacks {', '.join(missing)}.", "Choose an .npz that Elocute wrote."
        )


def require_format(arrays: Arrays, expected: int, name: str) -> None:
    """Raise UserError unless the file's ``format`` number is ``expected``."""
    found = arrays["format"]
    if found.shape != () or int(found) != expected:
        raise UserError(
            f"{name} has format {found.tolist()}; this version of the add-on reads {expected}.",
            "Use the same version of Elocute on both sides.",
        )

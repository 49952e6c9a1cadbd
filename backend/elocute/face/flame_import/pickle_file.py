"""Read FLAME's files of arrays: models, masks, landmark embeddings, as ``.pkl`` or as ``.npz``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from elocute.errors import InputError, missing_file, unreadable_file
from elocute.face.flame_import.foreign_arrays import ForeignArrays
from elocute.storage.file_kind import PACKED, PICKLE, START, WEB_PAGE, ZIP, recognised
from elocute.storage.npz import NpzKind, read_arrays
from elocute.storage.safe_pickle import load_pickle

LARGEST_FILE: Final = 256 * 1024 * 1024
_SITE: Final = "Use the .pkl from the FLAME site."
_NPZ_MEMBER: Final = b".npy"


def read_bytes(path: Path, code: str) -> bytes:
    """The content of a file that may be what the user was asked for.

    Raises:
        InputError: it is missing, a folder, unreadable, empty or unreasonably large.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise InputError(f"{path} is not an ordinary file.", code=code)
        if path.stat().st_size > LARGEST_FILE:
            raise InputError(f"{path} is too large to be a FLAME file.", code=code)
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise missing_file(path) from error
    except IsADirectoryError as error:
        raise InputError(
            f"{path} is a folder.", "Give the file in it, generic_model.pkl for example.", code=code
        ) from error
    except OSError as error:
        raise unreadable_file(path, error, code=code) from error
    if not data:
        raise InputError(f"{path} is empty.", "Download it again.", code=code)
    return data


def refuse_other_formats(path: Path, data: bytes, code: str) -> None:
    """Say what a file is that is certainly no pickle.

    Raises:
        InputError: it is a web page, other text, or an archive.
    """
    found = recognised(data[:START])
    if found == WEB_PAGE:
        raise InputError(
            f"{path} is a web page, not a FLAME file.",
            "Log in on the FLAME site and download the file itself.",
            code=code,
        )
    if found in (PACKED, ZIP):
        raise InputError(f"{path} is a packed archive.", "Unpack it and give the .pkl inside.", code=code)
    if found not in (None, PICKLE):
        raise InputError(f"{path} is {found.words}.", found.hint or _SITE, code=code)
    # A pickle, even of the text protocol, ends in a full stop; a binary one starts with byte 128.
    if data[0] != 0x80 and not data.rstrip().endswith(b"."):
        kind = "a text file" if _is_text(data[:START]) else "no pickle"
        raise InputError(f"{path} is {kind}, not a FLAME file.", _SITE, code=code)


def read_dictionary(path: Path, code: str = "bad_flame") -> dict[str, Any]:
    """The dictionary in a pickle with every array in it as a numpy array, or the arrays of an ``.npz``.

    Args:
        path: the file.
        code: of the errors.

    Raises:
        InputError: the file is missing, something else, damaged, hostile, or holds no dictionary.
    """
    data = read_bytes(path, code)
    if recognised(data[:START]) == ZIP and _NPZ_MEMBER in data:
        kind = NpzKind("{path} is not a FLAME file: {reason}.", code, _SITE)
        return dict(read_arrays(data, kind, name=str(path)))
    refuse_other_formats(path, data, code)
    foreign = ForeignArrays(str(path))
    content = load_pickle(
        data, foreign.allowed, source=str(path), encoding="latin1", allowance=foreign.allowance
    )
    if not isinstance(content, Mapping):
        raise InputError(
            f"{path} is a pickle, but not a FLAME file: it contains no dictionary of arrays.",
            _SITE,
            code=code,
        )
    return foreign.dense_values(content)


def _is_text(data: bytes) -> bool:
    return all(byte >= 0x20 or byte in b"\t\r\n" for byte in data)

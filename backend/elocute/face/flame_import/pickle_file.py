"""Read FLAME's ``.pkl`` files: models, masks, landmark embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from elocute.errors import InputError, missing_file
from elocute.face.flame_import.foreign_arrays import ForeignArrays
from elocute.storage.safe_pickle import load_pickle

LARGEST_FILE: Final = 256 * 1024 * 1024
_ZIP_MARK: Final = b"PK\x03\x04"
_GZIP_MARK: Final = b"\x1f\x8b"
_HDF5_MARK: Final = b"\x89HDF"


def read_bytes(path: Path, code: str) -> bytes:
    """The content of a file that may be what the user was asked for.

    Raises:
        InputError: it is missing, a folder, unreadable, empty or unreasonably large.
    """
    try:
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
        raise InputError(f"Cannot read {path}: {error.strerror}.", code=code) from error
    if not data:
        raise InputError(f"{path} is empty.", "Download it again.", code=code)
    return data


def refuse_other_formats(path: Path, data: bytes, code: str) -> None:
    """Say what a file is that is certainly no pickle.

    Raises:
        InputError: it is a web page, other text, or an archive.
    """
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise InputError(
            f"{path} is a web page, not a FLAME file.",
            "Log in on the FLAME site and download the file itself.",
            code=code,
        )
    if start.startswith(b"version https://git-lfs"):
        raise InputError(f"{path} is a Git LFS pointer, not the file itself.", "Run git lfs pull.", code=code)
    if data.startswith(_ZIP_MARK) or data.startswith(_GZIP_MARK):
        raise InputError(f"{path} is a packed archive.", "Unpack it and give the .pkl inside.", code=code)
    if data.startswith(_HDF5_MARK):
        raise InputError(
            f"{path} is an HDF5 file, which contains another program's model.",
            "Give the .pkl of FLAME.",
            code=code,
        )
    # A pickle, even of the text protocol, ends in a full stop; a binary one starts with byte 128.
    if data[0] != 0x80 and not data.rstrip().endswith(b"."):
        kind = "a text file" if _is_text(data[:512]) else "no pickle"
        raise InputError(
            f"{path} is {kind}, not a FLAME file.", "Use the .pkl from the FLAME site.", code=code
        )


def read_pickle(path: Path, code: str = "bad_flame") -> dict[str, Any]:
    """The dictionary in a pickle, with every array in it as a numpy array.

    Args:
        path: the file.
        code: of the errors.

    Raises:
        InputError: the file is missing, no pickle, damaged, hostile, or holds no dictionary.
    """
    data = read_bytes(path, code)
    refuse_other_formats(path, data, code)
    foreign = ForeignArrays(str(path))
    content = load_pickle(data, foreign.allowed, source=str(path), encoding="latin1")
    if not isinstance(content, Mapping):
        raise InputError(
            f"{path} is a pickle, but not a FLAME file: it contains no dictionary of arrays.",
            "Use the .pkl from the FLAME site.",
            code=code,
        )
    return {_text(name): foreign.dense(value) for name, value in content.items()}


def _text(name: Any) -> str:
    return name.decode("latin1") if isinstance(name, bytes) else str(name)


def _is_text(data: bytes) -> bool:
    return all(byte >= 0x20 or byte in b"\t\r\n" for byte in data)

"""Read numpy's ``.npz`` and ``.npy`` files within bounds and without pickles. The one place that does so.

numpy's own ``load`` trusts what a file says of itself: an archive of a few kilobytes may unpack to
terabytes, and an array's header may claim a shape that its data does not have, which numpy allocates
first. Here both are compared with what is there before anything is read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.storage.file_kind import NUMPY, NUMPY_MARK, START, ZIP, recognised
from elocute.storage.guard import guarded
from elocute.storage.npy import parse_npy
from elocute.storage.zip_members import TooLarge, allowed_bytes, check_sizes, opened, read_member

LARGEST: Final = 2**28
"""Bytes that the arrays of a file may have in all where nothing else is said."""

Arrays = dict[str, NDArray[Any]]

_SUFFIX: Final = ".npy"


@dataclass(frozen=True)
class NpzKind:
    """What a file should be, which words the errors about it.

    Attributes:
        damaged: the sentence where it cannot be read, with ``{path}`` and, if wanted, ``{reason}``.
        code: of that error.
        hint: what to do then.
        missing: the sentence where there is no such file, with ``{path}``.
        missing_hint: what to do then.
        largest: bytes that its arrays may have in all.
    """

    damaged: str
    code: str = "bad_input"
    hint: str = ""
    missing: str = "There is no file {path}."
    missing_hint: str = "Check its name and its folder."
    largest: int = LARGEST

    def error(self, path: object, reason: str) -> InputError:
        """The error for a file that cannot be read."""
        return InputError(self.damaged.format(path=path, reason=reason), self.hint, code=self.code)


def read_arrays(
    source: Path | bytes,
    kind: NpzKind,
    *,
    names: Collection[str] | None = None,
    bare: str | None = None,
    name: str | None = None,
) -> Arrays:
    """Read the arrays of an ``.npz``, or of a ``.npy``.

    Args:
        source: the file, or its content.
        kind: what it should be.
        names: read only these, where they are there; None reads all.
        bare: name under which the one array of a ``.npy`` comes back; None refuses such a file.
        name: what errors call the file; None for its path.

    Raises:
        InputError: the file is missing, damaged, something else, declares more bytes than ``kind.largest`` or
            than a file of its size can hold, or holds pickled objects.
    """
    called = name or ("The data" if isinstance(source, bytes) else str(source))
    with guarded(lambda reason: kind.error(called, reason)):
        try:
            with opened(source if isinstance(source, bytes) else Path(source)) as stream:
                start = stream.read(START)
                stream.seek(0)
                if bare is not None and start.startswith(NUMPY_MARK):
                    return {bare: _read_bare(stream, kind.largest)}
                _refuse_other_kinds(start, called, kind)
                return _read_archive(stream, kind.largest, names)
        except TooLarge as error:
            raise InputError(
                f"{called} is too large: its arrays have {error.size / 1e9:.3g} GB, "
                f"more than the {error.allowed / 1e9:.3g} GB that are allowed.",
                "Check that this is the right file.",
                code=kind.code,
            ) from error
        except FileNotFoundError as error:
            raise InputError(
                kind.missing.format(path=called), kind.missing_hint, code="missing_file"
            ) from error


def _refuse_other_kinds(start: bytes, called: str, kind: NpzKind) -> None:
    found = recognised(start)
    if found is not None and found not in (ZIP, NUMPY):
        raise InputError(
            f"{kind.damaged.format(path=called, reason=f'it is {found.words}').rstrip('.')}"
            + (f": it is {found.words}." if "{reason}" not in kind.damaged else "."),
            found.hint or kind.hint,
            code=kind.code,
        )


def _read_bare(stream: IO[bytes], largest: int) -> NDArray[Any]:
    content = bytearray()
    while part := stream.read():
        content += part
        if len(content) > largest:
            raise TooLarge(len(content), largest)
    return parse_npy(content)


def _read_archive(stream: IO[bytes], largest: int, names: Collection[str] | None) -> Arrays:
    with zipfile.ZipFile(stream) as archive:
        members = {
            info.filename.removesuffix(_SUFFIX): info
            for info in archive.infolist()
            if info.filename.endswith(_SUFFIX)
        }
        wanted = {key: info for key, info in members.items() if names is None or key in names}
        check_sizes(wanted.values(), allowed_bytes(stream, largest))
        return {key: parse_npy(read_member(archive, info)) for key, info in wanted.items()}

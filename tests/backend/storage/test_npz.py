"""Reading npz and npy files: what is there comes back, what lies about itself is refused unread."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.storage.npz import NpzKind, read_arrays

KIND = NpzKind("{path} is no table: {reason}.", "bad_table", "Make it again.")


def npz(**arrays: object) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def npy(array: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def archive(member: bytes, name: str = "a.npy") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr(name, member)
    return stream.getvalue()


def header(text: bytes) -> bytes:
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def test_arrays_come_back_from_a_file_and_from_its_content(tmp_path: Path) -> None:
    given = {"a": np.arange(6.0).reshape(2, 3), "text": np.str_("é"), "none": np.zeros((0, 4), np.float32)}
    path = tmp_path / "t.npz"
    path.write_bytes(npz(**given))
    for source in (path, path.read_bytes()):
        found = read_arrays(source, KIND)
        assert found.keys() == given.keys()
        assert all(np.array_equal(found[name], array) for name, array in given.items())
    assert read_arrays(path, KIND, names=("a", "absent")).keys() == {"a"}


def test_a_bare_array_comes_back_only_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "t.npy"
    np.save(path, np.arange(3))
    assert read_arrays(path, KIND, bare="style")["style"].tolist() == [0, 1, 2]
    with pytest.raises(InputError, match="is no table"):
        read_arrays(path, KIND)


def test_an_archive_is_bounded_by_what_its_directory_declares() -> None:
    small = NpzKind("{path} is no table.", "bad_table", largest=4000)
    bomb = npz(a=np.zeros(400, np.float64), b=np.zeros(400, np.float64))
    assert len(bomb) < 4000
    with pytest.raises(InputError, match="more than the 4e-06 GB") as caught:
        read_arrays(bomb, small)
    assert caught.value.code == "bad_table"
    assert read_arrays(bomb, small, names=("a",))["a"].shape == (400,)  # the rest is not unpacked
    with pytest.raises(InputError, match="is too large"):
        read_arrays(npy(np.zeros(1000)), small, bare="a")


@pytest.mark.parametrize(
    "member",
    [
        header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,)}\n") + bytes(16),
        header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}\n") + bytes(16),
        header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}\n") + bytes(16),
        header(b"(" * 3000),
        b"\x93NUMPY\x03\x00",
        b"no array",
    ],
    ids=["claims more", "negative", "claims less", "unfinished header", "version 3", "text"],
)
def test_an_array_that_is_not_what_its_header_says_is_damaged(member: bytes) -> None:
    for source, bare in ((archive(member), None), (member, "a")):
        with pytest.raises(InputError, match="is no table") as caught:
            read_arrays(source, KIND, bare=bare, name="t.npz")
        assert (caught.value.code, caught.value.hint) == ("bad_table", "Make it again.")


def test_pickles_are_refused() -> None:
    with pytest.raises(InputError, match=r"t\.npz is no table: it holds pickled objects"):
        read_arrays(npz(a=np.array([{}], object)), KIND, name="t.npz")


def test_other_files_and_members(tmp_path: Path) -> None:
    assert read_arrays(archive(b"words", "README.txt"), KIND) == {}
    whole = npz(a=np.random.default_rng(0).normal(size=1000))
    for broken in (b"", b"words", whole[:-40], whole[:60] + b"\xff" * 40 + whole[100:]):
        with pytest.raises(InputError, match="is no table"):
            read_arrays(broken, KIND)
    with pytest.raises(InputError, match="is no table"):
        read_arrays(tmp_path, KIND)
    with pytest.raises(InputError, match="There is no file") as caught:
        read_arrays(tmp_path / "absent.npz", KIND)
    assert caught.value.code == "missing_file"
    told = NpzKind("{path} is no table.", missing="No table {path}.", missing_hint="Make one.")
    with pytest.raises(InputError, match=r"No table .*absent\.npz\. Make one\."):
        read_arrays(tmp_path / "absent.npz", told)

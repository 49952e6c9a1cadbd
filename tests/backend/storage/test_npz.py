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


def member_header(shape: str = "(4,)", kind: str = "<f4") -> bytes:
    return header(f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode())


def patched(data: bytes, mark: bytes, offset: int, number: int, size: int) -> bytes:
    """The archive with a number changed in the first record that begins with ``mark``."""
    at = data.index(mark) + offset
    return data[:at] + number.to_bytes(size, "little") + data[at + size :]


WHOLE = npz(a=np.arange(1000.0))
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (patched(WHOLE, CENTRAL, 8, 1, 2), "encrypted"),
        (patched(WHOLE, CENTRAL, 10, 99, 2), "unknown method"),
        (patched(WHOLE, CENTRAL, 24, 2**32 - 2, 4), "too large"),
        (patched(WHOLE, LOCAL, 26, 60_000, 2), ""),
        (patched(WHOLE, END, 12, 2**31, 4), ""),
        (WHOLE[:100] + bytes(30) + WHOLE[130:], ""),
        (archive(member_header("(2,)", "<c8") + bytes(16) + b"x"), "cut short or too long"),
        (archive(member_header("(1000000000000000000000,)")), "impossible shape|cut short"),
        (archive(member_header("(-1,)")), "impossible shape"),
        (archive(member_header("(" + "1," * 40 + ")") + bytes(4)), "impossible shape"),
        (archive(member_header("()", "<U1000000000")), "damaged header|cut short"),
        (archive(member_header("(1,)", "<M8") + bytes(8)), "neither numbers nor text"),
        (archive(member_header("(1,)", "<f3") + bytes(3)), "damaged header"),
        (archive(header(b"__import__('os').system('true')")), "damaged header"),
    ],
)
def test_archives_and_arrays_that_lie_are_one_sentence(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=rf"t\.npz is (no table|too large).*({reason})|t\.npz is {reason}"):
        read_arrays(data, KIND, name="t.npz")


def test_a_declared_4_tib_is_not_asked_for(tmp_path: Path) -> None:
    at = WHOLE.index(END)
    for numbers in ([1, 1, 2**42, WHOLE.index(CENTRAL)], [2**42, 2**42, at - WHOLE.index(CENTRAL), 0]):
        record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, *numbers)
        locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
        end = struct.pack("<4sHHHHLLH", END, 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
        path = tmp_path / "t.npz"
        path.write_bytes(WHOLE[:at] + record + locator + end)
        for source in (path, path.read_bytes()):
            with pytest.raises(InputError, match=r"is no table|is too large"):
                read_arrays(source, KIND)


def test_small_files_unpack_to_64_mib_and_larger_ones_to_a_multiple_of_their_size() -> None:
    """What packs a thousandfold is no motion: it is refused by its declared size, before it is unpacked."""
    fits = npz(a=np.zeros(2**26 // 8 - 100))
    assert read_arrays(fits, KIND)["a"].size == 2**26 // 8 - 100
    with pytest.raises(InputError, match=r"too large: its arrays have 0\.0671 GB, more than the 0\.0671 GB"):
        read_arrays(npz(a=np.zeros(2**26 // 8)), KIND)
    noise = np.random.default_rng(0).bytes(6 * 2**20)
    large = npz(a=np.frombuffer(noise, np.uint8), b=np.zeros(2**26 // 8, np.float64))
    assert read_arrays(large, KIND).keys() == {"a", "b"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\n<!DOCTYPE html><html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer"),
        (b"\x1f\x8b\x08rest", "a packed archive"),
        (b"\x80\x02}q\x00.", "a pickle"),
        (struct.pack("<Q", 10) + b'{"a": 1}  ', "a safetensors file"),
    ],
)
def test_other_files_are_named(content: bytes, words: str) -> None:
    with pytest.raises(InputError, match=f"is no table: it is {words}"):
        read_arrays(content, KIND, name="t.npz")
    with pytest.raises(InputError, match=f"is no table: it is {words}"):
        read_arrays(content, NpzKind("{path} is no table."), name="t.npz")


def test_headers_of_other_writers_are_read() -> None:
    for text in (
        b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
        b'{"shape":(2L,),"fortran_order":False,"descr":"<f4"}',
        b"{'shape': (2,), 'descr': 'f4', 'fortran_order': True}\n",
    ):
        data = archive(header(text) + np.array([1, 2], np.float32).tobytes())
        assert read_arrays(data, KIND)["a"].tolist() == [1, 2]

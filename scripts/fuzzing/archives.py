"""Zip archives of arrays that lie about themselves, and arrays of every wrong kind in them."""

from __future__ import annotations

import functools
import io
import json
import struct
import zipfile
import zlib
from random import Random
from typing import Any, Final

import numpy as np

from elocute.storage.npy import parse_npy
from scripts.fuzzing.json_files import mutated_json, odd_value
from scripts.fuzzing.scramble import scrambled

_BOMB_BYTES: Final = 2**29
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_SHAPES: Final = (
    (),
    (0,),
    (1,),
    (3,),
    (2, 2),
    (0, 3),
    (6, 3),
    (4, 68, 2),
    (2, 3, 4, 5),
    (1,) * 20,
    (100_000,),
)
_HEADERS: Final = (
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000,), }",
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
    b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    b"{'descr': '<U1000000000', 'fortran_order': False, 'shape': (), }",
    b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
    b"{'descr': '<f4', 'fortran_order': 1, 'shape': 3, }",
    b"__import__('os').system('touch canary')",
    b"(" * 4000,
    b"'" * 300,
)


def mutated_npz(data: bytes, random: Random) -> bytes:
    """An ``.npz`` with arrays replaced, its directory changed, or its bytes damaged."""
    action = random.random()
    if action < 0.25:
        return scrambled(data, random)
    members = _members(data)
    if action < 0.8:
        for _ in range(random.choice((1, 1, 2, 5))):
            _change_array(members, random)
        packed = _packed(members, random)
        return scrambled(packed, random) if random.random() < 0.1 else packed
    return lying(_packed(members, random), random)


def mutated_npy(data: bytes, random: Random) -> bytes:
    """A ``.npy`` that is damaged or holds another array."""
    if random.random() < 0.5:
        return scrambled(data, random)
    return _odd_member(data, random)


def lying(data: bytes, random: Random) -> bytes:
    """A zip archive whose directory claims sizes, methods, or flags that are not so."""
    content = bytearray(data)
    for mark, fields in ((_LOCAL, _LOCAL_FIELDS), (_CENTRAL, _CENTRAL_FIELDS), (_END, _END_FIELDS)):
        places = _all(data, mark)
        for at in places if random.random() < 0.3 else places[:1]:
            if random.random() < 0.6:
                offset, size = random.choice(fields)
                number = random.choice(
                    (
                        0,
                        1,
                        8,
                        9,
                        12,
                        14,
                        93,
                        99,
                        0x1,
                        0x41,
                        0xFFFF,
                        2**31,
                        2**32 - 1,
                        2**42,
                        random.getrandbits(32),
                    )
                )
                content[at + offset : at + offset + size] = (number % 2 ** (8 * size)).to_bytes(
                    size, "little"
                )
    if random.random() < 0.3:
        content = bytearray(_zip64(bytes(content), random))
    return bytes(content)


_LOCAL_FIELDS: Final = ((4, 2), (6, 2), (8, 2), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2))
_CENTRAL_FIELDS: Final = (
    (6, 2),
    (8, 2),
    (10, 2),
    (16, 4),
    (20, 4),
    (24, 4),
    (28, 2),
    (30, 2),
    (32, 2),
    (42, 4),
)
_END_FIELDS: Final = ((8, 2), (10, 2), (12, 4), (16, 4), (20, 2))


def _all(data: bytes, mark: bytes) -> list[int]:
    places, at = [], data.find(mark)
    while at >= 0:
        places.append(at)
        at = data.find(mark, at + 4)
    return places


def _zip64(data: bytes, random: Random) -> bytes:
    """The archive with an end record of 64-bit sizes, one of which is 4 TiB."""
    at = data.rfind(_END)
    if at < 0:
        return data
    entries, size, offset = len(_all(data, _CENTRAL)), at, data.find(_CENTRAL)
    numbers = [entries, entries, size, max(offset, 0)]
    numbers[random.randrange(4)] = 2**42
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, *numbers)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    end = struct.pack("<4sHHHHLLH", _END, 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    return data[:at] + record + locator + end


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, method, 1)
    return stream.getvalue()


def _packed(members: dict[str, bytes], random: Random) -> bytes:
    if random.random() < 0.04:
        return _with_bomb(members, random.choice([*members, "extra.npy"]))
    return packed(members, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def _with_bomb(members: dict[str, bytes], name: str) -> bytes:
    """The archive with a member of half a gigabyte, a thousandth of that when packed."""
    start, body, crc = _bomb()
    stream = io.BytesIO(packed({key: value for key, value in members.items() if key != name}))
    with zipfile.ZipFile(stream, "a") as archive:
        at = archive.start_dir
        info = zipfile.ZipInfo(name)
        info.compress_type, info.CRC = zipfile.ZIP_DEFLATED, crc
        info.compress_size, info.file_size, info.header_offset = len(body), start + _BOMB_BYTES, at
        assert archive.fp is not None  # noqa: S101 - it is open
        archive.fp.seek(at)
        archive.fp.write(info.FileHeader(False) + body)
        archive.start_dir = archive.fp.tell()
        archive.filelist.append(info)
        archive._didModify = True  # type: ignore[attr-defined]
    return stream.getvalue()


@functools.cache
def _bomb() -> tuple[int, bytes, int]:
    """Length of a ``.npy`` header, then header and zeros as a deflated stream, and their checksum."""
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }" % (_BOMB_BYTES // 4)
    start, block = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header, bytes(2**20)
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    parts, crc = [compressor.compress(start)], zlib.crc32(start)
    for _ in range(_BOMB_BYTES // len(block)):
        parts.append(compressor.compress(block))
        crc = zlib.crc32(block, crc)
    return len(start), b"".join(parts) + compressor.flush(), crc


def _change_array(members: dict[str, bytes], random: Random) -> None:
    name = random.choice(list(members) or ["x.npy"])
    action = random.random()
    if action < 0.08:
        members.pop(name, None)
    elif action < 0.16:
        members[
            random.choice((name + "\ud800x", "x" * 60_000, "../" + name, name.upper(), "masks/x.npy"))
            .encode("utf-8", "replace")
            .decode()
        ] = members.pop(name, b"")
    else:
        members[name] = _odd_member(members.get(name, b""), random)


def _odd_member(content: bytes, random: Random) -> bytes:
    action = random.random()
    if action < 0.1:
        return scrambled(content, random)
    if action < 0.2:
        header = random.choice(_HEADERS)
        length = random.choice((len(header), len(header) + 1, 0, 0xFFFF))
        return (
            b"\x93NUMPY"
            + bytes([random.choice((1, 2, 3, 9)), 0])
            + struct.pack("<H", length)
            + header
            + bytes(16)
        )
    try:
        array = parse_npy(content)
    except ValueError:
        array = np.zeros(3)
    stream = io.BytesIO()
    np.save(stream, _odd_array(array, random), allow_pickle=False)
    return stream.getvalue()


def _odd_array(array: np.ndarray[Any, Any], random: Random) -> np.ndarray[Any, Any]:
    if array.dtype.kind == "U" and array.shape == () and random.random() < 0.7:
        return np.array(_odd_text(str(array), random))
    with np.errstate(all="ignore"):
        return random.choice(_CHANGES)(array, random)


def _other_shape(array: np.ndarray[Any, Any], random: Random) -> np.ndarray[Any, Any]:
    return np.zeros(random.choice(_SHAPES), array.dtype)


def _one_wrong(array: np.ndarray[Any, Any], random: Random) -> np.ndarray[Any, Any]:
    if array.dtype.kind not in "iuf" or not array.size:
        return _something_else(array, random)
    changed = array.copy()
    wrong = random.choice((np.nan, np.inf, -1, 2**31 - 1, 1e38))
    changed.flat[random.randrange(changed.size)] = np.array(wrong).astype(changed.dtype)
    return changed


def _other_kind(array: np.ndarray[Any, Any], random: Random) -> np.ndarray[Any, Any]:
    if array.dtype.kind not in "biuf":
        return _something_else(array, random)
    return array.astype(random.choice(("<f8", "<f2", "<i8", "<u1", "<i2", ">f4", "<c8", "|b1", "<U5", "<u8")))


def _shorter(array: np.ndarray[Any, Any], random: Random) -> np.ndarray[Any, Any]:
    return array[: random.randrange(len(array) + 1)] if array.ndim else array[None]


def _scaled(array: np.ndarray[Any, Any], random: Random) -> np.ndarray[Any, Any]:
    if array.dtype.kind not in "iuf":
        return _something_else(array, random)
    scaled: np.ndarray[Any, Any] = array * array.dtype.type(random.choice((0, 3, 100)))
    return scaled


def _turned(array: np.ndarray[Any, Any], random: Random) -> np.ndarray[Any, Any]:
    return np.asfortranarray(array.T)


def _something_else(array: np.ndarray[Any, Any], random: Random) -> np.ndarray[Any, Any]:
    odd = (
        "x", b"x", 1, 1.5, True, 2**40, ["a", "b"], [1, 2], "\ud800", "\U0010ffff" * 3, 1 + 2j,
        np.datetime64(1, "s"),
    )  # fmt: skip
    return np.array(random.choice(odd))


_CHANGES: Final = (
    _other_shape, _one_wrong, _other_kind, _shorter, _scaled, _turned, _something_else, _something_else,
)  # fmt: skip


def _odd_text(text: str, random: Random) -> str:
    if text.startswith("{"):
        changed = mutated_json(text.encode("utf-8", "replace"), random)
        return changed.decode("utf-8", "replace")
    return random.choice(
        ("", "x" * 100_000, "\ud800", "line\nend", json.dumps(odd_value(random)), text + " ")
    )

"""Damage that any file can have: bits, cuts, repeats, numbers in the wrong places."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random
from typing import Final

_NUMBERS: Final = (
    0,
    1,
    -1,
    2,
    7,
    127,
    128,
    255,
    256,
    2**15,
    2**16 - 1,
    2**31 - 1,
    2**31,
    2**32 - 1,
    2**42,
    2**63 - 1,
)
_WORDS: Final = (
    b"\x00" * 16,
    b"\xff" * 16,
    b"<!DOCTYPE html><html>Sign in</html>",
    b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"PK\x05\x06",
    b"\x93NUMPY\x01\x00",
    b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    b"(" * 2000,
    b"[" * 5000,
    b"\xed\xa0\x80",
    b'\xed\xb0\x80\n"',
    b"9" * 5000,
    b"A" * 100_000,
    b"NaN",
)
_LARGEST_STEPS: Final = 8


def scrambled(data: bytes, random: Random) -> bytes:
    """``data`` after one to eight accidents."""
    content = bytearray(data)
    for _ in range(random.randint(1, _LARGEST_STEPS)):
        random.choice(_ACCIDENTS)(content, random)
    return bytes(content)


def _place(content: bytearray, random: Random) -> int:
    """Anywhere, and more often near either end, where headers and directories are."""
    if not content:
        return 0
    reach = min(len(content), 300)
    near = random.randrange(reach)
    return random.choice((random.randrange(len(content)), near, len(content) - 1 - near))


def _flip(content: bytearray, random: Random) -> None:
    for _ in range(random.choice((1, 1, 4, 30))):
        if content:
            content[_place(content, random)] ^= 1 << random.randrange(8)


def _overwrite(content: bytearray, random: Random) -> None:
    at = _place(content, random)
    content[at : at + 1] = bytes([random.randrange(256)])


def _number(content: bytearray, random: Random) -> None:
    size = random.choice((1, 2, 4, 8))
    number = random.choice(_NUMBERS) & (2 ** (8 * size) - 1)
    at = _place(content, random)
    content[at : at + size] = number.to_bytes(size, random.choice(("little", "big")))


def _float(content: bytearray, random: Random) -> None:
    value = random.choice((float("nan"), float("inf"), -1e38, 1e-38))
    at = _place(content, random)
    content[at : at + 4] = struct.pack(random.choice(("<f", ">f")), value)


def _cut(content: bytearray, random: Random) -> None:
    del content[_place(content, random) :]


def _remove(content: bytearray, random: Random) -> None:
    at = _place(content, random)
    del content[at : at + random.choice((1, 4, 64, 1000))]


def _repeat(content: bytearray, random: Random) -> None:
    at = _place(content, random)
    part = content[at : at + random.choice((4, 64, 1000))]
    content[at:at] = part * random.choice((1, 2, 50))


def _insert(content: bytearray, random: Random) -> None:
    at = _place(content, random)
    content[at:at] = random.choice(_WORDS)


def _swap(content: bytearray, random: Random) -> None:
    first, second = sorted((_place(content, random), _place(content, random)))
    size = min(64, second - first, len(content) - second)
    if size > 0:
        one, other = content[first : first + size], content[second : second + size]
        content[first : first + size], content[second : second + size] = other, one


def _replace_all(content: bytearray, random: Random) -> None:
    if random.random() < 0.2:
        content[:] = random.choice((b"", b"\n", random.choice(_WORDS), random.randbytes(200)))


_ACCIDENTS: Final[tuple[Callable[[bytearray, Random], None], ...]] = (
    _flip, _overwrite, _number, _number, _float, _cut, _remove, _repeat, _insert, _swap, _replace_all,
)  # fmt: skip

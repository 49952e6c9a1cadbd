"""Mutations of the remaining formats: safetensors, LMDB, text, sound."""

from __future__ import annotations

import struct
from random import Random
from typing import Final

from scripts.fuzzing.json_files import mutated_json
from scripts.fuzzing.pickles import mutated_pickle
from scripts.fuzzing.scramble import scrambled

_PAGE: Final = 4096
_WORDS: Final = (
    "\ud800",
    "\x00",
    "\r\n",
    "é" * 10_000,
    "a" * 100_000,
    "\u202e",
    "\ufeff",
    "\n" * 1000,
    "../../x",
)


def mutated_safetensors(data: bytes, random: Random) -> bytes:
    """A safetensors file with another header, or damaged."""
    if random.random() < 0.4:
        return scrambled(data, random)
    length = int.from_bytes(data[:8], "little")
    header = mutated_json(data[8 : 8 + length], random)
    claimed = random.choice((len(header), len(header), len(header), 0, 2**27, 2**63))
    return struct.pack("<Q", claimed) + header + data[8 + length :]


def mutated_glb(data: bytes, random: Random) -> bytes:
    """A binary glTF file with another description, or damaged."""
    if random.random() < 0.4:
        return scrambled(data, random)
    length = int.from_bytes(data[12:16], "little")
    text = mutated_json(data[20 : 20 + length], random)
    total = len(data) - length + len(text)
    claimed = random.choice((total, total, total, total + 1, 20, 2**32 - 1))
    return data[:8] + struct.pack("<II", claimed, len(text)) + data[16:20] + text + data[20 + length :]


def mutated_lmdb(data: bytes, random: Random) -> bytes:
    """An LMDB file with damaged pages, or with a mutated pickle in one of its values."""
    if random.random() < 0.3:
        return scrambled(data, random)
    content = bytearray(data)
    pages = len(content) // _PAGE
    for _ in range(random.choice((1, 2, 8))):
        at = random.randrange(pages) * _PAGE + random.randrange(random.choice((16, 64, _PAGE)))
        number = random.choice((0, 1, 2, 16, 0xFFFF, 2**31, 2**32 - 1, random.getrandbits(16)))
        size = random.choice((1, 2, 4))
        content[at : at + size] = (number % 2 ** (8 * size)).to_bytes(size, "little")
    if random.random() < 0.7:
        _change_value(content, random)
    return bytes(content)


def _change_value(content: bytearray, random: Random) -> None:
    """Replace a pickle by a mutated one of the same length, padded behind its end."""
    places, at = [], content.find(b"\x80\x03}")
    while at >= 0:
        places.append(at)
        at = content.find(b"\x80\x03}", at + 1)
    if not places:
        return
    start = random.choice(places)
    end = content.find(b".", start) + 1
    changed = mutated_pickle(bytes(content[start:end]), random)[: end - start]
    content[start : start + len(changed)] = changed


def mutated_text(data: bytes, random: Random) -> bytes:
    """A text with odd characters and lines."""
    if random.random() < 0.4:
        return scrambled(data, random)
    text = data.decode("utf-8", "replace")
    for _ in range(random.choice((1, 3))):
        at = random.randrange(len(text) + 1)
        text = text[:at] + random.choice(_WORDS) + text[at:]
    if random.random() < 0.3:
        return text.encode("utf-8", "surrogatepass")
    return text.encode(random.choice(("utf-8", "utf-16", "latin1")), "replace")

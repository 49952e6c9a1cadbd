"""Pickles that lie, explode or attack; PyTorch archives and LMDB stores made of them."""

from __future__ import annotations

import io
import pickletools
import struct
import zipfile
from random import Random
from typing import Final

from scripts.fuzzing.archives import lying, packed
from scripts.fuzzing.scramble import scrambled

CANARY: Final = "canary"
"""A file of this name in the working folder means that something in an input was executed."""

_FIRST_MEMO: Final = 900
_TOUCH: Final = f"open('{CANARY}', 'w').close()"


def _call(module: str, name: str, argument: str) -> bytes:
    return (
        f"c{module}\n{name}\n".encode()
        + b"X"
        + struct.pack("<I", len(argument))
        + argument.encode()
        + b"\x85R"
    )


_ATTACKS: Final = (
    _call("os", "system", f"touch {CANARY}"),
    _call("posix", "system", f"touch {CANARY}"),
    _call("subprocess", "getoutput", f"touch {CANARY}"),
    _call("builtins", "eval", _TOUCH),
    _call("builtins", "exec", _TOUCH),
    _call("__builtin__", "eval", _TOUCH),
    _call("pathlib", "Path.touch", CANARY),
    _call("numpy", "load", CANARY),
    _call("torch", "load", CANARY),
    _call("torch._utils", "os.system", f"touch {CANARY}"),
    _call("numpy.core.multiarray", "os.system", f"touch {CANARY}"),
    _call("chumpy.ch", "eval", _TOUCH),
    b"(S'" + f"touch {CANARY}".encode() + b"'\nios\nsystem\n",
    b"\x82\x01\x83\x01\x00\x84\x01\x00\x00\x00",
    b"cbuiltins\ngetattr\ncbuiltins\n__import__\nX\x02\x00\x00\x00os\x85RX\x06\x00\x00\x00system\x86R",
)
_SINGLE: Final = b"]})(tldsuaebRo0123N\x81\x88\x8f\x90\x91\x94\x97\x98Q."
_SNIPPETS: Final = (
    *(bytes([code]) for code in _SINGLE),
    b"K\x01",
    b"J\xff\xff\xff\xff",
    b"I01\n",
    b"F1e400\n",
    b"L" + b"9" * 5000 + b"L\n",
    b"\x8a\xff" + b"\xff" * 255,
    b"\x8b\xff\xff\xff\x7f",
    b"G\x7f\xf0" + bytes(6),
    b"B\xff\xff\xff\xff",
    b"\x8e" + b"\xff" * 8,
    b"\x96\x00\x00\x00\x00\x40\x00\x00\x00",
    b"X\x03\x00\x00\x00\xed\xa0\x80",
    b"U\x01x",
    b"h\x00",
    b"q\x00",
    b"r\xff\xff\xff\x7f",
    b"p99999999999\n",
    b"\x94" * 100,
    b"Pxyz\n",
    b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x80\x05",
    b"\x80\x7f",
    b"ccollections\nOrderedDict\n)R",
    b"cargparse\nNamespace\n)\x81",
    b"cnumpy\nndarray\n",
    b"c_codecs\nencode\n",
    b"cbuiltins\nset\n",
    b"ccopyreg\n_reconstructor\n",
    b"cchumpy.ch\nCh\n)\x81",
    b"cscipy.sparse.csc\ncsc_matrix\n)\x81",
)


def mutated_pickle(data: bytes, random: Random) -> bytes:
    """A pickle with instructions removed, added, or replaced, with a bomb, or with an attack inside."""
    if random.random() < 0.3:
        return scrambled(data, random)
    places = _places(data)
    content = data
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(max(len(places) - 1, 1))
        start, end = places[at], places[min(at + 1, len(places) - 1)]
        content = content[:start] + _inserted(random) + content[random.choice((start, end)) :]
    return content


def bomb(random: Random) -> bytes:
    """Instructions that leave one value that is far larger than they are, 2^300 items at most."""
    depth = random.choice((20, 30, 60, 100, 300))
    return random.choice(
        (
            b"]" + b"".join(_twice(b"p%d\n](g%d\ng%d\ne", level) for level in range(depth)),
            b"K\x01" + b"2\x86" * depth,  # tuples, whose hash visits every item
            b"}K\x01" + b"2\x86" * depth + b"K\x01s",
            b"}" + b"".join(_twice(b"p%d\n}K\x01g%d\nsK\x02g%d\ns", level) for level in range(depth)),
            b"]" * random.choice((10_000, 600_000)),
            b"(X\xe8\x03\x00\x00" + b"a" * 1000 + b"2" * 20_000 + b"l",
            b"(" + b"".join(b"c_codecs\nencode\nX\x02\x00\x00\x00aa\x85R" for _ in range(2000)) + b"l",
        )
    )


def _twice(program: bytes, level: int) -> bytes:
    """Keep what is on top of the stack and use it two times."""
    index = _FIRST_MEMO + level
    return program % (index, index, index)


def _inserted(random: Random) -> bytes:
    action = random.random()
    if action < 0.25:
        return bomb(random)
    if action < 0.5:
        return random.choice(_ATTACKS)
    return random.choice(_SNIPPETS)


def _places(data: bytes) -> list[int]:
    places = [0]
    try:
        places += [at for _, _, at in pickletools.genops(data) if at is not None]
    except (ValueError, IndexError):
        return places
    return places


def mutated_object_npy(data: bytes, random: Random) -> bytes:
    """A ``.npy`` of one pickled object, mutated behind its header."""
    if random.random() < 0.2:
        return scrambled(data, random)
    begin = data.index(b"\n") + 1
    return data[:begin] + mutated_pickle(data[begin:], random)


def mutated_torch(data: bytes, random: Random) -> bytes:
    """A PyTorch archive with its pickle mutated, its members changed, or its bytes damaged."""
    action = random.random()
    if action < 0.2:
        return scrambled(data, random)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    if action < 0.3:
        return lying(packed(members, zipfile.ZIP_STORED), random)
    for _ in range(random.choice((1, 1, 3))):
        name = random.choice(list(members))
        if name.endswith("data.pkl") or random.random() < 0.6:
            program = next((key for key in members if key.endswith("data.pkl")), name)
            members[program] = mutated_pickle(members[program], random)
        elif random.random() < 0.5:
            members[name] = members[name][: random.randrange(len(members[name]) + 1)]
        else:
            members[random.choice((name + "x", "other/data.pkl", "x/data/0"))] = members.pop(name)
    return packed(members, random.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))

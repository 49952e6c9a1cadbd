"""A pickle costs no more than its size suggests, and changes nothing that it is lent."""

from __future__ import annotations

import pickle
import struct
import time

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.storage import safe_pickle
from elocute.storage.safe_pickle import load_pickle, namespace_globals, numpy_globals, to_arrays


def shared(program: bytes, depth: int) -> bytes:
    """``program`` once a level; it uses what the level before left behind two times."""
    levels = [program % (900 + level, 900 + level, 900 + level) for level in range(depth)]
    return b"\x80\x02X" + struct.pack("<I", 2000) + b"a" * 2000 + b"0]" + b"".join(levels) + b"."


BOMBS = {
    "lists": shared(b"p%d\n](g%d\ng%d\ne", 100),
    "dictionaries": shared(b"p%d\n}K\x01g%d\nsK\x02g%d\ns", 100),
    "tuples": b"\x80\x02K\x01" + b"2\x86" * 100 + b".",
    "a key of tuples": b"\x80\x02}K\x01" + b"2\x86" * 100 + b"K\x02s.",
    "a set of tuples": b"\x80\x04\x8f(K\x01" + b"2\x86" * 100 + b"\x90.",
    "a frozen set of tuples": b"\x80\x04(K\x01" + b"2\x86" * 100 + b"\x91.",
    "the argument of a function": b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aK\x01"
    + b"2\x86" * 100 + b"\x86R.",
    "many objects": b"\x80\x02(" + b"]" * 600_000 + b"l.",
    "deep lists": b"\x80\x02" + b"]" * 5000 + b"a" * 4999 + b".",
    "one long text, many times": b"\x80\x02(X" + struct.pack("<I", 10**6) + b"a" * 10**6 + b"q\x00"
    + b"c_codecs\nencode\nh\x00\x85R" * 1000 + b"l.",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="is damaged"):
        to_arrays(load_pickle(BOMBS[name], numpy_globals(), source="x"), "x")


def test_a_level_more_costs_a_level_and_not_twice_as_much() -> None:
    """What is still allowed grows with the pickle, not with what it stands for."""

    def seconds(depth: int) -> float:
        data = shared(b"p%d\n](g%d\ng%d\ne", depth)
        started = time.perf_counter()
        for _ in range(20):
            to_arrays(load_pickle(data, numpy_globals(), source="x"), "x")
        return time.perf_counter() - started

    seconds(2)
    assert seconds(19) < 40 * seconds(10)  # it would be 512 times as much


def test_what_is_shared_stays_shared() -> None:
    array = np.arange(3.0)
    read = to_arrays(
        load_pickle(pickle.dumps({"a": array, "b": [array, array]}, 2), numpy_globals(), source="x"), "x"
    )
    assert read["a"] is read["b"][0] is read["b"][1]
    assert read["a"].tolist() == [0, 1, 2]


def test_numbers_are_counted_as_often_as_they_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_pickle, "MOST_NUMBERS", 1000)
    array = np.zeros(400)
    data = pickle.dumps([array, array], 2)
    assert len(to_arrays(load_pickle(data, numpy_globals(), source="x"), "x")) == 2
    with pytest.raises(InputError, match="unpacks to more than"):
        to_arrays(load_pickle(pickle.dumps([array] * 3, 2), numpy_globals(), source="x"), "x")


@pytest.mark.parametrize("name", ["argparse\nNamespace", "collections\nOrderedDict", "pathlib\nPosixPath"])
def test_what_a_pickle_is_lent_cannot_be_changed(name: str) -> None:
    tampering = b"\x80\x02c" + name.encode() + b"\nN}X\x0c\x00\x00\x00__defaults__K\x01s\x86b."
    with pytest.raises(InputError, match="it changes what it is lent"):
        load_pickle(tampering, namespace_globals(), source="x")


def test_dictionaries_of_python_2_and_flat_keys_are_read() -> None:
    data = b"\x80\x02ccollections\nOrderedDict\n](](U\x01aK\x01e](U\x01bK\x02ee\x85R."
    assert load_pickle(data, namespace_globals(), source="x") == {"a": 1, "b": 2}
    keys = {("a", 1): 1, 2: 2, b"c": 3, None: 4}
    assert load_pickle(pickle.dumps(keys), {}, source="x") == keys


def test_a_megabyte_of_a_name_is_not_repeated() -> None:
    data = b"\x80\x02c" + b"m" * 1_000_000 + b"\nsystem\n."
    with pytest.raises(InputError, match="is refused: it tries to load mmm") as caught:
        load_pickle(data, {}, source="x")
    assert len(str(caught.value)) < 400

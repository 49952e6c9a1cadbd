"""Our reader of LMDB files agrees with LMDB's own, and survives what that does not."""

from __future__ import annotations

import contextlib
from pathlib import Path

import lmdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elocute.dataset.lmdb_file import LmdbFile

PAIRS = st.dictionaries(st.binary(min_size=1, max_size=300), st.binary(max_size=9000), max_size=60)


def stored(folder: Path, pairs: dict[bytes, bytes]) -> Path:
    with lmdb.open(str(folder), map_size=2**26) as environment, environment.begin(write=True) as transaction:
        for key, value in pairs.items():
            transaction.put(key, value)
    return folder / "data.mdb"


@settings(max_examples=25, deadline=None)
@given(pairs=PAIRS)
def test_it_finds_what_lmdb_stored(
    tmp_path_factory: pytest.TempPathFactory, pairs: dict[bytes, bytes]
) -> None:
    path = stored(tmp_path_factory.mktemp("store"), pairs)
    with path.open("rb") as stream:
        file = LmdbFile(stream)
        assert list(file.keys()) == sorted(pairs)
        assert {key: file.get(key, 2**20) for key in pairs} == pairs
        assert file.get(b"\x00absent", 2**20) is None


def test_a_deep_tree_and_a_second_transaction(tmp_path: Path) -> None:
    pairs = {f"{number:06d}".encode() * 20: b"x" * (number % 50) for number in range(20_000)}
    path = stored(tmp_path, pairs)
    stored(tmp_path, {b"later": b"y"})
    with path.open("rb") as stream:
        file = LmdbFile(stream)
        assert sum(1 for _ in file.keys()) == 20_001  # noqa: SIM118 - no mapping
        assert file.get(b"later", 10) == b"y"
        assert all(file.get(key, 100) == pairs[key] for key in list(pairs)[::997])
        with pytest.raises(ValueError, match="too large"):
            file.get(b"later", 0)


@settings(max_examples=150, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 255)), min_size=1, max_size=30))
def test_damage_is_a_value_error(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    folder = tmp_path_factory.mktemp("store")
    path = stored(folder, {f"key{number}".encode(): b"v" * (number * 100) for number in range(60)})
    content = bytearray(path.read_bytes())
    for place, value in changes:
        at = place % 64 + place // 64 * 4096 if place % 2 else place  # half of them into headers of pages
        content[at % len(content)] = value
    path.write_bytes(content)
    with path.open("rb") as stream, contextlib.suppress(ValueError):
        file = LmdbFile(stream)
        for key in file.keys():  # noqa: SIM118 - no mapping
            file.get(key, 2**20)


def test_a_page_that_is_another_is_damage(tmp_path: Path) -> None:
    path = stored(tmp_path, {b"key": b"value"})
    content = bytearray(path.read_bytes())
    content[2 * 4096] ^= 1  # the number that the page of the root has of itself
    path.write_bytes(content)
    with path.open("rb") as stream, pytest.raises(ValueError, match="a page is damaged"):
        LmdbFile(stream).get(b"key", 100)

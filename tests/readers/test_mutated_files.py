"""Whatever a file holds, a reader gives back a value or the project's own error in one sentence.

The same table and the same mutations as ``scripts/bench/fuzz.py``, which tries thousands of inputs with
limits on time and memory; here a few of each are drawn, and what fails is made small.
"""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.fuzzing.pickles import CANARY
from scripts.fuzzing.readers import READERS, Reader, made_input

SOUND = "sound, "
OTHERS = [reader for reader in READERS if not reader.name.startswith(SOUND)]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_a_valid_file_is_read(reader: Reader, tmp_path: Path) -> None:
    for number, valid in enumerate(reader.valid):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / reader.file
        path.write_bytes(valid())
        assert reader.read(path) is not None


@pytest.mark.parametrize("reader", OTHERS, ids=lambda reader: reader.name)
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(random=st.randoms(use_true_random=False), number=st.integers(0, 2))
def test_a_mutated_file_gives_a_value_or_one_sentence(
    reader: Reader, random: Random, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / reader.file
    path.unlink(missing_ok=True)
    path.write_bytes(reader.mutate(reader.valid[number % len(reader.valid)](), random))
    try:
        reader.read(path)
    except reader.errors as error:
        sentence = str(error)
        assert sentence
        assert "\n" not in sentence
        assert len(sentence) < 1300
        sentence.encode("utf-8")
    assert not (tmp_path / CANARY).exists()


def test_an_input_is_the_same_for_the_same_seed() -> None:
    for reader in READERS[:3]:
        assert made_input(reader, 5, 17) == made_input(reader, 5, 17) != made_input(reader, 6, 17)


def test_the_runner_sees_what_must_not_happen(tmp_path: Path) -> None:
    """A reader that does everything wrong, in turn."""
    from scripts.fuzzing.runner import MOST_MEMORY, results

    class Wrong(Exception):
        pass

    def read(path: Path) -> object:
        content = path.read_bytes()
        match content[:1]:
            case b"t":
                raise RuntimeError("unforeseen")
            case b"m":
                return len(bytearray(b"x") * (1100 * 2**20))
            case b"c":
                import os
                import signal

                os.kill(os.getpid(), signal.SIGSEGV)
            case b"x":
                (path.parent / CANARY).touch()
            case b"o":
                import subprocess

                subprocess.run(["true"], check=False)
            case b"n":
                raise Wrong("two\nlines")
            case b"r":
                raise Wrong("A sentence.")
        return io.BytesIO(content)

    held = bytearray(b"x") * (1100 * 2**20)  # the process that runs it may be large
    kinds = b"vrtmcxon"
    made = iter(kinds)
    reader = Reader(
        "wrong", "a.bin", (lambda: b"v",), lambda data, random: bytes([next(made)]), read, (Wrong,)
    )
    outcomes = [result.outcome for result in results(reader, 0, range(len(kinds)))]
    assert outcomes == [
        "value",
        "refused",
        "traceback",
        "memory",
        "crash",
        "executed",
        "executed",
        "traceback",
    ]
    assert len(held) > MOST_MEMORY

"""Contents live as long as somebody holds them, in memory and in a folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elocute.errors import InputError
from elocute.service.contents import ContentLostError, Contents, ContentsInFolder, ContentsInMemory


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.fixture(params=["memory", "folder"])
def contents(request: pytest.FixtureRequest, tmp_path: Path) -> Contents:
    return ContentsInMemory() if request.param == "memory" else ContentsInFolder(tmp_path / "contents")


def test_what_is_held_twice_is_released_twice(contents: Contents) -> None:
    digest = contents.hold(b"a recording")
    assert contents.hold(b"a recording") == digest == hashlib.sha256(b"a recording").hexdigest()
    contents.release(digest)
    assert contents.read(digest) == b"a recording"
    contents.release(digest)
    with pytest.raises(ContentLostError):
        contents.read(digest)
    assert contents.adopt(digest) is False


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.booleans(), st.sampled_from([b"a", b"b", b""])), max_size=30))
def test_any_order_of_holding_and_releasing(steps: list[tuple[bool, bytes]]) -> None:
    contents, held = ContentsInMemory(), Counter[bytes]()
    for hold, content in steps:
        if hold:
            contents.hold(content)
            held[content] += 1
        elif held[content]:
            contents.release(hashlib.sha256(content).hexdigest())
            held[content] -= 1
        for one in (b"a", b"b", b""):
            digest = hashlib.sha256(one).hexdigest()
            if held[one]:
                assert contents.read(digest) == one
            else:
                with pytest.raises(ContentLostError):
                    contents.read(digest)


def test_files_are_private_and_only_those_that_are_held(tmp_path: Path) -> None:
    contents = ContentsInFolder(tmp_path / "contents")
    kept, gone = contents.hold(b"kept"), contents.hold(b"gone")
    contents.release(gone)
    (path,) = files(tmp_path)
    assert path.name == kept
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "contents").stat().st_mode & 0o777 == 0o700


def test_a_file_that_was_changed_is_lost_not_used(tmp_path: Path) -> None:
    contents = ContentsInFolder(tmp_path)
    digest = contents.hold(b"what was said")
    files(tmp_path)[0].write_bytes(b"something else")
    with pytest.raises(ContentLostError):
        contents.read(digest)


def test_another_process_adopts_what_it_knows_and_removes_the_rest(tmp_path: Path) -> None:
    first = ContentsInFolder(tmp_path)
    known, stray = first.hold(b"known"), first.hold(b"stray")
    half = subprocess.run(  # a process that was killed while it wrote
        [
            sys.executable,
            "-c",
            "import sys, os; from pathlib import Path\n"
            "from elocute.storage.leftovers import temporary_prefix\n"
            "path = Path(sys.argv[1]) / (temporary_prefix('x') + 'half'); path.write_bytes(b'half')\n"
            "print(path)",
            str(tmp_path / known[:2]),
        ],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert Path(half).exists()
    second = ContentsInFolder(tmp_path)
    assert second.adopt(known)
    assert second.adopt(known, "0" * 64) is False
    second.remove_strays()
    assert [path.name for path in files(tmp_path)] == [known]
    second.release(known)
    assert files(tmp_path) == []
    assert stray != known


def test_a_full_disk_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = ContentsInFolder(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(InputError, match="No space left"):
            contents.hold(b"too much")
    assert files(tmp_path) == []
    digest = contents.hold(b"too much")  # and goes on when there is space again
    assert contents.read(digest) == b"too much"

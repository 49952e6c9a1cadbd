"""Temporary files of killed processes are removed by the next write; those of running ones stay."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from addon.core import atomic_write as addon_atomic_write
from addon.core import leftovers as addon_leftovers
from elocute.storage import atomic_write, leftovers

SIDES = pytest.mark.parametrize(
    ("writing", "own"),
    [(atomic_write, leftovers), (addon_atomic_write, addon_leftovers)],
    ids=["backend", "add-on"],
)


def child(module, folder: Path) -> subprocess.Popen[str]:
    """A process in the middle of writing ``film.mp4`` and of using a temporary folder."""
    code = f"""
import sys, time
from pathlib import Path
from {module.__name__} import write_atomically
from {module.__name__.replace("atomic_write", "leftovers")} import temporary_folder
folder = Path(sys.argv[1])
with temporary_folder(folder, "frames") as inner, write_atomically(folder / "film.mp4") as temporary:
    (inner / "0001.png").write_bytes(b"x")
    temporary.write_bytes(b"half")
    print("writing", flush=True)
    time.sleep(60)
"""
    process = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


@SIDES
def test_what_a_killed_process_leaves_is_gone_after_the_next_write(writing, own, tmp_path: Path) -> None:
    process = child(writing, tmp_path)
    try:
        with writing.write_atomically(tmp_path / "other.txt") as temporary:
            temporary.write_text("meanwhile")
        running = {path.name for path in tmp_path.iterdir()} - {"other.txt"}
        assert len(running) == 2, "the files of a running process are in use"
    finally:
        process.kill()
        process.wait()
    assert {path.name for path in tmp_path.iterdir()} == running | {"other.txt"}
    with writing.write_atomically(tmp_path / "other.txt") as temporary:
        temporary.write_text("after")
    assert [path.name for path in tmp_path.iterdir()] == ["other.txt"]


@SIDES
def test_a_temporary_folder_removes_stale_ones_beside_it(writing, own, tmp_path: Path) -> None:
    process = child(writing, tmp_path)
    process.kill()
    process.wait()
    with own.temporary_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert not list(tmp_path.iterdir())


@SIDES
def test_only_our_own_names_are_touched_and_other_computers_get_a_week(writing, own, tmp_path: Path) -> None:
    prefix = own.temporary_prefix("clip")
    _, _, rest = prefix.partition(".elocute-tmp-")
    _, pid, _ = rest.split("-", 2)
    assert int(pid) == os.getpid()
    foreign = tmp_path / f".elocute-tmp-{'0' * 8}-{pid}-clip-x.npz"
    old = tmp_path / f".elocute-tmp-{'1' * 8}-{pid}-clip-x.npz"
    hidden = tmp_path / ".elocute-tmp-notes"
    others = tmp_path / ".clip.abc123.npz"
    for path in (foreign, old, hidden, others):
        path.touch()
    weeks_ago = time.time() - 8 * 24 * 3600
    os.utime(old, (weeks_ago, weeks_ago))
    own.remove_stale(tmp_path)
    assert set(tmp_path.iterdir()) == {foreign, hidden, others}
    own.remove_stale(tmp_path / "absent")


@SIDES
def test_a_link_to_a_folder_is_removed_and_what_it_points_to_stays(writing, own, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    prefix = own.temporary_prefix().rsplit(f"-{os.getpid()}-", 1)[0]
    (tmp_path / f"{prefix}-4194305-x").symlink_to(kept, target_is_directory=True)
    own.remove_stale(tmp_path)
    assert list(tmp_path.iterdir()) == [kept]
    assert (kept / "file").exists()


@SIDES
def test_long_names_can_be_written(writing, own, tmp_path: Path) -> None:
    path = tmp_path / ("a" * 240 + ".npz")
    with writing.write_atomically(path) as temporary:
        temporary.write_bytes(b"x")
    assert path.read_bytes() == b"x"

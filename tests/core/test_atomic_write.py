"""Files that the add-on writes appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from addon.core.atomic_write import write_atomically
from addon.core.errors import UserError


def test_the_old_file_stays_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("film.mp4")
    path.write_text("old")
    with write_atomically(path) as temporary:
        assert temporary.is_absolute()
        assert temporary.suffix == ".mp4"
        assert temporary.parent == tmp_path
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [tmp_path / "film.mp4"]
    plain = tmp_path / "plain"
    plain.touch()
    assert path.stat().st_mode == plain.stat().st_mode


def test_nothing_is_left_of_a_failed_write(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("old")
    with pytest.raises(UserError, match=r"Cannot write .*: No space left"), write_atomically(path):
        raise OSError(28, "No space left")
    with pytest.raises(RuntimeError), write_atomically(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    for path, sentence in (
        (tmp_path, "is a folder"),
        (tmp_path / "absent" / "a.mp4", "There is no folder"),
        (Path("/proc/a.mp4"), "Cannot write /proc/a.mp4"),
    ):
        with pytest.raises(UserError, match=sentence), write_atomically(path):
            raise AssertionError


@pytest.mark.parametrize("fails", ["lstat", "stat", "unlink"])
def test_a_drive_that_is_gone_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    path = tmp_path / "film.mp4"
    with pytest.raises(UserError, match=r"Cannot write .*: Input/output error"), monkeypatch.context() as now:
        now.setattr(os, fails, gone)
        with write_atomically(path):
            raise OSError(errno.EIO, "Input/output error")


def test_a_link_stays_and_the_file_it_names_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "a.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target.name)
    with write_atomically(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_write_protected_file_is_kept(tmp_path: Path) -> None:
    """Renaming onto it would need no permission but the folder's."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o444)
    with pytest.raises(UserError, match="write-protected"), write_atomically(path):
        raise AssertionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_names_itself_is_one_sentence(tmp_path: Path) -> None:
    """Some Pythons refuse to follow it, with an error of their own; others replace it."""
    link, said = tmp_path / "a.txt", ""
    link.symlink_to(link.name)
    try:
        with write_atomically(link) as temporary:
            temporary.write_text("new")
    except UserError as error:
        said = error.message
    assert said.startswith(f"Cannot write {link}: ") if link.is_symlink() else link.read_text() == "new"

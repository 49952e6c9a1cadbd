"""Atomic writing: whole files or none."""

from __future__ import annotations

import pytest

from elocute.errors import InputError
from elocute.storage.atomic_write import refuse_unwritable, write_atomically


def test_success_replaces_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with write_atomically(path) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_keeps_the_old_file_and_leaves_nothing_behind(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError), write_atomically(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_as_target_and_missing_folder_are_one_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "absent" / "a.txt"):
        with pytest.raises(InputError), write_atomically(path):
            pytest.fail("the block must not run")


def test_disk_errors_inside_the_block_become_input_errors(tmp_path):
    path = tmp_path / "a.txt"
    with pytest.raises(InputError, match="No space left"), write_atomically(path):
        raise OSError(28, "No space left on device")
    assert not list(tmp_path.iterdir())


def test_a_link_stays_and_the_file_it_names_is_replaced(tmp_path):
    target, link = tmp_path / "a.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target.name)
    with write_atomically(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_write_protected_file_is_kept(tmp_path):
    """Renaming onto it would need no permission but the folder's."""
    path = tmp_path / "a.txt"
    path.write_text("old")
    path.chmod(0o444)
    with pytest.raises(InputError, match="write-protected"), write_atomically(path):
        raise AssertionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_names_itself_is_one_sentence(tmp_path):
    """Some Pythons refuse to follow it, with an error of their own; others replace it."""
    link, said = tmp_path / "a.txt", ""
    link.symlink_to(link.name)
    try:
        refuse_unwritable(link)
        with write_atomically(link) as temporary:
            temporary.write_text("new")
    except InputError as error:
        said = error.message
    assert said.startswith(f"Cannot write {link}: ") if link.is_symlink() else link.read_text() == "new"

"""What counts as done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

import pytest

from elocute.batch.records import FOLDER, Records, put_in_place, record_path
from elocute.batch.result import RowResult
from elocute.errors import InputError
from elocute.storage.leftovers import temporary_prefix


@pytest.fixture
def done(tmp_path):
    """A folder with one row that is done."""
    out = tmp_path / "out"
    with Records(out):
        work = out / FOLDER / "work.x"
        work.mkdir()
        (work / "a.npz").write_bytes(b"clip")
        put_in_place(work, out, "a", "key", RowResult("a", "done", clips=("a.npz",), quality={}))
    return out


def _known(out, key="key"):
    with Records(out) as records:
        return records.done("a", key)


def test_a_row_is_done_while_its_outputs_are_as_they_were_made(done):
    assert _known(done).clips == ("a.npz",)
    assert (done / "a.npz").read_bytes() == b"clip"
    assert _known(done, "another key") is None
    (done / "a.npz").write_bytes(b"clap")
    assert _known(done) is None
    (done / "a.npz").unlink()
    assert _known(done) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("digests"),
        lambda told: told.update(digests={"../secret": "0"}),
        lambda told: told.update(digests=[]),
        lambda told: told["result"].update(surprise=1),
        lambda told: told.update(result=None),
    ],
)
def test_a_record_of_another_form_means_not_done(done, change):
    path = record_path(done, "a")
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))
    assert _known(done) is None


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 100000, b"null"])
def test_a_damaged_record_means_not_done(done, content):
    record_path(done, "a").write_bytes(content)
    assert _known(done) is None


def test_outputs_that_a_row_no_longer_has_stay_and_are_named(done):
    for key, name, left in (("new", "a-1.npz", ("a.npz",)), ("newer", "a-1.npz", ()), ("last", "a.npz", ())):
        if key == "last":
            (done / "a-1.npz").unlink()  # what the user took away is not named
        work = done / FOLDER / f"work.{key}"
        work.mkdir()
        (work / name).write_bytes(b"1")
        result = RowResult("a", "done", clips=(name,), quality={})
        assert put_in_place(work, done, "a", key, result) == left
        assert (done / "a.npz").read_bytes() == (b"1" if key == "last" else b"clip")


def test_a_row_that_is_interrupted_while_it_is_put_in_place_is_not_done(done):
    work = done / FOLDER / "work.z"
    work.mkdir()
    (work / "a.npz").write_bytes(b"new")
    result = RowResult("a", "done", clips=("a.npz",), files=("a.txt",), quality={})
    with pytest.raises(InputError):
        put_in_place(work, done, "a", "new", result)  # one output is missing
    assert (done / "a.npz").read_bytes() == b"clip"
    assert _known(done).clips == ("a.npz",)


def test_what_a_killed_batch_left_is_removed(done):
    left = done / FOLDER / "work.left"
    left.mkdir()
    (left / "half.npz").write_bytes(b"x")
    with Records(done):
        assert not left.exists()


def test_two_batches_do_not_work_in_one_folder(done):
    with Records(done), pytest.raises(InputError, match="Another batch"):
        Records(done)
    with Records(done):
        pass


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="Cannot write to the folder"):
        Records(tmp_path / "file" / "out")


def test_a_folder_in_which_another_part_began_meanwhile_stays_and_the_refusal_is_told(tmp_path, monkeypatch):
    out = tmp_path / "new" / "out"

    def refuse(folder):
        (folder / FOLDER / "lock-2").touch()
        raise InputError("No space is left.")

    monkeypatch.setattr("elocute.batch.records.refuse_unwritable_folder", refuse)
    with pytest.raises(InputError, match="No space is left"):
        Records(out)
    assert [path.name for path in (out / FOLDER).iterdir()] == ["lock-2"]


def test_of_what_could_not_begin_nothing_is_left(tmp_path, monkeypatch):
    def refuse(_folder):
        raise InputError("No space is left.")

    monkeypatch.setattr("elocute.batch.records.refuse_unwritable_folder", refuse)
    with pytest.raises(InputError, match="No space is left"):
        Records(tmp_path / "new" / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_in_the_systems_folder_is_removed(done, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))
    owner = subprocess.Popen([sys.executable, "-c", ""])
    owner.wait()
    own = temporary_prefix("phones")
    left = tmp_path / "system" / own.replace(f"-{os.getpid()}-", f"-{owner.pid}-")
    kept = tmp_path / "system" / own
    for folder in (left, kept):
        folder.mkdir(parents=True)
        (folder / "said.dict").touch()
    with Records(done):
        assert not left.exists()
    assert (kept / "said.dict").exists()

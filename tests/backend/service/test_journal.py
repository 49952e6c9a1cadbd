"""The journal: what was saved is there again, and a damaged one is put aside."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
import uuid
from pathlib import Path

import pytest

from elocute.errors import InputError, SettingsError
from elocute.service.data_folder import JOURNAL, open_data_folder
from elocute.service.journal import SCHEMA_VERSION, SqliteJournal
from elocute.service.messages import JobSettings, JobSummary
from elocute.service.records import Inputs, JobRecord, ResultRecord

DIGEST = "ab" * 32


def job(transcript: str = "", **changed: object) -> JobRecord:
    inputs = Inputs(
        settings=JobSettings(transcript=transcript), audio=DIGEST, styles={"a.npz": DIGEST}, size=5
    )
    record = JobRecord(
        id=uuid.uuid4().hex, client="ann", key=DIGEST, kind="generate", accepted=1.0, inputs=inputs
    )
    return record.model_copy(update=changed)


def result(key: str = DIGEST) -> ResultRecord:
    summary = JobSummary(
        frames=3, fps=25.0, seconds=0.12, basis="x", takes=1, phone_source="", transcript="é", notes=("n",),
        audio_sha256="", stage_seconds={"motion": 0.5},
    )  # fmt: skip
    return ResultRecord(
        key=key, summary=summary, clips=(DIGEST,), windows=DIGEST, phones=DIGEST, size=9, used=2.0
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / JOURNAL


def reopened(path: Path) -> SqliteJournal:
    return SqliteJournal(path)


def test_another_process_finds_everything_in_order(path: Path) -> None:
    journal = SqliteJournal(path)
    jobs = [job(f"line {number} “é” 啊") for number in range(5)]
    for one in jobs:
        journal.save_jobs([one])
    changed = jobs[1].model_copy(update={"end": "failed", "inputs": None, "ended": 5.0})
    journal.save_jobs([changed])
    journal.save_result(result())
    journal.forget([jobs[3].id], [])
    # No close: the process was killed. What was saved is on the disk all the same.
    other = reopened(path)
    assert other.jobs() == [jobs[0], changed, jobs[2], jobs[4]]
    assert other.results() == [result()]
    other.forget([], [DIGEST])
    assert reopened(path).results() == []


def test_it_is_written_ahead_and_synchronised(path: Path) -> None:
    connection = SqliteJournal(path)._connection
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_words_of_a_job_that_has_ended_are_not_on_the_disk(path: Path) -> None:
    journal = SqliteJournal(path)
    one = job("a very secret sentence" * 50)
    journal.save_jobs([one])
    journal.save_jobs([one.model_copy(update={"inputs": None, "end": "done"})])
    journal.tidy(0.0)
    for file in path.parent.iterdir():
        assert b"secret" not in file.read_bytes(), file


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def _torn(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = bytes(range(256)) * 16
    path.write_bytes(content)


def _last_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-4000:-100] = bytes(range(256)) * 15 + bytes(60)
    path.write_bytes(content)


def _header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[:16] = b"SQLite format 9\0"
    path.write_bytes(content)


def _no_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE job")
    connection.close()


def _other_table(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("ALTER TABLE result RENAME COLUMN record TO something")
    connection.close()


@pytest.mark.parametrize("damage", [_garbage, _torn, _page, _last_page, _header, _no_table, _other_table])
def test_a_damaged_journal_is_put_aside(path: Path, damage, caplog: pytest.LogCaptureFixture) -> None:
    journal = SqliteJournal(path)
    for number in range(40):
        journal.save_jobs([job("x" * 500 + str(number))])
    journal.close()
    damage(path)
    with caplog.at_level(logging.WARNING):
        again = SqliteJournal(path)
    assert "was damaged" in caplog.text
    assert (path.parent / (JOURNAL + ".damaged")).stat().st_size > 0
    assert again.jobs() == []
    again.save_jobs([job()])
    assert len(reopened(path).jobs()) == 1


def test_an_entry_that_cannot_be_read_is_left_out_alone(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = SqliteJournal(path)
    jobs = [job(), job(), job()]
    journal.save_jobs(jobs)
    with sqlite3.connect(path) as connection:
        bad = jobs[1].model_dump_json().replace(DIGEST, "../../../etc/passwd")
        connection.execute("UPDATE job SET record = ? WHERE id = ?", (bad, jobs[1].id))
    connection.close()
    assert reopened(path).jobs() == [jobs[0], jobs[2]]
    assert "is left out" in caplog.text
    assert "must be sent again" in caplog.text


def test_one_of_a_newer_elocute_is_left_alone(path: Path) -> None:
    SqliteJournal(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="newer version"):
        SqliteJournal(path)
    assert path.read_bytes() == before


def test_what_was_put_aside_goes_with_its_time(path: Path) -> None:
    _garbage(path)
    journal = SqliteJournal(path)
    aside = path.parent / (JOURNAL + ".damaged")
    journal.tidy(3600.0)
    assert aside.exists()
    os.utime(aside, (time.time() - 7200.0,) * 2)
    journal.tidy(3600.0)
    assert not aside.exists()


def test_a_disk_that_fails_is_one_sentence_and_nothing_half_saved(path: Path) -> None:
    journal = SqliteJournal(path)
    journal.save_jobs([job()])
    pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    many = [job("x" * 3000) for _ in range(20)]
    with pytest.raises(InputError, match="cannot be written"):
        journal.save_jobs(many)
    assert len(journal.jobs()) == 1
    journal._connection.execute("PRAGMA max_page_count = 100000")
    journal.save_jobs(many)
    assert len(reopened(path).jobs()) == 21


def test_two_services_cannot_have_one_folder(tmp_path: Path) -> None:
    store = open_data_folder(tmp_path / "data")
    with pytest.raises(SettingsError, match="Another service uses"):
        open_data_folder(tmp_path / "data")
    store.close()
    open_data_folder(tmp_path / "data").close()


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(SettingsError, match="cannot be used"):
            open_data_folder(folder)
    (tmp_path / "data" / JOURNAL).mkdir(parents=True)
    for _ in range(2):  # its lock is given back
        with pytest.raises(SettingsError, match="cannot be used"):
            open_data_folder(tmp_path / "data")

"""Rows in processes that die, hang, or are stopped."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from elocute.batch import process_crew
from elocute.batch.crew import run_tasks
from elocute.batch.process_crew import ProcessCrew
from elocute.batch.result import RowResult
from elocute.batch.row import Row
from elocute.batch.run import crew_runner
from elocute.batch.settings import BatchSettings, Endurance
from elocute.batch.work import RowOutcome, Task, failed
from elocute.errors import Cancelled
from elocute.performance import PerformanceRequest
from elocute.progress import Progress


def act(tasks: tuple[Task, ...]) -> tuple[RowOutcome, ...]:
    """Do what the rows' ids say, in a worker process."""
    return tuple(map(_act, tasks))


def _act(task: Task) -> RowOutcome:
    what, _, mark = task.row.id.partition("-")
    seen = task.out / f"{mark}.seen"
    tried = seen.exists()
    seen.touch()
    if what == "die" or (what == "once" and not tried):
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "full" and not tried:
        return RowOutcome(failed(task, "Cannot write. Free some space."), transient=True)
    if what == "bad":
        return RowOutcome(failed(task, "This is no sound. Give another."))
    if what == "who":
        return RowOutcome(failed(task, str(os.getpid())))
    if what == "bug":
        raise KeyError("surprise")
    if what == "slow":
        time.sleep(1.2)
    if what == "hang":
        time.sleep(600)
    return RowOutcome(RowResult(task.row.id, "done"))


def _end_at_first(threads: int) -> None:
    """What a worker does first, that is killed meanwhile."""
    if not Path("begun").exists():
        Path("begun").touch()
        os.kill(os.getpid(), signal.SIGKILL)


def _end_always(threads: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _tasks(out: Path, *ids: str) -> list[Task]:
    return [Task(Row(one, out / "x.wav"), PerformanceRequest(), BatchSettings(), out, "key") for one in ids]


def _run(out: Path, *ids: str, **endurance: Any) -> dict[str, RowResult]:
    usual = Endurance(workers=2, retries=1, wait=0.01, row_seconds=60.0)
    finished = _finished(_tasks(out, *ids), replace(usual, **endurance), Progress())
    return {task.row.id: result for task, result in finished}


def _finished(tasks, endurance: Endurance, progress: Progress) -> Iterator[tuple[Task, RowResult]]:
    return run_tasks([tasks], ProcessCrew(endurance, act), endurance, progress)


def test_a_process_that_dies_costs_its_row_one_try(tmp_path):
    results = _run(tmp_path, "ok-1", "once-2", "ok-3", "die-4", "ok-5")
    assert [results[one].status for one in ("ok-1", "once-2", "ok-3", "ok-5")] == ["done"] * 4
    assert results["once-2"].attempts == 2
    assert results["die-4"].status == "failed"
    assert "ended" in results["die-4"].error


def test_errors_that_may_pass_are_tried_again_and_others_are_not(tmp_path):
    results = _run(tmp_path, "full-1", "bad-2", "bug-3")
    assert (results["full-1"].status, results["full-1"].attempts) == ("done", 2)
    assert (results["bad-2"].status, results["bad-2"].attempts) == ("failed", 1)
    assert results["bad-2"].error == "This is no sound. Give another."
    assert "KeyError" in results["bug-3"].error
    assert results["bug-3"].attempts == 1


def test_a_row_that_hangs_is_given_up(tmp_path):
    results = _run(tmp_path, "hang-1", "ok-2", row_seconds=2.0)
    assert "longer than 2 s" in results["hang-1"].error
    assert results["ok-2"].status == "done"


def test_processes_that_end_before_they_have_begun_are_started_again(tmp_path, monkeypatch):
    monkeypatch.setattr(process_crew, "prepare_worker", _end_at_first)
    monkeypatch.chdir(tmp_path)
    results = _run(tmp_path, "ok-1", "ok-2", "ok-3", workers=1, retries=3)
    assert {result.status for result in results.values()} == {"done"}
    (tmp_path / "begun").unlink()
    monkeypatch.setattr(process_crew, "prepare_worker", _end_always)
    results = _run(tmp_path, "ok-4", "ok-5", retries=1)
    assert {result.status for result in results.values()} == {"failed"}
    assert "ended" in results["ok-4"].error


def test_one_of_a_group_that_ends_its_process_costs_the_others_no_try(tmp_path):
    results = _run(tmp_path, "ok-1", "die-2", "ok-3", "full-4", "bad-5", together=5, retries=0)
    assert [results[one].status for one in ("ok-1", "ok-3")] == ["done"] * 2
    assert {one: results[one].attempts for one in results} == dict.fromkeys(results, 1)
    assert "ended" in results["die-2"].error
    assert "no sound" in results["bad-5"].error


def test_a_bug_in_one_of_a_group_is_told_of_that_one(tmp_path):
    results = _run(tmp_path, "ok-1", "bug-2", "ok-3", together=3)
    assert [results[one].status for one in ("ok-1", "bug-2", "ok-3")] == ["done", "failed", "done"]
    assert "KeyError" in results["bug-2"].error


def test_one_crew_does_groups_that_wait_for_each_other(tmp_path):
    """As where rows are made of what others make: who did the first has its model still loaded."""
    endurance = Endurance(workers=1)
    runner = crew_runner(ProcessCrew(endurance, act), endurance)
    told = []

    def waves():
        for number in range(3):
            assert len(told) == number, "a wave begins once the one before is done"
            yield iter(_tasks(tmp_path, f"who-{number}"))
        yield iter(())

    for _, result in runner(waves(), Progress()):
        told.append(result.error)
    assert len(told) == 3
    assert len(set(told)) == 1, "another process for each"
    assert list(runner(iter(()), Progress())) == []


def test_a_group_may_take_as_long_as_its_rows(tmp_path):
    results = _run(tmp_path, "slow-1", "slow-2", "slow-3", together=3, row_seconds=2.0, retries=0)
    assert [result.attempts for result in results.values()] == [1, 1, 1]
    assert {result.status for result in results.values()} == {"done"}


def test_stopping_ends_every_process(tmp_path):
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    progress = Progress()
    seen = []
    with pytest.raises(Cancelled):
        for task, _ in _finished(
            _tasks(tmp_path, "ok-1", "hang-2", "hang-3"), Endurance(workers=2), progress
        ):
            seen.append(task.row.id)
            progress.cancel()
    assert seen == ["ok-1"]
    left = {child.pid for child in psutil.Process().children(recursive=True)} - before
    names = [" ".join(psutil.Process(pid).cmdline()) for pid in left]
    assert not [name for name in names if "resource_tracker" not in name]


def test_tasks_are_taken_when_there_is_room(tmp_path):
    taken = 0

    def tasks():
        nonlocal taken
        for task in _tasks(tmp_path, *(f"ok-{k}" for k in range(12))):
            taken += 1
            yield task

    for number, _ in enumerate(_finished(tasks(), Endurance(workers=1), Progress()), 1):
        assert taken <= number + 2

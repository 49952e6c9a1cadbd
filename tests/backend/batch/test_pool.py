"""Rows in processes that die, hang, or are stopped."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from elocute.batch.pool import run_tasks
from elocute.batch.result import RowResult
from elocute.batch.row import Row
from elocute.batch.settings import BatchSettings, Endurance
from elocute.batch.work import Task
from elocute.errors import Cancelled, InputError
from elocute.pipeline import PerformanceRequest
from elocute.progress import Progress


def act(task: Task) -> RowResult:
    """Do what the row's id says, in a worker process."""
    what, _, mark = task.row.id.partition("-")
    seen = task.out / f"{mark}.seen"
    tried = seen.exists()
    seen.touch()
    if what == "die" or (what == "once" and not tried):
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "full" and not tried:
        raise InputError("Cannot write.", "Free some space.", code="bad_output")
    if what == "bad":
        raise InputError("This is no sound.", "Give another.")
    if what == "bug":
        raise KeyError("surprise")
    if what == "hang":
        time.sleep(600)
    return RowResult(task.row.id, "done")


def _tasks(out: Path, *ids: str) -> list[Task]:
    return [Task(Row(one, out / "x.wav"), PerformanceRequest(), BatchSettings(), out, "key") for one in ids]


def _run(out: Path, *ids: str, workers: int = 2, row_seconds: float = 60.0) -> dict[str, RowResult]:
    endurance = Endurance(workers=workers, retries=1, wait=0.01, row_seconds=row_seconds)
    finished = run_tasks(_tasks(out, *ids), endurance, Progress(), act)
    return {task.row.id: result for task, result in finished}


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


def test_stopping_ends_every_process(tmp_path):
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    progress = Progress()
    seen = []
    with pytest.raises(Cancelled):
        for task, _ in run_tasks(
            _tasks(tmp_path, "ok-1", "hang-2", "hang-3"), Endurance(workers=2), progress, act
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

    for number, _ in enumerate(run_tasks(tasks(), Endurance(workers=1), Progress(), act), 1):
        assert taken <= number + 2

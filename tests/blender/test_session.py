"""The session on the main thread: results in steps, undo, other files, and an end without waiting."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import bpy
import pytest

import addon
from addon.blender.session import applying, jobs
from addon.blender.session.manner import NOTHING_CHANGED
from addon.blender.session.status import Phase, Status
from addon.core.errors import UserError
from addon.core.job import Outcome
from tests.blender.pumping import pump_to_the_end


@pytest.fixture
def session(scene):
    """The session of the registered add-on."""
    addon.register()
    yield jobs.session()
    addon.unregister()


class Steps:
    """A result that makes three objects, one a step, and takes them back when it is closed early."""

    def __init__(self, fail_at=None):
        self.begun = 0
        self.fail_at = fail_at

    def __call__(self, _result):
        self.begun += 1
        made = []
        try:
            for number in range(3):
                if number == self.fail_at:
                    raise UserError("It does not fit.", "Take another.")
                made.append(bpy.data.objects.new(f"made {number}", None).name)
                yield (number + 1) / 3
        except BaseException:
            for name in made:
                bpy.data.objects.remove(bpy.data.objects[name])
            raise
        return Outcome("All three.")


def made():
    return sorted(thing.name for thing in bpy.data.objects if thing.name.startswith("made"))


def pump_until_applying(session):
    deadline = time.monotonic() + 10
    while session.status.stage != jobs.APPLYING:
        assert time.monotonic() < deadline
        jobs.pump()
        time.sleep(0.001)


@pytest.fixture
def one_step_a_slice(monkeypatch):
    monkeypatch.setattr(applying, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(applying, "LONGEST_SLICE", 0.0)

    def advance(self):
        if self._steps is None:
            self._steps = self._finish(self._result)
        try:
            self.share = next(self._steps)
        except StopIteration as ended:
            return ended.value
        return None

    monkeypatch.setattr(applying.Applying, "advance", advance)


def test_steps_are_spread_over_ticks(session, one_step_a_slice):
    session.start("Trying", lambda _: 1, Steps())
    pump_until_applying(session)
    seen = []
    while session.status.busy:
        assert session.status.words == "Writing keyframes"
        assert jobs.pump() in (jobs.BETWEEN_SLICES, None)
        seen.append(len(made()))
    assert seen == [1, 2, 3, 3]
    assert (session.status.phase, session.status.message) == (Phase.DONE, "All three.")


def test_a_slice_ends_when_its_time_is_up():
    def slowly(_):
        for _ in range(3):
            time.sleep(2 * applying.SLICE_SECONDS)
            yield 0.5
        return Outcome("Done.")

    work = applying.Applying(slowly, 1)
    assert [work.advance() for _ in range(4)] == [None, None, None, Outcome("Done.")]


@pytest.mark.parametrize(("drawing", "longest"), [(0.0, 0.005), (0.04, 0.0088), (0.2, 0.012), (60.0, 0.012)])
def test_a_slice_is_longer_where_blender_draws_for_long_between_them(monkeypatch, drawing, longest):
    now = [100.0]
    monkeypatch.setattr(applying.time, "perf_counter", lambda: now[0])
    slices = applying.Slices()
    with slices.slice() as end:
        assert end - now[0] == pytest.approx(applying.SLICE_SECONDS)
        now[0] += 0.01
    now[0] += drawing
    with slices.slice() as end:
        assert end - now[0] == pytest.approx(longest, abs=1e-4)


def test_quick_steps_share_a_slice():
    assert applying.Applying(Steps(), 1).advance() == Outcome("All three.")
    for name in made():
        bpy.data.objects.remove(bpy.data.objects[name])


def test_cancelling_between_steps_takes_back_what_was_done(session, one_step_a_slice):
    session.start("Trying", lambda _: 1, Steps())
    pump_until_applying(session)
    jobs.pump()
    jobs.pump()
    assert len(made()) == 2
    assert bpy.ops.elocute.cancel() == {"FINISHED"}
    status = pump_to_the_end(session)
    assert (status.phase, status.message) == (Phase.IDLE, NOTHING_CHANGED)
    assert made() == []


def test_a_step_that_fails_leaves_nothing(session, one_step_a_slice):
    session.start("Trying", lambda _: 1, Steps(fail_at=2))
    status = pump_to_the_end(session)
    assert (status.phase, status.message, status.hint) == (
        Phase.FAILED,
        "It does not fit.",
        "Take another.",
    )
    assert made() == []


@pytest.mark.parametrize("what", ["undo", "redo"])
def test_undo_between_steps_begins_them_anew(session, one_step_a_slice, what):
    for name in ("before", "after"):
        bpy.data.objects.new(name, None)
        bpy.ops.ed.undo_push(message=name)
    if what == "redo":
        bpy.ops.ed.undo()
    steps = Steps()
    session.start("Trying", lambda _: 1, steps)
    pump_until_applying(session)
    jobs.pump()
    jobs.pump()
    getattr(bpy.ops.ed, what)()
    assert made() == []
    assert pump_to_the_end(session).phase is Phase.DONE
    assert steps.begun == 2
    assert len(made()) == 3


def test_another_file_between_steps_cancels(session, one_step_a_slice):
    session.start("Trying", lambda _: 1, Steps())
    pump_until_applying(session)
    jobs.pump()
    bpy.ops.wm.read_homefile(use_empty=True)
    assert pump_to_the_end(session).phase is Phase.IDLE
    assert made() == []


@pytest.mark.parametrize("what", ["cancel", "undo", "end"])
def test_what_is_in_the_scene_already_is_completed(scene, one_step_a_slice, what):
    addon.register()
    session, completed = jobs.session(), []

    def finish(_):
        yield 0.5
        yield 1.0
        completed.append(True)
        return Outcome("Made it.")

    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects.new("something", None)
    bpy.ops.ed.undo_push(message="after")
    session.start("Trying", lambda _: 1, finish)
    pump_until_applying(session)
    while session._running.applying.share < 1.0:
        jobs.pump()
    if what == "cancel":
        session.cancel()
        assert pump_to_the_end(session).message == "Made it."
    elif what == "undo":
        bpy.ops.ed.undo()
        assert session.status == Status(), "it is undone with the rest"
    addon.unregister()
    assert completed == [True]


def test_ending_between_steps_takes_them_back(scene, one_step_a_slice):
    addon.register()
    session = jobs.session()
    session.start("Trying", lambda _: 1, Steps())
    pump_until_applying(session)
    jobs.pump()
    addon.unregister()
    assert made() == []


@pytest.mark.parametrize("what", ["undo", "redo"])
def test_the_message_of_a_result_goes_with_undo(session, what):
    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects.new("something", None)
    bpy.ops.ed.undo_push(message="after")
    if what == "redo":
        bpy.ops.ed.undo()
    session.start("Trying", lambda _: 1, lambda _: Outcome("Made it.", ("a note",)))
    assert pump_to_the_end(session).message == "Made it."
    getattr(bpy.ops.ed, what)()
    assert session.status == Status()


def test_a_failure_is_still_true_after_undo(session):
    def fail(_):
        raise UserError("There is no such file.")

    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects.new("something", None)
    bpy.ops.ed.undo_push(message="after")
    session.start("Trying", fail, lambda _: Outcome(""))
    pump_to_the_end(session)
    bpy.ops.ed.undo()
    assert session.status.phase is Phase.FAILED


@pytest.mark.parametrize("end", ["done", "failed"])
def test_no_message_is_taken_to_another_file(session, end):
    def work(_):
        if end == "failed":
            raise UserError("There is no such file.")

    session.start("Trying", work, lambda _: Outcome("Made it."))
    pump_to_the_end(session)
    bpy.ops.wm.read_homefile(use_empty=True)
    assert session.status == Status()


def test_the_bar_never_runs_backwards(session):
    go = threading.Semaphore(0)
    reports = [("phones", 0.9), ("decode", 0.1), ("unheard of", 0.0), ("phones", 0.2), ("motion", 0.0)]

    def work(control):
        for stage, fraction in reports:
            control.report(stage, fraction)
            assert go.acquire(timeout=20)

    session.start("Trying", work, lambda _: Outcome("Made it."))
    seen = []
    for _ in reports:
        time.sleep(0.05)
        jobs.pump()
        seen.append(session.status.fraction)
        go.release()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0] > 0.5
    pump_to_the_end(session)


def test_ending_waits_for_nothing(scene):
    addon.register()
    session = jobs.session()
    go, service = threading.Event(), []

    class Server:
        def give_up(self):
            service.append("given up")

        def stop(self):
            raise AssertionError("waits")

    session._server = Server()
    session.start("Trying", lambda _: go.wait(20), lambda _: Outcome(""))
    job = session._running.job
    addon.unregister()
    assert not job.wait(0.0), "its thread still runs, and is not waited for"
    assert service == ["given up"]
    go.set()
    assert job.wait(10)


def test_progress_is_drawn_as_often_as_one_sees_it_and_an_end_at_once(session, monkeypatch):
    """Drawing takes longer than a slice of the work, which would wait for it after every slice."""
    now, drawn = [100.0], []
    monkeypatch.setattr(jobs.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(jobs, "redraw", lambda: drawn.append(session.status))
    busy = Status(Phase.RUNNING, "Working")
    statuses = [replace(busy, fraction=number / 100) for number in range(100)]
    statuses.append(Status(Phase.DONE, "Working", message="Done."))

    def advance():
        session.status = statuses.pop(0)
        now[0] += 0.01

    monkeypatch.setattr(session, "advance", advance)
    while statuses:
        jobs.pump()
    assert 8 <= len(drawn) <= 13
    assert drawn[-1].phase is Phase.DONE

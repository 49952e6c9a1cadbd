"""The steps of the test command: what passes, what fails, and what a crash of Blender does."""

from __future__ import annotations

import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from scripts.commands import BLENDER_VERSIONS, blender_step
from scripts.steps import SIDE_BY_SIDE, Step, crashed, run_shown, run_step, side_by_side

CRASH = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
KILLED = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


def step(script, name="trial", **options):
    return Step(name, (sys.executable, "-c", script), **options)


@pytest.mark.parametrize(
    ("script", "counts_tests", "ok"),
    [
        ("print('3 passed in 1 s')", True, True),
        ("print('nothing ran')", True, False),
        ("print('clean')", False, True),
        ("print('3 passed'); raise SystemExit(1)", True, False),
    ],
)
def test_a_step_without_passed_tests_or_with_an_error_fails(script, counts_tests, ok, capsys):
    assert run_step(step(script, counts_tests=counts_tests), {}) is ok
    assert ("trial: ok" in capsys.readouterr().out) is ok


def once_only(tmp_path, ending):
    """A script that counts its runs, ends the first one as told, and passes in the second."""
    runs = tmp_path / "runs"
    return (
        f"import pathlib; runs = pathlib.Path({str(runs)!r})\n"
        "runs.write_text((runs.read_text() if runs.exists() else '') + '.')\n"
        f"if len(runs.read_text()) == 1:\n    {ending}\n"
        "print('3 passed')\n"
    )


@pytest.mark.parametrize("through_a_shell", [False, True])
def test_after_a_crash_of_blender_its_tests_run_once_more(tmp_path, capsys, through_a_shell):
    script = once_only(tmp_path, CRASH)
    words = ("timeout", "60", sys.executable) if through_a_shell else (sys.executable,)
    trial = Step("trial", (*words, "-c", script), counts_tests=True, host_may_crash=True)
    assert run_step(trial, {})
    assert "trial: the process CRASHED" in capsys.readouterr().out
    assert (tmp_path / "runs").read_text() == ".."


@pytest.mark.parametrize(
    ("ending", "host_may_crash"),
    [("raise SystemExit(1)", True), (KILLED, True), (CRASH, False)],
    ids=["failed-test", "killed", "crash-of-ours"],
)
def test_nothing_else_is_run_again(tmp_path, ending, host_may_crash):
    trial = step(once_only(tmp_path, ending), counts_tests=True, host_may_crash=host_may_crash)
    assert not run_step(trial, {})
    assert (tmp_path / "runs").read_text() == "."


def test_a_second_crash_fails():
    assert not run_step(step(f"print('3 passed', flush=True); {CRASH}", host_may_crash=True), {})


@pytest.mark.parametrize("code", [-11, 139, 134])
def test_a_crash_is_known_by_its_exit_code(code):
    assert crashed(code)


@pytest.mark.parametrize("code", [0, 1, 2, -2, -9, 137])
def test_what_else_ends_a_process_is_no_crash(code):
    assert not crashed(code)


def test_steps_side_by_side_are_shown_whole_each_with_its_own_variables(capsys):
    script = "import os, time; m = os.environ['MINE']; print('begin', m); time.sleep(.2); print('end', m)"
    steps = [step(script, name=name, variables=(("MINE", name),)) for name in "abc"]
    steps.append(step("raise SystemExit(3)", name="bad"))
    with side_by_side() as threads:
        running = [threads.submit(run_shown, one, {}) for one in steps]
    assert [one.result() for one in running] == [True, True, True, False]
    shown = capsys.readouterr().out
    for name in "abc":
        assert f"=== {name}\nbegin {name}\nend {name}\n=== {name}: ok" in shown


def test_so_many_at_a_time_in_the_order_given_and_after_an_error_none_begins(monkeypatch):
    begun, go_on = [], threading.Event()

    def work(number):
        begun.append(number)
        go_on.wait(30)

    def shut_down(own, **how):
        """Those in work go on when the others are cancelled, and not before."""
        own(wait=False, **how)
        go_on.set()
        own()

    def stopped():
        with side_by_side() as threads:
            for number in range(SIDE_BY_SIDE + 3):
                threads.submit(work, number)
            while len(begun) < SIDE_BY_SIDE:
                time.sleep(0.01)
            monkeypatch.setattr(threads, "shutdown", partial(shut_down, threads.shutdown))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert sorted(begun) == list(range(SIDE_BY_SIDE))


def test_blenders_do_not_write_the_same_coverage_file():
    steps = [blender_step(version, Path("python"), ()) for version in BLENDER_VERSIONS]
    assert len({dict(step.variables)["COVERAGE_FILE"] for step in steps}) == len(BLENDER_VERSIONS)

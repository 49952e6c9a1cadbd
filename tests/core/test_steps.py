"""Work in steps."""

from __future__ import annotations

import threading

import pytest

from addon.core.steps import aside, part_of, run


def steps(closed=None):
    try:
        yield 0.0
        yield 0.5
        yield 1.0
    except GeneratorExit:
        closed.append(True)
        raise
    return "made"


def test_all_at_once():
    assert run(steps()) == "made"


def test_a_part_has_its_share_and_its_result():
    def whole():
        result = yield from part_of(steps(), 0.2, 0.6)
        return result * 2

    work = whole()
    assert [next(work) for _ in range(3)] == pytest.approx([0.2, 0.4, 0.6])
    with pytest.raises(StopIteration) as ended:
        next(work)
    assert ended.value.value == "mademade"


def test_closing_the_whole_closes_the_part():
    closed = []
    work = part_of(steps(closed), 0.0, 1.0)
    next(work)
    work.close()
    assert closed == [True]


def test_an_error_in_a_part_is_the_wholes():
    def failing():
        yield 0.5
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run(part_of(failing(), 0.0, 1.0))


def test_work_aside_is_waited_for_in_short_steps():
    go, main = threading.Event(), threading.get_ident()

    def work():
        assert go.wait(10.0)
        return threading.get_ident()

    waiting = aside(work)
    assert [next(waiting) for _ in range(3)] == [0.0, 0.0, 0.0]
    go.set()
    assert run(waiting) != main


def test_what_work_aside_raises_is_raised_where_it_is_waited_for():
    def failing():
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        run(aside(failing))


def test_work_aside_that_is_no_longer_wanted_is_dropped():
    go, done = threading.Event(), threading.Event()

    def work():
        assert go.wait(10.0)
        done.set()

    waiting = aside(work)
    next(waiting)
    waiting.close()
    go.set()
    assert done.wait(10.0)

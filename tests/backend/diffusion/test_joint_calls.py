"""Threads that ask at the same time and are answered at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from elocute.diffusion.joint_calls import JointCalls


def test_every_member_gets_its_own_answer_and_those_who_left_are_not_waited_for():
    seen: list[list[int]] = []

    def answer(asked):
        seen.append(list(asked))
        return [10 * one for one in asked]

    calls = JointCalls(3, answer)

    def work(member: int) -> list[int]:
        try:
            return [calls.ask(member, 100 * member + turn) for turn in range(member + 1)]
        finally:
            calls.leave()

    with ThreadPoolExecutor(3) as threads:
        answers = list(threads.map(work, range(3)))
    assert answers == [[0], [1000, 1010], [2000, 2010, 2020]]
    assert seen == [[0, 100, 200], [101, 201], [202]]


def test_an_error_reaches_every_member_that_asked_and_the_rest_go_on():
    turns = iter(range(9))

    def answer(asked):
        if next(turns) == 0:
            raise MemoryError("too many at once")
        return asked

    calls = JointCalls(2, answer)

    def work(member: int) -> str:
        try:
            with pytest.raises(MemoryError):
                calls.ask(member, "first")
            return calls.ask(member, f"second {member}")
        finally:
            calls.leave()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(work, range(2))) == ["second 0", "second 1"]
